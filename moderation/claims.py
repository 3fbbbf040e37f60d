"""Who has which comment on the screen, whose it is, and what is handed out next.

Claims are rows that are inserted, or taken over by compare-and-set. Nothing is locked, so PostgreSQL and SQLite behave alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Exists, ExpressionWrapper, OuterRef, Q
from django.db.models.expressions import Combinable
from django.db.models.fields import DateTimeField
from django.db.models.functions import Now
from django.utils import timezone

from comments.models import Comment
from comments.states import Status
from moderation.desk_models import Presence
from moderation.models import Claim, Decision, Finding
from moderation.place import Place
from moderation.queue import is_harsh, selected

if TYPE_CHECKING:
    from django.contrib.auth.models import User

HANDED_AT_ONCE = 20  # candidates looked at in one go
STEP = 3
MOST_TRIES = 20  # so often somebody else may be faster, until a moderator is told that nothing is left
ROUNDS = 3
# What a page holds in advance is its own for so long and no longer: a colleague must not find the queue empty for its sake.
AHEAD_FOR = timedelta(minutes=3)
PASSED_FOR = timedelta(hours=8)  # a shift: so long nobody is handed again what they themselves left waiting


def claim(comment: Comment, user: User, *, ahead: bool = False) -> Claim | None:
    """Take a comment on the screen, or renew one's own claim. The claim in force, which may be somebody else's; see `is_mine`.

    With `ahead`, for the shorter time of what is not on the screen yet; who opens it takes it over from whoever holds it so.

    None where it changed hands three times while we looked, which the caller treats as somebody else's. `comment.claim` is the answer.
    """
    until = _from_now(AHEAD_FOR if ahead else timedelta(minutes=settings.CLAIM_MINUTES))
    for _round in range(ROUNDS):
        free = Q(moderator=user) | Q(until__lte=Now()) | (Q() if ahead else Q(ahead=True))
        if not Claim.objects.filter(free, comment=comment).update(moderator=user, until=until, ahead=ahead):
            # Does nothing where somebody has it. One statement, where an insert that may fail needs a savepoint around it.
            Claim.objects.bulk_create([Claim(comment=comment, moderator=user, until=until, ahead=ahead)], ignore_conflicts=True)
        found = Claim.objects.filter(comment=comment, until__gt=Now()).select_related("moderator").first()
        if found is not None:
            comment.claim = found
            return found
    return None


def _from_now(length: timedelta) -> Combinable:
    return ExpressionWrapper(Now() + length, output_field=DateTimeField())


def look_on(comment: Comment, user: User) -> None:
    """Somebody has a colleague's comment on the screen: the colleague is to know."""
    Presence.objects.bulk_create(
        [Presence(comment=comment, moderator=user, until=timezone.now() + timedelta(minutes=settings.CLAIM_MINUTES))],
        update_conflicts=True,
        unique_fields=["comment", "moderator"],
        update_fields=["until"],
    )


def onlookers(comment: Comment, user: User) -> list[User]:
    """The others who have a comment on the screen, whoever claimed it."""
    present = Presence.objects.filter(comment=comment, until__gt=Now()).exclude(moderator=user).select_related("moderator")
    return [row.moderator for row in present.order_by("pk")[:5]]


def is_mine(found: Claim | None, user: User) -> bool:
    return found is not None and found.moderator_id == user.pk


def release(comment: Comment, user: User, until: Any = None) -> bool:
    """Give a comment back. With `until`, only the claim as it was then: a late "I have left" must not end a renewed claim."""
    Presence.objects.filter(comment=comment, moderator=user).delete()
    rows = Claim.objects.filter(comment=comment, moderator=user)
    if until is not None:
        rows = rows.filter(until__lte=until + timedelta(milliseconds=1))
    return rows.delete()[0] > 0


def hand_out(
    place: Place,
    user: User,
    *,
    resume: bool = False,
    apart_from: Sequence[str] = (),
    mixed: bool = False,
    after: str = "",
    ahead: bool = False,
) -> Comment | None:
    """The next comment of a view, claimed for this moderator, with its claim; None where nothing is left for them.

    Never one that somebody else has on the screen, that is assigned to somebody else, or that this moderator left waiting a while ago.
    With `resume`, what they themselves have on the screen comes first: reloading the queue must not hand out a second comment.
    `apart_from` are the public ids that their page holds already. With `mixed`, no harsh text follows a harsh one where another waits near
    the head of the queue; what it follows is `after`, a public id, or what they decided last. With `ahead` it is for later: claimed for a
    shorter time, and never the last one that is left.
    """
    rows = selected(place, user)
    own = Q(claim__moderator=user, claim__until__gt=Now())
    if resume and (kept := rows.filter(own).first()) is not None and is_mine(claim(kept, user), user):
        return kept
    passed = Decision.objects.filter(
        comment=OuterRef("pk"),
        revision=OuterRef("revision"),
        moderator=user,
        kind=Decision.Kind.PERSON,
        outcome=Status.HELD,
        created_at__gte=timezone.now() - PASSED_FOR,
    )
    # What a page of theirs held in advance is free for them: one that they left gives it back, which may arrive after this question.
    in_advance = Q(claim__moderator=user, claim__ahead=True)
    free = rows.filter(Q(claim=None) | Q(claim__until__lte=Now()) | in_advance).filter(~Exists(passed))
    free = free.filter(Q(assignment=None) | Q(assignment__moderator=user)).exclude(public_id__in=apart_from)
    for tries in range(MOST_TRIES):
        candidates = list(free[:HANDED_AT_ONCE])
        if not candidates:
            break
        if ahead and len(candidates) < 2:
            return None
        if mixed:
            candidates = _mixed(candidates, user, after)
        # Where others were faster, further down the list nobody is at work yet. SQLite lets one wait for the others again and again.
        candidate = candidates[min(tries * STEP, len(candidates) - 1)]
        if not is_mine(claim(candidate, user, ahead=ahead), user):
            continue
        # Between the look and the claim somebody may have decided it.
        if Comment.objects.filter(pk=candidate.pk, status=candidate.status, revision=candidate.revision).exists():
            return candidate
        release(candidate, user)
    last = rows.filter(own).exclude(public_id__in=apart_from).first()
    return last if last is not None and is_mine(claim(last, user, ahead=ahead), user) else None


def _mixed(candidates: list[Comment], user: User, after: str) -> list[Comment]:
    """The candidates with those last that are harsh, if what stands before them on this moderator's screen is harsh as well."""
    last = Comment.objects.filter(public_id=after).values_list("pk", flat=True).first() if after else None
    if last is None:
        last = Decision.objects.filter(moderator=user).order_by("-created_at").values_list("comment", flat=True).first()
    numbers = [candidate.pk for candidate in candidates] + ([last] if last is not None else [])
    said: dict[int, list[Finding]] = {}
    for finding in Finding.objects.filter(comment__in=numbers).exclude(label=Finding.Label.CLEAN):
        said.setdefault(finding.comment_id, []).append(finding)
    if last is None or not is_harsh(said.get(last, ())):
        return candidates
    return sorted(candidates, key=lambda candidate: is_harsh(said.get(candidate.pk, ())))
