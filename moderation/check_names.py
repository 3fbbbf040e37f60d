"""What checks and text models are called before people."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from moderation.rules import PREFIX
from moderation.tuning import Head

CHECK_NAMES = {
    "links": gettext_lazy("Links"),
    "phrases": gettext_lazy("Phrases"),
    "gambling": gettext_lazy("Gambling"),
    "promotion": gettext_lazy("Advertising"),
    "abuse": gettext_lazy("Abuse"),
    "repeats": gettext_lazy("Repeats"),
    "flood": gettext_lazy("Flood"),
    "traps": gettext_lazy("Trap fields"),
    "evasion": gettext_lazy("Evasion of a ban"),
    "new_author": gettext_lazy("New author"),
    "language": gettext_lazy("Language"),
    "shouting": gettext_lazy("Shouting"),
    "screening": gettext_lazy("Screening"),
}


def check_name(name: str) -> str:
    """A check's name in words; of a newsroom's own rule its number, since its name stands with its evidence."""
    if name.startswith(PREFIX):
        return _("Rule %(number)s") % {"number": name.removeprefix(PREFIX)}
    return str(CHECK_NAMES.get(name, name))


def model_name(head: str) -> str:
    """A text model's name in words; what is no head's name stays as it is."""
    return str(Head(head).label) if head in Head.values else head
