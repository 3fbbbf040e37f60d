"""The desk's pages for appeals: what waits, and one to answer. Complete without JavaScript."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from moderation.appeals import Answered, NotYours, answer, colleagues, may_answer, open_appeals
from moderation.desk import covered_among
from moderation.forms import AppealForm
from moderation.models import Appeal
from moderation.views import for_moderators, frame

if TYPE_CHECKING:
    from moderation.views import DeskRequest

MOST_SHOWN = 100


@for_moderators
@require_safe
def appeals_page(request: DeskRequest) -> HttpResponse:
    rows = list(open_appeals(request.user)[:MOST_SHOWN])
    return shown(request, "moderation/desk/appeals.html", {"title": _("Appeals"), "appeals": rows})


@for_moderators
@require_http_methods(["GET", "HEAD", "POST"])
def appeal_item(request: DeskRequest, number: int) -> HttpResponse:
    """One appeal. The person who decided sees it and cannot answer it, unless nobody else could."""
    found: Appeal = get_object_or_404(open_appeals(request.user), pk=number)
    form = AppealForm(request.POST if request.method == "POST" else None)
    form.fields["text"].label = _("Your answer to the author")
    allowed = may_answer(found, request.user)
    alone = allowed and found.decision.moderator_id == request.user.pk and not colleagues(found.decision.comment, request.user)
    covered = bool(covered_among([found.decision.comment], request.user))
    context: dict[str, Any] = {
        "title": _("Appeal"),
        "appeal": found,
        "form": form,
        "allowed": allowed,
        "alone": alone,
        "covered": covered,
    }
    template = "moderation/desk/appeal.html"
    if request.method != "POST":
        return shown(request, template, context)
    choice = request.POST.get("choice", "")
    if choice not in {"grant", "refuse"} or not form.is_valid():
        return shown(request, template, context, status=400)
    try:
        answer(found, request.user, granted=choice == "grant", words=form.cleaned_data["text"])
    except NotYours:
        return shown(request, template, context, status=403)
    except Answered:
        context["trouble"] = _("Somebody else was quicker. Your answer is not saved.")
        return shown(request, template, context, status=409)
    response = redirect("appeals")
    response.status_code = 303
    return response


def shown(request: DeskRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    return render(request, template, {**frame(request, page="appeals"), **context}, status=status)
