"""A reader whose browser runs no scripts: the same job, by links and plain forms."""

from __future__ import annotations

import json
from urllib.parse import unquote

import pytest

from comments.models import Comment
from comments.states import Status
from moderation.models import Report
from tests.browser.conftest import Visit
from tests.browser.driver import Visitor, status_of
from tests.browser.people import DEWI, RUDI, act, fill, log_in, make_story, moderator, opened, reply, send, words
from tests.factories import make_comment

TEXT = "Akhirnya saya tidak perlu memutar lewat bukit.\n\nTerima kasih kepada para tukang."


@pytest.fixture
def reader(visit: Visit) -> Visitor:
    return visit(java_script_enabled=False)


def order(visitor: Visitor) -> list[str]:
    return visitor.page.locator(".comments .comment-author").all_inner_texts()


def remembered(visitor: Visitor) -> dict[str, str]:
    """What this browser keeps of the form, in its cookie."""
    kept = [cookie["value"] for cookie in visitor.context.cookies() if cookie["name"] == "balasan_isian"]
    if not kept:
        return {}
    value = unquote(kept[0]).strip('"').encode().decode("unicode_escape").replace('\\"', '"')
    found: dict[str, str] = json.loads(value)
    return found


def test_from_the_front_page_to_the_published_reply(reader: Visitor, visit: Visit) -> None:
    article = make_story()
    assert reader.open("/") == 200
    assert status_of(reader.page, reader.page.get_by_role("link", name=article.title).click) == 200
    comment = reply(reader, TEXT, **DEWI, url="dewi.example")
    assert comment.status == Status.HELD
    assert comment.author_url == "https://dewi.example"
    own = reader.page.locator(f"#komentar-{comment.public_id}")
    assert own.locator(".comment-state").inner_text().strip() == "Menunggu pemeriksaan"
    assert own.locator(".comment-body p").all_inner_texts() == TEXT.split("\n\n")

    other = visit(java_script_enabled=False)
    other.open(article.get_absolute_url())
    assert order(other) == []

    # The desk, too, is plain forms.
    desk = visit(java_script_enabled=False)
    log_in(desk, moderator("sari", "Sari"))
    assert opened(desk) == comment.public_id
    assert status_of(desk.page, desk.page.locator("button[value=approve][data-key]").click) == 200
    other.open(article.get_absolute_url())
    assert order(other) == ["Dewi Lestari"]
    link = other.page.locator(".comment-author")
    assert (link.get_attribute("href"), link.get_attribute("rel")) == ("https://dewi.example", "ugc nofollow noopener")


def test_errors_stand_beside_their_fields_and_nothing_typed_is_lost(reader: Visitor) -> None:
    article = make_story()
    parent = make_comment(article, author_name="Wayan")
    reader.open(f"{article.get_absolute_url()}?balas={parent.public_id}")
    typed = {"comment": TEXT, "author": "", "email": "dewi(at)contoh", "url": "javascript:void(0)"}
    fill(reader, **typed)
    reader.page.locator("#wp-comment-cookies-consent").check()
    assert send(reader) == 400
    page = reader.page
    assert page.title().split() == [words("Error:"), *article.title.split(), "·", "Kabar", "Nusantara"]
    assert {name: page.locator(f"#{name}").input_value() for name in typed} == typed
    assert page.locator("#wp-comment-cookies-consent").is_checked()
    assert page.locator("[name=comment_parent]").input_value() == parent.public_id
    assert page.locator(".reply-to-name").inner_text() == "Wayan"
    messages = {
        "author": words("Please write your name."),
        "email": words("Write your e-mail address, for example nama@contoh.id."),
        "url": words("Write the web site's address like https://contoh.id, or leave it empty."),
    }
    for name, message in messages.items():
        field = page.locator(f"#{name}")
        assert field.get_attribute("aria-invalid") == "true"
        assert f"{name}-error" in (field.get_attribute("aria-describedby") or "").split()
        assert page.locator(f"#{name}-error").inner_text() == message
        assert page.locator(f".problems a[href='#{name}']").inner_text() == message
    assert page.locator("#comment").get_attribute("aria-invalid") is None
    assert Comment.objects.count() == 1

    comment = reply(reader, TEXT, **DEWI, url="")
    assert (comment.parent_id, comment.body_raw) == (parent.pk, TEXT)


def test_a_text_beyond_the_limit_comes_back_whole(reader: Visitor) -> None:
    article = make_story()
    reader.open(article.get_absolute_url())
    text = "ab " * 1667
    assert len(text) == 5001
    fill(reader, comment=text, **DEWI)
    assert send(reader) == 400
    assert reader.page.locator("#comment").input_value() == text
    assert reader.page.locator("#comment-error").inner_text() == "Komentar Anda 5001 karakter; batasnya 5000."
    assert Comment.objects.count() == 0


