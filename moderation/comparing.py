"""What ran in shadow beside what counted: agreements, differences with examples, who was right by a person's decision, and the cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import TYPE_CHECKING

from moderation.access import scope_of
from moderation.models import Decision, Finding, Outcome, Variant

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST = 2_000  # of the latest findings
MOST_SHOWN = 20
LOUD = frozenset({Finding.Label.SUSPECT, Finding.Label.SPAM})
REFUSED = frozenset({Outcome.REJECTED, Outcome.SPAM})


@dataclass(frozen=True, slots=True)
class Difference:
    """One comment on which shadow and live are not of one mind. `live` is None where a check as a whole is in shadow."""

    shadow: Finding
    live: Finding | None
    would: str
    was: str
    person: str  # what a person decided, if one did


@dataclass(slots=True)
class Comparison:
    """`cells` counts pairs of labels (live, shadow). `judged` are those that a person decided; the rest of the names say whose answer
    fitted that decision. Times in milliseconds."""

    count: int = 0
    same: int = 0
    other_verdict: int = 0
    errors: int = 0
    judged: int = 0
    live_right: int = 0
    shadow_right: int = 0
    shadow_ms: float = 0.0
    shadow_most_ms: float = 0.0
    live_ms: float = 0.0
    cells: list[tuple[str, str, int]] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)


def of_variant(row: Variant, user: User) -> Comparison:
    """A version of a model beside the one that counted, on the latest comments in the user's scope. Four queries."""
    rows = Finding.objects.filter(scope_of(user, "comment__"), variant=row).order_by("-id")
    return _compared(list(rows.select_related("comment", "decision")[:MOST]), beside=True)


def of_check(name: str, user: User) -> Comparison:
    """A check in shadow beside the verdicts that came without it."""
    rows = Finding.objects.filter(scope_of(user, "comment__"), check_name=name, shadow=True, variant=None).order_by("-id")
    return _compared(list(rows.select_related("comment", "decision")[:MOST]), beside=False)


def _compared(findings: Sequence[Finding], *, beside: bool) -> Comparison:
    found = Comparison(count=len(findings))
    if not findings:
        return found
    live: dict[tuple[int, str], Finding] = {}
    if beside:
        names = {finding.check_name for finding in findings}
        rows = Finding.objects.filter(decision__in=[finding.decision_id for finding in findings], check_name__in=names, shadow=False)
        live = {(row.decision_id, row.check_name): row for row in rows}
    persons = Decision.objects.filter(comment__in={finding.comment_id for finding in findings}, kind=Decision.Kind.PERSON).order_by("id")
    last = {decision.comment_id: decision.outcome for decision in persons}
    cells: Counter[tuple[str, str]] = Counter()
    for finding in findings:
        other = live.get((finding.decision_id, finding.check_name))
        would, was = str(finding.detail.get("would") or finding.decision.outcome), finding.decision.outcome
        person = last.get(finding.comment_id, "")
        cells[other.label if other else "", finding.label] += 1
        found.errors += finding.label == Finding.Label.ERROR
        found.other_verdict += would != was
        same = would == was and (other is None or other.label == finding.label)
        found.same += same
        if person in {Outcome.APPROVED, *REFUSED}:
            refused = person in REFUSED
            found.judged += 1
            found.shadow_right += (finding.label in LOUD) == refused
            found.live_right += other is not None and (other.label in LOUD) == refused
        if not same and len(found.differences) < MOST_SHOWN:
            found.differences.append(Difference(finding, other, would, was, person))
    found.cells = [(before, after, count) for (before, after), count in sorted(cells.items())]
    found.shadow_ms = fmean(finding.milliseconds for finding in findings)
    found.shadow_most_ms = max(finding.milliseconds for finding in findings)
    found.live_ms = fmean(row.milliseconds for row in live.values()) if live else 0.0
    return found
