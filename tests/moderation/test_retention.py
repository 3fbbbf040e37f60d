"""Addresses and browsers are forgotten after their time, and nothing else is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from comments.models import Comment
from moderation.desk_models import Presence
from moderation.models import Claim
from moderation.retention import forget_networks, forget_presence
from tests.factories import make_comment, make_moderator


@pytest.mark.django_db
def test_old_addresses_are_blanked_and_young_ones_kept() -> None:
    trace: dict[str, Any] = {"ip": "192.0.2.7", "user_agent": "Peramban 1", "network": "a" * 16}
    old, young = make_comment(**trace), make_comment(**trace)
    Comment.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=91))
    Comment.objects.filter(pk=young.pk).update(created_at=timezone.now() - timedelta(days=89))
    assert forget_networks() == 1
    assert forget_networks() == 0
    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.ip, old.user_agent, old.network) == (None, "", "")
    assert (young.ip, young.user_agent, young.network) == ("192.0.2.7", "Peramban 1", "a" * 16)
    assert (old.author_email, old.body_raw) != ("", "")


@pytest.mark.django_db
def test_who_looked_at_what_is_forgotten_a_day_after() -> None:
    sari, now = make_moderator("sari"), timezone.now()
    for number, hours in enumerate((25, 23, -1)):
        comment = make_comment()
        Claim.objects.create(comment=comment, moderator=sari, until=now - timedelta(hours=hours))
        Presence.objects.create(comment=comment, moderator=sari, until=now - timedelta(hours=hours))
        assert Claim.objects.count() == number + 1
    assert forget_presence() == 2
    assert (Claim.objects.count(), Presence.objects.count()) == (2, 2)
