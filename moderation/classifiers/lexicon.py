"""The abuse lexicon: words and phrases of our own, graded, Indonesian and regional ones and English ones, with the innocent uses of
hard words.

The lists are `moderation/phrases/lexicon_id.csv` and `lexicon_en.csv`, in the format of a newsroom's phrase list
(`phrases.parse`): kind insult, profanity, threat or identity, severity 1 (mild, or innocent as often as not) to 3 (grave). A word
inside one of the INNOCENT phrases is not counted at all.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from moderation.classifiers.phrases import PhraseLine, PhraseMatcher, Readable, matcher, parse

FOLDER: Final = Path(__file__).resolve().parent.parent / "phrases"
FILES: Final = (FOLDER / "lexicon_id.csv", FOLDER / "lexicon_en.csv")

# Dogs that work, pork that is eaten, animals in the zoo, the dead who are mourned, praise that borrows a hard word.
INNOCENT: Final = (
    "anjing pelacak", "anjing pemburu", "anjing penjaga", "anjing peliharaan", "anjing liar", "anjing laut",
    "anjing gembala", "anjing polisi", "anjing rabies", "anjing jalanan", "anjing kesayangan", "anjing saya",
    "anjing tetangga", "anjing kami", "anjing dan kucing", "kucing dan anjing", "kucing anjing", "seekor anjing",
    "ekor anjing", "gigitan anjing", "digigit anjing", "daging anjing", "kandang anjing", "makanan anjing",
    "pecinta anjing", "penyayang anjing", "vaksin anjing", "anak anjing lucu", "anak anjing itu", "tahun anjing",
    "ras anjing", "shio anjing", "shio babi", "shio monyet", "tahun babi", "tahun monyet", "daging babi",
    "babi guling", "babi hutan", "babi panggang", "babi kecap", "sate babi", "peternak babi", "ternak babi",
    "kandang babi", "flu babi", "demam babi", "seekor babi", "ekor babi", "minyak babi", "lemak babi", "harga babi",
    "makan babi", "mengandung babi", "hama babi", "virus babi", "celengan babi", "kulit babi", "peternakan babi",
    "sup babi", "bakso babi", "monyet ekor", "seekor monyet", "ekor monyet", "kawanan monyet", "cacar monyet",
    "monyet liar", "topeng monyet", "raja monyet", "monyet hitam sulawesi", "monyet di", "hutan monyet",
    "kampret buah", "bangkai kapal", "bangkai pesawat", "bangkai ikan", "bangkai hewan", "bangkai mobil",
    "bangkai kereta", "bangkai paus", "bangkai tikus", "tempat sampah", "bank sampah", "sampah plastik",
    "buang sampah", "membuang sampah", "pengelolaan sampah", "tumpukan sampah", "truk sampah", "bak sampah",
    "sampah rumah", "gunungan sampah", "sampah organik", "tukang sampah", "iuran sampah", "kirim sampah",
    "sampah menumpuk", "gila hormat", "tergila gila", "gila bola", "keren gila", "enak gila", "rumah sakit gila",
    "gila sih keren", "gila keren", "setan merah", "film setan", "rumah setan", "godaan setan", "bisikan setan",
    "segitiga setan", "iblis dan", "godaan iblis", "jeruk bali busuk", "jangan bodoh", "tidak bodoh", "gak bodoh",
    "bukan bodoh", "penipuan online", "kasus penipuan", "korban penipu", "maling motor", "maling ayam",
    "ditangkap maling", "kemalingan", "jelek nya", "tai chi", "uji babi", "buzzer beater", "anjing dikasih makan",
    "menolong anjing", "memelihara anjing", "ajak anjing", "anjing dan", "tugu monyet", "idiot proof",
)  # fmt: skip


class LexiconHit(NamedTuple):
    """A word of the lexicon in a text: where it stands in the normalised text, and its line in the list."""

    start: int
    end: int
    line: PhraseLine


@cache
def _loaded() -> tuple[tuple[PhraseLine, ...], PhraseMatcher, PhraseMatcher]:
    lines = tuple(line for file in FILES for line in parse(file.read_text(encoding="utf-8")))
    return lines, PhraseMatcher([line.pattern for line in lines]), PhraseMatcher(INNOCENT)


def load() -> tuple[PhraseLine, ...]:
    """The lines of both lists; raises OSError or PhraseListError where the file is missing or broken. Read once per process."""
    return _loaded()[0]


def forget() -> None:
    """Read the list anew at the next use."""
    _loaded.cache_clear()


def find(normal: Readable, innocent: tuple[str, ...] = ()) -> tuple[LexiconHit, ...]:
    """The words of the lexicon in a text, without those in an innocent phrase; of overlapping ones the gravest.

    `innocent` are a newsroom's own patterns beside INNOCENT; a line of the lexicon among them is switched off.
    """
    lines, found, ours = _loaded()
    hits = found.find(normal)
    if not hits:
        return ()
    spared = ours.find(normal) + (matcher(innocent).find(normal) if innocent else ())
    kept: list[LexiconHit] = []
    for hit in hits:
        if any(other.start <= hit.start and hit.end <= other.end for other in spared):
            continue
        word = LexiconHit(hit.start, hit.end, lines[hit.index])
        if kept and word.start < kept[-1].end:
            if word.line.severity > kept[-1].line.severity:
                kept[-1] = word
            continue
        kept.append(word)
    return tuple(kept)


def counted(hits: tuple[LexiconHit, ...], start: int = 0, end: int | None = None) -> Mapping[str, int]:
    """How many hits of each kind and severity lie in `start:end` of the normalised text, by names such as "insult-2"."""
    counts: dict[str, int] = {}
    for hit in hits:
        if hit.start >= start and (end is None or hit.end <= end):
            name = f"{hit.line.kind}-{hit.line.severity}"
            counts[name] = counts.get(name, 0) + 1
    return counts


def word_hash(word: str) -> int:
    """The number under which an artefact keeps a single word: CRC-32 of its UTF-8, lone surrogates as question marks."""
    return zlib.crc32(word.encode("utf-8", "replace"))
