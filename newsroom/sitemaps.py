"""sitemap.xml: the published articles of one publication."""

from __future__ import annotations

from datetime import datetime

from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import sitemap as answer
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from newsroom.models import Article, Publication
from newsroom.views import in_publication, publication_of


class Articles(Sitemap):  # type: ignore[type-arg]  # takes no type arguments while it runs
    limit = 5_000

    def __init__(self, publication: Publication | None) -> None:
        super().__init__()
        self.publication = publication

    def items(self) -> QuerySet[Article]:
        return Article.objects.published().hosted().filter(section__publication=self.publication)

    def lastmod(self, article: Article) -> datetime:
        return article.updated_at


@require_safe
@in_publication
def site_map(request: HttpRequest) -> HttpResponse:
    return answer(request, {"articles": Articles(publication_of(request))})
