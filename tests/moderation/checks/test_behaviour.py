"""The checks of behaviour: repeats, flood, traps, new author, shouting. Each a table of cases."""

from __future__ import annotations

import pytest

from moderation.checks import flood, new_author, repeats, shouting, traps
from moderation.checks.base import Label, Submission
from moderation.classifiers.links import find_links

LONG = "Menurut saya jalan itu sudah rusak sejak tahun lalu."
LINK = find_links("https://contoh.example/")


@pytest.mark.parametrize(
    ("submission", "label"),
    [
        (Submission(text=LONG), Label.CLEAN),
        (Submission(text=LONG, same_text=1), Label.NOTE),
        (Submission(text=LONG, near_text=1), Label.NOTE),
        (Submission(text=LONG, near_text=2), Label.NOTE),
        (Submission(text=LONG, near_text=1, near_text_authors=1), Label.SUSPECT),
        (Submission(text=LONG, near_text=9, near_text_authors=9, near_text_refused=9), Label.SUSPECT),
        (Submission(text=LONG, same_text=1, same_text_authors=1), Label.SUSPECT),
        (Submission(text=LONG, same_text=3, same_text_authors=3), Label.SUSPECT),
        (Submission(text=LONG, same_text=3, same_text_authors=3, links=LINK), Label.SPAM),
        (Submission(text=LONG, same_text=1, same_text_authors=1, near_text=2, near_text_authors=2, links=LINK), Label.SPAM),
        (Submission(text=LONG, same_text=1, same_text_authors=1, near_text=1, near_text_authors=1, links=LINK), Label.SUSPECT),
        (Submission(text=LONG, same_text=1, same_text_authors=1, same_text_refused=1), Label.SPAM),
        (Submission(text="Setuju sekali, mantap!", same_text=9, same_text_authors=9), Label.CLEAN),
        (Submission(text="\U0001f525" * 40, same_text=9, same_text_authors=9), Label.CLEAN),
    ],
)
def test_repeats(submission: Submission, label: Label) -> None:
    assert repeats.check(submission).label is label


def test_repeats_tells_its_counts() -> None:
    finding = repeats.check(Submission(text=LONG, same_text=2, same_text_authors=1))
    assert finding.detail == {
        "copies": 2,
        "authors": 1,
        "refused": 0,
        "near": 0,
        "near_authors": 0,
        "near_refused": 0,
        "letters": 43,
        "shortest": 24,
    }


@pytest.mark.parametrize(
    ("author", "network", "day", "label"),
    [
        (0, 0, 0, Label.CLEAN),
        (2, 20, 300, Label.CLEAN),
        (3, 0, 0, Label.NOTE),
        (5, 0, 0, Label.NOTE),
        (6, 0, 0, Label.SUSPECT),
        (0, 21, 0, Label.SUSPECT),
        (0, 0, 301, Label.SUSPECT),
    ],
)
def test_flood(author: int, network: int, day: int, label: Label) -> None:
    submission = Submission(text="x", recent_by_author=author, recent_by_network=network, daily_by_network=day)
    assert flood.check(submission).label is label


def test_flood_of_neighbours_does_not_silence_a_known_author() -> None:
    known = Submission(text="x", author_known=True, author_approved=1, recent_by_network=500, daily_by_network=5_000)
    assert flood.check(known).label is Label.NOTE
    assert flood.check(known).detail["over"] == ["network", "network-day"]


@pytest.mark.parametrize(("recent", "budget", "label"), [(100, 100, Label.CLEAN), (101, 100, Label.SUSPECT), (9_999, 0, Label.CLEAN)])
def test_flood_above_the_budget_of_the_whole_site_holds_everybody(recent: int, budget: int, label: Label) -> None:
    known = Submission(text="x", author_known=True, author_approved=9, recent_everywhere=recent, global_budget=budget)
    assert flood.check(known).label is label


@pytest.mark.parametrize(
    ("submission", "label", "words"),
    [
        (Submission(text="x"), Label.CLEAN, ()),
        (Submission(text="x", via_form=True, fill_seconds=3.0), Label.CLEAN, ()),
        (Submission(text="x", via_form=True, fill_seconds=2.9), Label.NOTE, ("filled too fast",)),
        (Submission(text="x", via_form=True), Label.NOTE, ("time stamp missing",)),
        (Submission(text="x", via_form=True, fill_seconds=60.0, honeypot_filled=True), Label.SUSPECT, ("hidden field filled",)),
    ],
)
def test_traps(submission: Submission, label: Label, words: tuple[str, ...]) -> None:
    finding = traps.check(submission)
    assert finding.label is label
    assert finding.words == words


@pytest.mark.parametrize(
    ("known", "approved", "refused", "label"),
    [
        (False, 0, 0, Label.SUSPECT),
        (False, 5, 0, Label.SUSPECT),
        (True, 0, 0, Label.SUSPECT),
        (True, 1, 0, Label.CLEAN),
        (True, 1, 1, Label.CLEAN),
        (True, 1, 2, Label.SUSPECT),
    ],
)
def test_new_author(known: bool, approved: int, refused: int, label: Label) -> None:
    submission = Submission(text="x", author_known=known, author_approved=approved, author_refused=refused)
    assert new_author.check(submission).label is label


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Jalan ini rusak.", Label.CLEAN),
        ("KPK, DPR, MK", Label.CLEAN),
        ("KAPAN JALAN INI DIPERBAIKI PAK", Label.NOTE),
        ("kapan?!?!?", Label.NOTE),
        ("\u0627\u0644\u0633\u0644\u0627\u0645" * 10, Label.CLEAN),
    ],
)
def test_shouting(text: str, label: Label) -> None:
    assert shouting.check(Submission(text=text)).label is label
