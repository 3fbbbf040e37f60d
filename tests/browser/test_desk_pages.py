"""Every page of the desk with a lot on it: hostile words in Chromium, long and right-to-left words before axe, and without a mouse."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from moderation.desk_models import DeskPreference, Handover
from moderation.models import CheckMode, Threshold, VariantEvent
from tests.browser.conftest import Visit
from tests.browser.driver import Visitor, status_of
from tests.browser.people import PASSWORD
from tests.browser.test_axe import violations
from tests.browser.test_hostile import touch_everything
from tests.hostile import all_there_are
from tests.moderation.full_desk import FullDesk, Words
from tests.processes import Stack

HERE = "/admin/moderation/"
# Words that no line has room for, and some that run the other way.
AWKWARD = (
    "Jembatan Kampung Hulu dibuka sebulan lebih cepat daripada yang direncanakan oleh dinas pekerjaan umum",
    "שרה כהן מירושלים",
    "Pertanggungjawaban" * 6,
    "السيد عبد الرحمن بن محمد",
    "https://contoh.example" + "/sangat-panjang" * 8,
    "Dewi L.",
)
# Those that the other tests of this folder show to axe with something on them.
SEEN_ELSEWHERE = {
    "queue", "dashboard", "desk-log", "desk-year", "quality", "desk-people", "phrases", "phrase", "phrase-new", "phrase-try",
    "phrase-import", "innocents", "rules", "rule", "rule-new", "simulator", "rescan",
}  # fmt: skip
LOOKS = {"light": ("light", 1280), "phone, dark": ("dark", 390)}
FILES = {"desk-log-file", "phrase-export", "queue-next", "queue-rows"}


def enter(visitor: Visitor, user: User, to: str) -> None:
    visitor.open(to)
    visitor.page.locator("#id_username").fill(user.get_username())
    visitor.page.locator("#id_password").fill(PASSWORD)
    assert status_of(visitor.page, lambda: visitor.page.keyboard.press("Enter")) == 200


def addresses(desk: FullDesk, apart_from: set[str]) -> list[str]:
    """Of the pages of one name the first alone; of the queue every view."""
    found: dict[str, str] = {}
    for name, address in desk.pages():
        if name not in FILES | apart_from and "csv" not in address:
            found.setdefault(address if name == "queue" else name, address)
    return list(found.values())


def test_hostile_words_do_nothing_on_any_page(visit: Visit, stack: Stack) -> None:
    desk = FullDesk(Words(all_there_are()))
    visitor = visit()
    enter(visitor, desk.user, f"{HERE}queue/team/")
    for address in addresses(desk, set()):
        assert visitor.open(address) == 200, address
        touch_everything(visitor)


def test_every_page_before_axe_with_words_that_do_not_fit(visit: Visit, stack: Stack) -> None:
    pytest.importorskip("axe_playwright_python", reason="axe cannot be run in Chromium: axe-playwright-python is not installed")
    desk = FullDesk(Words(AWKWARD), rows=4)
    visitor = visit()
    enter(visitor, desk.user, f"{HERE}queue/team/")
    wrong = {}
    for address in addresses(desk, SEEN_ELSEWHERE):
        visitor.page.set_viewport_size({"width": 1280, "height": 900})
        assert visitor.open(address) == 200, address
        if found := violations(visitor, LOOKS):
            wrong[address] = found
    assert wrong == {}, wrong


WIDTHS = (1440, 1024, 768, 390)
MEASURE = """() => [
    document.documentElement.scrollWidth,
    document.querySelector('.desk-main, .desk-item, .rulebook')?.getBoundingClientRect().width ?? 0,
]"""

# What can be pushed sideways and is not told to whoever works by keys or hears the page: by its class, and how far it goes.
SIDEWAYS = """() => [...document.querySelectorAll('body *')]
    .filter((box) => ['auto', 'scroll'].includes(getComputedStyle(box).overflowX) && box.scrollWidth > box.clientWidth + 1)
    .filter((box) => box.querySelector('table'))
    .filter((box) => box.tabIndex !== 0 || box.getAttribute('role') !== 'region' || !box.getAttribute('aria-label'))
    .map((box) => [box.className, box.scrollWidth, box.clientWidth])
