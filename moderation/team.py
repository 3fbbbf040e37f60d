"""Working together and working well: notes, assignments, hand-overs, watched articles, saved views, preferences, pauses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from comments.models import Comment
from moderation.access import DECIDE, comments_for, scopes_of, sections_for
from moderation.claims import release
from moderation.desk_models import Assignment, DeskPreference, Handover, Note, SavedView, Watch
from moderation.models import Claim, Decision, Scope
from newsroom.models import Article

if TYPE_CHECKING:
    from newsroom.models import Publication

MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"
TEXT_LENGTH = 2_000
MOST_VIEWS = 30  # of one moderator
MOST_WATCHED = 30
HANDOVER_FOR = timedelta(hours=24)  # so long a hand-over is put before those who have not read it
PAUSE = timedelta(minutes=5)  # so long without a decision is a pause
MOST_DECISIONS = 2_000  # looked at to find the last pause


class Refused(Exception):
    """The act is not possible, and nothing was changed."""


# --- One comment --------------------------------------------------------------------------------------------------------


def moderators_of(comment: Comment) -> list[User]:
    """Everybody who may decide on a comment, by name. One query, however many there are."""
    section = comment.article.section
    own = Scope.objects.filter(moderator=OuterRef("pk"))
    here = own.filter(Q(section=None) | Q(section=section), publication=section.publication_id)
    people = User.objects.with_perm(DECIDE, backend=MODEL_BACKEND).filter(is_staff=True, is_active=True)
    people = people.filter(Q(is_superuser=True) | ~Exists(own) | Exists(here))
    return list(people.order_by("first_name", "username"))


def assign(comment: Comment, to: User | None, by: User, words: str = "") -> Assignment | None:
    """Leave a comment to one colleague, or with None to everybody again; what is said with it is kept as a note.

    Raises Refused where that colleague may not decide on it.
    """
    with transaction.atomic():
        if to is None:
            Assignment.objects.filter(comment=comment).delete()
            made = None
        elif not comments_for(to).filter(pk=comment.pk).exists():
            raise Refused
        else:
            made, _created = Assignment.objects.update_or_create(
                comment=comment, defaults={"moderator": to, "assigned_by": by, "created_at": timezone.now()}
            )
        if words:
            add_note(comment, by, words)
        if to is not None and to.pk != by.pk:
            release(comment, by)
    return made


def add_note(comment: Comment, by: User, words: str) -> Note:
    """Raises Refused where it says nothing, or more than TEXT_LENGTH characters."""
    if not words.strip() or len(words) > TEXT_LENGTH:
        raise Refused
    return Note.objects.create(comment=comment, moderator=by, text=words.strip())


# --- From shift to shift ------------------------------------------------------------------------------------------------


def publications_of(user: User) -> set[int] | None:
    """The publications that somebody's scope names; None for all of them."""
    if user.is_superuser:
        return None
    return {publication_id for publication_id, _section_id in scopes_of(user)} or None


def handovers(user: User) -> QuerySet[Handover]:
    """What was handed over about somebody's publications, the latest first."""
    own = publications_of(user)
    rows = Handover.objects.select_related("moderator", "publication").order_by("-created_at", "-id")
    return rows if own is None else rows.filter(Q(publication=None) | Q(publication__in=own))


def hand_over(by: User, words: str, publication: Publication | None) -> Handover:
    """Raises Refused for an empty or too long text, and for a publication outside of somebody's scope."""
    own = publications_of(by)
    outside = own is not None and (publication is None or publication.pk not in own)
    if outside or not words.strip() or len(words) > TEXT_LENGTH:
        raise Refused
    return Handover.objects.create(moderator=by, text=words.strip(), publication=publication)


def unread_handovers(user: User, preference: DeskPreference) -> list[Handover]:
    since = timezone.now() - HANDOVER_FOR
    if preference.handover_read_at is not None:
        since = max(since, preference.handover_read_at)
    return list(handovers(user).filter(created_at__gt=since).exclude(moderator=user)[:5])


@dataclass(frozen=True, slots=True)
class Looking:
    """One colleague at work, and a comment of theirs that the asker may see; None where all of them lie outside."""

    moderator: User
    comment: Comment | None


def at_work(user: User) -> list[Looking]:
    """Who has something on the screen. Comments outside of the asker's scope are not named."""
    claims = (
        Claim.objects.filter(until__gt=Now(), ahead=False)
        .select_related("moderator", "comment__article")
        .order_by("moderator", "-until")[:200]
    )
    held: dict[int, list[Claim]] = {}
    for claim in claims:
        held.setdefault(claim.moderator_id, []).append(claim)
    seen = set(comments_for(user).filter(pk__in=[claim.comment_id for claim in claims]).values_list("pk", flat=True))
    found = []
    for theirs in held.values():
        shown = next((claim.comment for claim in theirs if claim.comment_id in seen), None)
        found.append(Looking(theirs[0].moderator, shown))
    return found


# --- One's own desk -----------------------------------------------------------------------------------------------------


def watch(user: User, article: Article, on: bool) -> None:
    """Raises Refused for an article outside of somebody's scope, and for one too many."""
    if not on:
        Watch.objects.filter(moderator=user, article=article).delete()
        return
    if article.section not in sections_for(user) or Watch.objects.filter(moderator=user).count() >= MOST_WATCHED:
        raise Refused
    Watch.objects.get_or_create(moderator=user, article=article)


def saved_views(user: User) -> list[SavedView]:
    """Somebody's own and what colleagues share, by name."""
    rows = SavedView.objects.filter(Q(moderator=user) | Q(shared=True)).select_related("moderator")
    return list(rows.order_by("name", "id")[:100])


def save_view(user: User, name: str, query: str, shared: bool) -> SavedView:
    """Keep a view under a name; the same name again replaces it. Raises Refused."""
    if not name or len(name) > 40 or len(query) > 600:
        raise Refused
    known = SavedView.objects.filter(moderator=user)
    if known.count() >= MOST_VIEWS and not known.filter(name=name).exists():
        raise Refused
    try:
        with transaction.atomic():
            made, _created = SavedView.objects.update_or_create(moderator=user, name=name, defaults={"query": query, "shared": shared})
    except IntegrityError as error:
        raise Refused from error
    return made


def preference_of(user: User) -> DeskPreference:
    found: DeskPreference | None = getattr(user, "desk", None)  # asked for once for each object
    return found if found is not None else DeskPreference(moderator=user)


def at_it_since(user: User, preference: DeskPreference) -> datetime | None:
    """Since when somebody decides without a pause; None where nothing was decided for PAUSE, or no hint is wanted.

    Only times are looked at, never how many: this is a hint to rest, not a measure of anybody.
    """
    if not preference.break_minutes:
        return None
    now = timezone.now()
    since = now - timedelta(minutes=preference.break_minutes) - 2 * PAUSE
    if preference.rested_at is not None:
        since = max(since, preference.rested_at)
    times = Decision.objects.filter(moderator=user, created_at__gt=since).order_by("-created_at").values_list("created_at", flat=True)
    begun: datetime | None = None
    for moment in times[:MOST_DECISIONS]:
        if (begun or now) - moment > PAUSE:
            break
        begun = moment
    return begun


def wants_pause(since: datetime | None, preference: DeskPreference) -> bool:
    """Whether somebody who is at it since then should be told."""
    return since is not None and timezone.now() - since >= timedelta(minutes=preference.break_minutes)
