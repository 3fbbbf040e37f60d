"""A wrong setting stops the start with a sentence that says what to change."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from moderation.facts import load_check


@register()
def moderation_checks_exist(**_kwargs: Any) -> list[CheckMessage]:
    problems: list[CheckMessage] = []
    for setting in ("MODERATION_CHECKS", "MODERATION_SHADOW_CHECKS"):
        for name in getattr(settings, setting):
            try:
                load_check(name)
            except (ImportError, AttributeError) as error:
                problems.append(
                    Error(
                        f"{setting} names {name!r}, which is no working check ({type(error).__name__}).",
                        hint="Each entry is the name of a module in moderation/checks with check() and VERSION.",
                        id="moderation.E001",
                    )
                )
    if len(set(settings.MODERATION_CHECKS) | set(settings.MODERATION_SHADOW_CHECKS)) != len(
        settings.MODERATION_CHECKS + settings.MODERATION_SHADOW_CHECKS
    ):
        problems.append(Error("A check is named twice in MODERATION_CHECKS and MODERATION_SHADOW_CHECKS.", id="moderation.E002"))
    return problems
