"""Pages cost the same number of queries whatever stands in the database: 10 comments or 10,000."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.authtoken.models import Token

from comments.models import Comment, Thread
from comments.states import Status
from moderation import counting
from newsroom.models import Article
from tests.factories import make_article, make_moderator

pytestmark = pytest.mark.django_db


def fill(article: Article, count: int, status: Status) -> None:
    """`count` comments, every other one of them a reply to the one before."""
    now = timezone.now()
    rows = [
        Comment(
            article=article,
            author_name=f"Pembaca {number}",
            body_raw=f"Komentar nomor {number}.",
            body_html=f"<p>Komentar nomor {number}.</p>",
            body_text=f"Komentar nomor {number}.",
            status=status,
            created_at=now - timedelta(seconds=count - number),
        )
        for number in range(count)
    ]
    tops = Comment.objects.bulk_create(rows[::2], batch_size=500)
    for reply, top in zip(rows[1::2], tops, strict=True):
        reply.parent, reply.root, reply.path, reply.depth = top, top, str(top.pk), 1
    Comment.objects.bulk_create(rows[1::2], batch_size=500)
    Comment.objects.filter(pk__in=[top.pk for top in tops[:1_000]]).update(reply_count=1, descendant_count=1)
    Thread.objects.update_or_create(article=article, defaults={"comment_count": count})


def queries(http: Client, address: str) -> int:
    counting.forget()  # what is kept for seconds would be asked for now and then
    with CaptureQueriesContext(connection) as captured:
        assert http.get(address).status_code == 200
    return len(captured)


def test_thread_pages_and_thread_json() -> None:
    small, large = make_article(), make_article()
    fill(small, 10, Status.APPROVED)
    fill(large, 10_000, Status.APPROVED)
    http = Client()
    http.get("/")  # what is read once in a process
    for address in ("/artikel/{}/", "/artikel/{}/?urut=terbaru", "/artikel/{}/?urut=terbaik", "/api/v1/articles/{}/comments/"):
        few, many = queries(http, address.format(small.slug)), queries(http, address.format(large.slug))
        assert few == many, address
        assert many <= 12, address


def test_queue_page_and_queue_json() -> None:
    moderator = make_moderator()
    page, program = Client(), Client(headers={"Authorization": f"Token {Token.objects.create(user=moderator).key}"})
    page.force_login(moderator)
    doors = ((page, "/admin/moderation/queue/"), (program, "/api/v1/moderation/queue/"))
    fill(make_article(), 10, Status.HELD)
    few = {}
    for http, address in doors:
        http.get(address)
        few[address] = queries(http, address)
    fill(make_article(), 10_000, Status.HELD)
    for http, address in doors:
        assert queries(http, address) == few[address], address
        assert few[address] <= 30, address
