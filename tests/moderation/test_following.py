"""Following a thread: who is told, when, how often, and how it ends."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from comments.models import Comment, Commenter, Follow, Rhythm
from comments.states import Status
from moderation import following
from moderation.decisions import decide, undo
from moderation.models import Announcement, Decision, Mute, Notice
from moderation.notices import deliver
from newsroom.models import Article
from tests.factories import make_article, make_comment, make_commenter, make_moderator, make_publication
from tests.moderation.readers import browser_of, press

pytestmark = pytest.mark.django_db
ADDRESS = "dewi@contoh.example"


@pytest.fixture
def article() -> Article:
    make_publication()
    return make_article(title="Jembatan\r\nBcc: semua@contoh.example")


def follower(article: Article, address: str = ADDRESS, **fields: Any) -> Commenter:
    reader = make_commenter(email=address, **fields)
    Follow.objects.create(commenter=reader, article=article, created_at=timezone.now() - timedelta(days=1))
    return reader


def published(article: Article, **fields: Any) -> Comment:
    comment = make_comment(article, status=Status.HELD, author_email="", author_name="Rudi <script>", **fields)
    decide(comment, Status.APPROVED, kind=Decision.Kind.PERSON, reason="fine", moderator=make_moderator())
    return comment


def tell() -> None:
    """Make the followers' notices, after the seconds in which a person may take a decision back."""
    Announcement.objects.update(due_at=timezone.now())
    following.tell_followers()


def sent() -> list[Any]:
    tell()
    for pk in Notice.objects.filter(state=Notice.State.DUE).order_by("pk").values_list("pk", flat=True):
        deliver(pk)
    return list(mail.outbox)


