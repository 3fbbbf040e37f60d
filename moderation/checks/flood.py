"""More comments in a short time than a person writes."""

from __future__ import annotations

from typing import Final

from moderation.checks.base import Finding, Label, Submission

NAME: Final = "flood"
VERSION: Final = "2"

# Comments in ten minutes by one author, other than this one.
BY_AUTHOR: Final = 5
# By one network: schools, offices and whole mobile carriers share an address, hence the wide margin.
BY_NETWORK: Final = 20
BY_NETWORK_A_DAY: Final = 300


def check(submission: Submission) -> Finding:
    """SUSPECT above the author's own rate or the site's budget, and above the network's rates for somebody not yet approved once.

    A known author is not held for the neighbours' rate: that would silence a whole campus because of one flooder on it. NOTE where
    only the neighbours are over, or above half of the author's rate. The counts stand in the submission.
    """
    rates = (
        ("author", submission.recent_by_author, BY_AUTHOR),
        ("network", submission.recent_by_network, BY_NETWORK),
        ("network-day", submission.daily_by_network, BY_NETWORK_A_DAY),
        ("everywhere", submission.recent_everywhere, submission.global_budget or submission.recent_everywhere),
    )
    over = [name for name, count, limit in rates if count > limit]
    detail = {
        "counts": {name: count for name, count, _ in rates},
        "limits": {name: limit for name, _, limit in rates},
        "over": over,
    }
    trusted = submission.author_known and submission.author_approved > 0
    if {"author", "everywhere"} & set(over) or (over and not trusted):
        return Finding(NAME, Label.SUSPECT, VERSION, score=0.6, detail=detail)
    if over or submission.recent_by_author * 2 > BY_AUTHOR:
        return Finding(NAME, Label.NOTE, VERSION, score=0.2, detail=detail)
    return Finding(NAME, Label.CLEAN, VERSION, detail=detail)
