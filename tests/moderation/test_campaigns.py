"""Copies of a text by several authors become one campaign, found by a bounded number of index probes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from comments.models import Comment
from moderation import campaigns, facts
from moderation.campaign_desk import differences
from moderation.facts import gather
from moderation.models import BulkAction, Campaign, Finding, Fingerprint, Scope
from moderation.screening import screen
from tests.factories import make_article, make_comment, make_moderator, make_publication, make_section
from tests.moderation.desk import client_of, state_of

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = "Main di kunyit88 dapat maxwin terus setiap hari gacor sekali, ayo daftar sekarang juga"
CALL = "Mari kita bersama-sama menanam pohon di tepi sungai hari Minggu pagi, bawa keluarga dan bibit sendiri"


def post(body: str, **fields: Any) -> Comment:
    comment = make_comment(status="pending", body=body, **fields)
    screen(comment.pk, 1)
    return Comment.objects.get(pk=comment.pk)


def members() -> list[list[int]]:
    return [list(each.members.order_by("pk").values_list("pk", flat=True)) for each in Campaign.objects.order_by("pk")]


@pytest.fixture
def sari() -> User:
    return make_moderator("sari", first_name="Sari")


def test_edited_copies_by_others_are_one_campaign() -> None:
    texts = [CALL, CALL.replace("pohon", "bunga"), CALL.upper() + " \U0001f333\U0001f333", CALL + " ya kawan"]
    comments = [post(text, author_name=f"Nama {number}") for number, text in enumerate(texts)]
    stranger = post("Menurut saya kebijakan itu tidak adil untuk petani dan nelayan di daerah kami")
    assert members() == [[comment.pk for comment in comments]]
    assert Fingerprint.objects.get(pk=stranger.pk).campaign_id is None
    finding = Finding.objects.get(comment=comments[1], check_name="repeats")
    assert (finding.label, finding.detail["near"], finding.detail["near_authors"]) == ("suspect", 1, 1)
    # Many may spread the same honest call: a person decides.
    assert Finding.objects.get(comment=comments[3], check_name="repeats").label == "suspect"
    assert {state_of(comment)[0] for comment in comments} == {"held"}


def test_one_author_alone_is_no_campaign() -> None:
    for _ in range(3):
        post(CALL, author_name="Ani", author_email="ani@contoh.example")
    assert members() == []
    assert Finding.objects.filter(check_name="repeats").latest("id").label == "note"


@pytest.mark.parametrize("text", ["mantap", "Amin ya Allah", "Turut berduka cita", "Setuju sekali!", "\U0001f525" * 40])
def test_short_harmless_texts_are_no_campaign(text: str) -> None:
    for number in range(4):
        post(text, author_name=f"Nama {number}")
    assert members() == []
    assert not Finding.objects.filter(check_name="repeats").exclude(label="clean").exists()


def test_an_edit_leaves_the_campaign() -> None:
    first, second = post(CALL, author_name="Satu"), post(CALL, author_name="Dua")
    assert len(members()[0]) == 2
    Comment.objects.filter(pk=second.pk).update(
        status="pending",
        revision=2,
        body_raw="Sekarang saya menulis tentang hal yang lain sama sekali",
        screen_attempts=0,
        screen_due_at=timezone.now(),
    )
    screen(second.pk, 2)
    assert members() == [[first.pk]]


def test_copies_outside_the_window_do_not_count() -> None:
    old = post(CALL, author_name="Satu")
    Fingerprint.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=8))
    post(CALL, author_name="Dua")
    assert members() == []


def test_finding_copies_reads_indexes_alone() -> None:
    mark = Fingerprint.objects.get(pk=post(CALL).pk)
    article = make_article()
    due = timezone.now()
    rows = [Comment(article=article, author_name="x", body_raw="x", body_html="x", body_text="x", screen_due_at=due) for _ in range(3_000)]
    Comment.objects.bulk_create(rows)
    Fingerprint.objects.bulk_create(
        [Fingerprint(comment=row, number=row.pk, **{f"key_{place}": row.pk * 7 + place for place in range(6)}) for row in rows]
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    probes = campaigns.probes(mark, timezone.now() - timedelta(days=7))
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{probes.raw_query}", probes.params)
        plan = "\n".join(str(row[-1]) for row in cursor.fetchall())
    for place in range(6):
        assert f"fingerprint_key_{place}" in plan, plan
    for line in plan.splitlines():
        assert "Seq Scan" not in line, plan
        assert "SCAN moderation_fingerprint" not in line, plan
        assert "SCAN comments_comment" not in line, plan


def test_the_facts_of_a_comment_are_gathered_by_indexes() -> None:
    """SQLite takes a partial index only where the query says its condition: without it, each comment would cost a look at all others."""
    comment = Comment.objects.get(pk=post(CALL, network="198.51.100.0/24").pk)
    with CaptureQueriesContext(connection) as captured:
        gather(comment)
    plans = []
    with transaction.atomic(), connection.cursor() as cursor:
        explain = "EXPLAIN QUERY PLAN"
        if connection.vendor == "postgresql":
            explain = "EXPLAIN"
            cursor.execute("SET LOCAL enable_seqscan = off")  # which is cheaper for a handful of rows
        for query in captured.captured_queries:
            if query["sql"].startswith("SELECT"):
                cursor.execute(f"{explain} {query['sql']}")
                plans.append("\n".join(row[-1] for row in cursor.fetchall()))
    everything = "\n".join(plans)
    for index in ("fingerprint_skeleton", "comment_network", "sanction_network"):
        assert index in everything
    for large in ("moderation_fingerprint", "comments_comment", "moderation_sanction"):
        assert f"SCAN {large}" not in everything
        assert f"Seq Scan on {large}" not in everything


def test_a_flood_from_one_network_is_counted_no_further_than_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    article, network = make_article(), "198.51.100.0/24"
    old, *others = [make_comment(article, network=network) for _number in range(4)]
    Comment.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(hours=3))
    comment = Comment.objects.get(pk=others[0].pk)
    counted = gather(comment).submission
    assert (counted.recent_by_network, counted.daily_by_network) == (2, 3)
    monkeypatch.setattr(facts, "MOST_NEARBY", 2)
    bounded = gather(comment).submission
    assert (bounded.recent_by_network, bounded.daily_by_network) == (2, 2)  # the latest are the ones counted


def test_the_page_shows_one_item_with_its_counts_and_decides_all(sari: User) -> None:
    comments = [post(CALL, author_name=f"Nama {number}", network=f"n{number % 2}") for number in range(3)]
    desk = client_of(sari)
    page = desk.get(reverse("queue-campaigns"))
    (row,) = page.context["rows"]
    assert (row.members, row.authors, row.networks, row.articles) == (3, 3, 2, 3)
    assert [(state, count) for state, _words, count in row.states] == [("held", 3)]
    campaign = Campaign.objects.get()
    opened = desk.get(reverse("queue-campaign", args=[campaign.pk]))
    assert [member.comment.pk for member in opened.context["campaign"].members] == [comment.pk for comment in reversed(comments)]
    back = f"view=campaigns&alike=campaign&of={campaign.pk}"
    answer = desk.post(reverse("queue-bulk"), {"outcome": "reject", "reason": "off_topic", "everything": "1", "back": back})
    assert answer.status_code == 303
    assert {state_of(comment)[0] for comment in comments} == {"rejected"}
    action = BulkAction.objects.get()
    assert action.source == "campaign"
    assert action.total == 3
    desk.post(reverse("queue-undo"), {"batch": str(action.number)})
    assert {state_of(comment)[0] for comment in comments} == {"held"}


def test_a_moderator_sees_and_decides_members_in_scope_only(sari: User) -> None:
    here, there = make_article(section=make_section()), make_article(section=make_section(publication=make_publication()))
    inside, outside = post(CALL, article=here, author_name="Dalam"), post(CALL, article=there, author_name="Luar")
    campaign = Campaign.objects.get()
    far, plain = make_moderator("jauh"), make_moderator("lain")
    Scope.objects.create(moderator=sari, publication=here.section.publication)
    Scope.objects.create(moderator=far, publication=make_publication())
    address = reverse("queue-campaign", args=[campaign.pk])
    page = client_of(sari).get(address)
    assert page.context["campaign"].row.members == 1
    assert "Luar" not in page.content.decode()
    assert client_of(plain).get(address).context["campaign"].row.members == 2
    assert client_of(far).get(address).status_code == 404
    assert client_of(far).get(reverse("queue-campaigns")).context["rows"] == []
    back = f"alike=campaign&of={campaign.pk}"
    data = {"outcome": "spam", "everything": "1", "back": back}
    client_of(far).post(reverse("queue-bulk"), data)
    assert (state_of(inside)[0], state_of(outside)[0]) == ("held", "held")
    client_of(sari).post(reverse("queue-bulk"), data)
    assert (state_of(inside)[0], state_of(outside)[0]) == ("spam", "held")


@pytest.mark.parametrize(
    ("one", "other", "differing"),
    [
        ("main di kunyit88 terus", "main di KENCUR terus", ["KENCUR "]),
        ("sama saja", "sama saja", []),
        ("", "<b>x</b> baru", ["<b>x</b> baru"]),
        ("satu dua", "", []),
    ],
)
def test_differences(one: str, other: str, differing: Sequence[str]) -> None:
    segments = differences(one, other)
    assert [segment.text for segment in segments if segment.differs] == list(differing)
    assert "".join(segment.text for segment in segments) == other


def test_hostile_text_is_inert_on_the_pages(sari: User) -> None:
    text = '<script>alert(1)</script><img src=x onerror=alert(2)> "><svg/onload=alert(3)> kata kata yang cukup panjang'
    for number in range(2):
        post(text + f" {number}", author_name=f"<b onclick=x>{number}")
    campaign = Campaign.objects.get()
    desk = client_of(sari)
    for address in (reverse("queue-campaigns"), reverse("queue-campaign", args=[campaign.pk])):
        page = desk.get(address).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<svg/onload" not in page
        assert "<b onclick" not in page
