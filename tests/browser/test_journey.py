"""The main job with a browser: a reader replies by the form, a moderator decides in the queue, and everybody sees what follows."""

from __future__ import annotations

from comments.models import Comment
from comments.states import Status
from moderation.models import Decision
from tests.browser.conftest import Visit
from tests.browser.people import DEWI, act, log_in, make_story, moderator, opened, reply

TEXT = "Anak saya kini sampai di sekolah dalam sepuluh menit, dulu hampir satu jam."


def test_a_reply_is_held_then_approved_with_a_key_and_stands_in_the_thread(visit: Visit) -> None:
    article = make_story()
    dewi, other, desk = visit(), visit(), visit()

    assert dewi.open("/") == 200
    dewi.page.get_by_role("link", name=article.title).click()
    dewi.page.wait_for_url(f"**/artikel/{article.slug}/")
    assert dewi.page.locator(".thread-empty").inner_text() == "Belum ada balasan. Jadilah yang pertama."
    comment = reply(dewi, TEXT, **DEWI)
    assert comment.status == Status.HELD
    own = dewi.page.locator(f"#komentar-{comment.public_id}")
    assert own.locator(".comment-state").inner_text().strip() == "Menunggu pemeriksaan"
    assert own.locator(".comment-body").inner_text() == TEXT

    assert other.open(article.get_absolute_url()) == 200
    assert other.page.locator(".comment").count() == 0
    assert TEXT not in other.page.content()

    log_in(desk, moderator("sari", "Sari"))
    assert opened(desk) == comment.public_id
    assert desk.page.locator("#said").inner_text() == TEXT
    assert desk.page.locator(".findings tbody tr").count() >= 1
    assert act(desk, "a") == 200
    assert opened(desk) == ""
    comment.refresh_from_db()
    assert comment.status == Status.APPROVED
    decision = Decision.objects.get(comment=comment, kind=Decision.Kind.PERSON)
    assert (decision.outcome, decision.reason, decision.moderator.username if decision.moderator else "") == ("approved", "fine", "sari")

    for reader in (dewi, other):
        assert reader.open(article.get_absolute_url()) == 200
        published = reader.page.locator(f"#komentar-{comment.public_id}")
        assert published.locator(".comment-body").inner_text() == TEXT
        assert published.locator(".comment-author").inner_text() == "Dewi Lestari"
        assert published.locator(".comment-state").count() == 0
        assert reader.page.locator("#thread-heading").inner_text() == "1 Balasan"
    assert Comment.objects.count() == 1
