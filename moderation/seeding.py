"""The demo's readers: comments for every verdict, each with the history that led to it, and the starter phrase list.

Every comment goes the way of a real one, `submit`, `screen`, `decide`, and is dated back afterwards. What a moderator of the
demo does is done in the name of an account that nobody can log in with.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.test.utils import override_settings
from django.utils import timezone

from comments.models import Comment, Commenter, Reaction
from comments.reactions import rank
from comments.states import Status
from comments.submission import Client, Draft, edit, submit, withdraw
from comments.text import clean_raw
from moderation.classifiers.phrases import parse
from moderation.decisions import decide
from moderation.models import Decision, Finding, Fingerprint, Notice, Phrase, Report
from moderation.reasons import Reason
from moderation.screening import screen
from moderation.wakeup import nobody_woken
from newsroom.models import Article

MODERATOR = "sari"
STARTER_PHRASES = Path(__file__).resolve().parent / "phrases" / "starter.csv"


@dataclass(frozen=True, slots=True)
class Planned:
    """One comment of seeds/comments.toml, with its moment."""

    article: Article
    by: str
    at: datetime
    text: str
    key: str = ""
    to: str = ""
    fate: Status = Status.APPROVED
    reason: str = ""
    agree: int = 0
    reports: list[str] = field(default_factory=list)
    edited: str = ""


def seed(*, dry_run: bool = False) -> dict[str, int]:
    """Load the starter phrases where there is no phrase, and the demo's comments where there is no comment: how many of each.

    Raises ValueError where a seed is wrong; then nothing was written.
    """
    counts = seed_phrases(dry_run=dry_run)
    if Comment.objects.exists():
        return counts
    with (settings.SEEDS_DIR / "comments.toml").open("rb") as file:
        seeds = tomllib.load(file)
    plan = make_plan(seeds["comment"], dry_run=dry_run)
    counts["comments"] = len(plan)
    if not dry_run:
        with nobody_woken(), transaction.atomic():
            Writer(seeds["people"]).write(plan)
    return counts


def seed_phrases(*, dry_run: bool) -> dict[str, int]:
    """The graded list that a newsroom starts with, and changes as it likes."""
    if Phrase.objects.exists():
        return {}
    rows = [
        Phrase(
            pattern=line.pattern,
            action=Phrase.Action.BANNED if line.banned else Phrase.Action.SUSPECT,
            kind=line.kind,
            severity=line.severity,
            language=line.language,
            note=line.note,
        )
        for line in parse(STARTER_PHRASES.read_text("utf-8"))
    ]
    if not dry_run:
        Phrase.objects.bulk_create(rows)
    return {"phrases": len(rows)}


def make_plan(rows: list[dict[str, Any]], *, dry_run: bool) -> list[Planned]:
    """The comments in the order of their moments, so that each finds its parent there and its author's history true."""
    articles = {article.slug: article for article in Article.objects.published()}
    plan = []
    for row in rows:
        article = articles.get(row["article"])
        if article is None or article.published_at is None:
            if dry_run:
                article = Article(slug=row["article"], published_at=timezone.now())
            else:
                continue  # the editors took the article away; its comments have no place
        assert article.published_at is not None
        text = clean_raw(row["text"])
        details = {name: row[name] for name in ("key", "to", "reason", "agree", "reports", "edited") if name in row}
        at = article.published_at + timedelta(minutes=row["after"])
        plan.append(Planned(article, row["by"], at, text, fate=Status(row.get("fate", "approved")), **details))
    return sorted(plan, key=lambda planned: planned.at)


