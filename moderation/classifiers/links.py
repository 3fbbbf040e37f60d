"""Links as readers write them."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from moderation.checks.base import Link

ADDRESS = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)


def find_links(text: str) -> tuple[Link, ...]:
    """Every http(s) address in the text."""
    found = []
    for match in ADDRESS.finditer(text):
        try:
            host = urlsplit(match[0]).hostname or ""
        except ValueError:
            host = ""
        found.append(Link(match.start(), match.end(), match[0], host))
    return tuple(found)
