"""The site's Atom feed: the newest published articles of one publication."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, cast

from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.views.decorators.http import require_safe

from newsroom import kept
from newsroom.models import Article, Publication
from newsroom.topics import NEWEST
from newsroom.views import in_publication, publication_of

UNWRITABLE = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]")


def writable(text: str) -> str:
    """A text without the characters that XML cannot hold: one of them in one title would cost readers the whole feed."""
    return UNWRITABLE.sub("", text)


class Atom(Atom1Feed):
    """Atom with a date of its own: an empty feed is as old as what it belongs to, not new with each look."""

    def latest_post_date(self) -> datetime:
        if not self.items and (made := self.feed.get("made")):
            return cast("datetime", made)
        return super().latest_post_date()


class SiteFeed(Feed):  # type: ignore[type-arg]  # takes no type arguments while it runs
    feed_type = Atom

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Publication | None:
        publication = publication_of(request)
        if publication is not None:
            kept.depends(request, "newest", str(publication.pk))
        return publication

    def title(self, publication: Publication | None) -> str:
        return publication.name if publication else "Balasan"

    def subtitle(self, publication: Publication | None) -> str:
        return publication.tagline if publication else ""

    def author_name(self, publication: Publication | None) -> str:
        """Who stands for articles without a byline: Atom wants somebody."""
        return writable(publication.name) if publication else "Balasan"

    def link(self, publication: Publication | None) -> str:
        return reverse("front")

    def items(self, publication: Publication | None) -> list[Article]:
        return list(Article.objects.published().hosted().filter(section__publication=publication)[:NEWEST])

    def item_title(self, article: Article) -> str:
        return writable(article.title)

    def item_description(self, article: Article) -> str:
        return writable(article.lead)

    def item_pubdate(self, article: Article) -> datetime | None:
        return article.published_at

    def item_updateddate(self, article: Article) -> datetime:
        return article.updated_at

    def item_author_name(self, article: Article) -> str:
        return writable(article.byline) or writable(article.publication.name)

    def item_categories(self, article: Article) -> tuple[str, ...]:
        return (article.section.name,)


_site_feed = SiteFeed()


@kept.shared()
@require_safe
@in_publication
def site_feed(request: HttpRequest) -> HttpResponse:
    return _site_feed(request)
