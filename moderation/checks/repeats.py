"""The same text again, from anybody, under any article: the mark of a campaign."""

from __future__ import annotations

from typing import Final

from moderation.checks.base import Finding, Label, Submission
from moderation.classifiers.normalise import normalise

NAME: Final = "repeats"
VERSION: Final = "1"

# Letters of the skeleton below which people write the same thing by themselves: "setuju", "mantap", "turut berduka cita".
SHORTEST: Final = 24
# Other authors of the same text that make it a campaign beyond doubt.
AUTHORS: Final = 3


def check(submission: Submission) -> Finding:
    """SPAM where an earlier copy was refused as spam, or AUTHORS others wrote the same text; SUSPECT for any other copy by
    somebody else, or several near copies; NOTE for one near copy or the author's own repetition."""
    copies, authors = submission.same_text, submission.same_text_authors
    if not (copies or submission.near_text):
        return Finding(NAME, Label.CLEAN, VERSION, detail={"copies": 0, "near": 0})
    length = len(normalise(submission.text).skeleton)
    detail = {
        "copies": copies,
        "authors": authors,
        "refused": submission.same_text_refused,
        "near": submission.near_text,
        "letters": length,
        "shortest": SHORTEST,
    }
    if length < SHORTEST:
        return Finding(NAME, Label.CLEAN, VERSION, detail=detail)
    if (copies and submission.same_text_refused) or authors >= AUTHORS:
        label, score = Label.SPAM, 1.0
    elif authors or submission.near_text > 1:
        label, score = Label.SUSPECT, 0.7
    else:
        label, score = Label.NOTE, 0.3
    return Finding(NAME, label, VERSION, score=score, detail=detail)
