"""The language of the comment, for the desk and for reading the other findings. Writing in another language is no offence."""

from __future__ import annotations

from typing import Final

from moderation.checks.base import Finding, Label, Submission
from moderation.classifiers.languages import guess

NAME: Final = "language"
VERSION: Final = "1"
OF_THE_TEXT: Final = True

# Share of Latin letters below which the text models, trained on Latin letters, have not read the comment.
READABLE: Final = 0.5
# Letters below which a scripture quotation or a greeting would be told as a foreign text.
FEWEST: Final = 20


def check(submission: Submission) -> Finding:
    """NOTE for a text mostly in letters that the text models cannot read, CLEAN otherwise; the guess stands in `detail`."""
    found = guess(submission.text)
    detail = {"language": found.language, "share": round(found.share, 3), "latin": round(found.latin, 3)}
    label = Label.NOTE if found.latin < READABLE and sum(map(str.isalpha, submission.text)) >= FEWEST else Label.CLEAN
    return Finding(NAME, label, VERSION, score=0.1 if label is Label.NOTE else 0.0, detail=detail)
