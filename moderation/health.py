"""What /readyz and /metrics say of the comments: overdue ones, checks that fail, and the figures of the desk. Figures only, no text."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Max, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from comments.models import Comment
from comments.states import Status
from moderation import check_modes, variants
from moderation.classifiers.model import ModelError
from moderation.facts import load_check
from moderation.in_force import tick
from moderation.models import Decision, Finding, Notice, Variant
from moderation.scoring import HEADS
from newsroom.metrics import Gauge
from newsroom.probes import Probe

RECENT = timedelta(hours=1)
MODEL = "model "  # stands before the name of what a process says of a text model


def lateness() -> QuerySet[Comment, timedelta]:
    """How long each overdue comment has been due, the longest first, by the database's clock."""
    late = ExpressionWrapper(Now() - F("screen_due_at"), output_field=DurationField())
    return Comment.objects.overdue().annotate(late=late).values_list("late", flat=True)


def oldest_overdue_seconds() -> float:
    """How long the oldest overdue comment has been due, by the database's clock; 0 where none is."""
    found: timedelta | None = lateness().first()
    return max(0.0, found.total_seconds()) if found is not None else 0.0


def overdue() -> Probe:
    """Not ready once a comment has waited for its checks for OVERDUE_SECONDS longer than it should."""
    seconds = oldest_overdue_seconds()
    return Probe("pending", seconds < settings.OVERDUE_SECONDS, detail={"oldest_overdue_seconds": round(seconds, 1)})


def failing_checks() -> Probe:
    """Checks that could not tell in the last hour. The site stays ready: it holds such comments for a person."""
    since = timezone.now() - RECENT
    failing: dict[str, int] = {}
    for name in check_modes.in_force(tick()).live:
        # One narrow look at the index for each check, rather than one over all findings of the hour.
        count = Finding.objects.filter(check_name=name, created_at__gte=since, label=Finding.Label.ERROR, shadow=False)[:1_000].count()
        if count:
            failing[name] = count
    return Probe("checks", not failing, required=False, detail={"failed_last_hour": failing})


def usable_models() -> Probe:
    """Text models that cannot be used, named before the first comment needs them. The site stays ready: it holds comments meanwhile."""
    broken = broken_models() | broken_variants()
    return Probe("models", not broken, required=False, detail={"unusable": broken})


def broken_models() -> dict[str, str]:
    """In this process: the shipped text models that cannot be read, each with the reason. Asks no database."""
    return {head: str(error) for head in HEADS if isinstance(error := variants.shipped_model(head), ModelError)}


def broken_variants() -> dict[str, str]:
    """The versions in force somewhere that cannot be read."""
    broken = {}
    for row in Variant.objects.filter(state=Variant.State.LIVE).defer("content"):
        beside = variants.beside_of(row)
        if variants.is_for(row, beside) and isinstance(error := variants.read(row, beside), ModelError):
            broken[str(row)] = str(error)
    return broken


def broken_checks() -> dict[str, str]:
    """In a worker: checks that cannot be loaded, and text models that cannot be read. Asked at its start and with each heartbeat."""
    broken = {}
    for name in [*settings.MODERATION_CHECKS, *settings.MODERATION_SHADOW_CHECKS]:
        try:
            load_check(name)
        except Exception as error:  # a damaged file fails in as many ways as there are bytes in it
            broken[name] = type(error).__name__
    return broken | {f"{MODEL}{name}": why for name, why in broken_models().items()}


def gauges() -> list[Gauge]:
    """The figures of /metrics. Counted anew for each scrape, in a thread that a request waits for only so long."""
    since = timezone.now() - RECENT
    statuses: dict[tuple[str, ...], float] = {(status.value,): 0.0 for status in Status}
    statuses |= {(row["status"],): row["n"] for row in Comment.objects.order_by().values("status").annotate(n=Count("pk"))}
    decisions = Decision.objects.order_by().filter(created_at__gte=since).values("kind", "outcome").annotate(n=Count("pk"))
    notices: dict[tuple[str, ...], float] = {("due",): 0.0, ("failed",): 0.0}
    notices |= {
        (row["state"],): row["n"]
        for row in Notice.objects.order_by().filter(state__in=["due", "failed"]).values("state").annotate(n=Count("pk"))
    }
    checks: list[dict[str, Any]] = list(
        Finding.objects.order_by()
        .filter(created_at__gte=since)
        .values("check_name")
        .annotate(n=Count("pk"), mean=Avg("milliseconds"), most=Max("milliseconds"))
    )
    labels = Finding.objects.order_by().filter(created_at__gte=since).values("check_name", "label").annotate(n=Count("pk"))
    return [
        Gauge("balasan_comments", "Comments by status.", ("status",), statuses),
        Gauge("balasan_overdue_seconds", "How long the oldest overdue comment has been due.", values={(): oldest_overdue_seconds()}),
        Gauge(
            "balasan_decisions_last_hour",
            "Decisions of the last hour by kind and outcome.",
            ("kind", "outcome"),
            {(row["kind"], row["outcome"]): row["n"] for row in decisions},
        ),
        Gauge("balasan_notices", "Notices to authors that wait or have failed.", ("state",), notices),
        Gauge(
            "balasan_findings_last_hour",
            "Findings of the last hour by check and label.",
            ("check", "label"),
            {(row["check_name"], row["label"]): row["n"] for row in labels},
        ),
        Gauge(
            "balasan_check_mean_seconds",
            "Mean time of a check over the last hour.",
            ("check",),
            {(row["check_name"],): row["mean"] / 1000 for row in checks},
        ),
        Gauge(
            "balasan_check_slowest_seconds",
            "Slowest run of a check in the last hour.",
            ("check",),
            {(row["check_name"],): row["most"] / 1000 for row in checks},
        ),
    ]
