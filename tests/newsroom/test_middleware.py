from __future__ import annotations

import logging
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client

from comments.models import Comment
from tests.factories import make_article

pytestmark = pytest.mark.django_db
REPLY = {"comment": "Jembatan itu lama ditunggu.", "author": "Dewi", "email": "dewi@contoh.example"}


def test_one_log_line_a_request_without_path_or_query(caplog: pytest.LogCaptureFixture) -> None:
    article = make_article()
    with caplog.at_level(logging.INFO, "newsroom.requests"):
        Client().get(f"/artikel/{article.slug}/?nama=Dewi")
        Client().get("/tidak-ada/")
    records = [record.__dict__ for record in caplog.records if record.name == "newsroom.requests"]
    assert [(one["method"], one["route"], one["status"]) for one in records] == [("GET", "article", 200), ("GET", "", 404)]
    assert all(one["ms"] >= 0 for one in records)
    assert "Dewi" not in str([one["msg"] for one in records])


@pytest.mark.parametrize("error", [OperationalError("database is locked"), InterfaceError("connection already closed")])
@pytest.mark.parametrize("path", ["/artikel/%s/", "/api/v1/articles/%s/"])
def test_a_database_that_is_away_is_503(monkeypatch: pytest.MonkeyPatch, error: Exception, path: str) -> None:
    article = make_article()

    def away(*_args: Any, **_kwargs: Any) -> None:
        raise error

    monkeypatch.setattr("comments.views.get_article", away)
    monkeypatch.setattr("comments.api.article_or_404", away)
    answer = Client().get(path % article.slug)
    assert answer.status_code == 503
    assert answer["Retry-After"] == "10"
    assert answer["Cache-Control"] == "no-store"
    assert str(error) not in answer.content.decode()
    if path.startswith("/api/"):
        assert (answer["Content-Type"], answer.json()["code"]) == ("application/problem+json", "database_away")


def test_what_was_typed_comes_back_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    article = make_article()

    def away(*_args: Any, **_kwargs: Any) -> None:
        raise OperationalError

    monkeypatch.setattr("comments.views.get_article", away)
    answer = Client().post(f"/artikel/{article.slug}/balasan/", {**REPLY, "comment": "Panjang <b> & penting"})
    assert answer.status_code == 503
    assert "Panjang &lt;b&gt; &amp; penting" in answer.content.decode()


BROKEN = [b"\x00", b"\xed\xa0\x80", b"\xed\xbf\xbf"]


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("where", ["path", "query", "cookie", "agent", "form", "form field", "json", "multipart"])
def test_broken_text_is_refused_wherever_it_stands(broken: bytes, where: str) -> None:
    article = make_article()
    quoted = "".join(f"%{byte:02X}" for byte in broken)
    latin = broken.decode("latin-1")
    reply = f"/artikel/{article.slug}/balasan/"
    http = Client()
    form = "application/x-www-form-urlencoded"
    if where == "path":
        answer = http.get(f"/artikel/a{quoted}b/")
    elif where == "query":
        answer = http.get(f"/artikel/{article.slug}/?kursor={quoted}")
    elif where == "cookie":
        answer = http.get(f"/artikel/{article.slug}/", HTTP_COOKIE=f"balasan_pembaca={latin}")
    elif where == "agent":
        answer = http.get(f"/artikel/{article.slug}/", HTTP_USER_AGENT=f"x{latin}")
    elif where == "form":
        answer = http.post(reply, f"comment=a{quoted}&author=Dewi&email=d@contoh.example".encode(), content_type=form)
    elif where == "form field":
        answer = http.post(reply, f"comment=a&a{quoted}=Dewi".encode(), content_type=form)
    elif where == "json":
        answer = http.post(f"/api/v1/articles/{article.slug}/comments/", b'{"body": "' + broken + b'"}', content_type="application/json")
    else:
        body = b'--x\r\nContent-Disposition: form-data; name="comment"\r\n\r\na' + broken + b"\r\n--x--\r\n"
        answer = http.post(reply, body, content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 400
    assert not Comment.objects.exists()


def test_the_rest_of_unicode_is_welcome() -> None:
    text = "Ya \U0001f600 \ue000 \ufffd ‮kanan‬ é ñ"
    article = make_article()
    assert Client().post(f"/artikel/{article.slug}/balasan/", {**REPLY, "comment": text}).status_code == 303
    assert Comment.objects.get().body_raw == text


def test_the_refusal_gives_back_what_can_be_stored() -> None:
    article = make_article()
    answer = Client().post(f"/artikel/{article.slug}/balasan/", {**REPLY, "comment": "Panjang\x00 dan penting"})
    assert answer.status_code == 400
    assert "Panjang dan penting" in answer.content.decode()
