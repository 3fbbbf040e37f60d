"""Django admin for editors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from newsroom.models import Article, Publication, Section
from tests.factories import make_article, make_section, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(make_user("editor", is_staff=True, is_superuser=True))
    return client


def listed(client: Client, query: str = "") -> set[str]:
    response: Any = client.get(f"/admin/newsroom/article/{query}")
    assert response.status_code == 200
    return {article.title for article in response.context["cl"].result_list}


def test_lists_filter_and_search(editor: Client) -> None:
    now = timezone.now()
    make_article(title="Tayang", published_at=now - timedelta(hours=1))
    make_article(title="Dijadwalkan", published_at=now + timedelta(hours=1))
    make_article(title="Draf", published_at=None)
    assert listed(editor) == {"Tayang", "Dijadwalkan", "Draf"}
    assert listed(editor, "?keadaan=published") == {"Tayang"}
    assert listed(editor, "?keadaan=planned") == {"Dijadwalkan"}
    assert listed(editor, "?keadaan=draft") == {"Draf"}
    assert listed(editor, "?q=draf") == {"Draf"}


@pytest.mark.parametrize("model", [Publication, Section, Article])
def test_every_form_opens(editor: Client, model: Any) -> None:
    make_article()
    name = model._meta.model_name
    for path in ("", "add/", f"{model.objects.get().pk}/change/", f"{model.objects.get().pk}/history/"):
        assert editor.get(f"/admin/newsroom/{name}/{path}").status_code == 200


def test_an_article_is_written_in_the_admin(editor: Client) -> None:
    section = make_section()
    fields = {
        "title": "Jembatan baru", "slug": "jembatan-baru", "section": section.pk, "byline": "Dewi", "lead": "", "body": "Satu.\n\nDua.",
        "published_at_0": "2026-01-02", "published_at_1": "03:04:05", "comments_enabled": "on", "comment_mode": "before",
        "comments_close_at_0": "", "comments_close_at_1": "",
        "canonical_url": "", "addresses-TOTAL_FORMS": "0", "addresses-INITIAL_FORMS": "0",
    }  # fmt: skip
    response = editor.post("/admin/newsroom/article/add/", fields)
    assert response.status_code == 302
    article = Article.objects.get()
    assert (article.slug, article.comment_mode, article.source_key) == ("jembatan-baru", "before", None)
    assert editor.get("/artikel/jembatan-baru/").status_code == 200


def test_a_time_zone_that_is_none_is_refused(editor: Client) -> None:
    fields = {
        "name": "X", "slug": "x", "tagline": "", "host": "", "language": "id", "time_zone": "Asia/Jakrta", "comment_mode": "after",
        "comment_access": "anybody",
        "sections-TOTAL_FORMS": "0", "sections-INITIAL_FORMS": "0", "embed_hosts-TOTAL_FORMS": "0", "embed_hosts-INITIAL_FORMS": "0",
    }  # fmt: skip
    response = editor.post("/admin/newsroom/publication/add/", fields)
    assert response.status_code == 200
    assert "Asia/Jakrta bukan zona waktu; tulis seperti Asia/Jakarta." in response.content.decode()
    assert not Publication.objects.exists()


def article_form(**fields: str) -> dict[str, str]:
    return {
        "title": "Di luar", "slug": "di-luar", "byline": "", "lead": "", "body": "", "published_at_0": "2026-01-02",
        "published_at_1": "03:04:05", "comments_enabled": "on", "comment_mode": "", "comments_close_at_0": "", "comments_close_at_1": "",
        "canonical_url": "https://koran.example/a", "addresses-TOTAL_FORMS": "2", "addresses-INITIAL_FORMS": "0",
        "addresses-0-url": "https://koran.example/lama", "addresses-1-url": "https://koran.example/a/", **fields,
    }  # fmt: skip


def test_an_article_of_another_site_is_entered_with_its_former_addresses(editor: Client) -> None:
    plain = article_form(section=str(make_section().pk))
    add = "/admin/newsroom/article/add/"
    assert editor.post(add, plain).status_code == 302
    article = Article.objects.get()
    assert {row.key for row in article.addresses.all()} == {"koran.example/a", "koran.example/lama"}
    taken = editor.post(add, {**plain, "slug": "dua"})
    assert "Artikel lain memakai alamat ini." in taken.content.decode()
    hostile = editor.post(add, {**plain, "slug": "tiga", "canonical_url": "javascript:alert(1)"})
    assert "Tulis alamat lengkap halamannya" in hostile.content.decode()
    bare = editor.post(add, {**plain, "slug": "empat", "canonical_url": ""})
    assert "Artikel yang dibaca di sini perlu teks." in bare.content.decode()
    assert Article.objects.count() == 1


def publication_form(*hosts: str) -> dict[str, str]:
    fields = {
        "name": "X", "slug": "x", "tagline": "", "host": "", "language": "id", "time_zone": "Asia/Jakarta", "comment_mode": "after",
        "comment_access": "anybody",
        "sections-TOTAL_FORMS": "0", "sections-INITIAL_FORMS": "0", "embed_registers": "on",
        "embed_hosts-TOTAL_FORMS": str(len(hosts)), "embed_hosts-INITIAL_FORMS": "0",
    }  # fmt: skip
    return fields | {f"embed_hosts-{number}-host": host for number, host in enumerate(hosts)}


def test_sites_that_may_embed_are_listed_in_the_admin(editor: Client) -> None:
    assert editor.post("/admin/newsroom/publication/add/", publication_form("Koran.Example", "*.tajuk.example")).status_code == 302
    publication = Publication.objects.get()
    assert [row.host for row in publication.embed_hosts.all()] == ["*.tajuk.example", "koran.example"]
    assert publication.embed_registers


@pytest.mark.parametrize("host", ["https://koran.example", "*", "*.example", "x; script-src *", "koran.example:99999"])
def test_what_is_no_host_is_refused_with_a_sentence(editor: Client, host: str) -> None:
    response = editor.post("/admin/newsroom/publication/add/", publication_form(host))
    assert response.status_code == 200
    assert "errorlist" in response.content.decode()
    assert not Publication.objects.exists()


def test_who_may_list_sites(client: Client) -> None:
    publication = make_section().publication
    address = f"/admin/newsroom/publication/{publication.pk}/change/"
    typed = publication_form("koran.example")
    for group, may in (("moderator", False), ("editor", True)):
        user = make_user(group, is_staff=True)
        user.groups.add(Group.objects.get(name=group))
        client.force_login(user)
        client.post(address, {**typed, "sections-TOTAL_FORMS": "0"})
        assert publication.embed_hosts.exists() is may
    client.force_login(make_user("pembaca"))
    assert client.post(address, typed).status_code == 302


def test_comments_are_closed_and_opened_for_several(editor: Client) -> None:
    articles = [make_article(), make_article()]
    chosen = {"_selected_action": [str(article.pk) for article in articles]}
    response = editor.post("/admin/newsroom/article/", {"action": "close_comments", **chosen}, follow=True)
    assert "2 artikel diubah." in response.content.decode()
    assert [article.comments_open() for article in Article.objects.all()] == [False, False]
    editor.post("/admin/newsroom/article/", {"action": "open_comments", **chosen})
    assert [article.comments_open() for article in Article.objects.all()] == [True, True]


def test_strangers_are_asked_to_log_in(client: Client) -> None:
    article = make_article()
    assert client.get("/admin/newsroom/article/").status_code == 302
    client.force_login(make_user("pembaca"))
    assert client.post("/admin/newsroom/article/", {"action": "close_comments", "_selected_action": [str(article.pk)]}).status_code == 302
    article.refresh_from_db()
    assert article.comments_open()
