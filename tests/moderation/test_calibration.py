"""Thresholds proposed from a publication's own approved comments: arithmetic, what they would change, and who puts them into force."""

from __future__ import annotations

import io
from datetime import timedelta

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from comments.models import Comment
from comments.states import Status
from comments.text import to_html
from moderation import calibration, scoring, thresholds
from moderation.calibration import FLOOR, calibrate, proposed
from moderation.classifiers import model
from moderation.models import Threshold
from newsroom.models import Publication
from tests.factories import make_publication, make_user
from tests.moderation.desk import client_of, member
from tests.moderation.learning import place_of

PROMOTION = "Slot gacor maxwin di Sinar88, daftar sekarang bosku"
STRANGE = "Pak Toto menang bonus slot parkir 88 dari panitia"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=400), st.floats(0.1, 1), st.integers(2, 60))
def test_no_more_than_one_in_so_many_would_have_waited(values: list[float], own: float, one_in: int) -> None:
    strict, queue = proposed(np.array(values), own, one_in)
    assert 0 < queue <= strict <= 1
    assert strict >= own
    assert queue >= min(FLOOR, strict)
    # A comment at exactly 1.0 cannot be kept below any threshold.
    waiting = sum(queue <= value < 1 for value in values)
    assert waiting <= len(values) // one_in or queue == strict


def test_the_arithmetic() -> None:
    values = np.linspace(0, 0.5, 1001)
    strict, queue = proposed(values, 0.9, 500)
    assert strict == 0.9
    assert (values >= queue).sum() == 2
    # One approved by mistake does not carry the strict threshold away with it; more do.
    assert proposed(np.append(values, 0.99), 0.9, 500)[0] == 0.9
    assert proposed(np.append(values, [0.99] * 3), 0.9, 500)[0] == pytest.approx(0.990001)
    assert proposed(np.zeros(1000), 0.9, 500) == (0.9, FLOOR)


def fill(publication: Publication, count: int, days: int = 5, status: str = Status.APPROVED, text: str = "") -> None:
    article = place_of(publication)
    rows = []
    for number in range(count):
        body = text or f"Sudah {number} tahun warga menunggu jembatan di kampung kami diperbaiki pemerintah."
        rows.append(
            Comment(
                article=article,
                author_name=f"N{number}",
                body_raw=body,
                body_html=to_html(body),
                body_text=body,
                status=status,
                screen_due_at=timezone.now(),
                created_at=timezone.now() - timedelta(days=days),
            )
        )
    Comment.objects.bulk_create(rows)


@pytest.fixture
def publication(monkeypatch: pytest.MonkeyPatch) -> Publication:
    monkeypatch.setattr(calibration, "LEAST", 40)
    return make_publication()


@pytest.mark.django_db
def test_too_few_approved_comments_propose_nothing(publication: Publication) -> None:
    fill(publication, 39)
    fill(make_publication(), 50)
    found = calibrate(publication)
    assert (found.approved, found.proposals) == (39, ())
    client = client_of(member("editor"))
    page = client.post(reverse("tuning-head", args=[publication.pk, "gambling"]), {"calibrate": "1"})
    assert page.status_code == 200
    assert "39" in page.content.decode()
    with pytest.raises(CommandError, match="Too few"):
        call_command("calibrate_thresholds", "--publication", publication.slug, stdout=io.StringIO())


@pytest.mark.django_db
def test_what_would_have_been_decided_otherwise(publication: Publication) -> None:
    fill(publication, 60)
    fill(publication, 1, text=STRANGE)
    fill(publication, 20, days=60)
    fill(publication, 2, days=3, status=Status.SPAM, text=PROMOTION)
    fill(publication, 1, days=200, status=Status.SPAM, text=PROMOTION)
    found = calibrate(publication, one_in=81)
    assert (found.approved, found.left_out, found.unusable) == (81, 0, ())
    assert [each.head for each in found.proposals] == list(scoring.HEADS)
    gambling = found.proposals[0]
    own = model.get("gambling")
    assert (gambling.own_strict, gambling.own_queue, gambling.now_queue) == (own.strict, own.queue, own.queue)
    assert gambling.strict >= own.strict
    assert gambling.would_wait == 1
    assert sum(gambling.bands) == 81
    month, quarter = gambling.changes
    assert (month.days, month.comments, quarter.days, quarter.comments) == (30, 63, 90, 83)
    # The strange one, which a person approved, lies above the strict threshold as well.
    assert month.strict_now == quarter.strict_now == 3
    assert month.otherwise == (month.queue_then != month.queue_now or month.strict_then != month.strict_now)
    assert not Threshold.objects.exists()


@pytest.mark.django_db
def test_a_person_puts_the_proposal_into_force_from_the_page(publication: Publication) -> None:
    fill(publication, 60)
    client = client_of(member("editor"))
    page = reverse("tuning-head", args=[publication.pk, "gambling"])
    shown = client.post(page, {"calibrate": "1"})
    assert shown.status_code == 200
    assert not Threshold.objects.exists()
    form = shown.context["form"].initial
    assert client.post(page, form).status_code == 303
    row = Threshold.objects.get()
    assert (row.queue, row.basis) == (FLOOR, {"approved": 60, "one_in": calibration.ONE_IN})
    assert row.strict == pytest.approx(model.get("gambling").strict, abs=1e-6)
    assert client_of(member("moderator")).post(page, {"calibrate": "1"}).status_code == 403


@pytest.mark.django_db
def test_the_command_proposes_and_sets_in_a_persons_name_only(publication: Publication) -> None:
    fill(publication, 60)
    editor, reader = member("editor"), make_user("pembaca")
    out = io.StringIO()
    call_command("calibrate_thresholds", "--publication", publication.slug, stdout=out)
    call_command("calibrate_thresholds", "--by", editor.username, "--dry-run", stdout=out)
    assert f"gambling: queue {model.get('gambling').queue:.6f} -> {FLOOR:.6f}" in out.getvalue()
    assert "last 30 days" in out.getvalue()
    assert not Threshold.objects.exists()
    call_command("calibrate_thresholds", "--by", editor.username, stdout=out)
    assert {row.head for row in Threshold.objects.all()} == set(scoring.HEADS)
    assert {row.set_by for row in Threshold.objects.all()} == {editor}
    assert thresholds.now(publication.pk)["gambling"]["queue"] == FLOOR
    call_command("calibrate_thresholds", "--by", editor.username, stdout=out)
    assert Threshold.objects.count() == len(scoring.HEADS)
    for wrong in (["--publication", "tidak.ada"], ["--by", "tidak-ada"], ["--by", reader.username], ["--one-in", "1"]):
        with pytest.raises(CommandError):
            call_command("calibrate_thresholds", *wrong, stdout=out)


@pytest.mark.django_db
def test_a_page_takes_what_its_time_allows(publication: Publication) -> None:
    fill(publication, 60)
    found = calibrate(publication, seconds=-1.0)
    assert (found.approved, found.left_out, found.proposals) == (1, 59, ())


@pytest.mark.django_db
def test_a_model_that_cannot_be_read_is_left_out(publication: Publication, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(publication, 60)
    monkeypatch.setitem(model._models, "promotion", model.ModelError("gone"))
    found = calibrate(publication)
    assert found.unusable == ("promotion",)
    assert [each.head for each in found.proposals] == ["gambling", "abuse_id", "abuse_en"]
