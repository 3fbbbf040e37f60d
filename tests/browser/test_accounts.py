"""An account in a browser without JavaScript, from the form that makes it to the button that ends it; and its pages before axe-core."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User

from comments.models import Comment, Commenter, Follow, KeptReply, Rhythm
from newsroom.models import Article, CommentAccess, Publication
from tests.browser.conftest import Visit
from tests.browser.driver import Visitor, status_of
from tests.browser.people import PASSWORD, fill, mails, make_story, reply, screened
from tests.browser.test_axe import violations
from tests.processes import wait_for

ADDRESS = "dewi.akun@contoh.example"


@pytest.fixture
def story() -> Article:
    return make_story()


def press(visitor: Visitor, name: str) -> int:
    return status_of(visitor.page, visitor.page.get_by_role("button", name=name, exact=True).click)


def link_to(address: str, path: str) -> str:
    """The link of that path in the latest mail to an address."""
    found = wait_for(lambda: [link for mail in mails(address, 1) for link in re.findall(rf"({path}\S+)", mail)])
    return str(found[-1])


def sign_up(visitor: Visitor, address: str = ADDRESS) -> None:
    page = visitor.page
    page.locator("#id_name").fill("Dewi Lestari")
    page.locator("#id_email").fill(address)
    page.locator("#id_password1").fill(PASSWORD)
    assert press(visitor, "Buat akun") == 200
    assert page.get_by_role("heading", name="Periksa email Anda").is_visible()
    assert visitor.open(link_to(address, "/akun/konfirmasi/")) == 200
    assert not User.objects.filter(emailaddress__verified=True, email=address).exists()
    assert press(visitor, "Konfirmasi") == 200


def test_from_the_sign_up_to_the_end_of_the_account(visit: Visit, story: Article) -> None:
    reader = visit(java_script_enabled=False)
    page = reader.page
    reader.open("/saya/")
    assert status_of(page, page.get_by_role("link", name="Buat akun").click) == 200
    sign_up(reader)
    assert page.url.endswith("/saya/")
    reader.open(story.get_absolute_url())
    assert page.locator("#author").input_value() == "Dewi Lestari"
    comment = reply(reader, "Jembatan itu dekat rumah saya.")
    assert (comment.author_name, comment.author_email) == ("Dewi Lestari", ADDRESS)
    assert status_of(page, page.get_by_role("link", name="Ikuti percakapan ini").click) == 200
    assert press(reader, "Ikuti") == 200
    assert Follow.objects.get().article == story
    assert page.get_by_text("Jembatan itu dekat rumah saya.").is_visible()
    page.get_by_label("Sekali sehari, digabung").check()
    assert press(reader, "Simpan") == 200
    assert Commenter.objects.get(user__email=ADDRESS).rhythm == Rhythm.DAILY
    page.locator("#id_name").fill("Dewi L.")
    assert press(reader, "Simpan nama") == 200
    assert page.locator("#id_name").input_value() == "Dewi L."
    assert status_of(page, page.get_by_role("link", name="Keluar").click) == 200
    assert press(reader, "Keluar") == 200
    assert page.get_by_text("Jembatan itu dekat rumah saya.").count() == 0
    assert status_of(page, page.get_by_role("link", name="Masuk").click) == 200
    page.locator("#id_login").fill(ADDRESS)
    page.locator("#id_password").fill(PASSWORD)
    assert press(reader, "Masuk") == 200
    page.get_by_role("link", name="Hapus semua").click()
    page.locator("#password").fill("bukan sandinya")
    assert press(reader, "Hapus semua") == 400
    page.locator("#password").fill(PASSWORD)
    assert press(reader, "Hapus semua") == 200
    assert not User.objects.filter(email=ADDRESS).exists()
    assert Comment.objects.get(pk=comment.pk).body_raw == ""


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_reply_waits_for_the_account_and_is_not_typed_twice(visit: Visit, story: Article, scripts: bool) -> None:
    Publication.objects.update(comment_access=CommentAccess.ACCOUNT)
    reader, address = visit(java_script_enabled=scripts), f"rudi{int(scripts)}@contoh.example"
    reader.open(story.get_absolute_url())
    fill(reader, comment="Saya menulis dulu, lalu mendaftar.", author="Rudi", email=address)
    reader.page.get_by_role("button", name="Kirim Komentar").click()
    reader.page.wait_for_url("**/saya/?kabar=ditahan*")
    assert reader.page.get_by_text("Saya menulis dulu, lalu mendaftar.").is_visible()
    assert violations(reader) == {} if scripts else True
    assert status_of(reader.page, reader.page.locator(".person-kept").get_by_role("link", name="Buat akun").click) == 200
    sign_up(reader, address)
    wait_for(lambda: Comment.objects.filter(body_raw="Saya menulis dulu, lalu mendaftar.").exists())
    assert screened(Comment.objects.get()).commenter is not None
    assert not KeptReply.objects.exists()
    assert reader.page.get_by_text("Saya menulis dulu, lalu mendaftar.").is_visible()


def test_pages_before_axe(visit: Visit, story: Article) -> None:
    reader = visit()
    for path in (
        "/akun/masuk/",
        "/akun/masuk/kode/",
        "/akun/daftar/periksa-email/",
        "/akun/sandi/lupa/",
        f"{story.get_absolute_url()}ikuti/",
    ):
        assert reader.open(path) == 200
        assert violations(reader) == {}
    reader.open("/akun/masuk/")
    assert press(reader, "Masuk") == 400
    assert violations(reader) == {}
    reader.open("/akun/daftar/")
    assert press(reader, "Buat akun") == 400
    assert reader.page.locator("[aria-invalid=true]").count() == 3
    assert violations(reader) == {}
    sign_up(reader, "axe@contoh.example")
    Follow.objects.create(commenter=User.objects.get(email="axe@contoh.example").commenter, article=story)
    for path in ("/saya/", "/akun/email/", "/akun/sandi/", "/akun/keluar/", "/saya/hapus/", f"{story.get_absolute_url()}ikuti/"):
        assert reader.open(path) == 200
        assert violations(reader) == {}
