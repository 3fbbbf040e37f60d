"""judge(): from the findings to a verdict. Pure: the table of cases in tests/moderation/test_policy.py is its specification."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from moderation.checks.base import Finding, Label
from moderation.rules import PREFIX
from moderation.urgency import harm

# How certain a label is, before the score is looked at; the most urgent finding decides the place in the queue.
WEIGHTS = {Label.CLEAN: 0.0, Label.NOTE: 0.2, Label.SUSPECT: 0.6, Label.ERROR: 0.5, Label.SPAM: 0.9}
NEW_AUTHOR = "new_author"
PHRASES, ABUSE = "phrases", "abuse"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`outcome` and `reason` are the codes of comments.states and moderation.reasons; `priority` (0 to 1) orders the queue."""

    outcome: str
    reason: str
    priority: float


def judge(
    findings: Sequence[Finding],
    required: Collection[str],
    every_comment_waits: bool = False,
    reject_grave: bool = False,
    harms: Mapping[str, float] = {},
) -> Verdict:
    """What is to become of a comment. Findings in shadow must not be among `findings`; `harms` says how grave each check's matter is.

    Sure spam goes to SPAM. An ERROR, a required check that is missing, or a suspicion holds the comment for a person; so does
    everything else where every comment waits. What is left is approved. Sure spam outranks an error elsewhere: it is kept and can be
    restored, and an error that let spam through to the queue would be of use to spammers only.

    Nothing is rejected on a text score: only with `reject_grave`, where a grave phrase of the newsroom's own list and the abuse
    model's strict threshold agree, and no check is in doubt about itself.
    """
    labels = {finding.check: finding.label for finding in findings}
    highest = max((harm(harms, each.check) * certainty(each) for each in findings), default=0.0)
    priority = round(min(max(highest + sum(map(shift_of, findings)), 0.0), 1.0), 4)
    if Label.SPAM in labels.values():
        return Verdict("spam", "sure_spam", priority)
    if Label.ERROR in labels.values() or not set(required) <= labels.keys():
        return Verdict("held", "check_failed", max(priority, WEIGHTS[Label.ERROR]))
    if reject_grave and is_grave(findings):
        return Verdict("rejected", "grave", priority)
    suspects = {name for name, label in labels.items() if label == Label.SUSPECT}
    if suspects - {NEW_AUTHOR}:
        return Verdict("held", "suspicious", priority)
    if suspects:
        return Verdict("held", "new_author", priority)
    if every_comment_waits:
        return Verdict("held", "waits", priority)
    return Verdict("approved", "clean", priority)


def certainty(finding: Finding) -> float:
    """How sure a finding is, 0 to 1."""
    return WEIGHTS[finding.label] * (0.5 + finding.score / 2)


def shift_of(finding: Finding) -> float:
    """By how much a rule moves the priority, -1 to 1; 0 for every other finding."""
    shift = finding.detail.get("priority", 0.0) if finding.check.startswith(PREFIX) else 0.0
    return float(shift) if isinstance(shift, int | float) else 0.0


def is_grave(findings: Sequence[Finding]) -> bool:
    """Whether list and model agree on abuse: a listed phrase of severity 3 about people, and the abuse model at its strict threshold."""
    listed = any(finding.check == PHRASES and finding.detail.get("grave") for finding in findings)
    return listed and any(finding.check == ABUSE and _is_strict(finding) for finding in findings)


def _is_strict(finding: Finding) -> bool:
    strict = finding.detail.get("strict")
    return finding.label is Label.SUSPECT and isinstance(strict, int | float) and (finding.probability or 0.0) >= strict
