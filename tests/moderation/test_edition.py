"""The rulebook's edition changes with whatever can change a verdict; a replay that is at work meanwhile starts over, and says so."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from comments.states import Status
from moderation import in_force, replays
from moderation.drafts import Draft, NewPhrase
from moderation.edition import edition
from moderation.models import CheckMode, Innocent, ListedDomain, Phrase, Replay, ReplayItem, Rule, Threshold
from moderation.screening import screen
from newsroom.models import Publication
from tests.factories import make_article, make_comment, make_commenter, make_publication, make_section
from tests.moderation.desk import client_of

pytestmark = pytest.mark.django_db(transaction=True)
TEXTS = ("Terima kasih atas beritanya.", "Ada kucing ajaib di sana.", "Ada naga sakti di sini.")


def phrase(publication: Publication | None, pattern: str = "naga sakti", **fields: Any) -> Phrase:
    return Phrase.objects.create(publication=publication, pattern=pattern, kind="spam", action="suspect", **fields)


def rule(publication: Publication, editor: User, mode: str) -> Rule:
    return Rule.objects.create(
        publication=publication,
        name="Panjang",
        conditions={"all": []},
        action="hold",
        mode=mode,
        promoted_by=editor if mode == "enabled" else None,
    )


CHANGES: dict[str, Callable[[Publication, User], object]] = {
    "phrase": lambda pagi, _editor: phrase(pagi),
    "phrase everywhere": lambda _pagi, _editor: phrase(None),
    "innocent word": lambda pagi, _editor: Innocent.objects.create(publication=pagi, pattern="babi"),
    "domain": lambda _pagi, _editor: ListedDomain.objects.create(domain="slot.example"),
    "rule": lambda pagi, editor: rule(pagi, editor, "enabled"),
    "threshold": lambda pagi, editor: Threshold.objects.create(
        publication=pagi, head="gambling", strict=0.9, queue=0.5, why="Coba.", set_by=editor
    ),
    "check": lambda _pagi, editor: CheckMode.objects.create(check_name="links", mode="off", why="Coba.", set_by=editor),
    "publication": lambda pagi, _editor: Publication.objects.filter(pk=pagi.pk).update(reject_grave=True),
}
NO_CHANGES: dict[str, Callable[[Publication, User], object]] = {
    "phrase elsewhere": lambda _pagi, _editor: phrase(make_publication()),
    "phrase that is off": lambda pagi, _editor: phrase(pagi, enabled=False),
    "phrase that has ended": lambda pagi, _editor: phrase(pagi, expires_at=timezone.now() - timedelta(days=1)),
    "rule that is off": lambda pagi, editor: rule(pagi, editor, "off"),
}


@pytest.mark.parametrize("name", [*CHANGES, *NO_CHANGES])
def test_what_makes_another_edition(editor: User, pagi: Publication, name: str) -> None:
    before, everywhere = edition(pagi.pk), edition(None)
    assert before == edition(pagi.pk)
    {**CHANGES, **NO_CHANGES}[name](pagi, editor)
    assert (edition(pagi.pk) != before) == (name in CHANGES)
    assert (edition(None) != everywhere) == (name in CHANGES or name == "phrase elsewhere")


@pytest.fixture
def waiting(editor: User, pagi: Publication) -> Replay:
    """A simulation of three comments that nobody has begun to work on."""
    article, commenter = make_article(section=make_section(publication=pagi)), make_commenter()
    make_comment(article, commenter=commenter)
    for text in TEXTS:
        comment = make_comment(
            article, status=Status.PENDING, commenter=commenter, body=text, created_at=timezone.now() - timedelta(hours=2)
        )
        screen(comment.pk, comment.revision)
    draft = Draft(phrases=(NewPhrase("kucing ajaib", "banned", "gambling", 3),))
    made = replays.order(editor, Replay.Kind.SIMULATION, pagi, 7, draft=draft, seconds=0.0)
    assert made.edition == edition(pagi.pk)
    Replay.objects.filter(pk=made.pk).update(due_at=Now())
    return made


def half_done(made: Replay) -> None:
    """As if an earlier slice had looked at the newest comment and found something there."""
    newest = make_newest(made)
    Replay.objects.filter(pk=made.pk).update(seen=1, cursor=newest, table={"approved>held": {"count": 1}})
    ReplayItem.objects.create(
        replay=made, comment_id=newest, revision=1, status="approved", was="approved", would="held", reason="suspicious"
    )


def make_newest(made: Replay) -> int:
    return replays._comments(made).values_list("pk", flat=True)[0]


def test_a_replay_whose_rulebook_changed_between_two_slices_starts_over(editor: User, pagi: Publication, waiting: Replay) -> None:
    half_done(waiting)
    phrase(pagi)  # "naga sakti" is held from now on
    in_force.forget()
    assert replays.work(waiting.pk, 60.0) is False
    made = Replay.objects.get()
    assert (made.restarts, made.mixed, made.seen, made.total) == (1, False, 4, 4)
    assert made.edition == edition(pagi.pk)
    # All of it by the new rulebook: the third text is held with and without the draft, the item of the first slice is gone.
    assert made.table["held>held"]["count"] == 1
    assert made.table["approved>spam"]["count"] == 1
    assert [item.would for item in made.items.all()] == ["spam"]
    page = client_of(editor).get(reverse("simulation", args=[made.number]))
    assert "dimulai lagi dari awal" in page.content.decode()
    assert page.context["outdated"] is False


def test_an_unchanged_rulebook_goes_on_where_it_was(waiting: Replay) -> None:
    half_done(waiting)
    assert replays.work(waiting.pk, 60.0) is False
    made = Replay.objects.get()
    assert (made.restarts, made.mixed, made.seen) == (0, False, 4)
    assert made.items.count() == 2


def test_a_change_in_the_last_slice_finishes_nothing(waiting: Replay) -> None:
    row = Replay.objects.filter(pk=waiting.pk)
    row.update(edition="lain")
    made = row.select_related("moderator", "publication").get()
    with pytest.raises(replays.RulebookChanged):
        replays._batch(made, row, Now(), replays._judge_of(made), replays.Watch(time.monotonic()))
    assert row.values_list("seen", "finished_at").get() == (0, None)
    assert not ReplayItem.objects.exists()


def test_one_that_is_changed_again_and_again_is_finished_and_says_that_it_is_mixed(editor: User, waiting: Replay) -> None:
    Replay.objects.update(edition="lain", restarts=replays.MOST_RESTARTS)
    assert replays.work(waiting.pk, 60.0) is False
    made = Replay.objects.get()
    assert made.finished_at is not None
    assert (made.restarts, made.mixed, made.seen) == (replays.MOST_RESTARTS, True, 4)
    assert "Tabel ini campuran" in client_of(editor).get(reverse("simulation", args=[made.number])).content.decode()


def test_a_finished_one_says_when_the_rulebook_is_another_by_now(editor: User, pagi: Publication, waiting: Replay) -> None:
    replays.work(waiting.pk, 60.0)
    page = client_of(editor).get(reverse("simulation", args=[waiting.number]))
    assert page.context["outdated"] is False
    phrase(pagi)
    page = client_of(editor).get(reverse("simulation", args=[waiting.number]))
    assert page.context["outdated"] is True
    assert "Buku aturan sudah diubah sejak ini dibuat" in page.content.decode()
    replays.discard(Replay.objects.get())
    assert client_of(editor).get(reverse("simulation", args=[waiting.number])).context["outdated"] is False
