"""A thread's comments as HTML, from the template `comments/comment.html`, at a twentieth of its cost.

Most comments of a page come out of the template alike, but for a name, a text, a time. So the template is rendered once for each kind of
comment with marks in place of those, cut at the marks (a mould), and filled for each comment. What differs from one reader to the
next (their own waiting comments, what they may change) is always rendered by the template itself.

The template stays the source, and a newsroom may override it. It sees `entry`, `level` and the names in `SEEN`, nothing else, so that
what a mould depends on is known. A mould is compared with what the template makes of the first real comment; where the two differ,
because the template does more with a value than show it, comments of this kind are rendered by the template.
"""

from __future__ import annotations

import logging
import re
from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from threading import Lock
from types import SimpleNamespace
from typing import Any

from django.template import Context, Engine
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from comments.layout import Entry
from comments.models import Comment
from newsroom.templatetags.newsroom import moment

log = logging.getLogger(__name__)

TEMPLATE = "comments/comment.html"
SEEN = ("open", "place", "branch", "show_disagreement")
MOST_MOULDS = 2_000

# Marks: characters of the private use area, which text.py takes out of what readers type, around a letter.
ID, NAME, URL, BODY, REPLIES, ABOVE, ABOVE_NAME = (f"\ue000{letter}\ue001" for letter in "inubraz")
# Where the template may count or compare, the mark is a number or a time that nobody ever writes.
LONG_AGO = datetime(1907, 8, 9, 10, 11, 12, tzinfo=UTC)
EDITED = datetime(1908, 8, 9, 10, 11, 12, tzinfo=UTC)
AT, AGREE, DISAGREE = 7_715_500_000_001, 7_715_500_000_002, 7_715_500_000_003
INDENTED = re.compile(r"\s*\n\s*")


class Mould:
    """Pieces of HTML with the names of what comes between them."""

    __slots__ = ("names", "pieces")

    def __init__(self, html: str) -> None:
        marks = {
            ID: "id",
            NAME: "name",
            URL: "url",
            BODY: "body",
            REPLIES: "replies",
            ABOVE: "above",
            ABOVE_NAME: "above_name",
            str(AT): "at",
            str(AGREE): "agree",
            str(DISAGREE): "disagree",
            str(moment(LONG_AGO)): "time",
            str(moment(EDITED)): "edited",
        }
        parts = re.split("(" + "|".join(re.escape(mark) for mark in marks) + ")", html)
        self.pieces = parts[::2]
        self.names = tuple(marks[mark] for mark in parts[1::2])

    def press(self) -> None:
        """Take the template's indentation out: half of a page's bytes. What a reader typed is not in the pieces."""
        self.pieces = [INDENTED.sub("\n", piece) for piece in self.pieces]

    def fill(self, entry: Entry, replies: str) -> str:
        comment = entry.comment
        above = entry.answers
        values: dict[str, str] = {
            "id": comment.public_id,
            "name": escape(comment.author_name),
            "body": comment.body_html,
            "replies": replies,
        }
        out = [self.pieces[0]]
        for name, piece in zip(self.names, self.pieces[1:], strict=True):
            value = values.get(name)
            if value is None:
                value = values[name] = self._value(name, entry, comment, above)
            out.append(value)
            out.append(piece)
        return "".join(out)

    @staticmethod
    def _value(name: str, entry: Entry, comment: Comment, above: Comment | None) -> str:
        if name == "time":
            return str(moment(comment.created_at))
        if name == "url":
            return escape(comment.author_url)
        if name == "at":
            return str(entry.at)
        if name == "agree":
            return str(comment.reaction_count)
        if name == "disagree":
            return str(comment.disagree_count)
        if name == "edited" and comment.edited_at is not None:
            return str(moment(comment.edited_at))
        assert above is not None
        return above.public_id if name == "above" else escape(above.author_name)


_moulds: OrderedDict[tuple[Any, ...], Mould | None] = OrderedDict()
_lock = Lock()


