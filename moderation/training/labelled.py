"""Reading a labelled file of whatever origin: one row after the other, so that its length costs no memory.

Taken as they come: a byte order mark, UTF-16, CRLF, quoted line breaks, semicolons or tabs for commas, column names in capitals,
labels such as "1.0", rows that are too short or too long, bytes that are no UTF-8, empty texts. Refused in one sentence: a file
without the columns, a label that is neither 0 nor 1, a file without rows.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from moderation.training.data import DataError, Row

NO_SLICE: Final = "-"
_YES: Final = frozenset(("1", "1.0", "true", "yes"))
_NO: Final = frozenset(("0", "0.0", "-0.0", "false", "no"))
_DELIMITERS: Final = (",", ";", "\t")


def _encoding(path: Path) -> str:
    with _opened(path) as file:
        begin = file.read(4)
    return "utf-16" if begin[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


def _opened(path: Path) -> gzip.GzipFile | io.BufferedReader:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


def read(path: Path) -> Iterator[Row]:
    """The rows of a labelled file in order; `source` is the slice. Raises DataError."""
    try:
        yield from _rows(path)
    except (OSError, EOFError, UnicodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise DataError(f"{path.name} cannot be read: {reason}.") from error


def _rows(path: Path) -> Iterator[Row]:
    with _opened(path) as raw, io.TextIOWrapper(raw, encoding=_encoding(path), errors="replace", newline="") as file:
        head = file.readline()
        delimiter = max(_DELIMITERS, key=head.count)
        names = [name.strip().lower() for name in next(csv.reader([head], delimiter=delimiter), [])]
        if "text" not in names or "label" not in names:
            found = ", ".join(names)[:200] or "nothing"
            raise DataError(
                f"{path.name}: the columns 'text' and 'label' are needed, and 'slice' may be there; the first line has: {found}."
            )
        text, label = names.index("text"), names.index("label")
        part = names.index("slice") if "slice" in names else len(names)
        number = 1
        for number, cells in enumerate(csv.reader(file, delimiter=delimiter), start=2):  # told after the loop
            if not any(cells):
                continue
            given = cells[label].strip().lower() if label < len(cells) else ""
            if given not in _YES and given not in _NO:
                raise DataError(f"{path.name}, record {number}: the label must be 0 or 1, not '{given[:40]}'.")
            yield Row(
                cells[text] if text < len(cells) else "",
                int(given in _YES),
                (cells[part].strip() if part < len(cells) else "") or NO_SLICE,
            )
        if number == 1:
            raise DataError(f"{path.name} has no rows.")
