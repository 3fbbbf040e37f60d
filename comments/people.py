"""What a reader may ask of us about themselves: which comments are theirs, a confirmed address, and to be forgotten."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, cast

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Lower
from django.db.models.lookups import Exact

from comments import reactions
from comments.models import Comment, Commenter, CommentQuerySet, Revision
from comments.states import Status
from comments.submission import ChangedMeanwhile

ADDRESS_SALT = "comments.address"
ROUNDS = 3
# Nothing of these is left after an erasure; the row stays, so that replies keep their place.
BLANK: dict[str, Any] = {
    "author_name": "",
    "author_email": "",
    "author_url": "",
    "body_raw": "",
    "body_html": "",
    "body_text": "",
    "ip": None,
    "user_agent": "",
    "network": "",
    "content_key": None,
    "idempotency_key": None,
    "idempotency_body": "",
    "commenter": None,
}


def comments_of(commenter: Commenter) -> CommentQuerySet:
    """The commenter's comments, and those that were written elsewhere under the address that they have confirmed. Newest first."""
    mine = Q(commenter=commenter)
    if commenter.email:
        mine |= Q(Exact(Lower("author_email"), Value(commenter.email.lower())))
    return Comment.objects.filter(mine).select_related("article__section__publication").order_by("-created_at", "-id")


def ask_address(commenter: Commenter, address: str) -> None:
    """Note the address to which a link is going to be sent. Links sent before are good no longer."""
    Commenter.objects.filter(pk=commenter.pk).update(pending_email=address, email_round=F("email_round") + 1)
    commenter.refresh_from_db()


def address_token(commenter: Commenter) -> str:
    """The link's token. It names neither the address nor the browser's own token, since addresses of pages are logged."""
    return signing.dumps([commenter.pk, commenter.email_round], salt=ADDRESS_SALT)


def is_address_token(commenter: Commenter, token: str) -> bool:
    """Whether a link is this commenter's latest, not used yet and not too old."""
    try:
        named = signing.loads(token, salt=ADDRESS_SALT, max_age=settings.COMMENT_CONFIRM_AGE)
    except signing.BadSignature:
        return False
    return bool(commenter.pending_email) and named == [commenter.pk, commenter.email_round]


def confirm_address(commenter: Commenter, token: str) -> bool:
    """Bind the address to the commenter; False, with nothing changed, where the link is not good (any more)."""
    if not is_address_token(commenter, token):
        return False
    rows = Commenter.objects.filter(pk=commenter.pk, email_round=commenter.email_round).exclude(pending_email="")
    return rows.update(email=F("pending_email"), pending_email="", email_round=F("email_round") + 1) == 1


def join(guest: Commenter, account: Commenter) -> None:
    """Give all that a browser's commenter wrote and wished to an account, and forget the first. Runs inside the caller's transaction.

    Every table that names a commenter follows by itself. Where both have what there can be once, the account's stays.
    """
    with transaction.atomic():
        for relation in Commenter._meta.get_fields(include_hidden=True):
            if isinstance(relation, models.ManyToOneRel):
                name = relation.field.name
                rows: models.QuerySet[Any] = models.QuerySet(cast("type[models.Model]", relation.related_model))
                _hand_over(rows.filter(**{name: guest}), name, account)
        reactions.join(guest.key, account.key)
        Commenter.objects.filter(pk=account.pk).update(
            notify_replies=account.notify_replies or guest.notify_replies, name=account.name or guest.name
        )
        guest.delete()


def _hand_over(rows: models.QuerySet[Any], field: str, account: Commenter) -> None:
    """All at once; one by one where a unique key stands against some of them, which go with the guest."""
    try:
        with transaction.atomic():
            rows.update(**{field: account})
    except IntegrityError:
        for key in list(rows.values_list("pk", flat=True)):
            with suppress(IntegrityError), transaction.atomic():
                rows.filter(pk=key).update(**{field: account})


def erase(commenter: Commenter) -> list[int]:
    """Blank all of a commenter's comments, take back their reactions, and forget them; the comments' primary keys.

    Runs inside the caller's transaction. Raises ChangedMeanwhile where a comment changes hands again and again.
    """
    with transaction.atomic():
        ids = list(comments_of(commenter).order_by("pk").values_list("pk", flat=True))
        for pk in ids:
            _erase_one(pk)
        Revision.blank(ids)
        reactions.forget(commenter.key)
        commenter.delete()
    return ids


def _erase_one(pk: int) -> None:
    for _round in range(ROUNDS):
        comment = Comment.objects.get(pk=pk)
        if comment.status == Status.WITHDRAWN:  # for good: nothing can come in between
            Comment.objects.filter(pk=pk).update(**BLANK)
            return
        if comment.move_to(Status.WITHDRAWN, **BLANK):
            return
    raise ChangedMeanwhile
