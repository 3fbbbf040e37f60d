"""The desk over HTTP: what its pages show, what its forms do, and that a decision that comes late changes nothing."""

from __future__ import annotations

import html
import re
import uuid
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from comments.models import Comment
from comments.states import Status
from comments.submission import edit, withdraw
from moderation import bulk_views, counting, views
from moderation.actions import possible
from moderation.decisions import decide
from moderation.models import Claim, Decision, Finding, Report
from tests.factories import make_article, make_comment, make_commenter, make_moderator
from tests.hostile import OWN
from tests.moderation.desk import client_of, make_finding, make_held, make_report, make_spam, pick, post_decision, state_of

pytestmark = pytest.mark.django_db
QUEUE = "/admin/moderation/queue/"


@pytest.fixture
def sari() -> User:
    return make_moderator("sari", first_name="Sari")


@pytest.fixture
def budi() -> User:
    return make_moderator("budi", first_name="Budi")


@pytest.fixture
def desk(sari: User) -> Client:
    return client_of(sari)


def text_of(response: Any) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def item(comment: Comment) -> str:
    return reverse("queue-item", args=[comment.public_id])


# --- Pages --------------------------------------------------------------------------------------------------------------


def test_the_queue_opens_the_first_comment_and_claims_it(desk: Client, sari: User) -> None:
    article = make_article(title="Jembatan dibuka")
    second = make_held(article, author_name="Rudi")
    first = make_held(article, author_name="Dewi", created_at=timezone.now() - timedelta(hours=2))
    page = desk.get(QUEUE)
    assert page.status_code == 200
    assert (page.context["comment"], page.context["mine"]) == (first, True)
    assert Claim.objects.get().comment_id == first.pk
    assert [row.comment for row in page.context["listing"].rows] == [first, second]
    assert "Jembatan dibuka" in text_of(page)
    assert desk.get(QUEUE).context["comment"] == first


def test_an_item_shows_all_that_is_needed_to_decide(desk: Client, budi: User) -> None:
    article = make_article()
    parent = make_comment(article, author_name="Ibu Ratna", body="Apakah benar begitu?")
    writer = make_commenter()
    make_comment(article, commenter=writer)
    make_spam(article, commenter=writer)
    comment = make_held(
        article,
        parent=parent,
        commenter=writer,
        author_email="dewi@contoh.example",
        author_url="https://situs.example/",
        body="main slot gacor yuk",
        network="abc",
        findings=[
            make_finding("phrases", spans=[[5, 15, "gambling"]], words=["slot gacor"], score=0.98),
            make_finding("abuse", "note", model_hash="ab12cd34ef56", score=0.25),
            make_finding("flood", "clean"),
        ],
    )
    make_comment(article, network="abc")
    make_report(comment, detail="Ini iklan.")
    decide(comment, Status.HELD, kind=Decision.Kind.PERSON, reason="suspicious", moderator=budi, note="Mirip yang kemarin.")
    page = desk.get(item(comment))
    source, text = page.content.decode(), text_of(page)
    assert 'main <mark class="mark-gambling"' in source
    assert ">slot gacor</mark> yuk" in source
    for words in ("Ibu Ratna", "Apakah benar begitu?", "dewi@contoh.example", "https://situs.example/", "0,98", "ab12cd34", "Ini iklan."):
        assert words in text
    assert "Mirip yang kemarin." in text
    assert 'href="https://situs.example/"' not in source
    card = page.context["item"].author
    assert (card.approved, card.rejected, card.spam, card.others, card.same_network) == (1, 0, 1, 2, 1)
    assert page.context["item"].actions == ("approve", "reject", "spam", "hold")


def test_a_check_that_could_not_tell_shows_no_score(desk: Client) -> None:
    comment = make_held(findings=[make_finding("gambling", "error", score=1.0), make_finding("new_author", score=0.3)])
    page = desk.get(item(comment)).content.decode()
    scores = [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r'<td class="score">(.*?)</td>', page, re.DOTALL)]
    assert scores == ["–", "0,30"]


