"""The API of the desk: the queue, a comment with all that speaks for and against it, decisions; and readers' reports."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef
from django.http import Http404
from django.utils import formats, timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from comments import cursors
from comments.api import CURSOR, OPEN, bad_cursor, comment_or_404, form_data, is_shown
from comments.api_shapes import moment, problems
from comments.api_view import ApiView, listed
from comments.cursors import BadCursor, Key
from comments.models import Comment, CommentQuerySet
from comments.problems import Invalid, Problem, TooManyRequests, field_error, form_errors
from comments.states import Status
from comments.submission import TooFast
from comments.text import clean_raw
from moderation import api_shapes as shapes
from moderation.access import comments_for, may_decide
from moderation.api_shapes import describe, name_of
from moderation.decisions import Stale, decide, stale
from moderation.forms import ReportForm
from moderation.models import Decision, Report
from moderation.reports import NotReportable, report, reporter_of
from newsroom import limits
from newsroom.network import client_ip, network_of

PAGE_SIZE = 25
DESK_ORDER = (Key("queue_at", datetime), Key("id", int))  # as in the queue of the admin: what matters most first
TOKEN: Any = [{"tokenAuth": []}]
WAITING = frozenset({Status.HELD, Status.PENDING})
VIEW = OpenApiParameter(
    "view", str, enum=["held", "reported"], description="What waits for a person (default), or what is public and reported."
)


class IsModerator(BasePermission):
    """Somebody who may decide at all; `comments_for` says on what."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return may_decide(request.user)


class ModeratorView(ApiView):
    permission_classes = [IsModerator]

    def check_throttles(self, request: Request) -> None:
        if wait := limits.hit("moderation", f"user:{request.user.pk}", settings.MODERATION_API_LIMITS):
            raise TooManyRequests(wait)

    @property
    def moderator(self) -> User:
        return cast(User, self.request.user)  # IsModerator lets nobody else in

    def comments(self) -> CommentQuerySet:
        return comments_for(self.moderator).select_related("article__section__publication", "parent")

    def comment_or_404(self, public_id: str) -> Comment:
        comment = self.comments().filter(public_id=public_id).first()
        if comment is None:
            raise Http404
        return comment


class Queue(ModeratorView):
    @extend_schema(
        operation_id="list_queue",
        auth=TOKEN,
        parameters=[VIEW, CURSOR],
        responses={200: shapes.QueuePageSerializer, **problems(400, 401, 403, 429)},
    )
    def get(self, request: Request) -> Response:
        """What waits for a person within the moderator's scope, what matters most first."""
        view = request.query_params.get("view", "held")
        rows = self.comments()
        if view == "held":
            rows = rows.filter(status=Status.HELD)
        elif view == "reported":
            rows = rows.public().filter(Exists(Report.objects.filter(comment=OuterRef("pk"), resolved_at=None)))
        else:
            raise Invalid([field_error("view", "invalid_choice", _("The views are held and reported."))])
        try:
            page = cursors.read(rows, DESK_ORDER, view, request.query_params.get("cursor", ""), PAGE_SIZE)
        except BadCursor as error:
            raise bad_cursor() from error
        return Response(listed(request, page, describe(request._request, page.rows), view=view))


class ModeratedComment(ModeratorView):
    @extend_schema(
        operation_id="get_moderated_comment", auth=TOKEN, responses={200: shapes.ModeratedSerializer, **problems(401, 403, 404, 429)}
    )
    def get(self, request: Request, public_id: str) -> Response:
        """One comment in any state, with its findings, decisions, reports and earlier texts."""
        return Response(describe(request._request, [self.comment_or_404(public_id)], whole=True)[0])


