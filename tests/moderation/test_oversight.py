"""Dashboard, log, the year and quality: figures that can be recounted by hand, who may see them, and a log that nobody edits."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db.models import Q
from django.test import Client
from django.utils import timezone, translation

from comments.models import AppendOnlyError, Comment
from comments.states import Status
from moderation import audit, quality, statistics
from moderation.decisions import decide
from moderation.models import Decision, Finding, Phrase, Scope, SecondLook
from newsroom.models import Article
from tests.factories import make_article, make_comment, make_moderator, make_publication, make_section, make_user
from tests.moderation.desk import client_of, make_finding, make_held, make_report, make_spam, screened
from tests.moderation.test_person import HOSTILE

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = ("dashboard/", "log/", "log/file/", "log/year/", "quality/", "quality/second-look/")
DESK = "/admin/moderation/"


def person(name: str, *permissions: str) -> User:
    user = make_moderator(name, first_name=name.title())
    user.user_permissions.add(*Permission.objects.filter(codename__in=("decide", *permissions)))
    return User.objects.get(pk=user.pk)


@pytest.fixture
def sari() -> User:
    return person("sari")


@pytest.fixture
def budi() -> User:
    return person("budi")


@pytest.fixture
def editor() -> User:
    return person("ratna", "audit")


@pytest.fixture(autouse=True)
def fresh_figures() -> None:
    statistics.forget()


def decided(by: User, outcome: Status = Status.REJECTED, article: Article | None = None, **fields: Any) -> Decision:
    comment = make_held(article, **fields)
    return person_decides(comment, by, outcome)


def person_decides(comment: Comment, by: User, outcome: Status) -> Decision:
    reason = {Status.APPROVED: "fine", Status.REJECTED: "insulting", Status.SPAM: "advertising", Status.HELD: "suspicious"}[outcome]
    return decide(Comment.objects.get(pk=comment.pk), outcome, kind=Decision.Kind.PERSON, reason=reason, moderator=by, notify=False)


# --- Who may see what ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_who_sees_which_page(sari: User, editor: User, page: str) -> None:
    needs_audit = page.startswith("log")
    assert Client().get(DESK + page).status_code == 302
    assert client_of(make_user("pembaca")).get(DESK + page).status_code == 302
    assert client_of(make_user("staf", is_staff=True)).get(DESK + page).status_code == 403
    assert client_of(sari).get(DESK + page).status_code == (403 if needs_audit else 200)
    assert client_of(editor).get(DESK + page).status_code == 200


def test_somebody_with_a_scope_counts_within_it(sari: User, editor: User) -> None:
    make_held()
    article = make_article(section=make_section(publication=make_publication(host="lain.example")))
    make_held(article)
    Scope.objects.create(moderator=editor, publication=article.section.publication)
    assert client_of(editor).get(f"{DESK}dashboard/").context["figures"].waiting == 1
    assert client_of(sari).get(f"{DESK}dashboard/").context["figures"].waiting == 2
    mine, other = decided(sari, article=article), decided(sari)
    page = client_of(editor).get(f"{DESK}log/").content.decode()
    assert mine.comment.public_id in page
    assert other.comment.public_id not in page
    kinds = [name for name, _words, _chosen in client_of(editor).get(f"{DESK}log/").context["kinds"]]
    assert "admin" not in kinds


# --- Dashboard ----------------------------------------------------------------------------------------------------------


def test_figures_recounted_by_hand(sari: User) -> None:
    article = make_article()
    held = make_held(article)
    spam = make_spam(article)
    screened(make_comment(article, status=Status.PENDING), Status.APPROVED)
    refused = decided(sari, article=article)
    person_decides(spam, sari, Status.APPROVED)
    now = timezone.now()
    Comment.objects.filter(pk=held.pk).update(created_at=now - timedelta(hours=13))
    Comment.objects.filter(pk=refused.comment_id).update(created_at=refused.created_at - timedelta(minutes=10))
    make_report(make_comment(article))
    found = statistics.figures(sari, "day")
    assert (found.incoming, found.waiting, found.reported, found.appeals) == (5, 1, 1, 0)
    assert found.oldest is not None
    assert round(found.oldest.total_seconds() / 3600) == 13
    assert found.median == timedelta(minutes=10)
    assert found.p90 == timedelta(minutes=10)
    # Four screened: two went to a person, spam and approval did not; of those two one was reversed.
    assert (found.automatic, found.overruled) == (0.5, 0.5)
    with translation.override("en"):
        assert [(words, count) for words, count, _width in statistics.count(Q(), Q(), "day").reasons] == [
            ("insult or threat", 1),
            ("advertising, recognised by the checks", 1),
        ]
    assert found.chart is not None
    assert [sum(series.values) for series in found.chart.series] == [3, 1, 1, 0]


def test_the_page_names_what_is_out_of_order(sari: User) -> None:
    held = make_held()
    Comment.objects.filter(pk=held.pk).update(created_at=timezone.now() - timedelta(hours=13))
    screened(make_comment(status=Status.PENDING), Status.HELD, findings=[make_finding("gambling", "error")])
    page = client_of(sari).get(f"{DESK}dashboard/?period=week").content.decode()
    assert "Komentar tertua sudah menunggu 13 jam." in page
    assert "Pemeriksaan “Judi” tidak dapat menilai 1 kali dalam satu jam terakhir." in page


def test_an_empty_installation_has_no_figures_and_no_errors(sari: User) -> None:
    for period in ("day", "week", "month", "nonsense"):
        found = client_of(sari).get(f"{DESK}dashboard/?period={period}").context["figures"]
        assert (found.incoming, found.median, found.automatic, found.overruled, found.reasons) == (0, None, None, None, [])


# --- Log ----------------------------------------------------------------------------------------------------------------


def test_the_log_holds_decisions_and_changes_in_one_order(sari: User, editor: User) -> None:
    decision = decided(sari)
    admin = User.objects.create_superuser("akar", password="sandi-yang-panjang")
    phrase = {"pattern": "maxwin", "looked": "maxwin", "action": "suspect", "kind": "gambling", "severity": "1", "enabled": "on"}
    client_of(admin).post(f"{DESK}phrases/new/", {**phrase, "list": "0", "language": "", "note": ""})
    assert Phrase.objects.filter(pattern="maxwin").count() == 1
    found = client_of(editor).get(f"{DESK}log/").context["entries"]
    assert [entry.change is not None for entry in found] == [True, False, False]
    assert found[1].decision == decision
    only = client_of(editor).get(f"{DESK}log/?kind=person&person={sari.pk}").context["entries"]
    assert [entry.decision for entry in only] == [decision]
    one = client_of(editor).get(f"{DESK}log/?comment={decision.comment.public_id}").context["entries"]
    assert len(one) == 2
    assert client_of(editor).get(f"{DESK}log/?from=2020-01-01&to=2020-01-02").context["entries"] == []


NONSENSE = ["from=x&to=y", "person=-1", "person=9" * 20, "kind=%00", "before=z", "comment=" + "x" * 500, "from=0000-00-00"]


@pytest.mark.parametrize("query", NONSENSE)
def test_nonsense_in_the_address_is_a_page(editor: User, query: str) -> None:
    assert client_of(editor).get(f"{DESK}log/?{query}").status_code in {200, 400}
    assert client_of(editor).get(f"{DESK}log/year/?year={query}").status_code in {200, 400}


def test_pages_follow_one_another_without_gap(sari: User, editor: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "PAGE_SIZE", 3)
    for _number in range(4):
        decided(sari)
    seen: list[int] = []
    address = ""
    for _page in range(4):
        context = client_of(editor).get(f"{DESK}log/?{address}").context
        seen += [entry.decision.pk for entry in context["entries"]]
        address = context["older"]
        if not address:
            break
    assert seen == sorted(Decision.objects.values_list("pk", flat=True), reverse=True)


def test_the_export_holds_the_evidence_and_no_formula(sari: User, editor: User) -> None:
    comment = screened(
        make_comment(status=Status.PENDING, body="Rahasia pembaca."),
        Status.HELD,
        findings=[make_finding(model_hash="ab" * 32), make_finding("links", "clean")],
    )
    decide(comment, Status.REJECTED, kind=Decision.Kind.PERSON, reason="insulting", moderator=sari, note="=1+1", notify=False)
    answer = client_of(editor).get(f"{DESK}log/file/")
    text = answer.getvalue().decode()
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert [(row["kind"], row["act"], row["evidence"], row["note"]) for row in rows[:2]] == [
        ("screening", "held", "phrases 1 abababababab: suspect 0.800", ""),
        ("person", "rejected", "", "'=1+1"),
    ]
    assert rows[2]["kind"] == "admin"  # that it was exported, and by whom
    assert rows[2]["who"] == "ratna"
    assert "Rahasia" not in text
    assert comment.author_email not in text


def test_the_admins_own_log_cannot_be_changed(editor: User) -> None:
    audit.record(editor, editor, "uji")
    entry = LogEntry.objects.get()
    entry.change_message = "lain"
    with pytest.raises(AppendOnlyError):
        entry.save()
    with pytest.raises(AppendOnlyError):
        entry.delete()
    assert LogEntry.objects.get().change_message == "uji"


def test_the_year_is_counted_from_the_log(sari: User, editor: User) -> None:
    make_spam()
    decided(sari)
    decided(sari, Status.APPROVED)
    person_decides(make_spam(), sari, Status.APPROVED)
    number = timezone.localdate().year
    with translation.override("en"):
        found = audit.year(editor, number)
    assert found.decided == [("waiting for a moderator", 2, 0), ("published", 0, 2), ("rejected", 0, 1), ("spam", 2, 0)]
    assert found.months == [(timezone.localdate().month, 2, 1)]
    assert (found.reversed_automatic, found.appeals, found.reports) == (1, 0, 0)
    assert audit.year(editor, number - 1).decided == []
    text = client_of(editor).get(f"{DESK}log/year/?format=csv").getvalue().decode()
    assert "automatic restrictions,reversed,1," in text


def test_a_day_begins_in_the_present_time_zone() -> None:
    fallback = timezone.now()
    with timezone.override(ZoneInfo("Asia/Jakarta")):
        assert audit.read_day("2026-11-24", fallback) == datetime(2026, 11, 24, tzinfo=ZoneInfo("Asia/Jakarta"))
        assert audit.read_day("24.11.2026", fallback) == fallback


# --- Quality ------------------------------------------------------------------------------------------------------------


def look(client: Client, outcome: str) -> Any:
    found = client.get(f"{DESK}quality/second-look/").context["look"]
    return client.post(f"{DESK}quality/second-look/", {"look": found.pk, "outcome": outcome})


def test_a_second_look_is_blind_and_changes_nothing(sari: User, budi: User) -> None:
    decision = decided(sari, body="Dasar pemalas.", findings=[make_finding("abuse", "suspect", words=["pemalas"])])
    before = list(Decision.objects.values())
    client = client_of(budi)
    page = client.get(f"{DESK}quality/second-look/").content.decode()
    assert "Dasar pemalas." in page
    assert "Sari" not in page
    assert "<mark" not in page
    answer = look(client, "approve")
    assert "Sari" in answer.content.decode()
    found = SecondLook.objects.get()
    assert (found.decision, found.reviewer, found.outcome) == (decision, budi, "approved")
    assert list(Decision.objects.values()) == before
    assert Comment.objects.get(pk=decision.comment_id).status == Status.REJECTED
    own = client_of(sari).get(f"{DESK}quality/").context["own"]
    assert [(one.decision, one.reversed) for one in own] == [(decision, False)]
    assert client_of(budi).get(f"{DESK}quality/").context["own"] == []


def test_nobody_looks_at_their_own_and_nobody_at_one_twice(sari: User, budi: User) -> None:
    decided(sari)
    assert client_of(sari).get(f"{DESK}quality/second-look/").context["look"] is None
    look(client_of(budi), "reject")
    assert client_of(budi).get(f"{DESK}quality/second-look/").context["look"] is None
    assert SecondLook.objects.count() == 1


def test_reloading_keeps_the_one_that_is_open_and_skipping_gives_it_back(sari: User, budi: User) -> None:
    for _number in range(3):
        decided(sari)
    client = client_of(budi)
    first = client.get(f"{DESK}quality/second-look/").context["look"]
    assert client.get(f"{DESK}quality/second-look/").context["look"] == first
    assert SecondLook.objects.count() == 1
    assert client.post(f"{DESK}quality/second-look/", {"look": first.pk, "outcome": "skip"}).status_code == 302
    assert not SecondLook.objects.exists()


@pytest.mark.parametrize("outcome", ["", "hold", "approved", HOSTILE])
def test_a_wrong_answer_is_kept_out(sari: User, budi: User, outcome: str) -> None:
    decided(sari)
    answer = look(client_of(budi), outcome)
    assert answer.status_code == 400
    assert SecondLook.objects.get().answered_at is None


def test_somebody_elses_second_look_is_not_there(sari: User, budi: User) -> None:
    decided(sari)
    found = client_of(budi).get(f"{DESK}quality/second-look/").context["look"]
    answer = client_of(sari).post(f"{DESK}quality/second-look/", {"look": found.pk, "outcome": "approve"})
    assert answer.status_code == 404
    assert SecondLook.objects.get().answered_at is None


def test_agreement_of_people_and_checks(sari: User, budi: User, editor: User) -> None:
    outcomes = [(Status.REJECTED, "rejected"), (Status.REJECTED, "approved"), (Status.APPROVED, "approved"), (Status.APPROVED, "approved")]
    for mine, theirs in outcomes:
        decision = decided(sari, mine, findings=[make_finding("phrases", "suspect"), make_finding("links", "clean")])
        SecondLook.objects.create(decision=decision, reviewer=budi, outcome=theirs, answered_at=timezone.now())
    [judged] = quality.of_people(editor, everybody=True)
    assert (judged.name, judged.decided, judged.reversed, judged.agreement.looks, judged.agreement.share) == ("Sari", 4, 0, 4, 0.75)
    assert judged.agreement.kappa == pytest.approx(0.5)
    assert quality.of_people(budi, everybody=False) == []
    checks = {one.name: one for one in quality.of_checks(editor)}
    assert (checks["phrases"].decided, checks["phrases"].reversed, checks["phrases"].agreement.share) == (4, 2, 0.25)
    assert (checks["links"].decided, checks["links"].agreement.share) == (0, 0.75)


def test_a_reversal_by_a_colleague_counts_and_ones_own_does_not(sari: User, budi: User) -> None:
    first, second = decided(sari), decided(sari)
    person_decides(first.comment, budi, Status.APPROVED)
    person_decides(second.comment, sari, Status.APPROVED)
    judged = {one.name: (one.decided, one.reversed) for one in quality.of_people(sari, everybody=True)}
    assert judged == {"Sari": (3, 1), "Budi": (1, 0)}
    assert [(one.decision, one.reversed) for one in quality.own_errors(sari)] == [(first, True)]


def test_hostile_text_is_inert_on_every_page(sari: User, editor: User) -> None:
    article = make_article(title=HOSTILE)
    comment = make_held(article, body=HOSTILE, author_name=HOSTILE[:80])
    decide(
        comment, Status.REJECTED, kind=Decision.Kind.PERSON, reason="insulting", moderator=sari, note=HOSTILE, notify=False, batch=uuid4()
    )
    audit.record(editor, editor, HOSTILE)
    Finding.objects.create(**finding_of(comment, check_name=HOSTILE[:40], label="error"))
    for page in PAGES:
        if page == "log/file/":
            continue
        text = client_of(editor).get(f"{DESK}{page}").content.decode()
        assert "<script>alert" not in text
        assert "<img src=x" not in text


def finding_of(comment: Comment, **fields: Any) -> dict[str, Any]:
    decision = Decision.objects.filter(comment=comment).first()
    return {"comment": comment, "decision": decision, "revision": 1, "check_version": "1", **fields}
