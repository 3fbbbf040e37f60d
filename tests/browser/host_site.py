"""Another site on another origin: pages that carry our script tag, as a newsroom's own site would."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# What a careful host page allows: our scripts and frames, nothing inline.
POLICY = "default-src 'none'; script-src {server}; frame-src {server}; connect-src {server}; img-src data:"


class HostSite:
    """`pages` are answered by their paths; {server} in them is our address. Its name is another site than 127.0.0.1 to a browser."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.pages: dict[str, str] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # the library's name
                page = outer.pages.get(self.path.partition("?")[0])
                body = ("" if page is None else page.replace("{server}", outer.server)).encode()
                self.send_response(404 if page is None else 200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Security-Policy", POLICY.replace("{server}", outer.server))
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"localhost:{self.http.server_port}"
        self.origin = f"http://{self.host}"

    def page(self, path: str, body: str, head: str = "") -> str:
        """Put a page there; its address."""
        self.pages[path] = (
            f'<!doctype html><html lang="id"><head><meta charset="utf-8"><title>Koran</title><link rel="icon" href="data:,">{head}</head>'
            f"<body><main><h1>Koran</h1>{body}</main></body></html>"
        )
        return f"{self.origin}{path}"


@contextmanager
def host_site(server: str) -> Iterator[HostSite]:
    site = HostSite(server)
    thread = threading.Thread(target=site.http.serve_forever, daemon=True)
    thread.start()
    yield site
    site.http.shutdown()
    site.http.server_close()
    thread.join()
