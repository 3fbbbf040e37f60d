"""The desk's pages for phrases and innocent words: a look before saving, lists in and out, and each list for its own editors only."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from comments.models import Comment
from comments.states import Status
from moderation import in_force, phrase_desk
from moderation.classifiers import lexicon
from moderation.classifiers.phrases import read
from moderation.decisions import decide, undo
from moderation.models import Decision, Fingerprint, Innocent, Phrase, Scope
from moderation.screening import screen
from newsroom.models import Publication
from tests.factories import make_article, make_comment, make_commenter, make_publication, make_section, make_user
from tests.moderation.desk import client_of, make_held, member

pytestmark = pytest.mark.django_db
NEW = {"action": "suspect", "kind": "gambling", "severity": "2", "language": "", "note": "", "enabled": "on"}
HEADER = "pattern,action,kind,severity,language,note"


@pytest.fixture
def sore() -> Publication:
    return make_publication(name="Sore")


def phrase(pattern: str, publication: Publication | None = None, **fields: Any) -> Phrase:
    return Phrase.objects.create(**{"pattern": pattern, "kind": "gambling", "publication": publication, **fields})


def rows() -> list[tuple[str, int | None]]:
    return list(Phrase.objects.order_by("pattern").values_list("pattern", "publication"))


def add(client: Client, pattern: str, place: Publication | None, looked: str | None = None, **fields: Any) -> Any:
    """Post a new phrase as somebody who has looked at it, or at another one (`looked`)."""
    data = {**NEW, "pattern": pattern, "list": place.pk if place else "0", "looked": pattern if looked is None else looked, **fields}
    return client.post(reverse("phrase-new"), data)


# --- A look before saving -----------------------------------------------------------------------------------------------


def test_what_it_would_have_matched_is_shown_before_it_is_saved(editor: User, pagi: Publication, sore: Publication) -> None:
    here, there = make_article(section=make_section(publication=pagi)), make_article(section=make_section(publication=sore))
    wanted = make_held(here, body="Ayo s l o t  𝐠𝐚𝐜𝐨𝐫 malam ini")
    approved = make_held(here, body="Slot gacor itu penipuan, hati-hati")
    decide(approved, Status.APPROVED, kind=Decision.Kind.PERSON, reason="fine", moderator=editor)
    make_held(here, body="Jembatan itu sudah dibuka.")
    make_held(here, body="slot gacor lama", created_at=timezone.now() - timedelta(days=31))
    foreign = make_held(there, body="slot gacor di sana")
    client = client_of(editor)
    answer = add(client, "Slot  Gacor", pagi, looked="")
    assert answer.status_code == 200
    found = answer.context["found"]
    assert (found.matches, found.approved, found.refused, found.looked, found.complete) == (2, 1, 0, 3, True)
    source = answer.content.decode()
    assert rows() == []
    # What a person approved comes first: that is what the phrase must not take.
    assert source.index(approved.public_id) < source.index(wanted.public_id)
    assert foreign.public_id not in source
    assert '<mark class="mark-phrase"' in source
    assert answer.context["looked"] == "slot gacor"
    saved = add(client, "Slot  Gacor", pagi, looked="slot gacor")
    assert saved.status_code == 303
    assert rows() == [("slot gacor", pagi.pk)]


def test_another_phrase_than_the_one_looked_at_is_looked_at_first(editor: User, pagi: Publication) -> None:
    answer = add(client_of(editor), "togel", pagi, looked="slot gacor")
    assert (answer.status_code, answer.context["looked"], rows()) == (200, "togel", [])


def test_a_look_is_bounded_and_says_so(editor: User, pagi: Publication, monkeypatch: pytest.MonkeyPatch) -> None:
    article = make_article(section=make_section(publication=pagi))
    for _number in range(3):
        make_held(article, body="slot gacor")
    monkeypatch.setattr(phrase_desk, "LOOK_MOST", 2)
    found = phrase_desk.look(editor, ["slot gacor"], pagi)
    assert (found.looked, found.total, found.matches, found.complete) == (2, 3, 2, False)
    monkeypatch.setattr(phrase_desk, "LOOK_SECONDS", -1.0)
    assert phrase_desk.look(editor, ["slot gacor"], pagi).looked == 0
    assert "paling baru" in add(client_of(editor), "slot gacor", pagi, looked="").content.decode()


def test_a_decision_that_was_taken_back_is_nobodys(editor: User, pagi: Publication) -> None:
    comment = make_held(make_article(section=make_section(publication=pagi)), body="slot gacor")
    taken = decide(comment, Status.APPROVED, kind=Decision.Kind.PERSON, reason="fine", moderator=editor)
    undo(taken, editor)
    assert phrase_desk.look(editor, ["slot gacor"], pagi).approved == 0


def test_other_fields_are_saved_without_a_look_and_written_down(editor: User, pagi: Publication) -> None:
    row = phrase("togel", pagi)
    client = client_of(editor)
    data = {**NEW, "pattern": "togel", "note": "ramai", "last_day": "2030-05-04"}
    assert client.post(reverse("phrase", args=[row.pk]), data).status_code == 303
    row.refresh_from_db()
    assert row.note == "ramai"
    assert row.expires_at == datetime(2030, 5, 5, tzinfo=ZoneInfo("Asia/Jakarta"))
    entry = LogEntry.objects.get()
    assert (entry.user_id, entry.object_id) == (editor.pk, str(row.pk))
    assert {"note", "until"} <= set(json.loads(entry.change_message)[0]["changed"]["fields"])
    page = client.get(reverse("phrase", args=[row.pk])).content.decode()
    assert "catatan" in entry.get_change_message().lower()
    assert entry.get_change_message() in page
    assert "expires_at" not in page
    assert client.post(reverse("phrase-delete", args=[row.pk])).status_code == 303
    assert (rows(), LogEntry.objects.count()) == ([], 2)


@pytest.mark.parametrize("pattern", ["", "   ", "!!!", "\u200b", "a b*", "***", "<script>", "x" * 200, "g4cor"])
def test_a_phrase_that_would_never_be_found_is_refused(editor: User, pagi: Publication, pattern: str) -> None:
    answer = add(client_of(editor), pattern, pagi)
    assert answer.status_code == 400
    assert answer.context["form"].errors["pattern"]
    assert rows() == []


def test_a_phrase_stands_on_a_list_once(editor: User, pagi: Publication) -> None:
    phrase("togel", pagi)
    phrase("togel", None)
    assert add(client_of(editor), "togel", pagi).status_code == 400
    assert len(rows()) == 2


def test_a_new_phrase_counts_for_the_next_comment(editor: User, pagi: Publication) -> None:
    article = make_article(section=make_section(publication=pagi))
    commenter = make_commenter()
    make_comment(article, commenter=commenter)
    add(client_of(editor), "kucing ajaib", pagi)
    comment = make_comment(article, status=Status.PENDING, commenter=commenter, body="Ada kucing ajaib di sini, kata orang.")
    screen(comment.pk, comment.revision)
    comment.refresh_from_db()
    assert comment.status == Status.HELD


# --- Whose list ---------------------------------------------------------------------------------------------------------


def test_each_list_for_its_own_editors_the_global_one_for_admins(editor: User, pagi: Publication, sore: Publication) -> None:
    everywhere, foreign, own = phrase("satu"), phrase("dua", sore), phrase("tiga", pagi)
    moderator, admin = member("moderator"), member("admin")
    scoped = member("moderator")
    Scope.objects.create(moderator=scoped, publication=pagi)
    in_section = member("editor")
    Scope.objects.create(moderator=in_section, publication=pagi, section=make_section(publication=pagi))
    # who, may read (satu, dua, tiga), may change (satu, dua, tiga)
    matrix = [
        (editor, (200, 404, 200), (403, 404, 303)),
        (moderator, (200, 200, 200), (403, 403, 403)),
        (scoped, (200, 404, 200), (403, 404, 403)),
        (in_section, (200, 404, 200), (403, 404, 403)),
        (admin, (200, 200, 200), (303, 303, 303)),
    ]
    for user, reading, changing in matrix:
        client = client_of(user)
        for row, read_status, change_status in zip((everywhere, foreign, own), reading, changing, strict=True):
            before = list(Phrase.objects.order_by("pk").values())
            assert client.get(reverse("phrase", args=[row.pk])).status_code == read_status, user
            data = {**NEW, "pattern": row.pattern, "note": f"oleh {user.pk}"}
            assert client.post(reverse("phrase", args=[row.pk]), data).status_code == change_status, user
            if change_status != 303:
                assert client.post(reverse("phrase-delete", args=[row.pk])).status_code == change_status
                assert list(Phrase.objects.order_by("pk").values()) == before
            else:
                assert Phrase.objects.get(pk=row.pk).note == f"oleh {user.pk}"


def test_new_phrases_only_on_ones_own_list(editor: User, pagi: Publication, sore: Publication) -> None:
    client = client_of(editor)
    assert add(client, "satu", None).status_code == 403
    assert add(client, "dua", sore).status_code == 404
    assert client.post(reverse("phrase-import"), {"list": "0", "text": f"{HEADER}\nsatu,banned,spam,1,,", "save": "1"}).status_code == 403
    assert client.post(reverse("innocents"), {"list": "0", "pattern": "anjing"}).status_code == 403
    assert (Phrase.objects.count(), Innocent.objects.count(), LogEntry.objects.count()) == (0, 0, 0)


PAGES = ["phrases", "phrase-new", "phrase-try", "phrase-import", "phrase-export", "innocents", "rules", "rule-new", "simulator", "rescan"]


@pytest.mark.parametrize("name", PAGES)
def test_who_sees_which_page(name: str) -> None:
    make_publication()
    for_editors = name in ("phrase-new", "phrase-import", "rule-new")
    assert Client().get(reverse(name)).status_code == 302
    assert client_of(member("admin")).get(reverse(name)).status_code == 200
    assert client_of(member("moderator")).get(reverse(name)).status_code == (403 if for_editors else 200)
    assert client_of(make_user(is_staff=True)).get(reverse(name)).status_code == 403
    assert client_of(make_user()).get(reverse(name)).status_code == 302


# --- Trying a text out --------------------------------------------------------------------------------------------------


def test_the_test_box_marks_what_matches_in_the_original(editor: User, pagi: Publication, sore: Publication) -> None:
    phrase("slot gacor", pagi)
    phrase("gacor*", None, kind="spam")
    phrase("slot", sore)
    phrase("malam", pagi, enabled=False)
    phrase("ini", pagi, expires_at=timezone.now() - timedelta(days=1))
    Innocent.objects.create(publication=pagi, pattern="anjing herder")
    answer = client_of(editor).post(reverse("phrase-try"), {"list": pagi.pk, "text": "𝐬𝐥𝐨𝐭 g a c o r malam ini, anjing herder goblok"})
    tried = answer.context["tried"]
    assert sorted(row.pattern for row in tried.phrases) == ["gacor*", "slot gacor"]
    assert [hit.line.pattern.strip("~*=") for hit in tried.words] == ["goblok"]
    assert [hit.line.pattern.strip("~*=") for hit in tried.spared] == ["anjing"]
    assert "𝐬𝐥𝐨𝐭" in answer.content.decode()
    assert Comment.objects.count() == 0


# --- CSV ----------------------------------------------------------------------------------------------------------------


def test_an_import_shows_first_and_keeps_the_good_lines(editor: User, pagi: Publication) -> None:
    phrase("togel", pagi, severity=1, action="suspect")
    phrase("judi", pagi, severity=1, action="suspect")
    text = f"{HEADER},expires\nslot gacor,banned,gambling,3,id,ramai,2031-01-31\ntogel,suspect,gambling,1,,,\njudi,banned,gambling,2,,,\n"
    text += "g4cor,banned,gambling,1,,,\nsatu,larang,gambling,1,,,\nslot gacor,banned,gambling,3,,,\ndua,banned,gambling,1,,,besok\n"
    client = client_of(editor)
    file = SimpleUploadedFile("daftar.csv", text.encode("utf-8-sig"), "text/csv")
    shown = client.post(reverse("phrase-import"), {"list": pagi.pk, "file": file})
    plan = shown.context["plan"]
    assert ([line.pattern for _n, line in plan.new], [row.pattern for _n, _l, row in plan.changed], plan.same) == (
        ["slot gacor"],
        ["judi"],
        1,
    )
    assert [line for line, _fault in shown.context["faults"]] == [5, 6, 7, 8]
    assert Phrase.objects.count() == 2
    assert client.post(reverse("phrase-import"), {"list": pagi.pk, "text": shown.context["text"], "save": "1"}).status_code == 303
    assert Phrase.objects.get(pattern="slot gacor").expires_at == phrase_desk.end_of(date(2031, 1, 31), pagi)
    judi = Phrase.objects.get(pattern="judi")
    assert (judi.action, judi.severity) == ("banned", 2)
    assert rows() == [("judi", pagi.pk), ("slot gacor", pagi.pk), ("togel", pagi.pk)]
    assert LogEntry.objects.count() == 2


@pytest.mark.parametrize(
    "data",
    [
        {"text": ""},
        {"file": SimpleUploadedFile("x.csv", b"\xff\xfe\x00")},
        {"file": SimpleUploadedFile("x.csv", b"a" * 200_001)},
        {"file": SimpleUploadedFile("x.csv", b"a\x00b")},
    ],
)
def test_what_is_no_list_is_refused(editor: User, pagi: Publication, data: dict[str, Any]) -> None:
    answer = client_of(editor).post(reverse("phrase-import"), {"list": pagi.pk, "save": "1", **data})
    assert answer.status_code == 400
    assert (rows(), LogEntry.objects.count()) == ([], 0)


WORKBOOK = b"PK\x03\x04\x14\x00\x06\x00" + b"[Content_Types].xml" + bytes(40)
PICTURE = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\xed\xa0\x80"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("foto.png", PICTURE, "“foto.png” adalah gambar."),
        ("foto.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(3_000_000), "“foto.jpg” adalah gambar."),
        ("daftar.xlsx", WORKBOOK, "“daftar.xlsx” adalah lembar kerja atau arsip"),
        ("daftar.pdf", b"%PDF-1.7\n\x00", "“daftar.pdf” adalah dokumen PDF."),
        ("x.csv", b"a\x00b", "“x.csv” bukan berkas teks."),
    ],
)
def test_a_file_of_another_kind_is_named_at_its_field_and_nothing_typed_is_lost(
    editor: User, pagi: Publication, name: str, content: bytes, sentence: str
) -> None:
    data = {"list": pagi.pk, "text": f"{HEADER}\ntogel,banned,gambling,1,,", "file": SimpleUploadedFile(name, content)}
    answer = client_of(editor).post(reverse("phrase-import"), data)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert sentence in answer.context["trouble"]
    assert 'aria-invalid="true" aria-describedby="file-trouble file-help"' in page
    assert "togel,banned,gambling,1,," in page  # what was pasted is still there
    assert f'name="list" value="{pagi.pk}"' in page
    assert rows() == []


def test_broken_text_beside_a_file_is_refused_as_ever(editor: User, pagi: Publication) -> None:
    for field in ({"text": "a\0b"}, {"list": "1\0"}):
        data = {"list": pagi.pk, "file": SimpleUploadedFile("x.csv", HEADER.encode()), **field}
        answer = client_of(editor).post(reverse("phrase-import"), data)
        assert (answer.status_code, answer.context["unstorable"]) == (400, True)
    # A field whose head speaks of a file is a field all the same.
    head = 'Content-Disposition: form-data; name="text"\r\nX-Other: filename=x'
    body = f"--grenze\r\n{head}\r\n\r\na\0b\r\n--grenze--\r\n"
    answer = client_of(editor).generic("POST", reverse("phrase-import"), body, "multipart/form-data; boundary=grenze")
    assert (answer.status_code, answer.context["unstorable"]) == (400, True)


def test_a_list_is_capped() -> None:
    reading = read(f"{HEADER}\n" + "".join(f"=w{number},suspect,spam,1,,\n" for number in range(5_003)))
    assert len(reading.lines) == 5_000
    assert [fault.code for _line, fault in reading.faults] == ["many"]


def test_an_export_is_defused_and_can_be_read_again(editor: User, pagi: Publication) -> None:
    phrase("=anjing", pagi, note="=HYPERLINK(1)", language="id", severity=3, kind="insult")
    phrase("slot", pagi, note="＋62 812", expires_at=phrase_desk.end_of(date(2031, 1, 31), pagi), action="banned")
    phrase("biasa", pagi, note='kata "dalam", koma')
    phrase("mati", pagi, enabled=False)
    answer = client_of(editor).get(reverse("phrase-export"), {"list": pagi.pk})
    text = answer.content.decode()
    assert answer["Content-Disposition"].startswith("attachment;")
    for line in text.removeprefix("\ufeff").splitlines()[1:]:
        assert not any(cell.lstrip('"').startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠")) for cell in line.split(","))
    before = list(Phrase.objects.filter(enabled=True).order_by("pattern").values("pattern", *phrase_desk.FIELDS))
    Phrase.objects.all().delete()
    reading = read(text)
    assert reading.faults == ()
    phrase_desk.carry_import(phrase_desk.plan_import(reading, pagi), pagi, editor)
    assert list(Phrase.objects.order_by("pattern").values("pattern", *phrase_desk.FIELDS)) == before


# --- Innocent words -----------------------------------------------------------------------------------------------------


def test_a_word_of_the_lexicon_is_switched_off_for_one_publication(editor: User, pagi: Publication, sore: Publication) -> None:
    texts = []
    for place in (pagi, sore):
        article, commenter = make_article(section=make_section(publication=place)), make_commenter()
        make_comment(article, commenter=commenter)
        texts.append((article, commenter))

    def verdicts() -> list[tuple[str, bool, bool]]:
        found = []
        for article, commenter in texts:
            comment = make_comment(article, status=Status.PENDING, commenter=commenter, body="Dasar goblok semua kalian ini, goblok.")
            decision = screen(comment.pk, comment.revision)
            assert decision is not None
            abuse = decision.findings.get(check_name="abuse")
            found.append((abuse.label, abuse.detail["lexicon"] != [], abuse.detail["spared"] > 0))
            Comment.objects.filter(pk=comment.pk).update(created_at=timezone.now() - timedelta(days=20))
        return found

    before = verdicts()
    assert before[0] == before[1] == ("suspect", True, False)
    line = next(line.pattern for line in lexicon.load() if line.pattern.strip("~*=") == "goblok")
    client = client_of(editor)
    assert client.post(reverse("innocents"), {"list": pagi.pk, "pattern": line}).status_code == 303
    Fingerprint.objects.all().delete()
    after = verdicts()
    assert after[0][1:] == (False, True)
    assert after[1] == before[1]
    row = Innocent.objects.get()
    assert row.publication == pagi
    assert client.post(reverse("innocents"), {"list": pagi.pk, "drop": row.pk}).status_code == 303
    assert not Innocent.objects.exists()
    assert in_force.listed_innocents(pagi.pk) == ()


# --- Hostile text -------------------------------------------------------------------------------------------------------

HOSTILE = '<script>window.__ran=1</script>"><img src=x onerror=alert(1)>\u202e\u200b'


def test_hostile_text_is_inert_on_every_page(editor: User, pagi: Publication) -> None:
    article = make_article(section=make_section(publication=pagi))
    make_held(article, body=f"slot gacor {HOSTILE}", author_name=HOSTILE[:80])
    row = phrase("slot", pagi, note=HOSTILE[:200], language='"><b>')
    Innocent.objects.create(publication=pagi, pattern="anjing x", note=HOSTILE)
    Publication.objects.filter(pk=pagi.pk).update(name=HOSTILE)
    client = client_of(editor)
    pages = [
        client.get(reverse("phrases"), {"list": str(pagi.pk), "q": "slot"}),
        client.get(reverse("phrases"), {"list": str(pagi.pk), "q": HOSTILE, "kind": HOSTILE, "state": HOSTILE, "page": HOSTILE}),
        client.get(reverse("phrase", args=[row.pk])),
        client.get(reverse("innocents"), {"list": str(pagi.pk)}),
        client.get(reverse("innocents"), {"list": str(pagi.pk), "q": HOSTILE}),
        client.post(reverse("phrase-try"), {"list": pagi.pk, "text": f"slot {HOSTILE}"}),
        add(client, "slot gacor", pagi, looked="", note=HOSTILE, language=HOSTILE),
        add(client, "slot gacor", pagi, looked="", note=HOSTILE[:60]),
        add(client, HOSTILE, pagi),
        client.post(
            reverse("phrase-import"), {"list": pagi.pk, "text": f"{HEADER}\n{HOSTILE},{HOSTILE},a,b,c,d\nbaik,banned,spam,1,,{HOSTILE}"}
        ),
        client.post(reverse("phrase-import"), {"list": pagi.pk, "text": HOSTILE}),
    ]
    for page in pages:
        source = page.content.decode()
        assert page.status_code in (200, 400)
        assert "<script>window" not in source
        assert "<img src=x" not in source
        assert "<b>" not in source
