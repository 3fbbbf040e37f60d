"""What all addresses of the API share: JSON out, the client's language, who is asking, lists by pages, and tags for caches."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from comments import identity
from comments.api_access import StrictJSONParser
from comments.cross_origin import allow_reading
from comments.cursors import Page
from comments.models import Commenter
from comments.problems import TooManyRequests
from newsroom import limits
from newsroom.network import client_ip, network_of
from newsroom.views import publication_of

Answer = TypeVar("Answer", bound=HttpResponseBase)


@contextmanager
def in_language(request: HttpRequest) -> Iterator[None]:
    """Speak the language that the client asks for, of those we have, else the publication's; in the publication's time zone."""
    publication = publication_of(request)
    spoken = publication.language if publication else settings.LANGUAGE_CODE
    for tag, _quality in parse_accept_lang_header(request.headers.get("Accept-Language", "").lower()):
        if (short := tag.split("-")[0]) in dict(settings.LANGUAGES):
            spoken = short
            break
    zone = publication.time_zone if publication else settings.TIME_ZONE
    with translation.override(spoken), timezone.override(zone):
        yield


class AlwaysJSON(BaseContentNegotiation):
    """There is one format, so `Accept` is not asked: a program that forgot it, or wants problem+json, is answered all the same."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        kind = (request.content_type or "").split(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == kind), None)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type or ""


class ApiView(APIView):
    """What all addresses of the API share: JSON in, JSON out, the client's language, and no session, CSRF token or cookie needed."""

    renderer_classes = [JSONRenderer]
    parser_classes = [StrictJSONParser]
    content_negotiation_class = AlwaysJSON

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # REST framework puts its own user into the request; a browser's session may still lend trust to a comment.
        self.browser_user = getattr(request, "user", AnonymousUser())
        with in_language(request):
            response = super().dispatch(request, *args, **kwargs)
            if isinstance(response, Response):
                response.render()  # here, while the language is set
        if "Cache-Control" not in response:
            response["Cache-Control"] = "no-store"
        return allow_reading(request, response)

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        return Response(status=204, headers={"Allow": ", ".join(self.allowed_methods)})

    def commenter(self) -> Commenter | None:
        """The account or browser behind the request, where it is known; a page of another site borrows nobody's."""
        http: HttpRequest = self.request._request
        if not self.request.user.is_authenticated:
            if identity.from_other_site(http):
                return None
            http.user = self.browser_user
        return identity.commenter_of(http)

    def throttle(self, name: str, windows: limits.Windows) -> None:
        """Count one act of the client's network; raises the 429 problem where it is one too many."""
        ip = client_ip(self.request._request)
        if wait := limits.hit(name, network_of(ip) or str(ip), windows):
            raise TooManyRequests(wait)


def listed(request: Request, page: Page[Any], results: list[dict[str, Any]], **query: str) -> dict[str, Any]:
    """`{next, previous, results}` with absolute addresses; `query` is what they carry beside the cursor."""

    def address(cursor: str) -> str | None:
        return request.build_absolute_uri(f"{request.path}?{urlencode({**query, 'cursor': cursor})}") if cursor else None

    return {"next": address(page.next), "previous": address(page.previous), "results": results}


def etag_of(request: Request, *state: object) -> str:
    """The tag of an answer that depends on the address and on `state` alone."""
    text = "|".join(map(str, (request.build_absolute_uri(), *state)))
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:24]}"'


def unchanged(request: Request, etag: str) -> HttpResponse | None:
    """304 (or 412) where the client holds this very answer already."""
    found = get_conditional_response(request._request, etag=etag)
    return public(found, etag) if found is not None else None


def public(response: Answer, etag: str) -> Answer:
    """Mark an answer that is the same for everybody: a cache may keep it and must ask whether it still holds."""
    response["Cache-Control"] = "no-cache"
    response["ETag"] = etag
    patch_vary_headers(response, ["Authorization"])
    return response
