"""Who may decide, and on which comments: Django's permission "moderation.decide", and the publications and sections of Scope."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet

from comments.models import Comment, CommentQuerySet
from moderation.models import Scope
from newsroom.models import Publication, Section

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

DECIDE = "moderation.decide"


def may_decide(user: User | AnonymousUser) -> bool:
    """Whether somebody is a moderator at all; `comments_for` says of what."""
    return user.is_active and user.is_staff and user.has_perm(DECIDE)


def scope_of(user: User | AnonymousUser, to_comment: str = "") -> Q:
    """The condition on rows that a person may see. `to_comment` leads from the row to its comment, such as "comment__".

    Somebody without a Scope, and every superuser, sees everything. One query, or none within a request of the desk.
    """
    return Q() if user.is_superuser or user.pk is None else within(scopes_of(user), to_comment)


def within(scopes: Iterable[tuple[int, int | None]], to_comment: str = "") -> Q:
    """The condition on rows that lie within some publications and sections; everything does where none is named."""
    section = f"{to_comment}article__section"
    allowed = Q()
    for publication_id, section_id in scopes:
        if not section_id:
            allowed |= Q(**{f"{section}__publication": publication_id})
        else:
            allowed |= Q(**{section: section_id, f"{section}__publication": publication_id})
    return allowed


def scopes_of(user: User | AnonymousUser) -> list[tuple[int, int | None]]:
    """The publications and sections of somebody's scopes; none for everything."""
    known: list[tuple[int, int | None]] | None = getattr(user, "known_scopes", None)
    if known is not None:
        return known
    return list(Scope.objects.filter(moderator_id=user.pk).values_list("publication_id", "section_id"))


def keep_scopes(user: User) -> None:
    """Ask for the scopes once for as long as this object lives: for the user of one request, who asks a dozen times."""
    user.known_scopes = scopes_of(user)  # type: ignore[attr-defined]


def comments_for(user: User | AnonymousUser) -> CommentQuerySet:
    """The comments that a moderator may see and decide; none for everybody else."""
    if not may_decide(user):
        return Comment.objects.none()
    return Comment.objects.filter(scope_of(user))


def sections_for(user: User) -> list[Section]:
    """The sections that lie within a moderator's scope, with their publications."""
    rows = Section.objects.select_related("publication").order_by("publication", "position", "name")
    if not user.is_superuser and (scopes := scopes_of(user)):
        named = Q()
        for publication_id, section_id in scopes:
            named |= Q(pk=section_id) if section_id else Q(publication=publication_id)
        rows = rows.filter(named)
    return list(rows)


def publications_for(user: User | AnonymousUser, permission: str) -> QuerySet[Publication]:
    """The publications that somebody with a permission may use it on: all without a Scope, else those that are in it as a whole."""
    rows = Publication.objects.order_by("pk")
    if not (user.is_active and user.is_staff and user.has_perm(permission)):
        return rows.none()
    scopes = Scope.objects.filter(moderator_id=user.pk)
    if user.is_superuser or not scopes.exists():
        return rows
    return rows.filter(pk__in=scopes.filter(section=None).values("publication"))
