"""The public read side: one page of a thread, a bounded number of queries whatever its size.

What is public and what belongs to one reader are kept apart: `read_page` answers the same for everybody, `waiting_of` only for the
author of what waits.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber

from comments.models import Comment, Commenter, Thread
from comments.states import Status
from newsroom.models import Article


class Sort(StrEnum):
    OLDEST = "oldest"
    NEWEST = "newest"
    BEST = "best"


@dataclass(slots=True)
class Node:
    """A comment on the page, with its replies. `removed` ones hold their place and show nothing of themselves."""

    comment: Comment
    replies: list[Node] = field(default_factory=list)
    hidden_replies: int = 0  # public replies below this one that the page does not show

    @property
    def removed(self) -> bool:
        return not self.comment.is_public


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """One page of top-level comments in order; `next` and `previous` are cursors, empty at the ends."""

    nodes: list[Node]
    sort: Sort
    next: str = ""
    previous: str = ""


class BadCursor(ValueError):
    """A cursor that this thread did not give out."""


# What a page shows; author_email, ip, user_agent and the raw text never leave the database for it.
PUBLIC_FIELDS = (
    "id", "public_id", "article_id", "parent_id", "root_id", "path", "depth", "status", "author_name", "author_url", "body_html",
    "body_text", "created_at", "edited_at", "reply_count", "descendant_count", "reaction_count", "revision",
)  # fmt: skip


def comment_count(article: Article) -> int:
    """How many public comments the article has, from its counter."""
    return Thread.objects.filter(pk=article.pk).values_list("comment_count", flat=True).first() or 0


def read_page(article: Article, sort: Sort = Sort.OLDEST, cursor: str = "", size: int | None = None) -> ThreadPage:
    """A page of the public thread: two queries. Raises BadCursor."""
    size = size or settings.COMMENT_PAGE_SIZE
    rows = Comment.objects.filter(article=article, parent=None).in_thread().only(*PUBLIC_FIELDS)
    backwards, position = _read_cursor(cursor, sort) if cursor else (False, None)
    fields = _order(sort)
    if position is not None:
        rows = rows.filter(_beyond(fields, position, backwards))
    order = [_direction(name, ascending != backwards) for name, ascending in fields]
    found = list(rows.order_by(*order)[: size + 1])
    more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    nodes = [Node(comment) for comment in found]
    _attach_replies(nodes)
    has_next, has_previous = (True, more) if backwards else (more, position is not None)
    return ThreadPage(
        nodes,
        sort,
        next=_cursor(found[-1], sort, False) if found and has_next else "",
        previous=_cursor(found[0], sort, True) if found and has_previous else "",
    )


def read_branch(comment: Comment, cursor: str = "") -> ThreadPage:
    """One comment with the replies below it, oldest first: what "continue this conversation" opens. Raises BadCursor.

    A reply whose parent stands on an earlier page is hung below the branch's own top.
    """
    node = Node(comment)
    below = Comment.objects.filter(root_id=comment.root_id or comment.pk).in_thread().only(*PUBLIC_FIELDS)
    if comment.root_id is not None:
        path = f"{comment.path}.{comment.pk}"
        below = below.filter(Q(path=path) | Q(path__startswith=f"{path}."))
    if cursor:
        backwards, position = _read_cursor(cursor, Sort.OLDEST)
        if backwards:
            raise BadCursor(cursor)
        below = below.filter(_beyond(_order(Sort.OLDEST), position, False))
    size = settings.COMMENT_REPLIES_SHOWN
    found = list(below.order_by("created_at", "id")[: size + 1])
    by_id = {comment.pk: node}
    for reply in found[:size]:
        by_id[reply.pk] = Node(reply)
        by_id.get(reply.parent_id or 0, node).replies.append(by_id[reply.pk])
    more = _cursor(found[size - 1], Sort.OLDEST, False) if len(found) > size else ""
    return ThreadPage([node], Sort.OLDEST, next=more)


def page_cursor_of(comment: Comment) -> str:
    """The cursor of the page, oldest first, on which a comment's top-level ancestor stands as the first one; empty for page one."""
    root = comment if comment.root_id is None else Comment.objects.only(*PUBLIC_FIELDS).get(pk=comment.root_id)
    before = Comment.objects.filter(article_id=comment.article_id, parent=None).in_thread()
    before = before.filter(Q(created_at__lt=root.created_at) | Q(created_at=root.created_at, id__lt=root.pk))
    earlier = before.order_by("-created_at", "-id").only(*PUBLIC_FIELDS)
    if before.count() < settings.COMMENT_PAGE_SIZE:
        return ""
    return _cursor(earlier[0], Sort.OLDEST, False)


