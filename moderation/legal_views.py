"""Notices of illegal content: the form for everybody, without log-in or script, and the desk's pages that answer them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from comments.submission import TooFast
from comments.words import wait_words
from moderation.forms import AppealForm, LegalForm
from moderation.legal import Answered, answer, notify, open_notices
from moderation.models import LegalNotice
from moderation.views import for_moderators, frame
from newsroom.network import client_ip, network_of
from newsroom.views import in_publication

if TYPE_CHECKING:
    from moderation.views import DeskRequest

SENT = "terkirim"
SENT_SALT = "moderation.legal"
SENT_SECONDS = 3_600
MOST_SHOWN = 100


@require_http_methods(["GET", "HEAD", "POST"])
@in_publication
def notice_page(request: HttpRequest) -> HttpResponse:
    """The form, and what is said to who has sent it. With Django's CSRF token: another site's page must not send it in anybody's name."""
    if request.method != "POST":
        if SENT in request.GET:
            return shown(request, {"sent": True, "reference": reference_of(request.GET[SENT])})
        return shown(request, {"form": LegalForm(initial={"address": given_address(request)})})
    form = LegalForm(request.POST)
    if not form.is_valid() or form.target is None:
        return shown(request, {"form": form}, status=400)
    ip, data = client_ip(request), form.cleaned_data
    try:
        found = notify(
            form.target,
            kind=data["kind"],
            explanation=data["explanation"],
            name=data["name"],
            email=data["email"],
            network=network_of(ip) or str(ip),
        )
    except TooFast as error:
        form.add_error(None, _("Too many notices from your network. Please try again in %(wait)s.") % {"wait": wait_words(error.seconds)})
        response = shown(request, {"form": form}, status=429)
        response["Retry-After"] = str(error.seconds)
        return response
    response = redirect(f"{reverse('legal-notice')}?{SENT}={signing.dumps(found.reference, salt=SENT_SALT)}")
    response.status_code = 303
    response["Cache-Control"] = "no-store"
    return response


def given_address(request: HttpRequest) -> str:
    """The permalink of the comment that a link to the form names."""
    name = request.GET.get("komentar", "")
    return request.build_absolute_uri(reverse("comment", kwargs={"public_id": name})) if name.isalnum() and len(name) < 40 else ""


def reference_of(token: str) -> str:
    try:
        return str(signing.loads(token, salt=SENT_SALT, max_age=SENT_SECONDS))
    except signing.BadSignature:
        return ""


def shown(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    context |= {"hours": settings.LEGAL_NOTICE_HOURS}
    response = render(request, "moderation/legal.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


# --- The desk --------------------------------------------------------------------------------------------------------------


@for_moderators
@require_safe
def notices_page(request: DeskRequest) -> HttpResponse:
    rows = list(open_notices(request.user)[:MOST_SHOWN])
    return at_desk(request, "moderation/desk/legal_list.html", {"title": _("Illegal content"), "notices": rows})


@for_moderators
@require_http_methods(["GET", "HEAD", "POST"])
def notice_item(request: DeskRequest, number: int) -> HttpResponse:
    """One notice. What is posted back with "remove" is the comment's status and revision, as the page showed them."""
    found: LegalNotice = get_object_or_404(open_notices(request.user), pk=number)
    form = AppealForm(request.POST if request.method == "POST" else None)
    form.fields["text"].label = _("Your answer, with the reason")
    context: dict[str, Any] = {
        "title": _("Notice %(reference)s") % {"reference": found.reference},
        "notice": found,
        "form": form,
    }
    template = "moderation/desk/legal_item.html"
    if request.method != "POST":
        return at_desk(request, template, context)
    choice, revision = request.POST.get("choice", ""), request.POST.get("revision", "")
    if choice not in {"remove", "keep"} or not form.is_valid():
        return at_desk(request, template, context, status=400)
    try:
        answer(
            found,
            request.user,
            remove=choice == "remove",
            words=form.cleaned_data["text"],
            status=request.POST.get("status", ""),
            revision=int(revision) if revision.isascii() and revision.isdigit() and len(revision) < 10 else 0,
        )
    except Answered:
        context["trouble"] = _("Somebody else was quicker. Your answer is not saved.")
        return at_desk(request, template, context, status=409)
    messages.success(request, _("The notice is answered."))
    response = redirect("legal-notices")
    response.status_code = 303
    return response


def at_desk(request: DeskRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    return render(request, template, {**frame(request, page="legal"), **context}, status=status)
