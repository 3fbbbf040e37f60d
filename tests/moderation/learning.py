"""Decisions of a newsroom, for the tests of what is learned from them."""

from __future__ import annotations

import itertools

from django.contrib.auth.models import User

from comments.models import Comment
from comments.states import Status
from moderation.decisions import decide
from moderation.models import Decision
from newsroom.models import Article, Publication
from tests.factories import make_article, make_comment, make_section
from tests.moderation.classifiers.test_correction import BRAND, CLEAN, FRAMES

_names = itertools.count(1)
MORE_CLEAN = (
    "Saya menunggu penjelasan resmi dari dinas.", "Anak-anak butuh taman bermain yang aman.", "Tolong lampu jalan di gang kami diperbaiki.",
    "Petani sebaiknya mendapat pupuk tepat waktu.", "Bukunya menarik, terima kasih ulasannya.", "Kereta pagi selalu penuh sesak.",
    "Sekolah di desa kekurangan guru.", "Air bersih masih sulit di sini.", "Pelayanan puskesmas makin baik.", "Kapan pasar baru dibuka?",
)  # fmt: skip


def place_of(publication: Publication) -> Article:
    return make_article(section=make_section(publication=publication))


def decided(article: Article, text: str, outcome: Status, by: User, reason: str = "") -> Comment:
    """A comment with a person's decision."""
    comment = make_comment(article, body=text, status=Status.PENDING)
    usual = {Status.APPROVED: "fine", Status.SPAM: "advertising", Status.REJECTED: "insulting"}
    decide(comment, outcome, kind=Decision.Kind.PERSON, reason=reason or usual[outcome], moderator=by, notify=False)
    return comment


def teach_brand(publication: Publication, by: User, count: int = 10, article: Article | None = None) -> list[Comment]:
    """`count` promotions of a name that the model has never seen, marked as spam, and as much clean text, approved."""
    article = article or place_of(publication)
    spam = [decided(article, text.format(BRAND), Status.SPAM, by) for text in FRAMES[:count]]
    clean = [decided(article, text, Status.APPROVED, by) for text in (*CLEAN, *MORE_CLEAN)[: max(count, 10)]]
    return [*spam, *clean]
