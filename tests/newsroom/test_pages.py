"""Front page, sections, feeds and the pages that say what went wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory, override_settings
from django.utils import timezone, translation

from newsroom import middleware, moments, views
from tests.factories import make_article, make_comment, make_publication, make_section

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"


def text_of(response: Any) -> str:
    text: str = response.content.decode()
    return text


def test_front_page_shows_published_articles_newest_first(client: Client) -> None:
    now = timezone.now()
    make_article(title="Kemarin", published_at=now - timedelta(days=1))
    make_article(title="Baru", published_at=now - timedelta(minutes=5))
    make_article(title="Besok", published_at=now + timedelta(days=1))
    make_article(title="Draf", published_at=None)
    response = client.get("/")
    assert response.status_code == 200
    page = text_of(response)
    assert page.index("Baru") < page.index("Kemarin")
    assert "Besok" not in page
    assert "Draf" not in page
    assert '<html lang="id">' in page


def test_front_page_counts_replies_with_one_query(client: Client, django_assert_num_queries: Any) -> None:
    article = make_article()
    for _number in range(2):
        make_comment(article)
    make_comment(article, status="held")
    make_article()
    assert "2 Balasan" in text_of(client.get("/"))
    with django_assert_num_queries(5):
        client.get("/")
    for _number in range(20):
        make_article()
    with django_assert_num_queries(5):
        client.get("/")


def test_front_page_without_anything(client: Client) -> None:
    response = client.get("/")
    assert response.status_code == 200
    assert "Belum ada artikel yang terbit." in text_of(response)


def test_pages_of_the_front_page(client: Client) -> None:
    for number in range(views.ARTICLES_PER_PAGE + 1):
        make_article(title=f"Artikel ke-{number}", published_at=timezone.now() - timedelta(hours=number + 1))
    assert "Halaman 1 dari 2" in text_of(client.get("/"))
    last = text_of(client.get("/?halaman=2"))
    assert f"Artikel ke-{views.ARTICLES_PER_PAGE}" in last
    assert "Artikel lebih baru" in last
    assert client.get("/?halaman=999").status_code == 200
    assert client.get("/?halaman=%FF").status_code == 200


def test_section_page(client: Client) -> None:
    section = make_section(name="Ekonomi", slug="ekonomi")
    make_article(title="Di dalam", section=section)
    make_article(title="Di luar", section=make_section(publication=section.publication))
    page = text_of(client.get("/rubrik/ekonomi/"))
    assert "Di dalam" in page
    assert "Di luar" not in page
    assert 'aria-current="page"' in page
    assert client.get("/rubrik/tak-ada/").status_code == 404


def test_each_host_shows_its_publication_in_its_language(client: Client) -> None:
    make_article(title="Artikel bahasa", section=make_section(publication=make_publication(name="Kabar")))
    english = make_publication(name="The Post", slug="post", host="en.localhost", language="en", time_zone="Asia/Makassar")
    other = make_article(title="English story", section=make_section(publication=english, name="World", slug="world"))
    page = text_of(client.get("/", headers={"host": "en.localhost:8000"}))
    assert '<html lang="en">' in page
    assert "English story" in page
    assert "Artikel bahasa" not in page
    assert "WITA" in text_of(client.get(other.get_absolute_url(), headers={"host": "en.localhost"}))
    assert "English story" not in text_of(client.get("/"))
    assert client.get(other.get_absolute_url()).status_code == 404
    assert client.get("/rubrik/world/").status_code == 404


def test_site_feed(client: Client) -> None:
    article = make_article(title="Judul <b>", lead="Teras & lain")
    make_article(title="Draf", published_at=None)
    response = client.get("/feed/")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    root = ElementTree.fromstring(response.content)
    entries = root.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == ["Judul <b>"]
    link = entries[0].find(f"{ATOM}link")
    assert link is not None
    assert link.get("href") == f"http://testserver{article.get_absolute_url()}"


def test_sitemap_and_robots(client: Client) -> None:
    article = make_article()
    make_article(slug="rahasia", published_at=None)
    site_map = text_of(client.get("/sitemap.xml"))
    assert f"<loc>http://testserver{article.get_absolute_url()}</loc>" in site_map
    assert "rahasia" not in site_map
    robots = text_of(client.get("/robots.txt"))
    assert "Disallow: /admin/" in robots
    assert "Sitemap: http://testserver/sitemap.xml" in robots


def test_subheadings_and_paragraphs(client: Client) -> None:
    article = make_article(body="Satu <script>alert(1)</script>.\n\n## Bagian\n\nDua.", lead="Teras.")
    page = text_of(client.get(article.get_absolute_url()))
    assert "<h2>Bagian</h2>" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page


def test_a_lead_that_repeats_the_text_is_shown_once(client: Client) -> None:
    article = make_article(lead="Kalimat pertama.", body="Kalimat pertama. Kalimat kedua.\n\nAkhir.")
    assert text_of(client.get(article.get_absolute_url())).count('class="story-lead"') == 0
    article.lead = "Teras tersendiri."
    article.save()
    assert text_of(client.get(article.get_absolute_url())).count('class="story-lead"') == 1


# --- When something is wrong --------------------------------------------------------------------------------------------


def test_not_found_has_the_masthead_and_the_language(client: Client) -> None:
    make_publication(name="Kabar Uji Coba")
    response = client.get("/artikel/tak-ada/")
    assert response.status_code == 404
    page = text_of(response)
    assert "Halaman ini tidak ada" in page
    assert "Kabar Uji Coba" in page


def test_not_found_for_programs_is_a_problem(client: Client) -> None:
    response = client.get("/api/v1/tak-ada/")
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("view", "status", "words"),
    [
        (lambda request: views.broken(request), 500, "Ada yang tidak beres"),
        (lambda request: views.refused(request, Exception()), 403, "Halaman ini tidak terbuka untuk Anda"),
        (lambda request: views.malformed(request, Exception()), 400, "Permintaan ini tidak terbaca"),
    ],
)
def test_error_pages_ask_the_database_nothing(
    rf: RequestFactory, django_assert_num_queries: Any, view: Any, status: int, words: str
) -> None:
    with django_assert_num_queries(0):
        response = view(rf.get("/"))
    assert response.status_code == status
    assert words in text_of(response)
    program = view(rf.get("/api/v1/x"))
    assert (program.status_code, program["Content-Type"]) == (status, "application/problem+json")


def test_outage_gives_the_text_back_and_asks_nothing(rf: RequestFactory, django_assert_num_queries: Any) -> None:
    request = rf.post("/artikel/x/balasan/", {"comment": "Tulisan </textarea><script>panjang</script>", "email": "a@b.example"})
    with django_assert_num_queries(0):
        response = middleware.outage_response(request)
    assert response.status_code == 503
    assert response["Retry-After"] == "10"
    page = text_of(response)
    assert "Tulisan &lt;/textarea&gt;&lt;script&gt;panjang&lt;/script&gt;</textarea>" in page
    assert "Sedang tidak tersedia" in page
    assert "a@b.example" not in page


def test_outage_speaks_the_language_of_the_host_it_knows(rf: RequestFactory, client: Client) -> None:
    make_publication(name="The Post", slug="post", host="en.localhost", language="en")
    client.get("/", headers={"host": "en.localhost"})
    response = middleware.outage_response(rf.get("/", headers={"host": "en.localhost"}))
    assert "Temporarily unavailable" in text_of(response)
    assert translation.get_language() == "id"


def test_not_found_while_the_database_is_away(rf: RequestFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_request: object) -> None:
        raise OperationalError

    monkeypatch.setattr(views, "publication_of", away)
    response = views.not_found(rf.get("/artikel/x/"), Exception())
    assert response.status_code == 404
    assert "Halaman ini tidak ada" in text_of(response)


def test_a_foreign_host_is_400_in_the_default_language() -> None:
    with override_settings(ALLOWED_HOSTS=["kabar.example"]):
        response = Client(raise_request_exception=False).get("/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert "Permintaan ini tidak terbaca" in text_of(response)


@pytest.mark.parametrize("path", ["/artikel/%00/", "/?halaman=%00", "/?halaman=%ED%A0%80"])
def test_nul_and_surrogates_are_400(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 400
    assert "NUL" in text_of(response)


# --- Times --------------------------------------------------------------------------------------------------------------

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "passed", "words"),
    [
        ("id", timedelta(seconds=20), "baru saja"),
        ("id", timedelta(minutes=1), "1 menit lalu"),
        ("id", timedelta(minutes=59, seconds=59), "59 menit lalu"),
        ("id", timedelta(hours=3), "3 jam lalu"),
        ("id", timedelta(days=6, hours=23), "6 hari lalu"),
        ("id", timedelta(days=7), ""),
        ("id", timedelta(minutes=-5), ""),
        ("en", timedelta(hours=1), "1 hour ago"),
        ("en", timedelta(hours=2), "2 hours ago"),
    ],
)
def test_relative(language: str, passed: timedelta, words: str) -> None:
    with translation.override(language):
        assert moments.relative(NOON - passed, NOON) == words


@pytest.mark.parametrize(
    ("language", "zone", "words"),
    [
        ("id", "Asia/Jakarta", "22 Nov 2026, 12.00 WIB"),
        ("id", "Asia/Makassar", "22 Nov 2026, 13.00 WITA"),
        ("en", "Asia/Jayapura", "22 Nov 2026, 14:00 WIT"),
    ],
)
def test_absolute(language: str, zone: str, words: str) -> None:
    with translation.override(language), timezone.override(zone):
        assert moments.absolute(NOON) == words
