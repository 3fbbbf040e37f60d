"""Comments of every kind, decided by the checks; and whether simulator, second look and deciding anew come to the same answer."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.utils import timezone

from comments.models import Comment, Commenter
from comments.states import Status
from moderation import drafts, in_force, replays
from moderation.classifiers.links import find_links
from moderation.classifiers.simhash import NEAR, distance, near
from moderation.drafts import Draft, NewPhrase
from moderation.facts import gather
from moderation.models import Campaign, Decision, Finding, Fingerprint, Phrase, Replay, Rule
from moderation.rejudging import Stored, judge_again, judge_both, load, rulebook, touched, tried_out
from moderation.screening import examine, screen
from moderation.wakeup import nobody_woken
from newsroom.models import Article, Publication, Section

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from moderation.policy import Verdict

VOCABULARY = (
    "jembatan warga desa pasar sekolah guru murid jalan hujan banjir sungai sawah petani harga beras cabai ikan nelayan kapal "
    "pelabuhan kantor camat lurah rapat anggaran dana proyek gedung taman kota lampu listrik air bersih dokter perawat "
    "puskesmas obat antre kereta stasiun bus sopir tiket penumpang macet trotoar sepeda anak ibu bapak kakek nenek tetangga "
    "acara pesta musik panggung lomba juara tim pelatih pemain stadion gol musim panas dingin angin laut gunung hutan pohon "
    "bunga kebun kopi teh warung nasi sambal tempe roti kue buku koran berita wartawan foto cerita sejarah museum seni tari "
    "batik kain baju sepatu toko pembeli penjual uang bank tabungan pajak undang menteri gubernur wali bupati pemilu suara "
    "calon janji kerja pabrik buruh upah libur cuti wisata pantai hotel tamu kamar kunci "
)
WORDS = VOCABULARY.split()
KINDS = (
    "",
    "",
    "",
    "",
    "Lihat https://contoh-{n}.example/berita saja.",
    "slot gacor maxwin daftar sekarang depo 10k {n}",
    "dasar goblok tolol kau ini",
    "ada kucing ajaib di sana",
    "anjing herder tetangga galak sekali",
    "judi online itu merusak, kata menteri",
    "PENTING SEKALI INI HARUS DIBACA SEMUA ORANG!!!!!",
    "pinjaman dana cepat cair tanpa jaminan hubungi 0812345678{n}",
)


def texts(count: int) -> list[str]:
    """Texts none of which is nearly another: what a copy's verdict is hangs on the verdicts before it."""
    found: list[str] = []
    by_key: dict[tuple[int, int], list[int]] = {}
    number = 0
    while len(found) < count:
        text, number = text_of(number), number + 1
        mark = near(text)
        if mark is not None:
            keys = list(enumerate(mark.keys))
            if any(distance(mark.number, other) <= NEAR for key in keys for other in by_key.get(key, ())):
                continue
            for key in keys:
                by_key.setdefault(key, []).append(mark.number)
        found.append(text)
    return found


def text_of(number: int) -> str:
    choose = random.Random(number)
    words = choose.choices(WORDS, k=choose.randint(8, 40))
    words.insert(choose.randrange(len(words)), KINDS[number % len(KINDS)].format(n=number % 100))
    return " ".join(words).strip().capitalize() + "."


