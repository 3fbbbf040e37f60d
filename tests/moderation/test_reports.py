from __future__ import annotations

import threading
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from comments.models import Comment, Thread
from comments.states import Status
from moderation.decisions import Stale, decide
from moderation.models import Decision, Report
from moderation.reports import NotReportable, report
from tests.factories import make_comment, make_moderator
from tests.programs import Program, errors_of, problem_of

pytestmark = pytest.mark.django_db


def by(comment: Comment, number: int, why: str = "insult") -> Any:
    return report(comment, why, "", reporter=f"pembaca-{number}", network=f"net{number}")


def test_the_third_reader_takes_it_off_the_page() -> None:
    comment = make_comment()
    assert [by(comment, number).held for number in range(2)] == [None, None]
    assert Comment.objects.get().status == Status.APPROVED
    decision = by(comment, 2).held
    assert (decision.kind, decision.reason, decision.outcome, decision.priority) == ("reports", "reported", "held", 0.85)
    comment.refresh_from_db()
    assert comment.status == Status.HELD
    assert Thread.objects.get().comment_count == 0
    assert Report.objects.filter(resolved_at=None).count() == 3


def test_illegal_content_goes_to_the_head_of_the_queue() -> None:
    comment = make_comment()
    for number, why in enumerate(("insult", "illegal", "insult")):
        last = by(comment, number, why)
    assert last.held.priority == 1.0


def test_each_reader_counts_once_for_a_revision() -> None:
    comment = make_comment()
    first = by(comment, 1)
    for why in ("hate", "spam", "illegal", "other"):
        again = by(comment, 1, why)
        assert (again.created, again.held, again.report.pk) == (False, None, first.report.pk)
    assert Report.objects.get().reason == "insult"
    Comment.objects.filter(pk=comment.pk).update(revision=2)
    comment.refresh_from_db()
    assert by(comment, 1).created is True


def test_reports_of_an_earlier_text_do_not_count() -> None:
    comment = make_comment()
    by(comment, 1)
    by(comment, 2)
    Comment.objects.filter(pk=comment.pk).update(revision=2)
    comment.refresh_from_db()
    assert by(comment, 3).held is None


def test_a_person_outranks_the_readers() -> None:
    comment = make_comment()
    for number in range(3):
        by(comment, number)
    comment.refresh_from_db()
    decide(comment, Status.APPROVED, kind=Decision.Kind.PERSON, reason="fine", moderator=make_moderator())
    for number in range(3, 10):
        assert by(comment, number).held is None
    comment.refresh_from_db()
    assert comment.status == Status.APPROVED
    assert Report.objects.filter(resolved_at=None).count() == 7  # queued as reported all the same


def test_an_approval_from_before_any_report_does_not_shield() -> None:
    comment = make_comment(status=Status.HELD)
    decide(comment, Status.APPROVED, kind=Decision.Kind.PERSON, reason="fine", moderator=make_moderator())
    assert [bool(by(comment, number).held) for number in range(3)] == [False, False, True]


def test_what_is_not_public_cannot_be_reported() -> None:
    for status in (Status.PENDING, Status.HELD, Status.REJECTED, Status.SPAM, Status.WITHDRAWN):
        with pytest.raises(NotReportable):
            by(make_comment(status=status), 1)
    stale = make_comment()
    Comment.objects.filter(pk=stale.pk).update(status=Status.HELD)
    with pytest.raises(NotReportable):
        by(stale, 1)
    assert not Report.objects.exists()


def test_a_decision_in_between_is_not_overruled(monkeypatch: pytest.MonkeyPatch) -> None:
    from moderation import reports

    def late(comment: Comment, *_args: Any, **_kwargs: Any) -> None:
        raise Stale(comment, None)

    monkeypatch.setattr(reports, "decide", late)
    comment = make_comment()
    assert [by(comment, number).held for number in range(3)] == [None, None, None]
    assert Report.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_readers_at_the_same_moment_count_each_other() -> None:
    comment = make_comment()
    errors: list[BaseException] = []

    def one(number: int) -> None:
        try:
            by(Comment.objects.get(pk=comment.pk), number)
        except NotReportable:
            pass
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    comment.refresh_from_db()
    assert comment.status == Status.HELD
    assert Decision.objects.count() == 1
    assert Report.objects.count() == 3


# --- by the API ---------------------------------------------------------------------------------------------------------------


