"""What a publication has laid down, as the checks and the rules take it: phrases, domains, innocent words, rules. Kept for LIST_SECONDS."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from moderation import rules, thresholds
from moderation.checks.base import PhraseRule
from moderation.models import Innocent, ListedDomain, Phrase, Rule
from newsroom.models import Publication

LIST_SECONDS = 2.0
_phrases: dict[int, tuple[PhraseRule, ...]] = {}


def tick() -> int:
    """Changes every LIST_SECONDS: what is kept by it is read anew so often."""
    return int(time.monotonic() / LIST_SECONDS)


@lru_cache(maxsize=16)
def lists_in_force(publication_id: int, _tick: int) -> tuple[tuple[PhraseRule, ...], frozenset[str]]:
    """The phrases and domains of a publication. Kept for LIST_SECONDS: so soon a moderator's new phrase counts everywhere."""
    phrases = listed_phrases(publication_id)
    # The matcher is kept by the identity of the tuple: as long as nothing changed, it must be the same one.
    if _phrases.get(publication_id) != phrases:
        _phrases[publication_id] = phrases
    phrases = _phrases[publication_id]
    return phrases, listed_domains()


def listed_domains() -> frozenset[str]:
    """The domains that nobody may link to, read now."""
    return frozenset(ListedDomain.objects.values_list("domain", flat=True))


def listed_phrases(publication_id: int, without: Collection[int] = ()) -> tuple[PhraseRule, ...]:
    """The phrases in force at a publication, read now, without the rows of some primary keys."""
    now = timezone.now()
    rows = Phrase.objects.filter(Q(publication=None) | Q(publication=publication_id), enabled=True)
    rows = rows.filter(Q(expires_at=None) | Q(expires_at__gt=now)).exclude(pk__in=without).order_by("pk")
    return tuple(
        PhraseRule(pattern, action == Phrase.Action.BANNED, kind, severity)
        for pattern, action, kind, severity in rows.values_list("pattern", "action", "kind", "severity")
    )


@lru_cache(maxsize=16)
def rules_in_force(publication_id: int, _tick: int) -> tuple[rules.Rule, ...]:
    """The rules of a publication, in order, those that count everywhere first; in shadow as well. Kept as the phrases are."""
    return listed_rules(publication_id)


def listed_rules(publication_id: int, modes: Mapping[int, str] = MappingProxyType({})) -> tuple[rules.Rule, ...]:
    """The same, read now; those named in `modes` as if they were in that mode."""
    now = timezone.now()
    rows = Rule.objects.filter(Q(publication=None) | Q(publication=publication_id))
    rows = rows.filter(Q(starts_at=None) | Q(starts_at__lte=now)).filter(Q(ends_at=None) | Q(ends_at__gt=now))
    found = []
    for row in rows.order_by(F("publication").asc(nulls_first=True), "position", "id"):
        row.mode = modes.get(row.pk, row.mode)
        if row.mode != Rule.Mode.OFF:
            found.append(as_rule(row))
    return tuple(found)


def as_rule(row: Rule) -> rules.Rule:
    """A rule for `moderation.rules.run`. Conditions that cannot be read leave it without a tree, and it holds what it is asked about."""
    try:
        tree = rules.parse(row.conditions)
    except rules.BadRule:
        tree = None
    shadow = row.mode != Rule.Mode.ENABLED
    return rules.Rule(row.pk, row.version, row.name, rules.Action(row.action), tree, row.weight, row.last, shadow)


@lru_cache(maxsize=16)
def innocents_in_force(publication_id: int, _tick: int) -> tuple[str, ...]:
    """The words and phrases that are harmless at a publication. Kept as the phrases are."""
    return listed_innocents(publication_id)


def listed_innocents(publication_id: int, without: Collection[int] = ()) -> tuple[str, ...]:
    """The same, read now, without the rows of some primary keys."""
    rows = Innocent.objects.filter(Q(publication=None) | Q(publication=publication_id)).exclude(pk__in=without)
    return tuple(rows.order_by("pk").values_list("pattern", flat=True))


def forget() -> None:
    """Read what is in force anew at the next comment, in this process; the others follow within LIST_SECONDS."""
    for kept in (lists_in_force, rules_in_force, innocents_in_force, thresholds.in_force):
        kept.cache_clear()


def own_hosts(publication: Publication) -> frozenset[str]:
    """The newsroom's own hosts, to which anybody may link."""
    return frozenset(filter(None, {publication.host, urlsplit(settings.SITE_URL).hostname}))
