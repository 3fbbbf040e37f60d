"""Readers' accounts through HTTP: their pages, what tells nothing, who is not let in, and what joins an account."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings as site
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

from comments import identity
from comments.models import Comment, Commenter, Follow, Reaction
from comments.states import Status
from moderation.models import Notice, Report
from tests.factories import make_article, make_comment, make_commenter, make_moderator, make_publication, make_user
from tests.moderation.readers import HOSTILE, browser_of, press, sent

pytestmark = pytest.mark.django_db

ADDRESS, PASSWORD = "dewi@contoh.example", "jembatan-gantung-hulu"
SIGN_UP = {"name": "Dewi Lestari", "email": ADDRESS, "password1": PASSWORD}
PAGES = [
    "/akun/masuk/",
    "/akun/masuk/kode/",
    "/akun/daftar/",
    "/akun/daftar/periksa-email/",
    "/akun/sandi/lupa/",
    "/akun/sandi/lupa/terkirim/",
]
OWN = ["/akun/email/", "/akun/sandi/", "/akun/keluar/"]


@pytest.fixture(autouse=True)
def publication() -> None:
    make_publication()


@pytest.fixture(autouse=True)
def quick_hashes(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def link_in(message: Any) -> str:
    found = re.search(rf"{re.escape(site.SITE_URL)}(/akun/(?:konfirmasi|sandi/atur)/\S+)", message.body)
    assert found is not None, message.body
    return found[1]


def signed_up(client: Client | None = None, address: str = ADDRESS, name: str = "Dewi Lestari") -> Client:
    """A browser in which an account was made and its address confirmed."""
    client = client or browser_of()
    answer = press(client, "/akun/daftar/", name=name, email=address, password1=PASSWORD)
    assert (answer.status_code, answer["Location"]) == (302, "/akun/daftar/periksa-email/")
    link = link_in(sent()[-1])
    assert press(client, link)["Location"] == "/saya/"
    return client


def logged_in(client: Client | None = None, address: str = ADDRESS, password: str = PASSWORD) -> Any:
    return press(client or browser_of(), "/akun/masuk/", login=address, password=password)


# --- The way in and out --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_pages_are_ours_private_and_without_inline_parts(path: str, language: str) -> None:
    make_publication(language=language, host="testserver")
    answer = browser_of().get(path)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "same-origin"
    assert f'<html lang="{language}">' in page
    assert "masthead-name" in page
    for wrong in ("<style", " style=", "<script", " onclick=", "placeholder="):
        assert wrong not in page


def test_from_the_form_to_the_own_page_and_out_again() -> None:
    client = signed_up()
    user = User.objects.get(email=ADDRESS)
    assert (user.is_staff, user.is_superuser, user.username.startswith("pembaca-")) == (False, False, True)
    assert "dewi" not in user.username
    reader = Commenter.objects.get(user=user)
    assert (reader.name, reader.email) == ("Dewi Lestari", ADDRESS)
    page = client.get("/saya/").content.decode()
    assert 'value="Dewi Lestari"' in page
    assert "/akun/sandi/" in page
    form = client.get(make_article().get_absolute_url()).content.decode()
    assert f'value="{ADDRESS}"' in form  # they need not type it again
    assert press(client, "/akun/keluar/").status_code == 302
    assert client.cookies["sessionid"].value == ""
    assert "Dewi" not in client.get("/saya/").content.decode()
    assert logged_in(client)["Location"] == "/saya/"


def test_before_the_link_there_is_no_way_in() -> None:
    press(browser_of(), "/akun/daftar/", **SIGN_UP)
    answer = logged_in()
    assert answer["Location"] == "/akun/daftar/periksa-email/"
    assert not Commenter.objects.exclude(email="").exists()


def test_log_out_leaves_nothing_behind() -> None:
    client = signed_up()
    client.cookies["balasan_isian"] = '{"author": "Dewi"}'
    client.cookies[identity.COOKIE] = "lama"
    answer = press(client, "/akun/keluar/")
    for name in ("sessionid", identity.COOKIE, "balasan_isian"):
        assert (answer.cookies[name].value, answer.cookies[name]["max-age"]) == ("", 0)
    assert answer.cookies["balasan_isian"]["path"] == "/artikel/"
    assert answer["Clear-Site-Data"] == '"storage"'
    assert client.get("/akun/email/").status_code == 302


def test_a_guest_can_be_forgotten_by_a_browser_as_well() -> None:
    guest = make_commenter()
    comment = make_comment(commenter=guest, body="Tetap ada.")
    client = browser_of(guest)
    answer = press(client, "/akun/keluar/", at="/saya/")
    assert (answer.status_code, answer.cookies[identity.COOKIE].value) == (302, "")
    assert "Tetap ada." not in client.get("/saya/").content.decode()
    comment.refresh_from_db()
    assert comment.commenter == guest


def test_looking_logs_nobody_out_and_no_other_site_can() -> None:
    client = signed_up()
    assert client.get("/akun/keluar/").status_code == 200
    assert client.post("/akun/keluar/").status_code == 403
    assert client.get("/akun/email/").status_code == 200


@pytest.mark.parametrize("path", OWN)
def test_own_pages_ask_a_stranger_to_log_in(path: str) -> None:
    assert browser_of().get(path).status_code == 302
    assert signed_up().get(path).status_code == 200


def test_a_code_instead_of_a_password() -> None:
    signed_up()
    client = browser_of()
    assert press(client, "/akun/masuk/kode/", email=ADDRESS)["Location"] == "/akun/masuk/kode/isi/"
    code = re.search(r"^ +(\S+)$", sent()[-1].body, re.MULTILINE)
    assert code is not None
    assert press(client, "/akun/masuk/kode/isi/", code="SALAH").status_code == 400
    assert press(client, "/akun/masuk/kode/isi/", code=code[1])["Location"] == "/saya/"
    assert client.get("/akun/email/").status_code == 200


def test_guessing_at_a_code_ends_soon() -> None:
    signed_up()
    client = browser_of()
    press(client, "/akun/masuk/kode/", email=ADDRESS)
    for _time in range(3):
        press(client, "/akun/masuk/kode/isi/", code="SALAH")
    code = re.search(r"^ +(\S+)$", sent()[-1].body, re.MULTILINE)
    assert code is not None
    assert press(client, "/akun/masuk/kode/isi/", code=code[1])["Location"] != "/saya/"
    assert client.get("/akun/email/").status_code == 302


def test_a_forgotten_password() -> None:
    old = signed_up()
    client = browser_of()
    assert press(client, "/akun/sandi/lupa/", email=ADDRESS).status_code == 302
    link = link_in(sent()[-1])
    form = client.get(link)["Location"]
    assert "atur" in form
    assert press(client, form, password1="12345678").status_code == 400
    assert press(client, form, password1="sandi-lain-yang-panjang")["Location"] == "/akun/sandi/atur/selesai/"
    assert client.get(link, follow=True).content.decode().count("tidak berlaku lagi") == 1
    assert logged_in().status_code == 400
    assert logged_in(password="sandi-lain-yang-panjang").status_code == 302
    assert old.get("/akun/email/").status_code == 302  # the other browser is logged out
    assert "baru saja diganti" in sent()[-1].body


def test_another_address_counts_once_it_is_confirmed_here() -> None:
    client, other = signed_up(), browser_of()
    press(client, "/akun/email/", email="baru@contoh.example", action_add="1")
    link = link_in(sent()[-1])
    assert sent()[-1].to == ["baru@contoh.example"]
    assert Commenter.objects.get().email == ADDRESS
    assert other.get(link).status_code == 403
    assert press(other, link).status_code == 403
    assert Commenter.objects.get().email == ADDRESS
    assert press(client, link).status_code == 302
    assert Commenter.objects.get().email == "baru@contoh.example"
    assert list(EmailAddress.objects.values_list("email", "verified", "primary")) == [("baru@contoh.example", True, True)]
    told = [message for message in sent() if message.to == [ADDRESS]][-1]
    assert "baru@contoh.example" not in told.body  # the old mailbox may be somebody else's by now
    assert client.post("/saya/alamat/", {"email": "x@contoh.example"}).status_code == 403


# --- What tells nothing --------------------------------------------------------------------------------------------------


def test_an_address_that_has_an_account_is_answered_like_any_other() -> None:
    signed_up()
    mail.outbox.clear()
    answers = [press(browser_of(), "/akun/daftar/", **{**SIGN_UP, "email": one}) for one in (ADDRESS, "baru@contoh.example")]
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, "/akun/daftar/periksa-email/")}
    first, second = (set(answer.cookies) for answer in answers)
    assert first == second
    assert ["sudah ada" in message.body for message in sent()] == [True, False]
    for path in ("/akun/sandi/lupa/", "/akun/masuk/kode/"):
        answers = [press(browser_of(), path, email=one) for one in (ADDRESS, "tiada@contoh.example")]
        assert len({(answer.status_code, answer["Location"]) for answer in answers}) == 1
    answers = [logged_in(address=one, password="salah-sama-sekali") for one in (ADDRESS, "tiada@contoh.example")]
    words = [re.findall(r'role="alert">(.*?)</div>', answer.content.decode(), re.DOTALL) for answer in answers]
    assert words[0] == words[1]
    assert {answer.status_code for answer in answers} == {400}


def test_an_account_made_with_a_strangers_address_stays_shut(settings: Any) -> None:
    """Somebody makes an account with another's address; the other presses the button in their own browser."""
    make_comment(author_email=ADDRESS, body="Milik orang lain.", commenter=make_commenter())
    thief, owner = browser_of(), browser_of()
    press(thief, "/akun/daftar/", **SIGN_UP)
    link = link_in(sent()[-1])
    for answer in (owner.get(link), press(owner, link)):
        assert answer.status_code == 403
    assert not EmailAddress.objects.filter(verified=True).exists()
    assert logged_in(thief)["Location"] == "/akun/daftar/periksa-email/"
    assert "Milik orang lain." not in thief.get("/saya/").content.decode()