class Writer:
    """Writes a plan, keeping track of who is who and of the comments that have names."""

    def __init__(self, people: dict[str, dict[str, str]]) -> None:
        self.people = people
        self.numbers = {name: number for number, name in enumerate(people, start=1)}
        self.commenters = {name: Commenter.objects.create() for name in people}
        self.moderator, made = User.objects.get_or_create(username=MODERATOR, defaults={"first_name": "Sari"})
        if made:
            self.moderator.set_unusable_password()
            self.moderator.save()
        self.named: dict[str, Comment] = {}

    def write(self, plan: list[Planned]) -> None:
        # The limits are there for a reader who writes by hand; here a week of comments comes in a second.
        with override_settings(COMMENT_RATE_LIMITS=(), COMMENT_EDIT_LIMITS=()):
            for planned in plan:
                self.write_one(planned)

    def write_one(self, planned: Planned) -> None:
        person = self.people[planned.by]
        parent = self.named.get(planned.to) if planned.to else None
        if planned.to and parent is None:
            raise ValueError(f"comments.toml: {planned.to!r} is answered before it was written")
        if parent is not None:
            parent.refresh_from_db()
        draft = Draft(
            author_name=person["name"],
            author_email=person["email"],
            author_url=person.get("url", ""),
            body=planned.edited or planned.text,
            parent=parent,
        )
        client = Client(
            ip=f"2001:db8:{self.numbers[planned.by]:x}::1",  # addresses that are set apart for examples
            user_agent="Mozilla/5.0 (contoh)",
            commenter=self.commenters[planned.by],
            via_form=True,
            fill_seconds=20 + len(planned.text) / 4,
        )
        with late_opening(planned.article):
            comment = submit(planned.article, draft, client).comment
        comment = self.settle(comment, planned)
        if planned.edited:
            comment = self.settle(edit(comment, planned.text), planned)
        self.add_readers(comment, planned)
        date_back(comment, planned.at)
        if planned.key:
            self.named[planned.key] = comment

    def settle(self, comment: Comment, planned: Planned) -> Comment:
        """The checks' verdict, and where it is not the fate of this comment, the person's who knew better."""
        screen(comment.pk, comment.revision)
        comment = Comment.objects.select_related("article__section__publication").get(pk=comment.pk)
        if planned.fate == Status.WITHDRAWN:
            return withdraw(comment) if comment.status != Status.SPAM else comment
        if comment.status == planned.fate or (planned.fate == Status.HELD and comment.status != Status.APPROVED):
            return comment
        by_reports = planned.fate == Status.HELD and bool(planned.reports)
        usual = {Status.APPROVED: Reason.FINE, Status.SPAM: Reason.ADVERTISING, Status.HELD: Reason.OTHER}
        decide(
            comment,
            planned.fate,
            kind=Decision.Kind.REPORTS if by_reports else Decision.Kind.PERSON,
            reason=Reason.REPORTED if by_reports else planned.reason or usual.get(planned.fate, Reason.OTHER),
            moderator=None if by_reports else self.moderator,
        )
        return comment

    def add_readers(self, comment: Comment, planned: Planned) -> None:
        """Those who agree, and those who reported."""
        Reaction.objects.bulk_create(Reaction(comment=comment, client=f"contoh-{number}") for number in range(planned.agree))
        Comment.objects.filter(pk=comment.pk).update(reaction_count=planned.agree, best_rank=rank(planned.agree, 0))
        for number, reason in enumerate(planned.reports):
            Report.objects.create(comment=comment, revision=comment.revision, reason=reason, reporter=f"contoh-{number}")


@contextmanager
def late_opening(article: Article) -> Iterator[None]:
    """Let a comment in under an article that has closed since: it was written while the article was open."""
    closes, article.comments_close_at = article.comments_close_at, None
    try:
        yield
    finally:
        article.comments_close_at = closes


def date_back(comment: Comment, at: datetime) -> None:
    """Put a comment and all that was decided about it where they belong in time, a few minutes after each other.

    Decisions and findings are append-only; these rows are dated before anybody could have read them, which is why the plain
    QuerySet is used here and nowhere else.
    """
    decided = at
    decisions: QuerySet[Decision] = QuerySet(Decision).filter(comment=comment).order_by("id")
    for number, decision in enumerate(decisions):
        wait = timedelta(seconds=1) if decision.kind == Decision.Kind.SCREENING else timedelta(minutes=3 + comment.pk % 5)
        decided = at + wait if number == 0 else decided + wait
        QuerySet(Decision).filter(pk=decision.pk).update(created_at=decided)
        QuerySet(Finding).filter(decision=decision).update(created_at=decided)
    Fingerprint.objects.filter(comment=comment).update(created_at=at)
    Report.objects.filter(comment=comment).update(created_at=decided + timedelta(minutes=4))
    # Nobody waits for mail about the demo.
    Notice.objects.filter(comment=comment).delete()
    Comment.objects.filter(pk=comment.pk).update(
        created_at=at,
        edited_at=at + timedelta(minutes=6) if comment.edited_at else None,
        published_at=decided if comment.published_at else None,
    )
