"""The moderators' queue: which comments a view lists, in which order, and what each line says.

Every list is bounded. Where a filter has no index of its own it looks at the first `DEPTH` comments of its view and no further, so that a
page costs the same at a thousand comments and at a million; the page says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Lower, Now
from django.utils import timezone

from comments.models import Comment, CommentQuerySet
from comments.states import Status
from moderation import search
from moderation.access import comments_for, scope_of
from moderation.desk_models import Assignment, Watch
from moderation.evidence import FAMILIES, Mark, Piece, excerpt, read_marks
from moderation.models import Claim, Decision, Finding, Fingerprint, Report
from moderation.place import MOST_PAGES, Place
from moderation.rules import PREFIX

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PAGE_SIZE = 50
MOST_COUNTED = 999  # counting further would cost time that grows with the queue, and tell a moderator nothing
DEPTH = 5_000  # comments of a view that a filter without an index looks at
NETWORK_WINDOW = timedelta(days=30)
RULES = "rule:"  # how the names of the findings begin that a newsroom's own rules make
HARSH = 0.5  # probability of abuse from which a text is covered for those who want that


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
    assigned: User | None = None
    harsh: bool = False


@dataclass(slots=True)
class Listing:
    rows: list[Row] = field(default_factory=list)
    more: bool = False


# --- Selecting and ordering ---------------------------------------------------------------------------------------------


def selected(place: Place, user: User) -> CommentQuerySet:
    """All comments of a view that a moderator may see, in order. Not for "decided", which lists decisions."""
    return _ordered(chosen(place, user, comments_for(user)), place)


def chosen(place: Place, user: User, rows: CommentQuerySet) -> CommentQuerySet:
    """Of some comments those that a view lists, in no order."""
    rows = _alike(rows, place) if place.alike else _view(rows, place, user)
    rows = _narrowed(rows, place)
    doubts = _doubts(place)
    if doubts:
        nearest = _ordered(rows, place).values("pk")[:DEPTH]
        rows = Comment.objects.filter(pk__in=nearest).filter(*doubts)
    if place.words:
        rows = search.matching(rows, place.words)
    return rows


def _view(rows: CommentQuerySet, place: Place, user: User) -> CommentQuerySet:
    match place.view:
        case "reported":
            return rows.filter(pk__in=Report.objects.filter(resolved_at=None).values("comment"))
        case "watched":
            return rows.filter(status=Status.HELD, article__in=Watch.objects.filter(moderator=user).values("article"))
        case "mine":
            # A union, not an OR over two outer joins, which no index serves.
            claimed = Claim.objects.filter(moderator=user, until__gt=Now()).values("comment")
            return rows.filter(pk__in=claimed.union(Assignment.objects.filter(moderator=user).values("comment")))
        case "spam":
            return rows.filter(status=Status.SPAM)
        case "all":
            return rows.filter(status=place.state) if place.state else rows
        case _review_and_rules:
            return rows.filter(status=Status.HELD)


def _narrowed(rows: CommentQuerySet, place: Place) -> CommentQuerySet:
    """The filters that an index or a join by primary key answers."""
    if place.publication:
        rows = rows.filter(article__section__publication=place.publication)
    if place.section:
        rows = rows.filter(article__section=place.section)
    if place.article:
        rows = rows.filter(article=place.article)
    if place.age:
        rows = rows.filter(created_at__lte=timezone.now() - timedelta(hours=int(place.age)))
    if place.since:
        rows = rows.filter(created_at__gte=_midnight(place.since))
    if place.until:
        rows = rows.filter(created_at__lt=_midnight(place.until) + timedelta(days=1))
    return rows


def _midnight(day: str) -> datetime:
    return timezone.make_aware(datetime.combine(date.fromisoformat(day), time.min))


def _doubts(place: Place) -> list[Q | Exists]:
    """The filters that have to look at each comment: by its findings, or by part of a name."""
    said = Finding.objects.filter(comment=OuterRef("pk"), revision=OuterRef("revision"), variant=None)
    doubts: list[Q | Exists] = []
    if place.view == "rules" and not place.alike:
        by_rule = Q(check_name="phrases") | Q(check_name__startswith=RULES)
        doubts.append(Exists(said.filter(by_rule, shadow=False, label__in=[Finding.Label.SUSPECT, Finding.Label.SPAM])))
    if place.check:
        doubts.append(Exists(said.filter(check_name=place.check).exclude(label=Finding.Label.CLEAN)))
    if place.phrase:
        doubts.append(Exists(search.with_phrase(said, place.phrase)))
    if place.language:
        doubts.append(Exists(said.filter(check_name="language", detail__language=place.language)))
    if place.author:
        doubts.append(Q(author_name__icontains=place.author))
    return doubts


def reaches_so_far(place: Place) -> int:
    """How many comments of a view its filters look at; 0 where they look at all."""
    depths = [DEPTH] if _doubts(place) else []
    if place.words and (limit := search.depth()):
        depths.append(limit)
    return min(depths, default=0)


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
    if place.alike == "address":
        return rows.annotate(address=Lower("author_email")).filter(address=like.author_email.lower()) if like.author_email else rows.none()
    if place.alike == "network":
        return rows.from_network(like.network, timezone.now() - NETWORK_WINDOW)
    skeleton = like.fingerprint.skeleton if hasattr(like, "fingerprint") else ""
    return rows.filter(pk__in=Fingerprint.of_skeleton(skeleton).values("comment"))


def _ordered(rows: CommentQuerySet, place: Place) -> CommentQuerySet:
    if place.sort == "oldest":
        return rows.order_by("created_at", "id")
    if place.sort == "newest" or place.view in {"spam", "all"} or place.alike:
        return rows.order_by("-created_at", "-id")
    if place.view == "reported":
        waiting = Report.objects.filter(comment=OuterRef("pk"), resolved_at=None).order_by().values("comment")
        rows = rows.annotate(heavy=Subquery(waiting.annotate(n=Sum("weight")).values("n")))
        rows = rows.annotate(first_report=Subquery(waiting.annotate(at=Min("created_at")).values("at")))
        return rows.order_by("-heavy", "first_report", "id")
    if place.view == "mine":
        return rows.order_by("queue_at", "id")
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
    rows = rows.select_related("article__section", "claim__moderator", "assignment__moderator")
    return rows.defer("body_html", "body_text", "article__body", "article__lead")


def _recent_decisions(place: Place, user: User) -> QuerySet[Decision]:
    rows = Decision.objects.filter(scope_of(user, "comment__"), moderator__isnull=False)
    if place.publication:
        rows = rows.filter(comment__article__section__publication=place.publication)
    if place.section:
        rows = rows.filter(comment__article__section=place.section)
    if place.article:
        rows = rows.filter(comment__article=place.article)
    if place.since:
        rows = rows.filter(created_at__gte=_midnight(place.since))
    if place.until:
        rows = rows.filter(created_at__lt=_midnight(place.until) + timedelta(days=1))
    beside = ("comment__article__section", "comment__claim__moderator", "comment__assignment__moderator", "moderator")
    return rows.select_related(*beside).order_by("-created_at", "-id")


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
        assignment = getattr(comment, "assignment", None)
        rows.append(
            Row(
                comment,
                excerpt(" ".join(comment.body_raw.split("\n")), marks),
                finding=findings[0] if findings else None,
                more_findings=max(len(findings) - 1, 0),
                reports=reports.get(comment.pk, 0),
                looking=claim.moderator if claim is not None and claim.moderator_id != user.pk and not claim.ahead else None,
                mine=claim is not None and claim.moderator_id == user.pk,
                decision=decision,
                assigned=assignment.moderator if assignment is not None else None,
                harsh=is_harsh(findings),
                undoable=decision is not None and last.get(comment.pk) == decision.pk and may_undo(decision, comment),
            )
        )
    return rows


def is_harsh(findings: Iterable[Finding]) -> bool:
    """Whether a text is one that somebody may not want to read unasked: abuse, by the checks or by the lists."""
    for finding in findings:
        if finding.check_name == "abuse" and finding.label != Finding.Label.CLEAN and finding.score >= HARSH:
            return True
        if finding.label in {Finding.Label.SUSPECT, Finding.Label.SPAM}:
            kinds = {span[2] for span in finding.spans if isinstance(span, list) and len(span) > 2 and isinstance(span[2], str)}
            if kinds & ABUSIVE:
                return True
    return False


ABUSIVE = frozenset(kind for kind, family in FAMILIES.items() if family == "abuse")
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
    if decision.created_at < timezone.now() - settings.MODERATION_UNDO_FOR:
        return False
    return comment.status == decision.outcome and comment.revision == decision.revision
