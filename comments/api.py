"""The public API: articles, threads, and the comments that programs send. The rules are those of the form: `comments.forms`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from comments import api_shapes as shapes
from comments import cursors, identity, reactions, threads
from comments.api_access import edit_token_of, idempotency_key_of
from comments.api_shapes import Shapes, problems
from comments.api_view import ApiView, etag_of, listed, public, unchanged
from comments.cursors import BadCursor, Key
from comments.forms import BodyForm, ReplyForm
from comments.models import Comment, Reaction, Thread
from comments.problems import Invalid, Problem, TooManyRequests, field_error, form_errors
from comments.submission import (
    AccountRequired,
    Barred,
    ChangedMeanwhile,
    Client,
    CommentsClosed,
    EmailRequired,
    KeyReused,
    NotEditable,
    ParentGone,
    TooFast,
    WindowClosed,
    edit,
    submit,
    withdraw,
)
from comments.threads import Sort
from newsroom import kept
from newsroom.models import Article, ArticleQuerySet
from newsroom.network import client_ip
from newsroom.views import publication_of, published_article

MODERATE = "moderation.decide"  # asked with the comment, so that it counts only where the moderator is responsible
NEWEST_ARTICLES = (Key("published_at", datetime, ascending=False), Key("id", int, ascending=False))
PAGE_SIZE = 50  # articles
EDIT_RETRIES = 3  # how often a change is tried again when the checks' verdict came in between

# The form has WordPress's field names, the API its own.
FORM_FIELDS = {"author_name": "author", "author_email": "email", "author_url": "url", "body": "comment", "parent": "comment_parent"}
API_FIELDS = {name: field for field, name in FORM_FIELDS.items()}

CURSOR = OpenApiParameter("cursor", str, description="Opaque: taken from `next` or `previous`.")
SORT = OpenApiParameter("sort", str, enum=[sort.value for sort in Sort], description="The order of the top-level comments; default oldest.")
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="1 to 200 printable ASCII characters, best a UUID. The same key and body answer with the same comment.",
)
# Any: the schema library declares these as names and passes them on as the dictionaries that OpenAPI wants.
EDIT_TOKEN: Any = [{"editToken": []}]
OPEN: Any = [{}]
ANY_TOKEN: Any = [*OPEN, *EDIT_TOKEN, {"tokenAuth": []}]


def published(request: Request) -> ArticleQuerySet:
    """The articles of the publication at this host, with their counters."""
    rows = Article.objects.published().filter(section__publication=publication_of(request._request))
    return rows.annotate(replies=Coalesce(F("thread__comment_count"), 0)).defer("body")


def article_or_404(request: Request, slug: str) -> Article:
    article = published(request).filter(slug=slug).first()
    if article is None:
        raise Http404
    return article


def comment_or_404(public_id: str) -> Comment:
    comment = Comment.objects.select_related("article__section__publication", "parent").filter(public_id=public_id).first()
    if comment is None:
        raise Http404
    return comment


def is_shown(comment: Comment) -> bool:
    """Whether anybody may see the comment."""
    return comment.is_public and comment.article.is_published()


def bad_cursor() -> Invalid:
    return Invalid([field_error("cursor", "invalid", _("This cursor does not belong to this list. Start without one."))])


class Articles(ApiView):
    @extend_schema(
        operation_id="list_articles", auth=OPEN, parameters=[CURSOR], responses={200: shapes.ArticlePageSerializer, **problems(400)}
    )
    def get(self, request: Request) -> HttpResponseBase:
        """The publication's articles, newest first."""
        try:
            page = cursors.read(published(request), NEWEST_ARTICLES, "articles", request.query_params.get("cursor", ""), PAGE_SIZE)
        except BadCursor as error:
            raise bad_cursor() from error
        shape = Shapes(request._request)
        answer = listed(request, page, [shape.article(article, replies_of(article)) for article in page.rows])
        return tagged(request, answer)


