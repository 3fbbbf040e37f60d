"""`make bench`: starts an installation on a folder of its own, measures it, removes it. About four minutes. Figures go to standard output.

The server runs on core 0 and the load on the others where the machine has several; a busy machine shows in `foreign`. Compare ratios
within one run; CPU milliseconds a request are the steadiest figure.
"""

from __future__ import annotations

import json
import os
import platform
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlencode

import psutil
import redis

from benchmarks import client, embed, reading
from benchmarks.corpus import reply
from newsroom.embedded import default_redis_url

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 4.0
ROUNDS = 3
STATIC = "/static/"


class Server:
    """One `manage.py up` with the rate limits off."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.data_dir = folder / "var"
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "DATA_DIR": str(self.data_dir),
            "PORT": str(self.port),
            "HOST": "127.0.0.1",
            "COMMENT_RATE_LIMITS": "off",
            "COMMENT_GLOBAL_BUDGET": "9999999",
            "LOG_LEVEL": "WARNING",
        }
        began = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("Balasan is ready"):
                break
        else:
            sys.exit("the installation did not start")
        self.start_seconds = time.perf_counter() - began
        if (os.cpu_count() or 1) > 1:
            for process in self.everybody():
                for thread in process.threads():
                    os.sched_setaffinity(thread.id, {0})
            os.sched_setaffinity(0, set(range(1, os.cpu_count() or 1)))

    def everybody(self) -> list[psutil.Process]:
        main = psutil.Process(self.process.pid)
        return [main, *main.children(recursive=True)]

    def cpu(self) -> float:
        total = 0.0
        for process in self.everybody():
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system
        return total

    def memory(self) -> dict[str, float]:
        """PSS in MiB by part: shared pages counted once over all that share them."""
        parts: dict[str, float] = {}
        for process in self.everybody():
            command = " ".join(process.cmdline())
            signs = {"supervisor": "supervisor.py", "redis": "redis-server", "worker and beat": "newsroom.worker", "web": "granian"}
            name = next((part for part, sign in signs.items() if sign in command), "other")
            parts[name] = parts.get(name, 0.0) + process.memory_full_info().pss / 2**20
        return parts

    def run(self, module: str, *arguments: str) -> str:
        command = [sys.executable, "-m", module, *arguments]
        return subprocess.run(command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, text=True, check=True).stdout

    def query(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(f"file:{self.data_dir / 'balasan.sqlite3'}?mode=ro", uri=True)) as database:
            return database.execute(sql, values).fetchall()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def machine_busy() -> float:
    """Seconds that all cores together have worked since the start of the machine."""
    now = psutil.cpu_times()
    return float(now.user + now.nice + now.system + now.irq + now.softirq)


def measure(server: Server, name: str, request: client.Request, clients: int) -> client.Load:
    """The middle one of ROUNDS rounds, printed as one line."""
    rounds = []
    for _ in range(ROUNDS):
        mine, theirs, machine = time.process_time(), server.cpu(), machine_busy()
        load = client.run(server.port, request, clients, SECONDS)
        cpu = server.cpu() - theirs
        own = cpu + time.process_time() - mine
        foreign = max(0.0, machine_busy() - machine - own) / load.seconds  # share of one core that others used meanwhile
        rounds.append((load.rate, load, cpu * 1000 / max(1, len(load.times)), foreign))
    _rate, load, cpu_ms, foreign = sorted(rounds, key=lambda each: each[0])[ROUNDS // 2]
    good = sum(count for status, count in load.statuses.items() if 200 <= status < 400)
    print(
        f"{name:<34} c{clients:<3} {load.rate:9.1f}/s  p50 {load.percentile(0.5):7.1f} ms  p99 {load.percentile(0.99):7.1f} ms  "
        f"CPU {cpu_ms:6.3f} ms  {load.length:7} B  foreign {foreign:.2f}" + ("" if good == len(load.times) else f"  {dict(load.statuses)}"),
        flush=True,
    )
    return load


def form_body(tag: str) -> Callable[[int], bytes]:
    def make(number: int) -> bytes:
        fields = {"author": f"Pembaca {number % 50}", "email": f"p{number}@contoh.example", "comment": f"{reply(number)} {tag} {number}"}
        return urlencode(fields).encode()

    return make


def json_body(tag: str) -> Callable[[int], bytes]:
    def make(number: int) -> bytes:
        fields = {"author_name": "Pembaca", "author_email": f"p{number}@contoh.example", "body": f"{reply(number)} {tag} {number}"}
        return json.dumps(fields).encode()

    return make


def settle(server: Server, seconds: float = 120.0) -> float:
    """Wait until nothing is pending; how long it took. Then until all messages are used up, so that the next figures are their own."""
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        if server.query("SELECT count(*) FROM comments_comment WHERE status = 'pending'")[0][0] == 0:
            break
        time.sleep(0.2)
    took = time.perf_counter() - began
    queue = redis.Redis.from_url(default_redis_url(server.data_dir))
    while queue.llen("celery") and time.perf_counter() - began < seconds:
        time.sleep(0.2)
    return took


def verdict_times(server: Server, path: str, posts: int, rate: float) -> None:
    """Post at a steady rate and see, in the database, when each comment leaves PENDING."""
    sent: dict[str, float] = {}
    times: list[float] = []
    kind = "application/x-www-form-urlencoded"
    make = client.post(path, server.port, form_body(f"putusan {rate:g}"), kind)
    before = server.query("SELECT coalesce(max(id), 0) FROM comments_comment")[0][0]
    begun = time.perf_counter()
    with closing(sqlite3.connect(f"file:{server.data_dir / 'balasan.sqlite3'}?mode=ro", uri=True)) as database:
        number = 0
        waiting: set[str] = set()
        while (number < posts or waiting) and time.perf_counter() - begun < posts / rate + 60:
            if number < posts and time.perf_counter() >= begun + number / rate:
                number += 1
                with socket.create_connection(("127.0.0.1", server.port), 5) as connection:
                    at = time.perf_counter()
                    connection.sendall(make(number).replace(b"\r\nHost", b"\r\nConnection: close\r\nHost", 1))
                    answer = b""
                    while chunk := connection.recv(65_536):
                        answer += chunk
                mark = answer.partition(b"#komentar-")[2].split(b"\r\n")[0].decode()
                sent[mark] = at
                waiting.add(mark)
            rows = database.execute("SELECT public_id FROM comments_comment WHERE id > ? AND status != 'pending'", (before,)).fetchall()
            for (mark,) in rows:
                if mark in waiting:
                    waiting.discard(mark)
                    times.append((time.perf_counter() - sent[mark]) * 1000)
            time.sleep(0.002)
    load = client.Load(seconds=1, times=times)
    figures = f"p50 {load.percentile(0.5):.0f} ms  p99 {load.percentile(0.99):.0f} ms"
    print(f"{'post to verdict':<34} {len(times)} of {posts}, {rate:g} a second  {figures}", flush=True)


def memory_line(server: Server, name: str) -> None:
    parts = server.memory()
    words = ", ".join(f"{part} {size:.0f}" for part, size in sorted(parts.items()))
    print(f"{name:<34} {sum(parts.values()):.0f} MiB PSS ({words})", flush=True)


def main() -> None:
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    print(f"{machine}; Python {platform.python_version()}, SQLite")
    print(f"rounds of {SECONDS:g} s, the middle of {ROUNDS}; server on core 0, load on the others; rate limits off")
    with tempfile.TemporaryDirectory(prefix="balasan-bench-") as folder, embed.host() as site:
        server = Server(Path(folder))
        try:
            print(f"{'start, static files made anew':<34} {server.start_seconds:.1f} s")
            for path in ("/", "/readyz"):
                client.run(server.port, client.get(path, server.port), 1, 0.3)
            time.sleep(5)
            memory_line(server, "memory idle, after a few requests")

            small, large = (server.run("benchmarks.fill", str(count), site.name).split()[-1] for count in (100, 1_000))
            static = next(path for path in sorted((server.data_dir / "static" / "newsroom").glob("site.*.css")))
            measure(server, "static file (whitenoise)", client.get(f"{STATIC}newsroom/{static.name}", server.port), 32)
            measure(server, "healthz (a bare Django view)", client.get("/healthz", server.port), 32)
            measure(server, "front page", client.get("/", server.port), 8)
            reading.report(server, {"100 comments": small, "1,000 comments": large})

            address = f"http://127.0.0.1:{server.port}"
            embed.report_weight(address, small)
            embed.report_times(address, {"100 comments": small, "1,000 comments": large}, site)

            for title, request in (
                (
                    "post by form",
                    client.post(
                        f"/artikel/{small}/balasan/", server.port, form_body(str(time.time())), "application/x-www-form-urlencoded"
                    ),
                ),
                (
                    "post by API",
                    client.post(f"/api/v1/articles/{small}/comments/", server.port, json_body(str(time.time())), "application/json"),
                ),
            ):
                # Numbers start anew in each round; the counter in the text must not.
                measure(server, title, unique(request), 8)
                print(f"{'  until the last is decided':<34} {settle(server):.1f} s")
            for rate in (10.0, 50.0):
                verdict_times(server, f"/artikel/{small}/balasan/", int(rate * 5), rate)
            memory_line(server, "memory after all that")
            print(server.run("benchmarks.checks"), end="")
            print(server.run("benchmarks.desk"), end="")
        finally:
            server.stop()
    # All changes at once, and a sample decided anew; what is wrong it says itself.
    subprocess.run([sys.executable, "-m", "benchmarks.replays", "10000", "200", "all"], check=False)


def unique(request: client.Request) -> client.Request:
    """The same request, with numbers that are never used twice."""
    count = iter(range(1, 10**9))
    return lambda _number: request(next(count))


if __name__ == "__main__":
    main()
