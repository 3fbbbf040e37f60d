"""The article page with its thread and form, and the form's other end."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from comments import identity, keeping, reactions
from comments.forms import CONSENT, HONEYPOT, STAMP, STAMP_HOLE, ReplyForm, seconds_since
from comments.layout import Entry, lay_out, own_entry
from comments.models import Comment, Commenter
from comments.nudge import Hint, hints_for
from comments.places import Page
from comments.states import Status
from comments.structured import discussion
from comments.submission import NOT_YET_ALLOWED, Barred, Client, CommentsClosed, Draft, ParentGone, TooFast, check_allowed, submit
from comments.text import to_html
from comments.threads import BadCursor, Sort, all_nodes, comment_count, permalink_query, read_branch, read_page
from comments.words import too_fast_words
from newsroom import kept, limits
from newsroom.middleware import outage_response
from newsroom.models import Article
from newsroom.network import client_ip, network_of
from newsroom.views import in_publication, published_article

log = logging.getLogger(__name__)

DETAILS_COOKIE = "balasan_isian"  # name, e-mail and web site, kept in the browser alone and only if the reader ticked the box
DETAILS_SECONDS = 365 * 86_400
DETAIL_FIELDS = ("author", "email", "url")
CHECK = "periksa"  # the button that shows a reply before it is sent
CHECK_FIRST = "periksa-dulu"  # the script sends this along: show hints instead of sending, if there are any
# The addresses of the three orders, in the words that readers see in the address bar.
SORTS = {"terlama": Sort.OLDEST, "terbaru": Sort.NEWEST, "terbaik": Sort.BEST}
THREAD_QUERY = ("urut", "kursor", "utas")  # what a thread's page reads of its address and is kept by; see newsroom.kept


@kept.shared(query=THREAD_QUERY, hole=STAMP_HOLE)
@require_safe
@in_publication
def article(request: HttpRequest, slug: str) -> HttpResponse:
    kept.depends(request, "thread", slug)
    found = get_article(request, slug)
    return thread_page(request, Page(found))


@csrf_exempt
@in_publication
def reply(request: HttpRequest, slug: str) -> HttpResponse:
    """Take one reply. No CSRF token, so that the page is the same for every reader: see docs/adr/0003."""
    if request.method != "POST":
        found = get_article(request, slug)
        return redirect(found) if request.method in {"GET", "HEAD"} else HttpResponseNotAllowed(["POST"])
    try:
        return take_reply(request, Page(get_article(request, slug)))
    except (OperationalError, InterfaceError) as error:
        log.error("database away at submit", extra={"error": type(error).__name__})
        return outage_response(request)


def take_reply(request: HttpRequest, place: Page) -> HttpResponse:
    found = place.article
    form = ReplyForm(request.POST, article=found)
    parts = wants_parts(request)
    if CHECK in request.POST:
        return check_page(request, place, form)
    if not form.is_valid():
        return refuse(request, place, form, 400)
    advise = parts and CHECK_FIRST in request.POST and not nudge_limit(request)
    if advise and (hints := hints_for(found, form.draft(), place.writer(request))):
        return part(place, {"check": check_part(request, hints, "")})
    client = Client(
        ip=client_ip(request),
        user_agent=request.headers.get("User-Agent", ""),
        commenter=place.writer(request),
        via_form=True,
        honeypot_filled=bool(request.POST.get(HONEYPOT, "").strip()),
        fill_seconds=seconds_since(request.POST.get(STAMP, "")),
    )
    try:
        submitted = submit(found, form.draft(), client)
    except CommentsClosed:
        form.add_error(None, _("Comments on this article were closed while you were writing. Your text still stands below."))
        return refuse(request, place, form, 403)
    except Barred as error:
        form.add_error(None, barred_words(error))
        return refuse(request, place, form, 403)
    except ParentGone:
        form.add_error("comment_parent", _("The comment that you reply to is no longer there. You can send yours as a comment of its own."))
        return refuse(request, place, form, 400)
    except NOT_YET_ALLOWED:
        return keep_reply(request, place, form, client)
    except TooFast as error:
        form.add_error(None, too_fast_words(error.seconds))
        return refuse(request, place, form, 429, error.seconds)
    comment = submitted.comment
    response: HttpResponse
    if parts and submitted.is_author and place.framed:
        response = part(place, {"go": place.landing(request, comment)}, status=201)
    elif parts and submitted.is_author:
        shown = one_comment(request, place, own_entry(comment))
        response = part(place, {"comment": shown, "parent": comment.parent.public_id if comment.parent else ""}, status=201)
    else:
        response = redirect(place.landing(request, comment) if submitted.is_author else f"{place.home}#{comment.anchor}")
        response.status_code = 303
    if submitted.is_author and comment.commenter is not None and comment.commenter.user_id is None:
        place.remember(response, comment.commenter)
    keep_details(request, response, form, place)
    response["Cache-Control"] = "no-store"
    place.finish(response)
    return response


def keep_reply(request: HttpRequest, place: Page, form: ReplyForm, client: Client) -> HttpResponse:
    """Keep the reply until its author has shown what the publication requires, and take them to the page that says how.

    A frame cannot be that page; it shows the form as it was, and a link by which the reply is taken along to a page of ours.
    """
    try:
        kept_reply = keeping.keep(place.article, form.draft(), client, announce=not place.framed)
    except TooFast as error:
        form.add_error(None, too_fast_words(error.seconds))
        return refuse(request, place, form, 429, error.seconds)
    if place.framed:
        form.add_error(None, _("One step is missing before it is sent. Your reply is kept; go on by the link below."))
        return refuse(request, place, form, 403, handover=keeping.handover_token(kept_reply))
    address = f"{reverse('person')}?kabar=ditahan#{kept_reply.public_id}"
    response: HttpResponse
    if wants_parts(request):
        response = part(place, {"go": address}, status=201)
    else:
        response = redirect(address)
        response.status_code = 303
    if kept_reply.commenter.user_id is None:
        place.remember(response, kept_reply.commenter)
    keep_details(request, response, form, place)
    response["Cache-Control"] = "no-store"
    place.finish(response)
    return response


@require_safe
@in_publication
def permalink(request: HttpRequest, public_id: str) -> HttpResponse:
    """To the page of the thread on which a public comment stands."""
    comment = get_object_or_404(
        Comment.objects.in_thread().select_related("article", "root").filter(article__in=Article.objects.published()), public_id=public_id
    )
    article = comment.article
    response = redirect(f"{article.canonical_url}#{comment.anchor}" if article.canonical_url else spot_of(comment, Page(article)))
    response["X-Robots-Tag"] = "noindex"
    return response


def spot_of(comment: Comment, place: Page) -> str:
    """The address of a comment on its page of the thread. The comment comes with its `root`."""
    query = permalink_query(comment)
    return f"{place.at}{urlencode(query)}#{comment.anchor}" if query else f"{place.home}#{comment.anchor}"


@require_safe
@in_publication
def own_comment(request: HttpRequest, public_id: str) -> HttpResponse:
    """One comment as its author sees it, to be put in its place by the script; 204, with nothing, for everybody else."""
    commenter = identity.commenter_of(request)
    rows = Comment.objects.filter(commenter=commenter).select_related("article__section__publication", "parent")
    comment = rows.filter(public_id=public_id).exclude(status=Status.WITHDRAWN).first() if commenter is not None else None
    response = HttpResponse(status=204)
    if comment is not None:
        response = HttpResponse(one_comment(request, Page(comment.article), own_entry(comment)))
    response["Cache-Control"] = "no-store"
    return response


def thread_page(
    request: HttpRequest, place: Page, *, form: ReplyForm | None = None, more: Mapping[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """A thread and its form in their place. What one reader alone may see is added last, and then the page is not for shared caches."""
    found, levels = place.article, settings.COMMENT_LEVELS
    commenter = place.reader(request)
    sort = SORTS.get(request.GET.get("urut", ""), Sort.OLDEST)
    branch = None
    try:
        if branch_id := request.GET.get("utas", ""):
            rows = Comment.objects.in_thread().filter(article=found).select_related("parent")
            branch = get_object_or_404(rows, public_id=branch_id)
            page = read_branch(branch, request.GET.get("kursor", ""), levels)
        else:
            page = read_page(found, sort, request.GET.get("kursor", ""), levels=levels)
    except BadCursor:
        page = read_page(found, sort, levels=levels)
    own = place.waiting(request, commenter)
    # In a frame on another site the browser alone remembers them: what a frame's cookie knows opens nothing but the frame.
    asked = [node.comment.pk for node in all_nodes(page)] if commenter is not None and not place.framed else []
    votes = reactions.kinds_of(commenter.key, asked) if commenter is not None and asked else {}
    layout = lay_out(page, own, votes=votes, branch=branch is not None)
    for entry in layout if own else ():
        if entry.until is not None:
            place.let_change(entry, commenter)
    context: dict[str, Any] = {
        "thread": page,
        "branch": branch,
        "count": comment_count(found),
        "layout": layout,
        "sorts": [(name, value.value, value == sort) for name, value in SORTS.items()],
        "sort": next(name for name, value in SORTS.items() if value == sort),
        "show_disagreement": settings.COMMENT_SHOW_DISAGREEMENT,
        **form_context(request, place, form),
        **(more or {}),
    }
    if place.indexed and branch is None and status == 200:
        context["structured"] = discussion(request, found, page, context["count"])
    response = render(request, place.template, context, status=status)
    personal = bool(own or place.cookie(request, DETAILS_COOKIE) or commenter or request.method == "POST")
    if personal or branch is not None or context["reply_to"] is not None:
        response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "no-store" if personal else "no-cache"
    patch_vary_headers(response, ["Cookie"])
    place.finish(response)
    return response


def form_context(request: HttpRequest, place: Page, form: ReplyForm | None, handover: str = "") -> dict[str, Any]:
    """What the form's own template needs; without a `form` an empty one, with the details that this browser remembers."""
    commenter = place.reader(request)
    details = read_details(place.cookie(request, DETAILS_COOKIE))
    reply_to = find_parent(place.article, request.POST.get("comment_parent", "") or request.GET.get("balas", ""))
    if form is None:
        known = {**known_details(commenter), **details, "comment_parent": reply_to.public_id if reply_to else ""}
        form = ReplyForm(initial=known, article=place.article)
    return {
        "article": place.article,
        "place": place,
        "form": form,
        "reply_to": reply_to,
        "stamp": kept.word_of(request, STAMP_HOLE),
        "stamp_field": STAMP,
        "honeypot_field": HONEYPOT,
        "consent_field": CONSENT,
        "consent": bool(request.POST.get(CONSENT)) if request.method == "POST" else bool(details),
        "max_length": settings.COMMENT_MAX_LENGTH,
        "open": place.article.comments_open(),
        "known": place.is_known(request),
        "missing": missing(place.article, commenter),
        "handover": handover,
    }


