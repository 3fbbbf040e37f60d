"""A list that somebody hands in as a file or pasted: its text, or what is wrong with it in their own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

LARGEST = 200_000  # bytes of a list
NAME_SHOWN = 80
_PICTURE = gettext_lazy("“%(name)s” is a picture.")
_WORKBOOK = gettext_lazy("“%(name)s” is a spreadsheet or an archive, not plain text. Open it, choose “Save as”, then “CSV UTF-8”.")
_DOCUMENT = gettext_lazy("“%(name)s” is a PDF document.")
# How files begin that people take for a list, or send by mistake.
BEGINNINGS = (
    (b"\x89PNG", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"GIF8", _PICTURE),
    (b"RIFF", _PICTURE),
    (b"PK\x03\x04", _WORKBOOK),
    (b"\xd0\xcf\x11\xe0", _WORKBOOK),
    (b"%PDF", _DOCUMENT),
)


class NotAList(ValueError):
    """What was handed in is no list; `str` is the sentence for whoever did it. `of_file` says at which of the two fields."""

    def __init__(self, sentence: str, *, of_file: bool) -> None:
        self.of_file = of_file
        super().__init__(sentence)


def read_list(file: UploadedFile | None, pasted: str) -> str:
    """The text of the file, else what was pasted, with newlines as they are here. Raises NotAList."""
    raw = (file.read(LARGEST + 1) or b"") if file is not None else pasted.encode()
    given = file is not None
    name = (file.name or "")[:NAME_SHOWN] if file is not None else ""
    for beginning, sentence in BEGINNINGS if given else ():
        if raw.startswith(beginning):
            raise NotAList(f"{str(sentence) % {'name': name}} {_wanted()}", of_file=True)
    if len(raw) > LARGEST:
        raise NotAList(_("The list is larger than %(limit)d kB.") % {"limit": LARGEST // 1000}, of_file=given)
    if b"\0" in raw:
        other = _("“%(name)s” is not a text file.") % {"name": name} if given else _("What was pasted is not a text.")
        raise NotAList(f"{other} {_wanted()}", of_file=given)
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise NotAList(_("The file is not in UTF-8. Save it as “CSV UTF-8” and send it again."), of_file=given) from error
    if not text.strip():
        raise NotAList(_("Choose a file, or paste the lines."), of_file=True)
    return text


def _wanted() -> str:
    return _("Choose a CSV file in UTF-8: lines of text with commas between the columns.")
