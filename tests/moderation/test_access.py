"""Who may look and decide: every role against every object, on every address of the desk. A refused act changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS
from django.test import Client
from django.urls import reverse

from comments.models import Comment
from comments.states import Status
from moderation.decisions import decide
from moderation.groups import GROUPS, make_groups
from moderation.models import Claim, Decision, Scope
from newsroom.models import Publication, Section
from tests.factories import make_article, make_publication, make_section, make_user
from tests.moderation.desk import client_of, make_held, pick, state_of

pytestmark = pytest.mark.django_db

ROLES = ["anonymous", "reader", "staff", "elsewhere", "other section", "section", "moderator", "editor", "admin", "superuser"]
ALLOWED = {"section", "moderator", "editor", "admin", "superuser"}
LOGIN = {"anonymous", "reader"}  # sent to the log-in page, without a hint of what lies behind it
FORBIDDEN = {"staff"}


class Newsroom:
    """A comment in one section of one publication, and people of every role."""

    def __init__(self) -> None:
        self.publication: Publication = make_publication(name="Pagi")
        self.section: Section = make_section(publication=self.publication, name="Kota")
        self.comment = make_held(make_article(section=self.section), body="Rahasia redaksi")
        self.decided = make_held(make_article(section=self.section))
        self.decision = decide(
            self.decided, Status.REJECTED, kind=Decision.Kind.PERSON, reason="other", moderator=make_user("tono", is_staff=True)
        )

    def client(self, role: str) -> Client:
        if role == "anonymous":
            return Client()
        if role == "reader":
            user = make_user()
            user.user_permissions.add(Permission.objects.get(codename="decide"))  # without "staff" it opens nothing
        elif role == "staff":
            user = make_user(is_staff=True)
        elif role == "superuser":
            user = make_user(is_staff=True, is_superuser=True)
        else:
            user = make_user(is_staff=True)
            user.groups.add(Group.objects.get(name=role if role in GROUPS else "moderator"))
        if role == "elsewhere":
            Scope.objects.create(moderator=user, publication=make_publication(name="Sore"))
        if role == "other section":
            Scope.objects.create(moderator=user, publication=self.publication, section=make_section(publication=self.publication))
        if role == "section":
            Scope.objects.create(moderator=user, publication=self.publication, section=self.section)
        return client_of(User.objects.get(pk=user.pk))

    def state(self) -> Any:
        rows = Comment.objects.order_by("pk").values_list("pk", "status", "revision", "queue_at")
        return list(rows), Decision.objects.count(), Claim.objects.count()


@pytest.fixture
def newsroom() -> Newsroom:
    return Newsroom()


def answer_of(newsroom: Newsroom, client: Client, act: str) -> Any:
    comment = newsroom.comment
    match act:
        case "queue":
            return client.get(reverse("queue"))
        case "item":
            return client.get(reverse("queue-item", args=[comment.public_id]))
        case "decide":
            data = {"outcome": "approve", "status": "held", "revision": 1}
            return client.post(reverse("queue-decide", args=[comment.public_id]), data)
        case "bulk":
            return client.post(reverse("queue-bulk"), {"outcome": "spam", "pick": pick(comment)})
        case "undo":
            return client.post(reverse("queue-undo"), {"decision": newsroom.decision.pk})
        case "claim":
            return client.post(reverse("queue-claim", args=[comment.public_id]), {"status": "held", "revision": 1})
        case "release":
            return client.post(reverse("queue-release", args=[comment.public_id]), {"until": "2030-01-01T00:00:00+00:00"})
        case "read comment":
            return client.get(reverse("admin:comments_comment_change", args=[comment.pk]))
        case "read decision":
            return client.get(reverse("admin:moderation_decision_change", args=[newsroom.decision.pk]))
    raise AssertionError(act)


# What an allowed act answers, and what one on a comment outside somebody's scope does.
ACTS = {
    "queue": (200, 200),
    "item": (200, 404),
    "decide": (303, 404),
    "bulk": (303, 400),
    "undo": (303, 404),
    "claim": (200, 404),
    "release": (204, 404),
    "read comment": (200, 302),  # Django sends somebody who asks for what is not there to the admin's front page
    "read decision": (200, 302),
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("act", ACTS)
def test_every_role_and_every_act(newsroom: Newsroom, role: str, act: str) -> None:
    client = newsroom.client(role)
    before = newsroom.state()
    answer = answer_of(newsroom, client, act)
    allowed, outside = ACTS[act]
    if role in ALLOWED:
        assert answer.status_code == allowed
        if act not in {"queue", "item", "claim", "release", "read comment", "read decision"}:
            assert newsroom.state() != before
        return
    if role in LOGIN:
        assert answer.status_code == 302
        assert answer["Location"].startswith("/admin/login/?next=/admin/")
    elif role in FORBIDDEN:
        assert answer.status_code == 403
    else:
        assert answer.status_code == outside
    assert newsroom.state() == before
    assert "Rahasia redaksi" not in answer.content.decode()


@pytest.mark.parametrize("role", ["elsewhere", "other section"])
def test_a_queue_shows_nothing_from_outside_the_scope(newsroom: Newsroom, role: str) -> None:
    client = newsroom.client(role)
    for view in ("review", "reported", "spam", "decided", "mine"):
        page = client.get(f"{reverse('queue')}?view={view}")
        assert page.context["listing"].rows == []
    for alike in ("author", "network", "text"):
        page = client.get(f"{reverse('queue')}?alike={alike}&of={newsroom.comment.public_id}")
        assert page.context["listing"].rows == []
    page = client.get(f"{reverse('queue')}?done={newsroom.decision.pk}")
    assert "done" not in page.context


def test_leaving_a_comment_outside_the_scope_touches_no_claim(newsroom: Newsroom) -> None:
    client = newsroom.client("elsewhere")
    mine = make_held(make_article(section=make_section(publication=Publication.objects.get(name="Sore"))))
    newsroom.client("moderator").get(reverse("queue-item", args=[newsroom.comment.public_id]))
    assert client.get(f"{reverse('queue-item', args=[mine.public_id])}?left={newsroom.comment.public_id}").status_code == 200
    assert Claim.objects.filter(comment=newsroom.comment).exists()


def test_somebody_who_left_the_newsroom_is_out(newsroom: Newsroom) -> None:
    client = newsroom.client("moderator")
    User.objects.update(is_active=False)
    assert answer_of(newsroom, client, "decide").status_code == 302
    assert state_of(newsroom.comment) == ("held", 1)


def test_the_groups_have_their_permissions() -> None:
    for name, wanted in GROUPS.items():
        found = Group.objects.get(name=name).permissions.values_list("content_type__app_label", "codename")
        assert {f"{label}.{codename}" for label, codename in found} == wanted
    for verb in ("add", "change", "delete"):
        assert not any(f"comments.{verb}_comment" in group for group in GROUPS.values())
        assert not any(f"moderation.{verb}_decision" in group for group in GROUPS.values())


def test_a_group_that_was_changed_is_left_alone_and_an_empty_one_filled() -> None:
    moderator, editor = Group.objects.get(name="moderator"), Group.objects.get(name="editor")
    moderator.permissions.set(Permission.objects.filter(codename="decide"))
    editor.permissions.clear()
    make_groups(using=DEFAULT_DB_ALIAS)
    assert moderator.permissions.count() == 1
    assert editor.permissions.count() == len(GROUPS["editor"])


@pytest.mark.django_db(transaction=True)
def test_the_groups_come_with_migrate() -> None:
    Group.objects.all().delete()
    call_command("migrate", verbosity=0)
    assert set(Group.objects.values_list("name", flat=True)) == set(GROUPS)
