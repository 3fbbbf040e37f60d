"""What an open page asks: how many public comments there are by now."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from comments.states import Status
from newsroom.models import Article, Publication
from tests.doors import Door
from tests.factories import make_article, make_comment

pytestmark = pytest.mark.django_db


def test_it_counts_what_is_public(client: Client) -> None:
    article = make_article()
    make_comment(article)
    for status in (Status.PENDING, Status.HELD, Status.REJECTED, Status.SPAM):
        make_comment(article, status=status, author_name="Kenari")
    answer = client.get(f"/artikel/{article.slug}/langsung/")
    assert answer.json() == {"count": 1, "wait": 10}
    assert answer["Cache-Control"] == "no-cache"
    assert "Set-Cookie" not in answer


def test_the_page_names_its_address_and_what_it_shows(client: Client) -> None:
    article = make_article()
    make_comment(article)
    page = client.get(f"/artikel/{article.slug}/").content.decode()
    assert f'data-live="/artikel/{article.slug}/langsung/"' in page
    assert 'data-count="1"' in page
    assert 'data-live-one="1 komentar baru"' in page
    assert 'data-live-many="{n} komentar baru"' in page
    Publication.objects.update(language="en")
    assert 'data-live-many="{n} new comments"' in client.get(f"/artikel/{article.slug}/").content.decode()


def test_what_is_not_published_is_not_told_of(client: Client) -> None:
    article = make_article(published_at=timezone.now() + timedelta(hours=1))
    assert client.get(f"/artikel/{article.slug}/langsung/").status_code == 404
    assert client.get("/artikel/tidak-ada/langsung/").status_code == 404
    assert client.post(f"/artikel/{make_article().slug}/langsung/").status_code == 405


def test_it_comes_from_kept_bytes_and_follows_a_publish(settings: Settings) -> None:
    settings.KEPT_STALE_SECONDS = 0
    door, article = Door(), make_article()
    address = f"/artikel/{article.slug}/langsung/"
    first = door.get(address)
    assert (json.loads(first.text)["count"], door.kept) == (0, 1)
    assert door.get(address, if_none_match=first.headers["ETag"]).status == 304
    comment = make_comment(article)
    assert json.loads(door.get(address, if_none_match=first.headers["ETag"]).text)["count"] == 1
    assert comment.move_to(Status.REJECTED)
    assert door.get(address, if_none_match=first.headers["ETag"]).status == 304
    Article.objects.update(published_at=None)
    assert door.get(address).status == 404
