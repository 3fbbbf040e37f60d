"""The desk's pages about the text models at a publication: what is in force, and setting it. Complete without JavaScript."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from moderation import thresholds
from moderation.access import publications_for
from moderation.classifiers.model import ModelError
from moderation.models import Head, Threshold
from newsroom.models import Publication

if TYPE_CHECKING:
    from django.contrib.auth.models import User

SEE = "moderation.view_threshold"
SET = "moderation.add_threshold"
MOST_SHOWN = 50

# What the two thresholds of a head do, in an editor's words.
QUEUE_WORDS = gettext_lazy("From here on a comment waits for a person.")
STRICT_WORDS = {
    Head.GAMBLING: gettext_lazy("From here on a comment goes to spam at once. It is kept and can be restored."),
    Head.PROMOTION: gettext_lazy("From here on a comment waits higher up in the queue. It never becomes spam by this model alone."),
    Head.ABUSE_ID: gettext_lazy("From here on a comment waits higher up in the queue. No comment is refused by this model alone."),
    Head.ABUSE_EN: gettext_lazy("From here on a comment waits higher up in the queue. No comment is refused by this model alone."),
}


class ThresholdForm(forms.Form):
    queue = forms.FloatField(
        label=gettext_lazy("Queue threshold"), help_text=QUEUE_WORDS, widget=forms.NumberInput(attrs={"step": "any", "min": 0, "max": 1})
    )
    strict = forms.FloatField(label=gettext_lazy("Strict threshold"), widget=forms.NumberInput(attrs={"step": "any", "min": 0, "max": 1}))
    why = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=thresholds.WHY_LENGTH,
        help_text=gettext_lazy("One sentence for your colleagues. It stays in the history, with your name and the time."),
    )
    below_own = forms.BooleanField(label=gettext_lazy("I know that the strict threshold is below the model's own"), required=False)


def publication_for(request: HttpRequest, number: int, permission: str) -> Publication:
    """The publication, if this person may use the permission on it; 404 where they may not even see it, 403 where they may only see."""
    user = cast("User", request.user)
    if (found := publications_for(user, permission).filter(pk=number).first()) is not None:
        return found
    if publications_for(user, SEE).filter(pk=number).exists():
        raise PermissionDenied
    raise Http404


def shown(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    context = {**admin.site.each_context(request), "is_nav_sidebar_enabled": False, **context}
    return render(request, template, context, status=status)


def seen_other(name: str, *args: object) -> HttpResponse:
    response = redirect(name, *args)
    response.status_code = 303
    return response


@admin.site.admin_view
@require_safe
def models_page(request: HttpRequest) -> HttpResponse:
    """All models of one publication; of the first that this person may see, where the address names none."""
    mine = list(publications_for(cast("User", request.user), SEE))
    if not mine:
        raise PermissionDenied
    asked = request.GET.get("publication", "")
    chosen = next((each for each in mine if str(each.pk) == asked), mine[0])
    if asked and str(chosen.pk) != asked:
        raise Http404
    heads = {each.head: each for each in thresholds.overview(chosen.pk)}
    context = {
        "title": _("Text models"),
        "publication": chosen,
        "publications": mine,
        "heads": [(head, heads.get(head)) for head in Head],
    }
    return shown(request, "moderation/tuning/models.html", context)


@admin.site.admin_view
@require_http_methods(["GET", "HEAD", "POST"])
def head_page(request: HttpRequest, number: int, head: str) -> HttpResponse:
    """One model at one publication: its thresholds, their history, and the form that sets others."""
    publication = publication_for(request, number, SET if request.method == "POST" else SEE)
    if head not in Head.values:
        raise Http404
    now = next((each for each in thresholds.overview(publication.pk) if each.head == head), None)
    form = threshold_form(head, {"queue": f"{now.queue:.6f}", "strict": f"{now.strict:.6f}"} if now is not None else {})
    status = 200
    if request.method == "POST":
        user = cast("User", request.user)
        form = threshold_form(head, {}, request.POST)
        try:
            if "own" in request.POST:
                why = _("Back to the model's own thresholds")
                thresholds.set_thresholds(publication, head, None, why=request.POST.get("why", "").strip() or why, by=user)
            elif form.is_valid():
                given = form.cleaned_data
                numbers = (given["strict"], given["queue"])
                thresholds.set_thresholds(publication, head, numbers, why=given["why"], by=user, below_own=given["below_own"])
            else:
                raise thresholds.BadThreshold
        except thresholds.BadThreshold as error:
            if str(error):
                form.add_error(None, str(error))
            status = 400
        except ModelError:
            form.add_error(None, _("This model cannot be read at the moment."))
            status = 503
        else:
            messages.success(request, _("The thresholds are set. They count from the next comment on."))
            return seen_other("tuning-head", publication.pk, head)
    context = {
        "title": f"{Head(head).label} · {publication}",
        "publication": publication,
        "head": Head(head),
        "now": now,
        "form": form,
        "may_set": publications_for(cast("User", request.user), SET).filter(pk=publication.pk).exists(),
        "history": Threshold.objects.filter(publication=publication, head=head).select_related("set_by")[:MOST_SHOWN],
    }
    return shown(request, "moderation/tuning/head.html", context, status)


def threshold_form(head: str, initial: dict[str, str], data: Any = None) -> ThresholdForm:
    form = ThresholdForm(data, initial=initial)
    form.fields["strict"].help_text = STRICT_WORDS[Head(head)]
    return form
