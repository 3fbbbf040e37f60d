"""Other promotion and fraud: loans, followers, medicines, work from home, spirits for hire."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from moderation.checks.base import Finding, Label, Span, Submission, Thresholds
from moderation.classifiers.assess import Models, assess, level_of

NAME: Final = "promotion"
VERSION: Final = "1"
OF_THE_TEXT: Final = True
HEADS: Final = ("promotion",)

# Never SPAM by itself: the head was trained on sentences that we made up, and a reader may recommend an honest workshop.
_LABELS: Final = {"strict": Label.SUSPECT, "queue": Label.SUSPECT, "likely": Label.NOTE, "none": Label.CLEAN}


def check(submission: Submission) -> Finding:
    """SUSPECT from the threshold of the queue, NOTE where promotion is the likelier reading. Raises ModelError where the artefact
    cannot be used."""
    found = assess("promotion", submission.text, submission.thresholds, models=submission.models)
    return Finding(
        NAME,
        _LABELS[found.level],
        f"{VERSION}/{found.version}",
        score=found.probability,
        probability=found.probability,
        spans=tuple(Span(start, end, "promotion") for start, end in found.spans),
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
