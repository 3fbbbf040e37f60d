"""Rules in an editor's words: names of fields and operators, a rule as a sentence, and the rows of its form, there and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import formats
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from moderation import rules
from moderation.check_names import check_name
from moderation.models import Finding
from moderation.rules import Kind, Operator

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

FACT_WORDS: Mapping[str, _StrPromise] = {
    "links": gettext_lazy("links"),
    "contacts": gettext_lazy("telephone numbers and messenger names"),
    "length": gettext_lazy("length of the text"),
    "language": gettext_lazy("language of the text"),
    "section": gettext_lazy("section of the article"),
    "hour": gettext_lazy("hour of the day"),
    "weekday": gettext_lazy("day of the week (1: Monday)"),
    "article_days": gettext_lazy("days since the article"),
    "author_known": gettext_lazy("author is known"),
    "author_approved": gettext_lazy("author's published comments"),
    "author_refused": gettext_lazy("author's refused comments"),
    "author_days": gettext_lazy("days that we know the author"),
    "campaign": gettext_lazy("other copies of the text"),
    "reports": gettext_lazy("open reports"),
    "reply": gettext_lazy("is a reply to a comment"),
    "by_form": gettext_lazy("came by the form"),
}
PART_WORDS: Mapping[str, _StrPromise] = {
    "label": gettext_lazy("%(check)s: verdict"),
    "score": gettext_lazy("%(check)s: score"),
    "probability": gettext_lazy("%(check)s: probability"),
}
OPERATOR_WORDS: Mapping[Operator, _StrPromise | str] = {
    Operator.AT_LEAST: "≥",
    Operator.AT_MOST: "≤",
    Operator.MORE: ">",
    Operator.LESS: "<",
    Operator.EQUAL: gettext_lazy("is"),
    Operator.OTHER: gettext_lazy("is not"),
    Operator.ONE_OF: gettext_lazy("is one of"),
}
GROUPS = ("", "A", "B", "C")
FAULTS: Mapping[str, _StrPromise] = {
    "shape": gettext_lazy("The conditions cannot be read."),
    "empty": gettext_lazy("A rule needs at least one condition."),
    "empty_group": gettext_lazy("A group has no condition."),
    "too_many": gettext_lazy("A rule has at most %(given)s conditions."),
    "too_many_groups": gettext_lazy("A rule has at most %(given)s groups."),
    "too_deep": gettext_lazy("A group cannot hold another group."),
    "field": gettext_lazy("“%(given)s” is nothing that a rule can ask for."),
    "operator": gettext_lazy("%(field)s cannot be compared like this; choose another sign."),
    "values": gettext_lazy("Write one value, or several with commas between them after “is one of”, at most 50."),
    "value_number": gettext_lazy("%(field)s is compared with a number from 0 on, such as 3, not with “%(given)s”."),
    "value_share": gettext_lazy("%(field)s is compared with a number from 0 to 1, such as 0.8, not with “%(given)s”."),
    "value_word": gettext_lazy("%(field)s is compared with a word of at most 80 letters."),
    "value_label": gettext_lazy("%(field)s is one of %(labels)s, not “%(given)s”."),
    "value_yes": gettext_lazy("%(field)s is compared with yes or no, not with “%(given)s”."),
}
LABEL_WORDS: Mapping[str, _StrPromise | str] = {label.value: label.label for label in Finding.Label}
YES, NO = ("ya", "yes", "y", "true", "1"), ("tidak", "no", "n", "t", "false", "0")


@dataclass(slots=True)
class Row:
    """A row of the form, as it was typed. `trouble` is what is wrong with it."""

    group: str = ""
    field: str = ""
    operator: str = ""
    value: str = ""
    trouble: str = ""


def field_words(name: str) -> str:
    """A field by name, such as "Gambling: probability"."""
    if name in FACT_WORDS:
        return str(FACT_WORDS[name])
    check, _dot, part = name.removeprefix("check.").rpartition(".")
    return str(PART_WORDS[part]) % {"check": check_name(check)} if part in PART_WORDS else name


def field_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """All fields, in groups, for the form."""
    facts = [(name, field_words(name)) for name in rules.FACTS]
    checks = [
        (name, field_words(name)) for check in settings.MODERATION_CHECKS for name in (f"check.{check}.{part}" for part in rules.PARTS)
    ]
    return [(_("The comment"), facts), (_("The checks"), checks)]


def sentence(conditions: Any) -> str:
    """A rule's conditions as one line; those that cannot be read as a sentence that says so."""
    try:
        tree = rules.parse(conditions)
    except rules.BadRule:
        return str(FAULTS["shape"])
    return _group_words(tree, outermost=True)


