"""What a thread on another site weighs, and how soon a browser shows it: beside a plain page with the same words."""

from __future__ import annotations

import gzip
import re
import statistics
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from tests.browser.driver import chromium, why_not

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Request

VISITS = 7
PAINTED = """() => new Promise((done) => {
  const seen = () => performance.getEntriesByName("first-contentful-paint")[0];
  const tell = (entry) => done(performance.timeOrigin + entry.startTime);
  if (seen()) tell(seen());
  else new PerformanceObserver(() => { if (seen()) tell(seen()); }).observe({ type: "paint", buffered: true });
})"""


class Host(ThreadingHTTPServer):
    """A site of its own, with pages by their paths."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        super().__init__(("127.0.0.1", 0), Answer)

    @property
    def name(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    server: Host

    def do_GET(self) -> None:  # the library's name
        body = self.server.pages.get(self.path, "").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass


@contextmanager
def host() -> Iterator[Host]:
    server = Host()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def fetch(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=10) as answer:
        return bytes(answer.read())


def weigh(address: str, slug: str) -> dict[str, int]:
    """Script and style of one framed thread, each compressed by itself, in bytes."""
    page = fetch(f"{address}/embed/thread/?article={slug}").decode()
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    parts = {"/embed.js": fetch(f"{address}/embed.js"), "style": style[1].encode() if style else b""}
    for source in re.findall(r'<script src="([^"]+)"', page):
        parts[re.sub(r"\.[0-9a-f]{12}\.", ".", source).rpartition("/")[2]] = fetch(f"{address}{source}")
    return {name: len(gzip.compress(content, 9)) for name, content in parts.items()}


def report_weight(address: str, slug: str) -> None:
    parts = weigh(address, slug)
    words = ", ".join(f"{name} {size}" for name, size in parts.items())
    print(f"{'embed, script and style, gzip':<34} {sum(parts.values())} B ({words})", flush=True)


def report_times(address: str, threads: dict[str, str], site: Host) -> None:
    """Milliseconds from the host page's start to the thread's first paint, and to that of a page with the same words and nothing else."""
    if missing := why_not():
        print(f"{'embed in a browser':<34} not measured: {missing}")
        return
    with chromium() as browser:
        for title, slug in threads.items():
            site.pages["/"] = (
                f'<!doctype html><title>x</title><script src="{address}/embed.js" data-article="{slug}" data-lazy="off" async></script>'
            )
            shown, asked, words = visit(browser, f"http://{site.name}/", address)
            site.pages["/plain"] = "<!doctype html><title>x</title>" + "".join(f"<p>{escape(line)}" for line in words.splitlines())
            plain = paint_of(browser, f"http://{site.name}/plain")
            print(f"{f'embed, thread shown, {title}':<34} {shown:.0f} ms; the same words as a plain page {plain:.0f} ms", flush=True)
            listed = ", ".join(f"{path} {size} B" for path, size in asked)
            print(f"{'  asked for until then':<34} {len(asked)} requests: {listed}", flush=True)


def visit(browser: Browser, page_address: str, address: str) -> tuple[float, list[tuple[str, int]], str]:
    """(middle of several cold visits, what the last one asked us for until the thread was painted, its words)."""
    times = []
    for _number in range(VISITS):
        context = browser.new_context()
        page = context.new_page()
        finished: list[Request] = []
        page.on("requestfinished", partial(take, finished))
        page.goto(page_address)
        page.frame_locator("iframe").locator(".comment").first.wait_for()
        frame = page.frames[1]
        painted = frame.evaluate(PAINTED)
        times.append(painted - page.evaluate("performance.timeOrigin"))
        words = frame.locator("ol.comments").inner_text()
        ours = [finish_of(request) for request in finished if request.url.startswith(address)]
        asked = [(url.removeprefix(address).partition("?")[0], size) for end, url, size in ours if end <= painted]
        context.close()
    return statistics.median(times), asked, words


def take(into: list[Request], request: Request) -> None:
    into.append(request)


def finish_of(request: Request) -> tuple[float, str, int]:
    """When its answer was there, its address, and the bytes of the answer, head and body as they were sent."""
    timing, sizes = request.timing, request.sizes()
    return timing["startTime"] + timing["responseEnd"], request.url, sizes["responseHeadersSize"] + sizes["responseBodySize"]


def paint_of(browser: Browser, address: str) -> float:
    times = []
    for _number in range(VISITS):
        context = browser.new_context()
        page = context.new_page()
        page.goto(address)
        times.append(float(page.evaluate(PAINTED) - page.evaluate("performance.timeOrigin")))
        context.close()
    return statistics.median(times)
