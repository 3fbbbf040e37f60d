"""Comments of every kind, decided by the checks; and whether simulator, second look and deciding anew come to the same answer."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import connection
from django.utils import timezone

from comments.models import Comment, Commenter
from comments.states import Status
from moderation import drafts, in_force, replays
from moderation.drafts import Draft, NewPhrase
from moderation.models import Campaign, Fingerprint, Phrase, Replay, Rule
from moderation.screening import screen
from moderation.wakeup import nobody_woken
from newsroom.models import Article, Publication, Section

if TYPE_CHECKING:
    from django.contrib.auth.models import User

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


@dataclass(slots=True)
class Answers:
    """How each way answers for each comment, and what it took."""

    count: int = 0
    changed: int = 0  # by the new rulebook
    simulated: dict[int, str] = field(default_factory=dict)
    rescanned: dict[int, str] = field(default_factory=dict)
    anew: dict[int, str] = field(default_factory=dict)
    simulator_seconds: float = 0.0
    rescan_seconds: float = 0.0
    screening_seconds: float = 0.0


def text_of(number: int) -> str:
    """A text like no other: what a copy's verdict is hangs on the verdicts before it."""
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
        for author, text in zip(authors, map(text_of, range(count)), strict=True)
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


def screen_all() -> dict[int, str]:
    """Every waiting comment decided by the checks: (outcome, reason, priority) as one word for each."""
    found = {}
    with nobody_woken():
        for pk, revision in list(pending()):
            decision = screen(pk, revision)
            assert decision is not None
            found[pk] = f"{decision.outcome} {decision.reason} {decision.priority:.4f}"
    return found


def forget_all(comments: list[int]) -> None:
    """As if no check had ever seen these comments."""
    with connection.cursor() as cursor:
        for table in ("replayitem", "notice", "finding", "decision"):
            cursor.execute(f"DELETE FROM moderation_{table}")
    Campaign.objects.all().delete()
    Fingerprint.objects.all().delete()
    due = timezone.now()
    for start in range(0, len(comments), 500):
        rows = Comment.objects.filter(pk__in=comments[start : start + 500])
        rows.update(status=Status.PENDING, screen_attempts=0, screen_due_at=due, published_at=None)


def same_answers(publication: Publication, user: User) -> Answers:
    """Decide, try a change out, put it into force, look again, and decide everything anew."""
    answers = Answers()
    before = screen_all()
    answers.count = len(before)
    first, second = Rule.objects.filter(publication=publication)
    draft = Draft(
        phrases=(NewPhrase("kucing ajaib", "banned", "gambling", 3), NewPhrase("warung", "suspect", "spam", 1)),
        without_phrases=(Phrase.objects.get(pattern="judi online").pk,),
        innocents=("anjing herder", "goblok", "tolol"),
        rules={first.pk: "enabled", second.pk: "enabled"},
        thresholds={"gambling": {"queue": 0.6, "strict": 0.97}, "abuse_id": {"queue": 0.4, "strict": 0.8}},
    )
    began = time.perf_counter()
    made = replays.order(user, Replay.Kind.SIMULATION, publication, 7, draft=draft)
    while made.finished_at is None:
        replays.work(made.pk, 60.0)
        made.refresh_from_db()
    answers.simulator_seconds = time.perf_counter() - began
    book = replays.tried_out(draft, replays.rulebook(publication.pk), publication.pk, publication.pk)
    for stored in loaded(list(before)):
        verdict = replays.judge_again(stored, book).verdict
        answers.simulated[stored.comment.pk] = f"{verdict.outcome} {verdict.reason} {verdict.priority:.4f}"
    drafts.carry_out(made, user)
    began = time.perf_counter()
    look = replays.order(user, Replay.Kind.RESCAN, publication, 7, states=replays.RESCANNED)
    while look.finished_at is None:
        replays.work(look.pk, 60.0)
        look.refresh_from_db()
    answers.rescan_seconds = time.perf_counter() - began
    now = replays.rulebook(publication.pk)
    for stored in loaded(list(before)):
        verdict = replays.judge_again(stored, now, anew=True).verdict
        answers.rescanned[stored.comment.pk] = f"{verdict.outcome} {verdict.reason} {verdict.priority:.4f}"
    # The tables that people see say the same as the answers one by one.
    outcomes = [answer.split()[0] for answer in answers.simulated.values()]
    for outcome in set(outcomes):
        assert outcomes.count(outcome) == sum(cell["count"] for name, cell in made.table.items() if name.endswith(f">{outcome}"))
    foreseen = {item.comment_id: item.would for item in look.items.all()}
    for pk, answer in answers.rescanned.items():
        assert foreseen.get(pk, before[pk].split()[0]) == answer.split()[0]
    forget_all(list(before))
    in_force.forget()
    began = time.perf_counter()
    answers.anew = screen_all()
    answers.screening_seconds = time.perf_counter() - began
    answers.changed = sum(before[pk] != answers.anew[pk] for pk in before)
    return answers


def loaded(ids: list[int]) -> Iterator[replays.Stored]:
    for start in range(0, len(ids), 500):
        rows = Comment.objects.filter(pk__in=ids[start : start + 500]).select_related("article__section__publication", "commenter")
        yield from replays.load(list(rows))
