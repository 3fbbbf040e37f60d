"""What other sites load: the script tag's script, the framed thread, the counts for their lists."""

from __future__ import annotations

import gzip
import json
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import gettext, ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from comments.cross_origin import allow_reading, rules_of
from comments.forms import STAMP_HOLE, ReplyForm
from comments.frames import UNREGISTERED, Frame, open_to
from comments.models import Comment, Thread
from comments.views import THREAD_QUERY, spot_of, take_reply, thread_page
from comments.words import too_fast_words
from newsroom import addresses, hosts, kept, limits
from newsroom.importing import register
from newsroom.models import Article, ArticleAddress, Publication, Section
from newsroom.network import client_ip, network_of
from newsroom.views import in_publication, publication_of

SCRIPTS = Path(__file__).parent / "scripts"
SCRIPT_SECONDS = 3_600
COUNT_SECONDS = 60
MOST_COUNTS = 100  # articles that one page may ask about


class Missing(Exception):
    """There is no thread to show: `address`, `article`, `host` or `url` is what is wrong."""


# --- The framed thread ------------------------------------------------------------------------------------------------------


@kept.shared(query=(*THREAD_QUERY, "article", "url", "theme", "lang"), hole=STAMP_HOLE)
@csrf_exempt
@in_publication
def thread(request: HttpRequest) -> HttpResponse:
    """A thread by itself, and its form's other end. No CSRF token: docs/adr/0003 and 0019 say who is believed to write."""
    if request.method not in {"GET", "HEAD", "POST"}:
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    publication = publication_of(request)
    language = request.GET.get("lang", "")
    with translation.override(language if language in dict(settings.LANGUAGES) else translation.get_language()):
        try:
            frame = find_frame(request, publication)
        except Missing as error:
            return missing(request, publication, str(error))
        if request.method == "POST":
            return take(request, publication, frame)
        if public_id := request.GET.get("komentar", ""):
            rows = Comment.objects.in_thread().select_related("root").filter(article=frame.article)
            if (comment := rows.filter(public_id=public_id[:64]).first()) is not None:
                response: HttpResponse = redirect(spot_of(comment, frame))
                frame.finish(response)
                return response
        return thread_page(request, frame)


def find_frame(request: HttpRequest, publication: Publication | None) -> Frame:
    """The thread that the address asks for. Raises Missing."""
    given = request.GET
    rules = rules_of(publication)
    wishes: dict[str, Any] = {"theme": given.get("theme", ""), "language": given.get("lang", ""), "token": given.get("tunggu", "")}
    articles = Article.objects.published().filter(section__publication=publication)
    if slug := given.get("article", ""):
        kept.depends(request, "thread", slug[:200])
        article = articles.filter(slug=slug[:200]).first()
        if article is None:
            raise Missing("article")
        return Frame(article, rules, **wishes)
    address = given.get("url", "").strip()
    try:
        key = addresses.key_of(address)
    except addresses.BadAddress as error:
        raise Missing("address") from error
    kept.depends(request, "address", key)
    known = articles.at(key).values_list("slug", flat=True).first() or own_slug(request, address)
    if known:
        kept.depends(request, "thread", known)
        if (article := articles.filter(slug=known).first()) is not None:
            return Frame(article, rules, **wishes)
    if not hosts.matches(rules, *addresses.host_of(address)):
        raise Missing("host")
    section = Section.objects.filter(publication=publication).select_related("publication").first()
    if publication is None or not publication.embed_registers or section is None:
        raise Missing("url")
    if Article.objects.at(key).exists():  # a draft's, or another publication's
        raise Missing("url")
    return Frame(unregistered(address, section), rules, name=key, **wishes)


def unregistered(address: str, section: Section) -> Article:
    """An article that nobody has entered. Looking at its thread writes nothing; its first reply makes the row."""
    title = addresses.title_from(address)
    return Article(pk=UNREGISTERED, section=section, slug="", title=title, canonical_url=address, published_at=timezone.now())


def own_slug(request: HttpRequest, address: str) -> str:
    """The slug in the address of an article's page of ours, or nothing."""
    if addresses.host_of(address)[0] != request.get_host().rsplit(":", 1)[0].lower():
        return ""
    try:
        match = resolve(urlsplit(address).path)
    except Resolver404:
        return ""
    return str(match.kwargs["slug"]) if match.view_name == "article" else ""


def take(request: HttpRequest, publication: Publication | None, frame: Frame) -> HttpResponse:
    """One reply from a frame. An article that nobody has entered gets its row once its first reply is fit to be taken."""
    if not frame.registered:
        form = ReplyForm(request.POST, article=frame.article)
        if not form.is_valid():
            return thread_page(request, frame, form=form, status=400)
        if wait := may_register(request, publication):
            form.add_error(None, too_fast_words(wait))
            response = thread_page(request, frame, form=form, status=429)
            response["Retry-After"] = str(wait)
            return response
        article = register(frame.article.canonical_url, frame.article.section)
        frame = Frame(article, frame.rules, theme=frame.theme, language=frame.language)
    return take_reply(request, frame)


