"""The gateway as a web server calls it: a WSGI environment in, status, headers and bytes out."""

from __future__ import annotations

import gzip
import io
from dataclasses import dataclass
from typing import Any

from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from newsroom.gateway import Gateway
from newsroom.wsgi import django_application


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def text(self) -> str:
        squeezed = self.headers.get("Content-Encoding") == "gzip"
        return (gzip.decompress(self.raw) if squeezed else self.raw).decode()


class Door:
    """One web process's gateway. It has no watcher: each request looks for itself once the bytes are `KEPT_STALE_SECONDS` old."""

    def __init__(self) -> None:
        self.gateway = Gateway(django_application, watch=False)

    def ask(self, method: str, path: str, **headers: str) -> Answer:
        path, _, query = path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "203.0.113.9",
            "HTTP_HOST": "testserver",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
        }
        said: list[Any] = []
        # As Django's own test client does: a test's transaction must not be closed with the request.
        request_started.disconnect(close_old_connections)
        request_finished.disconnect(close_old_connections)
        try:
            content = b"".join(self.gateway(environ, lambda status, heads, *_: said.extend((status, heads))))
        finally:
            request_started.connect(close_old_connections)
            request_finished.connect(close_old_connections)
        heads = {name: str(value) for name, value in said[1]}
        assert len(heads) == len(said[1]), "a header stands twice"
        return Answer(int(said[0].split()[0]), heads, content)

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    @property
    def kept(self) -> int:
        return len(self.gateway.entries)