@pytest.mark.parametrize("field", ["name", "email", "password1"])
def test_hostile_text_comes_back_as_text(field: str) -> None:
    answer = press(browser_of(), "/akun/daftar/", **{**SIGN_UP, field: HOSTILE if field != "password1" else "1"})
    page = answer.content.decode()
    assert "<script>alert" not in page
    assert "<img" not in page
    assert PASSWORD not in page
    if field == "name":
        signed = Commenter.objects.get()
        assert signed.name == HOSTILE  # text, and shown as text
    else:
        assert answer.status_code == 400
        assert not User.objects.exists()


def test_line_ends_in_a_name_reach_no_mail() -> None:
    signed_up(name="Dewi\r\nBcc: semua@contoh.example")
    assert "\n" not in Commenter.objects.get().name
    assert all(message.recipients() == [ADDRESS] for message in sent())


@pytest.mark.parametrize("path", ["//jahat.example/", "https://jahat.example/", "/\\jahat.example"])
def test_the_way_on_leads_to_our_own_pages_alone(path: str, settings: Any) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://jahat.example"]
    signed_up()
    assert press(browser_of(), f"/akun/masuk/?next={path}", login=ADDRESS, password=PASSWORD)["Location"] == "/saya/"


# --- Limits --------------------------------------------------------------------------------------------------------------


