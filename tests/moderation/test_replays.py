"""Trying a change out on stored findings, and looking again: the same answer as deciding anew, bounded, resumable, taken back as one."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from comments.models import Comment
from comments.states import Status
from moderation import bulk, drafts, in_force, rejudging, replays, rulekeeping
from moderation.decisions import decide
from moderation.drafts import Draft, NewPhrase
from moderation.facts import rule_facts
from moderation.models import BulkAction, Decision, Finding, Innocent, Notice, Phrase, Replay, ReplayItem, Rule, Scope, Threshold
from moderation.retention import forget_replays
from moderation.screening import screen
from newsroom.models import Publication
from tests.factories import make_article, make_comment, make_commenter, make_publication, make_section
from tests.moderation import corpus
from tests.moderation.desk import client_of, make_held, member

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def write(pagi: Publication) -> Callable[..., Comment]:
    """Comments by somebody known, decided by the checks."""
    article, commenter = make_article(section=make_section(publication=pagi)), make_commenter()
    make_comment(article, commenter=commenter)

    def written(body: str, **fields: Any) -> Comment:
        comment = make_comment(article, status=Status.PENDING, commenter=commenter, body=body, **fields)
        screen(comment.pk, comment.revision)
        comment.refresh_from_db()
        # Not part of the author's rate for the next one.
        Comment.objects.filter(pk=comment.pk).update(created_at=timezone.now() - timedelta(hours=1))
        return Comment.objects.get(pk=comment.pk)

    return written


HARMLESS = "Terima kasih atas berita tentang jembatan yang baru dibuka itu."
PHRASED = "Kata orang ada kucing ajaib di dekat jembatan yang baru itu."


def simulate(user: User, publication: Publication | None, **draft: Any) -> Replay:
    return replays.order(user, Replay.Kind.SIMULATION, publication, 7, draft=Draft(**draft))


def states() -> dict[int, str]:
    return dict(Comment.objects.values_list("pk", "status"))


def rescan(user: User, publication: Publication | None, *wanted: str) -> Replay:
    return replays.order(user, Replay.Kind.RESCAN, publication, 7, states=wanted or list(replays.RESCANNED))


# --- The same answer as deciding anew -----------------------------------------------------------------------------------


def test_simulator_and_rescan_give_the_same_answer_as_deciding_anew(pagi: Publication) -> None:
    """The 10,000 of `python -m benchmarks.replays`, sized down."""
    boss = member("admin")
    corpus.fill(pagi, 200)
    before = corpus.screen_in_bulk()
    changes = corpus.drafts_of(pagi)
    simulated = {name: corpus.simulate(pagi, boss, draft) for name, draft in changes.items()}
    assert simulated["nothing"].answers == before
    assert all(len(one.answers) == 200 and (one.answers == before) == (name == "nothing") for name, one in simulated.items())
    for name in ("nothing", "all"):
        answers, again = corpus.anew(changes[name], simulated[name], boss, sorted(before))
        assert simulated[name].answers == answers
        assert again is None or again.answers == answers


# --- The simulator ------------------------------------------------------------------------------------------------------


def test_a_phrase_is_tried_out_and_changes_nothing(editor: User, pagi: Publication, write: Callable[..., Comment]) -> None:
    write(HARMLESS)
    first, second = write(PHRASED), write("Sekali lagi: kucing ajaib, sungguh kucing ajaib yang sama.")
    before = states()
    made = simulate(editor, pagi, phrases=(NewPhrase("kucing ajaib", "banned", "gambling", 3),))
    assert made.finished_at is not None
    assert made.table["approved>spam"] == {"count": 2}
    assert (made.seen, made.total, made.cut_off) == (4, 4, False)
    assert {item.comment_id: item.because for item in made.items.all()} == {first.pk: ["phrases"], second.pk: ["phrases"]}
    assert states() == before
    assert not Phrase.objects.exists()


def test_what_people_decided_meanwhile_is_counted(editor: User, pagi: Publication, write: Callable[..., Comment]) -> None:
    Phrase.objects.create(publication=pagi, pattern="kucing ajaib", kind="spam", action="suspect")
    in_force.forget()
    fine, bad, alone = write(PHRASED), write("Ada juga kucing ajaib di pasar."), write("kucing ajaib lagi, sudah yang ketiga.")
    assert {fine.status, bad.status, alone.status} == {"held"}
    decide(fine, Status.APPROVED, kind=Decision.Kind.PERSON, reason="fine", moderator=editor)
    decide(bad, Status.REJECTED, kind=Decision.Kind.PERSON, reason="other", moderator=editor)
    phrase = Phrase.objects.get()
    made = simulate(editor, pagi, without_phrases=(phrase.pk,))
    assert made.table["held>approved"] == {"count": 3, "approved": 1, "rejected": 1}
    page = client_of(editor).get(reverse("simulation", args=[made.number]), {"cell": "held-approved"})
    # Refused by a person, and would be published: that is what one has to see first.
    assert page.context["examples"][0].item.comment_id == bad.pk
    assert page.context["result"].changes[0].approved == 1


def test_a_rule_and_a_threshold_are_tried_out(editor: User, pagi: Publication, write: Callable[..., Comment]) -> None:
    rule = Rule.objects.create(
        publication=pagi, name="Pendek", action="hold", conditions={"match": "all", "of": [{"field": "length", "is": "lt", "value": 30}]}
    )
    short, long = write("Setuju sekali, ya."), write(HARMLESS)
    made = simulate(editor, pagi, rules={rule.pk: "enabled"})
    assert [(item.comment_id, item.would, item.because) for item in made.items.all()] == [(short.pk, "held", [f"rule:{rule.pk}"])]
    found = Finding.objects.get(comment=long, check_name="gambling")
    assert found.probability is not None
    low = {"gambling": {"queue": found.probability, "strict": 1.0}}
    made = simulate(editor, pagi, thresholds=low)
    assert long.pk in {item.comment_id for item in made.items.all()}
    rule.refresh_from_db()
    assert rule.mode == "shadow"


def test_innocent_words_are_tried_out(editor: User, pagi: Publication, write: Callable[..., Comment]) -> None:
    insult = write("Dasar goblok semua kalian ini, goblok tolol.")
    assert insult.status == "held"
    lexicon = Finding.objects.get(comment=insult, check_name="abuse").detail["lexicon"]
    made = simulate(editor, pagi, innocents=tuple(lexicon))
    assert "held>approved" in made.table or made.table["held>held"]["count"] == 1
    stored = Finding.objects.get(comment=insult, check_name="abuse")
    book = rejudging.tried_out(Draft(innocents=tuple(lexicon)), rejudging.rulebook(pagi), pagi.pk, pagi.pk)
    again = rejudging.judge_again(rejudging.load([insult])[0], book)
    assert again.findings["abuse"].detail["lexicon"] == []
    assert again.findings["abuse"].score < stored.score


def test_a_simulation_is_applied_once_in_one_transaction(editor: User, pagi: Publication, write: Callable[..., Comment]) -> None:
    write(PHRASED)
    old = Phrase.objects.create(publication=pagi, pattern="lama", kind="spam")
    rule = Rule.objects.create(
        publication=pagi, name="R", action="hold", conditions={"match": "all", "of": [{"field": "links", "is": "ge", "value": 9}]}
    )
    spared = Innocent.objects.create(publication=pagi, pattern="anjing x")
    before = states()
    made = simulate(
        editor,
        pagi,
        phrases=(NewPhrase("kucing ajaib", "banned", "gambling", 3),),
        without_phrases=(old.pk,),
        innocents=("monyet x",),
        without_innocents=(spared.pk,),
        rules={rule.pk: "enabled"},
        thresholds={"gambling": {"queue": 0.4, "strict": 0.9}},
    )
    client = client_of(editor)
    assert client.post(reverse("simulation-apply", args=[made.number])).status_code == 303
    assert client.post(reverse("simulation-apply", args=[made.number])).status_code == 303
    assert dict(Phrase.objects.values_list("pattern", "enabled")) == {"kucing ajaib": True, "lama": False}
    assert list(Innocent.objects.values_list("pattern", flat=True)) == ["monyet x"]
    rule.refresh_from_db()
    assert (rule.mode, rule.promoted_by) == ("enabled", editor)
    assert list(Threshold.objects.values_list("head", "queue", "strict")) == [("gambling", 0.4, 0.9)]
    assert states() == before
    made.refresh_from_db()
    assert made.applied_at is not None
    assert not replays.discard(made)


def test_what_cannot_be_done_whole_is_not_done_at_all(editor: User, pagi: Publication, write: Callable[..., Comment]) -> None:
    made = simulate(
        editor, pagi, phrases=(NewPhrase("kucing ajaib", "banned", "gambling", 3),), thresholds={"gambling": {"queue": 0.9, "strict": 0.4}}
    )
    with pytest.raises(drafts.NotCarriedOut):
        drafts.carry_out(made, editor)
    made.refresh_from_db()
    assert (made.applied_at, Phrase.objects.count(), Threshold.objects.count()) == (None, 0, 0)
    Replay.objects.filter(pk=made.pk).update(draft=Draft(phrases=(NewPhrase("kucing ajaib", "banned", "gambling", 3),)).as_json())
    made.refresh_from_db()
    with pytest.raises(drafts.NotCarriedOut):
        drafts.carry_out(made, member("moderator"))
    assert replays.discard(made)
    with pytest.raises(drafts.NotCarriedOut):
        drafts.carry_out(made, editor)
    assert Phrase.objects.count() == 0


@pytest.mark.parametrize("language", ["id", "en"])
def test_phrases_are_written_in_the_words_of_either_desk(editor: User, pagi: Publication, language: str) -> None:
    editor_client = client_of(editor)
    with translation.override(language):
        pages = {"id": ("slot gacor, terlarang, judi, 3", "hinaan"), "en": ("slot gacor, banned, gambling, 3", "insult")}
        wrong = editor_client.post(reverse("simulator"), {"list": pagi.pk, "phrases": "kucing, x\nanjing, suspect, y"})
    example, kind = pages[language]
    words = wrong.content.decode()
    assert wrong.status_code == 400
    assert example in words
    refused = [trouble for trouble in wrong.context["troubles"] if kind in trouble]
    assert len(refused) == 1
    typed = "kucing ajaib, Terlarang, Hinaan, 3\nanjing laut, suspect, insult\nayam emas, banned, serangan terhadap kelompok"
    editor_client.post(reverse("simulator"), {"list": pagi.pk, "days": "7", "phrases": typed})
    assert Draft.from_json(Replay.objects.get().draft).phrases == (
        NewPhrase("kucing ajaib", "banned", "insult", 3),
        NewPhrase("anjing laut", "suspect", "insult", 2),
        NewPhrase("ayam emas", "banned", "identity", 2),
    )


def test_the_form_reads_all_kinds_of_changes(editor: User, pagi: Publication, write: Callable[..., Comment]) -> None:
    write(PHRASED)
    old = Phrase.objects.create(publication=pagi, pattern="lama", kind="spam")
    rule = Rule.objects.create(
        publication=pagi, name="R", action="hold", conditions={"match": "all", "of": [{"field": "links", "is": "ge", "value": 9}]}
    )
    data = {
        "list": pagi.pk,
        "days": "30",
        "phrases": "kucing ajaib, banned, gambling, 3\n\nanjing laut",
        "without_phrases": "lama",
        "innocents": "Monyet  X",
        f"rule-{rule.pk}": "enabled",
        "queue-gambling": "0,4",
        "strict-gambling": "0.9",
    }
    answer = client_of(editor).post(reverse("simulator"), data)
    made = Replay.objects.get()
    assert answer["Location"] == reverse("simulation", args=[made.number])
    draft = Draft.from_json(made.draft)
    assert draft.phrases == (NewPhrase("kucing ajaib", "banned", "gambling", 3), NewPhrase("anjing laut", "suspect", "spam", 2))
    assert (draft.without_phrases, draft.innocents, dict(draft.rules)) == ((old.pk,), ("monyet x",), {rule.pk: "enabled"})
    assert draft.thresholds == {"gambling": {"queue": 0.4, "strict": 0.9}}
    page = client_of(editor).get(reverse("simulation", args=[made.number]))
    assert page.status_code == 200
    assert "<svg" in page.content.decode()
    assert " style=" not in page.content.decode()
    for wrong in ({"phrases": "g4cor"}, {"without_phrases": "tidak ada"}, {"queue-gambling": "2"}, {"innocents": "!!"}, {}):
        assert client_of(editor).post(reverse("simulator"), {"list": pagi.pk, **wrong}).status_code == 400
    assert Replay.objects.count() == 1


# --- Looking again ------------------------------------------------------------------------------------------------------


@pytest.fixture
def changed(editor: User, pagi: Publication, write: Callable[..., Comment]) -> list[Comment]:
    """Three public comments that a phrase would hold, which came later; one of them approved by a person."""
    comments = [write(f"{PHRASED} Kalimat nomor {number * 7919} yang lain sama sekali.") for number in range(3)]
    assert {comment.status for comment in comments} == {"approved"}
    held = comments[0]
    decide(held, Status.HELD, kind=Decision.Kind.PERSON, reason="suspicious", moderator=editor)
    held.refresh_from_db()
    decide(held, Status.APPROVED, kind=Decision.Kind.PERSON, reason="fine", moderator=editor)
    Notice.objects.all().delete()
    Phrase.objects.create(publication=pagi, pattern="kucing ajaib", kind="insult", action="suspect")
    in_force.forget()
    return comments


def test_a_report_first_then_the_verdicts_then_one_undo(editor: User, pagi: Publication, changed: list[Comment]) -> None:
    before = states()
    made = rescan(editor, pagi)
    assert made.table["approved>held"] == {"count": 3, "approved": 1}
    assert states() == before
    client = client_of(editor)
    page = client.get(reverse("simulation", args=[made.number]), {"cell": "approved-held"})
    result = page.context["result"]
    assert (result.changed, result.left_alone, result.total, result.sums, page.context["open"]) == (2, 1, 4, [2, 2], 2)
    assert [(cell.name, cell.count, cell.stays) for cell in result.changes] == [("approved-held", 2, 1)]
    assert [example.item.person for example in page.context["examples"]] == ["", "", "approved"]
    assert "Terapkan pada 2 komentar" in page.content.decode()
    answer = client.post(reverse("simulation-apply", args=[made.number]))
    action = BulkAction.objects.get()
    assert answer["Location"] == reverse("queue-progress", args=[action.number])
    assert page.request["PATH_INFO"] in client.get(answer["Location"]).content.decode()
    after = states()
    assert {pk for pk in after if after[pk] != before[pk]} == {changed[1].pk, changed[2].pk}
    decision = Decision.objects.filter(comment=changed[1]).last()
    assert decision is not None
    assert (decision.kind, decision.outcome, decision.reason, decision.moderator) == ("rescan", "held", "suspicious", editor)
    assert [finding.check_name for finding in decision.findings.all()] == ["phrases"]
    assert decision.overrides is not None
    # The desk shows what the last look found, not what the first one did beside it.
    shown = client.get(reverse("queue-item", args=[changed[1].public_id])).context["item"]
    assert [finding.check_name for finding in shown.loud].count("phrases") == 1
    assert "phrases" not in [finding.check_name for finding in shown.quiet]
    assert Notice.objects.count() == 2
    # A second press, and a second look, find nothing more to do and tell nobody again.
    client.post(reverse("simulation-apply", args=[made.number]))
    assert BulkAction.objects.count() == 1
    assert rescan(editor, pagi).table.get("approved>held") == {"count": 1, "approved": 1}
    undone = bulk.order_undo(action, editor)
    assert bulk.counts(undone)["done"] == 2
    assert states() == before
    assert Notice.objects.count() == 2


def test_nothing_is_offered_where_nothing_would_change(editor: User, pagi: Publication, changed: list[Comment]) -> None:
    client = client_of(editor)
    made = rescan(editor, pagi)
    page = reverse("simulation", args=[made.number])
    decide(changed[1], Status.HELD, kind=Decision.Kind.PERSON, reason="suspicious", moderator=editor, notify=False)
    words = client.get(page).content.decode()
    assert "1 masih bisa diterapkan" in words
    assert "Terapkan pada 1 komentar" in words
    decide(changed[2], Status.REJECTED, kind=Decision.Kind.PERSON, reason="other", moderator=editor, notify=False)
    apply = reverse("simulation-apply", args=[made.number])
    words = client.get(page).content.decode()
    assert "Tidak ada lagi yang bisa diterapkan" in words
    assert apply not in words
    before = states()
    answer = client.post(apply, follow=True)
    assert "tidak ada komentar yang akan berubah" in answer.content.decode()
    made.refresh_from_db()
    assert (made.applied_at, BulkAction.objects.count(), states()) == (None, 0, before)
    # In the next report all of them are people's: nothing changes in table or chart, and the page says why.
    answer = client.get(reverse("simulation", args=[rescan(editor, pagi).number]))
    result, words = answer.context["result"], answer.content.decode()
    assert (result.changed, result.left_alone) == (0, 2)
    assert [sum(cell.count for cell in cells) for _was, cells, _sum in result.rows] == result.sums
    assert "Tidak ada komentar yang akan berubah" in words
    assert "sudah diputuskan orang, dan itu tidak pernah diubah pemeriksaan ulang" in words
    assert "rulebook-chart" not in words


def test_looking_twice_tells_nobody_twice(editor: User, pagi: Publication, write: Callable[..., Comment]) -> None:
    comment = write(PHRASED)
    Notice.objects.all().delete()
    Phrase.objects.create(publication=pagi, pattern="kucing ajaib", kind="insult", action="suspect")
    in_force.forget()
    for _round in range(2):
        # What a person took back would be left alone; here the phrase goes and comes again.
        action = bulk.order_rescan(rescan(editor, pagi, "approved"), editor)
        assert action is not None
        assert Comment.objects.get(pk=comment.pk).status == "held"
        Notice.objects.filter(state="due").update(state="sent")
        Phrase.objects.update(enabled=False)
        in_force.forget()
        assert bulk.order_rescan(rescan(editor, pagi, "held"), editor) is not None
        assert Comment.objects.get(pk=comment.pk).status == "approved"
        Notice.objects.filter(state="due").update(state="sent")
        Phrase.objects.update(enabled=True)
        in_force.forget()
    assert sorted(Notice.objects.values_list("decision__outcome", flat=True)) == ["approved", "held"]


def test_what_a_person_says_after_the_report_stands(editor: User, pagi: Publication, changed: list[Comment]) -> None:
    made = rescan(editor, pagi)
    first, second = changed[1:]
    decide(first, Status.REJECTED, kind=Decision.Kind.PERSON, reason="other", moderator=editor, notify=False)
    decide(second, Status.HELD, kind=Decision.Kind.PERSON, reason="suspicious", moderator=editor, notify=False)
    second.refresh_from_db()
    decide(second, Status.APPROVED, kind=Decision.Kind.PERSON, reason="fine", moderator=editor, notify=False)
    action = bulk.order_rescan(made, editor)
    assert action is not None
    assert bulk.counts(action) == {"waiting": 0, "done": 0, "skipped": 2}
    assert [states()[comment.pk] for comment in (first, second)] == ["rejected", "approved"]


def test_a_look_goes_on_where_it_broke_off(
    editor: User, pagi: Publication, write: Callable[..., Comment], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        write(f"{HARMLESS} Kalimat ke-{number * 7919}, lain daripada yang lain.")
    monkeypatch.setattr(replays, "BATCH", 2)
    made = replays.order(editor, Replay.Kind.RESCAN, pagi, 7, states=list(replays.RESCANNED), seconds=0.0)
    assert (made.seen, made.finished_at) == (0, None)
    stale = Replay.objects.select_related("moderator").get(pk=made.pk)
    row, judge, watch = Replay.objects.filter(pk=made.pk, finished_at=None), replays._judge_of(stale), replays.Watch(0.0)
    assert replays._batch(stale, row, timezone.now() + timedelta(minutes=1), judge, watch) is True  # type: ignore[arg-type]
    # Somebody who read the same cursor before writes nothing.
    assert replays._batch(stale, row, timezone.now(), judge, watch) is False  # type: ignore[arg-type]
    assert Replay.objects.get().seen == 2
    assert replays.work(made.pk, 60.0) is False  # another worker has it
    Replay.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert replays.work(made.pk, 60.0) is False
    made.refresh_from_db()
    assert (made.seen, made.total, made.finished_at is not None) == (6, 6, True)
    assert sum(cell["count"] for cell in made.table.values()) == 6
    assert ReplayItem.objects.count() == 0


def test_a_look_is_bounded_and_says_so(
    editor: User, pagi: Publication, write: Callable[..., Comment], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        write(f"{HARMLESS} Kalimat ke-{number * 7919}, lain daripada yang lain.")
    monkeypatch.setattr(replays, "MOST", 3)
    made = rescan(editor, pagi)
    assert (made.seen, made.total, made.cut_off, made.finished_at is not None) == (3, 3, True, True)


def test_old_comments_other_states_and_texts_that_killed_their_worker_are_left_out(
    editor: User, pagi: Publication, write: Callable[..., Comment]
) -> None:
    old, poison = write(PHRASED), write("Racun: kucing ajaib yang lain lagi, jauh di sana.")
    Comment.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=8))
    Finding.objects.bulk_create(
        [
            Finding(
                comment=poison,
                revision=1,
                decision=Decision.objects.get(comment=poison),
                check_name="screening",
                check_version="1",
                label="error",
            )
        ]
    )
    make_held(poison.article, body=PHRASED)
    Phrase.objects.create(publication=pagi, pattern="kucing ajaib", kind="insult", action="suspect")
    in_force.forget()
    made = rescan(editor, pagi, "approved")
    assert "approved>held" not in made.table


def test_stored_facts_are_made_up_for_from_findings(editor: User, pagi: Publication, write: Callable[..., Comment]) -> None:
    """Decisions from before the facts were kept."""
    comment = write("Lihat https://contoh.example/a tentang jembatan itu, terima kasih banyak semuanya.")
    kept = Decision.objects.get(comment=comment).facts
    assert kept is not None
    with connection.cursor() as cursor:
        cursor.execute("UPDATE moderation_decision SET facts = NULL")
    stored = rejudging.load(list(Comment.objects.filter(pk=comment.pk).select_related("article__section__publication", "commenter")))[0]
    assert stored.facts is None
    as_it_came = rejudging._as_it_came(stored, rejudging._submission(stored, rejudging.rulebook(pagi)))
    made_up = rule_facts(stored.comment, as_it_came, stored.findings)
    changing = {"hour", "weekday", "article_days", "author_days"}
    assert {name: made_up[name] for name in made_up if name not in changing} == {name: kept[name] for name in kept if name not in changing}


# --- Who may ------------------------------------------------------------------------------------------------------------


def test_who_may_look_order_apply_and_discard(editor: User, pagi: Publication, changed: list[Comment]) -> None:
    made = rescan(editor, pagi)
    sore = make_publication(name="Sore")
    colleague, outsider, moderator = member("editor"), member("editor"), member("moderator")
    Scope.objects.create(moderator=colleague, publication=pagi)
    Scope.objects.create(moderator=outsider, publication=sore)
    address = reverse("simulation", args=[made.number])
    acts = [reverse(name, args=[made.number]) for name in ("simulation-apply", "simulation-discard")]
    before = (states(), Replay.objects.values().get())
    for user, reading, acting in ((moderator, 200, 403), (outsider, 404, 404)):
        assert client_of(user).get(address).status_code == reading
        for act in acts:
            assert client_of(user).post(act).status_code == acting
        assert client_of(user).post(reverse("rescan"), {"list": pagi.pk, "state": "approved"}).status_code == acting
        assert client_of(user).post(reverse("simulator"), {"list": pagi.pk, "phrases": "kucing"}).status_code == acting
    assert client_of(editor).post(reverse("rescan"), {"list": "0", "state": "approved"}).status_code == 403
    assert Client().post(acts[0]).status_code == 302
    assert client_of(colleague).get(address).status_code == 200
    assert client_of(colleague).get(reverse("simulation", args=[uuid.uuid4()])).status_code == 404
    assert (states(), Replay.objects.values().get()) == before
    assert client_of(colleague).post(acts[1]).status_code == 303
    assert client_of(editor).post(acts[0]).status_code == 303
    assert (states(), BulkAction.objects.count()) == (before[0], 0)


def test_a_look_at_everything_shows_a_scoped_reader_nothing(editor: User, pagi: Publication, changed: list[Comment]) -> None:
    made = rescan(member("admin"), None)
    assert client_of(editor).get(reverse("simulation", args=[made.number])).status_code == 404
    assert client_of(member("moderator")).get(reverse("simulation", args=[made.number])).status_code == 200


def test_old_replays_are_forgotten(editor: User, pagi: Publication, changed: list[Comment]) -> None:
    kept, old = rescan(editor, pagi), rescan(editor, pagi)
    bulk.order_rescan(old, editor)
    Replay.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=91))
    before = Decision.objects.count()
    assert forget_replays() == 1
    assert list(Replay.objects.values_list("pk", flat=True)) == [kept.pk]
    assert Decision.objects.count() == before
    assert rulekeeping.may_keep(editor, pagi.pk)
