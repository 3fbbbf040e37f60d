"""Replays: many old comments judged again, in batches, by what is in force now or by a change that somebody wants to try out.

A simulation judges each comment twice, by what is in force and by the draft, from stored findings; a rescan runs the checks of the text
again and compares with what has become of the comment. How one comment is judged: `moderation.rejudging`. Nothing here changes a
comment: see `moderation.bulk`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from celery import shared_task
from django.db import DatabaseError, OperationalError, transaction
from django.db.models import ExpressionWrapper, F, Max, Prefetch, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.fields import DateTimeField
from django.db.models.functions import Now

from comments.models import Comment
from comments.states import Status, may_move
from moderation import rules
from moderation.access import scope_of
from moderation.checks.base import Finding, Label
from moderation.drafts import Draft
from moderation.edition import edition
from moderation.findings import as_row
from moderation.models import Replay, ReplayItem
from moderation.rejudging import Judged, Rulebook, Stored, judge_again, judge_both, load, rulebook, touched, tried_out
from moderation.wakeup import wake
from newsroom.models import Article, Publication

if TYPE_CHECKING:
    from django.contrib.auth.models import User

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Seen:
    """A comment with another verdict, or the same: the outcome that it has, what would be said, and what was said before."""

    was: str
    after: Judged
    before: Mapping[str, Finding]
    person: str  # the outcome that a person chose, if any

    @property
    def would(self) -> str:
        return self.after.verdict.outcome


class RulebookChanged(Exception):
    """A replay would be finished whose beginning was judged by another edition of the rulebook."""


Judge = Callable[[Stored], Seen | None]

MOST = 20_000  # comments in one replay, the latest
BATCH = 200
SLICE_SECONDS = 2.0
SPOT_SECONDS = 2.5  # so long somebody waits for the page before the worker goes on
LEASE = timedelta(seconds=30)
RESUMED_AT_ONCE = 20
MOST_RESTARTS = 3  # after so many changes of the rulebook meanwhile a replay is finished all the same, and says that it is mixed
EXAMPLES = 200  # of one cell that a simulation keeps, and as many of each outcome that people chose in it; it counts all
RESCANNED = (Status.HELD, Status.APPROVED, Status.REJECTED, Status.SPAM)  # the states that a machine can have brought a comment into


# --- Ordering -----------------------------------------------------------------------------------------------------------


def order(
    user: User,
    kind: str,
    publication: Publication | None,
    days: int,
    *,
    draft: Draft | None = None,
    states: Sequence[str] = (),
    seconds: float = SPOT_SECONDS,
) -> Replay:
    """Write down what is to be looked at, and begin: `seconds` here, the rest in the worker."""
    began = time.monotonic()
    made = Replay(kind=kind, moderator=user, publication=publication, days=days, states=list(states))
    made.draft = draft.as_json() if draft is not None else {}
    made.edition = edition(made.publication_id)
    _begin(made)
    with transaction.atomic():
        made.save()
        # By the database's clock, which `due_at` is compared with and `finished_at` is read from.
        asked = ExpressionWrapper(Now() - timedelta(seconds=time.monotonic() - began), output_field=DateTimeField())
        Replay.objects.filter(pk=made.pk).update(due_at=Now(), created_at=asked)
    if work(made.pk, seconds):
        wake(work_replay, made.pk)
    made.refresh_from_db()
    return made


def _begin(made: Replay) -> None:
    """From the newest comment on; nothing is saved."""
    rows = _comments(made)
    made.cursor = (rows.aggregate(last=Max("pk"))["last"] or 0) + 1
    found = rows[: MOST + 1].count()
    made.total, made.cut_off = min(found, MOST), found > MOST
    made.seen, made.table = 0, {}


def _start_over(made: Replay, row: QuerySet[Replay]) -> None:
    """Begin again by the rulebook as it is now: half a table by one edition and half by another would be the truth about neither."""
    before = {"cursor": made.cursor, "seen": made.seen}
    made.edition = edition(made.publication_id)
    _begin(made)
    again = {name: getattr(made, name) for name in ("edition", "cursor", "total", "cut_off", "seen", "table")}
    with transaction.atomic():
        if row.filter(**before).update(**again, restarts=F("restarts") + 1) == 1:
            made.items.all().delete()
    log.info("replay started over", extra={"replay": made.pk})


# What judging needs of a comment: half of its columns are left where they are.
_COLUMNS = (
    "article",
    "commenter",
    "parent",
    "body_raw",
    "author_name",
    "author_url",
    "created_at",
    "edited_at",
    "status",
    "revision",
    "via_form",
)


def _comments(made: Replay) -> QuerySet[Comment]:
    """The comments of a replay, newest first. What its author took back is nobody's business, and its text may be gone."""
    rows = Comment.objects.filter(scope_of(made.moderator), created_at__gte=made.created_at - timedelta(days=made.days))
    if made.publication_id is not None:
        rows = rows.filter(article__section__publication=made.publication_id)
    if made.kind == Replay.Kind.RESCAN:
        rows = rows.filter(status__in=made.states)
    else:
        rows = rows.exclude(status__in=[Status.PENDING, Status.WITHDRAWN])
    return rows.order_by("-pk")


