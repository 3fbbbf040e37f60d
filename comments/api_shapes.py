"""What the API says of articles and comments: plain dictionaries, and their declarations for the schema.

The dictionaries are built by hand, since a thread page holds hundreds of comments and a serializer costs twenty times as much for
each; tests/comments/test_api.py holds every answer against the declarations. An e-mail address, an IP address or a user agent
stands in none of them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from comments.models import Comment, Reaction
from comments.states import Status
from comments.submission import edit_window_end
from comments.threads import Node
from newsroom.models import Article, CommentAccess

REMOVED = "removed"  # what a program may know of a comment that only holds the place of its replies

STATES = list(Status.values)
SHOWN_STATES = [*STATES, REMOVED]
REACTION_KINDS = list(Reaction.Kind.values)


def moment(value: datetime | None) -> str | None:
    """ISO 8601 with the offset of the publication's time zone."""
    return timezone.localtime(value).isoformat() if value else None


def reactions_of(comment: Comment) -> dict[str, Any]:
    """How many agree; how many disagree only where the newsroom shows that."""
    if settings.COMMENT_SHOW_DISAGREEMENT:
        return {"reactions": comment.reaction_count, "disagreements": comment.disagree_count}
    return {"reactions": comment.reaction_count}


class Shapes:
    """Builds answers for one request: absolute addresses carry the host that it came to."""

    def __init__(self, request: HttpRequest) -> None:
        self.origin = request.build_absolute_uri("/").rstrip("/")

    def article(self, article: Article, comment_count: int) -> dict[str, Any]:
        return {
            "slug": article.slug,
            "title": article.title,
            "lead": article.lead,
            "published_at": moment(article.published_at),
            "url": article.canonical_url or f"{self.origin}{article.get_absolute_url()}",
            "comments_open": article.comments_open(),
            "comment_access": article.publication.comment_access,
            "comment_count": comment_count,
        }

    def comment(self, comment: Comment, article: str, parent: str | None) -> dict[str, Any]:
        """A comment as anybody may see it. `article` is the slug, `parent` the public id of what it replies to."""
        return {
            "id": comment.public_id,
            "article": article,
            "parent": parent,
            "author_name": comment.author_name,
            "author_url": comment.author_url,
            "body_html": comment.body_html,
            "body_text": comment.body_text,
            "status": comment.status,
            "created_at": moment(comment.created_at),
            "edited_at": moment(comment.edited_at),
            "reply_count": comment.reply_count,
            **reactions_of(comment),
            "url": f"{self.origin}{comment.get_absolute_url()}",
        }

    def in_thread(self, comment: Comment, article: str, parent: str | None) -> dict[str, Any]:
        """A comment as it stands in a thread. One that is no longer public shows its place and nothing of itself."""
        shown = self.comment(comment, article, parent)
        if not comment.is_public:
            shown |= {"author_name": "", "author_url": "", "body_html": "", "body_text": "", "status": REMOVED}
            shown |= {"edited_at": None, "reactions": 0}
            shown.pop("disagreements", None)
        return shown

    def node(self, node: Node, article: str, parent: str | None = None) -> dict[str, Any]:
        comment = node.comment
        return {
            **self.in_thread(comment, article, parent),
            "replies": [self.node(reply, article, comment.public_id) for reply in node.replies],
            "hidden_replies": node.hidden_replies,
            "replies_url": f"{self.origin}{reverse('api-replies', kwargs={'public_id': comment.public_id})}",
        }

    def for_author(self, comment: Comment) -> dict[str, Any]:
        """A comment as its author may see it: with the text as typed, and until when it can be changed."""
        return {
            **self.comment(comment, comment.article.slug, comment.parent.public_id if comment.parent else None),
            "body": comment.body_raw,
            "editable_until": moment(edit_window_end(comment)),
        }


# --- Declarations for the schema ---------------------------------------------------------------------------------------
# ("parent" and "errors" are attributes of serializers as well; REST framework takes declared fields out of the class.)


