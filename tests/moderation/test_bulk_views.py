"""The form for several comments at once: what was typed and selected is given back where the action could not be carried out."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from comments.states import Status
from moderation.desk import NOTE_LENGTH
from moderation.models import Campaign, Claim, Decision, Fingerprint
from tests.factories import make_article, make_moderator
from tests.moderation.desk import client_of, make_held, make_spam, pick, state_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def sari() -> User:
    return make_moderator("sari", first_name="Sari")


@pytest.fixture
def desk(sari: User) -> Client:
    return client_of(sari)


def bulk(desk: Client, **data: Any) -> Any:
    return desk.post(reverse("queue-bulk"), {"outcome": "reject", "reason": "insulting", **data})


def bar(page: Any) -> str:
    """The form for several at once, as HTML."""
    found = re.search(r'<form id="(?:bulk|campaign)".*?</form>', page.content.decode(), re.DOTALL)
    assert found is not None
    return found[0]


def decided() -> int:
    return Decision.objects.filter(kind=Decision.Kind.PERSON).count()


def test_without_a_selection_note_and_reason_are_given_back(desk: Client) -> None:
    article = make_article()
    first, opened = make_held(article, priority=0.9), make_held(article, priority=0.1)
    desk.get(reverse("queue-item", args=[opened.public_id]))
    page = bulk(desk, note="Serangan <b>yang</b> sama.", open=opened.public_id)
    assert page.status_code == 400
    form = bar(page)
    assert 'value="Serangan &lt;b&gt;yang&lt;/b&gt; sama."' in form
    assert re.search(r'<option value="insulting"\s+selected', form)
    assert re.search(r'id="bulk-bar"\s+open', form)
    assert page.context["trouble"]
    assert page.context["comment"] == opened  # what was on the screen still is
    assert {row.comment.pk for row in page.context["listing"].rows} == {first.pk, opened.pk}
    assert decided() == 0


def test_a_note_that_is_too_long_is_refused_whole_and_the_selection_kept(desk: Client) -> None:
    article = make_article()
    one, other = make_held(article), make_held(article)
    note = "a" * (NOTE_LENGTH + 1)
    page = bulk(desk, note=note, pick=pick(one))
    assert page.status_code == 400
    assert f'value="{note}"' in bar(page)
    source = page.content.decode()
    assert re.search(rf'value="{re.escape(pick(one)[0])}"\s+checked', source)
    assert not re.search(rf'value="{re.escape(pick(other)[0])}"\s+checked', source)
    assert (state_of(one), decided()) == (("held", 1), 0)


def test_an_unknown_reason_keeps_note_and_selection(desk: Client) -> None:
    comment = make_held()
    page = bulk(desk, reason="entah", note="Catatan.", pick=pick(comment))
    assert (page.status_code, decided()) == (400, 0)
    assert 'value="Catatan."' in bar(page)
    assert re.search(rf'value="{re.escape(pick(comment)[0])}"\s+checked', page.content.decode())


def test_a_campaign_with_nothing_to_decide_keeps_the_note_on_its_page(desk: Client) -> None:
    member = make_spam()
    campaign = Campaign.objects.create(first=member)
    Fingerprint.objects.update_or_create(comment=member, defaults={"campaign": campaign})
    back = f"view=campaigns&alike=campaign&of={campaign.pk}"
    page = desk.post(reverse("queue-bulk"), {"outcome": "spam", "everything": "1", "back": back, "note": "Sudah semua."})
    assert page.status_code == 400
    assert page.context["campaign"].row.campaign == campaign
    assert 'value="Sudah semua."' in bar(page)
    assert (state_of(member)[0], decided()) == (Status.SPAM, 0)


def test_what_somebody_may_not_see_is_no_selection_and_is_not_opened(desk: Client) -> None:
    page = bulk(desk, pick="tidakada:held:1", open="tidakada", note="Catatan.")
    assert page.status_code == 400
    assert page.context["comment"] is None
    assert not Claim.objects.exists()
