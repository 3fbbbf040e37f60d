"""A real Chromium on the real web server and worker. Skipped as a whole, and said so, where there is no Chromium."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.driver import Visitor, chromium, why_not
from tests.browser.people import MAIL_DIR
from tests.processes import Stack

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Visit = Callable[..., Visitor]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = why_not()
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)
            if missing:
                item.add_marker(pytest.mark.skip(reason=missing))


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this folder, each with contexts of its own.

    Playwright keeps an event loop running in this thread, which Django takes for a sign of asynchronous code; hence the variable.
    """
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        with chromium() as started:
            yield started
    finally:
        if before is None:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
        else:
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@pytest.fixture
def visit(browser: Browser, stack: Stack) -> Iterator[Visit]:
    """Makes visitors. At the end every one of them must have had an undisturbed visit."""
    visitors: list[Visitor] = []

    def make(base_url: str = "", **options: Any) -> Visitor:
        visitor = Visitor(browser, base_url or stack.url, **options)
        visitors.append(visitor)
        return visitor

    for old in MAIL_DIR.glob("*.log"):
        old.unlink()
    yield make
    problems = [problem for visitor in visitors for problem in visitor.problems + visitor.breaches()]
    for visitor in visitors:
        visitor.close()
    assert problems == []
