from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from comments.models import Comment, Revision
from comments.states import Status
from moderation.decisions import decide
from moderation.models import Decision, Finding, Report, Scope
from tests.comments.test_api import edit_token, holds
from tests.factories import make_article, make_comment, make_commenter, make_moderator, make_section, make_user
from tests.programs import Program, as_user, errors_of, make_decider, problem_of

pytestmark = pytest.mark.django_db


def held(**fields: Any) -> Comment:
    """A comment that the checks held, with a finding."""
    comment = make_comment(status=Status.PENDING, **fields)
    row = Finding(check_name="phrases", check_version="3", label="suspect", score=0.7, spans=[[0, 4, "insult"]], words=["Kome"])
    decide(comment, Status.HELD, kind=Decision.Kind.SCREENING, reason="suspicious", priority=0.5, findings=[row])
    return comment


def everything() -> list[Any]:
    """What a refused act must not change."""
    return [list(model.objects.order_by("pk").values()) for model in (Comment, Decision, Report, Finding)]


# --- who may --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["moderation/queue/", "moderation/comments/%s/", "moderation/comments/%s/decisions/"])
def test_roles(path: str) -> None:
    comment = held()
    address = path.replace("%s", comment.public_id)
    method = "POST" if "decisions" in path else "GET"
    body = {"outcome": "approve", "revision": 1}
    before = everything()
    for nobody in (Program(), Program(edit_token(comment)), Program("Basic eDp5")):
        answer = nobody.call(method, address, body if method == "POST" else None)
        problem_of(answer, 401, "not_authenticated")
        assert answer["WWW-Authenticate"] == "Token"
    problem_of(Program("Token x").call(method, address, body if method == "POST" else None), 401, "authentication_failed")
    for user in (make_user(), make_user(is_staff=True), make_decider(is_active=True)):
        user.is_staff = user.is_staff and not user.user_permissions.exists()
        user.save()
        problem_of(as_user(user).call(method, address, body if method == "POST" else None), 403, "permission_denied")
    assert everything() == before
    assert as_user(make_decider()).call(method, address, body if method == "POST" else None).status_code in {200, 201}


def test_a_moderator_who_was_let_go() -> None:
    moderator = make_decider()
    program = as_user(moderator)
    moderator.is_active = False
    moderator.save()
    problem_of(program.get("moderation/queue/"), 401, "authentication_failed")


def test_outside_the_scope_there_is_nothing() -> None:
    inside, outside = held(), held(article=make_article(section=make_section()))
    moderator = make_decider()
    Scope.objects.create(moderator=moderator, publication=inside.article.section.publication, section=inside.article.section)
    program = as_user(moderator)
    assert [one["id"] for one in program.get("moderation/queue/").json()["results"]] == [inside.public_id]
    before = everything()
    problem_of(program.get(f"moderation/comments/{outside.public_id}/"), 404, "not_found")
    problem_of(program.post(f"moderation/comments/{outside.public_id}/decisions/", {"outcome": "spam", "revision": 1}), 404, "not_found")
    assert everything() == before
    assert program.post(f"moderation/comments/{inside.public_id}/decisions/", {"outcome": "spam", "revision": 1}).status_code == 201


def test_the_object_permission_asks_permission_and_scope() -> None:
    comment, moderator = held(), make_decider()
    assert moderator.has_perm("moderation.decide", comment)
    assert not moderator.has_perm("moderation.decide", comment.article)
    assert not moderator.has_perm("moderation.view_decision", comment)
    assert not make_moderator(is_active=False).has_perm("moderation.decide", comment)
    assert not make_user().has_perm("moderation.decide", comment)
    Scope.objects.create(moderator=moderator, publication=comment.article.section.publication)
    assert moderator.has_perm("moderation.decide", comment)


# --- the queue --------------------------------------------------------------------------------------------------------------