class ArticleSerializer(serializers.Serializer[Any]):
    slug = serializers.CharField()
    title = serializers.CharField()
    lead = serializers.CharField()
    published_at = serializers.DateTimeField()
    url = serializers.URLField()
    comments_open = serializers.BooleanField(help_text="Whether a comment is accepted at this moment.")
    comment_access = serializers.ChoiceField(
        choices=CommentAccess.values, help_text="What a reader must have shown: nothing, a confirmed e-mail address, an account."
    )
    comment_count = serializers.IntegerField(help_text="Public comments, replies included.")


class PageSerializer(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class ArticlePageSerializer(PageSerializer):
    results = ArticleSerializer(many=True)


class CommentSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="Opaque; cannot be guessed or counted.")
    article = serializers.SlugField()
    parent = serializers.CharField(allow_null=True, help_text="The id of the comment that this one replies to.")  # type: ignore[assignment]
    author_name = serializers.CharField()
    author_url = serializers.CharField(help_text="An http or https address, or empty.")
    body_html = serializers.CharField(help_text="Safe HTML: a, em, strong, blockquote, code, p, br.")
    body_text = serializers.CharField(help_text="The same without markup.")
    status = serializers.ChoiceField(
        choices=SHOWN_STATES,
        help_text="Anybody meets `approved`, and `removed` for what only holds the place of its replies.",
    )
    created_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)
    reply_count = serializers.IntegerField(help_text="Public direct replies.")
    reactions = serializers.IntegerField(help_text="How many agree.")
    disagreements = serializers.IntegerField(required=False, help_text="How many disagree; only where the newsroom shows it.")
    url = serializers.URLField(help_text="The permalink for readers.")


@extend_schema_field({"type": "array", "items": {"$ref": "#/components/schemas/ThreadComment"}})
class RepliesField(serializers.ListField):
    """The shape within itself, which a serializer cannot say of itself. Shapes.node makes what is answered."""


class ThreadCommentSerializer(CommentSerializer):
    replies = RepliesField(read_only=True, help_text="The first replies, oldest first, each with its own.")
    hidden_replies = serializers.IntegerField(help_text="Public replies below this one that are not shown here.")
    replies_url = serializers.URLField(help_text="All replies below this one, by pages.")


class ThreadPageSerializer(PageSerializer):
    results = ThreadCommentSerializer(many=True)


class CommentPageSerializer(PageSerializer):
    results = CommentSerializer(many=True)


class AuthorsCommentSerializer(CommentSerializer):
    body = serializers.CharField(help_text="The text as typed.")
    editable_until = serializers.DateTimeField()


class SubmittedSerializer(AuthorsCommentSerializer):
    edit_token = serializers.CharField(help_text="Shown this once: keep it to read, change or withdraw the comment.")


class NewCommentSerializer(serializers.Serializer[Any]):
    author_name = serializers.CharField(max_length=80)
    author_email = serializers.EmailField(max_length=254, help_text="Never published.")
    author_url = serializers.CharField(max_length=200, required=False, allow_blank=True, allow_null=True)
    body = serializers.CharField(max_length=5000)
    parent = serializers.CharField(required=False, allow_blank=True, allow_null=True, help_text="The id of a public comment.")  # type: ignore[assignment]


class EditSerializer(serializers.Serializer[Any]):
    body = serializers.CharField(max_length=5000)


class ReactionSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=REACTION_KINDS, required=False, help_text="Left out: agree.")


class ReactionsSerializer(serializers.Serializer[Any]):
    reactions = serializers.IntegerField(help_text="How many agree.")
    disagreements = serializers.IntegerField(required=False, help_text="How many disagree; only where the newsroom shows it.")


class FieldErrorSerializer(serializers.Serializer[Any]):
    field = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457, as application/problem+json."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable, for programs.")
    detail = serializers.CharField(help_text="For people, in the language of Accept-Language (id, en).")
    errors = FieldErrorSerializer(many=True, required=False, help_text="With the code `invalid`: what is wrong with which field.")  # type: ignore[assignment]


def problems(*statuses: int) -> dict[Any, Any]:
    """The schema's declaration of the errors that an operation can answer with."""
    return {(status, "application/problem+json"): ProblemSerializer for status in (*statuses, 503)}


CURSOR = {"name": "cursor", "type": OpenApiTypes.STR, "description": "Opaque; taken from `next` or `previous`."}
