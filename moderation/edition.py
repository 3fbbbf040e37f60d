"""Which edition of the rulebook is in force: a hash of all that somebody can change and that a verdict on an old comment hangs on.

Two answers are the same as long as nothing of it was changed; what was changed, the log knows.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from moderation import check_modes, variants
from moderation.classifiers.model import Model
from moderation.models import Innocent, ListedDomain, Phrase, Rule, Threshold, Variant
from moderation.scoring import HEADS
from newsroom.models import Publication


def edition(publication_id: int | None) -> str:
    """Of one publication, with what counts everywhere; with None of all of them. Eight queries, whatever stands in the lists."""
    now = timezone.now()
    own = Q() if publication_id is None else Q(publication=None) | Q(publication=publication_id)
    phrases = Phrase.objects.filter(own, Q(expires_at=None) | Q(expires_at__gt=now), enabled=True)
    rules = Rule.objects.filter(own, Q(starts_at=None) | Q(starts_at__lte=now), Q(ends_at=None) | Q(ends_at__gt=now)).exclude(
        mode=Rule.Mode.OFF
    )
    publications = Publication.objects.all() if publication_id is None else Publication.objects.filter(pk=publication_id)
    newest = Threshold.objects.filter(own).order_by().values("publication", "head").annotate(newest=Max("pk"))
    used = Variant.objects.filter(own, state__in=[Variant.State.LIVE, Variant.State.SHADOW])
    several: dict[str, QuerySet[Any, Any]] = {
        "phrases": phrases.order_by("pk").values_list("pk", "publication", "pattern", "action", "kind", "severity"),
        "domains": ListedDomain.objects.order_by("domain").values_list("domain"),
        "innocents": Innocent.objects.filter(own).order_by("pk").values_list("publication", "pattern"),
        "rules": rules.order_by("pk").values_list(
            "pk", "publication", "version", "mode", "position", "action", "weight", "last", "conditions"
        ),
        "thresholds": newest.order_by("newest").values_list("newest"),
        "versions": used.order_by("pk").values_list("pk", "state", "sha256"),
        "publications": publications.order_by("pk").values_list("pk", "host", "language", "comment_mode", "reject_grave"),
    }
    modes = check_modes.now()
    shipped = [model.hash if isinstance(model := variants.shipped_model(head), Model) else "" for head in HEADS]
    written = {**{name: list(rows) for name, rows in several.items()}, "checks": [modes.live, modes.shadow], "shipped": shipped}
    return hashlib.sha256(json.dumps(written, cls=DjangoJSONEncoder, sort_keys=True).encode()).hexdigest()