"""


def test_no_page_is_wider_than_the_screen_or_squeezed_into_a_corner_of_it(visit: Visit, stack: Stack) -> None:
    desk = FullDesk(Words(AWKWARD), rows=4)
    visitor = visit()
    enter(visitor, desk.user, f"{HERE}queue/team/")
    wrong: dict[tuple[str, object], object] = {}
    for address in addresses(desk, set()):
        assert visitor.open(address) == 200, address
        for width in WIDTHS:
            visitor.page.set_viewport_size({"width": width, "height": 900})
            whole, main = visitor.page.evaluate(MEASURE)
            # 1440 has three columns at the most, and a page of text is kept to a readable width.
            if whole > width or main < min(0.55 * width, 640):
                wrong[address, width] = (whole, main)
        if sideways := visitor.page.evaluate(SIDEWAYS):
            wrong[address, "sideways"] = sideways
    assert wrong == {}, wrong


def test_hand_over_and_set_up_without_a_mouse(visit: Visit, stack: Stack) -> None:
    """Team, preferences, thresholds, a check's mode and a version of a model: each form by keys alone."""
    desk = FullDesk(Words(["Kabar biasa"]), rows=1)
    visitor = visit()
    page = visitor.page
    enter(visitor, desk.user, f"{HERE}queue/team/")

    def send() -> int:
        return status_of(page, lambda: page.keyboard.press("Enter"))

    visitor.tab_to("[name=text]")
    page.keyboard.type("Utas jembatan ramai sejak siang.")
    visitor.tab_to(".plain-form button")
    assert send() == 200
    assert Handover.objects.filter(moderator=desk.user).values_list("text", flat=True).get() == "Utas jembatan ramai sejak siang."

    visitor.open(f"{HERE}queue/preferences/")
    visitor.tab_to("[name=blur]")
    page.keyboard.press("Space")
    visitor.tab_to("[name=break_minutes]")
    page.keyboard.type("999")
    assert send() == 400  # and what was typed stands there still
    assert page.locator("[name=break_minutes]").input_value() == "999"
    visitor.tab_to("[name=break_minutes]")
    page.keyboard.type("25")
    assert send() == 200
    assert DeskPreference.objects.values_list("blur", "break_minutes").get(moderator=desk.user) == (True, 25)

    visitor.open(f"{HERE}models/{desk.publication.pk}/gambling/")
    for name, text in (("queue", "0.6"), ("strict", "0.95"), ("why", "Terlalu banyak yang ditahan")):
        visitor.tab_to(f"[name={name}]")
        visitor.press("Control+a")
        page.keyboard.type(text)
    assert send() == 200
    row = Threshold.objects.latest("id")
    assert (row.queue, row.strict, row.why, row.set_by) == (0.6, 0.95, "Terlalu banyak yang ditahan", desk.user)

    visitor.open(f"{HERE}models/checks/links/")
    visitor.tab_to("[name=why]")
    page.keyboard.type("Diuji dulu")
    visitor.tab_to("[name=mode][value=shadow]")
    assert send() == 200
    assert CheckMode.objects.values_list("mode", "why").latest("id") == ("shadow", "Diuji dulu")

    visitor.open(f"{HERE}models/versions/{desk.variant.pk}/")
    visitor.tab_to("[name=why]")
    page.keyboard.type("Tidak lebih baik")
    visitor.tab_to("[name=action][value=discard]")
    assert send() == 200
    assert VariantEvent.objects.values_list("action", "why").latest("id") == ("discarded", "Tidak lebih baik")
