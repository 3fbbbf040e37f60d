"""A newsroom's own rules: small typed conditions over facts and findings, and what follows where they are met. Plain Python.

A rule is data, never code: a tree of conditions, one level of groups deep, that `parse` has checked and `run` goes through. There is
no evaluation of text, no pattern language and no loop in it, so a rule costs microseconds and cannot hang. What a rule says is a
Finding like a check's: it can hold a comment, call it spam or move its place in the queue, and it can approve nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from moderation.checks.base import Finding, Label

PREFIX: Final = "rule:"
MOST_CONDITIONS: Final = 20
MOST_GROUPS: Final = 3
MOST_VALUES: Final = 50
LONGEST_VALUE: Final = 80
LARGEST: Final = 1_000_000.0

Value = float | str | bool
_NAME: Final = re.compile(r"[a-z_][a-z0-9_.-]{0,39}")


class Kind(StrEnum):
    """What a field holds, which decides what it can be compared with."""

    NUMBER = "number"
    SHARE = "share"  # a number from 0 to 1
    WORD = "word"
    YES = "yes"


class Operator(StrEnum):
    EQUAL = "eq"
    OTHER = "ne"
    AT_LEAST = "ge"
    AT_MOST = "le"
    MORE = "gt"
    LESS = "lt"
    ONE_OF = "in"


class Match(StrEnum):
    ALL = "all"
    ANY = "any"


class Action(StrEnum):
    """What follows where a rule is met. There is none that approves."""

    HOLD = "hold"
    SPAM = "spam"
    SOONER = "sooner"  # priority up
    LATER = "later"  # priority down


OPERATORS: Final[Mapping[Kind, tuple[Operator, ...]]] = {
    Kind.NUMBER: (Operator.AT_LEAST, Operator.AT_MOST, Operator.MORE, Operator.LESS, Operator.EQUAL, Operator.OTHER, Operator.ONE_OF),
    Kind.SHARE: (Operator.AT_LEAST, Operator.AT_MOST, Operator.MORE, Operator.LESS),
    Kind.WORD: (Operator.EQUAL, Operator.OTHER, Operator.ONE_OF),
    Kind.YES: (Operator.EQUAL,),
}

# The facts that a rule may ask for; `moderation.facts` fills them in, and they are kept with the decision.
FACTS: Final[Mapping[str, Kind]] = {
    "links": Kind.NUMBER,  # foreign links, in text and site field
    "contacts": Kind.NUMBER,  # telephone numbers and messenger names
    "length": Kind.NUMBER,  # code points of the text
    "language": Kind.WORD,  # as we guess it: id, en, jv, …; empty where we cannot
    "section": Kind.WORD,  # the article's, by its slug
    "hour": Kind.NUMBER,  # 0 to 23, at the publication
    "weekday": Kind.NUMBER,  # 1 (Monday) to 7
    "article_days": Kind.NUMBER,  # since the article was published
    "author_known": Kind.YES,  # by an account or a signed token
    "author_approved": Kind.NUMBER,
    "author_refused": Kind.NUMBER,
    "author_days": Kind.NUMBER,  # since we know the author; 0 for somebody unknown
    "campaign": Kind.NUMBER,  # other copies and near copies of the text in the last days
    "reports": Kind.NUMBER,  # open reports by readers
    "reply": Kind.YES,  # answers another comment
    "by_form": Kind.YES,  # came by the form, not by the API
}
# What can be asked of each check, as "check.<name>.<part>".
PARTS: Final[Mapping[str, Kind]] = {"label": Kind.WORD, "score": Kind.SHARE, "probability": Kind.SHARE}
LABELS: Final = tuple(label.value for label in Label)

Facts = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a rule: a stable `code`, where (`row` counts from 1 over all conditions; 0: the rule as a whole), and what."""

    code: str
    row: int = 0
    given: str = ""


