"""Chromium for the tests: where it is, and a watch over everything that a page does which nobody asked for."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request, Response, Route

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",  # whatever a page wants from elsewhere, it does not get
)
# Runs before any script of the page, in every frame. A payload that gets to run calls one of these, or sets the mark.
CANARY = """
window.__breaches = [];
for (const name of ["alert", "confirm", "prompt", "print"]) {
  window[name] = (...said) => { window.__breaches.push(`${name}(${said.join()})`); };
}
document.addEventListener("securitypolicyviolation", (event) => {
  window.__breaches.push(`policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`);
});
"""
BREACHES = "() => [...(window.__breaches || ['the watch itself is gone']), ...('__ran' in window ? ['__ran is set'] : [])]"


def find_chromium() -> str:
    """The browser's executable, or an empty string."""
    given = os.environ.get("CHROMIUM", "")
    if given:
        return shutil.which(given) or ""
    return next((found for name in NAMES if (found := shutil.which(name))), "")


def why_not() -> str:
    """Why no browser test can run here, or an empty string."""
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        return "Chromium cannot be driven: playwright is not installed"
    return "" if find_chromium() else "no Chromium: neither CHROMIUM= nor chromium, chromium-browser or google-chrome on the PATH"


@contextmanager
def chromium() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    options = [*QUIET, *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=options)
        yield browser
        browser.close()


class Visitor:
    """Somebody with a browser of their own: own cookies, own storage. `problems` is what their pages did that they should not have.

    A document answered with 4xx or 5xx is the test's business and no problem by itself; everything else that fails is one. `also` are
    other origins that the visitor's pages may ask.
    """

    def __init__(self, browser: Browser, base_url: str, *, also: Sequence[str] = (), **options: Any) -> None:
        self.base_url = base_url
        self.origins = (f"{base_url}/", *(f"{origin}/" for origin in also), "data:", "about:")
        self.scripts = options.get("java_script_enabled", True)
        settings: dict[str, Any] = {"locale": "id-ID", "timezone_id": "Asia/Jakarta", "reduced_motion": "reduce", **options}
        self.context: BrowserContext = browser.new_context(base_url=base_url, **settings)
        self.context.set_default_timeout(60_000)
        self.problems: list[str] = []
        self.requests: list[str] = []
        self.context.add_init_script(CANARY)
        self.context.on("console", self._console)
        self.context.on("weberror", lambda error: self.problems.append(f"error in a page: {error.error}"))
        self.context.on("dialog", self._dialog)
        self.context.on("request", self._request)
        self.context.on("response", self._response)
        self.page: Page = self.context.new_page()

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        if message.text.startswith("Failed to load resource: the server responded with a status of"):
            return  # told apart in _response, which knows whether it was a document
        self.problems.append(f"console {message.type}: {message.text} ({message.location.get('url')})")

    def _dialog(self, dialog: Dialog) -> None:
        self.problems.append(f"dialog {dialog.type}: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        self.requests.append(request.url)
        if not request.url.startswith(self.origins):
            self.problems.append(f"request to {request.url}")

    def _response(self, response: Response) -> None:
        late = response.status == 409 and response.url.endswith("/decide/")  # a decision that came too late is an answer
        if response.status >= 400 and response.request.resource_type != "document" and not late:
            self.problems.append(f"{response.status} for {response.url}")

    def breaches(self) -> list[str]:
        """What the script that was put in first has seen on the present page and in our frames on it."""
        if not self.scripts:
            return []
        frames = [frame for frame in self.page.frames if frame.parent_frame is None or frame.url.startswith(f"{self.base_url}/")]
        return [breach for frame in frames for breach in frame.evaluate(BREACHES)]

    def check(self) -> None:
        """Fail if anything happened that should not have."""
        assert self.problems + self.breaches() == []

    def open(self, address: str) -> int:
        """Go there; the status of the answer."""
        response = self.page.goto(address)
        assert response is not None
        self.check()
        return response.status

    def serve(self, address: str, document: str) -> None:
        """Answer for an address in the server's place, without its headers."""

        def answer(route: Route) -> None:
            route.fulfill(body=document, content_type="text/html; charset=utf-8")

        self.page.route(address, answer)

    def press(self, keys: str) -> None:
        """Press keys one after another, parted by spaces."""
        for key in keys.split():
            self.page.keyboard.press(key)

    def tab_to(self, selector: str, most: int = 60) -> int:
        """Walk with the tab key until the element has the focus; how many steps it took."""
        for step in range(1, most + 1):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
                return step
        raise AssertionError(f"{selector} was not reached with {most} presses of Tab")

    def close(self) -> None:
        self.context.close()


def status_of(page: Page, act: Any) -> int:
    """Do something that loads a document (a click on a button); the status of the document's answer."""
    with page.expect_navigation() as waited:
        act()
    assert waited.value is not None
    return waited.value.status


def mails_to(folder: Path, address: str) -> list[str]:
    """The mails in a folder of Django's file backend that go to an address, decoded, in the order of their writing."""
    from email import message_from_string, policy

    found = []
    for path in sorted(folder.glob("*.log"), key=lambda path: path.stat().st_mtime_ns):
        for text in re.split(r"^-{79}\n", path.read_text(), flags=re.MULTILINE)[:-1]:  # what no line ends is being written still
            message = message_from_string(text, policy=policy.default)
            if address in str(message.get("To", "")):
                body = message.get_body()
                found.append(f"{message['Subject']}\n\n{body.get_content() if body is not None else ''}")
    return found
