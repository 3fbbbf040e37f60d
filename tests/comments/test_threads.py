from __future__ import annotations

import base64
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from comments import cursors
from comments.cursors import BadCursor, Key
from comments.models import Comment
from comments.states import Status
from comments.threads import ORDERS, Node, Sort, page_cursor_of, read_branch, read_page, read_replies, waiting_of
from newsroom.models import Article
from tests.factories import make_article, make_comment, make_commenter

pytestmark = pytest.mark.django_db


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


START = datetime(2026, 3, 1, 8, tzinfo=UTC)


def ids(nodes: list[Node]) -> list[int]:
    return [node.comment.pk for node in nodes]


def all_pages(article: Article, sort: Sort, size: int) -> list[list[int]]:
    pages, cursor = [], ""
    while True:
        page = read_page(article, sort, cursor, size)
        pages.append(ids(page.nodes))
        if not page.next:
            return pages
        cursor = page.next


def expected(comments: list[Comment], sort: Sort) -> list[int]:
    if sort == Sort.NEWEST:
        return [one.pk for one in sorted(comments, key=lambda one: (one.created_at, one.pk), reverse=True)]
    if sort == Sort.BEST:
        return [one.pk for one in sorted(comments, key=lambda one: (-one.best_rank, one.created_at, one.pk))]
    return [one.pk for one in sorted(comments, key=lambda one: (one.created_at, one.pk))]


@pytest.mark.parametrize("sort", list(Sort))
def test_forward_and_back(sort: Sort) -> None:
    article = make_article()
    dice = random.Random(7)
    made = [
        make_comment(article, created_at=START + timedelta(minutes=dice.randrange(4)), reaction_count=dice.randrange(3)) for _ in range(11)
    ]
    wanted = expected(made, sort)
    pages = all_pages(article, sort, 4)
    assert pages == [wanted[:4], wanted[4:8], wanted[8:]]
    last = read_page(article, sort, read_page(article, sort, read_page(article, sort, "", 4).next, 4).next, 4)
    assert (ids(last.nodes), last.next) == (wanted[8:], "")
    middle = read_page(article, sort, last.previous, 4)
    assert ids(middle.nodes) == wanted[4:8]
    first = read_page(article, sort, middle.previous, 4)
    assert (ids(first.nodes), first.previous) == (wanted[:4], "")
    assert ids(read_page(article, sort, first.next, 4).nodes) == wanted[4:8]


@hypothesis_settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    rows=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.sampled_from(list(Status)), st.booleans()), max_size=14),
    sort=st.sampled_from(list(Sort)),
    size=st.integers(1, 5),
)
def test_following_the_pages_meets_each_visible_comment_once(rows: list[tuple[int, int, Status, bool]], sort: Sort, size: int) -> None:
    article = make_article()
    visible = []
    for minutes, reactions, status, answered in rows:
        comment = make_comment(
            article,
            status=Status.APPROVED if answered else status,
            created_at=START + timedelta(minutes=minutes),
            reaction_count=reactions,
        )
        if answered:
            make_comment(article, parent=comment)
            if status in {Status.HELD, Status.REJECTED, Status.SPAM, Status.WITHDRAWN}:
                assert comment.move_to(status)
        if answered or status == Status.APPROVED:
            visible.append(comment)
    seen = [pk for page in all_pages(article, sort, size) for pk in page]
    assert seen == expected(visible, sort)


def test_what_arrives_meanwhile_shifts_nothing() -> None:
    article = make_article()
    made = [make_comment(article, created_at=START + timedelta(minutes=number)) for number in range(6)]
    first = read_page(article, Sort.NEWEST, "", 3)
    make_comment(article)
    made[3].move_to(Status.REJECTED)
    assert ids(read_page(article, Sort.NEWEST, first.next, 3).nodes) == [made[2].pk, made[1].pk, made[0].pk]


