from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404
from django.utils import translation
from rest_framework import exceptions

from comments.api_docs import read_schema
from comments.forms import ReplyForm
from comments.problems import Invalid, Problem, TooManyRequests, field_error, form_errors, problem_response, serializer_errors
from comments.submission import Refused
from tests.factories import make_article
from tests.programs import Program, problem_of


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Http404(), 404, "not_found"),
        (exceptions.NotFound(), 404, "not_found"),
        (PermissionDenied(), 403, "permission_denied"),
        (exceptions.PermissionDenied(), 403, "permission_denied"),
        (exceptions.NotAuthenticated(), 401, "not_authenticated"),
        (exceptions.AuthenticationFailed(), 401, "authentication_failed"),
        (exceptions.MethodNotAllowed("PUT"), 405, "method_not_allowed"),
        (exceptions.UnsupportedMediaType("text/plain"), 415, "unsupported_media_type"),
        (exceptions.ParseError("no", code="invalid_json"), 400, "invalid_json"),
        (RequestDataTooBig(), 413, "too_large"),
        (OperationalError(), 503, "database_away"),
        (InterfaceError(), 503, "database_away"),
        (Problem(409, "duplicate", "Twice."), 409, "duplicate"),
        (ZeroDivisionError("the words of an error can hold a comment"), 500, "internal_error"),
    ],
)
def test_every_error_is_a_problem(error: Exception, status: int, code: str) -> None:
    answer = problem_response(error, {})
    content = problem_of(answer, status, code)
    assert "the words of an error" not in json.dumps(content)


def test_what_the_headers_say() -> None:
    assert problem_response(TooManyRequests(17), {})["Retry-After"] == "17"
    assert problem_response(exceptions.Throttled(wait=1.2), {})["Retry-After"] == "2"
    assert problem_response(OperationalError(), {})["Retry-After"] == "10"
    assert problem_response(Problem(401, "x", "y", challenge="EditToken"), {})["WWW-Authenticate"] == "EditToken"
    assert "Retry-After" not in problem_response(Http404(), {})


def test_members_stand_beside_the_five() -> None:
    with translation.override("en"):
        content = json.loads(problem_response(Problem(409, "moved_on", "Gone.", present={"revision": 2}), {}).content)
    assert content == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "code": "moved_on",
        "detail": "Gone.",
        "present": {"revision": 2},
    }


def test_field_errors_are_a_list() -> None:
    content = json.loads(problem_response(Invalid([field_error("body", "required", "Write.")]), {}).content)
    assert content["errors"] == [{"field": "body", "code": "required", "detail": "Write."}]


def test_errors_of_serializers_are_flattened() -> None:
    details = {"outcome": [{"message": "No.", "code": "invalid_choice"}], "non_field_errors": [{"message": "Hm.", "code": "odd"}]}
    assert serializer_errors(details) == [field_error("outcome", "invalid_choice", "No."), field_error("", "odd", "Hm.")]


def test_form_errors_come_under_the_names_of_the_api(db: None) -> None:
    form = ReplyForm({"comment": "\u200b", "author": "a" * 81, "email": "no"}, article=make_article())
    form.is_valid()
    form.add_error(None, "everything")
    found = {
        (one["field"], one["code"]) for one in form_errors(form, {"comment": "body", "author": "author_name", "email": "author_email"})
    }
    assert found == {("body", "required"), ("author_name", "max_length"), ("author_email", "invalid"), ("", "invalid")}


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("en", "en"),
        ("en-GB,id;q=0.5", "en"),
        ("fr,id;q=0.5,en;q=0.1", "id"),
        ("fr", "id"),
        ("", "id"),
        ("id-ID", "id"),
        ("*", "id"),
        (";;q=,", "id"),
    ],
)
def test_details_are_in_the_clients_language(db: None, header: str, language: str) -> None:
    with translation.override(language):
        expected = translation.gettext("There is nothing at this address.")
    answer = Program().get("articles/none/", Accept_Language=header)
    content = problem_of(answer, 404, "not_found")
    assert content["detail"] == expected
    assert "Accept-Language" in answer["Vary"]


def test_the_publications_language_is_the_default(db: None) -> None:
    article = make_article()
    publication = article.section.publication
    publication.language = "en"
    publication.save()
    content = json.loads(Program().get("articles/none/", Accept_Language="fr").content)
    assert content["detail"] == "There is nothing at this address."


@pytest.mark.parametrize("path", ["nothing/", "comments/", "articles/x/y/z/", "moderation/", "moderation/nothing/"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_an_unknown_address_is_a_problem_too(db: None, path: str, method: str) -> None:
    problem_of(Program().call(method, path), 404, "not_found")


def test_a_forgotten_slash_keeps_method_and_body(db: None) -> None:
    answer = Program().post("articles/x/comments?a=1", {})
    assert (answer.status_code, answer["Location"]) == (308, "/api/v1/articles/x/comments/?a=1")


def test_a_database_that_is_away_is_503(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from comments import api

    def away(*_args: Any, **_kwargs: Any) -> None:
        raise OperationalError("server closed the connection: user secret")

    monkeypatch.setattr(api, "article_or_404", away)
    answer = Program().get("articles/x/")
    problem_of(answer, 503, "database_away")
    assert answer["Retry-After"] == "10"
    assert b"secret" not in answer.content


def test_an_error_of_ours_is_500_without_its_words(db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    from comments import api

    def broken(*_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError("the comment said: rahasia")

    monkeypatch.setattr(api, "article_or_404", broken)
    answer = Program().get("articles/x/")
    problem_of(answer, 500, "internal_error")
    assert b"rahasia" not in answer.content
    assert "unhandled error in the API" in caplog.messages


def test_every_code_stands_in_the_documentation() -> None:
    """A code is a promise to programs, so none may be given that docs/api.md does not explain."""
    root = Path(__file__).resolve().parent.parent.parent
    documented = (root / "docs" / "api.md").read_text(encoding="utf-8")
    sources = "".join(
        (root / name).read_text(encoding="utf-8") for name in ("comments/problems.py", "comments/api.py", "moderation/api.py")
    )
    sources += (root / "comments/api_access.py").read_text(encoding="utf-8")
    codes = set(re.findall(r'Problem\(\s*\d+, "(\w+)"', sources)) | set(re.findall(r'code="(\w+)"', sources))
    codes |= set(re.findall(r'\d{3}, "(\w+)", ', sources))
    codes |= {refused.code for refused in Refused.__subclasses__()}
    assert len(codes) > 20
    assert {code for code in codes if f"`{code}`" not in documented} == set()


def test_every_address_stands_in_the_documentation() -> None:
    documented = (Path(__file__).resolve().parent.parent.parent / "docs" / "api.md").read_text(encoding="utf-8")
    shown = re.sub(r"/articles/jembatan-baru/", "/articles/{slug}/", documented).replace("k7x2m9q4w8r3t6ya", "{public_id}")
    missing = [path for path in read_schema()["paths"] if f"$API{path.removeprefix('/api/v1')}" not in shown]
    assert missing == []


def test_every_limit_stands_in_the_documentation() -> None:
    documented = (Path(__file__).resolve().parent.parent.parent / "docs" / "api.md").read_text(encoding="utf-8")
    names = [name for name in dir(settings) if name.endswith("_LIMITS") and not name.startswith("ACCOUNT_")]
    assert len(names) == 9
    assert [name for name in names if f"`{name}`" not in documented] == []
