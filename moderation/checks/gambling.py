"""Promotion of online gambling, disguised or not."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from moderation.checks.base import Finding, Label, Span, Submission, Thresholds
from moderation.classifiers.assess import Models, assess, level_of

NAME: Final = "gambling"
VERSION: Final = "1"
OF_THE_TEXT: Final = True
HEADS: Final = ("gambling",)

_LABELS: Final = {"strict": Label.SPAM, "queue": Label.SUSPECT, "likely": Label.NOTE, "none": Label.CLEAN}


def check(submission: Submission) -> Finding:
    """SPAM from the strict threshold, SUSPECT from that of the queue, NOTE where promotion is the likelier reading. Raises
    ModelError where the artefact cannot be used."""
    found = assess("gambling", submission.text, submission.thresholds, models=submission.models)
    return Finding(
        NAME,
        _LABELS[found.level],
        f"{VERSION}/{found.version}",
        score=found.probability,
        probability=found.probability,
        spans=tuple(Span(start, end, "gambling") for start, end in found.spans),
        words=found.words,
        detail=found.detail,
        model_hash=found.hash,
    )


def relabel(finding: Finding, thresholds: Thresholds, models: Models) -> Finding:
    """What the check would have said of the same score with other thresholds. A finding without a score is left as it is."""
    if finding.label is Label.ERROR or finding.probability is None:
        return finding
    label = _LABELS[level_of(NAME, finding.probability, thresholds, models)[0]]
    return finding if label is finding.label else replace(finding, label=label)
