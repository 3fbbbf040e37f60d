"""What search engines are told of an article's thread: schema.org's DiscussionForumPosting with its first comments, as a block of data.

A block of data is no script: nothing runs it, and the content security policy does not ask about it. Only what is public goes in.
"""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe

from comments.models import Comment
from comments.threads import ThreadPage
from newsroom.models import Article

SHOWN = 10  # comments; more of them would say the page twice
LONGEST = 500  # characters of each text
# Whatever could end the element or begin a comment in it, and what old readers of JSON take for the end of a line.
ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def discussion(request: HttpRequest, article: Article, page: ThreadPage, count: int) -> SafeString:
    """The block's text, which can stand inside a `<script type="application/ld+json">`."""
    origin = f"{request.scheme}://{request.get_host()}"
    address = f"{origin}{article.get_absolute_url()}"
    author = {"@type": "Person", "name": article.byline} if article.byline else publisher(article)
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "DiscussionForumPosting",
        "@id": address,
        "url": address,
        "headline": article.title,
        "text": shorten(article.lead or next(iter(article.paragraphs), "")),
        "datePublished": article.published_at.isoformat() if article.published_at else None,
        "inLanguage": article.publication.language,
        "author": author,
        "publisher": publisher(article),
        "commentCount": count,
        "interactionStatistic": counter("CommentAction", count),
    }
    shown = [node.comment for node in page.nodes if not node.removed][:SHOWN]
    if shown:
        data["comment"] = [one(comment, origin) for comment in shown]
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(ESCAPES)
    return mark_safe(text)  # noqa: S308  # escaped for where it stands


def one(comment: Comment, origin: str) -> dict[str, Any]:
    data: dict[str, Any] = {
        "@type": "Comment",
        "url": f"{origin}{comment.get_absolute_url()}",
        "text": shorten(comment.body_text),
        "datePublished": comment.created_at.isoformat(timespec="seconds"),
        "author": {"@type": "Person", "name": comment.author_name},
    }
    if comment.edited_at:
        data["dateModified"] = comment.edited_at.isoformat(timespec="seconds")
    if comment.reaction_count:
        data["interactionStatistic"] = counter("LikeAction", comment.reaction_count)
    return data


def publisher(article: Article) -> dict[str, str]:
    return {"@type": "Organization", "name": article.publication.name}


def counter(act: str, count: int) -> dict[str, Any]:
    return {"@type": "InteractionCounter", "interactionType": f"https://schema.org/{act}", "userInteractionCount": count}


def shorten(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"
