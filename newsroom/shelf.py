"""Where Kept bytes are kept: in this process, bounded by bytes, and in Redis for the other processes, bounded by time.

Nobody depends on Redis here: whether bytes are still right is asked of the database (newsroom.kept), never of Redis, so a Redis that is
away, frozen, empty or full costs one more making of the bytes and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
import zlib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.template import engines

from newsroom.kept import States
from newsroom.limits import RETRY_SECONDS, connection
from newsroom.packing import Packed, unpack

log = logging.getLogger(__name__)

Address = tuple[str, str, str, str, str]  # host, path, query, protocol as a proxy names it, origin
Headers = list[tuple[str, str]]
OVERHEAD = 2_000  # bytes of an entry beside its bodies
TURN_MS = 3_000  # how long one process may keep the others from making the same bytes


@dataclass
class Entry:
    """One answer. Times are seconds on this machine's monotonic clock; `made` is by the wall clock, since other processes read it."""

    address: Address
    route: str
    headers: Headers
    etag: str
    packed: Packed
    states: States
    made: float
    environment: dict[str, Any] = field(repr=False)
    fill: Any = None
    confirmed: float = 0.0  # when the database was last asked whether this still holds, and it did
    until: float = 0.0  # so long the assembled bodies may be sent without looking at anything
    used: bool = True  # since the watcher's last round
    last_used: float = 0.0
    answers: int = 0  # plain += on both: CPython changes threads between calls and loops, not within them
    unchanged: int = 0
    plain_headers: Headers = field(default_factory=list)
    gzip_headers: Headers = field(default_factory=list)
    unchanged_headers: Headers = field(default_factory=list)
    plain: list[bytes] = field(default_factory=list)
    gzip: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        common = [(name, value) for name, value in self.headers if name not in {"Content-Length", "ETag", "Vary"}]
        vary = next((value for name, value in self.headers if name == "Vary"), "")
        common.append(("Vary", f"{vary}, Accept-Encoding" if vary else "Accept-Encoding"))
        word = self.word()
        weak = self.etag if self.etag.startswith("W/") else f"W/{self.etag}"
        plain, squeezed = len(self.packed.plain(word)), len(self.packed.gzip(word))
        self.plain_headers = [*common, ("ETag", self.etag), ("Content-Length", str(plain))]
        self.gzip_headers = [*common, ("ETag", weak), ("Content-Encoding", "gzip"), ("Content-Length", str(squeezed))]
        self.unchanged_headers = [(name, value) for name, value in common if name != "Content-Type"] + [("ETag", self.etag)]
        self.tags = frozenset({self.etag, weak, self.etag.removeprefix("W/")})

    def word(self) -> bytes:
        return self.fill().encode() if self.fill is not None else b""

    def assemble(self) -> None:
        """Put the word of this second into the hole. What was sent before stays as it is: others may be sending it."""
        word = self.word()
        self.plain, self.gzip = [self.packed.plain(word)], [self.packed.gzip(word)]

    @property
    def size(self) -> int:
        return 2 * self.packed.size + OVERHEAD  # the pieces, and the assembled bodies


