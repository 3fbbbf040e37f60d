"""What each head is trained on and tuned on: data, inventions, and disguised copies of both classes."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Final

from moderation.classifiers import lexicon
from moderation.classifiers.model import analyse
from moderation.classifiers.normalise import normalise
from moderation.training import data, disguise, invent
from moderation.training.data import Row

# Sentences drawn from each grammar for training; dev draws come from another seed and are not kept where training has them too.
DRAWN: Final = {
    "gambling": 24_000,
    "topical": 6_000,
    "promotion": 7_000,
    "criticism": 5_000,
    "praise": 10_000,
    "abuse": 24_000,
    "abuse_en": 12_000,
    "plain_en": 14_000,
}
# Rows made of other rows, by the head that is trained on them: with a name or a hard word put in, with words of their own made loud,
# promotion or abuse joined to something harmless, two harmless texts in a row.
MIXED: Final = {
    "gambling": {"name-dropped": 12_000, "emphasised": 4_000, "joined": 4_000, "paired": 6_000},
    "promotion": {"joined": 2_000, "paired": 4_000},
    "abuse_id": {"word-dropped": 6_000, "joined": 6_000, "paired": 6_000},
    "abuse_en": {"joined": 4_000, "paired": 6_000},
}


def drawn(name: str, label: int, seed: int) -> list[Row]:
    """Invented sentences of a grammar, as rows."""
    return [Row(text, label, f"invented-{name}") for text in invent.sentences(name, DRAWN[name], seed)]


# The slice of harmless texts that had a name put in, and of their twins.
NAME_DROPPED: Final = "name-dropped"


def neighbours(seed: int) -> list[Row]:
    """Our own harmless sentences that look like promotion or abuse."""
    return drawn("topical", 0, seed) + drawn("criticism", 0, seed) + drawn("praise", 0, seed)


def disguised(rows: list[Row], share: float, random: Random) -> list[Row]:
    """Copies of a share of the rows, each in one of the disguises that training may know, whole or on some words."""
    copies = []
    for row in rows:
        if random.random() < share:
            name = random.choice(disguise.TRAINED)
            text = disguise.ALL[name](row.text, random) if random.random() < 0.6 else disguise.partly(row.text, name, random)
            copies.append(Row(text, row.label, row.source, row.weight * 0.7))
    return copies


def joined(spam: list[Row], clean: list[Row], count: int, random: Random) -> list[Row]:
    """Promotion at the beginning or the end of something harmless."""
    rows = []
    for _ in range(count):
        two = [random.choice(spam).text, random.choice(clean).text]
        random.shuffle(two)
        rows.append(Row(random.choice((". ", " ", "\n", " \u2014 ")).join(two), 1, "joined"))
    return rows


def paired(rows: list[Row], count: int, random: Random) -> list[Row]:
    """Two harmless texts in a row, so that length and joints say nothing."""
    return [
        Row(random.choice((". ", " ", "\n")).join((random.choice(rows).text, random.choice(rows).text)), 0, "joined") for _ in range(count)
    ]


# What may stand before a name that is put into a sentence.
_LINKS: Final = (
    "di",
    "dari",
    "sama",
    "kayak",
    "pakai",
    "main",
    "lewat",
    "ke",
    "soal",
    "cek",
    "bahas",
    "coba",
    "cari",
    "nya",
    "seperti",
    "at",
)


def name_dropped(clean: list[Row], count: int, random: Random, known: tuple[str, ...] = ()) -> list[Row]:
    """Harmless texts with a betting site's name put in, which makes them promotion; and the same with a word of that shape that
    is none, which leaves them harmless: the difference is the name alone. Names are invented but for a few of the `known`."""
    rows = []
    short = [row for row in clean if 2 <= len(row.text.split()) <= 24]
    for _ in range(count):
        text = random.choice(short).text
        plain = random.choice(known) if known and random.random() < 0.15 else invent.brand(random)
        name = invent.dressed(plain, random)
        if random.random() < 0.25:
            name = disguise.ALL[random.choice(("styled", "squared", "look-alike", "spaces", "leet", "small-capitals"))](name, random)
        rows.append(Row(invent.inserted(text, name, _LINKS, random), 1, NAME_DROPPED))
        if random.random() < 0.6:
            other = random.choice(short).text if random.random() < 0.5 else text
            word = invent.innocent(random) if random.random() < 0.6 else invent.word("trade", random)
            rows.append(Row(invent.inserted(other, word, _LINKS, random), 0, NAME_DROPPED))
            rows.append(Row(text, 0, NAME_DROPPED, 0.5))
    return rows


def emphasised(clean: list[Row], count: int, random: Random) -> list[Row]:
    """Harmless texts with one or two of their own words in styled letters or set apart, which leaves them harmless."""
    rows = []
    short = [row for row in clean if 3 <= len(row.text.split()) <= 24]
    for _ in range(count):
        words = random.choice(short).text.split()
        kind = disguise.ALL[random.choice(("styled", "styled", "styled", "small-capitals", "squared", "spaces", "capitals"))]
        for at in random.sample(range(len(words)), random.choice((1, 1, 2))):
            words[at] = kind(words[at], random)
        rows.append(Row(" ".join(words), 0, "emphasised"))
    return rows


def word_dropped(clean: list[Row], count: int, random: Random) -> list[Row]:
    """Harmless texts with one hard word put in that is innocent as often as not: an animal, a mild word, the name of a group."""
    short = [row for row in clean if 3 <= len(row.text.split()) <= 24]
    links = ("kata", "soal", "itu", "para", "ada", "dan", "seperti", "oleh")
    return [
        Row(invent.inserted(random.choice(short).text, invent.word("animal", random), links, random), 0, "word-dropped", 0.6)
        for _ in range(count)
    ]


def unmixed(rows: list[Row], brands: frozenset[str]) -> list[Row]:
    """Without the rows labelled harmless that name a listed betting site: promotion that the readers of the set overlooked."""
    names = sorted(name for name in brands if len(name) >= 6)
    return [row for row in rows if row.label or not any(name in _closed(row.text) for name in names)]


def _closed(text: str) -> str:
    return "".join(char for char in normalise(text).text if char.isalnum())


def clean_sources(folder: Path, part: str) -> list[Row]:
    """Texts that are no promotion of any kind."""
    return [
        *data.reviews(folder, part),
        *data.languages(folder, part),
        *(Row(row.text, 0, "news-sentences") for row in data.toxic_sentences(folder, part)),
        *(Row(row.text, 0, "tweets") for row in data.tweets(folder, part)[::4]),
    ]


def for_gambling(folder: Path, seed: int, own_only: bool = False) -> list[Row]:
    """Training rows of the head `gambling`. With `own_only` its positives are the inventions alone, which tells how far they
    carry to comments never seen."""
    random, mixed = Random(f"gambling:{seed}"), MIXED["gambling"]
    comments = unmixed(data.gambling_comments(folder, "train"), data.brands(folder))
    spam = drawn("gambling", 1, seed) + [row for row in comments if row.label and not own_only]
    clean = [row for row in comments if not row.label] + clean_sources(folder, "train")
    clean += neighbours(seed)
    known = () if own_only else tuple(sorted(data.brands(folder)))
    dropped = name_dropped([row for row in clean if row.source not in ("news-sentences", "tweets")], mixed["name-dropped"], random, known)
    clean += emphasised(clean, mixed["emphasised"], random)
    rows = spam + clean + dropped + joined(spam, clean, mixed["joined"], random) + paired(clean, mixed["paired"], random)
    named = [row for row in dropped if row.label]
    return rows + disguised(spam, 1.0, random) + disguised(spam + named, 0.7, random) + disguised(clean, 0.7, random)


def for_promotion(folder: Path, seed: int) -> list[Row]:
    """Training rows of the head `promotion`: inventions against everything harmless."""
    random, mixed = Random(f"promotion:{seed}"), MIXED["promotion"]
    spam = drawn("promotion", 1, seed)
    clean = [row for row in data.gambling_comments(folder, "train") if not row.label] + clean_sources(folder, "train")
    clean += neighbours(seed)
    rows = spam + clean + joined(spam, clean, mixed["joined"], random) + paired(clean, mixed["paired"], random)
    return rows + disguised(spam, 0.8, random) + disguised(clean, 0.4, random)


def weakly(rows: list[Row]) -> list[Row]:
    """Rows labelled by the lexicon: 1 where a word of severity 2 or 3 stands, left out where only mild ones do, 0 otherwise."""
    labelled = []
    for row in rows:
        analysis = analyse(row.text)
        if not analysis.hits:
            labelled.append(Row(row.text, 0, row.source))
        elif max(hit.line.severity for hit in analysis.hits) >= 2:
            labelled.append(Row(row.text, 1, row.source, 0.7))
    return labelled


def for_abuse_id(folder: Path, seed: int) -> list[Row]:
    """Training rows of the head `abuse_id`: our own sentences, and the lexicon's weak labels on permitted texts."""
    random, mixed = Random(f"abuse_id:{seed}"), MIXED["abuse_id"]
    insults = drawn("abuse", 1, seed)
    insults += [Row(line.pattern.replace("~", ""), 1, "lexicon") for line in lexicon.load() if line.severity >= 2]
    texts = [row for row in data.gambling_comments(folder, "train") if not row.label] + data.reviews(folder, "train")
    weak = weakly(texts)
    harmless = data.languages(folder, "train") + neighbours(seed)
    harmless += [Row(phrase, 0, "lexicon") for phrase in lexicon.INNOCENT]
    spam = [Row(row.text, 0, row.source, 0.5) for row in drawn("gambling", 0, seed)[:3_000]]
    clean = [row for row in weak if not row.label] + harmless
    clean += word_dropped(clean, mixed["word-dropped"], random)
    dirty = insults + [row for row in weak if row.label]
    rows = dirty + clean + spam + joined(insults, clean, mixed["joined"], random) + paired(clean, mixed["paired"], random)
    return rows + disguised(dirty, 0.8, random) + disguised(clean, 0.4, random)


