"""From a page of the thread to what stands on the screen: the nesting, and what one reader alone sees of it in its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from comments.models import Comment
from comments.states import EDITABLE
from comments.submission import edit_window_end
from comments.threads import Node, Sort, ThreadPage

MOST_LINES = 15  # a text with more of them is folded, however short they are


@dataclass(slots=True)
class Entry:
    """One comment on the screen. `mine` marks what only its author sees; `answers` is set where the place does not say it.

    `until` is set where the reader who looks can still change it, `vote` to what they said of it: both for that reader alone. `permit` goes
    into the address of the pages that change it, where the reader's cookie does not reach them.
    """

    comment: Comment
    removed: bool = False
    mine: bool = False
    answers: Comment | None = None
    hidden: int = 0  # public replies below it that stand on a page of their own
    replies: list[Entry] = field(default_factory=list)
    edits: list[datetime] = field(default_factory=list)
    until: datetime | None = None
    permit: str = ""
    vote: str = ""

    @property
    def at(self) -> int:
        """When everybody could read it, in seconds: what a browser compares with its last visit."""
        moment = self.comment.published_at or self.comment.created_at
        return int(moment.timestamp())

    @property
    def long(self) -> bool:
        """Whether the text is folded until a reader asks for the rest."""
        comment = self.comment
        lines = comment.body_html.count("<br") + comment.body_html.count("<p>")
        return len(comment.body_text) > settings.COMMENT_LONG or lines > MOST_LINES


@dataclass(frozen=True, slots=True)
class Layout:
    """`entries` are the thread; `apart` are the reader's own waiting comments whose place is not on this page."""

    entries: list[Entry]
    apart: list[Entry]

    def __iter__(self) -> Iterator[Entry]:
        stack = [*self.entries, *self.apart]
        while stack:
            entry = stack.pop()
            yield entry
            stack.extend(entry.replies)


def own_entry(comment: Comment) -> Entry:
    """A comment as its author sees it."""
    end = edit_window_end(comment)
    changeable = comment.status in EDITABLE and timezone.now() <= end
    return Entry(comment, mine=not comment.is_public, until=end if changeable else None)


def lay_out(page: ThreadPage, own: Sequence[Comment] = (), *, votes: Mapping[int, str] | None = None, branch: bool = False) -> Layout:
    """Arrange a page and merge into it what one reader alone may see: `own` comments that wait or can be changed, their `votes`.

    No query: the parent of each of `own` is loaded with it.
    """
    mine = {comment.pk: comment for comment in own}
    answers: dict[int, list[Comment]] = {}
    for comment in own:
        if not comment.is_public:
            answers.setdefault(comment.parent_id or 0, []).append(comment)
    placed: set[int] = set()
    entries: list[Entry] = []

    # An explicit stack, since a chain of answers can be as deep as comments.models.MAX_DEPTH.
    stack: list[tuple[Node | Comment, Comment | None, int, list[Entry]]] = []
    stack.extend((node, None, 1, entries) for node in reversed(page.nodes))
    while stack:
        item, parent, level, home = stack.pop()
        node = item if isinstance(item, Node) else None
        comment = item.comment if isinstance(item, Node) else item
        if comment.pk in placed:
            continue
        # Published once and being looked at again: to others a removed comment, to its author their own.
        entry = own_entry(mine[comment.pk]) if comment.pk in mine else Entry(comment, removed=node is not None and node.removed)
        if node is not None:
            entry.hidden, entry.answers, entry.edits = node.hidden_replies, node.answers, node.edits
        if votes:
            entry.vote = votes.get(comment.pk, "")
        placed.add(comment.pk)
        if level > settings.COMMENT_LEVELS:
            entry.answers = parent
        home.append(entry)
        below: list[Node | Comment] = [*(node.replies if node else []), *answers.get(comment.pk, [])]
        inner = entry.replies if level < settings.COMMENT_LEVELS else home
        stack.extend((reply, comment, level + 1, inner) for reply in reversed(below))

    apart = [own_entry(comment) for comment in own if comment.pk not in placed and not comment.is_public]
    if not branch:
        top = [entry for entry in apart if entry.comment.parent_id is None]
        if page.sort == Sort.OLDEST and not page.next:
            entries.extend(top)
            apart = [entry for entry in apart if entry.comment.parent_id is not None]
        elif page.sort == Sort.NEWEST and not page.previous:
            entries[:0] = reversed(top)
            apart = [entry for entry in apart if entry.comment.parent_id is not None]
    for entry in apart:
        entry.answers = entry.comment.parent
    return Layout(entries, apart)
