"""The numbers beside the views, and what the pages of the queue cost in queries."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from comments.models import Comment, Revision
from comments.states import Status
from moderation import counting
from moderation.desk_models import DeskPreference, Note
from moderation.models import Campaign, Decision, Fingerprint, LegalNotice, Scope
from tests.factories import make_article, make_comment, make_commenter, make_moderator, make_section, make_user
from tests.moderation.desk import client_of, make_finding, make_held, make_report, make_spam

pytestmark = pytest.mark.django_db


@pytest.fixture
def sari() -> User:
    return make_moderator("sari", first_name="Sari")


def make_campaign(*members: Comment) -> Campaign:
    campaign = Campaign.objects.create(first=members[0])
    for member in members:
        Fingerprint.objects.update_or_create(comment=member, defaults={"campaign": campaign, "skeleton": "sama"})
    return campaign


def campaigns(user: User) -> int:
    counting.forget()
    return counting.campaigns(User.objects.get(pk=user.pk))


def test_campaigns_are_counted_that_have_copies_waiting_within_the_scope(sari: User) -> None:
    here, there = make_article(), make_article()
    make_campaign(make_held(here), make_held(here), make_spam(here))
    make_campaign(make_held(there), make_comment(there))
    make_campaign(make_spam(here), make_comment(there))  # all of it is decided
    make_held(here)  # of no campaign
    assert campaigns(sari) == 2
    Scope.objects.create(moderator=sari, publication=here.publication, section=here.section)
    assert campaigns(sari) == 1
    for comment in Comment.objects.filter(article=here, status=Status.HELD):
        assert comment.move_to(Status.SPAM)
    assert campaigns(sari) == 0
    outsider = User.objects.create(username="orang", is_staff=True)
    assert campaigns(outsider) == 0


def test_the_number_of_campaigns_is_kept_for_everybody_of_the_same_scope(sari: User) -> None:
    make_campaign(make_held(), make_held())
    counting.forget()
    number = counting._campaigns((), 7)
    with CaptureQueriesContext(connection) as seen:
        assert counting._campaigns((), 7) == number == 1
    assert len(seen) == 0
    with CaptureQueriesContext(connection) as seen:
        assert counting._campaigns((), 8) == 1
    assert len(seen) == 1


def test_the_number_of_campaigns_stands_beside_their_view(sari: User) -> None:
    make_campaign(make_held(), make_held())
    page = client_of(sari).get(reverse("queue"))
    assert [count for name, _words, count, _address in page.context["views"] if name == "campaigns"] == [1]
    assert '<span class="count" data-count="campaigns">1</span>' in page.content.decode()


def test_several_are_counted_by_one_query(sari: User) -> None:
    article = make_article()
    for _number in range(4):
        make_held(article)
    with CaptureQueriesContext(connection) as seen:
        assert counting.count_each(sari, [Comment.objects.all(), Comment.objects.none(), Note.objects.all()]) == [4, 0, 0]
    assert len(seen) == 1


def test_notices_and_objections_are_counted_for_who_may_answer_them(sari: User) -> None:
    make_held()
    assert counting.standing(sari).waits["legal"] == 0
    LegalNotice.objects.create(article=make_article(), due_at=timezone.now())
    assert counting.standing(sari).waits["legal"] == 1
    assert counting.standing(sari).waits["objections"] == 0
    helper = make_user(is_staff=True)
    helper.user_permissions.add(Permission.objects.get(codename="decide"))
    assert "objections" not in counting.standing(User.objects.get(pk=helper.pk)).waits


def cost(http: Client, address: str) -> int:
    counting.forget()
    with CaptureQueriesContext(connection) as seen:
        assert http.get(address).status_code == 200
    return len(seen)


def crowded(comment: Comment, times: int) -> None:
    """Findings, notes, reports, decisions, earlier texts, and others of the same author, network and text."""
    people = [make_moderator() for _number in range(3)]
    for number in range(times):
        decision = Decision.objects.filter(comment=comment).latest("id")
        for label in ("suspect", "clean"):
            finding = make_finding(f"aturan{number}", label, comment=comment, decision=decision, revision=comment.revision)
            finding.save()
        Note.objects.create(comment=comment, moderator=people[number % 3], text="Catatan.")
        make_report(comment)
        alike = make_held(comment.article, commenter=comment.commenter, network=comment.network, parent=comment)
        Fingerprint.objects.update_or_create(comment=alike, defaults={"skeleton": "sama"})
        Revision.objects.create(comment=comment, number=1_000 + 100 * times + number, body_raw="Dahulu.", replaced_at=timezone.now())


@pytest.mark.parametrize("scoped", [False, True])
def test_an_item_costs_the_same_whatever_hangs_on_it(sari: User, scoped: bool) -> None:
    article = make_article(section=make_section())
    comment = make_held(article, commenter=make_commenter(), network="jaringan", findings=[make_finding()], revision=2)
    Fingerprint.objects.update_or_create(comment=comment, defaults={"skeleton": "sama"})
    DeskPreference.objects.create(moderator=sari, blur=True)
    if scoped:
        Scope.objects.create(moderator=sari, publication=article.publication, section=article.section)
    crowded(comment, 1)
    http, colleague = client_of(sari), client_of(make_moderator("budi"))
    address = reverse("queue-item", args=[comment.public_id])
    for each in (http, colleague):
        each.get(address)
    few = [cost(http, address), cost(colleague, address), cost(http, reverse("queue"))]
    crowded(comment, 12)
    assert [cost(http, address), cost(colleague, address), cost(http, reverse("queue"))] == few
    assert max(few) <= 30


def test_handing_out_the_next_one_costs_no_more_than_a_page(sari: User) -> None:
    article = make_article()
    for _number in range(3):
        make_held(article, commenter=make_commenter(), network="jaringan", findings=[make_finding()])
    http = client_of(sari)
    http.get(reverse("queue-team"))
    assert cost(http, reverse("queue")) <= 32  # the first one is claimed now, and not only renewed
    assert cost(http, reverse("queue")) <= 30