def test_replies_hang_below_their_parents_oldest_first() -> None:
    article = make_article()
    top = make_comment(article)
    late = make_comment(article, parent=top, created_at=START + timedelta(minutes=2))
    early = make_comment(article, parent=top, created_at=START)
    below = make_comment(article, parent=late)
    make_comment(article, parent=top, status=Status.HELD)
    (node,) = read_page(article).nodes
    assert ids(node.replies) == [early.pk, late.pk]
    assert ids(node.replies[1].replies) == [below.pk]
    assert (node.hidden_replies, node.removed) == (0, False)


def test_a_reply_from_before_its_parent_is_not_lost() -> None:
    """A clock that jumped back between the two."""
    article = make_article()
    top = make_comment(article, created_at=START)
    parent = make_comment(article, parent=top, created_at=START + timedelta(hours=1))
    reply = make_comment(article, parent=parent, created_at=START)
    assert ids(read_page(article).nodes[0].replies[0].replies) == [reply.pk]
    cut = read_page(article, replies=1).nodes[0]
    assert (ids(cut.replies), cut.hidden_replies) == ([reply.pk], 1)


def test_hidden_replies_are_counted() -> None:
    article = make_article()
    top = make_comment(article)
    one = make_comment(article, parent=top)
    for _ in range(3):
        make_comment(article, parent=one)
    make_comment(article, parent=top)
    (node,) = read_page(article, replies=2).nodes
    assert (len(node.replies), len(node.replies[0].replies)) == (1, 1)
    assert (node.replies[0].hidden_replies, node.hidden_replies) == (2, 1)


def test_tombstones_hold_the_place_of_what_is_below() -> None:
    article = make_article()
    top = make_comment(article)
    reply = make_comment(article, parent=top)
    below = make_comment(article, parent=reply)
    for gone in (top, reply):
        assert Comment.objects.get(pk=gone.pk).move_to(Status.SPAM)
    (node,) = read_page(article).nodes
    assert (node.removed, node.replies[0].removed, node.replies[0].replies[0].removed) == (True, True, False)
    Comment.objects.get(pk=below.pk).move_to(Status.WITHDRAWN)
    assert read_page(article).nodes == []


def test_a_branch_reaches_every_comment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "COMMENT_REPLIES_SHOWN", 4)
    monkeypatch.setattr(settings, "COMMENT_PAGE_SIZE", 3)
    article = make_article()
    top = make_comment(article)
    make_comment(article, parent=make_comment(article))
    dice, made = random.Random(3), [top]
    for _ in range(17):
        made.append(make_comment(article, parent=dice.choice(made)))

    def below(node: Node) -> list[int]:
        return [pk for reply in node.replies for pk in (reply.comment.pk, *below(reply))]

    seen, page = below(read_branch(top).nodes[0]), read_branch(top)
    while page.next:
        page = read_branch(top, page.next)
        seen += below(page.nodes[0])
    assert sorted(seen) == sorted(one.pk for one in made[1:])

    flat, replies = [], read_replies(top)
    flat += replies.rows
    while replies.next:
        replies = read_replies(top, replies.next)
        flat += replies.rows
    assert [one.pk for one in flat] == [one.pk for one in made[1:]]
    assert all(one.parent is not None and one.parent.public_id for one in flat)


def test_a_branch_of_a_reply_holds_its_own_only() -> None:
    article = make_article()
    top = make_comment(article)
    one, two = make_comment(article, parent=top), make_comment(article, parent=top)
    deep = make_comment(article, parent=make_comment(article, parent=one))
    make_comment(article, parent=two)
    assert {reply.pk for reply in read_replies(one).rows} == {deep.parent_id, deep.pk}
    assert ids(read_branch(one).nodes[0].replies) == [deep.parent_id]


def test_a_path_is_not_mistaken_for_a_longer_one() -> None:
    """1.2 is no ancestor of what hangs below 1.20."""
    article = make_article()
    top = make_comment(article)
    one = make_comment(article, parent=top)
    other = make_comment(article, parent=top)
    stranger = make_comment(article, parent=other)
    Comment.objects.filter(pk=stranger.pk).update(path=f"{top.pk}.{one.pk}0")
    assert read_replies(one).rows == []


