"""What a publication requires of whoever replies: nothing typed is lost, nothing typed counts, and what is shown sends it on."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from comments import keeping
from comments.models import Comment, Commenter, Follow, KeptReply
from moderation.models import Notice
from moderation.retention import forget_kept
from newsroom.models import Article, CommentAccess
from tests.factories import make_article, make_comment, make_commenter, make_publication, make_user
from tests.moderation.readers import HOSTILE, browser_of, press, sent
from tests.moderation.test_accounts import ADDRESS, PASSWORD, signed_up

pytestmark = pytest.mark.django_db

TYPED = {"comment": "Jembatan itu dekat rumah saya.", "author": "Dewi", "email": ADDRESS}


@pytest.fixture(autouse=True)
def quick_hashes(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def article_for(access: CommentAccess) -> Article:
    make_publication(comment_access=access)
    return make_article()


def send(client: Client, article: Article, **fields: str) -> Any:
    return client.post(f"{article.get_absolute_url()}balasan/", {**TYPED, **fields})


def test_a_reply_waits_for_the_address_and_goes_on_with_it() -> None:
    article, client = article_for(CommentAccess.EMAIL), browser_of()
    page = client.get(article.get_absolute_url()).content.decode()
    assert "alamat email terkonfirmasi" in page
    answer = send(client, article)
    kept = KeptReply.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/saya/?kabar=ditahan#{kept.public_id}")
    assert not Comment.objects.exists()
    assert TYPED["comment"] in client.get("/saya/").content.decode()
    assert TYPED["comment"] not in browser_of().get("/saya/").content.decode()
    assert TYPED["comment"] not in client.get(article.get_absolute_url()).content.decode()
    found = re.search(r"(/saya/alamat/\S+)", sent()[0].body)
    assert found is not None
    assert press(browser_of(), found[1]).status_code == 403
    assert press(client, found[1])["Location"] == "/saya/?kabar=diteruskan"
    comment = Comment.objects.get()
    assert (comment.body_raw, comment.author_name, comment.author_email, comment.status) == (TYPED["comment"], "Dewi", ADDRESS, "pending")
    assert comment.commenter == Commenter.objects.get(email=ADDRESS)
    assert not KeptReply.objects.exists()


def test_once_confirmed_replies_are_taken_at_once_and_under_the_confirmed_address() -> None:
    article = article_for(CommentAccess.EMAIL)
    client = browser_of(make_commenter(email=ADDRESS))
    assert "alamat email terkonfirmasi" not in client.get(article.get_absolute_url()).content.decode()
    assert send(client, article, email="lain@contoh.example")["Location"].startswith(article.get_absolute_url())
    assert Comment.objects.get().author_email == ADDRESS


def test_typing_a_confirmed_address_of_somebody_else_shows_nothing() -> None:
    article = article_for(CommentAccess.EMAIL)
    make_commenter(email=ADDRESS)
    assert "ditahan" in send(browser_of(), article)["Location"]
    assert not Comment.objects.exists()


def test_an_account_is_more_than_an_address() -> None:
    article = article_for(CommentAccess.ACCOUNT)
    assert "ditahan" in send(browser_of(make_commenter(email=ADDRESS)), article)["Location"]
    assert not Comment.objects.exists()
    assert not Notice.objects.exists()  # no mail: nobody asked for a link


def test_a_reply_waits_for_the_account_and_goes_on_at_log_in() -> None:
    article, client = article_for(CommentAccess.ACCOUNT), browser_of()
    page = client.get(article.get_absolute_url()).content.decode()
    assert f"/akun/masuk/?next={article.get_absolute_url()}%23tinggalkan-balasan" in page
    send(client, article, email="ketikan@contoh.example")
    signed_up(client)
    comment = Comment.objects.get()
    assert (comment.body_raw, comment.author_email) == (TYPED["comment"], ADDRESS)
    assert comment.commenter == Commenter.objects.get(user__email=ADDRESS)
    assert not KeptReply.objects.exists()
    assert press(browser_of(), "/akun/masuk/", login=ADDRESS, password=PASSWORD).status_code == 302
    assert Comment.objects.count() == 1


@pytest.mark.parametrize(("access", "code"), [(CommentAccess.EMAIL, "email_required"), (CommentAccess.ACCOUNT, "account_required")])
def test_the_api_says_what_is_missing(access: CommentAccess, code: str) -> None:
    article = article_for(access)
    body = json.dumps({"author_name": "Dewi", "author_email": ADDRESS, "body": TYPED["comment"], "parent": None})
    address = f"/api/v1/articles/{article.slug}/comments/"
    answer = browser_of().post(address, body, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"], answer.json()["code"]) == (403, "application/problem+json", code)
    assert (Comment.objects.count(), KeptReply.objects.count()) == (0, 0)
    assert browser_of().get(f"/api/v1/articles/{article.slug}/").json()["comment_access"] == access
    shown = Commenter.objects.create(user=make_user(), email=ADDRESS)
    client = Client()
    client.force_login(shown.user)  # type: ignore[arg-type]  # set above
    assert client.post(address, body, content_type="application/json").status_code == 201


def test_the_same_twice_is_kept_once_and_the_oldest_of_many_go() -> None:
    article, client = article_for(CommentAccess.ACCOUNT), browser_of()
    send(client, article)
    send(client, article)
    assert KeptReply.objects.count() == 1
    reader = Commenter.objects.get()
    for number in range(keeping.MOST_KEPT):
        KeptReply.objects.create(commenter=reader, article=article, author_name="x", body=f"{number}", digest=f"{number}")
    assert "ditahan" in send(client, article, comment="Yang terakhir.")["Location"]
    assert KeptReply.objects.count() == keeping.MOST_KEPT
    assert KeptReply.objects.filter(body="Yang terakhir.").exists()
    assert not KeptReply.objects.filter(body=TYPED["comment"]).exists()


def test_too_fast_is_too_fast_here_as_well(settings: Any) -> None:
    settings.COMMENT_RATE_LIMITS = ((1, 60),)
    article, client = article_for(CommentAccess.ACCOUNT), browser_of()
    send(client, article)
    answer = send(client, article, comment="Satu lagi, yang tidak boleh hilang.")
    assert answer.status_code == 429
    assert "Satu lagi, yang tidak boleh hilang." in answer.content.decode()
    assert KeptReply.objects.count() == 1


def test_what_cannot_go_on_stays_and_says_why() -> None:
    article, reader = article_for(CommentAccess.EMAIL), make_commenter()
    client = browser_of(reader)
    send(client, article, comment_parent=(parent := make_comment(article)).public_id)
    kept = KeptReply.objects.get()
    path = f"/saya/tertahan/{kept.public_id}/kirim/"
    assert press(client, path, at="/saya/").status_code == 409
    Commenter.objects.filter(pk=reader.pk).update(email=ADDRESS)
    Article.objects.update(comments_enabled=False)
    assert keeping.release(Commenter.objects.get(pk=reader.pk)) == []
    answer = press(client, path, at="/saya/")
    assert (answer.status_code, "ditutup" in answer.content.decode()) == (409, True)
    Article.objects.update(comments_enabled=True)
    assert press(client, path, at="/saya/")["Location"] == "/saya/?kabar=diteruskan"
    assert Comment.objects.get(body_raw=TYPED["comment"]).parent == parent
    assert not KeptReply.objects.exists()


def test_whoever_is_ended_between_the_two_steps_makes_no_second_comment() -> None:
    article, reader = article_for(CommentAccess.EMAIL), make_commenter()
    send(browser_of(reader), article)
    kept = KeptReply.objects.get()
    Commenter.objects.filter(pk=reader.pk).update(email=ADDRESS)
    reader.refresh_from_db()
    first = keeping.release_one(kept, reader)
    kept.save(force_insert=True)  # as if the row had never gone
    first.content_key = None
    first.save()  # and its author has changed the text since
    assert keeping.release(reader) == [first]
    assert Comment.objects.count() == 1


def test_a_stranger_can_neither_send_nor_throw_away() -> None:
    article = article_for(CommentAccess.EMAIL)
    send(browser_of(make_commenter()), article)
    kept = KeptReply.objects.get()
    for client in (browser_of(make_commenter(email="b@contoh.example")), browser_of()):
        for act in ("kirim", "buang"):
            assert press(client, f"/saya/tertahan/{kept.public_id}/{act}/", at="/saya/").status_code in {403, 404}
    assert KeptReply.objects.count() == 1


def test_throwing_away_asks_first() -> None:
    article, client = article_for(CommentAccess.EMAIL), browser_of(make_commenter())
    send(client, article, comment=HOSTILE)
    path = f"/saya/tertahan/{KeptReply.objects.get().public_id}/buang/"
    for page in (client.get(path).content.decode(), client.get("/saya/").content.decode()):
        assert "<script>alert" not in page
        assert "<img" not in page
    assert KeptReply.objects.exists()
    assert press(client, path).status_code == 303
    assert not KeptReply.objects.exists()


def test_nobody_came_back_for_it(settings: Any) -> None:
    article, reader = article_for(CommentAccess.EMAIL), make_commenter()
    send(browser_of(reader), article)
    Follow.objects.create(commenter=reader, article=article)
    Follow.objects.create(commenter=make_commenter(email=ADDRESS), article=article)
    assert forget_kept() == 0
    old = timezone.now() - timedelta(days=settings.COMMENT_KEEP_DAYS, minutes=1)
    KeptReply.objects.update(created_at=old)
    Follow.objects.update(created_at=old)
    assert forget_kept() == 2
    assert Follow.objects.get().commenter.email == ADDRESS


# --- In a frame on another site -------------------------------------------------------------------------------------------


def test_a_reply_from_a_frame_is_taken_along_to_a_page_of_ours() -> None:
    article, frame, reader = article_for(CommentAccess.EMAIL), browser_of(), browser_of()
    answer = frame.post(f"/embed/thread/?article={article.slug}", TYPED)
    page = answer.content.decode()
    found = re.search(r'href="(/saya/ambil/[^"]+)"', page)
    assert found is not None
    assert (answer.status_code, TYPED["comment"] in page) == (403, True)  # nothing typed is lost
    assert not Notice.objects.exists()  # a link could not be confirmed in a frame
    framed = KeptReply.objects.get().commenter
    assert TYPED["comment"] in reader.get(found[1]).content.decode()
    assert KeptReply.objects.get().commenter == framed  # looking takes nothing along
    assert press(reader, found[1])["Location"] == "/saya/?kabar=ditahan"
    assert KeptReply.objects.get().commenter != framed
    confirm = re.search(r"(/saya/alamat/\S+)", sent()[0].body)
    assert confirm is not None
    assert press(reader, confirm[1])["Location"] == "/saya/?kabar=diteruskan"
    assert Comment.objects.get().commenter == Commenter.objects.get(email=ADDRESS)
    framed.refresh_from_db()
    assert framed.email == ""  # who sent the link learns nothing of who followed it
    assert press(reader, found[1], at="/saya/").status_code == 404
    assert reader.get("/saya/ambil/palsu/").status_code == 404
