"""Campaigns as the desk shows them: counts of the members that a moderator may see, and what differs from one copy to the next."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, Max, Min, OuterRef, Q

from comments.models import Comment
from comments.states import Status
from moderation.access import comments_for, scope_of
from moderation.campaigns import probes
from moderation.classifiers.simhash import BORDERLINE, NEAR, distance
from moderation.evidence import Piece, excerpt
from moderation.models import Campaign, Finding, Fingerprint
from moderation.queue import marks_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ON_A_PAGE = 20
MEMBERS_SHOWN = 50
COMPARED = 150  # words of a copy that are compared; a comparison takes time by the square
BORDERLINE_WINDOW = timedelta(days=7)


@dataclass(slots=True)
class CampaignRow:
    """`states` are (state, its words, count), without the empty ones. All counts are of members in the moderator's scope."""

    campaign: Campaign
    comment: Comment
    pieces: list[Piece]
    members: int
    authors: int
    networks: int
    articles: int
    first_at: datetime
    last_at: datetime
    states: list[tuple[str, Any, int]]
    finding: Finding | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    text: str
    differs: bool


@dataclass(slots=True)
class Member:
    comment: Comment
    segments: list[Segment]


@dataclass(slots=True)
class CampaignPage:
    row: CampaignRow
    members: list[Member] = field(default_factory=list)
    borderline: list[Member] = field(default_factory=list)


def listing(user: User, page: int) -> tuple[list[CampaignRow], bool]:
    """One page of campaigns, and whether there are more. Four queries, whatever their number; the counts read all members shown."""
    seen = Fingerprint.objects.filter(scope_of(user, "comment__"), campaign=OuterRef("pk"))
    first = (page - 1) * ON_A_PAGE
    found = list(Campaign.objects.filter(Exists(seen)).order_by("-last_at", "-id")[first : first + ON_A_PAGE + 1])
    return _rows(found[:ON_A_PAGE], user), len(found) > ON_A_PAGE


def _rows(campaigns: Sequence[Campaign], user: User) -> list[CampaignRow]:
    within = Fingerprint.objects.filter(scope_of(user, "comment__"), campaign__in=[campaign.pk for campaign in campaigns])
    by_state = {f"state_{status.value}": Count("pk", filter=Q(comment__status=status)) for status in Status}
    counted = {
        row["campaign"]: row
        for row in within.order_by()
        .values("campaign")
        .annotate(
            members=Count("pk"),
            authors=Count("author", distinct=True),
            networks=Count("comment__network", distinct=True, filter=~Q(comment__network="")),
            articles=Count("comment__article", distinct=True),
            first_at=Min("created_at"),
            last_at=Max("created_at"),
            oldest=Min("pk"),
            **by_state,
        )
    }
    shown = {row["oldest"] for row in counted.values()}
    comments = {comment.pk: comment for comment in Comment.objects.filter(pk__in=shown).select_related("article")}
    said: dict[int, list[Finding]] = {}
    for finding in Finding.objects.filter(comment__in=shown, shadow=False).exclude(label=Finding.Label.CLEAN).order_by("score", "id"):
        if finding.revision == comments[finding.comment_id].revision:
            said.setdefault(finding.comment_id, []).append(finding)
    rows = []
    for campaign in campaigns:
        numbers = counted.get(campaign.pk)
        if numbers is None:
            continue
        comment = comments[numbers["oldest"]]
        findings = said.get(comment.pk, [])
        rows.append(
            CampaignRow(
                campaign,
                comment,
                excerpt(" ".join(comment.body_raw.split("\n")), marks_of(comment.body_raw, findings)),
                numbers["members"],
                numbers["authors"],
                numbers["networks"],
                numbers["articles"],
                numbers["first_at"],
                numbers["last_at"],
                [(status.value, status.label, count) for status in Status if (count := numbers[f"state_{status.value}"])],
                finding=findings[-1] if findings else None,
            )
        )
    return rows


def open_campaign(number: int, user: User) -> CampaignPage | None:
    """A campaign with its newest members, and comments that only resemble it; None where the moderator may see none of it."""
    campaign = Campaign.objects.filter(pk=number).first()
    rows = _rows([campaign], user) if campaign is not None else []
    if campaign is None or not rows:
        return None
    row = rows[0]
    newest = comments_for(user).filter(fingerprint__campaign=campaign).select_related("article").order_by("-pk")[:MEMBERS_SHOWN]
    members = [Member(comment, differences(row.comment.body_raw, comment.body_raw)) for comment in newest]
    page = CampaignPage(row, members)
    mark = Fingerprint.objects.filter(comment=row.comment).first()
    if mark is not None and mark.number is not None:
        near = [
            other.pk
            for other in probes(mark, row.first_at - BORDERLINE_WINDOW)
            if other.campaign_id != campaign.pk and other.number is not None and NEAR < distance(other.number, mark.number) <= BORDERLINE
        ]
        for comment in comments_for(user).filter(pk__in=near).select_related("article").order_by("-pk"):
            page.borderline.append(Member(comment, differences(row.comment.body_raw, comment.body_raw)))
    return page


def differences(one: str, other: str) -> list[Segment]:
    """`other` in segments, those marked that `one` does not have. Compared by words, the first COMPARED of them."""
    ours, theirs = (re.findall(r"\S+\s*", text)[:COMPARED] for text in (one, other))
    match = SequenceMatcher(None, [word.strip() for word in ours], [word.strip() for word in theirs], autojunk=False)
    segments = []
    for tag, _start, _end, first, last in match.get_opcodes():
        if first < last:
            segments.append(Segment("".join(theirs[first:last]), tag != "equal"))
    return segments
