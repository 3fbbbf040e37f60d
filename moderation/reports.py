"""report(): a reader says that a public comment should be looked at. Enough weight, and it waits for a person meanwhile.

A report weighs what its reporter's word is likely to be worth, from 0 to 1: the share of their former reports in which a person then
refused the text, held back by a few imagined ones (the mean of a beta distribution). Somebody new but known weighs 0.5; a network, which is
all that we know of a guest, 0.25. Who cries wolf weighs less each time, who is right more. Of all reports from one network
only the heaviest counts, so that ten tabs are one voice.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q, Sum

from comments.models import Comment, Commenter
from comments.states import Status
from comments.submission import TooFast
from moderation.decisions import Stale, decide
from moderation.models import Decision, Report
from moderation.reasons import Reason
from newsroom import limits

log = logging.getLogger(__name__)

# The place in the queue of what was public until readers complained: before what only a check suspects.
PRIORITY = 0.85
PRIORITY_ILLEGAL = 1.0
# Imagined reports that were right and wrong, before the first real one.
KNOWN, GUEST = (1.0, 1.0), (1.0, 3.0)
NETWORK = "network-"  # what a guest's name as a reporter begins with
ROUNDING = 1e-9


class NotReportable(Exception):
    """The comment is not, or no longer, public. Nothing was kept."""


@dataclass(frozen=True, slots=True)
class Reported:
    """`created` is False where this reader had reported this revision before; `held` is the decision that the report led to."""

    report: Report
    created: bool
    held: Decision | None = None


def report(comment: Comment, why: str, detail: str, *, reporter: str, network: str) -> Reported:
    """Keep a report: one of each reporter for each revision. From REPORT_WEIGHT_TO_HOLD on a revision is taken off the page.

    `why` is one of Report.Why, `reporter` tells readers apart (40 characters at most), `network` is what the limits count by. Raises
    NotReportable or TooFast, with nothing changed.
    """
    if not comment.is_public:
        raise NotReportable
    act = f"{comment.pk}.{comment.revision}.{reporter}"
    if wait := limits.hit("report", network, settings.COMMENT_REPORT_LIMITS, act=act):
        raise TooFast(wait)
    with transaction.atomic():
        # The lock makes simultaneous reports count each other on PostgreSQL; SQLite ignores it and needs none, since there every
        # transaction has the database to itself (IMMEDIATE).
        present = Comment.objects.select_for_update().get(pk=comment.pk)
        if not present.is_public:
            raise NotReportable
        same = {"comment": present, "revision": present.revision}
        row, created = Report.objects.get_or_create(
            **same, reporter=reporter, defaults={"reason": why, "detail": detail, "network": network[:16], "weight": 0.0}
        )
        if not created:
            return Reported(row, created=False)
        # The heaviest of a network counts, so a report adds what it weighs beyond those that came from there before.
        nearby = Report.objects.filter(**same).exclude(pk=row.pk).filter(network=network[:16]) if network else Report.objects.none()
        row.weight = max(0.0, weight_of(reporter) - (nearby.aggregate(total=Sum("weight"))["total"] or 0.0))
        row.save(update_fields=["weight"])
        return Reported(row, created=True, held=_hold(present))


def reporter_of(commenter: Commenter | None, network: str) -> str:
    """Who reports: the commenter where known, else the network, so that a household counts once, whatever browsers it has."""
    return commenter.key if commenter is not None else f"{NETWORK}{network}"


def weight_of(reporter: str) -> float:
    """What a reporter's word is worth now, from 0 to 1."""
    past = Report.objects.filter(reporter=reporter).aggregate(
        right=Count("pk", filter=Q(upheld=True)), wrong=Count("pk", filter=Q(upheld=False))
    )
    right, wrong = GUEST if reporter.startswith(NETWORK) else KNOWN
    worth: float = (right + past["right"]) / (right + wrong + past["right"] + past["wrong"])
    return worth


def _hold(comment: Comment) -> Decision | None:
    """Hold the comment if enough readers reported this revision, and no person has found it fine after hearing of reports."""
    waiting = Report.objects.filter(comment=comment, revision=comment.revision, resolved_at=None)
    rows = list(waiting.values_list("reason", "weight"))
    reasons = {reason for reason, _weight in rows}
    if sum(weight for _reason, weight in rows) < settings.REPORT_WEIGHT_TO_HOLD - ROUNDING or confirmed_by_person(comment):
        return None
    try:
        return decide(
            comment,
            Status.HELD,
            kind=Decision.Kind.REPORTS,
            reason=Reason.REPORTED,
            priority=PRIORITY_ILLEGAL if Report.Why.ILLEGAL in reasons else PRIORITY,
        )
    except Stale:
        log.info("reports came late", extra={"comment": comment.public_id, "revision": comment.revision})
        return None


def confirmed_by_person(comment: Comment) -> bool:
    """Whether a person approved this very revision knowing of reports. Then readers can queue it again, and not take it down."""
    last = Decision.objects.filter(comment=comment, revision=comment.revision).last()
    if last is None or last.moderator_id is None or last.outcome != Status.APPROVED:
        return False
    return Report.objects.filter(comment=comment, revision=comment.revision, created_at__lt=last.created_at).exists()
