"""The public read side: one page of a thread, a bounded number of queries whatever its size.

What is public and what belongs to one reader are kept apart: `read_page` answers the same for everybody, `waiting_of` only for the
author of what waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber

from comments import cursors
from comments.cursors import BadCursor as BadCursor  # the readers' pages know it from here
from comments.cursors import Key
from comments.models import Comment, Commenter, CommentQuerySet, Thread
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


# What a page shows; author_email, ip, user_agent and the raw text never leave the database for it.
PUBLIC_FIELDS = (
    "id", "public_id", "article_id", "parent_id", "root_id", "path", "depth", "status", "author_name", "author_url", "body_html",
    "body_text", "created_at", "edited_at", "reply_count", "descendant_count", "reaction_count", "revision",
)  # fmt: skip


# What its author alone sees in the thread.
WAITING = (Status.PENDING, Status.HELD, Status.REJECTED, Status.SPAM)


def comment_count(article: Article) -> int:
    """How many public comments the article has, from its counter."""
    return Thread.objects.filter(pk=article.pk).values_list("comment_count", flat=True).first() or 0


def read_page(
    article: Article, sort: Sort = Sort.OLDEST, cursor: str = "", size: int | None = None, replies: int | None = None
) -> ThreadPage:
    """A page of the public thread, and of each comment on it the first `replies` replies: two queries. Raises BadCursor."""
    rows = Comment.objects.filter(article=article, parent=None).in_thread().only(*PUBLIC_FIELDS)
    page = cursors.read(rows, ORDERS[sort], sort.value, cursor, size or settings.COMMENT_PAGE_SIZE)
    nodes = [Node(comment) for comment in page.rows]
    _attach_replies(nodes, replies or settings.COMMENT_REPLIES_SHOWN)
    return ThreadPage(nodes, sort, next=page.next, previous=page.previous)


def read_branch(comment: Comment, cursor: str = "") -> ThreadPage:
    """One comment with the replies below it, oldest first: what "continue this conversation" opens. Raises BadCursor.

    A reply whose parent stands on an earlier page is hung below the branch's own top.
    """
    node = Node(comment)
    below = descendants(comment).only(*PUBLIC_FIELDS)
    page = cursors.read(below, OLDEST, Sort.OLDEST.value, cursor, settings.COMMENT_REPLIES_SHOWN)
    by_id = {comment.pk: node}
    for reply in page.rows:
        by_id[reply.pk] = Node(reply)
        by_id.get(reply.parent_id or 0, node).replies.append(by_id[reply.pk])
    return ThreadPage([node], Sort.OLDEST, next=page.next, previous=page.previous)


def read_replies(comment: Comment, cursor: str = "") -> cursors.Page[Comment]:
    """The visible comments below one, at any depth, oldest first and flat; each with its parent. One query. Raises BadCursor."""
    rows = descendants(comment).select_related("parent").only(*PUBLIC_FIELDS, "parent__public_id")
    return cursors.read(rows, OLDEST, "replies", cursor, settings.COMMENT_PAGE_SIZE)


def descendants(comment: Comment) -> CommentQuerySet:
    """The visible comments below this one, at any depth."""
    below = Comment.objects.filter(root_id=comment.root_id or comment.pk).in_thread()
    if comment.root_id is None:
        return below
    path = f"{comment.path}.{comment.pk}"
    return below.filter(Q(path=path) | Q(path__startswith=f"{path}."))


def page_cursor_of(comment: Comment) -> str:
    """The cursor of the page, oldest first, on which a comment's top-level ancestor stands as the first one; empty for page one."""
    root = comment if comment.root_id is None else Comment.objects.only(*PUBLIC_FIELDS).get(pk=comment.root_id)
    before = Comment.objects.filter(article_id=comment.article_id, parent=None).in_thread()
    before = before.filter(Q(created_at__lt=root.created_at) | Q(created_at=root.created_at, id__lt=root.pk))
    earlier = before.order_by("-created_at", "-id").only(*PUBLIC_FIELDS)
    if before.count() < settings.COMMENT_PAGE_SIZE:
        return ""
    return cursors.encode(earlier[0], OLDEST, Sort.OLDEST.value)


def waiting_of(commenter: Commenter | None, article: Article) -> list[Comment]:
    """A commenter's own comments under the article that are not public: theirs to see, nobody else's. Oldest first, at most 50."""
    if commenter is None:
        return []
    mine = Comment.objects.filter(article=article, commenter=commenter)
    mine = mine.filter(status__in=WAITING).select_related("parent")
    return list(mine.order_by("-created_at", "-id")[:50])[::-1]


def _attach_replies(nodes: Sequence[Node], shown: int) -> None:
    """Hang the replies below their parents; of each top-level comment the first `shown`, the rest as a count."""
    if not nodes:
        return
    by_id = {node.comment.pk: node for node in nodes}
    place = Window(RowNumber(), partition_by=F("root_id"), order_by=[F("created_at").asc(), F("id").asc()])
    below = Comment.objects.filter(root_id__in=list(by_id)).in_thread().annotate(place=place)
    replies = list(below.filter(place__lte=shown).order_by("created_at", "id").only(*PUBLIC_FIELDS))
    by_id.update((reply.pk, Node(reply)) for reply in replies)
    for reply in replies:
        # A parent is older than its reply, so it stands among the first ones as well; unless a clock jumped between the two.
        parent = by_id.get(reply.parent_id or 0) or by_id[reply.root_id or 0]
        parent.replies.append(by_id[reply.pk])
    for node in nodes:
        _count_hidden(node)


def _count_hidden(node: Node) -> int:
    """How many public comments below this one the page accounts for, shown or counted; sets `hidden_replies` on the way."""
    accounted = sum(_count_hidden(reply) + (0 if reply.removed else 1) for reply in node.replies)
    node.hidden_replies = max(0, node.comment.descendant_count - accounted)
    return accounted + node.hidden_replies


# --- order --------------------------------------------------------------------------------------------------------------

# The id makes each order total.
ORDERS: dict[Sort, tuple[Key, ...]] = {
    Sort.OLDEST: (Key("created_at", datetime), Key("id", int)),
    Sort.NEWEST: (Key("created_at", datetime, ascending=False), Key("id", int, ascending=False)),
    Sort.BEST: (Key("reaction_count", int, ascending=False), Key("created_at", datetime), Key("id", int)),
}
OLDEST = ORDERS[Sort.OLDEST]
