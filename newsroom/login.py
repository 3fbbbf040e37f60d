"""The admin's log-in, slowed down for whoever guesses: failed attempts are counted by user name and by network."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from newsroom import limits
from newsroom.network import client_ip, network_of


class LoginForm(AdminAuthenticationForm):
    """Django's form behind `settings.LOGIN_ATTEMPTS`.

    Each attempt is counted before the password is looked at, so that many at once cannot slip through, and uncounted if it was
    right. A refused attempt is not counted, says nothing of the password, and says how long to wait.
    """

    def clean(self) -> dict[str, Any]:
        name = str(self.cleaned_data.get("username") or "")
        if not name or not self.cleaned_data.get("password"):
            return super().clean()
        counted: list[str] = []
        for client in self.clients(name):
            if wait := limits.hit("login", client, settings.LOGIN_ATTEMPTS):
                self.uncount(counted)
                raise ValidationError(too_often_words(wait), code="throttled")
            counted.append(client)
        cleaned = super().clean()
        self.uncount(counted)
        return cleaned

    def clients(self, name: str) -> list[str]:
        network = network_of(client_ip(self.request)) if self.request is not None else ""
        return [f"name:{name.casefold()}", *([f"network:{network}"] if network else [])]

    def uncount(self, clients: list[str]) -> None:
        for client in clients:
            limits.take_back("login", client, settings.LOGIN_ATTEMPTS)


def too_often_words(seconds: int) -> str:
    """Why the log-in is refused, and for how long, in the largest unit that is exact enough."""
    minutes = -(-seconds // 60)
    if seconds < 120:
        wait = ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}
    elif minutes < 120:
        wait = ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    else:
        hours = -(-minutes // 60)
        wait = ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    return _("Too many failed log-ins. Please try again in %(wait)s.") % {"wait": wait}
