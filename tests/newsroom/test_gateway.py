"""Public pages are sent from kept bytes, as Django made them, and are made anew with each change that readers can see."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from comments import reactions
from comments.models import Comment
from comments.states import Status
from comments.submission import edit, withdraw
from newsroom.models import Article, Publication, Section
from newsroom.shelf import Entry, Memory
from tests.doors import Door
from tests.factories import make_article, make_comment, make_moderator

pytestmark = pytest.mark.django_db
STAMP = re.compile(r'name="dibuka" value="([^"]+)"')


@pytest.fixture
def door(settings: Settings) -> Door:
    """A door that asks the database at each request whether its bytes still hold."""
    settings.KEPT_STALE_SECONDS = 0
    return Door()


@pytest.fixture
def article() -> Article:
    found = make_article()
    make_comment(found, body="Jembatan itu lama ditunggu.")
    return found


def addresses(article: Article) -> list[str]:
    return [
        f"/artikel/{article.slug}/",
        f"/artikel/{article.slug}/?urut=terbaru",
        f"/artikel/{article.slug}/feed/",
        f"/api/v1/articles/{article.slug}/",
        f"/api/v1/articles/{article.slug}/comments/",
        f"/api/v1/articles/{article.slug}/comments/?sort=best",
        "/feed/",
    ]


def test_answers_are_django_s_own(door: Door, article: Article) -> None:
    for address in addresses(article):
        made, kept, django = door.get(address), door.get(address), Client().get(address)
        assert made.status == kept.status == django.status_code == 200
        assert STAMP.sub("", kept.text) == STAMP.sub("", made.text) == STAMP.sub("", django.content.decode()), address
        own = {"Vary", "ETag", "Content-Length"}
        assert {name: value for name, value in kept.headers.items() if name not in own} == {
            name: value for name, value in django.headers.items() if name not in own
        }, address
        assert kept.headers["Vary"].split(", ")[-1] == "Accept-Encoding"
        assert "no-cache" in kept.headers.get("Cache-Control", "no-cache")
        assert int(kept.headers["Content-Length"]) == len(kept.raw)
    assert door.kept == len(addresses(article))


def test_confirmed_bytes_cost_no_query(settings: Settings, article: Article) -> None:
    settings.KEPT_STALE_SECONDS = 60
    door = Door()
    for address in addresses(article):
        first = door.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert STAMP.sub("", door.get(address).text) == STAMP.sub("", first.text)
        assert len(captured) == 0, address


def test_looking_costs_the_same_however_many_pages_are_kept(door: Door, article: Article) -> None:
    others = [make_article(section=article.section) for _ in range(10)]
    door.get(f"/artikel/{article.slug}/")
    with CaptureQueriesContext(connection) as one:
        door.gateway.confirm(list(door.gateway.entries.values()))
    for other in others:
        door.get(f"/artikel/{other.slug}/")
    assert door.kept == 11
    with CaptureQueriesContext(connection) as many:
        assert len(door.gateway.confirm(list(door.gateway.entries.values()))) == 11
    assert len(many) == len(one) == 4


def publish(article: Article) -> None:
    make_comment(article)


def remove(article: Article) -> None:
    assert Comment.objects.get().move_to(Status.REJECTED)


def take_back(article: Article) -> None:
    withdraw(Comment.objects.get())


def change_text(article: Article) -> None:
    edit(Comment.objects.get(), "Jembatan itu ternyata belum selesai.")


def agree(article: Article) -> None:
    reactions.react(Comment.objects.get(), "guest-1")


def rename_article(article: Article) -> None:
    article.title = "Jembatan itu ditutup lagi"
    article.save()


def rename_section(article: Article) -> None:
    Section.objects.filter(pk=article.section_id).update(name="Kota")


def rename_publication(article: Article) -> None:
    Publication.objects.update(name="Kabar Lain")


def close_comments(article: Article) -> None:
    Article.objects.update(comments_close_at=timezone.now() - timedelta(seconds=1))


@pytest.mark.parametrize(
    "change", [publish, remove, take_back, change_text, agree, rename_article, rename_section, rename_publication, close_comments]
)
def test_a_change_that_readers_see_makes_the_page_anew(door: Door, article: Article, change: Callable[[Article], None]) -> None:
    address = f"/artikel/{article.slug}/"
    before = door.get(address)
    change(article)
    after = door.get(address)
    assert STAMP.sub("", after.text) != STAMP.sub("", before.text)
    assert STAMP.sub("", after.text) == STAMP.sub("", Client().get(address).content.decode())
    assert after.headers["ETag"] != before.headers["ETag"]
    assert door.get(address, if_none_match=before.headers["ETag"]).status == 200


def test_what_is_no_longer_published_is_gone(door: Door, article: Article) -> None:
    for address in addresses(article)[:-1]:
        assert door.get(address).status == 200
        Article.objects.update(published_at=timezone.now() + timedelta(hours=1))
        assert door.get(address).status == 404
        Article.objects.update(published_at=timezone.now() - timedelta(hours=1))
    assert door.kept == 0


def test_a_change_while_the_bytes_are_made_makes_them_old(door: Door, article: Article) -> None:
    """The state is read first: what the page read after it can only be newer."""
    address = f"/artikel/{article.slug}/"
    door.get(address)
    (entry,) = door.gateway.entries.values()
    assert set(entry.states) == {"thread", "site"}
    publish(article)
    assert door.gateway.confirm([entry]) == []


def test_the_stamp_is_as_fresh_as_the_answer(settings: Settings, article: Article) -> None:
    from comments.forms import seconds_since

    settings.KEPT_STALE_SECONDS = 60
    door = Door()
    address = f"/artikel/{article.slug}/"
    door.get(address)
    time.sleep(2.1)  # the stamp counts seconds
    plain, squeezed = door.get(address), door.get(address, accept_encoding="gzip, br")
    assert squeezed.headers["Content-Encoding"] == "gzip"
    for answer in (plain, squeezed):
        stamp = STAMP.findall(answer.text)
        assert len(stamp) == 1
        age = seconds_since(stamp[0])
        assert age is not None
        assert age < 2.1


def test_unchanged_bytes_are_not_sent_again(door: Door, article: Article) -> None:
    for address in addresses(article):
        first = door.get(address)
        tag = first.headers["ETag"]
        for known in (tag, f'"other", {tag}', "*", tag.removeprefix("W/"), f"W/{tag.removeprefix('W/')}"):
            again = door.get(address, if_none_match=known)
            assert (again.status, again.raw) == (304, b""), known
            assert again.headers["ETag"] == tag
            assert "Content-Type" not in again.headers
        assert door.get(address, if_none_match='"other"').raw


def test_head_says_the_same_and_sends_nothing(door: Door, article: Article) -> None:
    address = f"/api/v1/articles/{article.slug}/comments/"
    get, head = door.get(address), door.ask("HEAD", address)
    assert (head.status, head.raw, head.headers) == (200, b"", get.headers)
    assert door.ask("HEAD", "/artikel/tidak-ada/").raw == b""


@pytest.mark.parametrize(
    "headers",
    [
        {"cookie": "balasan_pembaca=x"},
        {"cookie": "_ga=1; balasan_isian=x"},
        {"cookie": f"{django_settings.SESSION_COOKIE_NAME}=abc"},
        {"cookie": f"{django_settings.CSRF_COOKIE_NAME}=abc"},
        {"authorization": "Token abc"},
    ],
)
def test_whoever_brings_something_of_ours_goes_to_django(door: Door, article: Article, headers: dict[str, str]) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert door.get(f"/artikel/{article.slug}/", **headers).status == 200
    assert len(captured) > 3
    assert door.kept == 0


def test_cookies_of_others_change_nothing(door: Door, article: Article) -> None:
    door.get(f"/artikel/{article.slug}/", cookie="_ga=GA1.2.3; theme=dark")
    assert door.kept == 1


def test_our_cookies_are_known_by_their_names() -> None:
    """A cookie that the gateway does not know would let one reader's page come from everybody's bytes."""
    root = Path(django_settings.BASE_DIR)
    names = set()
    for file in [*root.glob("comments/**/*.py"), *root.glob("moderation/**/*.py"), *root.glob("newsroom/**/*.py")]:
        source = file.read_text()
        if "set_cookie(" in source or "_COOKIE" in source:
            names |= set(re.findall(r"^[A-Z_]*COOKIE\s*(?::\s*\w+\s*)?=\s*\"([^\"]+)\"", source, re.MULTILINE))
    assert {"balasan_pembaca", "balasan_isian"} <= names
    assert all(any(mark in name for mark in django_settings.PRIVATE_COOKIES) for name in names), names


def test_other_parameters_go_to_django_and_decorations_change_nothing(door: Door, article: Article) -> None:
    address = f"/artikel/{article.slug}/"
    assert door.get(f"{address}?balas=x").status == 200
    assert door.get(f"{address}?urut=terbaru&urut=terlama").status == 200
    assert door.get(f"{address}?kursor={'x' * 500}").status == 200
    assert door.kept == 0
    door.get(f"{address}?utm_source=surat&fbclid=1")
    door.get(f"{address}?urut=terbaru&utm_source=surat")
    assert {each[2] for each in door.gateway.entries} == {"", "urut=terbaru"}


def test_refusals_are_not_kept(door: Door, article: Article) -> None:
    assert door.get("/artikel/tidak-ada/").status == 404
    assert door.get(f"/api/v1/articles/{article.slug}/comments/?cursor=x").status == 400
    assert door.get("/artikel/%ed%a0%80/").status == 400
    assert door.get(f"/artikel/{article.slug}/?kursor=%00").status == 400
    assert door.kept == 0


def test_posts_pass_by(door: Door, article: Article) -> None:
    assert door.ask("POST", f"/api/v1/articles/{article.slug}/comments/").status == 400
    assert door.kept == 0


def test_hosts_and_protocols_are_kept_apart(door: Door, article: Article) -> None:
    other = Publication.objects.create(name="Harian Lain", slug="harian-lain", host="lain.example", language="en")
    elsewhere = make_article(section=Section.objects.create(publication=other, name="City", slug="city"))
    assert door.get("/feed/").text != door.get("/feed/", host="lain.example").text
    assert door.get(f"/artikel/{article.slug}/", host="lain.example").status == 404
    assert 'lang="en"' in door.get(f"/artikel/{elsewhere.slug}/", host="lain.example").text


def test_a_second_process_finds_the_bytes_in_redis(door: Door, article: Article) -> None:
    address = f"/artikel/{article.slug}/"
    first = door.get(address)
    second = Door()
    with CaptureQueriesContext(connection) as captured:
        found = second.get(address)
    assert len(captured) == 4  # whether they still hold; nothing was made
    assert STAMP.sub("", found.text) == STAMP.sub("", first.text)
    assert found.headers == {**first.headers, "Content-Length": found.headers["Content-Length"]}
    publish(article)
    third = Door()
    assert STAMP.sub("", third.get(address).text) == STAMP.sub("", Client().get(address).content.decode())


def test_what_stands_in_redis_may_be_anything(door: Door, article: Article) -> None:
    from newsroom.limits import connection as redis_connection

    address = f"/artikel/{article.slug}/"
    for old in redis_connection().scan_iter("kept:*"):
        redis_connection().delete(old)
    good = door.get(address)
    (key,) = (key for key in redis_connection().scan_iter("kept:*"))
    whole = redis_connection().get(key)
    assert isinstance(whole, bytes)
    assert 0 < redis_connection().ttl(key) <= django_settings.KEPT_SECONDS
    for broken in (b"", b"\0", whole[:100], whole[:-5], b"\0\0\0\2{}" + whole, whole.replace(b"thread", b"nobody"), b"\xff" * 50):
        redis_connection().set(key, broken)
        answer = Door().get(address)
        assert answer.status == 200, broken[:20]
        assert STAMP.sub("", answer.text) == STAMP.sub("", good.text)


def test_answers_are_counted_though_django_never_sees_them(settings: Settings, article: Article) -> None:
    from newsroom.gateway import report
    from newsroom.metrics import registry

    def counted(status: str) -> float:
        return registry.get_sample_value("balasan_requests_total", {"route": "article", "method": "GET", "status": status}) or 0

    settings.KEPT_STALE_SECONDS = 60
    door = Door()
    address = f"/artikel/{article.slug}/"
    before = counted("200"), counted("304"), counted("404")
    tag = door.get(address).headers["ETag"]
    door.get(address)
    door.get(address, if_none_match=tag)
    door.get("/artikel/tidak-ada/")
    report(door.gateway.memory)
    report(door.gateway.memory)
    assert (counted("200"), counted("304"), counted("404")) == (before[0] + 2, before[1] + 1, before[2] + 1)


def test_memory_is_bounded_by_bytes(door: Door, article: Article) -> None:
    door.get(f"/artikel/{article.slug}/")
    (entry,) = door.gateway.entries.values()
    memory = Memory(limit=entry.size * 5)
    for number in range(20):
        memory.put(Entry(**{**{name: getattr(entry, name) for name in FIELDS}, "address": ("host", f"/{number}", "", "", "")}))
        assert memory.size == sum(each.size for each in memory.entries.values()) <= memory.limit
    assert ("host", "/19", "", "", "") in memory.entries
    assert ("host", "/0", "", "", "") not in memory.entries


FIELDS = ("route", "headers", "etag", "packed", "states", "made", "environment", "fill")


def test_a_moderator_s_page_is_never_kept(door: Door, article: Article) -> None:
    client = Client()
    client.force_login(make_moderator())
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    assert door.get(f"/artikel/{article.slug}/", cookie=cookies).status == 200
    assert door.kept == 0
