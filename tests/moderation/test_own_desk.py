"""How somebody arranges the desk for themselves: no two harsh texts in a row, a hint to pause, views kept under a name."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone, translation

from comments.models import Comment
from comments.states import Status
from moderation import claims, queue, rule_words, rules, team
from moderation.decisions import decide
from moderation.desk_models import DeskPreference, SavedView
from moderation.models import Appeal, Claim, Decision
from moderation.place import Place
from tests.factories import make_comment, make_commenter, make_moderator
from tests.moderation.desk import client_of, make_finding, make_held, member

pytestmark = pytest.mark.django_db


@pytest.fixture
def sari() -> User:
    return make_moderator("sari", first_name="Sari")


def waiting(*harsh: bool) -> list[Comment]:
    """Comments in the order of the queue, harsh ones and others."""
    return [
        make_held(priority=1 - n / 10, findings=[make_finding("abuse", score=0.9)] if one else [], author_name=str(n))
        for n, one in enumerate(harsh)
    ]


# --- No two harsh texts in a row ----------------------------------------------------------------------------------------


def test_a_harsh_text_is_followed_by_another_kind_where_one_waits(sari: User) -> None:
    first, second, mild = waiting(True, True, False)
    assert claims.hand_out(Place(), sari, mixed=True) == first
    held = [first.public_id]
    assert claims.hand_out(Place(), sari, mixed=True, apart_from=held, after=first.public_id) == mild
    assert claims.hand_out(Place(), sari, mixed=True, apart_from=[*held, mild.public_id], after=mild.public_id) == second


def test_what_was_decided_last_counts_where_the_screen_was_empty(sari: User) -> None:
    done, harsh, mild = waiting(True, True, False)
    Decision.objects.create(comment=done, revision=1, kind="person", moderator=sari, was="held", outcome="held", reason="suspicious")
    assert claims.hand_out(Place(), sari, mixed=True) == mild
    assert claims.hand_out(Place(), sari, mixed=True) == harsh


def test_without_the_wish_and_without_another_kind_the_order_stays(sari: User) -> None:
    first, second, third = waiting(True, True, False)
    assert claims.hand_out(Place(), sari, after=first.public_id, apart_from=[first.public_id]) == second
    third.delete()
    claims.release(second, sari)
    assert claims.hand_out(Place(), sari, mixed=True, after=first.public_id, apart_from=[first.public_id]) == second


def test_the_page_holds_the_other_kind_ready_before_anything_was_decided(sari: User) -> None:
    DeskPreference.objects.create(moderator=sari, mixed=True)
    first, second, mild, _last = waiting(True, True, False, True)
    desk = client_of(sari)
    assert desk.get(reverse("queue")).context["comment"] == first
    answer = desk.get(reverse("queue-next"), {"holding": first.public_id}, headers={"accept": "application/json"})
    assert answer.json()["ahead"]["id"] == mild.public_id
    sent = {"outcome": "approve", "status": first.status, "revision": first.revision, "holding": mild.public_id}
    decided = desk.post(reverse("queue-decide", args=[first.public_id]), sent, headers={"accept": "application/json"})
    assert decided.json()["ahead"]["id"] == second.public_id


# --- A hint to pause ----------------------------------------------------------------------------------------------------


def decide_at(user: User, *minutes_ago: int) -> None:
    comment = make_held()
    for minutes in minutes_ago:
        Decision.objects.create(
            comment=comment,
            revision=1,
            kind=Decision.Kind.PERSON,
            moderator=user,
            was="held",
            outcome="held",
            reason="suspicious",
            created_at=timezone.now() - timedelta(minutes=minutes),
        )


@pytest.mark.parametrize(
    ("minutes_ago", "begun"),
    [((), None), ((1, 4, 8, 11), 11), ((1, 4, 30, 33), 4), ((30,), None)],
    ids=["nothing", "at it", "a pause between", "long gone"],
)
def test_somebody_is_at_it_since_their_last_pause(sari: User, minutes_ago: tuple[int, ...], begun: int | None) -> None:
    decide_at(sari, *minutes_ago)
    since = team.at_it_since(sari, DeskPreference(moderator=sari))
    assert minutes_since(since) == begun


def minutes_since(moment: datetime | None) -> int | None:
    return None if moment is None else round((timezone.now() - moment).total_seconds() / 60)


@pytest.mark.parametrize(("wish", "hinted"), [({"break_minutes": 10}, True), ({"break_minutes": 20}, False), ({"break_minutes": 0}, False)])
def test_the_hint_comes_after_as_long_as_somebody_wants(sari: User, wish: dict[str, Any], hinted: bool) -> None:
    decide_at(sari, 1, 5, 9, 13)
    preference = DeskPreference(moderator=sari, **wish)
    assert team.wants_pause(team.at_it_since(sari, preference), preference) is hinted
    rested = DeskPreference(moderator=sari, rested_at=timezone.now() - timedelta(minutes=3), **wish)
    assert team.wants_pause(team.at_it_since(sari, rested), rested) is False


# --- Views under a name -------------------------------------------------------------------------------------------------


def test_a_kept_view_stands_in_the_list_and_is_the_current_one_where_it_leads(sari: User) -> None:
    desk = client_of(sari)
    kept: Any = desk.post(reverse("queue-save-view"), {"name": " Judi  saja ", "back": "check=gambling&page=3", "shared": "1"})
    assert (kept.status_code, kept.url) == (303, f"{reverse('queue')}?check=gambling")
    assert list(SavedView.objects.values_list("moderator", "name", "query", "shared")) == [(sari.pk, "Judi saja", "check=gambling", True)]
    assert current(desk.get(kept.url)) == "Judi saja"
    assert current(client_of(make_moderator("budi")).get(f"{kept.url}&page=2")) == "Judi saja"
    assert current(desk.get(reverse("queue"))) == "Perlu ditinjau"

    desk.post(reverse("queue-save-view"), {"name": "Judi saja", "back": "view=spam"})
    assert list(SavedView.objects.values_list("query", "shared")) == [("view=spam", False)]
    assert desk.post(reverse("queue-save-view"), {"name": "x" * 41, "back": ""}).status_code == 303
    assert SavedView.objects.count() == 1


def current(response: Any) -> str:
    """The words of the view that the page says it is."""
    _before, _mark, after = response.content.decode().partition('aria-current="page"')
    assert 'aria-current="page"' not in after
    return str(after.partition("<span>")[2].partition("</span>")[0].removeprefix("<bdi>").removesuffix("</bdi>"))


# --- Harsh texts, covered -----------------------------------------------------------------------------------------------

HARSH = "dasar tolol semua"


def uncovered(response: Any) -> int:
    """How often the harsh text stands on a page where nobody has asked for it."""
    return re.sub(r'<details class="covered".*?</details>', "", response.content.decode(), flags=re.DOTALL).count(HARSH)


def harsh_comment(**fields: Any) -> Comment:
    return make_held(body=HARSH, findings=[make_finding("abuse", score=0.9, words=["x"])], **fields)


@pytest.mark.parametrize(("blur", "seen"), [(True, 0), (False, 1)])
def test_no_page_of_the_desk_shows_a_covered_text_unasked(blur: bool, seen: int) -> None:
    sari = member("editor")
    DeskPreference.objects.create(moderator=sari, blur=blur)
    desk = client_of(sari)
    harsh = harsh_comment(commenter=make_commenter())
    mild = make_held(harsh.article, body="Setuju.", parent=harsh)
    related = make_held(harsh.article, body="Beda lagi.", commenter=harsh.commenter)
    decision = decide(harsh, Status.REJECTED, kind=Decision.Kind.PERSON, reason="insulting", moderator=make_moderator("budi"), notify=False)
    appeal = Appeal.objects.create(decision=decision, text="Mengapa?")
    pages = {
        "its own": reverse("queue-item", args=[harsh.public_id]),
        "a reply to it": reverse("queue-item", args=[mild.public_id]),
        "beside one of the same author": reverse("queue-item", args=[related.public_id]),
        "all comments": f"{reverse('queue')}?view=all",
        "the person": reverse("desk-person", args=[harsh.public_id]),
        "the appeal": reverse("appeal", args=[appeal.pk]),
        "a second look": reverse("second-look"),
    }
    answers = {name: desk.get(address) for name, address in pages.items()}
    assert {answer.status_code for answer in answers.values()} == {200}
    assert {name: min(uncovered(answer), 1) for name, answer in answers.items()} == dict.fromkeys(pages, seen)


# --- In the words of the page -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["mencurigakan", "Mencurigakan", "suspect"])
def test_a_rule_takes_a_verdict_by_the_name_that_the_desk_shows(typed: str) -> None:
    with translation.override("id"):
        stored = rule_words.read_rows("all", {}, [rule_words.Row("", "check.gambling.label", "eq", typed)])
        assert stored["of"] == [{"field": "check.gambling.label", "is": "eq", "value": "suspect"}]
        assert rule_words.sentence(stored) == "Judi: hasil sama dengan mencurigakan"
        assert [row.value for row in rule_words.rows_of(stored)[2]] == ["mencurigakan"]


def test_a_verdict_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    row = rule_words.Row("", "check.gambling.label", "eq", "buruk")
    with translation.override("id"), pytest.raises(rules.BadRule):
        rule_words.read_rows("all", {}, [row])
    assert row.trouble == (
        "Judi: hasil adalah salah satu dari tidak ada temuan, dicatat, mencurigakan, spam, tidak dapat menilai, bukan “buruk”."
    )


def test_what_colleagues_noted_stands_before_the_findings(sari: User) -> None:
    comment = make_held(findings=[make_finding()])
    team.add_note(comment, make_moderator("budi"), "Tanya redaktur ekonomi.")
    page = client_of(sari).get(reverse("queue-item", args=[comment.public_id])).content.decode()
    assert page.count("Tanya redaktur ekonomi.") == 1
    assert page.index("Tanya redaktur ekonomi.") < page.index('class="findings"')


def test_a_narrowed_list_says_so_and_how_far_it_looked(sari: User, monkeypatch: pytest.MonkeyPatch) -> None:
    comments = waiting(True, False, False)
    desk = client_of(sari)
    whole = '<a href="/admin/moderation/queue/?view=all">Tampilkan seluruhnya</a>'
    far = "Hanya 2 komentar pertama dari tampilan ini yang dilihat."
    assert whole not in desk.get(reverse("queue"), {"view": "all"}).content.decode()
    page = desk.get(reverse("queue"), {"view": "all", "check": "abuse"})
    assert (page.context["depth"], whole in page.content.decode()) == (0, True)
    monkeypatch.setattr(queue, "DEPTH", 2)
    assert far in desk.get(reverse("queue"), {"view": "all", "check": "abuse"}).content.decode()
    assert far not in desk.get(reverse("queue"), {"check": "abuse"}).content.decode()  # of this one it is known that three wait
    assert len(comments) == 3


# --- What a page holds in advance -----------------------------------------------------------------------------------------


def test_nobody_is_said_to_look_at_what_their_page_holds_in_advance(sari: User) -> None:
    comments, dewi = waiting(False, False, False, False), make_moderator("dewi", first_name="Dewi")
    shown = client_of(sari).get(reverse("queue")).context["comment"]
    answer = client_of(sari).get(reverse("queue-next"), {"holding": shown.public_id})
    held = answer.json()["ahead"]["id"]
    desk = client_of(dewi)
    rows = {row.comment.public_id: row for row in desk.get(reverse("queue")).context["listing"].rows}
    assert [public_id for public_id, row in rows.items() if row.looking == sari] == [shown.public_id]
    assert set(rows) == {comment.public_id for comment in comments}
    # It is not handed to a colleague; but who opens it has it, and the page that held it learns so as it is shown there.
    opened = desk.get(reverse("queue-item", args=[held]))
    assert opened.context["mine"] is True
    late = client_of(sari).post(reverse("queue-claim", args=[held]))
    assert late.json()["until"] == ""
    assert "Dewi" in late.json()["looking"]
    claim = Claim.objects.get(comment__public_id=held)
    assert (claim.moderator, claim.ahead) == (dewi, False)


def test_what_was_held_in_advance_and_is_shown_is_a_claim_like_any_other(sari: User) -> None:
    waiting(False, False, False)
    desk = client_of(sari)
    shown = desk.get(reverse("queue")).context["comment"]
    held = desk.get(reverse("queue-next"), {"holding": shown.public_id}).json()["ahead"]["id"]
    assert Claim.objects.get(comment__public_id=held).ahead is True
    assert desk.post(reverse("queue-claim", args=[held])).json()["until"] != ""
    assert Claim.objects.get(comment__public_id=held).ahead is False
    assert client_of(make_moderator()).get(reverse("queue-item", args=[held])).context["mine"] is False


def test_what_a_page_that_was_left_held_in_advance_comes_next_before_it_is_given_back(sari: User) -> None:
    first, second, third, _fourth = waiting(False, False, False, False)
    desk = client_of(sari)
    assert desk.get(reverse("queue")).context["comment"] == first
    held = desk.get(reverse("queue-next"), {"holding": first.public_id}).json()["ahead"]["id"]
    assert held == second.public_id
    # On to the third by its line in the list; what the first page says as it is left comes last.
    assert desk.get(reverse("queue-item", args=[third.public_id]), {"left": first.public_id}).context["mine"] is True
    claims.release(first, sari)
    assert claims.claim(first, make_moderator()) is not None
    assert desk.get(reverse("queue-next"), {"holding": third.public_id}).json()["ahead"]["id"] == second.public_id


# --- When the checks stand still -----------------------------------------------------------------------------------------


def test_the_desk_says_so_when_comments_wait_for_their_checks(sari: User) -> None:
    desk, late = client_of(sari), make_comment(status=Status.PENDING, screen_due_at=timezone.now() - timedelta(seconds=290))
    assert desk.get(reverse("queue")).context["behind"] == 0
    Comment.objects.filter(pk=late.pk).update(screen_due_at=timezone.now() - timedelta(minutes=7, seconds=1))
    page = desk.get(reverse("queue"))
    assert page.context["behind"] == 7
    assert "sudah menunggu diperiksa selama 7 menit" in page.content.decode()
