"""Find a newsroom's listed phrases in a normalised text, in one pass, and read such a list from CSV.

A pattern is one or more words. Between words anything but letters and digits may stand. Each word may carry:

- nothing: the word itself, with Indonesian clitics (-nya, -mu, -ku, -lah, -kah, -pun, -2) and doubled by a hyphen;
- `~` in front: also with verbal and nominal affixes (di-, me-, nge-, ke-, ter-, se-, per-, -in, -an, -kan, -i), their nasal forms
  included;
- `*` behind: any ending. `*` on both sides: anywhere in a word, also in letters run together (at least four letters).
- `=` in front: exactly this word.

A newsroom's own word of seven letters or more, without marks, is also found where it was written as two or three: `mawartoto` in
"mawar.toto".

Patterns are matched on normalised text, so they are written plainly, in small letters; "s l o t" in a comment is found by `slot`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise
from types import MappingProxyType
from typing import Final, Protocol

from moderation.classifiers.normalise import normalise
from moderation.days import read_day

KINDS: Final = ("spam", "gambling", "scam", "insult", "profanity", "threat", "identity")
COLUMNS: Final = ("pattern", "action", "kind", "severity", "language", "note")
LONGEST_PATTERN: Final = 80
LONGEST_LIST: Final = 5_000
LONGEST_NOTE: Final = 200
LONGEST_LANGUAGE: Final = 8
EXPIRES: Final = "expires"
# What a spreadsheet takes for the beginning of a formula, full-width twins included.
FORMULAS: Final = frozenset("=+-@\t\r＝＋－＠")

PARTED_FROM: Final = 7  # letters; shorter words come about by chance where two others meet
# Beginnings up to which the text is asked for each of them, rather than each word for its first letters.
_FEW: Final = 16
_WORD: Final = re.compile(r"[^\W_]+")
# Words that the normaliser leaves as they are: small letters, none of them three times in a row.
_PLAIN: Final = re.compile(r"(?:([a-z])(?!\1\1)){2,}")
_CLITICS: Final = ("", "nya", "mu", "ku", "lah", "kah", "pun", "2", "2nya", "an2")
_ENDINGS: Final = (*_CLITICS, "in", "an", "kan", "i", "annya", "innya", "s", "inlah")
_PREFIXES: Final = ("", "di", "ke", "ter", "se", "per", "ber", "nge", "ng", "be", "pe")


class Readable(Protocol):
    """What phrases are looked for in: a normalised text and its words with their places in it."""

    @property
    def text(self) -> str:
        """The text in its plain form."""

    @property
    def tokens(self) -> Sequence[str]:
        """Its words."""

    @property
    def words(self) -> Sequence[tuple[str, int, int]]:
        """Its words, each with start and end."""


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """A match: where in the normalised text, and which pattern (its place in the list)."""

    start: int
    end: int
    index: int


@dataclass(frozen=True, slots=True)
class PhraseLine:
    """One line of a phrase list, as `parse` read it. `severity` runs from 1 (mild) to 3 (grave)."""

    pattern: str
    banned: bool
    kind: str
    severity: int
    language: str
    note: str
    expires: date | None = None  # the last day on which it counts


class PhraseListError(ValueError):
    """A phrase list that cannot be read. `errors` holds (line number in the file, sentence)."""

    def __init__(self, errors: Sequence[tuple[int, str]]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(f"line {line}: {sentence}" for line, sentence in errors))


def _nasal(stem: str) -> tuple[str, ...]:
    """The forms that me- and pe- give a stem (tipu, menipu; sikat, menyikat), and the n-, m-, ny- of everyday speech."""
    first, rest = stem[0], stem[1:]
    if first == "p":
        return tuple(p + "m" + rest for p in ("me", "", "pe"))
    if first in "bfv":
        return tuple(p + "m" + stem for p in ("me", "pe"))
    if first == "t":
        return tuple(p + "n" + rest for p in ("me", "", "pe"))
    if first in "dcjz":
        return ("men" + stem, "pen" + stem, "ny" + rest)
    if first == "s":
        return tuple(p + "ny" + rest for p in ("me", "", "pe"))
    if first == "k":
        return tuple(p + "ng" + rest for p in ("me", "", "pe"))
    if first in "aeiou" or first in "gh":
        return tuple(p + "ng" + stem for p in ("me", "pe"))
    return ("me" + stem, "pe" + stem)


def forms(word: str) -> frozenset[str]:
    """All words that a pattern's word stands for; the marks `~`, `=` are read, `*` is not dealt with here."""
    if word.startswith("="):
        return frozenset((word[1:],))
    if not word.startswith("~"):
        return frozenset([word + clitic for clitic in _CLITICS])
    stem = word[1:]
    starts = [prefix + stem for prefix in _PREFIXES] + list(_nasal(stem))
    return frozenset([start + ending for start in starts for ending in _ENDINGS])


