"""Why a decision was made: stable codes for programs, plain words for people. Every decision has one."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Reason(TextChoices):
    # by the checks
    CLEAN = "clean", _("nothing found")
    SURE_SPAM = "sure_spam", _("advertising, recognised by the checks")
    GRAVE = "grave", _("grave insult or threat, recognised by the phrase list and by the text model")
    SUSPICIOUS = "suspicious", _("something a person should look at")
    NEW_AUTHOR = "new_author", _("first comment of a new author")
    WAITS = "waits", _("here every comment waits for a person")
    CHECK_FAILED = "check_failed", _("a check could not tell")
    REPORTED = "reported", _("reported by readers")
    # by a person; the first six are the number keys of the queue
    FINE = "fine", _("in keeping with the rules")
    ADVERTISING = "advertising", _("advertising or gambling")
    INSULTING = "insulting", _("insult or threat")
    HATEFUL = "hateful", _("hatred against a group")
    OFF_TOPIC = "off_topic", _("not about the article")
    PRIVATE_DATA = "private_data", _("personal data of somebody")
    FALSE = "false", _("false information")
    ILLEGAL = "illegal", _("illegal content")
    OTHER = "other", _("another reason")


REJECTION_REASONS = (
    Reason.ADVERTISING,
    Reason.INSULTING,
    Reason.HATEFUL,
    Reason.OFF_TOPIC,
    Reason.PRIVATE_DATA,
    Reason.FALSE,
    Reason.ILLEGAL,
    Reason.OTHER,
)
