"""Other sites by their host: which may show a publication's threads in a frame and read them from their own pages.

A rule is `koran.example` (that host), `*.koran.example` (every host below it, not itself), either with `:8443` behind it. Matching goes
by whole labels: `koran.example` says nothing of `bukankoran.example`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
RULE = re.compile(rf"(?P<below>\*\.)?(?P<host>(?:{LABEL}\.)*{LABEL}|\[[0-9a-f:.]+\])(?P<port>:[1-9]\d{{0,4}})?")
DEFAULT_PORTS = {"http": 80, "https": 443}


class BadHost(ValueError):
    """Not the name of a host. `code` says what is wrong with it: `form`, `port` or `wide`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read_rule(text: str) -> str:
    """The rule as it is kept: in small letters, other alphabets in their ASCII form. Raises BadHost."""
    text = text.strip().lower()
    star, text = ("*.", text[2:]) if text.startswith("*.") else ("", text)
    name, colon, port = text.rpartition(":") if re.search(r":\d+$", text) and not text.endswith("]") else (text, "", "")
    name = to_ascii(name)
    match = RULE.fullmatch(f"{star}{name}{colon}{port}")
    if match is None or len(name) > 253:
        raise BadHost("form")
    if port and int(port) > 65_535:
        raise BadHost("port")
    if name.startswith("["):
        check_ip(name[1:-1])
    if star and ("." not in name or name.startswith("[") or re.fullmatch(r"[\d.]+", name)):
        raise BadHost("wide")  # `*.id` would be half a country
    return match[0]


def to_ascii(host: str) -> str:
    """A host name as it stands in a request. Raises BadHost."""
    host = host.removesuffix(".")
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode()
    except UnicodeError as error:
        raise BadHost("form") from error


def check_ip(text: str) -> None:
    try:
        ip_address(text)
    except ValueError as error:
        raise BadHost("form") from error


def matches(rules: Iterable[str], host: str, port: int | None = None) -> bool:
    """Whether one of the rules means this host. `port` is None for the scheme's usual one."""
    suffix = f":{port}" if port else ""
    for rule in rules:
        name, colon, number = rule.rpartition(":") if re.search(r":\d+$", rule) and not rule.endswith("]") else (rule, "", "")
        if f"{colon}{number}" != suffix:
            continue
        if name == host or (name.startswith("*.") and host.endswith(name[1:]) and len(host) > len(name) - 1):
            return True
    return False


def matches_origin(rules: Iterable[str], origin: str, *, https: bool) -> bool:
    """Whether one of the rules means the site of an `Origin` header. `https`: what is not encrypted never counts."""
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        return False
    if (
        parts.scheme not in ({"https"} if https else {"http", "https"})
        or not parts.hostname
        or origin != f"{parts.scheme}://{parts.netloc}"
    ):
        return False
    if "@" in parts.netloc:
        return False
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return matches(rules, host, None if port == DEFAULT_PORTS[parts.scheme] else port)


def sources(rules: Iterable[str]) -> list[str]:
    """The rules as sources of a content security policy. What is no rule is left out, whoever wrote it into the database."""
    return [rule for rule in rules if RULE.fullmatch(rule)]
