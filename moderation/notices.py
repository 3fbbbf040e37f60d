"""Mails to readers, as a queue: the row in Notice is the work. Words stand in `moderation.letters`.

The recipient's address is read from comment or commenter at the time of sending and stored nowhere else; mails about accounts alone
carry theirs, until they are sent.
"""

from __future__ import annotations

import logging
import smtplib
import time
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from celery import shared_task
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import Count, ExpressionWrapper, F, Q
from django.db.models.fields import DateTimeField
from django.db.models.functions import Now
from django.utils import timezone

from comments.models import Comment, Commenter, Rhythm
from comments.states import Status
from moderation.letters import build
from moderation.models import Appeal, Decision, LegalNotice, Notice, Sanction
from moderation.unsubscribing import is_muted, recipient_of
from moderation.wakeup import wake
from newsroom.models import Publication

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 6
AT_NEXT_BEAT = timedelta(0)
URGENT = None  # somebody sits and waits for it
FIRST_WAIT = timedelta(seconds=30)  # doubles with each attempt
# How often a mail is given to the mail server without hearing what became of it: the first time and one repeat.
MOST_HANDED = 2
# The server heard us and said no: it has not taken the mail.
REFUSED = (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused)
ANNOUNCED = timedelta(seconds=10)  # so long an urgent notice is left to the message that announced it
SLICE_SECONDS = 1.0  # of mails at a time, so that comments are not kept waiting behind a bulk action's thousands
AT_ONCE = 100
FORGOTTEN = {"address": "", "subject": "", "body": ""}  # of a mail about an account, once it is sent or given up
NEWS = (Notice.Kind.REPLY, Notice.Kind.THREAD)


def prepare(decision: Decision, comment: Comment) -> Notice | None:
    """Put a notice on the queue, inside the decision's own transaction. None where nobody is to be told.

    Sure spam is answered with silence: its address is as a rule somebody else's.
    """
    if not comment.author_email or decision.outcome == Status.SPAM:
        return None
    return _enqueue(comment.author_email, held_back(decision), decision=decision, comment=comment)


def held_back(decision: Decision) -> timedelta:
    """How long nobody is told of a decision: as long as the desk offers a person to take it back. What the checks decide stands at once."""
    return timedelta(seconds=settings.MODERATION_UNDO_SECONDS) if decision.moderator_id is not None else AT_NEXT_BEAT


def withdraw(decision: Decision) -> None:
    """Another decision took its place: what has not gone out about it does not go out any more."""
    Notice.objects.filter(decision=decision, state=Notice.State.DUE, handed=0).update(state=Notice.State.DROPPED)


def prepare_reply(decision: Decision, comment: Comment) -> Notice | None:
    """Tell the author of the comment above that a reply was published; once for each reply, and only if they asked for it."""
    above = comment.parent.commenter if comment.parent is not None else None
    if above is None or not above.notify_replies or not above.email or above.pk == comment.commenter_id:
        return None
    wait = held_back(decision)
    told = Notice.objects.filter(kind__in=NEWS, comment=comment, commenter=above)
    # It was dropped where the publishing had been taken back when its time came.
    told.filter(state=Notice.State.DROPPED, handed=0).update(state=Notice.State.DUE, attempts=0, due_at=timezone.now() + wait)
    if told.exists():
        return None
    who = recipient_of(above.email)
    fields: dict[str, Any] = {"kind": Notice.Kind.REPLY, "comment": comment, "commenter": above}
    if above.rhythm == Rhythm.DAILY or who in busy([who]):
        return Notice.objects.create(recipient=who, state=Notice.State.LATER, **fields)
    return _due(who, wait, **fields)


def prepare_confirmation(commenter: Commenter, publication: Publication) -> Notice:
    """Send the link that confirms the commenter's pending address."""
    return _enqueue(commenter.pending_email, URGENT, kind=Notice.Kind.CONFIRM, commenter=commenter, publication=publication)


