"""Readers follow threads, and are told: at once, or by the day's news. Rows and beat, as everywhere; nobody is told of a reply twice."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from celery import shared_task
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from comments.models import Comment, Commenter, Follow, Rhythm
from moderation.models import Announcement, Notice
from moderation.notices import busy
from moderation.unsubscribing import recipient_of
from newsroom.models import Article, Publication

BATCH = 200  # followers in one transaction
MOST_BATCHES = 20  # in one task, so that comments are not kept waiting behind a large thread
LEASE = timedelta(seconds=60)


def follow(commenter: Commenter, article: Article) -> Follow:
    """Counts once the commenter has a confirmed address."""
    return Follow.objects.get_or_create(commenter=commenter, article=article)[0]


def unfollow(commenter: Commenter, article: Article) -> None:
    Follow.objects.filter(commenter=commenter, article=article).delete()


def announce(comment: Comment, wait: timedelta) -> None:
    """Note, inside the decision's transaction, that followers are to be told after `wait`: one row, however many they are."""
    if not Follow.objects.filter(article=comment.article_id).exclude(commenter=comment.commenter_id).exists():
        return
    Announcement.objects.get_or_create(comment=comment, defaults={"due_at": timezone.now() + wait})


@shared_task(name="moderation.tell_followers")
def tell_followers() -> int:
    """Beat's task: make a notice for each follower, in bounded batches; how many were made."""
    made = 0
    for _batch in range(MOST_BATCHES):
        now = timezone.now()
        waiting = Announcement.objects.filter(due_at__lte=now).order_by("due_at").select_related("comment").first()
        if waiting is None:
            break
        # Compare and set: of two workers one has it, and a killed one's comes back after the lease.
        mine = Announcement.objects.filter(pk=waiting.pk, after=waiting.after, due_at=waiting.due_at)
        lease = now + LEASE
        if mine.update(due_at=lease) == 1:
            made += tell_batch(waiting, lease)
    return made


def tell_batch(waiting: Announcement, lease: datetime) -> int:
    """The next followers of one announcement; the row goes when there are none left. All of it or nothing."""
    comment = waiting.comment
    mine = Announcement.objects.filter(pk=waiting.pk, after=waiting.after, due_at=lease)
    published = comment.published_at if comment.is_public else None
    follows: list[Follow] = []
    if published is not None:
        # Who follows since later has not asked about this one; the same guard keeps a second publishing of it quiet.
        rows = Follow.objects.filter(article=comment.article_id, pk__gt=waiting.after, created_at__lte=published)
        follows = list(rows.exclude(commenter__email="").select_related("commenter").order_by("pk")[:BATCH])
    with transaction.atomic():
        told = make_notices(comment, [one.commenter for one in follows if one.commenter_id != comment.commenter_id])
        if len(follows) == BATCH:
            mine.update(after=follows[-1].pk, due_at=timezone.now())
        else:
            mine.delete()
    return told


def make_notices(comment: Comment, readers: list[Commenter]) -> int:
    """One notice each. Who was told already, of the reply to their own comment say, is left out by the table's own key."""
    recipients = {reader.pk: recipient_of(reader.email) for reader in readers}
    full = busy(list(recipients.values()))
    notices = [
        Notice(
            kind=Notice.Kind.THREAD,
            comment=comment,
            commenter=reader,
            recipient=recipients[reader.pk],
            state=Notice.State.LATER if reader.rhythm == Rhythm.DAILY or recipients[reader.pk] in full else Notice.State.DUE,
        )
        for reader in readers
    ]
    told = Notice.objects.filter(kind=Notice.Kind.THREAD, comment=comment, commenter__in=list(recipients))
    before = set(told.values_list("pk", flat=True))
    Notice.objects.bulk_create(notices, ignore_conflicts=True)
    return told.exclude(pk__in=before).count()


# --- The day's news --------------------------------------------------------------------------------------------------------


@shared_task(name="moderation.gather_news")
def gather_news() -> int:
    """Beat's task: for each reader with something waiting one mail, after `NOTICES_DIGEST_HOUR` of the publication's day."""
    return sum(gather(publication) for publication in Publication.objects.all())


def gather(publication: Publication, now: datetime | None = None) -> int:
    """Make the day's mails that are not made yet, in a bounded batch; how many. The table's own key allows one a day and reader."""
    cut = last_cut(publication, now or timezone.now())
    waiting = Notice.objects.filter(state=Notice.State.LATER, created_at__lt=cut, comment__article__section__publication=publication)
    made = Notice.objects.filter(kind=Notice.Kind.DIGEST, publication=publication, day=cut.date(), commenter=OuterRef("commenter"))
    readers = waiting.filter(~Exists(made)).order_by().values_list("commenter", flat=True).distinct()[:BATCH]
    return sum(gather_one(publication, cut, reader) for reader in list(readers) if reader is not None)


def gather_one(publication: Publication, cut: datetime, commenter_id: int) -> bool:
    try:
        with transaction.atomic():
            waiting = Notice.objects.filter(state=Notice.State.LATER, created_at__lt=cut, commenter=commenter_id)
            waiting = waiting.filter(comment__article__section__publication=publication)
            reader = Commenter.objects.get(pk=commenter_id)
            digest = Notice.objects.create(
                kind=Notice.Kind.DIGEST,
                commenter=reader,
                publication=publication,
                day=cut.date(),
                recipient=recipient_of(reader.email),
                state=Notice.State.DUE,
            )
            rows = list(waiting.values_list("pk", flat=True))
            Notice.objects.filter(pk__in=rows, state=Notice.State.LATER).update(state=Notice.State.GATHERED, digest=digest)
    except (IntegrityError, Commenter.DoesNotExist):
        return False  # another worker made it, or the reader was forgotten meanwhile
    return True


def last_cut(publication: Publication, now: datetime) -> datetime:
    """The latest moment at which a day's news ended, in the publication's zone."""
    local = now.astimezone(ZoneInfo(publication.time_zone))
    cut = local.replace(hour=settings.NOTICES_DIGEST_HOUR, minute=0, second=0, microsecond=0)
    return cut if cut <= local else cut - timedelta(days=1)
