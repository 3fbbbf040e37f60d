"""Who writes: a known commenter by account or signed cookie, and the edit token of one comment. An e-mail address is never an identity."""

from __future__ import annotations

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from comments.models import Comment, Commenter
from newsroom.network import client_ip

COOKIE = "balasan_pembaca"
COOKIE_SECONDS = 365 * 86_400
SALT = "comments.commenter"
CHANGE_SALT = "comments.change"


def commenter_of(request: HttpRequest) -> Commenter | None:
    """The commenter behind a request, or None for somebody we do not know."""
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return Commenter.objects.get_or_create(user=user)[0]
    return guest_of(request)


def guest_of(request: HttpRequest) -> Commenter | None:
    """The commenter whose signed token this browser holds, whoever is logged in."""
    return holder_of(request.COOKIES.get(COOKIE, ""))


def holder_of(token: str) -> Commenter | None:
    """The commenter whose token a browser holds."""
    if not token:
        return None
    try:
        key = signing.loads(token, salt=SALT, max_age=COOKIE_SECONDS)
    except signing.BadSignature:
        return None
    return Commenter.objects.filter(key=key, user=None).first() if isinstance(key, str) else None


def from_other_site(request: HttpRequest) -> bool:
    """Whether a browser says that another site's page made it send this. It is taken then, but as a stranger's."""
    return request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin", "same-site"}


def from_own_page(request: HttpRequest) -> bool:
    """Whether a browser says that a page of ours made it send this. Stricter than the above: one that says nothing is not believed."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return site == "same-origin"
    return request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"


def client_key(request: HttpRequest, commenter: Commenter | None) -> str:
    """What tells one client from another where each counts once: the commenter, or a keyed hash of address and browser for a guest."""
    if commenter is not None:
        return commenter.key
    guest = f"{client_ip(request)}|{request.headers.get('User-Agent', '')}"
    return "guest-" + salted_hmac("comments.guest", guest, algorithm="sha256").hexdigest()[:32]


def remember(response: HttpResponse, commenter: Commenter) -> None:
    """Give the browser the token by which its next comment is known."""
    response.set_cookie(
        COOKIE,
        token_of(commenter),
        max_age=COOKIE_SECONDS,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def token_of(commenter: Commenter) -> str:
    """What a browser holds to be known again."""
    return signing.dumps(commenter.key, salt=SALT)


def edit_token(comment: Comment) -> str:
    """The token of one comment. Derived, not stored: a stolen database without the secret key gives none away."""
    return salted_hmac("comments.edit", comment.public_id, algorithm="sha256").hexdigest()


def is_edit_token(comment: Comment, token: str) -> bool:
    expected = [
        salted_hmac("comments.edit", comment.public_id, secret=secret, algorithm="sha256").hexdigest()
        for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    ]
    return sum(constant_time_compare(token, one) for one in expected) > 0  # no short cut: the time taken tells nothing


def change_token(comment: Comment) -> str:
    """For the address of the pages that change one comment, where the author's cookie does not reach them. As good as the edit window."""
    return signing.dumps(comment.public_id, salt=CHANGE_SALT)


def is_change_token(public_id: str, token: str) -> bool:
    try:
        return bool(token) and signing.loads(token, salt=CHANGE_SALT, max_age=settings.COMMENT_EDIT_MINUTES * 60) == public_id
    except signing.BadSignature:
        return False
