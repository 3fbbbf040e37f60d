"""Figures for the desk's pages: times, shares and coordinates in the reader's language, or in none."""

from __future__ import annotations

from datetime import timedelta

from django import template
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()


@register.filter
def span_words(length: timedelta | None) -> str:
    """A length of time in its one fitting unit; a dash where there is none."""
    if length is None:
        return "–"
    seconds = max(length.total_seconds(), 0)
    if seconds < 90:
        number = round(seconds)
        return ngettext("%(count)d second", "%(count)d seconds", number) % {"count": number}
    if seconds < 90 * 60:
        number = round(seconds / 60)
        return ngettext("%(count)d minute", "%(count)d minutes", number) % {"count": number}
    if seconds < 72 * 3600:  # an alarm that names 36 hours stands beside it
        number = round(seconds / 3600)
        return ngettext("%(count)d hour", "%(count)d hours", number) % {"count": number}
    number = round(seconds / 86_400)
    return ngettext("%(count)d day", "%(count)d days", number) % {"count": number}


@register.filter
def share(part: float | None) -> str:
    """0.124 as "12.4 %", or as Indonesian writes it."""
    return "–" if part is None else _("%(number)s %%") % {"number": formats.number_format(100 * part, 1)}


@register.filter
def kappa(value: float | None) -> str:
    return "–" if value is None else str(formats.number_format(value, 2))


@register.filter
def plain(number: float) -> str:
    """A coordinate: with a point, whatever the language."""
    return f"{number:g}"
