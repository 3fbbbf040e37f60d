"""What a program brings along: its token, its idempotency key, and a body that is checked before anybody reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.authentication import TokenAuthentication as DRFTokenAuthentication
from rest_framework.authentication import get_authorization_header
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from comments.problems import Problem, TooLarge

LONE_SURROGATE = re.compile("[\ud800-\udfff]")
DEEPEST = 20  # levels of a JSON document; ours has one
EDIT_TOKEN = "EditToken"  # noqa: S105  (the scheme's name)
PRINTABLE = re.compile(r"[\x20-\x7e]{1,200}")


class TokenAuthentication(DRFTokenAuthentication):
    """`Authorization: Token <key>`, as `manage.py drf_create_token` makes them. Other schemes are left to those who know them."""


def edit_token_of(request: Request) -> str:
    """The token of `Authorization: EditToken <token>`, or an empty string."""
    scheme, _space, token = get_authorization_header(request).decode("latin-1").partition(" ")
    return token.strip() if scheme.lower() == EDIT_TOKEN.lower() else ""


def idempotency_key_of(request: Request) -> str:
    """The `Idempotency-Key` header: 1 to 200 printable ASCII characters, or empty where there is none."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return ""
    if not PRINTABLE.fullmatch(key):
        raise Problem(400, "invalid_idempotency_key", _("Idempotency-Key must have 1 to 200 printable ASCII characters."))
    return key


class StrictJSONParser(BaseParser):
    """A JSON object in UTF-8, and nothing that PostgreSQL, a log or another program would choke on later.

    Refused with 400: other encodings, NUL and lone surrogates (spelled out or as escapes, in keys and at any depth), NaN and Infinity,
    a name given twice, numbers too long to read, nesting below 20 levels, and documents that are not an object. More bytes than
    `DATA_UPLOAD_MAX_MEMORY_SIZE`: 413.
    """

    media_type = "application/json"

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
        charset = re.search(r";\s*charset\s*=\s*\"?([^\s;\"]+)", media_type or "", re.IGNORECASE)
        if charset and charset[1].lower() not in {"utf-8", "utf8"}:
            raise UnsupportedMediaType(media_type or "")
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise TooLarge(limit)
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ParseError(_("The body is not UTF-8 text."), code="not_utf8") from error
        try:
            document = json.loads(text, object_pairs_hook=unique, parse_constant=refuse_constant)
        except (ValueError, RecursionError) as error:
            raise ParseError(_("The body is not valid JSON."), code="invalid_json") from error
        if not isinstance(document, dict):
            raise ParseError(_("The body must be a JSON object."), code="not_an_object")
        check_storable(document)
        return document


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a name is given twice")
    return document


def refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def check_storable(document: object, depth: int = 0) -> None:
    """Raise ParseError for text that cannot be stored, wherever in the document it stands."""
    if depth > DEEPEST:
        raise ParseError(_("The body is not valid JSON."), code="invalid_json")
    if isinstance(document, str):
        if "\0" in document or LONE_SURROGATE.search(document):
            raise ParseError(_("The request holds a character that cannot be stored (NUL or half of a surrogate pair)."), code="unstorable")
    elif isinstance(document, dict):
        for name, value in document.items():
            check_storable(name, depth)
            check_storable(value, depth + 1)
    elif isinstance(document, list):
        for value in document:
            check_storable(value, depth + 1)