def prepare_appeal(appeal: Appeal, comment: Comment) -> Notice | None:
    """Tell an author what became of their appeal. None where they gave no address."""
    if not comment.author_email:
        return None
    return _enqueue(comment.author_email, AT_NEXT_BEAT, kind=Notice.Kind.APPEAL, comment=comment, appeal=appeal)


def prepare_account(publication: Publication, address: str, subject: str, body: str) -> Notice:
    """Send a mail about an account. Limits are the caller's: what somebody waits for must not stand behind news."""
    who = recipient_of(address)
    return _due(who, URGENT, kind=Notice.Kind.ACCOUNT, publication=publication, address=address, subject=subject, body=body)


def prepare_sanction(sanction: Sanction) -> Notice | None:
    """Tell somebody of a measure against them, or what became of their objection. None where they gave no address."""
    address = sanction.comment.author_email
    if not address:
        return None
    return _enqueue(address, AT_NEXT_BEAT, kind=Notice.Kind.SANCTION, comment=sanction.comment, sanction=sanction)


def prepare_receipt(legal: LegalNotice) -> Notice | None:
    """Confirm that a notice of illegal content has come. None where its sender gave no address."""
    return _about(legal, Notice.Kind.RECEIPT)


def prepare_verdict(legal: LegalNotice) -> Notice | None:
    """Tell its sender what became of it, and why."""
    return _about(legal, Notice.Kind.VERDICT)


def _about(legal: LegalNotice, kind: str) -> Notice | None:
    if not legal.email:
        return None
    return _enqueue(legal.email, AT_NEXT_BEAT, kind=kind, legal=legal, publication=legal.article.publication)


def _enqueue(address: str, wait: timedelta | None, **fields: Any) -> Notice:
    """After `wait`, within the day's cap of the address, and if it wants such mails; else the row says why nothing was sent."""
    who = recipient_of(address)
    kind = fields.get("kind", Notice.Kind.DECISION)
    if is_muted(who, kind):
        return Notice.objects.create(recipient=who, state=Notice.State.DROPPED, **fields)
    rows = Notice.objects.filter(recipient=who, created_at__gte=timezone.now() - timedelta(days=1))
    rows = rows.exclude(kind__in=[*NEWS, Notice.Kind.ACCOUNT]).exclude(state=Notice.State.DROPPED)
    if rows.count() >= settings.NOTICES_PER_ADDRESS:
        return Notice.objects.create(recipient=who, state=Notice.State.CAPPED, **fields)
    return _due(who, wait, **fields)


def _due(recipient: str, wait: timedelta | None, **fields: Any) -> Notice:
    """After `wait` beat finds it, with all the others, within seconds. An urgent one goes out at once; beat finds it if that fails.

    A message for each mail would keep comments waiting: a bulk action's thousands stood between its own slices.
    """
    due_at = timezone.now() + (ANNOUNCED if wait is URGENT else wait)
    notice = Notice.objects.create(recipient=recipient, state=Notice.State.DUE, due_at=due_at, **fields)
    if wait is URGENT:
        transaction.on_commit(lambda: wake(deliver_notice, notice.pk), robust=True)
    return notice


def busy(recipients: Collection[str]) -> set[str]:
    """Those that had as much news as `NOTICES_NEWS` allows: what else comes waits for the day's news. One query."""
    now = timezone.now()
    counts = {
        f"within_{seconds}": Count("pk", filter=Q(created_at__gte=now - timedelta(seconds=seconds)))
        for _most, seconds in settings.NOTICES_NEWS
    }
    longest = max(seconds for _most, seconds in settings.NOTICES_NEWS)
    rows = Notice.objects.filter(recipient__in=recipients, kind__in=NEWS, created_at__gte=now - timedelta(seconds=longest))
    rows = rows.filter(state__in=[Notice.State.DUE, Notice.State.SENT])
    found = rows.order_by().values("recipient").annotate(**counts)
    return {row["recipient"] for row in found if any(row[f"within_{seconds}"] >= most for most, seconds in settings.NOTICES_NEWS)}


@shared_task(name="moderation.deliver_notice")
def deliver_notice(notice_id: int) -> None:
    deliver(notice_id)