def test_hidden_characters_stand_there_as_labels(desk: Client) -> None:
    comment = make_held(author_name="Pak \u202eHasan", body="w\u200be\u200bd\u200be")
    source = desk.get(item(comment)).content.decode()
    assert not set(source) & set("\u200b\u202e")
    assert source.count(">ZWSP</span>") >= 3
    assert ">RLO</span>" in source


def test_empty_states_say_what_is_so(desk: Client, budi: User) -> None:
    assert desk.get(QUEUE).context["item"] is None
    comment = make_held()
    client_of(budi).get(item(comment))
    page = desk.get(QUEUE)
    assert page.context["item"] is None
    assert [row.looking for row in page.context["listing"].rows] == [budi]
    assert desk.get(f"{QUEUE}?view=spam").status_code == 200
    assert desk.get(f"{QUEUE}?view=decided").status_code == 200


def test_somebody_else_at_it_is_named_and_can_be_outrun(desk: Client, budi: User) -> None:
    comment = make_held()
    client_of(budi).get(item(comment))
    page = desk.get(item(comment))
    assert (page.context["mine"], page.context["looking"]) == (False, "Budi")
    assert post_decision(desk, comment, "approve").status_code == 303
    assert state_of(comment) == ("approved", 1)


def test_leaving_for_another_gives_the_first_back(desk: Client) -> None:
    article = make_article()
    first, second = make_held(article), make_held(article)
    desk.get(item(first))
    desk.get(f"{item(second)}?left={first.public_id}")
    assert list(Claim.objects.values_list("comment", flat=True)) == [second.pk]
    desk.get(f"{item(second)}?left={second.public_id}")
    assert list(Claim.objects.values_list("comment", flat=True)) == [second.pk]


def test_a_withdrawn_comment_can_be_read_and_not_decided(desk: Client) -> None:
    comment = make_held()
    withdraw(Comment.objects.get(pk=comment.pk))
    page = desk.get(item(comment))
    assert page.context["item"].actions == ()
    assert not Claim.objects.exists()
    assert post_decision(desk, comment, "approve").status_code == 409
    assert state_of(comment) == ("withdrawn", 1)


def test_a_page_costs_the_same_with_10_and_with_1000_waiting(desk: Client) -> None:
    article = make_article()
    opened = make_held(article, commenter=make_commenter(), network="abc", findings=[make_finding()])

    def cost(address: str) -> int:
        counting.forget()  # what is kept for seconds would be asked for now and then
        with CaptureQueriesContext(connection) as seen:
            assert desk.get(address).status_code == 200
        return len(seen)

    def fill(count: int) -> None:
        now = timezone.now()
        rows = [
            Comment(article=article, status=Status.HELD, author_name="Dewi", body_raw="x", public_id=f"y{count}-{number}", queue_at=now)
            for number in range(count)
        ]
        Comment.objects.bulk_create(rows)

    addresses = [item(opened), QUEUE, f"{QUEUE}?view=spam", f"{QUEUE}?view=reported", f"{QUEUE}?view=decided", f"{QUEUE}?view=mine"]
    fill(10)
    for address in addresses:
        desk.get(address)
    few = [cost(address) for address in addresses]
    fill(1_000)
    assert [cost(address) for address in addresses] == few
    assert max(few) <= 30


def test_the_pages_obey_their_own_content_policy(desk: Client) -> None:
    page = desk.get(item(make_held(findings=[make_finding(spans=[[0, 4, "gambling"]])])))
    assert "default-src 'none'" in page["Content-Security-Policy"]
    source = page.content.decode()
    assert not re.search(r"<[^>]+\s(?:style|on[a-z]+)\s*=", source)
    assert not re.search(r"<script(?![^>]*\ssrc=)", source)
    assert "<style" not in source
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", source)


