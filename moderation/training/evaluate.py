"""Evaluation: every slice of every head, any labelled file, the cost; as tables, and as the model's card."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from moderation.classifiers import model
from moderation.classifiers.model import analyse
from moderation.training import cost, data, labelled, slices
from moderation.training.data import DataError, Row
from moderation.training.slices import Figures, Floats

CARD: Final = "CARD.md"
# Rows between two words on how far it has come.
TELL_EVERY: Final = 10_000


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures of one head. `groups` are tables by heading; `reliability` is (mean probability, share of positives, rows) in
    ten bins of equal width, empty ones left out."""

    head: str
    version: str
    hash: str
    queue: float
    strict: float
    groups: dict[str, tuple[Figures, ...]]
    reliability: tuple[tuple[float, float, int], ...]
    spans: float | None


def score(head: str, texts: list[str]) -> tuple[Floats, Floats]:
    """Logits and probabilities of texts, one by one as at run time, nothing kept between them."""
    used = model.get(head)
    logits = np.array([used.score(analyse.__wrapped__(text)).logit for text in texts], dtype=np.float64)
    return logits, np.array([used.probability(float(logit)) for logit in logits], dtype=np.float64)


def by_slice(head: str, labels: slices.Labels, names: list[str], probabilities: Floats) -> tuple[Figures, ...]:
    """The figures of all rows together, then of each slice by name."""
    used = model.get(head)
    tables = [slices.figures("all", probabilities, labels, used.queue, used.strict)]
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        places.setdefault(name, []).append(place)
    for name in sorted(places):
        chosen = np.array(places[name])
        tables.append(slices.figures(name, probabilities[chosen], labels[chosen], used.queue, used.strict))
    return tuple(tables)


def _by_row(head: str, rows: list[Row], probabilities: Floats) -> tuple[Figures, ...]:
    return by_slice(head, np.array([row.label for row in rows]), [row.source for row in rows], probabilities)


def action(head: str, used: model.Model, probability: float) -> str:
    """What happens to a comment with this probability: spam, hold or pass. Abuse and other promotion are never spam by themselves:
    at their strict threshold they are held too."""
    if probability >= used.strict:
        return "spam" if head == "gambling" else "hold"
    return "hold" if probability >= used.queue else "pass"


def evaluate_file(path: Path, head: str, out: Path | None = None, tell: Callable[[str], None] = lambda line: None) -> tuple[Figures, ...]:
    """Score a labelled file (`labelled.read`) row by row; with `out`, write label, slice, score (the logit), probability and action
    of each row in order. `tell` hears how far it has come. Raises DataError, ModelError, and OSError for `out`."""
    used = model.get(head)
    labels: list[int] = []
    probabilities: list[float] = []
    names: list[str] = []
    with ExitStack() as files:
        writer = None
        if out is not None:
            # A slice may hold a lone surrogate, which UTF-8 cannot.
            writer = csv.writer(files.enter_context(out.open("w", encoding="utf-8", errors="replace", newline="")))
            writer.writerow(["label", "slice", "score", "probability", "action"])
        for row in labelled.read(path):
            logit = used.score(analyse.__wrapped__(row.text)).logit
            probability = used.probability(logit)
            labels.append(row.label)
            probabilities.append(probability)
            names.append(sys.intern(row.source))
            if writer is not None:
                writer.writerow([row.label, row.source, f"{logit:.6f}", f"{probability:.9f}", action(head, used, probability)])
            if len(labels) % TELL_EVERY == 0:
                tell(f"{len(labels)} rows")
    if not labels:
        raise DataError(f"{path.name} has no rows.")
    return by_slice(head, np.array(labels), names, np.array(probabilities))


