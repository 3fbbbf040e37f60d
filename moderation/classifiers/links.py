"""Links, bare domains and telephone numbers in a text, as a reader wrote them. Pure, linear, raises for no `str`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from moderation.classifiers.normalise import normalise


@dataclass(frozen=True, slots=True)
class Link:
    """A link as the reader wrote it: `start:end` in the text (-1 for the author's site), its parts, the host in lower case."""

    start: int
    end: int
    url: str
    host: str


@dataclass(frozen=True, slots=True)
class Contact:
    """A way to be reached outside the comments: `kind` is phone, whatsapp or telegram; `start:end` in the text."""

    start: int
    end: int
    kind: str
    value: str


# Endings that are believed without a scheme in front. A closed list: "selesai.jadi" and "dll.yang" are sentences without a space.
_ENDINGS: Final = (
    "com|net|org|info|biz|xyz|site|online|website|top|link|live|club|vip|icu|shop|store|fun|games|game|bet|casino|poker|win|app|dev|"
    "pro|me|co|io|cc|tv|ws|gg|ly|to|gl|gd|is|st|li|im|id|my|sg|in|us|uk|eu|ru|cn|cloud|space|tech|asia|world|life|today|news|blog|page|"
    "bio|ink|click|cam|sbs|cfd|lol|quest|monster|rest|beauty|hair|skin|makeup|art|press|group|agency|digital|media|network|example|test"
)
_ALSO_WORDS: Final = frozenset({"in", "is", "us", "my", "to", "st", "im", "me", "la", "win"})
_SCHEME: Final = re.compile(r"(?i)\bhttps?\s?:\s?/\s?/\s?([^\s<>\"'\u201c\u201d]{1,2000})")
_BARE: Final = re.compile(
    r"(?i)(?<![\w@./-])((?:[a-z0-9\u00a1-\uffff\U00010000-\U0010ffff](?:[a-z0-9\u00a1-\uffff\U00010000-\U0010ffff-]{0,61})"
    rf"(?:\s?(?:\.|\(dot\)|\[\.\]|\(\.\)|\u3002|\uff0e)\s?|\sdot\s|\stitik\s)){{1,5}}(?:{_ENDINGS}))(?![\w-])((?:\s?/[^\s<>\"']{{0,500}})?)"
)
_SEPARATOR: Final = re.compile(r"(?i)\s?(?:\.|\(dot\)|\[\.\]|\(\.\)|\u3002|\uff0e)\s?|\sdot\s|\stitik\s")
# A dot and an ending, as every bare domain has them in a text of ASCII in which no dot is written as a word.
_ENDING: Final = re.compile(rf"(?i)\.[\])]?\s?(?:{_ENDINGS})(?![\w-])")
_TRAILING: Final = ".,;:!?)]}'\"\u2026"
_DIGIT: Final = re.compile(r"\d")
_PHONE: Final = re.compile(r"(?<!\d)(?:\+?\s?62|0)[\s.-]{0,2}8(?:[\s.-]{0,2}\d){8,11}(?!\d)")
_TELEGRAM: Final = re.compile(r"(?i)\b(?:t\.me|telegram\.me)/\+?(\w{3,40})|\b(?:telegram|tele|tg)\b\s{0,2}[:=]?\s{0,2}@(\w{4,40})")
_WHATSAPP: Final = re.compile(r"(?i)\b(?:wa\.me/\+?\d{8,15}|chat\.whatsapp\.com/\w{10,30})|\b(?:wa|w\.a|whatsapp|watsap)\b")


def host_of(url: str) -> str:
    """The host of an address in lower case, without user, port and trailing dot; empty where there is none."""
    try:
        parts = urlsplit(url if "//" in url[:10] else "//" + url)
        return (parts.hostname or "").strip(".").lower()
    except ValueError:
        # An unclosed bracket is read as a broken IPv6 address.
        return ""


def on_domain(host: str, domain: str) -> bool:
    """Whether `host` is `domain` or lies below it, on label boundaries: notexample.com is not on example.com."""
    return host == domain or host.endswith("." + domain)


def host_is_listed(host: str, domains: frozenset[str]) -> bool:
    """Whether a host or any domain above it is listed; as many look-ups as the host has labels."""
    while host:
        if host in domains:
            return True
        _, _, host = host.partition(".")
    return False


def find_links(text: str) -> tuple[Link, ...]:
    """The links of a text in order: `http(s)://…`, bare domains with a known ending, and their disguises (`bit . ly/x`, `(dot)`).

    `url` always has a scheme; `host` is as written, in lower case, so look-alike letters are still to be seen in it. Two words
    with a slip of the thumb between them are no link: see `_plausible`.
    """
    if not _may_have_link(text):
        return ()
    found: list[Link] = []
    taken_until = 0
    for match in _SCHEME.finditer(text):
        raw = match.group(1).rstrip(_TRAILING)
        host = host_of("http://" + raw)
        if raw and host:
            url = ("https://" if match.group()[:5].lower() == "https" else "http://") + raw
            found.append(Link(match.start(), match.start(1) + len(raw), url, host))
    spans = [(link.start, link.end) for link in found]
    at = 0
    for match in _BARE.finditer(text):
        while at < len(spans) and spans[at][1] <= match.start():
            at += 1
        inside = at < len(spans) and spans[at][0] < match.end()
        if inside or match.start() < taken_until or not _plausible(match.group(1), match.group(2)):
            continue
        host = _SEPARATOR.sub(".", match.group(1)).lower()
        path = match.group(2).strip().rstrip(_TRAILING)
        end = match.end(1) if not path else match.start(2) + match.group(2).index("/") + len(path)
        found.append(Link(match.start(), end, "http://" + host + path, host))
        taken_until = end
    return tuple(sorted(found, key=lambda link: link.start))


def _may_have_link(text: str) -> bool:
    """False where no link can be: without a scheme, and without a dot, in words or as a sign, that an ending follows. Most comments."""
    if not text.isascii():
        return "." in text or ":" in text or _SEPARATOR.search(text) is not None
    if ":" in text and _SCHEME.search(text):
        return True
    if "." in text and _ENDING.search(text):
        return True
    small = text.lower()
    return "dot" in small or "titik" in small


def _plausible(written: str, path: str) -> bool:
    """Whether a bare domain is meant as one.

    Written closed up it is, unless its ending is also a word ("selesai.is", "jalan.to") and no path follows. With a space at the
    dot only where the label before the ending holds a digit, or the ending or the name leaves no doubt.
    """
    if not path and written.rsplit(".", 1)[-1].strip().lower() in _ALSO_WORDS and not written.lower().startswith("www."):
        return False
    if not any(char.isspace() for char in written):
        labels = written.lower().split(".")
        return bool(path) or len(labels[-1]) > 2 or len(labels) > 2 or len(labels[-2]) > 2 or f"{labels[-2]}.{labels[-1]}" in SHORTENERS
    labels = [label.strip().lower() for label in _SEPARATOR.split(written)]
    name = f"{labels[-2]}.{labels[-1]}" if len(labels) > 1 else written
    spelt = re.search(r"(?i)\bdot\b|\btitik\b", written) is not None
    return name in SHORTENERS or any(c.isdigit() for c in labels[-2]) or labels[-1] in ("com", "net", "xyz") or spelt


SHORTENERS: Final = frozenset(
    (
        "bit.ly", "cutt.ly", "tinyurl.com", "s.id", "t.co", "goo.gl", "is.gd", "rb.gy", "shorturl.at", "linktr.ee", "heylink.me",
        "lynk.id", "t.ly", "ow.ly", "rebrand.ly", "tiny.cc", "bitly.com", "v.gd", "adf.ly", "msha.ke", "taplink.cc", "lnk.bio",
        "bio.link", "beacons.ai", "shorten.is", "short.gy", "linkr.bio", "solo.to", "desty.page", "urlis.net", "tautan.id",
    )
)  # fmt: skip


def find_contacts(text: str) -> tuple[Contact, ...]:
    """Telephone numbers of Indonesian form, WhatsApp and Telegram addresses, in order. A number after "WA" counts as WhatsApp."""
    found: list[Contact] = []
    if "@" in text or ".me/" in text.lower():
        for match in _TELEGRAM.finditer(text):
            found.append(Contact(match.start(), match.end(), "telegram", match.group(1) or match.group(2)))
    if _DIGIT.search(text):
        for match in _PHONE.finditer(text):
            before = text[max(0, match.start() - 24) : match.start()]
            kind = "whatsapp" if _WHATSAPP.search(before) else "phone"
            found.append(Contact(match.start(), match.end(), kind, re.sub(r"\D", "", match.group())))
    if "/" in text:
        for match in _WHATSAPP.finditer(text):
            if "/" in match.group():
                found.append(Contact(match.start(), match.end(), "whatsapp", match.group()))
    return tuple(sorted(found, key=lambda contact: (contact.start, contact.end)))


def readable(host: str) -> str:
    """A host with its punycode labels decoded; a label that cannot be decoded stays as it is."""
    return ".".join(_decoded(label) for label in host.split("."))


def _decoded(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, OverflowError):
        return label


def looks_like(host: str) -> str | None:
    """The ASCII host that one with look-alike letters passes for; None for an honest host.

    Honest are hosts of ASCII letters and hosts of one other script that do not fold to ASCII as a whole.
    """
    shown = readable(host)
    if shown.isascii():
        return None
    folded = ".".join(normalise(label).text for label in shown.split("."))
    return folded if folded.isascii() and folded != shown else None


def is_address(host: str) -> bool:
    """Whether a host is an IP address rather than a name."""
    return re.fullmatch(r"\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:]*:[0-9a-f:.]*", host) is not None
