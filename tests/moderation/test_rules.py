"""Rules: what can be written down, what it means, and that whatever goes wrong holds the comment."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.checks.base import Finding, Label
from moderation.policy import judge
from moderation.rules import MOST_CONDITIONS, Action, BadRule, Rule, dump, parse, run

FACTS: dict[str, Any] = {
    "links": 2, "contacts": 0, "length": 120, "language": "id", "section": "olahraga", "hour": 23, "weekday": 6, "article_days": 1,
    "author_known": True, "author_approved": 3, "author_refused": 0, "author_days": 40, "campaign": 0, "reports": 0, "reply": False,
    "by_form": True,
}  # fmt: skip
FINDINGS = (
    Finding("gambling", Label.NOTE, "1", score=0.6, probability=0.55),
    Finding("links", Label.NOTE, "1", score=0.2),
    Finding("abuse", Label.CLEAN, "1", probability=0.1),
)


def one(field: str, is_: str, value: Any) -> dict[str, Any]:
    return {"match": "all", "of": [{"field": field, "is": is_, "value": value}]}


def rule(conditions: Any, action: Action = Action.HOLD, **more: Any) -> Rule:
    return Rule(1, 3, "Uji", action, parse(conditions), **more)


def met(conditions: Any) -> bool:
    said = run([rule(conditions)], FACTS, FINDINGS)
    return bool(said.counted)


@pytest.mark.parametrize(
    ("field", "is_", "value", "holds"),
    [
        ("links", "ge", 2, True),
        ("links", "gt", 2, False),
        ("links", "le", 2, True),
        ("links", "lt", 2, False),
        ("links", "eq", 2, True),
        ("links", "ne", 2, False),
        ("hour", "in", [22, 23, 0], True),
        ("hour", "in", [1, 2], False),
        ("section", "eq", "Olahraga", True),
        ("section", "ne", "olahraga", False),
        ("language", "in", ["id", "jv"], True),
        ("author_known", "eq", True, True),
        ("reply", "eq", True, False),
        ("check.gambling.label", "eq", "note", True),
        ("check.gambling.label", "in", ["suspect", "spam"], False),
        ("check.gambling.probability", "ge", 0.55, True),
        ("check.gambling.score", "lt", 0.6, False),
        ("check.links.probability", "ge", 0.2, True),  # a check without a probability is asked for its score
    ],
)
def test_each_operator(field: str, is_: str, value: Any, holds: bool) -> None:
    assert met(one(field, is_, value)) is holds


def test_all_any_and_one_level_of_groups() -> None:
    yes, no = {"field": "links", "is": "ge", "value": 1}, {"field": "links", "is": "ge", "value": 9}
    assert met({"match": "any", "of": [no, yes]})
    assert not met({"match": "all", "of": [no, yes]})
    assert met({"match": "all", "of": [yes, {"match": "any", "of": [no, yes]}]})
    assert not met({"match": "all", "of": [yes, {"match": "all", "of": [no, yes]}]})


@pytest.mark.parametrize(
    ("conditions", "code", "row"),
    [
        (None, "shape", 0),
        ([], "shape", 0),
        ({"match": "none", "of": []}, "shape", 0),
        ({"match": "all", "of": []}, "empty", 0),
        ({"match": "all", "of": ["links"]}, "shape", 1),
        (one("__class__", "eq", 1), "field", 1),
        (one("check.gambling.words", "eq", 1), "field", 1),
        (one("check.GAMBLING;.label", "eq", "spam"), "field", 1),
        (one("links", "matches", 1), "operator", 1),
        (one("author_known", "ge", True), "operator", 1),
        (one("check.abuse.score", "eq", 0.5), "operator", 1),
        (one("links", "ge", "two"), "value_number", 1),
        (one("links", "ge", True), "value_number", 1),
        (one("links", "ge", float("nan")), "value_number", 1),
        (one("links", "ge", -1), "value_number", 1),
        (one("links", "ge", [1]), "value_number", 1),
        (one("check.abuse.score", "ge", 1.5), "value_share", 1),
        (one("check.abuse.label", "eq", "bad"), "value_label", 1),
        (one("section", "eq", ""), "value_word", 1),
        (one("section", "eq", "x" * 81), "value_word", 1),
        (one("author_known", "eq", "yes"), "value_yes", 1),
        (one("hour", "in", []), "values", 1),
        ({"match": "all", "of": [{"match": "any", "of": []}]}, "empty_group", 0),
        ({"match": "all", "of": [{"match": "any", "of": [{"match": "any", "of": []}]}]}, "too_deep", 0),
        ({"match": "all", "of": one("links", "ge", 1)["of"] * (MOST_CONDITIONS + 1)}, "too_many", 0),
        ({"match": "all", "of": [one("links", "ge", 1)] * 4}, "too_many_groups", 0),
    ],
)
def test_what_cannot_be_written_down(conditions: Any, code: str, row: int) -> None:
    with pytest.raises(BadRule) as caught:
        parse(conditions)
    assert (code, row) in [(fault.code, fault.row) for fault in caught.value.faults]


def test_every_fault_is_told() -> None:
    with pytest.raises(BadRule) as caught:
        parse({"match": "all", "of": [{"field": "x", "is": "eq", "value": 1}, {"field": "links", "is": "ge", "value": "y"}]})
    assert [(fault.code, fault.row) for fault in caught.value.faults] == [("field", 1), ("value_number", 2)]


KEYS = ["match", "of", "field", "is", "value"]
leaves = st.none() | st.booleans() | st.floats() | st.integers() | st.sampled_from(["all", "any", "links", "section", "ge", "in", "x"])
json_values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner), max_leaves=8)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # on a busy machine drawing takes its time
@given(json_values)
def test_whatever_is_stored_is_read_or_refused(data: Any) -> None:
    try:
        tree = parse(data)
    except BadRule:
        return
    assert parse(dump(tree)) == tree


# --- What follows -------------------------------------------------------------------------------------------------------

MET, UNMET = one("links", "ge", 1), one("links", "ge", 9)


@pytest.mark.parametrize(
    ("action", "outcome", "reason"),
    [
        (Action.HOLD, "held", "suspicious"),
        (Action.SPAM, "spam", "sure_spam"),
        (Action.SOONER, "approved", "clean"),
        (Action.LATER, "approved", "clean"),
    ],
)
def test_what_each_action_comes_to(action: Action, outcome: str, reason: str) -> None:
    said = run([rule(MET, action)], FACTS, FINDINGS)
    verdict = judge([*FINDINGS, *said.counted], required=["gambling"])
    assert (verdict.outcome, verdict.reason) == (outcome, reason)


def test_no_action_approves_what_a_check_holds() -> None:
    held = (*FINDINGS, Finding("flood", Label.SUSPECT, "1", score=0.6))
    for action in Action:
        said = run([rule(MET, action)], FACTS, held)
        assert judge([*held, *said.counted], required=["gambling"]).outcome in ("held", "spam")


def test_the_priority_moves_within_its_bounds() -> None:
    held = (Finding("flood", Label.SUSPECT, "1", score=0.6),)
    plain = judge(held, required=()).priority
    by = [run([rule(MET, action, weight=0.3)], FACTS, held).counted for action in (Action.SOONER, Action.LATER)]
    assert judge([*held, *by[0]], required=()).priority == pytest.approx(plain + 0.3)
    assert judge([*held, *by[1]], required=()).priority == pytest.approx(plain - 0.3)
    assert judge([*held, *by[1] * 9], required=()).priority == 0.0
    assert judge([*held, *by[0] * 9], required=()).priority == 1.0


def test_a_finding_says_which_rule_and_why() -> None:
    (finding,) = run([rule(MET)], FACTS, FINDINGS).counted
    assert (finding.check, finding.label, finding.version, finding.words) == ("rule:1", Label.SUSPECT, "3", ("Uji",))
    assert finding.detail == {"action": "hold", "because": {"links": 2}}


def test_unmet_rules_leave_nothing_behind() -> None:
    said = run([rule(UNMET)], FACTS, FINDINGS)
    assert (said.counted, said.shadow) == ((), ())


@pytest.mark.parametrize("conditions", [MET, one("check.away.label", "eq", "spam")])
def test_a_rule_in_shadow_counts_for_nothing(conditions: Any) -> None:
    said = run([rule(conditions, Action.SPAM, shadow=True, last=True), Rule(2, 1, "Dua", Action.HOLD, parse(MET))], FACTS, FINDINGS)
    assert [finding.check for finding in said.shadow] == ["rule:1"]
    assert [finding.check for finding in said.counted] == ["rule:2"]


def test_order_and_stopping() -> None:
    second = Rule(2, 1, "Dua", Action.SPAM, parse(MET))
    assert [finding.check for finding in run([rule(MET), second], FACTS, FINDINGS).counted] == ["rule:1", "rule:2"]
    assert [finding.check for finding in run([rule(MET, last=True), second], FACTS, FINDINGS).counted] == ["rule:1"]
    assert [finding.check for finding in run([rule(UNMET, last=True), second], FACTS, FINDINGS).counted] == ["rule:2"]


@pytest.mark.parametrize(
    ("broken", "facts", "findings"),
    [
        (Rule(1, 1, "Uji", Action.LATER, None), FACTS, FINDINGS),
        (rule(one("check.away.label", "eq", "spam"), Action.LATER), FACTS, FINDINGS),
        (rule(one("check.gambling.score", "ge", 0.1), Action.LATER), FACTS, (Finding("gambling", Label.ERROR, "1", score=1.0),)),
        (rule(MET, Action.LATER), {}, FINDINGS),
        (rule(MET, Action.LATER), {**FACTS, "links": "dua"}, FINDINGS),
        # whatever the order: what cannot be told must not hide behind what is known already
        (rule({"match": "any", "of": [*MET["of"], *one("check.away.label", "eq", "spam")["of"]]}, Action.LATER), FACTS, FINDINGS),
    ],
)
def test_a_rule_that_cannot_tell_holds_the_comment(broken: Rule, facts: Any, findings: Any) -> None:
    said = run([broken], facts, findings)
    assert [finding.label for finding in said.counted] == [Label.ERROR]
    assert judge([*findings, *said.counted], required=()).outcome == "held"
    assert judge([*findings, *said.counted], required=()).reason == "check_failed"


def test_one_broken_rule_does_not_silence_the_next() -> None:
    said = run([Rule(1, 1, "Uji", Action.HOLD, None, last=True), Rule(2, 1, "Dua", Action.SPAM, parse(MET))], FACTS, FINDINGS)
    assert [(finding.check, finding.label) for finding in said.counted] == [("rule:1", Label.ERROR), ("rule:2", Label.SPAM)]
