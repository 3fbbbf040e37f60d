"""A thread in a frame on another site: its place, who may frame it, and who somebody in it is. See docs/adr/0019.

Browsers keep a framed page's cookies apart or away altogether. What the frame needs works without any; what a cookie adds, one of its own
brings, which no other page of ours ever receives.
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import lru_cache
from hashlib import sha256
from http.cookies import Morsel
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from comments import identity
from comments.layout import Entry
from comments.models import Comment, Commenter
from comments.places import Page
from comments.threads import WAITING, own_of
from newsroom import hosts
from newsroom.models import Article

THEMES = ("auto", "light", "dark")
SHEETS = ("newsroom/tokens.css", "comments/thread.css", "comments/frame.css")
SALT = "comments.frame"
WAITING_SECONDS = 86_400  # how long the address of a frame shows its author's waiting reply
MOST_SHOWN = 10
UNREGISTERED = 0  # the key of an article that has no row yet: no row ever has it, so every question about it is answered with nothing


class Partitioned(Morsel[str]):
    """A cookie kept for this pair of sites alone. The standard library knows the attribute from Python 3.14 on."""

    def OutputString(self, attrs: Any = None) -> str:
        return f"{super().OutputString(attrs)}; Partitioned"


class Frame(Page):
    """The thread by itself. `token`: what its address says of its author's waiting replies; `theme`, `language`: the host's wishes."""

    template = "comments/frame.html"
    framed = True
    indexed = False

    def __init__(
        self, article: Article, rules: list[str], *, theme: str = "auto", language: str = "", token: str = "", name: str = ""
    ) -> None:
        self.article = article
        self.rules = hosts.sources(rules)
        self.theme = theme if theme in THEMES else "auto"
        self.language = language if language in dict(settings.LANGUAGES) else ""
        self.shown = read_token(token)
        self.token = token if self.shown else ""
        self.registered = article.pk != UNREGISTERED
        self.name = name or article.slug
        self.settled = False  # whether the address still names replies that wait no longer
        self.post = self.home = self._address(self.token)
        self.robots = "noindex, indexifembedded" if self.registered and not self.shown else "noindex"

    def _address(self, token: str) -> str:
        given = {"article": self.article.slug} if self.registered else {"url": self.article.canonical_url}
        if self.theme != "auto":
            given["theme"] = self.theme
        if self.language:
            given["lang"] = self.language
        if token:
            given["tunggu"] = token
        return f"{reverse('embed-thread')}?{urlencode(given)}"

    @property
    def style(self) -> SafeString:
        return mark_safe(sheet(self.theme)[0])  # noqa: S308  # our own files

    # --- Who ------------------------------------------------------------------------------------------------------------

    def reader(self, request: HttpRequest) -> Commenter | None:
        return identity.commenter_of(request) or identity.holder_of(self.cookie(request, identity.COOKIE))

    def writer(self, request: HttpRequest) -> Commenter | None:
        # The frame's cookie does come along when another site makes a browser send the form, so only our own page's word counts.
        return self.reader(request) if identity.from_own_page(request) else None

    def waiting(self, request: HttpRequest, reader: Commenter | None) -> list[Comment]:
        mine = own_of(reader, self.article)
        known = {comment.public_id for comment in mine if not comment.is_public}
        named = Comment.objects.filter(article=self.article, public_id__in=[name for name in self.shown if name not in known])
        found = list(named.filter(status__in=WAITING).select_related("parent")) if self.shown else []
        self.settled = bool(self.shown) and not found and not known & set(self.shown)
        return sorted([*mine, *found], key=lambda comment: (comment.created_at, comment.pk))

    def let_change(self, entry: Entry, reader: Commenter | None) -> None:
        """In a window of its own, for whom the frame's cookie names alone: what the address of a frame names, anybody may have copied."""
        if reader is not None and entry.comment.commenter_id == reader.pk:
            entry.permit = identity.change_token(entry.comment)
        else:
            entry.until = None

    def remember(self, response: HttpResponse, commenter: Commenter) -> None:
        self.set_cookie(response, identity.COOKIE, identity.token_of(commenter), identity.COOKIE_SECONDS)

    def landing(self, request: HttpRequest, comment: Comment) -> str:
        """With a signed name of the reply in the address: its author sees it where the browser keeps no cookie either."""
        token = signing.dumps([*self.shown, comment.public_id][-MOST_SHOWN:], salt=SALT)
        return f"{self._address(token)}#{comment.anchor}"

    # --- Cookies: under names and a path of their own, so that none of them opens anything but a frame -------------------------

    cookie_path = "/embed/"

    def cookie(self, request: HttpRequest, name: str) -> str:
        return request.COOKIES.get(f"{name}_bingkai", "")

    def set_cookie(self, response: HttpResponse, name: str, value: str, seconds: int) -> None:
        name = f"{name}_bingkai"
        response.set_cookie(name, value, max_age=seconds, path=self.cookie_path, secure=settings.HTTPS, httponly=True, samesite="Lax")
        if settings.HTTPS:  # browsers take the two that follow on encrypted pages only
            response.cookies[name]["samesite"] = "None"
            plain, apart = response.cookies[name], Partitioned()
            apart.set(plain.key, plain.value, plain.coded_value)
            apart.update(plain)
            response.cookies[name] = apart

    def drop_cookie(self, response: HttpResponse, name: str) -> None:
        self.set_cookie(response, name, "", 0)

    # --- The answer ---------------------------------------------------------------------------------------------------------

    def finish(self, response: HttpResponse) -> None:
        open_to(response, self.rules, self.theme)
        response.headers.setdefault("X-Robots-Tag", self.robots)


def open_to(response: HttpResponse, rules: list[str], theme: str = "auto") -> None:
    """Let a page be framed by our own site and by the listed ones, and hold the one sheet that its policy names."""
    response._csp_replace = {  # type: ignore[attr-defined]  # where django-csp looks for it
        "frame-ancestors": ["'self'", *hosts.sources(rules)],
        "style-src": ["'self'", sheet(theme)[1]],
    }
    response.xframe_options_exempt = True  # that header knows only all or nothing


def read_token(token: str) -> list[str]:
    """The replies that an address names; none where it is not ours or too old."""
    try:
        names = signing.loads(token, salt=SALT, max_age=WAITING_SECONDS) if token else []
    except signing.BadSignature:
        return []
    return [str(name) for name in names][:MOST_SHOWN] if isinstance(names, list) else []


@lru_cache(maxsize=len(THEMES))
def sheet(theme: str) -> tuple[str, str]:
    """All that a frame needs to look right, and its name in a content security policy."""
    parts = []
    for name in SHEETS:
        path = finders.find(name)
        if not path:
            raise FileNotFoundError(name)
        parts.append(Path(str(path)).read_text("utf-8"))
    text = shorten("\n".join(parts))
    if theme != "auto":
        other = {"light": "dark", "dark": "light"}[theme]
        text = re.sub(rf"\(prefers-color-scheme: ?{theme}\)", "all", text)
        text = re.sub(rf"\(prefers-color-scheme: ?{other}\)", "not all", text)
        text = text.replace("color-scheme:light dark", f"color-scheme:{theme}")
    if "<" in text:
        raise ValueError("a style sheet with < in it could end its element")
    return text, f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def shorten(css: str) -> str:
    """A style sheet without comments and the blanks that mean nothing."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    css = re.sub(r" ?([{};,]) ?", r"\1", css)
    css = re.sub(r"(?<=[a-z]): (?=[^{}]*[;}])", ":", css)
    return css.replace(";}", "}").strip()
