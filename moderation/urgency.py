"""How urgent a held comment is: harm × certainty × reach, 0 to 1; age comes in by its place in the queue. See docs/adr/0023.

Plain Python.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

FULL_THREAD = 200  # published comments from which a thread counts as one that everybody reads


def harm(table: Mapping[str, float], check: str) -> float:
    """What it would cost to leave in place what a check is about. Checks that the table does not name count in full."""
    return min(max(table.get(check, 1.0), 0.0), 1.0)


def reach(age: timedelta | None, comments: int, *, half_life: timedelta, least: float) -> float:
    """How many would read a comment while it stands, `least` to 1: by the article's age, and by how much is said below it."""
    fresh = 0.5 ** (max(age.total_seconds(), 0.0) / half_life.total_seconds()) if age is not None else 0.0
    attention = min(1.0, fresh + min(comments, FULL_THREAD) / FULL_THREAD / 2)
    return least + (1.0 - least) * attention