class BadRule(ValueError):
    """Conditions that cannot be used; `faults` has every one of them."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{fault.row}: {fault.code}" for fault in faults))


class CannotTell(Exception):
    """A rule asked for what is not there: a check that did not run, or a fact that nobody gathered."""


@dataclass(frozen=True, slots=True)
class Condition:
    """`values` has one member unless the operator is ONE_OF."""

    field: str
    operator: Operator
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions, of which all or any must hold. Only the outermost one may contain groups."""

    match: Match
    of: tuple[Condition | Group, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in force or in shadow. Without a `tree` it could not be read, and cannot tell: see `run`.

    `weight` (0 to 1) is by how much SOONER and LATER move the priority. With `last`, rules below are not asked where this one is met.
    """

    id: int
    version: int
    name: str
    action: Action
    tree: Group | None
    weight: float = 0.2
    last: bool = False
    shadow: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What the rules said: findings that count, and findings of rules in shadow, which must not."""

    counted: tuple[Finding, ...] = ()
    shadow: tuple[Finding, ...] = ()


# --- Reading ------------------------------------------------------------------------------------------------------------


def kind_of(name: str) -> Kind | None:
    """What a field holds; None where there is no such field."""
    if name in FACTS:
        return FACTS[name]
    start, _dot, rest = name.partition(".")
    check, _dot, part = rest.rpartition(".")
    if start == "check" and _NAME.fullmatch(check) and part in PARTS:
        return PARTS[part]
    return None


def parse(data: Any) -> Group:
    """Read a tree as it is stored: `{"match": "all", "of": [{"field": …, "is": …, "value": …}, {"match": "any", "of": […]}]}`.

    Raises BadRule with every fault. `dump` is its inverse.
    """
    faults: list[Fault] = []
    rows = [0]
    groups = [0]
    tree = _group(data, faults, rows, groups, outermost=True)
    if not faults and not rows[0]:
        faults.append(Fault("empty"))
    if rows[0] > MOST_CONDITIONS:
        faults.append(Fault("too_many", given=str(MOST_CONDITIONS)))
    if groups[0] > MOST_GROUPS + 1:
        faults.append(Fault("too_many_groups", given=str(MOST_GROUPS)))
    if faults or tree is None:
        raise BadRule(faults or [Fault("shape")])
    return tree


def dump(tree: Group) -> dict[str, Any]:
    """A tree as it is stored."""
    members: list[dict[str, Any]] = []
    for member in tree.of:
        if isinstance(member, Group):
            members.append(dump(member))
        else:
            value: Any = list(member.values) if member.operator == Operator.ONE_OF else member.values[0]
            members.append({"field": member.field, "is": member.operator.value, "value": value})
    return {"match": tree.match.value, "of": members}


def _group(data: Any, faults: list[Fault], rows: list[int], groups: list[int], outermost: bool) -> Group | None:
    groups[0] += 1
    if not isinstance(data, Mapping) or data.get("match") not in list(Match) or not isinstance(data.get("of"), list):
        faults.append(Fault("shape"))
        return None
    if groups[0] > MOST_GROUPS + 1 or rows[0] > MOST_CONDITIONS:
        return None  # said by `parse`; nothing is read beyond what is allowed
    members: list[Condition | Group] = []
    for member in data["of"]:
        if isinstance(member, Mapping) and "of" in member:
            if not outermost:
                faults.append(Fault("too_deep"))
                continue
            inner = _group(member, faults, rows, groups, outermost=False)
            if inner is not None and not inner.of:
                faults.append(Fault("empty_group"))
            elif inner is not None:
                members.append(inner)
            continue
        rows[0] += 1
        if rows[0] > MOST_CONDITIONS:
            return None
        condition = _condition(member, faults, rows[0])
        if condition is not None:
            members.append(condition)
    return Group(Match(data["match"]), tuple(members))


def _condition(data: Any, faults: list[Fault], row: int) -> Condition | None:
    if not isinstance(data, Mapping):
        faults.append(Fault("shape", row))
        return None
    name, is_, given = data.get("field"), data.get("is"), data.get("value")
    kind = kind_of(name) if isinstance(name, str) else None
    if kind is None:
        faults.append(Fault("field", row, str(name)[:LONGEST_VALUE]))
        return None
    if is_ not in OPERATORS[kind]:
        faults.append(Fault("operator", row, str(is_)[:LONGEST_VALUE]))
        return None
    operator = Operator(is_)
    listed = given if operator == Operator.ONE_OF and isinstance(given, list) else [given]
    if not listed or len(listed) > MOST_VALUES:
        faults.append(Fault("values", row))
        return None
    values: list[Value] = []
    for one in listed:
        value = _value(str(name), kind, one)
        if value is None:
            faults.append(Fault(f"value_{_expected(str(name), kind)}", row, str(one)[:LONGEST_VALUE]))
            return None
        values.append(value)
    return Condition(str(name), operator, tuple(values))


def _expected(name: str, kind: Kind) -> str:
    return "label" if name.endswith(".label") else kind.value


def _value(name: str, kind: Kind, given: Any) -> Value | None:
    """A value in its field's kind, or None where it is none."""
    if kind == Kind.YES:
        return given if isinstance(given, bool) else None
    if kind == Kind.WORD:
        if not isinstance(given, str) or len(given) > LONGEST_VALUE:
            return None
        word = given.strip().lower()
        return word if word and (not name.endswith(".label") or word in LABELS) else None
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        return None
    most = 1.0 if kind == Kind.SHARE else LARGEST
    return float(given) if 0.0 <= given <= most else None


# --- Going through ------------------------------------------------------------------------------------------------------

_COMPARE: Final[Mapping[Operator, Callable[[float, float], bool]]] = {
    Operator.AT_LEAST: lambda left, right: left >= right,
    Operator.AT_MOST: lambda left, right: left <= right,
    Operator.MORE: lambda left, right: left > right,
    Operator.LESS: lambda left, right: left < right,
}


@dataclass(slots=True)
class _Asked:
    """The answers that a rule got, in the order in which it asked, for its finding."""

    facts: Facts
    findings: Mapping[str, Finding]
    met: list[str] = field(default_factory=list)

    def value(self, name: str) -> Value:
        """The value of a field; raises CannotTell."""
        if name in FACTS:
            if name not in self.facts:
                raise CannotTell(name)
            return self.facts[name]
        check, _dot, part = name.removeprefix("check.").rpartition(".")
        found = self.findings.get(check)
        if found is None or found.label == Label.ERROR:
            raise CannotTell(name)
        if part == "label":
            return found.label.value
        # A check that is a rule has no probability; its score is the nearest to one.
        return found.score if part == "score" or found.probability is None else found.probability

    def holds(self, condition: Condition) -> bool:
        value = self.value(condition.field)
        kind = kind_of(condition.field)
        if kind in (Kind.NUMBER, Kind.SHARE):
            if isinstance(value, str | bool):
                raise CannotTell(condition.field)
            value = float(value)
        elif kind == Kind.WORD:
            value = str(value).lower()
        if condition.operator in (Operator.EQUAL, Operator.ONE_OF):
            held = value in condition.values
        elif condition.operator == Operator.OTHER:
            held = value not in condition.values
        else:
            held = _COMPARE[condition.operator](float(value), float(condition.values[0]))
        if held:
            self.met.append(condition.field)
        return held

    def met_by(self, group: Group) -> bool:
        # Each member is asked, even where the answer is known: a rule that cannot tell must say so, whatever its order.
        answers = [self.met_by(member) if isinstance(member, Group) else self.holds(member) for member in group.of]
        return all(answers) if group.match == Match.ALL else any(answers)


def run(rules: Sequence[Rule], facts: Facts, findings: Sequence[Finding]) -> Said:
    """Ask each rule, in order. `findings` are those of the checks that count.

    A rule that is met is a finding; one that cannot tell, whatever the cause, is a finding with the label ERROR, which holds the
    comment for a person. Rules that are not met leave nothing behind.
    """
    by_check = {finding.check: finding for finding in findings}
    counted: list[Finding] = []
    shadow: list[Finding] = []
    for rule in rules:
        asked = _Asked(facts, by_check)
        try:
            if rule.tree is None:
                raise CannotTell("conditions")
            met = asked.met_by(rule.tree)
        except Exception as error:
            # Whatever goes wrong in a rule must hold the comment, as with a check. A CannotTell names a field, never a text.
            what = str(error) if isinstance(error, CannotTell) else type(error).__name__
            said = Finding(name_of(rule), Label.ERROR, str(rule.version), score=1.0, words=(rule.name,), detail={"error": what})
        else:
            if not met:
                continue
            said = _finding(rule, asked)
        (shadow if rule.shadow else counted).append(said)
        if rule.last and not rule.shadow and said.label != Label.ERROR:
            break
    return Said(tuple(counted), tuple(shadow))


def name_of(rule: Rule) -> str:
    """The name under which a rule's findings are kept."""
    return f"{PREFIX}{rule.id}"


def _finding(rule: Rule, asked: _Asked) -> Finding:
    label = {Action.HOLD: Label.SUSPECT, Action.SPAM: Label.SPAM}.get(rule.action, Label.NOTE)
    score = {Action.HOLD: 0.6, Action.SPAM: 1.0}.get(rule.action, 0.0)
    shift = {Action.SOONER: rule.weight, Action.LATER: -rule.weight}.get(rule.action, 0.0)
    detail: dict[str, object] = {"action": rule.action.value, "because": {name: asked.value(name) for name in dict.fromkeys(asked.met)}}
    if shift:
        detail["priority"] = shift
    return Finding(name_of(rule), label, str(rule.version), score=score, words=(rule.name,), detail=detail)
