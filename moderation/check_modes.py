"""Which checks count, which are recorded in shadow and decide nothing. The settings say it, and a person may say otherwise at the desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from moderation.models import CheckMode

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Mode = CheckMode.Mode
WHY_LENGTH = 300


class BadMode(ValueError):
    """A mode that cannot be set; the sentence says why. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Modes:
    """The checks that count, and those in shadow, in the order of the settings."""

    live: tuple[str, ...]
    shadow: tuple[str, ...]


def by_settings() -> dict[str, str]:
    """Every check that the settings name, with its mode there."""
    return dict.fromkeys(settings.MODERATION_CHECKS, Mode.LIVE.value) | dict.fromkeys(settings.MODERATION_SHADOW_CHECKS, Mode.SHADOW.value)


def latest() -> Mapping[str, CheckMode]:
    """The row in force for each check that ever had one."""
    newest = CheckMode.objects.order_by().values("check_name").annotate(newest=Max("pk")).values("newest")
    return {row.check_name: row for row in CheckMode.objects.filter(pk__in=newest).select_related("set_by")}


@lru_cache(maxsize=4)
def in_force(_tick: int) -> Modes:
    """The modes of all checks. Kept until the tick changes."""
    return now()


def now() -> Modes:
    """The same, asked anew."""
    rows = latest()
    modes = {name: rows[name].mode if name in rows else mode for name, mode in by_settings().items()}
    return Modes(*(tuple(name for name, mode in modes.items() if mode == wanted) for wanted in (Mode.LIVE, Mode.SHADOW)))


def set_mode(name: str, mode: str, *, why: str, by: User, was: str) -> CheckMode:
    """Put a check into another mode from the next comment on. `was` is the mode that the person saw; raises BadMode if it is no more so."""
    why = " ".join(why.split())
    if not why or len(why) > WHY_LENGTH:
        raise BadMode(
            _("Say why; your colleagues will read it.") if not why else _("At most %(limit)d characters.") % {"limit": WHY_LENGTH}
        )
    if mode not in Mode.values or name not in by_settings():
        raise BadMode(_("There is no such check."))
    with transaction.atomic():
        row = CheckMode.objects.filter(check_name=name).select_for_update().first()
        now = row.mode if row is not None else by_settings()[name]
        if now != was or now == mode:
            raise BadMode(_("Somebody else was quicker. Please look again."))
        made: CheckMode = CheckMode.objects.create(check_name=name, mode=mode, why=why, set_by=by)
    in_force.cache_clear()
    return made
