"""Readers at their browsers, for tests through Django's client."""

from __future__ import annotations

import re
from typing import Any

from django.core import mail
from django.http import HttpResponse
from django.test import Client

from comments import identity
from comments.models import Commenter
from moderation.models import Notice
from moderation.notices import deliver

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


def browser_of(commenter: Commenter | None = None) -> Client:
    """A browser that checks CSRF as a real one is made to, holding a commenter's token."""
    client = Client(enforce_csrf_checks=True)
    if commenter is not None:
        response = HttpResponse()
        identity.remember(response, commenter)
        client.cookies[identity.COOKIE] = response.cookies[identity.COOKIE].value
    return client


def press(client: Client, path: str, at: str = "", **data: Any) -> Any:
    """Send a form as the page at `at`, or at its own address, would."""
    page = client.get(at or path, follow=True).content.decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    return client.post(path, {**data, "csrfmiddlewaretoken": found[1] if found else ""})


def sent() -> list[Any]:
    """Deliver what is due, and everything sent so far."""
    for pk in Notice.objects.filter(state=Notice.State.DUE).order_by("pk").values_list("pk", flat=True):
        deliver(pk)
    return list(mail.outbox)
