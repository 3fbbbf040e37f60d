"""What the templates say of time and of an article's text."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from newsroom import moments
from newsroom.models import Article

register = template.Library()


@register.simple_tag
def moment(value: datetime) -> SafeString:
    """A `<time>`: how long ago, and the full date beside it or, once it is more than a week, alone."""
    return _moment(value.isoformat(timespec="seconds"), moments.absolute(value), moments.relative(value))


@lru_cache(maxsize=4_000)  # a thread says mostly the same each time it is made anew, and escaping it took a tenth of that time
def _moment(stamp: str, full: str, ago: str) -> SafeString:
    if not ago:
        return format_html('<time datetime="{}">{}</time>', stamp, full)
    return format_html(
        '<time datetime="{}" title="{}"><span class="ago">{}</span> <span class="at">{}</span></time>', stamp, full, ago, full
    )


@register.simple_tag
def date_and_time(value: datetime) -> SafeString:
    """A `<time>` with the full date alone."""
    return format_html('<time datetime="{}">{}</time>', value.isoformat(timespec="seconds"), moments.absolute(value))


@register.simple_tag
def clock(value: datetime) -> SafeString:
    """A `<time>` with the time of day alone, for what is due within the hour."""
    return format_html('<time datetime="{}">{}</time>', value.isoformat(timespec="seconds"), moments.clock(value))


@register.simple_tag
def today(value: datetime) -> SafeString:
    """A `<time>` with the day written out, for the masthead."""
    return format_html('<time datetime="{}">{}</time>', value.date().isoformat(), moments.day(value))


@register.filter
def lead_stands_apart(article: Article) -> bool:
    """Whether the lead says something of its own: an imported one repeats the text's beginning, and is for the lists only."""
    beginning = next(iter(article.paragraphs), "")
    return bool(article.lead) and not beginning.startswith(article.lead.rstrip("… "))


@register.filter
def subheading(paragraph: str) -> str:
    """The words of a subheading (`## …`), or nothing where the block is an ordinary paragraph."""
    return paragraph[3:].strip() if paragraph.startswith("## ") else ""
