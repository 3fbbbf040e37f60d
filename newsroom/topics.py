"""What kept bytes of the host site depend on, as short texts that change when it does. See newsroom.kept."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from newsroom.models import Article, Publication, Section

SITE = "all"  # the one key of the topic "site"
NEWEST = 30


def site_states(_keys: Sequence[str]) -> dict[str, str]:
    """Mastheads, sections, languages, rules: a few dozen rows that stand on every page. Read whole, whoever wrote them."""
    return {SITE: digest(list(Publication.objects.values_list()), list(Section.objects.values_list()))}


def newest_states(publications: Sequence[str]) -> dict[str, str]:
    """The newest articles of each publication, by its primary key."""
    states = {}
    for publication in publications:
        rows = Article.objects.published().filter(section__publication=int(publication))
        states[publication] = digest(list(rows.values_list("pk", "updated_at")[:NEWEST]))
    return states


def digest(*rows: object) -> str:
    return hashlib.sha256(repr(rows).encode("utf-8", "backslashreplace")).hexdigest()[:20]