def test_the_page_of_a_comment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "COMMENT_PAGE_SIZE", 3)
    article = make_article()
    made = [make_comment(article, created_at=START + timedelta(minutes=number)) for number in range(7)]
    reply = make_comment(article, parent=made[6])
    assert [page_cursor_of(one) for one in made[:3]] == ["", "", ""]
    for comment in (*made[3:], reply):
        root = comment.root or comment
        assert ids(read_page(article, Sort.OLDEST, page_cursor_of(comment)).nodes)[0] == root.pk


def test_what_waits_is_its_authors_alone() -> None:
    article, me, you = make_article(), make_commenter(), make_commenter()
    mine = [make_comment(article, commenter=me, status=status) for status in (Status.PENDING, Status.HELD, Status.REJECTED, Status.SPAM)]
    make_comment(article, commenter=me)
    make_comment(article, commenter=me, status=Status.WITHDRAWN)
    make_comment(article, commenter=you, status=Status.HELD)
    make_comment(commenter=me, status=Status.HELD)
    assert waiting_of(me, article) == mine
    assert waiting_of(None, article) == []


def test_a_page_costs_two_queries(django_assert_num_queries: Any) -> None:
    article = make_article()
    for _ in range(12):
        make_comment(article, parent=make_comment(article))
    with django_assert_num_queries(2):
        page = read_page(article)
        assert [node.comment.body_html for node in page.nodes]
        assert [reply.comment.author_name for node in page.nodes for reply in node.replies]
    with django_assert_num_queries(1):
        assert [reply.parent and reply.parent.public_id for reply in read_replies(page.nodes[0].comment).rows]


# --- cursors ----------------------------------------------------------------------------------------------------------------------


@given(st.text(max_size=220) | st.binary(max_size=150).map(encoded))
def test_no_cursor_breaks_anything(cursor: str) -> None:
    for sort in Sort:
        try:
            _backwards, position = cursors.decode(cursor, ORDERS[sort], sort.value)
        except BadCursor:
            continue
        assert len(position) == len(ORDERS[sort])


@pytest.mark.parametrize(
    "text",
    [
        "n|oldest|2026-01-01T00:00:00|1",  # no zone
        "n|oldest|0001-01-01T00:00:00+14:00|1",  # cannot be carried into UTC
        "n|oldest|9999-12-31T23:59:59-14:00|1",
        f"n|oldest|2026-01-01T00:00:00+00:00|{2**63}",
        "n|oldest|2026-01-01T00:00:00+00:00|" + "9" * 90,
        "n|newest|2026-01-01T00:00:00+00:00|1",
        "x|oldest|2026-01-01T00:00:00+00:00|1",
        "n|oldest|2026-01-01T00:00:00+00:00",
        "n|oldest|2026-01-01T00:00:00+00:00|1|2",
        "n|oldest|kemarin|1",
        "n|oldest|2026-01-01T00:00:00+00:00|satu",
        "",
        "\u00e9",
    ],
)
def test_cursors_of_nobody(text: str) -> None:

    cursor = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    with pytest.raises(BadCursor):
        cursors.decode(cursor or "=", ORDERS[Sort.OLDEST], "oldest")


def test_a_cursor_of_another_order_is_refused() -> None:
    article = make_article()
    for _ in range(3):
        make_comment(article)
    cursor = read_page(article, Sort.OLDEST, "", 1).next
    with pytest.raises(BadCursor):
        read_page(article, Sort.NEWEST, cursor, 1)
    with pytest.raises(BadCursor):
        read_replies(Comment.objects.all()[0], cursor)


def test_there_and_back() -> None:
    comment = make_comment(created_at=timezone.now())
    order = (Key("created_at", datetime), Key("id", int))
    assert cursors.decode(cursors.encode(comment, order, "x"), order, "x") == (False, [comment.created_at, comment.pk])
    assert cursors.decode(cursors.encode(comment, order, "x", backwards=True), order, "x")[0] is True
