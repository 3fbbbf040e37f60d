"""Promotion of online gambling, disguised or not."""

from __future__ import annotations

from typing import Final

from moderation.checks.base import Finding, Label, Span, Submission
from moderation.classifiers.assess import assess

NAME: Final = "gambling"
VERSION: Final = "1"
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
