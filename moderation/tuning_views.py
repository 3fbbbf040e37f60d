"""The desk's pages about the text models at a publication: what is in force, and setting it. Complete without JavaScript."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from moderation import calibration, thresholds, variants
from moderation.access import publications_for
from moderation.calibration import BANDS, Calibration, Proposal
from moderation.classifiers.model import ModelError
from moderation.models import Head, LearningTurn, Threshold, Variant
from moderation.views import for_moderators, frame
from newsroom.models import Publication

if TYPE_CHECKING:
    from moderation.views import DeskRequest

SEE = "moderation.view_threshold"
SET = "moderation.add_threshold"
MOST_SHOWN = 50
State = Variant.State

# What the two thresholds of a head do, in an editor's words.
QUEUE_WORDS = gettext_lazy("From here on a comment waits for a person.")
STRICT_WORDS = {
    Head.GAMBLING: gettext_lazy("From here on a comment goes to spam at once. It is kept and can be restored."),
    Head.PROMOTION: gettext_lazy("From here on a comment waits higher up in the queue. It never becomes spam by this model alone."),
    Head.ABUSE_ID: gettext_lazy("From here on a comment waits higher up in the queue. No comment is refused by this model alone."),
    Head.ABUSE_EN: gettext_lazy("From here on a comment waits higher up in the queue. No comment is refused by this model alone."),
}


OUTCOME_WORDS = {
    "made": gettext_lazy("A new correction was learned."),
    "few": gettext_lazy("Too few decisions so far."),
    "unchanged": gettext_lazy("Nothing new was decided."),
    "nothing": gettext_lazy("The decisions taught it nothing new."),
    "unusable": gettext_lazy("The model could not be read."),
    "overtaken": gettext_lazy("Another process was quicker."),
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
    approved = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)  # of a calibration
    below_own = forms.BooleanField(label=gettext_lazy("I know that the strict threshold is below the model's own"), required=False)


def publication_for(request: DeskRequest, number: int, permission: str) -> Publication:
    """The publication, if this person may use the permission on it; 404 where they may not even see it, 403 where they may only see."""
    user = request.user
    if (found := publications_for(user, permission).filter(pk=number).first()) is not None:
        return found
    if publications_for(user, SEE).filter(pk=number).exists():
        raise PermissionDenied
    raise Http404


def shown(request: DeskRequest, template: str, title: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    return render(request, template, {**frame(request, page="models", title=title), **context}, status=status)


def seen_other(name: str, *args: object) -> HttpResponse:
    response = redirect(name, *args)
    response.status_code = 303
    return response


@for_moderators
@require_safe
def models_page(request: DeskRequest) -> HttpResponse:
    """All models of one publication; of the first that this person may see, where the address names none."""
    mine = list(publications_for(request.user, SEE))
    if not mine:
        raise PermissionDenied
    asked = request.GET.get("publication", "")
    chosen = next((each for each in mine if str(each.pk) == asked), mine[0])
    if asked and str(chosen.pk) != asked:
        raise Http404
    heads = {each.head: each for each in thresholds.overview(chosen.pk, variants.now(chosen.pk).models)}
    running = Variant.objects.filter(Q(publication=None) | Q(publication=chosen), state__in=[State.LIVE, State.SHADOW]).defer("content")
    versions: dict[str, list[Variant]] = {}
    for row in running.order_by("state", "id"):
        versions.setdefault(row.head, []).append(row)
    context = {
        "publication": chosen,
        "publications": mine,
        "heads": [(head, heads.get(head), versions.get(head, [])) for head in Head],
    }
    return shown(request, "moderation/tuning/models.html", _("Text models"), context)


@for_moderators
@require_http_methods(["GET", "HEAD", "POST"])
def head_page(request: DeskRequest, number: int, head: str) -> HttpResponse:
    """One model at one publication: its thresholds, their history, and the form that sets others."""
    publication = publication_for(request, number, SET if request.method == "POST" else SEE)
    if head not in Head.values:
        raise Http404
    models = variants.now(publication.pk).models
    now = next((each for each in thresholds.overview(publication.pk, models) if each.head == head), None)
    initial = {"queue": f"{now.queue:.6f}", "strict": f"{now.strict:.6f}"} if now is not None else {}
    form, status, calibrated = threshold_form(head, initial), 200, None
    if "calibrate" in request.POST:
        calibrated = calibration.calibrate(publication, seconds=calibration.PAGE_SECONDS, heads=[head])
        if calibrated.proposals:
            form = threshold_form(head, proposed_form(calibrated))
    elif request.method == "POST":
        form = threshold_form(head, {}, request.POST)
        status = set_posted(request, publication, head, form)
        if status == 303:
            messages.success(request, _("The thresholds are set. They count from the next comment on."))
            return seen_other("tuning-head", publication.pk, head)
    places = Q(publication=publication) | Q(publication=None)
    context = {
        "publication": publication,
        "head": Head(head),
        "now": now,
        "form": form,
        "may_set": publications_for(request.user, SET).filter(pk=publication.pk).exists(),
        "history": Threshold.objects.filter(publication=publication, head=head).select_related("set_by")[:MOST_SHOWN],
        "calibrated": calibrated,
        "proposal": calibrated.proposals[0] if calibrated and calibrated.proposals else None,
        "bands": bands_of(calibrated.proposals[0]) if calibrated and calibrated.proposals else [],
        "least": calibration.LEAST,
        "versions": Variant.objects.filter(places, head=head).defer("content").select_related("publication")[:MOST_SHOWN],
        "turn": LearningTurn.objects.filter(publication=publication, head=head).exclude(outcome="").first(),
        "outcomes": OUTCOME_WORDS,
    }
    return shown(request, "moderation/tuning/head.html", f"{Head(head).label} · {publication}", context, status)


def set_posted(request: DeskRequest, publication: Publication, head: str, form: ThresholdForm) -> int:
    """Set what the form asks for: 303 where it is done, else the status of the page that says what is wrong."""
    models = variants.now(publication.pk).models
    try:
        if "own" in request.POST:
            why = " ".join(request.POST.get("why", "").split()) or _("Back to the model's own thresholds")
            thresholds.set_thresholds(publication, head, None, why=why, by=request.user, models=models)
            return 303
        if not form.is_valid():
            return 400
        given = form.cleaned_data
        numbers, basis = (given["strict"], given["queue"]), {}
        if given["approved"]:
            basis = {"approved": given["approved"], "one_in": calibration.ONE_IN}
        thresholds.set_thresholds(
            publication, head, numbers, why=given["why"], by=request.user, below_own=given["below_own"], basis=basis, models=models
        )
    except thresholds.BadThreshold as error:
        form.add_error(None, str(error))
        return 400
    except ModelError:
        form.add_error(None, _("This model cannot be read at the moment."))
        return 503
    return 303


def proposed_form(found: Calibration) -> dict[str, Any]:
    """What a calibration puts into the form; a person sends it, or does not."""
    proposal = found.proposals[0]
    why = _("Calibrated from %(count)d approved comments") % {"count": found.approved}
    return {"queue": f"{proposal.queue:.6f}", "strict": f"{proposal.strict:.6f}", "why": why, "approved": found.approved}


def bands_of(proposal: Proposal) -> list[tuple[float, float, int, int]]:
    """The approved comments by probability: from, to, how many, and the length of the bar in per cent."""
    most = max(max(proposal.bands), 1)
    pairs = zip(BANDS, BANDS[1:], proposal.bands, strict=False)
    # A bar that is there can be seen, however long the longest is.
    return [(low, high, count, max(1, round(100 * count / most)) if count else 0) for low, high, count in pairs]


def threshold_form(head: str, initial: dict[str, Any], data: Any = None) -> ThresholdForm:
    form = ThresholdForm(data, initial=initial)
    form.fields["strict"].help_text = STRICT_WORDS[Head(head)]
    return form
