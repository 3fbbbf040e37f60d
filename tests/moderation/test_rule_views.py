"""The desk's pages for rules, and rules in the screening: shadow first, put into force by a person, and never in the way of the rest."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from comments.models import Comment
from comments.states import Status
from moderation import in_force
from moderation.models import Decision, Rule
from moderation.screening import screen
from newsroom.models import Publication
from tests.factories import make_article, make_comment, make_commenter, make_publication, make_section
from tests.moderation.desk import client_of, make_report, member

pytestmark = pytest.mark.django_db
LONG = {"match": "all", "of": [{"field": "length", "is": "ge", "value": 10.0}]}


def make_rule(publication: Publication | None = None, **fields: Any) -> Rule:
    mode = fields.get("mode", "shadow")
    if mode == "enabled":
        fields.setdefault("promoted_by", member("admin"))
    rule = Rule.objects.create(**{"name": "Panjang", "conditions": LONG, "action": "hold", "publication": publication, **fields})
    in_force.forget()
    return rule


def screened(publication: Publication, body: str = "Terima kasih atas berita tentang jembatan itu.", **fields: Any) -> Decision:
    """The checks' decision on a comment of somebody known."""
    article, commenter = make_article(section=make_section(publication=publication)), make_commenter()
    make_comment(article, commenter=commenter)
    comment = make_comment(article, status=Status.PENDING, commenter=commenter, body=body, **fields)
    decision = screen(comment.pk, comment.revision)
    assert decision is not None
    return decision


def said(decision: Decision) -> list[tuple[str, str, bool]]:
    return list(decision.findings.filter(check_name__startswith="rule:").values_list("check_name", "label", "shadow"))


def form(*rows: tuple[str, str, str, str], **fields: Any) -> dict[str, Any]:
    """What the rule's form posts: rows are (group, field, sign, value)."""
    columns = {name: [row[place] for row in rows] for place, name in enumerate(("group", "field", "is", "value"))}
    return {"name": "Tautan malam", "action": "hold", "weight": "0.2", "match": "all", **columns, **fields}


# --- In the screening ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "action", "outcome"),
    [("enabled", "hold", "held"), ("enabled", "spam", "spam"), ("enabled", "sooner", "approved"), ("shadow", "spam", "approved")],
)
def test_what_a_rule_does_to_a_comment(pagi: Publication, mode: str, action: str, outcome: str) -> None:
    rule = make_rule(pagi, mode=mode, action=action)
    decision = screened(pagi)
    assert decision.outcome == outcome
    label = {"hold": "suspect", "spam": "spam", "sooner": "note"}[action]
    assert said(decision) == [(f"rule:{rule.pk}", label, mode == "shadow")]


def test_rules_that_are_off_elsewhere_or_out_of_their_time_say_nothing(pagi: Publication) -> None:
    now = timezone.now()
    make_rule(pagi, mode="off")
    make_rule(make_publication(), mode="enabled")
    make_rule(pagi, mode="enabled", starts_at=now + timedelta(hours=1))
    make_rule(pagi, mode="enabled", ends_at=now - timedelta(hours=1))
    decision = screened(pagi)
    assert (decision.outcome, said(decision)) == ("approved", [])


def test_what_counts_everywhere_comes_first_and_can_stop_the_rest(pagi: Publication) -> None:
    own = make_rule(pagi, mode="enabled", action="spam")
    first = make_rule(None, mode="enabled", action="later", last=True, position=7)
    decision = screened(pagi)
    assert (decision.outcome, said(decision)) == ("approved", [(f"rule:{first.pk}", "note", False)])
    Rule.objects.filter(pk=first.pk).update(last=False)
    in_force.forget()
    assert [row[0] for row in said(screened(pagi))] == [f"rule:{first.pk}", f"rule:{own.pk}"]


@pytest.mark.parametrize(
    "conditions", [{"match": "all"}, {"match": "all", "of": [{"field": "check.away.label", "is": "eq", "value": "spam"}]}]
)
def test_a_rule_that_cannot_tell_holds_and_is_never_open(pagi: Publication, conditions: Any) -> None:
    rule = make_rule(pagi, mode="enabled", action="later", conditions=conditions)
    decision = screened(pagi)
    assert (decision.outcome, decision.reason) == ("held", "check_failed")
    assert said(decision) == [(f"rule:{rule.pk}", "error", False)]


def test_the_facts_are_kept_with_the_decision(pagi: Publication) -> None:
    decision = screened(
        pagi, "Terima kasih banyak atas beritanya; warga di sana sudah lama menunggu. Lihat https://contoh.example/a atau 0812-3456-7890."
    )
    facts = decision.facts
    assert facts is not None
    assert (facts["links"], facts["contacts"], facts["author_approved"], facts["author_known"], facts["reports"]) == (1, 1, 1, True, 0)
    assert (facts["length"], facts["reply"], facts["campaign"], facts["language"]) == (len(decision.comment.body_raw), False, 0, "id")
    assert facts["section"] == decision.comment.article.section.slug


