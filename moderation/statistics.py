"""The desk's figures: what comes in, what waits, how long it takes, how often the checks are overruled. Numbers only, within a scope.

Every question is bounded by a window of time and answered from an index; the whole set is kept for a minute, since many people look.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Count, F, Min, Q
from django.db.models.functions import TruncDay, TruncHour
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from comments.models import Comment
from comments.states import Status
from moderation.access import scope_of
from moderation.charts import Chart, Series, stacked
from moderation.check_names import check_name, model_name
from moderation.health import MODEL, failing_checks, oldest_overdue_seconds
from moderation.models import Appeal, Decision, Fingerprint, Notice, Report
from moderation.reasons import Reason

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.utils.functional import _StrPromise

PERIODS: dict[str, tuple[timedelta, _StrPromise]] = {
    "day": (timedelta(days=1), gettext_lazy("24 hours")),
    "week": (timedelta(days=7), gettext_lazy("7 days")),
    "month": (timedelta(days=30), gettext_lazy("30 days")),
}
KEPT_SECONDS = 60
MOST_DURATIONS = 5_000  # the latest decisions that the times are taken from
MOST_WAITING = 100_000  # further the waiting ones are not counted
_kept: dict[tuple[Any, ...], tuple[float, Figures]] = {}


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that should be looked at now, in words."""

    words: str
    name: str


@dataclass(slots=True)
class Figures:
    """`None` where there is nothing to take a figure from. Shares are 0 to 1, times are timedeltas."""

    since: datetime
    made_at: datetime
    incoming: int = 0
    waiting: int = 0
    oldest: timedelta | None = None
    median: timedelta | None = None
    p90: timedelta | None = None
    automatic: float | None = None  # share of first verdicts that needed no person
    overruled: float | None = None  # share of the checks' own publications and refusals that a person reversed
    reported: int = 0
    appeals: int = 0
    failed_notices: int = 0
    overdue: float = 0.0
    reasons: list[tuple[str, int, int]] = field(default_factory=list)  # words, count, per cent of the longest
    campaigns: list[dict[str, Any]] = field(default_factory=list)
    failing: dict[str, int] = field(default_factory=dict)
    chart: Chart | None = None


def figures(user: User, period: str) -> Figures:
    """What the dashboard shows to somebody; at most KEPT_SECONDS old."""
    scope = scope_of(user)
    key = (str(scope), period, timezone.get_current_timezone_name(), _("24 hours"))
    made = _kept.get(key)
    if made is not None and time.monotonic() - made[0] < KEPT_SECONDS:
        return made[1]
    found = count(scope, scope_of(user, "comment__"), period)
    if len(_kept) > 100:
        _kept.clear()
    _kept[key] = (time.monotonic(), found)
    return found


def forget() -> None:
    """Take the figures anew at the next look."""
    _kept.clear()


def count(scope: Q, through_comment: Q, period: str) -> Figures:
    now = timezone.now()
    since = now - PERIODS[period][0]
    found = Figures(since=since, made_at=now)
    held = Comment.objects.filter(scope, status=Status.HELD)
    found.waiting = held[:MOST_WAITING].count()
    oldest = held.aggregate(at=Min("created_at"))["at"]
    found.oldest = now - oldest if oldest is not None else None
    decisions = Decision.objects.filter(through_comment, created_at__gte=since)
    _times(found, decisions)
    _shares(found, decisions)
    found.reported = Report.objects.filter(through_comment, resolved_at=None).values("comment").distinct().count()
    open_appeals = Appeal.objects.filter(answered_at=None, decision__comment__in=Comment.objects.filter(scope))
    found.appeals = open_appeals.count()
    found.failed_notices = Notice.objects.filter(state=Notice.State.FAILED, created_at__gte=since).count()
    found.overdue = oldest_overdue_seconds()
    found.failing = failing_checks().detail["failed_last_hour"]
    refusals = (
        decisions.filter(outcome__in=["rejected", "spam"]).order_by().values("reason").annotate(n=Count("pk")).order_by("-n", "reason")[:8]
    )
    counted = [(str(Reason(row["reason"]).label), row["n"]) for row in refusals if row["reason"] in Reason.values]
    found.reasons = [(words, number, round(100 * number / counted[0][1])) for words, number in counted]
    members = Fingerprint.objects.filter(through_comment, campaign__isnull=False, created_at__gte=since).order_by()
    found.campaigns = list(members.values("campaign").annotate(copies=Count("pk")).order_by("-copies", "campaign")[:5])
    _incoming(found, scope, period)
    return found


