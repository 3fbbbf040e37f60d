from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from comments import identity
from comments.models import Commenter
from tests.factories import make_comment, make_commenter, make_user

pytestmark = pytest.mark.django_db


def asking(user: Any = None, cookie: str = "", **headers: str) -> HttpRequest:
    request = RequestFactory().get(
        "/", headers={name.replace("_", "-"): value for name, value in headers.items()}, REMOTE_ADDR="198.51.100.7"
    )
    request.user = user or AnonymousUser()
    if cookie:
        request.COOKIES[identity.COOKIE] = cookie
    return request


def cookie_of(commenter: Commenter) -> str:
    response = HttpResponse()
    identity.remember(response, commenter)
    return response.cookies[identity.COOKIE].value


def test_a_stranger_is_nobody() -> None:
    assert identity.commenter_of(asking()) is None
    assert not Commenter.objects.exists()


def test_a_browser_is_known_by_its_signed_cookie() -> None:
    commenter = make_commenter()
    assert identity.commenter_of(asking(cookie=cookie_of(commenter))) == commenter


@pytest.mark.parametrize(
    "forge", [lambda key: key, lambda key: signing.dumps(key), lambda key: signing.dumps(key, salt="other"), lambda key: "x:y:z"]
)
def test_a_cookie_that_we_did_not_sign_is_nobodys(forge: Any) -> None:
    assert identity.commenter_of(asking(cookie=forge(make_commenter().key))) is None


def test_a_cookie_of_ours_that_holds_something_else() -> None:
    for content in (7, None, ["a"], {"key": 1}):
        assert identity.commenter_of(asking(cookie=signing.dumps(content, salt=identity.SALT))) is None


def test_an_old_cookie_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    cookie = cookie_of(make_commenter())
    monkeypatch.setattr(identity, "COOKIE_SECONDS", -1)
    assert identity.commenter_of(asking(cookie=cookie)) is None


def test_an_account_is_one_commenter_on_all_browsers() -> None:
    user = make_user()
    first = identity.commenter_of(asking(user))
    assert first is not None
    assert identity.commenter_of(asking(user, cookie=cookie_of(make_commenter()))) == first
    assert first.user == user


def test_the_cookie_of_an_account_is_of_no_use_without_it() -> None:
    commenter = make_commenter(user=make_user())
    assert identity.commenter_of(asking(cookie=cookie_of(commenter))) is None


def test_how_the_cookie_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for https in (True, False):
        monkeypatch.setattr(settings, "HTTPS", https)
        response = HttpResponse()
        commenter = make_commenter()
        identity.remember(response, commenter)
        cookie = response.cookies[identity.COOKIE]
        assert (cookie["httponly"], cookie["samesite"], bool(cookie["secure"])) == (True, "Lax", https)


@pytest.mark.parametrize(
    ("site", "other"), [(None, False), ("none", False), ("same-origin", False), ("same-site", False), ("cross-site", True), ("odd", True)]
)
def test_other_sites_are_told_apart(site: str | None, other: bool) -> None:
    assert identity.from_other_site(asking(**({"Sec_Fetch_Site": site} if site else {}))) is other


def test_guests_are_told_apart_without_keeping_who_they_are() -> None:
    guest = identity.client_key(asking(User_Agent="a"), None)
    assert guest == identity.client_key(asking(User_Agent="a"), None) != identity.client_key(asking(User_Agent="b"), None)
    assert len(guest) <= 40
    assert "198.51" not in guest
    commenter = make_commenter()
    assert identity.client_key(asking(), commenter) == commenter.key


def test_the_edit_token_is_of_one_comment() -> None:
    one, two = make_comment(), make_comment()
    assert identity.is_edit_token(one, identity.edit_token(one))
    assert not identity.is_edit_token(one, identity.edit_token(two))
    for wrong in ("", "x", identity.edit_token(one)[:-1], identity.edit_token(one).upper(), "\u00e9"):
        assert not identity.is_edit_token(one, wrong)


def test_a_changed_secret_key_leaves_old_tokens_good_while_it_is_a_fallback(monkeypatch: pytest.MonkeyPatch) -> None:
    comment = make_comment()
    token, old = identity.edit_token(comment), settings.SECRET_KEY
    monkeypatch.setattr(settings, "SECRET_KEY", "new" * 20)
    assert not identity.is_edit_token(comment, token)
    monkeypatch.setattr(settings, "SECRET_KEY_FALLBACKS", [old])
    assert identity.is_edit_token(comment, token)
    assert identity.edit_token(comment) != token