def test_wrong_passwords_run_out_and_the_admins_log_in_counts_with_them(settings: Any) -> None:
    settings.LOGIN_ATTEMPTS = ((3, 300),)
    signed_up()
    codes = [logged_in(password="salah").status_code for _time in range(4)]
    assert codes == [400, 400, 400, 429]
    assert logged_in().status_code == 429
    admin = press(browser_of(), "/admin/login/", username=ADDRESS, password="salah")
    assert "Terlalu banyak" in admin.content.decode()


def test_mails_to_one_address_and_acts_of_one_network_run_out(settings: Any) -> None:
    settings.LOGIN_MAILS_TO_ONE = ((2, 3_600),)
    answers = [press(browser_of(), "/akun/sandi/lupa/", email="tiada@contoh.example") for _time in range(3)]
    assert {answer.status_code for answer in answers} == {302}
    assert len(sent()) == 2
    settings.LOGIN_MAILS = ((4, 3_600),)  # three are counted already
    assert press(browser_of(), "/akun/daftar/", **SIGN_UP).status_code == 302
    refused = press(browser_of(), "/akun/daftar/", **{**SIGN_UP, "email": "baru@contoh.example"})
    assert refused.status_code == 429
    assert 'value="baru@contoh.example"' in refused.content.decode()  # nothing typed is lost
    assert User.objects.count() == 1


