"""The main job, through HTTP, by real processes: a reply comes in, is screened by a worker, decided, and published."""

from __future__ import annotations

from html import unescape
from typing import Any

import httpx
import pytest
from rest_framework.authtoken.models import Token

from comments.models import Comment
from comments.states import Status
from moderation.models import Decision, Finding, Notice, Phrase
from newsroom.models import Article, CommentMode
from tests.environment import RUN_DIR
from tests.factories import end_undo_time, make_article, make_moderator
from tests.processes import Stack, wait_for

TEXT = "Jembatan itu sudah lama ditunggu warga kampung kami."
REPLY = {"comment": TEXT, "author": "Dewi", "email": "dewi@contoh.example", "url": "dewi.example"}


def screened(comment: Comment) -> Comment:
    def done() -> bool:
        comment.refresh_from_db()
        return comment.status != Status.PENDING

    wait_for(done)
    return comment


def send(http: httpx.Client, article: Article, **fields: str) -> Comment:
    answer = http.post(f"/artikel/{article.slug}/balasan/", data={**REPLY, **fields})
    assert answer.status_code == 303, answer.text[:300]
    address, _, public_id = answer.headers["location"].rpartition("#komentar-")
    assert address == f"/artikel/{article.slug}/"
    return Comment.objects.get(public_id=public_id)


def moderate(stack: Stack, comment: Comment, outcome: str, **fields: object) -> httpx.Response:
    token = Token.objects.get_or_create(user=make_moderator())[0]
    with stack.client(headers={"Authorization": f"Token {token.key}"}) as http:
        return http.post(
            f"/api/v1/moderation/comments/{comment.public_id}/decisions/",
            json={"outcome": outcome, "revision": comment.revision, **fields},
        )


def test_first_reply_waits_for_a_person_and_only_its_author_sees_it(stack: Stack) -> None:
    article = make_article()
    with stack.client() as author, stack.client() as stranger:
        comment = send(author, article)
        assert comment.status == Status.PENDING or Decision.objects.exists()
        screened(comment)
        assert comment.status == Status.HELD
        decision = Decision.objects.get()
        assert (decision.kind, decision.reason, decision.revision, decision.moderator) == ("screening", "new_author", 1, None)
        assert Finding.objects.filter(decision=decision).count() >= 7
        mine, theirs = author.get(article.get_absolute_url()), stranger.get(article.get_absolute_url())
        assert f'id="{comment.anchor}"' in mine.text
        assert TEXT in unescape(mine.text)
        assert mine.headers["Cache-Control"] == "no-store"
        assert comment.public_id not in theirs.text
        assert TEXT not in unescape(theirs.text)
        assert stranger.get(f"/komentar/{comment.public_id}/").status_code == 404
        assert stranger.get(f"/api/v1/comments/{comment.public_id}/").status_code == 404


def test_approved_it_stands_in_the_thread_and_its_author_is_told(stack: Stack) -> None:
    article = make_article()
    with stack.client() as author, stack.client() as stranger:
        comment = screened(send(author, article))
        wait_for(lambda: Notice.objects.filter(state=Notice.State.SENT).count() == 1)
        assert moderate(stack, comment, "approve").status_code == 201
        page = stranger.get(article.get_absolute_url())
        assert f'id="{comment.anchor}"' in page.text
        assert TEXT in unescape(page.text)
        assert stranger.get(f"/komentar/{comment.public_id}/").headers["location"] == f"/artikel/{article.slug}/#{comment.anchor}"
        thread = stranger.get(f"/api/v1/articles/{article.slug}/comments/").json()
        assert [one["id"] for one in thread["results"]] == [comment.public_id]
        assert thread["results"][0]["author_url"] == "https://dewi.example"
    end_undo_time()
    wait_for(lambda: Notice.objects.filter(state=Notice.State.SENT).count() == 2)
    assert list(Notice.objects.order_by("id").values_list("decision__outcome", flat=True)) == ["held", "approved"]
    mails = "\n".join(path.read_text() for path in (RUN_DIR / "mail").iterdir())
    assert "To: dewi@contoh.example" in mails


@pytest.mark.parametrize("outcome", ["reject", "spam"])
def test_refused_it_never_stands_in_the_thread(stack: Stack, outcome: str) -> None:
    article = make_article()
    with stack.client() as author, stack.client() as stranger:
        comment = screened(send(author, article))
        assert moderate(stack, comment, outcome, reason="off_topic").status_code == 201
        assert comment.public_id not in stranger.get(article.get_absolute_url()).text
        assert stranger.get(f"/api/v1/articles/{article.slug}/comments/").json()["results"] == []
        assert TEXT not in stranger.get("/feed/").text + stranger.get(f"/artikel/{article.slug}/feed/").text


def test_somebody_known_is_published_by_the_checks_and_a_name_alone_is_not_known(stack: Stack) -> None:
    article = make_article()
    with stack.client() as author, stack.client() as borrower:
        first = screened(send(author, article))
        moderate(stack, first, "approve")
        second = screened(send(author, article, comment="Terima kasih, redaksi, sudah memuat kabar ini."))
        assert (second.status, Decision.objects.get(comment=second).reason) == (Status.APPROVED, "clean")
        borrowed = screened(send(borrower, article, comment="Saya memakai nama dan alamat orang lain di sini."))
        assert (borrowed.status, Decision.objects.get(comment=borrowed).reason) == (Status.HELD, "new_author")


