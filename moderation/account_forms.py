"""allauth's forms with our limits in front of what sends mail or tries a password, and without the newsroom's people."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.core import context
from django import forms
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from comments.forms import EmailField
from newsroom import limits
from newsroom.network import client_ip, network_of

NEEDED = {
    "email": gettext_lazy("Please write your e-mail address, for example nama@contoh.id."),
    "login": gettext_lazy("Please write your e-mail address, for example nama@contoh.id."),
    "password": gettext_lazy("Please write your password."),
    "password1": gettext_lazy("Please choose a password."),
    "oldpassword": gettext_lazy("Please write your password."),
    "code": gettext_lazy("Please write the code from the mail."),
}


class Worded(forms.Form):
    """Our own words for a field that was left empty, and no placeholders: a label stands beside each field."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            if name in NEEDED:
                field.error_messages["required"] = NEEDED[name]
            if isinstance(field, forms.EmailField):
                field.error_messages["invalid"] = EmailField.default_error_messages["invalid"]


class Limited(Worded):
    """One act of the network, counted only when everything else about the form is right."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            network = network_of(client_ip(context.request))
            if limits.hit("account", network, settings.LOGIN_MAILS):
                raise ValidationError(_("Too much was asked for from your network. Please try again later."), code="throttled")
        return cleaned


class OnePassword(Worded):
    """The new password is asked for once: whoever mistypes it gets a new one by mail."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("password2", None)


class LoginForm(Worded, allauth_forms.LoginForm):  # type: ignore[misc]  # allauth brings no types
    pass


class SignupForm(Limited, allauth_forms.SignupForm):  # type: ignore[misc]
    field_order = ["name", "email", "password1"]

    def try_save(self, request: HttpRequest) -> Any:
        """An address that has an account is answered as a new one is, and takes the time that a new one's password takes."""
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])
        return super().try_save(request)


class ResetPasswordForm(Limited, allauth_forms.ResetPasswordForm):  # type: ignore[misc]
    def clean_email(self) -> str:
        address: str = super().clean_email()
        self.users: list[User] = readers(self.users)
        return address


class RequestLoginCodeForm(Limited, allauth_forms.RequestLoginCodeForm):  # type: ignore[misc]
    def clean_email(self) -> str:
        address: str = super().clean_email()
        found: User | None = self._user
        self._user: User | None = next(iter(readers([found] if found else [])), None)
        return address


class ConfirmLoginCodeForm(Worded, allauth_forms.ConfirmLoginCodeForm):  # type: ignore[misc]
    pass


class ChangePasswordForm(OnePassword, allauth_forms.ChangePasswordForm):  # type: ignore[misc]
    def clean_oldpassword(self) -> str:
        """Counted as a log-in is: a browser that was left open must not become a place to guess at."""
        if limits.hit("login", f"user:{self.user.pk}", settings.LOGIN_ATTEMPTS):
            raise ValidationError(_("Too much was asked for from your network. Please try again later."), code="throttled")
        password: str = super().clean_oldpassword()
        limits.take_back("login", f"user:{self.user.pk}", settings.LOGIN_ATTEMPTS)
        return password


class SetPasswordForm(OnePassword, allauth_forms.SetPasswordForm):  # type: ignore[misc]
    pass


class ResetPasswordKeyForm(OnePassword, allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc]
    pass


class AddEmailForm(Limited, allauth_forms.AddEmailForm):  # type: ignore[misc]
    pass


def readers(users: list[User]) -> list[User]:
    """Those who may come in by this door; the newsroom's own are answered as somebody without an account is."""
    return [user for user in users if not user.is_staff]
