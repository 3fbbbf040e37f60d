"""What stands on a moderator's screen beside the list: one comment with all that is needed to decide it, and what became of a decision."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Q
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from comments.models import Comment, CommentQuerySet, Revision
from comments.states import Status
from moderation.access import comments_for
from moderation.actions import possible
from moderation.claims import onlookers
from moderation.counting import count_each
from moderation.decisions import Stale
from moderation.desk_models import Assignment, Note, Watch
from moderation.evidence import ORDER, Piece, cut, excerpt
from moderation.models import Claim, Decision, Finding, Fingerprint, Outcome, Report
from moderation.queue import NETWORK_WINDOW, is_harsh, marks_of, may_undo, said_last
from moderation.team import moderators_of, preference_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

NOTE_LENGTH = 2_000
RELATED = 3  # others shown of the same author, network and text each


@dataclass(slots=True)
class AuthorCard:
    """What is known of an author: the counts of an account or a browser that we know again, never of a typed-in address."""

    known: bool = False
    approved: int = 0
    rejected: int = 0
    spam: int = 0
    others: int = 0
    same_network: int = 0
    same_text: int = 0


@dataclass(frozen=True, slots=True)
class Related:
    """Another comment, and what it has in common with the opened one."""

    comment: Comment
    pieces: list[Piece]
    common: tuple[str, ...]  # of moderation.place.ALIKE


@dataclass(slots=True)
class Item:
    comment: Comment
    pieces: list[Piece]
    families: list[str]
    loud: list[Finding]
    quiet: list[Finding]
    decisions: list[Decision]
    revisions: list[Revision]
    reports: list[Report]
    author: AuthorCard
    actions: tuple[str, ...]
    claim: Claim | None = None
    undoable: Decision | None = None
    notes: list[Note] = field(default_factory=list)
    related: list[Related] = field(default_factory=list)
    assignment: Assignment | None = None
    colleagues: list[User] = field(default_factory=list)
    onlookers: list[User] = field(default_factory=list)
    watched: bool = False
    harsh: bool = False

    @property
    def report_weight(self) -> float:
        """What the open reports of the present text weigh together."""
        revision = self.comment.revision
        return sum(report.weight for report in self.reports if report.resolved_at is None and report.revision == revision)


def find(public_id: str, user: User) -> Comment | None:
    """A comment by its public id, if it lies within the moderator's scope."""
    rows = comments_for(user).select_related(
        "article__section__publication", "parent", "commenter", "fingerprint", "assignment__moderator", "assignment__assigned_by"
    )
    return rows.filter(public_id=public_id).first()


def lay_out(comment: Comment, claim: Claim | None, user: User) -> Item:
    """Everything about one comment, as `find` found it, for one moderator: ten queries, however long its history.

    What other versions of a model said is not for this screen.
    """
    findings = said_last(Finding.objects.filter(comment=comment, revision=comment.revision, variant=None))
    decisions = list(Decision.objects.filter(comment=comment).select_related("moderator").order_by("-created_at", "-id")[:100])
    reports = list(Report.objects.filter(comment=comment).order_by("-created_at")[:100])
    pieces = cut(comment.body_raw, marks_of(comment.body_raw, findings))
    open_reports = any(report.resolved_at is None for report in reports)
    newest = decisions[0] if decisions else None
    card, watched = around(comment, user)
    families = {family for piece in pieces for family in piece.families} | {"hidden" for piece in pieces if piece.sign}
    return Item(
        comment=comment,
        pieces=pieces,
        families=sorted(families, key=ORDER.index),
        loud=[finding for finding in findings if finding.label != Finding.Label.CLEAN],
        quiet=[finding for finding in findings if finding.label == Finding.Label.CLEAN],
        decisions=decisions,
        revisions=list(Revision.objects.filter(comment=comment).order_by("-number")[:50]) if comment.revision > 1 else [],
        reports=reports,
        author=card,
        actions=possible(Status(comment.status), reported=open_reports),
        claim=claim,
        undoable=newest if newest is not None and may_undo(newest, comment) else None,
        notes=list(Note.objects.filter(comment=comment).select_related("moderator").order_by("created_at", "id")[:100]),
        related=related(comment, user),
        assignment=getattr(comment, "assignment", None),
        colleagues=moderators_of(comment),
        onlookers=[person for person in onlookers(comment, user) if claim is None or person.pk != claim.moderator_id],
        watched=watched,
        harsh=is_harsh(findings),
    )


def skeleton_of(comment: Comment) -> str:
    """What the same text has in common with this one; empty where that is not known."""
    return comment.fingerprint.skeleton if hasattr(comment, "fingerprint") else ""


