"""The form's hidden field and its signed time stamp."""

from __future__ import annotations

from typing import Final

from moderation.checks.base import Finding, Label, Submission

NAME: Final = "traps"
VERSION: Final = "1"

# Seconds from showing the form to sending it below which nobody has read the page, let alone typed.
FASTEST: Final = 3.0


def check(submission: Submission) -> Finding:
    """SUSPECT for a filled hidden field. NOTE for a missing time stamp or a form sent within FASTEST seconds: cached pages,
    password managers and honest scripts do that too. The API has no such fields, so its comments are CLEAN."""
    if not submission.via_form:
        return Finding(NAME, Label.CLEAN, VERSION)
    signs = []
    if submission.honeypot_filled:
        signs.append("hidden field filled")
    if submission.fill_seconds is None:
        signs.append("time stamp missing")
    elif submission.fill_seconds < FASTEST:
        signs.append("filled too fast")
    detail = {"signs": signs, "seconds": submission.fill_seconds, "fastest": FASTEST}
    if submission.honeypot_filled:
        return Finding(NAME, Label.SUSPECT, VERSION, score=0.8, words=tuple(signs), detail=detail)
    if signs:
        return Finding(NAME, Label.NOTE, VERSION, score=0.2, words=tuple(signs), detail=detail)
    return Finding(NAME, Label.CLEAN, VERSION, detail=detail)
