"""Sentences that several pages say to a reader."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def too_fast_words(seconds: int) -> str:
    """How long to wait, in the largest unit that is exact enough."""
    return _("Too fast: you can send again in %(wait)s. Your text is still here.") % {"wait": wait_words(seconds)}


def wait_words(seconds: int) -> str:
    """ "40 seconds", "5 minutes"."""
    if seconds < 120:
        return ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}
    minutes = -(-seconds // 60)
    return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
