"""From PENDING to a decision: claim, facts, all checks, policy, decide. And the sweep, which finds what every message forgot.

The row in the database is the message. `screen_comment` may be called any number of times, late, twice at once, for a revision that
is gone: the claim and the compare-and-set of the decision make each of these harmless.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from types import FrameType

from celery import shared_task
from celery.signals import worker_ready
from django.conf import settings
from django.db import transaction
from django.db.models import ExpressionWrapper, F
from django.db.models.expressions import Combinable
from django.db.models.fields import DateTimeField
from django.db.models.functions import Now

from comments.models import Comment
from comments.states import Status
from moderation import campaigns, check_modes, in_force, policy, rules, variants
from moderation.checks.base import Finding, Label, Submission
from moderation.decisions import Stale, decide
from moderation.facts import Facts, gather, heads_of, load_check, rule_facts
from moderation.findings import as_row
from moderation.models import Decision
from moderation.models import Finding as FindingRow
from moderation.wakeup import wake
from newsroom.models import CommentMode

log = logging.getLogger(__name__)

SWEEP_BATCH = 1_000


class CheckTimeout(Exception):
    """A check took longer than SCREEN_CHECK_SECONDS."""


def wake_screening(comment_id: int, revision: int, **_kwargs: object) -> None:
    """Receiver of comments.signals.comment_submitted."""
    wake(screen_comment, comment_id, revision)


@shared_task(name="moderation.screen_comment", time_limit=settings.SCREEN_TASK_SECONDS)
def screen_comment(comment_id: int, revision: int, attempt: int = 0) -> None:
    """`attempt` is how many attempts the sender knew of: a message that was overtaken finds another number, and does nothing."""
    screen(comment_id, revision, attempt)


@shared_task(name="moderation.screen_stragglers")
def screen_stragglers() -> int:
    """Beat's task: hand every overdue comment to a worker again, oldest first, in a bounded batch; how many."""
    due = list(Comment.objects.overdue().values_list("pk", "revision", "screen_attempts")[:SWEEP_BATCH])
    for comment_id, revision, attempts in due:
        # Announced once in a lease, not with every sweep while the message waits in the worker's queue.
        row = Comment.objects.filter(pk=comment_id, revision=revision, status=Status.PENDING, screen_attempts=attempts)
        if row.filter(screen_due_at__lte=Now()).update(screen_due_at=_from_now(settings.SCREEN_LEASE)) != 1:
            continue
        if not wake(screen_comment, comment_id, revision, attempts):
            row.update(screen_due_at=Now())
            break
    if due:
        log.info("stragglers", extra={"count": len(due)})
    return len(due)


@worker_ready.connect
def sweep_at_start(**_kwargs: object) -> None:
    wake(screen_stragglers)


def screen(comment_id: int, revision: int, attempt: int = 0) -> Decision | None:
    """Screen one revision of a comment and decide; None where there was nothing (or no longer anything) to do."""
    comment = claim(comment_id, revision, attempt)
    if comment is None:
        return None
    if comment.screen_attempts > settings.SCREEN_ATTEMPTS:
        gave_up = Finding(
            "screening", Label.ERROR, "1", score=1.0, detail={"attempts": settings.SCREEN_ATTEMPTS, "error": "no attempt came to an end"}
        )
        return _decide(comment, [Result(gave_up, 0.0)], policy.judge([gave_up], required=()))
    facts = gather(comment)
    results, verdict, asked = examine(comment, facts.submission)
    return _decide(comment, results, verdict, facts, asked)


def examine(comment: Comment, submission: Submission) -> tuple[list[Result], policy.Verdict, dict[str, rules.Value]]:
    """What every check and rule says of a comment, what is to become of it, and the facts that the rules were asked about."""
    publication = comment.article.publication
    tick = in_force.tick()
    modes = check_modes.in_force(tick)
    required = modes.live
    results = [Result(*run_check(name, submission)) for name in required]
    counted = [result.finding for result in results]
    asked = rule_facts(comment, submission, {finding.check: finding for finding in counted})
    laid_down = in_force.rules_in_force(publication.pk, tick)

    def verdict_of(findings: Sequence[Finding]) -> policy.Verdict:
        waits = comment.article.comment_mode_in_force == CommentMode.BEFORE
        met = rules.run(laid_down, asked, findings).counted
        return policy.judge([*findings, *met], required, waits, publication.reject_grave, settings.MODERATION_HARMS)

    verdict = verdict_of(counted)
    said = rules.run(laid_down, asked, counted)
    results += [Result(finding, 0.0) for finding in said.counted] + [Result(finding, 0.0, shadow=True) for finding in said.shadow]
    for name in modes.shadow:
        finding, ms = run_check(name, submission)
        results.append(in_shadow(finding, ms, verdict_of([*counted, finding])))
    for shadow in variants.in_use(publication.pk, tick).shadows:
        for name in required:
            if shadow.head in heads_of(name):
                finding, ms = run_check(name, replace(submission, models={**submission.models, shadow.head: shadow.model}))
                instead = [finding if each.check == name else each for each in counted]
                results.append(in_shadow(finding, ms, verdict_of(instead), shadow.variant))
    return results, verdict, asked


