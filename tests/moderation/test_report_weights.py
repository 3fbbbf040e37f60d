"""What a reader's report weighs: by how often they were right, and one voice for each network."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from comments.models import Comment
from comments.states import Status
from moderation.decisions import decide, undo
from moderation.models import Decision, Report
from moderation.reports import report, weight_of
from moderation.retention import forget_reporters
from tests.factories import make_comment, make_moderator
from tests.moderation.desk import client_of

pytestmark = pytest.mark.django_db
GUEST = "network-aaaa"


def by(comment: Comment, reporter: str, network: str = "") -> Any:
    return report(comment, "insult", "", reporter=reporter, network=network or f"n-{reporter}")


def judged(reporter: str, outcome: Status, times: int) -> None:
    moderator = make_moderator()
    for _time in range(times):
        comment = make_comment()
        by(comment, reporter)
        reason = "fine" if outcome == Status.APPROVED else "insulting"
        comment.refresh_from_db()
        decide(comment, outcome, kind=Decision.Kind.PERSON, reason=reason, moderator=moderator, notify=False)


@pytest.fixture(autouse=True)
def unlimited(settings: Any) -> None:
    settings.COMMENT_REPORT_LIMITS = ()


def test_a_word_is_worth_what_it_turned_out_to_be() -> None:
    assert (weight_of("baru"), weight_of(GUEST)) == (0.5, 0.25)
    judged("benar", Status.REJECTED, 4)
    judged("salah", Status.APPROVED, 4)
    judged(GUEST, Status.SPAM, 3)
    assert weight_of("benar") == pytest.approx(5 / 6)
    assert weight_of("salah") == pytest.approx(1 / 6)
    assert weight_of(GUEST) == pytest.approx(4 / 7)


def test_those_who_were_right_hold_a_comment_sooner_and_those_who_were_not_later() -> None:
    judged("benar", Status.REJECTED, 8)
    comment = make_comment()
    assert by(comment, "benar").held is None  # 0.9
    assert by(comment, "baru-1").held is None  # 1.4
    assert by(comment, "baru-2").held is not None
    judged("salah", Status.APPROVED, 8)
    other = make_comment()
    assert [bool(by(other, name).held) for name in ("salah", "baru-1", "baru-2", "baru-3")] == [False, False, False, True]


def test_ten_tabs_of_one_network_are_one_voice() -> None:
    comment = make_comment()
    for number in range(10):
        assert by(comment, f"tab-{number}", network="rumah").held is None
    weights = list(Report.objects.order_by("id").values_list("weight", flat=True))
    assert weights == [0.5, *[0.0] * 9]
    judged("benar", Status.REJECTED, 8)
    assert by(comment, "benar", network="rumah").report.weight == pytest.approx(0.4)  # what it weighs beyond the others
    comment.refresh_from_db()
    assert comment.status == Status.APPROVED


def test_guests_count_little_and_do_count() -> None:
    comment = make_comment()
    held = [bool(by(comment, f"network-{number}").held) for number in range(6)]
    assert held == [*[False] * 5, True]


def test_only_a_persons_word_on_the_same_text_tells_who_was_right() -> None:
    comment, moderator = make_comment(), make_moderator()
    for name in ("a", "b", "c"):
        by(comment, name)
    comment.refresh_from_db()
    assert set(Report.objects.values_list("upheld", flat=True)) == {None}  # held by reports: nobody has looked
    refused = decide(comment, Status.REJECTED, kind=Decision.Kind.PERSON, reason="insulting", moderator=moderator, notify=False)
    assert set(Report.objects.values_list("upheld", flat=True)) == {True}
    undo(refused, moderator)
    assert set(Report.objects.values_list("upheld", flat=True)) == {None}
    comment.refresh_from_db()
    decide(comment, Status.APPROVED, kind=Decision.Kind.PERSON, reason="fine", moderator=moderator, notify=False)
    assert set(Report.objects.values_list("upheld", flat=True)) == {False}
    Comment.objects.filter(pk=comment.pk).update(revision=2)
    comment.refresh_from_db()
    decide(comment, Status.REJECTED, kind=Decision.Kind.PERSON, reason="insulting", moderator=moderator, notify=False)
    assert set(Report.objects.values_list("upheld", flat=True)) == {False}


def test_the_desk_shows_the_weight() -> None:
    comment = make_comment()
    by(comment, "a")
    by(comment, GUEST)
    page = client_of(make_moderator()).get(f"/admin/moderation/queue/{comment.public_id}/").content.decode()
    assert "Bobot 0,75; mulai 1,50 komentar menunggu." in page


def test_networks_of_old_reports_are_forgotten() -> None:
    comment = make_comment()
    old, fresh, known = by(comment, GUEST).report, by(comment, "network-bbbb").report, by(comment, "dikenal").report
    Report.objects.filter(pk__in=[old.pk, known.pk]).update(created_at=timezone.now() - timedelta(days=91))
    assert forget_reporters() == 2
    assert dict(Report.objects.values_list("pk", "reporter")) == {
        old.pk: f"forgotten-{old.pk}",
        fresh.pk: "network-bbbb",
        known.pk: "dikenal",
    }
    assert [row.network for row in Report.objects.order_by("pk")] == ["", "n-network-bbbb", ""]