class PhraseMatcher:
    """Patterns ready to be looked for. Building costs some microseconds a pattern; use `matcher` to build once per list.

    With `parted`, long words are found in parts, too.
    """

    def __init__(self, patterns: Iterable[str], *, parted: bool = False) -> None:
        self._parted: dict[str, list[int]] = {}
        # By the first word: the words that must follow (None where the pattern is that one word), and the pattern's place.
        self._first: dict[str, tuple[tuple[tuple[frozenset[str], ...], int], ...]] = {}
        self._beginnings: dict[str, list[int]] = {}
        self._inside: list[tuple[str, int]] = []
        self._lengths: tuple[int, ...] = ()
        for index, pattern in enumerate(patterns):
            self._add(pattern, index)
            if parted and len(pattern) >= PARTED_FROM and _WORD.fullmatch(pattern):
                self._parted.setdefault(pattern, []).append(index)
        self._lengths = tuple(sorted({len(beginning) for beginning in self._beginnings}))

    def _add(self, pattern: str, index: int) -> None:
        words = pattern.split()
        if len(words) == 1 and words[0].startswith("*") and words[0].endswith("*"):
            self._inside.append((words[0].strip("*"), index))
        elif len(words) == 1 and words[0].endswith("*"):
            self._beginnings.setdefault(words[0].rstrip("*"), []).append(index)
        elif words:
            # Nearly every form leads to one pattern, so that all forms of a pattern share one entry.
            entry = ((tuple([forms(word) for word in words[1:]]), index),)
            first = self._first
            for form in forms(words[0]):
                first[form] = first[form] + entry if form in first else entry

    def find(self, text: Readable) -> tuple[Hit, ...]:
        """Every match, by where it starts. Words are told apart as letters and digits; a pattern may match more than once."""
        return tuple(sorted(self._hits(text))) if self._may_hit(text) else ()  # by start, end and place in the list

    def _may_hit(self, text: Readable) -> bool:
        """False where nothing of the text begins a pattern. Most texts are such, and one look at all words is cheaper than one at each."""
        if not self._first.keys().isdisjoint(text.tokens) or (self._parted and any(True for _found in self._in_parts(text.tokens))):
            return True
        plain, beginnings = text.text, self._beginnings
        if len(beginnings) > _FEW:
            if any(word[:length] in beginnings for word in text.tokens for length in self._lengths):
                return True
        elif any(map(plain.__contains__, beginnings)):
            return True
        return any(piece in plain for piece, _index in self._inside)

    def _hits(self, normal: Readable) -> Iterator[Hit]:
        text, tokens = normal.text, normal.tokens
        first, lengths = self._first, self._lengths
        places: list[tuple[int, int, int]] = []
        for place in [place for place, word in enumerate(tokens) if word in first]:
            for rest, index in first[tokens[place]]:
                last = place + len(rest)
                if last < len(tokens) and all(tokens[at] in ok for at, ok in enumerate(rest, place + 1)):
                    places.append((place, last, index))
        for length in lengths:
            for place, word in enumerate(tokens):
                if len(word) >= length and word[:length] in self._beginnings:
                    places += [(place, place, index) for index in self._beginnings[word[:length]]]
        if self._parted:
            places += self._in_parts(tokens)
        if places:
            words = normal.words
            yield from [Hit(words[place][1], words[last][2], index) for place, last, index in places]
        for piece, index in self._inside:
            at = text.find(piece)
            while at >= 0:
                yield Hit(at, at + len(piece), index)
                at = text.find(piece, at + len(piece))

    def _in_parts(self, tokens: Sequence[str]) -> Iterator[tuple[int, int, int]]:
        """Long words written as two or three: place of the first and of the last part, and the pattern."""
        for place, (one, two) in enumerate(pairwise(tokens)):
            joined = one + two
            for last, whole in ((place + 1, joined), (place + 2, joined + tokens[place + 2] if place + 2 < len(tokens) else "")):
                for index in self._parted.get(whole, ()):
                    yield place, last, index


