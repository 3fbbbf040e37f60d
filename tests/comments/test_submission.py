from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from comments import submission
from comments.models import MAX_DEPTH, Comment, Commenter, Revision
from comments.signals import comment_submitted
from comments.states import Status
from comments.submission import (
    ChangedMeanwhile,
    Client,
    CommentsClosed,
    Draft,
    KeyReused,
    NotEditable,
    ParentGone,
    Submitted,
    TooFast,
    WindowClosed,
    edit,
    submit,
    withdraw,
)
from tests.factories import make_article, make_comment, make_commenter

pytestmark = pytest.mark.django_db
HERE = Client(ip="198.51.100.7", user_agent="Peramban/1.0")
THERE = Client(ip="203.0.113.9")


def draft(body: str = "Jembatan itu lama ditunggu.", **fields: Any) -> Draft:
    return Draft(**{"author_name": "Dewi", "author_email": "dewi@contoh.example", "author_url": "", "body": body, **fields})


@pytest.fixture
def announced() -> Any:
    """What the signal said."""
    heard: list[tuple[int, int]] = []

    def listen(comment_id: int, revision: int, **_kwargs: object) -> None:
        heard.append((comment_id, revision))

    comment_submitted.connect(listen)
    yield heard
    comment_submitted.disconnect(listen)


# --- submit -------------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_one_row_pending_due_and_announced(announced: list[tuple[int, int]]) -> None:
    article = make_article()
    done = submit(article, draft("Halo <em>dunia</em>"), HERE)
    assert (done.created, done.is_author) == (True, True)
    comment = Comment.objects.get()
    assert (comment.status, comment.revision, comment.depth, comment.path) == (Status.PENDING, 1, 0, "")
    assert (comment.body_raw, comment.body_html, comment.body_text) == ("Halo <em>dunia</em>", "<p>Halo <em>dunia</em></p>", "Halo dunia")
    assert (comment.ip, comment.user_agent, len(comment.network)) == ("198.51.100.7", "Peramban/1.0", 16)
    assert comment.screen_due_at is not None
    assert abs(comment.screen_due_at - timezone.now() - settings.SCREEN_GRACE) < timedelta(seconds=5)
    assert announced == [(comment.pk, 1)]


@pytest.mark.django_db(transaction=True)
def test_a_listener_that_fails_costs_the_reader_nothing() -> None:
    def fail(**_kwargs: object) -> None:
        raise RuntimeError

    comment_submitted.connect(fail)
    try:
        assert submit(make_article(), draft(), HERE).created is True
    finally:
        comment_submitted.disconnect(fail)


def test_only_the_form_makes_a_commenter() -> None:
    article = make_article()
    assert submit(article, draft("Satu."), HERE).comment.commenter is None
    assert submit(article, draft("Dua."), Client(ip="198.51.100.7", via_form=True)).comment.commenter == Commenter.objects.get()
    known = make_commenter()
    assert submit(article, draft("Tiga."), Client(ip="198.51.100.7", via_form=True, commenter=known)).comment.commenter == known


def test_replies_know_their_place() -> None:
    top = make_comment()
    first = submit(top.article, draft("Satu.", parent=top), HERE).comment
    assert (first.parent, first.root, first.path, first.depth) == (top, top, str(top.pk), 1)
    first.move_to(Status.APPROVED)
    second = submit(top.article, draft("Dua.", parent=first), HERE).comment
    assert (second.parent, second.root, second.path, second.depth) == (first, top, f"{top.pk}.{first.pk}", 2)


def test_a_reply_to_the_deepest_becomes_its_sibling() -> None:
    comment = make_comment()
    for _ in range(MAX_DEPTH):
        comment = make_comment(comment.article, parent=comment)
    assert comment.depth == MAX_DEPTH
    reply = submit(comment.article, draft(parent=comment), HERE).comment
    assert (reply.depth, reply.parent) == (MAX_DEPTH, comment.parent)


