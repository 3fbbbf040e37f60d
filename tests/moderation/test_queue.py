"""Which comments a view lists, in which order, who has which on the screen, and what is handed out next."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from comments.models import Comment
from comments.states import Status
from moderation import claims, counting, queue
from moderation.access import sections_for
from moderation.decisions import decide, undo
from moderation.models import Claim, Decision, Fingerprint, Scope
from moderation.place import MOST_PAGES, Place
from tests.factories import make_article, make_comment, make_commenter, make_moderator, make_publication, make_section
from tests.moderation.desk import make_finding, make_held, make_report, make_spam

pytestmark = pytest.mark.django_db
NOW = timezone.now


def ids(place: Place, user: User) -> list[int]:
    return [row.comment.pk for row in queue.listing(place, user).rows]


@pytest.fixture
def sari() -> User:
    return make_moderator("sari", first_name="Sari")


@pytest.fixture
def budi() -> User:
    return make_moderator("budi", first_name="Budi")


# --- Order --------------------------------------------------------------------------------------------------------------


def test_urgent_ones_go_first_and_nothing_waits_for_ever(sari: User) -> None:
    article = make_article()
    mild = make_held(article, priority=0.2, created_at=NOW() - timedelta(hours=1))
    grave = make_held(article, priority=0.9, created_at=NOW())
    forgotten = make_held(article, priority=0.0, created_at=NOW() - timedelta(hours=14))
    # mild stands 0.2 × 12 h + 1 h = 3.4 h ahead of its time, grave 10.8 h, forgotten 14 h.
    assert ids(Place(), sari) == [forgotten.pk, grave.pk, mild.pk]
    assert ids(Place(sort="oldest"), sari) == [forgotten.pk, mild.pk, grave.pk]
    assert ids(Place(sort="newest"), sari) == [grave.pk, mild.pk, forgotten.pk]


def test_the_place_is_the_waiting_time_less_the_head_start_of_the_priority(settings: Any) -> None:
    settings.MODERATION_REACH_LEAST = 1.0
    settings.MODERATION_HEAD_START = timedelta(hours=12)
    created = NOW() - timedelta(hours=2)
    assert make_held(priority=0.25, created_at=created).queue_at == created - timedelta(hours=3)
    assert make_held(priority=7.0, created_at=created).queue_at == created - timedelta(hours=12)


def test_a_reported_comment_waits_from_its_report_on(settings: Any) -> None:
    settings.MODERATION_REACH_LEAST = 1.0
    comment = make_comment(created_at=NOW() - timedelta(days=9))
    decide(comment, Status.HELD, kind=Decision.Kind.REPORTS, reason="reported", priority=0.5)
    assert abs(comment.queue_at - (NOW() - timedelta(hours=6))) < timedelta(seconds=20)


def test_what_an_undo_brings_back_keeps_its_place(sari: User) -> None:
    comment = make_held(priority=0.5)
    before = comment.queue_at
    decision = decide(comment, Status.REJECTED, kind=Decision.Kind.PERSON, reason="other", moderator=sari)
    undo(decision, sari)
    assert Comment.objects.values_list("status", "queue_at").get() == (Status.HELD, before)


# --- Views --------------------------------------------------------------------------------------------------------------


def test_each_view_lists_its_own(sari: User, budi: User) -> None:
    article = make_article()
    held, spam, public = make_held(article), make_spam(article), make_comment(article)
    once, twice, settled = make_comment(article), make_comment(article), make_comment(article)
    make_report(once)
    make_report(twice)
    make_report(twice)
    make_report(settled, resolved_at=NOW())
    claims.claim(held, sari)
    claims.claim(spam, budi)
    decided = decide(public, Status.REJECTED, kind=Decision.Kind.PERSON, reason="other", moderator=budi)
    assert ids(Place(), sari) == [held.pk]
    assert ids(Place(view="spam"), sari) == [spam.pk]
    assert ids(Place(view="reported"), sari) == [twice.pk, once.pk]
    assert ids(Place(view="mine"), sari) == [held.pk]
    rows = queue.listing(Place(view="decided"), sari).rows
    assert [(row.comment.pk, row.decision, row.undoable) for row in rows] == [(public.pk, decided, True)]
    assert counting.standing(sari).waits == {
        "review": 1,
        "reported": 2,
        "mine": 1,
        "rules": 0,
        "watched": 0,
        "appeals": 0,
        "legal": 0,
        "objections": 0,
        "campaigns": 0,
    }


def test_the_view_of_decisions_offers_undo_for_the_last_one_only(sari: User) -> None:
    comment = make_held()
    decide(comment, Status.REJECTED, kind=Decision.Kind.PERSON, reason="other", moderator=sari)
    decide(comment, Status.SPAM, kind=Decision.Kind.PERSON, reason="advertising", moderator=sari)
    place = Place(view="decided")
    assert [row.undoable for row in queue.listing(place, sari).rows] == [True, False]
    undo(Decision.objects.latest("id"), sari)
    assert [row.undoable for row in queue.listing(place, sari).rows] == [False, False, False]


def test_filters_by_section_and_check(sari: User) -> None:
    here, there = make_article(), make_article()
    first = make_held(here, findings=[make_finding("links")])
    second = make_held(there, findings=[make_finding("phrases")])
    make_held(there, findings=[make_finding("links", "clean")])
    assert ids(Place(section=here.section_id), sari) == [first.pk]
    assert ids(Place(check="links"), sari) == [first.pk]
    assert ids(Place(check="phrases"), sari) == [second.pk]
    decide(second, Status.SPAM, kind=Decision.Kind.PERSON, reason="advertising", moderator=sari)
    assert ids(Place(view="decided", section=here.section_id), sari) == []
    assert ids(Place(view="decided", section=there.section_id), sari) == [second.pk]


def test_others_of_the_same_author_network_and_text(sari: User) -> None:
    writer = make_commenter()
    mine, other = make_held(commenter=writer, network="abc"), make_comment(commenter=writer)
    near, old = make_spam(network="abc"), make_comment(network="abc", created_at=NOW() - timedelta(days=31))
    copy, stranger = make_comment(), make_comment()
    for comment in (mine, copy):
        Fingerprint.objects.create(comment=comment, skeleton="s1")
    Fingerprint.objects.create(comment=stranger, skeleton="s2")
    of = mine.public_id
    assert set(ids(Place(alike="author", of=of), sari)) == {mine.pk, other.pk}
    assert set(ids(Place(alike="network", of=of), sari)) == {mine.pk, near.pk}
    assert set(ids(Place(alike="text", of=of), sari)) == {mine.pk, copy.pk}
    assert ids(Place(alike="text", of=old.public_id), sari) == []
    assert ids(Place(alike="author", of=stranger.public_id), sari) == []
    assert ids(Place(alike="network", of=stranger.public_id), sari) == []
    assert ids(Place(alike="author", of="nobody"), sari) == []


def test_a_row_says_what_is_loudest_and_marks_the_present_text(sari: User) -> None:
    comment = make_held(
        body="main slot gacor di sini",
        findings=[
            make_finding("links", "note", score=0.9),
            make_finding("phrases", "spam", score=0.7, spans=[[5, 15, "gambling"]]),
            make_finding("gambling", "spam", score=1.0, shadow=True),
            make_finding("flood", "clean"),
        ],
    )
    (row,) = queue.listing(Place(), sari).rows
    assert row.finding is not None
    assert (row.finding.check_name, row.more_findings) == ("phrases", 2)
    assert [(piece.text, piece.families) for piece in row.pieces] == [
        ("main ", ()),
        ("slot gacor", ("gambling",)),
        (" di sini", ()),
    ]
    Comment.objects.filter(pk=comment.pk).update(revision=2)
    (row,) = queue.listing(Place(), sari).rows
    assert row.finding is None


def test_pages_are_bounded(sari: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "PAGE_SIZE", 2)
    article = make_article()
    made = [make_held(article, created_at=NOW() - timedelta(hours=9 - number)).pk for number in range(5)]
    pages = [queue.listing(Place(page=page), sari) for page in (1, 2, 3)]
    assert [[row.comment.pk for row in page.rows] for page in pages] == [made[:2], made[2:4], made[4:]]
    assert [page.more for page in pages] == [True, True, False]


def test_counts_stop_where_they_say_nothing_more(sari: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST_COUNTED", 2)
    article = make_article()
    for _number in range(5):
        make_held(article)
    assert counting.standing(sari).waits["review"] == 3


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("", Place()),
        ("view=spam&page=3", Place(view="spam", page=3)),
        ("view=everything&sort=by-mood&check=none&section=-1&page=0", Place()),
        ("section=٣&page=٣", Place()),
        ("page=99999999999999999999", Place()),
        ("page=9999", Place(page=MOST_PAGES)),
        ("alike=text&of=abc", Place(alike="text", of="abc")),
        ("alike=text", Place(of="")),
        ("alike=soul&of=abc", Place()),
        ("section=12&check=links&sort=oldest", Place(section=12, check="links", sort="oldest")),
    ],
)
def test_an_address_is_read_or_falls_back(query: str, place: Place) -> None:
    assert Place.read(QueryDict(query)) == place
    assert Place.read(QueryDict(place.query())) == place


def many_held(count: int) -> None:
    article = make_article()
    made = [
        Comment(
            article=article,
            status=Status.HELD,
            author_name="Dewi",
            body_raw="slot gacor",
            body_html="",
            body_text="",
            public_id=f"x{count}-{number}",
            queue_at=NOW() - timedelta(minutes=number),
        )
        for number in range(count)
    ]
    Comment.objects.bulk_create(made)


def queries(work: Callable[[], object]) -> int:
    counting.forget()  # what is kept for seconds would be asked for now and then
    with CaptureQueriesContext(connection) as seen:
        work()
    return len(seen)


def test_the_list_costs_the_same_at_10_and_at_1000(sari: User) -> None:
    many_held(10)
    queue.listing(Place(), sari)
    few = [queries(lambda: queue.listing(Place(), sari)), queries(lambda: counting.standing(sari))]
    many_held(1_000)
    assert [queries(lambda: queue.listing(Place(), sari)), queries(lambda: counting.standing(sari))] == few
    assert len(queue.listing(Place(), sari).rows) == queue.PAGE_SIZE


def test_the_order_comes_from_the_partial_index(sari: User) -> None:
    many_held(50)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # On a table this small PostgreSQL would read it all; the question is whether the index can serve the order.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
    plan = queue.selected(Place(), sari)[:50].explain()
    assert "comment_queue" in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan


# --- Claims -------------------------------------------------------------------------------------------------------------


def expire(comment: Comment) -> None:
    Claim.objects.filter(comment=comment).update(until=NOW() - timedelta(seconds=1))


def test_the_first_has_it_and_the_second_is_told_who(sari: User, budi: User) -> None:
    comment = make_held()
    first = claims.claim(comment, sari)
    second = claims.claim(comment, budi)
    assert first is not None
    assert second is not None
    assert (first.moderator, second.moderator) == (sari, sari)
    assert claims.is_mine(second, sari)
    assert not claims.is_mine(second, budi)
    assert timedelta(minutes=9) < first.until - NOW() <= timedelta(minutes=10, seconds=2)


def test_activity_renews_a_claim_and_time_ends_it(sari: User, budi: User) -> None:
    comment = make_held()
    Claim.objects.create(comment=comment, moderator=sari, until=NOW() + timedelta(minutes=1))
    renewed = claims.claim(comment, sari)
    assert renewed is not None
    assert renewed.until - NOW() > timedelta(minutes=9)
    expire(comment)
    taken = claims.claim(comment, budi)
    assert taken is not None
    assert taken.moderator == budi
    assert Claim.objects.count() == 1


def test_only_the_owner_releases_and_a_late_release_ends_no_renewed_claim(sari: User, budi: User) -> None:
    comment = make_held()
    claim = claims.claim(comment, sari)
    assert claim is not None
    assert not claims.release(comment, budi)
    Claim.objects.update(until=claim.until + timedelta(seconds=5))
    assert not claims.release(comment, sari, claim.until)
    assert claims.release(comment, sari, claim.until + timedelta(seconds=5))
    assert not Claim.objects.exists()


def test_a_claim_that_is_over_at_once_is_nobodys(sari: User, settings: Any) -> None:
    settings.CLAIM_MINUTES = -1
    comment = make_held()
    assert claims.claim(comment, sari) is None
    assert not claims.is_mine(None, sari)


def test_nobody_is_handed_what_somebody_else_has(sari: User, budi: User) -> None:
    article = make_article()
    first, second = (make_held(article, created_at=NOW() - timedelta(hours=hours)) for hours in (3, 2))
    assert claims.hand_out(Place(), sari) == first
    assert claims.hand_out(Place(), budi) == second
    assert claims.hand_out(Place(), make_moderator("tono")) is None
    expire(first)
    assert claims.hand_out(Place(), budi) == first


def test_reloading_hands_out_the_same_and_going_on_another(sari: User) -> None:
    article = make_article()
    first, second = (make_held(article, created_at=NOW() - timedelta(hours=hours)) for hours in (3, 2))
    assert claims.hand_out(Place(), sari, resume=True) == first
    assert claims.hand_out(Place(), sari, resume=True) == first
    assert claims.hand_out(Place(), sari) == second
    # Nothing free is left: one's own come back rather than an empty page.
    assert claims.hand_out(Place(), sari) == first


def test_what_somebody_left_waiting_goes_to_others(sari: User, budi: User) -> None:
    comment = make_held()
    decide(comment, Status.HELD, kind=Decision.Kind.PERSON, reason="suspicious", moderator=sari, note="Tolong Budi lihat.")
    assert claims.hand_out(Place(), sari) is None
    assert claims.hand_out(Place(), budi) == comment
    claims.release(comment, budi)
    Decision.objects.filter(moderator=sari)._raw_delete("default")  # a shift later it would come back; so does a new text
    assert claims.hand_out(Place(), sari) == comment


def test_one_decided_between_look_and_claim_is_not_handed_out(sari: User, budi: User, monkeypatch: pytest.MonkeyPatch) -> None:
    article = make_article()
    first, second = (make_held(article, created_at=NOW() - timedelta(hours=hours)) for hours in (3, 2))
    plain = claims.claim

    def late(comment: Comment, user: User, **more: Any) -> Any:
        if comment == first:
            decide(Comment.objects.get(pk=first.pk), Status.APPROVED, kind=Decision.Kind.PERSON, reason="fine", moderator=budi)
        return plain(comment, user, **more)

    monkeypatch.setattr(claims, "claim", late)
    assert claims.hand_out(Place(), sari) == second
    assert list(Claim.objects.values_list("comment", flat=True)) == [second.pk]


@pytest.mark.django_db(transaction=True)
def test_five_moderators_share_a_queue_and_meet_nowhere() -> None:
    article = make_article()
    made = {make_held(article).pk for _number in range(40)}
    people = [make_moderator(f"orang-{number}") for number in range(5)]

    def work(user: User) -> list[int]:
        handed = []
        try:
            while (comment := claims.hand_out(Place(), user)) is not None and comment.pk not in handed:
                handed.append(comment.pk)
        finally:
            connection.close()
        return handed

    with ThreadPoolExecutor(5) as pool:
        shares = list(pool.map(work, people))
    handed = [pk for share in shares for pk in share]
    assert len(handed) == len(set(handed)) == 40
    assert set(handed) == made


# --- Scope --------------------------------------------------------------------------------------------------------------


def test_a_scope_narrows_every_view(sari: User) -> None:
    publication, other = make_publication(name="Pagi"), make_publication(name="Sore")
    city, sport = make_section(publication=publication, name="Kota"), make_section(publication=publication, name="Olahraga")
    away = make_section(publication=other, name="Dunia")
    held = {section.name: make_held(make_article(section=section)) for section in (city, sport, away)}
    assert len(ids(Place(), sari)) == 3
    Scope.objects.create(moderator=sari, publication=publication, section=city)
    assert ids(Place(), sari) == [held["Kota"].pk]
    assert sections_for(sari) == [city]
    Scope.objects.create(moderator=sari, publication=other)
    assert set(ids(Place(), sari)) == {held["Kota"].pk, held["Dunia"].pk}
    assert sections_for(sari) == [city, away]
    assert counting.standing(sari).waits["review"] == 2