@lru_cache(maxsize=32)
def matcher(patterns: tuple[str, ...], *, parted: bool = False) -> PhraseMatcher:
    """The matcher of a list of patterns, built once per list: the cache's key is the list's content."""
    return PhraseMatcher(patterns, parted=parted)


class Sentence(str):
    """What is wrong with a pattern or a line, in English; `code` and `words` are the same for those who say it in another language."""

    __slots__ = ("code", "words")
    code: str
    words: Mapping[str, str]

    def __new__(cls, code: str, **words: object) -> Sentence:
        given = {name: str(value) for name, value in words.items()}
        sentence = super().__new__(cls, SENTENCES[code] % given)
        sentence.code, sentence.words = code, given
        return sentence


SENTENCES: Final[Mapping[str, str]] = {
    "empty": "The pattern is empty.",
    "long": "The pattern is longer than %(limit)s characters.",
    "word": "'%(word)s' is not a word: only letters and digits, with ~ or = in front or * around.",
    "star_one": "'%(word)s': * works in patterns of one word only.",
    "star_front": "'%(word)s': a * in front needs one behind, and at least four letters between.",
    "star_behind": "'%(word)s': at least three letters must stand before *.",
    "never": "'%(word)s' is never met in a normalised text; write it as '%(better)s'.",
    "columns": "%(found)s columns instead of %(wanted)s.",
    "action": "The action is 'banned' or 'suspect', not '%(given)s'.",
    "kind": "The kind is one of %(kinds)s, not '%(given)s'.",
    "severity": "The severity is 1, 2 or 3, not '%(given)s'.",
    "expires": "The last day is written like 2026-12-31, not '%(given)s'.",
    "field": "The %(column)s is longer than %(limit)s characters.",
    "double": "'%(word)s' stands in line %(line)s already.",
    "header": "The first line must be: %(columns)s.",
    "csv": "This is not CSV: %(error)s.",
    "many": "More than %(limit)s phrases.",
}


def check_pattern(pattern: str) -> Sentence | None:
    """Why a pattern cannot be used, as a sentence; None where it can."""
    words = pattern.split()
    if not words:
        return Sentence("empty")
    if len(pattern) > LONGEST_PATTERN:
        return Sentence("long", limit=LONGEST_PATTERN)
    for word in words:
        bare = word.lstrip("~=*").rstrip("*")
        if not _WORD.fullmatch(bare):
            return Sentence("word", word=word)
        if "*" in word and len(words) > 1:
            return Sentence("star_one", word=word)
        if word.startswith("*") and not (word.endswith("*") and len(bare) >= 4):
            return Sentence("star_front", word=word)
        if word.endswith("*") and len(bare) < 3:
            return Sentence("star_behind", word=word)
        if not word.startswith("=") and not _PLAIN.fullmatch(bare) and normalise(bare).text != bare:
            return Sentence("never", word=word, better=normalise(bare).text)
    return None


@dataclass(frozen=True, slots=True)
class Reading:
    """What `read` made of a list: its lines, and its faults, each with its line number in the file."""

    lines: tuple[tuple[int, PhraseLine], ...]
    faults: tuple[tuple[int, Sentence], ...]


