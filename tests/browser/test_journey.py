"""The main job with a browser: a reader replies by the form, a moderator decides in the queue, and everybody sees what follows."""

from __future__ import annotations

from comments.models import Comment
from comments.states import Status
from moderation.models import Decision, Phrase
from tests.browser.conftest import Visit
from tests.browser.driver import Visitor
from tests.browser.people import (
    DEWI,
    QUEUE,
    RUDI,
    act,
    fill,
    load_starter_phrases,
    log_in,
    mails,
    make_story,
    moderator,
    opened,
    reply,
    send,
)
from tests.factories import make_comment
from tests.processes import wait_for

TEXT = "Anak saya kini sampai di sekolah dalam sepuluh menit, dulu hampir satu jam."


def shown(visitor: Visitor, comment: Comment) -> str:
    """The text of a comment where it stands on the page; empty where it does not."""
    body = visitor.page.locator(f"#komentar-{comment.public_id} .comment-body").first
    return body.inner_text() if body.count() else ""


def test_a_reply_is_held_then_approved_with_a_key_and_stands_in_the_thread(visit: Visit) -> None:
    article = make_story()
    Phrase.objects.create(pattern="calo karcis", action="suspect", kind="scam", severity=2)
    text = "Dulu di seberang selalu ada calo karcis, sekarang kami tinggal berjalan kaki."
    dewi, other, desk = visit(), visit(), visit()

    assert dewi.open("/") == 200
    dewi.page.get_by_role("link", name=article.title).click()
    dewi.page.wait_for_url(f"**/artikel/{article.slug}/")
    assert dewi.page.locator(".thread-empty").inner_text() == "Belum ada balasan. Jadilah yang pertama."
    comment = reply(dewi, text, **DEWI)
    assert comment.status == Status.HELD
    own = dewi.page.locator(f"#komentar-{comment.public_id}")
    assert own.locator(".comment-state").inner_text().strip() == "Menunggu pemeriksaan"
    assert own.locator(".comment-body").inner_text() == text

    assert other.open(article.get_absolute_url()) == 200
    assert other.page.locator(".comment").count() == 0
    assert text not in other.page.content()

    (held,) = mails(DEWI["email"], 1)
    assert article.title in held.splitlines()[0]
    assert "ada yang perlu dilihat orang" in held

    log_in(desk, moderator("sari", "Sari"))
    assert opened(desk) == comment.public_id
    assert desk.page.locator("#said").inner_text() == text
    assert desk.page.locator("#said mark.mark-phrase").all_inner_texts() == ["calo karcis"]
    assert desk.page.locator(".findings .words").first.inner_text() == "calo karcis"
    assert act(desk, "a") == 200
    assert opened(desk) == ""
    comment.refresh_from_db()
    assert comment.status == Status.APPROVED
    decision = Decision.objects.get(comment=comment, kind=Decision.Kind.PERSON)
    assert decision.moderator is not None
    assert (decision.outcome, decision.reason, decision.moderator.username) == ("approved", "fine", "sari")

    for reader in (dewi, other):
        assert reader.open(article.get_absolute_url()) == 200
        published = reader.page.locator(f"#komentar-{comment.public_id}")
        assert published.locator(".comment-body").inner_text() == text
        assert published.locator(".comment-author").inner_text() == "Dewi Lestari"
        assert published.locator(".comment-state").count() == 0
        assert reader.page.locator("#thread-heading").inner_text() == "1 Balasan"
    assert Comment.objects.count() == 1

    approved = mails(DEWI["email"], 2)[1]
    assert article.title in approved.splitlines()[0]
    assert f"{article.get_absolute_url()}#komentar-{comment.public_id}" in approved


def test_a_rejected_reply_never_stands_in_the_thread_and_undo_brings_it_back(visit: Visit) -> None:
    article = make_story()
    dewi, other, desk = visit(), visit(), visit()
    dewi.open(article.get_absolute_url())
    comment = reply(dewi, TEXT, **DEWI)
    assert len(mails(DEWI["email"], 1)) == 1

    log_in(desk, moderator("sari", "Sari"))
    assert opened(desk) == comment.public_id
    assert act(desk, "r 4") == 200
    comment.refresh_from_db()
    assert comment.status == Status.REJECTED
    assert Decision.objects.filter(comment=comment).values_list("outcome", "reason").last() == ("rejected", "off_topic")

    assert "tidak menyangkut artikel" in mails(DEWI["email"], 2)[1]
    dewi.open(article.get_absolute_url())
    assert dewi.page.locator(f"#komentar-{comment.public_id} .comment-state").inner_text().strip() == "Tidak ditayangkan"
    other.open(article.get_absolute_url())
    assert shown(other, comment) == ""
    assert TEXT not in other.page.content()

    assert act(desk, "u") == 200
    assert opened(desk) == comment.public_id
    comment.refresh_from_db()
    assert comment.status == Status.HELD
    assert act(desk, "a") == 200
    other.open(article.get_absolute_url())
    assert shown(other, comment) == TEXT
    kinds = list(Decision.objects.filter(comment=comment).values_list("kind", "outcome"))
    assert kinds == [("screening", "held"), ("person", "rejected"), ("undo", "held"), ("person", "approved")]


