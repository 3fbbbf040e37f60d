"""Capital letters and exclamation marks throughout: unpleasant to read, and no reason to hold anybody."""

from __future__ import annotations

import re
from typing import Final

from moderation.checks.base import Finding, Label, Span, Submission

NAME: Final = "shouting"
VERSION: Final = "1"
OF_THE_TEXT: Final = True

# Letters below which capitals say nothing: names of parties, ministries and clubs are capitals.
FEWEST: Final = 24
SHARE: Final = 0.7
# What a loud text cannot do without: a word in capitals, or a row of marks. Most comments stop here.
_LOUD: Final = re.compile(r"[^\W\d_a-z]{3}|[!?]{5}")
_QUIET: Final = Finding(NAME, Label.CLEAN, VERSION)
_MARKS: Final = re.compile(r"[!?]{5,}")


def check(submission: Submission) -> Finding:
    """NOTE where SHARE of at least FEWEST letters are capitals, or five and more exclamation or question marks stand in a row."""
    text = submission.text
    if not _LOUD.search(text):
        return _QUIET
    upper = sum(map(str.isupper, text))
    # Scripts without capitals have neither, and so never shout.
    cased = upper + sum(map(str.islower, text))
    marks = tuple(Span(match.start(), match.end(), "marks") for match in _MARKS.finditer(text))
    loud = cased >= FEWEST and upper >= SHARE * cased
    detail = {"capitals": upper, "letters": cased, "marks": len(marks)}
    if not loud and not marks:
        return Finding(NAME, Label.CLEAN, VERSION, detail=detail)
    return Finding(NAME, Label.NOTE, VERSION, score=0.2, spans=marks, detail=detail)
