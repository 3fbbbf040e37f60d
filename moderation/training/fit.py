"""Turning rows into arrays and arrays into a head. scikit-learn is imported here and nowhere on the running site."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from moderation.classifiers import features
from moderation.classifiers.model import Analysis, analyse
from moderation.training.data import Row

# Largest whole-number weight. With 12 bits the rounding moves no dev logit by more than a hundredth.
LARGEST: Final = 2047
# Features are scaled up for the fit so that one learning rate suits them and the counted signs.
GAIN: Final = 8.0

# Passes over the rows; more moved no dev figure by a tenth of a point.
EPOCHS: Final = 7

Analyses = list[Analysis]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A head before it is calibrated: whole-number weights and their step, the weights of the signs, the bias."""

    weights: npt.NDArray[np.int16]
    step: float
    signs: npt.NDArray[np.float64]
    bias: float


def matrix(rows: list[Row]) -> Any:
    """The rows as a sparse matrix: hashed n-grams divided by the root of their number, then the signs. Of a long text the
    first window is read."""
    from scipy.sparse import csr_matrix

    indices: list[npt.NDArray[np.int64]] = []
    values: list[npt.NDArray[np.float32]] = []
    ends = [0]
    for row in rows:
        for window in analyse.__wrapped__(row.text).windows[:1]:
            count = len(window.buckets)
            used = np.nonzero(window.signs)[0]
            indices += [window.buckets, used + features.BUCKETS]
            values += [np.full(count, GAIN / math.sqrt(count or 1), dtype=np.float32), window.signs[used]]
            ends.append(ends[-1] + count + len(used))
    shape = (len(rows), features.BUCKETS + len(features.SIGNS))
    built = csr_matrix((np.concatenate(values), np.concatenate(indices), np.array(ends)), shape=shape)
    built.sum_duplicates()
    return built


def fit(rows: list[Row], seed: int, strength: float, seen_at_least: int = 2) -> Fitted:
    """A logistic regression by averaged stochastic gradients, one thread, so that a seed gives the same weights every time.

    `strength` is the L2 penalty. Buckets met in fewer than `seen_at_least` rows keep the weight 0.
    """
    from sklearn.linear_model import SGDClassifier

    table = matrix(rows)
    labels = np.array([row.label for row in rows])
    weights = np.array([row.weight for row in rows])
    classifier = SGDClassifier(
        loss="log_loss", alpha=strength, max_iter=EPOCHS, tol=None, average=True, random_state=seed, learning_rate="optimal"
    )
    classifier.fit(table, labels, sample_weight=weights)
    found = classifier.coef_[0]
    grams = found[: features.BUCKETS] * GAIN
    counts = np.bincount(table.indices[table.indices < features.BUCKETS], minlength=features.BUCKETS)
    grams[counts < seen_at_least] = 0.0
    step = float(np.abs(grams).max()) / LARGEST
    return Fitted(
        weights=np.round(grams / step).astype(np.int16),
        step=step,
        signs=np.round(found[features.BUCKETS :], 4).astype(np.float64),
        bias=round(float(classifier.intercept_[0]), 4),
    )


def logits(fitted: Fitted, analyses: Analyses) -> npt.NDArray[np.float64]:
    """The logit of each text: that of its highest window, as at run time."""
    out = np.empty(len(analyses))
    for place, analysis in enumerate(analyses):
        best = -math.inf
        for window in analysis.windows:
            logit = fitted.bias + float(fitted.signs @ window.signs)
            if len(window.buckets):
                logit += fitted.step * int(fitted.weights[window.buckets].sum(dtype=np.int64)) / math.sqrt(len(window.buckets))
            best = max(best, logit)
        out[place] = best
    return out


def calibrate(values: npt.NDArray[np.float64], labels: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Platt's slope and offset, fitted by Newton's method on targets drawn in from 0 and 1 as Platt has it. A step that makes the
    fit worse is halved: where the classes hardly overlap, whole steps run away."""
    positive, negative = int(labels.sum()), int((1 - labels).sum())
    target = np.where(labels == 1, (positive + 1) / (positive + 2), 1 / (negative + 2))

    def loss(slope: float, offset: float) -> float:
        power = slope * values + offset
        return float((np.logaddexp(0.0, power) - target * power).sum())

    slope, offset = 1.0 / max(1.0, float(np.abs(values).mean())), 0.0
    least = loss(slope, offset)
    for _ in range(200):
        p = 1 / (1 + np.exp(-np.clip(slope * values + offset, -500, 500)))
        error = p - target
        spread = np.maximum(p * (1 - p), 1e-12)
        gradient = np.array([float((error * values).sum()), float(error.sum())])
        a, b, c = float((spread * values * values).sum()) + 1e-6, float((spread * values).sum()), float(spread.sum()) + 1e-6
        determinant = a * c - b * b
        move = np.array([(c * gradient[0] - b * gradient[1]) / determinant, (a * gradient[1] - b * gradient[0]) / determinant])
        while float(np.abs(move).max()) >= 1e-9:
            tried = loss(slope - float(move[0]), offset - float(move[1]))
            if tried <= least:
                break
            move = move / 2
        if float(np.abs(move).max()) < 1e-9:
            break
        slope, offset, least = slope - float(move[0]), offset - float(move[1]), tried
    return slope, offset
