"""Learning from moderators: what a decision teaches, in shadow first, into force by a person only, and back without a trace."""

from __future__ import annotations

import io
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from comments.models import Comment
from comments.states import Status
from moderation import learning, lessons, scoring, thresholds, variants
from moderation.classifiers import correction, guard, model
from moderation.decisions import decide, undo
from moderation.learning import Outcome, learn, make_turns, take, train, train_corrections
from moderation.models import ApiKey, Decision, Finding, LearningTurn, Suggestion, Variant, VariantEvent
from moderation.screening import screen
from newsroom.models import Publication
from tests.factories import make_comment, make_publication, make_user
from tests.moderation.classifiers.test_correction import BRAND, CLEAN, FRAMES, NEW
from tests.moderation.learning import decided, place_of, teach_brand

pytestmark = pytest.mark.django_db


@pytest.fixture
def publication() -> Publication:
    return make_publication()


@pytest.fixture
def sari() -> User:
    return make_user("sari")


def models() -> dict[str, Any]:
    return learning.base_models()


def taught(publication: Publication, head: str = "gambling") -> list[tuple[str, bool]]:
    return [(lesson.text, lesson.positive) for lesson in lessons.gather(publication, head, models()).all]


def screened(publication: Publication, text: str = NEW) -> Comment:
    comment = make_comment(place_of(publication), body=text, status=Status.PENDING)
    assert screen(comment.pk, 1)
    comment.refresh_from_db()
    return comment


def counted(comment: Comment, check: str = "gambling") -> Finding:
    found: Finding = Finding.objects.get(comment=comment, check_name=check, shadow=False)
    return found


# --- What a decision teaches --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "reason", "text", "answers"),
    [
        ("approved", "fine", CLEAN[0], (False, False, False, False)),
        ("spam", "advertising", "Main slot di mawar, pasti maxwin", (True, None, None, None)),
        ("rejected", "advertising", "Main slot di mawar, pasti maxwin", (True, None, None, None)),
        ("spam", "advertising", "Butuh dana? Pinjaman cair tanpa jaminan, hubungi kami", (None, True, None, None)),
        ("rejected", "insulting", "Dasar kau tidak tahu malu", (None, None, True, None)),
        ("rejected", "hateful", "You people are not welcome here at all", (None, None, None, True)),
        ("rejected", "off_topic", "Dasar kau tidak tahu malu", (None, None, None, None)),
        ("rejected", "false", CLEAN[0], (None, None, None, None)),
        ("rejected", "private_data", CLEAN[0], (None, None, None, None)),
    ],
)
def test_what_a_decision_says_of_each_head(outcome: str, reason: str, text: str, answers: tuple[bool | None, ...]) -> None:
    found = models()
    assert tuple(lessons.answer(head, outcome, reason, text, found) for head in scoring.HEADS) == answers


def test_lessons_come_from_persons_and_from_comments_as_they_are_now(publication: Publication, sari: User) -> None:
    article = place_of(publication)
    kept = decided(article, FRAMES[0].format(BRAND), Status.SPAM, sari)
    taken_back = decided(article, FRAMES[1].format(BRAND), Status.SPAM, sari)
    undo(Decision.objects.get(comment=taken_back), sari)
    changed = decided(article, FRAMES[2].format(BRAND), Status.APPROVED, sari)
    Comment.objects.filter(pk=changed.pk).update(revision=2, body_raw="Teks yang lain sama sekali.")
    erased = decided(article, FRAMES[3].format(BRAND), Status.SPAM, sari)
    Comment.objects.filter(pk=erased.pk).update(body_raw="")
    make_comment(article, body="Disetujui mesin.")
    decided(place_of(make_publication()), FRAMES[4].format(BRAND), Status.SPAM, sari)
    assert taught(publication) == [(kept.body_raw, True)]


