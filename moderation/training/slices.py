"""The texts a head is tuned and reported on, by slice, and the figures of a slice. Runs without scikit-learn."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

import numpy as np
import numpy.typing as npt

from moderation.checks import abuse
from moderation.checks.base import Submission
from moderation.classifiers.model import Model
from moderation.training import corpus, data, disguise, invent
from moderation.training.data import Row

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

# Inventions for tuning come from another seed than those for training; the sentences' frames are the same, the fillings are not.
DEV_SEED: Final = 777


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one slice at the two thresholds. A rate without a row to take it from is None."""

    name: str
    positives: int
    negatives: int
    pr_auc: float | None
    recall_queue: float | None
    recall_strict: float | None
    false_queue: float | None
    false_strict: float | None
    precision_queue: float | None
    precision_strict: float | None


def pr_auc(scores: Floats, labels: Labels) -> float | None:
    """Average precision: the mean of the precision at each positive, ties taken together. None without positives or negatives."""
    positives = int(labels.sum())
    if positives == 0 or positives == len(labels):
        return None
    order = np.argsort(-scores, kind="stable")
    scores, labels = scores[order], labels[order]
    last = np.append(np.nonzero(np.diff(scores))[0], len(scores) - 1)
    hits = np.cumsum(labels)[last]
    precision = hits / (last + 1)
    gained = np.diff(np.append(0, hits)) / positives
    return float((precision * gained).sum())


def figures(name: str, probabilities: Floats, labels: Labels, queue: float, strict: float) -> Figures:
    """Count a slice at both thresholds; a text is over a threshold when its probability reaches it."""
    positive, negative = labels == 1, labels == 0

    def rate(threshold: float, among: npt.NDArray[np.bool_]) -> float | None:
        return float((probabilities[among] >= threshold).mean()) if among.any() else None

    def precision(threshold: float) -> float | None:
        over = probabilities >= threshold
        return float(labels[over].mean()) if over.any() else None

    return Figures(
        name=name,
        positives=int(positive.sum()),
        negatives=int(negative.sum()),
        pr_auc=pr_auc(probabilities, labels),
        recall_queue=rate(queue, positive),
        recall_strict=rate(strict, positive),
        false_queue=rate(queue, negative),
        false_strict=rate(strict, negative),
        precision_queue=precision(queue),
        precision_strict=precision(strict),
    )


def _named(rows: list[Row], name: str) -> list[Row]:
    return [Row(row.text, row.label, name) for row in rows]


def _changed(rows: list[Row], kind: str, seed: int) -> list[Row]:
    random = Random(f"{kind}:{seed}")
    return [Row(disguise.ALL[kind](row.text, random), row.label, f"disguise-{kind}") for row in rows]


def dev(head: str, folder: Path) -> list[Row]:
    """The rows that a head is calibrated on: held-back parts of its data, and harmless texts of every other kind."""
    comments = corpus.unmixed(data.gambling_comments(folder, "dev"), data.brands(folder))
    harmless = data.reviews(folder, "dev") + data.languages(folder, "dev")
    clean_comments = [row for row in comments if not row.label]
    english = [Row(row.text, 0, row.source) for row in data.toxic_sentences(folder, "dev")]
    dropped = corpus.name_dropped(harmless + clean_comments, 400, Random(DEV_SEED))
    if head == "gambling":
        return comments + harmless + english + [row for row in dropped if not row.label]
    if head == "promotion":
        spam = _named([Row(text, 1, "") for text in invent.sentences("promotion", 800, DEV_SEED)], "invented-promotion")
        return spam + clean_comments + harmless + english + [row for row in dropped if not row.label]
    if head == "abuse_id":
        insults = [Row(text, 1, "invented-abuse") for text in invent.sentences("abuse", 800, DEV_SEED)]
        weak = corpus.weakly(clean_comments + data.reviews(folder, "dev"))
        return insults + weak + data.languages(folder, "dev")
    if head == "abuse_en":
        return [*corpus.marked(list(data.toxic_sentences(folder, "dev"))), *data.tweets(folder, "dev"), *harmless, *clean_comments[::4]]
    raise ValueError(f"There is no head '{head}': it is one of {', '.join(data.HEADS)}.")


def robustness(head: str, folder: Path) -> list[Row]:
    """Every disguise over the head's positives and over harmless texts, each kind a slice. Empty for abuse in English."""
    if head == "abuse_en":
        return []
    rows = dev(head, folder)
    spam = [row for row in rows if row.label][:500]
    clean = [row for row in rows if not row.label and row.source not in ("name-dropped", "news-sentences")][::5][:1_000]
    return [row for kind in disguise.ALL for row in _changed(spam + clean, kind, DEV_SEED)]


def span_score(folder: Path, used: Model, comments: int = 10_000) -> float:
    """Mean F1 by character of what the check of abuse marks with this model against the readers' marks on the dev part. A comment
    without marks counts 1 where nothing is marked and 0 otherwise."""
    scores = []
    for comment in data.toxic_spans(folder, "dev")[:comments]:
        finding = abuse.check(Submission(text=comment.text, models={used.head: used}))
        found = {place for span in finding.spans for place in range(span.start, span.end)}
        if not comment.marked or not found:
            scores.append(float(not comment.marked and not found))
            continue
        both = len(found & comment.marked)
        scores.append(2 * both / (len(found) + len(comment.marked)))
    return float(np.mean(scores))
