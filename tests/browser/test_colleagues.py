"""Two moderators at one queue: who has what on the screen, and a decision that comes too late."""

from __future__ import annotations

from comments.states import Status
from moderation.models import Claim, Decision
from tests.browser.conftest import Visit
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
