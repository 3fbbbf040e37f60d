"""Where a simulation could part from the truth: each case is judged from what is stored, and then decided anew by the whole way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from comments import people, submission
from comments.models import Comment
from comments.states import Status
from moderation import check_modes, drafts, in_force, rejudging, replays
from moderation.checks.base import Label
from moderation.classifiers.model import ModelError
from moderation.decisions import decide
from moderation.drafts import Draft, NewPhrase
from moderation.models import Decision, Finding, Innocent, ListedDomain, Phrase, Replay, Rule, Threshold
from moderation.screening import screen
from newsroom.models import CommentMode, Publication
from tests.factories import make_article, make_comment, make_commenter, make_publication, make_section
from tests.moderation import corpus
from tests.moderation.desk import member

pytestmark = pytest.mark.django_db(transaction=True)

HARMLESS = "Terima kasih atas berita tentang jembatan yang baru dibuka itu."
PHRASED = "Kata orang ada kucing ajaib di dekat jembatan yang baru itu."
LINKED = "Lihat https://contoh.example/a tentang jembatan itu, terima kasih banyak semuanya."
ABUSIVE = "Dasar goblok semua kalian ini, goblok tolol."
CLEAN, SUSPICIOUS, SPAM, FAILED = "approved clean", "held suspicious", "spam sure_spam", "held check_failed"


Write = Callable[..., Comment]


@pytest.fixture
def write(pagi: Publication) -> Write:
    """A comment by somebody known, an hour ago, decided by the checks."""
    article = make_article(section=make_section(publication=pagi))

    def written(body: str, **fields: Any) -> Comment:
        author = make_commenter()
        make_comment(article, commenter=author, created_at=timezone.now() - timedelta(days=3))
        at = timezone.now() - timedelta(hours=1)
        comment = make_comment(article, **{"status": Status.PENDING, "commenter": author, "body": body, "created_at": at, **fields})
        assert screen(comment.pk, comment.revision) is not None
        return Comment.objects.get(pk=comment.pk)

    return written


def stored(comment: Comment) -> rejudging.Stored:
    return rejudging.load(list(Comment.objects.filter(pk=comment.pk).select_related("article__section__publication")))[0]


def simulated(comment: Comment, draft: Draft | None = None, own: Publication | None = None) -> str:
    """Outcome and reason by a draft; without one, by what is in force."""
    publication = comment.article.publication
    now = rejudging.rulebook(publication)
    then = rejudging.tried_out(draft or Draft(), now, publication.pk, (own or publication).pk)
    return said(rejudging.judge_both(stored(comment), now, then, rejudging.touched(now, then))[1])


def rescanned(comment: Comment) -> str:
    return said(rejudging.judge_again(stored(comment), rejudging.rulebook(comment.article.publication), anew=True))


def said(judged: rejudging.Judged) -> str:
    return f"{judged.verdict.outcome} {judged.verdict.reason}"


def decided_anew(comment: Comment) -> str:
    """By the whole way of a new comment, as if nobody had ever seen it. Its history is gone afterwards."""
    corpus.forget_all([comment.pk])
    in_force.forget()
    decision = screen(comment.pk, comment.revision)
    assert decision is not None
    return f"{decision.outcome} {decision.reason}"


def put(comment: Comment, check: str, **columns: Any) -> None:
    """Change what is stored of a finding, which no code of the project does."""
    with connection.cursor() as cursor:
        for name, value in columns.items():
            sql = f"UPDATE moderation_finding SET {name} = %s WHERE comment_id = %s AND check_name = %s"
            cursor.execute(sql, [value, comment.pk, check])


def rule(publication: Publication | None, field: str, operator: str, value: object, **fields: Any) -> Rule:
    conditions = {"match": "all", "of": [{"field": field, "is": operator, "value": value}]}
    return Rule.objects.create(**{"publication": publication, "name": "R", "action": "hold", "conditions": conditions, **fields})


def simulate(user: User, publication: Publication | None, draft: Draft) -> Replay:
    return replays.order(user, Replay.Kind.SIMULATION, publication, 7, draft=draft, seconds=60.0)


# --- Phrases, lists and innocent words ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("action", "verdict"), [("suspect", SUSPICIOUS), ("banned", SPAM)])
def test_a_phrase_that_is_listed_already_is_changed_and_not_there_twice(
    editor: User, pagi: Publication, write: Write, action: str, verdict: str
) -> None:
    Phrase.objects.create(publication=pagi, pattern="kucing ajaib", kind="gambling", action="banned" if action == "suspect" else "suspect")
    in_force.forget()
    comment = write(PHRASED)
    draft = Draft(phrases=(NewPhrase("kucing ajaib", action, "gambling", 1),))
    assert simulated(comment, draft) == verdict
    drafts.carry_out(simulate(editor, pagi, draft), editor)
    assert decided_anew(comment) == verdict


def test_a_phrase_of_everybody_stays_beside_that_of_a_publication(editor: User, pagi: Publication, write: Write) -> None:
    Phrase.objects.create(publication=None, pattern="kucing ajaib", kind="gambling", action="banned")
    in_force.forget()
    comment = write(PHRASED)
    draft = Draft(phrases=(NewPhrase("kucing ajaib", "suspect", "spam", 1),))
    assert simulated(comment, draft) == SPAM
    drafts.carry_out(simulate(editor, pagi, draft), editor)
    assert decided_anew(comment) == SPAM


def test_a_phrase_that_has_run_out_or_was_added_since(write: Write, pagi: Publication) -> None:
    phrase = Phrase.objects.create(publication=pagi, pattern="kucing ajaib", kind="insult", action="suspect")
    in_force.forget()
    held = write(PHRASED)
    assert held.status == "held"
    Phrase.objects.filter(pk=phrase.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert (simulated(held), rescanned(held)) == (CLEAN, CLEAN)
    Phrase.objects.create(publication=pagi, pattern="~jembatan", kind="scam", action="banned")
    assert (simulated(held), rescanned(held), decided_anew(held)) == (SPAM, SPAM, SPAM)


def test_domains_and_hosts_of_today(write: Write, pagi: Publication) -> None:
    comment = write(LINKED)
    assert comment.status == "approved"
    ListedDomain.objects.create(domain="contoh.example")
    assert (simulated(comment), rescanned(comment)) == (SPAM, SPAM)
    Publication.objects.filter(pk=pagi.pk).update(host="contoh.example")
    comment = Comment.objects.select_related("article__section__publication").get(pk=comment.pk)
    assert (simulated(comment), rescanned(comment), decided_anew(comment)) == (CLEAN, CLEAN, CLEAN)


def test_the_authors_own_site_counts_beside_links_in_the_text(write: Write, pagi: Publication) -> None:
    comment = write(LINKED, author_url="https://situs.example/")
    assert Decision.objects.get(comment=comment).facts["links"] == 2  # type: ignore[index]
    ListedDomain.objects.create(domain="situs.example")
    assert (simulated(comment), rescanned(comment), decided_anew(comment)) == (SPAM, SPAM, SPAM)


def test_an_innocent_word_that_is_dropped_and_added_stays(editor: User, pagi: Publication, write: Write) -> None:
    row = Innocent.objects.create(publication=pagi, pattern="goblok")
    in_force.forget()
    comment = write(ABUSIVE)
    draft = Draft(innocents=("goblok", "tolol"), without_innocents=(row.pk,))
    foreseen = simulated(comment, draft)
    drafts.carry_out(simulate(editor, pagi, draft), editor)
    assert sorted(Innocent.objects.values_list("pattern", flat=True)) == ["goblok", "tolol"]
    assert decided_anew(comment) == foreseen
    assert simulated(comment, Draft(without_innocents=tuple(Innocent.objects.values_list("pk", flat=True)))) == SUSPICIOUS


# --- Thresholds, models, versions ---------------------------------------------------------------------------------------


def test_thresholds_are_those_of_the_comments_own_publication(pagi: Publication, write: Write) -> None:
    comment, sore = write(HARMLESS), make_publication(name="Sore")
    found = Finding.objects.get(comment=comment, check_name="gambling")
    assert found.probability is not None
    low = {"gambling": {"queue": found.probability, "strict": 1.0}}
    assert simulated(comment, Draft(thresholds=low), own=sore) == CLEAN
    assert simulated(comment, Draft(thresholds=low)) == SUSPICIOUS
    Threshold.objects.create(publication=pagi, head="gambling", **low["gambling"], why="coba", model_hash="x", set_by=member("admin"))
    assert (simulated(comment), rescanned(comment), decided_anew(comment)) == (SUSPICIOUS, SUSPICIOUS, SUSPICIOUS)


@pytest.mark.parametrize("check", ["gambling", "promotion", "abuse"])
@pytest.mark.parametrize(
    "changed", [{"model_hash": "lama"}, {"check_version": "0/lama"}, {"label": "error", "detail": '{"error": "ModelError"}'}]
)
def test_what_another_model_said_or_could_not_say_is_asked_again(write: Write, check: str, changed: dict[str, str]) -> None:
    comment = write(HARMLESS)
    columns = {"label": "suspect", "probability": 0.99, "score": 0.99, "detail": '{"head": "abuse_id", "strict": 0.9, "queue": 0.5}'}
    put(comment, check, **{**columns, **changed})
    assert (simulated(comment), rescanned(comment), decided_anew(comment)) == (CLEAN, CLEAN, CLEAN)


def test_the_other_model_of_the_abuse_check_is_looked_at_too(write: Write) -> None:
    comment = write(HARMLESS)
    found = stored(comment)
    book = rejudging.rulebook(comment.article.publication)
    assert not rejudging._must_be_run("abuse", found.findings["abuse"], book)
    for head in ("abuse_id", "abuse_en"):
        maker = book.makers["abuse"]
        other = replace(book, makers={**book.makers, "abuse": replace(maker, models={**maker.models, head: "f" * 64})})
        assert rejudging._must_be_run("abuse", found.findings["abuse"], other)


def test_a_model_that_cannot_be_read_holds_and_stops_nothing(write: Write, pagi: Publication) -> None:
    comment = write(HARMLESS)
    broken = ModelError("broken")
    book = rejudging.rulebook(pagi)
    book = replace(
        book, models={"gambling": broken}, makers={**book.makers, "gambling": rejudging._maker("gambling", {"gambling": broken})}
    )
    judged = rejudging.judge_again(stored(comment), book)
    assert (said(judged), judged.findings["gambling"].label) == (FAILED, Label.ERROR)


def test_a_text_that_stopped_a_check_is_not_run_again(write: Write) -> None:
    comment = write(HARMLESS)
    put(comment, "gambling", label="error", detail='{"error": "CheckTimeout"}')
    assert (simulated(comment), rescanned(comment)) == (FAILED, FAILED)


# --- Checks that are new, or were in shadow -----------------------------------------------------------------------------


def test_a_check_that_is_new_is_run_where_it_reads_the_text_and_else_not_asked_for(write: Write) -> None:
    comment = write("Pinjaman dana cepat cair tanpa jaminan, hubungi saya sekarang juga, bunga ringan!")
    before = rescanned(comment)
    for check in ("promotion", "phrases", "links", "language", "traps", "new_author"):
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM moderation_finding WHERE check_name = %s", [check])
    judged = rejudging.judge_again(stored(comment), rejudging.rulebook(comment.article.publication))
    assert said(judged) == before
    assert {"promotion", "phrases", "links", "language"} <= judged.findings.keys()
    assert judged.findings.keys().isdisjoint({"traps", "new_author"})
    assert before == decided_anew(comment)


def test_what_a_check_said_in_shadow_counts_once_it_does(write: Write) -> None:
    boss = member("admin")
    check_modes.set_mode("traps", "shadow", why="coba", by=boss, was="live")
    comment = write(HARMLESS, honeypot_filled=True)
    assert comment.status == "approved"
    check_modes.set_mode("traps", "live", why="berguna", by=boss, was="shadow")
    assert (simulated(comment), rescanned(comment), decided_anew(comment)) == (SUSPICIOUS, SUSPICIOUS, SUSPICIOUS)


def test_a_check_that_counts_no_more(write: Write) -> None:
    comment = write(HARMLESS, honeypot_filled=True)
    assert comment.status == "held"
    check_modes.set_mode("traps", "shadow", why="keliru", by=member("admin"), was="live")
    assert (simulated(comment), rescanned(comment), decided_anew(comment)) == (CLEAN, CLEAN, CLEAN)


# --- Rules over facts ---------------------------------------------------------------------------------------------------


def test_rules_ask_what_was_known_when_the_comment_came(write: Write, pagi: Publication) -> None:
    comment = write(HARMLESS)
    for _number in range(3):
        make_comment(comment.article, commenter=comment.commenter)
    facts = Decision.objects.get(comment=comment).facts
    assert facts is not None
    assert facts["author_approved"] == 1
    draft = Draft(rules={rule(pagi, "author_approved", "le", 1).pk: "enabled"})
    assert simulated(comment, draft) == SUSPICIOUS
    draft = Draft(rules={rule(pagi, "hour", "eq", facts["hour"]).pk: "enabled"})
    Publication.objects.filter(pk=pagi.pk).update(time_zone="America/Lima")
    assert simulated(comment, draft) == SUSPICIOUS
    assert simulated(comment, Draft(rules={rule(pagi, "hour", "ne", facts["hour"]).pk: "enabled"})) == CLEAN


@pytest.mark.parametrize("gone", ["facts", "links"])
def test_rules_ask_what_is_found_now_of_the_text(write: Write, pagi: Publication, gone: str) -> None:
    """Where facts were not kept, or the check that tells them had failed."""
    comment = write(LINKED)
    if gone == "links":
        put(comment, "links", label="error", detail='{"error": "ValueError"}')
    facts = "facts - 'links' - 'contacts'" if connection.vendor == "postgresql" else "json_remove(facts, '$.links', '$.contacts')"
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE moderation_decision SET facts = {'NULL' if gone == 'facts' else facts}")
    made = rule(pagi, "links", "ge", 1)
    assert simulated(comment, Draft(rules={made.pk: "enabled"})) == SUSPICIOUS
    Rule.objects.update(mode="enabled", promoted_by=member("admin"))
    assert (simulated(comment), rescanned(comment), decided_anew(comment)) == (SUSPICIOUS, SUSPICIOUS, SUSPICIOUS)


def test_links_of_rules_follow_the_hosts_of_today(write: Write, pagi: Publication) -> None:
    comment = write(LINKED)
    Rule.objects.filter(pk=rule(pagi, "links", "ge", 1).pk).update(mode="enabled", promoted_by=member("admin"))
    Publication.objects.filter(pk=pagi.pk).update(host="contoh.example")
    comment = Comment.objects.select_related("article__section__publication").get(pk=comment.pk)
    # A link that leads home is neither a link nor counted as one: the check tells no number, and the rule is asked about none.
    assert simulated(comment) == rescanned(comment) == decided_anew(comment) == CLEAN


def test_a_rule_that_asks_a_check_in_shadow_cannot_tell(write: Write, pagi: Publication) -> None:
    comment = write(HARMLESS)
    Rule.objects.filter(pk=rule(pagi, "check.shouting.label", "eq", "note").pk).update(mode="enabled", promoted_by=member("admin"))
    assert simulated(comment) == CLEAN
    check_modes.set_mode("shouting", "shadow", why="coba", by=member("admin"), was="live")
    assert (simulated(comment), rescanned(comment), decided_anew(comment)) == (FAILED, FAILED, FAILED)


def test_rules_in_shadow_decide_nothing_and_the_last_one_ends_the_row(write: Write, pagi: Publication) -> None:
    comment = write(HARMLESS)
    rule(pagi, "length", "ge", 1, action="spam")
    assert simulated(comment) == CLEAN
    first = rule(pagi, "length", "ge", 1, last=True)
    second = rule(pagi, "length", "ge", 1, action="spam")
    draft = Draft(rules={first.pk: "enabled", second.pk: "enabled"})
    assert simulated(comment, draft) == SUSPICIOUS
    Rule.objects.filter(pk__in=[first.pk, second.pk]).update(mode="enabled", promoted_by=member("admin"))
    assert decided_anew(comment) == SUSPICIOUS


# --- What a publication lays down ---------------------------------------------------------------------------------------


def test_each_publication_by_its_own_policy(write: Write, pagi: Publication) -> None:
    comment = write(HARMLESS)
    Publication.objects.filter(pk=pagi.pk).update(comment_mode=CommentMode.BEFORE)
    comment = Comment.objects.select_related("article__section__publication").get(pk=comment.pk)
    assert (simulated(comment), rescanned(comment), decided_anew(comment)) == ("held waits", "held waits", "held waits")


def test_grave_words_where_they_are_refused(write: Write, pagi: Publication) -> None:
    comment = write(ABUSIVE)
    assert comment.status == "held"
    strict = Finding.objects.get(comment=comment, check_name="abuse").probability
    draft = Draft(
        phrases=(NewPhrase("goblok", "banned", "insult", 3),),
        thresholds={head: {"queue": 0.01, "strict": strict or 0.0} for head in ("abuse_id", "abuse_en")},
    )
    assert simulated(comment, draft) == SUSPICIOUS
    Publication.objects.filter(pk=pagi.pk).update(reject_grave=True)
    comment = Comment.objects.select_related("article__section__publication").get(pk=comment.pk)
    assert simulated(comment, draft) == "rejected grave"
    boss = member("admin")
    drafts.carry_out(simulate(boss, pagi, draft), boss)
    assert (rescanned(comment), decided_anew(comment)) == ("rejected grave", "rejected grave")


def test_a_change_that_counts_everywhere_counts_at_each_publication(editor: User, pagi: Publication, write: Write) -> None:
    comment = write(PHRASED)
    boss, sore = member("admin"), make_publication(name="Sore")
    other = make_comment(make_article(section=make_section(publication=sore)), status=Status.PENDING, body=PHRASED)
    Phrase.objects.create(publication=sore, pattern="kucing ajaib", kind="gambling", action="banned")
    in_force.forget()
    assert screen(other.pk, other.revision) is not None
    draft = Draft(phrases=(NewPhrase("kucing ajaib", "suspect", "spam", 1),))
    made = simulate(boss, None, draft)
    assert made.table["approved>held"] == {"count": 1}
    assert made.table["spam>spam"] == {"count": 1}
    assert [item.comment_id for item in made.items.all()] == [comment.pk]


# --- Comments with a history --------------------------------------------------------------------------------------------


def test_an_edited_comment_is_judged_by_its_present_text(write: Write, editor: User, pagi: Publication) -> None:
    comment = write(PHRASED)
    Comment.objects.filter(pk=comment.pk).update(created_at=timezone.now() - timedelta(minutes=1))
    comment.refresh_from_db()
    submission.edit(comment, HARMLESS)
    comment.refresh_from_db()
    assert (comment.status, comment.revision) == ("pending", 2)
    draft = Draft(phrases=(NewPhrase("kucing ajaib", "banned", "gambling", 3),))
    assert simulate(editor, pagi, draft).seen == 1  # the author's earlier one: nobody has looked at the new text yet
    assert screen(comment.pk, 2) is not None
    assert simulated(comment, draft) == CLEAN
    assert simulated(comment, Draft(phrases=(NewPhrase("terima kasih", "banned", "gambling", 3),))) == SPAM


def test_what_people_decided_changes_no_verdict_of_the_checks(write: Write, editor: User, pagi: Publication) -> None:
    comment = write(PHRASED)
    decide(comment, Status.REJECTED, kind=Decision.Kind.PERSON, reason="other", moderator=editor, notify=False)
    made = simulate(editor, pagi, Draft(phrases=(NewPhrase("kucing ajaib", "banned", "gambling", 3),)))
    assert made.table["approved>spam"] == {"count": 1, "rejected": 1}
    item = made.items.get()
    assert (item.status, item.was, item.would, item.person) == ("rejected", "approved", "spam", "rejected")


def test_comments_that_no_check_has_seen_are_left_out_of_a_simulation_and_looked_at_again(
    editor: User, pagi: Publication, write: Write
) -> None:
    brought = make_comment(write(HARMLESS).article, body=PHRASED)
    draft = Draft(phrases=(NewPhrase("kucing ajaib", "suspect", "insult", 1),))
    made = simulate(editor, pagi, draft)
    assert (made.seen, sum(cell["count"] for cell in made.table.values())) == (3, 1)
    drafts.carry_out(made, editor)
    look = replays.order(editor, Replay.Kind.RESCAN, pagi, 7, states=["approved"], seconds=60.0)
    assert [(item.comment_id, item.would, item.reason) for item in look.items.all()] == [(brought.pk, "held", "suspicious")]


def test_what_was_taken_back_or_erased_is_not_looked_at(editor: User, pagi: Publication, write: Write) -> None:
    gone = write(PHRASED)
    assert gone.commenter is not None
    people.erase(gone.commenter)
    made = simulate(editor, pagi, Draft(phrases=(NewPhrase("kucing ajaib", "banned", "gambling", 3),)))
    assert (made.seen, made.total, made.table) == (0, 0, {})


def test_one_comment_that_cannot_be_judged_keeps_no_other_from_it(editor: User, pagi: Publication, write: Write) -> None:
    odd, even = write(PHRASED), write("Ada juga kucing ajaib di pasar, kata pedagang di sana kemarin.")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE moderation_decision SET facts = NULL WHERE comment_id = %s", [odd.pk])
    Publication.objects.filter(pk=pagi.pk).update(time_zone="Mars/Olympus")
    made = simulate(editor, pagi, Draft(rules={rule(pagi, "length", "ge", 1).pk: "enabled"}))
    assert made.finished_at is not None
    assert made.table == {"approved>held": {"count": 1}}
    assert [item.comment_id for item in made.items.all()] == [even.pk]


def test_examples_that_people_decided_otherwise_are_kept_however_late_they_come(
    editor: User, pagi: Publication, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = write(PHRASED)
    decide(first, Status.HELD, kind=Decision.Kind.PERSON, reason="suspicious", moderator=editor, notify=False)
    first.refresh_from_db()
    decide(first, Status.APPROVED, kind=Decision.Kind.PERSON, reason="fine", moderator=editor, notify=False)
    newer = [
        write(text)
        for text in (
            "Pedagang di pasar lama juga pernah melihat kucing ajaib kemarin sore.",
            "Anak saya menggambar kucing ajaib untuk lomba sekolah minggu depan.",
            "Menurut kakek, kucing ajaib hanya muncul waktu hujan turun deras.",
        )
    ]
    monkeypatch.setattr(replays, "EXAMPLES", 2)
    made = simulate(editor, pagi, Draft(phrases=(NewPhrase("kucing ajaib", "banned", "gambling", 3),)))
    assert made.table["approved>spam"] == {"count": 4, "approved": 1}
    assert {item.comment_id for item in made.items.all()} == {first.pk, newer[2].pk, newer[1].pk}


# --- What a rescan says and writes down ---------------------------------------------------------------------------------


def test_a_rescan_names_what_speaks_otherwise_and_writes_down_what_is_new(editor: User, pagi: Publication, write: Write) -> None:
    Rule.objects.filter(pk=rule(pagi, "length", "ge", 1, action="later").pk).update(mode="enabled", promoted_by=editor)
    in_force.forget()
    comment = write(PHRASED)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM moderation_finding WHERE check_name = 'shouting'")
    Phrase.objects.create(publication=pagi, pattern="kucing ajaib", kind="insult", action="suspect")
    look = replays.order(editor, Replay.Kind.RESCAN, pagi, 7, states=["approved"], seconds=60.0)
    item = look.items.get(comment=comment)
    assert item.because == ["phrases"]
    assert sorted(row["check_name"] for row in item.findings) == ["phrases", "shouting"]


def test_the_time_of_work_is_not_more_than_somebody_waited(editor: User, pagi: Publication, write: Write) -> None:
    for number in range(3):
        write(f"{HARMLESS} Kalimat ke-{number * 7919}, lain daripada yang lain.")
    made = replays.order(editor, Replay.Kind.SIMULATION, pagi, 7, draft=Draft(innocents=("anjing x",)), seconds=0.0)
    assert (made.seen, made.finished_at) == (0, None)
    replays.work(made.pk, 60.0)
    made.refresh_from_db()
    assert made.finished_at is not None
    assert 0 < made.seconds <= (made.finished_at - made.created_at).total_seconds() + 0.01  # the clock of SQLite knows milliseconds
