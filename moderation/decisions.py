"""decide(): the only writer of decisions, for the checks and for people alike. One transaction: status, Decision, Findings, Notice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from comments.models import Comment, Thread
from comments.states import Status, may_move
from moderation import following, notices
from moderation.desk_models import Assignment, Presence
from moderation.models import Claim, Decision, Finding, Report
from moderation.urgency import reach

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class Stale(Exception):
    """The comment has moved on. Nothing was changed; `comment` is as it is now, `last` the decision that was quicker, if any."""

    def __init__(self, comment: Comment, last: Decision | None) -> None:
        super().__init__(comment.public_id)
        self.comment = comment
        self.last = last


class UndoRefused(Exception):
    """There is nothing to take back, or it can no longer be taken back."""


def decide(
    comment: Comment,
    outcome: Status,
    *,
    kind: str,
    reason: str,
    moderator: User | None = None,
    note: str = "",
    priority: float = 0.0,
    findings: Sequence[Finding] = (),
    overrides: Decision | None = None,
    batch: UUID | None = None,
    notify: bool = True,
    facts: dict[str, Any] | None = None,
) -> Decision:
    """Move a comment, as it was read, to `outcome` and write down why.

    `comment` must be as the decider saw it: status and revision are compared in the database, and Stale is raised, with nothing
    changed, if either moved on. `findings` are unsaved rows; they are stored with the decision, and so are `facts`.
    """
    was = Status(comment.status)
    keeps = kind == Decision.Kind.PERSON and may_keep(comment, outcome)
    if not keeps and (was == outcome or not may_move(was, outcome)):
        raise stale(comment)
    try:
        with transaction.atomic():
            if keeps:
                moved = Comment.objects.filter(pk=comment.pk, status=was, revision=comment.revision).update(status=was) == 1
            else:
                place = {"queue_at": queue_place(comment, kind, priority)} if outcome == Status.HELD else {}
                moved = comment.move_to(outcome, **place)
            if not moved:
                raise stale(comment)
            if overrides is None and kind != Decision.Kind.SCREENING:
                overrides = Decision.objects.filter(comment=comment, revision=comment.revision).last()
            decision = Decision.objects.create(
                comment=comment,
                revision=comment.revision,
                kind=kind,
                outcome=outcome,
                was=was,
                moderator=moderator,
                reason=reason,
                note=note,
                priority=priority,
                overrides=overrides,
                batch=batch,
                facts=facts,
            )
            for finding in findings:
                finding.comment, finding.decision, finding.revision = comment, decision, comment.revision
            Finding.objects.bulk_create(findings)
            if outcome != Status.HELD:
                for row in (Claim, Assignment, Presence):
                    row.objects.filter(comment=comment).delete()
                Report.objects.filter(comment=comment, resolved_at=None).update(resolved_at=timezone.now())
            if moderator is not None:
                # Whether those who reported this text were right is what a person says, the last one; nobody says it of a held text.
                right = {Status.APPROVED: False, Status.REJECTED: True, Status.SPAM: True}.get(outcome)
                Report.objects.filter(comment=comment, revision=comment.revision).update(upheld=right)
            if overrides is not None and not keeps:
                notices.withdraw(overrides)
            if notify and not keeps:
                notices.prepare(decision, comment)
                if outcome == Status.APPROVED:
                    notices.prepare_reply(decision, comment)
                    following.announce(comment, notices.held_back(decision))
    except IntegrityError as error:
        # The database's own guard: a second automatic decision for the same revision.
        raise stale(comment) from error
    return decision


def may_keep(comment: Comment, outcome: Status) -> bool:
    """Whether a person may decide for the state that the comment is in: a note on what is held, or "fine as it is" on reports."""
    if comment.status != outcome:
        return False
    return outcome == Status.HELD or (outcome == Status.APPROVED and Report.objects.filter(comment=comment, resolved_at=None).exists())


def queue_place(comment: Comment, kind: str, priority: float) -> datetime:
    """The place in the queue, as a time: since when it waits, less the head start of its priority (0 to 1) and its reach.

    The order never changes while everybody waits, so it can be stored and indexed; and no comment waits for ever, since a new one
    can overtake it by `MODERATION_HEAD_START` at the most. What an undo brings back keeps its place.
    """
    if kind == Decision.Kind.UNDO:
        return comment.queue_at
    since = (comment.edited_at or comment.created_at) if kind == Decision.Kind.SCREENING else timezone.now()
    return since - min(max(priority, 0.0), 1.0) * reach_of(comment) * settings.MODERATION_HEAD_START


def reach_of(comment: Comment) -> float:
    """How many would read a comment of this article now."""
    published_at = comment.article.published_at
    age = timezone.now() - published_at if published_at is not None else None
    count = Thread.objects.filter(pk=comment.article_id).values_list("comment_count", flat=True).first()
    return reach(age, count or 0, half_life=settings.MODERATION_REACH_HALF_LIFE, least=settings.MODERATION_REACH_LEAST)


def stale(comment: Comment) -> Stale:
    """What has become of a comment that somebody else decided first."""
    present = Comment.objects.select_related("article__section__publication").get(pk=comment.pk)
    last = Decision.objects.filter(comment_id=comment.pk).select_related("moderator").last()
    return Stale(present, last)


def undo(decision: Decision, moderator: User, *, batch: UUID | None = None) -> Decision:
    """Take one decision back: the comment returns to the state it had before. Itself a decision, which overrides the first.

    Raises UndoRefused where the decision is not the comment's last one, the comment was edited since, or `MODERATION_UNDO_FOR` is
    over; Stale where somebody was quicker.
    """
    comment = Comment.objects.get(pk=decision.comment_id)
    last = Decision.objects.filter(comment=comment).last()
    back = Status(decision.was)
    if last is None or last.pk != decision.pk or comment.revision != decision.revision or decision.kind == Decision.Kind.UNDO:
        raise UndoRefused
    if decision.created_at < timezone.now() - settings.MODERATION_UNDO_FOR:
        raise UndoRefused
    if back == Status.PENDING:
        back = Status.HELD  # the checks have their one decision for this revision; a person goes on from here
    if comment.status == back or not may_move(Status(comment.status), back):
        raise UndoRefused
    # What is refused again is refused for its former reason, not for the one that it was published for.
    former = Decision.objects.filter(comment=comment, outcome=back, pk__lt=decision.pk).last() if back != Status.APPROVED else None
    return decide(
        comment,
        back,
        kind=Decision.Kind.UNDO,
        reason=former.reason if former is not None else decision.reason,
        moderator=moderator,
        overrides=decision,
        batch=batch,
        notify=False,
    )
