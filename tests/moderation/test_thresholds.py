"""Thresholds by publication: rows that are added, what is in force, the pages that set them, and what a finding keeps of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from comments.models import AppendOnlyError
from comments.states import Status
from moderation import scoring, thresholds
from moderation.access import publications_for
from moderation.classifiers import model
from moderation.models import Finding, Head, Scope, Threshold
from moderation.screening import screen
from newsroom.models import Publication
from tests.factories import make_article, make_comment, make_publication, make_section, make_user
from tests.moderation.desk import client_of, member

pytestmark = pytest.mark.django_db
PROMOTION = "Main slot di MAWAR88 saja, maxwin tiap malam, daftar sekarang juga gaes"


def set_both(publication: Publication, by: User, strict: float = 0.99, queue: float = 0.6, **more: Any) -> Threshold:
    return thresholds.set_thresholds(publication, "gambling", (strict, queue), why="uji", by=by, **more)


def test_the_heads_are_those_that_are_scored() -> None:
    assert tuple(Head.values) == scoring.HEADS


# --- rows ---------------------------------------------------------------------------------------------------------------


def test_none_means_the_models_own_and_the_latest_counts() -> None:
    publication, other, user = make_publication(), make_publication(), make_user()
    used = model.get("gambling")
    assert thresholds.in_force(publication.pk, 0) == {}
    first = thresholds.overview(publication.pk)[0]
    assert (first.head, first.strict, first.queue, first.is_own) == ("gambling", used.strict, used.queue, True)
    set_both(publication, user)
    set_both(publication, user, 0.97, 0.5)
    assert thresholds.in_force(publication.pk, 0) == {"gambling": {"strict": 0.97, "queue": 0.5}}
    assert thresholds.in_force(other.pk, 0) == {}
    row = thresholds.overview(publication.pk)[0].row
    assert row is not None
    assert (row.set_by, row.why, row.model_hash) == (user, "uji", used.hash)
    thresholds.set_thresholds(publication, "gambling", None, why="kembali", by=user)
    assert thresholds.in_force(publication.pk, 0) == {}
    assert thresholds.overview(publication.pk)[0].is_own
    assert Threshold.objects.count() == 3


@pytest.mark.parametrize(("strict", "queue"), [(0.5, 0.6), (1.1, 0.5), (0.95, 0.0), (0.95, -1), (float("nan"), 0.5), (0.95, float("nan"))])
def test_impossible_numbers_change_nothing(strict: float, queue: float) -> None:
    with pytest.raises(thresholds.BadThreshold):
        set_both(make_publication(), make_user(), strict, queue, below_own=True)
    assert not Threshold.objects.exists()


def test_a_strict_threshold_below_the_models_own_is_a_persons_word() -> None:
    publication, user = make_publication(), make_user()
    low = model.get("gambling").strict - 0.01
    with pytest.raises(thresholds.BadThreshold, match=r"ambang bawaan|model's own"):
        set_both(publication, user, low)
    assert set_both(publication, user, low, below_own=True).strict == low
    assert set_both(publication, user, round(model.get("gambling").strict, 6)).queue == 0.6


@pytest.mark.parametrize("why", ["", "  ", "x" * 301])
def test_each_change_has_its_reason(why: str) -> None:
    with pytest.raises(thresholds.BadThreshold):
        thresholds.set_thresholds(make_publication(), "gambling", (0.99, 0.5), why=why, by=make_user())
    assert not Threshold.objects.exists()


def test_history_is_only_added_to_and_the_database_knows_the_order() -> None:
    row = set_both(make_publication(), make_user())
    row.why = "lain"
    with pytest.raises(AppendOnlyError):
        row.save()
    with pytest.raises(AppendOnlyError):
        row.delete()
    for strict, queue in ((0.5, 0.6), (0.5, None)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Threshold.objects.create(publication=row.publication, head="gambling", strict=strict, queue=queue, why="x", set_by=row.set_by)


# --- what they do ---------------------------------------------------------------------------------------------------------


def test_the_thresholds_of_its_publication_decide_on_a_comment_and_stand_in_its_finding() -> None:
    user = make_user()
    here, there = make_publication(), make_publication()
    comments = [
        make_comment(make_article(section=make_section(publication=each)), body=PROMOTION, status="pending") for each in (here, there)
    ]
    probability = scoring.score(PROMOTION).heads["gambling"].probability
    assert model.get("gambling").strict < probability < 1
    set_both(here, user, 1.0, probability)
    for comment in comments:
        assert screen(comment.pk, 1)
        comment.refresh_from_db()
    assert [comment.status for comment in comments] == [Status.HELD, Status.SPAM]
    findings = [Finding.objects.get(comment=comment, check_name="gambling") for comment in comments]
    assert [finding.label for finding in findings] == ["suspect", "spam"]
    assert (findings[0].detail["strict"], findings[0].detail["queue"]) == (1.0, probability)
    assert findings[1].detail["strict"] == model.get("gambling").strict
    assert {finding.model_hash for finding in findings} == {model.get("gambling").hash}


# --- who may ------------------------------------------------------------------------------------------------------------


def test_a_scope_of_a_section_is_none_of_its_publication() -> None:
    mine, other = make_publication(), make_publication()
    editor = member("editor")
    assert set(publications_for(editor, "moderation.add_threshold")) == {mine, other}
    Scope.objects.create(moderator=editor, publication=other, section=make_section(publication=other))
    assert not publications_for(editor, "moderation.add_threshold").exists()
    Scope.objects.create(moderator=editor, publication=mine)
    assert list(publications_for(editor, "moderation.add_threshold")) == [mine]
    assert not publications_for(member("moderator"), "moderation.add_threshold").exists()
    assert not publications_for(make_user(), "moderation.view_threshold").exists()


def page_of(publication: Publication, head: str = "gambling") -> str:
    return reverse("tuning-head", args=[publication.pk, head])


FORM = {"queue": "0.5", "strict": "0.97", "why": "Terlalu banyak yang tertahan"}


@pytest.mark.parametrize(
    ("who", "see", "post"),
    [
        ("superuser", 200, 303),
        ("editor", 200, 303),
        ("admin", 200, 303),
        ("moderator", 200, 403),
        ("staff", 403, 403),
        ("elsewhere", 404, 404),
    ],
)
def test_who_may_see_and_who_may_set(who: str, see: int, post: int) -> None:
    publication, other = make_publication(), make_publication()
    if who in {"superuser", "staff"}:
        user = make_user(is_staff=True, is_superuser=who == "superuser")
    else:
        user = member("editor" if who == "elsewhere" else who)
    if who == "elsewhere":
        Scope.objects.create(moderator=user, publication=other)
    client = client_of(user)
    assert client.get(f"{reverse('tuning')}?publication={publication.pk}").status_code == see
    assert client.get(page_of(publication)).status_code == see
    assert client.post(page_of(publication), FORM).status_code == post
    assert Threshold.objects.count() == (post == 303)
    assert Client().get(page_of(publication)).status_code == 302


def test_the_form_says_what_is_wrong_and_keeps_what_was_typed() -> None:
    publication = make_publication()
    client = client_of(member("editor"))
    for wrong in ({"queue": "0.99"}, {"queue": "", "strict": "x"}, {"why": ""}, {"strict": "0.6"}):
        answer = client.post(page_of(publication), {**FORM, **wrong})
        assert answer.status_code == 400
        assert "errorlist" in answer.content.decode()
        assert wrong.get("why") is not None or FORM["why"] in answer.content.decode()
    assert not Threshold.objects.exists()
    assert client.post(page_of(publication), {**FORM, "strict": "0.6", "below_own": "on"}).status_code == 303
    page = client.get(page_of(publication)).content.decode()
    assert FORM["why"] in page
    assert "0,600" in page
    assert client.post(page_of(publication), {"own": "1"}).status_code == 303
    assert [row.strict for row in Threshold.objects.order_by("id")] == [0.6, None]
    assert client.get(page_of(publication, "judi")).status_code == 404


def test_a_model_that_cannot_be_read_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    publication = make_publication()
    client = client_of(member("editor"))
    monkeypatch.setitem(model._models, "gambling", model.ModelError("gone"))
    assert "tuning-alarm" in client.get(reverse("tuning")).content.decode()
    assert "tuning-alarm" in client.get(page_of(publication)).content.decode()
    waits = "Ada model teks yang tidak bisa dipakai (judi), jadi setiap komentar baru menunggu di sini"
    assert waits in client.get(reverse("queue")).content.decode()
    alarm = "Model teks “judi” tidak bisa dipakai: setiap komentar menunggu diperiksa orang. Server perlu diperbaiki: gone"
    assert alarm in client.get(reverse("dashboard")).content.decode()
    assert client.post(page_of(publication), FORM).status_code == 503
    assert not Threshold.objects.exists()
