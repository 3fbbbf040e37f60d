"""No more mails, by the link at the end of each or by a mail program's own button (RFC 8058): of the kind, or of any kind.

The link works without log-in and does not age: an old mail must be as easy to answer as a new one. It names nobody that a reader of
it could recognise; an address is known by its keyed hash alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.core import signing
from django.db import transaction
from django.utils.crypto import salted_hmac

from comments.models import Commenter, Follow
from moderation.models import Mute, Notice

UNSUBSCRIBE_SALT = "comments.unsubscribe"  # as in the mails of before
OWN = (Notice.Kind.DECISION, Notice.Kind.APPEAL, Notice.Kind.SANCTION)  # what became of somebody's own comments
NEWS = (Notice.Kind.REPLY, Notice.Kind.THREAD, Notice.Kind.DIGEST)


@dataclass(frozen=True, slots=True)
class Wish:
    """Whose mails, and which: what stands in a link."""

    kind: str  # of the mail that the link stood in
    recipient: str
    commenter_id: int | None = None
    article_id: int | None = None  # of a followed thread

    @property
    def is_about_news(self) -> bool:
        return self.kind in NEWS

    @property
    def only_all(self) -> bool:
        """A link that confirms an address comes once; who does not want it wants none at all."""
        return not self.is_about_news and self.kind not in OWN

    @property
    def commenter(self) -> Commenter | None:
        """The commenter, as long as the address is still theirs: what somebody else's address was told is theirs no longer."""
        found = Commenter.objects.filter(pk=self.commenter_id).first() if self.commenter_id else None
        return found if found is not None and found.email and recipient_of(found.email) == self.recipient else None


def recipient_of(address: str) -> str:
    """A keyed hash by which mails to the same address can be counted and muted."""
    return salted_hmac("moderation.notices", address.casefold(), algorithm="sha256").hexdigest()[:32]


def token_for(kind: str, recipient: str, commenter_id: int | None = None, article_id: int | None = None) -> str:
    return signing.dumps([kind, recipient, commenter_id, article_id], salt=UNSUBSCRIBE_SALT)


def read(token: str) -> Wish | None:
    """What a link asks for; None for one that is not ours. Links of before named a commenter alone and were about replies."""
    try:
        named = signing.loads(token, salt=UNSUBSCRIBE_SALT)
    except signing.BadSignature:
        return None
    if isinstance(named, int):
        reader = Commenter.objects.filter(pk=named).first()
        return Wish(Notice.Kind.REPLY, recipient_of(reader.email), reader.pk) if reader is not None else None
    return Wish(*named)


def stop(wish: Wish, *, everything: bool = False) -> None:
    """Carry it out. Twice is as good as once."""
    with transaction.atomic():
        if everything or wish.only_all:
            Mute.objects.get_or_create(recipient=wish.recipient, kind=Mute.Kind.ALL)
        elif not wish.is_about_news:
            Mute.objects.get_or_create(recipient=wish.recipient, kind=Mute.Kind.DECISION)
        reader = wish.commenter
        if reader is None:
            return
        if everything or wish.kind in {Notice.Kind.REPLY, Notice.Kind.DIGEST}:
            Commenter.objects.filter(pk=reader.pk).update(notify_replies=False)
        if everything or wish.kind == Notice.Kind.DIGEST:
            Follow.objects.filter(commenter=reader).delete()
        elif wish.kind == Notice.Kind.THREAD:
            Follow.objects.filter(commenter=reader, article=wish.article_id).delete()


def allow_again(wish: Wish) -> None:
    """Take the mutes of an address back. What a reader follows they ask for anew."""
    Mute.objects.filter(recipient=wish.recipient).delete()


def is_muted(recipient: str, kind: str) -> bool:
    """Whether mails of this kind are unwanted at an address."""
    kinds: list[str] = [Mute.Kind.ALL]
    if kind in OWN:
        kinds.append(Mute.Kind.DECISION)
    return Mute.objects.filter(recipient=recipient, kind__in=kinds).exists()
