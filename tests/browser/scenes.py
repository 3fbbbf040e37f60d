"""Pages with everything on them that a page can show, for those who look at all of it: axe, and the pictures."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from comments.models import Comment
from comments.states import Status
from moderation.models import Finding
from newsroom.models import Article
from tests.browser.people import held
from tests.factories import make_comment

LINK = 'Selengkapnya di <a href="https://contoh.example/jembatan">laporan itu</a>, bukan di https://раураl.example/.'


def fill_thread(article: Article) -> Comment:
    """A thread with nesting, an edit, a removed comment that is answered, links and a name from right to left; its first comment."""
    first = make_comment(
        article, author_name="Dewi Lestari", body="Akhirnya dibuka.\n\n<em>Terima kasih</em> kepada para tukang.", reaction_count=4
    )
    parent = first
    for number in range(1, 6):
        parent = make_comment(article, parent=parent, author_name=f"Pembaca {number}", body=f"Jawaban tingkat {number}.")
    make_comment(
        article,
        author_name="שרה",
        body="<blockquote>Akhirnya dibuka.</blockquote>\n\n<code>12 km</code> lebih dekat.",
        author_url="https://sara.example",
    )
    make_comment(article, author_name="Rudi", body=LINK, edited_at=timezone.now())
    removed = make_comment(article, author_name="Anonim", body="Ini sempat tayang.")
    make_comment(article, parent=removed, author_name="Tuti", body="Saya tidak setuju dengan komentar di atas.")
    removed.refresh_from_db()
    assert removed.move_to(Status.REJECTED)
    make_comment(article, author_name="Kata" * 15, body="Panjangnya" * 60, created_at=timezone.now() - timedelta(days=20))
    return first


def fill_queue(article: Article) -> Comment:
    """A queue with every kind of evidence; the comment that stands first."""
    text = "Kata si tolol itu: main slot gacor\u200b di https://contoh.example, ya."
    spans = [[8, 13, "insult"], [24, 34, "gambling"], [39, 62, "link"]]
    loud = Finding(check_name="phrases", check_version="1", label="suspect", score=0.8, spans=spans, words=["tolol", "slot gacor"])
    failed = Finding(check_name="abuse", check_version="1", label="error", score=0.0, detail={"error": "ModelMissing"})
    quiet = Finding(check_name="links", check_version="1", label="clean", score=0.0)
    parent = make_comment(article, author_name="Wayan", body="Kapan lampunya dipasang?")
    first = held(article, text, "Anonim", loud, failed, quiet, priority=0.9)
    Comment.objects.filter(pk=first.pk).update(parent=parent, author_url="https://anonim.example/panjang" + "/sekali" * 15)
    for number in range(4):
        held(
            article,
            f"Balasan nomor {number} yang menunggu, dengan kalimat yang cukup panjang untuk satu baris penuh di daftar.",
            f"Pembaca {number}",
        )
    return first
