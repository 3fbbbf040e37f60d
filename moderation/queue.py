"""The moderators' queue: which comments a view lists and in which order, who has which on the screen, and what is handed out next.

Claims are rows that are inserted, or taken over by compare-and-set. Nothing is locked, so PostgreSQL and SQLite behave alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, ExpressionWrapper, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.fields import DateTimeField
from django.db.models.functions import Now
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from comments.models import Comment, CommentQuerySet
from comments.states import Status
from moderation.access import comments_for, scope_of
from moderation.evidence import Mark, Piece, excerpt, read_marks
from moderation.models import Claim, Decision, Finding, Report
from moderation.rules import PREFIX

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.utils.functional import _StrPromise

PAGE_SIZE = 50
MOST_PAGES = 200
MOST_COUNTED = 999  # counting further would cost time that grows with the queue, and tell a moderator nothing
HANDED_AT_ONCE = 20  # candidates looked at in one go; each that somebody else takes at the same moment costs one insert
ROUNDS = 3
PASSED_FOR = timedelta(hours=8)  # a shift: so long nobody is handed again what they themselves left waiting
NETWORK_WINDOW = timedelta(days=30)

VIEWS: dict[str, _StrPromise] = {
    "review": _("Needs review"),
    "reported": _("Reported"),
    "campaigns": _("Campaigns"),
    "mine": _("With me"),
    "spam": _("Spam"),
    "decided": _("Recently decided"),
}
COUNTED = ("review", "reported", "mine")
HANDING = ("review", "reported")  # views that hand out the next comment by themselves
SORTS: dict[str, _StrPromise] = {"": _("By urgency"), "oldest": _("Oldest first"), "newest": _("Newest first")}
ALIKE: dict[str, _StrPromise] = {
    "author": _("By the same author"),
    "network": _("From the same network"),
    "text": _("With the same text"),
    "campaign": _("In the same campaign"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the queue somebody is, as it stands in the address. Unknown values fall back to the plain queue."""

    view: str = "review"
    section: int = 0
    check: str = ""
    sort: str = ""
    page: int = 1
    alike: str = ""  # one of ALIKE, and `of`: the public id of the comment that others are like
    of: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> Place:
        alike = query.get("alike", "")
        of = query.get("of", "")[:32]
        section, page = query.get("section", ""), query.get("page", "")
        return cls(
            view=query.get("view", "") if query.get("view", "") in VIEWS else "review",
            section=int(section) if section.isascii() and section.isdigit() and len(section) < 10 else 0,
            check=query.get("check", "") if query.get("check", "") in settings.MODERATION_CHECKS else "",
            sort=query.get("sort", "") if query.get("sort", "") in SORTS else "",
            page=min(max(int(page), 1), MOST_PAGES) if page.isascii() and page.isdigit() and len(page) < 6 else 1,
            alike=alike if alike in ALIKE and of else "",
            of=of if alike in ALIKE else "",
        )

    def query(self, **more: str) -> str:
        """This place as a query string; `more` is added to it. Empty for the plain queue."""
        known = QueryDict(mutable=True)
        plain = Place()
        for name in ("view", "section", "check", "sort", "page", "alike", "of"):
            if getattr(self, name) != getattr(plain, name):
                known[name] = str(getattr(self, name))
        for name, value in more.items():
            known[name] = value
        return known.urlencode()

    def at(self, **changes: Any) -> Place:
        return replace(self, **changes)

    @property
    def hands_out(self) -> bool:
        return self.view in HANDING and not self.alike


@dataclass(slots=True)
class Row:
    """One line of the list."""

    comment: Comment
    pieces: list[Piece]
    finding: Finding | None = None
    more_findings: int = 0
    reports: int = 0
    looking: User | None = None  # somebody else who has it on the screen
    mine: bool = False
    decision: Decision | None = None  # in "recently decided": the decision that put it there
    undoable: bool = False


@dataclass(slots=True)
class Listing:
    rows: list[Row] = field(default_factory=list)
    more: bool = False


# --- Selecting and ordering ---------------------------------------------------------------------------------------------


def selected(place: Place, user: User) -> CommentQuerySet:
    """All comments of a view that a moderator may see, in order. Not for "decided", which lists decisions."""
    rows = comments_for(user)
    if place.alike:
        rows = _alike(rows, place)
    elif place.view == "review":
        rows = rows.filter(status=Status.HELD)
    elif place.view == "reported":
        rows = rows.filter(pk__in=Report.objects.filter(resolved_at=None).values("comment"))
    elif place.view == "mine":
        rows = rows.filter(claim__moderator=user, claim__until__gt=Now())
    elif place.view == "spam":
        rows = rows.filter(status=Status.SPAM)
    if place.section:
        rows = rows.filter(article__section=place.section)
    if place.check:
        said = Finding.objects.filter(comment=OuterRef("pk"), revision=OuterRef("revision"), check_name=place.check, variant=None)
        rows = rows.filter(Exists(said.exclude(label=Finding.Label.CLEAN)))
    return _ordered(rows, place)


