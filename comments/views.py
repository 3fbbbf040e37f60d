"""The article page with its thread and form, and the form's other end."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from comments import identity, reactions
from comments.forms import CONSENT, HONEYPOT, STAMP, ReplyForm, make_stamp, seconds_since
from comments.layout import Entry, lay_out, own_entry
from comments.models import Comment
from comments.nudge import Hint, hints_for
from comments.states import Status
from comments.submission import Client, CommentsClosed, Draft, ParentGone, TooFast, submit
from comments.text import to_html
from comments.threads import BadCursor, Sort, all_nodes, comment_count, own_of, permalink_query, read_branch, read_page
from comments.words import too_fast_words
from newsroom import limits
from newsroom.middleware import outage_response
from newsroom.models import Article
from newsroom.network import client_ip, network_of
from newsroom.views import in_publication, publication_of

log = logging.getLogger(__name__)

DETAILS_COOKIE = "balasan_isian"  # name, e-mail and web site, kept in the browser alone and only if the reader ticked the box
DETAILS_SECONDS = 365 * 86_400
DETAIL_FIELDS = ("author", "email", "url")
CHECK = "periksa"  # the button that shows a reply before it is sent
CHECK_FIRST = "periksa-dulu"  # the script sends this along: show hints instead of sending, if there are any
# The addresses of the three orders, in the words that readers see in the address bar.
SORTS = {"terlama": Sort.OLDEST, "terbaru": Sort.NEWEST, "terbaik": Sort.BEST}


@require_safe
@in_publication
def article(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_article(request, slug)
    reply_to = find_parent(found, request.GET.get("balas", ""))
    return article_page(request, found, reply_to=reply_to)


@csrf_exempt
@in_publication
def reply(request: HttpRequest, slug: str) -> HttpResponse:
    """Take one reply. No CSRF token, so that the page is the same for every reader: see docs/adr/0003."""
    if request.method != "POST":
        found = get_article(request, slug)
        return redirect(found) if request.method in {"GET", "HEAD"} else HttpResponseNotAllowed(["POST"])
    try:
        return take_reply(request, slug)
    except (OperationalError, InterfaceError) as error:
        log.error("database away at submit", extra={"error": type(error).__name__})
        return outage_response(request)


def take_reply(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_article(request, slug)
    form = ReplyForm(request.POST, article=found)
    parts = wants_parts(request)
    if CHECK in request.POST:
        return check_page(request, found, form, parts)
    if not form.is_valid():
        return refuse(request, found, form, 400)
    if parts and CHECK_FIRST in request.POST and not nudge_limit(request):
        draft = form.draft()
        if hints := hints_for(found, draft, identity.commenter_of(request)):
            return JsonResponse({"check": check_part(request, hints, "")})
    client = Client(
        ip=client_ip(request),
        user_agent=request.headers.get("User-Agent", ""),
        commenter=None if identity.from_other_site(request) else identity.commenter_of(request),
        via_form=True,
        honeypot_filled=bool(request.POST.get(HONEYPOT, "").strip()),
        fill_seconds=seconds_since(request.POST.get(STAMP, "")),
    )
    try:
        submitted = submit(found, form.draft(), client)
    except CommentsClosed:
        form.add_error(None, _("Comments on this article were closed while you were writing. Your text still stands below."))
        return refuse(request, found, form, 403)
    except ParentGone:
        form.add_error("comment_parent", _("The comment that you reply to is no longer there. You can send yours as a comment of its own."))
        return refuse(request, found, form, 400)
    except TooFast as error:
        form.add_error(None, too_fast_words(error.seconds))
        return refuse(request, found, form, 429, error.seconds)
    comment = submitted.comment
    response: HttpResponse
    if parts and submitted.is_author:
        comment.article = found
        answer = {"comment": one_comment(request, own_entry(comment)), "parent": comment.parent.public_id if comment.parent else ""}
        response = JsonResponse(answer, status=201)
    else:
        response = redirect(f"{found.get_absolute_url()}#{comment.anchor}")
        response.status_code = 303
    if submitted.is_author and comment.commenter is not None and comment.commenter.user_id is None:
        identity.remember(response, comment.commenter)
    keep_details(request, response, form)
    response["Cache-Control"] = "no-store"
    return response


def refuse(request: HttpRequest, found: Article, form: ReplyForm, status: int, wait: int = 0) -> HttpResponse:
    """The form again, with what is wrong beside the fields and all that was typed: within its page, or alone for the script.

    To the script it is an answer like others (200), since a browser would write a failed request into its console.
    """
    if wants_parts(request):
        context = {"article": found, **form_context(request, found, form, None)}
        return JsonResponse({"form": render_to_string("comments/form.html", context, request)}, headers={"Cache-Control": "no-store"})
    response = article_page(request, found, form=form, status=status)
    if wait:
        response["Retry-After"] = str(wait)
    return response


def wants_parts(request: HttpRequest) -> bool:
    """Whether the page's own script asks, which puts the parts of an answer into the page that is already there."""
    return request.headers.get("Accept") == "application/json"