# --- Deciding -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "fields", "status", "reason"),
    [
        ("approve", {}, "approved", "fine"),
        ("approve", {"reason": "insulting"}, "approved", "fine"),
        ("reject", {"reason": "insulting"}, "rejected", "insulting"),
        ("reject", {"reason": "other"}, "rejected", "other"),
        ("spam", {}, "spam", "advertising"),
        ("hold", {"note": "Tunggu redaktur."}, "held", "suspicious"),
    ],
)
def test_each_action_moves_the_comment_and_is_written_down(
    desk: Client, sari: User, outcome: str, fields: dict[str, str], status: str, reason: str
) -> None:
    comment = make_held()
    machine = Decision.objects.get()
    answer = post_decision(desk, comment, outcome, **fields)
    decision = Decision.objects.latest("id")
    assert (answer.status_code, answer["Location"]) == (303, f"{QUEUE}?done={decision.pk}")
    assert state_of(comment) == (status, 1)
    assert (decision.outcome, decision.reason, decision.note) == (status, reason, fields.get("note", ""))
    assert (decision.moderator, decision.overrides, decision.was) == (sari, machine, "held")
    assert not Claim.objects.exists()


def test_the_next_comment_opens_with_an_undo_for_the_last(desk: Client, budi: User, monkeypatch: pytest.MonkeyPatch) -> None:
    article = make_article()
    first, taken, third = (make_held(article, created_at=timezone.now() - timedelta(hours=hours)) for hours in (3, 2, 1))
    desk.get(QUEUE)
    client_of(budi).get(item(taken))
    answer = post_decision(desk, first, "approve")
    assert answer["Location"] == f"{item(third)}?done={Decision.objects.latest('id').pk}"
    page = desk.get(answer["Location"])
    assert (page.context["comment"], page.context["done"].comment, page.context["done_undoable"]) == (third, first, True)
    assert f'name="decision" value="{page.context["done"].pk}"' in page.content.decode()
    # A colleague's decision is not offered so, nor an old one.
    assert "done" not in client_of(budi).get(answer["Location"]).context
    monkeypatch.setattr(views, "UNDO_OFFERED", timedelta(0))
    assert "done" not in desk.get(answer["Location"]).context


def test_other_views_go_on_with_the_one_below(desk: Client) -> None:
    article = make_article()
    above, below = make_spam(article), make_spam(article, created_at=timezone.now() - timedelta(hours=1))
    page = desk.get(f"{item(above)}?view=spam")
    assert page.context["next_id"] == below.public_id
    answer = post_decision(desk, above, "approve", back="view=spam", next=below.public_id)
    assert answer["Location"].startswith(f"{item(below)}?view=spam&done=")
    answer = post_decision(desk, below, "hold", back="view=spam", next="")
    assert answer["Location"].startswith(f"{QUEUE}?view=spam&done=")


def test_a_rejection_without_a_reason_is_asked_for_one_and_loses_no_word(desk: Client) -> None:
    comment = make_held()
    for reason in ({}, {"reason": "fine"}, {"reason": "nonsense"}):
        answer = post_decision(desk, comment, "reject", note="Catatan saya.", **reason)
        assert answer.status_code == 400
        assert "Catatan saya." in answer.content.decode()
        assert answer.context["trouble"]
    assert state_of(comment) == ("held", 1)
    assert Decision.objects.count() == 1


def test_a_note_that_is_too_long_is_given_back(desk: Client) -> None:
    comment = make_held()
    answer = post_decision(desk, comment, "approve", note="a" * 2_001)
    assert (answer.status_code, answer.context["note"]) == (400, "a" * 2_001)
    assert state_of(comment) == ("held", 1)


@pytest.mark.parametrize(
    "fields",
    [
        {"outcome": "delete"},
        {"status": "published"},
        {"status": ""},
        {"revision": "one"},
        {"revision": "-1"},
        {"revision": "9" * 30},
    ],
)
def test_a_form_that_is_not_ours_is_refused(desk: Client, fields: dict[str, str]) -> None:
    comment = make_held()
    address = reverse("queue-decide", args=[comment.public_id])
    answer = desk.post(address, {"outcome": "approve", "status": "held", "revision": "1", **fields})
    assert answer.status_code == 400
    assert state_of(comment) == ("held", 1)


