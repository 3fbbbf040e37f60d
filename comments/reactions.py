""" "Setuju" and "Kurang setuju": one of the two of each client for each public comment, the counters, and the place among the best."""

from __future__ import annotations

import math
from collections.abc import Collection

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from comments.models import Comment, Reaction, touch_thread

RANK_STEPS = 1_000_000  # a share of 1; whole numbers, so that a cursor can name a place exactly
CONFIDENCE = 1.96  # standard deviations: 95 %
COUNTERS = {Reaction.Kind.AGREE: "reaction_count", Reaction.Kind.DISAGREE: "disagree_count"}


class NotPublic(Exception):
    """The comment is not, or no longer, there for readers."""


def react(comment: Comment, client: str, kind: str = Reaction.Kind.AGREE) -> bool:
    """Count what the client thinks, instead of what it thought before; False if that was the same.

    Raises NotPublic, with nothing changed.
    """
    kind = Reaction.Kind(kind)
    with transaction.atomic():
        _lock(comment)
        row, created = Reaction.objects.get_or_create(comment=comment, client=client, defaults={"kind": kind})
        if not created and row.kind == kind:
            return False
        if not created:
            Reaction.objects.filter(pk=row.pk).update(kind=kind)
            _count(comment, Reaction.Kind(row.kind), -1)
        _count(comment, kind, 1)
        _place(comment)
    return True


def take_back(comment: Comment, client: str) -> bool:
    """Take the client's reaction back; False if there was none. Raises NotPublic, with nothing changed."""
    with transaction.atomic():
        row = Reaction.objects.filter(comment=comment, client=client).first()
        if row is None:
            return False
        _lock(comment)
        if not Reaction.objects.filter(pk=row.pk).delete()[0]:
            return False
        _count(comment, Reaction.Kind(row.kind), -1)
        _place(comment)
    return True


def forget(client: str) -> None:
    """Take back everything that a client said, also of what is no longer public. Runs inside the caller's transaction."""
    for row in Reaction.objects.filter(client=client).select_related("comment").order_by("comment_id"):
        _count(row.comment, Reaction.Kind(row.kind), -1)
        _place(row.comment)
    Reaction.objects.filter(client=client).delete()


def join(client: str, other: str) -> None:
    """What a client said is said by another from now on; where both judged a comment, the other's counts. In the caller's transaction."""
    both = Reaction.objects.filter(client=client, comment__in=Reaction.objects.filter(client=other).values("comment"))
    for row in both.select_related("comment").order_by("comment_id"):
        row.delete()
        _count(row.comment, Reaction.Kind(row.kind), -1)
        _place(row.comment)
    Reaction.objects.filter(client=client).update(client=other)


def kinds_of(client: str, comment_ids: Collection[int]) -> dict[int, str]:
    """What a client said of these comments, by their primary keys: one query."""
    return dict(Reaction.objects.filter(client=client, comment__in=comment_ids).values_list("comment_id", "kind"))


def rank(agree: int, disagree: int) -> int:
    """The place among the best, in millionths: the least share of agreement that so few votes make sure (Wilson's lower bound).

    5 of 5 stand below 60 of 65, and above 1 of 1. Where nobody agrees, those who disagree put the comment below what nobody judged.
    """
    votes = agree + disagree
    if agree:
        return round(_least_share(agree, votes) * RANK_STEPS)
    return -round(_least_share(disagree, votes) * RANK_STEPS)


def _least_share(of: int, votes: int) -> float:
    if not votes:
        return 0.0
    share, square = of / votes, CONFIDENCE**2
    spread = CONFIDENCE * math.sqrt((share * (1 - share) + square / (4 * votes)) / votes)
    return max(0.0, (share + square / (2 * votes) - spread) / (1 + square / votes))


def _lock(comment: Comment) -> None:
    """Hold the row of a public comment until the end of the transaction, so that counters and rank are always of one moment.

    An update that changes nothing: SQLite knows no other lock on a row, and its transactions are alone in any case.
    """
    if Comment.objects.public().filter(pk=comment.pk).update(reaction_count=F("reaction_count")) != 1:
        raise NotPublic


def _count(comment: Comment, kind: Reaction.Kind, step: int) -> None:
    name = COUNTERS[kind]
    # Greatest: a counter that went wrong must not make the act fail on the column's "not below 0".
    Comment.objects.filter(pk=comment.pk).update(**{name: Greatest(F(name) + step, 0)})


def _place(comment: Comment) -> None:
    comment.refresh_from_db(fields=["reaction_count", "disagree_count"])
    comment.best_rank = rank(comment.reaction_count, comment.disagree_count)
    Comment.objects.filter(pk=comment.pk).update(best_rank=comment.best_rank)
    touch_thread(comment.article_id)