def parse(text: str) -> tuple[PhraseLine, ...]:
    """Read a phrase list as `read` does, all of it or nothing. Raises PhraseListError with every fault of the list."""
    found = read(text)
    if found.faults:
        raise PhraseListError(found.faults)
    return tuple(line for _number, line in found.lines)


def read(text: str, said: Mapping[str, str] = MappingProxyType({})) -> Reading:
    """Read a phrase list: CSV with the header `pattern,action,kind,severity,language,note`, to which `expires` may be added.

    `action` is `banned` or `suspect`, `kind` one of KINDS, `severity` 1 to 3, `language` a code or empty, `expires` a day or empty.
    `said` has other words for actions and kinds, casefolded: those that people see in their language.
    Blank lines and lines that begin with # are passed over. A line that is wrong is a fault, and the others are kept. An apostrophe
    that an export put before a cell, so that no spreadsheet takes it for a formula, is taken off again. Semicolons and tabs part
    cells as well, where they do so in the header: spreadsheets write such files in countries where the comma is the decimal sign.
    """
    text = text.removeprefix("\ufeff")
    rows = csv.reader(io.StringIO(text), delimiter=_delimiter(text))
    faults: list[tuple[int, Sentence]] = []
    lines: list[tuple[int, PhraseLine]] = []
    seen: dict[str, int] = {}
    header: list[str] | None = None
    try:
        for row in rows:
            if not any(cell.strip() for cell in row) or row[0].lstrip().startswith("#"):
                continue
            cells = [plain_cell(cell.strip()) for cell in row]
            if header is None:
                header = cells
                if header not in (list(COLUMNS), [*COLUMNS, EXPIRES]):
                    return Reading((), ((rows.line_num, Sentence("header", columns=",".join(COLUMNS))),))
                continue
            if len(lines) >= LONGEST_LIST:
                faults.append((rows.line_num, Sentence("many", limit=LONGEST_LIST)))
                break
            line = _line(cells, len(header), said)
            if isinstance(line, Sentence):
                faults.append((rows.line_num, line))
            elif line.pattern in seen:
                faults.append((rows.line_num, Sentence("double", word=line.pattern, line=seen[line.pattern])))
            else:
                seen[line.pattern] = rows.line_num
                lines.append((rows.line_num, line))
    except csv.Error as error:
        faults.append((rows.line_num, Sentence("csv", error=error)))
    return Reading(tuple(lines), tuple(faults))


def _delimiter(text: str) -> str:
    """What parts the cells of a list, by its first line that says something."""
    lines = (line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    header = next(lines, "").replace('"', "").replace(" ", "").lower()
    return next((sign for sign in ";\t" if header.startswith(COLUMNS[0] + sign)), ",")


def plain_cell(cell: str) -> str:
    """A cell without the apostrophe that an export put before what a spreadsheet would calculate."""
    return cell[1:] if cell[:1] == "'" and cell[1:].lstrip()[:1] in FORMULAS else cell


def _line(cells: list[str], columns: int, said: Mapping[str, str]) -> PhraseLine | Sentence:
    if len(cells) != columns:
        return Sentence("columns", found=len(cells), wanted=columns)
    pattern, action, kind, severity, language, note, expires = (*cells, "")[: len(COLUMNS) + 1]
    pattern = " ".join(pattern.lower().split())
    if (fault := check_pattern(pattern)) is not None:
        return fault
    action, kind = (said.get(word.casefold(), word) for word in (action, kind))
    if action not in ("banned", "suspect"):
        return Sentence("action", given=action)
    if kind not in KINDS:
        return Sentence("kind", kinds=", ".join(KINDS), given=kind)
    if severity not in ("1", "2", "3"):
        return Sentence("severity", given=severity)
    if len(language) > LONGEST_LANGUAGE:
        return Sentence("field", column="language", limit=LONGEST_LANGUAGE)
    if len(note) > LONGEST_NOTE:
        return Sentence("field", column="note", limit=LONGEST_NOTE)
    last = read_day(expires) if expires else None
    if expires and last is None:
        return Sentence("expires", given=expires)
    return PhraseLine(pattern, action == "banned", kind, int(severity), language, note, last)
