"""Where a thread is shown: what its links, its form and its cookies have to know of the page around it.

`Page` is the article's own page. `comments.frames.Frame` is the same thread in a frame on another site.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from comments import identity
from comments.layout import Entry
from comments.models import Comment, Commenter
from comments.threads import own_of
from newsroom.models import Article


class Page:
    """The article's own page. `home` is the thread's first page, `post` takes the form, `name` is what a browser keeps a draft by."""

    template = "comments/article.html"
    framed = False

    def __init__(self, article: Article) -> None:
        self.article = article
        self.name = article.slug
        self.home = article.get_absolute_url()
        self.post = reverse("reply", kwargs={"slug": article.slug})

    @property
    def at(self) -> str:
        """What the thread's own links put before their parameters."""
        return f"{self.home}{'&' if '?' in self.home else '?'}"

    # --- Who ------------------------------------------------------------------------------------------------------------

    def reader(self, request: HttpRequest) -> Commenter | None:
        """Who looks at the page, for what they alone may see."""
        return identity.commenter_of(request)

    def is_known(self, request: HttpRequest) -> bool:
        """Whether the reader has a page of their own that this browser can open."""
        return identity.commenter_of(request) is not None

    def writer(self, request: HttpRequest) -> Commenter | None:
        """In whose name a reply is taken; nobody's where another site's page made the browser send it."""
        return None if identity.from_other_site(request) else self.reader(request)

    def waiting(self, request: HttpRequest, reader: Commenter | None) -> list[Comment]:
        """The reader's own comments that wait, which only they see in the thread, or that they can still change."""
        return own_of(reader, self.article)

    def let_change(self, entry: Entry, reader: Commenter | None) -> None:
        """Say how `reader` comes from here to the pages that change one of their own comments. Their cookie does for all of our pages."""

    def remember(self, response: HttpResponse, commenter: Commenter) -> None:
        identity.remember(response, commenter)

    # --- Where to -------------------------------------------------------------------------------------------------------

    def landing(self, request: HttpRequest, comment: Comment) -> str:
        """Where the author of a reply that was taken is sent."""
        return f"{self.home}#{comment.anchor}"

    # --- What the browser keeps for the form ----------------------------------------------------------------------------------

    def cookie(self, request: HttpRequest, name: str) -> str:
        return request.COOKIES.get(name, "")

    def set_cookie(self, response: HttpResponse, name: str, value: str, seconds: int) -> None:
        response.set_cookie(name, value, max_age=seconds, path=self.cookie_path, secure=settings.HTTPS, httponly=True, samesite="Lax")

    def drop_cookie(self, response: HttpResponse, name: str) -> None:
        response.delete_cookie(name, path=self.cookie_path, samesite="Lax")

    @property
    def cookie_path(self) -> str:
        return reverse("article", kwargs={"slug": "x"}).removesuffix("x/")

    @property
    def indexed(self) -> bool:
        """Whether this is where search engines are to find the thread."""
        return not self.article.canonical_url

    # --- The answer ---------------------------------------------------------------------------------------------------------

    def finish(self, response: HttpResponse) -> None:
        """What else the page's answer has to say."""