def nudge_limit(request: HttpRequest) -> int:
    """Count one look at an unsent text; the seconds to wait where it is one too many."""
    ip = client_ip(request)
    return limits.hit("nudge", network_of(ip) or str(ip), settings.COMMENT_NUDGE_LIMITS)


def check_page(request: HttpRequest, found: Article, form: ReplyForm, parts: bool) -> HttpResponse:
    """The step before sending: the page again, with what was typed, how it will look, and what would make it wait. Keeps nothing."""
    form.full_clean()
    if "comment" in form.errors:
        for name in [name for name in form.errors if name != "comment"]:
            del form.errors[name]
        return refuse(request, found, form, 400)
    if wait := nudge_limit(request):
        form.errors.clear()
        form.add_error(None, too_fast_words(wait))
        return refuse(request, found, form, 429, wait)
    text = form.cleaned_data["comment"]
    draft = Draft(form.cleaned_data.get("author", ""), "", form.cleaned_data.get("url", ""), text)
    hints, preview = hints_for(found, draft, identity.commenter_of(request)), to_html(text)
    if parts:
        return JsonResponse({"check": check_part(request, hints, preview)})
    typed = ReplyForm(initial={name: request.POST.get(name, "") for name in ("comment", *DETAIL_FIELDS)}, article=found)
    return article_page(request, found, form=typed, more={"checked": True, "hints": hints, "preview": preview})


def check_part(request: HttpRequest, hints: Sequence[Hint], preview: str) -> str:
    return render_to_string("comments/check.html", {"hints": hints, "preview": preview, "parts": True}, request)


@require_safe
@in_publication
def permalink(request: HttpRequest, public_id: str) -> HttpResponse:
    """To the page of the thread on which a public comment stands."""
    comment = get_object_or_404(
        Comment.objects.in_thread().select_related("article", "root").filter(article__in=Article.objects.published()), public_id=public_id
    )
    query = permalink_query(comment)
    address = comment.article.get_absolute_url()
    return redirect(f"{address}{'?' + urlencode(query) if query else ''}#{comment.anchor}")


@require_safe
@in_publication
def own_comment(request: HttpRequest, public_id: str) -> HttpResponse:
    """One comment as its author sees it, to be put in its place by the script; 204, with nothing, for everybody else."""
    commenter = identity.commenter_of(request)
    rows = Comment.objects.filter(commenter=commenter).select_related("article__section__publication", "parent")
    comment = rows.filter(public_id=public_id).exclude(status=Status.WITHDRAWN).first() if commenter is not None else None
    response = HttpResponse(status=204) if comment is None else HttpResponse(one_comment(request, own_entry(comment)))
    response["Cache-Control"] = "no-store"
    return response


def one_comment(request: HttpRequest, entry: Entry) -> str:
    """A comment as it stands in the thread, alone."""
    open_, shown = entry.comment.article.comments_open(), settings.COMMENT_SHOW_DISAGREEMENT
    context = {"entry": entry, "open": open_, "level": 1, "show_disagreement": shown}
    return render_to_string("comments/comment.html", context, request)


