"""Without a mouse: from the top of an article to the sent reply, and through the moderators' queue."""

from __future__ import annotations

from comments.models import Comment
from comments.states import Status
from moderation.models import Decision
from tests.browser.conftest import Visit
from tests.browser.driver import status_of
from tests.browser.people import act, held, log_in, make_story, moderator, opened, screened
from tests.factories import make_comment


def test_a_reader_reaches_every_field_and_sends(visit: Visit) -> None:
    article = make_story()
    make_comment(article)
    reader = visit()
    reader.open(article.get_absolute_url())
    page = reader.page
    focused = "() => document.activeElement.name || document.activeElement.type || ''"

    reader.press("Tab")
    assert page.evaluate("() => document.activeElement.className") == "skip"
    assert page.locator(".skip").is_visible()
    reader.press("Enter")
    reader.tab_to(".reply-form [name=comment]")
    typed = {"comment": "Sampai di sini tanpa tetikus.", "author": "Tuti", "email": "tuti@contoh.example", "url": "tuti.example"}
    for name, text in typed.items():
        assert page.evaluate(focused) == name
        page.keyboard.type(text)
        reader.press("Tab")
    assert page.evaluate(focused) == "wp-comment-cookies-consent"
    reader.press("Space Tab")
    assert page.evaluate(focused) == "submit"
    assert page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle") != "none"
    reader.press("Enter")
    page.locator(".comment-mine:focus").wait_for()

    comment = screened(Comment.objects.get(author_name="Tuti"))
    assert (comment.body_raw, comment.author_email, comment.author_url, comment.honeypot_filled) == (
        "Sampai di sini tanpa tetikus.",
        "tuti@contoh.example",
        "https://tuti.example",
        False,
    )
    assert page.locator(f"#komentar-{comment.public_id} .comment-state").is_visible()


def test_a_moderator_goes_through_the_queue_by_keys(visit: Visit) -> None:
    article = make_story()
    comments = [held(article, f"Komentar {name} menunggu.", name, priority=1 - n / 10) for n, name in enumerate("ABCDE")]
    a, b, c, d, e = comments
    desk = visit()
    log_in(desk, moderator("sari", "Sari"))
    page = desk.page
    assert opened(desk) == a.public_id

    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    desk.press("a s")  # nothing is decided behind the help
    desk.press("Escape")
    assert not page.locator("#keys").is_visible()
    assert Decision.objects.filter(kind=Decision.Kind.PERSON).count() == 0

    assert act(desk, "j") == 200
    assert opened(desk) == b.public_id
    assert act(desk, "j") == 200
    assert opened(desk) == c.public_id
    assert act(desk, "k") == 200
    assert opened(desk) == b.public_id

    desk.press("n")
    page.keyboard.type("as ditulis, bukan ditekan")
    desk.press("Escape")
    assert opened(desk) == b.public_id
    assert act(desk, "a") == 200  # approves B; A is the next
    assert opened(desk) == a.public_id
    assert act(desk, "r 1") == 200
    assert opened(desk) == c.public_id
    assert act(desk, "s") == 200
    assert opened(desk) == d.public_id
    assert act(desk, "h") == 200
    assert opened(desk) == e.public_id
    assert act(desk, "2 r") == 200
    assert opened(desk) == ""
    assert act(desk, "u") == 200
    assert opened(desk) == e.public_id

    for comment in comments:
        comment.refresh_from_db()
    assert [comment.status for comment in comments] == [Status.REJECTED, Status.APPROVED, Status.SPAM, Status.HELD, Status.HELD]
    last = Decision.objects.exclude(kind=Decision.Kind.SCREENING)
    assert list(last.filter(comment=a).values_list("outcome", "reason")) == [("rejected", "advertising")]
    assert list(last.filter(comment=b).values_list("outcome", "note")) == [("approved", "as ditulis, bukan ditekan")]
    assert list(last.filter(comment=e).values_list("kind", "outcome", "reason")) == [
        ("person", "rejected", "insulting"),
        ("undo", "held", "new_author"),  # what it waits for again
    ]


def test_several_are_decided_at_once_and_taken_back_at_once(visit: Visit) -> None:
    article = make_story()
    comments = [held(article, f"Komentar {name} menunggu.", name, priority=1 - n / 10) for n, name in enumerate("ABC")]
    desk = visit()
    log_in(desk, moderator("sari", "Sari"))
    top = "() => [...document.querySelectorAll('.desk, #rows, #item')].map((one) => one.getBoundingClientRect().top + scrollY)"
    before = desk.page.evaluate(top)
    desk.press("x")
    assert desk.page.locator("#bulk-count").inner_text() == "1"
    desk.page.locator("#pick-all").check()
    assert desk.page.locator("#bulk-count").inner_text() == "3"
    assert status_of(desk.page, desk.page.locator(".bulk-actions button[value=spam]").click) == 200
    for comment in comments:
        comment.refresh_from_db()
    assert [comment.status for comment in comments] == [Status.SPAM] * 3
    # What was done is told in its own place: nothing has moved for it.
    assert desk.page.evaluate(top)[0] == before[0]
    told = desk.page.locator("#desk-status .desk-told")
    assert told.count() == 1
    assert desk.page.locator("#desk-live").inner_text().split() == told.inner_text().split()
    box, content = told.bounding_box(), desk.page.locator(".desk").bounding_box()
    assert box is not None
    assert content is not None
    assert box["y"] + box["height"] <= content["y"] + 0.5
    assert act(desk, "u") == 200
    assert desk.page.evaluate(top) == before
    assert told.count() == 1
    for comment in comments:
        comment.refresh_from_db()
    assert [comment.status for comment in comments] == [Status.HELD] * 3
