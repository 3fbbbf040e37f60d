"""The table of cases that is the policy's specification."""

from __future__ import annotations

import pytest

from moderation.checks.abuse import check as abuse_check
from moderation.checks.base import Finding, Label, Submission
from moderation.checks.gambling import check as gambling_check
from moderation.checks.promotion import check as promotion_check
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


# --- Severity 3 and model agreeing ----------------------------------------------------------------------------------------

GRAVE = ("bunuh kau",)


def abuse(label: Label, probability: float | None) -> Finding:
    return Finding("abuse", label, "1", score=probability or 0.0, probability=probability, detail={"strict": 0.9, "queue": 0.5})


def phrases(*grave: str, label: Label = Label.SUSPECT) -> Finding:
    return Finding("phrases", label, "1", score=0.8, detail={"severity": 3, "kinds": ["threat"], "grave": list(grave)})


@pytest.mark.parametrize(
    ("findings", "says_so", "waits", "outcome", "reason"),
    [
        # Off by default: both together are no more than a suspicion.
        ([abuse(Label.SUSPECT, 0.99), phrases(*GRAVE)], False, False, "held", "suspicious"),
        ([abuse(Label.SUSPECT, 0.99), phrases(*GRAVE)], True, False, "rejected", "grave"),
        ([abuse(Label.SUSPECT, 0.99), phrases(*GRAVE)], True, True, "rejected", "grave"),
        ([abuse(Label.SUSPECT, 0.9), phrases(*GRAVE)], True, False, "rejected", "grave"),
        # The text score alone never rejects, and neither does the list alone.
        ([abuse(Label.SUSPECT, 1.0), phrases()], True, False, "held", "suspicious"),
        ([abuse(Label.SUSPECT, 1.0)], True, False, "held", "suspicious"),
        ([abuse(Label.SUSPECT, 0.89), phrases(*GRAVE)], True, False, "held", "suspicious"),
        ([abuse(Label.NOTE, 0.99), phrases(*GRAVE)], True, False, "held", "suspicious"),
        ([abuse(Label.CLEAN, 0.0), phrases(*GRAVE)], True, False, "held", "suspicious"),
        ([phrases(*GRAVE)], True, False, "held", "suspicious"),
        # Sure spam is spam, and a check in doubt about itself leaves it to a person.
        ([abuse(Label.SUSPECT, 0.99), phrases(*GRAVE), Finding("gambling", Label.SPAM, "1")], True, False, "spam", "sure_spam"),
        ([abuse(Label.SUSPECT, 0.99), phrases(*GRAVE), Finding("links", Label.ERROR, "1")], True, False, "held", "check_failed"),
        ([abuse(Label.ERROR, None), phrases(*GRAVE)], True, False, "held", "check_failed"),
    ],
)
def test_only_list_and_model_together_reject_and_only_where_the_publication_says_so(
    findings: list[Finding], says_so: bool, waits: bool, outcome: str, reason: str
) -> None:
    verdict = judge(findings, (), every_comment_waits=waits, reject_grave=says_so)
    assert (verdict.outcome, verdict.reason) == (outcome, reason)


def test_a_missing_check_leaves_it_to_a_person() -> None:
    verdict = judge([abuse(Label.SUSPECT, 0.99), phrases(*GRAVE)], ("abuse", "phrases", "links"), reject_grave=True)
    assert (verdict.outcome, verdict.reason) == ("held", "check_failed")


def test_strict_gambling_is_spam_and_strict_abuse_is_held_whatever_their_scores() -> None:
    gambling, promotion, insult = (
        check(Submission(text=text))
        for check, text in (
            (gambling_check, "Slot gacor maxwin di Sinar88, daftar sekarang bosku"),
            (promotion_check, "Pinjaman online cair 5 menit tanpa jaminan, WA 0812-3456-7890"),
            (abuse_check, "Dasar goblok kau, bangsat, otakmu di mana?"),
        )
    )
    for finding in (gambling, insult):
        assert (finding.probability or 0.0) >= float(str(finding.detail["strict"]))
    assert [judge([finding], ()).outcome for finding in (gambling, promotion, insult)] == ["spam", "held", "held"]
    assert judge([insult], (), reject_grave=True).outcome == "held"
