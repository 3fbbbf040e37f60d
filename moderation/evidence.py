"""A comment's text as a moderator sees it: cut into pieces, with the evidence marked and what is hidden made visible. Plain Python.

Nothing here makes HTML; `moderation.templatetags.desk` does, and escapes every piece.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

# How a kind of evidence is drawn: by the style of its line as well as by its colour. Kinds that are not listed are "other".
FAMILIES = {
    "gambling": "gambling",
    "insult": "abuse",
    "profanity": "abuse",
    "threat": "abuse",
    "identity": "abuse",
    "hate": "abuse",
    "abuse": "abuse",
    "toxic": "abuse",
    "spam": "phrase",
    "scam": "phrase",
    "promotion": "phrase",
    "phrase": "phrase",
    "link": "link",
    "listed": "link",
    "look-alike": "link",
    "user-part": "link",
    "address": "link",
    "shortener": "link",
    "phone": "link",
    "whatsapp": "link",
    "telegram": "link",
    "hidden": "hidden",
    "invisible": "hidden",
}
ORDER = ("gambling", "abuse", "phrase", "link", "hidden", "other")

# What cannot be seen, under the short names that Unicode itself uses for it.
SIGNS = {
    0x00AD: "SHY",
    0x034F: "CGJ",
    0x061C: "ALM",
    0x115F: "HCF",
    0x1160: "HJF",
    0x17B4: "KIVAQ",
    0x17B5: "KIVAA",
    0x180E: "MVS",
    0x200B: "ZWSP",
    0x200C: "ZWNJ",
    0x200D: "ZWJ",
    0x200E: "LRM",
    0x200F: "RLM",
    0x2028: "LSEP",
    0x2029: "PSEP",
    0x202A: "LRE",
    0x202B: "RLE",
    0x202C: "PDF",
    0x202D: "LRO",
    0x202E: "RLO",
    0x2060: "WJ",
    0x2061: "FA",
    0x2062: "IT",
    0x2063: "IS",
    0x2064: "IP",
    0x2066: "LRI",
    0x2067: "RLI",
    0x2068: "FSI",
    0x2069: "PDI",
    0x2800: "BLANK",
    0x3164: "HF",
    0xFEFF: "BOM",
    0xFFA0: "HWHF",
}
ZWJ, ZWNJ, TEXT_STYLE, EMOJI_STYLE = 0x200D, 0x200C, 0xFE0E, 0xFE0F
KEPT_SPACES = frozenset(" \u00a0\u202f\u3000")  # found in honest text: pasted from a word processor, or written in Japanese


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of a text that a check points at: `text[start:end]`, why (`kind`), and which check says so."""

    start: int
    end: int
    kind: str
    check: str = ""

    @property
    def family(self) -> str:
        return FAMILIES.get(self.kind, "other")


class Piece(NamedTuple):
    """A stretch of text under the same marks. `sign` is the name of a hidden character, which stands there `times` times."""

    text: str
    families: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    sign: str = ""
    times: int = 1


def read_marks(spans: object, length: int, check: str = "") -> list[Mark]:
    """The marks of a finding as it is stored, `[[start, end, kind], …]`; whatever does not lie inside the text is left out.

    A finding is evidence, not a promise: another version's or another program's may hold anything.
    """
    marks: list[Mark] = []
    if not isinstance(spans, list | tuple):
        return marks
    for span in spans:
        if not isinstance(span, list | tuple) or len(span) < 2:
            continue
        start, end = span[0], span[1]
        if type(start) is not int or type(end) is not int or not 0 <= start < end <= length:
            continue
        kind = span[2] if len(span) > 2 and isinstance(span[2], str) else ""
        marks.append(Mark(start, end, kind[:24], check))
    return marks


def cut(text: str, marks: Iterable[Mark] = ()) -> list[Piece]:
    """The text as pieces, in order. Where marks overlap, a piece carries all of their families."""
    inside = [mark for mark in marks if 0 <= mark.start < mark.end <= len(text)]
    edges = sorted({0, len(text), *(mark.start for mark in inside), *(mark.end for mark in inside)})
    starts: dict[int, list[Mark]] = {}
    for mark in inside:
        starts.setdefault(mark.start, []).append(mark)
    pieces: list[Piece] = []
    active: list[Mark] = []
    for start, end in itertools.pairwise(edges):
        active = [mark for mark in active if mark.end > start] + starts.get(start, [])
        families = tuple(sorted({mark.family for mark in active}, key=ORDER.index))
        checks = tuple(sorted({mark.check for mark in active if mark.check}))
        pieces.extend(_show_hidden(text, start, end, families, checks))
    return pieces


def excerpt(text: str, marks: Sequence[Mark], length: int = 110) -> list[Piece]:
    """One line's worth of the text, from a little before the first mark on."""
    first = min((mark.start for mark in marks), default=0)
    start = 0 if first < length // 2 else first - length // 4
    end = min(len(text), start + length)
    shifted = [Mark(max(mark.start, start) - start, min(mark.end, end) - start, mark.kind, mark.check) for mark in marks]
    pieces = cut(text[start:end], shifted)
    return [*([Piece("…")] if start else []), *pieces, *([Piece("…")] if end < len(text) else [])]


def sign_of(text: str, place: int) -> str:
    """The name of the hidden character at a place, or an empty string where one sees what stands there.

    Joiners and style selectors that make one picture of several signs are part of the picture; anywhere else they hide.
    """
    code = ord(text[place])
    if code < 0x7F:
        return f"U+{code:04X}" if code < 0x20 and code not in (0x09, 0x0A) else ""
    character = text[place]
    category = unicodedata.category(character)
    if code in (ZWJ, EMOJI_STYLE, TEXT_STYLE) and place > 0 and _joins_picture(text, place):
        return ""
    if 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF:
        return f"VS{code - 0xFE00 + 1 if code < 0xFF00 else code - 0xE0100 + 17}"
    if 0xE0000 <= code <= 0xE007F:
        return "TAG"
    if code in SIGNS:
        return SIGNS[code]
    if category in ("Cc", "Cf", "Cs", "Co", "Cn"):
        return f"U+{code:04X}"
    if category == "Zs" and character not in KEPT_SPACES:
        return "SP"
    return ""


def _joins_picture(text: str, place: int) -> bool:
    before = text[place - 1]
    if ord(text[place]) == ZWJ:
        styled = ord(before) in (EMOJI_STYLE, TEXT_STYLE)
        return (_is_picture(before) or styled) and place + 1 < len(text) and _is_picture(text[place + 1])
    return _is_picture(before) or before in "#*0123456789"


def _is_picture(character: str) -> bool:
    return unicodedata.category(character) == "So" or 0x1F3FB <= ord(character) <= 0x1F3FF


def _show_hidden(text: str, start: int, end: int, families: tuple[str, ...], checks: tuple[str, ...]) -> list[Piece]:
    """The pieces of one stretch: what can be read, and between it each run of the same hidden character under its name."""
    pieces: list[Piece] = []
    begun = place = start
    while place < end:
        sign = sign_of(text, place)
        if not sign:
            place += 1
            continue
        if begun < place:
            pieces.append(Piece(text[begun:place], families, checks))
        run = place + 1
        while run < end and text[run] == text[place]:
            run += 1
        pieces.append(Piece(text[place], families, checks, sign, run - place))
        begun = place = run
    if begun < end:
        pieces.append(Piece(text[begun:end], families, checks))
    return pieces
