"""The account's pages: allauth's views in the publication's language, for nobody's cache, with what has to be done around them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from allauth.account import views
from allauth.account.models import EmailConfirmationHMAC
from allauth.account.stages import EmailVerificationStage, LoginStageController
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import SimpleTemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from comments import identity
from comments.places import Page
from comments.views import DETAILS_COOKIE
from moderation.accounts import SAID
from moderation.person_views import ask, private
from newsroom.models import Article

View = Callable[..., HttpResponseBase]


def account_page(view: View, *, own: bool = False) -> View:
    """`own` marks pages that manage an account. People of the newsroom manage theirs in the admin."""

    @private
    def page(request: HttpRequest, /, **kwargs: Any) -> HttpResponse:
        if own and request.user.is_authenticated and request.user.is_staff:
            return redirect("person")
        response = view(request, **kwargs)
        if isinstance(response, SimpleTemplateResponse):
            context = response.context_data or {}
            if request.session.get(SAID):
                context["said"] = request.session.pop(SAID)
            form = context.get("form")
            if form is not None and form.is_bound and form.errors:
                throttled = any(error.code == "throttled" for errors in form.errors.as_data().values() for error in errors)
                response.status_code = 429 if throttled else 400
            response.context_data = context
            response.render()  # here, while the language is set
        if getattr(request, "guest_joined", False):
            response.delete_cookie(identity.COOKIE, samesite="Lax")
        return cast("HttpResponse", response)

    return wraps(view)(page)


def confirm_email(request: HttpRequest, key: str) -> HttpResponseBase:
    """Only in the browser that asked. Else somebody could have a stranger confirm the stranger's address for an account of theirs."""
    verification = EmailConfirmationHMAC.from_key(key)
    if verification is not None and not is_own(request, verification.email_address.user_id):
        words = {
            "title": _("Confirm your e-mail address"),
            "refused": _("Please open this link in the browser in which you asked for it. Or log in here first; then you get a new link."),
            "way": (reverse("account_login"), _("Log in")),
        }
        return ask(request, words, status=403)
    return cast("HttpResponseBase", views.confirm_email(request, key=key))


def is_own(request: HttpRequest, user_id: int) -> bool:
    """Whether this browser is logged in as the user, or stands before the last step of it."""
    if request.user.is_authenticated:
        return request.user.pk == user_id
    stage = LoginStageController.enter(request, EmailVerificationStage.key)
    return stage is not None and stage.login.user is not None and stage.login.user.pk == user_id


def log_out(request: HttpRequest) -> HttpResponseBase:
    """Leaves nothing behind: not the session, nor the guest's token, nor the form's details, nor a draft in the browser's storage."""
    response = views.logout(request)
    if request.method == "POST":
        request.session.flush()
        response.delete_cookie(identity.COOKIE, samesite="Lax")
        Page(Article(slug="x")).drop_cookie(response, DETAILS_COOKIE)
        response["Clear-Site-Data"] = '"storage"'
    return cast("HttpResponseBase", response)


def to_own_page(request: HttpRequest) -> HttpResponse:
    return redirect("person")
