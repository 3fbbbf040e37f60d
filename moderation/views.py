"""The moderators' desk: the queue with one comment opened, decisions, and who has what on the screen.

Every page works without JavaScript: plain forms, each answered with a redirect. What a form posts back is the status and revision
that its page showed; if either moved on, the answer is 409 with what happened, and nothing was changed.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, cast

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from comments.models import Comment
from comments.states import Status
from comments.text import clean_raw
from moderation import decisions, queue
from moderation.access import comments_for, may_decide, scope_of, sections_for
from moderation.actions import ACTIONS, BadReason
from moderation.desk import NOTE_LENGTH, find, lay_out, name_of, what_became, what_happened
from moderation.models import Claim, Decision
from moderation.queue import ALIKE, PAGE_SIZE, SORTS, VIEWS, Place
from moderation.reasons import REJECTION_REASONS

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    class DeskRequest(HttpRequest):
        """A request that has passed `for_moderators`."""

        user: User


P = ParamSpec("P")
UNDO_OFFERED = timedelta(minutes=30)  # so long the page after a decision offers to take it back; the history does for ever


def for_moderators(view: Callable[Concatenate[DeskRequest, P], HttpResponse]) -> Callable[..., HttpResponse]:
    """Behind the admin's log-in, for those who may decide. Others on the staff get 403, everybody else the log-in page."""

    @wraps(view)
    def checked(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not may_decide(request.user):
            raise PermissionDenied
        return view(cast("DeskRequest", request), *args, **kwargs)

    return admin.site.admin_view(checked)


# --- Looking ------------------------------------------------------------------------------------------------------------


@for_moderators
@require_safe
def queue_page(request: DeskRequest) -> HttpResponse:
    """The queue; views that hand out open the next comment at once."""
    place = Place.read(request.GET)
    if place.view == "campaigns" and not place.alike:
        return redirect("queue-campaigns")
    comment = queue.hand_out(place, request.user, resume=True) if place.hands_out else None
    if comment is not None:
        comment = find(comment.public_id, request.user)
    return desk_page(request, place, comment)


@for_moderators
@require_safe
def item_page(request: DeskRequest, public_id: str) -> HttpResponse:
    """One comment, which this claims. `left` is the one that was on the screen before: it is given back."""
    comment = get_comment(request, public_id)
    left = request.GET.get("left", "")[:32]
    if left and left != public_id and (before := comments_for(request.user).filter(public_id=left).first()):
        queue.release(before, request.user)
    return desk_page(request, Place.read(request.GET), comment)


def desk_page(
    request: DeskRequest,
    place: Place,
    comment: Comment | None,
    *,
    status: int = 200,
    trouble: str = "",
    note: str = "",
    reason: str = "",
) -> HttpResponse:
    """Views, list and, if there is one, the opened comment. `trouble` says what did not work; what was typed is given back."""
    user = request.user
    item = None
    if comment is not None:
        claim = queue.claim(comment, user) if comment.status != Status.WITHDRAWN else None
        item = lay_out(comment, claim)
    listing = queue.listing(place, user)
    order = [row.comment.public_id for row in listing.rows]
    here = order.index(comment.public_id) if comment is not None and comment.public_id in order else -1
    context: dict[str, Any] = {
        **frame(request, place),
        "back": place.query(),
        "alike": ALIKE.get(place.alike),
        "listing": listing,
        "page_size": PAGE_SIZE,
        "item": item,
        "comment": comment,
        "mine": item is not None and queue.is_mine(item.claim, user),
        "looking": name_of(item.claim.moderator) if item and item.claim and item.claim.moderator_id != user.pk else "",
        "next_id": order[here + 1] if 0 <= here < len(order) - 1 else "",
        "previous_id": order[here - 1] if here > 0 else "",
        "chosen_reason": reason,
        "note": note,
        "trouble": trouble,
        **just_done(request),
    }
    return render(request, "moderation/desk/queue.html", context, status=status)


def frame(request: DeskRequest, place: Place | None = None, *, page: str = "", title: str = "") -> dict[str, Any]:
    """What each page of the desk needs around its own content. `page` names one beside the queue, see desk/pages.html."""
    place = place or Place()
    counts = queue.counts(request.user)
    return {
        **admin.site.each_context(request),
        "title": title or (ALIKE[place.alike] if place.alike else VIEWS[place.view]),
        "is_nav_sidebar_enabled": False,
        "page": page,
        "place": place,
        "views": [(name, words, counts.get(name)) for name, words in VIEWS.items()],
        "sorts": SORTS.items(),
        "sections": sections_for(request.user),
        "checks": settings.MODERATION_CHECKS,
        "reasons": list(enumerate(REJECTION_REASONS, start=1)),
        "note_length": NOTE_LENGTH,
        "report_limit": settings.REPORT_WEIGHT_TO_HOLD,
    }


def just_done(request: DeskRequest) -> dict[str, Any]:
    """What this moderator decided a moment ago, as the address names it, to be offered for undo."""
    done, batch = request.GET.get("done", ""), request.GET.get("batch", "")
    mine = Decision.objects.filter(scope_of(request.user, "comment__"), moderator_id=request.user.pk)
    mine = mine.filter(created_at__gte=timezone.now() - UNDO_OFFERED).exclude(kind=Decision.Kind.UNDO)
    if done.isascii() and done.isdigit() and len(done) < 19:
        decision = mine.filter(pk=int(done)).select_related("comment").first()
        if decision is not None:
            return {"done": decision, "done_undoable": queue.may_undo(decision, decision.comment)}
    elif (number := read_uuid(batch)) is not None:
        return {"batch": number, "batch_size": mine.filter(batch=number).count()}
    return {}


# --- Deciding -----------------------------------------------------------------------------------------------------------


@for_moderators
@require_POST
def decide(request: DeskRequest, public_id: str) -> HttpResponse:
    """Carry out one decision on the status and revision that the page showed. 409, and nothing changed, if they are no more."""
    comment = get_comment(request, public_id)
    place = place_posted(request)
    action = ACTIONS.get(request.POST.get("outcome", ""))
    shown = read_shown(request.POST.get("status", ""), request.POST.get("revision", ""))
    if action is None or shown is None:
        return HttpResponseBadRequest(_("The form is not complete. Please reload the page."), content_type="text/plain; charset=utf-8")
    note = clean_raw(request.POST.get("note", "").replace("\r\n", "\n"))
    reason = request.POST.get("reason", "")
    if len(note) > NOTE_LENGTH:
        trouble = _("Your note is %(length)d characters long; the limit is %(limit)d.") % {"length": len(note), "limit": NOTE_LENGTH}
        return desk_page(request, place, comment, status=400, trouble=trouble, note=note, reason=reason)
    try:
        why = action.reason(reason)
    except BadReason:
        trouble = _("Please choose a reason for the rejection; its author is told.")
        return desk_page(request, place, comment, status=400, trouble=trouble, note=note)
    comment.status, comment.revision = shown
    try:
        decision = decisions.decide(comment, action.outcome, kind=Decision.Kind.PERSON, reason=why, moderator=request.user, note=note)
    except decisions.Stale as stale:
        comment = get_comment(request, public_id)
        return desk_page(request, place, comment, status=409, trouble=what_happened(stale, shown[1]), note=note, reason=reason)
    queue.release(comment, request.user)
    return go_on(request, place, done=str(decision.pk))


def go_on(request: DeskRequest, place: Place, **more: str) -> HttpResponse:
    """To the next comment: the one that the view hands out, else the one that stood below in the list."""
    following = None
    if place.hands_out:
        following = queue.hand_out(place, request.user)
    elif below := request.POST.get("next", "")[:32]:
        following = comments_for(request.user).filter(public_id=below).first()
    return to_place(place, following, **more)


# --- Who has what on the screen -----------------------------------------------------------------------------------------


@for_moderators
@require_POST
def renew(request: DeskRequest, public_id: str) -> JsonResponse:
    """The page's script says that somebody is still at it. The claim in force, and what became of the comment meanwhile."""
    comment = get_comment(request, public_id)
    shown = read_shown(request.POST.get("status", ""), request.POST.get("revision", ""))
    found: Claim | None = None
    if comment.status != Status.WITHDRAWN:
        found = queue.claim(comment, request.user)
    became = ""
    if shown is not None and shown != (comment.status, comment.revision):
        became = what_became(comment, Decision.objects.filter(comment=comment).select_related("moderator").last(), shown[1])
    other = found is not None and not queue.is_mine(found, request.user)
    looking = _("%(who)s is looking at this") % {"who": name_of(found.moderator)} if found and other else ""
    return JsonResponse({"until": found.until.isoformat() if found and not other else "", "looking": looking, "became": became})


@for_moderators
@require_POST
def release(request: DeskRequest, public_id: str) -> HttpResponse:
    """The page is being left. Sent by its script as a beacon, so it carries the claim as the page knew it."""
    comment = get_comment(request, public_id)
    try:
        until = datetime.fromisoformat(request.POST.get("until", ""))
    except ValueError:
        until = None
    if until is not None and timezone.is_aware(until):
        queue.release(comment, request.user, until)
    return HttpResponse(status=204)


# --- Reading what was posted --------------------------------------------------------------------------------------------


def get_comment(request: DeskRequest, public_id: str) -> Comment:
    """The comment, if this moderator may see it; else 404, as if it were not there."""
    comment = find(public_id[:32], request.user)
    if comment is None:
        raise Http404
    return comment


def place_posted(request: HttpRequest) -> Place:
    """Where the form was, as its hidden field says. Read by the same rules as an address, so it leads nowhere else."""
    return Place.read(QueryDict(request.POST.get("back", "")[:500]))


def read_shown(status: str, revision: str) -> tuple[Status, int] | None:
    """The status and revision that a page showed, or None where that is not what was posted."""
    if status not in Status.values or not (revision.isascii() and revision.isdigit() and len(revision) < 10):
        return None
    return Status(status), int(revision)


def read_uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text[:36]) if text else None
    except ValueError:
        return None


def to_place(place: Place, comment: Comment | None = None, **more: str) -> HttpResponse:
    """303 to the queue, with a comment opened or without."""
    address = reverse("queue-item", args=[comment.public_id]) if comment is not None else reverse("queue")
    query = place.at(page=1).query(**more)
    response = redirect(f"{address}?{query}" if query else address)
    response.status_code = 303
    return response
