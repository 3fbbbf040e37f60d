"""The public read side: one page of a thread, a bounded number of queries whatever its size.

What is public and what belongs to one reader are kept apart: `read_page` answers the same for everybody, `waiting_of` only for the
author of what waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from django.conf import settings
from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from comments import cursors
from comments.cursors import BadCursor as BadCursor  # the readers' pages know it from here
from comments.cursors import Key
from comments.models import Comment, Commenter, CommentQuerySet, Revision, Thread
from comments.states import Status
from newsroom.models import Article
from newsroom.prepared import Prepared


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
    answers: Comment | None = None  # its parent, where that stands on an earlier page
    edits: list[datetime] = field(default_factory=list)  # when its text was replaced, the latest first, of a public one

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
    "body_text", "created_at", "edited_at", "published_at", "reply_count", "descendant_count", "reaction_count", "disagree_count",
    "best_rank", "revision",
)  # fmt: skip


# What its author alone sees in the thread.
WAITING = (Status.PENDING, Status.HELD, Status.REJECTED, Status.SPAM)


def comment_count(article: Article) -> int:
    """How many public comments the article has, from its counter."""
    thread = THREAD_OF.first(article.pk)
    return thread.comment_count if thread is not None else 0


THREAD_OF = Prepared(lambda article: Thread.objects.filter(pk=article), int)


def read_page(
    article: Article,
    sort: Sort = Sort.OLDEST,
    cursor: str = "",
    size: int | None = None,
    replies: int | None = None,
    levels: int | None = None,
) -> ThreadPage:
    """A page of the public thread, and of each comment on it the first `replies` replies, down to `levels` levels (all, where None).

    Three queries. Raises BadCursor.
    """
    size = size or settings.COMMENT_PAGE_SIZE
    if cursor:
        page = cursors.read(top_level(article.pk), ORDERS[sort], sort.value, cursor, size)
    else:
        page = cursors.first_page(_beginnings(sort, size).rows(article.pk), ORDERS[sort], sort.value, size)
    nodes = [Node(comment) for comment in page.rows]
    shown = _attach_replies(nodes, replies or settings.COMMENT_REPLIES_SHOWN, levels)
    _tell_edits(shown)
    return ThreadPage(nodes, sort, next=page.next, previous=page.previous)


def top_level(article: int) -> CommentQuerySet:
    return Comment.objects.filter(article=article, parent=None).in_thread().only(*PUBLIC_FIELDS)


@lru_cache(maxsize=32)
def _beginnings(sort: Sort, size: int) -> Prepared[Comment]:
    """The first `size` of an article in their order, and one more. Asked each time that a thread's page is made anew."""
    return Prepared(lambda article: cursors.in_order(top_level(article), ORDERS[sort])[: size + 1], int)


def read_branch(comment: Comment, cursor: str = "", levels: int | None = None) -> ThreadPage:
    """One comment with the replies below it, oldest first: what "continue this conversation" opens. Raises BadCursor.

    A reply whose parent stands on an earlier page is hung below the branch's own top, and names the parent.
    """
    node = Node(comment)
    below = descendants(comment).only(*PUBLIC_FIELDS)
    if levels is not None:
        below = below.filter(depth__lt=comment.depth + levels)
    page = cursors.read(below, OLDEST, Sort.OLDEST.value, cursor, settings.COMMENT_REPLIES_SHOWN)
    by_id = {comment.pk: node} | {reply.pk: Node(reply) for reply in page.rows}
    strays = [by_id[reply.pk] for reply in page.rows if reply.parent_id not in by_id]
    parents = Comment.objects.only(*PUBLIC_FIELDS).in_bulk([stray.comment.parent_id or 0 for stray in strays]) if strays else {}
    for stray in strays:
        stray.answers = parents.get(stray.comment.parent_id or 0)
    for reply in page.rows:
        by_id.get(reply.parent_id or 0, node).replies.append(by_id[reply.pk])
    for shown in by_id.values():
        # What the branch's own next page holds is not hidden; what lies too deep for it is.
        if levels is not None and shown.comment.depth == comment.depth + levels - 1:
            shown.hidden_replies = shown.comment.descendant_count
    _tell_edits(by_id.values())
    return ThreadPage([node], Sort.OLDEST, next=page.next, previous=page.previous)


