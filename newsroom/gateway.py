"""The door before Django: answers what is the same for everybody from kept bytes, and hands everything else on.

A request is answered here if it is a GET or HEAD without a cookie of ours and without credentials, for a view marked with
`newsroom.kept.shared`. The bytes are what Django itself made, all middleware included, from a request that carried nothing of anybody:
so headers are Django's own, and nothing private can stand in them.

Bytes are sent for at most `KEPT_STALE_SECONDS` seconds after the database was last seen to agree with them. A thread in the background (the
watcher) asks it about all bytes in use, a few queries a round however many requests come, and makes anew what has changed while
the others go on sending the last version. Where nobody has asked for a while, the first request looks for itself.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.core.signals import request_finished, request_started
from django.db import DatabaseError
from django.http.response import HttpResponse, HttpResponseBase
from django.urls import Resolver404, resolve, set_script_prefix

from newsroom import kept
from newsroom.metrics import KEPT_MADE, before_scrape, count_answers
from newsroom.packing import TwoHoles, pack
from newsroom.shelf import Address, Entry, Memory, Shelf
from newsroom.topics import SITE

log = logging.getLogger(__name__)

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
WHERE = ("SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL", "SCRIPT_NAME", "HTTP_HOST", "HTTP_X_FORWARDED_PROTO", "HTTP_ORIGIN")
WSGI_WHERE = ("wsgi.version", "wsgi.url_scheme", "wsgi.multithread", "wsgi.multiprocess", "wsgi.run_once")
# What links are decorated with on their way through mails and social networks. It changes nothing and is not looked at.
DECORATIONS = frozenset({"fbclid", "gclid", "igshid", "mc_cid", "mc_eid", "msclkid"})
LONGEST_QUERY = 400
WORD_SECONDS = 1.0  # how long the word in the hole is good
IDLE_ROUNDS = 10  # rounds without a request after which the watcher goes to sleep
REPORT_SECONDS = 10.0  # between two log lines about answers given here


@dataclass(frozen=True, slots=True)
class Unkept:
    """An answer of Django's that is sent once and not kept, and the name of its route."""

    response: HttpResponseBase
    route: str