def may_register(request: HttpRequest, publication: Publication | None) -> int:
    """Seconds to wait before this network, or anybody, may make another article; 0 for now."""
    ip = client_ip(request)
    mine = limits.hit("register", network_of(ip) or str(ip), settings.COMMENT_REGISTER_LIMITS)
    return mine or limits.hit("register-all", str(publication and publication.pk), settings.COMMENT_REGISTER_LIMITS_FOR_ALL)


def missing(request: HttpRequest, publication: Publication | None, wrong: str) -> HttpResponse:
    """404 in the frame: a sentence for readers, and what to do for the newsroom that has just put the tag on its page."""
    rules = rules_of(publication)
    theme = request.GET.get("theme", "")
    place = Frame(Article(pk=UNREGISTERED), rules, theme=theme)
    asked = request.GET.get("article", "") or request.GET.get("url", "")
    response = render(request, "comments/frame_missing.html", {"place": place, "wrong": wrong, "asked": asked[:300]}, status=404)
    open_to(response, rules, place.theme)
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "no-cache"
    return response


# --- Scripts ----------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def script(name: str) -> tuple[bytes, bytes, str]:
    """A script as it is sent: plain, compressed, and its tag. The words that it says come from the catalogues, all languages at once."""
    words = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            words[code] = {"title": gettext("Replies"), "open": gettext("Read and write replies")}
    text = (SCRIPTS / name).read_text("utf-8")
    text = "\n".join(line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("//"))
    # In a script <, > and & need no escape; U+2028 and the like are escaped by JSON's ASCII.
    plain = text.replace('"@words@"', json.dumps(words)).encode()
    return plain, gzip.compress(plain, 9, mtime=0), f'"{sha256(plain).hexdigest()[:20]}"'


def send_script(request: HttpRequest, name: str) -> HttpResponse:
    plain, packed, tag = script(name)
    zipped = "gzip" in request.headers.get("Accept-Encoding", "")
    tag = f'{tag[:-1]}-gz"' if zipped else tag
    response = get_conditional_response(request, etag=tag) or HttpResponse(packed if zipped else plain)
    if zipped and response.status_code == 200:
        response["Content-Encoding"] = "gzip"
    response["Content-Type"] = "text/javascript; charset=utf-8"
    response["Cache-Control"] = f"public, max-age={SCRIPT_SECONDS}"
    response["ETag"] = tag
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


@require_safe
def embed_script(request: HttpRequest) -> HttpResponse:
    return send_script(request, "embed.js")


@require_safe
def counts_script(request: HttpRequest) -> HttpResponse:
    return send_script(request, "counts.js")


# --- Counts -----------------------------------------------------------------------------------------------------------------


@require_safe
@in_publication
def counts(request: HttpRequest) -> HttpResponse:
    """How many public replies each of the named articles has: `?a=` for slugs and addresses, as often as the page has articles.

    What is not known, or no article, has none. One answer for the whole page, the same for everybody.
    """
    asked = list(dict.fromkeys(name[: addresses.LONGEST] for name in request.GET.getlist("a")))[:MOST_COUNTS]
    articles = Article.objects.published().filter(section__publication=publication_of(request))
    keys = {name: key for name in asked if "://" in name and (key := key_or_nothing(name))}
    ids = dict(ArticleAddress.objects.filter(key__in=set(keys.values()), article__in=articles).values_list("key", "article_id"))
    own = {name: own_slug(request, name) for name in keys}
    slugs = dict(articles.filter(slug__in=[*own.values(), *(name for name in asked if "://" not in name)]).values_list("slug", "pk"))
    places = {name: ids.get(keys[name]) or slugs.get(own[name]) if name in keys else slugs.get(name) for name in asked}
    numbers = dict(Thread.objects.filter(pk__in={pk for pk in places.values() if pk}).values_list("pk", "comment_count"))
    answer = {}
    for name, pk in places.items():
        count = numbers.get(pk or 0, 0)
        words = ngettext("%(counter)s reply", "%(counter)s replies", count) % {"counter": count}
        answer[name] = {"count": count, "words": words}
    response = JsonResponse({"counts": answer})
    response["Cache-Control"] = f"public, max-age={COUNT_SECONDS}"
    return allow_reading(request, response)


def key_or_nothing(address: str) -> str:
    try:
        return addresses.key_of(address)
    except addresses.BadAddress:
        return ""