def test_the_decision_that_stands_is_the_one_that_teaches(publication: Publication, sari: User) -> None:
    comment = decided(place_of(publication), FRAMES[0].format(BRAND), Status.SPAM, sari)
    comment.refresh_from_db()
    decide(comment, Status.APPROVED, kind=Decision.Kind.PERSON, reason="fine", moderator=sari, notify=False)
    assert taught(publication) == [(comment.body_raw, False)]
    undo(Decision.objects.filter(comment=comment).last(), sari)  # type: ignore[arg-type]
    assert taught(publication) == [(comment.body_raw, True)]


def test_copies_are_one_lesson(publication: Publication, sari: User) -> None:
    article = place_of(publication)
    for _copy in range(5):
        decided(article, FRAMES[0].format(BRAND), Status.SPAM, sari)
    assert len(taught(publication)) == 1


def test_nobody_outweighs_all_the_others(publication: Publication, sari: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lessons, "ALONE", 2.0)
    monkeypatch.setattr(lessons, "MOST_OF_ONE", 8)
    article, tono = place_of(publication), make_user("tono")
    for number in range(12):
        decided(article, f"Komentar nomor {number} tentang hal yang {'sangat ' * number}lain.", Status.APPROVED, sari)
    for text in CLEAN[:3]:
        decided(article, text, Status.APPROVED, tono)
    found = lessons.gather(publication, "gambling", models())
    weights = {who: sum(lesson.weight for lesson in found.all if lesson.who == f"user:{who}") for who in (sari.pk, tono.pk)}
    assert len(found.all) == 8 + 3
    assert weights[sari.pk] == pytest.approx(3.0)
    assert weights[tono.pk] == pytest.approx(3.0)
    assert found.people == 2


def test_what_other_programs_suggest_counts_less_and_apart(publication: Publication, sari: User) -> None:
    key = ApiKey.objects.create(name="coral", digest="x")

    def suggest(text: str, community: str = "", **scores: float) -> None:
        Suggestion.objects.create(key=key, text=text, scores=scores, community=community)

    suggest(FRAMES[0].format(BRAND), SPAM=0.95)
    suggest(CLEAN[0], SPAM=0.1, TOXICITY=0.05)
    suggest(CLEAN[1], SPAM=0.5)
    suggest("Dasar kau tidak tahu malu", TOXICITY=0.3, INSULT=0.9)
    gambling, abuse = (lessons.gather(publication, head, models()) for head in ("gambling", "abuse_id"))
    assert [(lesson.text, lesson.positive, lesson.weight) for lesson in gambling.all] == [
        (FRAMES[0].format(BRAND), True, lessons.SUGGESTED),
        (CLEAN[0], False, lessons.SUGGESTED),
    ]
    assert [(lesson.text, lesson.positive) for lesson in abuse.all] == [(CLEAN[0], False), ("Dasar kau tidak tahu malu", True)]
    assert gambling.decided == ()
    assert train(publication, "gambling")[0].outcome == Outcome.FEW
    # With a second publication a suggestion must say which one it is for.
    make_publication()
    assert taught(publication) == []
    suggest(CLEAN[2], publication.slug, SPAM=0.0)
    assert taught(publication) == [(CLEAN[2], False)]


# --- From decisions to a version in shadow ---------------------------------------------------------------------------------------


