"""Reading by scripts on other sites: the listed ones may read what is public, with GET and without cookies; nobody else."""

from __future__ import annotations

from typing import TypeVar

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from newsroom import hosts
from newsroom.models import Publication
from newsroom.views import publication_of

Answer = TypeVar("Answer", bound=HttpResponseBase)
READING = frozenset({"GET", "HEAD"})


def rules_of(publication: Publication | None) -> list[str]:
    """The sites that may show a publication's threads."""
    return list(publication.embed_hosts.values_list("host", flat=True)) if publication else []


def allow_reading(request: HttpRequest, response: Answer) -> Answer:
    """Say to a listed site's browser that its page may have this answer. Never with credentials."""
    patch_vary_headers(response, ["Origin"])
    origin = request.headers.get("Origin", "")
    if origin and request.method in READING and hosts.matches_origin(rules_of(publication_of(request)), origin, https=settings.HTTPS):
        response["Access-Control-Allow-Origin"] = origin
    return response
