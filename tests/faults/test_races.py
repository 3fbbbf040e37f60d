"""Two at once: the first one wins, a person outranks a late verdict, and a retry is answered with the same row."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import connection

from comments.models import Comment
from comments.states import Status
from comments.submission import edit, withdraw
from comments.threads import comment_count
from moderation.decisions import Stale, decide
from moderation.models import Decision
from tests.factories import make_article, make_comment, make_moderator
from tests.faults.conftest import Post, check_invariants, decided, let_go
from tests.processes import Stack, wait_for

REPLY = {"comment": "Sebuah balasan yang dikirim berkali-kali.", "author": "Dewi", "email": "dewi@contoh.example"}


def at_once(count: int, act: Any) -> list[Any]:
    def run(number: int) -> Any:
        try:
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_the_same_post_twenty_times_at_once(fragile: Stack) -> None:
    fragile.start_worker().wait_until_ready()
    article = make_article()
    address = f"{fragile.url}/artikel/{article.slug}/balasan/"
    answers = at_once(20, lambda _n: httpx.post(address, data=REPLY, timeout=60))
    assert {answer.status_code for answer in answers} == {303}
    comment = Comment.objects.get()
    assert {answer.headers["location"] for answer in answers} == {f"/artikel/{article.slug}/#{comment.anchor}"}
    decided(comment)
    assert Decision.objects.count() == 1
    check_invariants([comment])


def test_the_same_post_twenty_times_at_once_with_a_key(fragile: Stack) -> None:
    article = make_article()
    address = f"{fragile.url}/api/v1/articles/{article.slug}/comments/"
    body = {"author_name": "Dewi", "author_email": "dewi@contoh.example", "body": "Sebuah balasan."}
    answers = at_once(20, lambda _n: httpx.post(address, json=body, headers={"Idempotency-Key": "kunci-1"}, timeout=60))
    assert {answer.status_code for answer in answers} == {201}
    assert {answer.json()["id"] for answer in answers} == {Comment.objects.get().public_id}
    assert len({answer.json()["edit_token"] for answer in answers}) == 1
    other = httpx.post(address, json={**body, "body": "Lain."}, headers={"Idempotency-Key": "kunci-1"})
    assert other.status_code == 409
    assert Comment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_moderators_at_once() -> None:
    """Both saw the comment held; one decision stands, the other is told who was quicker."""
    sari, budi = make_moderator("sari"), make_moderator("budi")
    for _ in range(10):
        comment = make_comment(status=Status.HELD)

        def act(number: int, pk: int = comment.pk) -> Decision | Stale:
            mine = Comment.objects.get(pk=pk)
            try:
                if number:
                    return decide(mine, Status.APPROVED, kind="person", reason="fine", moderator=sari)
                return decide(mine, Status.REJECTED, kind="person", reason="off_topic", moderator=budi)
            except Stale as stale:
                return stale

        results = at_once(2, act)
        decisions = [result for result in results if isinstance(result, Decision)]
        stales = [result for result in results if isinstance(result, Stale)]
        comment.refresh_from_db()
        if len(decisions) == 2:
            # One came after the other had been read: then the second one saw, and overrode, the first.
            later = max(decisions, key=lambda one: one.pk)
            assert later.was in {Status.APPROVED, Status.REJECTED}
        else:
            assert len(decisions) == len(stales) == 1
            assert stales[0].last is not None
            assert stales[0].last.pk == decisions[0].pk
            assert comment.status == decisions[0].outcome
            assert Decision.objects.filter(comment=comment).count() == 1
        assert comment_count(comment.article) == (1 if comment.status == Status.APPROVED else 0)
    check_invariants()


def test_a_moderator_decides_while_the_check_runs(fragile: Stack, post: Post, run_dir: Path) -> None:
    fragile.start_worker().wait_until_ready()
    comment = post(make_article(), "Berita yang menarik sekali. TUNGGU")
    wait_for((run_dir / "began").exists)
    decision = decide(Comment.objects.get(pk=comment.pk), Status.REJECTED, kind="person", reason="off_topic", moderator=make_moderator())
    let_go(run_dir)
    wait_for(lambda: "verdict came late" in fragile.logs(), 120)
    comment.refresh_from_db()
    assert comment.status == Status.REJECTED
    assert list(Decision.objects.all()) == [decision]
    check_invariants([comment])


def test_an_edit_while_the_check_runs_is_checked_anew(fragile: Stack, post: Post, run_dir: Path) -> None:
    fragile.start_worker().wait_until_ready()
    comment = post(make_article(), "Berita yang menarik sekali. TUNGGU")
    wait_for((run_dir / "began").exists)
    edit(Comment.objects.get(pk=comment.pk), "Teks yang baru sama sekali.")
    let_go(run_dir)
    wait_for(lambda: "verdict came late" in fragile.logs(), 120)
    decided(comment)
    assert (comment.status, comment.revision, comment.body_raw) == (Status.HELD, 2, "Teks yang baru sama sekali.")
    assert list(Decision.objects.values_list("revision", flat=True)) == [2]
    check_invariants([comment])


def test_a_comment_withdrawn_while_the_check_runs_stays_withdrawn(fragile: Stack, post: Post, run_dir: Path) -> None:
    fragile.start_worker().wait_until_ready()
    comment = post(make_article(), "Berita yang menarik sekali. TUNGGU")
    wait_for((run_dir / "began").exists)
    withdraw(Comment.objects.get(pk=comment.pk))
    let_go(run_dir)
    wait_for(lambda: "verdict came late" in fragile.logs(), 120)
    comment.refresh_from_db()
    assert comment.status == Status.WITHDRAWN
    assert not Decision.objects.exists()
    check_invariants([comment])
