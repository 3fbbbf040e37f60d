"""What every request passes: a log line without personal data, an answer when the database is away, a refusal of broken text."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from newsroom.kept import is_for_everybody
from newsroom.metrics import count_request
from newsroom.views import last_language

GetResponse = Callable[[HttpRequest], HttpResponse]
log = logging.getLogger("newsroom.requests")
WATCHED = frozenset({"healthz", "readyz", "metrics"})  # asked every few seconds, all day: not worth a line each
API_PREFIXES = ("/api/", "/v1alpha1/")


class RequestLog:
    """One structured line a request: method, route name, status, milliseconds. Never the path or the query, which can hold a name."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        route = match.view_name if match else ""
        seconds = time.perf_counter() - began
        for_everybody = is_for_everybody(request)  # nobody's request: the gateway counts those that are answered with what came of it
        if not for_everybody:
            count_request(route, request.method, response.status_code, seconds)
        log.log(
            logging.DEBUG if route in WATCHED or for_everybody else logging.INFO,
            "request",
            extra={"method": request.method, "route": route, "status": response.status_code, "ms": round(seconds * 1000, 1)},
        )
        return response


class Outage:
    """A database that is away, locked or full is a 503 that says when to come back, not a 500."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, OperationalError | InterfaceError):
            return None
        log.error("database away", extra={"error": type(error).__name__})
        return outage_response(request)


def outage_response(request: HttpRequest) -> HttpResponse:
    """503 with Retry-After: JSON for the API, else a page that gives back what was typed. Asks the database nothing."""
    if request.path.startswith(API_PREFIXES):
        detail = _("Our database does not answer. Please try again in a moment.")
        problem = {"type": "about:blank", "title": _("Temporarily unavailable"), "status": 503, "code": "database_away", "detail": detail}
        response: HttpResponse = JsonResponse(problem, status=503, content_type="application/problem+json")
    else:
        with last_language(request):
            response = render(request, "newsroom/outage.html", {"typed": typed_text(request), "bare": True}, status=503)
    response["Retry-After"] = "10"
    response["Cache-Control"] = "no-store"
    return response


# A NUL, or half of a surrogate pair as UTF-8 would spell it: bytes that valid UTF-8 never holds.
BROKEN = re.compile(rb"\x00|\xed[\xa0-\xbf]")
CHECKED_HEADERS = ("HTTP_COOKIE", "HTTP_USER_AGENT", "HTTP_REFERER", "HTTP_IDEMPOTENCY_KEY", "HTTP_AUTHORIZATION", "HTTP_X_FORWARDED_FOR")


class RefuseBrokenText:
    """NUL and lone surrogates are refused wherever they stand: PostgreSQL cannot store them, and no reader types them.

    JSON can spell them as escapes as well; `comments.api_access.StrictJSONParser` looks for those.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if self.is_broken(request):
            return bad_request(request)
        return self.get_response(request)

    def is_broken(self, request: HttpRequest) -> bool:
        # WSGI hands over bytes as latin-1 text.
        heads = [request.META.get(name, "") for name in CHECKED_HEADERS]
        if any(BROKEN.search(head.encode("latin-1", "replace")) for head in heads if head):
            return True
        # Django has put the path's broken bytes back into percent signs.
        if any(BROKEN.search(unquote_to_bytes(request.META.get(name, ""))) for name in ("PATH_INFO", "QUERY_STRING")):
            return True
        if request.method not in {"POST", "PUT", "PATCH"}:
            return False
        try:
            body = request.body
        except RequestDataTooBig:
            return False  # refused further on, where the size is what is said
        if request.content_type == "application/x-www-form-urlencoded":
            body = unquote_to_bytes(body)
        if BROKEN.search(body) is None:
            return False
        return request.content_type != "multipart/form-data" or broken_outside_files(request, body)


def broken_outside_files(request: HttpRequest, body: bytes) -> bool:
    """Whether a form is broken elsewhere than inside the files that came with it: what may stand in those, their view knows."""
    boundary = request.META.get("CONTENT_TYPE", "").partition("boundary=")[2].strip('"').encode("latin-1", "replace")
    if not boundary:
        return True
    for part in body.split(b"--" + boundary):
        head, _blank, content = part.partition(b"\r\n\r\n")
        if BROKEN.search(head) or (b"filename=" not in head and BROKEN.search(content)):
            return True
    # What only looked like a file above is a field for Django, whose reading is the one that counts.
    return any("\0" in word for name, words in request.POST.lists() for word in (name, *map(str, words)))


def bad_request(request: HttpRequest) -> HttpResponse:
    """400: a problem for the API, else a page that gives back what was typed, without what could not be stored."""
    if request.path.startswith(API_PREFIXES):
        detail = _("The request holds a character that cannot be stored (NUL or half of a surrogate pair).")
        problem = {"type": "about:blank", "title": _("Bad request"), "status": 400, "code": "unstorable", "detail": detail}
        response = JsonResponse(problem, status=400, content_type="application/problem+json")
        response["Cache-Control"] = "no-store"
        return response
    with last_language(request):
        context = {"typed": typed_text(request), "unstorable": True, "bare": True}
        return render(request, "newsroom/bad_request.html", context, status=400)


def typed_text(request: HttpRequest) -> str:
    """What a reader had typed into the reply form, less what cannot be shown."""
    if request.method != "POST":
        return ""
    return request.POST.get("comment", "").replace("\0", "").encode(errors="ignore").decode()