def test_reports_are_settled_by_finding_the_comment_fine(desk: Client) -> None:
    comment = make_comment()
    make_report(comment)
    assert "approve" in desk.get(f"{item(comment)}?view=reported").context["item"].actions
    assert post_decision(desk, comment, "approve", back="view=reported").status_code == 303
    assert state_of(comment) == ("approved", 1)
    assert Report.objects.filter(resolved_at=None).count() == 0
    # Without a report there is nothing to find fine.
    assert "approve" not in possible(Status.APPROVED)
    assert post_decision(desk, comment, "approve").status_code == 409


# --- Late ---------------------------------------------------------------------------------------------------------------


def test_a_late_decision_is_refused_with_what_happened(desk: Client, budi: User, settings: Any) -> None:
    settings.LANGUAGE_CODE = "en"
    comment = make_held()
    shown = Comment.objects.get(pk=comment.pk)
    decision = decide(comment, Status.REJECTED, kind=Decision.Kind.PERSON, reason="other", moderator=budi)
    at = timezone.localtime(decision.created_at)
    answer = post_decision(desk, shown, "approve", note="Menurut saya baik.")
    assert answer.status_code == 409
    assert "Budi" in answer.context["trouble"]
    assert at.strftime("%M") in answer.context["trouble"]
    assert "Menurut saya baik." in answer.content.decode()
    assert state_of(comment) == ("rejected", 1)
    assert Decision.objects.filter(kind=Decision.Kind.PERSON).count() == 1
    # What the page now shows can be decided on.
    assert (answer.context["comment"].status, answer.context["comment"].revision) == ("rejected", 1)
    assert post_decision(desk, answer.context["comment"], "approve").status_code == 303


def test_a_decision_on_an_old_text_is_refused(desk: Client) -> None:
    comment = make_held()
    shown = Comment.objects.get(pk=comment.pk)
    edit(Comment.objects.get(pk=comment.pk), "Teks yang lain sama sekali.")
    answer = post_decision(desk, shown, "approve")
    assert answer.status_code == 409
    assert state_of(comment) == ("pending", 2)
    assert "Teks yang lain sama sekali." in answer.content.decode()


def test_the_state_that_the_page_showed_counts_not_the_present_one(desk: Client) -> None:
    """Whoever saw it published and held it back must not undo a colleague's "spam" in between."""
    comment = make_comment()
    shown = Comment.objects.get(pk=comment.pk)
    decide(comment, Status.SPAM, kind=Decision.Kind.PERSON, reason="advertising", moderator=make_moderator("tono"))
    assert post_decision(desk, shown, "hold").status_code == 409
    assert state_of(comment) == ("spam", 1)


# --- Undo ---------------------------------------------------------------------------------------------------------------


def test_undo_brings_the_comment_back_and_opens_it(desk: Client, sari: User) -> None:
    comment = make_held()
    post_decision(desk, comment, "reject", reason="other")
    decision = Decision.objects.latest("id")
    answer = desk.post(reverse("queue-undo"), {"decision": decision.pk})
    assert (answer.status_code, answer["Location"]) == (303, item(comment))
    assert state_of(comment) == ("held", 1)
    last = Decision.objects.latest("id")
    assert (last.kind, last.overrides, last.moderator) == ("undo", decision, sari)
    again = desk.post(reverse("queue-undo"), {"decision": decision.pk})
    assert again.status_code == 409
    assert state_of(comment) == ("held", 1)
    assert Decision.objects.latest("id") == last


def test_an_undo_that_is_overtaken_is_refused(desk: Client, budi: User) -> None:
    comment = make_held()
    post_decision(desk, comment, "reject", reason="other")
    decision = Decision.objects.latest("id")
    decide(Comment.objects.get(pk=comment.pk), Status.APPROVED, kind=Decision.Kind.PERSON, reason="fine", moderator=budi)
    assert desk.post(reverse("queue-undo"), {"decision": decision.pk}).status_code == 409
    assert state_of(comment) == ("approved", 1)


