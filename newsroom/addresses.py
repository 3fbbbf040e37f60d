"""Addresses of articles that live on other sites. One article can have had several; all of them lead to the one thread."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from newsroom.hosts import DEFAULT_PORTS, LABEL, BadHost, to_ascii

LONGEST = 500
# What newsletters, networks and search engines hang onto an address: it says where a reader came from, not which article they read.
TRACKING = re.compile(r"utm_\w+|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|igshid|mc_[ce]id|_ga|_gl|ref_src|amp", re.IGNORECASE)
HOST = re.compile(rf"(?:{LABEL}\.)*{LABEL}|\[[0-9a-f:.]+\]")
CONTROL = re.compile(r"[\x00-\x20\x7f\\]")
SAFE = "/:@!$&'()*+,;=~-._"


class BadAddress(ValueError):
    """Not the http or https address of a page."""


def key_of(address: str) -> str:
    """What is the same for all spellings of an address: no scheme, www., usual port, trailing slash, tracking or fragment.

    `https://www.Koran.example:443/a/?utm_source=x&b=1#c` is `koran.example/a?b=1`. Raises BadAddress.
    """
    address = address.strip()
    if len(address) > LONGEST or CONTROL.search(address):
        raise BadAddress
    try:
        address.encode()
        parts = urlsplit(address)
        port = parts.port
        host = to_ascii((parts.hostname or "").lower())
    except (ValueError, BadHost) as error:
        raise BadAddress from error
    if ":" in host:
        host = f"[{host}]"
    if parts.scheme not in DEFAULT_PORTS or "@" in parts.netloc or not HOST.fullmatch(host):
        raise BadAddress
    while host.startswith("www.") and host.count(".") > 1:
        host = host.removeprefix("www.")
    where = host if port in {None, 80, 443} else f"{host}:{port}"
    path = quote(unquote(parts.path, errors="surrogateescape").encode(errors="surrogateescape"), safe=SAFE)
    path = re.sub(r"/+", "/", path).rstrip("/")
    query = sorted((name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if not TRACKING.fullmatch(name))
    key = f"{where}{path}{'?' + urlencode(query) if query else ''}"
    if len(key) > LONGEST:
        raise BadAddress
    return key


def host_of(address: str) -> tuple[str, int | None]:
    """Host and port of an address that `key_of` takes; None for the usual port. Raises BadAddress."""
    key_of(address)
    parts = urlsplit(address.strip())
    host = to_ascii((parts.hostname or "").lower())
    port = None if parts.port == DEFAULT_PORTS[parts.scheme] else parts.port
    return (f"[{host}]" if ":" in host else host), port


def title_from(address: str) -> str:
    """Words for an article of which nothing is known but where it is: the last part of its path, or the address itself."""
    key = key_of(address)
    path = key.partition("?")[0]
    words = re.sub(r"[-_+\s]+", " ", re.sub(r"\.\w{1,5}$", "", unquote(path.rpartition("/")[2] if "/" in path else ""))).strip()
    words = "".join(letter for letter in words if letter.isprintable())
    if not re.search(r"[^\W\d_]", words):
        return key[:200]
    return (words[0].upper() + words[1:])[:200]
