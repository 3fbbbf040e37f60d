"""How much waits for a moderator, for the numbers beside the views: all of them by one query, none counted further than it is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.db.models import IntegerField, QuerySet, Subquery

from comments.models import Comment
from comments.states import Status
from moderation.access import comments_for, may_decide, scopes_of, within
from moderation.appeals import open_appeals
from moderation.health import lateness
from moderation.in_force import tick
from moderation.legal import open_notices
from moderation.models import Fingerprint
from moderation.place import Place
from moderation.queue import DEPTH, MOST_COUNTED, chosen
from moderation.sanctions import objections

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

COUNTED = ("review", "reported", "rules", "watched", "mine")


class Counted(Subquery):
    """How many rows a queryset has, as a column of another query; counted no further than MOST_COUNTED + 1."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()

    def __init__(self, rows: QuerySet[Any]) -> None:
        super().__init__(rows.order_by().values("pk")[: MOST_COUNTED + 1])


@dataclass(frozen=True, slots=True)
class Standing:
    """What waits in the views and pages of the desk, and how long the oldest comment has been due for its checks, in seconds."""

    waits: dict[str, int]
    overdue_seconds: float = 0.0


def standing(user: User) -> Standing:
    """How the desk stands for a moderator. One query, and one more where the campaigns are counted anew."""
    waits: dict[str, QuerySet[Any]] = {**_of_views(user, COUNTED), "appeals": open_appeals(user), "legal": open_notices(user)}
    if user.has_perm("moderation.impose"):
        waits["objections"] = objections(user).exclude(moderator=user)  # one's own measures are somebody else's to answer for
    counted = [Counted(rows) for rows in waits.values()]
    found: tuple[Any, ...] | None = User.objects.filter(pk=user.pk).values_list(*counted, Subquery(lateness()[:1])).first()
    *numbers, late = found if found is not None else (0,) * (len(counted) + 1)
    named = {name: number or 0 for name, number in zip(waits, numbers, strict=True)}
    return Standing({**named, "campaigns": campaigns(user)}, late.total_seconds() if isinstance(late, timedelta) else 0.0)


def waiting(user: User, views: Iterable[str]) -> dict[str, int]:
    """The same for some views of the queue alone. One query."""
    found = _of_views(user, views)
    return dict(zip(found, count_each(user, list(found.values())), strict=True))


def _of_views(user: User, views: Iterable[str]) -> dict[str, QuerySet[Any]]:
    rows = comments_for(user)
    return {view: chosen(Place(view=view), user, rows) for view in views}


def count_each(user: User, several: Sequence[QuerySet[Any]]) -> list[int]:
    """How many rows each of several querysets has, counted no further than MOST_COUNTED + 1. One query, which hangs on the user's row."""
    found = User.objects.filter(pk=user.pk).values_list(*map(Counted, several)).first()
    return [number or 0 for number in found] if found is not None else [0] * len(several)


def campaigns(user: User | AnonymousUser) -> int:
    """How many campaigns have copies that wait for a decision within a moderator's scope.

    Of the first DEPTH comments that wait, as for every filter. Kept for `LIST_SECONDS`, for everybody of the same scope.
    """
    if not may_decide(user):
        return 0
    return _campaigns(() if user.is_superuser else tuple(scopes_of(user)), tick())


@lru_cache(maxsize=64)
def _campaigns(scopes: tuple[tuple[int, int | None], ...], _tick: int) -> int:
    held = Comment.objects.filter(within(scopes), status=Status.HELD).order_by("queue_at", "id").values("pk")[:DEPTH]
    named = Fingerprint.objects.filter(comment__in=held, campaign__isnull=False).order_by().values("campaign").distinct()
    return named[: MOST_COUNTED + 1].count()


def forget() -> None:
    """Count campaigns anew at the next page of this process."""
    _campaigns.cache_clear()