class Gateway:
    """A WSGI application around Django's. `watch`: keep bytes fresh in the background; without it each request looks for itself."""

    def __init__(self, django: WSGIHandler, *, watch: bool = True) -> None:
        self.django = django
        self.memory = Memory(settings.KEPT_BYTES)
        self.entries = self.memory.entries
        self.shelf = Shelf()
        self.turns = [threading.Lock() for _ in range(64)]
        self.private = tuple(settings.PRIVATE_COOKIES)
        self.stale = settings.KEPT_STALE_SECONDS
        self.watcher = Watcher(self) if watch else None
        if watch:
            before_scrape.append(lambda: report(self.memory))

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if method != "GET" and method != "HEAD":
            return self.django(environ, start_response)
        get = environ.get
        if "HTTP_AUTHORIZATION" in environ or ("HTTP_COOKIE" in environ and self.is_ours(environ["HTTP_COOKIE"])):
            return self.django(environ, start_response)
        address = (
            get("HTTP_HOST", ""),
            environ["PATH_INFO"],
            get("QUERY_STRING", ""),
            get("HTTP_X_FORWARDED_PROTO", ""),
            get("HTTP_ORIGIN", ""),
        )
        entry = self.entries.get(address)
        if entry is None or (time.monotonic() >= entry.until and not self.renew(entry)):
            return self.fetch(address, environ, start_response)
        entry.used = True
        return send(entry, environ, start_response)

    def is_ours(self, cookies: str) -> bool:
        """Whether one of our cookies may be among these. A false alarm costs a slower answer, nothing else."""
        return any(name in cookies for name in self.private)

    def renew(self, entry: Entry) -> bool:
        """Give the entry this second's word; False where the database must be asked first."""
        if time.monotonic() >= entry.confirmed + self.stale:
            return False
        self.set_out(entry)
        return True

    def set_out(self, entry: Entry) -> None:
        """Make the entry one that can be sent without a look, for a second at most."""
        entry.assemble()
        entry.until = min(entry.confirmed + self.stale, time.monotonic() + WORD_SECONDS)
        if self.watcher is not None:
            self.watcher.wake()

    # --- The slow way: look, or make --------------------------------------------------------------------------------------

    def fetch(self, address: Address, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """What is not in memory, or was not looked at for too long."""
        plan = plan_of(environ["PATH_INFO"], address[2])
        if plan is None:
            return self.django(environ, start_response)
        query = undecorated(address[2])
        if query != address[2]:
            address = (address[0], address[1], query, *address[3:])
        with self.turns[hash(address) % len(self.turns)]:
            entry = self.entries.get(address)
            if entry is None or time.monotonic() >= entry.confirmed + self.stale:
                found = self.obtain(address, entry, plan, environ)
                if isinstance(found, Unkept):
                    return finish(found, environ, start_response)
                entry = found
            self.set_out(entry)
        return send(entry, environ, start_response)

    def obtain(self, address: Address, entry: Entry | None, plan: kept.Plan, environ: Environ) -> Entry | Unkept:
        """An entry that the database agrees with now, or the answer that is not to be kept."""
        # As at the begin of any request: connections that are broken or too old are closed.
        request_started.send(sender=type(self.django), environ=environ)
        base = for_nobody(environ, address)
        if entry is None:
            entry = self.from_shelf(address, plan, base)
        if entry is not None:
            with contextlib.suppress(DatabaseError):
                if self.confirm([entry]):
                    self.memory.put(entry)
                    request_finished.send(sender=type(self.django))
                    return entry
        made = self.make(address, plan, base)
        if isinstance(made, Unkept):
            self.memory.drop(address)
        return made

    def from_shelf(self, address: Address, plan: kept.Plan, base: Environ) -> Entry | None:
        found = self.shelf.get(address)
        if found is None:
            return None
        return Entry(address=address, environment=base, fill=plan.hole.fill if plan.hole else None, **found)

    def confirm(self, entries: list[Entry]) -> list[Entry]:
        """Those of the entries that still hold. Raises DatabaseError."""
        began = time.monotonic()
        fresh = [entry for entry in entries if time.time() - entry.made < settings.KEPT_SECONDS]
        present = kept.read_states(entry.states for entry in fresh)
        held = [entry for entry in fresh if kept.still_holds(entry.states, present)]
        for entry in held:
            entry.confirmed = began
        return held

    def make(self, address: Address, plan: kept.Plan, base: Environ) -> Entry | Unkept:
        """Let Django make the bytes for nobody; its answer where they are not to be kept. Nothing of the asker is in `base`."""
        began, wall = time.monotonic(), time.time()
        states: kept.States = {}
        request = WSGIRequest({**base, "wsgi.input": io.BytesIO(), "wsgi.errors": io.StringIO(), kept.MARK: states})
        set_script_prefix(base.get("SCRIPT_NAME", "") or "/")
        site: dict[str, str] = {}
        with contextlib.suppress(DatabaseError):  # the view will say what is wrong
            site = kept.read_topic("site", [SITE])
        response = self.django.get_response(request)
        route = request.resolver_match.view_name if request.resolver_match else ""
        if not isinstance(response, HttpResponse) or response.status_code != 200 or response.cookies or not site or not states:
            return Unkept(response, route)
        if "no-store" in response.get("Cache-Control", ""):
            return Unkept(response, route)
        try:
            packed = pack(response.content, plan.hole.blank.encode() if plan.hole else b"")
        except TwoHoles:
            log.error("a page holds its blank word twice and cannot be kept", extra={"route": route})
            return Unkept(response, route)
        states["site"] = site
        etag = response.get("ETag") or f'W/"{hashlib.sha256(response.content).hexdigest()[:24]}"'
        entry = Entry(
            address=address,
            route=route,
            headers=list(response.items()),
            etag=etag,
            packed=packed,
            states=states,
            made=wall,
            environment=base,
            fill=plan.hole.fill if plan.hole else None,
            confirmed=began,
        )
        response.close()  # sends request_finished as well
        KEPT_MADE.labels(route or "none").inc()
        self.memory.put(entry)
        self.shelf.put(entry)
        return entry

    def remake(self, entry: Entry) -> None:
        """The watcher's: make what no longer holds anew, if no other thread or process is at it, while the last version is sent."""
        address = entry.address
        plan = plan_of(address[1], address[2])
        turn = self.turns[hash(address) % len(self.turns)]
        if plan is None or not turn.acquire(blocking=False):
            return
        try:
            if self.entries.get(address) is not entry:
                return  # done meanwhile
            if not self.shelf.take_turn(address):
                other = self.from_shelf(address, plan, entry.environment)
                if other is not None and self.confirm([other]):
                    self.memory.put(other)
                return
            made = self.make(address, plan, entry.environment)
            self.shelf.give_back(address)
            if isinstance(made, Unkept):
                made.response.close()
                self.memory.drop(address)
        finally:
            turn.release()


class Watcher:
    """Looks after the bytes in use, in a thread of its own that sleeps while nobody reads."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.event = threading.Event()
        self.started = False
        self.lock = threading.Lock()
        self.reported = 0.0

    def wake(self) -> None:
        if self.event.is_set():
            return
        with self.lock:
            if not self.started:  # here, not at import: the web server forks after that
                self.started = True
                threading.Thread(target=self.run, name="kept", daemon=True).start()
        self.event.set()

    def run(self) -> None:
        idle = 0
        while True:
            self.event.wait()
            time.sleep(settings.KEPT_LOOK_SECONDS)
            try:
                idle = 0 if self.round() else idle + 1
            except Exception as error:
                # A database that is away, above all. Requests look for themselves once their bytes are too old, and say so to readers.
                log.warning("kept bytes could not be looked at", extra={"error": type(error).__name__})
                idle = 0
            if idle > IDLE_ROUNDS:
                idle = 0
                self.event.clear()
            if time.monotonic() - self.reported > REPORT_SECONDS or not self.event.is_set():
                self.reported = time.monotonic()
                report(self.gateway.memory)

    def round(self) -> bool:
        """Look at all that was sent since the last round; whether there was anything."""
        now = time.monotonic()
        used = [entry for entry in list(self.gateway.entries.values()) if entry.used]
        for entry in used:
            entry.used, entry.last_used = False, now
        if not used:
            return False
        request_started.send(sender=type(self.gateway.django), environ={})
        held = {id(entry) for entry in self.gateway.confirm(used)}
        for entry in used:
            if id(entry) not in held:
                self.gateway.remake(entry)
        request_finished.send(sender=type(self.gateway.django))
        return True


def send(entry: Entry, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    if "HTTP_IF_NONE_MATCH" in environ and is_known(entry, environ["HTTP_IF_NONE_MATCH"]):
        entry.unchanged += 1
        start_response("304 Not Modified", entry.unchanged_headers)
        return []
    entry.answers += 1
    if "gzip" in (encodings := environ.get("HTTP_ACCEPT_ENCODING", "")) and "gzip;q=0" not in encodings.replace(" ", ""):
        start_response("200 OK", entry.gzip_headers)
        body = entry.gzip
    else:
        start_response("200 OK", entry.plain_headers)
        body = entry.plain
    return body if environ["REQUEST_METHOD"] == "GET" else []


def is_known(entry: Entry, tags: str) -> bool:
    return tags in entry.tags or tags == "*" or any(tag.strip() in entry.tags for tag in tags.split(","))


def finish(unkept: Unkept, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Hand an answer of Django's on that is not kept, such as "not found"."""
    response = unkept.response
    count_answers(unkept.route, response.status_code, 1)
    start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
    content = b"" if environ["REQUEST_METHOD"] == "HEAD" else b"".join(response)
    response.close()
    return [content]


def plan_of(path: str, query: str) -> kept.Plan | None:
    """The plan of the view at this path, if its answer to this query may be kept."""
    if len(query) > LONGEST_QUERY:
        return None
    try:
        # The server hands bytes over as latin-1 text.
        match = resolve(path.encode("latin-1").decode())
    except (Resolver404, UnicodeError):
        return None
    plan: kept.Plan | None = getattr(match.func, kept.PLAN, None)
    if plan is None:
        return None
    names = [name for name, _value in parse_qsl(query, keep_blank_values=True, max_num_fields=20) if not is_decoration(name)]
    return plan if plan.query.issuperset(names) and len(names) == len(set(names)) else None


def is_decoration(name: str) -> bool:
    return name in DECORATIONS or name.startswith("utm_")


def undecorated(query: str) -> str:
    if not query:
        return query
    pairs = parse_qsl(query, keep_blank_values=True)
    kept = [(name, value) for name, value in pairs if not is_decoration(name)]
    return query if len(kept) == len(pairs) else urlencode(kept)


def for_nobody(environ: Environ, address: Address) -> Environ:
    """What a request says of where it goes, and nothing of who sends it."""
    base = {name: environ[name] for name in (*WHERE, *WSGI_WHERE) if name in environ}
    return {**base, "REQUEST_METHOD": "GET", "PATH_INFO": address[1], "QUERY_STRING": address[2], "REMOTE_ADDR": ""}


def report(memory: Memory) -> None:
    """Count what was answered here, and say so in one log line for all of it."""
    totals = memory.take_counts()
    for (route, status), count in totals.items():
        count_answers(route, status, count)
    if totals:
        log.info("answered from kept bytes", extra={"counts": {f"{route} {status}": count for (route, status), count in totals.items()}})
