"""Who did what, when, on which evidence: every decision and every change made in the admin, in one list; and the year's figures.

Nothing here is a copy: decisions and findings are only ever added to, and so is the admin's own log, see `guard_log`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Model, Q, QuerySet
from django.db.models.functions import ExtractMonth
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from comments.models import AppendOnlyError
from comments.states import Status
from moderation import days
from moderation.access import scope_of
from moderation.models import Appeal, Decision, Finding, Report, Scope
from moderation.reasons import Reason

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PAGE_SIZE = 100
MOST_DAYS = 366  # an export goes over a year and no further
BATCH = 500
FLAGS = {ADDITION: gettext_lazy("added"), CHANGE: gettext_lazy("changed"), DELETION: gettext_lazy("deleted")}
KINDS = {
    "": gettext_lazy("everything"),
    "person": gettext_lazy("decisions by people"),
    "screening": gettext_lazy("decisions by the checks"),
    "rescan": gettext_lazy("by the checks, looking again"),
    "undo": gettext_lazy("taken back"),
    "reports": gettext_lazy("after reports by readers"),
    "admin": gettext_lazy("changes of lists, settings and people"),
}
EXPORT_HEAD = (
    "at", "who", "kind", "act", "before", "reason", "note", "comment", "revision", "publication", "overrides", "batch", "evidence",
    "subject",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries: from `since` to before `until`, of one person, of one kind, about one comment."""

    since: datetime
    until: datetime
    person: int = 0
    kind: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log: a decision, or a change in the admin."""

    at: datetime
    decision: Decision | None = None
    change: LogEntry | None = None

    @property
    def what(self) -> str:
        return str(FLAGS.get(self.change.action_flag, _("changed"))) if self.change is not None else ""

    @property
    def words(self) -> str:
        return self.change.get_change_message() if self.change is not None else ""


def record(user: User, subject: Model, words: str, *, flag: int = CHANGE) -> None:
    """Write down an act that is no decision, such as a sanction or an export. `words` hold no reader's text and no address."""
    LogEntry.objects.create(
        user_id=user.pk,
        content_type=ContentType.objects.get_for_model(subject),
        object_id=str(subject.pk),
        object_repr=str(subject)[:200],
        action_flag=flag,
        change_message=words,
    )


def guard_log(sender: type[LogEntry], instance: LogEntry, **_kwargs: Any) -> None:
    """Receiver of pre_save and pre_delete: what stands in the admin's log is not changed and not taken out."""
    if instance.pk is not None and not instance._state.adding:
        raise AppendOnlyError("Entries of the log are never changed.")


def sees_changes(user: User) -> bool:
    """The admin's log names no publication, so that somebody with a scope does not see it."""
    return user.is_superuser or not Scope.objects.filter(moderator_id=user.pk).exists()


def decisions(user: User, wanted: Filter) -> QuerySet[Decision]:
    rows = Decision.objects.filter(scope_of(user, "comment__"), created_at__gte=wanted.since, created_at__lt=wanted.until)
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    if wanted.person:
        rows = rows.filter(moderator_id=wanted.person)
    if wanted.comment:
        rows = rows.filter(comment__public_id=wanted.comment)
    return rows.select_related("comment__article__section__publication", "moderator")


def changes(user: User, wanted: Filter) -> QuerySet[LogEntry]:
    if not sees_changes(user) or wanted.comment or wanted.kind not in {"", "admin"}:
        return LogEntry.objects.none()
    rows = LogEntry.objects.filter(action_time__gte=wanted.since, action_time__lt=wanted.until)
    if wanted.person:
        rows = rows.filter(user_id=wanted.person)
    return rows.select_related("user", "content_type")


def entries(user: User, wanted: Filter) -> tuple[list[Entry], bool]:
    """The newest PAGE_SIZE entries before `wanted.until`, and whether there are more: two queries."""
    found: list[Entry] = []
    if wanted.kind != "admin":
        rows = decisions(user, wanted).order_by("-created_at", "-id")[: PAGE_SIZE + 1]
        found += [Entry(row.created_at, decision=row) for row in rows]
    found += [Entry(row.action_time, change=row) for row in changes(user, wanted).order_by("-action_time", "-id")[: PAGE_SIZE + 1]]
    found.sort(key=lambda entry: entry.at, reverse=True)
    return found[:PAGE_SIZE], len(found) > PAGE_SIZE


def export(user: User, wanted: Filter) -> Iterator[Sequence[Any]]:
    """Every entry in time, oldest first within each kind: decisions with the evidence they rested on, then changes in the admin."""
    if wanted.kind != "admin":
        batch: list[Decision] = []
        for decision in decisions(user, wanted).order_by("created_at", "id").iterator(BATCH):
            batch.append(decision)
            if len(batch) == BATCH:
                yield from _decision_rows(batch)
                batch = []
        yield from _decision_rows(batch)
    for change in changes(user, wanted).order_by("action_time", "id").iterator(BATCH):
        yield (
            change.action_time.isoformat(), change.user.get_username(), "admin", str(FLAGS.get(change.action_flag, "")), "", "",
            change.get_change_message(), "", "", "", "", "", "", f"{change.content_type}: {change.object_repr}",
        )  # fmt: skip


