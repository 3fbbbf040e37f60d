"""The desk's pages about calibration, versions of the models and modes of the checks: who sees, who acts, and what an act changes."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from comments.states import Status
from moderation import check_modes, comparing, variants
from moderation.check_modes import BadMode, set_mode
from moderation.decisions import decide
from moderation.models import CheckMode, Decision, Finding, Scope, Variant, VariantEvent
from moderation.screening import screen
from newsroom.models import Publication
from tests.factories import make_comment, make_publication, make_user
from tests.moderation.classifiers.test_correction import NEW
from tests.moderation.desk import client_of, member
from tests.moderation.learning import place_of
from tests.moderation.test_variants import made

pytestmark = pytest.mark.django_db


@pytest.fixture
def publication() -> Publication:
    return make_publication()


def page_of(row: Variant) -> str:
    return reverse("tuning-variant", args=[row.pk])


def somebody(who: str, elsewhere: Publication | None = None) -> User:
    if who in {"superuser", "staff"}:
        return make_user(is_staff=True, is_superuser=who == "superuser")
    user = member("editor" if who == "elsewhere" else who)
    if who == "elsewhere":
        Scope.objects.create(moderator=user, publication=elsewhere or make_publication())
    return user


def post(client: Client, row: Variant, action: str, **fields: str) -> Any:
    return client.post(page_of(row), {"action": action, "state": row.state, "why": "uji", **fields})


@pytest.mark.parametrize(
    ("who", "see", "act"),
    [
        ("superuser", 200, 303),
        ("admin", 200, 303),
        ("editor", 200, 303),
        ("moderator", 200, 403),
        ("elsewhere", 404, 404),
        ("staff", 403, 403),
    ],
)
def test_who_sees_a_version_and_who_puts_it_into_force(publication: Publication, who: str, see: int, act: int) -> None:
    row, client = made(publication), client_of(somebody(who))
    assert client.get(page_of(row)).status_code == see
    assert post(client, row, "promote").status_code == act
    row.refresh_from_db()
    assert row.state == ("live" if act == 303 else "shadow")
    assert VariantEvent.objects.filter(variant=row).count() == (2 if act == 303 else 1)
    assert Client().post(page_of(row), {"action": "discard"}).status_code == 302


def test_what_counts_everywhere_is_moved_by_those_without_a_scope(publication: Publication) -> None:
    row = made(publication)
    Variant.objects.filter(pk=row.pk).update(kind="artefact", publication=None)
    editor = somebody("elsewhere", publication)
    assert client_of(editor).get(page_of(row)).status_code == 200
    assert post(client_of(editor), row, "discard").status_code == 403
    assert post(client_of(member("editor")), row, "discard").status_code == 303


def test_promote_go_back_and_try_again_from_the_page(publication: Publication) -> None:
    row, client = made(publication), client_of(member("editor"))
    for action, state in (("promote", "live"), ("roll_back", "former"), ("bring_back", "shadow"), ("discard", "discarded")):
        assert post(client, row, action).status_code == 303
        row.refresh_from_db()
        assert row.state == state
        assert client.get(page_of(row)).status_code == 200
    assert [event.action for event in VariantEvent.objects.order_by("id")] == ["made", "promoted", "withdrawn", "back", "discarded"]


def test_what_cannot_be_done_is_said_and_changes_nothing(publication: Publication) -> None:
    row, client = made(publication), client_of(member("editor"))
    answers = [
        post(client, row, "promote", why=" "),
        post(client, row, "roll_back"),
        post(client, row, "promote", state="live"),
        post(client, row, "explode"),
    ]
    assert [answer.status_code for answer in answers] == [400, 409, 409, 409]
    assert all('role="alert"' in answer.content.decode() for answer in answers)
    Variant.objects.filter(pk=row.pk).update(base_hash="0" * 64)
    assert post(client, row, "promote").status_code == 409
    Variant.objects.filter(pk=row.pk).update(base_hash=row.base_hash, content=b"x")
    assert post(client, row, "promote").status_code == 409
    row.refresh_from_db()
    assert row.state == "shadow"
    assert client.get(reverse("tuning-variant", args=[row.pk + 1])).status_code == 404


def test_a_version_is_compared_with_what_counted(publication: Publication) -> None:
    row, editor = made(publication), member("editor")
    article = place_of(publication)
    for text in (NEW, "Jembatan itu sudah lama ditunggu <b>warga</b>."):
        comment = make_comment(article, body=text, status=Status.PENDING)
        screen(comment.pk, 1)
        comment.refresh_from_db()
        spam = text == NEW
        decide(
            comment,
            Status.SPAM if spam else Status.APPROVED,
            kind=Decision.Kind.PERSON,
            reason="advertising" if spam else "fine",
            moderator=editor,
            notify=False,
        )
    found = comparing.of_variant(row, editor)
    assert (found.count, found.same, found.errors, found.judged) == (2, 1, 0, 2)
    assert (found.live_right, found.shadow_right) == (1, 2)
    assert [(each.shadow.comment.body_raw, each.person) for each in found.differences] == [(NEW, "spam")]
    assert found.shadow_ms > 0
    page = client_of(editor).get(page_of(row)).content.decode()
    assert "<b>warga" not in page
    assert "cek kencanaria" in page
    assert comparing.of_variant(row, somebody("elsewhere")).count == 0


# --- Checks in shadow -------------------------------------------------------------------------------------------------------------


def test_a_check_in_shadow_is_recorded_and_not_counted_and_a_person_lets_it_count(publication: Publication, settings: Any) -> None:
    settings.MODERATION_CHECKS = ["links", "language"]
    settings.MODERATION_SHADOW_CHECKS = ["shouting"]
    text = "INI BERITA YANG SANGAT MENARIK SEKALI UNTUK WARGA KAMI SEMUA!!!!!!"

    def screened() -> tuple[str, dict[str, bool], str]:
        comment = make_comment(place_of(publication), body=text, status=Status.PENDING)
        screen(comment.pk, 1)
        comment.refresh_from_db()
        said = dict(Finding.objects.filter(comment=comment).values_list("check_name", "shadow"))
        return comment.status, said, Finding.objects.get(comment=comment, check_name="shouting").label

    status, said, label = screened()
    assert (status, said, label) == ("approved", {"links": False, "language": False, "shouting": True}, "note")
    chief = make_user(is_staff=True, is_superuser=True)
    set_mode("shouting", "live", why="bekerja baik", by=chief, was="shadow")
    assert check_modes.in_force(-5).live == ("links", "language", "shouting")
    assert screened()[1] == {"links": False, "language": False, "shouting": False}
    set_mode("links", "shadow", why="keliru", by=chief, was="live")
    assert screened()[1] == {"links": True, "language": False, "shouting": False}
    set_mode("shouting", "off", why="tidak perlu", by=chief, was="live")
    modes = check_modes.in_force(-6)
    assert (modes.live, modes.shadow) == (("language",), ("links",))
    comparison = comparing.of_check("shouting", chief)
    assert (comparison.count, comparison.other_verdict, comparison.cells) == (1, 0, [("", "note", 1)])


def test_a_mode_is_set_on_what_was_seen_with_a_reason(settings: Any) -> None:
    chief = make_user()
    for name, mode, why, was in (
        ("links", "shadow", "", "live"),
        ("links", "shadow", "x" * 301, "live"),
        ("links", "shadow", "x", "off"),
        ("links", "live", "x", "live"),
        ("links", "sometimes", "x", "live"),
        ("tidak_ada", "off", "x", "live"),
    ):
        with pytest.raises(BadMode):
            set_mode(name, mode, why=why, by=chief, was=was)
    assert not CheckMode.objects.exists()


@pytest.mark.parametrize(
    ("who", "see", "act"),
    [
        ("superuser", 200, 303),
        ("admin", 200, 303),
        ("editor", 200, 403),
        ("moderator", 200, 403),
        ("elsewhere", 200, 403),
        ("staff", 403, 403),
    ],
)
def test_who_sees_and_who_changes_the_mode_of_a_check(who: str, see: int, act: int) -> None:
    client = client_of(somebody(who))
    page = reverse("tuning-check", args=["links"])
    assert client.get(reverse("tuning-checks")).status_code == see
    assert client.get(page).status_code == see
    assert client.post(page, {"mode": "shadow", "was": "live", "why": "uji"}).status_code == act
    assert CheckMode.objects.count() == (act == 303)


def test_the_page_of_a_check_says_what_is_wrong() -> None:
    client = client_of(make_user(is_staff=True, is_superuser=True))
    page = reverse("tuning-check", args=["links"])
    assert client.post(page, {"mode": "shadow", "was": "off", "why": "uji"}).status_code == 400
    assert client.get(reverse("tuning-check", args=["tidak_ada"])).status_code == 404
    assert client.post(page, {"mode": "off", "was": "live", "why": "uji"}).status_code == 303
    assert "uji" in client.get(page).content.decode()


def test_versions_stand_on_the_models_page(publication: Publication) -> None:
    row = made(publication)
    client = client_of(member("editor"))
    assert page_of(row) in client.get(reverse("tuning")).content.decode()
    head = reverse("tuning-head", args=[publication.pk, "gambling"])
    assert page_of(row) in client.get(head).content.decode()
    variants.discard(row, member("editor"), "x")
    assert page_of(row) not in client.get(reverse("tuning")).content.decode()
    assert page_of(row) in client.get(head).content.decode()