def fill(publication: Publication, count: int) -> None:
    """Comments that wait for the checks, each by somebody known of whom one comment was approved before."""
    section = Section.objects.create(publication=publication, name="Nasional", slug=f"nasional-{publication.pk}")
    at = timezone.now() - timedelta(days=2)
    article = Article.objects.create(section=section, slug=f"isi-{publication.pk}", title="Isi", body="x", published_at=at)
    authors = Commenter.objects.bulk_create([Commenter(created_at=at) for _number in range(count)], batch_size=500)
    plain = {"article": article, "author_name": "Pembaca", "created_at": at, "screen_due_at": at}
    earlier = [Comment(**plain, commenter=author, body_raw="x", body_html="x", body_text="x", status=Status.APPROVED) for author in authors]
    for comment in earlier:
        comment.created_at = at - timedelta(days=40)
    Comment.objects.bulk_create(earlier, batch_size=500)
    rows = [
        Comment(**plain, commenter=author, body_raw=text, body_html=text, body_text=text)
        for author, text in zip(authors, texts(count), strict=True)
    ]
    Comment.objects.bulk_create(rows, batch_size=500)
    Rule.objects.create(
        publication=publication,
        name="Tautan atau kontak",
        action="hold",
        conditions={"match": "any", "of": [{"field": "links", "is": "ge", "value": 1}, {"field": "contacts", "is": "ge", "value": 1}]},
    )
    Rule.objects.create(
        publication=publication,
        name="Panjang dan agak judi",
        action="spam",
        conditions={
            "match": "all",
            "of": [
                {"field": "check.gambling.probability", "is": "ge", "value": 0.3},
                {"match": "any", "of": [{"field": "length", "is": "ge", "value": 120}, {"field": "author_days", "is": "lt", "value": 1}]},
            ],
        },
    )
    Phrase.objects.create(publication=publication, pattern="judi online", kind="gambling", action="suspect")
    in_force.forget()


def pending() -> Iterator[tuple[int, int]]:
    yield from Comment.objects.filter(status=Status.PENDING).order_by("pk").values_list("pk", "revision")


def word(verdict: Verdict | Decision) -> str:
    return f"{verdict.outcome} {verdict.reason} {verdict.priority:.4f}"


def screen_all() -> dict[int, str]:
    """Every waiting comment decided by the checks: (outcome, reason, priority) as one word for each."""
    found = {}
    with nobody_woken():
        for pk, revision in list(pending()):
            decision = screen(pk, revision)
            assert decision is not None
            found[pk] = word(decision)
    return found


def screen_in_bulk() -> dict[int, str]:
    """The same for comments of `fill`, five times as fast: examined one by one, written down many at a time, nobody told.

    They are all alike in what is gathered: an author with one approved comment, from no network, and no text like another.
    """
    found = {}
    rows = Comment.objects.filter(status=Status.PENDING).select_related("article__section__publication", "commenter").order_by("pk")
    ids = list(rows.values_list("pk", flat=True))
    mould = gather(rows.get(pk=ids[0])).submission
    for start in range(0, len(ids), 500):
        decisions, findings = [], []
        for comment in rows.filter(pk__in=ids[start : start + 500]):
            text = comment.body_raw
            results, verdict, facts = examine(comment, replace(mould, text=text, links=find_links(text), submitted_at=comment.created_at))
            found[comment.pk] = word(verdict)
            decision = Decision(comment=comment, revision=comment.revision, kind=Decision.Kind.SCREENING, was=Status.PENDING, facts=facts)
            decision.outcome, decision.reason, decision.priority = verdict.outcome, verdict.reason, verdict.priority
            decisions.append(decision)
            findings.append([result.as_row() for result in results])
        with transaction.atomic():
            Decision.objects.bulk_create(decisions)
            for decision, said in zip(decisions, findings, strict=True):
                for row in said:
                    row.comment_id, row.decision, row.revision = decision.comment_id, decision, decision.revision
            Finding.objects.bulk_create([row for said in findings for row in said], batch_size=500)
            for outcome in {decision.outcome for decision in decisions}:
                here = [decision.comment_id for decision in decisions if decision.outcome == outcome]
                Comment.objects.filter(pk__in=here).update(status=outcome, screen_due_at=None)
    return found


def forget_all(comments: list[int]) -> None:
    """As if no check had ever seen these comments; no other is left waiting."""
    with connection.cursor() as cursor:
        for table in ("replayitem", "notice", "finding", "decision"):
            cursor.execute(f"DELETE FROM moderation_{table}")
    Campaign.objects.all().delete()
    Fingerprint.objects.all().delete()
    due = timezone.now()
    for start in range(0, len(comments), 500):
        rows = Comment.objects.filter(pk__in=comments[start : start + 500])
        rows.update(status=Status.PENDING, screen_attempts=0, screen_due_at=due, published_at=None)


# --- Three ways to an answer --------------------------------------------------------------------------------------------


