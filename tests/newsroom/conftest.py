"""A whole installation, started as a newsroom starts it."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import psutil
import psycopg
import pytest
from django.db import connection

from tests.environment import DATABASE
from tests.processes import ROOT, Process, free_port, wait_for

STARTED: list[Process] = []


class Installation:
    """`manage.py up` on a folder of its own, with an environment of PATH and HOME."""

    def __init__(self, data_dir: Path, **environment: str) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **environment}
        self.environment |= {"HOST": "127.0.0.1", "PORT": str(self.port), "DATA_DIR": str(data_dir)}
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: Process

    def start(self) -> Installation:
        logs = self.data_dir.parent / "output"
        # Process adds to this test run's environment; `env -i` leaves only ours.
        words = [f"{name}={value}" for name, value in self.environment.items()]
        self.process = Process("up", ["/usr/bin/env", "-i", *words, sys.executable, "manage.py", "up"], logs)
        STARTED.append(self.process)
        return self

    def wait_until_ready(self) -> Installation:
        wait_for(lambda: "Balasan is ready" in self.process.log or self.process.popen.poll() is not None, 240)
        assert self.process.popen.poll() is None, self.process.log
        return self

    def wait_for_the_end(self, seconds: float = 120) -> int:
        return self.process.popen.wait(seconds)

    def parts(self) -> dict[str, psutil.Process]:
        """The processes that the supervisor keeps, by name."""
        found = {}
        for child in psutil.Process(self.process.pid).children():
            try:
                command = " ".join(child.cmdline())
            except psutil.Error:
                continue  # it is just ending
            for name, sign in {"redis": "redis-server", "worker": "newsroom.worker", "web": "granian"}.items():
                if sign in command:
                    found[name] = child
        return found

    def everybody(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def ready(self) -> dict[str, Any]:
        try:
            answer = httpx.get(f"{self.url}/readyz", timeout=30)
        except httpx.HTTPError:
            return {}
        return answer.json() if answer.status_code == 200 else {}


def own_database() -> dict[str, str]:
    """SQLite in the installation's folder, or a fresh database on the PostgreSQL of this run."""
    if DATABASE == "sqlite":
        return {}
    about = connection.settings_dict
    server = {"host": about["HOST"], "user": about["USER"], "password": about["PASSWORD"] or None, "port": about["PORT"] or None}
    name = f"up_{os.getpid()}_{free_port()}"
    with psycopg.connect(dbname="postgres", autocommit=True, **server) as admin:
        admin.execute(f'CREATE DATABASE "{name}"'.encode())
    password = f":{quote(about['PASSWORD'], safe='')}" if about["PASSWORD"] else ""
    port = f":{about['PORT']}" if about["PORT"] else ""
    return {"DATABASE_URL": f"postgres://{about['USER']}{password}@{quote(about['HOST'], safe='')}{port}/{name}"}


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """A place whose path has a space and is too long for a socket."""
    path = Path(tempfile.mkdtemp(prefix="balasan up 100% ")) / ("folder-" * 12)
    path.mkdir()
    yield path
    for process in STARTED:
        process.stop()
    shutil.rmtree(path.parent, ignore_errors=True)


@pytest.fixture(scope="session")
def install(folder: Path) -> Callable[..., Installation]:
    """Make an installation; it is ended with the test run, whatever a test leaves behind."""

    def make(name: str, **environment: str) -> Installation:
        return Installation(folder / name, **environment)

    return make


@pytest.fixture(scope="session")
def installation(install: Callable[..., Installation]) -> Installation:
    """One that several tests share; each leaves it running."""
    return install("shared", **own_database()).start().wait_until_ready()


__all__ = ["ROOT", "Installation"]
