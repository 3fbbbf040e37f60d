"""The desk's pages about what runs in shadow: versions of the text models, and checks. Complete without JavaScript."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from moderation import check_modes, comparing, variants
from moderation.access import publications_for
from moderation.check_modes import Mode
from moderation.classifiers.model import ModelError
from moderation.models import CheckMode, Scope, Variant, VariantEvent
from moderation.tuning_views import SEE, seen_other, shown
from moderation.views import for_moderators

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from moderation.views import DeskRequest

PROMOTE = "moderation.promote_variant"
SET_MODE = "moderation.add_checkmode"
State = Variant.State

# What may be done with a version in each state, and the words on the button.
ACTIONS = {
    State.SHADOW: {"promote": gettext_lazy("Put into force"), "discard": gettext_lazy("Discard")},
    State.LIVE: {"roll_back": gettext_lazy("Take out of force, back to the former one")},
    State.FORMER: {"bring_back": gettext_lazy("Try again in shadow")},
    State.DISCARDED: {"bring_back": gettext_lazy("Try again in shadow")},
}
SLICE_NAMES = {
    "gambling": gettext_lazy("promotion of gambling"),
    "other-promotion": gettext_lazy("other advertising"),
    "abuse-id": gettext_lazy("abuse in Indonesian"),
    "abuse-en": gettext_lazy("abuse in English"),
    "gambling-as-news": gettext_lazy("gambling in the news"),
    "criticism": gettext_lazy("fierce criticism"),
    "regional-languages": gettext_lazy("regional languages"),
    "everyday": gettext_lazy("everyday talk"),
    "hard-words-in-innocent-use": gettext_lazy("hard words in innocent use"),
}


def may_see(user: User, row: Variant) -> bool:
    seen = publications_for(user, SEE)
    return seen.exists() if row.publication_id is None else seen.filter(pk=row.publication_id).exists()


def may_move(user: User, row: Variant) -> bool:
    """Whether somebody may put a version into force or take it out: at their publications; what counts everywhere, only without a scope."""
    if row.publication_id is None:
        return is_for_all(user, PROMOTE)
    return publications_for(user, PROMOTE).filter(pk=row.publication_id).exists()


def is_for_all(user: User, permission: str) -> bool:
    return user.has_perm(permission) and (user.is_superuser or not Scope.objects.filter(moderator=user).exists())


@for_moderators
@require_http_methods(["GET", "HEAD", "POST"])
def variant_page(request: DeskRequest, number: int) -> HttpResponse:
    """One version: what it was made from, how it compares, what became of it, and what may be done with it."""
    row: Variant = get_object_or_404(Variant.objects.defer("content").select_related("publication", "made_by"), pk=number)
    if not may_see(request.user, row):
        raise Http404
    allowed = may_move(request.user, row)
    trouble, status = "", 200
    if request.method == "POST":
        if not allowed:
            raise PermissionDenied
        trouble, status = act(request, row)
        if not trouble:
            return seen_other("tuning-variant", row.pk)
        row.refresh_from_db(fields=["state"])
    beside = variants.beside_of(row)
    context = {
        "variant": row,
        "comparison": comparing.of_variant(row, request.user),
        "slices": slices_of(row),
        "events": VariantEvent.objects.filter(variant=row).select_related("by"),
        "rests": not variants.is_for(row, beside),
        "actions": ACTIONS[State(row.state)] if allowed else {},
        "trouble": trouble,
        "why": request.POST.get("why", "")[:300],
    }
    title = f"{row.get_head_display()}, {row.get_kind_display()} {row.number}"
    return shown(request, "moderation/tuning/variant.html", title, context, status)


def act(request: DeskRequest, row: Variant) -> tuple[str, int]:
    """Do what the form asks for; ("", 200), or what is wrong and the status to say it with."""
    action, why = request.POST.get("action", ""), " ".join(request.POST.get("why", "").split())
    if row.state != request.POST.get("state") or action not in ACTIONS[State(row.state)]:
        return _("Somebody else was quicker. Please look again."), 409
    if not why:
        return _("Say why; your colleagues will read it."), 400
    move: Any = {"promote": variants.promote, "discard": variants.discard, "roll_back": variants.roll_back}.get(action, variants.bring_back)
    try:
        move(row, request.user, why)
    except variants.Refused as error:
        if not error.worse:
            return _("It was made for another model than the one in use. It rests."), 409
        names = ", ".join(str(SLICE_NAMES.get(name, name)) for name in error.worse)
        return _("It gets more of the fixed sentences wrong than the model without it: %(names)s.") % {"names": names}, 409
    except variants.Moved:
        return _("Somebody else was quicker. Please look again."), 409
    except ModelError:
        return _("It cannot be read. Nothing was changed."), 409
    return "", 200


def slices_of(row: Variant) -> list[dict[str, Any]]:
    """The fixed slices as they were measured when the version was made."""
    found = []
    for each in row.figures.get("guard", []):
        worse = each["queue"][1] > each["queue"][0] or each["strict"][1] > each["strict"][0]
        found.append({**each, "name": SLICE_NAMES.get(each["slice"], each["slice"]), "worse": worse})
    return found


# --- Checks -----------------------------------------------------------------------------------------------------------------


@for_moderators
@require_safe
def checks_page(request: DeskRequest) -> HttpResponse:
    """Every check with its mode."""
    if not request.user.has_perm(SEE):
        raise PermissionDenied
    rows = check_modes.latest()
    checks = [(name, Mode(rows[name].mode if name in rows else mode), rows.get(name)) for name, mode in check_modes.by_settings().items()]
    return shown(request, "moderation/tuning/checks.html", _("Checks"), {"check_rows": checks})


@for_moderators
@require_http_methods(["GET", "HEAD", "POST"])
def check_page(request: DeskRequest, name: str) -> HttpResponse:
    """One check: its mode, what it said in shadow beside the verdicts without it, and the form that changes its mode."""
    by_settings = check_modes.by_settings()
    if not request.user.has_perm(SEE):
        raise PermissionDenied
    if name not in by_settings:
        raise Http404
    allowed = is_for_all(request.user, SET_MODE)
    trouble, status = "", 200
    if request.method == "POST":
        if not allowed:
            raise PermissionDenied
        try:
            mode, was = request.POST.get("mode", ""), request.POST.get("was", "")
            check_modes.set_mode(name, mode, why=request.POST.get("why", ""), by=request.user, was=was)
        except check_modes.BadMode as error:
            trouble, status = str(error), 400
        else:
            return seen_other("tuning-check", name)
    latest = check_modes.latest().get(name)
    mode = Mode(latest.mode if latest is not None else by_settings[name])
    context = {
        "check": name,
        "mode": mode,
        "others": [each for each in Mode if each != mode] if allowed else [],
        "comparison": comparing.of_check(name, request.user),
        "history": CheckMode.objects.filter(check_name=name).select_related("set_by")[:50],
        "trouble": trouble,
        "why": request.POST.get("why", "")[:300],
    }
    return shown(request, "moderation/tuning/check.html", name, context, status)