def test_a_text_of_invisible_characters_is_an_empty_one(reader: Visitor) -> None:
    article = make_story()
    reader.open(article.get_absolute_url())
    fill(reader, comment="\u200b\u2060\u00ad \ufeff\u3164", **DEWI)
    assert send(reader) == 400
    assert reader.page.locator("#comment-error").inner_text() == "Tulis komentar Anda."


def test_answering_and_cancelling_by_links(reader: Visitor) -> None:
    article = make_story()
    parent = make_comment(article, author_name="Wayan")
    reader.open(article.get_absolute_url())
    assert not reader.page.locator(".reply-to").is_visible()
    assert status_of(reader.page, reader.page.locator(".comment-reply").click) == 200
    assert reader.page.url == f"{reader.base_url}{article.get_absolute_url()}?balas={parent.public_id}#tinggalkan-balasan"
    assert reader.page.locator(".reply-to-name").inner_text() == "Wayan"
    assert status_of(reader.page, reader.page.get_by_role("link", name="Batalkan balasan").click) == 200
    assert not reader.page.locator(".reply-to").is_visible()
    assert reader.page.locator("[name=comment_parent]").input_value() == ""


def test_details_are_remembered_only_while_the_box_is_ticked(reader: Visitor) -> None:
    article = make_story()
    reader.open(article.get_absolute_url())
    reply(reader, "Pertama, tanpa diingat.", **DEWI)
    reader.open(article.get_absolute_url())
    assert reader.page.locator("#author").input_value() == ""
    assert not reader.page.locator("#wp-comment-cookies-consent").is_checked()
    assert remembered(reader) == {}

    reader.page.locator("#wp-comment-cookies-consent").check()
    reply(reader, "Kedua, dan sekarang diingat.", **RUDI, url="https://rudi.example")
    reader.open(article.get_absolute_url())
    kept = {name: reader.page.locator(f"#{name}").input_value() for name in ("author", "email", "url")}
    assert kept == {**RUDI, "url": "https://rudi.example"}
    assert remembered(reader) == kept
    assert reader.page.locator("#wp-comment-cookies-consent").is_checked()

    reader.page.locator("#wp-comment-cookies-consent").uncheck()
    reply(reader, "Ketiga, dan lupakan saya.", **RUDI)
    reader.open(article.get_absolute_url())
    assert reader.page.locator("#email").input_value() == ""
    assert remembered(reader) == {}


def test_the_three_orders_of_a_thread(reader: Visitor) -> None:
    article = make_story()
    for name, agree in (("Satu", 1), ("Dua", 5), ("Tiga", 3)):
        make_comment(article, author_name=name, reaction_count=agree)
    reader.open(article.get_absolute_url())
    assert order(reader) == ["Satu", "Dua", "Tiga"]
    for link, names in {
        "Terbaru": ["Tiga", "Dua", "Satu"],
        "Terbaik": ["Dua", "Tiga", "Satu"],
        "Terlama": ["Satu", "Dua", "Tiga"],
    }.items():
        assert status_of(reader.page, reader.page.get_by_role("link", name=link, exact=True).click) == 200
        assert order(reader) == names
        assert reader.page.locator(".sorts [aria-current=true]").inner_text() == link


def test_a_report_reaches_the_desk(reader: Visitor, visit: Visit) -> None:
    comment = make_comment(make_story(), body="Kalian semua bodoh.", author_name="Anonim")
    assert reader.open(f"/komentar/{comment.public_id}/laporkan/") == 200
    button = reader.page.locator("form button")
    reader.page.locator("[name=detail]").fill("Menghina pembaca lain.")
    reader.page.locator("form").evaluate("form => { form.noValidate = true; }")
    assert status_of(reader.page, button.click) == 400
    assert reader.page.locator("#reason-error").is_visible()
    assert reader.page.locator("[name=detail]").input_value() == "Menghina pembaca lain."
    reader.page.locator("[name=reason][value=insult]").check()
    assert status_of(reader.page, button.click) == 200
    assert reader.page.url == f"{reader.base_url}/komentar/{comment.public_id}/laporkan/?terkirim=1"
    assert Report.objects.values_list("comment", "reason", "detail").get() == (comment.pk, "insult", "Menghina pembaca lain.")

    desk = visit()
    log_in(desk, moderator("sari", "Sari"), to="/admin/moderation/queue/?view=reported")
    assert opened(desk) == comment.public_id
    assert desk.page.locator(".report-detail").inner_text() == "Menghina pembaca lain."
    assert act(desk, "a") == 200
    assert Report.objects.get().resolved_at is not None
