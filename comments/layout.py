"""From a page of the thread to what stands on the screen: three levels of nesting, and the reader's own waiting replies in their places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from comments.models import Comment
from comments.threads import Node, Sort, ThreadPage

LEVELS = 3  # a phone has no room for more; what is deeper follows flat and says whom it answers


@dataclass(slots=True)
class Entry:
    """One comment on the screen. `mine` marks what only its author sees; `answers` is set where the place does not say it."""

    comment: Comment
    removed: bool = False
    mine: bool = False
    answers: Comment | None = None
    hidden: int = 0  # public replies below it that stand on a page of their own
    replies: list[Entry] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Layout:
    """`entries` are the thread; `apart` are the reader's own waiting comments whose place is not on this page."""

    entries: list[Entry]
    apart: list[Entry]


def lay_out(page: ThreadPage, waiting: Sequence[Comment] = (), *, branch: bool = False) -> Layout:
    """Arrange a page and merge into it what one reader waits for. No query: a waiting comment's parent is loaded with it."""
    own = {comment.pk: comment for comment in waiting}
    answers: dict[int, list[Comment]] = {}
    for comment in waiting:
        answers.setdefault(comment.parent_id or 0, []).append(comment)
    placed: set[int] = set()
    entries: list[Entry] = []

    # An explicit stack, since a chain of answers can be as deep as comments.models.MAX_DEPTH.
    stack: list[tuple[Node | Comment, Comment | None, int, list[Entry]]] = []
    stack.extend((node, None, 1, entries) for node in reversed(page.nodes))
    while stack:
        item, parent, level, home = stack.pop()
        comment = item.comment if isinstance(item, Node) else item
        removed = isinstance(item, Node) and item.removed
        if comment.pk in placed:
            continue
        entry = Entry(comment, removed=removed, hidden=item.hidden_replies if isinstance(item, Node) else 0)
        if comment.pk in own:
            # Published once and being looked at again: to others a removed comment, to its author their own.
            entry.comment, entry.removed, entry.mine = own[comment.pk], False, True
        placed.add(comment.pk)
        if level > LEVELS:
            entry.answers = parent
        home.append(entry)
        below: list[Node | Comment] = [*(item.replies if isinstance(item, Node) else []), *answers.get(comment.pk, [])]
        inner = entry.replies if level < LEVELS else home
        stack.extend((reply, comment, level + 1, inner) for reply in reversed(below))

    apart = [Entry(comment, mine=True) for comment in waiting if comment.pk not in placed]
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