@pytest.mark.parametrize(
    "fields",
    [
        {"comments_enabled": False},
        {"comments_close_at": timezone.now() - timedelta(hours=1)},
        {"published_at": None},
        {"published_at": timezone.now() + timedelta(hours=1)},
    ],
)
def test_closed(fields: dict[str, Any]) -> None:
    with pytest.raises(CommentsClosed):
        submit(make_article(**fields), draft(), HERE)
    assert not Comment.objects.exists()


def test_a_parent_that_is_hidden_or_elsewhere() -> None:
    hidden, other = make_comment(status=Status.HELD), make_comment()
    for parent, article in ((hidden, hidden.article), (other, hidden.article)):
        with pytest.raises(ParentGone):
            submit(article, draft(parent=parent), HERE)
    assert Comment.objects.count() == 2


def test_too_fast_in_one_article_from_one_network() -> None:
    article = make_article()
    for number in range(3):
        submit(article, draft(f"Nomor {number}."), HERE)
    with pytest.raises(TooFast) as refused:
        submit(article, draft("Nomor 3."), Client(ip="198.51.100.99"))
    assert 0 < refused.value.seconds <= 60
    assert Comment.objects.count() == 3
    submit(make_article(), draft("Nomor 3."), HERE)
    submit(article, draft("Nomor 3."), THERE)


# --- the same again -------------------------------------------------------------------------------------------------------------


def test_the_same_key_and_content_is_the_same_comment_from_anywhere() -> None:
    article = make_article()
    first = submit(article, draft(), HERE, idempotency_key="k")
    again = submit(article, draft(), THERE, idempotency_key="k")
    assert (again.comment, again.created, again.is_author) == (first.comment, False, True)
    with pytest.raises(KeyReused):
        submit(article, draft("Lain."), HERE, idempotency_key="k")
    assert Comment.objects.count() == 1


@pytest.mark.parametrize("change", [{"author_name": "Sari"}, {"author_email": "s@contoh.example"}, {"author_url": "https://s.example"}])
def test_a_key_is_of_all_that_came_with_it(change: dict[str, str]) -> None:
    article = make_article()
    submit(article, draft(), HERE, idempotency_key="k")
    with pytest.raises(KeyReused):
        submit(article, draft(**change), HERE, idempotency_key="k")
    assert submit(article, draft(**change), HERE).created is True


def test_the_same_content_is_a_retry_for_a_while_and_for_a_neighbour() -> None:
    article = make_article()
    first = submit(article, draft(), HERE).comment
    retry = submit(article, draft(author_name="dewi"), Client(ip="198.51.100.99"))
    assert (retry.comment, retry.created, retry.is_author) == (first, False, True)
    assert submit(article, draft(), THERE).is_author is False
    Comment.objects.update(created_at=timezone.now() - submission.RETRY_WINDOW - timedelta(seconds=1))
    assert submit(article, draft(), HERE).is_author is False
    assert Comment.objects.count() == 1


def test_the_same_browser_is_the_author_from_anywhere() -> None:
    article, commenter = make_article(), make_commenter()
    submit(article, draft(), Client(ip="198.51.100.7", commenter=commenter))
    assert submit(article, draft(), Client(ip="203.0.113.9", commenter=commenter)).is_author is True


def test_a_retry_is_answered_though_comments_were_closed_or_the_limit_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    article = make_article()
    monkeypatch.setattr(settings, "COMMENT_RATE_LIMITS", ((1, 60),))
    first = submit(article, draft(), HERE, idempotency_key="k").comment
    article.comments_enabled = False
    article.save()
    assert submit(article, draft(), HERE, idempotency_key="k").comment == first
    assert submit(article, draft(), HERE).comment == first


def test_the_same_words_elsewhere_are_another_comment() -> None:
    one, two = make_article(), make_article()
    top = make_comment(one)
    made = [submit(one, draft(), HERE), submit(two, draft(), HERE), submit(one, draft(parent=top), HERE)]
    assert [done.created for done in made] == [True, True, True]