def test_reports_are_a_fact_once_a_comment_was_public(pagi: Publication) -> None:
    comment = screened(pagi).comment
    comment.refresh_from_db()
    make_report(comment)
    assert comment.move_to(Status.PENDING, revision=2, screen_due_at=timezone.now(), screen_attempts=0)
    decision = screen(comment.pk, 2)
    assert decision is not None
    assert decision.facts is not None
    assert decision.facts["reports"] == 1


def test_the_database_knows_that_a_person_puts_rules_into_force(pagi: Publication) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Rule.objects.create(name="x", conditions=LONG, action="hold", mode="enabled", publication=pagi)


# --- Writing a rule -----------------------------------------------------------------------------------------------------


def test_a_rule_is_written_in_rows_and_begins_in_shadow(editor: User, pagi: Publication) -> None:
    rows = [
        ("", "links", "ge", "2"),
        ("A", "hour", "in", "22, 23; 0"),
        ("A", "check.gambling.probability", "ge", "0,35"),
        ("", "", "ge", ""),
    ]
    answer = client_of(editor).post(reverse("rule-new"), form(*rows, list=pagi.pk, mode="enabled", **{"join-A": "any"}))
    rule = Rule.objects.get()
    assert answer["Location"] == reverse("rule", args=[rule.pk])
    assert (rule.mode, rule.promoted_by, rule.publication, rule.version) == ("shadow", None, pagi, 1)
    assert rule.conditions == {
        "match": "all",
        "of": [
            {"field": "links", "is": "ge", "value": 2.0},
            {
                "match": "any",
                "of": [
                    {"field": "hour", "is": "in", "value": [22.0, 23.0, 0.0]},
                    {"field": "check.gambling.probability", "is": "ge", "value": 0.35},
                ],
            },
        ],
    }
    # The form gives back what it was given.
    page = client_of(editor).get(reverse("rule", args=[rule.pk]))
    again = [(row.group, row.field, row.operator, row.value) for row in page.context["rows"] if row.field]
    assert again == [("", "links", "ge", "2"), ("A", "hour", "in", "22, 23, 0"), ("A", "check.gambling.probability", "ge", "0.35")]
    assert "tautan ≥ 2 dan (jam ≥" not in page.content.decode()
    assert "0,35" in page.context["sentence"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("", "links", "ge", "dua"), "dua"),
        (("", "nama", "ge", "1"), "nama"),
        (("", "check.abuse.score", "ge", "7"), "7"),
        (("", "author_known", "eq", "mungkin"), "mungkin"),
        (("", "author_known", "ge", "ya"), ""),
        (("", "check.abuse.label", "eq", "jelek"), "jelek"),
    ],
)
def test_a_wrong_row_is_told_beside_it_and_nothing_is_lost(editor: User, pagi: Publication, row: Any, words: str) -> None:
    answer = client_of(editor).post(reverse("rule-new"), form(("", "length", "ge", "5"), row, list=pagi.pk, note="catatan saya"))
    assert answer.status_code == 400
    first, second = answer.context["rows"][:2]
    assert (first.trouble, bool(second.trouble), words in second.trouble) == ("", True, True)
    assert (second.field, second.value) == (row[1], row[3])
    assert "catatan saya" in answer.content.decode()
    assert not Rule.objects.exists()


def test_a_rule_without_conditions_or_name_is_refused(editor: User, pagi: Publication) -> None:
    client = client_of(editor)
    for data in (
        form(list=pagi.pk),
        form(("", "length", "ge", "5"), list=pagi.pk, name=""),
        form(("", "length", "ge", "5"), list=pagi.pk, weight="7"),
    ):
        assert client.post(reverse("rule-new"), data).status_code == 400
    start = {"starts_at": "2030-01-02T00:00", "ends_at": "2030-01-01T00:00"}
    assert client.post(reverse("rule-new"), form(("", "length", "ge", "5"), list=pagi.pk, **start)).status_code == 400
    assert not Rule.objects.exists()


def test_more_rows_save_nothing(editor: User, pagi: Publication) -> None:
    answer = client_of(editor).post(reverse("rule-new"), form(("", "length", "ge", "5"), list=pagi.pk, more="1"))
    assert (answer.status_code, len(answer.context["rows"]), Rule.objects.count()) == (200, 4, 0)


def test_a_person_puts_it_into_force_and_a_change_takes_it_back_to_shadow(editor: User, pagi: Publication) -> None:
    rule = make_rule(pagi)
    client = client_of(editor)
    page = client.get(reverse("rule", args=[rule.pk])).content.decode()
    assert 'value="enabled"' in page
    assert client.post(reverse("rule-mode", args=[rule.pk]), {"mode": "enabled", "version": "1"}).status_code == 303
    rule.refresh_from_db()
    assert (rule.mode, rule.promoted_by, rule.version) == ("enabled", editor, 2)
    assert screened(pagi).outcome == "held"
    renamed = form(("", "length", "ge", "10"), name="Baru", version="2")
    assert client.post(reverse("rule", args=[rule.pk]), renamed).status_code == 303
    rule.refresh_from_db()
    assert (rule.name, rule.mode, rule.version) == ("Baru", "enabled", 3)
    changed = form(("", "length", "ge", "11"), name="Baru", version="3", mode="enabled")
    assert client.post(reverse("rule", args=[rule.pk]), changed).status_code == 303
    rule.refresh_from_db()
    assert (rule.mode, rule.version, rule.conditions["of"][0]["value"]) == ("shadow", 4, 11.0)
    assert LogEntry.objects.filter(object_id=str(rule.pk)).count() == 3


