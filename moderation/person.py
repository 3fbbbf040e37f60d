"""What a reader sees of themselves: each comment with its state in plain words, all that is kept about them, and their erasure."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.core import signing
from django.db import IntegrityError, models, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from comments import people
from comments.models import Comment, Commenter, KeptReply, Reaction
from comments.states import EDITABLE, Status
from comments.submission import NOT_YET_ALLOWED, check_allowed, edit_window_end
from moderation.models import Appeal, Claim, Decision, Finding, Fingerprint, Notice, Report

APPEAL_SALT = "moderation.appeal"


@dataclass(frozen=True, slots=True)
class Row:
    """One comment on its author's own page."""

    comment: Comment
    next_step: str
    reason: str  # empty where there is nothing to explain
    by_person: bool
    changeable_until: datetime | None
    appealable: Decision | None = None  # the decision that can be appealed now
    appeal: Appeal | None = None  # what was appealed, open or answered

    @property
    def appeal_token(self) -> str:
        return appeal_token(self.appealable) if self.appealable is not None else ""


def rows_for(commenter: Commenter, comments: Iterable[Comment]) -> list[Row]:
    """Two queries, whatever the number of comments, beside the one that the comments are. The latest appeal of each is shown."""
    comments = list(comments)
    last: dict[int, Decision] = {}
    for decision in Decision.objects.filter(comment__in=comments).order_by("id"):
        last[decision.comment_id] = decision
    appeals = {one.decision.comment_id: one for one in Appeal.objects.filter(decision__comment__in=comments).select_related("decision")}
    return [_row(commenter, comment, last.get(comment.pk), appeals.get(comment.pk)) for comment in comments]


def kept_for(commenter: Commenter) -> list[tuple[KeptReply, str]]:
    """Replies that wait for their author, each with what it waits for: "email", "account", or nothing but to be sent."""
    rows = commenter.kept_replies.select_related("article__section__publication")
    return [(kept, _missing(kept, commenter)) for kept in rows]


def _missing(kept: KeptReply, commenter: Commenter) -> str:
    try:
        check_allowed(kept.article, commenter)
    except NOT_YET_ALLOWED:
        return kept.article.publication.comment_access
    return ""


def _row(commenter: Commenter, comment: Comment, decision: Decision | None, appeal: Appeal | None) -> Row:
    until = edit_window_end(comment)
    changeable = comment.commenter_id == commenter.pk and comment.status in EDITABLE and timezone.now() <= until
    explained = decision is not None and decision.revision == comment.revision and decision.outcome == comment.status
    restricted = comment.status in {Status.HELD, Status.REJECTED, Status.SPAM}
    return Row(
        comment=comment,
        next_step=next_step(comment),
        reason=decision.get_reason_display() if decision is not None and explained and restricted else "",
        by_person=decision is not None and explained and decision.moderator_id is not None,
        changeable_until=until if changeable else None,
        appealable=decision if decision is not None and is_appealable(comment, decision) and not _is_about(appeal, decision) else None,
        appeal=appeal,
    )


def _is_about(appeal: Appeal | None, decision: Decision) -> bool:
    return appeal is not None and appeal.decision_id == decision.pk


def is_appealable(comment: Comment, last: Decision) -> bool:
    """Whether the last decision is in force and restricts the comment: a refusal, or one that took down what was public."""
    if comment.status != last.outcome or comment.revision != last.revision:
        return False
    if last.outcome == Status.HELD:
        return last.was == Status.APPROVED
    return last.outcome in {Status.REJECTED, Status.SPAM}


def appeal_token(decision: Decision) -> str:
    """For the link in a mail: whoever reads the author's mail may appeal, with no browser's token."""
    return signing.dumps(decision.pk, salt=APPEAL_SALT)


def appealed_by(token: str) -> Decision | None:
    try:
        key = signing.loads(token, salt=APPEAL_SALT)
    except signing.BadSignature:
        return None
    rows = Decision.objects.select_related("comment__article__section__publication")
    return rows.filter(pk=key).first() if isinstance(key, int) else None


def next_step(comment: Comment) -> str:
    """What the state means for the author, and what happens next."""
    status = Status(comment.status)
    if status == Status.PENDING:
        return _("Being checked; that takes a few seconds. Load the page again to see what became of it.")
    if status == Status.HELD:
        return _("Waiting for somebody at the newsroom to read it. Until then only you see it.")
    if status == Status.APPROVED:
        return _("Published; everybody can read it.")
    if status == Status.REJECTED:
        return _("Not published. Only you still see the text.")
    if status == Status.SPAM:
        return _("Not published: taken for advertising. Only you still see the text.")
    return _("Withdrawn. Nobody can read it any more.")