def _decision_rows(batch: Sequence[Decision]) -> Iterator[Sequence[Any]]:
    evidence: dict[int, list[str]] = {}
    ids = [decision.pk for decision in batch]
    for finding in Finding.objects.filter(decision__in=ids).exclude(label=Finding.Label.CLEAN).defer("spans", "words", "detail"):
        model = f" {finding.model_hash[:12]}" if finding.model_hash else ""
        shadow = " shadow" if finding.shadow else ""
        evidence.setdefault(finding.decision_id, []).append(
            f"{finding.check_name} {finding.check_version}{model}: {finding.label} {finding.score:.3f}{shadow}"
        )
    for decision in batch:
        yield (
            decision.created_at.isoformat(),
            decision.moderator.get_username() if decision.moderator is not None else "",
            decision.kind,
            decision.outcome,
            decision.was,
            decision.reason,
            decision.note,
            decision.comment.public_id,
            decision.revision,
            decision.comment.article.publication.slug,
            decision.overrides_id or "",
            decision.batch or "",
            "; ".join(evidence.get(decision.pk, ())),
            "",
        )


# --- The year -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Year:
    """What a yearly report asks for, from the log itself. `months` holds (month, by checks, by people) of all restrictions."""

    year: int
    decided: list[tuple[str, int, int]]  # words of the outcome, by the checks, by people
    reasons: list[tuple[str, int, int]]
    months: list[tuple[int, int, int]]
    reversed_automatic: int
    reports: int
    appeals: int
    granted: int
    answered: int
    median_answer: timedelta | None


def year(user: User, number: int) -> Year:
    """The figures of one calendar year in the present time zone, within a person's scope."""
    zone = timezone.get_current_timezone()
    since, until = datetime(number, 1, 1, tzinfo=zone), datetime(number + 1, 1, 1, tzinfo=zone)
    rows = Decision.objects.filter(scope_of(user, "comment__"), created_at__gte=since, created_at__lt=until).order_by()
    machine, people = Q(kind=Decision.Kind.SCREENING), Q(kind__in=[Decision.Kind.PERSON, Decision.Kind.UNDO])
    by_outcome = {
        row["outcome"]: row
        for row in rows.values("outcome").annotate(machine=Count("pk", filter=machine), people=Count("pk", filter=people))
    }
    restrictions = rows.filter(outcome__in=[Status.REJECTED, Status.SPAM])
    by_reason = (
        restrictions.values("reason").annotate(machine=Count("pk", filter=machine), people=Count("pk", filter=people)).order_by("reason")
    )
    by_month = restrictions.annotate(month=ExtractMonth("created_at")).values("month")
    by_month = by_month.annotate(machine=Count("pk", filter=machine), people=Count("pk", filter=people)).order_by("month")
    reversals = rows.filter(kind=Decision.Kind.PERSON, overrides__kind=Decision.Kind.SCREENING, outcome=Status.APPROVED)
    found = Appeal.objects.filter(scope_of(user, "decision__comment__"), created_at__gte=since, created_at__lt=until)
    answers = found.exclude(answered_at=None).order_by("-answered_at").values_list("created_at", "answered_at")[:5_000]
    times = sorted(answered - asked for asked, answered in answers if answered is not None)
    reports = Report.objects.filter(scope_of(user, "comment__"), created_at__gte=since, created_at__lt=until)
    return Year(
        year=number,
        decided=[
            (str(words), by_outcome[value]["machine"], by_outcome[value]["people"])
            for value, words in Status.choices
            if value in by_outcome
        ],
        reasons=[(str(Reason(row["reason"]).label), row["machine"], row["people"]) for row in by_reason if row["reason"] in Reason.values],
        months=[(row["month"], row["machine"], row["people"]) for row in by_month],
        reversed_automatic=reversals.filter(was__in=[Status.SPAM, Status.REJECTED]).count(),
        reports=reports.count(),
        appeals=found.count(),
        granted=found.filter(granted=True).count(),
        answered=found.exclude(answered_at=None).count(),
        median_answer=times[len(times) // 2] if times else None,
    )


def read_day(text: str, fallback: datetime) -> datetime:
    """The beginning of a day that was typed as 2026-11-24, in the present time zone; the fallback for anything else."""
    day = days.read_day(text[:10])
    return datetime(day.year, day.month, day.day, tzinfo=timezone.get_current_timezone()) if day is not None else fallback


def read_moment(text: str, fallback: datetime) -> datetime:
    """An instant as an address of the log carries it."""
    return days.read_moment(text[:40]) or fallback
