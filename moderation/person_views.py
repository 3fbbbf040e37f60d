"""The reader's own page: comments, name, address, data, erasure. Complete without JavaScript; nothing here is ever cached.

What they are told by mail stands in `moderation.mail_views`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.contrib.auth import logout as log_out
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from comments import identity, keeping, people
from comments.forms import BodyForm
from comments.models import Comment, Commenter, Rhythm
from comments.submission import (
    AccountRequired,
    Barred,
    ChangedMeanwhile,
    EmailRequired,
    NotEditable,
    ParentGone,
    Refused,
    TooFast,
    WindowClosed,
    check_changeable,
    edit,
    withdraw,
)
from comments.words import too_fast_words
from moderation import addresses
from moderation.appeals import NotAppealable, appeal
from moderation.forms import AddressForm, AppealForm, NameForm
from moderation.models import Appeal, Decision, Notice
from moderation.person import appealed_by, erase, export, is_appealable, kept_for, rows_for
from moderation.sanctions import of_person
from moderation.unsubscribing import is_muted, recipient_of
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


def own_page(
    request: HttpRequest,
    commenter: Commenter | None,
    form: AddressForm | None = None,
    name_form: NameForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {"commenter": commenter, "said": request.GET.get("kabar", "") if request.method != "POST" else ""}
    if commenter is not None:
        found = Paginator(people.comments_of(commenter), PER_PAGE).get_page(request.GET.get("halaman"))
        context |= {
            "page": found,
            "sanctions": of_person(commenter),
            "rows": rows_for(commenter, found),
            "form": form or AddressForm(),
            "name_form": name_form or NameForm(initial={"name": commenter.name}),
            "account": reader_account(request),
            "kept": kept_for(commenter),
            "follows": commenter.follows.select_related("article").order_by("-created_at", "-id"),
            "rhythms": Rhythm.choices,
            "decisions": not (commenter.email and is_muted(recipient_of(commenter.email), Notice.Kind.DECISION)),
        }
    return render(request, "moderation/person/page.html", context, status=status)


def reader_account(request: HttpRequest) -> User | None:
    """The account that is logged in and was made here; people of the newsroom look after theirs in the admin."""
    user = request.user
    return user if isinstance(user, User) and not user.is_staff else None


def known(request: HttpRequest) -> Commenter:
    """The commenter behind the request; 404 for somebody we do not know."""
    commenter = identity.commenter_of(request)
    if commenter is None:
        raise Http404
    return commenter


def own_comment(request: HttpRequest, public_id: str) -> Comment:
    """A comment that this browser or account wrote, or that its author's frame has sent us; for everybody else it is not there."""
    rows = Comment.objects.select_related("article__section__publication")
    if not from_frame(request, public_id):
        rows = rows.filter(commenter=known(request))
    return get_object_or_404(rows, public_id=public_id)


def from_frame(request: HttpRequest, public_id: str) -> bool:
    """Whether the address comes from a frame on another site, whose cookie names the author there and is not sent here."""
    return identity.is_change_token(public_id, request.GET.get("izin", ""))


@require_http_methods(["GET", "HEAD", "POST"])
@private
def edit_page(request: HttpRequest, public_id: str) -> HttpResponse:
    comment = own_comment(request, public_id)
    form = BodyForm(request.POST if request.method == "POST" else None, initial={"comment": comment.body_raw})
    back = comment.article.read_at if from_frame(request, public_id) else ""
    context: dict[str, Any] = {"comment": comment, "form": form, "max_length": settings.COMMENT_MAX_LENGTH, "back": back}
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
                if not back:
                    return done("diubah")
                text = _("Your comment has been changed and is checked again. You can close this page.")
                return ask(request, {"title": _("Change a comment"), "text": text, "finished": True, "back": back})
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
        "back": comment.article.read_at if from_frame(request, public_id) else "",
    }
    try:
        check_changeable(comment)
        if request.method == "POST":
            withdraw(comment)
            if not words["back"]:
                return done("ditarik")
            text = _("Your comment has been withdrawn. You can close this page.")
            return ask(request, {"title": _("Withdraw"), "text": text, "finished": True, "back": words["back"]})
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
    if reader_account(request) is not None:
        return redirect("account_email")
    form = AddressForm(request.POST)
    if not form.is_valid():
        return own_page(request, commenter, form, status=400)
    publication = publication_of(request)
    if publication is None:
        raise Http404
    if wait := addresses.ask(commenter, form.cleaned_data["email"], publication, network_of(client_ip(request))):
        form.add_error("email", _("Too many mails were asked for from your network. Please try again later."))
        response = own_page(request, commenter, form, status=429)
        response["Retry-After"] = str(wait)
        return response
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
        commenter.refresh_from_db()
        return done("diteruskan" if keeping.release(commenter) else "terhubung")
    if commenter is None or not good or request.method == "POST":
        words["refused"] = _(
            "This link is not good here. It is good once, for a day, and in the browser in which you asked for it. "
            "You can ask for a new one."
        )
        return ask(request, words, status=403)
    words["text"] = _("This browser is then known as yours, and comments with this address appear on your page:")
    if commenter.kept_replies.exists():
        words["button"] = _("Confirm and send my reply")
    return ask(request, words | {"quote": commenter.pending_email})


