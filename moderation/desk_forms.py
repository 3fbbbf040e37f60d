"""What moderators fill in for themselves and each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from comments.text import clean_raw, is_blank
from moderation.desk_models import DeskPreference
from moderation.team import TEXT_LENGTH
from newsroom.models import Publication

if TYPE_CHECKING:  # Django's own class takes no type argument while it runs
    _PreferenceForm = forms.ModelForm[DeskPreference]
else:
    _PreferenceForm = forms.ModelForm


class HandoverForm(forms.Form):
    """What the next shift should know, and for whom it is."""

    text = forms.CharField(
        label=_("For the next shift"),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        error_messages={"required": _("Please write a few words.")},
    )
    publication = forms.ModelChoiceField(label=_("Publication"), queryset=Publication.objects.none(), required=False)

    def __init__(self, data: Any, *, publications: QuerySet[Publication], all_of_them: bool) -> None:
        super().__init__(data)
        field: Any = self.fields["publication"]
        field.queryset = publications
        field.required = not all_of_them
        field.empty_label = _("all") if all_of_them else None

    def clean_text(self) -> str:
        text = clean_raw(self.cleaned_data["text"].replace("\r\n", "\n"))
        if is_blank(text):
            raise ValidationError(_("Please write a few words."), code="required")
        if len(text) > TEXT_LENGTH:
            raise ValidationError(_("Please keep it below %(limit)d characters."), code="max_length", params={"limit": TEXT_LENGTH})
        return text


class PreferenceForm(_PreferenceForm):
    class Meta:
        model = DeskPreference
        fields = ["blur", "mixed", "break_minutes"]
