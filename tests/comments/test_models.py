from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from comments.models import ALPHABET, AppendOnlyError, Comment, Revision, Thread, new_public_id
from comments.states import MOVES, Status
from tests.factories import make_article, make_comment

pytestmark = pytest.mark.django_db


def fresh(comment: Comment) -> Comment:
    return Comment.objects.get(pk=comment.pk)


def test_ids_cannot_be_guessed_or_counted() -> None:
    ids = {new_public_id() for _ in range(1_000)}
    assert len(ids) == 1_000
    assert all(len(one) == 16 and set(one) <= set(ALPHABET) for one in ids)


@pytest.mark.parametrize("old", list(Status))
@pytest.mark.parametrize("new", list(Status))
def test_every_move_and_every_other(old: Status, new: Status) -> None:
    comment = make_comment(status=old)
    version = Comment.objects.values().get(pk=comment.pk)
    due = {"screen_due_at": timezone.now()} if new == Status.PENDING else {}
    if new in MOVES[old]:
        assert comment.move_to(new, **due) is True
        assert comment.status == fresh(comment).status == new
        assert (fresh(comment).screen_due_at is not None) == (new == Status.PENDING)
    else:
        with pytest.raises(ValueError, match=f"no move from {old} to {new}"):
            comment.move_to(new, **due)
        assert Comment.objects.values().get(pk=comment.pk) == version


@pytest.mark.parametrize("moved", [{"status": Status.REJECTED}, {"revision": 2}])
def test_a_move_from_what_no_longer_is_changes_nothing(moved: dict[str, Any]) -> None:
    comment = make_comment(status=Status.HELD)
    Comment.objects.filter(pk=comment.pk).update(**moved)
    before = Comment.objects.values().get(pk=comment.pk)
    assert comment.move_to(Status.APPROVED, edited_at=timezone.now()) is False
    assert Comment.objects.values().get(pk=comment.pk) == before
    assert comment.status == Status.HELD
    assert not Thread.objects.filter(comment_count__gt=0).exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_moves_it() -> None:
    comment = make_comment(status=Status.HELD)
    results: list[bool] = []

    barrier = threading.Barrier(8)
    stale = [Comment.objects.get(pk=comment.pk) for _ in range(8)]

    def move_stale(row: Comment, status: Status) -> None:
        try:
            barrier.wait()
            results.append(row.move_to(status))
        finally:
            connection.close()

    outcomes = [Status.APPROVED, Status.REJECTED, Status.SPAM, Status.WITHDRAWN] * 2
    threads = [threading.Thread(target=move_stale, args=pair) for pair in zip(stale, outcomes, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False] * 7 + [True]
    assert sum(Thread.objects.values_list("comment_count", flat=True)) == (fresh(comment).status == Status.APPROVED)


def test_the_time_of_first_publication_is_kept() -> None:
    comment = make_comment(status=Status.APPROVED)
    first = fresh(comment).published_at
    assert first is not None
    comment.move_to(Status.HELD)
    comment.move_to(Status.APPROVED)
    assert fresh(comment).published_at == first


def test_counters_along_the_branch() -> None:
    article = make_article()
    top = make_comment(article)
    middle = make_comment(article, parent=top)
    leaf = make_comment(article, parent=middle)
    assert [(fresh(one).reply_count, fresh(one).descendant_count) for one in (top, middle, leaf)] == [(1, 2), (1, 1), (0, 0)]
    assert Thread.objects.get().comment_count == 3
    version = Thread.objects.get().version
    fresh(middle).move_to(Status.REJECTED)
    assert [(fresh(one).reply_count, fresh(one).descendant_count) for one in (top, middle, leaf)] == [(0, 1), (1, 1), (0, 0)]
    assert (Thread.objects.get().comment_count, Thread.objects.get().version) == (2, version + 1)


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(list(Status))), max_size=12))
def test_the_counters_are_right_after_any_moves(moves: list[tuple[int, Status]]) -> None:
    article = make_article()
    comments = [make_comment(article)]
    for number in range(1, 6):
        comments.append(make_comment(article, parent=fresh(comments[(number - 1) // 2])))
    for number, status in moves:
        comment = fresh(comments[number])
        if status in MOVES[Status(comment.status)]:
            assert comment.move_to(status, **({"screen_due_at": timezone.now()} if status == Status.PENDING else {}))
    public = Comment.objects.filter(article=article).public()
    assert Thread.objects.get(pk=article.pk).comment_count == public.count()
    for comment in Comment.objects.filter(article=article):
        assert comment.reply_count == public.filter(parent=comment).count()
        assert comment.descendant_count == sum(comment.pk in other.ancestor_ids() for other in public)


def test_a_counter_that_went_wrong_does_not_stop_a_decision() -> None:
    top = make_comment()
    reply = make_comment(top.article, parent=top)
    Comment.objects.filter(pk=top.pk).update(reply_count=0, descendant_count=0)
    Thread.objects.update(comment_count=0)
    assert reply.move_to(Status.REJECTED) is True
    assert (fresh(top).reply_count, fresh(top).descendant_count, Thread.objects.get().comment_count) == (0, 0, 0)


def test_a_pending_comment_is_always_due() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_comment(status=Status.PENDING, screen_due_at=None)


def test_no_other_status_gets_in() -> None:
    comment = make_comment()
    with pytest.raises(IntegrityError), transaction.atomic():
        Comment.objects.filter(pk=comment.pk).update(status="public")


def test_history_is_only_added_to() -> None:
    row = Revision.objects.create(comment=make_comment(), number=1, body_raw="Lama.")
    row.body_raw = "Baru."
    for act in (row.save, row.delete, Revision.objects.all().delete, lambda: Revision.objects.update(number=2)):
        with pytest.raises(AppendOnlyError):
            act()
    assert Revision.objects.get().body_raw == "Lama."
