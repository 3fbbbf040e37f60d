"""A thread's Atom feed: the newest published comments of one article. Text only, and nothing that is not on the page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from comments.models import Comment
from comments.threads import PUBLIC_FIELDS
from newsroom import kept
from newsroom.feeds import Atom, writable
from newsroom.models import Article
from newsroom.views import in_publication, publication_of

NEWEST = 50


class ThreadFeed(Feed):  # type: ignore[type-arg]  # takes no type arguments while it runs
    feed_type = Atom

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Article:
        kept.depends(request, "thread", kwargs["slug"])
        articles = Article.objects.published().filter(section__publication=publication_of(request))
        return get_object_or_404(articles, slug=kwargs["slug"])

    def title(self, article: Article) -> str:
        return _("Replies to: %(title)s") % {"title": writable(article.title)}

    def link(self, article: Article) -> str:
        return article.read_at

    def feed_extra_kwargs(self, article: Article) -> dict[str, Any]:
        return {"made": article.published_at}

    def items(self, article: Article) -> list[Comment]:
        return list(Comment.objects.public().filter(article=article).order_by("-created_at", "-id").only(*PUBLIC_FIELDS)[:NEWEST])

    def item_title(self, comment: Comment) -> str:
        return writable(comment.author_name)

    def item_description(self, comment: Comment) -> str:
        # The sanitised HTML, which Atom carries as escaped text of type html.
        return writable(comment.body_html)

    def item_link(self, comment: Comment) -> str:
        return comment.get_absolute_url()

    def item_author_name(self, comment: Comment) -> str:
        return writable(comment.author_name)

    def item_pubdate(self, comment: Comment) -> datetime:
        return comment.created_at

    def item_updateddate(self, comment: Comment) -> datetime:
        return comment.edited_at or comment.created_at


_thread_feed = ThreadFeed()


@kept.shared()
@require_safe
@in_publication
def thread_feed(request: HttpRequest, slug: str) -> HttpResponse:
    return _thread_feed(request, slug=slug)
