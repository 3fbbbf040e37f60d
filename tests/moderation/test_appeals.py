"""Appeals through HTTP: who may appeal what, who may answer, what becomes of it, and what a refused act left as it was."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client

from comments.models import Comment
from comments.states import Status
from moderation.appeals import Answered, answer
from moderation.decisions import decide, undo
from moderation.models import Appeal, Decision, Notice, Scope
from moderation.notices import deliver
from moderation.person import appeal_token
from tests.factories import make_comment, make_commenter, make_moderator, make_section, make_user
from tests.moderation.desk import client_of, state_of
from tests.moderation.readers import browser_of
from tests.moderation.test_person import HOSTILE, press

pytestmark = pytest.mark.django_db(transaction=True)
DESK = "/admin/moderation/appeals/"


def moderator(name: str) -> User:
    user = make_moderator(name, first_name=name.title())
    user.user_permissions.add(Permission.objects.get(codename="decide"))
    return User.objects.get(pk=user.pk)


@pytest.fixture
def sari() -> User:
    return moderator("sari")


@pytest.fixture
def budi() -> User:
    return moderator("budi")


def refused(by: User | None, outcome: Status = Status.REJECTED, **fields: Any) -> Decision:
    start = Status.APPROVED if outcome == Status.HELD else Status.PENDING
    comment = make_comment(status=start, author_email="dewi@contoh.example", **fields)
    kind = Decision.Kind.PERSON if by else Decision.Kind.SCREENING
    return decide(comment, outcome, kind=kind, reason="off_topic", moderator=by)


def path_of(decision: Decision) -> str:
    return f"/saya/banding/{appeal_token(decision)}/"


def appealed(decision: Decision, text: str = "Saya menulis tentang jembatan itu juga.") -> Appeal:
    path = path_of(decision)
    assert press(browser_of(), path, at=path, text=text).status_code == 303
    return Appeal.objects.get(decision=decision)


@pytest.mark.parametrize("outcome", [Status.REJECTED, Status.SPAM, Status.HELD])
@pytest.mark.parametrize("automatic", [True, False])
def test_every_restriction_can_be_appealed_from_the_own_page(sari: User, outcome: Status, automatic: bool) -> None:
    commenter = make_commenter()
    decision = refused(None if automatic else sari, outcome, commenter=commenter)
    client = browser_of(commenter)
    found = re.search(r'href="(/saya/banding/[^"]+)"', client.get("/saya/").content.decode())
    assert found is not None
    assert press(client, found[1], at=found[1], text="Itu keliru.").status_code == 303
    assert Appeal.objects.get().decision == decision
    page = client.get("/saya/").content.decode()
    assert "/saya/banding/" not in page
    assert "Anda sudah mengajukan banding." in page


@pytest.mark.parametrize("status", [Status.PENDING, Status.HELD, Status.APPROVED, Status.WITHDRAWN])
def test_what_is_no_restriction_cannot_be_appealed(status: Status) -> None:
    commenter = make_commenter()
    make_comment(commenter=commenter, status=status)
    assert "/saya/banding/" not in browser_of(commenter).get("/saya/").content.decode()


def test_once_for_each_decision_and_only_while_it_is_in_force(sari: User, budi: User) -> None:
    decision = refused(sari)
    appealed(decision)
    assert press(browser_of(), path_of(decision), text="Sekali lagi.").status_code == 403  # no form any more, so no token
    client = Client()
    assert client.post(path_of(decision), {"text": "Sekali lagi."}).status_code == 409
    assert Appeal.objects.count() == 1
    other = refused(sari)
    decide(Comment.objects.get(pk=other.comment_id), Status.APPROVED, kind="person", reason="fine", moderator=budi)
    assert client.post(path_of(other), {"text": "Terlambat."}).status_code == 409
    assert Appeal.objects.count() == 1


@pytest.mark.parametrize("text", ["", "   ", "\u200b", "x" * 1001])
def test_words_are_needed_and_bounded(sari: User, text: str) -> None:
    decision = refused(sari)
    assert Client().post(path_of(decision), {"text": text}).status_code == 400
    assert not Appeal.objects.exists()


def test_a_forged_link_is_nothing_and_the_page_does_not_show_the_comment(sari: User) -> None:
    decision = refused(sari, body="Kata-kata yang ditolak.")
    assert Client().get("/saya/banding/palsu/").status_code == 404
    page = Client().get(path_of(decision)).content.decode()
    assert "Kata-kata yang ditolak." not in page
    assert "dewi@contoh.example" not in page
    assert "sari" not in page.lower()


def test_the_mail_about_a_refusal_carries_the_link(sari: User) -> None:
    decision = refused(sari)
    assert deliver(Notice.objects.get().pk) is True
    found = re.search(r"(/saya/banding/\S+)", str(mail.outbox[0].body))
    assert found is not None
    assert Client().get(found[1]).context["decision"] == decision


def test_a_granted_appeal_is_a_new_decision_and_one_mail(sari: User, budi: User) -> None:
    decision = refused(sari)
    found = appealed(decision)
    Notice.objects.all().delete()
    assert f"{DESK}{found.pk}/" in client_of(budi).get(DESK).content.decode()
    reply = client_of(budi).post(f"{DESK}{found.pk}/", {"choice": "grant", "text": "Anda benar, maaf."})
    assert reply.status_code == 303
    last = Decision.objects.latest("pk")
    assert (last.outcome, last.overrides, last.moderator, last.was) == ("approved", decision, budi, "rejected")
    assert state_of(decision.comment)[0] == Status.APPROVED
    found.refresh_from_db()
    assert (found.granted, found.answered_by, found.answer) == (True, budi, "Anda benar, maaf.")
    assert deliver(Notice.objects.get().pk) is True
    assert "Anda benar, maaf." in mail.outbox[0].body
    assert "dewi@contoh.example" not in mail.outbox[0].body
    assert "/saya/" not in client_of(budi).get(DESK).content.decode()
    assert not re.search(rf"{DESK}\d", client_of(budi).get(DESK).content.decode())


def test_a_refused_appeal_leaves_the_decision_and_tells_why(sari: User, budi: User) -> None:
    commenter = make_commenter()
    decision = refused(sari, commenter=commenter)
    found = appealed(decision)
    before = Decision.objects.count()
    assert client_of(budi).post(f"{DESK}{found.pk}/", {"choice": "refuse", "text": HOSTILE}).status_code == 303
    assert Decision.objects.count() == before
    assert state_of(decision.comment)[0] == Status.REJECTED
    page = browser_of(commenter).get("/saya/").content.decode()
    assert "keputusan tetap berlaku" in page
    assert "<script>alert" not in page
    assert "budi" not in page.lower()
    assert Client().post(path_of(decision), {"text": "Lagi."}).status_code == 409


def test_nobody_judges_their_own_decision_while_there_is_somebody_else(sari: User, budi: User) -> None:
    found = appealed(refused(sari))
    desk = client_of(sari)
    assert "orang lain yang menjawab" in desk.get(f"{DESK}{found.pk}/").content.decode()
    assert desk.post(f"{DESK}{found.pk}/", {"choice": "grant", "text": "Saya sendiri."}).status_code == 403
    found.refresh_from_db()
    assert found.answered_at is None
    # A colleague of another section is no help, and the page says that there is nobody else.
    Scope.objects.create(moderator=budi, publication=found.decision.comment.article.publication, section=make_section())
    assert "Keputusan ini Anda buat sendiri" in desk.get(f"{DESK}{found.pk}/").content.decode()
    assert desk.post(f"{DESK}{found.pk}/", {"choice": "refuse", "text": "Tidak ada orang lain."}).status_code == 303


def test_who_sees_appeals(sari: User) -> None:
    found = appealed(refused(sari))
    outside = moderator("citra")
    Scope.objects.create(moderator=outside, publication=found.decision.comment.article.publication, section=make_section())
    data = {"choice": "grant", "text": "Boleh."}
    clerk, reader = client_of(make_user(is_staff=True)), client_of(make_user())
    for client, code in ((client_of(outside), 404), (clerk, 403), (reader, 302), (Client(), 302)):
        assert client.get(f"{DESK}{found.pk}/").status_code == code
        assert client.post(f"{DESK}{found.pk}/", data).status_code == code
    assert not re.search(rf"{DESK}\d", client_of(outside).get(DESK).content.decode())
    found.refresh_from_db()
    assert found.answered_at is None
    assert state_of(found.decision.comment)[0] == Status.REJECTED


def test_of_two_answers_one_counts(sari: User, budi: User) -> None:
    found = appealed(refused(sari))
    early, late = (Appeal.objects.select_related("decision__comment").get(pk=found.pk) for _time in range(2))
    answer(early, budi, granted=False, words="Tetap.")
    with pytest.raises(Answered):
        answer(late, moderator("citra"), granted=True, words="Tayang.")
    assert state_of(found.decision.comment)[0] == Status.REJECTED
    assert Appeal.objects.get().answer == "Tetap."


def test_an_answer_to_what_moved_on_is_refused_as_a_whole(sari: User, budi: User) -> None:
    found = appealed(refused(sari))
    stale = Appeal.objects.select_related("decision__comment").get(pk=found.pk)
    decide(Comment.objects.get(pk=found.decision.comment_id), Status.SPAM, kind="person", reason="advertising", moderator=budi)
    with pytest.raises(Answered):
        answer(stale, budi, granted=True, words="Tayang.")
    found.refresh_from_db()
    assert found.answered_at is None
    assert state_of(found.decision.comment)[0] == Status.SPAM
    assert client_of(budi).get(f"{DESK}{found.pk}/").status_code == 404


def test_hostile_words_are_inert_on_the_desk(sari: User, budi: User) -> None:
    found = appealed(refused(sari, body=HOSTILE, author_name=HOSTILE), HOSTILE)
    for path in (DESK, f"{DESK}{found.pk}/"):
        page = client_of(budi).get(path).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "\u202e" not in page  # shown as a sign


def test_the_database_keeps_no_refusal_without_a_ground(sari: User) -> None:
    comment = make_comment()
    for reason in ("", "fine", "clean"):
        with pytest.raises(IntegrityError), transaction.atomic():
            Decision.objects.create(
                comment=comment, revision=1, kind="person", outcome="rejected", was="held", reason=reason, moderator=sari
            )


def test_a_refusal_that_an_undo_brings_back_keeps_its_own_ground(sari: User) -> None:
    decision = refused(sari)
    published = decide(Comment.objects.get(pk=decision.comment_id), Status.APPROVED, kind="person", reason="fine", moderator=sari)
    back = undo(published, sari)
    assert (back.outcome, back.reason) == ("rejected", "off_topic")


def test_erasure_takes_the_words_of_an_appeal(sari: User) -> None:
    commenter = make_commenter()
    found = appealed(refused(sari, commenter=commenter), "Kata banding.")
    client = browser_of(commenter)
    assert "Kata banding." in client.get("/saya/data/").content.decode()
    press(client, "/saya/hapus/", at="/saya/hapus/")
    found.refresh_from_db()
    assert found.text == ""