class OneArticle(ApiView):
    @extend_schema(operation_id="get_article", auth=OPEN, responses={200: shapes.ArticleSerializer, **problems(404)})
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """One article: what a program needs to show a comment count or a form."""
        kept.depends(request._request, "thread", slug)
        article = article_or_404(request, slug)
        return tagged(request, Shapes(request._request).article(article, replies_of(article)))


def replies_of(article: Article) -> int:
    count: int = article.replies  # type: ignore[attr-defined]  # annotated by published()
    return count


def tagged(request: Request, answer: Mapping[str, Any]) -> HttpResponseBase:
    """A public answer with the tag of its content, or 304."""
    etag = etag_of(request, answer)
    return unchanged(request, etag) or public(Response(answer), etag)


class ArticleComments(ApiView):
    @extend_schema(
        operation_id="list_comments",
        auth=OPEN,
        parameters=[SORT, CURSOR],
        responses={200: shapes.ThreadPageSerializer, **problems(400, 404)},
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """Public top-level comments, each with its first replies."""
        kept.depends(request._request, "thread", slug)
        article = article_or_404(request, slug)
        wanted = request.query_params.get("sort", Sort.OLDEST.value)
        if wanted not in {sort.value for sort in Sort}:
            raise Invalid([field_error("sort", "invalid_choice", _("Sort by oldest, newest or best."))])
        version = Thread.objects.filter(pk=article.pk).values_list("version", flat=True).first() or 0
        etag = etag_of(request, version)
        if (answer := unchanged(request, etag)) is not None:
            return answer
        try:
            page = threads.read_page(article, Sort(wanted), request.query_params.get("cursor", ""), replies=settings.COMMENT_REPLIES_IN_API)
        except BadCursor as error:
            raise bad_cursor() from error
        shape = Shapes(request._request)
        results = [shape.node(node, article.slug) for node in page.nodes]
        edges: cursors.Page[Comment] = cursors.Page([], page.next, page.previous)
        return public(Response(listed(request, edges, results, sort=wanted)), etag)

    @extend_schema(
        operation_id="submit_comment",
        auth=OPEN,
        parameters=[IDEMPOTENCY_KEY],
        request=shapes.NewCommentSerializer,
        responses={201: shapes.SubmittedSerializer, **problems(400, 403, 404, 409, 413, 415, 429)},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Send a comment. It is kept at once and published when the checks or a moderator say so."""
        article = published_article(request._request, slug)
        if article is None:
            raise Http404
        key = idempotency_key_of(request)
        form = ReplyForm(form_data(request.data, FORM_FIELDS), article=article)
        if not form.is_valid():
            raise Invalid(form_errors(form, API_FIELDS))
        http = request._request
        client = Client(ip=client_ip(http), user_agent=request.headers.get("User-Agent", ""), commenter=self.commenter())
        try:
            submitted = submit(article, form.draft(), client, idempotency_key=key)
        except CommentsClosed as error:
            raise Problem(403, error.code, _("Comments on this article are closed.")) from error
        except EmailRequired as error:
            raise Problem(403, error.code, _("This publication takes comments from readers with a confirmed e-mail address.")) from error
        except AccountRequired as error:
            raise Problem(403, error.code, _("This publication takes comments from readers with an account.")) from error
        except Barred as error:
            words = _("You cannot send comments here until %(until)s.") % {"until": error.until.isoformat()}
            raise Problem(403, error.code, words, until=error.until.isoformat(), reason=str(error.reason)) from error
        except ParentGone as error:
            raise Invalid([field_error("parent", error.code, _("The comment that you reply to is no longer there."))]) from error
        except KeyReused as error:
            raise Problem(409, error.code, _("This Idempotency-Key came with another comment before.")) from error
        except TooFast as error:
            raise TooManyRequests(error.seconds) from error
        comment = submitted.comment
        if not submitted.is_author:
            # Somebody else may have typed the same; what became of theirs is not this client's business.
            raise Problem(409, "duplicate", _("This comment was sent before."))
        answer = {**Shapes(http).for_author(comment), "edit_token": identity.edit_token(comment)}
        headers = {"Location": request.build_absolute_uri(reverse("api-comment", kwargs={"public_id": comment.public_id}))}
        if not submitted.created:
            headers["Idempotency-Replayed"] = "true"
        return Response(answer, status=201, headers=headers)


def form_data(document: Mapping[str, Any], fields: Mapping[str, str]) -> dict[str, str]:
    """The form's fields from a JSON object; null is as good as left out. Raises Invalid for what is no text."""
    wrong = [field for field in fields if not isinstance(document.get(field), str | None)]
    if wrong:
        raise Invalid([field_error(field, "not_a_string", _("This must be a text.")) for field in wrong])
    return {name: document[field] for field, name in fields.items() if document.get(field) is not None}


class OneComment(ApiView):
    @extend_schema(
        operation_id="get_comment",
        auth=ANY_TOKEN,
        responses={200: OpenApiResponse(shapes.CommentSerializer), **problems(401, 404)},
    )
    def get(self, request: Request, public_id: str) -> HttpResponseBase:
        """A public comment; any other only for its author, by edit token, and for moderators. To its author with the text as typed."""
        comment = comment_or_404(public_id)
        shape = Shapes(request._request)
        if is_author(request, comment):
            return Response(shape.for_author(comment))
        answer = shape.comment(comment, comment.article.slug, comment.parent.public_id if comment.parent else None)
        if is_shown(comment):
            return tagged(request, answer)
        if request.user.is_authenticated and request.user.has_perm(MODERATE, comment):
            return Response(answer)
        raise Http404

    @extend_schema(
        operation_id="edit_comment",
        auth=EDIT_TOKEN,
        request=shapes.EditSerializer,
        responses={200: shapes.AuthorsCommentSerializer, **problems(400, 401, 403, 404, 409, 413, 415, 429)},
    )
    def patch(self, request: Request, public_id: str) -> Response:
        """Replace the text, within the edit window. The new text goes through the checks again."""
        comment = self.authors_comment(request, public_id)
        self.throttle("edit", settings.COMMENT_EDIT_LIMITS)
        fixed = [field for field in FORM_FIELDS if field != "body" and field in request.data]
        if fixed:
            raise Invalid([field_error(field, "read_only", _("Only the text can be changed.")) for field in fixed])
        form = BodyForm(form_data(request.data, {"body": "comment"}))
        if not form.is_valid():
            raise Invalid(form_errors(form, API_FIELDS))
        body = form.cleaned_data["comment"]
        comment = change(comment, lambda present: edit(present, body))
        return Response(Shapes(request._request).for_author(comment))

    @extend_schema(
        operation_id="withdraw_comment", auth=EDIT_TOKEN, request=None, responses={204: None, **problems(401, 403, 404, 409, 429)}
    )
    def delete(self, request: Request, public_id: str) -> Response:
        """Take the comment back for good, within the edit window. Its replies keep their place."""
        comment = self.authors_comment(request, public_id)
        self.throttle("edit", settings.COMMENT_EDIT_LIMITS)
        change(comment, withdraw)
        return Response(status=204)

    def authors_comment(self, request: Request, public_id: str) -> Comment:
        """The comment, if the request holds its edit token. What is not public is not there for anybody else."""
        comment = comment_or_404(public_id)
        if is_author(request, comment):
            return comment
        if not is_shown(comment):
            raise Http404
        if not request.headers.get("Authorization"):
            words = _("Send the edit token that came with the comment: Authorization: EditToken …")
            raise Problem(401, "not_authenticated", words, challenge="EditToken")
        raise Problem(403, "wrong_edit_token", _("This edit token does not belong to this comment."))


def is_author(request: Request, comment: Comment) -> bool:
    token = edit_token_of(request)
    return bool(token) and identity.is_edit_token(comment, token)


def change(comment: Comment, act: Callable[[Comment], Comment]) -> Comment:
    """Let the author change a comment. A verdict that comes in between does not stop them; a moderator's refusal does."""
    for attempt in range(EDIT_RETRIES):
        try:
            return act(comment)
        except ChangedMeanwhile as error:
            if attempt + 1 == EDIT_RETRIES:
                raise Problem(409, error.code, _("The comment is being changed elsewhere. Please try again.")) from error
            comment = comment_or_404(comment.public_id)
        except WindowClosed as error:
            raise Problem(403, error.code, _("The time in which this comment could be changed is over.")) from error
        except NotEditable as error:
            raise Problem(409, error.code, _("A comment that was removed cannot be changed.")) from error
    raise AssertionError("unreachable: the last attempt returns or raises")


class Replies(ApiView):
    @extend_schema(
        operation_id="list_replies", auth=OPEN, parameters=[CURSOR], responses={200: shapes.CommentPageSerializer, **problems(400, 404)}
    )
    def get(self, request: Request, public_id: str) -> HttpResponseBase:
        """All public replies below a comment, at any depth, oldest first; `parent` says where each one hangs."""
        comment = comment_or_404(public_id)
        in_thread = comment.is_public or comment.descendant_count > 0
        if not in_thread or not comment.article.is_published():
            raise Http404
        try:
            page = threads.read_replies(comment, request.query_params.get("cursor", ""))
        except BadCursor as error:
            raise bad_cursor() from error
        shape, slug = Shapes(request._request), comment.article.slug
        rows = [shape.in_thread(reply, slug, reply.parent.public_id if reply.parent else None) for reply in page.rows]
        return tagged(request, listed(request, page, rows))


class OneReaction(ApiView):
    @extend_schema(
        operation_id="react",
        auth=OPEN,
        request=shapes.ReactionSerializer,
        responses={201: shapes.ReactionsSerializer, 200: shapes.ReactionsSerializer, **problems(400, 404, 413, 415, 429)},
    )
    def put(self, request: Request, public_id: str) -> Response:
        """Agree with a public comment ("Setuju"), or disagree ("Kurang setuju"); without a body: agree.

        201 where the count changed, 200 where the client had said the same before. One of the two of each client counts.
        """
        comment = self.shown_comment(public_id)
        kind = request.data.get("kind", Reaction.Kind.AGREE)
        if kind not in Reaction.Kind.values:
            raise Invalid([field_error("kind", "invalid_choice", _("Say agree or disagree."))])
        try:
            created = reactions.react(comment, self.client(), kind)
        except reactions.NotPublic as error:
            raise Http404 from error
        return Response(shapes.reactions_of(comment), status=201 if created else 200)

    @extend_schema(operation_id="take_reaction_back", auth=OPEN, request=None, responses={204: None, **problems(404, 429)})
    def delete(self, request: Request, public_id: str) -> Response:
        """Think nothing of it any more; 204 also where nothing was to be taken back."""
        comment = self.shown_comment(public_id)
        try:
            reactions.take_back(comment, self.client())
        except reactions.NotPublic as error:
            raise Http404 from error
        return Response(status=204)

    def shown_comment(self, public_id: str) -> Comment:
        comment = comment_or_404(public_id)
        if not is_shown(comment):
            raise Http404
        self.throttle("react", settings.COMMENT_REACTION_LIMITS)
        return comment

    def client(self) -> str:
        return identity.client_key(self.request._request, self.commenter())


class Missing(ApiView):
    """Every other address below /api/v1/."""

    schema = None

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # 308 keeps method and body, where the redirect of CommonMiddleware would lose them.
        if not request.path_info.endswith("/"):
            try:
                if resolve(f"{request.path_info}/").func.__name__ != Missing.__name__:
                    address = request.get_full_path(force_append_slash=True)
                    return HttpResponsePermanentRedirect(address, preserve_request=True)
            except Resolver404:
                pass
        return super().dispatch(request, *args, **kwargs)

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        raise Http404

    options = http_method_not_allowed
