"""Two moderators at one queue: who has what on the screen, and a decision that comes too late."""

from __future__ import annotations

from comments.states import Status
from moderation.decisions import decide
from moderation.models import Claim, Decision
from tests.browser.conftest import Visit
from tests.browser.driver import Visitor
from tests.browser.people import QUEUE, act, held, log_in, make_story, moderator, opened, words
from tests.processes import wait_for


def test_two_moderators_are_handed_different_comments_and_see_each_other(visit: Visit) -> None:
    article = make_story()
    first = held(article, "Yang pertama menunggu.", "A", priority=0.9)
    second = held(article, "Yang kedua menunggu.", "B", priority=0.1)
    sari, budi = visit(), visit()
    log_in(sari, moderator("sari", "Sari"))
    log_in(budi, moderator("budi", "Budi"))
    assert (opened(sari), opened(budi)) == (first.public_id, second.public_id)
    looking = words("%(who)s is looking at this", who="Sari")
    assert budi.page.locator(f".row:has-text('Yang pertama') >> text={looking}").count() == 1

    assert act(budi, "k") == 200
    assert opened(budi) == first.public_id
    assert budi.page.locator("#looking").inner_text() == looking
    assert Claim.objects.filter(comment=first).values_list("moderator__username").get() == ("sari",)

    # Leaving gives it back: the page's last act.
    sari.open("/admin/")
    wait_for(lambda: not Claim.objects.filter(comment=first).exists())


def test_a_decision_that_comes_late_changes_nothing_and_says_who_was_first(visit: Visit) -> None:
    comment = held(make_story(), "Siapa cepat, dia dapat.", "A")
    sari, budi = visit(), visit()
    log_in(sari, moderator("sari", "Sari"))
    log_in(budi, moderator("budi", "Budi"))
    budi.open(f"{QUEUE}{comment.public_id}/")
    assert (opened(sari), opened(budi)) == (comment.public_id, comment.public_id)
    budi.press("n")
    budi.page.keyboard.type("Menurut saya baik.")
    budi.press("Escape")

    assert act(sari, "r 4") == 200
    assert act(budi, "a") == 409
    comment.refresh_from_db()
    assert comment.status == Status.REJECTED
    people = Decision.objects.filter(comment=comment, kind=Decision.Kind.PERSON)
    assert list(people.values_list("moderator__username", "outcome")) == [("sari", "rejected")]
    said = budi.page.locator("#toast-trouble .toast-words").inner_text()
    assert said.startswith(words("Already rejected by %(who)s at %(time)s.", who="Sari", time="@").partition("@")[0])
    assert words("Your decision was not saved.") in said
    budi.page.locator("#toast-trouble a").click()
    budi.page.wait_for_selector("#opened[data-status=rejected]")
    assert budi.page.locator("#note").input_value() == "Menurut saya baik."
    assert budi.page.locator("#opened").get_attribute("data-status") == "rejected"

    # Knowing that, Budi may decide otherwise.
    assert act(budi, "a") == 200
    comment.refresh_from_db()
    assert comment.status == Status.APPROVED


def lines(desk: Visitor) -> list[str]:
    return [row.get_attribute("data-id") or "" for row in desk.page.locator(".row").all()]


def number(desk: Visitor, view: str) -> str:
    return desk.page.locator(f"[data-count={view}]").inner_text()


def test_after_a_late_decision_by_keys_list_and_numbers_are_as_they_are_now(visit: Visit) -> None:
    article = make_story()
    a, b, c, d = (held(article, f"Komentar {name} menunggu.", name, priority=1 - n / 10) for n, name in enumerate("ABCD"))
    person = moderator("budi", "Budi")
    budi = visit()
    log_in(budi, person)
    assert (opened(budi), lines(budi), number(budi, "review")) == (a.public_id, [a.public_id, b.public_id, c.public_id, d.public_id], "4")
    budi.page.wait_for_function("() => performance.getEntriesByType('resource').some((one) => one.name.includes('/queue/next/'))")
    budi.page.locator(f".row[data-id='{d.public_id}'] .pick input").check()
    budi.press("n")
    budi.page.keyboard.type("Sudah saya baca dua kali.")
    budi.press("Escape")

    # Meanwhile colleagues have decided this one and another one.
    sari = moderator("sari", "Sari")
    for comment in (a, c):
        decide(comment, Status.REJECTED, kind=Decision.Kind.PERSON, reason="insulting", moderator=sari)
    assert act(budi, "a") == 409
    a.refresh_from_db()
    assert a.status == Status.REJECTED
    assert lines(budi) == [b.public_id, d.public_id]
    assert (number(budi, "review"), number(budi, "mine")) == ("2", "1")
    assert opened(budi) == b.public_id
    assert budi.page.locator(".row.is-open").get_attribute("data-id") == b.public_id
    assert budi.page.locator(".pick input:checked").count() == 1  # what was selected still is
    assert budi.page.evaluate("() => document.activeElement.id") == "item"
    said = budi.page.locator("#toast-trouble .toast-words").inner_text()
    assert said.endswith(words("Your note is kept with the comment."))

    assert act(budi, "o") == 200
    assert opened(budi) == a.public_id
    assert budi.page.locator("#note").input_value() == "Sudah saya baca dua kali."
    assert act(budi, "a") == 200
    a.refresh_from_db()
    assert a.status == Status.APPROVED
    assert list(Decision.objects.filter(comment=a, moderator=person).values_list("outcome", "note")) == [
        ("approved", "Sudah saya baca dua kali.")
    ]
