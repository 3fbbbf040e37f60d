"""Mails to authors: who gets one, what stands in it, and what happens when it cannot be sent."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from smtplib import SMTPServerDisconnected
from typing import Any, ClassVar

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend as LocmemBackend

from comments.models import Comment
from comments.states import Status
from moderation.decisions import decide, undo
from moderation.models import Decision, Notice
from moderation.notices import MOST_ATTEMPTS, deliver, due, send_notices
from tests.factories import make_article, make_comment, make_moderator

pytestmark = pytest.mark.django_db
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def decided(outcome: Status, **fields: Any) -> Comment:
    comment = make_comment(make_article(title="Jembatan dibuka"), status=Status.HELD, author_email="dewi@contoh.example", **fields)
    decide(comment, outcome, kind=Decision.Kind.PERSON, reason="off_topic", moderator=make_moderator())
    return comment


def test_a_rejection_is_sent_once_with_its_reason_and_without_the_comment() -> None:
    comment = decided(Status.REJECTED, body="Kata-kata saya sendiri.", author_name="Nama Palsu")
    notice = Notice.objects.get()
    assert deliver(notice.pk) is True
    assert deliver(notice.pk) is False
    (message,) = mail.outbox
    assert message.to == ["dewi@contoh.example"]
    assert message.subject.endswith(": Jembatan dibuka")
    assert comment.article.get_absolute_url() in message.body
    assert "Kata-kata saya" not in message.body
    assert "Nama Palsu" not in message.body
    assert message.content_subtype == "plain"
    notice.refresh_from_db()
    assert (notice.state, notice.attempts, notice.error) == (Notice.State.SENT, 1, "")


def test_line_ends_in_a_title_stay_out_of_the_subject() -> None:
    comment = decided(Status.APPROVED)
    comment.article.title = "Judul\r\nBcc: semua@contoh.example"
    comment.article.save()
    assert deliver(Notice.objects.get().pk) is True
    assert "\n" not in mail.outbox[0].subject
    assert mail.outbox[0].recipients() == ["dewi@contoh.example"]


def test_spam_and_a_missing_address_are_answered_with_silence() -> None:
    decided(Status.SPAM)
    comment = make_comment(status=Status.HELD, author_email="")
    decide(comment, Status.APPROVED, kind=Decision.Kind.PERSON, reason="fine", moderator=make_moderator())
    assert not Notice.objects.exists()


def test_one_address_gets_so_many_a_day_and_the_rest_is_recorded(settings: Any) -> None:
    settings.NOTICES_PER_ADDRESS = 2
    for _ in range(3):
        decided(Status.APPROVED)
    assert list(Notice.objects.order_by("pk").values_list("state", flat=True)) == ["due", "due", "capped"]


def test_what_cannot_be_sent_is_tried_again_and_given_up_in_the_end(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # nobody listens there
    decided(Status.APPROVED)
    notice = Notice.objects.get()
    assert deliver(notice.pk) is False
    notice.refresh_from_db()
    assert (notice.state, notice.attempts, notice.error) == (Notice.State.DUE, 1, "ConnectionRefusedError")
    assert deliver(notice.pk) is False  # not due yet
    notice.refresh_from_db()
    assert notice.attempts == 1
    assert due(10) == []
    Notice.objects.update(attempts=MOST_ATTEMPTS - 1, due_at=LONG_AGO)
    assert due(10) == [notice.pk]
    assert deliver(notice.pk) is False
    notice.refresh_from_db()
    assert (notice.state, notice.attempts) == (Notice.State.FAILED, MOST_ATTEMPTS)
    assert due(10) == []


# --- A worker that dies over it ------------------------------------------------------------------------------------------


class Killed(BaseException):
    """What ends a worker at the worst moment."""


class DeadlyBackend(LocmemBackend):
    """The mail server takes the mail, and then the worker is gone before it can write that down."""

    def send_messages(self, messages: Any) -> int:
        super().send_messages(messages)
        raise Killed


def test_a_worker_killed_over_a_mail_costs_at_most_one_repeat(settings: Any) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.DeadlyBackend"
    decided(Status.APPROVED)
    notice = Notice.objects.get()
    for _time in range(5):
        with suppress(Killed):
            deliver(notice.pk)
        Notice.objects.update(due_at=LONG_AGO)
    assert len(mail.outbox) == 2
    # The repeat names itself as one: a mail program that knows the first shows no second.
    assert len({message.extra_headers["Message-ID"] for message in mail.outbox}) == 1
    notice.refresh_from_db()
    assert (notice.state, notice.error) == (Notice.State.FAILED, "Interrupted")


def test_a_mail_that_cannot_be_built_is_a_failed_notice(settings: Any) -> None:
    decided(Status.APPROVED)
    settings.DEFAULT_FROM_EMAIL = "redaksi@localhost\r\nBcc: semua@contoh.example"
    notice = Notice.objects.get()
    for _time in range(MOST_ATTEMPTS):
        assert deliver(notice.pk) is False
        Notice.objects.update(due_at=LONG_AGO)
    notice.refresh_from_db()
    assert (notice.state, notice.error, notice.handed, mail.outbox) == (Notice.State.FAILED, "BadHeaderError", 0, [])


# --- Time to think again -------------------------------------------------------------------------------------------------


def test_nobody_is_told_of_a_persons_decision_while_it_can_be_taken_back_beside_the_next_one() -> None:
    decided(Status.REJECTED)
    notice = Notice.objects.get()
    assert notice.due_at - notice.created_at >= timedelta(seconds=9.9)
    assert send_notices() == 0
    Notice.objects.update(due_at=notice.due_at - timedelta(seconds=10))
    assert send_notices() == 1
    assert len(mail.outbox) == 1
    assert send_notices() == 0


def test_what_the_checks_decide_is_told_at_once() -> None:
    comment = make_comment(status=Status.PENDING, author_email="dewi@contoh.example")
    decide(comment, Status.APPROVED, kind=Decision.Kind.SCREENING, reason="fine")
    assert due(10) == [Notice.objects.get().pk]


def test_a_decision_taken_back_in_time_was_never_told() -> None:
    decided(Status.REJECTED)
    first = Decision.objects.get()
    undo(first, make_moderator("budi"))
    Notice.objects.update(due_at=LONG_AGO)
    assert send_notices() == 0
    notice = Notice.objects.get()
    assert (notice.decision, notice.state, notice.attempts) == (first, Notice.State.DROPPED, 0)
    comment = Comment.objects.get()
    decide(comment, Status.APPROVED, kind=Decision.Kind.PERSON, reason="fine", moderator=first.moderator)
    Notice.objects.update(due_at=LONG_AGO)
    assert send_notices() == 1
    assert [message.to for message in mail.outbox] == [["dewi@contoh.example"]]
    assert Notice.objects.get(state=Notice.State.SENT).decision == Decision.objects.last()


def test_another_decision_within_the_time_takes_the_place_of_the_first_ones_mail() -> None:
    comment = decided(Status.REJECTED)
    decide(comment, Status.APPROVED, kind=Decision.Kind.PERSON, reason="fine", moderator=make_moderator("budi"))
    assert list(Notice.objects.order_by("pk").values_list("decision__outcome", "state")) == [("rejected", "dropped"), ("approved", "due")]


def test_a_note_on_what_is_held_leaves_its_mail_alone() -> None:
    comment = make_comment(status=Status.PENDING, author_email="dewi@contoh.example")
    decide(comment, Status.HELD, kind=Decision.Kind.SCREENING, reason="first_comment")
    decide(comment, Status.HELD, kind=Decision.Kind.PERSON, reason="first_comment", moderator=make_moderator(), note="Tunggu.")
    assert list(Notice.objects.values_list("state", flat=True)) == ["due"]


class TakingBackBackend(LocmemBackend):
    """Somebody takes the decision back at the moment at which the mail server is being reached."""

    def open(self) -> None:
        Notice.objects.filter(handed=0).update(state=Notice.State.DROPPED)


def test_a_decision_taken_back_while_its_mail_is_being_made_is_not_told(settings: Any) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.TakingBackBackend"
    decided(Status.REJECTED)
    assert deliver(Notice.objects.get().pk) is False
    notice = Notice.objects.get()
    assert (notice.state, notice.handed, mail.outbox) == (Notice.State.DROPPED, 0, [])


class CountingBackend(LocmemBackend):
    opened: ClassVar[list[int]] = []
    refused: ClassVar[list[str]] = []

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.is_open = False

    def open(self) -> None:
        if not self.is_open:
            self.opened.append(1)
        self.is_open = True

    def close(self) -> None:
        self.is_open = False

    def send_messages(self, messages: Any) -> int:
        if messages[0].to[0] in self.refused:
            raise SMTPServerDisconnected
        return int(super().send_messages(messages))


def test_many_mails_go_over_one_connection_and_a_broken_one_is_opened_anew(settings: Any) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.CountingBackend"
    CountingBackend.opened.clear()
    CountingBackend.refused[:] = ["n2@contoh.example"]
    article, moderator = make_article(), make_moderator()
    for number in range(5):
        comment = make_comment(article, status=Status.HELD, author_email=f"n{number}@contoh.example")
        decide(comment, Status.APPROVED, kind=Decision.Kind.PERSON, reason="fine", moderator=moderator)
    Notice.objects.update(due_at=LONG_AGO)
    assert send_notices() == 4
    assert [message.to[0] for message in mail.outbox] == [f"n{number}@contoh.example" for number in (0, 1, 3, 4)]
    assert len(CountingBackend.opened) == 2
    assert Notice.objects.get(state=Notice.State.DUE).error == "SMTPServerDisconnected"
