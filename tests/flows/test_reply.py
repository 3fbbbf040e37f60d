"""The main job, through HTTP, by real processes: a reply comes in, is screened by a worker, decided, and published."""

from __future__ import annotations

from comments.models import Comment
from comments.states import Status
from moderation.models import Decision
from tests.factories import make_article
from tests.processes import Stack, wait_for

REPLY = {"comment": "Jembatan itu sudah lama ditunggu warga kampung kami.", "author": "Dewi", "email": "dewi@contoh.example"}


def screened(comment: Comment) -> Comment | None:
    comment.refresh_from_db()
    return comment if comment.status != Status.PENDING else None


def test_first_reply_of_a_reader_is_held_by_the_worker(stack: Stack) -> None:
    article = make_article()
    with stack.client() as http:
        answer = http.post(f"/artikel/{article.slug}/balasan/", data=REPLY)
        assert answer.status_code == 303
        comment = Comment.objects.get()
        assert answer.headers["location"] == f"/artikel/{article.slug}/#komentar-{comment.public_id}"
        wait_for(lambda: screened(comment), 10)
    assert comment.status == Status.HELD
    decision = Decision.objects.get()
    assert (decision.kind, decision.reason, decision.revision) == ("screening", "new_author", 1)
