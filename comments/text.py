"""Raw text to safe HTML and to plain text. The only module that imports bleach, and nothing may change its HTML afterwards.

bleach is at its end of life (its 6.4.0 says so), which is why it stays behind this one file, behind the length cap of
`settings.COMMENT_MAX_LENGTH` (100 kB of hostile markup costs it 5 to 11 s), and never with `parse_email`, which is quadratic. The
raw text is kept with the comment, so the HTML can always be made again.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import MutableMapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import bleach
from bleach.linkifier import LinkifyFilter

TAGS = frozenset({"a", "em", "strong", "blockquote", "code", "p", "br"})
ATTRIBUTES = {"a": ["href"]}
PROTOCOLS = frozenset({"http", "https"})
REL = "ugc nofollow noopener"

MOST_MARKS = 4  # combining marks on one letter; Vietnamese and Arabic need three at the most
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]"
)
DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
CONTROLS = re.compile("[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufffe\uffff]")  # the last two are no characters, and not allowed in XML
BLANK_LINES = re.compile(r"\n[ \t]*\n\s*")
NEEDS_BLEACH = re.compile(r"[<>&]|\w\.\w|://", re.ASCII)


def clean_raw(text: str) -> str:
    """The text as it is kept: one kind of line end, no control characters but newline and tab, no towers of marks, no outer space."""
    text = CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n"))
    return collapse_marks(text).strip()


def clean_line(text: str) -> str:
    """A name or any other single line: as `clean_raw`, and without line ends, direction marks and repeated spaces."""
    return " ".join(DIRECTION.sub("", clean_raw(text)).split())


def collapse_marks(text: str) -> str:
    """At most four combining marks on a letter ("zalgo" stacks hundreds and paints over the neighbours)."""
    if text.isascii():
        return text
    kept, run = [], 0
    for character in text:
        run = run + 1 if unicodedata.category(character) in {"Mn", "Me"} else 0
        if run <= MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def is_blank(text: str) -> bool:
    """Whether nothing can be seen of the text."""
    return not INVISIBLE.sub("", text).strip()


def shown_host(address: str) -> str | None:
    """The host of an http(s) link as it may be trusted to be read, or None where the address is no link for us.

    No user part ("https://bank.example@evil.example"); a host whose labels mix scripts, or spell ASCII look-alikes, is given in
    punycode.
    """
    try:
        parts = urlsplit(address)
        host = parts.hostname
        parts.port  # noqa: B018  (raises ValueError where it is no number)
    except ValueError:
        return None
    if parts.scheme.lower() not in PROTOCOLS or not host or "@" in parts.netloc or not re.search(r"\w", host):
        return None
    if host.isascii():
        return host
    scripts = {unicodedata.name(letter, "?").split()[0] for letter in host if letter.isalpha()}
    if scripts <= {"LATIN"}:
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return None


def safe_address(address: str) -> str:
    """An author's web site as it may be linked, or an empty string: http or https with a host and without a user part."""
    address = clean_line(address)
    if not address:
        return ""
    if "://" not in address and not address.lower().startswith(("javascript:", "data:", "vbscript:", "mailto:")):
        address = f"https://{address}"
    if re.search(r"[\s<>\"'`\\^{}|]", address) or shown_host(address) is None:
        return ""
    return address


def mark_link(attributes: MutableMapping[Any, str], new: bool = False, /) -> Any:
    """bleach's callback for each link, found or written as <a>: keep it with our `rel` and its true host, or leave its text only."""
    address = attributes.get((None, "href"), "").strip()
    host = shown_host(address)
    if host is None or re.search(r"[\s\\<>\"]", address):
        return None
    attributes[(None, "href")] = address
    attributes[(None, "rel")] = REL
    if host.startswith("xn--") or ".xn--" in host:
        attributes["_text"] = f"{attributes.get('_text', '')} [{host}]"
    return attributes


CLEANER = bleach.Cleaner(
    tags=TAGS,
    attributes=ATTRIBUTES,
    protocols=PROTOCOLS,
    strip=False,  # what is not allowed is shown as typed, so that nothing a reader wrote disappears
    strip_comments=True,
    filters=[partial(LinkifyFilter, callbacks=[mark_link], skip_tags={"code"}, parse_email=False)],
)
ALLOWED_TAG = re.compile(rf"</?(?:{'|'.join(sorted(TAGS))})(?:\s[^<>]*)?/?>", re.IGNORECASE)


def to_html(raw: str) -> str:
    """Safe HTML of a raw text of at most `COMMENT_MAX_LENGTH` code points: empty lines part paragraphs, line ends are kept.

    Plain text without markup, links or dots between letters skips bleach: it needs none, and three comments in four are so.
    """
    blocks = [block.strip("\n") for block in BLANK_LINES.split(raw)]
    marked = "".join(f"<p>{block.replace(chr(10), '<br>')}</p>" for block in blocks if block.strip())
    if NEEDS_BLEACH.search(raw):
        return CLEANER.clean(marked)
    return marked


def to_plain(raw: str) -> str:
    """The text without its allowed markup, entities resolved: what the API gives as `body_text`, and what mails and feeds may show."""
    if not NEEDS_BLEACH.search(raw):
        return raw
    return html.unescape(ALLOWED_TAG.sub("", raw)).strip()
