"""Reading the training data: CSV files in a folder given by the caller, reduced to text and label.

The files, their sources and licences are listed in docs/moderation-model.md. Their texts stay where they are: nothing read here
is written anywhere but into weights. "null" is a comment like any other, so empty fields are never read as missing values.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from moderation.classifiers import model

# Long enough for the longest comment field; the csv module stops at 131,072 by default.
csv.field_size_limit(10_000_000)

HEADS: Final = model.HEADS


@dataclass(frozen=True, slots=True)
class Row:
    """One text with its label (1: what the head looks for) and the slice of the tables that it belongs to."""

    text: str
    label: int
    source: str
    weight: float = 1.0


class DataError(Exception):
    """A data folder or file that cannot be used; the sentence says which and why."""


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file, gzipped where its name says so; raises DataError where it is missing or broken."""
    try:
        if path.suffix == ".gz":
            with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
                return list(csv.DictReader(file))
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path.name} cannot be read: {error}.") from error


def gambling_comments(folder: Path, part: str) -> list[Row]:
    """Comments under videos, 1 for promotion of gambling; `part` is train or dev, between which near-copies are not shared."""
    rows = read(folder / "gambling_comments_id.csv.gz")
    return [Row(r["text"], int(r["gambling_promotion"]), "comments") for r in rows if r["part"] == part]


def reviews(folder: Path, part: str) -> list[Row]:
    """Indonesian reviews and posts, clean of promotion. Every eighth is dev."""
    rows = read(folder / "reviews_id.csv.gz")
    return [
        Row(r["text"], 0, "criticism" if r["sentiment"] == "negative" else "reviews")
        for i, r in enumerate(rows)
        if (i % 8 == 7) == (part == "dev")
    ]


def languages(folder: Path, part: str) -> list[Row]:
    """Harmless sentences in twelve languages. The translations of a sentence are not marked as such, so every eighth by language
    is dev: close, but not independent, figures."""
    seen: dict[str, int] = {}
    rows: list[Row] = []
    for r in read(folder / "sentences_12_languages.csv.gz"):
        number = seen[r["language"]] = seen.get(r["language"], -1) + 1
        if (number % 8 == 7) == (part == "dev"):
            rows.append(Row(r["text"], 0, f"language-{r['language']}"))
    return rows


def tweets(folder: Path, part: str) -> list[Row]:
    """English tweets: hateful or offensive 1, neither 0. The reader marks were picked by key words, so each counts for half.
    Every eighth is dev."""
    rows = read(folder / "tweets_en.csv.gz")
    return [
        Row(_untweeted(r["text"]), int(r["class_0hate_1offensive_2neither"] != "2"), "tweets", 0.5)
        for i, r in enumerate(rows)
        if (i % 8 == 7) == (part == "dev")
    ]


def _untweeted(text: str) -> str:
    """Without the marks of a retweet, which tell the source and not the tone."""
    return re.sub(r"(?:^|\s)RT @user:?|[!]{2,}\s|&#\d+;|https?://\S+", " ", text).replace("&amp;", "&").strip()


@dataclass(frozen=True, slots=True)
class Spanned:
    """A toxic comment with the code points that readers marked as toxic; none where they did not agree."""

    text: str
    marked: frozenset[int]


def toxic_spans(folder: Path, part: str) -> list[Spanned]:
    """News comments with marked stretches. Every eighth is dev."""
    rows = read(folder / "news_comments_toxic_spans_en.csv.gz")
    return [Spanned(r["text"], frozenset(json.loads(r["spans"]))) for i, r in enumerate(rows) if (i % 8 == 7) == (part == "dev")]


def toxic_comments(folder: Path, part: str) -> list[Row]:
    """Toxic news comments without marks. Every eighth is dev."""
    rows = read(folder / "news_comments_toxic_en.csv.gz")
    return [Row(r["text"], 1, "news-toxic", 0.7) for i, r in enumerate(rows) if (i % 8 == 7) == (part == "dev")]


_SENTENCE: Final = re.compile(r"[^.!?\n]+[.!?\n]*\s*")


def toxic_sentences(folder: Path, part: str) -> Iterator[Row]:
    """The sentences of the marked comments: 1 where a marked stretch lies in them, 0 for the others of at least four words. The
    unmarked sentences are the only clean news comments in English to be had here."""
    for comment in toxic_spans(folder, part):
        if not comment.marked:
            continue
        for match in _SENTENCE.finditer(comment.text):
            toxic = any(place in comment.marked for place in range(match.start(), match.end()))
            if toxic or len(match.group().split()) >= 4:
                yield Row(match.group().strip(), int(toxic), "news-sentences")


def brands(folder: Path) -> frozenset[str]:
    """Names of betting sites, in small letters."""
    return frozenset(r["site"].lower() for r in read(folder / "gambling_brands_id.csv"))
