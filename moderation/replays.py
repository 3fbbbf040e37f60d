"""Old comments judged again: by what is in force now, or by a change that somebody wants to try out. One path for both.

What the checks found is stored with each decision, so most of it need not be found again. A replay takes the stored findings, lets only
those be made anew that the change touches (phrases are matched again, thresholds are laid on the stored probabilities, abuse is
read again where innocent words matter), asks the rules about the stored facts, and hands it all to the same `policy.judge`. A rescan
also runs the checks of the text again, since it looks with today's checks. Nothing here changes a comment: see `moderation.bulk`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from celery import shared_task
from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import ExpressionWrapper, Max, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.fields import DateTimeField
from django.db.models.functions import Now

from comments.models import Comment
from comments.states import Status, may_move
from moderation import check_modes, in_force, policy, rules, thresholds, variants
from moderation.access import scope_of
from moderation.checks import abuse, gambling, phrases, promotion
from moderation.checks.base import Finding, Label, PhraseRule, Submission, Thresholds
from moderation.classifiers.assess import Models
from moderation.drafts import Draft
from moderation.facts import rule_facts
from moderation.findings import as_row
from moderation.models import Decision, Replay, ReplayItem
from moderation.models import Finding as FindingRow
from moderation.screening import run_check
from moderation.wakeup import wake
from newsroom.models import CommentMode, Publication

if TYPE_CHECKING:
    from django.contrib.auth.models import User

log = logging.getLogger(__name__)

MOST = 20_000  # comments in one replay, the latest
BATCH = 200
SLICE_SECONDS = 2.0
SPOT_SECONDS = 2.5  # so long somebody waits for the page before the worker goes on
LEASE = timedelta(seconds=30)
RESUMED_AT_ONCE = 20
EXAMPLES = 200  # of one cell that a simulation keeps; it counts all
RESCANNED = (Status.HELD, Status.APPROVED, Status.REJECTED, Status.SPAM)  # the states that a machine can have brought a comment into

# Checks whose answer follows from the text and the lists alone. The others speak of the moment in which a comment came, and that is gone:
# what they said then is kept.
OF_THE_TEXT = frozenset({"gambling", "promotion", "abuse", "links", "phrases", "shouting", "language"})
RELABELLED = {"gambling": gambling.relabel, "promotion": promotion.relabel, "abuse": abuse.relabel}


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All that a publication has laid down, and that can be tried out."""

    phrases: tuple[PhraseRule, ...] = ()
    domains: frozenset[str] = frozenset()
    innocent: tuple[str, ...] = ()
    rules: tuple[rules.Rule, ...] = ()
    thresholds: Thresholds = field(default_factory=dict)
    models: Models = field(default_factory=dict)
    checks: tuple[str, ...] = ()  # that count


def rulebook(publication_id: int) -> Rulebook:
    """What is in force at a publication at this moment."""
    now = in_force.tick()
    listed, domains = in_force.lists_in_force(publication_id, now)
    innocent, laid_down = in_force.innocents_in_force(publication_id, now), in_force.rules_in_force(publication_id, now)
    models, checks = variants.in_use(publication_id, now).models, check_modes.in_force(now).live
    return Rulebook(listed, domains, innocent, laid_down, thresholds.in_force(publication_id, now), models, checks)


@dataclass(slots=True)
class Stored:
    """A comment's present revision with what is known of it: counted findings by check, and the facts for rules."""

    comment: Comment
    findings: dict[str, Finding]
    facts: Mapping[str, rules.Value] | None = None
    decisions: list[tuple[str, str]] = field(default_factory=list)  # (kind, outcome), oldest first, of this revision

    @property
    def person(self) -> str:
        """The last outcome that a person chose and nobody took back; empty where there is none."""
        chosen = ""
        for kind, outcome in self.decisions:
            if kind == Decision.Kind.PERSON:
                chosen = outcome
            elif kind == Decision.Kind.UNDO:
                chosen = ""
        return chosen

    @property
    def is_machines(self) -> bool:
        """Whether the last word was a machine's. A second look leaves everything else alone."""
        return not self.decisions or self.decisions[-1][0] in (Decision.Kind.SCREENING, Decision.Kind.RESCAN)


@dataclass(frozen=True, slots=True)
class Judged:
    verdict: policy.Verdict
    findings: Mapping[str, Finding]  # those that counted