def test_a_mail_that_is_gone_leaves_no_link_behind() -> None:
    press(browser_of(), "/akun/daftar/", **SIGN_UP)
    notice = Notice.objects.get()
    assert (notice.kind, notice.address, "/akun/konfirmasi/" in notice.body) == (Notice.Kind.ACCOUNT, ADDRESS, True)
    sent()
    notice.refresh_from_db()
    assert (notice.state, notice.address, notice.subject, notice.body) == (Notice.State.SENT, "", "", "")


# --- People of the newsroom ----------------------------------------------------------------------------------------------


def test_the_newsrooms_people_do_not_come_in_by_this_door() -> None:
    make_moderator("sari", email="sari@contoh.example", password=PASSWORD)
    refused, unknown = logged_in(address="sari@contoh.example"), logged_in(address="tiada@contoh.example")
    assert (refused.status_code, unknown.status_code) == (400, 400)
    for path in ("/akun/sandi/lupa/", "/akun/masuk/kode/"):
        press(browser_of(), path, email="sari@contoh.example")
    assert [message.subject.startswith("Tidak ada akun") for message in sent()] == [True, True]
    client = browser_of()
    assert press(client, "/admin/login/", username="sari", password=PASSWORD).status_code == 302
    assert client.get("/saya/").status_code == 200
    for path in ("/akun/email/", "/akun/sandi/"):
        assert client.get(path)["Location"] == "/saya/"


def test_whoever_becomes_one_of_the_newsroom_is_logged_out_here() -> None:
    client = signed_up()
    User.objects.update(is_staff=True)
    assert client.get("/akun/email/").status_code == 302
    assert client.get("/admin/").status_code == 302
    assert logged_in().status_code == 400


def test_a_reader_is_no_moderator() -> None:
    client = signed_up()
    for path in ("/admin/", "/admin/moderation/queue/"):
        assert client.get(path).status_code in {302, 403}
    held = make_comment(status=Status.HELD)
    assert client.get(f"/api/v1/comments/{held.public_id}/").status_code == 404


# --- What joins an account -----------------------------------------------------------------------------------------------


