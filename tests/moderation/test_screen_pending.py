"""`manage.py screen_pending`: overdue comments get their verdict without Redis or a worker."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from comments.models import Comment
from comments.states import Status
from moderation.management.commands import screen_pending
from tests.factories import make_comment

pytestmark = pytest.mark.django_db(transaction=True)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("screen_pending", *arguments, stdout=out)
    return out.getvalue()


def pending(due: timedelta) -> Comment:
    return make_comment(status=Status.PENDING, screen_due_at=timezone.now() + due)


def test_what_is_due_is_decided_and_what_is_not_is_left() -> None:
    overdue, fresh = pending(timedelta(minutes=-5)), pending(timedelta(hours=1))
    assert run() == "1 decided, 0 left to others or changed meanwhile\n"
    overdue.refresh_from_db()
    fresh.refresh_from_db()
    assert (overdue.status, overdue.decisions.count()) == (Status.HELD, 1)
    assert (fresh.status, fresh.decisions.count()) == (Status.PENDING, 0)
    assert run("--all") == "1 decided, 0 left to others or changed meanwhile\n"
    assert run() == "0 decided, 0 left to others or changed meanwhile\n"


def test_dry_run_changes_nothing() -> None:
    overdue = pending(timedelta(minutes=-5))
    assert run("--dry-run") == "1 would be screened\n"
    overdue.refresh_from_db()
    assert (overdue.status, overdue.screen_attempts) == (Status.PENDING, 0)


def test_many_go_by_in_batches_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen_pending, "BATCH", 2)
    for _ in range(5):
        pending(timedelta(minutes=-5))
    assert run().splitlines() == ["2 of 5", "4 of 5", "5 of 5", "5 decided, 0 left to others or changed meanwhile"]
