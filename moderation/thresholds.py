"""The thresholds of the text models, by publication: which are in force, and setting others. History is only added to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.db.models import Max
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from moderation.classifiers.assess import NO_MODELS, Models, model_for
from moderation.classifiers.model import ModelError
from moderation.models import Threshold
from moderation.scoring import HEADS

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from newsroom.models import Publication

Thresholds = Mapping[str, Mapping[str, float]]
WHY_LENGTH = 300
ROUNDED = 1e-6  # forms show six decimals


class BadThreshold(ValueError):
    """Numbers that cannot be thresholds, or no reason; the sentence says what to change. Nothing was written."""


@dataclass(frozen=True, slots=True)
class InForce:
    """A head's thresholds at a publication, and what is stored with its model. `row` is the one that set them, if any."""

    head: str
    strict: float
    queue: float
    own_strict: float
    own_queue: float
    model_hash: str
    row: Threshold | None

    @property
    def is_own(self) -> bool:
        """Whether the model's own thresholds count."""
        return self.row is None or self.row.strict is None


def latest(publication_id: int) -> dict[str, Threshold]:
    """The row in force for each head that ever had one. Two queries."""
    newest = Threshold.objects.filter(publication=publication_id).order_by().values("head").annotate(newest=Max("pk")).values("newest")
    return {row.head: row for row in Threshold.objects.filter(pk__in=newest).select_related("set_by")}


@lru_cache(maxsize=64)
def in_force(publication_id: int, _tick: int) -> Thresholds:
    """What `checks.base.Submission.thresholds` takes. Kept until the tick changes, as the phrases in force are."""
    return now(publication_id)


def now(publication_id: int) -> Thresholds:
    """The same, asked anew."""
    return {
        head: {"strict": row.strict, "queue": row.queue}
        for head, row in latest(publication_id).items()
        if row.strict is not None and row.queue is not None
    }


def overview(publication_id: int, models: Models = NO_MODELS) -> list[InForce]:
    """All heads with their thresholds, in the order of HEADS; those whose model cannot be read are left out. `models` as in
    `checks.base.Submission`."""
    rows = latest(publication_id)
    found = []
    for head in HEADS:
        try:
            used = model_for(head, models)
        except ModelError:
            continue
        row = rows.get(head)
        if row is None or row.strict is None or row.queue is None:
            found.append(InForce(head, used.strict, used.queue, used.strict, used.queue, used.hash, row))
        else:
            found.append(InForce(head, row.strict, row.queue, used.strict, used.queue, used.hash, row))
    return found


def set_thresholds(
    publication: Publication,
    head: str,
    numbers: tuple[float, float] | None,
    *,
    why: str,
    by: User,
    below_own: bool = False,
    basis: Mapping[str, Any] | None = None,
    models: Models = NO_MODELS,
) -> Threshold:
    """Put (strict, queue) into force from the next comment on; None goes back to the model's own.

    A strict threshold below the model's own is taken only with `below_own`: there a comment becomes spam that the model's makers were
    not sure of. Raises BadThreshold, and ModelError where the head's model cannot be read.
    """
    used = model_for(head, models)
    why = " ".join(why.split())
    if not why:
        raise BadThreshold(_("Say why; your colleagues will read it."))
    if len(why) > WHY_LENGTH:
        raise BadThreshold(_("At most %(limit)d characters.") % {"limit": WHY_LENGTH})
    strict = queue = None
    if numbers is not None:
        strict, queue = numbers
        if not (math.isfinite(strict) and math.isfinite(queue) and 0 < queue <= strict <= 1):
            raise BadThreshold(_("Thresholds are numbers above 0 and up to 1, and the one of the queue is not above the strict one."))
        if strict < used.strict - ROUNDED and not below_own:
            raise BadThreshold(
                _("This strict threshold is below the model's own, %(own)s: more comments become spam by mistake. Confirm it.")
                % {"own": number_format(used.strict, 3)}
            )
    row: Threshold = Threshold.objects.create(
        publication=publication, head=head, strict=strict, queue=queue, why=why, model_hash=used.hash, basis=dict(basis or {}), set_by=by
    )
    in_force.cache_clear()
    return row