def _tell_edits(nodes: Iterable[Node]) -> None:
    """Say of each public comment that was edited when that was: the times alone, never the former texts."""
    edited = {node.comment.pk: node for node in nodes if node.comment.edited_at is not None and node.comment.is_public}
    if not edited:
        return
    rows = Revision.objects.filter(comment__in=edited).order_by("comment_id", "-number").values_list("comment_id", "replaced_at")
    for comment_id, replaced_at in rows:
        edited[comment_id].edits.append(replaced_at)
    for node in edited.values():
        node.edits = node.edits or [moment for moment in [node.comment.edited_at] if moment]


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
    if before[: settings.COMMENT_PAGE_SIZE].count() < settings.COMMENT_PAGE_SIZE:  # counted no further: a thread can hold a million
        return ""
    return cursors.encode(earlier[0], OLDEST, Sort.OLDEST.value)


def permalink_query(comment: Comment) -> dict[str, str]:
    """What opens the page on which a visible comment stands: a cursor, a conversation of its own, or nothing for page one.

    `comment.root` is loaded with it. What lies too deep for the page opens below the ancestor that still shows it.
    """
    root, levels = comment.root, settings.COMMENT_LEVELS
    if root is None or (comment.depth < levels and root.descendant_count <= settings.COMMENT_REPLIES_SHOWN):
        cursor = page_cursor_of(comment)
        return {"kursor": cursor} if cursor else {}
    above = comment.ancestor_ids()[1 - levels :][:1] if levels > 1 else []
    top = Comment.objects.filter(pk__in=above, descendant_count__lte=settings.COMMENT_REPLIES_SHOWN).first()
    return {"utas": top.public_id if top is not None else comment.public_id}


def waiting_of(commenter: Commenter | None, article: Article) -> list[Comment]:
    """A commenter's own comments under the article that are not public: theirs to see, nobody else's. Oldest first, at most 50."""
    return [comment for comment in own_of(commenter, article) if not comment.is_public]


def own_of(commenter: Commenter | None, article: Article) -> list[Comment]:
    """As `waiting_of`, and the public ones that their author can still change. One query."""
    if commenter is None:
        return []
    changeable = Q(status=Status.APPROVED, created_at__gte=timezone.now() - timedelta(minutes=settings.COMMENT_EDIT_MINUTES))
    mine = Comment.objects.filter(changeable | Q(status__in=WAITING), article=article, commenter=commenter).select_related("parent")
    return list(mine.order_by("-created_at", "-id")[:50])[::-1]


def all_nodes(page: ThreadPage) -> list[Node]:
    """Every comment on the page."""
    found, stack = [], list(page.nodes)
    while stack:
        node = stack.pop()
        found.append(node)
        stack.extend(node.replies)
    return found


def _attach_replies(nodes: Sequence[Node], shown: int, levels: int | None) -> Iterable[Node]:
    """Hang the replies below their parents; of each top-level comment the first `shown`, the rest as a count. All nodes there are now."""
    if not nodes:
        return []
    by_id = {node.comment.pk: node for node in nodes}
    roots = max(settings.COMMENT_PAGE_SIZE, len(nodes))
    replies = _replies(roots, shown, levels).rows(*by_id, *[0] * (roots - len(nodes)))  # no comment's key is 0
    by_id.update((reply.pk, Node(reply)) for reply in replies)
    for reply in replies:
        # A parent is older than its reply, so it stands among the first ones as well; unless a clock jumped between the two.
        parent = by_id.get(reply.parent_id or 0) or by_id[reply.root_id or 0]
        parent.replies.append(by_id[reply.pk])
    for node in nodes:
        _count_hidden(node)
    return by_id.values()


@lru_cache(maxsize=32)
def _replies(roots: int, shown: int, levels: int | None) -> Prepared[Comment]:
    """The first `shown` visible comments below each of so many top-level ones, oldest first."""
    place = Window(RowNumber(), partition_by=F("root_id"), order_by=[F("created_at").asc(), F("id").asc()])
    within = Q() if levels is None else Q(depth__lt=levels)

    def build(*keys: int) -> CommentQuerySet:
        below = Comment.objects.filter(within, root_id__in=keys).in_thread().annotate(place=place)
        return below.filter(place__lte=shown).order_by("created_at", "id").only(*PUBLIC_FIELDS)

    return Prepared(build, *[int] * roots)


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
    Sort.BEST: (Key("best_rank", int, ascending=False), Key("created_at", datetime), Key("id", int)),
}
OLDEST = ORDERS[Sort.OLDEST]