class Decisions(ModeratorView):
    @extend_schema(
        operation_id="decide",
        auth=TOKEN,
        request=shapes.NewDecisionSerializer,
        responses={
            201: shapes.DecisionSerializer,
            **problems(400, 401, 403, 404, 413, 415, 429),
            (409, "application/problem+json"): shapes.ConflictSerializer,
        },
    )
    def post(self, request: Request, public_id: str) -> Response:
        """Decide, on the comment as it was seen: where it has moved on meanwhile, nothing is changed and 409 says what it is now."""
        comment = self.comment_or_404(public_id)
        given = shapes.NewDecisionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        outcome, reason = shapes.OUTCOMES[data["outcome"]]
        seen = {Status(data["status"])} if "status" in data else WAITING
        if comment.revision != data["revision"] or comment.status not in seen:
            raise moved_on(stale(comment), data["revision"])
        try:
            made = decide(
                comment,
                outcome,
                kind=Decision.Kind.PERSON,
                reason=data.get("reason", reason),
                moderator=self.moderator,
                note=clean_raw(data["note"]),
            )
        except Stale as error:
            raise moved_on(error, data["revision"]) from error
        return Response(shapes.decision(made), status=201)


def moved_on(error: Stale, seen: int) -> Problem:
    """409 with what has become of the comment, and by whom."""
    comment, last = error.comment, error.last
    present = {"status": comment.status, "revision": comment.revision, "decided_by": None, "decided_at": None}
    if last is not None and last.revision == comment.revision and last.outcome == comment.status:
        present |= {"decided_by": name_of(last.moderator), "decided_at": moment(last.created_at)}
    else:
        last = None
    return Problem(409, "moved_on", moved_on_words(comment, last, seen), present=present)


def moved_on_words(comment: Comment, last: Decision | None, seen: int) -> str:
    if comment.status == Status.WITHDRAWN:
        return _("Its author has withdrawn this comment.")
    if comment.revision < seen:
        return _("There is no such revision: this is revision %(revision)d.") % {"revision": comment.revision}
    if comment.revision > seen:
        return _("Its author has changed the text since: this is revision %(revision)d.") % {"revision": comment.revision}
    if last is None:
        return _("This comment is in another state now: %(status)s.") % {"status": comment.get_status_display()}
    sentences = {
        Status.APPROVED: _("Already approved by %(who)s at %(when)s."),
        Status.REJECTED: _("Already rejected by %(who)s at %(when)s."),
        Status.SPAM: _("Already marked as spam by %(who)s at %(when)s."),
        Status.HELD: _("Already held by %(who)s at %(when)s."),
    }
    who = name_of(last.moderator) or _("the checks")
    return sentences[Status(comment.status)] % {"who": who, "when": clock(last.created_at)}


def clock(value: datetime) -> str:
    """The time of the day in the publication's zone; with the date where it was not today."""
    local = timezone.localtime(value)
    today = timezone.localdate() == local.date()
    time = "H.i" if (get_language() or "").startswith("id") else "H:i"
    return formats.date_format(local, time if today else f"j F Y, {time}")


class Reports(ApiView):
    @extend_schema(
        operation_id="report_comment",
        auth=OPEN,
        request=shapes.NewReportSerializer,
        responses={201: shapes.ReportedSerializer, 200: shapes.ReportedSerializer, **problems(400, 404, 413, 415, 429)},
    )
    def post(self, request: Request, public_id: str) -> Response:
        """Report a public comment. 200 where this reader had reported the same text before: the first report stands."""
        comment = comment_or_404(public_id)
        if not is_shown(comment):
            raise Http404
        names = {"reason": "reason", "detail": "detail"}
        form = ReportForm(form_data(request.data, names))
        if not form.is_valid():
            raise Invalid(form_errors(form, names))
        http = request._request
        commenter = self.commenter()
        network = network_of(client_ip(http))
        try:
            reported = report(
                comment,
                form.cleaned_data["reason"],
                form.cleaned_data["detail"],
                reporter=reporter_of(commenter, network),
                network=network,
            )
        except NotReportable as error:
            raise Http404 from error
        except TooFast as error:
            raise TooManyRequests(error.seconds) from error
        row = reported.report
        answer = {"comment": public_id, "reason": row.reason, "detail": row.detail, "created_at": moment(row.created_at)}
        return Response(answer, status=201 if reported.created else 200)
