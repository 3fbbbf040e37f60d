"""Warn, suspend, ban: who may, what it does at the form and the API, how it ends, and what a refused act left as it was."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from comments.models import Comment
from comments.states import Status
from comments.submission import Barred, edit
from moderation import sanctions
from moderation.facts import gather
from moderation.models import Notice, Sanction, Scope
from moderation.notices import deliver
from moderation.retention import forget_networks
from tests.factories import make_comment, make_commenter, make_moderator, make_publication, make_section, make_user
from tests.moderation.desk import client_of
from tests.moderation.readers import browser_of
from tests.moderation.test_person import HOSTILE, press

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = "Jembatan itu memang lama ditunggu warga hulu."


def person(name: str, *permissions: str) -> User:
    user = make_moderator(name, first_name=name.title())
    user.user_permissions.add(*Permission.objects.filter(codename__in=permissions))
    return User.objects.get(pk=user.pk)


@pytest.fixture
def sari() -> User:
    return person("sari", "decide", "impose")


@pytest.fixture
def budi() -> User:
    return person("budi", "decide", "impose", "ban")


def impose(comment: Comment, user: User, kind: str = "suspension", days: int = 7, **fields: Any) -> Sanction:
    words = {"reason": "insulting", "statement": "Anda menghina pembaca lain.", **fields}
    return sanctions.impose(comment, user, kind, days=days, **words)


def form(measure: str = "suspension:7", **fields: str) -> dict[str, str]:
    return {"measure": measure, "reason": "insulting", "statement": "Anda menghina pembaca lain.", "note": "", **fields}


def path_of(comment: Comment) -> str:
    return f"/admin/moderation/people/{comment.public_id}/"


def send(comment: Comment, client: Client, text: str = TEXT) -> Any:
    return client.post(f"{comment.article.get_absolute_url()}balasan/", {"comment": text, "author": "Dewi", "email": "dewi@contoh.example"})


# --- What it does -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "days"), [("suspension", 7), ("ban", 90)])
def test_whoever_is_suspended_is_told_at_the_form_and_keeps_the_text(budi: User, kind: str, days: int) -> None:
    commenter = make_commenter()
    comment = make_comment(commenter=commenter)
    sanction = impose(comment, budi, kind, days)
    answer = send(comment, browser_of(commenter))
    page = answer.content.decode()
    assert answer.status_code == 403
    assert TEXT in page
    assert "hinaan atau ancaman" in page
    assert str(timezone.localtime(sanction.ends_at).year) in page
    assert Comment.objects.count() == 1


def test_a_warning_lets_somebody_write_and_others_are_not_touched(sari: User) -> None:
    warned, suspended = make_commenter(), make_commenter()
    first, second = make_comment(commenter=warned), make_comment(commenter=suspended)
    impose(first, sari, "warning", 90)
    impose(second, sari)
    assert send(first, browser_of(warned)).status_code == 303
    assert send(second, Client()).status_code == 303
    assert Comment.objects.count() == 4


def test_editing_is_writing(sari: User) -> None:
    comment = make_comment(commenter=make_commenter())
    impose(comment, sari)
    before = Comment.objects.values().get(pk=comment.pk)
    with pytest.raises(Barred):
        edit(Comment.objects.get(pk=comment.pk), "Kata-kata lain.")
    assert Comment.objects.values().get(pk=comment.pk) == before


def test_the_api_says_until_when(sari: User) -> None:
    user = make_user("akun")
    comment = make_comment(commenter=make_commenter(user=user))
    sanction = impose(comment, sari)
    client = Client()
    client.force_login(user)
    path = f"/api/v1/articles/{comment.article.slug}/comments/"
    from rest_framework.authtoken.models import Token

    token = Token.objects.create(user=user)
    data = {"author_name": "Dewi", "author_email": "dewi@contoh.example", "body": TEXT}
    answer = Client().post(path, data, "application/json", headers={"Authorization": f"Token {token.key}"})
    assert (answer.status_code, answer.json()["code"], answer.json()["until"]) == (403, "barred", sanction.ends_at.isoformat())
    assert Comment.objects.count() == 1


def test_it_holds_in_its_publication_until_its_end_or_until_it_is_lifted(sari: User) -> None:
    commenter = make_commenter()
    comment = make_comment(commenter=commenter)
    elsewhere = make_comment(make_article_of_another_publication(), commenter=commenter)
    sanction = impose(comment, sari)
    assert sanctions.barring(commenter, comment.article.publication) == sanction
    assert sanctions.barring(commenter, elsewhere.article.publication) is None
    sanctions.lift(sanction, sari, "Sudah selesai.")
    assert sanctions.barring(commenter, comment.article.publication) is None
    everywhere = impose(comment, sari, everywhere_too=True)
    assert sanctions.barring(commenter, elsewhere.article.publication) == everywhere
    Sanction.objects.filter(pk=everywhere.pk).update(created_at=timezone.now() - timedelta(days=9), ends_at=timezone.now())
    assert sanctions.barring(commenter, comment.article.publication) is None


def make_article_of_another_publication() -> Any:
    from tests.factories import make_article

    return make_article(section=make_section(publication=make_publication(host="lain.example")))


def test_the_same_network_is_a_hint_that_ends_with_the_measure(sari: User) -> None:
    comment = make_comment(commenter=make_commenter(), network="n1")
    other = make_comment(comment.article, commenter=make_commenter(), network="n1")
    far = make_comment(comment.article, network="n2")
    sanction = impose(comment, sari)
    assert gather(other).submission.barred_nearby == 1
    assert gather(comment).submission.barred_nearby == 0  # their own is no hint at somebody else
    assert gather(far).submission.barred_nearby == 0
    sanctions.lift(sanction, sari, "Sudah selesai.")
    assert gather(other).submission.barred_nearby == 0


def test_the_network_is_forgotten_with_the_comment(sari: User, settings: Any) -> None:
    comment = make_comment(commenter=make_commenter(), network="n1")
    sanction = impose(comment, sari, everywhere_too=True)
    Comment.objects.filter(pk=comment.pk).update(created_at=timezone.now() - timedelta(days=settings.NETWORK_RETENTION_DAYS + 1))
    forget_networks()
    sanction.refresh_from_db()
    assert sanction.network == ""


def test_trust_lapses_and_begins_anew_after_a_measure(sari: User) -> None:
    commenter = make_commenter()
    old = make_comment(commenter=commenter)
    Comment.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=400))
    new = make_comment(old.article, commenter=commenter, status=Status.PENDING)
    assert gather(new).submission.author_approved == 0
    make_comment(old.article, commenter=commenter)
    assert gather(new).submission.author_approved == 1
    impose(new, sari, "warning", 90)
    assert gather(new).submission.author_approved == 0
    make_comment(old.article, commenter=commenter)
    assert gather(new).submission.author_approved == 1


@pytest.mark.parametrize(
    ("approved", "refused", "level"), [(0, 0, "new"), (1, 0, "known"), (1, 2, "new"), (20, 0, "trusted"), (20, 1, "known")]
)
def test_levels(approved: int, refused: int, level: str) -> None:
    assert sanctions.trust(approved, refused, timezone.now()).level == level


# --- Imposing and lifting through the desk ------------------------------------------------------------------------------


def test_imposed_at_the_desk_told_by_mail_and_on_the_own_page(sari: User) -> None:
    commenter = make_commenter()
    comment = make_comment(commenter=commenter, author_email="dewi@contoh.example")
    answer = client_of(sari).post(path_of(comment), form(note="Ketiga kalinya."))
    assert (answer.status_code, answer["Location"]) == (303, path_of(comment))
    sanction = Sanction.objects.get()
    assert (sanction.kind, sanction.ends_at - sanction.created_at, sanction.publication, sanction.moderator) == (
        "suspension",
        timedelta(days=7),
        comment.article.publication,
        sari,
    )
    assert deliver(Notice.objects.get().pk) is True
    body = str(mail.outbox[0].body)
    assert "Anda menghina pembaca lain." in body
    assert "Ketiga kalinya." not in body
    assert "sari" not in body.lower()
    own = browser_of(commenter).get("/saya/").content.decode()
    assert "Anda menghina pembaca lain." in own
    assert "Ketiga kalinya." not in own
    assert "Ketiga kalinya." in client_of(sari).get(f"/admin/moderation/people/measures/{sanction.pk}/").content.decode()


@pytest.mark.parametrize(
    "fields",
    [
        {"measure": "suspension:8"},
        {"measure": "ban:90"},  # not hers
        {"measure": ""},
        {"reason": "fine"},
        {"reason": ""},
        {"statement": ""},
        {"statement": "\u200b "},
        {"statement": "x" * 1001},
        {"note": "x" * 1001},
    ],
)
def test_nothing_is_imposed_without_measure_ground_and_words(sari: User, fields: dict[str, str]) -> None:
    comment = make_comment(commenter=make_commenter())
    answer = client_of(sari).post(path_of(comment), form(**fields))
    assert answer.status_code == 400
    assert not Sanction.objects.exists()
    assert not Notice.objects.exists()


def test_who_may_what(sari: User, budi: User) -> None:
    commenter = make_commenter()
    comment = make_comment(commenter=commenter)
    onlooker = make_user("tono", is_staff=True)
    onlooker.user_permissions.add(Permission.objects.get(codename="decide"))
    onlooker = User.objects.get(pk=onlooker.pk)
    stranger = person("wati", "decide", "impose", "ban")
    Scope.objects.create(moderator=stranger, publication=make_publication())
    reader = make_user("pembaca")
    path = path_of(comment)
    assert client_of(onlooker).get(path).status_code == 200
    for user, status in ((onlooker, 403), (stranger, 404), (reader, 302)):
        assert client_of(user).post(path, form()).status_code == status
    assert Client().post(path, form()).status_code == 302
    assert not Sanction.objects.exists()
    sanction = impose(comment, budi, "ban", 90)
    for user, status in ((onlooker, 403), (sari, 403), (stranger, 404), (reader, 302)):
        assert client_of(user).post(f"/admin/moderation/people/measures/{sanction.pk}/lift/", {"why": "Ya."}).status_code == status
    sanction.refresh_from_db()
    assert sanction.lifted_at is None
    assert client_of(budi).post(f"/admin/moderation/people/measures/{sanction.pk}/lift/", {"why": ""}).status_code == 400
    assert client_of(budi).post(f"/admin/moderation/people/measures/{sanction.pk}/lift/", {"why": "Salah orang."}).status_code == 303
    sanction.refresh_from_db()
    assert (sanction.lifted_by, sanction.lifted_why) == (budi, "Salah orang.")
    again = client_of(budi).post(f"/admin/moderation/people/measures/{sanction.pk}/lift/", {"why": "Lagi."})
    assert again.status_code == 409
    sanction.refresh_from_db()
    assert sanction.lifted_why == "Salah orang."


def test_somebody_with_a_scope_acts_in_it_alone(sari: User) -> None:
    comment = make_comment(commenter=make_commenter())
    Scope.objects.create(moderator=sari, publication=comment.article.publication)
    assert client_of(sari).post(path_of(comment), form(everywhere="on")).status_code == 303
    assert Sanction.objects.get().publication == comment.article.publication
    with pytest.raises(sanctions.NotAllowed):
        impose(comment, sari, everywhere_too=True)
    assert Sanction.objects.count() == 1


def test_nobody_known_nothing_to_take_hold_of(sari: User) -> None:
    comment = make_comment()
    assert "tanpa tanda pengenal peramban" in client_of(sari).get(path_of(comment)).content.decode()
    assert client_of(sari).post(path_of(comment), form()).status_code == 409
    assert not Sanction.objects.exists()


def test_the_database_refuses_a_measure_without_ground_words_or_end(sari: User) -> None:
    comment = make_comment(commenter=make_commenter())
    now = timezone.now()
    plain: dict[str, Any] = {
        "kind": "ban", "commenter": comment.commenter, "comment": comment, "reason": "false", "statement": "x", "moderator": sari,
        "created_at": now, "ends_at": now + timedelta(days=1),
    }  # fmt: skip
    for wrong in ({"reason": ""}, {"reason": "fine"}, {"statement": ""}, {"ends_at": now}, {"lifted_at": now}, {"answered_at": now}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Sanction.objects.create(**plain | wrong)
    assert not Sanction.objects.exists()


# --- Objections ---------------------------------------------------------------------------------------------------------


def objected(sanction: Sanction, words: str = "Itu bukan hinaan.") -> Sanction:
    assert sanction.commenter is not None
    path = f"/saya/keberatan/{sanction.pk}/"
    assert press(browser_of(sanction.commenter), path, at=path, text=words).status_code == 303
    sanction.refresh_from_db()
    return sanction


def test_an_objection_that_waits_is_counted_for_those_who_may_answer(sari: User, budi: User) -> None:
    sanction = objected(impose(make_comment(commenter=make_commenter(), status=Status.APPROVED), sari))

    def counted(user: User) -> bool:
        page = client_of(user).get("/admin/moderation/people/").content.decode()
        assert "Tidak ada selain yang di atas." in page or sanction.answered_at
        return re.search(r'<span>Tindakan</span>\s*<span class="count">1</span>', page) is not None

    assert (counted(sari), counted(budi)) == (False, True)
    sanctions.answer(sanction, budi, granted=False, words="Tetap.")
    sanction.refresh_from_db()
    assert not counted(budi)


@pytest.mark.parametrize("granted", [True, False])
def test_an_objection_is_answered_by_somebody_else(sari: User, budi: User, granted: bool) -> None:
    commenter = make_commenter()
    comment = make_comment(commenter=commenter)
    sanction = objected(impose(comment, sari))
    Notice.objects.all().delete()
    path = f"/admin/moderation/people/measures/{sanction.pk}/"
    data = {"choice": "grant" if granted else "refuse", "why": "Kami sudah membaca lagi."}
    assert client_of(sari).post(path, data).status_code == 403
    sanction.refresh_from_db()
    assert sanction.answered_at is None
    assert "Itu bukan hinaan." in client_of(budi).get(path).content.decode()
    assert client_of(budi).post(path, data).status_code == 303
    sanction.refresh_from_db()
    assert (sanction.answered_by, sanction.lifted_by) == (budi, budi if granted else None)
    assert (sanctions.barring(commenter, comment.article.publication) is None) is granted
    assert client_of(budi).post(path, data).status_code == 409
    assert deliver(Notice.objects.get().pk) is True
    assert "Kami sudah membaca lagi." in str(mail.outbox[0].body)


def test_once_and_only_against_ones_own(sari: User) -> None:
    sanction = objected(impose(make_comment(commenter=make_commenter()), sari))
    path = f"/saya/keberatan/{sanction.pk}/"
    assert sanction.commenter is not None
    assert browser_of(sanction.commenter).post(path, {"text": "Sekali lagi."}).status_code in {403, 409}
    assert browser_of(make_commenter()).get(path).status_code == 404
    assert browser_of().get(path).status_code == 404
    with pytest.raises(sanctions.Settled):
        sanctions.object_to(sanction, "Sekali lagi.")
    sanction.refresh_from_db()
    assert sanction.objection == "Itu bukan hinaan."


def test_hostile_words_are_inert_everywhere(sari: User, budi: User) -> None:
    commenter = make_commenter()
    comment = make_comment(commenter=commenter, author_name=HOSTILE[:80], body=HOSTILE)
    sanction = objected(impose(comment, sari, statement=HOSTILE, note=HOSTILE), HOSTILE)
    pages = [
        client_of(budi).get(path).content.decode()
        for path in ("/admin/moderation/people/", path_of(comment), f"/admin/moderation/people/measures/{sanction.pk}/")
    ]
    pages += [browser_of(commenter).get(path).content.decode() for path in ("/saya/", f"/saya/keberatan/{sanction.pk}/")]
    for page in pages:
        assert "<script>alert" not in page
        assert "onerror=" not in page.replace("&quot;", '"').split("<body")[0]
        assert "<img src=x" not in page
