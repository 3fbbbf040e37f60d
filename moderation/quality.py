"""How good the decisions are: blind second looks, agreement beyond chance, and what was overruled. Nobody is ranked.

A second look is drawn at random from what was decided, by people and by the checks, and put before somebody else who sees neither who
decided nor how. It is no decision and changes nothing; where it differs, whoever decided finds it among their own to look at again.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Max, Min, Q, QuerySet
from django.utils import timezone

from comments.models import Comment
from comments.states import Status
from moderation.access import scope_of
from moderation.agreement import Agreement, agreement
from moderation.models import Decision, Finding, SecondLook

if TYPE_CHECKING:
    from django.contrib.auth.models import User

WINDOW = timedelta(days=30)
FINAL = (Status.APPROVED.value, Status.REJECTED.value, Status.SPAM.value)
REFUSED = (Status.REJECTED.value, Status.SPAM.value)
ROUNDS = 5
MOST_LOOKS = 5_000
MOST_OWN = 50
KEPT_FOR = timedelta(hours=2)  # so long a second look that was drawn and not answered is this reviewer's


@dataclass(frozen=True, slots=True)
class Judged:
    """One judge, a moderator or a check: second looks at them, and how many of their decisions others reversed."""

    name: str
    agreement: Agreement
    decided: int
    reversed: int

    @property
    def share_reversed(self) -> float | None:
        return self.reversed / self.decided if self.decided else None


# --- Second looks -------------------------------------------------------------------------------------------------------


def candidates(user: User) -> QuerySet[Decision]:
    """Decisions in force of the last WINDOW that somebody else, or the checks, took, and nobody has looked at again."""
    rows = Decision.objects.filter(scope_of(user, "comment__"), created_at__gte=timezone.now() - WINDOW, outcome__in=FINAL)
    rows = rows.filter(kind__in=[Decision.Kind.SCREENING, Decision.Kind.PERSON], second_look=None)
    rows = rows.filter(comment__status=F("outcome"), comment__revision=F("revision"))
    return rows.exclude(moderator=user)


def draw(user: User) -> SecondLook | None:
    """The second look that this person has open, or a new one at random; None where there is nothing to look at."""
    SecondLook.objects.filter(answered_at=None, created_at__lt=timezone.now() - KEPT_FOR).delete()
    mine = SecondLook.objects.filter(reviewer=user, answered_at=None).select_related("decision__comment")
    if (kept := mine.first()) is not None:
        if _in_force(kept.decision):
            return kept
        kept.delete()
    rows = candidates(user)
    ends = rows.aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is None:
        return None
    for _round in range(ROUNDS):
        # Half of them from people: the checks decide far more, and would fill the sample.
        wanted = rows.filter(moderator__isnull=random.random() < 0.5)  # noqa: S311 - a sample, no secret
        pivot = random.randint(ends["first"], ends["last"])  # noqa: S311
        decision = wanted.filter(pk__gte=pivot).order_by("pk").first() or rows.filter(pk__gte=ends["first"]).order_by("pk").first()
        if decision is None:
            return None
        try:
            with transaction.atomic():
                return SecondLook.objects.create(decision=decision, reviewer=user)
        except IntegrityError:
            continue  # somebody else drew it at the same moment
    return None


def answer(look: SecondLook, outcome: str) -> bool:
    """Write down what the reviewer would have decided, once; False where that was done already."""
    rows = SecondLook.objects.filter(pk=look.pk, answered_at=None)
    if rows.update(outcome=outcome, answered_at=timezone.now()) != 1:
        return False
    look.refresh_from_db()
    return True


def skip(look: SecondLook) -> None:
    """Give it back unanswered."""
    SecondLook.objects.filter(pk=look.pk, answered_at=None).delete()


def _in_force(decision: Decision) -> bool:
    return Comment.objects.filter(pk=decision.comment_id, status=decision.outcome, revision=decision.revision).exists()


# --- Figures ------------------------------------------------------------------------------------------------------------


def looks(user: User) -> QuerySet[SecondLook]:
    """Answered second looks of the window at comments that somebody may see."""
    rows = SecondLook.objects.filter(scope_of(user, "decision__comment__"), answered_at__gte=timezone.now() - WINDOW)
    return rows.select_related("decision__moderator")


def of_people(user: User, everybody: bool) -> list[Judged]:
    """Agreement with each moderator: of oneself, or with `everybody` of all, by name."""
    pairs: dict[int, list[tuple[bool, bool]]] = {}
    for look in looks(user).filter(decision__moderator__isnull=False).order_by("-answered_at")[:MOST_LOOKS]:
        pairs.setdefault(look.decision.moderator_id or 0, []).append((look.decision.outcome in REFUSED, look.outcome in REFUSED))
    since = timezone.now() - WINDOW
    rows = Decision.objects.filter(scope_of(user, "comment__"), kind=Decision.Kind.PERSON, created_at__gte=since, outcome__in=FINAL)
    if not everybody:
        rows = rows.filter(moderator=user)
    by_others = (
        Q(overridden_by__moderator__isnull=False) & ~Q(overridden_by__moderator=F("moderator")) & ~Q(overridden_by__outcome=F("outcome"))
    )
    counted = rows.order_by().values("moderator", "moderator__first_name", "moderator__username").annotate(
        decided=Count("pk", distinct=True), reversed=Count("pk", filter=by_others, distinct=True)
    )  # fmt: skip
    found = [
        Judged(
            row["moderator__first_name"] or row["moderator__username"],
            agreement(pairs.get(row["moderator"], ())),
            row["decided"],
            row["reversed"],
        )
        for row in counted
    ]
    return sorted(found, key=lambda judged: judged.name.casefold())


def of_checks(user: User) -> list[Judged]:
    """Each check: whether it agrees with the second looks, and how many of the comments that it spoke against people then published."""
    since = timezone.now() - WINDOW
    answered = dict(looks(user).order_by("-answered_at").values_list("decision__comment", "outcome")[:MOST_LOOKS])
    pairs: dict[str, list[tuple[bool, bool]]] = {}
    said = Finding.objects.filter(comment__in=list(answered), revision=F("comment__revision"), shadow=False).order_by()
    for comment_id, name, label in said.values_list("comment", "check_name", "label"):
        if label != Finding.Label.ERROR:
            pairs.setdefault(name, []).append((label in {"suspect", "spam"}, answered[comment_id] in REFUSED))
    spoke = Finding.objects.filter(scope_of(user, "comment__"), created_at__gte=since, label__in=["suspect", "spam"], shadow=False)
    people = Q(
        comment__decisions__kind=Decision.Kind.PERSON,
        comment__decisions__revision=F("revision"),
        comment__decisions__outcome__in=FINAL,
    )
    counted = spoke.filter(people).order_by().values("check_name").annotate(
        decided=Count("comment", distinct=True),
        reversed=Count("comment", filter=Q(comment__decisions__outcome=Status.APPROVED), distinct=True),
    )  # fmt: skip
    numbers: dict[str, tuple[int, int]] = {row["check_name"]: (row["decided"], row["reversed"]) for row in counted}
    names = sorted({*numbers, *pairs})
    return [Judged(name, agreement(pairs.get(name, ())), *numbers.get(name, (0, 0))) for name in names]


@dataclass(frozen=True, slots=True)
class Own:
    """A decision of one's own that others saw otherwise: reversed by a colleague, or by a blind second look."""

    decision: Decision
    by: Any  # the Decision or the SecondLook
    reversed: bool


def own_errors(user: User) -> list[Own]:
    """What a moderator may want to look at again, newest first."""
    since = timezone.now() - WINDOW
    overruled = Decision.objects.filter(moderator__isnull=False, overrides__moderator=user, created_at__gte=since)
    overruled = overruled.exclude(moderator=user).exclude(outcome=F("overrides__outcome"))
    overruled = overruled.select_related("overrides__comment__article", "moderator").order_by("-created_at")
    seen = SecondLook.objects.filter(decision__moderator=user, answered_at__gte=since).exclude(outcome=F("decision__outcome"))
    seen = seen.select_related("decision__comment__article").order_by("-answered_at")
    found = [Own(one.overrides, one, True) for one in overruled[:MOST_OWN] if one.overrides is not None]
    known = {own.decision.pk for own in found}
    for look in seen[:MOST_OWN]:
        # Rejected or spam: both refuse, and that is what matters to the author.
        if (look.outcome in REFUSED) != (look.decision.outcome in REFUSED) and look.decision_id not in known:
            found.append(Own(look.decision, look, False))
    return sorted(found, key=lambda own: own.decision.created_at, reverse=True)[:MOST_OWN]