def at_once(count: int, act: Callable[[int], Submitted]) -> tuple[list[Submitted], list[BaseException]]:
    """`act` in so many threads at the same moment, each with a connection of its own."""
    done: list[Submitted] = []
    errors: list[BaseException] = []
    barrier = threading.Barrier(count)

    def run(number: int) -> None:
        try:
            barrier.wait()
            done.append(act(number))
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done, errors


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("key", ["", "k-1"])
def test_twenty_times_at_once_is_one_row_and_one_answer(key: str) -> None:
    article = make_article()
    done, errors = at_once(20, lambda _number: submit(article, draft(), HERE, idempotency_key=key))
    assert errors == []
    assert {one.comment.pk for one in done} == {Comment.objects.get().pk}
    assert sum(one.created for one in done) == 1
    assert all(one.is_author for one in done)


@pytest.mark.django_db(transaction=True)
def test_one_key_for_two_contents_at_once() -> None:
    article = make_article()
    done, errors = at_once(10, lambda number: submit(article, draft(f"Isi {number % 2}."), HERE, idempotency_key="k"))
    assert Comment.objects.count() == 1
    assert len(done) == 5
    assert {type(error) for error in errors} == {KeyReused}


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_keep_the_limit() -> None:
    article = make_article()
    done, errors = at_once(20, lambda number: submit(article, draft(f"Nomor {number}."), HERE))
    assert len(done) == Comment.objects.count() == 3
    assert {type(error) for error in errors} == {TooFast}


# --- edit and withdraw ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("status", [Status.PENDING, Status.HELD, Status.APPROVED])
def test_edit(status: Status, announced: list[tuple[int, int]]) -> None:
    comment = make_comment(status=status, body="Lama.", content_key="x", screen_attempts=2)
    edit(comment, "Baru <em>ini</em>.")
    comment.refresh_from_db()
    assert (comment.status, comment.revision, comment.body_text, comment.screen_attempts) == (Status.PENDING, 2, "Baru ini.", 0)
    assert comment.edited_at is not None
    assert comment.content_key is None  # the old words may be sent again
    assert [(old.number, old.body_raw) for old in Revision.objects.all()] == [(1, "Lama.")]
    assert announced == [(comment.pk, 2)]


@pytest.mark.parametrize("act", [lambda comment: edit(comment, "Baru."), withdraw])
@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"status": Status.REJECTED}, NotEditable),
        ({"status": Status.SPAM}, NotEditable),
        ({"created_at": timezone.now() - timedelta(days=1)}, WindowClosed),
    ],
)
def test_what_cannot_be_changed_is_not(act: Callable[[Comment], object], fields: dict[str, Any], error: type[Exception]) -> None:
    comment = make_comment(**fields)
    before = Comment.objects.values().get()
    with pytest.raises(error):
        act(comment)
    assert Comment.objects.values().get() == before
    assert not Revision.objects.exists()


@pytest.mark.parametrize("act", [lambda comment: edit(comment, "Baru."), withdraw])
@pytest.mark.parametrize("moved", [{"status": Status.REJECTED}, {"revision": 2}])
def test_a_change_of_what_moved_on_is_refused(act: Callable[[Comment], object], moved: dict[str, Any]) -> None:
    comment = make_comment(status=Status.HELD)
    Comment.objects.update(**moved)
    before = Comment.objects.values().get()
    with pytest.raises(ChangedMeanwhile):
        act(comment)
    assert Comment.objects.values().get() == before
    assert not Revision.objects.exists()


def test_withdrawing_twice_is_once() -> None:
    comment = make_comment()
    withdraw(withdraw(comment))
    comment.refresh_from_db()
    assert comment.status == Status.WITHDRAWN
    with pytest.raises(NotEditable):
        edit(comment, "Lagi.")


def test_what_was_withdrawn_can_be_sent_again() -> None:
    article = make_article()
    withdraw(submit(article, draft(), HERE).comment)
    assert submit(article, draft(), HERE).created is True