# --- Judging ------------------------------------------------------------------------------------------------------------


def judge_again(stored: Stored, book: Rulebook, *, anew: bool = False) -> Judged:
    """The verdict on a comment by a rulebook. With `anew` the checks of the text are run again, else only what the rulebook touches.

    A check that was not yet there when the comment came is run if it is one of the text, and not asked for otherwise.
    """
    kept = stored.findings
    submission = _submission(stored, book)
    findings: dict[str, Finding] = {}
    for name in book.checks:
        found = kept.get(name)
        if name in OF_THE_TEXT and (anew or found is None or name == phrases.NAME or (name == abuse.NAME and _needs_reading(found, book))):
            findings[name] = phrases.check(submission) if name == phrases.NAME and not anew else run_check(name, submission)[0]
        elif found is not None:
            relabel = RELABELLED.get(name)
            findings[name] = relabel(found, book.thresholds, book.models) if relabel is not None else found
    counted = list(findings.values())
    if book.rules:
        facts = stored.facts
        if facts is None:
            facts = rule_facts(stored.comment, _as_it_came(stored, submission), findings)
        counted += rules.run(book.rules, facts, counted).counted
    article = stored.comment.article
    waits = article.comment_mode_in_force == CommentMode.BEFORE
    verdict = policy.judge(counted, findings.keys(), waits, article.publication.reject_grave, settings.MODERATION_HARMS)
    return Judged(verdict, {finding.check: finding for finding in counted})


def _needs_reading(found: Finding, book: Rulebook) -> bool:
    """Whether innocent words can make a difference: only where a word of the lexicon stands in the text."""
    return bool(found.detail.get("spared") or (book.innocent and found.detail.get("lexicon")))


def _submission(stored: Stored, book: Rulebook) -> Submission:
    comment = stored.comment
    publication = comment.article.publication
    return Submission(
        text=comment.body_raw,
        author_name=comment.author_name,
        author_url=comment.author_url,
        language=publication.language,
        submitted_at=comment.created_at,
        via_form=comment.via_form,
        phrases=book.phrases,
        innocent=book.innocent,
        listed_domains=book.domains,
        own_hosts=in_force.own_hosts(publication),
        thresholds=book.thresholds,
        models=book.models,
    )


def _as_it_came(stored: Stored, submission: Submission) -> Submission:
    """For a comment whose facts were not kept: as much as its findings tell of the moment in which it came."""
    author, repeats = (stored.findings[name].detail if name in stored.findings else {} for name in ("new_author", "repeats"))
    return replace(
        submission,
        author_known=bool(author.get("known")),
        author_approved=_whole(author.get("approved")),
        author_refused=_whole(author.get("refused")),
        same_text=_whole(repeats.get("copies")),
        near_text=_whole(repeats.get("near")),
    )


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def tried_out(draft: Draft, now: Rulebook, publication_id: int, own: int | None) -> Rulebook:
    """A publication's rulebook with a draft's changes. `own` is the list that the draft changes: a publication's, or everybody's."""
    return replace(
        now,
        phrases=in_force.listed_phrases(publication_id, draft.without_phrases) + tuple(one.as_rule() for one in draft.phrases),
        innocent=in_force.listed_innocents(publication_id, draft.without_innocents) + draft.innocents,
        rules=in_force.listed_rules(publication_id, draft.rules),
        thresholds={**now.thresholds, **draft.thresholds} if own == publication_id else now.thresholds,
    )


# --- Reading what is stored ---------------------------------------------------------------------------------------------


