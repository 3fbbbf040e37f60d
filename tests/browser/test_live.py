"""An open page learns of new comments: nothing moves, one press brings them, a page nobody looks at does not ask."""

from __future__ import annotations

import re

from comments.states import Status
from tests.browser.conftest import Visit
from tests.browser.driver import Visitor
from tests.browser.people import make_story
from tests.factories import make_comment
from tests.processes import wait_for

BUTTON = ".live button"


def asked(visitor: Visitor) -> int:
    return sum(address.endswith("/langsung/") for address in visitor.requests)


def come_round(visitor: Visitor) -> None:
    """Let so much of the page's time pass that it asks once more, and wait for the answer. Its clock goes on by itself as well: a
    question that was on its way already is not the one."""
    with visitor.page.expect_request(re.compile("/langsung/$")) as sent:
        visitor.page.clock.fast_forward(20_000)
    answer = sent.value.response()
    assert answer is not None
    assert answer.status == 200


def open_page(visitor: Visitor, address: str) -> None:
    visitor.page.clock.install()
    assert visitor.open(address) == 200


def test_new_comments_are_announced_and_come_in_with_one_press(visit: Visit) -> None:
    article = make_story()
    first = make_comment(article, body="Yang pertama.")
    reader = visit()
    open_page(reader, article.get_absolute_url())
    page = reader.page
    come_round(reader)
    assert page.locator(BUTTON).count() == 0
    assert page.locator(".live").get_attribute("role") == "status"
    page.locator("#comment").fill("Ini belum saya kirim.")
    page.evaluate("scrollTo(0, 400)")
    place = page.locator(f"#komentar-{first.public_id}").bounding_box()

    answer = make_comment(article, parent=first, body="Balasan untuk yang pertama.")
    second = make_comment(article, body="Yang kedua.")
    come_round(reader)
    page.locator(BUTTON).wait_for()
    assert page.locator(BUTTON).inner_text() == "2 komentar baru"
    assert page.locator(f"#komentar-{first.public_id}").bounding_box() == place

    page.locator(BUTTON).click()
    page.locator(f"#komentar-{answer.public_id}").wait_for()
    assert page.locator(BUTTON).count() == 0
    order = page.locator(".comments .comment").evaluate_all("(all) => all.map((each) => each.id)")
    assert order == [each.anchor for each in (first, answer, second)]
    assert page.locator(f"li:has(> #komentar-{first.public_id}) > .replies .comment").count() == 1
    assert page.locator("#thread-heading").inner_text().strip() == "3 Balasan"
    assert page.locator("#comment").input_value() == "Ini belum saya kirim."
    assert page.evaluate("document.activeElement.id") == answer.anchor
    come_round(reader)
    assert page.locator(BUTTON).count() == 0
    reader.check()


def test_the_first_comment_of_all(visit: Visit) -> None:
    article = make_story()
    reader = visit()
    open_page(reader, article.get_absolute_url())
    only = make_comment(article)
    come_round(reader)
    assert reader.page.locator(BUTTON).inner_text() == "1 komentar baru"
    reader.page.locator(BUTTON).press("Enter")
    reader.page.locator(f"#komentar-{only.public_id}").wait_for()
    assert reader.page.locator(".thread-empty").count() == 0


def test_what_goes_again_is_no_news(visit: Visit) -> None:
    article = make_story()
    reader = visit()
    open_page(reader, article.get_absolute_url())
    fleeting = make_comment(article)
    come_round(reader)
    reader.page.locator(BUTTON).wait_for()
    assert fleeting.move_to(Status.REJECTED)
    come_round(reader)
    reader.page.locator(BUTTON).wait_for(state="detached")


def test_it_works_in_a_frame(visit: Visit) -> None:
    article = make_story()
    reader = visit()
    open_page(reader, f"/embed/thread/?article={article.slug}")
    make_comment(article)
    come_round(reader)
    reader.page.locator(BUTTON).click()
    wait_for(lambda: reader.page.locator(".comments .comment").count() == 1)


def test_a_hidden_page_does_not_ask(visit: Visit) -> None:
    article = make_story()
    reader = visit()
    open_page(reader, article.get_absolute_url())
    come_round(reader)
    reader.page.evaluate("Object.defineProperty(document, 'hidden', { configurable: true, get: () => true })")
    before = asked(reader)
    reader.page.clock.fast_forward(600_000)
    assert asked(reader) <= before + 1  # one that had begun before the page was hidden
    before = asked(reader)
    reader.page.clock.fast_forward(600_000)
    assert asked(reader) == before
    make_comment(article)
    reader.page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    reader.page.locator(BUTTON).wait_for()
    assert asked(reader) > before
