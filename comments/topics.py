"""What kept bytes of threads depend on. See newsroom.kept."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet
from django.utils import timezone

from newsroom.models import Article
from newsroom.prepared import Prepared

CHUNK = 500


def faces(slugs: Sequence[str]) -> QuerySet[Article]:
    """The articles with what of them and their threads a reader's page depends on."""
    rows = Article.objects.filter(slug__in=slugs).select_related("thread")
    return rows.only("slug", "updated_at", "published_at", "comments_enabled", "comments_close_at", "thread__version")


STATE_OF = Prepared(lambda slug: faces([slug]), str)  # one is what is asked before a page is made


def thread_states(slugs: Sequence[str]) -> dict[str, str]:
    """The state of each article, by slug, and its thread: the version that publish, removal, edit and reaction raise, the article's own
    last change, and what the clock alone changes: whether it is published and whether replies are open.
    """
    now = timezone.now()
    states: dict[str, str] = {}
    for begin in range(0, len(slugs), CHUNK):
        for row in STATE_OF.rows(*slugs) if len(slugs) == 1 else faces(slugs[begin : begin + CHUNK]):
            thread = getattr(row, "thread", None)
            shown = row.is_published(now)
            states[row.slug] = f"{thread.version if thread else 0}|{row.updated_at.timestamp()}|{shown}|{row.comments_open(now)}"
    return states
