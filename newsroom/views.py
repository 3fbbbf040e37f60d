"""The host site's own pages: front page and section pages. The article page is `comments.views.article`, since it shows the thread."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from newsroom.models import Article, Publication, Section

P = ParamSpec("P")
ARTICLES_PER_PAGE = 20


def publication_of(request: HttpRequest) -> Publication | None:
    """The publication that the request's host shows: the one of that name, else the first without a host, else the first."""
    found: Publication | None = getattr(request, "publication", None)
    if found is None:
        host = request.get_host().rsplit(":", 1)[0].lower()
        rows = list(Publication.objects.filter(Q(host=host) | Q(host="")).order_by("id"))
        found = next((row for row in rows if row.host == host), None) or next(iter(rows), None) or Publication.objects.first()
        request.publication = found  # type: ignore[attr-defined]  # kept for the rest of this request
    return found


def speak(publication: Publication | None) -> None:
    """Use the publication's language and time zone from here to the end of the view."""
    if publication is not None:
        translation.activate(publication.language)
        timezone.activate(publication.time_zone)


def in_publication(view: Callable[Concatenate[HttpRequest, P], HttpResponse]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Run a view in the language and time zone of the publication, and leave both as they were."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        language = translation.get_language()
        speak(publication_of(request))
        try:
            return view(request, *args, **kwargs)
        finally:
            translation.activate(language or "id")
            timezone.deactivate()

    return wrapped


def publication_in_force(request: HttpRequest) -> dict[str, Any]:
    """Template context: the publication and its sections. Asked lazily: pages shown while the database is away never ask."""
    return {
        "publication": lambda: publication_of(request),
        "sections": lambda: Section.objects.filter(publication=publication_of(request)),
    }


@require_safe
@in_publication
def front(request: HttpRequest) -> HttpResponse:
    articles = Article.objects.published().filter(section__publication=publication_of(request))
    page = Paginator(articles, ARTICLES_PER_PAGE).get_page(request.GET.get("halaman"))
    return render(request, "newsroom/front.html", {"page": page})


@require_safe
@in_publication
def section(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Section.objects.select_related("publication"), slug=slug, publication=publication_of(request))
    page = Paginator(Article.objects.published().filter(section=found), ARTICLES_PER_PAGE).get_page(request.GET.get("halaman"))
    return render(request, "newsroom/section.html", {"section": found, "page": page})
