"""Articles as plain-text or Markdown documents: bytes in, title and paragraphs out. Knows no database.

The first non-empty line is the title, empty lines part paragraphs. A reply form that was copied along with a page ("Tinggalkan
Balasan" and what follows) is no part of the article and is cut off. Front matter (`---`, `name: value` lines, `---`) is optional.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

MOST_BYTES = 1_000_000  # a long newspaper feature has 40 kB
MOST_TITLE = 250
LEAD_LENGTH = 240

# Lines with which the reply form of a page begins, as WordPress writes them in our two languages.
FORM_BEGINS = (
    "tinggalkan balasan",
    "tinggalkan komentar",
    "leave a reply",
    "leave a comment",
    "alamat email anda tidak akan dipublikasikan",
    "your email address will not be published",
)
FORM_HEADING_TAIL = re.compile(r"(batalkan balasan|cancel reply|untuk .{1,80}|to .{1,80})?[ .:*]*")

MARKERS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
RULE = re.compile(r"([-*_=])(?:\s*\1){2,}")
UNDERLINE = re.compile(r"(=+|-+)")
HEADING = re.compile(r"#{1,6}\s+(.*?)\s*#*")
BULLET = re.compile(r"(?:[-*+]|\d{1,3}[.)])\s+(.*)")
PICTURE = re.compile(r"!\[[^\]\n]{0,500}\]\([^)\n]{0,2000}\)")
LINK = re.compile(r"\[([^\]\n]{1,500})\]\([^)\n]{0,2000}\)")
EMPHASIS = re.compile(r"(?<![\w*_])(\*\*\*|___|\*\*|__|\*|_|`)(?=\S)([^\n*_`]{1,2000}?)(?<=\S)\1(?![\w*_])")
ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+.!>-])")


class BadDocument(ValueError):
    """A file that is no article. Its words say what is wrong, for the person who named the file."""


@dataclass(frozen=True, slots=True)
class Document:
    """`paragraphs` are plain text, a subheading with `## ` before it; `meta` is the front matter, names in lower case."""

    title: str
    paragraphs: tuple[str, ...]
    meta: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> str:
        return "\n\n".join(self.paragraphs)

    @property
    def lead(self) -> str:
        """The front matter's lead, else the beginning of the first paragraph, ended where a sentence ends if one does early enough."""
        if given := self.meta.get("lead", ""):
            return given
        first = next((one for one in self.paragraphs if not one.startswith("## ")), "")
        if len(first) <= LEAD_LENGTH:
            return first
        start = first[:LEAD_LENGTH]
        ends = [match.end() for match in re.finditer(r"[.!?][\"'”’)]?(?=\s)", start)]
        if ends and ends[-1] >= 60:
            return start[: ends[-1]]
        return f"{start.rsplit(' ', 1)[0].rstrip(',;:-–— ')}…"

    @property
    def digest(self) -> str:
        """64 hex digits that stay the same as long as title and text do, whatever the file's name, encoding or line ends."""
        return hashlib.sha256(f"{self.title}\n\n{self.body}".encode()).hexdigest()


def decode(content: bytes) -> str:
    """The text of a file. UTF-8 or marked UTF-16; what is neither is read as Windows-1252, the usual stray. Raises BadDocument."""
    if len(content) > MOST_BYTES:
        raise BadDocument(f"is larger than {MOST_BYTES // 1000} kB, which no article is")
    encoding = next((name for marker, name in MARKERS.items() if content.startswith(marker)), "utf-8")
    if encoding != "utf-16" and b"\0" in content:
        raise BadDocument("is no text file (it holds NUL bytes)")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        if encoding == "utf-16":
            raise BadDocument("is marked as UTF-16 but is damaged") from None
    controls = sum(byte < 32 and byte not in b"\t\n\r\f" for byte in content)
    if controls > len(content) // 100:
        raise BadDocument("is no text file")
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError:
        raise BadDocument("is neither UTF-8 nor Windows-1252 text") from None


def parse(text: str) -> Document:
    """Title and paragraphs of a document. Raises BadDocument where one of them is missing."""
    lines = [CONTROLS.sub("", line).rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    meta, lines = split_front_matter(lines)
    lines = cut_reply_form(lines)
    while lines and (not lines[0].strip() or RULE.fullmatch(lines[0].strip())):
        lines.pop(0)
    if not lines:
        raise BadDocument("is empty")
    title = plain(heading_of(lines[0]) or lines[0])
    lines = lines[1:]
    if lines and UNDERLINE.fullmatch(lines[0].strip()):
        lines = lines[1:]
    if not title:
        raise BadDocument("has no title in its first line")
    if len(title) > MOST_TITLE:
        raise BadDocument(f"has a first line of {len(title)} characters; a title has at most {MOST_TITLE}")
    paragraphs = tuple(blocks(lines))
    if not any(not paragraph.startswith("## ") for paragraph in paragraphs):
        raise BadDocument("has a title but no text below it")
    return Document(title, paragraphs, meta)


def split_front_matter(lines: list[str]) -> tuple[dict[str, str], list[str]]:
    if not lines or lines[0].lstrip("\ufeff").strip() != "---":
        return {}, lines
    meta: dict[str, str] = {}
    for number, line in enumerate(lines[1:], start=1):
        if line.strip() == "---":
            return meta, lines[number + 1 :]
        name, colon, value = line.partition(":")
        if not colon and line.strip():
            break  # no front matter after all, only a rule above the title
        meta[name.strip().lower()] = value.strip()
    return {}, lines[1:]


def cut_reply_form(lines: list[str]) -> list[str]:
    """Everything before the copied reply form, which begins with a line of its own."""
    for number, line in enumerate(lines):
        words = " ".join(plain(heading_of(line.strip()) or line).casefold().split())
        for begin in FORM_BEGINS:
            if not words.startswith(begin):
                continue
            rest = words[len(begin) :].strip()
            # The promise about the address is followed by the form's other sentence; a heading by nothing but its own tail.
            if begin.startswith(("alamat", "your")) or FORM_HEADING_TAIL.fullmatch(rest):
                return lines[:number]
    return lines


def blocks(lines: list[str]) -> list[str]:
    """The paragraphs: lines without an empty one between them are one, but for headings and the items of a list."""
    found: list[str] = []
    current: list[str] = []

    def close() -> None:
        if words := plain(" ".join(current)):
            found.append(words)
        current.clear()

    for line in lines:
        stripped = line.strip()
        if current and len(current) == 1 and re.fullmatch(r"-{3,}|={3,}", stripped):
            heading = plain(current[0])
            current.clear()
            found.append(f"## {heading}")
        elif not stripped or RULE.fullmatch(stripped):
            close()
        elif heading := plain(heading_of(stripped)):
            close()
            found.append(f"## {heading}")
        elif item := BULLET.fullmatch(stripped):
            close()
            current.append(f"• {item[1]}" if stripped[0] in "-*+" else stripped)
        else:
            current.append(stripped.lstrip("> ") if stripped.startswith(">") else stripped)
    close()
    return found


def heading_of(line: str) -> str:
    match = HEADING.fullmatch(line.strip())
    return match[1] if match else ""


def plain(text: str) -> str:
    """A line without Markdown's signs: emphasis, links (their words stay), pictures (nothing stays)."""
    text = LINK.sub(r"\1", PICTURE.sub("", text))
    for _ in range(3):  # bold inside italics inside a code sign, and no deeper
        text = EMPHASIS.sub(r"\2", text)
    return " ".join(ESCAPED.sub(r"\1", text).lstrip("\ufeff").split())
