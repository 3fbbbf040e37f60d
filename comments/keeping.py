"""A reply whose author has not yet shown what the publication requires: kept, and sent on once they have. Nothing typed is lost."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.utils import timezone

from comments.models import Comment, Commenter, Follow, KeptReply
from comments.signals import reply_kept
from comments.submission import Client, Draft, Refused, TooFast, content_digest, submit
from newsroom import limits
from newsroom.models import Article
from newsroom.network import network_of

HANDOVER_SALT = "comments.kept"
MOST_KEPT = 10  # of one commenter; the oldest go first


def keep(article: Article, draft: Draft, client: Client, *, announce: bool = True) -> KeptReply:
    """Keep what was sent, and announce it. The same once more is the same row. Raises TooFast."""
    digest = content_digest(article, draft)
    network = network_of(client.ip)
    if wait := limits.hit("submit", f"{network or client.ip}:{article.pk}", settings.COMMENT_RATE_LIMITS, act=digest):
        raise TooFast(wait)
    commenter = client.commenter or Commenter.objects.create()
    try:
        with transaction.atomic():
            kept = KeptReply.objects.create(
                commenter=commenter,
                article=article,
                parent=draft.parent,
                author_name=draft.author_name,
                author_email=draft.author_email,
                author_url=draft.author_url,
                body=draft.body,
                honeypot_filled=client.honeypot_filled,
                fill_seconds=client.fill_seconds,
                ip=client.ip,
                user_agent=client.user_agent[:300],
                digest=digest,
            )
            surplus = KeptReply.objects.filter(commenter=commenter).order_by("-created_at", "-id").values("pk")[MOST_KEPT:]
            KeptReply.objects.filter(pk__in=list(surplus.values_list("pk", flat=True))).delete()
    except IntegrityError:
        return KeptReply.objects.get(commenter=commenter, digest=digest)
    if announce:
        reply_kept.send_robust(sender=KeptReply, kept=kept)
    return kept


def handover_token(kept: KeptReply) -> str:
    """For the link by which a reply leaves a frame, whose cookies no page of ours receives."""
    return signing.dumps(kept.public_id, salt=HANDOVER_SALT)


def handed_over(token: str) -> KeptReply | None:
    try:
        public_id = signing.loads(token, salt=HANDOVER_SALT, max_age=timedelta(days=settings.COMMENT_KEEP_DAYS))
    except signing.BadSignature:
        return None
    return KeptReply.objects.filter(public_id=public_id).select_related("article__section__publication").first()


def take_along(kept: KeptReply, commenter: Commenter) -> None:
    """The reply belongs to this browser's commenter from now on. The frame's own commenter, and who it is, stays where it was."""
    try:
        with transaction.atomic():
            KeptReply.objects.filter(pk=kept.pk).update(commenter=commenter)
    except IntegrityError:
        kept.delete()  # this browser keeps the same one already
        return
    kept.refresh_from_db()
    reply_kept.send_robust(sender=KeptReply, kept=kept)


def release(commenter: Commenter) -> list[Comment]:
    """Send on what may be sent now; what may not stays. Called twice, or by two at once, it makes each comment once.

    The row goes after the comment came: whoever is ended between the two finds the comment again by the key.
    """
    sent = []
    for kept in KeptReply.objects.filter(commenter=commenter).select_related("article__section__publication", "parent"):
        try:
            sent.append(release_one(kept, commenter))
        except Refused:
            continue  # its author sees on their page that it waits, and why
    return sent


def release_one(kept: KeptReply, commenter: Commenter) -> Comment:
    """Send one on, as its author sent it. Raises what `submit` raises; then it stays."""
    draft = Draft(kept.author_name, kept.author_email, kept.author_url, kept.body, kept.parent)
    client = Client(
        ip=kept.ip,
        user_agent=kept.user_agent,
        commenter=commenter,
        via_form=True,
        honeypot_filled=kept.honeypot_filled,
        fill_seconds=kept.fill_seconds,
    )
    comment = submit(kept.article, draft, client, idempotency_key=f"kept-{kept.public_id}").comment
    KeptReply.objects.filter(pk=kept.pk).delete()
    return comment


def forget() -> int:
    """Delete what nobody came back for, and wishes to follow a thread that nobody confirmed; how many rows."""
    limit = timezone.now() - timedelta(days=settings.COMMENT_KEEP_DAYS)
    replies, _by_model = KeptReply.objects.filter(created_at__lt=limit).delete()
    wishes, _by_model = Follow.objects.filter(created_at__lt=limit, commenter__email="").delete()
    return replies + wishes
