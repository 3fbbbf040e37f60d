"""The desk's pages about people: one person with their history and the measures against them, and all measures in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from comments.models import Comment
from comments.states import Status
from comments.text import clean_raw, is_blank
from moderation import sanctions
from moderation.access import comments_for
from moderation.desk import covered_among
from moderation.models import Sanction
from moderation.reasons import REJECTION_REASONS
from moderation.views import for_moderators, frame, get_comment

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from moderation.views import DeskRequest

MOST_WORDS = 1_000
MOST_SHOWN = 100
LENGTHS = [(f"{kind}:{days}", kind, days) for kind, lengths in sanctions.LENGTHS.items() for days in lengths]


class WordsField(forms.CharField):
    """Words that somebody is told, or a note: bounded, without characters that nobody types."""

    def __init__(self, **options: Any) -> None:
        super().__init__(strip=False, widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}), **options)

    def clean(self, value: Any) -> str:
        text = clean_raw(str(super().clean(value) or "").replace("\r\n", "\n"))
        if self.required and is_blank(text):
            raise ValidationError(_("Please write a few words."), code="required")
        if len(text) > MOST_WORDS:
            raise ValidationError(_("Please keep it below 1,000 characters."), code="max_length")
        return "" if is_blank(text) else text


class SanctionForm(forms.Form):
    """What is to be done, for how long, where, why, and in which words the person is told."""

    measure = forms.ChoiceField(label=gettext_lazy("Measure"))
    reason = forms.ChoiceField(label=gettext_lazy("Reason"), choices=[(reason.value, reason.label) for reason in REJECTION_REASONS])
    everywhere = forms.BooleanField(label=gettext_lazy("In all publications"), required=False)
    statement = WordsField(label=gettext_lazy("Words to the person"))
    note = WordsField(label=gettext_lazy("Note for colleagues"), required=False)

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        measure = self.fields["measure"]
        assert isinstance(measure, forms.ChoiceField)
        measure.choices = [
            (value, _("%(kind)s, %(days)d days") % {"kind": Sanction.Kind(kind).label, "days": days})
            for value, kind, days in LENGTHS
            if sanctions.may_impose(user, kind)
        ]
        if not sanctions.everywhere(user):
            del self.fields["everywhere"]


class LiftForm(forms.Form):
    why = WordsField(label=gettext_lazy("Why"))


def for_imposers(user: User) -> None:
    if not user.has_perm("moderation.impose"):
        raise PermissionDenied


@for_moderators
@require_safe
def people_page(request: DeskRequest) -> HttpResponse:
    """Measures in force, those with an objection that waits first, and the ended ones of late."""
    rows = sanctions.visible_to(request.user)
    waiting = sanctions.objections(request.user)
    present = rows.filter(sanctions.in_force()).exclude(pk__in=waiting.values("pk")).order_by("-created_at", "-id")
    past = rows.filter(Q(lifted_at__isnull=False) | Q(ends_at__lte=timezone.now())).order_by("-created_at", "-id")
    context = {"waiting": waiting[:MOST_SHOWN], "present": present[:MOST_SHOWN], "past": past[:20]}
    return render(request, "moderation/desk/people.html", {**frame(request, page="people", title=_("Measures")), **context})


@for_moderators
@require_http_methods(["GET", "HEAD", "POST"])
def person_page(request: DeskRequest, public_id: str) -> HttpResponse:
    """The person behind a comment: what they wrote, what became of it, measures; and the form for a new one."""
    comment = get_comment(request, public_id)
    may = comment.commenter_id is not None and request.user.has_perm("moderation.impose")
    if request.method != "POST":
        return shown(request, comment, SanctionForm(request.user) if may else None)
    for_imposers(request.user)
    if comment.commenter_id is None:
        return shown(request, comment, None, status=409)
    form = SanctionForm(request.user, request.POST)
    if not form.is_valid():
        return shown(request, comment, form, status=400)
    kind, _colon, days = form.cleaned_data["measure"].partition(":")
    try:
        sanctions.impose(
            comment,
            request.user,
            kind,
            days=int(days),
            reason=form.cleaned_data["reason"],
            statement=form.cleaned_data["statement"],
            note=form.cleaned_data["note"],
            everywhere_too=form.cleaned_data.get("everywhere", False),
        )
    except sanctions.NotAllowed as error:
        raise PermissionDenied from error
    messages.success(request, _("The measure is in force, and the person is told."))
    response = redirect("desk-person", public_id=comment.public_id)
    response.status_code = 303
    return response


def shown(request: DeskRequest, comment: Comment, form: SanctionForm | None, status: int = 200) -> HttpResponse:
    now = timezone.now()
    theirs = comments_for(request.user).filter(commenter_id=comment.commenter_id) if comment.commenter_id else Comment.objects.none()
    since = sanctions.trusted_since(comment.commenter_id, now)
    approved = theirs.filter(status=Status.APPROVED, created_at__gte=since)[:999].count()
    refused = theirs.filter(status__in=[Status.REJECTED, Status.SPAM])[:999].count()
    trust = sanctions.trust(approved, refused, since)
    rows = sanctions.visible_to(request.user).filter(commenter_id=comment.commenter_id) if comment.commenter_id else Sanction.objects.none()
    latest = list(theirs.select_related("article").order_by("-created_at", "-id")[:10])
    context = {
        "comment": comment,
        "commenter": comment.commenter,
        "trust": trust,
        "level": sanctions.TRUST_WORDS[trust.level],
        "latest": latest,
        "covered_ids": covered_among(latest, request.user),
        "sanctions": rows[:MOST_SHOWN],
        "nearby": sanctions.barred_nearby(comment.network, comment.commenter_id, comment.article.publication),
        "form": form,
        "now": now,
    }
    title = _("Person")
    return render(request, "moderation/desk/person.html", {**frame(request, page="people", title=title), **context}, status=status)


@for_moderators
@require_POST
def lift(request: DeskRequest, number: int) -> HttpResponse:
    """End a measure early, with a reason: whoever may impose its kind may lift it."""
    sanction: Sanction = get_object_or_404(sanctions.visible_to(request.user), pk=number)
    if not sanctions.may_impose(request.user, sanction.kind):
        raise PermissionDenied
    form = LiftForm(request.POST)
    if not form.is_valid():
        return measure_shown(request, sanction, form, status=400)
    try:
        sanctions.lift(sanction, request.user, form.cleaned_data["why"])
    except sanctions.Settled:
        return measure_shown(request, sanction, form, status=409, trouble=_("This measure has ended already. Nothing was changed."))
    messages.success(request, _("The measure is lifted."))
    return to_measure(sanction)


@for_moderators
@require_http_methods(["GET", "HEAD", "POST"])
def measure(request: DeskRequest, number: int) -> HttpResponse:
    """One measure; POST answers the objection to it. Whoever imposed it does not answer."""
    sanction: Sanction = get_object_or_404(sanctions.visible_to(request.user), pk=number)
    if request.method != "POST":
        return measure_shown(request, sanction, LiftForm())
    if not sanctions.may_impose(request.user, sanction.kind):
        raise PermissionDenied
    form = LiftForm(request.POST)
    choice = request.POST.get("choice", "")
    if choice not in {"grant", "refuse"} or not form.is_valid():
        return measure_shown(request, sanction, form, status=400)
    try:
        sanctions.answer(sanction, request.user, granted=choice == "grant", words=form.cleaned_data["why"])
    except sanctions.NotYours as error:
        raise PermissionDenied from error
    except sanctions.Settled:
        return measure_shown(request, sanction, form, status=409, trouble=_("Somebody else was quicker. Your answer is not saved."))
    messages.success(request, _("The objection is answered, and the person is told."))
    return to_measure(sanction)


def measure_shown(request: DeskRequest, sanction: Sanction, form: LiftForm, status: int = 200, trouble: str = "") -> HttpResponse:
    may = sanctions.may_impose(request.user, sanction.kind)
    context = {
        "sanction": sanction,
        "form": form,
        "trouble": trouble,
        "in_force": sanction.lifted_at is None and sanction.ends_at > timezone.now(),
        "may": may,
        "may_answer": may and sanction.moderator_id != request.user.pk,
    }
    return render(request, "moderation/desk/measure.html", {**frame(request, page="people", title=_("Measure")), **context}, status=status)


def to_measure(sanction: Sanction) -> HttpResponse:
    response = redirect("desk-measure", number=sanction.pk)
    response.status_code = 303
    return response