# --- Parts of a page, for the script that puts them into the one that is already there -------------------------------------------


def wants_parts(request: HttpRequest) -> bool:
    """Whether the page's own script asks."""
    return request.headers.get("Accept") == "application/json"


def part(place: Page, content: Mapping[str, str], status: int = 200) -> HttpResponse:
    response = JsonResponse(content, status=status, headers={"Cache-Control": "no-store"})
    place.finish(response)
    return response


def one_comment(request: HttpRequest, place: Page, entry: Entry) -> str:
    """A comment as it stands in the thread, alone."""
    context = {
        "entry": entry,
        "place": place,
        "open": place.article.comments_open(),
        "show_disagreement": settings.COMMENT_SHOW_DISAGREEMENT,
    }
    return render_to_string("comments/comment.html", context, request)


def refuse(request: HttpRequest, place: Page, form: ReplyForm, status: int, wait: int = 0, handover: str = "") -> HttpResponse:
    """The form again, with what is wrong beside the fields and all that was typed: within its page, or alone for the script.

    To the script it is an answer like others (200), since a browser would write a failed request into its console.
    """
    if wants_parts(request):
        return part(place, {"form": render_to_string("comments/form.html", form_context(request, place, form, handover), request)})
    response = thread_page(request, place, form=form, more={"handover": handover}, status=status)
    if wait:
        response["Retry-After"] = str(wait)
    return response