# --- Working ------------------------------------------------------------------------------------------------------------


@shared_task(name="moderation.work_replay")
def work_replay(replay_id: int) -> None:
    """A slice of a replay; what is left goes to the end of the worker's queue."""
    if work(replay_id, SLICE_SECONDS):
        wake(work_replay, replay_id)


@shared_task(name="moderation.resume_replays")
def resume_replays() -> int:
    """Beat's task: wake what was left behind, oldest first, in a bounded batch; how many."""
    due = Replay.objects.filter(finished_at=None, discarded_at=None, due_at__lte=Now()).order_by("due_at", "id")
    left = list(due.values_list("pk", flat=True)[:RESUMED_AT_ONCE])
    for replay_id in left:
        if not wake(work_replay, replay_id):
            break
    return len(left)


@dataclass(slots=True)
class Watch:
    """Since when work on a replay is not yet written down, in seconds of `time.monotonic`."""

    since: float


def work(replay_id: int, seconds: float) -> bool:
    """Work on a replay for about so long; True where something is left for this caller to go on with."""
    until = ExpressionWrapper(Now() + LEASE, output_field=DateTimeField())
    row = Replay.objects.filter(pk=replay_id, finished_at=None, discarded_at=None)
    if row.filter(due_at__lte=Now()).update(due_at=until) != 1:
        return False
    watch = Watch(time.monotonic())
    end = watch.since + seconds
    judge: Judge | None = None
    while time.monotonic() < end:
        made = row.select_related("moderator", "publication").first()
        if made is None:
            return False
        try:
            if judge is None:
                if made.restarts < MOST_RESTARTS and made.edition not in {"", edition(made.publication_id)}:
                    _start_over(made, row)
                    continue
                # The rulebook is read once for all batches of a slice.
                judge = _judge_of(made)
            left = _batch(made, row, until, judge, watch)
        except RulebookChanged:
            judge = None
            continue
        except OperationalError as error:
            log.warning("replay batch failed", extra={"replay": replay_id, "error": type(error).__name__})
            return False
        if not left:
            return False
    row.update(due_at=Now(), seconds=F("seconds") + time.monotonic() - watch.since)
    return True


def _batch(made: Replay, row: QuerySet[Replay], until: Combinable, judge: Judge, watch: Watch) -> bool:
    """Judge the next comments, and write down what was found in one transaction. False where it is finished or somebody else's.

    Raises RulebookChanged, with nothing written, where it would be finished and the rulebook is another than at its beginning.
    """
    room = min(BATCH, made.total - made.seen)
    rows = _comments(made).filter(pk__lt=made.cursor).only(*_COLUMNS)
    articles = Article.objects.select_related("section__publication").defer("body", "lead")
    comments = list(rows.prefetch_related(Prefetch("article", articles))[:room]) if room > 0 else []
    table: dict[str, dict[str, int]] = {name: dict(cell) for name, cell in made.table.items()}
    items = _judge(made, load(comments), table, judge) if comments else []
    seen = made.seen + len(comments)
    done = len(comments) < room or seen >= made.total
    changes: dict[str, Any] = {"due_at": until, "table": table, "seen": seen}
    if done and made.edition not in {"", edition(made.publication_id)}:
        if made.restarts < MOST_RESTARTS:
            raise RulebookChanged
        changes["mixed"] = True
    if comments:
        changes["cursor"] = comments[-1].pk
    with transaction.atomic():
        ReplayItem.objects.bulk_create(items)
        # The cursor is compared: whoever took this over meanwhile has counted the same comments. Last, so that the time is the whole
        # of it but for the commit.
        at = time.monotonic()
        changes["seconds"] = made.seconds + at - watch.since
        if done:
            changes["finished_at"] = Now()
        if row.filter(cursor=made.cursor, seen=made.seen).update(**changes) != 1:
            transaction.set_rollback(True)
            return False
    watch.since = at
    if done:
        log.info("replay finished", extra={"replay": made.pk, "count": seen})
    return not done


