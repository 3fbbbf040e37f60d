"""A small HTTP client for load: keep-alive connections, one request at a time on each, the time of every answer."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Load:
    """What came of it: milliseconds of each answer, and how many of each status (0: no answer)."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    length: int = 0  # bytes of the last body

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds

    def percentile(self, share: float) -> float:
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


Request = Callable[[int], bytes]


async def _one(host: str, port: int, request: Request, numbers: list[int], end: float, load: Load) -> None:
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None
    while time.perf_counter() < end:
        numbers[0] += 1
        message = request(numbers[0])
        began = time.perf_counter()
        try:
            if reader is None or writer is None:
                reader, writer = await asyncio.open_connection(host, port)
            writer.write(message)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
            await reader.readexactly(length)
            status = int(head.split()[1])
        except (OSError, asyncio.IncompleteReadError, ValueError):
            reader, writer, status, length = None, None, 0, 0
        load.statuses[status] += 1
        load.length = length
        load.times.append((time.perf_counter() - began) * 1000)
    if writer is not None:
        writer.close()


def run(port: int, request: Request, clients: int, seconds: float) -> Load:
    """`clients` connections for so many seconds. `request` makes the bytes of the n-th request."""
    load = Load()

    async def everybody() -> None:
        end = time.perf_counter() + seconds
        numbers = [0]
        await asyncio.gather(*(_one("127.0.0.1", port, request, numbers, end, load) for _ in range(clients)))

    began = time.perf_counter()
    asyncio.run(everybody())
    load.seconds = time.perf_counter() - began
    return load


def get(path: str, port: int) -> Request:
    message = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    return lambda number: message


def post(path: str, port: int, body: Callable[[int], bytes], kind: str) -> Request:
    def make(number: int) -> bytes:
        content = body(number)
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n"
        return head.encode() + content

    return make
