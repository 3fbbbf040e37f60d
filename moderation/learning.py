"""Learning from moderators: beat trains a publication's correction of a head from its decisions, and puts it into shadow.

Nothing is ever put into force here; that is a person's act, in `moderation.variants`. One head of one publication is trained at a
time, for a bounded time and from a bounded number of texts, so that the screening of new comments does not wait long.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

import numpy as np
from celery import shared_task
from django.conf import settings
from django.db import OperationalError
from django.db.models import ExpressionWrapper
from django.db.models.expressions import Combinable
from django.db.models.fields import DateTimeField
from django.db.models.functions import Now

from moderation import lessons, thresholds, variants
from moderation.classifiers import correction, guard
from moderation.classifiers.model import Model, ModelError, analyse
from moderation.lessons import Lesson, Lessons
from moderation.models import LearningTurn, Variant
from moderation.scoring import HEADS
from moderation.wakeup import wake
from newsroom.models import Publication

log = logging.getLogger(__name__)

SECONDS = 5.0  # of one training, after the texts are read
LEASE = timedelta(minutes=10)
TASK_SECONDS = 120
HELD_OUT = 0.2  # of the decisions, the latest: the training is measured on what came after it
LEAST_HELD_OUT = 5
MILDER = (1.0, 0.5, 0.25)  # of what was learned, until the fixed slices do not get worse


class Outcome(StrEnum):
    """What came of a turn."""

    MADE = "made"
    FEW = "few"
    UNCHANGED = "unchanged"
    NOTHING = "nothing"
    UNUSABLE = "unusable"
    OVERTAKEN = "overtaken"


@dataclass(frozen=True, slots=True)
class Trained:
    """A correction that was trained, and what is known of it; `content` is empty where there is none."""

    outcome: Outcome
    examples: int = 0
    content: bytes = b""
    sha256: str = ""
    base: str = ""
    number: int = 0
    figures: dict[str, Any] = field(default_factory=dict)


# --- Turns ------------------------------------------------------------------------------------------------------------------


@shared_task(name="moderation.train_corrections", time_limit=TASK_SECONDS)
def train_corrections() -> int:
    """Beat's task: one turn, if one is due, and a call for the next; how many were taken."""
    if settings.MODERATION_LEARN_EVERY is None:
        return 0
    make_turns()
    turn = LearningTurn.objects.filter(due_at__lte=Now()).select_related("publication").order_by("due_at", "id").first()
    if turn is None or not take(turn):
        return 0
    if LearningTurn.objects.filter(due_at__lte=Now()).exists():
        wake(train_corrections)
    return 1


def make_turns() -> None:
    """A turn for each head of each publication."""
    there = set(LearningTurn.objects.values_list("publication", "head"))
    wanted = [(pk, head) for pk in Publication.objects.values_list("pk", flat=True) for head in HEADS]
    missing = [LearningTurn(publication_id=pk, head=head) for pk, head in wanted if (pk, head) not in there]
    LearningTurn.objects.bulk_create(missing, ignore_conflicts=True)


def take(turn: LearningTurn) -> bool:
    """Take a turn that is due, train, and write down what came of it; False where another worker has it."""
    row = LearningTurn.objects.filter(pk=turn.pk, due_at=turn.due_at)
    if row.update(due_at=_from_now(LEASE)) != 1:
        return False
    began = time.monotonic()
    try:
        trained, seen = learn(turn.publication, turn.head, seen=turn.seen)
    except OperationalError as error:
        log.warning("learning failed", extra={"publication": turn.publication_id, "head": turn.head, "error": type(error).__name__})
        return True  # the lease runs out, and it comes again
    every: timedelta = settings.MODERATION_LEARN_EVERY or timedelta(days=1)
    LearningTurn.objects.filter(pk=turn.pk).update(
        due_at=_from_now(every), seen=seen, outcome=trained.outcome, examples=trained.examples, ended_at=Now()
    )
    taken = round(time.monotonic() - began, 2)
    detail = {
        "publication": turn.publication_id,
        "head": turn.head,
        "outcome": trained.outcome.value,
        "count": trained.examples,
        "seconds": taken,
    }
    log.info("learned", extra=detail)
    return True


def learn(publication: Publication, head: str, *, seen: str = "") -> tuple[Trained, str]:
    """Train a correction and put it into shadow, unless the lessons are those that `seen` names. Also the hash of the lessons."""
    trained, digest = train(publication, head, seen=seen)
    if trained.outcome == Outcome.MADE:
        try:
            variants.store(
                Variant.Kind.CORRECTION,
                head,
                publication,
                trained.content,
                trained.sha256,
                trained.base,
                number=trained.number,
                examples=trained.examples,
                figures=trained.figures,
            )
        except variants.Moved:
            return Trained(Outcome.OVERTAKEN, trained.examples), seen
    return trained, digest


