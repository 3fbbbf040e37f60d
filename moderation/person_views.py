"""The reader's own page: comments, address, mails, data, erasure. Complete without JavaScript; nothing here is ever cached."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from comments import identity, people
from comments.forms import BodyForm
from comments.models import Comment, Commenter
from comments.submission import ChangedMeanwhile, NotEditable, Refused, WindowClosed, check_changeable, edit, withdraw
from moderation import notices
from moderation.appeals import NotAppealable, appeal
from moderation.forms import AddressForm, AppealForm
from moderation.models import Appeal, Decision
from moderation.person import appealed_by, erase, export, is_appealable, rows_for
from moderation.sanctions import of_person
from newsroom import limits
from newsroom.network import client_ip, network_of
from newsroom.views import in_publication, publication_of

P = ParamSpec("P")
PER_PAGE = 50


def private(view: Callable[Concatenate[HttpRequest, P], HttpResponse]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """In the publication's language, and for nobody's cache; links in these pages' addresses are told to no other site."""

    @wraps(view)
    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = in_publication(view)(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "same-origin"
        return response

    return wrapped


@require_safe
@private
def page(request: HttpRequest) -> HttpResponse:
    return own_page(request, identity.commenter_of(request))


def own_page(request: HttpRequest, commenter: Commenter | None, form: AddressForm | None = None, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {"commenter": commenter, "said": request.GET.get("kabar", "") if request.method != "POST" else ""}
    if commenter is not None:
        found = Paginator(people.comments_of(commenter), PER_PAGE).get_page(request.GET.get("halaman"))
        context |= {"page": found, "sanctions": of_person(commenter), "rows": rows_for(commenter, found), "form": form or AddressForm()}
    return render(request, "moderation/person/page.html", context, status=status)


def known(request: HttpRequest) -> Commenter:
    """The commenter behind the request; 404 for somebody we do not know."""
    commenter = identity.commenter_of(request)
    if commenter is None:
        raise Http404
    return commenter


def own_comment(request: HttpRequest, public_id: str) -> Comment:
    """A comment that this browser or account wrote; for everybody else it is not there."""
    rows = Comment.objects.filter(commenter=known(request)).select_related("article__section__publication")
    return get_object_or_404(rows, public_id=public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@private
def edit_page(request: HttpRequest, public_id: str) -> HttpResponse:
    comment = own_comment(request, public_id)
    form = BodyForm(request.POST if request.method == "POST" else None, initial={"comment": comment.body_raw})
    context: dict[str, Any] = {"comment": comment, "form": form, "max_length": settings.COMMENT_MAX_LENGTH}
    try:
        check_changeable(comment)
        if request.method == "POST":
            if wait := limits.hit("edit", network_of(client_ip(request)), settings.COMMENT_EDIT_LIMITS):
                form.add_error(None, _("Too many changes from your network. Please try again later."))
                response = render(request, "moderation/person/edit.html", context, status=429)
                response["Retry-After"] = str(wait)
                return response
            if form.is_valid():
                edit(comment, form.cleaned_data["comment"])
                return done("diubah")
    except Refused as error:
        context["refused"] = refusal(error)
        return render(request, "moderation/person/edit.html", context, status=409)
    return render(request, "moderation/person/edit.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@private
def withdraw_page(request: HttpRequest, public_id: str) -> HttpResponse:
    comment = own_comment(request, public_id)
    words = {
        "title": _("Withdraw this comment?"),
        "text": _("It disappears for everybody and cannot be brought back. Replies to it stay."),
        "button": _("Withdraw"),
        "quote": comment.body_text,
    }
    try:
        check_changeable(comment)
        if request.method == "POST":
            withdraw(comment)
            return done("ditarik")
    except Refused as error:
        return ask(request, words | {"refused": refusal(error)}, status=409)
    return ask(request, words)


@require_http_methods(["GET", "HEAD", "POST"])
@private
def appeal_page(request: HttpRequest, token: str) -> HttpResponse:
    """From the own page or the mail about a decision. Shows the reason and not the comment: a mail is forwarded quickly."""
    decision = appealed_by(token)
    if decision is None:
        raise Http404
    form = AppealForm(request.POST if request.method == "POST" else None)
    last = Decision.objects.filter(comment=decision.comment_id).last()
    still = last is not None and last.pk == decision.pk and is_appealable(decision.comment, decision)
    context: dict[str, Any] = {"decision": decision, "form": form, "sent": Appeal.objects.filter(decision=decision).exists()}
    context["over"] = not context["sent"] and not still
    if request.method != "POST" or context["sent"] or context["over"]:
        status = 409 if request.method == "POST" else 200
        return render(request, "moderation/person/appeal.html", context, status=status)
    if not form.is_valid():
        return render(request, "moderation/person/appeal.html", context, status=400)
    try:
        appeal(decision, form.cleaned_data["text"])
    except NotAppealable:
        return render(request, "moderation/person/appeal.html", context | {"over": True}, status=409)
    response = redirect(reverse("person-appeal", kwargs={"token": token}))
    response.status_code = 303
    return response


@require_POST
@private
def ask_address(request: HttpRequest) -> HttpResponse:
    """Send a link to an address. The answer is the same whether the address is known here, capped or neither."""
    commenter = known(request)
    form = AddressForm(request.POST)
    if not form.is_valid():
        return own_page(request, commenter, form, status=400)
    network = network_of(client_ip(request))
    if wait := limits.hit("confirm", network, settings.COMMENT_CONFIRM_MAILS):
        form.add_error("email", _("Too many mails were asked for from your network. Please try again later."))
        response = own_page(request, commenter, form, status=429)
        response["Retry-After"] = str(wait)
        return response
    address = form.cleaned_data["email"]
    publication = publication_of(request)
    if publication is not None and not limits.hit("confirm-address", address.casefold(), settings.COMMENT_CONFIRM_MAILS_TO_ONE):
        people.ask_address(commenter, address)
        notices.prepare_confirmation(commenter, publication)
    return done("dikirim")


@require_http_methods(["GET", "HEAD", "POST"])
@private
def confirm_address(request: HttpRequest, token: str) -> HttpResponse:
    """Looking confirms nothing: programs that read mail follow links, and only a person presses a button.

    Good in the browser that asked for it alone. Else somebody could have a stranger confirm the stranger's address for them.
    """
    commenter = identity.commenter_of(request)
    words = {"title": _("Confirm your e-mail address"), "button": _("Confirm")}
    good = commenter is not None and people.is_address_token(commenter, token)
    if commenter is not None and good and request.method == "POST" and people.confirm_address(commenter, token):
        return done("terhubung")
    if commenter is None or not good or request.method == "POST":
        words["refused"] = _(
            "This link is not good here. It is good once, for a day, and in the browser in which you asked for it. "
            "You can ask for a new one."
        )
        return ask(request, words, status=403)
    words["text"] = _("This browser is then known as yours, and comments with this address appear on your page:")
    return ask(request, words | {"quote": commenter.pending_email})


@require_POST
@private
def settings_saved(request: HttpRequest) -> HttpResponse:
    commenter = known(request)
    Commenter.objects.filter(pk=commenter.pk).update(notify_replies=bool(commenter.email and request.POST.get("balasan")))
    return done("tersimpan")


@require_safe
@private
def data(request: HttpRequest) -> HttpResponse:
    response = JsonResponse(export(known(request)), json_dumps_params={"ensure_ascii": False, "indent": 2})
    response["Content-Disposition"] = 'attachment; filename="data-saya.json"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@private
def erase_page(request: HttpRequest) -> HttpResponse:
    commenter = known(request)
    words = {
        "title": _("Delete everything about me?"),
        "text": _(
            "The texts of your comments, your name, your address and all else that we keep about you are deleted for good. "
            "Replies of others stay, under an empty place."
        ),
        "button": _("Delete everything"),
    }
    if request.method != "POST":
        return ask(request, words)
    try:
        erase(commenter)
    except ChangedMeanwhile:
        return ask(request, words | {"refused": _("One of your comments is being changed elsewhere. Please try again.")}, status=409)
    response = done("dihapus")
    response.delete_cookie(identity.COOKIE, samesite="Lax")
    return response


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@private
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """The link at the end of a mail, without log-in or cookie. POST is also what a mail program's own button sends (RFC 8058)."""
    commenter = people.unsubscribing(token)
    words = {
        "title": _("No more mails about replies?"),
        "text": _("You get no more mails about replies to your comments."),
        "button": _("Stop these mails"),
    }
    if commenter is None:
        return ask(request, words | {"refused": _("This link is not good, or you have been forgotten here already.")}, status=404)
    if request.method == "POST":
        Commenter.objects.filter(pk=commenter.pk).update(notify_replies=False)
        return ask(request, words | {"title": _("Done"), "finished": True})
    return ask(request, words)


def ask(request: HttpRequest, words: dict[str, Any], status: int = 200) -> HttpResponse:
    """A page with one question and one button."""
    return render(request, "moderation/person/ask.html", words, status=status)


def done(word: str) -> HttpResponse:
    response = redirect(f"{reverse('person')}?kabar={word}")
    response.status_code = 303
    return response


def refusal(error: Refused) -> str:
    if isinstance(error, WindowClosed):
        return _("The time in which this comment could be changed is over.")
    if isinstance(error, NotEditable):
        return _("A comment that was removed cannot be changed.")
    return _("The comment is being changed elsewhere. Please try again.")