@dataclass(frozen=True, slots=True)
class Result:
    """A finding with its milliseconds; in shadow perhaps, and then with the version of a text model that spoke, if it was one."""

    finding: Finding
    milliseconds: float
    shadow: bool = False
    variant: int | None = None

    def as_row(self) -> FindingRow:
        """A row that is not saved yet."""
        return FindingRow(**as_row(self.finding), shadow=self.shadow, variant_id=self.variant, milliseconds=self.milliseconds)


def in_shadow(finding: Finding, milliseconds: float, would: policy.Verdict, variant: int | None = None) -> Result:
    """A finding that decides nothing, with what would have become of the comment had it counted."""
    return Result(replace(finding, detail={**finding.detail, "would": would.outcome}), milliseconds, True, variant)


def claim(comment_id: int, revision: int, attempt: int) -> Comment | None:
    """Take a pending revision for one attempt, if `attempt` is still the number of those that began before.

    The attempt is counted before it runs, so that a text that kills its worker runs out of them; until `screen_due_at` the sweep
    leaves it alone.
    """
    comment = Comment.objects.select_related("article__section__publication", "commenter").filter(pk=comment_id).first()
    if comment is None or comment.status != Status.PENDING or comment.revision != revision or comment.screen_attempts != attempt:
        return None
    row = Comment.objects.filter(pk=comment_id, status=Status.PENDING, revision=revision, screen_attempts=attempt)
    lease = settings.SCREEN_LEASE * 2 ** min(attempt, settings.SCREEN_ATTEMPTS)
    if row.update(screen_attempts=F("screen_attempts") + 1, screen_due_at=_from_now(lease)) != 1:
        return None
    comment.screen_attempts = attempt + 1
    return comment


def run_check(name: str, submission: Submission) -> tuple[Finding, float]:
    """One check's finding, and its milliseconds. Whatever goes wrong is a finding with the label ERROR."""
    began = time.perf_counter()
    try:
        check, _version = load_check(name)
        with time_limit(settings.SCREEN_CHECK_SECONDS):
            finding = check(submission)
    except Exception as error:
        # The words of an exception can hold the comment; its class cannot.
        log.error("check failed", extra={"check": name, "error": type(error).__name__})
        finding = Finding(name, Label.ERROR, "", score=1.0, detail={"error": type(error).__name__})
    return finding, round((time.perf_counter() - began) * 1000, 3)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise CheckTimeout in the block after so many seconds. Works in a process's main thread, which is where Celery runs a task."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise CheckTimeout

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _decide(
    comment: Comment,
    results: Sequence[Result],
    verdict: policy.Verdict,
    facts: Facts | None = None,
    kept: dict[str, rules.Value] | None = None,
) -> Decision | None:
    rows = [result.as_row() for result in results]
    try:
        with transaction.atomic():  # one commit for the decision and the place in a campaign
            decision = decide(
                comment,
                Status(verdict.outcome),
                kind=Decision.Kind.SCREENING,
                reason=verdict.reason,
                priority=verdict.priority,
                findings=rows,
                facts=kept,
            )
            if facts is not None:
                campaigns.join(facts.mark, facts.alike)
    except Stale:
        # A person was quicker, or the author edited or withdrew: the verdict is about something that no longer is.
        log.info("verdict came late", extra={"comment": comment.public_id, "revision": comment.revision})
        return None
    log.info(
        "screened",
        extra={"comment": comment.public_id, "revision": comment.revision, "outcome": decision.outcome, "attempt": comment.screen_attempts},
    )
    return decision


def _from_now(delta: timedelta) -> Combinable:
    return ExpressionWrapper(Now() + delta, output_field=DateTimeField())