def test_a_reply_to_a_reply_and_the_way_back(visit: Visit) -> None:
    article = make_story()
    first = make_comment(article, body="Kapan lampunya dipasang?", author_name="Wayan")
    reader = visit()
    reader.open(article.get_absolute_url())
    link = reader.page.locator(f"#komentar-{first.public_id} .comment-reply")
    bar = reader.page.locator(".reply-to")
    parent = reader.page.locator("[name=comment_parent]")
    fill(reader, comment="Bulan depan.")

    link.click()
    assert bar.is_visible()
    assert bar.locator(".reply-to-name").inner_text() == "Wayan"
    assert parent.input_value() == first.public_id
    assert reader.page.evaluate("document.activeElement.name") == "comment"
    reader.page.get_by_role("link", name="Batalkan balasan").click()
    assert not bar.is_visible()
    assert parent.input_value() == ""
    assert reader.page.evaluate("document.activeElement.dataset.reply") == first.public_id
    assert reader.page.locator("#comment").input_value() == "Bulan depan."

    link.click()
    comment = reply(reader, "Bulan depan, kata camat.", **RUDI)
    assert comment.parent_id == first.pk
    nested = reader.page.locator(f".comments > li:has(> #komentar-{first.public_id}) > .replies #komentar-{comment.public_id}")
    assert nested.locator(".comment-body").inner_text() == "Bulan depan, kata camat."


def test_the_second_clean_reply_of_a_known_reader_is_published_by_the_checks(visit: Visit) -> None:
    article = make_story()
    dewi, other, desk = visit(), visit(), visit()
    dewi.open(article.get_absolute_url())
    first = reply(dewi, TEXT, **DEWI)
    log_in(desk, moderator("sari", "Sari"))
    assert act(desk, "a") == 200

    dewi.open(article.get_absolute_url())
    second = reply(dewi, "Semoga lampu jalannya menyusul sebelum musim hujan.", **DEWI)
    assert second.status == Status.APPROVED
    assert Decision.objects.filter(comment=second).values_list("kind", "outcome", "reason").get() == ("screening", "approved", "clean")
    other.open(article.get_absolute_url())
    assert [shown(other, first), shown(other, second)] == [TEXT, "Semoga lampu jalannya menyusul sebelum musim hujan."]

    # The same name and address from another browser earns nothing: they can be typed by anybody.
    borrowed = reply(other, "Saya juga setuju dengan pendapat itu, sungguh.", **DEWI)
    assert borrowed.status == Status.HELD


def test_disguised_promotion_of_gambling_is_spam_at_once(visit: Visit) -> None:
    load_starter_phrases()
    article = make_story()
    bot, other, desk = visit(), visit(), visit()
    bot.open(article.get_absolute_url())
    text = "Mampir ke TUPAIRAJA77, s.l.o.t 𝗴𝟰𝗰𝟬𝗿 tiap malam, cair sampai pagi!"
    comment = reply(bot, text, author="Tupai", email="tupai@contoh.example")
    assert comment.status == Status.SPAM
    assert Decision.objects.filter(comment=comment).values_list("kind", "reason").get() == ("screening", "sure_spam")
    other.open(article.get_absolute_url())
    assert shown(other, comment) == ""

    log_in(desk, moderator("sari", "Sari"))
    assert opened(desk) == ""
    desk.open(f"{QUEUE}?view=spam")
    desk.page.locator(".row a").first.click()
    desk.page.wait_for_url(f"**{QUEUE}{comment.public_id}/**")
    marked = "".join(desk.page.locator("#said mark.mark-gambling").all_inner_texts())
    assert "TUPAIRAJA77" in marked
    assert "s.l.o.t 𝗴𝟰𝗰𝟬𝗿" in marked


def test_what_was_typed_survives_every_error_and_a_reload(visit: Visit) -> None:
    article = make_story()
    reader = visit()
    reader.open(article.get_absolute_url())
    fill(reader, comment=TEXT, author="Dewi", email="bukan-alamat")
    assert send(reader) == 400
    assert reader.page.locator("#comment").input_value() == TEXT
    assert reader.page.evaluate("document.activeElement.className") == "problems"

    # A draft that was never sent waits in this browser, without name and address.
    fill(reader, comment=f"{TEXT} Lanjut.")
    wait_for(lambda: "Lanjut." in reader.page.evaluate("Object.values(localStorage).join()"))
    reader.open(article.get_absolute_url())
    assert reader.page.locator("#comment").input_value() == f"{TEXT} Lanjut."
    assert reader.page.locator("#author").input_value() == ""
    comment = reply(reader, f"{TEXT} Lanjut.", **DEWI)
    reader.page.reload()
    assert reader.page.locator("#comment").input_value() == ""
    assert shown(reader, comment) == f"{TEXT} Lanjut."
