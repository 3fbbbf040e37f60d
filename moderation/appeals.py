"""An author appeals a decision, a person who did not make it answers. A granted appeal is a new decision that overrides the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from comments.models import Comment
from comments.states import Status
from moderation import notices
from moderation.access import DECIDE, comments_for, may_decide, scope_of
from moderation.decisions import Stale, decide
from moderation.models import Appeal, Decision
from moderation.person import is_appealable
from moderation.reasons import Reason

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


class NotAppealable(Exception):
    """The decision is not, or no longer, the one in force, or it was appealed before. Nothing was kept."""


class NotYours(Exception):
    """Whoever made a decision does not judge the appeal against it. Nothing was changed."""


class Answered(Exception):
    """Somebody else was quicker, or the comment has moved on. Nothing was changed."""


def appeal(decision: Decision, text: str) -> Appeal:
    """Keep an appeal: one for each decision. Raises NotAppealable."""
    comment = Comment.objects.get(pk=decision.comment_id)
    last = Decision.objects.filter(comment=comment).last()
    if last is None or last.pk != decision.pk or not is_appealable(comment, last):
        raise NotAppealable
    try:
        with transaction.atomic():
            return Appeal.objects.create(decision=decision, text=text)
    except IntegrityError as error:
        raise NotAppealable from error


def open_appeals(user: User | AnonymousUser) -> QuerySet[Appeal]:
    """The appeals that wait, of the comments that a moderator may see, oldest first; those that events have settled are left out."""
    if not may_decide(user):
        return Appeal.objects.none()
    rows = Appeal.objects.filter(scope_of(user, "decision__comment__"), answered_at=None)
    rows = rows.filter(decision__comment__status=F("decision__outcome"), decision__comment__revision=F("decision__revision"))
    return rows.select_related("decision__comment__article__section__publication", "decision__moderator").order_by("created_at", "id")


def colleagues(comment: Comment, user: User) -> bool:
    """Whether anybody else could judge an appeal about this comment."""
    others = User.objects.with_perm(DECIDE, backend=MODEL_BACKEND).filter(is_staff=True).exclude(pk=user.pk)
    return any(comments_for(other).filter(pk=comment.pk).exists() for other in others)


def may_answer(found: Appeal, user: User) -> bool:
    """Anybody but the person who decided, unless there is nobody else."""
    return found.decision.moderator_id != user.pk or not colleagues(found.decision.comment, user)


def answer(found: Appeal, user: User, *, granted: bool, words: str) -> Appeal:
    """Close an appeal and tell the author. Raises NotYours or Answered."""
    if not may_answer(found, user):
        raise NotYours
    comment, decision = found.decision.comment, found.decision
    try:
        with transaction.atomic():
            if comment.status != decision.outcome or comment.revision != decision.revision:
                raise Answered
            waiting = Appeal.objects.filter(pk=found.pk, answered_at=None)
            if waiting.update(answered_at=timezone.now(), answered_by=user, granted=granted, answer=words) != 1:
                raise Answered
            if granted:
                # The mail is the answer itself: one, not two.
                decide(
                    comment,
                    Status.APPROVED,
                    kind=Decision.Kind.PERSON,
                    reason=Reason.FINE,
                    moderator=user,
                    overrides=decision,
                    notify=False,
                )
            found.refresh_from_db()
            notices.prepare_appeal(found, comment)
    except Stale as error:
        raise Answered from error
    return found
