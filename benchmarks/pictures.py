"""Pictures of a running installation, to be looked at: `python -m benchmarks.pictures FOLDER --login "NAME PASSWORD"`.

Each page at 1440 and at 360 pixels, in light and in dark. Nothing is written to the installation but the claim of whoever opens the
queue. Needs a Chromium (`CHROMIUM=` or on the PATH).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from tests.browser.driver import Visitor, chromium, status_of, why_not

if TYPE_CHECKING:
    from playwright.sync_api import Page

LOOKS = {"desktop": (1440, 1000), "phone": (360, 740)}
QUEUE = "/admin/moderation/queue/"


def main() -> int:
    options = argparse.ArgumentParser(description="Take pictures of a running installation.")
    options.add_argument("folder", type=Path)
    options.add_argument("--address", default="http://127.0.0.1:8000")
    options.add_argument("--login", default="", help='a moderator\'s "NAME PASSWORD", as the start prints it; without it no queue')
    given = options.parse_args()
    if missing := why_not():
        print(missing, file=sys.stderr)
        return 1
    given.folder.mkdir(parents=True, exist_ok=True)
    address = given.address.rstrip("/")
    articles = httpx.get(f"{address}/api/v1/articles/").json()["results"]
    talked_about = max((article for article in articles if article["comments_open"]), key=lambda article: article["comment_count"])
    with chromium() as browser:
        for look, (width, height) in LOOKS.items():
            for scheme in ("light", "dark"):
                visitor = Visitor(browser, address, viewport={"width": width, "height": height}, color_scheme=scheme)
                take_all(visitor, f"/artikel/{talked_about['slug']}/", given.login.split(), given.folder, f"{look}-{scheme}")
                visitor.close()
    return 0


def take_all(visitor: Visitor, article: str, login: list[str], folder: Path, look: str) -> None:
    page = visitor.page

    def take(name: str, *, whole: bool = True) -> None:
        path = folder / f"{name}-{look}.png"
        page.screenshot(path=path, full_page=whole)
        print(path)

    visitor.open("/")
    take("front")
    visitor.open(article)
    take("article", whole=False)
    take("thread")
    page.locator("#comment").fill("Terima kasih atas beritanya.")
    page.locator("#email").fill("bukan-alamat")
    page.locator(".reply-send button").first.click()
    page.locator(".problems").wait_for()
    show(page, "#tinggalkan-balasan")
    take("errors", whole=False)
    visitor.open("/tidak-ada/")
    take("not-found", whole=False)
    if login:
        visitor.open(QUEUE)
        take("login", whole=False)
        page.locator("#id_username").fill(login[0])
        page.locator("#id_password").fill(login[1])
        status_of(page, page.locator("[type=submit]").click)
        take("queue")
        page.keyboard.press("?")
        take("keys", whole=False)


def show(page: Page, selector: str) -> None:
    """Bring a part of the page to the top of the picture."""
    page.locator(selector).evaluate("element => element.scrollIntoView({ behavior: 'instant' })")


if __name__ == "__main__":
    sys.exit(main())
