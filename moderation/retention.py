"""What is forgotten after its time: browsers and networks, senders of notices, what nobody came back for, sessions, simulations."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone

from comments import keeping
from comments.models import Comment
from moderation.desk_models import Presence
from moderation.models import Claim, LegalNotice, Replay, Report, Sanction
from moderation.reports import NETWORK

BATCH = 1_000
REPLAYS_KEPT = timedelta(days=90)


@shared_task(name="moderation.forget_networks")
def forget_networks() -> int:
    """Blank IP, user agent and network hash of comments older than NETWORK_RETENTION_DAYS; how many rows were blanked."""
    limit = timezone.now() - timedelta(days=settings.NETWORK_RETENTION_DAYS)
    total = 0
    while True:
        rows = Comment.objects.filter(created_at__lt=limit).exclude(network="", ip=None, user_agent="")
        batch = list(rows.values_list("pk", flat=True)[:BATCH])
        if not batch:
            return total
        Sanction.objects.filter(comment__in=batch).update(network="")  # taken from there
        total += Comment.objects.filter(pk__in=batch).update(ip=None, user_agent="", network="")


@shared_task(name="moderation.forget_presence")
def forget_presence() -> int:
    """Delete claims and presences that ended a day ago; how many. They are of no use, and say who looked at what."""
    limit = timezone.now() - timedelta(days=1)
    return sum(model.objects.filter(until__lt=limit).delete()[0] for model in (Claim, Presence))


@shared_task(name="moderation.forget_reporters")
def forget_reporters() -> int:
    """Blank the networks of old reports, and who sent old notices of illegal content; how many rows were blanked."""
    limit = timezone.now() - timedelta(days=settings.NETWORK_RETENTION_DAYS)
    total = 0
    while batch := list(Report.objects.filter(created_at__lt=limit).exclude(network="")[:BATCH]):
        for row in batch:
            row.network = ""
            if row.reporter.startswith(NETWORK):
                row.reporter = f"forgotten-{row.pk}"  # one of each reporter for each text stays true
        Report.objects.bulk_update(batch, ["network", "reporter"])
        total += len(batch)
    answered = timezone.now() - timedelta(days=settings.LEGAL_NOTICE_DAYS)
    old = LegalNotice.objects.filter(answered_at__lt=answered).exclude(name="", email="")
    return total + old.update(name="", email="")


@shared_task(name="moderation.forget_replays")
def forget_replays() -> int:
    """Delete simulations and reports of second looks after REPLAYS_KEPT; what was applied stands in the decisions. How many."""
    old = Replay.objects.filter(created_at__lt=timezone.now() - REPLAYS_KEPT).exclude(bulk__isnull=False, bulk__finished_at=None)
    return old.delete()[1].get("moderation.Replay", 0)


@shared_task(name="moderation.forget_kept")
def forget_kept() -> int:
    """Delete kept replies and unconfirmed wishes that nobody came back for, and sessions that ran out; how many rows."""
    ended, _by_model = Session.objects.filter(expire_date__lt=timezone.now()).delete()
    return keeping.forget() + ended
