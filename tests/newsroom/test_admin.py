"""Django admin for editors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
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
    }  # fmt: skip
    response = editor.post("/admin/newsroom/article/add/", fields)
    assert response.status_code == 302
    article = Article.objects.get()
    assert (article.slug, article.comment_mode, article.source_key) == ("jembatan-baru", "before", None)
    assert editor.get("/artikel/jembatan-baru/").status_code == 200


def test_a_time_zone_that_is_none_is_refused(editor: Client) -> None:
    fields = {
        "name": "X", "slug": "x", "tagline": "", "host": "", "language": "id", "time_zone": "Asia/Jakrta", "comment_mode": "after",
        "sections-TOTAL_FORMS": "0", "sections-INITIAL_FORMS": "0",
    }  # fmt: skip
    response = editor.post("/admin/newsroom/publication/add/", fields)
    assert response.status_code == 200
    assert "Asia/Jakrta bukan zona waktu; tulis seperti Asia/Jakarta." in response.content.decode()
    assert not Publication.objects.exists()


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
