"""A wrong value refuses to start and names its variable; a right one does what it says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import ROOT

KEY = "a-key-for-tests-only-" * 3


def start(tmp_path: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": os.environ["PATH"], "SECRET_KEY": KEY, "DATA_DIR": str(tmp_path), **environment}
    return subprocess.run(
        [sys.executable, "manage.py", *(command or ("check",))],
        cwd=ROOT,
        env=clean,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("DEBUG", "maybe"),
        ("SITE_URL", "kabar.example"),
        ("SITE_URL", "ftp://kabar.example"),
        ("CSRF_TRUSTED_ORIGINS", "kabar.example"),
        ("DATABASE_URL", "mysql://root@localhost/balasan"),
        ("DATABASE_URL", "not a database"),
        ("REDIS_URL", "http://localhost"),
        ("CELERY_BROKER_URL", "amqp://localhost"),
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", "one"),
        ("COMMENT_RATE_LIMITS", "3 per minute"),
        ("COMMENT_RATE_LIMITS", "0/m"),
        ("COMMENT_EDIT_MINUTES", "soon"),
        ("COMMENT_GLOBAL_BUDGET", "0"),
        ("NETWORK_RETENTION_DAYS", "0"),
        ("WORKER_PROCESSES", "0"),
        ("ALLOWED_HOSTS", "https://kabar.example"),
        ("EMAIL_URL", "pigeon://loft"),
        ("DEFAULT_FROM_EMAIL", "nobody at all"),
        ("LANGUAGE_CODE", "xx"),
        ("TIME_ZONE", "Asia/Atlantis"),
        ("GOOGLE_CLIENT_ID", "only-half"),
        ("OIDC_ISSUER", "https://masuk.kabar.example"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_a_wrong_value_refuses_to_start_and_names_the_variable(tmp_path: Path, name: str, value: str) -> None:
    result = start(tmp_path, **{name: value})
    assert result.returncode != 0
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("Balasan cannot start:"), result.stderr[-500:]
    assert name in last


def test_ready_for_production(tmp_path: Path) -> None:
    result = start(tmp_path, "check", "--deploy", "--fail-level", "WARNING", SITE_URL="https://kabar.example")
    assert result.returncode == 0, result.stderr


def values(tmp_path: Path, *names: str, **environment: str) -> dict[str, object]:
    code = f"from django.conf import settings; import json; print(json.dumps({{n: str(getattr(settings, n)) for n in {names!r}}}))"
    clean = {"PATH": os.environ["PATH"], "SECRET_KEY": KEY, "DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "newsroom.settings"}
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, cwd=ROOT, env=clean | environment, capture_output=True, text=True, timeout=60, check=True)
    found: dict[str, object] = json.loads(result.stdout)
    return found


def test_https_closes_the_cookies_and_keeps_browsers_on_it(tmp_path: Path) -> None:
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS")
    assert values(tmp_path, *names, SITE_URL="https://kabar.example") == dict(zip(names, ["True", "True", "True", "31536000"], strict=True))
    assert values(tmp_path, *names) == dict(zip(names, ["False", "False", "False", "0"], strict=True))


def test_the_site_s_own_host_is_allowed(tmp_path: Path) -> None:
    assert "'kabar.example'" in str(values(tmp_path, "ALLOWED_HOSTS", SITE_URL="https://kabar.example")["ALLOWED_HOSTS"])


def test_the_broker_is_the_cache_s_redis_unless_another_is_named(tmp_path: Path) -> None:
    names = ("REDIS_URL", "CELERY_BROKER_URL")
    same = values(tmp_path, *names, REDIS_URL="redis://cache:6379/0")
    assert same == {"REDIS_URL": "redis://cache:6379/0", "CELERY_BROKER_URL": "redis://cache:6379/0"}
    apart = values(tmp_path, *names, REDIS_URL="redis://cache:6379/0", CELERY_BROKER_URL="unix:///run/redis.sock?db=2")
    assert apart["CELERY_BROKER_URL"] == "redis+socket:///run/redis.sock?virtual_host=2"


@pytest.mark.parametrize("folder", ["with space", "100%", "what?#", "é"])
def test_odd_folders(tmp_path: Path, folder: str) -> None:
    place = tmp_path / folder
    names = ("DATABASES", "EMAIL_FILE_PATH")
    found = values(tmp_path, *names, DATA_DIR=str(place))
    assert str(place / "balasan.sqlite3") in str(found["DATABASES"])
    assert found["EMAIL_FILE_PATH"] == str(place / "mail")


def test_long_folder_moves_the_socket(tmp_path: Path) -> None:
    from newsroom.embedded import LONGEST_SOCKET_PATH, default_redis_url, redis_socket

    near, far = tmp_path / "a", tmp_path / ("b" * 90)
    assert redis_socket(far) != far / "redis" / "redis.sock"
    for folder in (near, far):
        assert len(str(redis_socket(folder))) <= LONGEST_SOCKET_PATH or folder == near
        assert default_redis_url(folder).startswith("unix:///")


LOADED = """
import sys
from django.conf import settings
from django.urls import NoReverseMatch, reverse
def found(name, *args):
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
addresses = [found("google_login"), found("openid_connect_login", "oidc")]
loaded = [name for name in sys.modules if name.startswith(("allauth.socialaccount.", "oauthlib", "jwt"))]
print([bool(loaded), *addresses, settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"]])
"""


def test_without_keys_nothing_of_other_sites_is_loaded(tmp_path: Path) -> None:
    result = start(tmp_path, "shell", "--no-imports", "-c", LOADED)
    assert result.stdout.strip() == """[False, '', '', ["'self'"]]""", result.stderr


def test_with_keys_the_providers_have_addresses_and_may_be_gone_to(tmp_path: Path) -> None:
    pytest.importorskip("jwt", reason="log-in by other sites is not installed: requirements/social.txt")
    keys = {"GOOGLE_CLIENT_ID": "a", "GOOGLE_CLIENT_SECRET": "b"}
    keys |= {"OIDC_ISSUER": "https://masuk.kabar.example", "OIDC_NAME": "Kabar", "OIDC_CLIENT_ID": "c", "OIDC_CLIENT_SECRET": "d"}
    result = start(tmp_path, "shell", "--no-imports", "-c", LOADED, **keys)
    assert "'/akun/google/login/', '/akun/oidc/oidc/login/'" in result.stdout, result.stderr
    assert """["'self'", 'https://accounts.google.com', 'https://masuk.kabar.example']""" in result.stdout
