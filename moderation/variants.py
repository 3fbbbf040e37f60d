"""Versions of the text models: which one counts where, which are scored in shadow, and putting one into force and back.

A version rests, and its head is scored without it, once the model that it was made for is no longer the one in use: a newly shipped
model outranks what was tried beside an older one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import Max, Q

from moderation import thresholds
from moderation.classifiers import correction, guard, model
from moderation.classifiers.assess import Models
from moderation.classifiers.model import Model, ModelError
from moderation.models import Variant, VariantEvent
from moderation.scoring import HEADS

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from newsroom.models import Publication

State, Kind, Action = Variant.State, Variant.Kind, VariantEvent.Action
LARGEST = 4_000_000  # bytes of an artefact


class Moved(Exception):
    """Somebody else was quicker, or the version is in no state for this. Nothing was changed."""


class Refused(Exception):
    """The version must not come into force: a fixed slice got worse (`worse` has their names), or it rests. Nothing was changed."""

    def __init__(self, worse: tuple[str, ...] = ()) -> None:
        super().__init__(", ".join(worse) or "rests")
        self.worse = worse


@dataclass(frozen=True, slots=True)
class Shadow:
    """A version that is scored and not counted; the error where it cannot be read."""

    variant: int
    head: str
    model: Model | ModelError


@dataclass(frozen=True, slots=True)
class InUse:
    """What `checks.base.Submission.models` takes at a publication, and what is scored in shadow beside it."""

    models: Models
    shadows: tuple[Shadow, ...]


@lru_cache(maxsize=64)
def in_use(publication_id: int, _tick: int) -> InUse:
    """The versions that count at a publication. Kept until the tick changes."""
    return now(publication_id)


def everywhere(tick: int) -> Models:
    """The versions that count for texts of no publication, such as those that other programs send: artefacts alone."""
    return in_use(0, tick).models


def now(publication_id: int) -> InUse:
    """The same, asked anew: one query, and one more for each version that this process has never seen."""
    rows = Variant.objects.filter(Q(publication=None) | Q(publication=publication_id), state__in=[State.LIVE, State.SHADOW])
    rows = rows.defer("content").order_by("pk")
    by_place = {(row.head, row.kind, row.state): row for row in rows}
    models: dict[str, Model | ModelError] = {}
    shadows: list[Shadow] = []
    for head in HEADS:
        shipped = used = shipped_model(head)
        for kind in (Kind.ARTEFACT, Kind.CORRECTION):
            beside = used
            if (row := by_place.get((head, kind, State.LIVE))) is not None and is_for(row, beside):
                used = models[head] = read(row, beside)
            if (row := by_place.get((head, kind, State.SHADOW))) is not None and is_for(row, shipped if kind == Kind.ARTEFACT else beside):
                shadows.append(Shadow(row.pk, head, read(row, beside)))
    return InUse(models, tuple(shadows))


def shipped_model(head: str) -> Model | ModelError:
    try:
        return model.get(head)
    except ModelError as error:
        return error


def is_for(row: Variant, beside: Model | ModelError) -> bool:
    """Whether a version was made for this model."""
    return isinstance(beside, Model) and row.base_hash == beside.hash


def beside_of(row: Variant) -> Model | ModelError:
    """The model that a version would be used beside: for an artefact the shipped one, for a correction the one in use without it."""
    shipped = shipped_model(row.head)
    if row.kind == Kind.ARTEFACT:
        return shipped
    live = Variant.objects.filter(kind=Kind.ARTEFACT, head=row.head, state=State.LIVE).defer("content").first()
    return read(live, shipped) if live is not None and is_for(live, shipped) else shipped


def read(row: Variant, beside: Model | ModelError) -> Model | ModelError:
    """A version as a model; the error where its content is not what it was when it was stored."""
    if isinstance(beside, ModelError):
        return beside
    try:
        return _read(row, beside)
    except ModelError as error:
        return error


# About half a megabyte each; a newsroom has a handful.
_kept: dict[tuple[int, str, str], Model] = {}
_MOST_KEPT = 24


def _read(row: Variant, beside: Model) -> Model:
    key = (row.pk, row.sha256, beside.hash)
    found = _kept.get(key)
    if found is None:
        content = bytes(Variant.objects.values_list("content", flat=True).get(pk=row.pk))
        if row.kind == Kind.ARTEFACT:
            found = model.unpack(row.head, content, row.sha256)
        else:
            found = correction.corrected(beside, correction.unpack(content, row.sha256))
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        _kept[key] = found
    return found


def forget() -> None:
    """Read what is in use anew at the next comment, in this process; the others follow within two seconds."""
    in_use.cache_clear()


# --- Making ---------------------------------------------------------------------------------------------------------------


def store(
    kind: str,
    head: str,
    publication: Publication | None,
    content: bytes,
    sha256: str,
    base_hash: str,
    *,
    number: int,
    examples: int = 0,
    figures: Mapping[str, Any] | None = None,
    by: User | None = None,
) -> Variant:
    """Put a new version into shadow, in place of the one that is there. Raises Moved where somebody else did so at the same time."""
    try:
        with transaction.atomic():
            for row in Variant.objects.filter(kind=kind, head=head, publication=publication, state=State.SHADOW).defer("content"):
                _move(row, State.SHADOW, State.DISCARDED, Action.REPLACED, by)
            made = Variant.objects.create(
                kind=kind,
                head=head,
                publication=publication,
                number=number,
                sha256=sha256,
                base_hash=base_hash,
                content=content,
                examples=examples,
                figures=dict(figures or {}),
                made_by=by,
            )
            VariantEvent.objects.create(variant=made, action=Action.MADE, by=by)
    except IntegrityError as error:
        raise Moved from error
    forget()
    return made


def next_number(kind: str, head: str, publication: Publication | None) -> int:
    rows = Variant.objects.filter(kind=kind, head=head, publication=publication)
    return (rows.aggregate(most=Max("number"))["most"] or 0) + 1


def read_folder(folder: Path, head: str) -> tuple[bytes, str, Model]:
    """An artefact's bytes, hash and model from a folder as `train_classifiers --out` writes it. Raises ModelError."""
    try:
        manifest = json.loads((folder / model.MANIFEST).read_text(encoding="utf-8"))
        path, digest = folder / str(manifest[head]["file"]), str(manifest[head]["sha256"])
        if path.parent != folder or path.stat().st_size > LARGEST:
            raise ModelError(f"The artefact of '{head}' is not one of ours: {path.name}.")
        content = path.read_bytes()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"There is no artefact of '{head}' in that folder, or its manifest is broken ({type(error).__name__}).") from error
    return content, digest, model.unpack(head, content, digest)