class Memory:
    """The entries of this process. Over `limit` bytes the ones unused for longest go first."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.entries: dict[Address, Entry] = {}
        self.lock = threading.Lock()
        self.size = 0
        self.counts: dict[tuple[str, int], int] = {}  # of entries that have gone

    def put(self, entry: Entry) -> None:
        entry.last_used = time.monotonic()
        with self.lock:
            self._remove(entry.address)
            self.entries[entry.address] = entry
            self.size += entry.size
            if self.size > self.limit:
                # A tenth more than must go, so that a crawler does not sort all of them with each page.
                for each in sorted(self.entries.values(), key=lambda each: each.last_used):
                    if self.size <= self.limit * 9 // 10:
                        break
                    self._remove(each.address)

    def drop(self, address: Address) -> None:
        with self.lock:
            self._remove(address)

    def _remove(self, address: Address) -> None:
        old = self.entries.pop(address, None)
        if old is not None:
            self.size -= old.size
            self._count(old)

    def _count(self, entry: Entry) -> None:
        for status, count in ((200, entry.answers), (304, entry.unchanged)):
            if count:
                self.counts[entry.route, status] = self.counts.get((entry.route, status), 0) + count
        entry.answers = entry.unchanged = 0

    def take_counts(self) -> dict[tuple[str, int], int]:
        """How many answers were sent since this was last asked, by route and status."""
        with self.lock:
            for entry in self.entries.values():
                self._count(entry)
            taken, self.counts = self.counts, {}
        return taken


class Shelf:
    """The same bytes in Redis. Never raises: what goes wrong is as if nothing were there."""

    def __init__(self) -> None:
        self.away_until = 0.0

    def get(self, address: Address) -> dict[str, Any] | None:
        """What `put` was given, with the packed body under "packed"."""
        raw = self._ask("get", name_of(address))
        if not isinstance(raw, bytes):
            return None
        try:
            head, *squeezed = split(raw)
            kept: dict[str, Any] = json.loads(head)
            kept["packed"] = unpack(tuple(squeezed))
            if not settings.KEPT_TOPICS.keys() >= kept["states"].keys() or len(squeezed) not in (1, 2):
                raise ValueError("of another release")
            kept["headers"] = [(name, value) for name, value in kept["headers"]]
        except (ValueError, KeyError, TypeError, AttributeError, zlib.error):
            log.warning("what stands on the shelf cannot be read")
            return None
        return kept

    def put(self, entry: Entry) -> None:
        if sum(map(len, entry.packed.squeezed)) > settings.KEPT_SHARED_BYTES:
            return
        head = {"route": entry.route, "headers": entry.headers, "etag": entry.etag, "states": entry.states, "made": entry.made}
        raw = join([json.dumps(head).encode(), *entry.packed.squeezed])
        self._ask("set", name_of(entry.address), raw, ex=settings.KEPT_SECONDS)

    def take_turn(self, address: Address) -> bool:
        """Whether this process is the one to make the bytes anew; True as well where Redis does not say."""
        asked = self._ask("set", name_of(address) + ":turn", b"1", nx=True, px=TURN_MS)
        return asked is not None or time.monotonic() < self.away_until

    def give_back(self, address: Address) -> None:
        self._ask("delete", name_of(address) + ":turn")

    def _ask(self, command: str, *arguments: Any, **options: Any) -> Any:
        if time.monotonic() < self.away_until:
            return None
        try:
            return getattr(connection(), command)(*arguments, **options)
        except redis.RedisError as error:
            self.away_until = time.monotonic() + RETRY_SECONDS
            log.warning("Kept bytes are not shared for a while", extra={"error": type(error).__name__})
            return None


def name_of(address: Address) -> str:
    """The key in Redis. A digest: an address can hold what a reader typed."""
    text = "\n".join((release(), *address))
    return f"kept:{hashlib.sha256(text.encode('utf-8', 'backslashreplace')).hexdigest()[:40]}"


def join(parts: list[bytes]) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def split(raw: bytes) -> list[bytes]:
    parts = []
    while raw:
        length = int.from_bytes(raw[:4], "big")
        parts.append(raw[4 : 4 + length])
        if len(parts[-1]) != length:
            raise ValueError("cut short")
        raw = raw[4 + length :]
    return parts


@lru_cache(maxsize=1)
def release() -> str:
    """16 hex digits that differ between two states of the source, the templates and the settings: old bytes are not for a new release."""
    mark = hashlib.sha256(f"{settings.SITE_URL}{settings.DEBUG}{settings.DATABASES['default']['NAME']}".encode())
    folders = [settings.BASE_DIR / name for name in ("newsroom", "comments", "moderation")]
    folders += [Path(folder) for engine in engines.all() for folder in engine.template_dirs]
    for folder in folders:
        for file in sorted(folder.rglob("*")):
            if file.suffix in {".py", ".html", ".css", ".js", ".mo"}:
                found = file.stat()
                mark.update(f"{file}{found.st_mtime_ns}{found.st_size}".encode())
    return mark.hexdigest()[:16]
