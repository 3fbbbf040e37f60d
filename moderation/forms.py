"""What readers fill in for the desk. One set of rules for the page and the API."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from comments.forms import EmailField, NameField
from comments.models import Commenter
from comments.text import clean_line, clean_raw, is_blank
from moderation.legal import Target, find_target
from moderation.models import LegalNotice, Report

MOST_DETAIL = 1_000
MOST_EXPLANATION = 3_000


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


class LegalForm(forms.Form):
    """A notice of illegal content: where, what, why, who, and that it is meant in good faith. `target` is what the address means."""

    address = forms.CharField(
        label=_("Address of the comment"),
        max_length=500,
        error_messages={"required": _("Please give the address of the comment.")},
    )
    kind = forms.ChoiceField(
        label=_("What is illegal about it?"),
        choices=LegalNotice.Kind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose what it is about."), "invalid_choice": _("Please choose what it is about.")},
    )
    explanation = forms.CharField(
        label=_("Why is it illegal?"),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
        error_messages={"required": _("Please explain why it is illegal.")},
    )
    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    email = EmailField(label=_("Email"), max_length=254, required=False)
    good_faith = forms.BooleanField(
        label=_("I believe in good faith that what I have written here is correct and complete."),
        error_messages={"required": _("Please confirm that you believe it to be correct.")},
    )
    target: Target | None = None

    def clean_address(self) -> str:
        address = clean_line(self.cleaned_data["address"])
        self.target = find_target(address)
        if self.target is None:
            raise ValidationError(_("We do not find this here. Open “Copy link” in the menu of the comment and paste it."), code="unknown")
        return address

    def clean_explanation(self) -> str:
        text = clean_raw(self.cleaned_data["explanation"].replace("\r\n", "\n"))
        if is_blank(text):
            raise ValidationError(_("Please explain why it is illegal."), code="required")
        if len(text) > MOST_EXPLANATION:
            raise ValidationError(_("Please keep it below 3,000 characters."), code="max_length")
        return text

    def clean_name(self) -> str:
        text = clean_line(self.cleaned_data["name"])
        return "" if is_blank(text) else text

    def clean(self) -> dict[str, Any]:
        # Whoever reports the abuse of children need not say who they are (article 16, paragraph 2, letter c).
        if self.cleaned_data.get("kind") != LegalNotice.Kind.CHILDREN:
            for name, words in (("name", _("Please write your name.")), ("email", _("Please write your e-mail address."))):
                if name not in self.errors and not self.cleaned_data.get(name):
                    self.add_error(name, ValidationError(words, code="required"))
        return self.cleaned_data
