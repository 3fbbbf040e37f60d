"""Prepared statements: the rows that the ORM finds and adds, fresh each time, in one statement."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Coalesce, Concat
from django.db.models.signals import post_save
from django.forms.models import model_to_dict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from comments.models import Comment, Commenter
from comments.states import Status
from comments.submission import add_comment, add_commenter
from newsroom.models import Article
from newsroom.prepared import Prepared, PreparedInsert
from newsroom.views import ARTICLE_AT
from tests.factories import make_article, make_comment

pytestmark = pytest.mark.django_db


def test_rows_are_the_orm_s_own_with_those_they_point_at() -> None:
    article = make_article()
    expected = Article.objects.select_related("section__publication").get(pk=article.pk)
    with CaptureQueriesContext(connection) as asked:
        found = ARTICLE_AT.first(article.slug)
        assert found is not None
        assert model_to_dict(found) == model_to_dict(expected)
        assert found.published_at == expected.published_at
        assert found.publication == expected.publication
        assert not found._state.adding
    assert len(asked) == 1


def test_each_run_asks_again_and_with_its_own_value() -> None:
    one, other = make_article(), make_article()
    assert ARTICLE_AT.first(one.slug) == one
    assert ARTICLE_AT.first(other.slug) == other
    assert ARTICLE_AT.first("tidak-ada") is None
    Article.objects.filter(pk=one.pk).update(title="Judul baru")
    assert ARTICLE_AT.first(one.slug).title == "Judul baru"  # type: ignore[union-attr]  # it is there
    one.delete()
    assert ARTICLE_AT.first(one.slug) is None


def test_annotations_deferred_columns_and_several_values() -> None:
    article = make_article()
    comment = make_comment(article, status=Status.APPROVED)
    query = Prepared(
        lambda public_id, status, key: (
            Comment.objects.filter(pk=key, status=status, public_id=public_id)
            .annotate(words=Concat(F("author_name"), Value("!")), none=Coalesce(F("parent_id"), 0))
            .defer("body_raw")
        ),
        str,
        str,
        int,
    )
    found: Any = query.first(comment.public_id, "approved", comment.pk)
    assert (found.words, found.none) == (f"{comment.author_name}!", 0)
    assert found.get_deferred_fields() == {"body_raw"}
    assert found.body_raw == comment.body_raw
    assert query.first(comment.public_id, "held", comment.pk) is None


def test_a_value_that_the_field_changes_is_refused() -> None:
    query: Prepared[Comment] = Prepared(lambda text: Comment.objects.filter(public_id__startswith=text), str)
    with pytest.raises(ValueError, match="as it was given"):
        query.first("a")


def test_an_added_row_is_as_the_orm_adds_it() -> None:
    article = make_article()
    values: dict[str, Any] = {"article": article, "author_name": "Sari", "body_raw": "Setuju.", "body_html": "<p>Setuju.</p>"}
    before = timezone.now()
    with CaptureQueriesContext(connection) as asked:
        mine = add_comment(Comment(**values, ip="2001:db8::1", fill_seconds=2.5))
    assert len(asked) == 1
    assert not mine._state.adding
    kept = Comment.objects.get(pk=mine.pk)
    assert (kept.public_id, kept.created_at, kept.ip, kept.fill_seconds) == (mine.public_id, mine.created_at, "2001:db8::1", 2.5)
    assert (kept.status, kept.revision, kept.parent_id, kept.idempotency_key) == (Status.PENDING, 1, None, None)
    assert kept.screen_due_at is not None
    assert before < kept.screen_due_at < timezone.now() + timedelta(minutes=1)
    mine.author_name = "Sari N."
    mine.save()
    again = Comment.objects.get(pk=mine.pk)
    assert (again.author_name, again.screen_due_at) == ("Sari N.", kept.screen_due_at)
    assert mine.screen_due_at == kept.screen_due_at


def test_who_listens_to_saving_is_told() -> None:
    told: list[str] = []

    def listen(instance: Commenter, **_kwargs: object) -> None:
        told.append(instance.key)

    post_save.connect(listen, sender=Commenter)
    try:
        added = add_commenter(Commenter())
    finally:
        post_save.disconnect(listen, sender=Commenter)
    assert told == [added.key]
    assert add_commenter(Commenter()).key not in told
    assert Commenter.objects.count() == 2


def test_expressions_come_from_the_database_each_time() -> None:
    add: PreparedInsert[Commenter] = PreparedInsert(Commenter, name=lambda: Concat(Value("a"), Value("b")))
    assert [Commenter.objects.get(pk=add(Commenter()).pk).name for _ in range(2)] == ["ab", "ab"]
