"""The phrase check: bans decide for spam, insults queue."""

from __future__ import annotations

from moderation.checks.base import Label, PhraseRule, Span, Submission
from moderation.checks.phrases import check

RULES = (
    PhraseRule("slot gacor", True, "gambling", 3),
    PhraseRule("~goblok", False, "insult", 2),
    PhraseRule("kurang ajar", True, "insult", 2),
)


def test_no_rules_or_no_match_is_clean() -> None:
    assert check(Submission(text="slot gacor")).label is Label.CLEAN
    assert check(Submission(text="Burung itu gacor sekali.", phrases=RULES)).label is Label.CLEAN


def test_a_banned_gambling_phrase_is_spam_even_in_disguise() -> None:
    finding = check(Submission(text="Cobain sl0t g4c\u043er hari ini", phrases=RULES))
    assert finding.label is Label.SPAM
    assert finding.score == 1.0
    assert finding.spans == (Span(7, 17, "gambling"),)
    assert finding.detail["banned"] == ["slot gacor"]


def test_an_insult_only_queues_banned_or_not() -> None:
    assert check(Submission(text="dasar menggoblokkan orang", phrases=RULES)).label is Label.SUSPECT
    finding = check(Submission(text="Kurang ajar!", phrases=RULES))
    assert finding.label is Label.SUSPECT
    assert finding.score == 0.6
    assert finding.words == ("kurang ajar",)


def test_the_authors_name_is_read_too() -> None:
    finding = check(Submission(text="halo", author_name="Slot Gacor", phrases=RULES))
    assert finding.label is Label.SPAM
    assert finding.spans == ()
    assert finding.detail["in_name"] == 1