def _alike(rows: CommentQuerySet, place: Place) -> CommentQuerySet:
    """The others of the same author, network or text; nothing where the comment is not there or nothing is known to compare."""
    if place.alike == "campaign":
        number = int(place.of) if place.of.isascii() and place.of.isdigit() and len(place.of) < 19 else 0
        return rows.filter(fingerprint__campaign=number)
    like = rows.filter(public_id=place.of).select_related("fingerprint").first()
    if like is None:
        return rows.none()
    if place.alike == "author":
        return rows.filter(commenter_id=like.commenter_id) if like.commenter_id else rows.none()
    if place.alike == "network":
        since = timezone.now() - NETWORK_WINDOW
        return rows.filter(network=like.network, created_at__gte=since) if like.network else rows.none()
    skeleton = like.fingerprint.skeleton if hasattr(like, "fingerprint") else ""
    return rows.filter(fingerprint__skeleton=skeleton) if skeleton else rows.none()


def _ordered(rows: CommentQuerySet, place: Place) -> CommentQuerySet:
    if place.sort == "oldest":
        return rows.order_by("created_at", "id")
    if place.sort == "newest" or place.view == "spam" or place.alike:
        return rows.order_by("-created_at", "-id")
    if place.view == "reported":
        waiting = Report.objects.filter(comment=OuterRef("pk"), resolved_at=None).order_by().values("comment")
        rows = rows.annotate(heavy=Subquery(waiting.annotate(n=Sum("weight")).values("n")))
        rows = rows.annotate(first_report=Subquery(waiting.annotate(at=Min("created_at")).values("at")))
        return rows.order_by("-heavy", "first_report", "id")
    if place.view == "mine":
        return rows.order_by("claim__until", "id")
    # See moderation.decisions.queue_place: since when it waits, less the head start of its priority.
    return rows.order_by("queue_at", "id")


def listing(place: Place, user: User) -> Listing:
    """One page of a view: five queries at the most, whatever stands in the queue."""
    first = (place.page - 1) * PAGE_SIZE
    if place.view == "decided" and not place.alike:
        decisions = _recent_decisions(place, user)[first : first + PAGE_SIZE + 1]
        found: list[tuple[Comment, Decision | None]] = [(decision.comment, decision) for decision in decisions]
    else:
        comments = _for_list(selected(place, user))[first : first + PAGE_SIZE + 1]
        found = [(comment, None) for comment in comments]
    more = len(found) > PAGE_SIZE and place.page < MOST_PAGES
    return Listing(_rows(found[:PAGE_SIZE], user), more)


def _for_list(rows: CommentQuerySet) -> CommentQuerySet:
    return rows.select_related("article__section", "claim__moderator").defer("body_html", "body_text", "article__body", "article__lead")


def _recent_decisions(place: Place, user: User) -> QuerySet[Decision]:
    rows = Decision.objects.filter(scope_of(user, "comment__"), moderator__isnull=False)
    if place.section:
        rows = rows.filter(comment__article__section=place.section)
    return rows.select_related("comment__article__section", "comment__claim__moderator", "moderator").order_by("-created_at", "-id")


def _rows(found: list[tuple[Comment, Decision | None]], user: User) -> list[Row]:
    ids = {comment.pk for comment, _decision in found}
    said: dict[int, list[Finding]] = {}
    loud = Finding.objects.filter(comment__in=ids, variant=None).exclude(label=Finding.Label.CLEAN)
    for finding in loud.select_related("decision").order_by("id"):
        said.setdefault(finding.comment_id, []).append(finding)
    open_reports = Report.objects.filter(comment__in=ids, resolved_at=None).order_by().values_list("comment")
    reports = dict(open_reports.annotate(count=Count("pk")))
    last: dict[int, int] = {}
    if any(decision for _comment, decision in found):
        newest = Decision.objects.filter(comment__in=ids).order_by().values_list("comment")
        last = dict(newest.annotate(newest=Max("pk")))
    now = timezone.now()
    rows = []
    for comment, decision in found:
        findings = said_last(finding for finding in said.get(comment.pk, ()) if finding.revision == comment.revision)
        findings.sort(key=_weight, reverse=True)
        marks = marks_of(comment.body_raw, findings)
        claim = getattr(comment, "claim", None)
        claim = claim if claim is not None and claim.until > now else None
        rows.append(
            Row(
                comment,
                excerpt(" ".join(comment.body_raw.split("\n")), marks),
                finding=findings[0] if findings else None,
                more_findings=max(len(findings) - 1, 0),
                reports=reports.get(comment.pk, 0),
                looking=claim.moderator if claim is not None and claim.moderator_id != user.pk else None,
                mine=claim is not None and claim.moderator_id == user.pk,
                decision=decision,
                undoable=decision is not None and last.get(comment.pk) == decision.pk and may_undo(decision, comment),
            )
        )
    return rows


