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
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from operator import add
from pathlib import Path
from typing import Any, Final, NamedTuple

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
# As many as a word, or the surroundings of a window's words, have features at the most.
_ONES: Final = np.ones(512)


@dataclass(frozen=True)
class Window:
    """A window of a text as the models see it. `told` are the signs that are not zero: place and value."""

    words: reading.Words
    told: tuple[tuple[int, float], ...]

    @cached_property
    def signs(self) -> npt.NDArray[np.float32]:
        """The counted signs in the order of `features.SIGNS`."""
        row = np.zeros(len(features.SIGNS), dtype=np.float32)
        for place, value in self.told:
            row[place] = value
        return row

    @cached_property
    def buckets(self) -> npt.NDArray[np.int64]:
        """The bucket of every feature, repeats included. Only heads that are not in the table need it."""
        return features.buckets(self.words)

    def summed(self, table: _Table) -> _Summed:
        """What the features add up to in each column of a table. Kept for the table asked for last."""
        kept: tuple[_Table, _Summed] | None = self.__dict__.get("_summed")
        if kept is None or kept[0] is not table:
            kept = self.__dict__["_summed"] = (table, table.summed(self.words))
        return kept[1]


@dataclass(frozen=True, slots=True)
class Analysis:
    """A text ready for every head: its plain form, the lexicon's hits, and its windows."""

    normal: Normalised
    hits: tuple[lexicon.LexiconHit, ...]
    windows: tuple[Window, ...]


class Score(NamedTuple):
    """A head's answer for a text: the logit of its highest window, and the calibrated probability."""

    logit: float
    probability: float
    window: int


class Part(NamedTuple):
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
    if len(parts) == 1:
        return Analysis(normal, hits, (Window(words, features.signs(normal, words, lexicon.counted(hits) if hits else {})),))
    return Analysis(normal, hits, tuple([_window(normal, part, hits) for part in parts]))


def _window(normal: Normalised, words: reading.Words, hits: tuple[lexicon.LexiconHit, ...]) -> Window:
    counts = lexicon.counted(hits, words.starts[0], words.ends[-1]) if hits else {}
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
    # Words that readers marked as toxic by themselves, as sorted hashes; empty for most heads.
    marked: npt.NDArray[np.uint32]
    # The model that a newsroom's correction was added to, see moderation.classifiers.correction; none for a model as it was trained.
    base: Model | None = None

    @cached_property
    def marked_words(self) -> frozenset[int]:
        """The same, for looking one up."""
        return frozenset(self.marked.tolist())

    @cached_property
    def sign_list(self) -> list[float]:
        """The weights of the signs, for sums over a few of them."""
        return [float(weight) for weight in self.signs]

    def logit(self, window: Window) -> float:
        """The logit of one window."""
        logit = self.bias
        weights = self.sign_list
        for place, value in window.told:
            logit += weights[place] * value
        if not window.words.words:
            return logit
        # Another thread may put a new table in place at any time.
        table = _table
        column = table.columns.get(self.hash)
        if column is None:
            return logit + self.step * int(self.weights[window.buckets].sum(dtype=np.int64)) / math.sqrt(len(window.buckets))
        summed = window.summed(table)
        return logit + self.step * summed.totals[column] / summed.root

    def probability(self, logit: float) -> float:
        """The calibrated probability of a logit."""
        power = -(self.slope * logit + self.offset)
        return 0.0 if power > 700 else 1.0 / (1.0 + math.exp(power))

    def score(self, analysis: Analysis) -> Score:
        """The score of a text."""
        if len(analysis.windows) == 1:
            logit = self.logit(analysis.windows[0])
            return Score(logit, self.probability(logit), 0)
        logits = [self.logit(window) for window in analysis.windows]
        highest = max(logits)
        return Score(highest, self.probability(highest), logits.index(highest))

    def shares(self, window: Window) -> list[float]:
        """What each word of a window adds to the logit. An n-gram's share is split evenly over the words that it touches."""
        words = window.words
        if not words.words:
            return []
        table = _table
        column = table.columns.get(self.hash)
        if column is None:
            first, _last = features.places(words)
            single = len(first) - (3 * len(words.words) + 1)
            alone = np.bincount(first[:single], self.weights[window.buckets[:single]], len(words.words)).tolist()
            around, root = self.weights[window.buckets[single:]].tolist(), math.sqrt(len(first))
        else:
            summed = window.summed(table)
            alone, around, root = [row[column] for row in summed.alone], summed.around[:, column].tolist(), summed.root
        scale = self.step / root
        return [(own + dealt) * scale for own, dealt in zip(alone, features.shared(around), strict=True)]

    def signed(self, window: Window) -> dict[str, float]:
        """What each counted sign adds to the logit, by name; without those that add nothing."""
        return {features.SIGNS[place]: weight * value for place, value in window.told if (weight := self.sign_list[place])}

    def speaking(self, analysis: Analysis, window: int) -> list[float]:
        """What each word of a window speaks for: its share, and its part of the counted signs, each dealt out evenly to the words that
        it counts. For choosing what to mark; signs of the whole text are dealt to none."""
        seen = analysis.windows[window]
        spoken = self.shares(seen)
        hits = [(hit.start, hit.end, f"{hit.line.kind}-{hit.line.severity}") for hit in analysis.hits]
        for sign, value in seen.told:
            weight = self.sign_list[sign]
            places = features.counted_by(sign, analysis.normal, seen.words, hits) if weight else ()
            if places:
                part = weight * value / len(places)
                for place in places:
                    spoken[place] += part
        return spoken

    def explain(self, analysis: Analysis, window: int) -> Explanation:
        """The logit of a window taken apart."""
        seen = analysis.windows[window]
        words, original_span = seen.words, analysis.normal.original_span
        parts = tuple(
            Part(*original_span(start, end), word, share)
            for word, start, end, share in zip(words.words, words.starts, words.ends, self.shares(seen), strict=True)
        )
        return Explanation(self.logit(seen), self.bias, self.signed(seen), parts)


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
    weights[np.cumsum(places, dtype=np.int64)] = values
    return weights