@pytest.mark.parametrize("level", ["publication", "section", "article"])
def test_where_every_comment_waits_even_somebody_known_does(stack: Stack, level: str) -> None:
    article = make_article()
    with stack.client() as author:
        moderate(stack, screened(send(author, article)), "approve")
        place: Any = {"publication": article.publication, "section": article.section, "article": article}[level]
        place.comment_mode = CommentMode.BEFORE
        place.save()
        second = screened(send(author, article, comment="Terima kasih, redaksi, sudah memuat kabar ini."))
        assert (second.status, Decision.objects.get(comment=second).reason) == (Status.HELD, "waits")
        place.comment_mode = CommentMode.AFTER
        place.save()
        third = screened(send(author, article, comment="Sekali lagi terima kasih, semoga cepat diperbaiki."))
        assert third.status == Status.APPROVED


def test_what_a_banned_phrase_gives_away_is_spam_however_it_is_disguised(stack: Stack) -> None:
    Phrase.objects.create(pattern="mawarhoki", action="banned", kind="gambling", severity=3)
    article = make_article()
    with stack.client() as http:
        comment = screened(send(http, article, comment="Main di \U0001d5e0\U0001d5ee\U0001d604\U0001d5ee\U0001d5ff\u200bh0k1 pasti cair!"))
    assert comment.status == Status.SPAM
    finding = Finding.objects.get(comment=comment, check_name="phrases")
    assert finding.label == "spam"
    (start, end, _kind) = finding.spans[0]
    assert comment.body_raw[start:end] == "\U0001d5e0\U0001d5ee\U0001d604\U0001d5ee\U0001d5ff\u200bh0k1"
    assert not Notice.objects.exists()


def test_the_same_text_from_three_names_is_known(stack: Stack) -> None:
    article, other = make_article(), make_article()
    text = "Modal kecil untung besar, hubungi kami sekarang juga di nomor yang tertera ya kakak."
    with stack.client() as http:
        first = screened(send(http, article, comment=text, author="A", email="a@contoh.example"))
    with stack.client() as http:
        second = screened(send(http, other, comment=text.upper(), author="B", email="b@contoh.example"))
    assert Finding.objects.get(comment=first, check_name="repeats").label == "clean"
    finding = Finding.objects.get(comment=second, check_name="repeats")
    assert (finding.label, finding.detail["copies"], finding.detail["authors"]) == ("suspect", 1, 1)


def test_a_double_click_and_a_retry_make_one_comment(stack: Stack) -> None:
    article = make_article()
    with stack.client() as http:
        first, again = send(http, article), send(http, article)
        assert first.pk == again.pk
    with stack.client() as elsewhere:
        assert send(elsewhere, article).pk == first.pk
    assert Comment.objects.count() == 1


def test_a_reply_to_a_reply_stands_below_it(stack: Stack) -> None:
    article = make_article()
    with stack.client() as author:
        first = screened(send(author, article))
        moderate(stack, first, "approve")
        second = screened(send(author, article, comment="Saya membalas diri sendiri dengan sopan.", comment_parent=first.public_id))
        assert second.status == Status.APPROVED
        third = screened(send(author, article, comment="Dan sekali lagi, satu tingkat lebih dalam.", comment_parent=second.public_id))
    assert (second.parent_id, third.parent_id, third.root_id, third.depth) == (first.pk, second.pk, first.pk, 2)
    first.refresh_from_db()
    assert (first.reply_count, first.descendant_count) == (1, 2)


def test_a_comment_sent_by_the_api_can_be_edited_and_withdrawn_by_its_token(stack: Stack) -> None:
    article = make_article()
    with stack.client() as http:
        answer = http.post(
            f"/api/v1/articles/{article.slug}/comments/",
            json={"author_name": "Dewi", "author_email": "dewi@contoh.example", "body": TEXT},
        )
        assert answer.status_code == 201
        created = answer.json()
        assert created["status"] == "pending"
        comment = screened(Comment.objects.get(public_id=created["id"]))
        address, right = f"/api/v1/comments/{created['id']}/", {"Authorization": f"EditToken {created['edit_token']}"}
        assert http.get(address).status_code == 404
        assert http.get(address, headers=right).json()["status"] == "held"
        assert http.patch(address, json={"body": "Teks baru."}, headers={"Authorization": "EditToken salah"}).status_code in {401, 403, 404}
        comment.refresh_from_db()
        assert (comment.revision, comment.body_raw) == (1, TEXT)
        assert http.patch(address, json={"body": "Teks baru."}, headers=right).status_code == 200
        screened(comment)
        assert (comment.revision, comment.body_raw, comment.status) == (2, "Teks baru.", Status.HELD)
        assert http.delete(address, headers=right).status_code == 204
        comment.refresh_from_db()
        assert comment.status == Status.WITHDRAWN
        assert http.get(f"/api/v1/articles/{article.slug}/comments/").json()["results"] == []


def test_a_moderator_who_saw_an_older_state_is_told_and_nothing_is_overwritten(stack: Stack) -> None:
    article = make_article()
    with stack.client() as http:
        comment = screened(send(http, article))
    assert moderate(stack, comment, "reject", reason="off_topic").status_code == 201
    late = moderate(stack, comment, "reject", reason="insulting")
    assert late.status_code == 409
    assert late.headers["content-type"] == "application/problem+json"
    comment.refresh_from_db()
    assert comment.status == Status.REJECTED
    assert list(Decision.objects.filter(kind="person").values_list("reason", flat=True)) == ["off_topic"]