def drafts_of(publication: Publication) -> dict[str, Draft]:
    """Changes of the rulebook of `fill`, by name: of each kind alone, and all at once."""
    first, second = Rule.objects.filter(publication=publication)
    thresholds = {"gambling": {"queue": 0.6, "strict": 0.97}, "abuse_id": {"queue": 0.4, "strict": 0.8}}
    added = (NewPhrase("kucing ajaib", "banned", "gambling", 3), NewPhrase("warung", "suspect", "spam", 1))
    listed = Phrase.objects.get(publication=publication, pattern="judi online")
    return {
        "nothing": Draft(),
        "thresholds": Draft(thresholds=thresholds),
        "phrases": Draft(phrases=(*added, NewPhrase("judi online", "banned", "gambling", 2))),
        "rule": Draft(rules={first.pk: "enabled"}),
        "all": Draft(
            phrases=added,
            without_phrases=(listed.pk,),
            innocents=("anjing herder", "goblok", "tolol"),
            rules={first.pk: "enabled", second.pk: "enabled"},
            thresholds=thresholds,
        ),
    }


@dataclass(slots=True)
class Simulated:
    """A replay that is done, its answer for each comment, the seconds until somebody had it, and those that this process worked."""

    made: Replay
    answers: dict[int, str]
    seconds: float
    cpu: float


def simulate(publication: Publication, user: User, draft: Draft) -> Simulated:
    """Try a draft out as the desk does; each comment's answer as the table was made from, which says the same."""
    began, worked = time.perf_counter(), time.process_time()
    made = replays.order(user, Replay.Kind.SIMULATION, publication, 7, draft=draft)
    while made.finished_at is None:
        replays.work(made.pk, replays.SLICE_SECONDS)
        made.refresh_from_db()
    seconds, cpu = time.perf_counter() - began, time.process_time() - worked
    now = rulebook(publication)
    then = tried_out(draft, now, publication.pk, publication.pk)
    differs = touched(now, then)
    answers, table = {}, Counter[str]()
    for stored in loaded():
        before, after = judge_both(stored, now, then, differs)
        answers[stored.comment.pk] = word(after.verdict)
        table[f"{before.verdict.outcome}>{after.verdict.outcome}"] += 1
    assert table == {name: cell["count"] for name, cell in made.table.items()}
    return Simulated(made, answers, seconds, cpu)


def look_again(publication: Publication, user: User) -> Simulated:
    """The same for a rescan; the answers are those that it would apply."""
    began, worked = time.perf_counter(), time.process_time()
    made = replays.order(user, Replay.Kind.RESCAN, publication, 7, states=replays.RESCANNED)
    while made.finished_at is None:
        replays.work(made.pk, replays.SLICE_SECONDS)
        made.refresh_from_db()
    seconds, cpu = time.perf_counter() - began, time.process_time() - worked
    now = rulebook(publication)
    answers = {stored.comment.pk: word(judge_again(stored, now, anew=True).verdict) for stored in loaded()}
    outcomes = dict(Comment.objects.filter(pk__in=answers).values_list("pk", "status"))
    outcomes |= dict(made.items.values_list("comment_id", "would"))
    assert outcomes == {pk: answer.split()[0] for pk, answer in answers.items()}
    return Simulated(made, answers, seconds, cpu)


def anew(draft: Draft, simulated: Simulated, user: User, comments: list[int]) -> tuple[dict[int, str], Simulated | None]:
    """What deciding anew says of comments once a draft is in force, by the whole way that a new comment goes; and a rescan before
    that, where anything is in force. Taken back at the end."""
    again = None
    with transaction.atomic():
        if draft:
            publication = simulated.made.publication
            assert publication is not None
            drafts.carry_out(simulated.made, user)
            again = look_again(publication, user)
        forget_all(comments)
        in_force.forget()
        answers = screen_all()
        transaction.set_rollback(True)
    in_force.forget()
    return answers, again


def loaded() -> Iterator[Stored]:
    """All comments that a check has seen."""
    ids = list(Decision.objects.order_by("comment").values_list("comment", flat=True).distinct())
    for start in range(0, len(ids), 500):
        rows = Comment.objects.filter(pk__in=ids[start : start + 500]).select_related("article__section__publication")
        yield from load(list(rows))
