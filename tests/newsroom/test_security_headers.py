"""Every page says what a browser may do with it: no inline script, no framing, no guessing of types."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client, override_settings

from tests.factories import make_article

pytestmark = pytest.mark.django_db

PAGES = ["/", "/admin/login/", "/healthz", "/readyz", "/metrics", "/api/v1/articles/", "/not-there/"]


def directives(policy: str) -> dict[str, list[str]]:
    return {name: values for name, *values in (part.split() for part in policy.split(";") if part.strip())}


@pytest.mark.parametrize("path", PAGES)
def test_headers(client: Client, path: str) -> None:
    make_article()
    response = client.get(path)
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    policy = directives(response["Content-Security-Policy"])
    assert policy["default-src"] == ["'none'"]
    assert policy["frame-ancestors"] == ["'none'"]
    assert policy["base-uri"] == ["'none'"]
    for name in ("script-src", "style-src"):
        assert "'unsafe-inline'" not in policy[name]
        assert "'unsafe-eval'" not in policy[name]
        assert "*" not in policy[name]


def test_a_page_for_readers_holds_no_inline_script_or_style(client: Client) -> None:
    page = client.get(make_article().get_absolute_url()).content.decode()
    assert "<style" not in page
    assert " style=" not in page
    assert " onclick=" not in page


def test_cookies_are_closed_to_scripts_and_other_sites(client: Client) -> None:
    client.get("/admin/login/")
    cookie = client.cookies["csrftoken"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert settings.SESSION_COOKIE_HTTPONLY
    assert settings.SESSION_COOKIE_SAMESITE == "Lax"


@override_settings(SECURE_SSL_REDIRECT=True, SECURE_HSTS_SECONDS=31_536_000)
def test_https_only_once_it_is_https_but_for_the_probes(client: Client) -> None:
    assert client.get("/")["Location"].startswith("https://")
    assert client.get("/healthz").status_code == 200
    assert client.get("/", secure=True)["Strict-Transport-Security"].startswith("max-age=31536000")


@override_settings(ALLOWED_HOSTS=["kabar.example"])
def test_a_foreign_host_is_refused(client: Client) -> None:
    assert client.get("/", HTTP_HOST="evil.example").status_code == 400
