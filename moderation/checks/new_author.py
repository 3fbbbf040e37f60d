"""Whether the author has earned being published unread."""

from __future__ import annotations

from typing import Final

from moderation.checks.base import Finding, Label, Submission

NAME: Final = "new_author"
VERSION: Final = "1"


def check(submission: Submission) -> Finding:
    """SUSPECT for an author not known by token or account, with nothing approved yet, or with more refused than approved."""
    detail = {
        "known": submission.author_known,
        "approved": submission.author_approved,
        "refused": submission.author_refused,
    }
    if not submission.author_known or submission.author_approved == 0:
        return Finding(NAME, Label.SUSPECT, VERSION, score=0.3, detail=detail)
    if submission.author_refused > submission.author_approved:
        return Finding(NAME, Label.SUSPECT, VERSION, score=0.5, detail=detail)
    return Finding(NAME, Label.CLEAN, VERSION, detail=detail)
