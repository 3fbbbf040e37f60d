"""The abuse lexicon: well formed, graded, and blind to the innocent uses of hard words."""

from __future__ import annotations

import pytest

from moderation.classifiers.lexicon import INNOCENT, counted, find, load
from moderation.classifiers.normalise import normalise
from moderation.classifiers.phrases import check_pattern


def severities(text: str) -> list[tuple[str, int]]:
    return [(hit.line.kind, hit.line.severity) for hit in find(normalise(text))]


def test_the_list_is_well_formed() -> None:
    lines = load()
    assert len(lines) >= 700
    assert {line.kind for line in lines} == {"insult", "profanity", "threat", "identity"}
    assert {line.severity for line in lines} == {1, 2, 3}
    assert not any(line.banned for line in lines)
    assert [check_pattern(phrase) for phrase in INNOCENT] == [None] * len(INNOCENT)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Jalan ini rusak.", []),
        ("dasar lonte", [("insult", 3)]),
        ("lu menggobloki saya", [("insult", 2)]),
        ("g0bl0k", [("insult", 2)]),
        ("t o l o l", [("insult", 2)]),
        ("jancok koen", [("profanity", 2)]),
        ("anjing pelacak itu pintar", []),
        ("sate babi enak", []),
        ("anjing", [("insult", 1)]),
        ("gue bunuh", [("threat", 3)]),
        ("cina babi", [("identity", 3)]),
    ],
)
def test_finds(text: str, found: list[tuple[str, int]]) -> None:
    assert severities(text) == found


def test_counts_by_kind_and_severity() -> None:
    hits = find(normalise("goblok, tolol, lonte"))
    assert counted(hits) == {"insult-2": 2, "insult-3": 1}
    assert counted(hits, 8) == {"insult-2": 1, "insult-3": 1}
    assert counted(hits, 0, 8) == {"insult-2": 1}
