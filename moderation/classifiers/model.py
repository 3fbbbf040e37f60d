"""The text models at run time: reading an artefact, scoring a text, explaining the score. numpy only.

A head is linear. Its logit for a window of words is

    bias + step * sum(weights[bucket] for each feature) / sqrt(number of features) + signs . weights of signs

with whole-number weights, so the sum is exact, the same on every machine, and its parts are the explanation. A long text has the
logit of its highest window. The probability is Platt's: 1 / (1 + exp(-(slope * logit + offset))).

The heads in use lie side by side in one table, and what a word by itself adds up to in each of them is remembered.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from operator import add
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from moderation.classifiers import features, lexicon, reading, stored, vocabulary
from moderation.classifiers import normalise as normaliser
from moderation.classifiers.normalise import Normalised, normalise
from moderation.classifiers.stored import FOLDER, MANIFEST, ModelError, pack

__all__ = ["FOLDER", "HEADS", "MANIFEST", "Analysis", "Explanation", "Model", "ModelError", "Part", "Score", "Window", "analyse", "forget"]
__all__ += ["get", "pack", "read", "unpack", "warm"]

HEADS: Final = ("gambling", "promotion", "abuse_id", "abuse_en")
FORMAT: Final = 2
# Words whose sums are remembered, about 300 bytes each; when they are too many, all are forgotten and the common ones come back.
_REMEMBERED: Final = 16_000


@dataclass(frozen=True)
class Window:
    """A window of a text as the models see it."""

    words: reading.Words
    signs: npt.NDArray[np.float32]

    @cached_property
    def buckets(self) -> npt.NDArray[np.int64]:
        """The bucket of every feature, repeats included. The heads in use need it for explanations only."""
        return features.buckets(self.words)

    def totals(self, table: _Table) -> tuple[int, tuple[int, ...]]:
        """The number of features, and the sum of their weights in each column of a table. Kept for the table asked for last."""
        kept: tuple[_Table, tuple[int, tuple[int, ...]]] | None = self.__dict__.get("_totals")
        if kept is None or kept[0] is not table:
            kept = self.__dict__["_totals"] = (table, table.totals(self.words))
        return kept[1]

    @cached_property
    def told(self) -> tuple[tuple[int, float], ...]:
        """The signs that are not zero: place and value."""
        return tuple([(place, value) for place, value in enumerate(self.signs.tolist()) if value])


@dataclass(frozen=True, slots=True)
class Analysis:
    """A text ready for every head: its plain form, the lexicon's hits, and its windows."""

    normal: Normalised
    hits: tuple[lexicon.LexiconHit, ...]
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """A head's answer for a text: the logit of its highest window, and the calibrated probability."""

    logit: float
    probability: float
    window: int


@dataclass(frozen=True, slots=True)
class Part:
    """A word's share of a logit: `start:end` in the ORIGINAL text."""

    start: int
    end: int
    word: str
    contribution: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """A logit taken apart: bias + signs + words = logit, within rounding of 1e-6."""

    logit: float
    bias: float
    signs: Mapping[str, float]
    words: tuple[Part, ...]


# The heads score the same comment one after the other; they share one extraction.
@lru_cache(maxsize=8)
def analyse(text: str, innocent: tuple[str, ...] = ()) -> Analysis:
    """Everything the heads need of a text. Raises for no `str` as long as the lexicon can be read and the vocabulary is sound;
    ModelError where it is not. For `innocent` see `lexicon.find`."""
    normal = normalise(text)
    words = reading.read(normal)
    hits = lexicon.find(reading.Read(normal.text, words), innocent)
    if hits:
        # Mild words are innocent as often as not, so they stay what they are.
        grave = {(hit.start, hit.end): f"~{hit.line.kind[:2]}{hit.line.severity}" for hit in hits if hit.line.severity > 1}
        words = reading.graded(words, grave) if grave else words
    parts = features.windows(words)
    return Analysis(normal, hits, tuple(_window(normal, part, hits, whole=len(parts) == 1) for part in parts))


