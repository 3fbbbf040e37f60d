"""The desk's pages for many comments at once: bulk actions and their progress, undo, and campaigns."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from comments.models import Comment
from comments.states import Status
from comments.text import clean_raw
from moderation import bulk as bulks
from moderation import campaign_desk, decisions, queue
from moderation.access import comments_for, scope_of
from moderation.actions import ACTIONS, BadReason
from moderation.desk import NOTE_LENGTH, covered_among, find, what_became, what_happened
from moderation.models import BulkAction, BulkItem, Decision
from moderation.place import Place
from moderation.views import desk_page, for_moderators, frame, get_comment, place_posted, read_shown, read_uuid, to_place

if TYPE_CHECKING:
    from moderation.views import DeskRequest

MOST_AT_ONCE = 200
NAMED = 5  # of those that were left as they are, in the message
LISTED = 100  # the same, on the page of progress


@for_moderators
@require_POST
def bulk(request: DeskRequest) -> HttpResponse:
    """One action on the selected comments, or with `everything` on all that the list at `back` holds, on other pages, too.

    What moved on meanwhile is left alone, and named. More than can be decided while somebody waits goes on in the worker.
    """
    place = place_posted(request)
    action = ACTIONS.get(request.POST.get("outcome", ""))
    picked = request.POST.getlist("pick")
    everything = bool(request.POST.get("everything")) and bool(place.alike)
    if action is None or len(picked) > MOST_AT_ONCE:
        return HttpResponseBadRequest(_("The form is not complete. Please reload the page."), content_type="text/plain; charset=utf-8")
    reason = request.POST.get("reason", "")
    note = clean_raw(request.POST.get("note", "").replace("\r\n", "\n"))

    def refused(trouble: str) -> HttpResponse:
        return ask_again(request, place, trouble, {"note": note, "reason": reason, "picked": picked})

    try:
        why = action.reason(reason)
    except BadReason:
        return refused(_("Please choose a reason for the rejection; its author is told."))
    if len(note) > NOTE_LENGTH:
        return refused(_("Your note is %(length)d characters long; the limit is %(limit)d.") % {"length": len(note), "limit": NOTE_LENGTH})
    shown = {}
    for pick in picked:
        public_id, _colon, state = pick.partition(":")
        status, _colon, revision = state.partition(":")
        if (seen := read_shown(status, revision)) is not None:
            shown[public_id] = seen
    seen_rows: list[bulks.Seen] = []
    if everything:
        rows = queue.selected(place, request.user).exclude(status__in=[action.outcome, Status.WITHDRAWN, Status.PENDING])
        seen_rows = list(rows.order_by("pk").values_list("pk", "status", "revision")[: bulks.MOST])
    for pk, public_id in comments_for(request.user).filter(public_id__in=shown).values_list("pk", "public_id"):
        seen_rows.append((pk, *shown[public_id]))
    if not seen_rows:
        return refused(_("No comment was selected. Your note and your reason are still here."))
    source = place.alike if everything else BulkAction.Source.SELECTION
    return after(request, place, bulks.order(request.user, action, why, seen_rows, source=source, note=note))


def ask_again(request: DeskRequest, place: Place, trouble: str, typed: dict[str, Any]) -> HttpResponse:
    """The page that the bulk action was ordered on, with what was typed and selected there."""
    if place.alike == "campaign" and place.of.isascii() and place.of.isdigit():
        return campaign_page(request, int(place.of), trouble=trouble, typed=typed, status=400)
    open_id = request.POST.get("open", "")[:32]
    comment = find(open_id, request.user) if open_id else None
    return desk_page(request, place, comment, status=400, trouble=trouble, typed=typed)


def after(request: DeskRequest, place: Place, bulk: BulkAction) -> HttpResponse:
    """Back to the queue where all is done, else to the page of progress."""
    if bulk.finished_at is None:
        return see_other(reverse("queue-progress", args=[bulk.number]))
    counts = bulks.counts(bulk)
    if counts["skipped"]:
        late = [f"{item.comment.author_name}: {became(item)}" for item in bulks.skipped(bulk, request.user, NAMED)]
        words = ngettext("%(count)d comment was left as it is.", "%(count)d comments were left as they are.", counts["skipped"])
        messages.warning(request, " ".join([words % {"count": counts["skipped"]}, *late]))
    return back_to(place, batch=str(bulk.number)) if counts["done"] else back_to(place)


@for_moderators
@require_POST
def undo(request: DeskRequest) -> HttpResponse:
    """Take back one decision, or all of a bulk action. What can no longer be taken back is left alone, and said."""
    place = place_posted(request)
    if (batch := read_uuid(request.POST.get("batch", ""))) is not None:
        return undo_batch(request, place, batch)
    number = request.POST.get("decision", "")
    rows = Decision.objects.filter(scope_of(request.user, "comment__")).select_related("comment")
    found = rows.filter(pk=int(number)).first() if number.isascii() and number.isdigit() and len(number) < 19 else None
    if found is None:
        raise Http404
    comment = get_comment(request, found.comment.public_id)
    try:
        decisions.undo(found, request.user)
    except decisions.UndoRefused:
        trouble = _("This decision can no longer be taken back: there is a later one, or the text was changed.")
        return desk_page(request, place, comment, status=409, trouble=trouble)
    except decisions.Stale as stale:
        return desk_page(request, place, get_comment(request, comment.public_id), status=409, trouble=what_happened(stale, found.revision))
    messages.success(request, _("Taken back. The comment is again as it was before."))
    return to_place(place, comment)


def undo_batch(request: DeskRequest, place: Place, number: uuid.UUID) -> HttpResponse:
    found = BulkAction.objects.filter(number=number, undoes=None).first()
    if found is None:
        messages.warning(request, _("There is nothing to take back."))
        return back_to(place)
    if found.finished_at is None:
        messages.warning(request, _("The action is still at work. It can be taken back as soon as it is done."))
        return see_other(reverse("queue-progress", args=[number]))
    bulk = bulks.order_undo(found, request.user)
    if bulk.finished_at is None:
        return see_other(reverse("queue-progress", args=[bulk.number]))
    counts = bulks.counts(bulk)
    back, kept = counts["done"], counts["skipped"]
    if back:
        words = ngettext("%(count)d comment is again as it was before.", "%(count)d comments are again as they were before.", back)
        messages.success(request, words % {"count": back})
    if kept or not back:
        words = ngettext("%(count)d decision could no longer be taken back.", "%(count)d decisions could no longer be taken back.", kept)
        messages.warning(request, words % {"count": kept})
    return back_to(place)


@for_moderators
@require_safe
def progress(request: DeskRequest, number: uuid.UUID) -> HttpResponse:
    """How far a bulk action is. For the one who ordered it, and for whoever may see one of its comments; else 404."""
    bulk = BulkAction.objects.filter(number=number).select_related("moderator", "undoes").first()
    if bulk is None:
        raise Http404
    if bulk.moderator_id != request.user.pk and not bulk.items.filter(comment__in=comments_for(request.user)).exists():
        raise Http404
    counts = bulks.counts(bulk)
    left = bulks.skipped(bulk, request.user, LISTED)
    context = {
        **frame(request, page="bulk", title=_("Bulk action")),
        "bulk": bulk,
        "counts": counts,
        "settled": counts["done"] + counts["skipped"],
        "left": [(item, became(item)) for item in left],
        "undoable": bulk.finished_at is not None and bulk.undoes_id is None and counts["done"] > 0,
        "back": "",
    }
    response = render(request, "moderation/desk/progress.html", context)
    if bulk.finished_at is None:
        response["Refresh"] = "2"
    return response


@for_moderators
@require_safe
def campaigns(request: DeskRequest) -> HttpResponse:
    """All campaigns with members in the moderator's scope, the latest first."""
    place = Place.read(request.GET).at(view="campaigns", alike="", of="")
    rows, more = campaign_desk.listing(request.user, place.page)
    context = {**frame(request, place), "rows": rows, "more": more}
    return render(request, "moderation/desk/campaigns.html", context)