def try_artefact(folder: Path, head: str, by: User | None = None) -> Variant:
    """Put the artefact of a folder into shadow, everywhere. Raises ModelError, ValueError where it is the shipped one, and Moved."""
    content, digest, candidate = read_folder(folder, head)
    shipped = model.get(head)
    if digest == shipped.hash:
        raise ValueError(f"The artefact of '{head}' in that folder is the one that is shipped.")
    figures = {"version": candidate.version, "guard": guard.as_json(guard.compare(shipped, candidate))}
    number = next_number(Kind.ARTEFACT, head, None)
    return store(Kind.ARTEFACT, head, None, content, digest, shipped.hash, number=number, figures=figures, by=by)


# --- Into force and back ----------------------------------------------------------------------------------------------------


def guarded(row: Variant) -> tuple[guard.Compared, ...]:
    """The fixed slices with a version and without it, at the thresholds in force now. Raises Refused where it rests, and ModelError."""
    beside = beside_of(row)
    if isinstance(beside, ModelError):
        raise beside
    if not is_for(row, beside):
        raise Refused
    candidate = read(row, beside)
    if isinstance(candidate, ModelError):
        raise candidate
    if row.publication_id is None:
        return guard.compare(beside, candidate)
    own = thresholds.now(row.publication_id).get(row.head, {})
    return guard.compare(beside, candidate, own.get("strict"), own.get("queue"))


def promote(row: Variant, by: User, why: str) -> VariantEvent:
    """Put a version in shadow into force, in place of the one that is. Raises Refused, Moved, and ModelError where it cannot be read."""
    worse = guard.worse(guarded(row))
    if worse:
        raise Refused(worse)
    place = Variant.objects.filter(kind=row.kind, head=row.head, publication=row.publication_id)
    try:
        with transaction.atomic():
            before = place.filter(state=State.LIVE).defer("content").first()
            if before is not None:
                _move(before, State.LIVE, State.FORMER, Action.REPLACED, by, why)
            event = _move(row, State.SHADOW, State.LIVE, Action.PROMOTED, by, why, replaced=before)
    except IntegrityError as error:
        raise Moved from error
    forget()
    return event


def roll_back(row: Variant, by: User, why: str) -> Variant | None:
    """Take a version out of force; the one that it replaced, if any, is in force again. Raises Moved."""
    last = VariantEvent.objects.filter(variant=row, action=Action.PROMOTED).select_related("replaced").first()
    before = last.replaced if last is not None else None
    try:
        with transaction.atomic():
            _move(row, State.LIVE, State.FORMER, Action.WITHDRAWN, by, why)
            if before is not None:
                _move(before, State.FORMER, State.LIVE, Action.RESTORED, by, why)
    except IntegrityError as error:
        raise Moved from error
    forget()
    return before


def discard(row: Variant, by: User, why: str) -> VariantEvent:
    """Stop scoring a version in shadow. Raises Moved."""
    event = _move(row, State.SHADOW, State.DISCARDED, Action.DISCARDED, by, why)
    forget()
    return event


def bring_back(row: Variant, by: User, why: str) -> VariantEvent:
    """Score a discarded or former version in shadow again. Raises Moved, also where another one is in shadow."""
    try:
        with transaction.atomic():
            event = _move(row, State(row.state), State.SHADOW, Action.BACK, by, why)
    except IntegrityError as error:
        raise Moved from error
    forget()
    return event


MAY_MOVE = {
    (State.SHADOW, State.LIVE), (State.SHADOW, State.DISCARDED), (State.LIVE, State.FORMER), (State.FORMER, State.LIVE),
    (State.DISCARDED, State.SHADOW), (State.FORMER, State.SHADOW),
}  # fmt: skip


def _move(row: Variant, was: str, to: str, action: str, by: User | None, why: str = "", replaced: Variant | None = None) -> VariantEvent:
    if (was, to) not in MAY_MOVE or Variant.objects.filter(pk=row.pk, state=was).update(state=to) != 1:
        raise Moved
    row.state = to
    event: VariantEvent = VariantEvent.objects.create(variant=row, action=action, by=by, why=why[:300], replaced=replaced)
    return event