def _group_words(group: rules.Group, outermost: bool = False) -> str:
    between = _(" and ") if group.match == rules.Match.ALL else _(" or ")
    said = between.join(_group_words(one) if isinstance(one, rules.Group) else _condition_words(one) for one in group.of)
    return said if outermost or len(group.of) == 1 else f"({said})"


def _condition_words(condition: rules.Condition) -> str:
    values = ", ".join(value_words(value, condition.field) for value in condition.values)
    return f"{field_words(condition.field)} {OPERATOR_WORDS[condition.operator]} {values}"


def value_words(value: rules.Value, name: str = "") -> str:
    """A value as it is read; `name` is the field that it is compared with."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, str):
        return str(LABEL_WORDS.get(value, value)) if is_verdict(name) else value
    return formats.localize(int(value) if value == int(value) else value, use_l10n=True)


def is_verdict(name: str) -> bool:
    """Whether a field holds the verdict of a check."""
    return name.startswith("check.") and name.endswith(".label")


# --- The form -----------------------------------------------------------------------------------------------------------


def rows_of(conditions: Any) -> tuple[str, dict[str, str], list[Row]]:
    """The form's rows for stored conditions: how the outermost ones are joined, how each group is, and the rows."""
    try:
        tree = rules.parse(conditions)
    except rules.BadRule:
        return "all", {}, []
    rows: list[Row] = []
    joins: dict[str, str] = {}
    for member in tree.of:
        if isinstance(member, rules.Group):
            name = GROUPS[len(joins) + 1]
            joins[name] = member.match.value
            rows += [_row(one, name) for one in member.of if isinstance(one, rules.Condition)]
        else:
            rows.append(_row(member, ""))
    return tree.match.value, joins, rows


def _row(condition: rules.Condition, group: str) -> Row:
    return Row(group, condition.field, condition.operator.value, ", ".join(_typed(value, condition.field) for value in condition.values))


def _typed(value: rules.Value, name: str) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, str):
        return value_words(value, name)
    return str(int(value)) if value == int(value) else repr(value)


def read_rows(match: str, joins: Mapping[str, str], rows: Sequence[Row]) -> dict[str, Any]:
    """The conditions that a form's rows say, checked. Raises rules.BadRule; then `trouble` stands in the rows that are wrong."""
    filled = [row for row in rows if row.field or row.value.strip()]
    members = [row for row in filled if row.group not in GROUPS[1:]]
    data: dict[str, Any] = {"match": match, "of": [_condition(row) for row in members]}
    in_order = list(members)
    for name in GROUPS[1:]:
        within = [row for row in filled if row.group == name]
        if within:
            data["of"].append({"match": joins.get(name, "all"), "of": [_condition(row) for row in within]})
            in_order += within
    try:
        return rules.dump(rules.parse(data))
    except rules.BadRule as bad:
        for fault in bad.faults:
            if fault.row:
                row = in_order[fault.row - 1]
                words = {
                    "field": field_words(row.field),
                    "given": fault.given,
                    "labels": ", ".join(str(words) for words in LABEL_WORDS.values()),
                }
                row.trouble = capfirst(str(FAULTS[fault.code]) % words)
        raise


def general_faults(bad: rules.BadRule) -> list[str]:
    """What is wrong with the rule as a whole."""
    return [str(FAULTS[fault.code]) % {"given": fault.given, "field": ""} for fault in bad.faults if not fault.row]


def _condition(row: Row) -> dict[str, Any]:
    kind = rules.kind_of(row.field)
    values: list[Any] = [row.value]
    if row.operator == Operator.ONE_OF:
        values = [one for one in (part.strip() for part in row.value.replace(";", ",").split(",")) if one]
    read = [_value(kind, one, alone=row.operator != Operator.ONE_OF) for one in values]
    if is_verdict(row.field):
        read = [_label(one) for one in read]
    return {"field": row.field, "is": row.operator, "value": read if row.operator == Operator.ONE_OF else (read or [""])[0]}


def _label(typed: Any) -> Any:
    """A verdict by its name, in the words of the page or as it is stored; what is neither stays, and the rules refuse it."""
    known = {str(words).casefold(): value for value, words in LABEL_WORDS.items()}
    return known.get(str(typed).casefold(), typed)


def _value(kind: Kind | None, typed: str, *, alone: bool) -> Any:
    """What was typed, in the field's kind where it is one; else as it stands, and the rules refuse it."""
    plain = typed.strip()
    if kind == Kind.YES:
        return True if plain.lower() in YES else False if plain.lower() in NO else plain
    if kind in (Kind.NUMBER, Kind.SHARE):
        try:
            return float(plain.replace(",", ".") if alone else plain)
        except ValueError:
            return plain
    return plain
