"""From nodes to what stands on the screen: three levels, flat below, and each reader's own comments in their places."""

from __future__ import annotations

import pytest

from comments.layout import Entry, lay_out
from comments.models import Comment
from comments.threads import Node, Sort, ThreadPage, read_page
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


def test_three_levels_nest_and_the_rest_is_flat_and_says_whom_it_answers() -> None:
    article = make_article()
    a, b, c, d, e = chain(article, 5)
    side = make_comment(article, parent=c)
    entries = lay_out(read_page(article)).entries
    third = entries[0].replies[0].replies
    assert [entry.comment for entry in third] == [c, d, e, side]
    assert [entry.answers for entry in third] == [None, c, d, c]
    assert (entries[0].comment, entries[0].replies[0].comment) == (a, b)


def test_a_chain_as_deep_as_can_be_is_laid_out() -> None:
    article = make_article()
    comments = chain(article, 31)
    third = lay_out(read_page(article)).entries[0].replies[0].replies
    assert [entry.comment for entry in third] == comments[2:]


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
