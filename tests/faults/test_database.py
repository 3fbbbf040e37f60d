"""The database locked, gone or full: 503 with the text kept, no half row, one decision and one notice in the end."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path

import httpx
import psycopg
import pytest
from django.db import connection

from comments.models import Comment
from comments.states import Status
from moderation.models import Decision, Notice
from newsroom.models import Article
from tests.environment import DATABASE
from tests.factories import make_article
from tests.faults.conftest import Post, busyness, check_invariants, decided, let_go
from tests.processes import Stack, wait_for

only_sqlite = pytest.mark.skipif(DATABASE != "sqlite", reason="a fault that only SQLite has")
only_postgres = pytest.mark.skipif(DATABASE != "postgres", reason="a fault that only PostgreSQL has")
TEXT = "Teks panjang yang tidak boleh hilang <b>walau</b> basis data pergi."


def send(http: httpx.Client, article: Article, text: str = TEXT) -> httpx.Response:
    return http.post(
        f"/artikel/{article.slug}/balasan/", data={"comment": text, "author": "Dewi", "email": "dewi@contoh.example"}, timeout=60
    )


def check_refusal(stack: Stack, answer: httpx.Response) -> None:
    """503 in time, with a word when to come back, and the text in the reader's hands."""
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert TEXT in unescape(answer.text)
    assert answer.elapsed.total_seconds() < 5 + 10 * busyness(stack)
    assert answer.headers["Cache-Control"] == "no-store"


def postgres() -> psycopg.Connection[tuple[object, ...]]:
    """A connection of the test's own to the server's maintenance database."""
    settings = connection.settings_dict
    return psycopg.connect(
        host=settings["HOST"], port=settings["PORT"] or None, user=settings["USER"], password=settings["PASSWORD"] or None,
        dbname="postgres", autocommit=True,
    )  # fmt: skip


@contextmanager
def postgres_away() -> Iterator[None]:
    """Nobody may connect, and whoever is connected is thrown out."""
    name = connection.settings_dict["NAME"]
    connection.close()
    with postgres() as admin:
        admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        try:
            yield
        finally:
            admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


@only_sqlite
def test_sqlite_locked_by_somebody_else_at_submit(fragile: Stack) -> None:
    article = make_article()
    with fragile.client() as http:
        other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            check_refusal(fragile, send(http, article))
        finally:
            other.execute("ROLLBACK")
            other.close()
        assert not Comment.objects.exists()
        assert send(http, article).status_code == 303
    assert Comment.objects.get().body_raw == TEXT


@only_sqlite
def test_disk_full(fragile: Stack, post: Post, run_dir: Path) -> None:
    article = make_article()
    before = post(article, "Masih ada tempat untuk pesan ini.", "Ani")
    assert fragile.web is not None
    fragile.web.stop()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # the tests before this one left free pages behind, more than could be filled here
        cursor.execute("PRAGMA page_count")
        pages = cursor.fetchone()[0]
    fragile.environment |= {"DJANGO_SETTINGS_MODULE": "tests.faults.full_settings", "MAX_PAGES": str(pages)}
    fragile.start_web()
    began = time.monotonic()
    worker = fragile.start_worker().wait_until_ready()
    with fragile.client() as http:
        refused = None
        for number in range(200):  # what room is left in the pages is filled first
            answer = send(http, article, f"{TEXT} {number} " + "isi " * 1_000)
            if answer.status_code == 503:
                refused = number
                break
            assert answer.status_code == 303
        assert refused is not None
        assert f"{TEXT} {refused}" in unescape(answer.text)
        assert Comment.objects.count() == 1 + refused
    time.sleep(3)
    assert worker.popen.poll() is None
    # Not spinning: each comment is tried at most once in a lease of two seconds, whatever room is left.
    tries = worker.log.count("raised unexpected")
    assert tries <= (1 + (time.monotonic() - began) / 2) * Comment.objects.count()
    fragile.environment["MAX_PAGES"] = str(pages + 10_000)
    worker.stop()
    fragile.start_worker()
    decided(*Comment.objects.all())
    check_invariants([before])
    assert Comment.objects.filter(status=Status.HELD).count() == 1 + refused


@only_postgres
def test_postgres_away_at_submit(fragile: Stack) -> None:
    article = make_article()
    with fragile.client() as http:
        with postgres_away():
            check_refusal(fragile, send(http, article))
            page = http.get(article.get_absolute_url())
            assert page.status_code == 503
            problem = http.get(f"/api/v1/articles/{article.slug}/")
            assert problem.status_code == 503
            assert problem.headers["content-type"] == "application/problem+json"
            assert http.get("/healthz").status_code == 200
            ready = http.get("/readyz")
            assert (ready.status_code, ready.json()["database"]["ok"]) == (503, False)
        assert send(http, article).status_code == 303
    assert Comment.objects.get().body_raw == TEXT


@only_postgres
def test_postgres_away_in_the_middle_of_a_check(fragile: Stack, post: Post, run_dir: Path) -> None:
    fragile.start_worker().wait_until_ready()
    comment = post(make_article(), "Berita yang menarik sekali. TUNGGU")
    wait_for((run_dir / "began").exists)
    with postgres_away():
        let_go(run_dir)
        wait_for(lambda: "raised unexpected" in fragile.logs(), 120)
    decided(comment)
    assert comment.status == Status.HELD
    assert Decision.objects.count() == 1
    assert Notice.objects.count() == 1
    assert TEXT not in fragile.logs()
    check_invariants([comment])


@only_postgres
def test_postgres_gone_at_commit(fragile: Stack) -> None:
    """The connection breaks at COMMIT itself: the reader is not told "received", and there is no row."""
    article = make_article()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION drop_dead() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(1); RETURN NULL; END $$"
        )
        cursor.execute(
            "CREATE CONSTRAINT TRIGGER drop_dead AFTER INSERT ON comments_comment DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION drop_dead()"
        )
    try:
        with fragile.client() as http:
            check_refusal(fragile, send(http, article))
            assert not Comment.objects.exists()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER drop_dead ON comments_comment")
            cursor.execute("DROP FUNCTION drop_dead")
    with fragile.client() as http:
        assert send(http, article).status_code == 303
    assert Comment.objects.get().body_raw == TEXT