@shared_task(name="moderation.send_notices")
def send_notices() -> int:
    """Beat's task: send what is due, over one connection, for about a second; how many. What is left comes in its own turn."""
    end = time.monotonic() + SLICE_SECONDS
    sent = 0
    connection = get_connection()
    try:
        for notice_id in due(AT_ONCE):
            sent += deliver(notice_id, connection)
            if time.monotonic() > end:
                break
    finally:
        connection.close()
    if sent and due(1):
        wake(send_notices)
    return sent


def deliver(notice_id: int, connection: BaseEmailBackend | None = None) -> bool:
    """Send one notice, which is due; True if it went out now. Over `connection`, which stays open, or over one of its own.

    Claimed with a back-off first, so that two workers do not send both. A worker that is killed while the mail server has the mail
    leaves it unknown whether it went out. It is tried once more then, and no further: at most one repeat, with the same Message-ID.
    """
    row = Notice.objects.filter(pk=notice_id, state=Notice.State.DUE, attempts__lt=MOST_ATTEMPTS)
    read = row.values_list("attempts", "handed").first()
    if read is None:
        return False
    attempts, handed = read
    later = ExpressionWrapper(Now() + FIRST_WAIT * 2**attempts, output_field=DateTimeField())
    # The first attempt is its caller's, whatever the clock of another machine says; a repeat has a time of its own.
    ready = row.filter(attempts=attempts) if attempts == 0 else row.filter(attempts=attempts, due_at__lte=Now())
    if ready.update(attempts=F("attempts") + 1, due_at=later) != 1:
        return False
    claimed = Notice.objects.filter(pk=notice_id, state=Notice.State.DUE, attempts=attempts + 1)
    if handed >= MOST_HANDED:
        claimed.update(state=Notice.State.FAILED, error="Interrupted", **FORGOTTEN)
        log.warning("notice given up", extra={"notice": notice_id, "attempt": attempts + 1})
        return False
    about = ("decision", "comment__article__section__publication", "commenter", "publication", "legal__article", "appeal")
    rows = Notice.objects.select_related(*about, "sanction__publication")
    try:
        message = build(rows.get(pk=notice_id))
        if message is None:
            claimed.update(state=Notice.State.DROPPED, **FORGOTTEN)
            return False
        if not hand_over(message, claimed, connection):
            return False
    except Exception as error:
        # A mail that cannot be built or sent is a failed notice, never a dead task; the error's words can hold the address.
        final = attempts + 1 >= MOST_ATTEMPTS
        state = Notice.State.FAILED if final else Notice.State.DUE
        claimed.update(error=type(error).__name__[:80], state=state, **(FORGOTTEN if final else {}))
        log.warning("notice failed", extra={"notice": notice_id, "attempt": attempts + 1, "error": type(error).__name__})
        return False
    claimed.update(state=Notice.State.SENT, sent_at=Now(), error="", **FORGOTTEN)
    return True


def hand_over(message: EmailMessage, claimed: Any, kept: BaseEmailBackend | None) -> bool:
    """Give the mail to the server. What fails before it was given, or is refused in so many words, has not gone out for sure.

    False where its decision was taken back meanwhile: nothing was sent.
    """
    connection = kept or get_connection()
    connection.open()  # does nothing where it is open
    message.connection = connection
    message.message()  # whatever cannot be built fails here, and not half-way
    if claimed.update(handed=F("handed") + 1) != 1:
        return False
    told = False
    try:
        message.send()
        told = True
    except REFUSED:
        claimed.update(handed=F("handed") - 1)
        raise
    finally:
        if kept is None or not told:  # after an error nobody knows what state it is in
            connection.close()
    return True


def due(limit: int) -> list[int]:
    """Primary keys of notices whose time has come, the longest waiting first."""
    rows = Notice.objects.filter(state=Notice.State.DUE, due_at__lte=Now(), attempts__lt=MOST_ATTEMPTS)
    return list(rows.order_by("due_at", "id").values_list("pk", flat=True)[:limit])
