"""Notices of illegal content: from anybody, confirmed, on a clock, answered with a reason."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from comments.models import Comment
from comments.states import Status
from moderation.legal import Answered, answer, find_target, notify
from moderation.models import Decision, LegalNotice, Notice
from moderation.notices import deliver
from moderation.retention import forget_reporters
from tests.factories import make_article, make_comment, make_moderator, make_section, make_user
from tests.moderation.desk import client_of

pytestmark = pytest.mark.django_db
PAGE = "/konten-ilegal/"
HOSTILE = "<script>alert(1)</script>\u202e'\"&"


def typed(comment: Comment, **fields: str) -> dict[str, str]:
    plain = {
        "address": f"https://kabar.example{comment.get_absolute_url()}",
        "kind": "threat",
        "explanation": "Mengancam warga dengan kekerasan.",
        "name": "Sari Dewi",
        "email": "sari@contoh.example",
        "good_faith": "on",
    }
    return {**plain, **fields}


def test_a_notice_is_kept_confirmed_and_put_on_the_clock(client: Client) -> None:
    comment = make_comment()
    answered = client.post(PAGE, typed(comment))
    assert answered.status_code == 303
    found = LegalNotice.objects.get()
    assert (found.comment, found.article, found.kind) == (comment, comment.article, "threat")
    assert (found.name, found.email) == ("Sari Dewi", "sari@contoh.example")
    assert found.due_at - found.created_at == pytest.approx(timedelta(hours=24), abs=timedelta(seconds=1))
    thanks = client.get(answered["Location"]).content.decode()
    assert found.reference in thanks
    assert "sari@contoh.example" not in answered["Location"]
    assert deliver(Notice.objects.get(kind="receipt").pk) is True
    assert mail.outbox[0].to == ["sari@contoh.example"]
    assert found.reference in mail.outbox[0].subject
    # Nothing that its sender typed goes to an address that may be somebody else's.
    assert "Mengancam" not in mail.outbox[0].body
    assert "Sari Dewi" not in mail.outbox[0].body
    assert Comment.objects.get().status == Status.APPROVED


def test_the_same_sender_again_is_the_same_notice(client: Client) -> None:
    comment = make_comment()
    assert [client.post(PAGE, typed(comment)).status_code for _time in range(3)] == [303] * 3
    assert LegalNotice.objects.count() == Notice.objects.count() == 1


@pytest.mark.parametrize("field", ["address", "kind", "explanation", "name", "email", "good_faith"])
def test_each_field_is_needed_and_nothing_typed_is_lost(client: Client, field: str) -> None:
    comment = make_comment()
    page = client.post(PAGE, typed(comment, **{field: ""}))
    assert page.status_code == 400
    text = page.content.decode()
    assert text.count('class="field-error"') == 1
    assert 'role="alert"' in text
    for name in {"explanation", "name", "email"} - {field}:
        assert typed(comment)[name] in text
    assert not LegalNotice.objects.exists()


def test_nobody_needs_a_name_to_report_the_abuse_of_children(client: Client) -> None:
    assert client.post(PAGE, typed(make_comment(), kind="children", name="", email="")).status_code == 303
    assert LegalNotice.objects.get().email == ""
    assert not Notice.objects.exists()


def test_what_an_address_can_mean() -> None:
    comment = make_comment()
    slug, name = comment.article.slug, comment.public_id
    for address in (
        name,
        f"/komentar/{name}/",
        f"https://kabar.example/komentar/{name}/laporkan/",
        f"https://kabar.example/artikel/{slug}/?urut=terbaik#komentar-{name}",
        f"https://koran.example/berita/lain#komentar-{name}",
    ):
        target = find_target(address)
        assert target is not None
        assert target.comment == comment, address
    article = find_target(f"https://kabar.example/artikel/{slug}/")
    assert article is not None
    assert (article.article, article.comment) == (comment.article, None)
    for address in ("", "https://lain.example/", "/artikel/tidak-ada/", "komentar-2222222222222222", "http://[", "a" * 5_000, HOSTILE):
        assert find_target(address) is None


def test_what_was_never_public_cannot_be_found_out() -> None:
    held = make_comment(status=Status.HELD)
    assert find_target(held.public_id) is None
    later = make_article(published_at=timezone.now() + timedelta(days=1))
    assert find_target(f"/artikel/{later.slug}/") is None


def test_hostile_text_is_shown_and_does_nothing(client: Client) -> None:
    comment = make_comment()
    page = client.post(PAGE, typed(comment, explanation=HOSTILE, name=HOSTILE, email=HOSTILE, kind=HOSTILE, address=HOSTILE))
    assert page.status_code == 400
    assert "<script>alert(1)" not in page.content.decode()
    assert client.get(f"{PAGE}?komentar={HOSTILE}&terkirim={HOSTILE}").status_code == 200
    assert client.post(PAGE, typed(comment, explanation=HOSTILE, name=HOSTILE)).status_code == 303
    desk = client_of(make_moderator())
    found = LegalNotice.objects.get()
    for address in ("/admin/moderation/notices/", f"/admin/moderation/notices/{found.pk}/"):
        shown = desk.get(address)
        assert shown.status_code == 200
        assert "<script>alert(1)" not in shown.content.decode()


def test_notices_of_one_network_are_limited(client: Client, settings: Any) -> None:
    settings.LEGAL_NOTICE_LIMITS = ((1, 60),)
    assert client.post(PAGE, typed(make_comment())).status_code == 303
    refused = client.post(PAGE, typed(make_comment(), email="lain@contoh.example"))
    assert (refused.status_code, int(refused["Retry-After"]) > 0) == (429, True)
    assert LegalNotice.objects.count() == 1


def test_another_sites_page_cannot_send_one() -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(PAGE, typed(make_comment())).status_code == 403


# --- The desk -----------------------------------------------------------------------------------------------------------------


def noticed(comment: Comment, **fields: str) -> LegalNotice:
    target = find_target(comment.public_id)
    assert target is not None
    plain = {"kind": "threat", "explanation": "Ancaman.", "name": "Sari", "email": "sari@contoh.example"}
    return notify(target, network="net", **{**plain, **fields})


def test_removing_decides_and_tells_with_the_reason(client: Client) -> None:
    comment = make_comment(body="Awas kalian.")
    found = noticed(comment)
    desk = client_of(make_moderator())
    page = desk.get(f"/admin/moderation/notices/{found.pk}/").content.decode()
    assert "Awas kalian." in page
    assert "sisa 23 jam" in page
    sent = {"choice": "remove", "text": "Ini ancaman, Pasal 29 UU ITE.", "status": "approved", "revision": "1"}
    assert desk.post(f"/admin/moderation/notices/{found.pk}/", sent).status_code == 303
    found.refresh_from_db()
    comment.refresh_from_db()
    assert (comment.status, found.removed, found.answer) == (Status.REJECTED, True, "Ini ancaman, Pasal 29 UU ITE.")
    decision = Decision.objects.get()
    assert (decision.reason, decision.note, found.decision) == ("illegal", found.reference, decision)
    assert deliver(Notice.objects.get(kind="verdict").pk) is True
    assert "Ini ancaman, Pasal 29 UU ITE." in mail.outbox[-1].body
    assert desk.get(f"/admin/moderation/notices/{found.pk}/").status_code == 404


def test_keeping_changes_nothing_but_the_notice() -> None:
    comment = make_comment()
    found = answer(noticed(comment), make_moderator(), remove=False, words="Ini kritik, bukan ancaman.")
    comment.refresh_from_db()
    assert (comment.status, found.removed, Decision.objects.count()) == (Status.APPROVED, False, 0)
    assert Notice.objects.filter(kind="verdict").count() == 1


def test_an_answer_that_comes_late_is_not_kept() -> None:
    comment, user = make_comment(), make_moderator()
    found = noticed(comment)
    for status, revision in (("held", 1), ("approved", 2), ("", 0)):
        with pytest.raises(Answered):
            answer(found, user, remove=True, words="x", status=status, revision=revision)
    found.refresh_from_db()
    assert (found.answered_at, Notice.objects.filter(kind="verdict").count()) == (None, 0)
    answer(found, user, remove=False, words="x")
    with pytest.raises(Answered):
        answer(found, user, remove=False, words="y")
    found.refresh_from_db()
    assert found.answer == "x"


def test_only_moderators_see_notices_and_each_only_their_own(client: Client) -> None:
    found = noticed(make_comment())
    address = f"/admin/moderation/notices/{found.pk}/"
    assert client.get(address).status_code == 302
    staff = make_user(is_staff=True)
    client.force_login(staff)
    assert client.get(address).status_code == 403
    from moderation.models import Scope

    desk = client_of(make_moderator())
    section = make_section()
    Scope.objects.create(moderator_id=desk.session["_auth_user_id"], publication=section.publication, section=section)
    assert desk.get(address).status_code == 404
    assert desk.post(address, {"choice": "keep", "text": "x"}).status_code == 404
    found.refresh_from_db()
    assert found.answered_at is None


def test_an_overdue_notice_says_so(client: Client) -> None:
    found = noticed(make_comment())
    LegalNotice.objects.update(due_at=timezone.now() - timedelta(hours=2, seconds=30))
    desk = client_of(make_moderator())
    assert "terlambat 2 jam" in desk.get("/admin/moderation/notices/").content.decode()
    assert found.reference in desk.get("/admin/moderation/notices/").content.decode()


def test_who_sent_an_old_notice_is_forgotten() -> None:
    open_one, old = noticed(make_comment()), noticed(make_comment())
    answer(old, make_moderator(), remove=False, words="Tetap.")
    LegalNotice.objects.filter(pk=old.pk).update(answered_at=timezone.now() - timedelta(days=181))
    assert forget_reporters() == 1
    assert dict(LegalNotice.objects.values_list("pk", "email")) == {open_one.pk: "sari@contoh.example", old.pk: ""}