def _judge(made: Replay, found: Sequence[Stored], table: dict[str, dict[str, int]], judge: Judge) -> list[ReplayItem]:
    """Count what becomes of comments; those for which it is something else, as rows that are not saved yet."""
    simulation = made.kind == Replay.Kind.SIMULATION
    items = []
    for stored in found:
        try:
            seen = judge(stored)
        except DatabaseError:
            raise
        except Exception as error:
            # One comment that cannot be judged must not keep all others from being judged, for ever. It is left out, and shown so.
            log.error("comment left out of a replay", extra={"comment": stored.comment.pk, "error": type(error).__name__})
            continue
        if seen is None:
            continue
        cell = table.setdefault(f"{seen.was}>{seen.would}", {})
        cell["count"] = cell.get("count", 0) + 1
        if seen.person:
            cell[seen.person] = cell.get(seen.person, 0) + 1
        # What people decided is what one has to see: it is kept for itself, however late it comes.
        kept = cell[seen.person] if seen.person else cell["count"]
        if seen.was != seen.would and not (simulation and kept > EXAMPLES):
            items.append(_item(made, stored, seen, with_findings=not simulation))
    return items


def _judge_of(made: Replay) -> Judge:
    """How a replay looks at a comment: None where there is nothing to say of it."""
    if made.kind == Replay.Kind.RESCAN:
        books: dict[int, Rulebook] = {}

        def look(stored: Stored) -> Seen | None:
            publication = stored.comment.article.publication
            if publication.pk not in books:
                books[publication.pk] = rulebook(publication)
            return _look_again(stored, books[publication.pk])

        return look
    draft = Draft.from_json(made.draft)
    pairs: dict[int, tuple[Rulebook, Rulebook, frozenset[str]]] = {}

    def compare(stored: Stored) -> Seen | None:
        publication = stored.comment.article.publication
        if publication.pk not in pairs:
            now = rulebook(publication)
            then = tried_out(draft, now, publication.pk, made.publication_id)
            pairs[publication.pk] = (now, then, touched(now, then))
        return _compare(stored, *pairs[publication.pk])

    return compare


def _compare(stored: Stored, now: Rulebook, then: Rulebook, differs: frozenset[str]) -> Seen | None:
    """What a draft would make of a comment, beside what is made of it by what is in force. None where the checks never saw it."""
    if not stored.findings or stored.gave_up:
        return None
    before, after = judge_both(stored, now, then, differs)
    return Seen(before.verdict.outcome, after, before.findings, stored.person)


def _look_again(stored: Stored, now: Rulebook) -> Seen | None:
    """What today's checks and lists would make of a comment, beside what has become of it."""
    if stored.gave_up:
        return None
    after = judge_again(stored, now, anew=True)
    was, would = Status(stored.comment.status), after.verdict.outcome
    if was != would and not may_move(was, Status(would)):
        return None
    person = stored.person or ("" if stored.is_machines else was)
    return Seen(was, after, stored.findings | stored.met, person)


def _item(made: Replay, stored: Stored, seen: Seen, *, with_findings: bool) -> ReplayItem:
    """A comment's row in a replay, not saved yet."""
    verdict, comment = seen.after.verdict, stored.comment
    because = _differences(seen.before, seen.after.findings)
    item = ReplayItem(
        replay=made,
        comment=comment,
        revision=comment.revision,
        status=comment.status,
        was=seen.was,
        would=seen.would,
        reason=verdict.reason,
        priority=verdict.priority,
        because=because,
        person=seen.person,
    )
    if with_findings:
        # They stand with the decision: what is said for the first time as well, be it that all is well.
        changed = [finding for name, finding in seen.after.findings.items() if name not in seen.before or name in because]
        item.findings = [as_row(finding) for finding in changed]
    return item


def _differences(before: Mapping[str, Finding], after: Mapping[str, Finding]) -> list[str]:
    """The checks and rules that speak differently; one that speaks for the first time, where it has something to say."""
    names = [name for name, finding in after.items() if finding.label != (before[name].label if name in before else Label.CLEAN)]
    return names + [name for name in before if name not in after and name.startswith(rules.PREFIX)]


def discard(made: Replay) -> bool:
    """Leave everything as it is, and stop looking; False where it was applied or discarded already."""
    return Replay.objects.filter(pk=made.pk, applied_at=None, discarded_at=None).update(discarded_at=Now()) == 1
