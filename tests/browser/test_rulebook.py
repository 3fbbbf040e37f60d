"""The pages for phrases, rules and the simulator in a real Chromium: axe, hostile text, and an editor's way without scripts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from comments.models import Comment
from comments.states import Status
from moderation import replays
from moderation.decisions import decide
from moderation.drafts import Draft, NewPhrase
from moderation.models import Decision, Finding, Innocent, Phrase, Replay, Rule
from newsroom.models import Article
from tests.browser.conftest import Visit
from tests.browser.driver import Visitor, status_of
from tests.browser.people import held, log_in, make_story
from tests.browser.test_axe import violations
from tests.moderation.desk import member

DESK = "/admin/moderation/"
HOSTILE = '<script>window.__ran=1</script>"><img src=x onerror=window.__ran=1><svg/onload=window.__ran=1>\u202e\u200b'
PAGES = (
    "phrases/",
    "phrases/new/",
    "phrases/try/",
    "phrases/import/",
    "phrases/lexicon/?q=a",
    "rules/",
    "rules/new/",
    "simulator/",
    "simulator/rescan/",
)


@pytest.fixture
def story(transactional_db: None) -> Article:
    return make_story()


@pytest.fixture
def editor(story: Article) -> User:
    user = member("admin")
    user.username = "rina"
    user.save()
    return user


def fill(story: Article) -> tuple[Phrase, Rule, Replay, Replay]:
    """Something on every page, hostile wherever somebody could type."""
    publication = story.publication
    found = Finding(check_name="new_author", check_version="1", label="suspect", score=0.3, detail={"known": False})
    comment = held(story, f"Ada kucing ajaib di sana {HOSTILE}", HOSTILE[:80], found)
    approved = held(story, "Kucing ajaib itu hanya dongeng.", "Dewi", Finding(check_name="repeats", check_version="1", label="clean"))
    decide(approved, Status.APPROVED, kind=Decision.Kind.PERSON, reason="fine", moderator=member("moderator"), notify=False)
    Comment.objects.filter(pk=comment.pk).update(created_at=timezone.now() - timedelta(minutes=5))
    phrase = Phrase.objects.create(publication=publication, pattern="kucing ajaib", kind="spam", note=HOSTILE, language='"><b>')
    Phrase.objects.create(publication=publication, pattern="lama", kind="insult", action="banned", enabled=False)
    Innocent.objects.create(publication=publication, pattern="anjing x", note=HOSTILE)
    conditions = {"match": "all", "of": [{"field": "section", "is": "ne", "value": HOSTILE[:80]}]}
    rule = Rule.objects.create(publication=publication, name=HOSTILE[:80], note=HOSTILE, conditions=conditions, action="hold")
    user = member("admin")
    draft = Draft(phrases=(NewPhrase("dongeng", "banned", "gambling", 3),), rules={rule.pk: "enabled"})
    tried = replays.order(user, Replay.Kind.SIMULATION, publication, 7, draft=draft, seconds=60.0)
    look = replays.order(user, Replay.Kind.RESCAN, publication, 7, states=list(replays.RESCANNED), seconds=60.0)
    assert tried.finished_at is not None
    assert look.finished_at is not None
    return phrase, rule, tried, look


def press(visitor: Visitor, name: str) -> int:
    return status_of(visitor.page, visitor.page.get_by_role("button", name=name, exact=True).click)


def test_an_editor_adds_a_phrase_and_tries_a_rule_out_without_scripts(visit: Visit, editor: User, story: Article) -> None:
    fill(story)
    desk = visit(java_script_enabled=False)
    log_in(desk, editor)
    desk.open(f"{DESK}phrases/new/")
    desk.page.locator("[name=pattern]").fill("dongeng")
    desk.page.locator("[name=kind]").select_option("spam")
    assert press(desk, "Lihat apa yang akan cocok") == 200
    assert "Akan cocok dengan 1 komentar dari 30 hari terakhir" in desk.page.locator("#look-title").inner_text()
    assert "1 di antaranya Anda setujui" in desk.page.locator("#look-title").inner_text()
    assert not Phrase.objects.filter(pattern="dongeng").exists()
    assert press(desk, "Simpan frasa ini") == 200
    assert Phrase.objects.get(pattern="dongeng").publication == story.publication

    desk.open(f"{DESK}rules/new/")
    desk.page.locator("[name=field]").first.select_option("length")
    desk.page.locator("[name=value]").first.fill("5")
    desk.page.locator("[name=name]").fill("Panjang")
    desk.page.locator("[name=action]").select_option("spam")
    assert press(desk, "Simpan, dalam bayangan") == 200
    rule = Rule.objects.get(name="Panjang")
    assert rule.mode == "shadow"
    desk.page.get_by_role("link", name="Coba pada komentar lama").click()
    assert press(desk, "Simulasikan") == 200
    assert desk.page.locator(".rulebook-matrix").is_visible()
    assert desk.page.locator("svg[role=img]").get_attribute("aria-labelledby") == "chart-title chart-text"
    assert press(desk, "Berlakukan perubahan ini") == 200
    rule.refresh_from_db()
    assert (rule.mode, rule.promoted_by) == ("enabled", editor)


def test_every_page_is_clean_and_inert(visit: Visit, editor: User, story: Article) -> None:
    phrase, rule, tried, look = fill(story)
    desk = visit()
    log_in(desk, editor)
    cell = tried.items.values_list("was", "would").first()
    assert cell is not None
    more = (
        f"phrases/{phrase.pk}/",
        f"rules/{rule.pk}/",
        f"simulator/{tried.number}/?cell={cell[0]}-{cell[1]}",
        f"simulator/{look.number}/",
    )
    wrong = {}
    for page in (*PAGES, *more):
        assert desk.open(f"{DESK}{page}") == 200, page
        if found := violations(desk):
            wrong[page] = found
        desk.check()
    assert wrong == {}
