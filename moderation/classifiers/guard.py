"""Fixed sentences by which a new version of a head is measured before a person may put it into force. All written for this file.

A version that misses one more of what it should find, or holds one more of what it should leave alone, is worse: whoever teaches a
newsroom's correction something strange is stopped here. `sentences.txt` says of each slice which heads should find it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from moderation.classifiers.model import Model, analyse

SENTENCES: Final = Path(__file__).resolve().parent / "guarded" / "sentences.txt"
# A head that is not asked about another one's slice: an advertisement for gambling is an advertisement, too.
_AKIN: Final = {"gambling": "promotion", "promotion": "gambling", "abuse_id": "abuse_en", "abuse_en": "abuse_id"}


@dataclass(frozen=True, slots=True)
class Slice:
    """`heads` should find these sentences; every other head should leave them alone."""

    name: str
    heads: frozenset[str]
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """One slice with a model and with a new version of it: how many sentences each got wrong at the two thresholds."""

    name: str
    positive: bool
    count: int
    queue_before: int
    queue_after: int
    strict_before: int
    strict_after: int

    @property
    def is_worse(self) -> bool:
        return self.queue_after > self.queue_before or self.strict_after > self.strict_before


@lru_cache(maxsize=1)
def slices() -> tuple[Slice, ...]:
    """All slices, in the order of the file."""
    found: list[tuple[str, frozenset[str], list[str]]] = []
    for line in SENTENCES.read_text("utf-8").splitlines():
        if line.startswith("["):
            name, heads = (part.strip() for part in line.strip("[]").split("|"))
            found.append((name, frozenset(heads.replace("-", " ").split()), []))
        elif line.strip() and not line.startswith("#"):
            found[-1][2].append(line.strip())
    return tuple(Slice(name, heads, tuple(sentences)) for name, heads, sentences in found)


def asked(head: str) -> tuple[Slice, ...]:
    """The slices that say something about a head."""
    return tuple(each for each in slices() if head in each.heads or _AKIN[head] not in each.heads)


def compare(before: Model, after: Model, strict: float | None = None, queue: float | None = None) -> tuple[Compared, ...]:
    """Each slice with both. Without thresholds each model has its own; some hundred texts, a tenth of a second."""
    found = []
    for each in asked(before.head):
        positive = before.head in each.heads
        wrong = [0, 0, 0, 0]
        for text in each.sentences:
            analysis = analyse(text)
            for place, used in enumerate((before, after)):
                probability = used.score(analysis).probability
                wrong[place] += (probability >= (used.queue if queue is None else queue)) != positive
                wrong[place + 2] += (probability >= (used.strict if strict is None else strict)) != positive
        found.append(Compared(each.name, positive, len(each.sentences), *wrong))
    return tuple(found)


def worse(compared: Iterable[Compared]) -> tuple[str, ...]:
    """The slices that got worse."""
    return tuple(each.name for each in compared if each.is_worse)


def as_json(compared: Sequence[Compared]) -> list[dict[str, Any]]:
    """For the figures that are stored with a version."""
    return [
        {
            "slice": each.name,
            "positive": each.positive,
            "count": each.count,
            "queue": [each.queue_before, each.queue_after],
            "strict": [each.strict_before, each.strict_after],
        }
        for each in compared
    ]