def _window(normal: Normalised, words: reading.Words, hits: tuple[lexicon.LexiconHit, ...], whole: bool) -> Window:
    if not hits:
        counts: Mapping[str, int] = {}
    elif whole or not words.words:
        counts = lexicon.counted(hits)
    else:
        counts = lexicon.counted(hits, words.starts[0], words.ends[-1])
    return Window(words, features.signs(normal, words, counts))


@dataclass(frozen=True)
class Model:
    """One head, as read from its artefact. `strict` and `queue` are probabilities; `hash` is the artefact's SHA-256."""

    head: str
    version: str
    hash: str
    weights: npt.NDArray[np.int16]
    step: float
    signs: npt.NDArray[np.float64]
    bias: float
    slope: float
    offset: float
    strict: float
    queue: float
    # Words that readers marked as toxic by themselves: sorted hashes and per cent of their occurrences; empty for most heads.
    marked: npt.NDArray[np.uint32]
    # The model that a newsroom's correction was added to, see moderation.classifiers.correction; none for a model as it was trained.
    base: Model | None = None

    @cached_property
    def sign_list(self) -> list[float]:
        """The weights of the signs, for sums over a few of them."""
        return [float(weight) for weight in self.signs]

    def logit(self, window: Window) -> float:
        """The logit of one window."""
        logit = self.bias
        for place, value in window.told:
            logit += self.sign_list[place] * value
        if not window.words.words:
            return logit
        # Another thread may put a new table in place at any time.
        table = _table
        column = table.columns.get(self.hash)
        if column is None:
            return logit + self.step * int(self.weights[window.buckets].sum(dtype=np.int64)) / math.sqrt(len(window.buckets))
        count, totals = window.totals(table)
        return logit + self.step * totals[column] / math.sqrt(count)

    def probability(self, logit: float) -> float:
        """The calibrated probability of a logit."""
        power = -(self.slope * logit + self.offset)
        return 0.0 if power > 700 else 1.0 / (1.0 + math.exp(power))

    def score(self, analysis: Analysis) -> Score:
        """The score of a text."""
        logits = [self.logit(window) for window in analysis.windows]
        highest = max(logits)
        return Score(highest, self.probability(highest), logits.index(highest))

    def explain(self, analysis: Analysis, window: int) -> Explanation:
        """The logit of a window taken apart. An n-gram's share is split evenly over the words that it touches."""
        seen = analysis.windows[window]
        signs = {
            name: float(weight * value)
            for name, weight, value in zip(features.SIGNS, self.signs, seen.signs, strict=True)
            if value and weight
        }
        shares = [0.0] * len(seen.words.words)
        if shares:
            table = _table
            column = table.columns.get(self.hash)
            if column is None:
                first, _last = features.places(seen.words)
                single = len(first) - (3 * len(shares) + 1)
                alone = np.bincount(first[:single], self.weights[seen.buckets[:single]], len(shares)).astype(np.float64)
                around = self.weights[seen.buckets[single:]]
                count = len(first)
            else:
                alone, around, count = table.shares(seen.words, column)
            scale = self.step / math.sqrt(count)
            shares = [float(share) * scale for share in alone + features.shared(around)]
        words = tuple(
            Part(*analysis.normal.original_span(start, end), word, float(share))
            for word, start, end, share in zip(seen.words.words, seen.words.starts, seen.words.ends, shares, strict=True)
        )
        return Explanation(self.logit(seen), self.bias, signs, words)


def unpack(head: str, raw: bytes, digest: str) -> Model:
    """Read an artefact's bytes; raises ModelError where they are not what `digest` and this version promise."""
    expected = {
        "format": FORMAT,
        "features": features.VERSION,
        "normaliser": normaliser.VERSION,
        "signs": list(features.SIGNS),
        "vocabulary": vocabulary.get().hash,
    }
    about, arrays = stored.opened(head, raw, digest, expected)
    try:
        return Model(
            head=head,
            version=str(about["version"]),
            hash=digest,
            weights=_inflated(arrays["places"], arrays["values"]),
            step=float(about["step"]),
            signs=arrays["signs"].astype(np.float64),
            bias=float(about["bias"]),
            slope=float(about["slope"]),
            offset=float(about["offset"]),
            strict=float(about["strict"]),
            queue=float(about["queue"]),
            marked=arrays["marked"].astype(np.uint32),
        )
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise ModelError(f"The artefact of '{head}' cannot be read ({type(error).__name__}): train it again.") from error