def load(comments: Sequence[Comment]) -> list[Stored]:
    """What is known of comments, which come with article, section, publication and commenter. Three queries for all of them."""
    ids = [comment.pk for comment in comments]
    found = {comment.pk: Stored(comment, {}) for comment in comments}
    revisions = {comment.pk: comment.revision for comment in comments}
    decisions = Decision.objects.filter(comment__in=ids).order_by("id")
    for pk, revision, kind, outcome, facts in decisions.values_list("comment_id", "revision", "kind", "outcome", "facts"):
        if revision == revisions[pk]:
            found[pk].decisions.append((kind, outcome))
            if kind == Decision.Kind.SCREENING:
                found[pk].facts = facts
    rows = FindingRow.objects.filter(comment__in=ids, shadow=False, variant=None).order_by("id")
    rows = rows.exclude(check_name__startswith=rules.PREFIX)
    names = ("comment_id", "revision", "check_name", "label", "score", "probability")
    # The details are JSON, which costs more to read than all the rest: they are fetched only where something is made of them.
    with_detail = {"abuse"}
    if any(one.facts is None for one in found.values()):
        with_detail |= {"new_author", "repeats", "links", "language"}
    details = dict(rows.filter(check_name__in=with_detail).values_list("pk", "detail"))
    for row, pk, revision, name, label, score, probability in rows.values_list("pk", *names):
        if revision == revisions[pk]:
            # A later one of the same name comes from a second look, and is the newer truth.
            found[pk].findings[name] = Finding(name, Label(label), "", score, probability, detail=details.get(row, _NOTHING))
    return list(found.values())


_NOTHING: Mapping[str, object] = {}


# --- Ordering -----------------------------------------------------------------------------------------------------------


def order(
    user: User,
    kind: str,
    publication: Publication | None,
    days: int,
    *,
    draft: Draft | None = None,
    states: Sequence[str] = (),
    seconds: float = SPOT_SECONDS,
) -> Replay:
    """Write down what is to be looked at, and begin: `seconds` here, the rest in the worker."""
    made = Replay(kind=kind, moderator=user, publication=publication, days=days, states=list(states))
    made.draft = draft.as_json() if draft is not None else {}
    rows = _comments(made)
    made.cursor = (rows.aggregate(last=Max("pk"))["last"] or 0) + 1
    found = rows[: MOST + 1].count()
    made.total, made.cut_off = min(found, MOST), found > MOST
    with transaction.atomic():
        made.save()
        Replay.objects.filter(pk=made.pk).update(due_at=Now())  # by the clock that it will be compared with
    if work(made.pk, seconds):
        wake(work_replay, made.pk)
    made.refresh_from_db()
    return made


def _comments(made: Replay) -> QuerySet[Comment]:
    """The comments of a replay, newest first."""
    rows = Comment.objects.filter(scope_of(made.moderator), created_at__gte=made.created_at - timedelta(days=made.days))
    if made.publication_id is not None:
        rows = rows.filter(article__section__publication=made.publication_id)
    rows = rows.filter(status__in=made.states) if made.kind == Replay.Kind.RESCAN else rows.exclude(status=Status.PENDING)
    return rows.order_by("-pk")


# --- Working ------------------------------------------------------------------------------------------------------------


@shared_task(name="moderation.work_replay")
def work_replay(replay_id: int) -> None:
    """A slice of a replay; what is left goes to the end of the worker's queue."""
    if work(replay_id, SLICE_SECONDS):
        wake(work_replay, replay_id)


@shared_task(name="moderation.resume_replays")
def resume_replays() -> int:
    """Beat's task: wake what was left behind, oldest first, in a bounded batch; how many."""
    due = Replay.objects.filter(finished_at=None, discarded_at=None, due_at__lte=Now()).order_by("due_at", "id")
    left = list(due.values_list("pk", flat=True)[:RESUMED_AT_ONCE])
    for replay_id in left:
        if not wake(work_replay, replay_id):
            break
    return len(left)


def work(replay_id: int, seconds: float) -> bool:
    """Work on a replay for about so long; True where something is left for this caller to go on with."""
    until = ExpressionWrapper(Now() + LEASE, output_field=DateTimeField())
    row = Replay.objects.filter(pk=replay_id, finished_at=None, discarded_at=None)
    if row.filter(due_at__lte=Now()).update(due_at=until) != 1:
        return False
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        made = row.select_related("moderator", "publication").first()
        if made is None:
            return False
        try:
            if not _batch(made, row, until):
                return False
        except OperationalError as error:
            log.warning("replay batch failed", extra={"replay": replay_id, "error": type(error).__name__})
            return False
    row.update(due_at=Now())
    return True


