"""Mails to readers: text only, without a word that a stranger could have typed into them. Sent at least once.

The row in Notice is the queue. The recipient's address is read from comment or commenter at the time of sending and stored nowhere else.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from celery import shared_task
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import ExpressionWrapper, F
from django.db.models.fields import DateTimeField
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.crypto import salted_hmac

from comments import people
from comments.models import Comment, Commenter
from comments.states import Status
from moderation import person
from moderation.models import Appeal, Decision, Notice, Sanction
from moderation.wakeup import wake
from newsroom.models import Publication

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 6
FIRST_WAIT = timedelta(seconds=30)  # doubles with each attempt


def prepare(decision: Decision, comment: Comment) -> Notice | None:
    """Put a notice on the queue, inside the decision's own transaction. None where nobody is to be told.

    Sure spam is answered with silence: its address is as a rule somebody else's.
    """
    if not comment.author_email or decision.outcome == Status.SPAM:
        return None
    return _enqueue(comment.author_email, decision=decision, comment=comment)


def prepare_reply(comment: Comment) -> Notice | None:
    """Tell the author of the comment above that a reply was published; once for each reply, and only if they asked for it."""
    above = comment.parent.commenter if comment.parent is not None else None
    if above is None or not above.notify_replies or not above.email or above.pk == comment.commenter_id:
        return None
    if Notice.objects.filter(kind=Notice.Kind.REPLY, comment=comment, commenter=above).exists():
        return None
    return _enqueue(above.email, kind=Notice.Kind.REPLY, comment=comment, commenter=above)


def prepare_confirmation(commenter: Commenter, publication: Publication) -> Notice:
    """Send the link that confirms the commenter's pending address."""
    return _enqueue(commenter.pending_email, kind=Notice.Kind.CONFIRM, commenter=commenter, publication=publication)


def prepare_appeal(appeal: Appeal, comment: Comment) -> Notice | None:
    """Tell an author what became of their appeal. None where they gave no address."""
    if not comment.author_email:
        return None
    return _enqueue(comment.author_email, kind=Notice.Kind.APPEAL, comment=comment, appeal=appeal)


def prepare_sanction(sanction: Sanction) -> Notice | None:
    """Tell somebody of a measure against them, or what became of their objection. None where they gave no address."""
    address = sanction.comment.author_email
    if not address:
        return None
    return _enqueue(address, kind=Notice.Kind.SANCTION, comment=sanction.comment, sanction=sanction)


def _enqueue(address: str, **fields: Any) -> Notice:
    who = recipient_of(address)
    since = timezone.now() - timedelta(days=1)
    capped = Notice.objects.filter(recipient=who, created_at__gte=since).count() >= settings.NOTICES_PER_ADDRESS
    notice = Notice.objects.create(recipient=who, state=Notice.State.CAPPED if capped else Notice.State.DUE, **fields)
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
    rows = Notice.objects.select_related(
        "decision", "comment__article__section__publication", "commenter", "publication", "appeal", "sanction__publication"
    )
    try:
        message = build(rows.get(pk=notice_id))
        if message is None:
            Notice.objects.filter(pk=notice_id).update(state=Notice.State.DROPPED)
            return False
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


def build(notice: Notice) -> EmailMessage | None:
    """The mail, in the publication's language; None where it is no longer wanted.

    Names and titles come from the newsroom. What the author or another reader typed is not repeated.
    """
    comment, reader = notice.comment, notice.commenter
    publication = comment.article.publication if comment is not None else notice.publication
    address = _address(notice)
    if publication is None or not address:
        return None
    headers = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
    context: dict[str, Any] = {
        "publication": publication,
        "decision": notice.decision,
        "appeal": notice.appeal,
        "sanction": notice.sanction,
        "site": settings.SITE_URL,
        "own_page": f"{settings.SITE_URL}{reverse('person')}",
    }
    if comment is not None:
        context["article"] = comment.article
        context["link"] = f"{settings.SITE_URL}{comment.article.get_absolute_url()}#{comment.anchor}"
        context["article_link"] = f"{settings.SITE_URL}{comment.article.get_absolute_url()}"
    if notice.decision is not None:
        token = person.appeal_token(notice.decision)
        context["appeal_link"] = f"{settings.SITE_URL}{reverse('person-appeal', kwargs={'token': token})}"
    if notice.kind == Notice.Kind.CONFIRM and reader is not None:
        context["link"] = f"{settings.SITE_URL}{reverse('person-confirm', kwargs={'token': people.address_token(reader)})}"
    if notice.kind == Notice.Kind.REPLY and reader is not None and comment is not None:
        context["link"] = f"{settings.SITE_URL}{comment.get_absolute_url()}"
        stop = f"{settings.SITE_URL}{reverse('person-unsubscribe', kwargs={'token': people.unsubscribe_token(reader)})}"
        context["unsubscribe"] = stop
        headers |= {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    name = notice.decision.outcome if notice.decision is not None else notice.kind
    with translation.override(publication.language):
        subject = render_to_string("moderation/notices/subject.txt", {**context, "about": name})
        body = render_to_string(f"moderation/notices/{name}.txt", context)
    return EmailMessage(subject=" ".join(subject.split()), body=body.strip() + "\n", to=[address], headers=headers)


def _address(notice: Notice) -> str:
    """Where the mail goes; empty where the recipient has changed their mind, their address, or was forgotten."""
    if notice.kind in {Notice.Kind.DECISION, Notice.Kind.APPEAL, Notice.Kind.SANCTION}:
        return notice.comment.author_email if notice.comment is not None else ""
    reader = notice.commenter
    if reader is None:
        return ""
    if notice.kind == Notice.Kind.CONFIRM:
        return reader.pending_email if recipient_of(reader.pending_email) == notice.recipient else ""
    wanted = reader.notify_replies and notice.comment is not None and notice.comment.is_public
    return reader.email if wanted and recipient_of(reader.email) == notice.recipient else ""


def stuck(limit: int) -> list[int]:
    """Primary keys of due notices whose wake-up call was lost or whose sending failed, oldest first."""
    rows = Notice.objects.filter(state=Notice.State.DUE, due_at__lte=Now() - timedelta(seconds=10), attempts__lt=MOST_ATTEMPTS)
    return list(rows.order_by("due_at", "id").values_list("pk", flat=True)[:limit])
