"""Every address of the moderation app against every role: who gets in, and that whoever does not has changed nothing.

A new address fails `test_every_address_is_here` until it has its line. `inside` is what somebody gets who may, `outside` what a moderator
of another section gets; both for an act on one comment of a section. Lines without a comment answer everybody who may decide alike.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, reverse
from rest_framework.authtoken.models import Token

from comments.models import Comment
from comments.states import Status
from moderation import api_urls, perspective_urls, reader_urls, urls
from moderation.decisions import decide
from moderation.desk_models import Assignment, DeskPreference, Handover, Note, Presence, SavedView, Watch
from moderation.models import Appeal, BulkAction, BulkItem, Campaign, Claim, Decision, Fingerprint, Report, Scope
from newsroom.models import Publication
from tests.factories import make_article, make_moderator, make_publication, make_section, make_user
from tests.moderation.desk import make_held, pick

pytestmark = pytest.mark.django_db

ROLES = ("anonymous", "reader", "staff", "other section", "moderator", "editor", "admin")
INSIDE = frozenset({"moderator", "editor", "admin"})
TABLES: tuple[type[Model], ...] = (
    Appeal, Assignment, BulkAction, BulkItem, Claim, Decision, DeskPreference, Handover, Note, Presence, Report, SavedView, Watch,
)  # fmt: skip
SECRET = "Rahasia redaksi"


class Newsroom:
    """A comment in one section, decided and undecided, with all that can hang on it; and people of every role."""

    def __init__(self) -> None:
        self.publication: Publication = make_publication(name="Pagi")
        self.section = make_section(publication=self.publication)
        self.article = make_article(section=self.section)
        self.comment = make_held(self.article, body=SECRET, network="abc", author_email="rahasia@contoh.example")
        self.decided = make_held(self.article, body=SECRET)
        self.other = make_moderator("tono")
        self.decision = self.reject(self.decided)
        self.appealed = make_held(self.article, body=SECRET)
        self.appeal = Appeal.objects.create(decision=self.reject(self.appealed), text=SECRET)
        Fingerprint.objects.create(comment=self.comment, skeleton="s1", author="a")
        self.campaign = Campaign.objects.create(first=self.comment)
        Fingerprint.objects.filter(comment=self.comment).update(campaign=self.campaign)
        self.bulk = BulkAction.objects.create(moderator=self.other, source="selection", action="spam", total=1)
        BulkItem.objects.create(bulk=self.bulk, comment=self.comment, status="held", revision=1)
        self.bulk.finished_at = self.bulk.created_at
        self.bulk.save()
        self.view = SavedView.objects.create(moderator=self.other, name="Punya Tono", query="view=spam")

    def reject(self, comment: Comment) -> Decision:
        return decide(comment, Status.REJECTED, kind=Decision.Kind.PERSON, reason="other", moderator=self.other, notify=False)

    def person(self, role: str) -> User | None:
        if role == "anonymous":
            return None
        if role == "reader":
            user = make_user()
            user.user_permissions.add(Permission.objects.get(codename="decide"))  # without "staff" it opens nothing
        else:
            user = make_user(is_staff=True)
            if role != "staff":
                user.groups.add(Group.objects.get(name="moderator" if role == "other section" else role))
        if role == "other section":
            Scope.objects.create(moderator=user, publication=self.publication, section=make_section(publication=self.publication))
        return User.objects.get(pk=user.pk)

    def state(self) -> Any:
        """All that an act on the desk could change."""
        comments = list(Comment.objects.order_by("pk").values_list("pk", "status", "revision", "queue_at"))
        return comments, [list(table._default_manager.order_by("pk").values_list()) for table in TABLES]


@dataclass(frozen=True)
class Line:
    """One act: the name of its address, its arguments, and what it posts (None: it reads)."""

    name: str
    args: Callable[[Newsroom], list[Any]] = lambda _newsroom: []
    data: Callable[[Newsroom], dict[str, Any]] | None = None
    inside: int = 200
    outside: int = 200
    query: str = ""
    changes: bool = False  # whether it changes something for those who may


def comment_of(newsroom: Newsroom) -> list[Any]:
    return [newsroom.comment.public_id]


SHOWN = {"status": "held", "revision": 1}
DESK = (
    Line("appeals"),
    Line("appeal", lambda n: [n.appeal.pk], outside=404),
    Line("appeal", lambda n: [n.appeal.pk], lambda n: {"choice": "grant", "text": "Maaf."}, 303, 404, changes=True),
    Line("queue"),
    Line("queue", query="?view=all"),
    Line("queue", query="?view=all&words=rahasia"),
    Line("queue", query="?view=rules"),
    Line("queue", query="?view=decided"),
    Line("queue-next"),
    Line("queue-rows"),
    Line("queue-search", data=lambda n: {"q": "rahasia@contoh.example"}, inside=303, outside=303),
    Line("queue-search", data=lambda n: {"q": n.comment.public_id}, inside=303, outside=303),
    Line("queue-save-view", data=lambda n: {"name": "Judi", "back": "view=spam"}, inside=303, outside=303, changes=True),
    Line("queue-delete-view", lambda n: [n.view.pk], lambda n: {}, 404, 404),
    Line("queue-watch", lambda n: [n.article.pk], lambda n: {"on": "1"}, 303, 404, changes=True),
    Line("queue-team"),
    Line("queue-team", data=lambda n: {"text": "Sepi.", "publication": n.publication.pk}, inside=303, outside=303, changes=True),
    Line("queue-handovers-read", data=lambda n: {}, inside=303, outside=303, changes=True),
    Line("queue-preferences"),
    Line("queue-preferences", data=lambda n: {"blur": "on", "break_minutes": "30"}, inside=303, outside=303, changes=True),
    Line("queue-rest", data=lambda n: {}, inside=303, outside=303, changes=True),
    Line("queue-bulk", data=lambda n: {"outcome": "spam", "pick": pick(n.comment)}, inside=303, outside=400, changes=True),
    Line("queue-undo", data=lambda n: {"decision": n.decision.pk}, inside=303, outside=404, changes=True),
    Line("queue-progress", lambda n: [n.bulk.number], outside=404),
    Line("queue-campaigns"),
    Line("queue-campaign", lambda n: [n.campaign.pk], outside=404),
    Line("queue-item", comment_of, outside=404),
    Line("queue-decide", comment_of, lambda n: {**SHOWN, "outcome": "approve"}, 303, 404, changes=True),
    Line("queue-claim", comment_of, lambda n: SHOWN, 200, 404, changes=True),
    Line("queue-note", comment_of, lambda n: {"note": "Lihat lagi."}, 303, 404, changes=True),
    Line("queue-assign", comment_of, lambda n: {"to": n.other.pk}, 303, 404, changes=True),
    Line("queue-release", comment_of, lambda n: {"until": "2026-01-01T00:00:00+07:00"}, 204, 404),
    Line("dashboard"),
    Line("quality"),
    Line("second-look"),
    Line("desk-people"),
    Line("legal-notices"),
    Line("desk-person", comment_of, outside=404),
)
# Pages with further permissions, whose own tests have a table for them.
ELSEWHERE = {
    "tuning": "test_thresholds",
    "tuning-head": "test_thresholds",
    "tuning-checks": "test_variant_views",
    "tuning-check": "test_variant_views",
    "tuning-variant": "test_variant_views",
    "desk-log": "test_oversight",
    "desk-log-file": "test_oversight",
    "desk-year": "test_oversight",
    "desk-measure": "test_sanctions",
    "desk-lift": "test_sanctions",
    **dict.fromkeys(["phrases", "phrase-new", "phrase-try", "phrase-import", "phrase-export"], "test_phrase_views"),
    "legal-notice-item": "test_legal",
    **dict.fromkeys(["innocents", "phrase", "phrase-delete"], "test_phrase_views"),
    **dict.fromkeys(["rules", "rule-new", "rule", "rule-mode", "rule-move", "rule-delete"], "test_rule_views"),
    **dict.fromkeys(["simulator", "rescan", "simulation", "simulation-apply", "simulation-discard"], "test_replays"),
}
API = (
    Line("api-queue"),
    Line("api-queue", query="?view=reported"),
    Line("api-moderated", comment_of, outside=404),
    Line("api-decisions", comment_of, lambda n: {"outcome": "approve", "revision": 1}, 201, 404, changes=True),
)
# Open to readers, or to programs with keys of their own; each has tests that say to whom.
OPEN = {
    "api-reports", "api-score", "report", "person", "person-data", "person-erase", "person-settings", "person-address", "person-confirm",
    "person-appeal", "person-unsubscribe", "person-edit", "person-withdraw", "perspective-analyze", "perspective-suggest",
    "perspective-missing", "person-kept-drop", "person-kept-take", "person-kept-send", "person-name", "person-objection", "follow",
    "legal-notice",
}  # fmt: skip


def names_in(module: Any) -> set[str]:
    return {str(pattern.name) for pattern in module.urlpatterns if isinstance(pattern, URLPattern)}


def test_every_address_is_here() -> None:
    assert names_in(urls) == {line.name for line in DESK} | set(ELSEWHERE)
    routes = {str(pattern.name): str(pattern.pattern).partition("<")[0] for pattern in urls.urlpatterns}
    for name, test in ELSEWHERE.items():
        text = (Path(__file__).parent / f"{test}.py").read_text()
        assert f'"{name}"' in text or routes[name] in text, name
    known = {line.name for line in API} | OPEN
    assert names_in(api_urls) | names_in(reader_urls) | names_in(perspective_urls) == known


def labelled(lines: tuple[Line, ...]) -> list[Any]:
    return [pytest.param(line, id=f"{'GET' if line.data is None else 'POST'} {line.name}{line.query}") for line in lines]


@pytest.mark.parametrize("line", labelled(DESK))
def test_desk(line: Line) -> None:
    newsroom = Newsroom()
    for role in ROLES:
        client, person = Client(), newsroom.person(role)
        if person is not None:
            client.force_login(person)
        address = reverse(line.name, args=line.args(newsroom)) + line.query
        before = newsroom.state()
        data = None if line.data is None else line.data(newsroom)
        answer = client.get(address) if data is None else client.post(address, data)
        shown = answer.content.decode()
        if role in INSIDE:
            assert answer.status_code == line.inside, role
            if line.changes:
                assert newsroom.state() != before, role
                newsroom = fresh(newsroom)
            continue
        assert SECRET not in shown, role
        assert newsroom.comment.public_id not in shown, role
        if role in {"anonymous", "reader"}:
            assert answer.status_code == 302, role
            assert answer["Location"].startswith("/admin/login/?next="), role
        else:
            assert answer.status_code == (403 if role == "staff" else line.outside), role
            assert reverse("queue-item", args=[newsroom.comment.public_id]) not in answer.get("Location", ""), role
        if role != "other section" or line.outside == 404 or not line.changes or line.name == "queue-bulk":
            assert newsroom.state() == before, role


def fresh(old: Newsroom) -> Newsroom:
    """The newsroom anew, so that the next role finds what the last one found."""
    User.objects.filter(pk=old.other.pk).update(username=f"dulu-{old.other.pk}")
    return Newsroom()


@pytest.mark.parametrize("line", labelled(API))
def test_api(line: Line) -> None:
    newsroom = Newsroom()
    for role in ROLES:
        client, person = Client(), newsroom.person(role)
        headers = {}
        if person is not None:
            headers["authorization"] = f"Token {Token.objects.create(user=person).key}"
        address = reverse(line.name, args=line.args(newsroom)) + line.query
        before = newsroom.state()
        if line.data is None:
            answer = client.get(address, headers=headers)
        else:
            answer = client.post(address, json.dumps(line.data(newsroom)), content_type="application/json", headers=headers)
        if role in INSIDE:
            assert answer.status_code == line.inside, (role, answer.content)
            if line.changes:
                assert newsroom.state() != before, role
                newsroom = fresh(newsroom)
            continue
        wanted = {"anonymous": 401, "reader": 403, "staff": 403}.get(role, line.outside)
        assert answer.status_code == wanted, (role, answer.content)
        assert SECRET not in answer.content.decode(), role
        assert newsroom.state() == before, role
