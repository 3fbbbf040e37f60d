"""Points in time as readers see them: "22 Nov 2026, 14.05 WIB" in the publication's zone, and "3 jam lalu" beside it."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from functools import lru_cache

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

RELATIVE_FOR = timedelta(days=7)  # an older moment is better told by its date


def absolute(moment: datetime) -> str:
    """Day, time and zone, in the language and time zone in force."""
    return _absolute(moment, timezone.get_current_timezone(), get_language())


@lru_cache(maxsize=20_000)  # a thread says the same moments each time it is built, and they are a fifth of the work
def _absolute(moment: datetime, zone: tzinfo, _language: str | None) -> str:
    local = timezone.localtime(moment, zone)
    # Translators: a date and time in the letters of Django's date filter; Indonesian writes the time with a full stop.
    pattern = _("j M Y, H:i")
    return f"{date_format(local, pattern, use_l10n=False)} {local.tzname()}"


def clock(moment: datetime) -> str:
    """The time of day, with the zone."""
    local = timezone.localtime(moment)
    # Translators: a time in the letters of Django's date filter; Indonesian writes it with a full stop.
    return f"{date_format(local, _('H:i'), use_l10n=False)} {local.tzname()}"


def day(moment: datetime) -> str:
    """The day alone, written out."""
    # Translators: a weekday and date in the letters of Django's date filter.
    return date_format(timezone.localtime(moment), _("l, j F Y"), use_l10n=False)


def relative(moment: datetime, now: datetime | None = None) -> str:
    """How long ago, in the largest whole unit; empty for the future and for what lies more than a week back."""
    passed = (now or timezone.now()) - moment
    if passed < timedelta(minutes=-1) or passed >= RELATIVE_FOR:
        return ""
    minutes = int(passed.total_seconds() // 60)
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return ngettext("%(count)d minute ago", "%(count)d minutes ago", minutes) % {"count": minutes}
    hours = minutes // 60
    if hours < 24:
        return ngettext("%(count)d hour ago", "%(count)d hours ago", hours) % {"count": hours}
    days = hours // 24
    return ngettext("%(count)d day ago", "%(count)d days ago", days) % {"count": days}
