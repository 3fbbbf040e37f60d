"""The text models at run time: reading an artefact, scoring a text, explaining the score. numpy only.

A head is linear. Its logit for a window of words is

    bias + step * sum(weights[bucket] for each n-gram) / sqrt(number of n-grams) + signs . weights of signs

with whole-number weights, so the sum is exact, the same on every machine, and its parts are the explanation. A long text has the
logit of its highest window. The probability is Platt's: 1 / (1 + exp(-(slope * logit + offset))).
"""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from moderation.classifiers import features, lexicon
from moderation.classifiers import normalise as normaliser
from moderation.classifiers.normalise import Normalised, normalise

FOLDER: Final = Path(__file__).resolve().parent / "artefacts"
MANIFEST: Final = "manifest.json"
FORMAT: Final = 1
# Bytes; an artefact is some hundred kB. Whatever is larger was not written by the training.
_LARGEST: Final = 4_000_000


class ModelError(Exception):
    """An artefact that is missing, cut short, altered, or of another version; the sentence says which and how to get it back."""


@dataclass(frozen=True, slots=True)
class Window:
    """A window of a text as the models see it."""

    words: features.Words
    buckets: npt.NDArray[np.int64]
    signs: npt.NDArray[np.float32]


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
    """Everything the heads need of a text. Raises for no `str` as long as the lexicon can be read. For `innocent` see `lexicon.find`."""
    normal = normalise(text)
    hits = lexicon.find(normal, innocent)
    words = features.split(normal)
    parts = features.windows(words)
    return Analysis(normal, hits, tuple(_window(normal, part, hits, whole=len(parts) == 1) for part in parts))


def _window(normal: Normalised, words: features.Words, hits: tuple[lexicon.LexiconHit, ...], whole: bool) -> Window:
    if not hits:
        counts: Mapping[str, int] = {}
    elif whole or not words.words:
        counts = lexicon.counted(hits)
    else:
        counts = lexicon.counted(hits, words.starts[0], words.ends[-1])
    return Window(words, features.buckets(words), features.signs(normal, words, counts))


@dataclass(frozen=True, slots=True)
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

    def logit(self, window: Window) -> float:
        """The logit of one window."""
        logit = self.bias + float(self.signs @ window.signs)
        if len(window.buckets):
            total = int(self.weights[window.buckets].sum(dtype=np.int64))
            logit += self.step * total / math.sqrt(len(window.buckets))
        return logit

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
        shares = np.zeros(len(seen.words.words), dtype=np.float64)
        if len(seen.buckets):
            first, last = features.places(seen.words)
            each = self.weights[seen.buckets] * (self.step / math.sqrt(len(seen.buckets))) / (last - first + 1)
            for reach in range(int((last - first).max()) + 1):
                inside = first + reach <= last
                np.add.at(shares, first[inside] + reach, each[inside])
        words = tuple(
            Part(*analysis.normal.original_span(start, end), word, float(share))
            for word, start, end, share in zip(seen.words.words, seen.words.starts, seen.words.ends, shares, strict=True)
        )
        return Explanation(self.logit(seen), self.bias, signs, words)


def pack(arrays: Mapping[str, npt.NDArray[Any]], about: Mapping[str, object]) -> bytes:
    """An artefact's bytes: the same for the same content, since the archive's dates are fixed by numpy."""
    meta = np.frombuffer(json.dumps(about, sort_keys=True).encode(), dtype=np.uint8)
    file = io.BytesIO()
    np.savez_compressed(file, about=meta, **arrays)  # type: ignore[arg-type]  # numpy's stub takes the mapping for a flag
    return file.getvalue()


def unpack(head: str, raw: bytes, digest: str) -> Model:
    """Read an artefact's bytes; raises ModelError where they are not what `digest` and this version promise."""
    found = hashlib.sha256(raw).hexdigest()
    if found != digest:
        raise ModelError(f"The artefact of '{head}' is not the one of the manifest (sha256 {found[:12]}, not {digest[:12]}): restore it.")
    try:
        with np.load(io.BytesIO(raw), allow_pickle=False) as archive:
            about = json.loads(archive["about"].tobytes())
            expected = {
                "format": FORMAT,
                "features": features.VERSION,
                "normaliser": normaliser.VERSION,
                "signs": list(features.SIGNS),
            }
            for key, value in expected.items():
                if about.get(key) != value:
                    raise ModelError(f"The artefact of '{head}' was trained for another version ({key}): train it again.")
            return Model(
                head=head,
                version=str(about["version"]),
                hash=found,
                weights=_inflated(archive["places"], archive["values"]),
                step=float(about["step"]),
                signs=archive["signs"].astype(np.float64),
                bias=float(about["bias"]),
                slope=float(about["slope"]),
                offset=float(about["offset"]),
                strict=float(about["strict"]),
                queue=float(about["queue"]),
                marked=archive["marked"].astype(np.uint32),
            )
    except ModelError:
        raise
    except Exception as error:
        # A hash that fits and content that does not is a fault of the training; whatever the library raises, it is no model.
        raise ModelError(f"The artefact of '{head}' cannot be read ({type(error).__name__}): train it again.") from error


def _inflated(places: npt.NDArray[Any], values: npt.NDArray[Any]) -> npt.NDArray[np.int16]:
    weights = np.zeros(features.BUCKETS, dtype=np.int16)
    # Places are stored as the distance from the one before, which compresses to a third.
    weights[np.cumsum(places.astype(np.int64))] = values
    return weights


def read(head: str, folder: Path = FOLDER) -> Model:
    """The model of a head from a folder of artefacts; raises ModelError."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        path = folder / str(manifest[head]["file"])
        if path.parent != folder or path.stat().st_size > _LARGEST:
            raise ModelError(f"The artefact of '{head}' is not one of ours: {path.name}.")
        return unpack(head, path.read_bytes(), str(manifest[head]["sha256"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"The artefact of '{head}' is missing or its manifest is broken ({type(error).__name__}).") from error


_models: dict[str, Model | ModelError] = {}


def get(head: str) -> Model:
    """The model of a head, read once per process. Raises the same ModelError at every call where it could not be read, so a check
    without its model is an ERROR for every comment until the process is started with the artefact in place."""
    if head not in _models:
        try:
            _models[head] = read(head)
        except ModelError as error:
            _models[head] = error
    model = _models[head]
    if isinstance(model, ModelError):
        raise model
    return model


def forget() -> None:
    """Read the artefacts anew at the next use, as after a promotion of new ones."""
    _models.clear()
