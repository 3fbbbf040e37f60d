"""Reading, in the terms of docs/performance.md: warm, cold, and with one publish a second; beside nginx's static file of the same bytes.

Uses wrk where it is installed (it takes a twentieth of the processor that our own client takes), else our own client.
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks import client

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 4
ROUNDS = 3
COLD_ROUNDS = 8


class Installation(Protocol):
    port: int
    environment: dict[str, str]

    def cpu(self) -> float: ...


@dataclass(frozen=True)
class Figures:
    rate: float
    p50: float
    p99: float
    requests: int


def milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()  # type: ignore[union-attr]
    return float(number) * {"us": 0.001, "ms": 1, "s": 1_000, "m": 60_000}[unit]


def load(port: int, path: str, connections: int, *, gzip: bool) -> Figures:
    if shutil.which("wrk") is None:
        found = client.run(port, client.get(path, port), connections, SECONDS)
        return Figures(found.rate, found.percentile(0.5), found.percentile(0.99), len(found.times))
    command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency", "--timeout", "20s"]
    command += ["-H", "Accept-Encoding: gzip"] if gzip else []
    out = subprocess.run([*command, f"http://127.0.0.1:{port}{path}"], stdout=subprocess.PIPE, text=True, check=True).stdout
    # At the beginning of a line: the column "+/- Stdev" can end in 99%, too.
    patterns = (r"Requests/sec:\s+(\S+)", r"^\s*50%\s+(\S+)", r"^\s*99%\s+(\S+)", r"(\d+) requests in")
    values = [re.search(pattern, out, re.MULTILINE) for pattern in patterns]
    rate, p50, p99, requests = (value[1] if value else "0" for value in values)
    if "Non-2xx" in out:
        sys.exit(f"{path} is not answered with 200:\n{out}")
    return Figures(float(rate), milliseconds(p50), milliseconds(p99), int(requests))


def line(server: Installation, name: str, path: str, connections: int, *, gzip: bool = True) -> Figures:
    """The middle one of ROUNDS rounds, as a line."""
    rounds = []
    for _ in range(ROUNDS):
        began = server.cpu()
        found = load(server.port, path, connections, gzip=gzip)
        rounds.append((found.rate, found, (server.cpu() - began) * 1000 / max(1, found.requests)))
    _rate, found, cpu = sorted(rounds, key=lambda each: each[0])[ROUNDS // 2]
    figures = f"{found.rate:9.0f}/s  p50 {found.p50:7.2f} ms  p99 {found.p99:7.2f} ms  CPU {cpu:7.4f} ms"
    print(f"{name:<44} c{connections:<3} {figures}", flush=True)
    return found


def fetch(port: int, path: str, *, gzip: bool = False) -> bytes:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Accept-Encoding": "gzip"} if gzip else {})
    with urllib.request.urlopen(request, timeout=30) as answer:
        content: bytes = answer.read()
    return content


def kept_share(port: int) -> Callable[[], float]:
    """How many of the answers from now on come from bytes that were there: a function to ask later."""

    def read() -> tuple[float, float]:
        text = fetch(port, "/metrics").decode()
        kept = sum(float(found) for found in re.findall(r'^balasan_kept_answers_total\{route="article".*\} (\S+)$', text, re.MULTILINE))
        made = sum(float(found) for found in re.findall(r'^balasan_kept_made_total\{route="article"\} (\S+)$', text, re.MULTILINE))
        return kept, made

    kept, made = read()

    def share() -> float:
        later = read()
        return 1 - (later[1] - made) / max(1.0, later[0] - kept)

    return share


def report(server: Installation, slugs: dict[str, str]) -> None:
    for title, slug in slugs.items():
        page, api = f"/artikel/{slug}/", f"/api/v1/articles/{slug}/comments/"
        for name, path in (("page", page), ("JSON", api)):
            sizes = f"{len(fetch(server.port, path)):,} B, gzip {len(fetch(server.port, path, gzip=True)):,} B"
            print(f"thread {name}, {title}: {sizes}", flush=True)
            for connections in (8, 32):
                warm = line(server, f"  {name}, {title}, warm, gzip", path, connections)
            line(server, f"  {name}, {title}, warm, plain", path, 32, gzip=False)
            with static_file(fetch(server.port, path, gzip=True)) as port:
                if port:
                    best = load(port, "/bytes", 32, gzip=True)
                    print(
                        f"    nginx, a static file of these bytes: {best.rate:.0f}/s, so this is {100 * warm.rate / best.rate:.0f} %",
                        flush=True,
                    )
            cold(server, f"  {name}, {title}, made anew", slug, path)
        busy(server, f"  page, {title}, one publish a second", slug, page)


def cold(server: Installation, name: str, slug: str, path: str) -> None:
    """Processor time of an answer that the request itself has to make: a comment was published, and nobody has asked since."""
    spent = 0.0
    for _ in range(COLD_ROUNDS):
        publish(server, slug, 1)
        time.sleep(2.0)
        began = server.cpu()
        fetch(server.port, path)
        spent += server.cpu() - began
    print(f"{name:<44} CPU {spent * 1000 / COLD_ROUNDS:.1f} ms (the mean of {COLD_ROUNDS})", flush=True)


def publish(server: Installation, slug: str, count: int) -> None:
    command = [sys.executable, "-m", "benchmarks.publish", slug, str(count)]
    subprocess.run(command, cwd=ROOT, env=server.environment, stdout=subprocess.DEVNULL, check=True)


def busy(server: Installation, name: str, slug: str, path: str) -> None:
    share = kept_share(server.port)
    command = [sys.executable, "-m", "benchmarks.publish", slug, str(ROUNDS * (SECONDS + 1) + 2)]
    writer = subprocess.Popen(command, cwd=ROOT, env=server.environment, stdout=subprocess.DEVNULL)
    time.sleep(2)
    line(server, name, path, 32)
    writer.terminate()
    writer.wait(20)
    print(f"    answered from bytes that were there: {100 * share():.3f} %", flush=True)


NGINX = """
daemon off; worker_processes 1; error_log stderr crit; pid {folder}/nginx.pid;
events {{ worker_connections 256; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; open_file_cache max=10;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b;
  fastcgi_temp_path {folder}/c; uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{ listen 127.0.0.1:{port}; root {folder}; default_type text/html; }}
}}
"""


@contextmanager
def static_file(content: bytes) -> Iterator[int]:
    """The port of an nginx on core 0 that has the bytes as the file /bytes; 0 where there is no nginx."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        yield 0
        return
    with tempfile.TemporaryDirectory(prefix="balasan-nginx-") as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        Path(folder).chmod(0o755)
        (Path(folder) / "bytes").write_bytes(content)
        (Path(folder) / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
        pin = ["taskset", "-c", "0"] if shutil.which("taskset") else []
        process = subprocess.Popen([*pin, program, "-c", f"{folder}/nginx.conf", "-p", folder])
        try:
            time.sleep(1)
            yield port
        finally:
            process.terminate()
            process.wait(10)