# --- Before sending ----------------------------------------------------------------------------------------------------------------


def nudge_limit(request: HttpRequest) -> int:
    """Count one look at an unsent text; the seconds to wait where it is one too many."""
    ip = client_ip(request)
    return limits.hit("nudge", network_of(ip) or str(ip), settings.COMMENT_NUDGE_LIMITS)


def check_page(request: HttpRequest, place: Page, form: ReplyForm) -> HttpResponse:
    """The step before sending: the page again, with what was typed, how it will look, and what would make it wait. Keeps nothing."""
    form.full_clean()
    if "comment" in form.errors:
        for name in [name for name in form.errors if name != "comment"]:
            del form.errors[name]
        return refuse(request, place, form, 400)
    if wait := nudge_limit(request):
        form.errors.clear()
        form.add_error(None, too_fast_words(wait))
        return refuse(request, place, form, 429, wait)
    text = form.cleaned_data["comment"]
    draft = Draft(form.cleaned_data.get("author", ""), "", form.cleaned_data.get("url", ""), text)
    hints, preview = hints_for(place.article, draft, place.writer(request)), to_html(text)
    if wants_parts(request):
        return part(place, {"check": check_part(request, hints, preview)})
    typed = ReplyForm(initial={name: request.POST.get(name, "") for name in ("comment", *DETAIL_FIELDS)}, article=place.article)
    return thread_page(request, place, form=typed, more={"checked": True, "hints": hints, "preview": preview})