def related(comment: Comment, user: User) -> list[Related]:
    """The latest others of the same author, network and text within the moderator's scope, each once. One query."""
    rows = comments_for(user).exclude(pk=comment.pk).order_by("-created_at")
    since, skeleton = timezone.now() - NETWORK_WINDOW, skeleton_of(comment)
    alike: list[CommentQuerySet] = []
    if comment.commenter_id is not None:
        alike.append(rows.filter(commenter_id=comment.commenter_id))
    if comment.network:
        alike.append(rows.from_network(comment.network, since))
    if skeleton:
        alike.append(rows.filter(pk__in=Fingerprint.of_skeleton(skeleton).values("comment")))
    if not alike:
        return []
    # Each of them by its own index, and one inside another, since SQLite knows no limit in the parts of a union.
    first, *others = (Comment.objects.filter(pk__in=some.values("pk")[:RELATED]).values("pk") for some in alike)
    found = Comment.objects.filter(pk__in=first.union(*others)) if others else Comment.objects.filter(pk__in=first)
    listed = []
    for other in found.select_related("fingerprint").defer("body_html", "body_text").order_by("-created_at"):
        common = {
            "author": other.commenter_id == comment.commenter_id and comment.commenter_id is not None,
            "network": other.network == comment.network and other.network != "" and other.created_at >= since,
            "text": skeleton != "" and skeleton_of(other) == skeleton,
        }
        words = tuple(name for name, shared in common.items() if shared)
        listed.append(Related(other, excerpt(" ".join(other.body_raw.split("\n")), []), words))
    return listed


def covered_among(comments: Iterable[Comment], user: User) -> set[int]:
    """Those, by primary key, whose present text this moderator wants to see only when they ask. No query for whom nothing is covered."""
    if not preference_of(user).blur:
        return set()
    texts = {comment.pk: comment.revision for comment in comments}
    said: dict[int, list[Finding]] = {}
    for finding in Finding.objects.filter(comment__in=texts, variant=None).exclude(label=Finding.Label.CLEAN).order_by("id"):
        if finding.revision == texts[finding.comment_id]:
            said.setdefault(finding.comment_id, []).append(finding)
    return {number for number, findings in said.items() if is_harsh(said_last(findings))}


def around(comment: Comment, user: User) -> tuple[AuthorCard, bool]:
    """What is known of a comment's author, and whether the moderator watches its article. Two queries at the most."""
    card = AuthorCard(known=comment.commenter_id is not None)
    if comment.commenter_id is not None:
        theirs = Comment.objects.filter(commenter_id=comment.commenter_id).exclude(pk=comment.pk)
        known = theirs.aggregate(
            others=Count("pk"),
            approved=Count("pk", filter=Q(status=Status.APPROVED)),
            rejected=Count("pk", filter=Q(status=Status.REJECTED)),
            spam=Count("pk", filter=Q(status=Status.SPAM)),
        )
        card.others, card.approved, card.rejected, card.spam = (known[name] for name in ("others", "approved", "rejected", "spam"))
    near, copies = Comment.objects.none(), Fingerprint.objects.none()
    if comment.network:
        near = Comment.objects.from_network(comment.network, timezone.now() - NETWORK_WINDOW).exclude(pk=comment.pk)
    if skeleton := skeleton_of(comment):
        copies = Fingerprint.of_skeleton(skeleton).exclude(comment=comment)
    watching = Watch.objects.filter(moderator=user, article=comment.article_id)
    card.same_network, card.same_text, watched = count_each(user, [near, copies, watching])
    return card, bool(watched)


# --- In words -----------------------------------------------------------------------------------------------------------


def name_of(user: User | None) -> str:
    """A colleague's name as the desk shows it."""
    return (user.get_short_name() or user.get_username()) if user is not None else _("the checks")


def what_happened(stale: Stale, shown_revision: int) -> str:
    """The sentence for somebody whose decision came late: who was first, with what, when; and that nothing was saved."""
    unsaved = _("Your decision was not saved.")  # outside the f-string, where xgettext does not look
    return f"{what_became(stale.comment, stale.last, shown_revision)} {unsaved}"


def what_became(comment: Comment, last: Decision | None, shown_revision: int) -> str:
    """What has become of a comment since a page showed that revision of it."""
    if comment.status == Status.WITHDRAWN:
        return _("Its author has withdrawn this comment.")
    if comment.revision != shown_revision:
        return _("Its author changed the text at %(time)s; this is the new one.") % {"time": clock(comment.edited_at)}
    if last is None or last.revision != comment.revision or last.outcome != comment.status:
        return _("This comment has moved on since the page was made.")
    return verdict_words(last)


def verdict_words(decision: Decision) -> str:
    """ "Already rejected by Sari at 14:02." """
    words = {"who": name_of(decision.moderator), "time": clock(decision.created_at)}
    if decision.kind == Decision.Kind.UNDO:
        return _("%(who)s took a decision back at %(time)s.") % words
    match decision.outcome:
        case Outcome.APPROVED:
            return _("Already published by %(who)s at %(time)s.") % words
        case Outcome.REJECTED:
            return _("Already rejected by %(who)s at %(time)s.") % words
        case Outcome.SPAM:
            return _("Already marked as spam by %(who)s at %(time)s.") % words
        case _unused:
            return _("Already held by %(who)s at %(time)s.") % words


def clock(moment: datetime | None) -> str:
    """The time of day, with the day where that was not today."""
    if moment is None:
        return "–"
    local = timezone.localtime(moment)
    time = formats.time_format(local, "TIME_FORMAT")
    if timezone.now() - local < timedelta(hours=20) and local.date() == timezone.localdate():
        return time
    return f"{formats.date_format(local, 'SHORT_DATE_FORMAT')} {time}"