def evaluate_head(head: str, folder: Path) -> Evaluation:
    """All tables of a head from the data folder."""
    used = model.get(head)
    dev = slices.dev(head, folder)
    _, probabilities = score(head, [row.text for row in dev])
    groups = {"Held-back parts and harmless texts": _by_row(head, dev, probabilities)}
    disguised = slices.robustness(head, folder)
    if disguised:
        _, hidden = score(head, [row.text for row in disguised])
        groups["Disguised, whole text"] = _by_row(head, disguised, hidden)
    labels = np.array([row.label for row in dev])
    bins = np.minimum((probabilities * 10).astype(int), 9)
    reliability = tuple(
        (float(probabilities[bins == b].mean()), float(labels[bins == b].mean()), int((bins == b).sum()))
        for b in range(10)
        if (bins == b).any()
    )
    spans = slices.span_score(folder, used) if head == "abuse_en" else None
    return Evaluation(head, used.version, used.hash, used.queue, used.strict, groups, reliability, spans)


def evaluate(folder: Path, heads: tuple[str, ...] = data.HEADS) -> tuple[tuple[Evaluation, ...], cost.Cost]:
    """Every head's tables and the cost of all text checks together. Raises DataError and ModelError."""
    found = tuple(evaluate_head(head, folder) for head in heads)
    texts = [row.text for row in data.gambling_comments(folder, "dev")] + [row.text for row in data.reviews(folder, "dev")]
    return found, cost.measure(texts[:3_000])


def percent(rate: float | None) -> str:
    """A rate in per cent with two decimals; a dash for none."""
    return "\u2013" if rate is None else f"{rate * 100:.2f}"


def table(figures: tuple[Figures, ...]) -> Iterator[str]:
    """The lines of a Markdown table; rates in per cent."""
    rates = ("recall queue", "recall strict", "false queue", "false strict", "precision queue", "precision strict")
    yield f"| slice | + | - | PR-AUC | {' | '.join(rates)} |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for row in figures:
        auc = "\u2013" if row.pr_auc is None else f"{row.pr_auc:.4f}"
        cells = (
            row.recall_queue,
            row.recall_strict,
            row.false_queue,
            row.false_strict,
            row.precision_queue,
            row.precision_strict,
        )
        yield f"| {row.name} | {row.positives} | {row.negatives} | {auc} | {' | '.join(percent(rate) for rate in cells)} |"


def card(evaluations: tuple[Evaluation, ...], spent: cost.Cost) -> str:
    """The model card's figures as Markdown; what stands around them is docs/moderation-model.md."""
    lines = [
        "# Model card: figures",
        "",
        "Written by `evaluate_classifiers --write-card`. Data, licences, method and known failures: docs/moderation-model.md.",
        "Rates in per cent. `queue` and `strict` are the thresholds stored with each artefact.",
    ]
    for found in evaluations:
        lines += ["", f"## {found.head}", ""]
        lines.append(f"Version {found.version}, sha256 `{found.hash}`; queue {found.queue}, strict {found.strict}.")
        for heading, figures in found.groups.items():
            lines += ["", f"### {heading}", "", *table(figures)]
        lines += ["", "### Calibration", "", "| mean probability | share of positives | rows |", "|---|---|---|"]
        lines += [f"| {mean:.3f} | {share:.3f} | {count} |" for mean, share, count in found.reliability]
        if found.spans is not None:
            said = "What the check marks against readers' marks in news comments, mean F1 by character"
            lines += ["", f"{said}: {found.spans:.3f}."]
    lines += [
        "",
        "## Cost",
        "",
        f"All text checks, one core, {spent.comments} comments of {spent.letters:.0f} characters on average: mean"
        f" {spent.mean:.0f} microseconds, 99th percentile {spent.p99:.0f}. Load {spent.load:.0f} ms, {spent.memory:.1f} MB, on"
        f" disk {spent.disk:.0f} kB.",
        "",
        "| hostile text of 5,000 code points | ms |",
        "|---|---|",
        *(f"| {name} | {milliseconds:.1f} |" for name, milliseconds in spent.hostile.items()),
        "",
    ]
    return "\n".join(lines)
