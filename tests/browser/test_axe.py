"""Every page before axe-core: in light, in dark, and 320 pixels wide, where nothing may have to be scrolled sideways either."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from django.utils import timezone

from newsroom.models import Article
from tests.browser.conftest import Visit
from tests.browser.driver import Visitor, status_of
from tests.browser.people import DEWI, QUEUE, act, fill, log_in, make_story, moderator, opened, reply, send
from tests.browser.scenes import fill_queue, fill_thread
from tests.conftest import live_environment
from tests.factories import make_article
from tests.processes import Stack

pytest.importorskip("axe_playwright_python", reason="axe cannot be run in Chromium: axe-playwright-python is not installed")

RUN = """async () => {
  // Colours on their way are nobody's. Settled, not all: a change of size or scheme cancels one under way, and that rejects its promise.
  await Promise.allSettled(document.getAnimations().map((animation) => animation.finished));
  const found = await axe.run({ resultTypes: ["violations"], rules: { "target-size": { enabled: true } } });
  return found.violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`));
}"""
LOOKS = {"light": ("light", 1280), "dark": ("dark", 1280), "narrow": ("light", 320), "narrow, dark": ("dark", 320)}


def axe() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text()


def violations(visitor: Visitor, looks: Mapping[str, tuple[str, int]] = LOOKS) -> dict[str, list[str]]:
    """What is wrong with the present page, by the look in which it is. A page too wide counts as one thing."""
    page, found = visitor.page, {}
    page.evaluate(axe())
    for look, (scheme, width) in looks.items():
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.set_viewport_size({"width": width, "height": 900})
        wrong = list(page.evaluate(RUN))
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
            wrong.append(f"the page is {wide} px wide")
        if wrong:
            found[look] = wrong
    return found


@pytest.fixture
def story() -> Article:
    return make_story()


def test_front_and_section(visit: Visit, story: Article) -> None:
    for number in range(3):
        make_article(section=story.section, title=f"Kabar nomor {number} dari kampung", lead="Satu kalimat.", byline="Ratna")
    reader = visit()
    assert reader.open("/") == 200
    assert violations(reader) == {}
    assert reader.open(story.section.get_absolute_url()) == 200
    assert violations(reader) == {}


def test_article_with_a_thread_and_a_waiting_reply(visit: Visit, story: Article) -> None:
    first = fill_thread(story)
    reader = visit()
    reader.open(f"{story.get_absolute_url()}?balas={first.public_id}")
    reply(reader, "Saya menunggu di sini.", **DEWI)
    reader.page.locator(".menu summary").first.click()
    assert violations(reader) == {}


def test_branch(visit: Visit, story: Article) -> None:
    first = fill_thread(story)
    reader = visit()
    assert reader.open(f"{story.get_absolute_url()}?utas={first.public_id}") == 200
    assert violations(reader) == {}


def test_empty_and_closed(visit: Visit, story: Article) -> None:
    reader = visit()
    reader.open(story.get_absolute_url())
    assert reader.page.locator(".thread-empty").is_visible()
    assert violations(reader) == {}
    Article.objects.update(comments_close_at=timezone.now() - timedelta(hours=1))
    fill_thread(story)
    reader.open(story.get_absolute_url())
    assert reader.page.locator(".reply-closed").is_visible()
    assert reader.page.locator(".reply-form").count() == 0
    assert violations(reader) == {}


def test_form_with_errors_and_form_inside_the_thread(visit: Visit, story: Article) -> None:
    first = fill_thread(story)
    reader = visit()
    reader.open(story.get_absolute_url())
    reader.page.locator(f"#komentar-{first.public_id} .comment-reply").click()
    fill(reader, comment="x" * 4990)
    assert violations(reader) == {}
    fill(reader, comment="x" * 5001, email="bukan", url="http://")
    assert send(reader) == 400
    assert reader.page.locator("[aria-invalid=true]").count() == 4
    assert violations(reader) == {}


def test_report(visit: Visit, story: Article) -> None:
    first = fill_thread(story)
    reader = visit()
    assert reader.open(f"/komentar/{first.public_id}/laporkan/") == 200
    assert violations(reader) == {}
    reader.page.locator("[name=detail]").fill("x" * 1001)
    reader.page.locator("[name=reason]").first.check()
    assert status_of(reader.page, reader.page.locator("form button").click) == 400
    assert violations(reader) == {}
    reader.page.locator("[name=detail]").fill("")
    assert status_of(reader.page, reader.page.locator("form button").click) == 200
    assert violations(reader) == {}


def test_notice_of_illegal_content(visit: Visit, story: Article) -> None:
    reader = visit()
    assert reader.open("/konten-ilegal/") == 200
    assert violations(reader) == {}
    assert status_of(reader.page, reader.page.locator("main form [type=submit]").click) == 400
    assert reader.page.locator("[aria-invalid=true]").count() > 0
    assert violations(reader) == {}


def test_looked_over_before_it_is_sent(visit: Visit, story: Article) -> None:
    reader = visit()
    reader.open(story.get_absolute_url())
    fill(reader, comment="Dasar tolol semua, **pikir** dulu.", **DEWI)
    reader.page.locator("[name=periksa]").click()
    reader.page.locator(".reply-check").get_by_text("tolol").first.wait_for()
    assert violations(reader) == {}


def test_not_found(visit: Visit, story: Article) -> None:
    reader = visit()
    assert reader.open("/artikel/tidak-ada/") == 404
    assert violations(reader) == {}


@pytest.fixture
def without_database(tmp_path: Path) -> Iterator[Stack]:
    """A web server whose database cannot be opened: a folder lies where its file should."""
    (tmp_path / "balasan.sqlite3").mkdir()
    stack = Stack(tmp_path, {**live_environment(), "DATABASE_URL": f"sqlite:///{tmp_path / 'balasan.sqlite3'}"})
    stack.start_web()
    yield stack
    stack.stop()


def test_outage(visit: Visit, without_database: Stack) -> None:
    reader = visit(base_url=without_database.url)
    assert reader.open("/") == 503
    assert violations(reader) == {}
    typed = "Ini tidak boleh hilang."
    action = f"{without_database.url}/artikel/x/balasan/"
    reader.page.set_content(f"<form method=post action='{action}'><textarea name=comment>{typed}</textarea><button>Kirim</button>")
    assert status_of(reader.page, reader.page.locator("button").click) == 503
    assert reader.page.locator("#typed").input_value() == typed
    assert violations(reader) == {}


def test_admin(visit: Visit, story: Article) -> None:
    fill_queue(story)
    desk = visit()
    assert desk.open("/admin/") == 200
    assert violations(desk) == {}
    desk.page.set_viewport_size({"width": 1280, "height": 900})
    log_in(desk, moderator("sari", "Sari"), to="/admin/")
    assert violations(desk) == {}


def test_queue(visit: Visit, story: Article) -> None:
    first = fill_queue(story)
    sari, budi = visit(), visit()
    log_in(sari, moderator("sari", "Sari"))
    assert opened(sari) == first.public_id
    assert violations(sari) == {}

    # Somebody else's comment, and the banner that says so.
    log_in(budi, moderator("budi", "Budi"))
    budi.open(f"{QUEUE}{first.public_id}/")
    assert budi.page.locator("#looking").is_visible()
    assert violations(budi) == {}

    sari.page.set_viewport_size({"width": 1280, "height": 900})
    sari.press("?")
    assert sari.page.locator("#keys").is_visible()
    assert violations(sari) == {}
    sari.press("Escape r")
    assert sari.page.locator("#decide.is-rejecting").count() == 1
    assert violations(sari) == {}
    assert act(sari, "4") == 200  # the next comment, and the offer to undo
    assert violations(sari) == {}
    assert act(budi, "a") == 409
    assert violations(budi) == {}


def test_other_views_of_the_queue(visit: Visit, story: Article) -> None:
    fill_queue(story)
    desk = visit()
    log_in(desk, moderator("sari", "Sari"))
    assert act(desk, "s") == 200
    for view in ("spam", "decided", "reported"):
        assert desk.open(f"{QUEUE}?view={view}") == 200
        assert violations(desk) == {}
    desk.page.set_viewport_size({"width": 1280, "height": 900})
    desk.open(f"{QUEUE}?view=review&sort=newest")
    desk.press("x")
    assert desk.page.locator("#bulk-bar[open]").count() == 1
    assert violations(desk) == {}
