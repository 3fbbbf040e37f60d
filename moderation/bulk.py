"""One action on many comments: ordered as rows, worked off in batches, resumed by the sweep, taken back as one.

A batch is one transaction: the state of each item, its decision and its notice stand or fall together, so that a worker may be killed
at any point and nothing is decided or told twice. A slice of work is short, so that the screening of new comments is never kept waiting.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from celery import shared_task
from django.db import OperationalError, transaction
from django.db.models import Count, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields import DateTimeField
from django.db.models.functions import Now

from comments.models import Comment
from comments.states import Status
from moderation import decisions
from moderation.access import comments_for
from moderation.actions import ACTIONS, Action
from moderation.models import BulkAction, BulkItem, Claim, Decision, Finding, Notice, Replay, ReplayItem
from moderation.reasons import Reason
from moderation.wakeup import wake

if TYPE_CHECKING:
    from django.contrib.auth.models import User

log = logging.getLogger(__name__)

MOST = 20_000  # comments in one action
BATCH = 25  # comments in one transaction: SQLite's one writer is held for a tenth of a second
SLICE_SECONDS = 1.0
LEASE = timedelta(seconds=15)  # so long after the last sign of life another worker takes over
ON_THE_SPOT = 200  # so many are decided while the moderator waits for the page
SPOT_SECONDS = 15.0
INSERTED_AT_ONCE = 500
MACHINE = (Decision.Kind.SCREENING, Decision.Kind.RESCAN)  # decisions that a second look may change
RESUMED_AT_ONCE = 20

Seen = tuple[int, str, int]  # primary key, status and revision of a comment, as the one who decides saw them


def order(user: User, action: Action, reason: Reason, seen: Iterable[Seen], *, source: str, note: str = "") -> BulkAction:
    """Write down what is to be done, and begin: up to ON_THE_SPOT comments at once, more in the worker. At most MOST are taken."""
    bulk = BulkAction(moderator=user, source=source, action=action.name, reason=reason, note=note)
    return _begin(bulk, seen)


def order_undo(undone: BulkAction, user: User) -> BulkAction:
    """Take back all that an action decided and that lies in `user`'s scope. Itself an action, which resumes like any other."""
    rows = undone.items.filter(state=BulkItem.State.DONE, comment__in=comments_for(user)).order_by("id")
    seen = rows.values_list("comment_id", "comment__status", "comment__revision")
    return _begin(BulkAction(moderator=user, source=BulkAction.Source.UNDO, undoes=undone, reason=undone.reason), seen)


def order_rescan(made: Replay, user: User) -> BulkAction | None:
    """Do what the report of a second look foresaw, each comment to its own outcome; None where that was done or discarded already.

    What a person has decided, before or since, is left alone.
    """
    bulk = BulkAction(moderator=user, source=BulkAction.Source.RESCAN)
    with transaction.atomic():
        ready = Replay.objects.filter(pk=made.pk, kind=Replay.Kind.RESCAN, applied_at=None, discarded_at=None).exclude(finished_at=None)
        if ready.update(applied_at=Now()) != 1:
            return None
        rows = made.items.filter(person="", comment__in=comments_for(user))
        found = list(rows.order_by("comment_id").values_list("comment_id", "status", "revision", "pk"))
        _write(bulk, [row[:3] for row in found], {pk: item for pk, _status, _revision, item in found})
        Replay.objects.filter(pk=made.pk).update(bulk=bulk)
    return _start(bulk)


def open_items(made: Replay, user: User) -> QuerySet[ReplayItem]:
    """What of a second look's report can still be done by `user`: comments as they were seen, on which no person had the last word."""
    last = Decision.objects.filter(comment=OuterRef("comment")).order_by("-id").values("kind")[:1]
    rows = made.items.filter(person="", comment__in=comments_for(user)).annotate(last=Subquery(last))
    rows = rows.filter(comment__status=F("status"), comment__revision=F("revision"))
    return rows.filter(Q(last=None) | Q(last__in=MACHINE))


def _begin(bulk: BulkAction, seen: Iterable[Seen]) -> BulkAction:
    with transaction.atomic():
        _write(bulk, seen)
    return _start(bulk)


def _write(bulk: BulkAction, seen: Iterable[Seen], foreseen: Mapping[int, int] = MappingProxyType({})) -> None:
    states = {pk: (status, revision) for pk, status, revision in seen}
    # In the order of the primary keys: two actions that meet take their rows in the same order.
    items = [
        BulkItem(bulk=bulk, comment_id=pk, status=states[pk][0], revision=states[pk][1], foreseen_id=foreseen.get(pk))
        for pk in sorted(states)[:MOST]
    ]
    bulk.total = len(items)
    bulk.save()
    BulkAction.objects.filter(pk=bulk.pk).update(due_at=Now())  # by the clock that it will be compared with
    BulkItem.objects.bulk_create(items, batch_size=INSERTED_AT_ONCE)


def _start(bulk: BulkAction) -> BulkAction:
    if bulk.total <= ON_THE_SPOT:
        work(bulk.pk, SPOT_SECONDS)
    else:
        wake(work_bulk, bulk.pk)
    bulk.refresh_from_db()
    return bulk


@shared_task(name="moderation.work_bulk")
def work_bulk(bulk_id: int) -> None:
    """A slice of an action; what is left goes to the end of the worker's queue."""
    if work(bulk_id, SLICE_SECONDS):
        wake(work_bulk, bulk_id)


