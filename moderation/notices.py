"""Mails to authors about decisions: text only, without a word that a stranger could have typed into them. Sent at least once.

The row in Notice is the queue. The recipient's address is read from the comment at the time of sending and stored nowhere else.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import ExpressionWrapper, F
from django.db.models.fields import DateTimeField
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.crypto import salted_hmac

from comments.models import Comment
from comments.states import Status
from moderation.models import Decision, Notice
from moderation.wakeup import wake

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 6
FIRST_WAIT = timedelta(seconds=30)  # doubles with each attempt


def prepare(decision: Decision, comment: Comment) -> Notice | None:
    """Put a notice on the queue, inside the decision's own transaction. None where nobody is to be told.

    Sure spam is answered with silence: its address is as a rule somebody else's.
    """
    if not comment.author_email or decision.outcome == Status.SPAM:
        return None
    who = recipient_of(comment.author_email)
    since = timezone.now() - timedelta(days=1)
    capped = Notice.objects.filter(recipient=who, created_at__gte=since).count() >= settings.NOTICES_PER_ADDRESS
    notice = Notice.objects.create(
        decision=decision, comment=comment, recipient=who, state=Notice.State.CAPPED if capped else Notice.State.DUE
    )
    if not capped:
        transaction.on_commit(lambda: wake(deliver_notice, notice.pk), robust=True)
    return notice


def recipient_of(address: str) -> str:
    """A keyed hash by which notices to the same address can be counted."""
    return salted_hmac("moderation.notices", address.casefold(), algorithm="sha256").hexdigest()[:32]


@shared_task(name="moderation.deliver_notice")
def deliver_notice(notice_id: int) -> None:
    deliver(notice_id)


@shared_task(name="moderation.resend_stuck")
def resend_stuck() -> int:
    """Beat's task: send what is due and was not announced, in a bounded batch."""
    return sum(deliver(notice_id) for notice_id in stuck(limit=100))


def deliver(notice_id: int) -> bool:
    """Send one notice if it is due; True if it went out now. Claimed with a back-off first, so that two workers do not send both."""
    row = Notice.objects.filter(pk=notice_id, state=Notice.State.DUE, attempts__lt=MOST_ATTEMPTS)
    read = row.values_list("attempts", flat=True).first()
    if read is None:
        return False
    later = ExpressionWrapper(Now() + FIRST_WAIT * 2**read, output_field=DateTimeField())
    due = row.filter(attempts=read) if read == 0 else row.filter(attempts=read, due_at__lte=Now())
    if due.update(attempts=F("attempts") + 1, due_at=later) != 1:
        return False
    notice = Notice.objects.select_related("decision", "comment__article__section__publication").get(pk=notice_id)
    try:
        message = build(notice)
        message.send()
    except Exception as error:
        # A mail that cannot be built or sent is a failed notice, never a dead task; the error's words can hold the address.
        final = read + 1 >= MOST_ATTEMPTS
        Notice.objects.filter(pk=notice_id).update(
            error=type(error).__name__[:80], state=Notice.State.FAILED if final else Notice.State.DUE
        )
        log.warning("notice failed", extra={"notice": notice_id, "attempt": read + 1, "error": type(error).__name__})
        return False
    Notice.objects.filter(pk=notice_id).update(state=Notice.State.SENT, sent_at=Now(), error="")
    return True


def build(notice: Notice) -> EmailMessage:
    """The mail, in the publication's language. Names and titles come from the newsroom; the author's own text is not repeated."""
    comment, decision = notice.comment, notice.decision
    publication = comment.article.publication
    with translation.override(publication.language):
        context = {
            "article": comment.article,
            "publication": publication,
            "decision": decision,
            "site": settings.SITE_URL,
            "link": f"{settings.SITE_URL}{comment.article.get_absolute_url()}#{comment.anchor}",
            "article_link": f"{settings.SITE_URL}{comment.article.get_absolute_url()}",
            "contact": settings.DEFAULT_FROM_EMAIL,
        }
        subject = render_to_string("moderation/notices/subject.txt", context)
        body = render_to_string(f"moderation/notices/{decision.outcome}.txt", context)
    return EmailMessage(
        subject=" ".join(subject.split()),
        body=body.strip() + "\n",
        to=[comment.author_email],
        headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
    )


def stuck(limit: int) -> list[int]:
    """Primary keys of due notices whose wake-up call was lost or whose sending failed, oldest first."""
    rows = Notice.objects.filter(state=Notice.State.DUE, due_at__lte=Now() - timedelta(seconds=10), attempts__lt=MOST_ATTEMPTS)
    return list(rows.order_by("due_at", "id").values_list("pk", flat=True)[:limit])
