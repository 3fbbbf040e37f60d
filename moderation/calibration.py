"""Proposing thresholds for a publication from its own approved comments. A person puts them into force, or does not.

Queue: so that about one approved comment in `one_in` would have waited. Strict: never below the model's own, and above all approved
comments but the few that were approved by mistake.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from django.utils import timezone

from comments.models import Comment
from comments.states import Status
from moderation import scoring, thresholds, variants
from moderation.classifiers.assess import model_for
from moderation.classifiers.model import ModelError
from moderation.scoring import HEADS
from newsroom.models import Publication

ONE_IN: Final = 500
LEAST: Final = 300  # approved comments below which nothing is proposed
MOST: Final = 50_000  # of the latest approved comments
MOST_DECIDED: Final = 20_000  # of the comments of the last SPAN days
# Of the page, which has a person waiting: what is not scored by then is left out, and the page says how many were.
PAGE_SECONDS: Final = 3.0
FLOOR: Final = 0.05  # below one in twenty nothing is worth a person's time
STRICT_PART: Final = 20  # one approved comment in so many times `one_in` may lie above the strict threshold
SPANS: Final = (30, 90)  # days
BANDS: Final = (0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1.0)


@dataclass(frozen=True, slots=True)
class Change:
    """What other thresholds would have done to the comments of so many days: how many wait or go to spam now, and would then."""

    days: int
    comments: int
    queue_now: int
    queue_then: int
    strict_now: int
    strict_then: int
    otherwise: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """For one head. `bands` counts the approved comments by probability, between neighbours in BANDS."""

    head: str
    strict: float
    queue: float
    now_strict: float
    now_queue: float
    own_strict: float
    own_queue: float
    would_wait: int
    would_wait_now: int
    bands: tuple[int, ...]
    changes: tuple[Change, ...]

    @property
    def is_other(self) -> bool:
        return abs(self.strict - self.now_strict) > 1e-6 or abs(self.queue - self.now_queue) > 1e-6


@dataclass(frozen=True, slots=True)
class Calibration:
    """`proposals` is empty where there are too few approved comments; `left_out` counts those for which the time was not enough."""

    approved: int
    one_in: int
    proposals: tuple[Proposal, ...] = ()
    left_out: int = 0
    unusable: tuple[str, ...] = field(default=())


def calibrate(publication: Publication, *, one_in: int = ONE_IN, seconds: float | None = None, heads: Sequence[str] = HEADS) -> Calibration:
    """Score a publication's comments with the models in use there and propose thresholds. Reads only; `seconds` bounds the scoring."""
    models = variants.now(publication.pk).models
    unusable = tuple(head for head in heads if _is_unusable(head, models))
    wanted = [head for head in heads if head not in unusable]
    rows = Comment.objects.filter(article__section__publication=publication).exclude(body_raw="")
    total = rows.filter(status=Status.APPROVED).count()
    if total < LEAST or not wanted:
        return Calibration(total, one_in, unusable=unusable)
    end = None if seconds is None else time.monotonic() + seconds
    latest = rows.filter(status=Status.APPROVED).order_by("-pk").values_list("created_at", "body_raw")
    approved, ages = _scored(latest[:MOST].iterator(chunk_size=500), wanted, models, end)
    since = timezone.now() - timedelta(days=max(SPANS))
    other = rows.filter(created_at__gte=since, status__in=[Status.HELD, Status.REJECTED, Status.SPAM]).order_by("-pk")
    end = None if seconds is None else time.monotonic() + seconds / 2
    refused, other_ages = _scored(other.values_list("created_at", "body_raw")[:MOST_DECIDED].iterator(chunk_size=500), wanted, models, end)
    if len(ages) < LEAST:
        return Calibration(len(ages), one_in, left_out=total - len(ages), unusable=unusable)
    all_ages = np.concatenate([ages, other_ages])
    in_force = {each.head: each for each in thresholds.overview(publication.pk, models)}
    proposals = []
    for place, head in enumerate(wanted):
        used, now = model_for(head, models), in_force[head]
        strict, queue = proposed(approved[:, place], used.strict, one_in)
        everything = np.concatenate([approved[:, place], refused[:, place]])
        proposals.append(
            Proposal(
                head=head,
                strict=strict,
                queue=queue,
                now_strict=now.strict,
                now_queue=now.queue,
                own_strict=used.strict,
                own_queue=used.queue,
                would_wait=int((approved[:, place] >= queue).sum()),
                would_wait_now=int((approved[:, place] >= now.queue).sum()),
                bands=tuple(int(count) for count in np.histogram(approved[:, place], bins=BANDS)[0]),
                changes=tuple(_change(days, everything, all_ages, (now.queue, now.strict), (queue, strict)) for days in SPANS),
            )
        )
    return Calibration(len(ages), one_in, tuple(proposals), total - len(ages), unusable)


def proposed(approved: npt.NDArray[np.float64], own_strict: float, one_in: int) -> tuple[float, float]:
    """(strict, queue) from the probabilities of approved comments. Plain arithmetic: the same numbers give the same thresholds."""
    highest = np.sort(approved)[::-1]
    queue = _above(highest, len(highest) // one_in)
    strict = max(own_strict, _above(highest, len(highest) // (one_in * STRICT_PART) + 1))
    queue = min(max(queue, FLOOR), strict)
    return strict, queue


def _above(highest: npt.NDArray[np.float64], count: int) -> float:
    """A probability that `count` of the comments reach, and no more; six decimals, as the form shows them."""
    if count >= len(highest):
        return FLOOR
    # Just above the first that is not to reach it.
    return min(1.0, math.floor(float(highest[count]) * 1e6 + 1) / 1e6)


def _change(
    days: int, values: npt.NDArray[np.float64], ages: npt.NDArray[np.float64], now: tuple[float, float], then: tuple[float, float]
) -> Change:
    seen = values[ages <= days]
    before, after = (_levels(seen, *each) for each in (now, then))
    return Change(
        days=days,
        comments=len(seen),
        queue_now=int((before == 1).sum()),
        queue_then=int((after == 1).sum()),
        strict_now=int((before == 2).sum()),
        strict_then=int((after == 2).sum()),
        otherwise=int((before != after).sum()),
    )


def _levels(values: npt.NDArray[np.float64], queue: float, strict: float) -> npt.NDArray[np.int64]:
    levels: npt.NDArray[np.int64] = (values >= queue).astype(np.int64) + (values >= strict)
    return levels


def _scored(
    rows: Iterable[Any], heads: Sequence[str], models: Any, end: float | None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The probabilities of each text by head, and its age in days."""
    now = timezone.now()
    values, ages = [], []
    for at, text in rows:
        found = scoring.probabilities(text, heads, models)
        values.append([found[head] for head in heads])
        ages.append((now - at).total_seconds() / 86_400)
        if end is not None and time.monotonic() > end:
            break
    return np.array(values, dtype=np.float64).reshape(-1, len(heads)), np.array(ages, dtype=np.float64)


def _is_unusable(head: str, models: Any) -> bool:
    try:
        model_for(head, models)
    except ModelError:
        return True
    return False
