""" "Setuju": one of each client for each public comment, and the counter that pages show."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from comments.models import Comment, Reaction, touch_thread


class NotPublic(Exception):
    """The comment is not, or no longer, there for readers."""


def react(comment: Comment, client: str) -> bool:
    """Count the client's agreement; False if it was counted before. Raises NotPublic, with nothing changed."""
    with transaction.atomic():
        _row, created = Reaction.objects.get_or_create(comment=comment, client=client)
        if created:
            _step(comment, 1)
    return created


def take_back(comment: Comment, client: str) -> bool:
    """Take the client's agreement back; False if there was none. Raises NotPublic, with nothing changed."""
    with transaction.atomic():
        removed, _by_model = Reaction.objects.filter(comment=comment, client=client).delete()
        if removed:
            _step(comment, -1)
    return bool(removed)


def _step(comment: Comment, step: int) -> None:
    rows = Comment.objects.public().filter(pk=comment.pk)
    if rows.update(reaction_count=Greatest(F("reaction_count") + step, 0)) != 1:
        raise NotPublic
    touch_thread(comment.article_id)
    comment.refresh_from_db(fields=["reaction_count"])