def one_click(link: str) -> Any:
    """What a mail program sends by itself: no cookie, no token of a form."""
    return browser_of().post(link, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")


def stop_link(message: Any) -> str:
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    found = re.fullmatch(r"<http://127\.0\.0\.1:8000(/saya/berhenti/[^>]+)>", message.extra_headers["List-Unsubscribe"])
    assert found is not None
    assert found[1] in message.body
    return found[1]


# --- The page ------------------------------------------------------------------------------------------------------------


def test_the_thread_leads_there_for_everybody_alike(article: Article) -> None:
    assert f'href="{article.get_absolute_url()}ikuti/"' in browser_of().get(article.get_absolute_url()).content.decode()


def test_who_has_a_confirmed_address_follows_and_stops_with_one_button(article: Article) -> None:
    reader = make_commenter(email=ADDRESS)
    client, path = browser_of(reader), f"{article.get_absolute_url()}ikuti/"
    assert client.get(path)["Cache-Control"] == "no-store"
    assert not Follow.objects.exists()
    assert client.post(path).status_code == 403  # another site's form
    for _time in range(2):
        assert press(client, path)["Location"] == "/saya/?kabar=diikuti"
    assert Follow.objects.get().commenter == reader
    assert article.get_absolute_url() in client.get("/saya/").content.decode()
    assert press(client, path, berhenti="ya")["Location"] == "/saya/?kabar=tak-diikuti"
    assert not Follow.objects.exists()


def test_a_stranger_confirms_first(article: Article) -> None:
    client, path = browser_of(), f"{article.get_absolute_url()}ikuti/"
    assert press(client, path, email="bukan").status_code == 400
    assert press(client, path, email=ADDRESS)["Location"] == "/saya/?kabar=dikirim"
    published(article)
    assert [message.to for message in sent()] == [[ADDRESS]]  # the link, and nothing of the reply
    found = re.search(r"(/saya/alamat/\S+)", str(mail.outbox[0].body))
    assert found is not None
    assert press(client, found[1]).status_code == 303
    published(article)
    assert [message.subject for message in sent()[1:]] == ["Balasan baru: Jembatan Bcc: semua@contoh.example"]


def test_asking_is_limited_and_leaves_no_row(article: Article, settings: Any) -> None:
    settings.COMMENT_CONFIRM_MAILS = ((1, 3_600),)
    path = f"{article.get_absolute_url()}ikuti/"
    assert press(browser_of(), path, email=ADDRESS).status_code == 303
    answer = press(browser_of(), path, email="lain@contoh.example")
    assert (answer.status_code, 'value="lain@contoh.example"' in answer.content.decode()) == (429, True)
    assert (Commenter.objects.count(), Follow.objects.count()) == (1, 1)


def test_nobody_stops_for_somebody_else(article: Article) -> None:
    follower(article)
    press(browser_of(make_commenter(email="b@contoh.example")), f"{article.get_absolute_url()}ikuti/", berhenti="ya")
    press(browser_of(), f"{article.get_absolute_url()}ikuti/", berhenti="ya")
    assert Follow.objects.filter(commenter__email=ADDRESS).exists()


# --- Who is told ---------------------------------------------------------------------------------------------------------


def test_a_follower_is_told_once_without_a_word_of_the_reply(article: Article) -> None:
    follower(article)
    comment = published(article, body="Kata rahasia <b>tebal</b>.")
    (message,) = sent()
    assert (message.to, message.content_subtype, message.alternatives if hasattr(message, "alternatives") else []) == (
        [ADDRESS],
        "plain",
        [],
    )
    assert comment.get_absolute_url() in message.body
    for wrong in ("rahasia", "Rudi", "<", ADDRESS):
        assert wrong not in message.body
    assert "\n" not in message.subject
    assert message.recipients() == [ADDRESS]
    assert not Announcement.objects.exists()
    assert len(sent()) == 1


def test_not_the_author_nor_who_followed_later_nor_without_address(article: Article) -> None:
    author, later = follower(article), make_commenter(email="nanti@contoh.example")
    follower(article, address="")
    published(article, commenter=author)
    Follow.objects.create(commenter=later, article=article, created_at=timezone.now() + timedelta(seconds=1))
    assert sent() == []


def test_the_reply_to_ones_own_comment_is_one_mail(article: Article) -> None:
    reader = follower(article, notify_replies=True)
    mine = make_comment(article, commenter=reader)
    published(article, parent=mine)
    assert [message.subject[:17] for message in sent()] == ["Ada balasan untuk"]
    assert Notice.objects.count() == 1


def test_published_again_is_no_news(article: Article) -> None:
    follower(article)
    comment = published(article)
    assert len(sent()) == 1
    for outcome, reason in ((Status.HELD, "reported"), (Status.APPROVED, "fine")):
        decide(comment, outcome, kind=Decision.Kind.PERSON, reason=reason, moderator=make_moderator())
        comment.refresh_from_db()
    assert len(sent()) == 1


def test_taken_back_beside_the_next_one_is_told_to_nobody_until_it_is_published_again(article: Article) -> None:
    reader = follower(article, notify_replies=True)
    mine = make_comment(article, commenter=reader)
    comment = published(article, parent=mine)
    assert following.tell_followers() == 0
    undo(Decision.objects.get(), make_moderator("budi"))
    assert sent() == []
    assert [(notice.kind, notice.state) for notice in Notice.objects.all()] == [("reply", "dropped")]
    comment.refresh_from_db()
    decide(comment, Status.APPROVED, kind=Decision.Kind.PERSON, reason="fine", moderator=make_moderator())
    assert [message.to for message in sent()] == [[ADDRESS]]
    assert Notice.objects.count() == 1


def test_taken_down_before_it_was_told_is_told_to_nobody(article: Article) -> None:
    follower(article)
    comment = published(article)
    tell()
    decide(comment, Status.REJECTED, kind=Decision.Kind.PERSON, reason="off_topic", moderator=make_moderator())
    assert sent() == []
    assert Notice.objects.get().state == Notice.State.DROPPED


def test_many_followers_in_batches_and_a_killed_worker_repeats_nobody(article: Article, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "BATCH", 3)
    for number in range(8):
        follower(article, f"orang{number}@contoh.example")
    comment = published(article)
    row = Announcement.objects.get()
    # A worker that claimed the row and died: nothing was told, and the lease keeps others away for a while.
    Announcement.objects.update(due_at=timezone.now() + following.LEASE)
    assert following.tell_followers() == 0
    Announcement.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    waiting = Announcement.objects.select_related("comment").get()
    assert following.tell_batch(waiting, waiting.due_at) == 3
    # The same batch from a second worker: the table's key lets nobody in twice.
    assert following.tell_batch(waiting, waiting.due_at) == 0
    Announcement.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert following.tell_followers() == 5
    assert Notice.objects.filter(comment=comment).count() == 8
    assert not Announcement.objects.filter(pk=row.pk).exists()


# --- The day's news ------------------------------------------------------------------------------------------------------


def at(hour: int, day: int = 20) -> datetime:
    """A moment in Jakarta, seven hours before the clock of the database."""
    return datetime(2026, 11, day, hour, tzinfo=UTC) - timedelta(hours=7)


def test_once_a_day_together(article: Article) -> None:
    reader = follower(article, rhythm=Rhythm.DAILY, notify_replies=True)
    other = make_article(title="Pasar pagi", section=article.section)
    mine = make_comment(other, commenter=reader)
    first = published(article)
    published(article)
    published(other, parent=mine)
    assert sent() == []
    assert set(Notice.objects.values_list("state", flat=True)) == {Notice.State.LATER}
    Notice.objects.update(created_at=at(15, 19))
    publication = article.publication
    assert following.gather(publication, at(5)) == 0  # before six it is still yesterday's
    assert [following.gather(publication, at(7)) for _time in range(2)] == [1, 0]
    (message,) = sent()
    assert message.subject == "Balasan baru di Kabar Uji"
    assert "2 balasan baru di percakapan" in message.body
    assert "1 balasan untuk Anda" in message.body
    assert message.body.count("/komentar/") == 2
    assert first.get_absolute_url() in message.body
    assert "Rudi" not in message.body
    assert set(Notice.objects.exclude(kind="digest").values_list("state", flat=True)) == {Notice.State.GATHERED}


def test_what_comes_after_six_waits_for_the_next_day(article: Article) -> None:
    follower(article, rhythm=Rhythm.DAILY)
    published(article)
    tell()
    Notice.objects.update(created_at=at(8))
    assert following.gather(article.publication, at(9)) == 0
    assert following.gather(article.publication, at(7, 21)) == 1


def test_a_days_news_that_is_none_any_more_is_not_sent(article: Article) -> None:
    reader = follower(article, rhythm=Rhythm.DAILY)
    published(article)
    tell()
    Notice.objects.update(created_at=at(5))
    following.gather(article.publication, at(7))
    Follow.objects.filter(commenter=reader).delete()
    assert sent() == []
    assert Notice.objects.get(kind="digest").state == Notice.State.DROPPED


def test_what_is_too_much_for_an_hour_waits_for_the_days_news(article: Article, settings: Any) -> None:
    settings.NOTICES_NEWS = ((2, 3_600), (10, 86_400))
    follower(article)
    for _time in range(4):
        published(article)
        tell()
    assert len(sent()) == 2
    assert list(Notice.objects.order_by("pk").values_list("state", flat=True)) == ["sent", "sent", "later", "later"]


# --- No more of it -------------------------------------------------------------------------------------------------------


def test_one_click_ends_one_thread(article: Article) -> None:
    reader, other = follower(article), make_article(section=article.section)
    Follow.objects.create(commenter=reader, article=other)
    published(article)
    link = stop_link(sent()[0])
    assert browser_of().get(link).status_code == 200
    assert Follow.objects.count() == 2  # looking is not doing
    for _time in range(2):
        assert one_click(link).status_code == 200
    assert Follow.objects.get().article == other


def test_all_mails_of_any_kind_end_and_can_come_again(article: Article) -> None:
    reader = follower(article, notify_replies=True)
    published(article)
    link = stop_link(sent()[0])
    client = browser_of()
    assert client.post(link, {"semua": "ya"}).status_code == 200
    reader.refresh_from_db()
    assert (Follow.objects.count(), reader.notify_replies, Mute.objects.get().kind) == (0, False, Mute.Kind.ALL)
    mail.outbox.clear()
    decided = make_comment(article, status=Status.HELD, author_email=ADDRESS)
    decide(decided, Status.REJECTED, kind=Decision.Kind.PERSON, reason="off_topic", moderator=make_moderator())
    press(browser_of(make_commenter()), "/saya/alamat/", at="/saya/", email=ADDRESS)
    assert sent() == []
    assert client.post(link, {"lagi": "ya"}).status_code == 200
    assert not Mute.objects.exists()


def test_a_link_of_an_old_address_changes_nothing_for_the_new_one(article: Article) -> None:
    reader = follower(article, notify_replies=True)
    published(article)
    link = stop_link(sent()[0])
    Commenter.objects.filter(pk=reader.pk).update(email="baru@contoh.example")
    assert one_click(link).status_code == 200
    assert Follow.objects.filter(commenter=reader).exists()


def test_decisions_end_by_their_own_link_and_the_own_page_says_so(article: Article) -> None:
    reader = make_commenter(email=ADDRESS)
    for _time in range(2):
        comment = make_comment(article, status=Status.HELD, author_email=ADDRESS, commenter=reader)
        decide(comment, Status.APPROVED, kind=Decision.Kind.PERSON, reason="fine", moderator=make_moderator())
        if not Mute.objects.exists():
            assert one_click(stop_link(sent()[0])).status_code == 200
    assert len(sent()) == 1
    client = browser_of(reader)
    page = client.get("/saya/").content.decode()
    assert re.search(r'name="keputusan"\s+value="ya"\s+>', page)
    press(client, "/saya/kabar/", at="/saya/", keputusan="ya", irama="daily")
    reader.refresh_from_db()
    assert (Mute.objects.count(), reader.rhythm, reader.notify_replies) == (0, Rhythm.DAILY, False)
    press(client, "/saya/kabar/", at="/saya/", balasan="ya", irama="tiap-detik")
    reader.refresh_from_db()
    assert (Mute.objects.get().kind, reader.rhythm, reader.notify_replies) == (Mute.Kind.DECISION, Rhythm.DAILY, True)


@pytest.mark.parametrize("token", ["palsu", "x:y:z"])
def test_a_forged_link_stops_nothing(article: Article, token: str) -> None:
    follower(article)
    assert one_click(f"/saya/berhenti/{token}/").status_code == 404
    assert (Follow.objects.count(), Mute.objects.count()) == (1, 0)


def test_wishes_of_nobody_and_of_somebody_without_address_are_not_kept(article: Article) -> None:
    assert press(browser_of(), "/saya/kabar/", at="/saya/", balasan="ya").status_code in {403, 404}
    reader = make_commenter()
    press(browser_of(reader), "/saya/kabar/", at="/saya/", balasan="ya", irama="daily")
    reader.refresh_from_db()
    assert (reader.notify_replies, reader.rhythm, Mute.objects.count()) == (False, Rhythm.AT_ONCE, 0)


def test_the_name_is_one_line_and_its_owners(article: Article) -> None:
    reader, client = make_commenter(), Client()
    client = browser_of(reader)
    assert press(client, "/saya/nama/", at="/saya/", name=" ").status_code == 400
    assert press(client, "/saya/nama/", at="/saya/", name="Dewi\u202e\r\nLestari").status_code == 303
    assert press(browser_of(), "/saya/nama/", at="/saya/", name="Orang lain").status_code in {403, 404}
    reader.refresh_from_db()
    assert reader.name == "Dewi Lestari"
    assert 'value="Dewi Lestari"' in client.get(article.get_absolute_url()).content.decode()
