"""report(): a reader says that a public comment should be looked at. Enough readers, and it waits for a person meanwhile."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

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


class NotReportable(Exception):
    """The comment is not, or no longer, public. Nothing was kept."""


@dataclass(frozen=True, slots=True)
class Reported:
    """`created` is False where this reader had reported this revision before; `held` is the decision that the report led to."""

    report: Report
    created: bool
    held: Decision | None = None


def report(comment: Comment, why: str, detail: str, *, reporter: str, network: str) -> Reported:
    """Keep a report: one of each reporter for each revision. The `REPORTS_TO_HOLD`th of a revision takes the comment off the page.

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
        row, created = Report.objects.get_or_create(
            comment=present, revision=present.revision, reporter=reporter, defaults={"reason": why, "detail": detail}
        )
        if not created:
            return Reported(row, created=False)
        return Reported(row, created=True, held=_hold(present))


def reporter_of(commenter: Commenter | None, network: str) -> str:
    """Who reports: the commenter where known, else the network, so that a household counts once, whatever browsers it has."""
    return commenter.key if commenter is not None else f"network-{network}"


def _hold(comment: Comment) -> Decision | None:
    """Hold the comment if enough readers reported this revision, and no person has found it fine after hearing of reports."""
    waiting = Report.objects.filter(comment=comment, revision=comment.revision, resolved_at=None)
    reasons = list(waiting.values_list("reason", flat=True))
    if len(reasons) < settings.REPORTS_TO_HOLD or confirmed_by_person(comment):
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
