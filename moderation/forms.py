"""What readers fill in for the desk. One set of rules for the page and the API."""

from __future__ import annotations

from django import forms
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from comments.forms import EmailField, NameField
from comments.models import Commenter
from comments.text import clean_raw, is_blank
from moderation.models import Report

MOST_DETAIL = 1_000


class ReportForm(forms.Form):
    """Why a comment should be looked at: one of the given reasons, and if the reader wishes a few words."""

    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=Report.Why.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose a reason."), "invalid_choice": _("Please choose one of the reasons.")},
    )
    detail = forms.CharField(label=_("What should we know?"), required=False, strip=False, widget=forms.Textarea(attrs={"rows": 4}))

    def clean_detail(self) -> str:
        text = clean_raw(self.cleaned_data["detail"])
        if len(text) > MOST_DETAIL:
            raise ValidationError(_("Please keep it below 1,000 characters."), code="max_length")
        return text


class AddressForm(forms.Form):
    """The address to which a link is to be sent."""

    email = EmailField(label=_("Email"), max_length=254)


class NameForm(forms.Form):
    """The name that stands over somebody's comments; also a part of the form that makes an account."""

    name = NameField(label=_("Name"), strip=False)

    def signup(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Called by allauth once the account is made."""
        Commenter.objects.update_or_create(user_id=user.pk, defaults={"name": self.cleaned_data["name"]})


class AppealForm(forms.Form):
    """Why an author thinks a decision wrong, or what a moderator answers."""

    text = forms.CharField(
        label=_("Your words"),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
        error_messages={"required": _("Please write a few words.")},
    )

    def clean_text(self) -> str:
        text = clean_raw(self.cleaned_data["text"].replace("\r\n", "\n"))
        if is_blank(text):
            raise ValidationError(_("Please write a few words."), code="required")
        if len(text) > MOST_DETAIL:
            raise ValidationError(_("Please keep it below 1,000 characters."), code="max_length")
        return text