def test_report_by_the_api() -> None:
    comment = make_comment()
    path = f"comments/{comment.public_id}/reports/"
    answer = Program().post(path, {"reason": "spam", "detail": " Judi.\u0007 "})
    assert answer.status_code == 201
    content = answer.json()
    assert (content["comment"], content["reason"], content["detail"]) == (comment.public_id, "spam", "Judi.")
    assert Program(User_Agent="another browser").post(path, {"reason": "hate"}).status_code == 200
    assert Program(ip="198.51.100.200").post(path, {"reason": "hate"}).status_code == 200  # the same network
    assert Report.objects.count() == 1
    for number in range(5):  # guests weigh little
        comment.refresh_from_db()
        assert comment.status == Status.APPROVED
        assert Program(ip=f"203.0.{number}.1").post(path, {"reason": "hate"}).status_code == 201
    comment.refresh_from_db()
    assert comment.status == Status.HELD
    problem_of(Program(ip="100.64.0.1").post(path, {"reason": "hate"}), 404, "not_found")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, ("reason", "required")),
        ({"reason": "dislike"}, ("reason", "invalid_choice")),
        ({"reason": 1}, ("reason", "not_a_string")),
        ({"reason": "spam", "detail": "a" * 1_001}, ("detail", "max_length")),
        ({"reason": "spam", "detail": {}}, ("detail", "not_a_string")),
    ],
)
def test_bad_reports(body: dict[str, object], error: tuple[str, str]) -> None:
    assert errors_of(Program().post(f"comments/{make_comment().public_id}/reports/", body)) == {error}
    assert not Report.objects.exists()


@pytest.mark.parametrize("status", [Status.PENDING, Status.HELD, Status.REJECTED, Status.SPAM, Status.WITHDRAWN])
def test_hidden_comments_are_not_there_to_be_reported(status: Status) -> None:
    problem_of(Program().post(f"comments/{make_comment(status=status).public_id}/reports/", {"reason": "spam"}), 404, "not_found")


def test_reports_are_limited_by_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "COMMENT_REPORT_LIMITS", ((1, 60),))
    one, two = make_comment(), make_comment()
    assert Program().post(f"comments/{one.public_id}/reports/", {"reason": "spam"}).status_code == 201
    assert Program().post(f"comments/{one.public_id}/reports/", {"reason": "spam"}).status_code == 200  # a double click is one act
    answer = Program().post(f"comments/{two.public_id}/reports/", {"reason": "spam"})
    problem_of(answer, 429, "too_fast")
    assert 0 < int(answer["Retry-After"]) <= 60
    assert Report.objects.count() == 1


# --- by the page ----------------------------------------------------------------------------------------------------------------


def browser() -> Client:
    return Client(REMOTE_ADDR="198.51.100.7")


def test_the_page_works_without_javascript() -> None:
    comment = make_comment(body="Isi & <b>tebal</b>")
    http = browser()
    path = f"/komentar/{comment.public_id}/laporkan/"
    page = http.get(path)
    assert page.status_code == 200
    assert page["Cache-Control"] == "no-store"
    assert "Isi &amp; &lt;b&gt;tebal&lt;/b&gt;" in page.content.decode()
    assert page.content.decode().count('type="radio"') == len(Report.Why.choices)
    answer = http.post(path, {"reason": "private", "detail": "Nomor telepon saya."})
    assert (answer.status_code, answer["Location"]) == (303, f"{path}?terkirim=1")
    assert (Report.objects.get().reason, Report.objects.get().detail) == ("private", "Nomor telepon saya.")
    thanks = http.get(answer["Location"])
    assert thanks.status_code == 200
    assert comment.get_absolute_url() in thanks.content.decode()


def test_thanks_say_the_same_for_what_was_taken_down_and_what_never_was() -> None:
    comment = make_comment(status=Status.HELD)
    pages = [browser().get(f"/komentar/{public_id}/laporkan/?terkirim=1") for public_id in (comment.public_id, "zzzzzzzzzzzzzzzz")]
    assert [page.status_code for page in pages] == [200, 200]
    assert pages[0].content == pages[1].content


def test_the_page_keeps_what_was_typed() -> None:
    comment = make_comment()
    answer = browser().post(f"/komentar/{comment.public_id}/laporkan/", {"reason": "", "detail": "Ketikan saya"})
    assert answer.status_code == 400
    assert "Ketikan saya" in answer.content.decode()
    assert 'role="alert"' in answer.content.decode()
    assert not Report.objects.exists()


def test_the_page_is_limited_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "COMMENT_REPORT_LIMITS", ((1, 60),))
    for comment, status in ((make_comment(), 303), (make_comment(), 429)):
        answer = browser().post(f"/komentar/{comment.public_id}/laporkan/", {"reason": "spam"})
        assert answer.status_code == status
    assert int(answer["Retry-After"]) > 0
    assert Report.objects.count() == 1


def test_another_site_cannot_make_its_visitors_report() -> None:
    comment = make_comment()
    http = Client(enforce_csrf_checks=True)
    path = f"/komentar/{comment.public_id}/laporkan/"
    assert http.post(path, {"reason": "spam"}).status_code == 403
    assert not Report.objects.exists()
    http.get(path)
    answer = http.post(path, {"reason": "spam", "csrfmiddlewaretoken": http.cookies["csrftoken"].value})
    assert answer.status_code == 303


@pytest.mark.parametrize("status", [Status.PENDING, Status.HELD, Status.SPAM])
def test_the_page_of_a_hidden_comment_is_not_there(status: Status) -> None:
    path = f"/komentar/{make_comment(status=status).public_id}/laporkan/"
    assert browser().get(path).status_code == 404
    assert browser().post(path, {"reason": "spam"}).status_code == 404
    assert browser().put(path).status_code == 405