class Caster:
    """Makes the comments of one page. `seen` are the values of SEEN that hold for all of it."""

    def __init__(self, engine: Engine, seen: dict[str, Any]) -> None:
        self.engine = engine
        self.seen = {**seen, "branch": bool(seen.get("branch"))}
        place = seen.get("place")
        self.page = (get_language(), *(self.seen.get(name) for name in SEEN if name != "place"))
        self.page += tuple(getattr(place, name, None) for name in ("at", "home", "post", "framed"))
        self.ready: dict[int, str] = {}  # replies that stand already, by the identity of their list

    def list(self, entries: Sequence[Entry], level: int) -> str:
        done = self.ready.get(id(entries))
        return done if done is not None else "".join([self.one(entry, level) for entry in entries])

    def one(self, entry: Entry, level: int) -> str:
        if not entry.replies:
            return self.alone(entry, level, "")
        replies = self.ready[id(entry.replies)] = self.list(entry.replies, level + 1)
        try:
            return self.alone(entry, level, replies)
        finally:
            del self.ready[id(entry.replies)]

    def alone(self, entry: Entry, level: int, replies: str) -> str:
        if entry.mine or entry.edits or entry.until or entry.vote:
            return self.render(entry, level)
        comment = entry.comment
        key = (
            self.page,
            level,
            entry.removed,
            entry.hidden,
            bool(replies),
            entry.answers is not None and (entry.answers.is_public, entry.answers.author_name != ""),
            entry.long,
            comment.status,
            comment.author_url != "",
            comment.author_name != "",
            comment.edited_at is not None,
            comment.parent_id is None,
            comment.descendant_count,
            few(comment.reaction_count),
            few(comment.disagree_count),
        )
        try:
            mould = _moulds[key]
        except KeyError:
            mould = self.make(entry, level, replies)
            with _lock:
                _moulds[key] = mould
                while len(_moulds) > MOST_MOULDS:
                    _moulds.popitem(last=False)
        return self.render(entry, level) if mould is None else mould.fill(entry, replies)

    def make(self, entry: Entry, level: int, replies: str) -> Mould | None:
        stand_in = self.stand_in(entry)
        self.ready[id(stand_in.replies)] = REPLIES
        try:
            mould = Mould(self.render(stand_in, level))
        finally:
            del self.ready[id(stand_in.replies)]
        if mould.fill(entry, replies) != self.render(entry, level):
            log.warning("a comment's template does more with a value than show it; such comments are rendered one by one")
            return None
        mould.press()
        return mould

    def stand_in(self, entry: Entry) -> Any:
        """What the template is shown in place of an entry and its comment."""
        comment = entry.comment
        link = comment.get_absolute_url()
        known = {
            "public_id": ID,
            "anchor": f"komentar-{ID}",
            "get_absolute_url": link.replace(comment.public_id, ID),
            "author_name": comment.author_name and NAME,
            "author_url": comment.author_url and URL,
            "body_html": BODY,
            "created_at": LONG_AGO,
            "edited_at": comment.edited_at and EDITED,
            "reaction_count": comment.reaction_count if comment.reaction_count < 2 else AGREE,
            "disagree_count": DISAGREE if comment.disagree_count > 1 else comment.disagree_count,
            "descendant_count": comment.descendant_count,
            "status": comment.status,
            "is_public": comment.is_public,
        }
        above = entry.answers
        answers = above and SimpleNamespace(
            public_id=ABOVE,
            anchor=f"komentar-{ABOVE}",
            get_absolute_url=above.get_absolute_url().replace(above.public_id, ABOVE),
            author_name=above.author_name and ABOVE_NAME,
            is_public=above.is_public,
        )
        return SimpleNamespace(
            comment=SimpleNamespace(**known),
            answers=answers,
            removed=entry.removed,
            mine=False,
            hidden=entry.hidden,
            replies=[None] if entry.replies else [],
            long=entry.long,
            at=AT,
        )

    def render(self, entry: Any, level: int) -> str:
        template = self.engine.get_template(TEMPLATE)
        return template.render(Context({**self.seen, "entry": entry, "level": level, "caster": self}))


def few(count: int) -> int:
    """What of a count decides how the words around it are made: none, one, or its form of the plural in any language."""
    return count if count < 2 else 2 if get_language() in {"id", "en"} else 100 + count % 100


def comments_of(context: Context, entries: Sequence[Entry], level: int) -> SafeString:
    caster = context.get("caster")
    if caster is None:
        assert context.template is not None
        caster = Caster(context.template.engine, {name: context.get(name) for name in SEEN})
    return mark_safe(caster.list(entries, level))  # noqa: S308  (the template's own output)
