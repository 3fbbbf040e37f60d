"""Whether a suspended person wrote from the same network: perhaps the same one without their token, perhaps a neighbour."""

from __future__ import annotations

from typing import Final

from moderation.checks.base import Finding, Label, Submission

NAME: Final = "evasion"
VERSION: Final = "1"
ESTABLISHED = 3  # approved comments of an author who need not be taken for somebody else


def check(submission: Submission) -> Finding:
    """SUSPECT while a suspension or ban is in force against somebody of the same network; NOTE for an established author."""
    detail = {"barred": submission.barred_nearby}
    if not submission.barred_nearby:
        return Finding(NAME, Label.CLEAN, VERSION, detail=detail)
    if submission.author_known and submission.author_approved >= ESTABLISHED:
        return Finding(NAME, Label.NOTE, VERSION, score=0.2, detail=detail)
    return Finding(NAME, Label.SUSPECT, VERSION, score=0.6, detail=detail)
