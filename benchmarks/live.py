"""`python -m benchmarks.live [PAGES]`: so many open pages that want to know of new comments, by asking and by server-sent events.

Prints memory (PSS) of the server with all pages open, its processor time while nothing happens, and how long one publish takes to reach
them. Loopback; the server on core 0, the pages on the others. Needs as many file descriptors as pages (`ulimit -n`), twice.
"""

from __future__ import annotations

import asyncio
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import redis

from benchmarks.__main__ import ROOT, Server
from newsroom.embedded import default_redis_url

EVERY = 10.0  # seconds between two questions of one page, as settings.LIVE_SECONDS
QUIET = 20.0  # seconds without a publish


class Pages:
    """`arrivals`: when each page learned of the publish, on the clock of this process."""

    def __init__(self, port: int, path: str, count: int) -> None:
        self.port, self.path, self.count = port, path, count
        self.opened = self.failed = 0
        self.arrivals: list[float] = []

    async def asking(self, number: int) -> None:
        await asyncio.sleep(number / self.count * EVERY)
        request = f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nAccept-Encoding: gzip\r\n"
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.opened += 1
        tag = ""
        while True:
            try:
                writer.write(f"{request}{f'If-None-Match: {tag}' + chr(13) + chr(10) if tag else ''}\r\n".encode())
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                length = next((int(line[15:]) for line in head.split("\r\n") if line.startswith("content-length:")), 0)
                if " 304 " not in head[:16]:
                    await reader.readexactly(length)
                    found = next(line[5:].strip() for line in head.split("\r\n") if line.startswith("etag:")).replace("w/", "W/")
                    if tag:
                        self.arrivals.append(time.perf_counter())
                    tag = found
            except (OSError, asyncio.IncompleteReadError):
                self.failed += 1
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            await asyncio.sleep(EVERY * (0.8 + random.random() * 0.4))

    async def listening(self, number: int) -> None:
        await asyncio.sleep(number / self.count * EVERY)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode())
        self.opened += 1
        while line := await reader.readline():
            if line.startswith(b"data:"):
                self.arrivals.append(time.perf_counter())
        self.failed += 1


def cpu(processes: list[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def pss(processes: list[psutil.Process]) -> float:
    return float(sum(process.memory_full_info().pss for process in processes)) / 2**20


async def measure(name: str, pages: Pages, act: str, processes: list[psutil.Process], publish: list[str]) -> None:
    before = pss(processes)
    tasks = [asyncio.create_task(getattr(pages, act)(number)) for number in range(pages.count)]
    await asyncio.sleep(EVERY * 1.5 + 2)
    begun, clock = cpu(processes), time.perf_counter()
    await asyncio.sleep(QUIET)
    share = (cpu(processes) - begun) / (time.perf_counter() - clock)
    memory = pss(processes)
    begun = cpu(processes)
    child = await asyncio.create_subprocess_exec(*publish, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert child.stdout is not None
    await child.stdout.readline()  # the moment of the commit
    at = time.perf_counter()
    while len(pages.arrivals) < pages.opened and time.perf_counter() < at + 3 * EVERY:
        await asyncio.sleep(0.2)
    spent = cpu(processes) - begun
    delays = sorted(each - at for each in pages.arrivals)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    told = (
        f"p50 {delays[len(delays) // 2]:.2f} s  p99 {delays[int(len(delays) * 0.99)]:.2f} s  last {delays[-1]:.2f} s"
        if delays
        else "nobody"
    )
    print(
        f"{name:<20} {pages.opened} open, {pages.failed} failed; {before:.0f} -> {memory:.0f} MiB PSS; {share:.3f} of a core at rest; "
        f"a publish reached {len(delays)}: {told}; {spent:.1f} s of processor meanwhile",
        flush=True,
    )


def main(count: int) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(count * 2 + 500, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
    print(f"load {os.getloadavg()[0]:.1f}, {count} pages", flush=True)
    with tempfile.TemporaryDirectory(prefix="balasan-live-") as folder:
        server = Server(Path(folder))
        try:
            slug = server.run("benchmarks.fill", "100").split()[-1]
            web = [process for process in server.everybody() if "granian" in " ".join(process.cmdline())]
            pages = Pages(server.port, f"/artikel/{slug}/langsung/", count)
            publish = [sys.executable, "-m", "benchmarks.publish", slug, "1"]
            os.environ.update(server.environment)
            asyncio.run(measure("asking", pages, "asking", web, publish))

            address = default_redis_url(server.data_dir)
            port = server.port + 1
            command = [sys.executable, "-m", "granian", "--interface", "rsgi", "benchmarks.events:application", "--host", "127.0.0.1"]
            command += ["--port", str(port), "--http", "1", "--no-ws", "--workers", "1", "--backpressure", str(count + 100)]
            environment = {**os.environ, "REDIS_URL": address}
            child = subprocess.Popen(["taskset", "-c", "0", *command], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
            try:
                time.sleep(3)
                events = [psutil.Process(child.pid), *psutil.Process(child.pid).children(recursive=True)]
                redis.Redis.from_url(address).ping()
                said = f"import redis; redis.Redis.from_url({address!r}).publish('thread', '101'); print('published', flush=True)"
                asyncio.run(measure("server-sent events", Pages(port, "/", count), "listening", events, [sys.executable, "-c", said]))
            finally:
                child.terminate()
                child.wait(20)
        finally:
            server.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
