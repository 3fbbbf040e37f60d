"""Measures against people: warn, suspend, ban. Each has an end, a ground, and words that the person is told; a person can object once.

Only somebody whom we know again (an account, a browser with our token) can be suspended; a typed-in name or address proves nothing.
Whoever is suspended is told at the form, and keeps what they typed. A ban that is dodged by forgetting the token is not chased: the
comment waits, with a hint that a suspended person wrote from the same network.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from comments.models import Comment, Commenter
from comments.submission import Barred
from moderation import notices
from moderation.access import scope_of
from moderation.models import Sanction, Scope
from newsroom.models import Article, Publication

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.utils.functional import _StrPromise

BARRING = (Sanction.Kind.SUSPENSION.value, Sanction.Kind.BAN.value)
# So many days each kind may last; the first is what the form offers.
LENGTHS: dict[str, tuple[int, ...]] = {
    Sanction.Kind.WARNING: (90,),
    Sanction.Kind.SUSPENSION: (1, 3, 7, 30),
    Sanction.Kind.BAN: (90, 365, 3650),
}
PERMISSIONS = {
    Sanction.Kind.WARNING: "moderation.impose",
    Sanction.Kind.SUSPENSION: "moderation.impose",
    Sanction.Kind.BAN: "moderation.ban",
}


class NotAllowed(Exception):
    """The kind, the length or the reach is not this person's to impose. Nothing was kept."""


class Unknown(Exception):
    """The comment's author is nobody whom we would know again. Nothing was kept."""


class Settled(Exception):
    """Lifted, ended, objected to or answered before. Nothing was changed."""


class NotYours(Exception):
    """Whoever imposed a measure does not answer the objection to it. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What an author has earned. `level` is new, known or trusted; `since` is the day from which approvals count."""

    level: str
    approved: int
    refused: int
    since: datetime


TRUST_WORDS: dict[str, _StrPromise] = {"new": _("new"), "known": _("known"), "trusted": _("trusted")}
TRUSTED_FROM = 20  # approved comments, none refused
TRUST_LAPSES = timedelta(days=365)  # an approval older than this says nothing of who writes today


# --- In force -----------------------------------------------------------------------------------------------------------


def in_force(now: datetime | None = None) -> Q:
    return Q(lifted_at=None, ends_at__gt=now or timezone.now())


def barring(commenter: Commenter, publication: Publication) -> Sanction | None:
    """The suspension or ban that keeps somebody from writing here, the one that lasts longest. One query."""
    rows = Sanction.objects.filter(in_force(), commenter=commenter, kind__in=BARRING)
    return rows.filter(Q(publication=None) | Q(publication=publication)).order_by("-ends_at").first()


def gate(article: Article, commenter: Commenter | None) -> None:
    """One of settings.SUBMISSION_GATES: raises Barred for somebody who is suspended here."""
    if commenter is None:
        return
    found = barring(commenter, article.publication)
    if found is not None:
        raise Barred(found.ends_at, found.get_reason_display())


def barred_nearby(network: str, commenter_id: int | None, publication: Publication) -> int:
    """How many people who are suspended here wrote from the same network, this one apart. One query."""
    if not network:
        return 0
    rows = Sanction.objects.filter(in_force(), network=network, kind__in=BARRING).exclude(network="")  # as the partial index has it
    rows = rows.filter(Q(publication=None) | Q(publication=publication))
    if commenter_id is not None:
        rows = rows.exclude(commenter=commenter_id)
    return rows.count()


def trusted_since(commenter_id: int | None, now: datetime) -> datetime:
    """From when on approvals count: trust lapses after a year, and a measure against somebody begins it anew."""
    since = now - TRUST_LAPSES
    if commenter_id is None:
        return since
    last = (
        Sanction.objects.filter(commenter=commenter_id, created_at__gt=since).order_by("-created_at").values_list("created_at", flat=True)
    )
    return last.first() or since