def waiting_of(commenter: Commenter | None, article: Article) -> list[Comment]:
    """A commenter's own comments under the article that are not public: theirs to see, nobody else's. Oldest first, at most 50."""
    if commenter is None:
        return []
    mine = Comment.objects.filter(article=article, commenter=commenter)
    mine = mine.filter(status__in=[Status.PENDING, Status.HELD, Status.REJECTED, Status.SPAM]).select_related("parent")
    return list(mine.order_by("-created_at", "-id")[:50])[::-1]


def _attach_replies(nodes: Sequence[Node]) -> None:
    """Hang the replies below their parents; of each top-level comment the first `COMMENT_REPLIES_SHOWN`, the rest as a count."""
    if not nodes:
        return
    by_id = {node.comment.pk: node for node in nodes}
    place = Window(RowNumber(), partition_by=F("root_id"), order_by=[F("created_at").asc(), F("id").asc()])
    below = Comment.objects.filter(root_id__in=list(by_id)).in_thread().annotate(place=place)
    for reply in below.filter(place__lte=settings.COMMENT_REPLIES_SHOWN).order_by("created_at", "id").only(*PUBLIC_FIELDS):
        by_id[reply.pk] = Node(reply)
        # A parent is older than its reply, so it stands among the first ones as well.
        by_id[reply.parent_id or 0].replies.append(by_id[reply.pk])
    for node in nodes:
        _count_hidden(node)


def _count_hidden(node: Node) -> int:
    """How many public comments below this one the page accounts for, shown or counted; sets `hidden_replies` on the way."""
    accounted = sum(_count_hidden(reply) + (0 if reply.removed else 1) for reply in node.replies)
    node.hidden_replies = max(0, node.comment.descendant_count - accounted)
    return accounted + node.hidden_replies


# --- order and cursors --------------------------------------------------------------------------------------------------


def _order(sort: Sort) -> list[tuple[str, bool]]:
    """(field, ascending) of each part of the order; the id makes it total."""
    if sort == Sort.NEWEST:
        return [("created_at", False), ("id", False)]
    if sort == Sort.BEST:
        return [("reaction_count", False), ("created_at", True), ("id", True)]
    return [("created_at", True), ("id", True)]


def _direction(name: str, ascending: bool) -> str:
    return name if ascending else f"-{name}"


def _beyond(fields: list[tuple[str, bool]], position: list[object], backwards: bool) -> Q:
    """The rows that come after the position: (a > x) or (a = x and b > y) or …"""
    condition, equal = Q(pk__in=[]), Q()
    for (name, ascending), value in zip(fields, position, strict=True):
        comparison = "gt" if ascending != backwards else "lt"
        condition |= equal & Q(**{f"{name}__{comparison}": value})
        equal &= Q(**{name: value})
    return condition


def _cursor(comment: Comment, sort: Sort, backwards: bool) -> str:
    values = [getattr(comment, name) for name, _ascending in _order(sort)]
    parts = [value.isoformat() if isinstance(value, datetime) else str(value) for value in values]
    text = "|".join(["p" if backwards else "n", sort.value, *parts])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(cursor: str, sort: Sort) -> tuple[bool, list[object]]:
    try:
        text = base64.urlsafe_b64decode(cursor[:200] + "=" * (-len(cursor) % 4)).decode()
        way, order, *parts = text.split("|")
        if way not in {"n", "p"} or order != sort.value or len(parts) != len(_order(sort)):
            raise BadCursor(cursor)
        position: list[object] = [
            datetime.fromisoformat(part) if name == "created_at" else int(part)
            for (name, _ascending), part in zip(_order(sort), parts, strict=True)
        ]
    except (ValueError, binascii.Error) as error:
        raise BadCursor(cursor) from error
    if any(isinstance(value, datetime) and value.tzinfo is None for value in position):
        raise BadCursor(cursor)
    if any(isinstance(value, int) and not -(2**62) < value < 2**62 for value in position):
        raise BadCursor(cursor)
    return way == "p", position
