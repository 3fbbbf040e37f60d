"""Phrase lists as editors work with them: what a phrase would have matched, trying a text out, lists from and to CSV."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from comments.models import Comment
from comments.states import Status
from moderation import in_force, rulekeeping, spreadsheet
from moderation.access import comments_for
from moderation.classifiers import lexicon
from moderation.classifiers.lexicon import LexiconHit
from moderation.classifiers.normalise import normalise
from moderation.classifiers.phrases import COLUMNS, EXPIRES, PhraseLine, Reading, matcher
from moderation.evidence import Mark, Piece, cut, excerpt
from moderation.models import Decision, Phrase
from newsroom.models import Publication

if TYPE_CHECKING:
    from datetime import date

    from django.contrib.auth.models import User

LOOK_DAYS = 30
LOOK_SECONDS = 3.0  # an editor waits for the page; what was not reached is said
LOOK_MOST = 20_000
EXAMPLES = 20
CHUNK = 500
FIELDS = ("action", "kind", "severity", "language", "note", "expires_at", "enabled")


@dataclass(slots=True)
class Example:
    comment: Comment
    pieces: list[Piece]
    person: str = ""  # the last outcome that a person chose


@dataclass(slots=True)
class Look:
    """What patterns would have matched: `matches` of `looked` comments, and what people had made of those."""

    days: int = LOOK_DAYS
    total: int = 0
    looked: int = 0
    matches: int = 0
    approved: int = 0  # by people
    refused: int = 0  # by people
    public: int = 0  # approved now, by whomever
    examples: list[Example] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def complete(self) -> bool:
        return self.looked >= self.total


def look(user: User, patterns: Iterable[str], publication: Publication | None, days: int = LOOK_DAYS) -> Look:
    """What patterns would have matched among the comments of the last days that somebody may see, the newest first.

    Stops after LOOK_MOST comments or LOOK_SECONDS; then `complete` is False.
    """
    began = time.monotonic()
    found = Look(days)
    finder = matcher(tuple(patterns), parted=True)
    rows = comments_for(user).filter(created_at__gte=timezone.now() - timedelta(days=days)).exclude(status=Status.WITHDRAWN)
    if publication is not None:
        rows = rows.filter(article__section__publication=publication)
    found.total = rows.order_by()[: LOOK_MOST + 1].count()
    hits: list[int] = []
    for pk, text, name in rows.order_by("-pk").values_list("pk", "body_raw", "author_name")[:LOOK_MOST].iterator(chunk_size=CHUNK):
        if found.looked % 50 == 0 and time.monotonic() - began > LOOK_SECONDS:
            break
        found.looked += 1
        if finder.find(normalise(text)) or finder.find(normalise(name)):
            hits.append(pk)
    found.matches = len(hits)
    chosen: dict[int, str] = {}
    for start in range(0, len(hits), CHUNK):
        some = hits[start : start + CHUNK]
        chosen |= by_people(some)
        found.public += Comment.objects.filter(pk__in=some, status=Status.APPROVED).count()
    found.approved = sum(outcome == Status.APPROVED for outcome in chosen.values())
    found.refused = sum(outcome in (Status.REJECTED, Status.SPAM) for outcome in chosen.values())
    # Those that people approved first: they are what a phrase must not take.
    first = sorted(hits, key=lambda pk: chosen.get(pk) != Status.APPROVED)[:EXAMPLES]
    shown = {comment.pk: comment for comment in Comment.objects.filter(pk__in=first).select_related("article__section")}
    for pk in first:
        comment = shown[pk]
        normal = normalise(comment.body_raw)
        marks = [Mark(*normal.original_span(hit.start, hit.end), "phrase", "phrases") for hit in finder.find(normal)]
        found.examples.append(Example(comment, excerpt(" ".join(comment.body_raw.split("\n")), marks, 160), chosen.get(pk, "")))
    found.seconds = time.monotonic() - began
    return found


def by_people(comments: Iterable[int]) -> dict[int, str]:
    """The outcome that a person chose last for each comment and that nobody took back; the others are left out."""
    chosen: dict[int, str] = {}
    rows = Decision.objects.filter(comment__in=comments, kind__in=[Decision.Kind.PERSON, Decision.Kind.UNDO]).order_by("id")
    for pk, kind, outcome in rows.values_list("comment_id", "kind", "outcome"):
        if kind == Decision.Kind.PERSON:
            chosen[pk] = outcome
        else:
            chosen.pop(pk, None)
    return chosen


# --- Trying a text out --------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Tried:
    """A text with what matches in it: phrases of the lists, words of the abuse lexicon, and those that are innocent here."""

    pieces: list[Piece]
    phrases: list[Phrase]
    words: list[LexiconHit]
    spared: list[LexiconHit]


def try_text(text: str, publication: Publication | None) -> Tried:
    """What the lists in force at a publication (None: those that count everywhere) find in a text of at most COMMENT_MAX_LENGTH."""
    text = text[: settings.COMMENT_MAX_LENGTH]
    rows = list(counting(publication))
    normal = normalise(text)
    marks, matched = [], {}
    for hit in matcher(tuple(row.pattern for row in rows), parted=True).find(normal):
        row = rows[hit.index]
        matched[row.pk] = row
        marks.append(Mark(*normal.original_span(hit.start, hit.end), row.kind, "phrases"))
    innocent = in_force.listed_innocents(publication.pk if publication is not None else 0)
    words = list(lexicon.find(normal, innocent))
    spared = [hit for hit in lexicon.find(normal) if hit not in words]
    marks += [Mark(*normal.original_span(hit.start, hit.end), hit.line.kind, "abuse") for hit in words]
    return Tried(cut(text, marks), list(matched.values()), words, spared)


def counting(publication: Publication | None) -> QuerySet[Phrase]:
    """The phrases in force at a publication."""
    rows = Phrase.objects.filter(Q(publication=None) | Q(publication=publication), enabled=True)
    return rows.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now())).select_related("publication").order_by("pk")


# --- CSV ----------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Import:
    """What a list would change: lines that are new, lines that change a phrase, how many say what is already there."""

    new: list[tuple[int, PhraseLine]] = field(default_factory=list)
    changed: list[tuple[int, PhraseLine, Phrase]] = field(default_factory=list)
    same: int = 0


def plan_import(reading: Reading, publication: Publication | None) -> Import:
    """Compare what was read with the list of a publication. Nothing is written."""
    known = {row.pattern: row for row in Phrase.objects.filter(publication=publication)}
    plan = Import()
    for number, line in reading.lines:
        row = known.get(line.pattern)
        if row is None:
            plan.new.append((number, line))
        elif _values(line, publication) != {name: getattr(row, name) for name in FIELDS}:
            plan.changed.append((number, line, row))
        else:
            plan.same += 1
    return plan


def carry_import(plan: Import, publication: Publication | None, user: User) -> int:
    """Do what a plan says, in one transaction; how many phrases are new or changed. The caller has asked `rulekeeping.may_keep`."""
    with transaction.atomic():
        new = [Phrase(publication=publication, pattern=line.pattern, **_values(line, publication)) for _number, line in plan.new]
        rulekeeping.add_phrases(new, user)
        for _number, line, row in plan.changed:
            for name, value in _values(line, publication).items():
                setattr(row, name, value)
            rulekeeping.keep(row, user, FIELDS)
    return len(plan.new) + len(plan.changed)


def _values(line: PhraseLine, publication: Publication | None) -> dict[str, object]:
    return {
        "action": Phrase.Action.BANNED if line.banned else Phrase.Action.SUSPECT,
        "kind": line.kind,
        "severity": line.severity,
        "language": line.language,
        "note": line.note,
        "expires_at": end_of(line.expires, publication) if line.expires else None,
        "enabled": True,
    }


def export(publication: Publication | None) -> Iterator[str]:
    """The list of a publication as CSV, to be read by people, spreadsheets and our own import. What is switched off is left out."""
    rows = Phrase.objects.filter(publication=publication, enabled=True).order_by("pattern")
    return spreadsheet.lines(
        [*COLUMNS, EXPIRES],
        (
            [row.pattern, row.action, row.kind, row.severity, row.language, row.note, _day(row.expires_at, publication)]
            for row in rows.iterator()
        ),
    )


def zone_of(publication: Publication | None) -> ZoneInfo:
    return ZoneInfo(publication.time_zone if publication is not None else settings.TIME_ZONE)


def end_of(last: date, publication: Publication | None) -> datetime:
    """The end of a day at a publication: the first moment of the next one."""
    return datetime(last.year, last.month, last.day, tzinfo=zone_of(publication)) + timedelta(days=1)


def last_day(moment: datetime, publication: Publication | None) -> date:
    """The inverse of `end_of`."""
    return (moment.astimezone(zone_of(publication)) - timedelta(microseconds=1)).date()


def _day(moment: datetime | None, publication: Publication | None) -> str:
    return last_day(moment, publication).isoformat() if moment is not None else ""
