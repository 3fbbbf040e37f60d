"""The moderators' desk: the queue with one comment opened, decisions, and who has what on the screen.

Every page works without JavaScript: plain forms, each answered with a redirect. What a form posts back is the status and revision
that its page showed; if either moved on, the answer is 409 with what happened, and nothing was changed. The page's script asks for JSON
instead: the same decision, with the comment after the next one in the answer, so that the next is on the screen at once.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import wraps
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, cast

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from comments.models import Comment
from comments.states import Status
from comments.text import clean_raw
from moderation import claims, counting, decisions, queue, team
from moderation.access import comments_for, keep_scopes, may_decide, scope_of, sections_for
from moderation.actions import ACTIONS, BadReason
from moderation.check_names import model_name
from moderation.days import read_moment
from moderation.desk import NOTE_LENGTH, covered_among, find, lay_out, name_of, what_became, what_happened
from moderation.health import broken_models
from moderation.models import Claim, Decision
from moderation.place import AGES, ALIKE, LANGUAGES, PAGES, SORTS, STATES, VIEWS, WORDS_LENGTH, Place
from moderation.queue import PAGE_SIZE
from moderation.reasons import REJECTION_REASONS
from newsroom.models import Article

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    class DeskRequest(HttpRequest):
        """A request that has passed `for_moderators`."""

        user: User


P = ParamSpec("P")
MOST_HELD = 8  # comments that a page may hold in advance
UNDO_OFFERED = timedelta(minutes=30)  # so long the page after a decision offers to take it back; the history does for ever


def for_moderators(view: Callable[Concatenate[DeskRequest, P], HttpResponse]) -> Callable[..., HttpResponse]:
    """Behind the admin's log-in, for those who may decide. Others on the staff get 403, everybody else the log-in page."""

    @wraps(view)
    def checked(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not may_decide(request.user):
            raise PermissionDenied
        keep_scopes(cast("DeskRequest", request).user)
        return view(cast("DeskRequest", request), *args, **kwargs)

    return admin.site.admin_view(checked)


# --- Looking ------------------------------------------------------------------------------------------------------------


@for_moderators
@require_safe
def queue_page(request: DeskRequest) -> HttpResponse:
    """The queue; views that hand out open the next comment at once."""
    place = Place.read(request.GET)
    if place.view in PAGES and not place.alike:
        return redirect(PAGES[place.view])
    preference = team.preference_of(request.user)
    handed = claims.hand_out(place, request.user, resume=True, mixed=preference.mixed) if place.hands_out else None
    comment = find(handed.public_id, request.user) if handed is not None else None
    return desk_page(request, place, comment, claim=handed.claim if handed is not None else None)


@for_moderators
@require_safe
def item_page(request: DeskRequest, public_id: str) -> HttpResponse:
    """One comment, which this claims. `left` is the one that was on the screen before: it is given back."""
    comment = get_comment(request, public_id)
    left = request.GET.get("left", "")[:32]
    if left and left != public_id and (before := comments_for(request.user).filter(public_id=left).first()):
        claims.release(before, request.user)
    return desk_page(request, Place.read(request.GET), comment)


@for_moderators
@require_safe
def ahead(request: DeskRequest) -> JsonResponse:
    """The comment that comes after those in `holding`, claimed and laid out, for the page's script to have at hand."""
    place = Place.read(request.GET)
    holding = read_ids(request.GET.get("holding", ""))
    return JsonResponse({"ahead": laid_ahead(request, place, holding, request.GET.get("next", ""), later=True)})


def laid_ahead(
    request: DeskRequest, place: Place, holding: list[str], following: str, *, later: bool, done: str = ""
) -> dict[str, str] | None:
    """The next comment of a view that hands out, else the one that the list names, as the part of the page that shows it.

    It follows the last one in `holding`. `done` is the one just decided; `later` says that something else stands on the screen meanwhile.
    """
    claim: Claim | None = None
    if place.hands_out:
        mixed = team.preference_of(request.user).mixed
        before = holding[-1] if holding else ""
        found = claims.hand_out(place, request.user, apart_from=[*holding, done], mixed=mixed, after=before, ahead=later)
        comment = find(found.public_id, request.user) if found is not None else None
        claim = found.claim if found is not None else None
    else:
        comment = find(following[:32], request.user) if following and following not in {*holding, done} else None
    if comment is None:
        return None
    context = opened(request, place, comment, ahead=later, claim=claim)
    html = render_to_string("moderation/desk/item.html", context, request)
    address = f"{reverse('queue-item', args=[comment.public_id])}?{place.query()}"
    until = context["item"].claim.until.isoformat() if context["mine"] else ""
    return {"id": comment.public_id, "html": html, "address": address, "until": until}


def opened(
    request: DeskRequest,
    place: Place,
    comment: Comment,
    *,
    note: str = "",
    reason: str = "",
    ahead: bool = False,
    claim: Claim | None = None,
) -> dict[str, Any]:
    """What the part of a page needs that shows one comment. Claims it, unless it was handed out with a `claim` just now; where a
    colleague has it, the colleague is to know."""
    user = request.user
    if claim is None and comment.status != Status.WITHDRAWN:
        claim = claims.claim(comment, user, ahead=ahead)
    mine = claims.is_mine(claim, user)
    if claim is not None and not mine and not ahead:
        claims.look_on(comment, user)
    item = lay_out(comment, claim, user)
    people = ([claim.moderator] if claim is not None and not mine else []) + item.onlookers
    beside = [other.comment for other in item.related] + ([comment.parent] if comment.parent is not None else [])
    covered = covered_among(beside, user)
    return {
        "item": item,
        "comment": comment,
        "mine": mine,
        "looking": names_of(people),
        "covered": item.harsh and team.preference_of(user).blur,
        "covered_ids": covered,
        "parent_covered": comment.parent_id in covered,
        "back": place.query(),
        "chosen_reason": reason,
        "note": note,
        "reasons": list(enumerate(REJECTION_REASONS, start=1)),
        "note_length": NOTE_LENGTH,
        "alikes": ALIKE,
    }


def desk_page(
    request: DeskRequest,
    place: Place,
    comment: Comment | None,
    *,
    status: int = 200,
    trouble: str = "",
    note: str = "",
    reason: str = "",
    claim: Claim | None = None,
    typed: Mapping[str, Any] = MappingProxyType({}),
) -> HttpResponse:
    """Views, list and, if there is one, the opened comment. `trouble` says what did not work; what was typed is given back: `note` and
    `reason` beside the comment, `typed` in the form for several at once."""
    user = request.user
    shown = opened(request, place, comment, note=note, reason=reason, claim=claim) if comment is not None else {}
    listing = queue.listing(place, user)
    order = [row.comment.public_id for row in listing.rows]
    here = order.index(comment.public_id) if comment is not None and comment.public_id in order else -1
    preference = team.preference_of(user)
    since = team.at_it_since(user, preference)
    around = frame(request, place)
    context: dict[str, Any] = {
        **around,
        "alike": ALIKE.get(place.alike),
        "listing": listing,
        "page_size": PAGE_SIZE,
        "item": None,
        "comment": None,
        **shown,
        "back": place.query(),
        "next_id": order[here + 1] if 0 <= here < len(order) - 1 else "",
        "previous_id": order[here - 1] if here > 0 else "",
        "trouble": trouble,
        "typed": typed,
        "depth": looked_no_further(place, user, {name: count for name, _words, count, _address in around["views"]}),
        "blur": preference.blur,
        "pause": preference.break_minutes if team.wants_pause(since, preference) else 0,
        "at_it_since": int(since.timestamp()) if since is not None else "",
        "break_minutes": preference.break_minutes,
        "handovers": team.unread_handovers(user, preference),
        "undo_seconds": settings.MODERATION_UNDO_SECONDS,
        "article": Article.objects.filter(pk=place.article, section__in=sections_for(user)).first() if place.article else None,
        **just_done(request),
    }
    return render(request, "moderation/desk/queue.html", context, status=status)


def looked_no_further(place: Place, user: User, counts: dict[str, int | None]) -> int:
    """How many comments of a view its filters have looked at, where there are more of them; else 0."""
    depth = queue.reaches_so_far(place)
    count = counts.get(place.view) if not place.alike else None
    if not depth or (count is not None and count <= queue.MOST_COUNTED):
        return 0
    return depth if comments_for(user).order_by("pk")[depth : depth + 1].exists() else 0


def frame(request: DeskRequest, place: Place | None = None, *, page: str = "", title: str = "") -> dict[str, Any]:
    """What each page of the desk needs around its own content. `page` names one beside the queue, see desk/pages.html."""
    place = place or Place()
    standing = counting.standing(request.user)
    counts = standing.waits
    sections = sections_for(request.user)
    publications = {section.publication_id: section.publication for section in sections}
    saved = team.saved_views(request.user)
    here = place.at(page=1).query()
    return {
        **admin.site.each_context(request),
        "title": title or (ALIKE[place.alike] if place.alike else VIEWS[place.view]),
        "is_nav_sidebar_enabled": False,
        "page": page,
        "place": place,
        "counts": counts,
        "behind": round(late / 60) if (late := standing.overdue_seconds) >= settings.OVERDUE_SECONDS else 0,
        "broken": [model_name(head) for head in broken_models()],
        "views": [(name, words, counts.get(name), reverse(PAGES[name]) if name in PAGES else "") for name, words in VIEWS.items()],
        "saved_views": saved,
        "kept_view": next((view.pk for view in saved if here and view.query == here), 0),
        "sorts": SORTS.items(),
        "sections": sections,
        "publications": publications.values() if len(publications) > 1 else [],
        "checks": settings.MODERATION_CHECKS,
        "languages": LANGUAGES.items(),
        "ages": AGES.items(),
        "states": STATES.items(),
        "words_length": WORDS_LENGTH,
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

    def refused(trouble: str, status: int) -> HttpResponse:
        if wants_json(request):
            said = {"trouble": trouble, "address": item_address(place, public_id)}
            return JsonResponse({**said, "ahead": follows(request, place, comment)}, status=status)
        return desk_page(request, place, get_comment(request, public_id), status=status, trouble=trouble, note=note, reason=reason)

    if len(note) > NOTE_LENGTH:
        trouble = _("Your note is %(length)d characters long; the limit is %(limit)d.") % {"length": len(note), "limit": NOTE_LENGTH}
        return refused(trouble, 400)
    try:
        why = action.reason(reason)
    except BadReason:
        return refused(_("Please choose a reason for the rejection; its author is told."), 400)
    comment.status, comment.revision = shown
    try:
        decision = decisions.decide(comment, action.outcome, kind=Decision.Kind.PERSON, reason=why, moderator=request.user, note=note)
    except decisions.Stale as stale:
        return refused(what_happened(stale, shown[1]), 409)
    claims.release(comment, request.user)
    if wants_json(request):
        return JsonResponse(went_on(request, place, decision, comment))
    return go_on(request, place, done=str(decision.pk))


def went_on(request: DeskRequest, place: Place, decision: Decision, comment: Comment) -> dict[str, Any]:
    """What the page's script shows after a decision: what was done, the comment after those it holds, and what still waits."""
    words = _("%(outcome)s: %(who)s") % {"outcome": decision.get_outcome_display().capitalize(), "who": comment.author_name}
    return {
        "decision": decision.pk,
        "said": words,
        "undoable": queue.may_undo(decision, comment),
        "ahead": follows(request, place, comment),
        "counts": counting.waiting(request.user, ["review", "reported"]),
    }


def follows(request: DeskRequest, place: Place, done: Comment) -> dict[str, str] | None:
    """The comment after those that the page holds, `done` being off its screen now."""
    held = read_ids(request.POST.get("holding", ""))
    return laid_ahead(request, place, held, request.POST.get("next", ""), later=bool(held), done=done.public_id)


def go_on(request: DeskRequest, place: Place, **more: str) -> HttpResponse:
    """To the next comment: the one that the view hands out, else the one that stood below in the list."""
    following = None
    if place.hands_out:
        following = claims.hand_out(place, request.user, mixed=team.preference_of(request.user).mixed)
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
        found = claims.claim(comment, request.user)
    became = ""
    if shown is not None and shown != (comment.status, comment.revision):
        became = what_became(comment, Decision.objects.filter(comment=comment).select_related("moderator").last(), shown[1])
    other = found is not None and not claims.is_mine(found, request.user)
    if other:
        claims.look_on(comment, request.user)
    people = ([found.moderator] if found and other else []) + claims.onlookers(comment, request.user)
    looking = _("%(who)s is looking at this") % {"who": names_of(people)} if people else ""
    return JsonResponse({"until": found.until.isoformat() if found and not other else "", "looking": looking, "became": became})


@for_moderators
@require_POST
def release(request: DeskRequest, public_id: str) -> HttpResponse:
    """The page is being left. Sent by its script as a beacon, so it carries the claim as the page knew it, and what it held in advance."""
    comment = get_comment(request, public_id)
    held = {comment.public_id: request.POST.get("until", "")}
    for pair in request.POST.get("holding", "").split(",")[:MOST_HELD]:
        name, _tilde, moment = pair.partition("~")
        held[name[:32]] = moment
    for other in comments_for(request.user).filter(public_id__in=held):
        if (until := read_moment(held[other.public_id])) is not None:
            claims.release(other, request.user, until)
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
    return Place.read(QueryDict(request.POST.get("back", "")[:1_200]))


def read_ids(text: str) -> list[str]:
    """Public ids, parted by commas."""
    return [part[:32] for part in text.split(",")[:MOST_HELD] if part]


def wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "") == "application/json"


def names_of(people: Sequence[User]) -> str:
    """Colleagues as they are named in "… is looking at this"; each once."""
    return ", ".join(dict.fromkeys(map(name_of, people)))


def item_address(place: Place, public_id: str) -> str:
    query = place.at(page=1).query()
    address = reverse("queue-item", args=[public_id])
    return f"{address}?{query}" if query else address


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