LOUDNESS = {"spam": 4, "error": 3, "suspect": 2, "note": 1, "clean": 0}


def _weight(finding: Finding) -> tuple[bool, int, float]:
    return not finding.shadow, LOUDNESS.get(finding.label, 0), finding.score


def said_last(findings: Iterable[Finding]) -> list[Finding]:
    """Of each check its newest finding, and of the rules what the newest screening or second look found; by primary key, as they come."""
    rows = list(findings)
    newest = max((row.decision_id for row in rows), default=0)
    kept = {(row.check_name, row.shadow): row for row in rows if row.decision_id == newest or not row.check_name.startswith(PREFIX)}
    return list(kept.values())


def marks_of(text: str, findings: Iterable[Finding]) -> list[Mark]:
    """The evidence of all findings of the present revision that point into the text."""
    return [mark for finding in findings for mark in read_marks(finding.spans, len(text), finding.check_name)]


def may_undo(decision: Decision, comment: Comment) -> bool:
    """Whether the comment's last decision can be taken back; `moderation.decisions.undo` has the last word."""
    if decision.kind == Decision.Kind.UNDO or decision.was == decision.outcome or decision.moderator_id is None:
        return False
    return comment.status == decision.outcome and comment.revision == decision.revision


def counts(user: User) -> dict[str, int]:
    """How many stand in the views that wait for somebody, counted no further than MOST_COUNTED + 1. A query for each."""
    return {view: selected(Place(view=view), user).order_by()[: MOST_COUNTED + 1].count() for view in COUNTED}


# --- Claiming -----------------------------------------------------------------------------------------------------------


def claim(comment: Comment, user: User) -> Claim | None:
    """Take a comment on the screen, or renew one's own claim. The claim in force, which may be somebody else's; see `is_mine`.

    None where it changed hands three times while we looked, which the caller treats as somebody else's.
    """
    until = ExpressionWrapper(Now() + timedelta(minutes=settings.CLAIM_MINUTES), output_field=DateTimeField())
    for _round in range(ROUNDS):
        free = Q(moderator=user) | Q(until__lte=Now())
        if not Claim.objects.filter(free, comment=comment).update(moderator=user, until=until):
            try:
                with transaction.atomic():
                    Claim.objects.create(comment=comment, moderator=user, until=until)
            except IntegrityError:
                pass  # somebody has it
        found = Claim.objects.filter(comment=comment, until__gt=Now()).select_related("moderator").first()
        if found is not None:
            return found
    return None


def is_mine(found: Claim | None, user: User) -> bool:
    return found is not None and found.moderator_id == user.pk


def release(comment: Comment, user: User, until: Any = None) -> bool:
    """Give a comment back. With `until`, only the claim as it was then: a late "I have left" must not end a renewed claim."""
    rows = Claim.objects.filter(comment=comment, moderator=user)
    if until is not None:
        rows = rows.filter(until__lte=until + timedelta(milliseconds=1))
    return rows.delete()[0] > 0


def hand_out(place: Place, user: User, resume: bool = False) -> Comment | None:
    """The next comment of a view, claimed for this moderator; None where nothing is left for them.

    Never one that somebody else has on the screen, nor one that this moderator left waiting a while ago. With `resume`, what they
    themselves have on the screen comes first: reloading the queue must not hand out a second comment.
    """
    rows = selected(place, user)
    own = Q(claim__moderator=user, claim__until__gt=Now())
    if resume and (kept := rows.filter(own).first()) is not None:
        claim(kept, user)
        return kept
    passed = Decision.objects.filter(
        comment=OuterRef("pk"),
        revision=OuterRef("revision"),
        moderator=user,
        kind=Decision.Kind.PERSON,
        outcome=Status.HELD,
        created_at__gte=timezone.now() - PASSED_FOR,
    )
    free = rows.filter(Q(claim=None) | Q(claim__until__lte=Now())).filter(~Exists(passed))
    for _round in range(ROUNDS):
        candidates = list(free[:HANDED_AT_ONCE])
        for candidate in candidates:
            if not is_mine(claim(candidate, user), user):
                continue
            # Between the look and the claim somebody may have decided it.
            if Comment.objects.filter(pk=candidate.pk, status=candidate.status, revision=candidate.revision).exists():
                return candidate
            release(candidate, user)
        if len(candidates) < HANDED_AT_ONCE:
            break
    return rows.filter(own).first()
