"""The desk's pages for working together, and what somebody arranges for themselves. Complete without JavaScript."""

from __future__ import annotations

import ipaddress
import json
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from comments.models import ALPHABET, ID_LENGTH, Comment
from comments.text import clean_line, clean_raw
from moderation import counting, queue, team
from moderation.access import comments_for, sections_for
from moderation.desk import find, name_of
from moderation.desk_forms import HandoverForm, PreferenceForm
from moderation.desk_models import DeskPreference, SavedView, Watch
from moderation.place import WORDS_LENGTH, Place, line, number
from moderation.views import for_moderators, frame, get_comment, item_address, place_posted, to_place
from newsroom.models import Article, Publication
from newsroom.network import network_of

if TYPE_CHECKING:
    from moderation.views import DeskRequest

HANDOVERS_SHOWN = 30


def see(address: str) -> HttpResponse:
    """303 to an address or to the name of one."""
    response = redirect(address)
    response.status_code = 303
    return response


def back_to_item(place: Place, comment: Comment) -> HttpResponse:
    return see(item_address(place, comment.public_id))


# --- One comment --------------------------------------------------------------------------------------------------------


@for_moderators
@require_POST
def note(request: DeskRequest, public_id: str) -> HttpResponse:
    """Add a note for colleagues, without a decision."""
    comment = get_comment(request, public_id)
    try:
        team.add_note(comment, request.user, written(request))
    except team.Refused:
        messages.error(request, _("A note has 1 to %(limit)d characters.") % {"limit": team.TEXT_LENGTH})
    return back_to_item(place_posted(request), comment)


@for_moderators
@require_POST
def assign(request: DeskRequest, public_id: str) -> HttpResponse:
    """Leave a comment to a colleague, or to everybody again; then on to the next."""
    comment, place = get_comment(request, public_id), place_posted(request)
    to = None
    if given := request.POST.get("to", ""):
        to = get_object_or_404(User, pk=number(given), is_active=True)
    try:
        team.assign(comment, to, request.user, written(request))
    except team.Refused:
        messages.error(request, _("That person cannot decide on this comment, or your note is too long. Nothing was changed."))
        return back_to_item(place, comment)
    if to is None or to.pk == request.user.pk:
        return back_to_item(place, comment)
    messages.success(request, _("Assigned to %(who)s.") % {"who": name_of(to)})
    return to_place(place)


def written(request: HttpRequest) -> str:
    return clean_raw(request.POST.get("note", "").replace("\r\n", "\n"))


@for_moderators
@require_POST
def watch(request: DeskRequest, article_id: int) -> HttpResponse:
    """Begin or end to watch an article."""
    article = get_object_or_404(articles_of(request), pk=article_id)
    try:
        team.watch(request.user, article, bool(request.POST.get("on")))
    except team.Refused:
        messages.error(request, _("You watch %(most)d articles already. End one of them first.") % {"most": team.MOST_WATCHED})
    shown = request.POST.get("comment", "")
    if shown and (comment := find(shown[:32], request.user)) is not None:
        return back_to_item(place_posted(request), comment)
    return see("queue-team")


def articles_of(request: DeskRequest) -> QuerySet[Article]:
    """The articles within a moderator's scope."""
    return Article.objects.filter(section__in=sections_for(request.user)).select_related("section__publication")


# --- Finding ------------------------------------------------------------------------------------------------------------


@for_moderators
@require_POST
def search(request: DeskRequest) -> HttpResponse:
    """One field for everything: words, a comment's id, an e-mail or an IP address.

    Posted, and answered with a redirect: addresses of people stand neither in the address bar nor in anybody's log. What is looked for
    by them is named by a comment that has them.
    """
    words = clean_line(request.POST.get("q", ""))
    own = comments_for(request.user)
    if len(words) == ID_LENGTH and set(words) <= set(ALPHABET) and own.filter(public_id=words).exists():
        return back_to_item(Place(view="all"), own.get(public_id=words))
    if (network := network_typed(words)) is not None:
        return alike(request, "network", own.filter(network=network).exclude(network=""))
    if "@" in words and " " not in words:
        return alike(request, "address", own.filter(author_email__iexact=words))
    if not words:
        return to_place(place_posted(request))
    return to_place(Place(view="all", words=line(words, WORDS_LENGTH)))