def export(commenter: Commenter) -> dict[str, Any]:
    """All that is kept about a reader. Where somebody else typed the reader's address, that browser's traces are left out."""
    comments = list(people.comments_of(commenter).prefetch_related("revisions", "parent"))
    decisions: dict[int, list[dict[str, Any]]] = {}
    for decision in Decision.objects.filter(comment__in=comments).order_by("id"):
        decisions.setdefault(decision.comment_id, []).append(
            {
                "at": decision.created_at,
                "revision": decision.revision,
                "outcome": decision.outcome,
                "reason": decision.reason,
                "by": "person" if decision.moderator_id else "checks",
            }
        )
    appeals = Appeal.objects.filter(decision__comment__in=comments).select_related("decision__comment")
    reports = Report.objects.filter(reporter=commenter.key).select_related("comment")
    account = commenter.user
    return {
        "known_since": commenter.created_at,
        "name": commenter.name,
        "account": {"email": account.email, "made_at": account.date_joined, "last_login": account.last_login} if account else None,
        "confirmed_email": commenter.email,
        "email_waiting_for_confirmation": commenter.pending_email,
        "mail_about_replies": commenter.notify_replies,
        "mails_come": commenter.rhythm,
        "followed_threads": [{"article": one.article.slug, "since": one.created_at} for one in commenter.follows.select_related("article")],
        "kept_replies": [
            {
                "article": kept.article.slug,
                "at": kept.created_at,
                "author_name": kept.author_name,
                "author_email": kept.author_email,
                "author_url": kept.author_url,
                "body": kept.body,
                "ip": kept.ip,
                "user_agent": kept.user_agent,
            }
            for kept in commenter.kept_replies.select_related("article")
        ],
        "mails": list(Notice.objects.filter(commenter=commenter).order_by("id").values("kind", "state", "created_at", "sent_at")),
        "comments": [_exported(commenter, comment, decisions.get(comment.pk, [])) for comment in comments],
        "agreed_with": list(Reaction.objects.filter(client=commenter.key).order_by("id").values_list("comment__public_id", flat=True)),
        "appeals": [
            {
                "comment": one.decision.comment.public_id,
                "at": one.created_at,
                "text": one.text,
                "granted": one.granted,
                "answer": one.answer,
                "answered_at": one.answered_at,
            }
            for one in appeals
        ],
        "reports": [
            {"comment": report.comment.public_id, "at": report.created_at, "reason": report.reason, "detail": report.detail}
            for report in reports
        ],
    }


def _exported(commenter: Commenter, comment: Comment, decisions: list[dict[str, Any]]) -> dict[str, Any]:
    own = comment.commenter_id == commenter.pk
    return {
        "id": comment.public_id,
        "article": comment.article.slug,
        "parent": comment.parent.public_id if comment.parent else None,
        "status": comment.status,
        "author_name": comment.author_name,
        "author_email": comment.author_email,
        "author_url": comment.author_url,
        "body": comment.body_raw,
        "earlier_texts": [{"revision": old.number, "body": old.body_raw} for old in comment.revisions.all()],
        "created_at": comment.created_at,
        "edited_at": comment.edited_at,
        "published_at": comment.published_at,
        "ip": comment.ip if own else None,
        "user_agent": comment.user_agent if own else "",
        "fill_seconds": comment.fill_seconds if own else None,
        "decisions": decisions,
    }


def join(guest: Commenter, account: Commenter) -> None:
    """What a browser's commenter wrote, reported and asked for belongs to the account from now on. One transaction."""
    with transaction.atomic():
        for report in Report.objects.filter(reporter=guest.key):
            with suppress(IntegrityError), transaction.atomic():  # reported by both: once is enough
                Report.objects.filter(pk=report.pk).update(reporter=account.key)
        people.join(guest, account)


def erase(commenter: Commenter) -> int:
    """Forget a reader: their texts, names, addresses and what the checks quoted of them; how many comments were blanked.

    That there was a comment and how it was decided stays, without a word of it. One transaction.
    """
    with transaction.atomic():
        Report.objects.filter(reporter=commenter.key).update(detail="")
        account = commenter.user
        ids = people.erase(commenter)
        if account is not None and not account.is_staff:
            _erase_account(account)
        # Findings are only ever added to; what they quote is the author's, and goes with the text.
        models.QuerySet(Finding).filter(comment__in=ids).update(words=[], spans=[], detail={})
        Appeal.objects.filter(decision__comment__in=ids).update(text="")
        Fingerprint.objects.filter(comment__in=ids).delete()
        Claim.objects.filter(comment__in=ids).delete()
        Notice.objects.filter(comment__in=ids, state=Notice.State.DUE).update(state=Notice.State.DROPPED)
        Report.objects.filter(comment__in=ids, resolved_at=None).update(resolved_at=timezone.now())
    return len(ids)


def _erase_account(account: User) -> None:
    """Gone with its addresses; where it once decided for the newsroom, those decisions keep an account without a name and a way in."""
    try:
        with transaction.atomic():
            account.delete()
    except ProtectedError:
        EmailAddress.objects.filter(user=account).delete()
        account.email = account.first_name = account.last_name = ""
        account.username, account.is_active = f"terhapus-{account.pk}", False
        account.set_unusable_password()
        account.save()
