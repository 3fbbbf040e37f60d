"""What helps a moderator at the queue beyond deciding: several at once, drafts, the way back, the palette, covered texts, pauses, views."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from comments.states import Status
from moderation.desk_models import DeskPreference
from moderation.models import Decision, Finding
from tests.browser.conftest import Visit
from tests.browser.driver import status_of
from tests.browser.people import act, held, log_in, make_story, moderator, opened, words
from tests.processes import wait_for


def test_what_is_selected_and_written_outlives_a_look_at_the_next_comment(visit: Visit) -> None:
    article = make_story()
    a, b, c = [held(article, f"Komentar {name} menunggu.", name, priority=1 - n / 10) for n, name in enumerate("ABC")]
    desk = visit()
    log_in(desk, moderator("sari", "Sari"))
    page = desk.page
    desk.press("n")
    page.keyboard.type("tanya redaktur dulu")
    desk.press("Escape")
    assert page.evaluate("() => document.activeElement.id") == "item"
    desk.press("x")
    assert act(desk, "j") == 200
    assert page.locator("#note").input_value() == ""
    desk.press("x")
    assert page.locator("#bulk-count").inner_text() == "2"
    assert act(desk, "k") == 200
    assert (opened(desk), page.locator("#note").input_value()) == (a.public_id, "tanya redaktur dulu")
    assert page.locator("#bulk-count").inner_text() == "2"
    assert status_of(page, page.locator(".bulk-actions button[value=spam]").click) == 200
    for comment in (a, b, c):
        comment.refresh_from_db()
    assert [comment.status for comment in (a, b, c)] == [Status.SPAM, Status.SPAM, Status.HELD]
    desk.open("/admin/moderation/queue/")
    assert page.locator(".pick input:checked").count() == 0


def test_the_last_decisions_are_taken_back_one_after_the_other(visit: Visit) -> None:
    article = make_story()
    a, b, c, _d = [held(article, f"Komentar {name} menunggu.", name, priority=1 - n / 10) for n, name in enumerate("ABCD")]
    desk = visit()
    log_in(desk, moderator("sari", "Sari"))
    assert act(desk, "s") == 200
    assert act(desk, "a") == 200
    assert opened(desk) == c.public_id
    assert act(desk, "j") == 200  # another page: the way back came along
    assert desk.page.locator("#toast-done .toast-words").inner_text().endswith("B")
    assert act(desk, "u") == 200
    assert opened(desk) == b.public_id
    assert desk.page.locator("#toast-done .toast-words").inner_text().endswith("A")
    assert act(desk, "u") == 200
    assert opened(desk) == a.public_id
    desk.press("u")
    assert desk.page.locator("#toast-trouble .toast-words").inner_text() == words(
        "Nothing here can be taken back. Look in “Recently decided”."
    )
    for comment in (a, b):
        comment.refresh_from_db()
    assert (a.status, b.status) == (Status.HELD, Status.HELD)


def test_a_word_typed_into_the_palette_looks_for_it_and_decides_nothing(visit: Visit) -> None:
    first = held(make_story(), "Berita tentang judi ini perlu dibaca.", "A")
    desk = visit()
    log_in(desk, moderator("sari", "Sari"))
    page = desk.page
    chosen = page.locator("#commands [aria-selected=true]")

    desk.press("/")
    assert (page.locator("#palette").is_visible(), chosen.count()) == (True, 0)
    desk.press("Enter")
    assert page.locator("#palette").is_visible()
    page.keyboard.type("judi")
    assert chosen.inner_text() == f"{words('Search')}: judi"
    assert page.locator("#commands li").all_inner_texts()[1:] == [f"{words('Reject')}: {words('advertising or gambling')}"]
    assert status_of(page, lambda: page.keyboard.press("Enter")) == 200
    assert page.url.endswith("?view=all&words=judi")
    assert Decision.objects.filter(kind=Decision.Kind.PERSON).count() == 0

    assert act(desk, "j") == 200
    page.keyboard.press("Control+k")
    page.keyboard.type("spam")
    assert chosen.inner_text() == "Spam"
    desk.press("Escape")
    assert not page.locator("#palette").is_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("spam")
    assert act(desk, "Enter") == 200
    first.refresh_from_db()
    assert first.status == Status.SPAM


def test_harsh_words_stay_covered_until_they_are_asked_for(visit: Visit) -> None:
    abuse = Finding(
        check_name="abuse", check_version="1", label="suspect", score=0.9, probability=0.9, spans=[[0, 5, "insult"]], words=["tolol"]
    )
    article = make_story()
    parent = held(article, "tolol benar kau ini", "A", abuse, priority=0.9)
    sari = moderator("sari", "Sari")
    DeskPreference.objects.create(moderator=sari, blur=True)
    desk = visit()
    log_in(desk, sari)
    page = desk.page
    assert opened(desk) == parent.public_id
    assert page.locator(".row-text").inner_text() == words("Covered: harsh words")
    assert (page.locator("#said").is_visible(), page.locator(".findings .words > span").is_visible()) == (False, False)
    desk.press("b")
    assert (page.locator("#said").is_visible(), page.locator(".findings .words > span").is_visible()) == (True, True)
    desk.press("b")
    assert (page.locator("#said").is_visible(), page.locator(".findings .words > span").is_visible()) == (False, False)


def test_a_hint_to_pause_comes_after_so_long_and_goes_when_it_was_seen(visit: Visit) -> None:
    comment = held(make_story(), "Ini menunggu.", "A")
    sari = moderator("sari", "Sari")
    DeskPreference.objects.create(moderator=sari, break_minutes=2)
    desk = visit()
    log_in(desk, sari)
    hint = desk.page.locator("#pause")
    assert not hint.is_visible()
    begun = {"kind": Decision.Kind.PERSON, "reason": "suspicious", "created_at": timezone.now() - timedelta(minutes=3)}
    Decision.objects.create(comment=comment, revision=1, moderator=sari, was="held", outcome="held", **begun)
    desk.open("/admin/moderation/queue/")
    assert hint.is_visible()
    hint.get_by_role("button").click()
    assert not hint.is_visible()
    assert desk.page.evaluate("() => document.activeElement.id") == "item"
    wait_for(lambda: DeskPreference.objects.filter(moderator=sari, rested_at__isnull=False).exists())
    desk.open("/admin/moderation/queue/")
    assert not hint.is_visible()
