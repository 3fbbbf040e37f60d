"""A program that speaks our API, as somebody outside would write it: JSON in, JSON out, and every answer held against the schema."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.http import HttpResponse
from django.test import Client
from rest_framework.authtoken.models import Token

from moderation.models import Decision
from tests.factories import make_moderator

NEW = {
    "author_name": "Dewi",
    "author_email": "dewi@contoh.example",
    "author_url": "",
    "body": "Jembatan itu lama ditunggu.",
    "parent": None,
}


class Program:
    """`authorization` is sent with each call. Speaks English, so that details can be compared."""

    def __init__(self, authorization: str = "", ip: str = "198.51.100.7", **headers: str) -> None:
        self.http = Client(raise_request_exception=False)
        self.headers = {"Accept-Language": "en", **headers}
        if authorization:
            self.headers["Authorization"] = authorization
        self.ip = ip

    def call(self, method: str, path: str, body: object = None, raw: bytes | None = None, **headers: str) -> Any:
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        if not path.startswith(("/", "http")):
            path = f"/api/v1/{path}"
        return self.http.generic(
            method,
            path.removeprefix("http://testserver"),
            content,
            content_type=headers.pop("content_type", "application/json" if content else ""),
            headers={**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}},
            REMOTE_ADDR=self.ip,
        )

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, None, None, **headers)

    def post(self, path: str, body: object = None, **headers: str) -> Any:
        return self.call("POST", path, body, None, **headers)

    def put(self, path: str, **headers: str) -> Any:
        return self.call("PUT", path, None, None, **headers)

    def patch(self, path: str, body: object, **headers: str) -> Any:
        return self.call("PATCH", path, body, None, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.call("DELETE", path, None, None, **headers)


def problem_of(answer: HttpResponse, status: int, code: str) -> dict[str, Any]:
    """The problem that an answer is; fails where it is another one, or none."""
    content: dict[str, Any] = json.loads(answer.content)
    assert (answer.status_code, content.get("code")) == (status, code), content
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Cache-Control"] == "no-store"
    assert content["status"] == status
    assert content["type"] == "about:blank"
    assert content["title"]
    assert content["detail"]
    return content


def errors_of(answer: HttpResponse) -> set[tuple[str, str]]:
    """(field, code) of each error of a 400 about fields."""
    content = problem_of(answer, 400, "invalid")
    assert all(error["detail"] for error in content["errors"])
    return {(error["field"], error["code"]) for error in content["errors"]}


def make_decider(name: str = "", **fields: Any) -> User:
    """A moderator who may decide."""
    user = make_moderator(name, **fields)
    permission, _made = Permission.objects.get_or_create(
        codename="decide", content_type=ContentType.objects.get_for_model(Decision), defaults={"name": "Can decide on comments"}
    )
    user.user_permissions.add(permission)
    return User.objects.get(pk=user.pk)


def as_user(user: User) -> Program:
    return Program(f"Token {Token.objects.get_or_create(user=user)[0].key}")
