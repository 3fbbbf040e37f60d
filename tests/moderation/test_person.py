"""The reader's own page through HTTP: its owner, another reader, somebody unknown; and what a refused act left as it was."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as site
from django.core import signing
from django.test import Client
from django.utils import timezone

from comments import identity, people
from comments.models import Comment, Commenter, Reaction, Revision
from comments.states import Status
from moderation.decisions import decide
from moderation.models import Decision, Finding, Fingerprint, Notice, Report
from tests.factories import make_article, make_comment, make_commenter, make_moderator, make_publication
from tests.moderation import readers
from tests.moderation.readers import browser_of, sent

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def publication() -> None:
    make_publication()


HOSTILE = "<script>alert(1)</script>\u202e\"'><img src=x onerror=alert(2)>"


def press(client: Client, path: str, at: str = "/saya/", **data: Any) -> Any:
    """Send a form as the page at `at` would."""
    return readers.press(client, path, at, **data)


def link_in(message: Any) -> str:
    found = re.search(rf"{re.escape(site.SITE_URL)}(/saya/(?:alamat|berhenti)/\S+)", message.body)
    assert found is not None, message.body
    return found[1]


def confirmed(commenter: Commenter, address: str) -> Client:
    client = browser_of(commenter)
    assert press(client, "/saya/alamat/", email=address).status_code == 303
    link = link_in(sent()[-1])
    assert press(client, link, at=link).status_code == 303
    commenter.refresh_from_db()
    assert commenter.email == address
    return client


# --- What the page says -------------------------------------------------------------------------------------------------


def test_somebody_unknown_sees_nobodys_comments() -> None:
    make_comment(commenter=make_commenter(), body="Rahasia.")
    answer = browser_of().get("/saya/")
    assert answer.status_code == 200
    assert "Belum ada yang menulis komentar di sini" in answer.content.decode()
    assert "Rahasia." not in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.PENDING, "Sedang diperiksa"),
        (Status.HELD, "Menunggu dibaca oleh redaksi"),
        (Status.APPROVED, "Sudah tayang"),
        (Status.REJECTED, "Tidak ditayangkan. Hanya Anda"),
        (Status.SPAM, "dianggap iklan"),
        (Status.WITHDRAWN, "Tidak ada lagi yang dapat membacanya"),
    ],
)
def test_each_state_in_plain_words(status: Status, words: str) -> None:
    commenter = make_commenter()
    make_comment(commenter=commenter, status=status)
    assert words in browser_of(commenter).get("/saya/").content.decode()


@pytest.mark.parametrize("outcome", [Status.REJECTED, Status.SPAM, Status.HELD])
def test_an_automatic_decision_is_explained_as_well(outcome: Status) -> None:
    commenter = make_commenter()
    comment = make_comment(commenter=commenter, status=Status.PENDING)
    decide(comment, outcome, kind=Decision.Kind.SCREENING, reason="sure_spam")
    page = browser_of(commenter).get("/saya/").content.decode()
    assert "iklan, dikenali oleh pemeriksaan" in page
    assert "Pemeriksaan otomatis kami" in page


def test_a_moderator_is_not_named() -> None:
    commenter = make_commenter()
    comment = make_comment(commenter=commenter, status=Status.HELD)
    decide(
        comment,
        Status.REJECTED,
        kind=Decision.Kind.PERSON,
        reason="off_topic",
        moderator=make_moderator("sari-rahasia"),
        note="catatan-dalam",
    )
    page = browser_of(commenter).get("/saya/").content.decode()
    assert "sari-rahasia" not in page
    assert "catatan-dalam" not in page


def test_hostile_text_is_text() -> None:
    commenter = make_commenter(email="a@contoh.example")
    make_comment(make_article(title=HOSTILE), commenter=commenter, body=HOSTILE, author_name=HOSTILE)
    client = browser_of(commenter)
    for path in ("/saya/", f"/saya/{Comment.objects.get().public_id}/ubah/", f"/saya/{Comment.objects.get().public_id}/tarik/"):
        page = client.get(path).content.decode()
        assert "<script>alert" not in page
        assert "<img" not in page
    page = press(client, "/saya/alamat/", email=HOSTILE).content.decode()
    assert "<script>alert" not in page


def test_another_reader_sees_and_changes_nothing() -> None:
    comment = make_comment(commenter=make_commenter(), body="Teks milik orang lain.", status=Status.PENDING)
    for client in (browser_of(make_commenter()), browser_of()):
        assert "Teks milik orang lain." not in client.get("/saya/").content.decode()
        for act in ("ubah", "tarik"):
            assert client.get(f"/saya/{comment.public_id}/{act}/").status_code == 404
            assert press(client, f"/saya/{comment.public_id}/{act}/", comment="Diganti.").status_code in {403, 404}
    comment.refresh_from_db()
    assert (comment.status, comment.revision, comment.body_raw) == (Status.PENDING, 1, "Teks milik orang lain.")


def test_the_article_links_to_it_for_those_with_a_token() -> None:
    article = make_article()
    commenter = make_commenter()
    # Beside the form; the foot of every page has the other one.
    assert browser_of(commenter).get(article.get_absolute_url()).content.decode().count('href="/saya/"') == 2
    assert browser_of().get(article.get_absolute_url()).content.decode().count('href="/saya/"') == 1


# --- Changing and withdrawing -------------------------------------------------------------------------------------------


def test_change_and_withdraw_inside_the_window() -> None:
    commenter = make_commenter()
    comment = make_comment(commenter=commenter, body="Semula.", status=Status.APPROVED)
    client = browser_of(commenter)
    path = f"/saya/{comment.public_id}/ubah/"
    assert "Semula." in client.get(path).content.decode()
    assert press(client, path, at=path, comment=" ").status_code == 400
    assert press(client, path, at=path, comment="Sesudahnya.").status_code == 303
    comment.refresh_from_db()
    assert (comment.body_raw, comment.status, comment.revision) == ("Sesudahnya.", Status.PENDING, 2)
    path = f"/saya/{comment.public_id}/tarik/"
    assert client.get(path).status_code == 200
    comment.refresh_from_db()
    assert comment.status == Status.PENDING  # looking is not doing
    assert press(client, path, at=path).status_code == 303
    comment.refresh_from_db()
    assert comment.status == Status.WITHDRAWN


def test_after_the_window_nothing_changes_and_nothing_typed_is_lost() -> None:
    commenter = make_commenter()
    comment = make_comment(commenter=commenter, created_at=timezone.now() - timedelta(days=1), body="Semula.")
    client = browser_of(commenter)
    assert f"/saya/{comment.public_id}/ubah/" not in client.get("/saya/").content.decode()
    answer = press(client, f"/saya/{comment.public_id}/ubah/", comment="Terlambat ditulis.")
    assert answer.status_code == 409
    assert "Terlambat ditulis." in answer.content.decode()
    assert press(client, f"/saya/{comment.public_id}/tarik/").status_code == 409
    comment.refresh_from_db()
    assert (comment.body_raw, comment.status) == ("Semula.", Status.APPROVED)


def test_no_other_site_can_press_the_buttons() -> None:
    commenter = make_commenter()
    comment = make_comment(commenter=commenter)
    client = browser_of(commenter)
    for path in (f"/saya/{comment.public_id}/tarik/", "/saya/hapus/", "/saya/kabar/", "/saya/alamat/"):
        assert client.post(path, {"email": "x@contoh.example"}).status_code == 403
    comment.refresh_from_db()
    assert comment.status == Status.APPROVED
    assert Commenter.objects.filter(pk=commenter.pk).exists()
    assert not Notice.objects.exists()


# --- The address --------------------------------------------------------------------------------------------------------


def test_looking_confirms_nothing_and_the_button_confirms_once() -> None:
    commenter = make_commenter()
    client = browser_of(commenter)
    press(client, "/saya/alamat/", email="dewi@contoh.example")
    (message,) = sent()
    assert message.to == ["dewi@contoh.example"]
    assert "dewi@contoh.example" not in message.body
    link = link_in(message)
    for _time in range(2):
        assert client.get(link).status_code == 200
    commenter.refresh_from_db()
    assert commenter.email == ""
    assert press(client, link, at=link).status_code == 303
    assert press(client, link, at="/saya/").status_code == 403
    commenter.refresh_from_db()
    assert (commenter.email, commenter.pending_email) == ("dewi@contoh.example", "")


def test_the_link_is_of_no_use_in_another_browser() -> None:
    commenter, other = make_commenter(), make_commenter()
    press(browser_of(commenter), "/saya/alamat/", email="dewi@contoh.example")
    link = link_in(sent()[0])
    for client in (browser_of(other), browser_of()):
        assert client.get(link).status_code == 403
        assert press(client, link).status_code == 403
    assert not Commenter.objects.exclude(email="").exists()


def test_only_the_latest_link_is_good_and_not_for_long(settings: Any) -> None:
    commenter = make_commenter()
    client = browser_of(commenter)
    press(client, "/saya/alamat/", email="dewi@contoh.example")
    press(client, "/saya/alamat/", email="rudi@contoh.example")
    messages = sent()
    # The first mail was still in the queue when the second address came, and is for nobody any more.
    assert [message.to for message in messages] == [["rudi@contoh.example"]]
    assert Notice.objects.order_by("pk").values_list("state", flat=True)[0] == Notice.State.DROPPED
    commenter.refresh_from_db()
    old = signing.dumps([commenter.pk, commenter.email_round - 1], salt=people.ADDRESS_SALT)
    assert client.get(f"/saya/alamat/{old}/").status_code == 403
    settings.COMMENT_CONFIRM_AGE = timedelta(seconds=-1)
    assert client.get(link_in(messages[0])).status_code == 403


def test_the_answer_does_not_tell_whether_an_address_is_known(settings: Any) -> None:
    settings.COMMENT_CONFIRM_MAILS_TO_ONE = ((1, 3_600),)
    make_comment(author_email="ada@contoh.example", commenter=make_commenter(email="ada@contoh.example"))
    commenter = make_commenter()
    client = browser_of(commenter)
    answers = [press(client, "/saya/alamat/", email=one) for one in ("ada@contoh.example", "tiada@contoh.example", "ada@contoh.example")]
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(303, "/saya/?kabar=dikirim")}
    assert Notice.objects.filter(kind=Notice.Kind.CONFIRM).count() == 2  # the third was one too many to that address


def test_one_network_cannot_have_us_write_to_the_world(settings: Any) -> None:
    settings.COMMENT_CONFIRM_MAILS = ((2, 3_600),)
    client = browser_of(make_commenter())
    codes = [press(client, "/saya/alamat/", email=f"orang{number}@contoh.example").status_code for number in range(3)]
    assert codes == [303, 303, 429]
    assert Notice.objects.count() == 2


def test_a_confirmed_address_finds_comments_from_another_browser_without_its_traces() -> None:
    elsewhere = make_comment(
        commenter=make_commenter(), author_email="Dewi@Contoh.example", body="Dari telepon.", ip="198.51.100.9", user_agent="Telepon/1"
    )
    commenter = make_commenter()
    client = confirmed(commenter, "dewi@contoh.example")
    assert "Dari telepon." in client.get("/saya/").content.decode()
    assert client.get(f"/saya/{elsewhere.public_id}/ubah/").status_code == 404
    text = client.get("/saya/data/").content.decode()
    assert "Dari telepon." in text
    assert "198.51.100.9" not in text
    assert "Telepon/1" not in text


# --- Data and erasure ---------------------------------------------------------------------------------------------------


def test_the_download_holds_all_and_is_the_owners_alone() -> None:
    commenter = make_commenter()
    comment = make_comment(commenter=commenter, body="Baris.", ip="198.51.100.9", author_email="dewi@contoh.example", status=Status.HELD)
    Revision.objects.create(comment=comment, number=1, body_raw="Baris lama.")
    decide(comment, Status.REJECTED, kind=Decision.Kind.PERSON, reason="off_topic", moderator=make_moderator("sari"), note="catatan dalam")
    answer = browser_of(commenter).get("/saya/data/")
    assert answer["Content-Disposition"] == 'attachment; filename="data-saya.json"'
    (row,) = json.loads(answer.content)["comments"]
    assert (row["body"], row["author_email"], row["ip"], row["status"]) == ("Baris.", "dewi@contoh.example", "198.51.100.9", "rejected")
    assert row["earlier_texts"] == [{"revision": 1, "body": "Baris lama."}]
    assert [(each["outcome"], each["reason"], each["by"]) for each in row["decisions"]] == [("rejected", "off_topic", "person")]
    assert "catatan dalam" not in answer.content.decode()
    assert json.loads(browser_of(make_commenter()).get("/saya/data/").content)["comments"] == []
    assert browser_of().get("/saya/data/").status_code == 404


@pytest.mark.parametrize("status", list(Status))
def test_erasure_leaves_no_word_and_keeps_the_place(status: Status) -> None:
    commenter = make_commenter()
    comment = make_comment(commenter=commenter, body="Kata rahasia.", author_name="Dewi", ip="198.51.100.9", author_url="https://x.example")
    answer_to_it = make_comment(comment.article, parent=comment)
    if status != Status.APPROVED:
        comment.move_to(status, screen_due_at=timezone.now())
    Revision.objects.create(comment=comment, number=1, body_raw="Kata lama.")
    decision = decide_anyhow(comment)
    quoted: dict[str, Any] = {"words": ["rahasia"], "spans": [[0, 4, "a"]], "check_name": "abuse", "check_version": "1"}
    Finding.objects.create(comment=comment, decision=decision, revision=1, label="suspect", **quoted)
    Fingerprint.objects.create(comment=comment, skeleton="s", author="a")
    liked = make_comment()
    Reaction.objects.create(comment=liked, client=commenter.key)
    Comment.objects.filter(pk=liked.pk).update(reaction_count=1)
    Report.objects.create(comment=liked, revision=1, reason="other", detail="Kata laporan.", reporter=commenter.key)
    client = browser_of(commenter)
    assert client.get("/saya/hapus/").status_code == 200
    assert Comment.objects.get(pk=comment.pk).body_raw == "Kata rahasia."
    answer = press(client, "/saya/hapus/", at="/saya/hapus/")
    assert answer.status_code == 303
    assert answer.cookies[identity.COOKIE].value == ""

    gone = Comment.objects.get(pk=comment.pk)
    assert gone.status == Status.WITHDRAWN
    assert {name: getattr(gone, name) for name in people.BLANK} == people.BLANK
    assert Revision.objects.get().body_raw == ""
    finding = Finding.objects.get()
    assert (finding.words, finding.spans) == ([], [])
    assert not Fingerprint.objects.filter(comment=gone).exists()
    assert Report.objects.get().detail == ""
    assert not Commenter.objects.filter(pk=commenter.pk).exists()
    liked.refresh_from_db()
    assert liked.reaction_count == 0
    page = Client().get(comment.article.get_absolute_url()).content.decode()
    assert answer_to_it.body_text in page
    assert "ditarik oleh penulisnya" in page
    assert "Dewi" not in page


def decide_anyhow(comment: Comment) -> Decision:
    return Decision.objects.create(comment=comment, revision=1, kind="screening", outcome="held", was="pending", reason="suspicious")


def test_erasure_leaves_others_alone() -> None:
    other = make_comment(commenter=make_commenter(), body="Tetap di sini.")
    client = browser_of(make_commenter())
    assert press(client, "/saya/hapus/", at="/saya/hapus/").status_code == 303
    other.refresh_from_db()
    assert (other.status, other.body_raw) == (Status.APPROVED, "Tetap di sini.")


def test_a_mail_that_waits_is_not_sent_after_an_erasure() -> None:
    commenter = make_commenter()
    comment = make_comment(commenter=commenter, status=Status.HELD, author_email="dewi@contoh.example")
    decide(comment, Status.REJECTED, kind=Decision.Kind.PERSON, reason="off_topic", moderator=make_moderator())
    press(browser_of(commenter), "/saya/hapus/", at="/saya/hapus/")
    assert sent() == []
    assert Notice.objects.get().state == Notice.State.DROPPED


# --- Mails about replies ------------------------------------------------------------------------------------------------


def replied(to: Commenter, **fields: Any) -> Comment:
    above = make_comment(commenter=Commenter.objects.get(pk=to.pk))
    below = make_comment(above.article, parent=above, status=Status.HELD, author_email="", **fields)
    decide(below, Status.APPROVED, kind=Decision.Kind.PERSON, reason="fine", moderator=make_moderator())
    return below


def test_a_reply_is_told_to_a_confirmed_address_that_asked_and_stops_with_one_click() -> None:
    commenter = make_commenter()
    client = confirmed(commenter, "dewi@contoh.example")
    replied(commenter)
    assert len(sent()) == 1  # the link alone: nobody asked for mails yet
    press(client, "/saya/kabar/", balasan="ya")
    below = replied(commenter, author_name=HOSTILE, body="Kata orang lain.")
    message = sent()[-1]
    assert message.to == ["dewi@contoh.example"]
    assert message.content_subtype == "plain"
    assert below.public_id in message.body
    assert "Kata orang lain." not in message.body
    assert "script" not in message.body + message.subject
    link = link_in(message)
    assert message.extra_headers["List-Unsubscribe"] == f"<{site.SITE_URL}{link}>"
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    stranger = browser_of()
    assert stranger.get(link).status_code == 200
    assert Commenter.objects.filter(pk=commenter.pk, notify_replies=True).exists()
    assert stranger.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200  # a mail program: no cookie, no CSRF token
    assert Commenter.objects.filter(pk=commenter.pk, notify_replies=False).exists()
    assert stranger.post(f"{link[:-2]}x/").status_code == 404


def test_nobody_is_told_of_their_own_reply_or_twice() -> None:
    commenter = make_commenter(email="dewi@contoh.example", notify_replies=True)
    replied(commenter, commenter=commenter)
    assert not Notice.objects.filter(kind=Notice.Kind.REPLY).exists()
    below = replied(commenter)
    sari = make_moderator()
    decide(below, Status.HELD, kind=Decision.Kind.PERSON, reason="other", moderator=sari)
    decide(below, Status.APPROVED, kind=Decision.Kind.PERSON, reason="fine", moderator=sari)
    assert Notice.objects.filter(kind=Notice.Kind.REPLY).count() == 1


def test_a_reply_that_is_gone_when_the_mail_is_due_is_not_told() -> None:
    below = replied(make_commenter(email="dewi@contoh.example", notify_replies=True))
    below.move_to(Status.REJECTED)
    assert sent() == []
    assert Notice.objects.get().state == Notice.State.DROPPED


def test_an_address_that_nobody_confirmed_gets_no_mails_about_replies() -> None:
    commenter = make_commenter()
    press(browser_of(commenter), "/saya/kabar/", balasan="ya")
    commenter.refresh_from_db()
    assert commenter.notify_replies is False
    replied(commenter)
    assert not Notice.objects.exists()
