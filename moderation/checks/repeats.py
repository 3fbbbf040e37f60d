"""The same text again, from anybody, under any article: the mark of a campaign."""

from __future__ import annotations

from typing import Final

from moderation.checks.base import Finding, Label, Submission
from moderation.classifiers.normalise import normalise

NAME: Final = "repeats"
VERSION: Final = "2"

# Letters of the skeleton below which people write the same thing by themselves: "setuju", "mantap", "turut berduka cita".
SHORTEST: Final = 24
# Other authors of the same text that make it a campaign.
AUTHORS: Final = 3


def check(submission: Submission) -> Finding:
    """SPAM where an earlier copy was refused as spam, or AUTHORS others wrote the same text and it carries a link; SUSPECT for any
    other copy or near copy by somebody else; NOTE for the author's own repetition."""
    copies, authors, near = submission.same_text, submission.same_text_authors, submission.near_text
    if not (copies or near):
        return Finding(NAME, Label.CLEAN, VERSION, detail={"copies": 0, "near": 0})
    length = len(normalise(submission.text).skeleton)
    detail = {
        "copies": copies,
        "authors": authors,
        "refused": submission.same_text_refused,
        "near": near,
        "near_authors": submission.near_text_authors,
        "near_refused": submission.near_text_refused,
        "letters": length,
        "shortest": SHORTEST,
    }
    if length < SHORTEST:
        return Finding(NAME, Label.CLEAN, VERSION, detail=detail)
    # Many may spread the same honest call, to a petition or to help: the number alone must not refuse it, a person looks.
    if submission.same_text_refused or (submission.links and authors + submission.near_text_authors >= AUTHORS):
        label, score = Label.SPAM, 1.0
    elif authors or submission.near_text_authors:
        label, score = Label.SUSPECT, 0.7
    else:
        label, score = Label.NOTE, 0.3
    return Finding(NAME, label, VERSION, score=score, detail=detail)
