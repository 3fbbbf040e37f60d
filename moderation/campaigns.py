"""Near-identical comments by several authors: how a copy is found, and how copies become one campaign.

Finding is a bounded number of index probes, whatever the table holds: a text has six keys, near-copies agree in one of them with great
probability, and of each key's rows the newest PROBED are compared. See docs/adr/0009.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from django.db.models.query import RawQuerySet

from comments.models import Comment
from comments.states import Status
from moderation.classifiers.simhash import KEYS, NEAR, distance, near
from moderation.models import Campaign, Fingerprint

PROBED = 20  # rows looked at for each key: the newest copies are enough to know a campaign by


@dataclass(frozen=True, slots=True)
class Copies:
    """What was found near a text, at most KEYS * PROBED rows; `rows` has the exact copies, too, the counts leave them out."""

    copies: int = 0
    authors: int = 0  # others than the text's own
    refused: int = 0  # as spam
    rows: list[Fingerprint] = field(default_factory=list)


def fingerprint(comment: Comment, skeleton: str, author: str) -> Fingerprint:
    """Store what later copies of the comment's text will find it by. One statement; an edited text replaces the old one's."""
    mark = Fingerprint(comment=comment, skeleton=skeleton, author=author, created_at=comment.created_at)
    found = near(comment.body_raw)
    if found is not None:
        mark.number = found.number
        for place, key in enumerate(found.keys):
            setattr(mark, f"key_{place}", key)
    Fingerprint.objects.bulk_create(
        [mark],
        update_conflicts=True,
        unique_fields=["comment"],
        update_fields=["skeleton", "author", "number", "campaign", *(f"key_{place}" for place in range(KEYS))],
    )
    return mark


# Written out: the ORM needs 3 ms to put six subqueries together, a fifth of what a verdict cost; so it takes 0.1. One index
# probe and at most PROBED rows for each key; the outer SELECT around each LIMIT is SQLite's wish.
_NEWEST = """SELECT comment_id FROM (
    SELECT comment_id FROM moderation_fingerprint WHERE key_{0} = %s AND created_at >= %s ORDER BY created_at DESC LIMIT {1}
) newest_{0}"""
_PROBES = """
    SELECT f.comment_id, f.skeleton, f.author, f.number, f.campaign_id, f.created_at, c.status
    FROM moderation_fingerprint f JOIN comments_comment c ON c.id = f.comment_id
    WHERE f.comment_id IN (""" + " UNION ".join(_NEWEST.format(place, PROBED) for place in range(KEYS)) + ")"  # fmt: skip  # noqa: S608  (numbers of ours alone)


def probes(mark: Fingerprint, since: datetime) -> RawQuerySet[Fingerprint]:
    """The newest rows of each key of a text, with the `status` of their comments; their keys are not read."""
    after = connection.ops.adapt_datetimefield_value(since)
    return Fingerprint.objects.raw(_PROBES, [value for place in range(KEYS) for value in (getattr(mark, f"key_{place}"), after)])


def near_copies(mark: Fingerprint, since: datetime) -> Copies:
    """The other comments whose text is nearly or exactly that of `mark`; nothing for a short text."""
    if mark.number is None:
        return Copies()
    rows = [
        row for row in probes(mark, since) if row.pk != mark.pk and row.number is not None and distance(row.number, mark.number) <= NEAR
    ]
    others = [row for row in rows if row.skeleton != mark.skeleton]
    return Copies(
        copies=len(others),
        authors=len({row.author for row in others} - {mark.author}),
        refused=sum(getattr(row, "status", "") == Status.SPAM for row in others),
        rows=rows,
    )


def join(mark: Fingerprint, found: Copies) -> Campaign | None:
    """Make a comment part of the campaign of its copies; the second author's copy begins one. None for an author's own repetition.

    Runs in the transaction of the comment's decision. Two copies that are screened at the same moment begin one campaign, since it is
    named by the oldest copy; where they did not see each other, the third one brings them together.
    """
    if not found.rows:
        return None
    known = [row.campaign_id for row in found.rows if row.campaign_id is not None]
    if known:
        campaign = Campaign.objects.filter(pk=min(known)).first()
    elif len({row.author for row in found.rows} | {mark.author}) < 2:
        return None
    else:
        oldest = min(found.rows, key=lambda row: (row.created_at, row.pk))
        Campaign.objects.bulk_create([Campaign(first_id=oldest.pk, last_at=mark.created_at)], ignore_conflicts=True)
        campaign = Campaign.objects.filter(first_id=oldest.pk).first()
    if campaign is None:
        return None
    loose = [row.pk for row in found.rows if row.campaign_id is None]
    Fingerprint.objects.filter(pk__in=[*loose, mark.pk], campaign=None).update(campaign=campaign)
    Campaign.objects.filter(pk=campaign.pk, last_at__lt=mark.created_at).update(last_at=mark.created_at)
    return campaign
