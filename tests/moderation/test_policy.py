"""The table of cases that is the policy's specification."""

from __future__ import annotations

import pytest

from moderation.checks.base import Finding, Label
from moderation.policy import Verdict, judge

REQUIRED = ("links", "new_author")


def found(links: Label | None = Label.CLEAN, new_author: Label | None = Label.CLEAN, *, score: float = 0.0) -> list[Finding]:
    pairs = (("links", links), ("new_author", new_author))
    return [Finding(name, label, "1", score=score) for name, label in pairs if label is not None]


@pytest.mark.parametrize(
    ("findings", "waits", "outcome", "reason"),
    [
        (found(), False, "approved", "clean"),
        (found(), True, "held", "waits"),
        (found(links=Label.NOTE), False, "approved", "clean"),
        (found(links=Label.NOTE, new_author=Label.NOTE), False, "approved", "clean"),
        (found(new_author=Label.SUSPECT), False, "held", "new_author"),
        (found(new_author=Label.SUSPECT), True, "held", "new_author"),
        (found(links=Label.SUSPECT), False, "held", "suspicious"),
        (found(links=Label.SUSPECT, new_author=Label.SUSPECT), False, "held", "suspicious"),
        (found(links=Label.SPAM), False, "spam", "sure_spam"),
        (found(links=Label.SPAM), True, "spam", "sure_spam"),
        (found(links=Label.SPAM, new_author=Label.ERROR), False, "spam", "sure_spam"),
        (found(links=Label.ERROR), False, "held", "check_failed"),
        (found(links=Label.ERROR, new_author=Label.SUSPECT), False, "held", "check_failed"),
        (found(links=None), False, "held", "check_failed"),
        (found(links=None, new_author=None), False, "held", "check_failed"),
    ],
)
def test_verdicts(findings: list[Finding], waits: bool, outcome: str, reason: str) -> None:
    verdict = judge(findings, REQUIRED, every_comment_waits=waits)
    assert (verdict.outcome, verdict.reason) == (outcome, reason)


@pytest.mark.parametrize(
    ("findings", "priority"),
    [
        (found(), 0.0),
        (found(links=Label.NOTE), 0.1),
        (found(links=Label.SUSPECT, score=1.0), 0.6),
        (found(links=Label.SUSPECT), 0.3),
        (found(links=Label.SPAM, score=0.8), 0.81),
        (found(links=None), 0.5),
        (found(links=Label.ERROR, score=1.0), 0.5),
    ],
)
def test_priorities(findings: list[Finding], priority: float) -> None:
    assert judge(findings, REQUIRED).priority == priority


def test_nothing_required_and_nothing_found_is_clean() -> None:
    assert judge([], ()) == Verdict("approved", "clean", 0.0)