def network_typed(words: str) -> str | None:
    try:
        return network_of(str(ipaddress.ip_address(words)))
    except ValueError:
        return None


def alike(request: DeskRequest, common: str, rows: QuerySet[Comment]) -> HttpResponse:
    found = rows.order_by("-created_at").values_list("public_id", flat=True).first()
    if found is None:
        messages.warning(request, _("No comment from there, or none that you may see."))
        return to_place(Place(view="all"))
    return to_place(Place(view="all", alike=common, of=found))


# --- Saved views --------------------------------------------------------------------------------------------------------


@for_moderators
@require_POST
def save_view(request: DeskRequest) -> HttpResponse:
    """Keep the place that the form stood on under a name."""
    place = place_posted(request).at(page=1)
    try:
        team.save_view(request.user, clean_line(request.POST.get("name", "")), place.query(), bool(request.POST.get("shared")))
    except team.Refused:
        messages.error(request, _("A view needs a name of at most 40 characters; you can keep %(most)d.") % {"most": team.MOST_VIEWS})
    return to_place(place)


@for_moderators
@require_POST
def delete_view(request: DeskRequest, number: int) -> HttpResponse:
    """Only one's own; a colleague's is not there."""
    get_object_or_404(SavedView, pk=number, moderator=request.user).delete()
    return see("queue-team")


# --- From shift to shift, and one's own way of working -------------------------------------------------------------------


@for_moderators
@require_http_methods(["GET", "HEAD", "POST"])
def team_page(request: DeskRequest) -> HttpResponse:
    """Who is at work, what was handed over, and what somebody keeps for themselves. A POST hands over."""
    own = team.publications_of(request.user)
    publications = Publication.objects.all() if own is None else Publication.objects.filter(pk__in=own)
    form = HandoverForm(request.POST if request.method == "POST" else None, publications=publications, all_of_them=own is None)
    if request.method == "POST" and form.is_valid():
        try:
            team.hand_over(request.user, clean_raw(form.cleaned_data["text"]), form.cleaned_data["publication"])
        except team.Refused as error:
            raise Http404 from error
        return see("queue-team")
    context = {
        **frame(request, page="team", title=_("Team")),
        "form": form,
        "at_work": team.at_work(request.user),
        "written": list(team.handovers(request.user)[:HANDOVERS_SHOWN]),
        "watches": Watch.objects.filter(moderator=request.user, article__in=articles_of(request)).select_related("article"),
    }
    return render(request, "moderation/desk/team.html", context, status=400 if form.errors else 200)


@for_moderators
@require_POST
def handovers_read(request: DeskRequest) -> HttpResponse:
    """The hand-overs on the page are not shown again, except on the page of the team."""
    DeskPreference.objects.update_or_create(moderator=request.user, defaults={"handover_read_at": timezone.now()})
    return to_place(place_posted(request))


@for_moderators
@require_POST
def rest(request: DeskRequest) -> HttpResponse:
    """The hint to pause was seen: the time counts anew."""
    DeskPreference.objects.update_or_create(moderator=request.user, defaults={"rested_at": timezone.now()})
    if request.headers.get("Accept", "") == "application/json":
        return HttpResponse(status=204)
    return to_place(place_posted(request))


@for_moderators
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: DeskRequest) -> HttpResponse:
    form = PreferenceForm(request.POST if request.method == "POST" else None, instance=team.preference_of(request.user))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return see("queue-preferences")
    context = {**frame(request, page="preferences", title=_("My way of working")), "form": form}
    return render(request, "moderation/desk/preferences.html", context, status=400 if form.errors else 200)


@for_moderators
@require_safe
def rows(request: DeskRequest) -> HttpResponse:
    """The list alone, with the numbers of all views, for the page's script to renew both."""
    place = Place.read(request.GET)
    blur = team.preference_of(request.user).blur
    context: dict[str, Any] = {"listing": queue.listing(place, request.user), "place": place, "back": place.query(), "blur": blur}
    context["counts_told"] = json.dumps(counting.standing(request.user).waits)
    return render(request, "moderation/desk/rows.html", context)
