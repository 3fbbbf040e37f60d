"""The article page with its thread and form, and the form's other end."""

from __future__ import annotations

import json
import logging
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import formats, timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from comments.forms import CONSENT, HONEYPOT, STAMP, STAMP_HOLE, ReplyForm, seconds_since
from comments.layout import lay_out
from comments.models import Comment
from comments.places import Page
from comments.submission import Barred, Client, CommentsClosed, ParentGone, TooFast, submit
from comments.threads import BadCursor, Sort, comment_count, page_cursor_of, read_branch, read_page
from newsroom import kept
from newsroom.middleware import outage_response
from newsroom.models import Article
from newsroom.network import client_ip
from newsroom.views import in_publication, publication_of

log = logging.getLogger(__name__)

DETAILS_COOKIE = "balasan_isian"  # name, e-mail and web site, kept in the browser alone and only if the reader ticked the box
DETAILS_SECONDS = 365 * 86_400
DETAIL_FIELDS = ("author", "email", "url")
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
    if not form.is_valid():
        return thread_page(request, place, form=form, status=400)
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
        return thread_page(request, place, form=form, status=403)
    except Barred as error:
        form.add_error(None, barred_words(error))
        return thread_page(request, place, form=form, status=403)
    except ParentGone:
        form.add_error("comment_parent", _("The comment that you reply to is no longer there. You can send yours as a comment of its own."))
        return thread_page(request, place, form=form, status=400)
    except TooFast as error:
        form.add_error(None, too_fast_words(error.seconds))
        response = thread_page(request, place, form=form, status=429)
        response["Retry-After"] = str(error.seconds)
        return response
    comment = submitted.comment
    response = redirect(place.landing(request, comment) if submitted.is_author else f"{place.home}#{comment.anchor}")
    response.status_code = 303
    if submitted.is_author and comment.commenter is not None and comment.commenter.user_id is None:
        place.remember(response, comment.commenter)
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
    return redirect(f"{article.canonical_url}#{comment.anchor}" if article.canonical_url else spot_of(comment, Page(article)))


def spot_of(comment: Comment, place: Page) -> str:
    """The address of a comment on its page of the thread. The comment comes with its `root`."""
    query = {}
    if comment.root is not None and comment.root.descendant_count > settings.COMMENT_REPLIES_SHOWN:
        query["utas"] = comment.public_id
    elif cursor := page_cursor_of(comment):
        query["kursor"] = cursor
    return f"{place.at}{urlencode(query)}#{comment.anchor}" if query else f"{place.home}#{comment.anchor}"


def thread_page(request: HttpRequest, place: Page, *, form: ReplyForm | None = None, status: int = 200) -> HttpResponse:
    """A thread and its form in their place. What one reader alone may see is added last, and then the page is not for shared caches."""
    found = place.article
    commenter = place.reader(request)
    sort = SORTS.get(request.GET.get("urut", ""), Sort.OLDEST)
    branch = None
    try:
        if branch_id := request.GET.get("utas", ""):
            branch = get_object_or_404(Comment.objects.in_thread().filter(article=found), public_id=branch_id)
            page = read_branch(branch, request.GET.get("kursor", ""))
        else:
            page = read_page(found, sort, request.GET.get("kursor", ""))
    except BadCursor:
        page = read_page(found, sort)
    waiting = place.waiting(request, commenter)
    details = read_details(place.cookie(request, DETAILS_COOKIE))
    reply_to = find_parent(found, (request.GET if form is None else request.POST).get("balas" if form is None else "comment_parent", ""))
    if form is None:
        form = ReplyForm(initial={**details, "comment_parent": reply_to.public_id if reply_to else ""}, article=found)
    context: dict[str, Any] = {
        "article": found,
        "place": place,
        "thread": page,
        "branch": branch,
        "count": comment_count(found),
        "layout": lay_out(page, waiting, branch=branch is not None),
        "sorts": [(name, value.value, value == sort) for name, value in SORTS.items()],
        "sort": next(name for name, value in SORTS.items() if value == sort),
        "form": form,
        "reply_to": reply_to,
        "stamp": kept.word_of(request, STAMP_HOLE),
        "stamp_field": STAMP,
        "honeypot_field": HONEYPOT,
        "consent_field": CONSENT,
        "consent": bool(request.POST.get(CONSENT)) if request.method == "POST" else bool(details),
        "max_length": settings.COMMENT_MAX_LENGTH,
        "open": found.comments_open(),
        "known": commenter is not None,
    }
    response = render(request, place.template, context, status=status)
    personal = bool(waiting or details or commenter or request.method == "POST")
    response["Cache-Control"] = "no-store" if personal else "no-cache"
    patch_vary_headers(response, ["Cookie"])
    place.finish(response)
    return response


def get_article(request: HttpRequest, slug: str) -> Article:
    return get_object_or_404(Article.objects.published().filter(section__publication=publication_of(request)), slug=slug)


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


def too_fast_words(seconds: int) -> str:
    """How long to wait, in the largest unit that is exact enough."""
    if seconds < 120:
        wait = ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}
    else:
        minutes = -(-seconds // 60)
        wait = ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    return _("Too fast: you can send again in %(wait)s. Your text is still here.") % {"wait": wait}


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
