"""What the host site's lists say of an article's replies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template
from django.template import Context
from django.utils.safestring import SafeString

from comments import moulds
from comments.layout import Entry
from comments.models import Thread
from newsroom.models import Article

register = template.Library()


@register.simple_tag(takes_context=True)
def reply_count(context: Context, article: Article) -> int:
    """How many public replies an article of the list `page` has: one query for the whole list, whatever its length."""
    page: Any = context["page"]
    counts: dict[int, int] | None = getattr(page, "reply_counts", None)
    if counts is None:
        ids = [listed.pk for listed in page.object_list]
        counts = dict(Thread.objects.filter(pk__in=ids).values_list("article_id", "comment_count"))
        page.reply_counts = counts
    return counts.get(article.pk, 0)


@register.simple_tag(takes_context=True)
def comments_of(context: Context, entries: Sequence[Entry], level: int = 1) -> SafeString:
    """The entries by comments/comment.html, see comments.moulds."""
    return moulds.comments_of(context, entries, level)
