"""A text by itself, for other programs: what each head makes of it, with its thresholds and the words that carried it. Plain Python.

Nothing is known here of an author, an article or a rule of the newsroom; the desk's checks see those as well. The same text gets
the same answer as long as the artefacts are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from moderation.classifiers import model
from moderation.classifiers.assess import NO_MODELS, Assessment, Models, assess, model_for
from moderation.classifiers.languages import Guess, guess

HEADS: Final = model.HEADS
NO_THRESHOLDS: Final[Mapping[str, Mapping[str, float]]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Mark:
    """A word of the abuse lexicon at `start:end` of the original text, in code points. `severity` is 1 (mild) to 3 (grave)."""

    start: int
    end: int
    kind: str
    severity: int


@dataclass(frozen=True, slots=True)
class Scored:
    """Every head's opinion, the lexicon's words, and the language as we see it (never as somebody said it was)."""

    language: Guess
    heads: Mapping[str, Assessment]
    marks: tuple[Mark, ...]


def score(text: str, thresholds: Mapping[str, Mapping[str, float]] = NO_THRESHOLDS, models: Models = NO_MODELS) -> Scored:
    """Score a text with all heads. `thresholds` and `models` as in `checks.base.Submission`; a head that is not named has its own.

    Raises ModelError where an artefact is unusable, and ValueError for thresholds out of order.
    """
    heads = {head: assess(head, text, thresholds, models=models) for head in HEADS}
    return Scored(guess(text), heads, marks(text))


def probabilities(text: str, heads: Iterable[str] = HEADS, models: Models = NO_MODELS) -> dict[str, float]:
    """The calibrated probabilities alone, without the taking apart, which costs more than they do. Raises ModelError."""
    analysis = model.analyse(text)
    return {head: model_for(head, models).score(analysis).probability for head in heads}


def warm() -> None:
    """Read the models and the lexicon, and go the whole way once. Raises ModelError where an artefact is unusable."""
    model.warm()
    score("Selamat pagi, semoga jalan ini lekas diperbaiki.")


def marks(text: str) -> tuple[Mark, ...]:
    """The lexicon's words in a text, in order."""
    analysis = model.analyse(text)
    return tuple(Mark(*analysis.normal.original_span(hit.start, hit.end), hit.line.kind, hit.line.severity) for hit in analysis.hits)
