"""What the thread's script does without leaving the page: opinions, one's own comments, what is new, a connection that is gone."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from comments.models import Comment, Reaction
from comments.states import Status
from newsroom.models import Article, EmbedHost
from tests.browser.conftest import Visit
from tests.browser.driver import Visitor, status_of
from tests.browser.host_site import host_site
from tests.browser.people import DEWI, fill, make_story, reply, screened
from tests.browser.test_axe import violations
from tests.factories import make_comment
from tests.processes import Stack, wait_for

FAILED = "Belum berhasil. Silakan coba lagi."


@pytest.fixture
def story() -> Article:
    return make_story()


def votes(visitor: Visitor, comment: Comment) -> tuple[str | None, str | None, str]:
    """Whether each of the two is pressed, and how many agree."""
    buttons = visitor.page.locator(f"#{comment.anchor} .vote")
    return (
        buttons.nth(0).get_attribute("aria-pressed"),
        buttons.nth(1).get_attribute("aria-pressed"),
        buttons.nth(0).locator("b").inner_text(),
    )


def vote(visitor: Visitor, comment: Comment, number: int) -> None:
    with visitor.page.expect_response(re.compile("/reaction/$")):
        visitor.page.locator(f"#{comment.anchor} .vote").nth(number).click()


def test_an_opinion_is_given_changed_and_taken_back_in_its_place(visit: Visit, story: Article) -> None:
    comment = make_comment(story, body="Akhirnya.")
    reader = visit()
    reader.open(story.get_absolute_url())
    address = reader.page.url
    vote(reader, comment, 0)
    wait_for(lambda: votes(reader, comment) == ("true", "false", "1"))
    assert [row.kind for row in Reaction.objects.all()] == ["agree"]
    reader.open(story.get_absolute_url())
    assert votes(reader, comment)[0] == "true"
    vote(reader, comment, 1)
    wait_for(lambda: votes(reader, comment) == ("false", "true", ""))
    assert [row.kind for row in Reaction.objects.all()] == ["disagree"]
    vote(reader, comment, 1)
    wait_for(lambda: votes(reader, comment) == ("false", "false", ""))
    assert not Reaction.objects.exists()
    assert reader.page.url == address
    other = visit()
    other.open(story.get_absolute_url())
    assert votes(other, comment)[:2] == ("false", "false")


def test_without_a_connection_an_opinion_goes_back_and_a_reply_stays_typed(visit: Visit, story: Article) -> None:
    comment = make_comment(story, body="Akhirnya.")
    reader = visit()
    reader.open(story.get_absolute_url())
    said = reader.page.locator(".reply-said")
    reader.context.set_offline(True)
    reader.page.locator(f"#{comment.anchor} .vote").nth(0).click()
    wait_for(lambda: said.inner_text() == FAILED)
    assert votes(reader, comment) == ("false", "false", "")
    fill(reader, comment="Saya lewat sana tiap hari.", **DEWI)
    reader.page.get_by_role("button", name="Kirim Komentar").click()
    wait_for(lambda: "tersimpan" in said.inner_text())
    assert reader.page.locator("#comment").input_value() == "Saya lewat sana tiap hari."
    assert not Reaction.objects.exists()
    assert Comment.objects.count() == 1
    reader.context.set_offline(False)
    assert all("ERR_INTERNET_DISCONNECTED" in problem for problem in reader.problems)
    reader.problems.clear()
    assert reply(reader, "Saya lewat sana tiap hari.").status == Status.HELD
    assert Comment.objects.count() == 2


def test_the_author_changes_and_withdraws_in_the_thread(visit: Visit, story: Article) -> None:
    reader = visit()
    page = reader.page
    reader.open(story.get_absolute_url())
    comment = reply(reader, "Jembatan itu dekat rumah saya.", **DEWI)
    wait_for(lambda: page.locator(f"#{comment.anchor}.comment-held").count() == 1)
    page.get_by_role("link", name="Ubah").click()
    page.locator(".own-form textarea:focus").fill(" ")
    page.locator(".own-form").get_by_role("button", name="Simpan").click()
    page.locator(".own-form [role=alert]").wait_for()
    assert [problem.partition(" ")[0] for problem in reader.problems] == ["400"]  # an answer, which the form shows
    reader.problems.clear()
    assert violations(reader) == {}
    page.locator(".own-form textarea").fill("Jembatan itu jauh dari rumah saya.")
    page.locator(".own-form").get_by_role("button", name="Simpan").click()
    page.get_by_text("Jembatan itu jauh dari rumah saya.").wait_for()
    assert page.locator(".own-form").count() == 0
    assert screened(Comment.objects.get()).body_raw == "Jembatan itu jauh dari rumah saya."
    wait_for(lambda: page.locator(f"#{comment.anchor}.comment-held").count() == 1)
    page.get_by_role("link", name="Tarik", exact=True).click()
    page.locator(".own-form").get_by_role("button", name="Tarik").click()
    page.get_by_text("Anda sudah menarik komentar ini.").wait_for()
    assert Comment.objects.get().status == Status.WITHDRAWN


def test_a_change_that_comes_too_late_says_so_and_keeps_what_was_typed(visit: Visit, story: Article) -> None:
    reader = visit()
    page = reader.page
    reader.open(story.get_absolute_url())
    comment = reply(reader, "Jembatan itu dekat rumah saya.", **DEWI)
    address = page.url
    wait_for(lambda: page.locator(f"#{comment.anchor}.comment-held").count() == 1)
    page.get_by_role("link", name="Ubah").click()
    page.locator(".own-form textarea:focus").fill("Setengah jam kemudian saya ingat lebih banyak.")
    Comment.objects.update(created_at=timezone.now() - timedelta(days=1))
    page.locator(".own-form").get_by_role("button", name="Simpan").click()
    page.locator(".own-form [role=alert]").wait_for()
    assert page.locator(".own-form").get_by_text("Setengah jam kemudian saya ingat lebih banyak.").is_visible()
    assert page.url == address
    assert violations(reader) == {}
    assert [problem.partition(" ")[0] for problem in reader.problems] == ["409"]
    reader.problems.clear()
    assert Comment.objects.get().body_raw == "Jembatan itu dekat rumah saya."


def test_what_came_since_the_last_visit_is_marked_and_a_key_goes_there(visit: Visit, story: Article) -> None:
    first = make_comment(story, body="Yang pertama.", created_at=timezone.now() - timedelta(hours=2))
    reader = visit()
    page = reader.page
    reader.open(story.get_absolute_url())
    assert page.locator(".comment-badge").count() == 0
    # An hour passes, by this browser's own memory.
    page.evaluate(
        """(slug) => {
          const visit = JSON.parse(localStorage.getItem(`balasan:dibaca:${slug}`));
          localStorage.setItem(`balasan:dibaca:${slug}`, JSON.stringify({ ...visit, now: visit.now - 3600000, seen: visit.seen - 3600 }));
        }""",
        story.slug,
    )
    Comment.objects.filter(pk=first.pk).update(published_at=timezone.now() - timedelta(hours=2))
    answer = make_comment(story, parent=first, body="Balasan.")
    last = make_comment(story, body="Yang terakhir.")
    reader.open(story.get_absolute_url())
    assert page.locator(".comment-badge").count() == 2
    assert page.locator(".thread-new output").inner_text() == "2"
    page.locator(f"#{first.anchor} .comment-reply").focus()
    for comment, left in ((answer, "1"), (last, "0")):
        reader.press("n")
        assert page.evaluate("document.activeElement.id") == comment.anchor
        assert page.locator(".thread-new output").inner_text() == left or not page.locator(".thread-new").is_visible()
    # Where one types it is a letter.
    page.locator("#comment").focus()
    reader.press("n")
    assert page.locator("#comment").input_value() == "n"


def test_the_author_in_a_frame_changes_a_reply_in_a_window_of_its_own(visit: Visit, stack: Stack) -> None:
    with host_site(stack.url) as site:
        story = make_story(canonical_url=f"{site.origin}/lama")
        near = f"127.0.0.1:{site.http.server_port}"  # another origin of the same site, where a browser lets the frame keep something
        EmbedHost.objects.create(publication=story.publication, host=near)
        site.page("/berita", f'<script src="{{server}}/embed.js" data-article="{story.slug}" async></script>')
        site.page("/lama", "")
        reader = visit(also=[f"http://{near}", site.origin])
        reader.open(f"http://{near}/berita")
        frame = reader.page.frame_locator("iframe")
        for name, value in {"comment": "Saya lewat sana tiap hari.", **DEWI}.items():
            frame.locator(f"[name={name}]").fill(value)
        frame.get_by_role("button", name="Kirim Komentar").click()
        frame.locator(".comment-mine").wait_for()
        comment = screened(Comment.objects.get())
        with reader.context.expect_page() as opened:
            frame.get_by_role("link", name="Ubah").click()
        window = opened.value
        window.locator("#comment").fill("Saya lewat sana tiap pagi.")
        assert status_of(window, window.get_by_role("button", name="Simpan").click) == 200
        assert window.get_by_text("Komentar Anda sudah diubah").is_visible()
        assert window.get_by_role("link", name="Ke artikel").get_attribute("href") == f"{site.origin}/lama"
        comment.refresh_from_db()
        assert comment.body_raw == "Saya lewat sana tiap pagi."
        reader.open(f"http://{near}/berita")
        frame.get_by_text("Saya lewat sana tiap pagi.").wait_for()
