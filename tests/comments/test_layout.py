"""From nodes to what stands on the screen: three levels, the rest counted, and each reader's own comments in their places."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from comments.layout import Entry, lay_out
from comments.models import Comment
from comments.submission import edit
from comments.threads import Node, Sort, ThreadPage, read_branch, read_page
from newsroom.models import Article
from tests.factories import make_article, make_comment

pytestmark = pytest.mark.django_db


def chain(article: Article, length: int) -> list[Comment]:
    found = [make_comment(article)]
    while len(found) < length:
        found.append(make_comment(article, parent=found[-1]))
    return found


def names(entries: list[Entry]) -> list[object]:
    return [[entry.comment.author_name, *names(entry.replies)] for entry in entries]


def test_three_levels_nest_and_the_rest_is_counted_where_it_goes_on() -> None:
    article = make_article()
    a, b, c, *_deeper = chain(article, 5)
    make_comment(article, parent=c)
    entries = lay_out(read_page(article, levels=3)).entries
    third = entries[0].replies[0].replies
    assert (entries[0].comment, entries[0].replies[0].comment) == (a, b)
    assert [(entry.comment, entry.replies, entry.hidden, entry.answers) for entry in third] == [(c, [], 3, None)]
    assert (entries[0].hidden, entries[0].replies[0].hidden) == (0, 0)


def test_a_conversation_goes_on_from_any_comment_to_the_last_level() -> None:
    article = make_article()
    comments = chain(article, 31)
    found, top = [], comments[0]
    while True:
        entry = lay_out(read_branch(top, levels=3), branch=True).entries[0]
        assert entry.comment == top
        while entry.replies:
            (entry,) = entry.replies
            found.append(entry.comment)
        if not entry.hidden:
            break
        top = entry.comment
    assert found == comments[1:]


def test_ones_own_waiting_reply_to_the_last_level_stands_flat_and_says_whom_it_answers() -> None:
    article = make_article()
    _a, _b, c = chain(article, 3)
    mine = make_comment(article, parent=c, status="held")
    third = lay_out(read_page(article, levels=3), [mine]).entries[0].replies[0].replies
    assert [(entry.comment, entry.mine, entry.answers) for entry in third] == [(c, False, None), (mine, True, c)]


def test_a_public_comment_of_ones_own_can_be_changed_in_its_place_for_a_while() -> None:
    article = make_article()
    fresh, old = make_comment(article), make_comment(article, created_at=timezone.now() - timedelta(hours=1))
    elsewhere = make_comment(article)
    page = read_page(article)
    page.nodes[:] = [node for node in page.nodes if node.comment != elsewhere]
    layout = lay_out(page, [fresh, elsewhere])
    assert {entry.comment: (entry.mine, entry.until is not None) for entry in layout.entries} == {fresh: (False, True), old: (False, False)}
    assert layout.apart == []


def test_what_a_reader_said_is_marked() -> None:
    article = make_article()
    a, b = chain(article, 2)
    layout = lay_out(read_page(article), votes={b.pk: "disagree"})
    assert {entry.comment: entry.vote for entry in layout} == {a: "", b: "disagree"}


@pytest.mark.parametrize(("body", "folded"), [("x" * 1_200, False), ("x" * 1_201, True), ("a\n" * 14 + "b", False), ("a\n" * 16, True)])
def test_long_texts_are_folded(body: str, folded: bool) -> None:
    assert lay_out(read_page(make_comment(body=body).article)).entries[0].long is folded


def test_edits_are_told_by_their_times_alone() -> None:
    comment = make_comment(body="Lama sekali.", created_at=timezone.now())
    edit(comment, "Baru.")
    edit(comment, "Lebih baru.")
    assert comment.move_to("approved")  # type: ignore[arg-type]
    entry = lay_out(read_page(comment.article)).entries[0]
    assert entry.edits == [revision.replaced_at for revision in comment.revisions.order_by("-number")]
    assert len(entry.edits) == 2


def test_a_waiting_reply_stands_below_its_parent() -> None:
    article = make_article()
    parent = make_comment(article)
    make_comment(article, parent=parent)
    mine = make_comment(article, parent=parent, status="held")
    layout = lay_out(read_page(article), [mine])
    assert [entry.mine for entry in layout.entries[0].replies] == [False, True]
    assert layout.apart == []


def test_a_waiting_reply_whose_parent_is_elsewhere_stands_apart() -> None:
    article = make_article()
    parent = make_comment(article)
    mine = make_comment(article, parent=parent, status="held")
    layout = lay_out(ThreadPage([], Sort.OLDEST), [mine])
    assert layout.entries == []
    assert [(entry.comment, entry.mine, entry.answers) for entry in layout.apart] == [(mine, True, parent)]


@pytest.mark.parametrize(
    ("sort", "following", "previous", "branch", "place"),
    [
        (Sort.OLDEST, "", "", False, "last"),
        (Sort.OLDEST, "x", "", False, "apart"),
        (Sort.NEWEST, "x", "", False, "first"),
        (Sort.NEWEST, "", "x", False, "apart"),
        (Sort.BEST, "", "", False, "apart"),
        (Sort.OLDEST, "", "", True, "apart"),
    ],
)
def test_where_a_waiting_comment_of_its_own_stands(sort: Sort, following: str, previous: str, branch: bool, place: str) -> None:
    article = make_article()
    public, mine = make_comment(article), make_comment(article, status="pending")
    layout = lay_out(ThreadPage([Node(public)], sort, next=following, previous=previous), [mine], branch=branch)
    shown = [entry.comment for entry in layout.entries]
    apart = [entry.comment for entry in layout.apart]
    assert (shown, apart) == {"last": ([public, mine], []), "first": ([mine, public], []), "apart": ([public], [mine])}[place]


def test_a_removed_comment_of_ones_own_is_shown_in_its_place_once() -> None:
    article = make_article()
    comment = make_comment(article)
    reply = make_comment(article, parent=comment)
    comment.refresh_from_db()
    assert comment.move_to("held")  # type: ignore[arg-type]
    entries = lay_out(read_page(article), [comment]).entries
    assert [(entry.comment, entry.mine, entry.removed) for entry in entries] == [(comment, True, False)]
    assert [entry.comment for entry in entries[0].replies] == [reply]
    assert [(entry.mine, entry.removed) for entry in lay_out(read_page(article)).entries] == [(False, True)]


def test_hidden_replies_are_counted_where_they_hang(settings: object) -> None:
    settings.COMMENT_REPLIES_SHOWN = 2  # type: ignore[attr-defined]
    article = make_article()
    top = make_comment(article)
    for _number in range(5):
        make_comment(article, parent=top)
    entry = lay_out(read_page(article)).entries[0]
    assert (len(entry.replies), entry.hidden) == (2, 3)
