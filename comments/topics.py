"""What kept bytes of threads depend on. See newsroom.kept."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from newsroom.models import Article

CHUNK = 500


def thread_states(slugs: Sequence[str]) -> dict[str, str]:
    """The state of each article, by slug, and its thread: the version that publish, removal, edit and reaction raise, the article's own
    last change, and what the clock alone changes: whether it is published and whether replies are open.
    """
    now = timezone.now()
    states: dict[str, str] = {}
    for begin in range(0, len(slugs), CHUNK):
        rows = Article.objects.filter(slug__in=slugs[begin : begin + CHUNK]).select_related("thread")
        for row in rows.only("slug", "updated_at", "published_at", "comments_enabled", "comments_close_at", "thread__version"):
            thread = getattr(row, "thread", None)
            published = row.published_at is not None and row.published_at <= now
            states[row.slug] = f"{thread.version if thread else 0}|{row.updated_at.timestamp()}|{published}|{row.comments_open(now)}"
    return states