def test_a_new_name_is_learned_in_shadow_changes_nothing_until_promoted_and_leaves_no_trace(publication: Publication, sari: User) -> None:
    before = counted(screened(publication))
    assert before.label == "clean"
    teach_brand(publication, sari)
    trained, _digest = learn(publication, "gambling")
    assert (trained.outcome, trained.examples) == (Outcome.MADE, 20)
    row = Variant.objects.get()
    assert (row.kind, row.head, row.publication, row.state, row.number) == ("correction", "gambling", publication, "shadow", 1)
    assert row.base_hash == model.get("gambling").hash
    assert row.figures["worse"] == []
    assert (row.figures["decided"], row.figures["positive"], row.figures["people"]) == (20, 10, 1)
    assert row.figures["learned"]["wrong"][1] < row.figures["learned"]["wrong"][0]
    # In shadow it speaks, and decides nothing.
    comment = screened(publication, f"kemarin coba {BRAND}, besok lagi")
    shadow = Finding.objects.get(comment=comment, shadow=True)
    assert (shadow.variant, shadow.check_name) == (row, "gambling")
    assert (shadow.probability or 0) > (counted(comment).probability or 0)
    assert counted(comment).model_hash == model.get("gambling").hash
    assert shadow.detail["correction"] > 0
    assert shadow.detail["would"] in {"held", "spam"}
    assert counted(screened(publication)).probability == before.probability
    # A person puts it into force: it decides from the next comment on, at this publication only.
    variants.promote(row, sari, "mengenali nama baru")
    after = counted(screened(publication))
    assert after.label in {"suspect", "spam"}
    assert after.detail["base"] == model.get("gambling").hash
    assert after.model_hash != before.model_hash
    assert counted(screened(make_publication())).probability == before.probability
    assert not Finding.objects.filter(comment=after.comment, shadow=True).exists()
    # And back: exactly the former score.
    assert variants.roll_back(row, sari, "terlalu galak") is None
    again = counted(screened(publication))
    assert (again.probability, again.label, again.model_hash) == (before.probability, before.label, before.model_hash)
    assert [event.action for event in VariantEvent.objects.order_by("id")] == ["made", "promoted", "withdrawn"]


def test_no_text_stands_in_what_was_learned(publication: Publication, sari: User) -> None:
    teach_brand(publication, sari)
    learn(publication, "gambling")
    row = Variant.objects.get()
    stored = bytes(row.content) + str(row.figures).encode()
    assert BRAND.encode() not in stored
    assert b"merapat" not in stored


def test_too_few_decisions_and_nothing_new(publication: Publication, sari: User) -> None:
    teach_brand(publication, sari, count=4)
    trained, digest = learn(publication, "gambling")
    assert (trained.outcome, trained.examples) == (Outcome.FEW, 14)
    teach_brand(publication, sari, article=place_of(publication))
    trained, digest = learn(publication, "gambling", seen=digest)
    assert trained.outcome == Outcome.MADE
    assert learn(publication, "gambling", seen=digest)[0].outcome == Outcome.UNCHANGED
    assert Variant.objects.count() == 1
    decided(place_of(publication), f"Wah {BRAND} lagi ramai pengunjung", Status.SPAM, sari)
    assert learn(publication, "gambling", seen=digest)[0].outcome == Outcome.MADE
    assert [(row.number, row.state) for row in Variant.objects.order_by("id")] == [(1, "discarded"), (2, "shadow")]


def test_a_model_that_cannot_be_read_learns_nothing(publication: Publication, sari: User, monkeypatch: pytest.MonkeyPatch) -> None:
    teach_brand(publication, sari)
    monkeypatch.setitem(model._models, "gambling", model.ModelError("gone"))
    assert learn(publication, "gambling")[0].outcome == Outcome.UNUSABLE
    assert not Variant.objects.exists()


def teach_nonsense(publication: Publication, by: User) -> list[str]:
    """Fierce and regional comments, refused as insults: what somebody does who wants them gone. The texts."""
    article = place_of(publication)
    texts = [text for each in guard.slices() if each.name in {"criticism", "regional-languages"} for text in each.sentences]
    for text in texts:
        decided(article, text, Status.REJECTED, by, "insulting")
    return texts


def test_somebody_who_teaches_nonsense_moves_nothing_across_a_threshold(publication: Publication, sari: User) -> None:
    texts = teach_nonsense(publication, sari)
    trained, _digest = learn(publication, "abuse_id")
    row = Variant.objects.get()
    assert (trained.outcome, row.figures["worse"]) == (Outcome.MADE, [])
    assert row.figures["length"] <= correction.BOUND * 1.02
    variants.promote(row, sari, "x")
    queue, corrected = model.get("abuse_id").queue, variants.now(publication.pk).models
    assert corrected
    for text in texts:
        before, after = (scoring.probabilities(text, ["abuse_id"], used)["abuse_id"] for used in ({}, corrected))
        assert (before >= queue) == (after >= queue)