def _times(found: Figures, decisions: Any) -> None:
    """Between a comment's arrival (or its author's last change) and the first decision that a person took on that revision."""
    rows = decisions.filter(kind=Decision.Kind.PERSON, was=Status.HELD).exclude(outcome=Status.HELD).order_by("-created_at")
    asked = rows.values_list("created_at", "comment__created_at", "comment__edited_at")[:MOST_DURATIONS]
    took = sorted(at - (edited if edited is not None and edited <= at else created) for at, created, edited in asked)
    if took:
        found.median = took[len(took) // 2]
        found.p90 = took[min(len(took) - 1, int(len(took) * 0.9))]


def _shares(found: Figures, decisions: Any) -> None:
    """Counted by the index of decisions in time. An undo of a person's own decision overrules no check."""
    screened = decisions.filter(kind=Decision.Kind.SCREENING)
    by_checks = screened.order_by().aggregate(all=Count("pk"), alone=Count("pk", filter=~Q(outcome=Status.HELD)))
    if by_checks["all"]:
        found.automatic = by_checks["alone"] / by_checks["all"]
    reversed_ones = decisions.filter(
        kind=Decision.Kind.PERSON, overrides__kind=Decision.Kind.SCREENING, was__in=[Status.APPROVED, Status.SPAM, Status.REJECTED]
    )
    if by_checks["alone"]:
        reversals = reversed_ones.exclude(outcome=F("was")).filter(overrides__created_at__gte=found.since).count()
        found.overruled = min(1.0, reversals / by_checks["alone"])


def _incoming(found: Figures, scope: Q, period: str) -> None:
    """What came in, by the hour or the day, and where it stands now."""
    trunc = TruncHour if period == "day" else TruncDay
    rows = Comment.objects.filter(scope, created_at__gte=found.since).order_by().annotate(at=trunc("created_at"))
    counted: dict[datetime, dict[str, int]] = {}
    for row in rows.values("at", "status").annotate(n=Count("pk")):
        counted.setdefault(row["at"], {})[row["status"]] = row["n"]
    step = timedelta(hours=1) if period == "day" else timedelta(days=1)
    first = timezone.localtime(found.since).replace(minute=0, second=0, microsecond=0)
    if period != "day":
        first = first.replace(hour=0)
    moments = []
    while first <= found.made_at:
        moments.append(first)
        first += step
    found.incoming = sum(sum(each.values()) for each in counted.values())

    def values(*statuses: str) -> list[int]:
        return [sum(counted.get(moment, {}).get(status, 0) for status in statuses) for moment in moments]

    series = [
        Series("approved", _("published"), values(Status.APPROVED)),
        Series("waiting", _("waiting"), values(Status.PENDING, Status.HELD)),
        Series("refused", _("refused"), values(Status.REJECTED, Status.SPAM)),
        Series("withdrawn", _("withdrawn"), values(Status.WITHDRAWN)),
    ]
    found.chart = stacked([_moment_words(moment, period) for moment in moments], series)


def _moment_words(moment: datetime, period: str) -> str:
    if period == "day":
        return formats.time_format(moment, "H.i" if formats.get_format("TIME_FORMAT").startswith("H.i") else "H:i")
    return formats.date_format(moment, "j M")


def alarms(found: Figures, worker_problems: dict[str, str], silent: Sequence[str]) -> list[Alarm]:
    """What is out of order, the gravest first. `silent` names the processes that give no sign of life."""
    said = [Alarm(_("%(name)s gives no sign of life. Comments wait until it runs again.") % {"name": name}, "process") for name in silent]
    if found.overdue >= settings.OVERDUE_SECONDS:
        minutes = int(found.overdue // 60)
        words = ngettext(
            "The checks are %(count)d minute behind.", "The checks are %(count)d minutes behind.", minutes
        ) % {"count": minutes}  # fmt: skip
        said.append(Alarm(words, "overdue"))
    for name, why in worker_problems.items():
        if name.startswith(MODEL):
            words = _("The text model “%(name)s” cannot be used: every comment waits for a person. The server needs mending: %(why)s")
            named = model_name(name.removeprefix(MODEL))
        else:
            words = _("The check “%(name)s” cannot be used: every comment waits for a person. The server needs mending: %(why)s")
            named = check_name(name)
        said.append(Alarm(words % {"name": named, "why": why}, "check"))
    for name, number in found.failing.items():
        words = ngettext(
            "The check “%(name)s” could not tell %(count)d time in the last hour.",
            "The check “%(name)s” could not tell %(count)d times in the last hour.",
            number,
        ) % {"name": check_name(name), "count": number}  # fmt: skip
        said.append(Alarm(words, "check"))
    limit = timedelta(hours=settings.ALARM_WAITING_HOURS)
    if found.oldest is not None and found.oldest > limit:
        hours = int(found.oldest.total_seconds() // 3600)
        words = ngettext(
            "The oldest comment has waited for %(count)d hour.", "The oldest comment has waited for %(count)d hours.", hours
        ) % {"count": hours}  # fmt: skip
        said.append(Alarm(words, "oldest"))
    if found.failed_notices:
        words = ngettext(
            "%(count)d mail to a reader could not be sent.", "%(count)d mails to readers could not be sent.", found.failed_notices
        ) % {"count": found.failed_notices}  # fmt: skip
        said.append(Alarm(words, "notices"))
    return said
