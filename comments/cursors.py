"""Pages by position: a cursor names the last row that was seen, so that rows added or removed meanwhile shift nothing.

The order must be total (its last key unique). A cursor is opaque to clients and holds nothing that is not public; it is not signed,
so whatever comes back in one is checked as any other input.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)
LONGEST = 200  # characters of a cursor
NUMBERS = range(-(2**62), 2**62)
YEARS = range(1900, 9000)  # beyond them a time cannot be carried into another zone


class BadCursor(ValueError):
    """A cursor that we did not give out for this list."""


@dataclass(frozen=True, slots=True)
class Key:
    """One part of an order. `kind` is the type of the column's values: int or datetime."""

    name: str
    kind: type[int] | type[datetime]
    ascending: bool = True


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows in order; `next` and `previous` are cursors, empty at the ends."""

    rows: list[Row]
    next: str = ""
    previous: str = ""


def read(rows: QuerySet[Row], order: Sequence[Key], label: str, cursor: str, size: int) -> Page[Row]:
    """One page of at most `size` rows: one query. `label` ties a cursor to its list and order. Raises BadCursor."""
    backwards, position = decode(cursor, order, label) if cursor else (False, None)
    if position is not None:
        rows = rows.filter(beyond(order, position, backwards))
    found = list(in_order(rows, order, backwards=backwards)[: size + 1])
    more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    has_next, has_previous = (True, more) if backwards else (more, position is not None)
    return Page(
        found,
        next=encode(found[-1], order, label) if found and has_next else "",
        previous=encode(found[0], order, label, backwards=True) if found and has_previous else "",
    )


def in_order(rows: QuerySet[Row], order: Sequence[Key], *, backwards: bool = False) -> QuerySet[Row]:
    return rows.order_by(*(key.name if key.ascending != backwards else f"-{key.name}" for key in order))


def first_page(found: list[Row], order: Sequence[Key], label: str, size: int) -> Page[Row]:
    """As `read` without a cursor, of rows that were read before: the first ones in order, one more than the page holds if there is one."""
    return Page(found[:size], next=encode(found[size - 1], order, label) if len(found) > size else "")


def beyond(order: Sequence[Key], position: Sequence[object], backwards: bool) -> Q:
    """The rows that come after the position: (a > x) or (a = x and b > y) or …

    "a >= x" stands before that and says nothing new, but from it a database knows where in its index to begin.
    """
    condition, equal = Q(pk__in=[]), Q()
    first = order[0]
    bound = Q(**{f"{first.name}__{'gte' if first.ascending != backwards else 'lte'}": position[0]})
    for key, value in zip(order, position, strict=True):
        comparison = "gt" if key.ascending != backwards else "lt"
        condition |= equal & Q(**{f"{key.name}__{comparison}": value})
        equal &= Q(**{key.name: value})
    return bound & condition


def encode(row: Model, order: Sequence[Key], label: str, *, backwards: bool = False) -> str:
    """The cursor for what comes after this row, or before it."""
    values: list[Any] = [getattr(row, key.name) for key in order]
    parts = [value.isoformat() if isinstance(value, datetime) else str(value) for value in values]
    text = "|".join(["p" if backwards else "n", label, *parts])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str, order: Sequence[Key], label: str) -> tuple[bool, list[int | datetime]]:
    """(backwards, position) of a cursor; raises BadCursor for what is none of this list's."""
    if len(cursor) > LONGEST:
        raise BadCursor(label)
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars="-_", validate=True).decode()
        way, given, *parts = text.split("|")
        position = [key.kind.fromisoformat(part) if key.kind is datetime else int(part) for key, part in zip(order, parts, strict=True)]
    except (ValueError, binascii.Error) as error:
        raise BadCursor(label) from error
    if way not in {"n", "p"} or given != label or not all(map(is_sane, position)):
        raise BadCursor(label)
    return way == "p", position


def is_sane(value: int | datetime) -> bool:
    if isinstance(value, datetime):
        return value.tzinfo is not None and value.year in YEARS
    return value in NUMBERS
