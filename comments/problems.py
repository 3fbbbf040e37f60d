"""Every error of the API as RFC 9457 has it: `application/problem+json` with type, title, status, detail and a stable `code`."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.forms import BaseForm
from django.http import Http404, JsonResponse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions

log = logging.getLogger(__name__)

# RFC 9457: with the type "about:blank" the title says what the status says; `code` tells programs the rest.
TITLES = {
    400: gettext_lazy("Bad request"),
    401: gettext_lazy("Not signed in"),
    403: gettext_lazy("Forbidden"),
    404: gettext_lazy("Not found"),
    405: gettext_lazy("Method not allowed"),
    409: gettext_lazy("Conflict"),
    413: gettext_lazy("Too large"),
    415: gettext_lazy("Unsupported media type"),
    429: gettext_lazy("Too many requests"),
    500: gettext_lazy("Internal error"),
    503: gettext_lazy("Temporarily unavailable"),
}
OUTAGE_SECONDS = 10
# In our own words: REST framework's are only partly translated into Indonesian.
WORDS: dict[type[exceptions.APIException], Any] = {
    exceptions.NotAuthenticated: gettext_lazy("This needs a token: Authorization: Token …"),
    exceptions.AuthenticationFailed: gettext_lazy("This token is not, or no longer, valid."),
    exceptions.PermissionDenied: gettext_lazy("You may not do this."),
    exceptions.MethodNotAllowed: gettext_lazy("This address does not know this method; the Allow header names those it knows."),
    exceptions.UnsupportedMediaType: gettext_lazy("Send the body as application/json in UTF-8."),
}


class Problem(exceptions.APIException):
    """An error that the API answers with. `members` stand beside those that RFC 9457 names.

    `wait` (seconds) is given as Retry-After, `challenge` as WWW-Authenticate.
    """

    def __init__(self, status: int, code: str, detail: str, *, wait: int | None = None, challenge: str = "", **members: object) -> None:
        super().__init__(detail, code)
        self.status_code = status
        self.code = code
        self.words = detail
        self.wait = wait
        self.challenge = challenge
        self.members = members


class Invalid(Problem):
    """400 with a list of what is wrong with which field."""

    def __init__(self, errors: Sequence[Mapping[str, str]]) -> None:
        super().__init__(400, "invalid", _("Some of the fields are missing or wrong."), errors=list(errors))


class TooLarge(Problem):
    def __init__(self, limit: int) -> None:
        super().__init__(413, "too_large", _("The body is larger than %(limit)d bytes.") % {"limit": limit})


class TooManyRequests(Problem):
    def __init__(self, seconds: int) -> None:
        super().__init__(429, "too_fast", _("Too fast: try again in %(seconds)d seconds.") % {"seconds": seconds}, wait=seconds)


def field_error(field: str, code: str, detail: str) -> dict[str, str]:
    return {"field": field, "code": code, "detail": detail}


def form_errors(form: BaseForm, names: Mapping[str, str]) -> list[dict[str, str]]:
    """What a form found, under the API's names. `names` maps the form's field names; errors of no field get an empty one."""
    found = []
    for field, errors in form.errors.as_data().items():
        for error in errors:
            found += [field_error(names.get(field, ""), error.code or "invalid", str(words)) for words in error.messages]
    return found


def serializer_errors(details: Any, field: str = "") -> list[dict[str, str]]:
    """What a serializer found, as one flat list."""
    if isinstance(details, Mapping) and {"message", "code"} == set(details):
        return [field_error(field, str(details["code"]), str(details["message"]))]
    if isinstance(details, Mapping):
        return [one for name, inner in details.items() for one in serializer_errors(inner, "" if name == "non_field_errors" else str(name))]
    return [one for inner in details for one in serializer_errors(inner, field)]


def problem_response(error: Exception, context: Mapping[str, Any]) -> JsonResponse:
    """REST framework's EXCEPTION_HANDLER: whatever went wrong in a view of the API."""
    headers: dict[str, str] = {}
    members: Mapping[str, object] = {}
    if isinstance(error, OperationalError | InterfaceError):
        log.error("database away", extra={"error": type(error).__name__})
        status, code, detail = 503, "database_away", _("Our database does not answer. Please try again in a moment.")
        headers["Retry-After"] = str(OUTAGE_SECONDS)
    elif isinstance(error, Problem):
        status, code, detail, members = error.status_code, error.code, error.words, error.members
        if error.wait is not None:
            headers["Retry-After"] = str(error.wait)
        if error.challenge:
            headers["WWW-Authenticate"] = error.challenge
    elif isinstance(error, Http404):
        status, code, detail = 404, "not_found", _("There is nothing at this address.")
    elif isinstance(error, PermissionDenied):
        status, code, detail = 403, "permission_denied", str(WORDS[exceptions.PermissionDenied])
    elif isinstance(error, RequestDataTooBig):
        return problem_response(TooLarge(settings.DATA_UPLOAD_MAX_MEMORY_SIZE), context)
    elif isinstance(error, exceptions.ValidationError):
        return problem_response(Invalid(serializer_errors(error.get_full_details())), context)
    elif isinstance(error, exceptions.APIException):
        status, code, detail = error.status_code, str(error.get_codes()), str(WORDS.get(type(error), error.detail))
        if challenge := getattr(error, "auth_header", ""):
            headers["WWW-Authenticate"] = challenge
        if (wait := getattr(error, "wait", None)) is not None:
            headers["Retry-After"] = str(math.ceil(wait))
    else:
        log.error("unhandled error in the API", exc_info=error)
        status, code, detail = 500, "internal_error", _("Something went wrong on our side. It has been written down.")
    return problem(status, code, detail, headers, **members)


def problem(status: int, code: str, detail: str, headers: Mapping[str, str] | None = None, **members: object) -> JsonResponse:
    """The response itself. Never kept by a cache: a 404 of a comment that waits must not outlive its approval."""
    title = str(TITLES.get(status, TITLES[400 if status < 500 else 500]))
    content = {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail, **members}
    response = JsonResponse(content, status=status, content_type="application/problem+json", json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "no-store"
    for name, value in (headers or {}).items():
        response[name] = value
    patch_vary_headers(response, ["Accept-Language"])
    return response