def article_page(
    request: HttpRequest,
    found: Article,
    *,
    form: ReplyForm | None = None,
    reply_to: Comment | None = None,
    more: Mapping[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The article with its thread and form. What one reader alone may see is added last, and then the page is not for shared caches."""
    commenter = identity.commenter_of(request)
    sort = SORTS.get(request.GET.get("urut", ""), Sort.OLDEST)
    branch = None
    try:
        if branch_id := request.GET.get("utas", ""):
            rows = Comment.objects.in_thread().filter(article=found).select_related("parent")
            branch = get_object_or_404(rows, public_id=branch_id)
            page = read_branch(branch, request.GET.get("kursor", ""), levels=settings.COMMENT_LEVELS)
        else:
            page = read_page(found, sort, request.GET.get("kursor", ""), levels=settings.COMMENT_LEVELS)
    except BadCursor:
        page = read_page(found, sort, levels=settings.COMMENT_LEVELS)
    own = own_of(commenter, found)
    votes = reactions.kinds_of(commenter.key, [node.comment.pk for node in all_nodes(page)]) if commenter else {}
    context: dict[str, Any] = {
        "article": found,
        "thread": page,
        "branch": branch,
        "count": comment_count(found),
        "layout": lay_out(page, own, votes=votes, branch=branch is not None),
        "sorts": [(name, value.value, value == sort) for name, value in SORTS.items()],
        "sort": next(name for name, value in SORTS.items() if value == sort),
        "known": commenter is not None,
        "show_disagreement": settings.COMMENT_SHOW_DISAGREEMENT,
        **form_context(request, found, form, reply_to),
        **(more or {}),
    }
    response = render(request, "comments/article.html", context, status=status)
    personal = bool(read_details(request) or commenter or request.method == "POST")
    response["Cache-Control"] = "no-store" if personal else "no-cache"
    patch_vary_headers(response, ["Cookie"])
    return response


def form_context(request: HttpRequest, found: Article, form: ReplyForm | None, reply_to: Comment | None) -> dict[str, Any]:
    """What the form's own template needs; without a `form` an empty one, with the details that this browser remembers."""
    details = read_details(request)
    if form is None:
        form = ReplyForm(initial={**details, "comment_parent": reply_to.public_id if reply_to else ""}, article=found)
    elif reply_to is None:
        reply_to = find_parent(found, request.POST.get("comment_parent", ""))
    return {
        "form": form,
        "reply_to": reply_to,
        "stamp": make_stamp(),
        "stamp_field": STAMP,
        "honeypot_field": HONEYPOT,
        "consent_field": CONSENT,
        "consent": bool(request.POST.get(CONSENT)) if request.method == "POST" else bool(details),
        "max_length": settings.COMMENT_MAX_LENGTH,
        "open": found.comments_open(),
    }


def get_article(request: HttpRequest, slug: str) -> Article:
    return get_object_or_404(Article.objects.published().filter(section__publication=publication_of(request)), slug=slug)


def find_parent(found: Article, public_id: str) -> Comment | None:
    """The public comment that a reply is to answer, if it is (still) there."""
    if not public_id or len(public_id) > 64:
        return None
    return Comment.objects.public().filter(article=found, public_id=public_id).first()


def read_details(request: HttpRequest) -> dict[str, str]:
    """What the reader let this browser remember."""
    try:
        kept = json.loads(request.COOKIES.get(DETAILS_COOKIE, "") or "{}")
    except ValueError:
        return {}
    if not isinstance(kept, dict):
        return {}
    # JSON can spell half of a surrogate pair, which no page can hold.
    return {name: str(kept[name])[:254].encode(errors="ignore").decode() for name in DETAIL_FIELDS if kept.get(name)}


def keep_details(request: HttpRequest, response: HttpResponseBase, form: ReplyForm) -> None:
    """Leave name, e-mail and site with the browser if the box is ticked, and take them back if it is not."""
    path = reverse("article", kwargs={"slug": "x"}).removesuffix("x/")
    if not request.POST.get(CONSENT):
        if DETAILS_COOKIE in request.COOKIES:
            response.delete_cookie(DETAILS_COOKIE, path=path, samesite="Lax")
        return
    kept = {name: form.cleaned_data[name] for name in DETAIL_FIELDS if form.cleaned_data[name]}
    response.set_cookie(
        DETAILS_COOKIE,
        json.dumps(kept),
        max_age=DETAILS_SECONDS,
        path=path,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