@pytest.mark.parametrize("number", ["", "0", "-1", "abc", "9" * 40, "٣"])
def test_undo_of_nothing_is_not_found(desk: Client, number: str) -> None:
    assert desk.post(reverse("queue-undo"), {"decision": number}).status_code == 404


# --- Bulk ---------------------------------------------------------------------------------------------------------------


def test_bulk_decides_all_under_one_number_and_names_the_late(desk: Client, sari: User, budi: User) -> None:
    article = make_article()
    first, second, late = (make_held(article, author_name=name) for name in ("Satu", "Dua", "Tiga"))
    picked = pick(first, second, late)
    decide(late, Status.APPROVED, kind=Decision.Kind.PERSON, reason="fine", moderator=budi)
    answer = desk.post(reverse("queue-bulk"), {"outcome": "reject", "reason": "off_topic", "note": "Serupa.", "pick": picked})
    batches = set(Decision.objects.filter(moderator=sari).values_list("batch", "reason", "note", "outcome"))
    assert len(batches) == 1
    ((batch, *rest),) = batches
    assert rest == ["off_topic", "Serupa.", "rejected"]
    assert (answer.status_code, answer["Location"]) == (303, f"{QUEUE}?batch={batch}")
    assert [state_of(comment) for comment in (first, second, late)] == [("rejected", 1), ("rejected", 1), ("approved", 1)]
    page = desk.get(answer["Location"])
    assert page.context["batch_size"] == 2
    assert "Tiga" in text_of(page)
    assert "Budi" in text_of(page)
    undone = desk.post(reverse("queue-undo"), {"batch": batch})
    assert undone.status_code == 303
    assert [state_of(comment) for comment in (first, second, late)] == [("held", 1), ("held", 1), ("approved", 1)]
    assert Decision.objects.filter(kind=Decision.Kind.UNDO).values("batch").distinct().count() == 1
    count = Decision.objects.count()
    desk.post(reverse("queue-undo"), {"batch": batch})
    assert Decision.objects.count() == count


def test_bulk_uses_the_state_that_each_row_showed(desk: Client) -> None:
    comment = make_held()
    picked = [f"{comment.public_id}:approved:1", f"{comment.public_id[:-1]}:held:1", "nonsense", "a:b:c"]
    answer = desk.post(reverse("queue-bulk"), {"outcome": "spam", "pick": picked})
    assert (answer.status_code, answer["Location"]) == (303, QUEUE)
    assert state_of(comment) == ("held", 1)


@pytest.mark.parametrize(
    "fields", [{"outcome": "spam"}, {"outcome": "reject"}, {"outcome": "reject", "reason": "fine"}, {"outcome": "spam", "pick": ["x"]}]
)
def test_bulk_without_enough_said_changes_nothing(desk: Client, fields: dict[str, Any]) -> None:
    comment = make_held()
    data = {"pick": pick(comment), **fields} if fields["outcome"] == "reject" else fields
    assert desk.post(reverse("queue-bulk"), data).status_code == 400
    assert state_of(comment) == ("held", 1)


def test_bulk_is_bounded(desk: Client) -> None:
    picked = [f"x{number}:held:1" for number in range(bulk_views.MOST_AT_ONCE + 1)]
    assert desk.post(reverse("queue-bulk"), {"outcome": "spam", "pick": picked}).status_code == 400
    assert desk.post(reverse("queue-bulk"), {"outcome": "erase", "pick": picked[:2]}).status_code == 400


def test_undo_of_an_unknown_batch_changes_nothing(desk: Client) -> None:
    assert desk.post(reverse("queue-undo"), {"batch": str(uuid.uuid4())}).status_code == 303
    assert desk.post(reverse("queue-undo"), {"batch": "no-uuid"}).status_code == 404


# --- Who has what on the screen -----------------------------------------------------------------------------------------


