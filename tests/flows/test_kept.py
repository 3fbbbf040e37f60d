"""Bytes that are the same for everybody: nothing of anybody in them, and nobody reads a page that is older than two seconds."""

from __future__ import annotations

import shutil
import signal
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from django.test import Client
from pytest_django import Settings
from rest_framework.authtoken.models import Token

from comments.models import Comment
from comments.states import Status
from newsroom.limits import connection
from newsroom.models import Article
from newsroom.shelf import split
from tests.conftest import live_environment
from tests.doors import Door
from tests.factories import make_article, make_comment, make_moderator
from tests.processes import RedisServer, Stack, wait_for

OLDEST = 2.0  # seconds: what readers are promised


def public_addresses(article: Article) -> list[str]:
    page = f"/artikel/{article.slug}/"
    api = f"/api/v1/articles/{article.slug}/"
    return [
        page,
        f"{page}?urut=terbaru",
        f"{page}feed/",
        f"{page}langsung/",
        api,
        f"{api}comments/",
        f"/embed/thread/?article={article.slug}",
    ]


# --- Nothing private ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_nothing_of_two_readers_and_a_moderator_is_in_shared_bytes(settings: Settings) -> None:
    """Each leaves a word that stands nowhere else; all of them read, in turn, what everybody reads."""
    settings.COMMENT_RATE_LIMITS = ()
    settings.KEPT_STALE_SECONDS = 0
    for key in connection().scan_iter("kept:*"):
        connection().delete(key)
    article = make_article()
    published = make_comment(article, body="Ini boleh dibaca semua orang.", author_email="burung-gereja@contoh.example")
    door = Door()
    cookies: list[str] = []
    words = ["burung-gereja@contoh.example"]
    for bird in ("kenari", "merpati"):
        reader = Client()
        data = {
            "comment": f"Kata-kata {bird} yang masih menunggu.",
            "author": f"Nama {bird}",
            "email": f"{bird}@contoh.example",
            "url": f"https://{bird}.example",
            "wp-comment-cookies-consent": "yes",
        }
        assert reader.post(f"/artikel/{article.slug}/balasan/", data).status_code == 303
        cookies.append("; ".join(f"{name}={morsel.value}" for name, morsel in reader.cookies.items()))
        words.append(bird)
    desk = Client()
    moderator = make_moderator("elang-bondol")
    desk.force_login(moderator)
    cookies.append("; ".join(f"{name}={morsel.value}" for name, morsel in desk.cookies.items()))
    token = Token.objects.create(user=moderator).key
    words += ["elang-bondol", token, *[cookie.split("=", 1)[1][:40] for cookie in cookies]]

    for _round in range(2):
        for address in public_addresses(article):
            for number, cookie in enumerate(cookies):
                own = door.get(address, cookie=cookie)
                assert own.status == 200, address
                if address == f"/artikel/{article.slug}/" and number < 2:
                    mine, other = ("kenari", "merpati") if number == 0 else ("merpati", "kenari")
                    assert f"Kata-kata {mine}" in own.text
                    assert other not in own.text
                    assert own.headers["Cache-Control"] == "no-store"
                    assert "ETag" not in own.headers
            door.get(address, authorization=f"Token {token}")
            everybody = door.get(address, accept_encoding="gzip")
            assert everybody.status == 200
            assert not [word for word in words if word in everybody.text], address
            assert not [word for word in words if word in str(everybody.headers)], address
            assert "Set-Cookie" not in everybody.headers

    kept = [each.packed.plain(b"").decode() for each in door.gateway.entries.values()]
    assert len(kept) == len(public_addresses(article))
    assert any(published.body_text in text for text in kept)
    shelf = []
    for key in connection().scan_iter("kept:*"):
        raw = connection().get(key)
        assert isinstance(raw, bytes)
        head, *squeezed = split(raw)
        shelf.append(key.decode() + head.decode() + "".join(zlib.decompressobj(-15).decompress(piece).decode() for piece in squeezed))
    assert len(shelf) == len(kept)
    for text in [*kept, *shelf]:
        assert not [word for word in words if word in text]


# --- Nothing old ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    folder = Path(tempfile.mkdtemp(prefix="balasan-kept-"))
    server = RedisServer(folder / "redis.sock", folder / "redis")
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def two(transactional_db: None, own_redis: RedisServer, tmp_path: Path) -> Iterator[list[httpx.Client]]:
    """Two web processes with the site's own settings: watchers, memory, one Redis."""
    environment = {**live_environment(), "DJANGO_SETTINGS_MODULE": "newsroom.settings", "REDIS_URL": own_redis.url}
    stacks = [Stack(tmp_path / str(number), environment) for number in range(2)]
    for stack in stacks:
        stack.start_web()
    clients = [stack.client() for stack in stacks]
    yield clients
    for client in clients:
        client.close()
    for stack in stacks:
        stack.stop()


def read_on(clients: list[httpx.Client], address: str, comment: Comment, *, shown: bool, since: float) -> int:
    """Read on until half a second after the promise has run out; how many answers were held to it."""
    held = 0
    while time.monotonic() < since + OLDEST + 0.5:
        for client in clients:
            began = time.monotonic()
            answer = client.get(address)
            assert answer.status_code == 200
            if began >= since + OLDEST:
                assert (comment.anchor in answer.text) is shown
                held += 1
        time.sleep(0.1)
    return held


def publish_and_remove(clients: list[httpx.Client], article: Article) -> None:
    address = article.get_absolute_url()
    for client in clients:
        assert client.get(address).status_code == 200
    comment = make_comment(article, body="Sebentar ada, sebentar tidak.")
    assert read_on(clients, address, comment, shown=True, since=time.monotonic()) > 0
    assert comment.move_to(Status.WITHDRAWN)
    assert read_on(clients, address, comment, shown=False, since=time.monotonic()) > 0


def test_two_processes_follow_a_publish_and_a_removal(two: list[httpx.Client]) -> None:
    article = make_article()
    publish_and_remove(two, article)
    # What came meanwhile came from kept bytes: the requests that Django itself answered are few.
    figures = two[0].get("/metrics").text
    (line,) = [line for line in figures.splitlines() if line.startswith('balasan_kept_answers_total{route="article",status="200"}')]
    assert float(line.split()[-1]) > 10


@pytest.mark.faults
@pytest.mark.parametrize("fault", ["frozen", "killed", "emptied"])
def test_without_redis_nothing_is_old_and_nothing_fails(two: list[httpx.Client], own_redis: RedisServer, fault: str) -> None:
    article = make_article()
    for client in two:
        assert client.get(article.get_absolute_url()).status_code == 200
    assert own_redis.process is not None
    if fault == "frozen":
        own_redis.process.signal(signal.SIGSTOP)
    elif fault == "killed":
        own_redis.kill(empty=True)
    else:
        import redis

        redis.Redis.from_url(own_redis.url).flushall()
    try:
        publish_and_remove(two, article)
    finally:
        if fault == "frozen":
            own_redis.process.signal(signal.SIGCONT)
    if fault == "killed":
        own_redis.start()
        wait_for(lambda: two[0].get(article.get_absolute_url()).status_code == 200)