def test_a_version_by_which_a_fixed_slice_gets_worse_is_not_put_into_force(publication: Publication, sari: User) -> None:
    teach_nonsense(publication, sari)
    base = model.get("abuse_id")
    found = lessons.gather(publication, "abuse_id", models())
    # As if nothing had been bounded.
    content, sha256 = correction.pack(base, 1, 20 * correction.fit(base, lessons.as_examples(base, found.all)))
    row = variants.store(Variant.Kind.CORRECTION, "abuse_id", publication, content, sha256, base.hash, number=1)
    with pytest.raises(variants.Refused) as refused:
        variants.promote(row, sari, "x")
    assert set(refused.value.worse) & {"criticism", "regional-languages"}
    row.refresh_from_db()
    assert row.state == "shadow"
    assert [event.action for event in VariantEvent.objects.all()] == ["made"]
    assert variants.now(publication.pk).models == {}


def test_the_fixed_slices_are_asked_at_the_thresholds_in_force_when_a_person_promotes(publication: Publication, sari: User) -> None:
    teach_nonsense(publication, sari)
    learn(publication, "abuse_id")
    row = Variant.objects.get()
    assert row.figures["worse"] == []
    thresholds.set_thresholds(publication, "abuse_id", (0.99, 0.002), why="x", by=sari)
    with pytest.raises(variants.Refused):
        variants.promote(row, sari, "x")


# --- Turns ---------------------------------------------------------------------------------------------------------------------------


def test_beat_takes_one_turn_at_a_time_and_each_is_taken_once(publication: Publication, sari: User) -> None:
    teach_brand(publication, sari)
    make_turns()
    make_turns()
    assert LearningTurn.objects.count() == len(scoring.HEADS)
    turn = LearningTurn.objects.get(head="gambling")
    assert take(turn)
    assert not take(turn)  # as another worker read it
    turn.refresh_from_db()
    assert (turn.outcome, turn.examples) == ("made", 20)
    assert turn.due_at > timezone.now() + timedelta(hours=5)
    assert [train_corrections() for _round in range(4)] == [1, 1, 1, 0]
    assert Variant.objects.filter(head="gambling").count() == 1
    outcomes = dict(LearningTurn.objects.values_list("head", "outcome"))
    assert set(outcomes.values()) <= {"made", "few", "nothing"}


def test_learning_can_be_switched_off(publication: Publication, settings: Any) -> None:
    settings.MODERATION_LEARN_EVERY = None
    assert train_corrections() == 0
    assert not LearningTurn.objects.exists()


def test_the_command_trains_or_only_tells(publication: Publication, sari: User) -> None:
    teach_brand(publication, sari)
    out = io.StringIO()
    call_command("train_corrections", "--publication", publication.slug, "--head", "gambling", "--dry-run", stdout=out)
    assert "gambling: made, 20 examples" in out.getvalue()
    assert "on the latest 5: loss" in out.getvalue()
    assert not Variant.objects.exists()
    call_command("train_corrections", "--head", "gambling", stdout=out)
    assert Variant.objects.count() == 1
    with pytest.raises(CommandError, match="no publication"):
        call_command("train_corrections", "--publication", "tidak.ada")


def test_no_process_of_the_site_needs_the_training_library() -> None:
    code = "import sys, moderation.learning, moderation.calibration; assert not {'sklearn', 'scipy'} & set(sys.modules), 'loaded'"
    source = f"import django; django.setup(); {code}"
    assert subprocess.run([sys.executable, "-c", source], capture_output=True, check=False).returncode == 0
