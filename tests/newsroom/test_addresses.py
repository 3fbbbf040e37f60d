"""One article, one address, whatever is hung onto it; and what is no address."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from hypothesis import given
from hypothesis import strategies as st

from newsroom import addresses
from newsroom.importing import register
from newsroom.models import Article, ArticleAddress
from tests.factories import make_article, make_section

ONE = "koran.example/berita/jembatan"


@pytest.mark.parametrize(
    "spelling",
    [
        "https://koran.example/berita/jembatan",
        "http://www.koran.example/berita/jembatan/",
        "https://KORAN.example:443/berita//jembatan#komentar",
        "https://koran.example./berita/jembatan?",
        "https://koran.example/berita/jembatan/?utm_source=surat&utm_campaign=a&fbclid=x&gclid=y&amp=1",
        "  https://koran.example/berita/j%65mbatan  ",
    ],
)
def test_spellings_of_one_address(spelling: str) -> None:
    assert addresses.key_of(spelling) == ONE


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("https://koran.example", "koran.example"),
        ("https://koran.example/?p=12&b=", "koran.example?b=&p=12"),
        ("https://koran.example/Berita", "koran.example/Berita"),
        ("http://127.0.0.1:8001/a", "127.0.0.1:8001/a"),
        ("http://[::1]:8001/a", "[::1]:8001/a"),
        ("https://www.example/a", "www.example/a"),
        ("https://bücher.example/ä", "xn--bcher-kva.example/%C3%A4"),
        ('https://koran.example/"><script>', "koran.example/%22%3E%3Cscript%3E"),
    ],
)
def test_what_belongs_to_an_address(address: str, key: str) -> None:
    assert addresses.key_of(address) == key


@pytest.mark.parametrize(
    "address",
    [
        "", "koran.example/a", "javascript:alert(1)", "//koran.example/a", "https://", "https:///a", "ftp://koran.example/a",
        "data:text/html,x", "https://a@koran.example/", "https://koran.example:99999/", "https://koran.example\\@jahat.example/",
        "https://koran.example/a b",
        "https://koran.example/\x00", "https://koran .example/", "https://*.example/", "https://koran.example/" + "a" * 500, "https://[x/",
        "https://koran.example/\ud800",
    ],
)  # fmt: skip
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(addresses.BadAddress):
        addresses.key_of(address)


@given(st.text(max_size=60), st.text(max_size=30))
def test_a_key_is_its_own_key_and_holds_nothing_hostile(path: str, query: str) -> None:
    try:
        key = addresses.key_of(f"https://koran.example/{path}?{query}")
    except addresses.BadAddress:
        return
    assert addresses.key_of(f"https://{key}") == key
    assert key.isascii()
    assert not set(key) & set("<>\"' \n\r\t`\\") - {"'"}


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("https://koran.example/berita/jembatan-kampung-hulu.html?x=1", "Jembatan kampung hulu"),
        ("https://koran.example/2026/11/24/", "koran.example/2026/11/24"),
        ("https://koran.example/", "koran.example"),
        ("https://koran.example/%3Cscript%3Ealert(1)", "<script>alert(1)"),
        ("https://koran.example/a%E2%80%AEb", "Ab"),
    ],
)
def test_words_for_an_article_of_which_only_the_address_is_known(address: str, title: str) -> None:
    assert addresses.title_from(address) == title


@pytest.mark.django_db
def test_a_former_address_keeps_leading_to_the_article() -> None:
    article = make_article(canonical_url="https://koran.example/lama")
    article.canonical_url = "https://koran.example/baru"
    article.save()
    article.save()
    assert [row.key for row in article.addresses.all()] == ["koran.example/lama", "koran.example/baru"]
    for address in ("https://koran.example/lama/", "http://www.koran.example/baru?utm_x=1"):
        assert Article.objects.at(addresses.key_of(address)).get() == article
    assert article.read_at == "https://koran.example/baru"
    assert make_article().read_at.startswith("/artikel/")


@pytest.mark.django_db
def test_an_address_belongs_to_one_article() -> None:
    make_article(canonical_url="https://koran.example/a")
    other = make_article()
    other.canonical_url = "https://www.koran.example/a/"
    with pytest.raises(ValidationError) as raised:
        other.full_clean()
    assert set(raised.value.message_dict) == {"canonical_url"}
    row = ArticleAddress(article=other, url="http://koran.example/a")
    with pytest.raises(ValidationError):
        row.full_clean()
    with pytest.raises(IntegrityError):
        row.save()


@pytest.mark.django_db
def test_an_address_entered_twice_is_one_row() -> None:
    article = make_article(canonical_url="https://koran.example/a")
    again = ArticleAddress(article=article, url="https://koran.example/a/")
    again.save()
    assert article.addresses.count() == 1
    assert again.pk == article.addresses.get().pk


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["javascript:alert(1)", "https://a b/", "koran.example"])
def test_an_article_takes_no_address_that_is_none(address: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Article(section=make_section(), slug="x", title="X", canonical_url=address).full_clean()
    assert "canonical_url" in raised.value.message_dict


@pytest.mark.django_db
def test_registering_twice_makes_one_article() -> None:
    section = make_section()
    first = register("https://koran.example/berita/jembatan-baru", section)
    assert (first.title, first.slug, first.section, first.body) == ("Jembatan baru", "jembatan-baru", section, "")
    assert register("https://www.koran.example/berita/jembatan-baru/?utm_a=b", section) == first
    assert register("https://koran.example/lain/jembatan-baru", section).slug == "jembatan-baru-2"
    assert Article.objects.count() == 2
