"""Message catalogues: .po to .mo in plain Python, so that a machine without gettext speaks the site's languages as well.

The .mo files are made, not kept in the repository. The format is GNU gettext's: a header, a table of the sorted originals, one of
the translations, and the strings, each closed by a NUL.
"""

from __future__ import annotations

import ast
import os
import struct
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

MAGIC = 0x950412DE


class BadCatalogue(ValueError):
    """A .po file that cannot be read; names the file and the line."""


@dataclass(slots=True)
class Message:
    """One entry. `text` has one string, or one for each plural form."""

    original: str = ""
    context: str | None = None
    plural: str | None = None
    text: dict[int, str] = field(default_factory=dict)
    fuzzy: bool = False
    line: int = 0

    @property
    def key(self) -> str:
        head = self.original if self.context is None else f"{self.context}\x04{self.original}"
        return head if self.plural is None else f"{head}\0{self.plural}"

    @property
    def value(self) -> str:
        return "\0".join(self.text[number] for number in sorted(self.text))

    @property
    def is_complete(self) -> bool:
        return bool(self.text) and all(self.text.values()) and not self.fuzzy


def compile_catalogues() -> int:
    """Make every .mo file that is missing or older than its .po; how many were made. Safe to run twice, and at the same time.

    A folder that cannot be written to (an installation owned by root) is left as it is, if the catalogue is there already.
    """
    made = 0
    for folder in settings.LOCALE_PATHS:
        for source in sorted(Path(folder).glob("*/LC_MESSAGES/*.po")):
            target = source.with_suffix(".mo")
            if target.exists() and target.stat().st_mtime_ns > source.stat().st_mtime_ns:
                continue
            write_whole(target, to_mo(read_po(source)))
            made += 1
    return made


def write_whole(target: Path, content: bytes) -> None:
    """Write beside the target and rename: whoever reads meanwhile finds the old file or the new one, never half of one."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def to_mo(messages: list[Message]) -> bytes:
    """The binary catalogue. Entries that are empty or fuzzy are left out, as msgfmt does; the header always stays."""
    chosen = {each.key: each.value for each in messages if each.is_complete or not each.original}
    pairs = sorted((key.encode(), value.encode()) for key, value in chosen.items())
    keys = b"".join(key + b"\0" for key, _value in pairs)
    values = b"".join(value + b"\0" for _key, value in pairs)
    count, start = len(pairs), 28
    strings = start + 16 * count
    table = []
    for place, column in ((strings, 0), (strings + len(keys), 1)):
        for pair in pairs:
            table.append(struct.pack("<II", len(pair[column]), place))
            place += len(pair[column]) + 1
    head = struct.pack("<7I", MAGIC, 0, count, start, start + 8 * count, 0, strings)
    return head + b"".join(table) + keys + values


def read_po(path: Path) -> list[Message]:
    """The entries of a .po file, its header (the entry without an original) among them. Raises BadCatalogue."""
    return list(_entries(path))


def _entries(path: Path) -> Iterator[Message]:
    current, where = Message(), ""
    for number, raw in enumerate([*path.read_text("utf-8").splitlines(), ""], start=1):
        line = raw.strip()
        if current.text and line.startswith(("msgid ", "msgctxt ", "#,")):  # the next entry, also where no empty line stands before it
            yield current
            current, where = Message(line=number), ""
        if not line:
            if current.text:
                yield current
            current, where = Message(line=number + 1), ""
        elif line.startswith("#,"):
            current.fuzzy = "fuzzy" in line
        elif line.startswith("#"):
            continue  # comments, and the obsolete entries that makemessages leaves behind
        else:
            name, _space, quoted = (where, "", line) if line.startswith('"') else line.partition(" ")
            where = name
            try:
                words = ast.literal_eval(quoted)
            except (SyntaxError, ValueError):
                raise BadCatalogue(f"{path.name}, line {number}: not a quoted string") from None
            if name == "msgid":
                current.original += words
            elif name == "msgctxt":
                current.context = (current.context or "") + words
            elif name == "msgid_plural":
                current.plural = (current.plural or "") + words
            elif name == "msgstr" or (name.startswith("msgstr[") and name.endswith("]") and name[7:-1].isdigit()):
                form = 0 if name == "msgstr" else int(name[7:-1])
                current.text[form] = current.text.get(form, "") + words
            else:
                raise BadCatalogue(f"{path.name}, line {number}: {name[:20]!r} is unknown here")