def marked(sentences: list[Row]) -> list[Row]:
    """Sentences of marked comments without the unmarked ones that have a grave word of the lexicon: readers marked enough of a
    comment, not all of it."""
    return [row for row in sentences if row.label or all(hit.line.severity < 2 for hit in analyse(row.text).hits)]


def for_abuse_en(folder: Path, seed: int) -> list[Row]:
    """Training rows of the head `abuse_en`: marked news comments, their unmarked sentences, tweets, our own sentences; other
    languages harmless."""
    random, mixed = Random(f"abuse_en:{seed}"), MIXED["abuse_en"]
    sentences = marked(list(data.toxic_sentences(folder, "train")))
    # Of a long comment only a sentence may be abusive, so whole comments are taken short.
    whole = [row for row in data.toxic_comments(folder, "train") if len(row.text.split()) <= 30]
    others = data.reviews(folder, "train")[::3] + data.languages(folder, "train")
    others += drawn("criticism", 0, seed)[::2] + drawn("topical", 0, seed)[:2_000] + drawn("praise", 0, seed)[:2_000]
    comments = [Row(row.text, 0, row.source) for row in data.gambling_comments(folder, "train")[::6]]
    own = [Row(row.text, 1, row.source, 0.6) for row in drawn("abuse_en", 1, seed)]
    dirty = [row for row in sentences if row.label] + whole + own
    plain = drawn("plain_en", 0, seed)
    clean = [row for row in sentences if not row.label] + others + comments + plain
    unmarked = [row for row in sentences if not row.label]
    rows = dirty + clean + data.tweets(folder, "train")
    rows += paired(unmarked + plain, mixed["paired"], random) + joined(own, unmarked + plain, mixed["joined"], random)
    return rows + disguised(dirty, 0.2, random) + disguised(clean, 0.15, random)