def _from_now(delta: timedelta) -> Combinable:
    return ExpressionWrapper(Now() + delta, output_field=DateTimeField())


# --- Training -----------------------------------------------------------------------------------------------------------------


def base_models() -> dict[str, Model]:
    """The heads as they are everywhere, without any publication's correction; those that cannot be read are left out."""
    found = {}
    for head in HEADS:
        used = variants.beside_of(Variant(kind=Variant.Kind.CORRECTION, head=head))
        if isinstance(used, Model):
            found[head] = used
    return found


def train(publication: Publication, head: str, *, seen: str = "") -> tuple[Trained, str]:
    """Train a correction from a publication's decisions. Writes nothing. Also the hash of the lessons.

    The figures come from a training without the latest fifth of the decisions, measured on that fifth; what is stored has learned
    from all of them.
    """
    models = base_models()
    base = models.get(head)
    if base is None:
        return Trained(Outcome.UNUSABLE), seen
    found = lessons.gather(publication, head, models)
    digest = f"{base.hash[:24]}{found.digest[:40]}"
    if len(found.decided) < settings.MODERATION_LEARN_LEAST:
        return Trained(Outcome.FEW, len(found.all)), digest
    if digest == seen:
        return Trained(Outcome.UNCHANGED, len(found.all)), digest
    own = thresholds.now(publication.pk).get(head, {})
    strict, queue = own.get("strict", base.strict), own.get("queue", base.queue)
    number = variants.next_number(Variant.Kind.CORRECTION, head, publication)
    try:
        learned = correction.fit(base, lessons.as_examples(base, found.all), SECONDS)
        made = _mildest(base, number, learned, strict, queue)
        if made is None:
            return Trained(Outcome.NOTHING, len(found.all)), digest
        content, sha256, candidate, compared, share = made
        figures = figures_of(base, found, queue) | {
            "length": round(correction.length_of(base, correction.unpack(content, sha256)), 3),
            "share": share,
            "guard": guard.as_json(compared),
            "worse": list(guard.worse(compared)),
            "queue": queue,
            "strict": strict,
            "learned": measured(found.decided, base, candidate, queue),
        }
    except ModelError:
        return Trained(Outcome.UNUSABLE, len(found.all)), seen
    return Trained(Outcome.MADE, len(found.all), content, sha256, base.hash, number, figures), digest


def _mildest(
    base: Model, number: int, learned: np.ndarray[Any, np.dtype[np.float64]], strict: float, queue: float
) -> tuple[bytes, str, Model, tuple[guard.Compared, ...], float] | None:
    """The correction at the largest of the shares in MILDER that leaves every fixed slice as good; at the smallest, where none does."""
    made = None
    for share in MILDER:
        content, sha256 = correction.pack(base, number, learned * share)
        unpacked = correction.unpack(content, sha256)
        if not len(unpacked.places):
            return made
        candidate = correction.corrected(base, unpacked)
        compared = guard.compare(base, candidate, strict, queue)
        made = content, sha256, candidate, compared, share
        if not guard.worse(compared):
            break
    return made


def figures_of(base: Model, found: Lessons, queue: float) -> dict[str, Any]:
    """How many lessons there are, from how many people, and what a training from the older ones makes of the latest."""
    decided = found.decided
    split = len(decided) - max(LEAST_HELD_OUT, round(len(decided) * HELD_OUT))
    earlier, later = decided[:split], decided[split:]
    learned = correction.fit(base, lessons.as_examples(base, earlier), SECONDS)
    content, sha256 = correction.pack(base, 0, learned)
    candidate = correction.corrected(base, correction.unpack(content, sha256))
    return {
        "decided": len(decided),
        "positive": sum(lesson.positive for lesson in decided),
        "suggested": len(found.all) - len(decided),
        "people": found.people,
        "held_out": measured(later, base, candidate, queue),
    }


def measured(rows: Sequence[Lesson], before: Model, after: Model, queue: float) -> dict[str, Any]:
    """Mean log loss, and texts on the wrong side of the queue threshold, before and after."""
    loss, wrong = [0.0, 0.0], [0, 0]
    for lesson in rows:
        analysis = analyse(lesson.text)
        for place, used in enumerate((before, after)):
            probability = used.score(analysis).probability
            loss[place] += correction.loss_of(probability, lesson.positive)
            wrong[place] += (probability >= queue) != lesson.positive
    count = max(len(rows), 1)
    return {"count": len(rows), "loss": [round(value / count, 4) for value in loss], "wrong": wrong}
