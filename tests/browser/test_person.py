"""The reader's own page in a browser, with and without JavaScript, and before axe-core."""

from __future__ import annotations

import re

import pytest

from comments.models import Comment, Commenter
from comments.states import Status
from moderation.decisions import decide
from moderation.models import Appeal
from moderation.person import appeal_token
from newsroom.models import Article
from tests.browser.conftest import Visit
from tests.browser.driver import status_of
from tests.browser.people import DEWI, log_in, mails, make_story, moderator, reply, screened
from tests.browser.test_axe import violations


@pytest.fixture
def story() -> Article:
    return make_story()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_from_the_reply_to_a_changed_comment_and_a_confirmed_address(visit: Visit, story: Article, scripts: bool) -> None:
    reader = visit(java_script_enabled=scripts)
    page = reader.page
    reader.open(story.get_absolute_url())
    comment = reply(reader, "Jembatan itu dekat rumah saya.", **DEWI)
    assert comment.status == Status.HELD
    assert status_of(page, page.get_by_role("link", name="Komentar saya").first.click) == 200
    assert page.get_by_text("Jembatan itu dekat rumah saya.").is_visible()
    assert page.get_by_text("Menunggu dibaca oleh redaksi").is_visible()

    assert status_of(page, page.get_by_role("link", name="Ubah").click) == 200
    page.locator("#comment").fill("Jembatan itu jauh dari rumah saya.")
    assert status_of(page, page.get_by_role("button", name="Simpan").click) == 200
    assert page.get_by_text("sedang diperiksa lagi").is_visible()
    assert screened(Comment.objects.get(pk=comment.pk)).body_raw == "Jembatan itu jauh dari rumah saya."

    page.locator("#email").fill("dewi.baru@contoh.example")
    assert status_of(page, page.get_by_role("button", name="Kirim tautan").click) == 200
    assert page.get_by_role("status").is_visible()
    (mail,) = mails("dewi.baru@contoh.example", 1)
    found = re.search(r"(/saya/alamat/\S+)", mail)
    assert found is not None
    assert reader.open(found[1]) == 200
    assert not Commenter.objects.filter(email="dewi.baru@contoh.example").exists()
    assert status_of(page, page.get_by_role("button", name="Konfirmasi").click) == 200
    assert page.get_by_text("Alamat email Anda sudah terkonfirmasi.").is_visible()
    page.get_by_label("bila ada yang membalas").check()
    assert status_of(page, page.get_by_role("button", name="Simpan", exact=True).click) == 200
    assert Commenter.objects.get(email="dewi.baru@contoh.example").notify_replies is True

    page.get_by_role("link", name="Hapus semua").click()
    assert status_of(page, page.get_by_role("button", name="Hapus semua").click) == 200
    assert Comment.objects.get(pk=comment.pk).body_raw == ""


def test_before_axe(visit: Visit, story: Article) -> None:
    reader = visit()
    assert reader.open("/saya/") == 200
    assert violations(reader) == {}
    reader.open(story.get_absolute_url())
    comment = reply(reader, "Jembatan itu dekat rumah saya.", **DEWI)
    for path in ("/saya/", f"/saya/{comment.public_id}/ubah/", f"/saya/{comment.public_id}/tarik/", "/saya/hapus/"):
        assert reader.open(path) == 200
        assert violations(reader) == {}
    reader.open("/saya/")
    reader.page.locator("#email").fill("bukan alamat")
    assert status_of(reader.page, reader.page.get_by_role("button", name="Kirim tautan").click) == 400
    assert violations(reader) == {}
    assert reader.open("/saya/alamat/palsu/") == 403
    assert violations(reader) == {}


def test_an_appeal_from_the_own_page_to_the_desk_and_back(visit: Visit, story: Article) -> None:
    reader, desk = visit(java_script_enabled=False), visit(java_script_enabled=False)
    reader.open(story.get_absolute_url())
    comment = reply(reader, "Jembatan itu dekat rumah saya.", **DEWI)
    decide(comment, Status.REJECTED, kind="person", reason="off_topic", moderator=moderator("budi", "Budi"))
    reader.open("/saya/")
    page = reader.page
    assert status_of(page, page.get_by_role("link", name="Banding").click) == 200
    page.locator("#id_text").fill("Ini tentang jembatan itu juga.")
    assert status_of(page, page.get_by_role("button", name="Kirim banding").click) == 200
    assert page.get_by_role("status").is_visible()
    log_in(desk, moderator("sari", "Sari"))
    assert status_of(desk.page, desk.page.locator(".desk-views").get_by_role("link", name="Banding").click) == 200
    assert status_of(desk.page, desk.page.locator(".desk-main li a").click) == 200
    desk.page.locator("#id_text").fill("Anda benar.")
    assert status_of(desk.page, desk.page.get_by_role("button", name="Tayangkan komentar").click) == 200
    assert desk.page.get_by_text("Tidak ada banding yang menunggu.").is_visible()
    reader.open("/saya/")
    assert page.get_by_text("Anda benar.").is_visible()
    assert Comment.objects.get(pk=comment.pk).status == Status.APPROVED


def test_appeals_before_axe(visit: Visit, story: Article) -> None:
    reader, desk = visit(), visit()
    reader.open(story.get_absolute_url())
    comment = reply(reader, "Jembatan itu dekat rumah saya.", **DEWI)
    decision = decide(comment, Status.REJECTED, kind="person", reason="off_topic", moderator=moderator("budi", "Budi"))
    path = f"/saya/banding/{appeal_token(decision)}/"
    assert reader.open("/saya/") == 200
    assert violations(reader) == {}
    assert reader.open(path) == 200
    assert violations(reader) == {}
    assert status_of(reader.page, reader.page.get_by_role("button", name="Kirim banding").click) == 400
    assert violations(reader) == {}
    reader.page.locator("#id_text").fill("Ini tentang jembatan itu juga.")
    assert status_of(reader.page, reader.page.get_by_role("button", name="Kirim banding").click) == 200
    assert violations(reader) == {}
    log_in(desk, moderator("sari", "Sari"), to="/admin/moderation/appeals/")
    assert violations(desk) == {}
    found = Appeal.objects.get(decision=decision)
    assert desk.open(f"/admin/moderation/appeals/{found.pk}/") == 200
    assert violations(desk) == {}