def trust(approved: int, refused: int, since: datetime) -> Trust:
    level = "new" if not approved or refused > approved else "trusted" if approved >= TRUSTED_FROM and not refused else "known"
    return Trust(level, approved, refused, since)


# --- Imposing and lifting -----------------------------------------------------------------------------------------------


def may_impose(user: User, kind: str) -> bool:
    return kind in PERMISSIONS and user.has_perm(PERMISSIONS[Sanction.Kind(kind)])


def everywhere(user: User) -> bool:
    """Only somebody without a scope acts on all publications."""
    return user.is_superuser or not Scope.objects.filter(moderator_id=user.pk).exists()


def impose(
    comment: Comment, user: User, kind: str, *, days: int, reason: str, statement: str, note: str = "", everywhere_too: bool = False
) -> Sanction:
    """Keep a measure against a comment's author and tell them. Raises Unknown or NotAllowed."""
    if comment.commenter_id is None:
        raise Unknown
    if not may_impose(user, kind) or days not in LENGTHS[kind] or (everywhere_too and not everywhere(user)):
        raise NotAllowed
    now = timezone.now()
    with transaction.atomic():
        sanction = Sanction.objects.create(
            kind=kind,
            commenter_id=comment.commenter_id,
            publication=None if everywhere_too else comment.article.publication,
            comment=comment,
            network=comment.network,
            reason=reason,
            statement=statement,
            note=note,
            moderator=user,
            created_at=now,
            ends_at=now + timedelta(days=days),
        )
        notices.prepare_sanction(sanction)
    return sanction


def lift(sanction: Sanction, user: User, why: str) -> Sanction:
    """End a measure before its time. Raises Settled."""
    rows = Sanction.objects.filter(in_force(), pk=sanction.pk)
    if rows.update(lifted_at=timezone.now(), lifted_by=user, lifted_why=why) != 1:
        raise Settled
    sanction.refresh_from_db()
    return sanction


# --- Objections ---------------------------------------------------------------------------------------------------------


def object_to(sanction: Sanction, words: str) -> None:
    """The person's objection, once, while the measure is in force. Raises Settled."""
    rows = Sanction.objects.filter(in_force(), pk=sanction.pk, objected_at=None)
    if rows.update(objection=words, objected_at=timezone.now()) != 1:
        raise Settled


def answer(sanction: Sanction, user: User, *, granted: bool, words: str) -> Sanction:
    """Answer an objection, and lift the measure where it is granted. Raises NotYours or Settled."""
    if sanction.moderator_id == user.pk and not user.is_superuser:
        raise NotYours
    now = timezone.now()
    with transaction.atomic():
        rows = Sanction.objects.filter(pk=sanction.pk, objected_at__isnull=False, answered_at=None)
        if rows.update(answer=words, answered_at=now, answered_by=user) != 1:
            raise Settled
        if granted:
            Sanction.objects.filter(pk=sanction.pk, lifted_at=None).update(lifted_at=now, lifted_by=user, lifted_why=words)
        sanction.refresh_from_db()
        notices.prepare_sanction(sanction)
    return sanction


def visible_to(user: User) -> QuerySet[Sanction]:
    """The measures that somebody may see: those whose occasion lies within their scope."""
    rows = Sanction.objects.filter(scope_of(user, "comment__"))
    return rows.select_related(
        "comment__article__section__publication", "moderator", "publication", "lifted_by", "answered_by", "commenter"
    )


def objections(user: User) -> QuerySet[Sanction]:
    """The objections that wait within somebody's scope, the oldest first."""
    return visible_to(user).filter(objected_at__isnull=False, answered_at=None).order_by("objected_at", "id")


def of_person(commenter: Commenter) -> list[Sanction]:
    """What a person is told of on their own page: the measures of the last year, newest first."""
    rows = Sanction.objects.filter(commenter=commenter, ends_at__gt=timezone.now() - timedelta(days=365))
    return list(rows.select_related("publication").order_by("-created_at")[:20])
