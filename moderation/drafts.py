"""A change of the rulebook that is only thought of: what it would be, kept as JSON with its simulation, and carrying it out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from moderation import rulekeeping
from moderation.access import publications_for
from moderation.checks.base import PhraseRule
from moderation.classifiers.model import ModelError
from moderation.models import Innocent, Phrase, Replay, Rule
from moderation.thresholds import BadThreshold, set_thresholds

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class NotCarriedOut(Exception):
    """The change cannot be made; the sentence says why. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class NewPhrase:
    pattern: str
    action: str
    kind: str
    severity: int

    def as_rule(self) -> PhraseRule:
        return PhraseRule(self.pattern, self.action == Phrase.Action.BANNED, self.kind, self.severity)


@dataclass(frozen=True, slots=True)
class Draft:
    """Phrases and innocent words that would be added, rows that would go, rules in another mode, other thresholds by head."""

    phrases: tuple[NewPhrase, ...] = ()
    without_phrases: tuple[int, ...] = ()
    innocents: tuple[str, ...] = ()
    without_innocents: tuple[int, ...] = ()
    rules: Mapping[int, str] = field(default_factory=dict)
    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any((self.phrases, self.without_phrases, self.innocents, self.without_innocents, self.rules, self.thresholds))

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Draft:
        return cls(
            phrases=tuple(NewPhrase(**one) for one in data.get("phrases", ())),
            without_phrases=tuple(data.get("without_phrases", ())),
            innocents=tuple(data.get("innocents", ())),
            without_innocents=tuple(data.get("without_innocents", ())),
            rules={int(key): mode for key, mode in data.get("rules", {}).items()},
            thresholds=data.get("thresholds", {}),
        )


def carry_out(made: Replay, user: User) -> None:
    """Put a simulation's change into force, in one transaction and at most once. Raises NotCarriedOut with nothing changed.

    The rights are asked again: who may simulate need not be who may change, and time has passed.
    """
    draft = Draft.from_json(made.draft)
    if not rulekeeping.may_keep(user, made.publication_id):
        raise NotCarriedOut(_("You may not change this list."))
    with transaction.atomic():
        row = Replay.objects.filter(pk=made.pk, kind=Replay.Kind.SIMULATION, applied_at=None, discarded_at=None).exclude(finished_at=None)
        if row.update(applied_at=Now()) != 1:
            raise NotCarriedOut(_("This simulation is not finished, or somebody has applied or discarded it already."))
        _phrases(draft, made, user)
        for innocent in Innocent.objects.filter(pk__in=draft.without_innocents, publication=made.publication):
            rulekeeping.drop(innocent, user)
        for pattern in draft.innocents:
            if not Innocent.objects.filter(publication=made.publication, pattern=pattern).exists():
                rulekeeping.keep(Innocent(publication=made.publication, pattern=pattern), user)
        for rule in Rule.objects.filter(pk__in=draft.rules, publication=made.publication):
            rulekeeping.set_mode(rule, draft.rules[rule.pk], user)
        _thresholds(draft, made, user)
    rulekeeping.forget()


def _phrases(draft: Draft, made: Replay, user: User) -> None:
    for phrase in Phrase.objects.filter(pk__in=draft.without_phrases, publication=made.publication, enabled=True):
        phrase.enabled = False
        rulekeeping.keep(phrase, user, ("enabled",))
    for one in draft.phrases:
        known = Phrase.objects.filter(publication=made.publication, pattern=one.pattern).first()
        phrase = known or Phrase(publication=made.publication, pattern=one.pattern)
        phrase.action, phrase.kind, phrase.severity = one.action, one.kind, one.severity
        phrase.enabled, phrase.expires_at = True, None
        rulekeeping.keep(phrase, user, ("action", "kind", "severity", "enabled", "expires_at"))


def _thresholds(draft: Draft, made: Replay, user: User) -> None:
    if not draft.thresholds:
        return
    if made.publication is None or made.publication not in publications_for(user, "moderation.add_threshold"):
        raise NotCarriedOut(_("You may not change the thresholds of this publication."))
    why = _("Tried out on %(count)d comments of the last %(days)d days.") % {"count": made.seen, "days": made.days}
    for head, numbers in draft.thresholds.items():
        try:
            # What a strict threshold below the model's own does has been seen on these comments.
            set_thresholds(made.publication, head, (numbers["strict"], numbers["queue"]), why=why, by=user, below_own=True)
        except (BadThreshold, ModelError) as error:
            raise NotCarriedOut(str(error)) from error
