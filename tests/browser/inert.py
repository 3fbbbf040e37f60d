"""Whether a served page holds nothing that could run: read from its source by a parser of its own, apart from any browser."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

BODY_TAGS = {"a", "em", "strong", "blockquote", "code", "p", "br"}
NEVER = {"iframe", "object", "embed", "base", "audio", "video", "source", "style", "math", "foreignobject", "animate", "set", "template"}
ADDRESSES = {"href", "src", "action", "formaction", "xlink:href", "data", "poster", "background", "ping"}
PLAIN = re.compile(r"\s*/?[\w .#-]{1,40}\s*")
OURS = re.compile(r"(?:template|word)-[a-z]+")  # the desk's own templates, which its script fills
REL = "ugc nofollow noopener"


class Reader(HTMLParser):
    """Collects `faults`, and the source of each comment's body in `bodies`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.bodies: list[str] = []
        self.fields: dict[str, str] = {}
        self._depth = 0
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._look(tag, given)
        if tag == "textarea":
            self._area = given.get("name", "")
            self.fields[self._area] = ""
        if tag == "input" and given.get("type") in {"text", "email"}:
            self.fields[given.get("name", "")] = given.get("value", "")
        if self._depth:
            self._look_in_body(tag, attrs)
            self._depth += tag == "div"
            self.bodies[-1] += self.get_starttag_text() or ""
        elif tag == "div" and "comment-body" in given.get("class", "").split():
            self._depth = 1
            self.bodies.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = None
        if self._depth and tag == "div":
            self._depth -= 1

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self.fields[self._area] += data if self.fields[self._area] else data.removeprefix("\n")  # as a browser reads it
        if self._depth:
            self.bodies[-1] += html.escape(data)

    def handle_decl(self, decl: str) -> None:
        if decl.lower() != "doctype html":
            self.faults.append(f"declaration {decl!r}")

    def handle_comment(self, data: str) -> None:
        if self._depth or not PLAIN.fullmatch(data):  # Django's admin marks its blocks: <!-- END Header -->
            self.faults.append(f"comment {data[:60]!r}")

    def handle_pi(self, data: str) -> None:
        self.faults.append(f"instruction {data[:60]!r}")

    def unknown_decl(self, data: str) -> None:
        self.faults.append(f"declaration {data[:60]!r}")

    def _look(self, tag: str, given: dict[str, str]) -> None:
        if tag in NEVER and not (tag == "template" and OURS.fullmatch(given.get("id", "")) and len(given) == 1):
            self.faults.append(f"<{tag}>")
        if (
            tag == "script"
            and given != {"type": "application/ld+json"}
            and not given.get("src", "").startswith(("/static/", "/admin/jsi18n/"))
        ):
            self.faults.append(f"<script> {given}")
        if tag == "img" and not given.get("src", "").startswith("/static/"):
            self.faults.append(f"<img> {given}")
        if tag == "meta" and "http-equiv" in given:
            self.faults.append(f"<meta http-equiv={given['http-equiv']}>")
        for name, value in given.items():
            if name.startswith("on") or name in {"style", "srcdoc"}:
                self.faults.append(f"<{tag} {name}>")
            if name in ADDRESSES and tag != "link" and not self._is_harmless(tag, value):
                self.faults.append(f"<{tag} {name}={value[:80]!r}>")

    def _is_harmless(self, tag: str, address: str) -> bool:
        parts = urlsplit(address.strip())
        if tag != "a":
            return not parts.scheme and not parts.netloc
        return (not parts.scheme and not parts.netloc) or (
            parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
        )

    def _look_in_body(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in BODY_TAGS:
            self.faults.append(f"<{tag}> in a comment")
        allowed = ["href", "rel"] if tag == "a" else []
        if sorted(name for name, _ in attrs) != allowed:
            self.faults.append(f"<{tag} {attrs}> in a comment")
        if tag == "a" and dict(attrs).get("rel") != REL:
            self.faults.append(f"a link without its rel: {attrs}")


def read(source: str) -> Reader:
    reader = Reader()
    reader.feed(source)
    reader.close()
    return reader


def faults(source: str) -> list[str]:
    """What a page holds that it must not hold."""
    return read(source).faults
