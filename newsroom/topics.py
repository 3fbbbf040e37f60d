"""What kept bytes of the host site depend on, as short texts that change when it does. See newsroom.kept."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from newsroom.models import Article, ArticleAddress, EmbedHost, Publication, Section

SITE = "all"  # the one key of the topic "site"
NEWEST = 30


def site_states(_keys: Sequence[str]) -> dict[str, str]:
    """Mastheads, sections, languages, rules: a few dozen rows that stand on every page. Read whole, whoever wrote them."""
    return {SITE: digest(*(list(model._default_manager.values_list()) for model in (Publication, Section, EmbedHost)))}


def newest_states(publications: Sequence[str]) -> dict[str, str]:
    """The newest articles of each publication, by its primary key."""
    states = {}
    for publication in publications:
        rows = Article.objects.published().filter(section__publication=int(publication))
        states[publication] = digest(list(rows.values_list("pk", "updated_at")[:NEWEST]))
    return states


def address_states(keys: Sequence[str]) -> dict[str, str]:
    """Which article is at each address on another site, by the address's key."""
    rows = ArticleAddress.objects.filter(key__in=keys).values_list("key", "article__slug")
    return dict(rows)


def digest(*rows: object) -> str:
    return hashlib.sha256(repr(rows).encode("utf-8", "backslashreplace")).hexdigest()[:20]
