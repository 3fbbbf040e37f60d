"""Links: what is sure, what asks for a person, what is only told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.checks.base import Label, Span, Submission
from moderation.checks.links import check

LISTED = frozenset({"slot88.example", "betting.test"})


@pytest.mark.parametrize(
    ("text", "label", "reasons"),
    [
        ("Tidak ada tautan di sini.", Label.CLEAN, None),
        ("Baca https://arsip.example/a.", Label.NOTE, {"link": 1}),
        ("Masuk slot88.example sekarang", Label.SPAM, {"listed": 1}),
        ("Masuk www.slot88.example/x", Label.SPAM, {"listed": 1}),
        ("Masuk notslot88.example", Label.NOTE, {"link": 1}),
        ("Masuk slot88.example.aman.test", Label.NOTE, {"link": 1}),
        ("Masuk sl\u043et88.example", Label.SPAM, {"listed": 1, "look-alike": 1}),
        ("Lihat \u0430rsip.example", Label.SUSPECT, {"look-alike": 1}),
        ("Cek bit . ly/x1", Label.SUSPECT, {"shortener": 1}),
        ("Cek http://192.0.2.7/a", Label.SUSPECT, {"address": 1}),
        ("Cek http://bank.example@lain.example/", Label.SUSPECT, {"user-part": 1}),
        ("a.example b.example c.example", Label.SUSPECT, {"link": 3}),
        ("Hubungi 0812 3456 7890", Label.NOTE, {"phone": 1}),
        ("WA 0812-3456-7890", Label.NOTE, {"whatsapp": 1}),
        ("gabung t.me/contoh_grup", Label.NOTE, {"telegram": 1, "link": 1}),
    ],
)
def test_labels(text: str, label: Label, reasons: dict[str, int] | None) -> None:
    finding = check(Submission(text=text, listed_domains=LISTED))
    assert finding.label is label
    assert finding.detail.get("reasons") == reasons


def test_marks_the_link_in_the_original() -> None:
    finding = check(Submission(text="ayo ke slot88.example ya", listed_domains=LISTED))
    assert finding.spans == (Span(7, 21, "listed"),)
    assert finding.words == ("slot88.example",)
    assert finding.score == 1.0


def test_own_hosts_count_for_nothing() -> None:
    submission = Submission(text="lihat https://koran.example/berita", own_hosts=frozenset({"koran.example"}))
    assert check(submission).label is Label.CLEAN


def test_the_authors_site_is_looked_at() -> None:
    finding = check(Submission(text="halo", author_url="https://betting.test", listed_domains=LISTED))
    assert finding.label is Label.SPAM
    assert finding.spans == ()


@given(st.text())
def test_never_raises_and_spans_lie_inside(text: str) -> None:
    for span in check(Submission(text=text, author_url=text)).spans:
        assert 0 <= span.start < span.end <= len(text)