def test_the_queue_tells_what_a_decision_needs() -> None:
    commenter = make_commenter()
    top = make_comment(commenter=commenter)
    make_comment(commenter=commenter, status=Status.SPAM)
    comment = held(article=top.article, parent=top, commenter=commenter, body="Kome <b>ntar</b>", via_form=False)
    make_comment(status=Status.PENDING)
    make_comment(status=Status.REJECTED)
    answer = as_user(make_decider()).get("moderation/queue/")
    assert answer["Cache-Control"] == "no-store"
    content = answer.json()
    (item,) = content["results"]
    assert (item["id"], item["status"], item["revision"], item["body"]) == (comment.public_id, "held", 1, "Kome <b>ntar</b>")
    assert item["author_email"] == comment.author_email
    assert item["article"]["slug"] == top.article.slug
    assert item["parent"] == {"id": top.public_id, "author_name": top.author_name, "body_text": top.body_text, "status": "approved"}
    (finding,) = item["findings"]
    assert (finding["check"], finding["label"], finding["score"], finding["words"]) == ("phrases", "suspect", 0.7, ["Kome"])
    assert finding["spans"] == [{"start": 0, "end": 4, "kind": "insult"}]
    assert (item["decision"]["kind"], item["decision"]["reason"], item["decision"]["decided_by"]) == ("screening", "suspicious", None)
    assert item["author_history"] == {"approved": 1, "rejected": 0, "spam": 1, "waiting": 1}
    assert item["open_reports"] == 0
    holds(content, "QueuePage")
    assert "198.51.100" not in answer.content.decode()


def test_the_queue_by_pages_in_its_order() -> None:
    comments = [held() for _ in range(60)]
    for number, comment in enumerate(comments):
        Comment.objects.filter(pk=comment.pk).update(queue_at=timezone.now() - timedelta(minutes=number % 7))
    expected = list(Comment.objects.order_by("queue_at", "id").values_list("public_id", flat=True))
    program, address, seen = as_user(make_decider()), "moderation/queue/", []
    while address:
        content = program.get(address).json()
        seen += [item["id"] for item in content["results"]]
        address = content["next"]
    assert seen == expected
    assert len(content["results"]) == 10
    assert [item["id"] for item in program.get(content["previous"]).json()["results"]] == expected[25:50]
    assert errors_of(program.get("moderation/queue/?cursor=x")) == {("cursor", "invalid")}
    assert errors_of(program.get("moderation/queue/?view=x")) == {("view", "invalid_choice")}


def test_what_is_public_and_reported() -> None:
    reported, settled = make_comment(), make_comment()
    make_comment()
    for comment in (reported, settled):
        Report.objects.create(comment=comment, revision=1, reason="hate", reporter="a")
    Report.objects.create(comment=reported, revision=1, reason="spam", reporter="b")
    Report.objects.filter(comment=settled).update(resolved_at=timezone.now())
    (item,) = as_user(make_decider()).get("moderation/queue/?view=reported").json()["results"]
    assert (item["id"], item["status"], item["open_reports"]) == (reported.public_id, "approved", 2)


def test_the_queue_costs_the_same_queries_at_any_length() -> None:
    program = as_user(make_decider())
    counts = []
    for more in (2, 23):
        for _ in range(more):
            held(commenter=make_commenter())
        with CaptureQueriesContext(connection) as found:
            assert program.get("moderation/queue/").status_code == 200
        counts.append(len(found))
    assert counts[0] == counts[1] <= 12


def test_one_comment_with_its_history() -> None:
    comment = held(body="Lama.")
    moderator = make_decider(first_name="Sari")
    decide(comment, Status.APPROVED, kind=Decision.Kind.PERSON, reason="fine", moderator=moderator, note="Boleh.")
    Report.objects.create(comment=comment, revision=1, reason="false", detail="Salah.", reporter="secret-reporter")
    Program(edit_token(comment)).patch(f"comments/{comment.public_id}/", {"body": "Baru."})
    answer = as_user(moderator).get(f"moderation/comments/{comment.public_id}/")
    content = answer.json()
    assert (content["status"], content["revision"], content["body"]) == ("pending", 2, "Baru.")
    assert [(one["outcome"], one["decided_by"], one["note"]) for one in content["decisions"]] == [
        ("held", None, ""),
        ("approved", "Sari", "Boleh."),
    ]
    assert content["findings"] == []
    assert [one["revision"] for one in content["earlier_findings"]] == [1]
    assert [(one["revision"], one["body"]) for one in content["earlier_texts"]] == [(1, "Lama.")]
    assert [(one["reason"], one["detail"]) for one in content["reports"]] == [("false", "Salah.")]
    assert b"secret-reporter" not in answer.content
    holds(content, "Moderated")


