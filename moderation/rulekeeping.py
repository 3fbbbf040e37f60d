"""Changing phrases, innocent words and rules: who may, and each change written into the admin's log with it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import F, Model, Q, QuerySet
from django.utils import timezone, translation

from moderation import in_force
from moderation.access import publications_for
from moderation.models import Innocent, Phrase, Rule, Scope
from newsroom.models import Publication

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

READ = "moderation.view_phrase"
KEEP = "moderation.change_phrase"
KEEP_GLOBAL = "moderation.keep_global"
MOST_RULES = 50  # of one list

SILENT = ("changed_at", "promoted_by")  # what changes only with something else that the log tells

Kept = Phrase | Innocent | Rule


class ChangedMeanwhile(Exception):
    """Somebody else has changed the rule since the form was shown. Nothing was changed."""


# --- Who may ------------------------------------------------------------------------------------------------------------


def may_read(user: User | AnonymousUser) -> bool:
    return user.is_active and user.is_staff and user.has_perm(READ)


def read_by(user: User, to_publication: str = "publication") -> Q:
    """The condition on rows that somebody may read: those of their publications, and those that count everywhere."""
    own = Scope.objects.filter(moderator_id=user.pk)
    if user.is_superuser or not own.exists():
        return Q()
    return Q(**{f"{to_publication}__in": own.values("publication")}) | Q(**{to_publication: None})


def publications_of(user: User) -> QuerySet[Publication]:
    """The publications whose lists somebody may read."""
    own = Scope.objects.filter(moderator_id=user.pk)
    rows = Publication.objects.order_by("pk")
    return rows if user.is_superuser or not own.exists() else rows.filter(pk__in=own.values("publication"))


def keeps(user: User) -> list[Publication]:
    """The publications whose lists somebody may change: those in their scope as a whole."""
    return list(publications_for(user, KEEP))


def may_keep_global(user: User) -> bool:
    """Whether somebody may change what counts everywhere."""
    return user.is_active and user.is_staff and user.has_perm(KEEP_GLOBAL)


def may_keep(user: User, publication_id: int | None) -> bool:
    """Whether somebody may change the list of a publication, or with None the one that counts everywhere."""
    if publication_id is None:
        return may_keep_global(user)
    return publications_for(user, KEEP).filter(pk=publication_id).exists()


# --- Changing -----------------------------------------------------------------------------------------------------------


def keep(row: Kept, user: User, changed: Sequence[str] = ()) -> None:
    """Save a row that is new, or whose fields `changed` are, and write it down. The caller has asked `may_keep`."""
    with transaction.atomic():
        new = row.pk is None
        row.save() if new else row.save(update_fields=[*changed])
        record(row, user, ADDITION if new else CHANGE, changed)
    forget()


def drop(row: Kept, user: User) -> None:
    """Delete a row, and write it down."""
    with transaction.atomic():
        record(row, user, DELETION)
        row.delete()
    forget()


def set_mode(rule: Rule, mode: str, user: User) -> None:
    """Put a rule into force, into shadow, or off. Raises ChangedMeanwhile."""
    rule.mode = mode
    rule.promoted_by = user if mode == Rule.Mode.ENABLED else rule.promoted_by
    change_rule(rule, user, ("mode", "promoted_by"))


def change_rule(rule: Rule, user: User, changed: Sequence[str]) -> bool:
    """Save the fields of a rule that somebody changed, if nobody else did so meanwhile; else ChangedMeanwhile.

    A rule that now asks for something else, or does something else, is a new rule: it begins in shadow, whatever it was, and the
    answer is True.
    """
    fields: dict[str, Any] = {name: getattr(rule, name) for name in changed}
    is_new = bool({"conditions", "action", "last", "publication"} & set(changed))
    if is_new:
        fields |= {"mode": Rule.Mode.SHADOW, "changed_at": timezone.now()}
    with transaction.atomic():
        if Rule.objects.filter(pk=rule.pk, version=rule.version).update(**fields, version=F("version") + 1) != 1:
            raise ChangedMeanwhile
        record(rule, user, CHANGE, sorted(fields))
    rule.refresh_from_db()
    forget()
    return is_new


def move(rule: Rule, up: bool, user: User) -> None:
    """Change places with the neighbour in the same list."""
    with transaction.atomic():
        row = list(Rule.objects.filter(publication=rule.publication_id).order_by("position", "id"))
        here = [one.pk for one in row].index(rule.pk)
        there = here - 1 if up else here + 1
        if not 0 <= there < len(row):
            return
        row[here], row[there] = row[there], row[here]
        for position, one in enumerate(row):
            Rule.objects.filter(pk=one.pk).update(position=position)
        record(rule, user, CHANGE, ("position",))
    forget()


def add_phrases(rows: Sequence[Phrase], user: User) -> None:
    """Save many new phrases, and write each down. Inside the caller's transaction."""
    made = Phrase.objects.bulk_create(rows, batch_size=500)
    LogEntry.objects.bulk_create([_entry(row, user, ADDITION) for row in made], batch_size=500)
    forget()


def record(row: Model, user: User, flag: int, changed: Iterable[str] = ()) -> None:
    """An entry in the admin's log: who did what to which row."""
    _entry(row, user, flag, changed).save()


def _entry(row: Model, user: User, flag: int, changed: Iterable[str] = ()) -> LogEntry:
    message: list[dict[str, Any]] = [{"added": {}}] if flag == ADDITION else []
    if flag == CHANGE:
        # By their words, untranslated, as admin itself keeps them: they are translated where the log is read.
        with translation.override(None):
            known = {field.name: str(field.verbose_name) for field in row._meta.fields}
        words = [known[name] for name in changed if name not in SILENT]
        message = [{"changed": {"fields": words}}]
    return LogEntry(
        user_id=user.pk,
        content_type=ContentType.objects.get_for_model(row),
        object_id=str(row.pk),
        object_repr=str(row)[:200],
        action_flag=flag,
        change_message=json.dumps(message),
    )


def history(row: Model, most: int = 20) -> list[LogEntry]:
    """Who changed a row, the latest first."""
    kind = ContentType.objects.get_for_model(row)
    rows = LogEntry.objects.filter(content_type=kind, object_id=str(row.pk)).select_related("user").order_by("-action_time", "-pk")
    return list(rows[:most])


def forget() -> None:
    """Let what was changed count at once in this process; the others follow within seconds."""
    transaction.on_commit(in_force.forget)
    in_force.forget()


def next_position(publication_id: int | None) -> int:
    """The place behind all others of a list."""
    last = Rule.objects.filter(publication=publication_id).order_by("-position").values_list("position", flat=True).first()
    return 0 if last is None else last + 1
