"""A newsroom's correction of a head, learned from its own decisions: a few whole-number weights that are added to the model's.

The correction speaks of n-grams only. It leaves the bias, the counted signs and the calibration as they are, so it cannot make a
publication stricter as a whole, and text in which none of its n-grams stands has exactly the score that it had. Weights are in the
model's own step: model and correction added up are again a Model, whose sums are exact and whose explanation is the score.

Learning is a weighted logistic regression on the difference to the model's logit, held towards zero, and the length of what was
learned is bounded: a text's features have the length one, or little more, so no text is moved further than BOUND.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from moderation.classifiers.features import BUCKETS
from moderation.classifiers.model import Analysis, Model, ModelError, Window

FORMAT: Final = 1
# In calibrated log-odds: the length of all that was learned together, shared by everything that it knows. A new site's name makes up
# a third to a half of a short comment, so ten examples of it move a comment that names it by three or four.
BOUND: Final = 10.0
# How strongly what was learned is drawn to zero, as a share of an example's weight.
DECAY: Final = 0.06
ROUNDS: Final = 120
# Below this share of the largest weight nothing is stored; the sum of what is left out stays far below what is seen in a score.
_SMALLEST: Final = 0.004
_LARGEST: Final = 2_000_000  # bytes


@dataclass(frozen=True, slots=True)
class Correction:
    """`places` are buckets in ascending order, `values` whole numbers in the step of the model whose hash is `base`."""

    head: str
    base: str
    number: int
    hash: str
    places: npt.NDArray[np.uint32]
    values: npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Example:
    """A text as the models see it, what a person said of it (True: what the head looks for), and how much that counts."""

    window: Window
    positive: bool
    weight: float = 1.0


def window_of(model: Model, analysis: Analysis) -> Window:
    """The window of a text that its score comes from."""
    return analysis.windows[model.score(analysis).window]


def fit(model: Model, examples: Sequence[Example], seconds: float = 10.0) -> npt.NDArray[np.float64]:
    """What the model should have had besides, by bucket, in logits. Deterministic as long as the time is enough for ROUNDS.

    Minimises the weighted loss plus DECAY times the squared length, and shortens the result to BOUND.
    """
    found = np.zeros(BUCKETS, dtype=np.float64)
    rows = [example for example in examples if len(example.window.buckets)]
    if not rows:
        return found
    end = time.monotonic() + seconds
    buckets = np.concatenate([row.window.buckets for row in rows])
    lengths = np.array([len(row.window.buckets) for row in rows])
    owner = np.repeat(np.arange(len(rows)), lengths)
    # Only the buckets that occur are worked on; there are some ten thousand of them.
    used, place = np.unique(buckets, return_inverse=True)
    share = (1.0 / np.sqrt(lengths))[owner]
    sides = np.array([1.0 if row.positive else -1.0 for row in rows])
    counts = np.array([row.weight for row in rows])
    before = np.array([model.slope * model.logit(row.window) + model.offset for row in rows])
    delta = np.zeros(len(used))
    last_delta = last_slope = None
    step = 1.0
    for _round in range(ROUNDS):
        moved = np.bincount(owner, weights=delta[place] * share, minlength=len(rows))
        margin = sides * (before + moved)
        pull = -sides * counts / (1.0 + np.exp(np.clip(margin, -50, 50)))
        slope = np.bincount(place, weights=pull[owner] * share, minlength=len(used)) + DECAY * delta
        if last_delta is not None and last_slope is not None:
            # Barzilai and Borwein's step: the length that would have been right for the last one.
            by, change = delta - last_delta, slope - last_slope
            across = float(by @ change)
            step = float(by @ by) / across if across > 1e-12 else 1.0
        if float(np.abs(slope).max()) < 1e-4 or time.monotonic() > end:
            break
        last_delta, last_slope = delta, slope
        delta = delta - step * slope
    length = float(np.linalg.norm(delta))
    if length > BOUND:
        delta *= BOUND / length
    # The regression was in calibrated log-odds; the model's logit is before the calibration.
    found[used] = delta / model.slope
    return found


def pack(model: Model, number: int, learned: npt.NDArray[np.float64]) -> tuple[bytes, str]:
    """A correction's bytes and their hash. The same for the same weights."""
    whole = np.rint(learned / model.step)
    whole[np.abs(whole) < _SMALLEST * np.abs(whole).max(initial=0.0)] = 0
    whole = np.clip(whole, -32_000, 32_000).astype(np.int16)
    places = np.flatnonzero(whole)
    about = {"format": FORMAT, "head": model.head, "base": model.hash, "number": number}
    file = io.BytesIO()
    meta = np.frombuffer(json.dumps(about, sort_keys=True).encode(), dtype=np.uint8)
    # Places as distances, which compress to a third.
    np.savez_compressed(file, about=meta, places=np.diff(places, prepend=0).astype(np.uint32), values=whole[places])
    raw = file.getvalue()
    return raw, hashlib.sha256(raw).hexdigest()


def unpack(raw: bytes, digest: str) -> Correction:
    """Read a correction's bytes; raises ModelError where they are not what `digest` promises."""
    found = hashlib.sha256(raw).hexdigest()
    if found != digest or len(raw) > _LARGEST:
        raise ModelError(f"A correction is not the one that was stored (sha256 {found[:12]}, not {digest[:12]}).")
    try:
        with np.load(io.BytesIO(raw), allow_pickle=False) as archive:
            about: dict[str, Any] = json.loads(archive["about"].tobytes())
            places = np.cumsum(archive["places"].astype(np.int64))
            values = archive["values"].astype(np.int16)
    except Exception as error:
        # The hash fits, so this was written so; whatever the library raises, it is no correction.
        raise ModelError(f"A correction cannot be read ({type(error).__name__}).") from error
    if about.get("format") != FORMAT or len(places) != len(values) or (len(places) and not 0 <= places[0] <= places[-1] < BUCKETS):
        raise ModelError("A correction was written by another version.")
    return Correction(str(about["head"]), str(about["base"]), int(about["number"]), digest, places.astype(np.uint32), values)


def corrected(model: Model, correction: Correction) -> Model:
    """The model with its correction: again a Model, with a hash of its own. Raises ModelError where it was learned for another one."""
    if (correction.head, correction.base) != (model.head, model.hash):
        raise ModelError(f"The correction {correction.number} of '{correction.head}' was learned for another model.")
    weights = model.weights.astype(np.int32)
    weights[correction.places] += correction.values
    return replace(
        model,
        version=f"{model.version}+{correction.number}",
        hash=hashlib.sha256(f"{model.hash}+{correction.hash}".encode()).hexdigest(),
        weights=np.clip(weights, -32_768, 32_767).astype(np.int16),
        base=model,
    )


def length_of(model: Model, correction: Correction) -> float:
    """How far the correction can move a text, in calibrated log-odds; see BOUND."""
    return float(np.linalg.norm(correction.values.astype(np.float64))) * model.step * abs(model.slope)


def share_of(model: Model, window: Window) -> float:
    """What the correction adds to a window's logit; 0 for a model without one."""
    return 0.0 if model.base is None else model.logit(window) - model.base.logit(window)


def loss_of(probability: float, positive: bool) -> float:
    """The log loss of one answer, in nats."""
    right = probability if positive else 1.0 - probability
    return -math.log(max(right, 1e-9))