def test_the_queue_is_limited_by_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "MODERATION_API_LIMITS", ((1, 60),))
    one, two = as_user(make_decider()), as_user(make_decider())
    assert one.get("moderation/queue/").status_code == 200
    problem_of(one.get("moderation/queue/"), 429, "too_fast")
    assert two.get("moderation/queue/").status_code == 200


# --- decisions --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "status", "reason"),
    [("approve", "approved", "fine"), ("reject", "rejected", "other"), ("spam", "spam", "advertising"), ("hold", "held", "other")],
)
def test_decide(outcome: str, status: str, reason: str) -> None:
    comment, moderator = held(), make_decider(first_name="Sari", last_name="Utami")
    answer = as_user(moderator).post(f"moderation/comments/{comment.public_id}/decisions/", {"outcome": outcome, "revision": 1})
    assert answer.status_code == 201
    content = answer.json()
    assert (content["outcome"], content["was"], content["reason"], content["decided_by"]) == (status, "held", reason, "Sari Utami")
    holds(content, "Decision")
    comment.refresh_from_db()
    assert comment.status == status
    made = Decision.objects.last()
    assert made is not None
    assert (made.moderator, made.kind, made.overrides) == (moderator, "person", Decision.objects.first())


def test_reason_and_note_are_kept() -> None:
    comment = held()
    body = {"outcome": "reject", "revision": 1, "reason": "hateful", "note": "Lihat \u0007pedoman. "}
    content = as_user(make_decider()).post(f"moderation/comments/{comment.public_id}/decisions/", body).json()
    assert (content["reason"], content["note"]) == ("hateful", "Lihat pedoman.")


def test_what_nobody_has_looked_at_can_be_decided() -> None:
    comment = make_comment(status=Status.PENDING)
    answer = as_user(make_decider()).post(f"moderation/comments/{comment.public_id}/decisions/", {"outcome": "approve", "revision": 1})
    assert (answer.status_code, answer.json()["was"]) == (201, "pending")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"outcome": "publish"}, ("outcome", "invalid_choice")),
        ({"outcome": None}, ("outcome", "null")),
        ({"revision": "one"}, ("revision", "invalid")),
        ({"revision": True}, ("revision", "invalid")),
        ({"revision": 0}, ("revision", "min_value")),
        ({"reason": "because"}, ("reason", "invalid_choice")),
        ({"reason": "clean"}, ("reason", "invalid_choice")),
        ({"status": "gone"}, ("status", "invalid_choice")),
        ({"note": "a" * 2_001}, ("note", "max_length")),
        ({"note": ["a"]}, ("note", "invalid")),
    ],
)
def test_bad_input(change: dict[str, object], error: tuple[str, str]) -> None:
    comment = held()
    before = everything()
    body = {"outcome": "approve", "revision": 1, **change}
    assert errors_of(as_user(make_decider()).post(f"moderation/comments/{comment.public_id}/decisions/", body)) == {error}
    assert everything() == before


