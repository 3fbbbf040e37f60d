"""A comment's text cut into pieces: nothing of it is lost, evidence is where it was found, and what hides is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.evidence import Mark, Piece, cut, excerpt, read_marks, sign_of
from moderation.templatetags.desk import evidence_words, marked, signs


def test_overlapping_marks_are_both_kept() -> None:
    text = "main slot gacor sekarang"
    pieces = cut(text, [Mark(5, 15, "gambling", "phrases"), Mark(10, 24, "link", "links")])
    assert pieces == [
        Piece("main "),
        Piece("slot ", ("gambling",), ("phrases",)),
        Piece("gacor", ("gambling", "link"), ("links", "phrases")),
        Piece(" sekarang", ("link",), ("links",)),
    ]


def test_families_come_in_one_order_whatever_the_order_of_the_marks() -> None:
    marks = [Mark(0, 3, "unheard-of"), Mark(0, 3, "link"), Mark(0, 3, "insult"), Mark(0, 3, "gambling"), Mark(0, 3, "scam")]
    assert cut("abc", marks)[0].families == ("gambling", "abuse", "phrase", "link", "other")


@pytest.mark.parametrize(
    "spans",
    [
        None,
        "spans",
        {"start": 0},
        [[0]],
        [[3, 3, "x"]],
        [[5, 2, "x"]],
        [[-1, 2, "x"]],
        [[0, 9, "x"]],
        [["0", "2", "x"]],
        [[True, 2, "x"]],
        [[0.0, 2.0, "x"]],
        [None, 7],
    ],
)
def test_spans_outside_the_text_are_left_out(spans: object) -> None:
    assert read_marks(spans, 8) == []


def test_spans_inside_the_text_are_read() -> None:
    assert read_marks([[0, 8, "gambling"], [2, 3, 7], (1, 2)], 8, "phrases") == [
        Mark(0, 8, "gambling", "phrases"),
        Mark(2, 3, "", "phrases"),
        Mark(1, 2, "", "phrases"),
    ]


@pytest.mark.parametrize(
    ("text", "place", "sign"),
    [
        ("a\u200bb", 1, "ZWSP"),
        ("a\u202eb", 1, "RLO"),
        ("a\u2066b", 1, "LRI"),
        ("a\u00adb", 1, "SHY"),
        ("a\u2800b", 1, "BLANK"),
        ("a\ufe0fb", 1, "VS16"),
        ("a\u200db", 1, "ZWJ"),
        ("a\U000e0041b", 1, "TAG"),
        ("a\U000e0100b", 1, "VS17"),
        ("a\u2003b", 1, "SP"),
        ("a\x1bb", 1, "U+001B"),
        ("a\x85b", 1, "U+0085"),
        ("a\ue000b", 1, "U+E000"),
        ("a b", 1, ""),
        ("a\u00a0b", 1, ""),
        ("a\nb", 1, ""),
        ("é", 0, ""),
        ("❤\ufe0f", 1, ""),
        ("1\ufe0f\u20e3", 1, ""),
        ("👨\u200d👩", 1, ""),
        ("👩🏽\u200d🚀", 2, ""),
        ("❤\ufe0f\ufe0f", 2, "VS16"),
        ("👨\u200d", 1, "ZWJ"),
    ],
)
def test_hidden_characters_have_names_and_pictures_are_left_alone(text: str, place: int, sign: str) -> None:
    assert sign_of(text, place) == sign


def test_a_run_of_the_same_hidden_character_is_one_piece() -> None:
    assert cut("a\u200b\u200b\u200bb") == [Piece("a"), Piece("\u200b", sign="ZWSP", times=3), Piece("b")]


def test_an_excerpt_begins_before_the_first_mark() -> None:
    text = "x" * 200 + "GACOR" + "y" * 200
    pieces = excerpt(text, [Mark(200, 205, "gambling")])
    assert pieces[0] == Piece("…")
    assert pieces[1].text == "x" * 27
    assert pieces[2] == Piece("GACOR", ("gambling",), ())
    assert pieces[-1] == Piece("…")
    assert len("".join(piece.text for piece in pieces[1:-1])) == 110


def test_a_short_text_is_its_own_excerpt() -> None:
    assert excerpt("Setuju.", []) == [Piece("Setuju.")]


MARKS = st.lists(st.builds(Mark, st.integers(-3, 40), st.integers(-3, 40), st.sampled_from(["gambling", "insult", "link", "?"])))


@given(st.text(max_size=30), MARKS)
def test_nothing_of_a_text_is_lost_or_doubled(text: str, marks: list[Mark]) -> None:
    assert "".join(piece.text * piece.times for piece in cut(text, marks)) == text


@given(st.text(max_size=30), MARKS)
def test_what_is_shown_holds_no_hidden_character_and_no_markup_of_the_text(text: str, marks: list[Mark]) -> None:
    shown = str(marked(cut(text + "<b>\u202e", marks)))
    assert "<b>" not in shown
    assert "&lt;b&gt;" in shown.replace("</mark>", "").replace("&lt;</mark>", "&lt;") or marks
    assert not set(shown) & set("\u200b\u202e\u2066\ufeff")


def test_evidence_is_html_with_every_part_escaped() -> None:
    pieces = cut('<a href="x">\u200b', [Mark(0, 3, "gambling", '"><script>')])
    assert str(marked(pieces)).startswith('<mark class="mark-gambling" title="')
    assert "<script>" not in marked(pieces)
    assert "&quot;&gt;&lt;script&gt;" in marked(pieces)
    assert ">&lt;a </mark>href=&quot;x&quot;&gt;<span" in marked(pieces)
    assert ">ZWSP</span>" in marked(pieces)


def test_other_texts_are_shown_likewise() -> None:
    assert signs(None) == ""
    assert signs("Dewi & Rudi") == "Dewi &amp; Rudi"
    assert ">RLO</span>gnp" in signs("\u202egnp")
    assert evidence_words("no list") == ""
    assert evidence_words(["a<b", 7]) == '<bdi class="word">a&lt;b</bdi> <bdi class="word">7</bdi>'