class _Summed(NamedTuple):
    """What the features of a window add up to in the columns of a table: `alone` for each word by itself, with the number of its
    features last; `around` is the weight of each feature of the surroundings; `root` is the square root of the number of all."""

    alone: tuple[tuple[int, ...], ...]
    around: npt.NDArray[np.int16]
    totals: list[int]
    root: float


# A word that is its own code and has no marks, or a word with its code and marks.
_Key = str | tuple[str, str, str]


class _Remembered(dict[_Key, tuple[tuple[int, ...], bytes]]):
    """What single words add up to in the columns of a table, with the number of their features, and their codes' rows."""

    def __init__(self, weights: npt.NDArray[np.int16]) -> None:
        super().__init__()
        self._weights = weights

    def __missing__(self, key: _Key) -> tuple[tuple[int, ...], bytes]:
        word, code, marks = (key, key, "") if isinstance(key, str) else key
        weights = self._weights.take(features.word_buckets(word, code, marks), axis=0)
        found = ((*_added(weights), len(weights)), features.code_row(code))
        if len(self) >= _REMEMBERED:
            self.clear()
        if len(word) <= 40:
            self[key] = found
        return found


class _Table:
    """The weights of the heads in use, one column each, and what single words add up to in them."""

    def __init__(self, models: list[Model]) -> None:
        self.columns = {model.hash: column for column, model in enumerate(models)}
        columns = [model.weights for model in models]
        self._weights = np.ascontiguousarray(np.column_stack(columns)) if columns else np.zeros((features.BUCKETS, 0), dtype=np.int16)
        self._remembered = _Remembered(self._weights)

    def summed(self, words: reading.Words) -> _Summed:
        """What the features of a text add up to. Exact: whole numbers throughout."""
        keys: Iterable[_Key] = words.words
        if words.codes is not words.words:
            keys = [
                word if word == code and not marks else (word, code, marks)
                for word, code, marks in zip(words.words, words.codes, words.marks, strict=True)
            ]
        alone, rows = zip(*map(self._remembered.__getitem__, keys), strict=True)
        around = self._weights.take(features.context(rows), axis=0)
        *totals, count = map(sum, zip(*alone, strict=True))
        return _Summed(alone, around, list(map(add, totals, _added(around))), math.sqrt(count + len(around)))


def _added(weights: npt.NDArray[np.int16]) -> list[int]:
    """The sum of each column. Whole numbers far below 2**53, so the sum of floating-point numbers is exact, and three times as fast."""
    return list(map(int, _ONES[: len(weights)].dot(weights.astype(np.float64)).tolist()))


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
