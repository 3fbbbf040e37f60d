"""The host site's own pages: front page and section pages. The article page is `comments.views.article`, since it shows the thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.paginator import Paginator
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from newsroom.models import Article, Publication, Section
from newsroom.prepared import Prepared

P = ParamSpec("P")
ARTICLES_PER_PAGE = 25
# The language and zone that each host was last shown in, so that an error page needs no database to speak the publication's language.
_spoken: dict[str, tuple[str, str]] = {}
MOST_HOSTS = 100

# Asked with nearly every request.
PUBLICATIONS_AT = Prepared(lambda host: Publication.objects.filter(host__in=[host, ""]).order_by("id"), str)
ARTICLE_AT = Prepared(lambda slug: Article.objects.filter(slug=slug).select_related("section__publication"), str)


def publication_of(request: HttpRequest) -> Publication | None:
    """The publication that the request's host shows: the one of that name, else the first without a host, else the first."""
    found: Publication | None = getattr(request, "publication", None)
    if found is None:
        host = request.get_host().rsplit(":", 1)[0].lower()
        rows = PUBLICATIONS_AT.rows(host)
        found = next((row for row in rows if row.host == host), None) or next(iter(rows), None) or Publication.objects.first()
        request.publication = found  # type: ignore[attr-defined]  # kept for the rest of this request
        if found is not None and (host in _spoken or len(_spoken) < MOST_HOSTS):
            _spoken[host] = (found.language, found.time_zone)
    return found


def published_article(request: HttpRequest, slug: str) -> Article | None:
    """The article at a slug of the publication at this host, if readers may see it now."""
    found = ARTICLE_AT.first(slug)
    if found is None or found.section.publication_id != getattr(publication_of(request), "pk", None):
        return None
    return found if found.is_published() else None


def speak(publication: Publication | None) -> None:
    """Use the publication's language and time zone from here to the end of the view."""
    if publication is not None:
        translation.activate(publication.language)
        timezone.activate(publication.time_zone)


def in_publication(view: Callable[Concatenate[HttpRequest, P], HttpResponse]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Run a view in the language and time zone of the publication, and leave both as they were."""

    @wraps(view)
    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        language = translation.get_language()
        speak(publication_of(request))
        try:
            return view(request, *args, **kwargs)
        finally:
            translation.activate(language or "id")
            timezone.deactivate()

    return cast("Callable[Concatenate[HttpRequest, P], HttpResponse]", wrapped)


def publication_in_force(request: HttpRequest) -> dict[str, Any]:
    """Template context: the publication and its sections. Asked lazily: pages shown while the database is away never ask."""
    return {
        "publication": lambda: publication_of(request),
        "sections": lambda: Section.objects.filter(publication=publication_of(request)),
    }


@contextmanager
def last_language(request: HttpRequest) -> Iterator[None]:
    """The language that this host's pages were last shown in, for pages that must not ask the database."""
    try:
        host = request.get_host().rsplit(":", 1)[0].lower()
    except DisallowedHost:
        host = ""
    language, zone = _spoken.get(host, (settings.LANGUAGE_CODE, settings.TIME_ZONE))
    with translation.override(language), timezone.override(zone):
        yield


@require_safe
@in_publication
def front(request: HttpRequest) -> HttpResponse:
    articles = Article.objects.published().hosted().filter(section__publication=publication_of(request))
    page = Paginator(articles, ARTICLES_PER_PAGE).get_page(request.GET.get("halaman"))
    return render(request, "newsroom/front.html", {"page": page, "now": timezone.localtime()})


@require_safe
@in_publication
def section(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Section.objects.select_related("publication"), slug=slug, publication=publication_of(request))
    page = Paginator(Article.objects.published().hosted().filter(section=found), ARTICLES_PER_PAGE).get_page(request.GET.get("halaman"))
    return render(request, "newsroom/section.html", {"section": found, "page": page})


@require_safe
@in_publication
def robots(request: HttpRequest) -> HttpResponse:
    """Search engines may read what readers read, and have no business in the desk, the API or a half-filled form."""
    lines = ["User-agent: *", "Disallow: /admin/", "Disallow: /api/", "Disallow: /*?balas=", "Disallow: /*/balasan/"]
    lines += ["Disallow: /saya/", "Disallow: /*/laporkan/"]
    lines.append(f"Sitemap: {request.build_absolute_uri('/sitemap.xml')}")
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


# --- When something is wrong ------------------------------------------------------------------------------------------


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 with the publication's masthead, or without it where the database does not answer either."""
    if is_for_programs(request):
        return problem(404, "Not found")
    try:
        return in_publication(lambda inner: render(inner, "newsroom/not_found.html", status=404))(request)
    except (OperationalError, InterfaceError):
        return sorry(request, "newsroom/not_found.html", 404)


def broken(request: HttpRequest) -> HttpResponse:
    """500: our fault. Asks the database nothing, since it may be what broke."""
    return problem(500, "Internal error") if is_for_programs(request) else sorry(request, "newsroom/broken.html", 500)


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem(403, "Forbidden") if is_for_programs(request) else sorry(request, "newsroom/refused.html", 403)


def malformed(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem(400, "Bad request") if is_for_programs(request) else sorry(request, "newsroom/bad_request.html", 400)


def sorry(request: HttpRequest, template: str, status: int) -> HttpResponse:
    with last_language(request):
        return render(request, template, {"bare": True}, status=status)


def is_for_programs(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def problem(status: int, title: str) -> HttpResponse:
    content = {"type": "about:blank", "title": title, "status": status}
    return JsonResponse(content, status=status, content_type="application/problem+json")