def test_what_somebody_changed_meanwhile_is_not_overwritten(editor: User, pagi: Publication) -> None:
    rule = make_rule(pagi)
    Rule.objects.filter(pk=rule.pk).update(version=5, name="Orang lain")
    client = client_of(editor)
    assert client.post(reverse("rule", args=[rule.pk]), form(("", "length", "ge", "99"), version="1")).status_code == 400
    client.post(reverse("rule-mode", args=[rule.pk]), {"mode": "enabled", "version": "1"})
    rule.refresh_from_db()
    assert (rule.name, rule.mode, rule.version, rule.conditions) == ("Orang lain", "shadow", 5, LONG)
    assert client.post(reverse("rule-mode", args=[rule.pk]), {"mode": "open", "version": "5"}).status_code == 400


def test_it_shows_what_it_would_have_done_in_shadow(editor: User, pagi: Publication) -> None:
    rule = make_rule(pagi)
    comment = screened(pagi).comment
    page = client_of(editor).get(reverse("rule", args=[rule.pk]))
    spoken = page.context["spoken"]
    assert (spoken.met, spoken.errors, spoken.approved) == (1, 0, 0)
    assert comment.public_id in page.content.decode()
    assert client_of(editor).get(reverse("rules"), {"list": pagi.pk}).context["lines"][0][2]["met"] == 1


def test_rules_change_places(editor: User, pagi: Publication) -> None:
    one, two, three = (make_rule(pagi, name=name, position=place) for place, name in enumerate("abc"))
    client = client_of(editor)
    client.post(reverse("rule-move", args=[three.pk]), {"to": "up"})
    client.post(reverse("rule-move", args=[one.pk]), {"to": "up"})
    assert list(Rule.objects.values_list("name", flat=True)) == ["a", "c", "b"]
    client.post(reverse("rule-delete", args=[two.pk]))
    assert list(Rule.objects.values_list("name", flat=True)) == ["a", "c"]


def test_each_rule_for_its_own_editors(editor: User, pagi: Publication) -> None:
    own, foreign, everywhere = make_rule(pagi), make_rule(make_publication()), make_rule(None)
    before = list(Rule.objects.order_by("pk").values())
    matrix: list[tuple[User, tuple[int, int, int], tuple[int, int, int]]] = [
        (member("moderator"), (200, 200, 200), (403, 403, 403)),
        (editor, (200, 404, 200), (403, 404, 403)),
    ]
    for user, reading, changing in matrix:
        client = client_of(user)
        for rule, read, change in zip((own, foreign, everywhere), reading, changing, strict=True):
            assert client.get(reverse("rule", args=[rule.pk])).status_code == read
            if rule == own and user == editor:
                continue
            data = form(("", "length", "ge", "99"), version="1", mode="enabled", to="up")
            for name in ("rule", "rule-mode", "rule-move", "rule-delete"):
                assert client.post(reverse(name, args=[rule.pk]), data).status_code == change, (user, name)
    assert Client().post(reverse("rule-delete", args=[own.pk])).status_code == 302
    assert list(Rule.objects.order_by("pk").values()) == before


def test_hostile_words_are_inert(editor: User, pagi: Publication) -> None:
    hostile = '<script>window.__ran=1</script>"><img src=x onerror=alert(1)>\u202e'
    section = {"match": "all", "of": [{"field": "section", "is": "eq", "value": hostile}]}
    rule = make_rule(pagi, name=hostile[:80], note=hostile, conditions=section)
    Comment.objects.all().delete()
    client = client_of(editor)
    pages = [
        client.get(reverse("rules"), {"list": pagi.pk}),
        client.get(reverse("rule", args=[rule.pk])),
        client.get(reverse("simulator"), {"list": str(pagi.pk), "phrases": hostile, "rule": hostile, "days": hostile}),
        client.post(
            reverse("rule-new"),
            form(
                (hostile, hostile, hostile, hostile), ("", "links", "ge", hostile), list=pagi.pk, match=hostile, name=hostile, note=hostile
            ),
        ),
        client.post(
            reverse("simulator"),
            {
                "list": pagi.pk,
                "phrases": hostile,
                "innocents": hostile,
                "without_phrases": hostile,
                "days": hostile,
                "queue-gambling": hostile,
            },
        ),
    ]
    for page in pages:
        source = page.content.decode()
        assert page.status_code in (200, 400)
        assert "<script>window" not in source
        assert "<img src=x" not in source