def _inflated(places: npt.NDArray[Any], values: npt.NDArray[Any]) -> npt.NDArray[np.int16]:
    weights = np.zeros(features.BUCKETS, dtype=np.int16)
    # Places are stored as the distance from the one before, which compresses to a third.
    weights[np.cumsum(places.astype(np.int64))] = values
    return weights


class _Table:
    """The weights of the heads in use, one column each, and what single words add up to in them."""

    def __init__(self, models: list[Model]) -> None:
        self.columns = {model.hash: column for column, model in enumerate(models)}
        self.weights = np.ascontiguousarray(np.column_stack([model.weights for model in models])) if models else None
        self._words: dict[tuple[str, str, str], tuple[int, int, tuple[int, ...]]] = {}

    def totals(self, words: reading.Words) -> tuple[int, tuple[int, ...]]:
        """The number of a text's features and the sum of their weights by column. Exact: whole numbers throughout."""
        known = self._words
        hashes: list[int] = []
        count = 0
        sums: tuple[int, ...] = (0,) * len(self.columns)
        for key in zip(words.words, words.codes, words.marks, strict=True):
            found = known.get(key)
            if found is None:
                found = self._learn(key)
            count += found[0]
            hashes.append(found[1])
            sums = tuple(map(add, sums, found[2]))
        around = features.context(hashes)
        if self.weights is not None:
            sums = tuple(map(add, sums, self.weights[around].sum(axis=0, dtype=np.int64).tolist()))
        return count + len(around), sums

    def shares(self, words: reading.Words, column: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int16], int]:
        """What the features of each word by itself add up to in a column, the weights of those of its surroundings in the order of
        `features.context`, and the number of all features. The weights must be there."""
        assert self.weights is not None
        known = self._words
        found = [known.get(key) or self._learn(key) for key in zip(words.words, words.codes, words.marks, strict=True)]
        around = self.weights[features.context([one[1] for one in found]), column]
        return np.array([one[2][column] for one in found], dtype=np.float64), around, sum(one[0] for one in found) + len(around)

    def _learn(self, key: tuple[str, str, str]) -> tuple[int, int, tuple[int, ...]]:
        places = features.word_buckets(*key)
        sums = () if self.weights is None else tuple(self.weights[places].sum(axis=0, dtype=np.int64).tolist())
        found = (len(places), features.code_hash(key[1]), sums)
        if len(self._words) >= _REMEMBERED:
            self._words.clear()
        if len(key[0]) <= 40:
            self._words[key] = found
        return found


_models: dict[str, Model | ModelError] = {}
_table = _Table([])
_reading = threading.Lock()


def read(head: str, folder: Path = FOLDER) -> Model:
    """The model of a head from a folder of artefacts; raises ModelError."""
    return unpack(head, *stored.read_bytes(head, folder))


def warm() -> None:
    """Read everything that the heads need, so that the first comment does not wait for it. Raises nothing: what cannot be read
    fails where it is asked for, every time."""
    global _table
    with _reading:
        if all(head in _models for head in HEADS):
            return
        found: dict[str, Model | ModelError] = {}
        for head in HEADS:
            try:
                found[head] = _models[head] if head in _models else read(head)
            except ModelError as error:
                found[head] = error
        _table = _Table([model for model in found.values() if isinstance(model, Model)])
        _models.update(found)


def get(head: str) -> Model:
    """The model of a head, read once per process. Raises the same ModelError at every call where it could not be read, so a check
    without its model is an ERROR for every comment until the process is started with the artefact in place."""
    if head not in _models:
        if head not in HEADS:
            raise ModelError(f"The artefact of '{head}' is missing: there is no such head.")
        warm()
    model = _models[head]
    if isinstance(model, ModelError):
        raise model
    return model


def forget() -> None:
    """Read the artefacts anew at the next use, as after a promotion of new ones."""
    global _table
    _models.clear()
    _table = _Table([])
    vocabulary.use(None)
    analyse.cache_clear()
