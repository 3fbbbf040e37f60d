"""Setuju and Kurang setuju: one of the two of each client, the counters, and the order that follows from them."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from comments import identity
from comments.models import Comment, Reaction, Thread
from comments.reactions import NotPublic, forget, kinds_of, rank, react, take_back
from comments.states import Status
from tests.factories import make_article, make_comment, make_commenter

pytestmark = pytest.mark.django_db


def fresh(comment: Comment) -> tuple[int, int, int]:
    comment.refresh_from_db()
    return comment.reaction_count, comment.disagree_count, comment.best_rank


def test_reactions_and_their_counter() -> None:
    comment = make_comment()
    assert [react(comment, client) for client in "aab"] == [True, False, True]
    assert fresh(comment) == (2, 0, rank(2, 0))
    assert [take_back(comment, client) for client in "aac"] == [True, False, False]
    assert fresh(comment) == (1, 0, rank(1, 0))


def test_one_of_the_two_counts_and_the_later_one() -> None:
    comment = make_comment()
    version = Thread.objects.get().version
    assert [react(comment, "a", kind) for kind in ("agree", "disagree", "disagree", "agree", "disagree")] == [True, True, False, True, True]
    assert fresh(comment) == (0, 1, rank(0, 1))
    assert kinds_of("a", [comment.pk]) == {comment.pk: "disagree"}
    assert kinds_of("b", [comment.pk]) == {}
    assert Thread.objects.get().version == version + 4
    assert take_back(comment, "a") is True
    assert fresh(comment) == (0, 0, 0)


def test_an_unknown_kind_changes_nothing() -> None:
    comment = make_comment()
    with pytest.raises(ValueError):
        react(comment, "a", "love")
    assert fresh(comment) == (0, 0, 0)


def test_a_reaction_to_what_was_hidden_meanwhile_is_not_kept() -> None:
    comment = make_comment()
    react(comment, "a")
    Comment.objects.filter(pk=comment.pk).update(status=Status.HELD)
    for act, client in ((react, "b"), (take_back, "a")):
        with pytest.raises(NotPublic):
            act(comment, client)
    assert (fresh(comment)[0], Reaction.objects.count()) == (1, 1)


def test_forgetting_a_client_takes_back_all_it_said_also_of_what_is_hidden() -> None:
    liked, disliked, hidden = make_comment(), make_comment(), make_comment()
    react(liked, "a")
    react(liked, "b")
    react(disliked, "a", "disagree")
    react(hidden, "a")
    assert hidden.move_to(Status.REJECTED)
    forget("a")
    assert [fresh(one) for one in (liked, disliked, hidden)] == [(1, 0, rank(1, 0)), (0, 0, 0), (0, 0, 0)]
    assert Reaction.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_reactions_at_the_same_moment() -> None:
    comment = make_comment()
    errors: list[BaseException] = []

    def one(number: int) -> None:
        try:
            react(Comment.objects.get(pk=comment.pk), f"client-{number % 5}", ("agree", "disagree")[number % 5 > 2])
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert fresh(comment) == (3, 2, rank(3, 2))


@pytest.mark.parametrize(("agree", "disagree", "place"), [(0, 0, 0), (1, 0, 206543), (5, 0, 565509), (60, 5, 832222), (0, 1, -206543)])
def test_the_place_among_the_best(agree: int, disagree: int, place: int) -> None:
    assert rank(agree, disagree) == pytest.approx(place, abs=200)


@given(agree=st.integers(0, 10_000), disagree=st.integers(0, 10_000))
def test_one_voice_more_moves_the_place_to_its_side(agree: int, disagree: int) -> None:
    here = rank(agree, disagree)
    assert -1_000_000 <= here <= 1_000_000
    assert rank(agree + 1, disagree) >= here
    assert rank(agree, disagree + 1) <= here


# --- by plain forms ---------------------------------------------------------------------------------------------------------


def press(client: Client, **pressed: str) -> Any:
    return client.post("/komentar/suara/", pressed)


def test_a_guest_sees_on_a_page_of_their_own_what_they_said(client: Client) -> None:
    comment = make_comment()
    answer = press(client, setuju=comment.public_id)
    assert (answer.status_code, answer["Location"]) == (303, f"/komentar/{comment.public_id}/suara/")
    page = client.get(answer["Location"])
    assert "Anda setuju dengan komentar ini" in page.content.decode()
    assert page["Cache-Control"] == "no-store"
    assert fresh(comment) == (1, 0, rank(1, 0))
    press(client, kurang=comment.public_id)
    press(client, kurang=comment.public_id)
    assert fresh(comment) == (0, 1, rank(0, 1))
    assert "Anda kurang setuju dengan komentar ini" in client.get(answer["Location"]).content.decode()
    press(client, tarik=comment.public_id)
    assert fresh(comment) == (0, 0, 0)
    # Another browser is another reader.
    other = Client(headers={"User-Agent": "lain"})
    press(other, setuju=comment.public_id)
    assert "Anda belum menilai komentar ini" in client.get(answer["Location"]).content.decode()


def test_a_known_reader_comes_back_to_the_thread_and_sees_the_mark(client: Client) -> None:
    comment = make_comment()
    commenter = make_commenter()
    from django.core import signing

    client.cookies[identity.COOKIE] = signing.dumps(commenter.key, salt=identity.SALT)
    assert press(client, setuju=comment.public_id)["Location"] == comment.get_absolute_url()
    own = client.get(comment.article.get_absolute_url())
    assert 'name="tarik" aria-pressed="true"' in own.content.decode()
    assert own["Cache-Control"] == "no-store"
    # Nobody else is told: the page is the same for all whom we do not know.
    assert "aria-pressed" not in Client().get(comment.article.get_absolute_url()).content.decode()
    assert kinds_of(commenter.key, [comment.pk]) == {comment.pk: "agree"}


def test_what_cannot_be_reacted_to(client: Client) -> None:
    for status in (Status.PENDING, Status.HELD, Status.REJECTED, Status.SPAM, Status.WITHDRAWN):
        assert press(client, setuju=make_comment(status=status).public_id).status_code == 404
    assert press(client, setuju="x" * 5_000).status_code == 404
    assert press(client, lain="x").status_code == 404
    assert client.get("/komentar/suara/").status_code == 405
    assert not Reaction.objects.exists()


def test_another_sites_page_cannot_make_its_visitors_react(client: Client) -> None:
    comment = make_comment()
    assert client.post("/komentar/suara/", {"setuju": comment.public_id}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert fresh(comment) == (0, 0, 0)


def test_reactions_by_form_are_limited(client: Client, settings: Any) -> None:
    settings.COMMENT_REACTION_LIMITS = ((1, 60),)
    first, second = make_comment(), make_comment()
    assert press(client, setuju=first.public_id).status_code == 303
    refused = press(client, setuju=second.public_id)
    assert (refused.status_code, int(refused["Retry-After"]) > 0) == (429, True)
    assert fresh(second) == (0, 0, 0)


def test_the_number_of_those_who_disagree_is_shown_only_where_that_is_wished(client: Client, settings: Any) -> None:
    article = make_article()  # a number with a 1 in it: no id of a comment holds one
    make_comment(article, reaction_count=4, disagree_count=91101)
    assert "91101" not in client.get(article.get_absolute_url()).content.decode()
    assert "91101" not in client.get(f"/api/v1/articles/{article.slug}/comments/").content.decode()
    settings.COMMENT_SHOW_DISAGREEMENT = True
    assert "<b>91101</b>" in client.get(article.get_absolute_url()).content.decode()
    Thread.objects.update(version=99)
    assert client.get(f"/api/v1/articles/{article.slug}/comments/").json()["results"][0]["disagreements"] == 91101
