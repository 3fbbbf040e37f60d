"""Rows as CSV that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

# What makes a spreadsheet calculate, with the full-width twins that some of them read alike.
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def defuse(value: Any) -> str:
    """A cell's text; led by an apostrophe where it would begin a formula. Numbers stay numbers."""
    if isinstance(value, int | float):
        return str(value)
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" \u00a0\ufeff").startswith(DANGEROUS) or text.startswith(DANGEROUS) else text


class _Echo:
    def write(self, line: str) -> str:
        return line


def lines(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The file line by line, for a streamed answer."""
    writer = csv.writer(_Echo())
    yield "\ufeff"  # without it spreadsheets read UTF-8 as something else
    yield writer.writerow(head)
    for row in rows:
        yield writer.writerow([defuse(cell) for cell in row])