@for_moderators
@require_safe
def campaign(request: DeskRequest, number: int) -> HttpResponse:
    """One campaign: its members in the moderator's scope, and apart from them what only resembles it."""
    return campaign_page(request, number)


def campaign_page(
    request: DeskRequest, number: int, *, trouble: str = "", typed: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    found = campaign_desk.open_campaign(number, request.user)
    if found is None:
        raise Http404
    place = Place(view="campaigns", alike="campaign", of=str(number))
    context = {
        **frame(request, place.at(alike="", of=""), title=str(found.row.campaign)),
        "campaign": found,
        "covered_ids": covered_among([found.row.comment, *(member.comment for member in found.members + found.borderline)], request.user),
        "back": place.query(),
        "trouble": trouble,
        "typed": typed or {},
    }
    return render(request, "moderation/desk/campaign.html", context, status=status)


def became(item: BulkItem) -> str:
    """What has become of a comment that an action left as it is."""
    comment: Comment = item.comment
    last = Decision.objects.filter(comment=comment).select_related("moderator").last()
    return what_became(comment, last, item.revision)


def back_to(place: Place, batch: str = "") -> HttpResponse:
    if place.alike == "campaign" and place.of.isascii() and place.of.isdigit() and not batch:
        return see_other(reverse("queue-campaign", args=[int(place.of)]))
    return to_place(place, batch=batch) if batch else to_place(place)


def see_other(address: str) -> HttpResponse:
    response = redirect(address)
    response.status_code = 303
    return response