def test_what_was_written_in_this_browser_joins_at_log_in() -> None:
    signed_up()
    account = Commenter.objects.get()
    guest = make_commenter(email="lama@contoh.example", notify_replies=True)
    mine, both = make_comment(commenter=guest, body="Dari tamu."), make_comment()
    for client in (guest.key, account.key):
        Reaction.objects.create(comment=both, client=client)
    Comment.objects.filter(pk=both.pk).update(reaction_count=2)
    Reaction.objects.create(comment=mine, client=guest.key)
    Report.objects.create(comment=both, revision=1, reason="other", reporter=guest.key)
    for reader in (guest, account):
        Follow.objects.create(commenter=reader, article=both.article)
    Follow.objects.create(commenter=guest, article=mine.article)
    Notice.objects.create(kind=Notice.Kind.REPLY, comment=both, commenter=guest, recipient="x", state=Notice.State.SENT)
    answer = logged_in(browser_of(guest))
    assert answer.cookies[identity.COOKIE].value == ""
    account.refresh_from_db()
    assert not Commenter.objects.filter(pk=guest.pk).exists()
    mine.refresh_from_db()
    both.refresh_from_db()
    assert (mine.commenter, both.reaction_count, account.notify_replies, account.email) == (account, 1, True, ADDRESS)
    assert set(Reaction.objects.values_list("comment", "client")) == {(both.pk, account.key), (mine.pk, account.key)}
    assert set(Follow.objects.values_list("commenter", "article")) == {(account.pk, both.article_id), (account.pk, mine.article_id)}
    assert (Report.objects.get().reporter, Notice.objects.get(kind=Notice.Kind.REPLY).commenter) == (account.key, account)


def test_a_typed_address_joins_nothing() -> None:
    theirs = make_comment(author_email=ADDRESS, commenter=make_commenter())
    nobodys = make_comment(author_email=ADDRESS)
    signed_up()
    for comment in (theirs, nobodys):
        before = comment.commenter_id
        comment.refresh_from_db()
        assert comment.commenter_id == before


def test_a_forged_or_somebody_elses_token_joins_nothing() -> None:
    signed_up()
    other = Commenter.objects.create(user=make_user())
    comment = make_comment(commenter=other)
    client = browser_of(other)  # a token that names an account's commenter is no guest's
    logged_in(client)
    client = browser_of()
    client.cookies[identity.COOKIE] = "palsu:palsu"
    logged_in(client)
    comment.refresh_from_db()
    assert comment.commenter == other


# --- Data and erasure ----------------------------------------------------------------------------------------------------


def test_the_download_holds_the_account() -> None:
    client = signed_up()
    data = json.loads(client.get("/saya/data/").content)
    assert (data["name"], data["account"]["email"], data["followed_threads"]) == ("Dewi Lestari", ADDRESS, [])
    assert "password" not in json.dumps(data)


def test_deleting_everything_takes_the_password_and_the_account() -> None:
    client = signed_up()
    comment = make_comment(commenter=Commenter.objects.get(), body="Kata rahasia.", author_email=ADDRESS)
    assert press(client, "/saya/hapus/", password="salah").status_code == 400
    assert User.objects.exists()
    comment.refresh_from_db()
    assert comment.body_raw == "Kata rahasia."
    answer = press(client, "/saya/hapus/", password=PASSWORD)
    assert answer["Location"] == "/saya/?kabar=dihapus"
    comment.refresh_from_db()
    assert (comment.body_raw, comment.author_email, comment.status) == ("", "", Status.WITHDRAWN)
    assert (User.objects.count(), EmailAddress.objects.count(), Commenter.objects.count()) == (0, 0, 0)
    assert "Dewi" not in client.get("/saya/").content.decode()
    assert logged_in(client).status_code == 400


def test_deleting_oneself_leaves_a_moderators_account_to_the_admin() -> None:
    client = browser_of()
    user = make_moderator("sari", password=PASSWORD)
    press(client, "/admin/login/", username="sari", password=PASSWORD)
    client.get("/saya/")
    assert press(client, "/saya/hapus/").status_code == 303
    assert User.objects.filter(pk=user.pk, is_active=True).exists()


# --- Pages that everybody reads -------------------------------------------------------------------------------------------


def test_reading_sets_no_cookie() -> None:
    article = make_article()
    make_comment(article)
    for path in (
        "/",
        article.get_absolute_url(),
        article.section.get_absolute_url(),
        "/feed/",
        f"{article.get_absolute_url()}feed/",
        "/saya/",
    ):
        assert dict(browser_of().get(path).cookies) == {}, path
