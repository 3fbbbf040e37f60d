"""Notices of illegal content: taken from anybody, with a receipt and a clock; answered by a person, with words that are sent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from comments.models import ALPHABET, ID_LENGTH, Comment
from comments.states import Status, may_move
from comments.submission import TooFast
from moderation import notices
from moderation.access import may_decide, scope_of
from moderation.decisions import Stale, decide
from moderation.models import Decision, LegalNotice
from moderation.reasons import Reason
from newsroom import limits
from newsroom.models import Article

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LONGEST_ADDRESS = 500
NAMED = re.compile(rf"(?:^|komentar[-/])([{ALPHABET}]{{{ID_LENGTH}}})(?:[/?#]|$)")
ARTICLE = re.compile(r"/artikel/([\w-]{1,120})(?:/|$)")


class Answered(Exception):
    """Somebody else has answered, or decided on the comment, meanwhile. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Target:
    article: Article
    comment: Comment | None = None


def find_target(address: str) -> Target | None:
    """What an address means: a comment by its permalink, its place on a page or its id; else an article. None: nothing of ours.

    Only what is or was public can be named, so that nobody learns here which ids there are.
    """
    address = unquote(address.strip())[:LONGEST_ADDRESS]
    if named := NAMED.search(address):
        rows = Comment.objects.filter(public_id=named[1], published_at__isnull=False, article__in=Article.objects.published())
        comment = rows.select_related("article__section__publication").first()
        if comment is not None:
            return Target(comment.article, comment)
    try:
        path = urlsplit(address).path
    except ValueError:
        return None
    slug = ARTICLE.search(path)
    article = Article.objects.published().filter(slug=slug[1]).first() if slug else None
    return Target(article) if article is not None else None


def notify(target: Target, *, kind: str, explanation: str, name: str, email: str, network: str) -> LegalNotice:
    """Keep a notice and confirm it by mail. The same sender's open notice about the same content answers for a second one.

    Raises TooFast, with nothing kept.
    """
    if email:
        same = LegalNotice.objects.filter(article=target.article, comment=target.comment, email__iexact=email, answered_at=None).first()
        if same is not None:
            return same
    if wait := limits.hit("legal", network, settings.LEGAL_NOTICE_LIMITS):
        raise TooFast(wait)
    with transaction.atomic():
        found = LegalNotice.objects.create(
            article=target.article,
            comment=target.comment,
            kind=kind,
            explanation=explanation,
            name=name,
            email=email,
            due_at=timezone.now() + timedelta(hours=settings.LEGAL_NOTICE_HOURS),
        )
        notices.prepare_receipt(found)
    return found


def open_notices(user: User) -> QuerySet[LegalNotice]:
    """What waits for an answer within a moderator's scope, the most urgent first."""
    if not may_decide(user):
        return LegalNotice.objects.none()
    rows = LegalNotice.objects.filter(scope_of(user), answered_at=None)
    return rows.select_related("article__section__publication", "comment").order_by("due_at", "id")


def answer(found: LegalNotice, user: User, *, remove: bool, words: str, status: str = "", revision: int = 0) -> LegalNotice:
    """Close a notice and tell its sender. With `remove` the comment, as it was seen (`status`, `revision`), is rejected.

    Raises Answered, with nothing changed, where either has moved on.
    """
    try:
        with transaction.atomic():
            waiting = LegalNotice.objects.filter(pk=found.pk, answered_at=None)
            if waiting.update(answered_at=timezone.now(), answered_by=user, removed=remove, answer=words) != 1:
                raise Answered
            decision = None
            comment = found.comment
            if remove and comment is not None:
                if (comment.status, comment.revision) != (status, revision):
                    raise Answered
                if may_move(Status(comment.status), Status.REJECTED) and comment.status != Status.SPAM:
                    decision = decide(
                        comment,
                        Status.REJECTED,
                        kind=Decision.Kind.PERSON,
                        reason=Reason.ILLEGAL,
                        moderator=user,
                        note=found.reference,
                    )
                    LegalNotice.objects.filter(pk=found.pk).update(decision=decision)
            found.refresh_from_db()
            notices.prepare_verdict(found)
    except Stale as error:
        raise Answered from error
    return found
