"""What tells an open page that its thread has grown: one small answer from kept bytes, asked for every few seconds (docs/adr/0008)."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from comments.threads import comment_count
from newsroom import kept
from newsroom.models import Article
from newsroom.views import in_publication, publication_of


@kept.shared()
@require_safe
@in_publication
def live(request: HttpRequest, slug: str) -> HttpResponse:
    """`{count, wait}`: public comments of the article, and after how many seconds a page should ask again."""
    kept.depends(request, "thread", slug)
    rows = Article.objects.published().filter(section__publication=publication_of(request))
    found = get_object_or_404(rows, slug=slug)
    return JsonResponse({"count": comment_count(found), "wait": settings.LIVE_SECONDS}, headers={"Cache-Control": "no-cache"})
