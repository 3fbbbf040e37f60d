"""The demo: loaded once, into an empty database, with a true history for every comment."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from comments.models import Comment
from comments.states import Status
from moderation import seeding as readers
from moderation.models import Decision, Finding, Notice, Phrase, Report
from newsroom import seeding as newsroom
from newsroom.models import Article, Publication

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo() -> dict[str, int]:
    return {**newsroom.seed(), **readers.seed()}


def test_counts_are_what_is_there(demo: dict[str, int]) -> None:
    assert demo["publications"] == Publication.objects.count() == 2
    assert demo["articles"] == Article.objects.published().count() >= 11
    assert demo["comments"] == Comment.objects.count() >= 50
    assert demo["phrases"] == Phrase.objects.count() > 50


def test_dry_run_counts_the_same_and_writes_nothing() -> None:
    would = {**newsroom.seed(dry_run=True), **readers.seed(dry_run=True)}
    assert (Publication.objects.count(), Comment.objects.count(), Phrase.objects.count()) == (0, 0, 0)
    assert would == {**newsroom.seed(), **readers.seed()}


def test_a_second_time_nothing_is_loaded(demo: dict[str, int]) -> None:
    assert newsroom.seed() == {}
    assert readers.seed() == {}


def test_every_verdict_is_there_with_its_reasons(demo: dict[str, int]) -> None:
    states = Counter(Comment.objects.values_list("status", flat=True))
    assert set(states) == set(Status.values) - {Status.PENDING}
    assert states[Status.HELD] >= 5
    assert states[Status.SPAM] >= 4
    assert states[Status.REJECTED] >= 4
    spam_by_the_checks = Decision.objects.filter(kind="screening", outcome="spam").count()
    assert spam_by_the_checks >= 2
    assert set(Decision.objects.filter(outcome="rejected").values_list("reason", flat=True)) >= {"insulting", "private_data", "off_topic"}


def test_history_is_true_and_in_order(demo: dict[str, int]) -> None:
    for comment in Comment.objects.prefetch_related("decisions").select_related("parent", "article"):
        decisions = list(comment.decisions.order_by("id"))
        assert decisions[0].kind == "screening"
        assert comment.article.published_at is not None
        assert comment.article.published_at < comment.created_at < timezone.now()
        moments = [comment.created_at, *(decision.created_at for decision in decisions)]
        assert moments == sorted(moments)
        if comment.status != Status.WITHDRAWN:
            assert decisions[-1].outcome == comment.status
        if comment.parent is not None:
            assert comment.parent.created_at < comment.created_at
        for report in Report.objects.filter(comment=comment):
            assert report.created_at > comment.created_at
    assert Finding.objects.filter(created_at__gte=timezone.now()).count() == 0


def test_nobody_is_written_to_and_nobody_can_log_in(demo: dict[str, int]) -> None:
    assert Notice.objects.count() == 0
    addresses = set(Comment.objects.values_list("author_email", flat=True))
    assert all(address.endswith(".example") for address in addresses)
    moderator = Decision.objects.filter(kind="person").first()
    assert moderator is not None
    assert moderator.moderator is not None
    assert not moderator.moderator.has_usable_password()


def test_the_pages_of_the_demo_show_what_is_public_and_nothing_else(demo: dict[str, int], client: Client) -> None:
    for article in Article.objects.select_related("section__publication"):
        host = article.publication.host or "localhost"
        response: Any = client.get(article.get_absolute_url(), headers={"host": host})
        assert response.status_code == 200
        page = response.content.decode()
        assert ".example" not in page.replace("https://catatan-togar.example", "")
        for comment in article.comments.all():
            shown = comment.is_public and comment.depth < settings.COMMENT_LEVELS  # deeper ones open as a conversation of their own
            assert (f'id="{comment.anchor}"' in page) == shown, comment.body_text


def test_a_seed_that_answers_nothing_is_named() -> None:
    newsroom.seed()
    people = {"a": {"name": "A", "email": "a@contoh.example"}}
    row = {"article": "anak-desa-menghitung-gerhana", "by": "a", "after": 5, "text": "Halo.", "to": "tak-ada"}
    with pytest.raises(ValueError, match="'tak-ada' is answered before it was written"):
        readers.Writer(people).write(readers.make_plan([row], dry_run=False))


def test_comments_of_an_article_that_was_taken_away_are_left_out() -> None:
    newsroom.seed()
    Article.objects.filter(slug="biru-yang-hampir-hilang").delete()
    readers.seed()
    assert not Comment.objects.filter(article__slug="biru-yang-hampir-hilang").exists()
    assert Comment.objects.count() >= 50
