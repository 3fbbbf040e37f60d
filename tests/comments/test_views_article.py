"""The article page with its thread, as readers get it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from comments.reactions import react
from comments.states import Status
from newsroom.models import Article
from tests.comments.pages import Page
from tests.factories import make_article, make_comment

pytestmark = pytest.mark.django_db
FORM_WORDS = (
    "Tinggalkan Balasan", "Alamat email Anda tidak akan dipublikasikan.", "Ruas yang wajib ditandai *", "Komentar", "Nama", "Email",
    "Situs Web", "Simpan nama, email, dan situs web saya pada peramban ini untuk komentar saya berikutnya.", "Kirim Komentar",
)  # fmt: skip


def get(client: Client, article: Article, query: str = "", status: int = 200) -> str:
    response = client.get(article.get_absolute_url() + query)
    assert response.status_code == status
    return response.content.decode()


def comment_ids(page: str) -> list[str]:
    return re.findall(r'id="komentar-(\w+)"', page)


def test_the_form_in_the_words_and_names_of_the_contract(client: Client) -> None:
    page = get(client, make_article())
    for words in FORM_WORDS:
        assert words in page
    for name in ("comment", "author", "email", "url", "comment_parent", "wp-comment-cookies-consent"):
        assert f'name="{name}"' in page
    assert "Belum ada balasan. Jadilah yang pertama." in page


def test_the_trap_is_out_of_everybodys_way(client: Client) -> None:
    page = get(client, make_article())
    trap = re.search(r'<div class="field-trap" aria-hidden="true">(.*?)</div>', page, re.DOTALL)
    assert trap is not None
    assert 'tabindex="-1"' in trap[1]
    assert 'autocomplete="off"' in trap[1]


def test_public_comments_and_nothing_else(client: Client) -> None:
    article = make_article()
    public = make_comment(article, author_email="rahasia@contoh.example")
    for status in (Status.PENDING, Status.HELD, Status.REJECTED, Status.SPAM):
        make_comment(article, status=status, body="Tidak untuk umum.")
    page = get(client, article)
    assert comment_ids(page) == [public.public_id]
    assert "1 Balasan" in page
    assert "Tidak untuk umum" not in page
    assert "rahasia" not in page


@pytest.mark.parametrize("status", [Status.PENDING, Status.HELD, Status.REJECTED, Status.SPAM, Status.WITHDRAWN])
def test_what_is_not_public_has_no_address(client: Client, status: Status) -> None:
    comment = make_comment(status=Status.APPROVED if status == Status.WITHDRAWN else status)
    if status == Status.WITHDRAWN:
        assert comment.move_to(Status.WITHDRAWN)
    assert client.get(comment.get_absolute_url()).status_code == 404
    assert client.get(f"{comment.article.get_absolute_url()}?utas={comment.public_id}").status_code == 404
    page = get(client, comment.article, f"?balas={comment.public_id}")
    assert Page(page).values["comment_parent"] == ""
    feed = client.get(f"{comment.article.get_absolute_url()}feed/")
    assert comment.body_text not in feed.content.decode()


def test_each_comment_offers_its_permalink_and_its_report_page(client: Client) -> None:
    comment = make_comment()
    links = {attributes.get("href") for tag, attributes in Page(get(client, comment.article)).tags if tag == "a"}
    assert reverse("comment", kwargs={"public_id": comment.public_id}) in links
    assert reverse("report", kwargs={"public_id": comment.public_id}) in links


def test_a_permalink_leads_to_the_place(client: Client) -> None:
    comment = make_comment()
    response: Any = client.get(comment.get_absolute_url())
    assert (response.status_code, response["Location"]) == (302, f"{comment.article.get_absolute_url()}#{comment.anchor}")


def test_orders(client: Client) -> None:
    article = make_article()
    now = timezone.now()
    old, new = make_comment(article, created_at=now - timedelta(hours=2)), make_comment(article, created_at=now - timedelta(hours=1))
    assert react(new, "x")
    assert comment_ids(get(client, article)) == [old.public_id, new.public_id]
    assert comment_ids(get(client, article, "?urut=terbaru")) == [new.public_id, old.public_id]
    assert comment_ids(get(client, article, "?urut=terbaik")) == [new.public_id, old.public_id]
    assert comment_ids(get(client, article, "?urut=entah")) == [old.public_id, new.public_id]
    current = [tag for _name, tag in Page(get(client, article, "?urut=terbaru")).tags if "urut=" in (tag.get("href") or "")]
    assert [tag["href"] for tag in current if tag.get("aria-current")] == [f"{article.get_absolute_url()}?urut=terbaru#balasan"]


@pytest.mark.parametrize("order", ["terlama", "terbaru", "terbaik"])
def test_pages_hold_every_comment_once(client: Client, settings: Any, order: str) -> None:
    settings.COMMENT_PAGE_SIZE = 3
    article = make_article()
    everything = {make_comment(article).public_id for _number in range(8)}
    seen: list[str] = []
    query = f"?urut={order}"
    while True:
        page = get(client, article, query)
        seen += comment_ids(page)
        link = re.search(r'<a rel="next"\s+href="([^"#]+)#balasan"', page)
        if link is None:
            break
        query = link[1].replace("&amp;", "&").removeprefix(article.get_absolute_url())
    assert len(seen) == 8
    assert set(seen) == everything
    assert re.search(r'<a rel="prev"\s+href="[^"]+kursor=', page)


@pytest.mark.parametrize(
    "query", ["?kursor=abc", "?kursor=" + "A" * 500, "?kursor=%F0%9F%98%80", "?utas=" + "x" * 2000, "?balas=" + "y" * 2000]
)
def test_addresses_that_somebody_made_up(client: Client, query: str) -> None:
    response = client.get(make_article().get_absolute_url() + query)
    assert response.status_code == (404 if "utas" in query else 200)


def test_a_conversation_goes_on_a_page_of_its_own(client: Client, settings: Any) -> None:
    settings.COMMENT_REPLIES_SHOWN = 2
    article = make_article()
    top = make_comment(article)
    replies = [make_comment(article, parent=top) for _number in range(5)]
    page = get(client, article)
    link = f'href="{article.get_absolute_url()}?utas={top.public_id}#balasan" target="_self">Lanjutkan percakapan (3)'
    assert link in re.sub(r"\s+", " ", page).replace("> ", ">").replace(" <", "<")
    branch = get(client, article, f"?utas={top.public_id}")
    assert comment_ids(branch) == [top.public_id, replies[0].public_id, replies[1].public_id]
    assert "Satu percakapan" in branch
    assert "Semua 6 balasan" in branch


def test_a_removed_comment_keeps_the_place_of_its_replies(client: Client) -> None:
    article = make_article()
    withdrawn, removed = make_comment(article, body="Kata satu."), make_comment(article, body="Kata dua.")
    for parent, status in ((withdrawn, Status.WITHDRAWN), (removed, Status.REJECTED)):
        make_comment(article, parent=parent)
        parent.refresh_from_db()
        assert parent.move_to(status)
    page = get(client, article)
    assert "Komentar ini ditarik oleh penulisnya." in page
    assert "Komentar ini tidak ditampilkan." in page
    assert "Kata satu" not in page
    assert "Kata dua" not in page
    assert withdrawn.author_name not in page
    assert len(comment_ids(page)) == 4


def test_closed_and_never_opened(client: Client) -> None:
    closed = make_article(comments_close_at=timezone.now() - timedelta(hours=1))
    comment = make_comment(closed)
    page = get(client, closed)
    assert "Balasan untuk artikel ini ditutup pada" in page
    assert '<form method="post"' not in page
    assert comment.body_text in page
    assert "?balas=" not in page
    never = get(client, make_article(comments_enabled=False))
    assert "Balasan untuk artikel ini ditutup." in never
    assert "Tidak ada balasan." in never


def test_replying_without_javascript(client: Client) -> None:
    comment = make_comment(author_name="Dewi <Larasati>")
    page = get(client, comment.article, f"?balas={comment.public_id}")
    assert Page(page).values["comment_parent"] == comment.public_id
    assert '<bdi class="reply-to-name">Dewi &lt;Larasati&gt;</bdi>' in page
    assert "Batalkan balasan" in page


def test_the_page_costs_the_same_at_ten_and_at_two_hundred(client: Client, django_assert_max_num_queries: Any) -> None:
    article = make_article()
    for _number in range(5):
        make_comment(article, parent=make_comment(article))
    with django_assert_max_num_queries(7) as few:
        get(client, article)
    for _number in range(20):
        top = make_comment(article)
        for _reply in range(8):
            make_comment(article, parent=top)
    with django_assert_max_num_queries(7) as many:
        get(client, article)
    assert len(few.captured_queries) == len(many.captured_queries)


def test_the_feed_of_a_thread(client: Client) -> None:
    comment = make_comment(body="Teks <script>alert(1)</script> & lain", author_email="rahasia@contoh.example")
    response = client.get(f"{comment.article.get_absolute_url()}feed/")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = response.content.decode()
    assert comment.public_id in feed
    assert "rahasia" not in feed
    assert "<script>" not in feed
    assert client.get("/artikel/tak-ada/feed/").status_code == 404


def test_only_reading_is_answered(client: Client) -> None:
    article = make_article()
    assert client.post(article.get_absolute_url()).status_code == 405
    assert client.get(f"{article.get_absolute_url()}balasan/").status_code == 302
    assert client.put(f"{article.get_absolute_url()}balasan/").status_code == 405


def test_no_script_or_style_stands_in_the_page(client: Client) -> None:
    page = get(client, make_comment().article)
    assert " style=" not in page
    assert "<style" not in page
    inline = [tag for tag in re.findall(r"<script[^>]*>", page) if " src=" not in tag]
    assert inline == ['<script type="application/ld+json">']  # data, which nothing runs
    assert not re.search(r"\son\w+=", page)
    assert not re.search(r'(?:src|href)="https?://', page)
