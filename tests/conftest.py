"""What every test can ask for. Databases, Redis and workers are real; nothing of ours is replaced."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from newsroom.embedded import redis_socket
from tests import passwords  # noqa: F401  (makes hashing quick)
from tests.environment import DATABASE, RUN_DIR
from tests.processes import RedisServer, Stack

SHARED_DATA = Path(os.environ.get("SHARED_DATA", "") or Path(__file__).resolve().parent.parent.parent / "shared" / "data")


def pytest_report_header() -> str:
    return f"database: {DATABASE}, run folder: {RUN_DIR}"


# Three runs share two cores: that drawing or running an example takes its time says nothing of what is tested.
hypothesis.settings.register_profile("busy machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("busy machine")

NEEDS_DATABASE = {"db", "transactional_db", "django_db_setup", "live_server", "stack"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL only what the database can change runs again; the rest was tried on SQLite in the same `make test`.

    Left out there: what touches no database, and what is about a browser.
    """
    if DATABASE != "postgres":
        return
    again: list[pytest.Item] = []
    pure: list[pytest.Item] = []
    for item in items:
        wants = bool(NEEDS_DATABASE & set(getattr(item, "fixturenames", ())) or item.get_closest_marker("django_db"))
        wants = wants and "browser" not in item.path.parts
        (again if wants else pure).append(item)
    config.hook.pytest_deselected(items=pure)
    items[:] = again


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """SQLite's test database is a file, not memory: the worker and the web server are other processes."""
    if DATABASE == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(RUN_DIR / "data" / "test.sqlite3")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """Emptying the tables between tests looks at no foreign keys: all of them are emptied, and of ten thousand rows each would be
    looked for in every table that points at it."""
    empty = connection.ops.execute_sql_flush

    def quickly(statements: Iterable[str]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA foreign_keys = OFF")
            try:
                empty(statements)
            finally:
                cursor.execute("PRAGMA foreign_keys = ON")

    with pytest.MonkeyPatch.context() as patch:
        if connection.vendor == "sqlite":
            patch.setattr(connection.ops, "execute_sql_flush", quickly)
        yield


@pytest.fixture(scope="session", autouse=True)
def redis_server() -> Iterator[RedisServer]:
    """The Redis of this run, where the settings expect the embedded one."""
    server = RedisServer(redis_socket(settings.DATA_DIR), RUN_DIR / "redis")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session", autouse=True)
def static_files() -> None:
    call_command("collectstatic", interactive=False, verbosity=0)


@pytest.fixture(autouse=True)
def clean_slate(redis_server: RedisServer) -> None:
    """No rate limit and no memory of a broken Redis is carried from one test into the next."""
    from moderation import check_modes, counting, in_force, variants, wakeup
    from newsroom import limits

    in_force.forget()
    counting.forget()
    for kept in (check_modes.in_force, variants.in_use):
        kept.cache_clear()
    variants._kept.clear()
    limits._away_until = 0.0
    limits._local.counts.clear()
    wakeup._silent_until = 0.0
    if redis_server.process is not None and redis_server.process.popen.poll() is None:
        for key in limits.connection().scan_iter("limit:*"):
            limits.connection().delete(key)


def live_environment() -> dict[str, str]:
    """The environment of processes that share this run's test database."""
    database = connection.settings_dict
    if DATABASE == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    else:
        from urllib.parse import quote

        port = f":{database['PORT']}" if database.get("PORT") else ""
        password = f":{quote(database['PASSWORD'], safe='')}" if database.get("PASSWORD") else ""
        url = f"postgres://{database['USER']}{password}@{quote(database['HOST'], safe='')}{port}/{database['NAME']}"
    return {
        "DJANGO_SETTINGS_MODULE": "tests.live_settings",
        "DATABASE_URL": url,
        "COMMENT_RATE_LIMITS": "off",
        "EMAIL_URL": f"filemail://{RUN_DIR / 'mail'}",
    }


_stacks: list[Stack] = []


@pytest.fixture
def stack(transactional_db: None) -> Stack:
    """Web server, worker and beat as processes of their own, on the test database with real commits.

    Kept from one test to the next, and ended before the first one that did not ask for them: their sweep would decide its comments.
    """
    if not _stacks:
        fresh = Stack(RUN_DIR, live_environment())
        _stacks.append(fresh)
        fresh.start_web()
        fresh.start_worker().wait_until_ready()
    return _stacks[0]


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    if _stacks and "stack" not in getattr(nextitem, "fixturenames", ()):
        _stacks.pop().stop()


def pytest_sessionfinish() -> None:
    while _stacks:  # a run that was broken off
        _stacks.pop().stop()


def shared_data(name: str) -> Path:
    """A file of the data that lies beside a checkout, or a skip that names it: none of it may be committed here."""
    path = SHARED_DATA / name
    if not path.exists():
        pytest.skip(f"{name} is not beside this checkout")
    return path