@require_POST
@private
def name_saved(request: HttpRequest) -> HttpResponse:
    commenter = known(request)
    form = NameForm(request.POST)
    if not form.is_valid():
        return own_page(request, commenter, name_form=form, status=400)
    Commenter.objects.filter(pk=commenter.pk).update(name=form.cleaned_data["name"])
    return done("tersimpan")


@require_POST
@private
def kept_sent(request: HttpRequest, public_id: str) -> HttpResponse:
    """Send on a reply that waits for nothing any more but was not sent, because too many came at once or the thread was closed."""
    commenter = known(request)
    kept = get_object_or_404(commenter.kept_replies.select_related("article__section__publication", "parent"), public_id=public_id)
    try:
        keeping.release_one(kept, commenter)
    except Refused as error:
        return ask(request, {"title": _("Not sent yet"), "refused": kept_refusal(error)}, status=409)
    return done("diteruskan")


@require_http_methods(["GET", "HEAD", "POST"])
@private
def kept_taken(request: HttpRequest, token: str) -> HttpResponse:
    """A reply that was written in a frame comes to a page of ours, to whoever presses the button here."""
    kept = keeping.handed_over(token)
    words = {"title": _("Go on with your reply"), "text": _("This is your reply. Take it along to your own page:"), "button": _("Go on")}
    if kept is None:
        return ask(request, words | {"refused": _("This reply was sent or thrown away, or the link is too old.")}, status=404)
    if request.method != "POST":
        return ask(request, words | {"quote": kept.body})
    reader = identity.commenter_of(request) or Commenter.objects.create()
    keeping.take_along(kept, reader)
    response = done("diteruskan" if keeping.release(reader) else "ditahan")
    if reader.user_id is None:
        identity.remember(response, reader)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@private
def kept_dropped(request: HttpRequest, public_id: str) -> HttpResponse:
    kept = get_object_or_404(known(request).kept_replies.all(), public_id=public_id)
    if request.method == "POST":
        kept.delete()
        return done("dibuang")
    words = {"title": _("Throw this reply away?"), "text": _("It was not sent and is not kept."), "button": _("Throw away")}
    return ask(request, words | {"quote": kept.body})


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
    words: dict[str, Any] = {
        "title": _("Delete everything about me?"),
        "text": _(
            "The texts of your comments, your name, your address and all else that we keep about you are deleted for good. "
            "Replies of others stay, under an empty place."
        ),
        "button": _("Delete everything"),
    }
    account = reader_account(request)
    if account is not None and account.has_usable_password():
        words["password"] = True
    if request.method != "POST":
        return ask(request, words)
    if words.get("password") and account is not None:
        # A browser that was left open must not be enough to delete everything.
        if limits.hit("login", f"user:{account.pk}", settings.LOGIN_ATTEMPTS):
            return ask(request, words | {"wrong": _("Too many wrong passwords. Please try again later.")}, status=429)
        if not account.check_password(request.POST.get("password", "")):
            return ask(request, words | {"wrong": _("This is not your password.")}, status=400)
        limits.take_back("login", f"user:{account.pk}", settings.LOGIN_ATTEMPTS)
    try:
        erase(commenter)
    except ChangedMeanwhile:
        return ask(request, words | {"refused": _("One of your comments is being changed elsewhere. Please try again.")}, status=409)
    if account is not None:
        log_out(request)
    response = done("dihapus")
    response.delete_cookie(identity.COOKIE, samesite="Lax")
    return response


def ask(request: HttpRequest, words: dict[str, Any], status: int = 200) -> HttpResponse:
    """A page with one question and one button."""
    return render(request, "moderation/person/ask.html", words, status=status)


def done(word: str) -> HttpResponse:
    response = redirect(f"{reverse('person')}?kabar={word}")
    response.status_code = 303
    return response


def kept_refusal(error: Refused) -> str:
    """Why a kept reply cannot be sent on now."""
    if isinstance(error, EmailRequired):
        return _("Please confirm your e-mail address first.")
    if isinstance(error, AccountRequired):
        return _("Please log in or make an account first.")
    if isinstance(error, TooFast):
        return too_fast_words(error.seconds)
    if isinstance(error, ParentGone):
        return _("The comment that you reply to is no longer there.")
    if isinstance(error, Barred):
        return _("You cannot send comments here until %(until)s.") % {
            "until": date_format(timezone.localtime(error.until), "DATETIME_FORMAT")
        }
    return _("Comments on this article are closed.")


def refusal(error: Refused) -> str:
    if isinstance(error, WindowClosed):
        return _("The time in which this comment could be changed is over.")
    if isinstance(error, NotEditable):
        return _("A comment that was removed cannot be changed.")
    return _("The comment is being changed elsewhere. Please try again.")
