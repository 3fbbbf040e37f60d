"""The form's other end: what is kept, what its author sees, and that nothing typed is ever lost."""

from __future__ import annotations

import html
import json
import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from comments import views
from comments.models import Comment
from comments.states import Status
from newsroom.models import Article
from tests.comments.pages import Page
from tests.factories import make_article, make_comment

pytestmark = pytest.mark.django_db
REPLY = {"comment": "Jembatan itu sudah lama ditunggu.", "author": "Dewi", "email": "dewi@contoh.example", "url": "", "comment_parent": ""}
OWN_HOSTILE = [
    "<script>window.kena=1</script>", '"><img src=x onerror=window.kena=1>', "</textarea><script>kena()</script>", "javascript:kena()",
    "<svg/onload=kena()>", "{{ 7|add:7 }}{% now 'Y' %}", "\u202eterbalik\u202c", "a\u0301\u0301\u0301\u0301\u0301\u0301\u0301", "𝓢𝓵𝓸𝓽",
    "<p style='x'>", "&lt;b&gt;", "<!-- x", "x" * 300, "' OR 1=1 --", "=cmd|' /C calc'!A0", "\ufeff", "الكتاب",
]  # fmt: skip


def post(client: Client, article: Article, **fields: Any) -> Any:
    return client.post(f"{article.get_absolute_url()}balasan/", {**REPLY, **fields})


def body(response: Any) -> str:
    text: str = response.content.decode()
    return text


def test_a_reply_lands_where_its_author_alone_sees_it(client: Client) -> None:
    article = make_article()
    response = post(client, article)
    comment = Comment.objects.get()
    assert response.status_code == 303
    assert response["Location"] == f"{article.get_absolute_url()}#komentar-{comment.public_id}"
    assert (comment.status, comment.author_name, comment.via_form) == (Status.PENDING, "Dewi", True)
    page = body(client.get(article.get_absolute_url()))
    assert f'id="komentar-{comment.public_id}"' in page
    assert "Menunggu pemeriksaan" in page
    assert "Belum ada balasan" not in page
    stranger = body(Client().get(article.get_absolute_url()))
    assert comment.public_id not in stranger
    assert "Menunggu pemeriksaan" not in stranger


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.HELD, "Redaksi meninjau balasan pertama setiap pembaca"),
        (Status.REJECTED, "Redaksi tidak menayangkan balasan ini."),
        (Status.SPAM, "Pemeriksaan kami menganggap balasan ini iklan"),
    ],
)
def test_the_author_is_told_in_plain_words(client: Client, status: Status, words: str) -> None:
    article = make_article()
    post(client, article)
    assert Comment.objects.get().move_to(status)
    page = body(client.get(article.get_absolute_url()))
    assert words in page
    assert ("Menunggu pemeriksaan" in page) == (status == Status.HELD)
    assert words not in body(Client().get(article.get_absolute_url()))


def test_a_waiting_page_is_for_one_reader_only(client: Client) -> None:
    article = make_article()
    assert client.get(article.get_absolute_url())["Cache-Control"] == "no-cache"
    post(client, article)
    response = client.get(article.get_absolute_url())
    assert response["Cache-Control"] == "no-store"
    assert "Cookie" in response["Vary"]


def test_a_waiting_reply_stands_below_what_it_answers(client: Client) -> None:
    parent = make_comment()
    make_comment(parent.article)
    assert post(client, parent.article, comment_parent=parent.public_id).status_code == 303
    mine = Comment.objects.get(parent=parent)
    page = body(client.get(parent.article.get_absolute_url()))
    assert re.findall(r'id="komentar-(\w+)"', page)[:2] == [parent.public_id, mine.public_id]


def test_a_waiting_reply_to_another_page_has_a_place_of_its_own(client: Client, settings: Any) -> None:
    settings.COMMENT_PAGE_SIZE = 1
    article = make_article()
    make_comment(article)
    last = make_comment(article)
    post(client, article, comment_parent=last.public_id)
    page = body(client.get(article.get_absolute_url()))
    assert "Balasan Anda yang menunggu" in page
    assert Comment.objects.get(parent=last).public_id in page


