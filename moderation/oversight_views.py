"""The desk's pages for looking back: dashboard, log, the year's figures, quality. Plain pages; the charts are shapes, not scripts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

import redis
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from comments.states import Status
from moderation import audit, quality, statistics
from moderation.access import scope_of
from moderation.desk import covered_among
from moderation.health import MODEL, broken_models, broken_variants
from moderation.models import Decision, Outcome, SecondLook
from moderation.spreadsheet import lines
from moderation.views import for_moderators, frame
from newsroom.heartbeat import read_signs

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from moderation.views import DeskRequest

P = ParamSpec("P")
AUDIT = "moderation.audit"
CHOICES = {"approve": Status.APPROVED, "reject": Status.REJECTED, "spam": Status.SPAM}
SILENT_SECONDS = 90  # beat and worker leave a sign every 15 s


def for_auditors(
    view: Callable[Concatenate[DeskRequest, P], HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Behind the log-in, for moderators who may also read everybody's log; 403 for the others."""

    @wraps(view)
    def checked(request: DeskRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.has_perm(AUDIT):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return for_moderators(checked)  # type: ignore[arg-type]  # a streamed answer is an answer, too


def shown(request: DeskRequest, page: str, title: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    return render(request, f"moderation/desk/{page}.html", {**frame(request, page=page, title=title), **context}, status=status)


# --- Dashboard ----------------------------------------------------------------------------------------------------------


@for_moderators
@require_safe
def dashboard(request: DeskRequest) -> HttpResponse:
    """What comes in, what waits, how long it takes, what is out of order; for the moderator's own scope."""
    period = request.GET.get("period", "")
    period = period if period in statistics.PERIODS else "day"
    found = statistics.figures(request.user, period)
    problems, silent, redis_away = processes()
    problems |= {f"{MODEL}{name}": why for name, why in (broken_models() | broken_variants()).items()}
    context = {
        "figures": found,
        "period": period,
        "periods": [(name, words, name == period) for name, (_length, words) in statistics.PERIODS.items()],
        "alarms": statistics.alarms(found, problems, silent),
        "redis_away": redis_away,
        "problems": problems,
    }
    return shown(request, "dashboard", _("Dashboard"), context)


def processes() -> tuple[dict[str, str], list[str], bool]:
    """What the worker says is broken, which processes are silent, and whether Redis, by which we know, is away."""
    try:
        signs = read_signs("worker", "beat")
    except redis.RedisError:
        return {}, [], True
    names = {"worker": _("The worker"), "beat": _("The clock that wakes the worker (beat)")}
    return signs["worker"].problems, [names[name] for name, sign in signs.items() if sign.age > SILENT_SECONDS], False


# --- Log ----------------------------------------------------------------------------------------------------------------


def read_filter(request: DeskRequest) -> audit.Filter:
    """The filter in the address; nonsense in it falls back to the last seven days of everything."""
    now = timezone.now()
    since = audit.read_day(request.GET.get("from", ""), now - timedelta(days=7))
    until = audit.read_day(request.GET.get("to", ""), now) + timedelta(days=1)
    person, kind = request.GET.get("person", ""), request.GET.get("kind", "")
    return audit.Filter(
        since=since,
        until=min(until, audit.read_moment(request.GET.get("before", ""), until)),
        person=int(person) if person.isascii() and person.isdigit() and len(person) < 10 else 0,
        kind=kind if kind in audit.KINDS else "",
        comment=request.GET.get("comment", "").strip()[:32],
    )


@for_auditors
@require_safe
def log(request: DeskRequest) -> HttpResponse:
    wanted = read_filter(request)
    found, more = audit.entries(request.user, wanted)
    asked = {name: request.GET[name] for name in ("from", "to", "person", "kind", "comment") if request.GET.get(name)}
    context = {
        "entries": found,
        "older": urlencode({**asked, "before": found[-1].at.isoformat()}) if more else "",
        "asked": urlencode(asked),
        "wanted": wanted,
        "from": timezone.localtime(wanted.since).date().isoformat(),
        "to": request.GET.get("to", "")[:10] or timezone.localdate().isoformat(),
        "kinds": [
            (name, words, name == wanted.kind) for name, words in audit.KINDS.items() if name != "admin" or audit.sees_changes(request.user)
        ],
        "people": deciders(request.user),
    }
    return shown(request, "log", _("Log"), context)


def deciders(user: User) -> list[tuple[int, str]]:
    """Who has decided anything within somebody's scope, by name."""
    rows = Decision.objects.filter(
        scope_of(user, "comment__"), moderator__isnull=False, created_at__gte=timezone.now() - timedelta(days=366)
    )
    names = rows.order_by().values_list("moderator", "moderator__first_name", "moderator__username").distinct()
    return sorted(((key, first or name) for key, first, name in names), key=lambda one: one[1].casefold())


@for_auditors
@require_safe
def log_file(request: DeskRequest) -> StreamingHttpResponse:
    """The same entries as CSV, a year at the most. The export itself is written into the log."""
    wanted = read_filter(request)
    if wanted.until - wanted.since > timedelta(days=audit.MOST_DAYS):
        wanted = audit.Filter(wanted.until - timedelta(days=audit.MOST_DAYS), wanted.until, wanted.person, wanted.kind, wanted.comment)
    audit.record(request.user, request.user, f"log exported: {wanted.since:%Y-%m-%d} to {wanted.until:%Y-%m-%d}")
    response = StreamingHttpResponse(lines(audit.EXPORT_HEAD, audit.export(request.user, wanted)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="log-{wanted.since:%Y%m%d}-{wanted.until:%Y%m%d}.csv"'
    response["Cache-Control"] = "no-store"
    return response


@for_auditors
@require_safe
def year(request: DeskRequest) -> HttpResponseBase:
    """The figures of a year, on a page or, with ?format=csv, as a file."""
    present = timezone.localdate().year
    asked = request.GET.get("year", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 and 2000 <= int(asked) <= present else present
    found = audit.year(request.user, number)
    if request.GET.get("format") == "csv":
        rows: list[tuple[object, ...]] = [("outcome", *row) for row in found.decided]
        rows += [("reason", *row) for row in found.reasons]
        rows += [("month", f"{number}-{month:02}", machine, people) for month, machine, people in found.months]
        rows += [
            ("appeals", "received", found.appeals, ""),
            ("appeals", "answered", found.answered, ""),
            ("appeals", "granted", found.granted, ""),
            ("automatic restrictions", "reversed", found.reversed_automatic, ""),
            ("reports", "received", found.reports, ""),
        ]
        response = StreamingHttpResponse(
            lines(("part", "what", "by the checks", "by people"), rows), content_type="text/csv; charset=utf-8"
        )
        response["Content-Disposition"] = f'attachment; filename="year-{number}.csv"'
        return response
    context = {"figures": found, "years": range(present, present - 6, -1)}
    return shown(request, "year", _("The year in figures"), context)


# --- Quality ------------------------------------------------------------------------------------------------------------


@for_moderators
@require_safe
def quality_page(request: DeskRequest) -> HttpResponse:
    """Agreement and reversals: of oneself, or of everybody for those who may read the log; and of the checks."""
    everybody = request.user.has_perm(AUDIT)
    context = {
        "people": quality.of_people(request.user, everybody),
        "everybody": everybody,
        "checks": quality.of_checks(request.user),
        "own": quality.own_errors(request.user),
        "days": quality.WINDOW.days,
        "waiting": quality.candidates(request.user)[:100].count(),
    }
    return shown(request, "quality", _("Quality"), context)


@for_moderators
@require_http_methods(["GET", "HEAD", "POST"])
def second_look(request: DeskRequest) -> HttpResponse:
    """One comment, blind: neither who decided nor how. Answering leads to what it was; skipping to another one."""
    if request.method == "POST":
        return take_look(request)
    return show_look(request, quality.draw(request.user))


def show_look(request: DeskRequest, look: SecondLook | None, status: int = 200, **more: Any) -> HttpResponse:
    comment = look.decision.comment if look is not None else None
    texts = [one for one in (comment, comment.parent if comment is not None else None) if one is not None]
    covered = covered_among(texts, request.user)
    context = {
        "look": look,
        "comment": comment,
        "covered": comment is not None and comment.pk in covered,
        "parent_covered": comment is not None and comment.parent_id in covered,
        **more,
    }
    return shown(request, "second_look", _("Second look"), context, status)


def take_look(request: DeskRequest) -> HttpResponse:
    number, choice = request.POST.get("look", ""), request.POST.get("outcome", "")
    look = None
    if number.isascii() and number.isdigit() and len(number) < 19:
        look = SecondLook.objects.filter(pk=int(number), reviewer=request.user, answered_at=None).first()
    if look is None:
        raise Http404
    if choice == "skip":
        quality.skip(look)
        return redirect("second-look")
    if choice not in CHOICES:
        return show_look(request, look, status=400, trouble=_("Please choose what you would have decided."))
    if not quality.answer(look, CHOICES[choice]):
        raise Http404
    differs = (look.outcome in quality.REFUSED) != (look.decision.outcome in quality.REFUSED)
    context = {"answered": look, "differs": differs, "said": Outcome(look.outcome).label, "comment": look.decision.comment}
    return shown(request, "second_look", _("Second look"), context)
