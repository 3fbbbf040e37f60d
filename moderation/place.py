"""Where in the queue somebody is: a view, its filters and its order, as they stand in the address."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from moderation.days import read_day

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

MOST_PAGES = 200

VIEWS: dict[str, _StrPromise] = {
    "review": _("Needs review"),
    "reported": _("Reported"),
    "campaigns": _("Campaigns"),
    "rules": _("Held by rule"),
    "appeals": _("Appeals"),
    "watched": _("Watched articles"),
    "mine": _("With me"),
    "spam": _("Spam"),
    "decided": _("Recently decided"),
    "all": _("All comments"),
}
PAGES = {"campaigns": "queue-campaigns", "appeals": "appeals"}  # views that are pages of their own
HANDING = ("review", "reported", "rules", "watched")  # views that hand out the next comment by themselves
SORTS: dict[str, _StrPromise] = {"": _("By urgency"), "oldest": _("Oldest first"), "newest": _("Newest first")}
AGES: dict[str, _StrPromise] = {
    "1": _("more than an hour"),
    "4": _("more than 4 hours"),
    "24": _("more than a day"),
    "72": _("more than 3 days"),
}
ALIKE: dict[str, _StrPromise] = {
    "author": _("By the same author"),
    "address": _("With the same e-mail address"),
    "network": _("From the same network"),
    "text": _("With the same text"),
    "campaign": _("In the same campaign"),
}
# What moderation.classifiers.languages can tell apart.
LANGUAGES: dict[str, _StrPromise] = {
    "id": _("Indonesian"),
    "en": _("English"),
    "jv": _("Javanese"),
    "su": _("Sundanese"),
}
STATES: dict[str, _StrPromise] = {
    "held": pgettext_lazy("comments that are", "waiting"),
    "approved": pgettext_lazy("comments that are", "published"),
    "rejected": pgettext_lazy("comments that are", "rejected"),
    "spam": pgettext_lazy("comments that are", "spam"),
    "withdrawn": pgettext_lazy("comments that are", "withdrawn"),
}
WORDS_LENGTH = 80
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """Unknown values fall back to the plain queue. The order of the fields is the order in the address."""

    view: str = "review"
    publication: int = 0
    section: int = 0
    article: int = 0
    state: str = ""  # one of STATES, in the view of all comments
    check: str = ""
    phrase: str = ""
    language: str = ""
    age: str = ""  # one of AGES: hours
    since: str = ""  # days, as 2026-11-24, in the time zone of the page
    until: str = ""
    author: str = ""  # part of a name
    words: str = ""  # that stand in the text or the name
    sort: str = ""
    page: int = 1
    alike: str = ""  # one of ALIKE, and `of`: the public id of the comment that others are like
    of: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> Place:
        def among(name: str, known: Any) -> str:
            return query.get(name, "") if query.get(name, "") in known else ""

        alike = among("alike", ALIKE)
        of = query.get("of", "")[:32]
        return cls(
            view=among("view", VIEWS) or "review",
            publication=number(query.get("publication", "")),
            section=number(query.get("section", "")),
            article=number(query.get("article", "")),
            state=among("state", STATES),
            check=among("check", settings.MODERATION_CHECKS),
            phrase=line(query.get("phrase", ""), 120),
            language=among("language", LANGUAGES),
            age=among("age", AGES),
            since=day(query.get("since", "")),
            until=day(query.get("until", "")),
            author=line(query.get("author", ""), WORDS_LENGTH),
            words=line(query.get("words", ""), WORDS_LENGTH),
            sort=among("sort", SORTS),
            page=min(max(number(query.get("page", "")), 1), MOST_PAGES),
            alike=alike if of else "",
            of=of if alike else "",
        )

    def query(self, **more: str) -> str:
        """This place as a query string; `more` is added to it. Empty for the plain queue."""
        known = QueryDict(mutable=True)
        for name in NAMES:
            if getattr(self, name) != getattr(PLAIN, name):
                known[name] = str(getattr(self, name))
        for name, value in more.items():
            known[name] = value
        return known.urlencode()

    def at(self, **changes: Any) -> Place:
        return replace(self, **changes)

    @property
    def hands_out(self) -> bool:
        return self.view in HANDING and not self.alike

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter is set."""
        return any(getattr(self, name) != getattr(PLAIN, name) for name in FILTERS)


PLAIN = Place()
NAMES = tuple(field.name for field in fields(Place))
FILTERS = tuple(name for name in NAMES if name not in {"view", "sort", "page", "alike", "of"})


def number(text: str) -> int:
    """A primary key or a page as it stands in an address; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def line(text: str, length: int) -> str:
    return " ".join(text.split())[:length]


def day(text: str) -> str:
    """The day, if there is such a one that can be counted with."""
    found = read_day(text) if DAY.fullmatch(text) else None
    return found.isoformat() if found is not None else ""
