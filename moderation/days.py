"""Days and moments as people type them or an address carries them. Plain Python: the phrase list reads its last days with it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

# Python's calendar ends with the years 1 and 9999; a time zone's hours, or a day added, reach over either end.
FIRST: Final = date(1900, 1, 1)
LAST: Final = date(9000, 12, 31)


def read_day(text: str) -> date | None:
    """A day such as 2026-11-24; None where it is none, or none that can be counted with."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST <= day <= LAST else None


def read_moment(text: str) -> datetime | None:
    """A moment in ISO 8601, in UTC where it names no zone; None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not FIRST <= moment.date() <= LAST:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