ERRORS = [
    ({"comment": ""}, "comment", "Tulis komentar Anda."),
    ({"comment": " \u200b\u2060\n "}, "comment", "Tulis komentar Anda."),
    ({"comment": "a" * 5001}, "comment", "Komentar Anda 5001 karakter; batasnya 5000."),
    ({"author": ""}, "author", "Tulis nama Anda."),
    ({"author": "\u200b"}, "author", "Tulis nama Anda."),
    ({"author": "n" * 81}, "author", "Nama Anda terlalu panjang; batasnya 80 karakter."),
    ({"email": ""}, "email", "Tulis alamat email Anda, misalnya nama@contoh.id."),
    ({"email": "bukan-alamat"}, "email", "Alamat email itu belum lengkap atau salah ketik. Tulis seperti nama@contoh.id."),
    ({"url": "javascript:alert(1)"}, "url", "Tulis alamat situs web seperti https://contoh.id, atau kosongkan."),
    ({"url": f"https://{'a' * 200}.id"}, "url", "Alamat situs web terlalu panjang; batasnya 200 karakter."),
]


@pytest.mark.parametrize(("change", "field", "words"), ERRORS)
def test_an_error_stands_beside_its_field_and_all_that_was_typed_is_kept(
    client: Client, change: dict[str, str], field: str, words: str
) -> None:
    parent = make_comment()
    typed = {
        "comment": "\n Baris <b>satu</b> & dua \n\n  akhir ",
        "author": 'Dewi "D" <L>',
        "email": "dewi@contoh.example",
        "url": "https://dewi.example/?a=1&b=2",
        "comment_parent": parent.public_id,
        "wp-comment-cookies-consent": "yes",
        **change,
    }
    response = post(client, parent.article, **typed)
    assert response.status_code == 400
    assert Comment.objects.count() == 1
    text = body(response)
    page = Page(text)
    for name in ("comment", "author", "email", "url", "comment_parent"):
        assert page.values[name] == typed[name], name
    assert f'<p class="field-error" id="{field}-error">{html.escape(words, quote=False)}</p>' in text
    invalid = [attributes for _tag, attributes in page.tags if "aria-invalid" in attributes]
    assert [attributes["name"] for attributes in invalid] == [field]
    assert f"{field}-error" in (invalid[0]["aria-describedby"] or "")
    assert f'<a href="#{field}" target="_self">{words}</a>' in re.sub(r">\s+<", "><", text)
    summary = next(attributes for _tag, attributes in page.tags if attributes.get("class") == "problems")
    assert (summary["role"], summary["tabindex"], "autofocus" in summary) == ("alert", "-1", True)
    consent = next(attributes for _tag, attributes in page.tags if attributes.get("name") == "wp-comment-cookies-consent")
    assert "checked" in consent
    assert response["Cache-Control"] == "no-store"


def test_several_errors_at_once_are_all_said(client: Client) -> None:
    text = body(post(client, make_article(), comment="", author="", email=""))
    assert text.count('class="field-error"') == 3


def test_a_parent_that_is_gone_is_said_and_the_next_try_needs_none(client: Client) -> None:
    parent = make_comment()
    assert parent.move_to(Status.REJECTED)
    response = post(client, parent.article, comment_parent=parent.public_id)
    assert response.status_code == 400
    text = body(response)
    assert "Komentar yang Anda balas sudah tidak ada." in text
    assert Page(text).values["comment_parent"] == ""
    assert Page(text).values["comment"] == REPLY["comment"]
    assert post(client, parent.article).status_code == 303


@pytest.mark.parametrize("parent", ["0", "", " "])
def test_no_parent_as_wordpress_says_it(client: Client, parent: str) -> None:
    assert post(client, make_article(), comment_parent=parent).status_code == 303


def test_closed_while_writing_gives_the_text_back(client: Client) -> None:
    article = make_article(comments_close_at=timezone.now() - timedelta(minutes=1))
    response = post(client, article)
    assert response.status_code == 403
    assert "ditutup ketika Anda sedang menulis" in body(response)
    assert Page(body(response)).values["comment"] == REPLY["comment"]


def test_too_fast_gives_the_text_back_and_says_how_long(client: Client) -> None:
    article = make_article()
    for number in range(3):
        assert post(client, article, comment=f"Balasan nomor {number}.").status_code == 303
    response = post(client, article, comment="Satu lagi yang penting.")
    assert response.status_code == 429
    assert 1 <= int(response["Retry-After"]) <= 60
    assert "Terlalu cepat: Anda bisa mengirim lagi dalam" in body(response)
    assert Page(body(response)).values["comment"] == "Satu lagi yang penting."


