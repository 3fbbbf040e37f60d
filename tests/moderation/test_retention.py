"""Addresses and browsers are forgotten after their time, and nothing else is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from comments.models import Comment
from moderation.retention import forget_networks
from tests.factories import make_comment


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