def _batch(made: Replay, row: QuerySet[Replay], until: Combinable) -> bool:
    """Judge the next comments, and write down what was found in one transaction. False where it is finished or somebody else's."""
    began = time.perf_counter()
    room = min(BATCH, MOST - made.seen)
    rows = _comments(made).filter(pk__lt=made.cursor).select_related("article__section__publication", "commenter")
    rows = rows.defer("article__body", "article__lead", "body_html", "body_text")
    comments = list(rows[:room]) if room > 0 else []
    table: dict[str, dict[str, int]] = {name: dict(cell) for name, cell in made.table.items()}
    items = _judge(made, load(comments), table) if comments else []
    changes: dict[str, Any] = {"due_at": until, "table": table, "seen": made.seen + len(comments)}
    changes["seconds"] = made.seconds + time.perf_counter() - began
    done = len(comments) < room or room < BATCH
    if done:
        changes["finished_at"] = Now()
    if comments:
        changes["cursor"] = comments[-1].pk
    with transaction.atomic():
        # The cursor is compared: whoever took this over meanwhile has counted the same comments.
        if row.filter(cursor=made.cursor, seen=made.seen).update(**changes) != 1:
            return False
        ReplayItem.objects.bulk_create(items)
    if done:
        log.info("replay finished", extra={"replay": made.pk, "count": made.seen + len(comments)})
    return not done


def _judge(made: Replay, found: Iterable[Stored], table: dict[str, dict[str, int]]) -> list[ReplayItem]:
    simulation = made.kind == Replay.Kind.SIMULATION
    draft = Draft.from_json(made.draft) if simulation else None
    books: dict[int, tuple[Rulebook, Rulebook]] = {}
    items = []
    for stored in found:
        place = stored.comment.article.section.publication_id
        if place not in books:
            now = rulebook(place)
            books[place] = (now, tried_out(draft, now, place, made.publication_id) if draft is not None else now)
        item = _compare(stored, *books[place]) if simulation else _look_again(stored, books[place][0])
        if item is None:
            continue
        cell = table.setdefault(f"{item.was}>{item.would}", {})
        cell["count"] = cell.get("count", 0) + 1
        if item.person:
            cell[item.person] = cell.get(item.person, 0) + 1
        if item.was == item.would or (simulation and cell["count"] > EXAMPLES):
            continue
        item.replay = made
        items.append(item)
    return items


def _compare(stored: Stored, now: Rulebook, then: Rulebook) -> ReplayItem | None:
    """What a draft would make of a comment, beside what is made of it by what is in force. None where the checks never saw it."""
    if not stored.findings or _gave_up(stored):
        return None
    before, after = judge_again(stored, now), judge_again(stored, then)
    return _item(stored, before.verdict.outcome, after, _differences(before.findings, after.findings), stored.person)


def _look_again(stored: Stored, now: Rulebook) -> ReplayItem | None:
    """What today's checks and lists would make of a comment, beside what has become of it."""
    if _gave_up(stored):
        return None
    after = judge_again(stored, now, anew=True)
    was = Status(stored.comment.status)
    person = stored.person or ("" if stored.is_machines else was)
    would = after.verdict.outcome
    if not may_move(was, Status(would)) and was != would:
        return None
    kept = stored.findings
    changed = _differences(kept, after.findings)
    item = _item(stored, was, after, changed, person)
    item.findings = [as_row(finding) for name, finding in after.findings.items() if name in changed]
    return item


def _item(stored: Stored, was: str, after: Judged, changed: Sequence[str], person: str) -> ReplayItem:
    verdict, comment = after.verdict, stored.comment
    return ReplayItem(
        comment=comment,
        revision=comment.revision,
        status=comment.status,
        was=was,
        would=verdict.outcome,
        reason=verdict.reason,
        priority=verdict.priority,
        because=list(changed),
        person=person,
    )


def _differences(before: Mapping[str, Finding], after: Mapping[str, Finding]) -> list[str]:
    """The checks and rules that speak differently."""
    names = [name for name, finding in after.items() if name not in before or before[name].label != finding.label]
    return names + [name for name in before if name not in after and name.startswith(rules.PREFIX)]


def _gave_up(stored: Stored) -> bool:
    """Whether no attempt to screen it came to an end. Such a text has ended processes before: it is not run again."""
    return "screening" in stored.findings


def discard(made: Replay) -> bool:
    """Leave everything as it is, and stop looking; False where it was applied or discarded already."""
    return Replay.objects.filter(pk=made.pk, applied_at=None, discarded_at=None).update(discarded_at=Now()) == 1