@pytest.mark.parametrize("name", ["comment", "author", "email", "url", "comment_parent"])
@pytest.mark.parametrize("broken", ["a%00b", "a%ED%A0%80b"])
def test_nul_and_surrogates_are_400_and_the_text_comes_back(client: Client, name: str, broken: str) -> None:
    fields = "&".join(f"{key}={broken if key == name else 'teks'}" for key in REPLY)
    response = client.post(f"{make_article().get_absolute_url()}balasan/", data=fields, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 400
    assert Comment.objects.count() == 0
    assert ("teks" if name != "comment" else "ab") in body(response).replace("\ufffd", "")


def test_the_database_away_is_503_with_the_text(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_arguments: object) -> None:
        raise OperationalError

    article = make_article()
    monkeypatch.setattr(views, "submit", away)
    response = post(client, article, comment="Tulisan <i>panjang</i> saya.")
    assert (response.status_code, response["Retry-After"]) == (503, "10")
    assert "Tulisan &lt;i&gt;panjang&lt;/i&gt; saya.</textarea>" in body(response)
    assert 'lang="id"' in body(response)


def test_details_are_remembered_only_if_ticked_and_only_in_the_browser(client: Client) -> None:
    article = make_article()
    post(client, article, url="https://dewi.example")
    assert views.DETAILS_COOKIE not in client.cookies
    post(client, article, comment="Balasan kedua.", url="https://dewi.example", **{"wp-comment-cookies-consent": "yes"})
    cookie = client.cookies[views.DETAILS_COOKIE]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    page = Page(body(client.get(article.get_absolute_url())))
    assert (page.values["author"], page.values["email"], page.values["url"]) == ("Dewi", "dewi@contoh.example", "https://dewi.example")
    post(client, article, comment="Balasan ketiga.")
    assert client.cookies[views.DETAILS_COOKIE].value == ""
    assert Page(body(client.get(article.get_absolute_url()))).values["author"] == ""


@pytest.mark.parametrize("value", ["", "x", "[]", "1", '{"author": {"a": 1}}', '{"author": "\\ud800"}', "{" * 3000])
def test_a_cookie_that_somebody_wrote_breaks_nothing(client: Client, value: str) -> None:
    client.cookies[views.DETAILS_COOKIE] = value
    assert client.get(make_article().get_absolute_url()).status_code == 200


def test_traps_are_recorded_and_nothing_is_deleted(client: Client) -> None:
    article = make_article()
    page = Page(body(client.get(article.get_absolute_url())))
    assert post(client, article, surel_kedua="spam", dibuka=page.values["dibuka"]).status_code == 303
    comment = Comment.objects.get()
    assert comment.honeypot_filled
    assert comment.fill_seconds is not None
    post(Client(), article, comment="Tanpa cap waktu.")
    assert Comment.objects.latest("id").fill_seconds is None


def test_sending_twice_keeps_one(client: Client) -> None:
    article = make_article()
    first, second = post(client, article), post(client, article)
    assert first["Location"] == second["Location"]
    assert Comment.objects.count() == 1


def test_another_sites_form_is_taken_as_a_strangers(client: Client) -> None:
    article = make_article()
    post(client, article)
    known = Comment.objects.get().commenter
    client.post(f"{article.get_absolute_url()}balasan/", {**REPLY, "comment": "Dari situs lain."}, headers={"sec-fetch-site": "cross-site"})
    assert Comment.objects.latest("id").commenter != known


def hostile_strings() -> list[str]:
    """Our own small set, and the shared one where it lies beside the checkout; a sample, since the flows push all of them."""
    folder = Path(os.environ.get("BALASAN_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
    shared = folder / "hostile_strings.json"
    more = [str(row["payload"]) for row in json.loads(shared.read_text("utf-8"))][::20] if shared.exists() else []
    return OWN_HOSTILE + more


@pytest.mark.parametrize("payload", hostile_strings())
def test_hostile_strings_come_back_as_text(client: Client, settings: Any, payload: str) -> None:
    settings.COMMENT_RATE_LIMITS = ()
    article = make_article()
    response = post(client, article, comment=payload, author=payload, email=payload, url=payload)
    assert response.status_code in {303, 400}
    page = body(response) if response.status_code == 400 else body(client.get(article.get_absolute_url()))
    parsed = Page(page)
    if response.status_code == 400 and "NUL" not in page:
        assert parsed.values["comment"] == payload.replace("\r\n", "\n") or "\r" in payload
    for tag, attributes in parsed.tags:
        assert tag not in {"img", "iframe", "object", "embed", "style", "math", "base", "audio", "video"}
        assert not [name for name in attributes if name.startswith("on") or name in {"style", "srcdoc", "formaction"}]
        assert not (attributes.get("href") or "").lower().replace("\t", "").strip().startswith(("javascript:", "data:", "vbscript:"))
    assert [attributes.get("src") for tag, attributes in parsed.tags if tag == "script" and not attributes.get("src")] == []