def test_the_page_renews_its_claim_and_hears_what_happened(desk: Client, budi: User) -> None:
    comment = make_held()
    address = reverse("queue-claim", args=[comment.public_id])
    shown = {"status": "held", "revision": "1"}
    answer = desk.post(address, shown).json()
    assert answer["looking"] == answer["became"] == ""
    assert answer["until"] == Claim.objects.get().until.isoformat()
    other = client_of(budi).post(address, shown).json()
    assert other["until"] == ""
    assert "Sari" in other["looking"]
    decide(comment, Status.SPAM, kind=Decision.Kind.PERSON, reason="advertising", moderator=budi)
    assert "Budi" in desk.post(address, shown).json()["became"]


def test_leaving_releases_the_claim_that_the_page_had(desk: Client) -> None:
    comment = make_held()
    desk.get(item(comment))
    address = reverse("queue-release", args=[comment.public_id])
    until = Claim.objects.get().until
    for given in ("", "yesterday", "2026-01-01T00:00:00", (until - timedelta(seconds=9)).isoformat()):
        assert desk.post(address, {"until": given}).status_code == 204
        assert Claim.objects.count() == 1
    assert desk.post(address, {"until": until.isoformat()}).status_code == 204
    assert Claim.objects.count() == 0


@pytest.mark.parametrize("name", ["queue-decide", "queue-claim", "queue-release", "queue-undo", "queue-bulk"])
def test_what_changes_something_is_post_only(desk: Client, name: str) -> None:
    comment = make_held()
    args = [] if name in {"queue-undo", "queue-bulk"} else [comment.public_id]
    assert desk.get(reverse(name, args=args)).status_code == 405


def test_forms_need_their_token(sari: User) -> None:
    comment = make_held()
    client = Client(enforce_csrf_checks=True)
    client.force_login(sari)
    assert post_decision(client, comment, "approve").status_code == 403
    assert state_of(comment) == ("held", 1)


def test_an_item_that_is_not_there_is_not_found(desk: Client) -> None:
    assert desk.get(f"{QUEUE}nobody/").status_code == 404
    assert desk.post(f"{QUEUE}nobody/decide/", {"outcome": "approve", "status": "held", "revision": 1}).status_code == 404


# --- Hostile text -------------------------------------------------------------------------------------------------------


class Shape(HTMLParser):
    """The tags of a page with the names of their attributes, the addresses it leads to, and its scripts."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _value in attrs)))
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href", "action", "formaction", "data"}]


def shape_of(source: str) -> Shape:
    shape = Shape()
    shape.feed(source)
    return shape


def test_hostile_text_adds_nothing_to_the_page(desk: Client, budi: User) -> None:
    """The page about a hostile comment has the very tags and addresses of the page about a harmless one."""
    article = make_article()
    parent = make_comment(article)
    comment = make_held(article, parent=parent, author_url="https://situs.example/", findings=[make_finding(words=["kata"])])
    make_report(comment, detail="rincian")
    decide(comment, Status.HELD, kind=Decision.Kind.PERSON, reason="suspicious", moderator=budi, note="catatan")
    address = item(comment)

    def seen(text: str) -> tuple[list[tuple[str, tuple[str, ...]]], list[str]]:
        text = f"{text}\u200b"  # so that every page says "hidden characters"
        Comment.objects.filter(pk=comment.pk).update(author_name=text[:80], author_url=text[:200], author_email=text[:254], body_raw=text)
        Comment.objects.filter(pk=parent.pk).update(author_name=text[:80], body_raw=text)
        Report.objects.update(detail=text)
        # Past the managers, which refuse to change what is only ever added to.
        QuerySet(Finding).filter(comment=comment).update(words=[text], check_version=text[:40])
        QuerySet(Decision).exclude(note="").update(note=text)
        shape = shape_of(desk.get(address).content.decode())
        return [tag for tag in shape.tags if tag != ("span", ("class", "title"))], shape.addresses

    plain = seen("biasa")
    for text in OWN:
        assert seen(text) == plain, ascii(text)