def test_the_second_of_two_moderators_is_told_what_the_first_did() -> None:
    comment = held()
    sari, budi = make_decider(first_name="Sari"), make_decider(first_name="Budi")
    path = f"moderation/comments/{comment.public_id}/decisions/"
    first = as_user(sari).post(path, {"outcome": "reject", "revision": 1}).json()
    before = everything()
    answer = as_user(budi).post(path, {"outcome": "approve", "revision": 1})
    content = problem_of(answer, 409, "moved_on")
    assert content["present"] == {"status": "rejected", "revision": 1, "decided_by": "Sari", "decided_at": first["decided_at"]}
    moment = timezone.localtime(Decision.objects.latest("id").created_at, timezone.get_default_timezone())
    assert content["detail"] == f"Already rejected by Sari at {moment:%H:%M}."
    assert everything() == before
    holds(content, "Conflict")
    # Who has seen the first decision may overrule it, and says so.
    answer = as_user(budi).post(path, {"outcome": "approve", "revision": 1, "status": "rejected"})
    assert (answer.status_code, answer.json()["was"]) == (201, "rejected")


def test_the_same_decision_again_is_stale() -> None:
    comment = held()
    path = f"moderation/comments/{comment.public_id}/decisions/"
    program = as_user(make_decider())
    assert program.post(path, {"outcome": "approve", "revision": 1}).status_code == 201
    problem_of(program.post(path, {"outcome": "approve", "revision": 1}), 409, "moved_on")
    problem_of(program.post(path, {"outcome": "approve", "revision": 1, "status": "approved"}), 409, "moved_on")
    assert Decision.objects.filter(kind="person").count() == 1


@pytest.mark.parametrize(
    ("act", "detail", "present"),
    [
        ("PATCH", "Its author has changed the text since: this is revision 2.", ("pending", 2)),
        ("DELETE", "Its author has withdrawn this comment.", ("withdrawn", 1)),
    ],
)
def test_a_decision_on_what_its_author_changed(act: str, detail: str, present: tuple[str, int]) -> None:
    comment = held()
    Program(edit_token(comment)).call(act, f"comments/{comment.public_id}/", {"body": "Baru."})
    before = everything()
    answer = as_user(make_decider()).post(f"moderation/comments/{comment.public_id}/decisions/", {"outcome": "approve", "revision": 1})
    content = problem_of(answer, 409, "moved_on")
    assert content["detail"] == detail
    assert content["present"] == {"status": present[0], "revision": present[1], "decided_by": None, "decided_at": None}
    assert everything() == before


def test_a_revision_that_never_was() -> None:
    comment = held()
    answer = as_user(make_decider()).post(f"moderation/comments/{comment.public_id}/decisions/", {"outcome": "approve", "revision": 9})
    assert problem_of(answer, 409, "moved_on")["detail"] == "There is no such revision: this is revision 1."
    assert not Revision.objects.exists()


def test_a_decision_of_another_day_is_told_with_its_date() -> None:
    comment = make_comment(status=Status.SPAM)
    yesterday = timezone.now() - timedelta(days=2)
    Decision.objects.create(comment=comment, revision=1, kind="reports", outcome="spam", was="held", reason="other", created_at=yesterday)
    answer = as_user(make_decider()).post(f"moderation/comments/{comment.public_id}/decisions/", {"outcome": "approve", "revision": 1})
    local = timezone.localtime(yesterday, timezone.get_default_timezone())
    words = problem_of(answer, 409, "moved_on")["detail"]
    assert words == f"Already marked as spam by the checks at {local.day} {local:%B} {local.year}, {local:%H:%M}."


def test_a_state_without_a_decision_of_its_own() -> None:
    comment = make_comment(status=Status.APPROVED)
    answer = as_user(make_decider()).post(f"moderation/comments/{comment.public_id}/decisions/", {"outcome": "reject", "revision": 1})
    content = problem_of(answer, 409, "moved_on")
    assert content["present"]["status"] == "approved"
    assert content["detail"] == "This comment is in another state now: published."


def test_approval_of_what_was_reported_closes_the_reports() -> None:
    comment = make_comment()
    Report.objects.create(comment=comment, revision=1, reason="hate", reporter="a")
    body = {"outcome": "approve", "revision": 1, "status": "approved"}
    answer = as_user(make_decider()).post(f"moderation/comments/{comment.public_id}/decisions/", body)
    assert answer.status_code == 201
    assert not Report.objects.filter(resolved_at=None).exists()
