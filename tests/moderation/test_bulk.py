"""Bulk actions: worked off in batches, resumed after a break, taken back as one, and never outside the moderator's scope."""

from __future__ import annotations

import uuid
from collections import Counter
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from comments.models import Comment
from comments.states import Status
from moderation import bulk
from moderation.actions import ACTIONS
from moderation.decisions import decide
from moderation.models import BulkAction, Decision, Notice, Scope
from moderation.reasons import Reason
from tests.factories import make_article, make_comment, make_commenter, make_moderator, make_publication, make_section
from tests.moderation.desk import client_of, make_held, make_spam, pick, state_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sari() -> User:
    return make_moderator("sari", first_name="Sari")


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is done on the spot, so that a test works off what it wants."""
    monkeypatch.setattr(bulk, "ON_THE_SPOT", 0)


def seen(*comments: Comment) -> list[bulk.Seen]:
    return [(comment.pk, comment.status, comment.revision) for comment in comments]


def states() -> Counter[str]:
    return Counter(Comment.objects.values_list("status", flat=True))


def order(user: User, comments: list[Comment], name: str = "reject", reason: Reason = Reason.OFF_TOPIC) -> BulkAction:
    return bulk.order(user, ACTIONS[name], reason, seen(*comments), source="selection")


def test_an_action_that_breaks_off_is_resumed_and_tells_each_author_once(sari: User, many: None) -> None:
    article = make_article()
    comments = [make_held(article) for _ in range(60)]
    action = order(sari, comments)
    assert bulk.work(action.pk, 0.0) is True  # no time for a batch: all is left, and free to be taken
    assert bulk.work(action.pk, 60.0) is False
    action.refresh_from_db()
    assert action.finished_at is not None
    assert states() == {"rejected": 60}
    assert bulk.counts(action) == {"waiting": 0, "done": 60, "skipped": 0}
    assert Notice.objects.count() == Notice.objects.values("comment").distinct().count() == 60
    assert bulk.work(action.pk, 60.0) is False
    assert Decision.objects.filter(batch=action.number).count() == 60


def test_what_somebody_works_on_is_left_to_them_until_their_lease_ends(sari: User, many: None) -> None:
    action = order(sari, [make_held()])
    BulkAction.objects.update(due_at=timezone.now() + bulk.LEASE)
    assert bulk.work(action.pk, 60.0) is False
    assert states() == {"held": 1}
    BulkAction.objects.update(due_at=Now())
    bulk.work(action.pk, 60.0)
    assert states() == {"rejected": 1}


def test_undo_restores_each_state_and_tells_nobody(sari: User, many: None) -> None:
    article = make_article()
    held, spam, public = make_held(article), make_spam(article), make_comment(article)
    action = order(sari, [held, spam, public])
    bulk.work(action.pk, 60.0)
    assert states() == {"rejected": 3}
    notices = Notice.objects.count()
    undo = bulk.order_undo(action, sari)
    assert states() == {"rejected": 3}
    bulk.work(undo.pk, 60.0)
    assert [state_of(each)[0] for each in (held, spam, public)] == ["held", "spam", "approved"]
    assert Notice.objects.count() == notices == 3
    again = bulk.order_undo(action, sari)
    bulk.work(again.pk, 60.0)
    assert bulk.counts(again) == {"waiting": 0, "done": 0, "skipped": 3}
    assert [state_of(each)[0] for each in (held, spam, public)] == ["held", "spam", "approved"]


def test_what_moved_on_is_left_alone_and_listed(sari: User, many: None) -> None:
    first, late = make_held(), make_held(author_name="Tiga")
    action = order(sari, [first, late])
    decide(late, Status.APPROVED, kind=Decision.Kind.PERSON, reason="fine", moderator=make_moderator("budi", first_name="Budi"))
    bulk.work(action.pk, 60.0)
    assert (state_of(first)[0], state_of(late)[0]) == ("rejected", "approved")
    page = client_of(sari).get(reverse("queue-progress", args=[action.number])).content.decode()
    assert "Tiga" in page
    assert "Budi" in page
    undo = bulk.order_undo(action, sari)
    assert undo.total == 1


def test_rights_that_end_meanwhile_end_the_work(sari: User, many: None) -> None:
    inside, outside = make_held(make_article(section=make_section())), make_held(make_article(section=make_section()))
    action = order(sari, [inside, outside])
    section = inside.article.section
    Scope.objects.create(moderator=sari, publication=section.publication, section=section)
    bulk.work(action.pk, 60.0)
    assert (state_of(inside)[0], state_of(outside)[0]) == ("rejected", "held")
    other = order(sari, [outside])
    User.objects.filter(pk=sari.pk).update(is_active=False)
    bulk.work(other.pk, 60.0)
    assert state_of(outside)[0] == "held"


@pytest.mark.parametrize("kind", ["author", "network"])
def test_all_of_an_author_or_a_network_within_scope(sari: User, kind: str) -> None:
    here, there = make_article(section=make_section()), make_article(section=make_section(publication=make_publication()))
    like: dict[str, Any] = {"commenter": make_commenter()} if kind == "author" else {"network": "a1"}
    mine = [make_held(here, **like), make_comment(here, **like), make_spam(here, **like)]
    beyond, stranger = make_held(there, **like), make_held(here)
    Scope.objects.create(moderator=sari, publication=here.section.publication)
    back = f"alike={kind}&of={mine[0].public_id}"
    answer = client_of(sari).post(reverse("queue-bulk"), {"outcome": "spam", "everything": "1", "back": back})
    assert answer.status_code == 303
    assert [state_of(each)[0] for each in (*mine, beyond, stranger)] == ["spam", "spam", "spam", "held", "held"]
    action = BulkAction.objects.get()
    assert (action.source, action.total) == (kind, 2)  # what is spam already is no part of it


def test_everything_of_a_plain_view_is_nothing(sari: User) -> None:
    held = make_held()
    answer = client_of(sari).post(reverse("queue-bulk"), {"outcome": "spam", "everything": "1", "back": "view=review"})
    assert answer.status_code == 400
    assert state_of(held)[0] == "held"
    assert not BulkAction.objects.exists()


def test_a_long_action_answers_with_its_progress(sari: User, many: None) -> None:
    held = make_held()
    desk = client_of(sari)
    answer = desk.post(reverse("queue-bulk"), {"outcome": "spam", "pick": pick(held)})
    action = BulkAction.objects.get()
    address = reverse("queue-progress", args=[action.number])
    assert (answer.status_code, answer["Location"]) == (303, address)
    assert desk.get(address)["Refresh"] == "2"
    assert state_of(held)[0] == "held"
    desk.post(reverse("queue-undo"), {"batch": str(action.number)})
    assert BulkAction.objects.count() == 1  # what is at work is not taken back yet
    bulk.work(action.pk, 60.0)
    assert "Refresh" not in desk.get(address).headers
    assert state_of(held)[0] == "spam"


def test_who_may_see_the_progress(sari: User) -> None:
    held = make_held(make_article(section=make_section()))
    action = order(sari, [held])
    address = reverse("queue-progress", args=[action.number])
    colleague, far = make_moderator("budi"), make_moderator("jauh")
    Scope.objects.create(moderator=far, publication=make_publication())
    assert client_of(sari).get(address).status_code == 200
    assert client_of(colleague).get(address).status_code == 200
    assert client_of(far).get(address).status_code == 404
    assert client_of(sari).get(reverse("queue-progress", args=[uuid.uuid4()])).status_code == 404
    assert Client().get(address).status_code == 302
    client_of(far).post(reverse("queue-undo"), {"batch": str(action.number)})
    assert state_of(held)[0] == "rejected"


def test_the_sweep_wakes_what_is_unfinished_and_no_more(sari: User, many: None) -> None:
    action = order(sari, [make_held(), make_held()])
    assert bulk.resume_bulk() == 1
    bulk.work(action.pk, 60.0)
    assert bulk.resume_bulk() == 0