@shared_task(name="moderation.resume_bulk")
def resume_bulk() -> int:
    """Beat's task: wake what was left behind, oldest first, in a bounded batch; how many."""
    due = BulkAction.objects.filter(finished_at=None, due_at__lte=Now()).order_by("due_at", "id")
    left = list(due.values_list("pk", flat=True)[:RESUMED_AT_ONCE])
    for bulk_id in left:
        if not wake(work_bulk, bulk_id):
            break
    return len(left)


def work(bulk_id: int, seconds: float) -> bool:
    """Work on an action for about so long; True where something is left for this caller to go on with.

    False where it is finished, or where another worker has it.
    """
    until = ExpressionWrapper(Now() + LEASE, output_field=DateTimeField())
    row = BulkAction.objects.filter(pk=bulk_id, finished_at=None)
    if row.filter(due_at__lte=Now()).update(due_at=until) != 1:
        return False
    bulk = BulkAction.objects.select_related("moderator", "undoes").get(pk=bulk_id)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with transaction.atomic():
                row.update(due_at=until)
                left = _batch(bulk)
                if not left:
                    row.update(finished_at=Now())
        except OperationalError as error:
            # A deadlock or a locked database: the batch was rolled back whole, and comes again.
            log.warning("bulk batch failed", extra={"bulk": bulk_id, "error": type(error).__name__})
            return False
        if not left:
            log.info("bulk finished", extra={"bulk": bulk_id, "count": bulk.total})
            return False
    row.update(due_at=Now())
    return True


def _batch(bulk: BulkAction) -> bool:
    """Decide the next items; False where none was waiting. Inside a transaction."""
    items = list(bulk.items.filter(state=BulkItem.State.WAITING).select_related("foreseen").order_by("id")[:BATCH])
    ids = [item.comment_id for item in items]
    # Asked again with each batch: somebody whose rights or scope ended meanwhile decides nothing more.
    comments = {comment.pk: comment for comment in comments_for(bulk.moderator).filter(pk__in=ids).select_related("article")}
    before: dict[int, Decision] = {}
    if bulk.undoes is not None:
        for decision in Decision.objects.filter(batch=bulk.undoes.number, comment__in=ids).exclude(kind=Decision.Kind.UNDO):
            before[decision.comment_id] = decision
    done: list[int] = []
    for item in items:
        # Whoever else has this item waits here for our commit, and then finds it no longer waiting.
        if BulkItem.objects.filter(pk=item.pk, state=BulkItem.State.WAITING).update(state=BulkItem.State.DONE) != 1:
            continue
        if _one(bulk, item, comments.get(item.comment_id), before.get(item.comment_id)):
            done.append(item.comment_id)
        else:
            BulkItem.objects.filter(pk=item.pk).update(state=BulkItem.State.SKIPPED)
    Claim.objects.filter(comment__in=done, moderator=bulk.moderator).delete()
    return bool(items)


def _one(bulk: BulkAction, item: BulkItem, comment: Comment | None, before: Decision | None) -> bool:
    """Decide one comment as it was seen, or take its decision back; False where it has moved on."""
    if comment is None:
        return False
    try:
        with transaction.atomic():
            if bulk.undoes is not None:
                if before is None:
                    return False
                decisions.undo(before, bulk.moderator, batch=bulk.number)
                return True
            comment.status, comment.revision = Status(item.status), item.revision
            if bulk.source == BulkAction.Source.RESCAN:
                return _rescan(bulk, item.foreseen, comment)
            decisions.decide(
                comment,
                ACTIONS[bulk.action].outcome,
                kind=Decision.Kind.PERSON,
                reason=bulk.reason,
                moderator=bulk.moderator,
                note=bulk.note,
                batch=bulk.number,
            )
    except (decisions.Stale, decisions.UndoRefused):
        return False
    return True


def _rescan(bulk: BulkAction, foreseen: ReplayItem | None, comment: Comment) -> bool:
    """The verdict of a second look. False where the last word on the comment is a person's, whatever its status is."""
    last = Decision.objects.filter(comment=comment).last()
    if foreseen is None or (last is not None and last.kind not in MACHINE):
        return False
    outcome = Status(foreseen.would)
    told = Notice.objects.filter(decision__comment=comment, decision__revision=comment.revision, decision__outcome=outcome)
    told = told.exclude(state=Notice.State.DROPPED)
    decisions.decide(
        comment,
        outcome,
        kind=Decision.Kind.RESCAN,
        reason=foreseen.reason,
        moderator=bulk.moderator,
        priority=foreseen.priority,
        findings=[Finding(**row) for row in foreseen.findings],
        batch=bulk.number,
        notify=not told.exists(),  # nobody is told the same twice, also where a look was taken back and made again
    )
    return True


def counts(bulk: BulkAction) -> dict[str, int]:
    """How many items are waiting, done and skipped."""
    found = dict(bulk.items.order_by().values_list("state").annotate(count=Count("pk")))
    return {state.value: found.get(state.value, 0) for state in BulkItem.State}


def skipped(bulk: BulkAction, user: User, most: int) -> list[BulkItem]:
    """The first items that were left as they are, of those in a moderator's scope."""
    rows = bulk.items.filter(state=BulkItem.State.SKIPPED, comment__in=comments_for(user))
    return list(rows.select_related("comment__article").order_by("id")[:most])