def check_part(request: HttpRequest, hints: Sequence[Hint], preview: str) -> str:
    return render_to_string("comments/check.html", {"hints": hints, "preview": preview, "parts": True}, request)


def get_article(request: HttpRequest, slug: str) -> Article:
    found = published_article(request, slug)
    if found is None:
        raise Http404
    return found


def find_parent(found: Article, public_id: str) -> Comment | None:
    """The public comment that a reply is to answer, if it is (still) there."""
    if not public_id or len(public_id) > 64:
        return None
    return Comment.objects.public().filter(article=found, public_id=public_id).first()


def barred_words(error: Barred) -> str:
    """Until when somebody cannot write here, and why."""
    until = formats.date_format(timezone.localtime(error.until), "DATETIME_FORMAT")
    words = _("You cannot send comments here until %(until)s, for this reason: %(reason)s. You find the details under “My comments”.")
    return words % {"until": until, "reason": error.reason}


def known_details(commenter: Commenter | None) -> dict[str, str]:
    """Name and address of somebody who has given them with their account or confirmed them."""
    known = {"author": commenter.name, "email": commenter.email} if commenter is not None else {}
    return {name: value for name, value in known.items() if value}


def missing(found: Article, commenter: Commenter | None) -> str:
    """What the publication requires of this reader that they have not shown: "email", "account", or nothing."""
    try:
        check_allowed(found, commenter)
    except NOT_YET_ALLOWED:
        return found.publication.comment_access
    return ""


def read_details(cookie: str) -> dict[str, str]:
    """What the reader let this browser remember."""
    try:
        found = json.loads(cookie or "{}")
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    # JSON can spell half of a surrogate pair, which no page can hold.
    return {name: str(found[name])[:254].encode(errors="ignore").decode() for name in DETAIL_FIELDS if found.get(name)}


def keep_details(request: HttpRequest, response: HttpResponse, form: ReplyForm, place: Page) -> None:
    """Leave name, e-mail and site with the browser if the box is ticked, and take them back if it is not."""
    if not request.POST.get(CONSENT):
        if place.cookie(request, DETAILS_COOKIE):
            place.drop_cookie(response, DETAILS_COOKIE)
        return
    details = {name: form.cleaned_data[name] for name in DETAIL_FIELDS if form.cleaned_data[name]}
    place.set_cookie(response, DETAILS_COOKIE, json.dumps(details), DETAILS_SECONDS)
