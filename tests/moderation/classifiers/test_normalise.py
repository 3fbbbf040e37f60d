"""The normaliser undoes disguises, keeps its way back to the original, and raises on nothing."""

from __future__ import annotations

import gc
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.classifiers import normalise as module
from moderation.classifiers.normalise import normalise

# Characters that spam and hostile input are made of, so that hypothesis meets them together.
AWKWARD = (
    "aAoO0143sS8d4. -_*\n@$!|7\u200b\u200d\ufe0f\u20e3\u0301\ud800\x00\ufdfa\u24c8\u00bd"
    "\U0001f1ee\U0001f1e9\U0001d400\u0430\u4e02\u3125\u0e04"
)
TEXTS = st.one_of(st.text(), st.text(alphabet=AWKWARD, max_size=80))


def styled(text: str) -> str:
    """`text` in mathematical bold."""
    return "".join(chr(0x1D41A + ord(c) - 97) if "a" <= c <= "z" else c for c in text)


@pytest.mark.parametrize(
    ("written", "plain", "flags"),
    [
        ("Harga cabai naik lagi.", "harga cabai naik lagi.", set()),
        (styled("gacor"), "gacor", {"disguised"}),
        ("\u0430gustot\u043e", "agustoto", {"disguised"}),
        ("s\u200bl\u200bo\u200bt", "slot", {"invisible"}),
        ("s l o t", "slot", {"spaced"}),
        ("g.a.c.o.r", "gacor", {"spaced"}),
        ("pe.ti.r", "petir", {"spaced"}),
        ("m a i n s  l  o  t", "main slot", {"spaced"}),
        ("s  l  o  t m a i n", "slot main", {"spaced"}),
        ("m a i n   d i   s a n a", "main di sana", {"spaced"}),
        ("a k u   g   t a u   i n i   a p a", "aku g tau ini apa", {"spaced"}),
        ("m.a.i.n s-l-o-t", "main slot", {"spaced"}),
        ("A L E X I S , b|a|r|u", "alexis baru", {"spaced"}),
        ("[m][a][i][n] (s)(l)(o)(t)", "[main slot)", {"spaced"}),
        ("ga*cor", "gacor", set()),
        ("g4c0r", "gacor", {"leet"}),
        ("b0nu5 besar", "bonus besar", {"leet"}),
        ("koi88", "koi88", {"brand-number"}),
        ("kyt4d", "kyt4d", {"brand-number"}),
        ("kyt4\ufe0f\u20e3d", "kyt4d", {"disguised", "brand-number"}),
        ("5unsur", "5unsur", set()),
        ("bangeeeet", "banget", {"stretched"}),
        ("\U0001f1f8\U0001f1f1\U0001f1f4\U0001f1f9", "slot", {"disguised"}),
        ("\U0001f1ee\U0001f1e9 juara", "   juara", set()),
        ("\u4e02\u3125\u3116\u3112", "slot", {"disguised"}),
        ("\u0e04\u0e38\u0e13", "\u0e04\u0e13", set()),
        ("\u24a2\u24a7", "gl", {"disguised"}),
        ("k\u0336o\u0336i\u0336", "koi", {"disguised"}),
        ("kata2an", "kata2an", set()),
        ("lihat contoh.id/a", "lihat contoh.id/a", {"url"}),
        ("hubungi 0812-3456-7890", "hubungi 0812-3456-7890", {"phone"}),
        ("", "", set()),
    ],
)
def test_reads_as(written: str, plain: str, flags: set[str]) -> None:
    result = normalise(written)
    assert result.text == plain
    assert result.flags == flags


def test_arabic_and_russian_are_no_disguise() -> None:
    assert normalise("\u0627\u0644\u0633\u0644\u0627\u0645").text == "\u0627\u0644\u0633\u0644\u0627\u0645"
    assert normalise("\u041f\u0440\u0438\u0432\u0435\u0442").flags == frozenset()


@pytest.mark.parametrize(
    ("written", "word", "original"),
    [
        ("main \U0001d417 o 7 7 yuk", "xo77", "\U0001d417 o 7 7"),
        ("a ga\u200bcooor b", "gacor", "ga\u200bcooor"),
        ("kyt4\ufe0f\u20e3d!", "kyt4", "kyt4\ufe0f\u20e3"),
        ("s.l.o.t", "slot", "s.l.o.t"),
        ("cafe\u0301 x", "cafe", "cafe\u0301"),
    ],
)
def test_leads_back_to_the_original(written: str, word: str, original: str) -> None:
    result = normalise(written)
    start = result.text.index(word)
    first, stop = result.original_span(start, start + len(word))
    assert written[first:stop] == original


def test_empty_and_outer_stretches() -> None:
    result = normalise("abc")
    assert result.original_span(1, 1) == (1, 1)
    assert result.original_span(-5, 99) == (0, 3)
    assert result.original_span(9, 12) == (3, 3)


def test_skeleton_is_the_same_for_disguised_copies() -> None:
    plain = normalise("Main di koi saja, pasti gacor").skeleton
    assert plain == "maindikoisajapastigacor"
    assert normalise("M a i n di KOI777 saja!!! pasti " + styled("gacooor") + " \U0001f525").skeleton == plain
    assert normalise("123 \U0001f525 !").skeleton == ""


@given(TEXTS)
def test_never_raises_and_offsets_lie_inside(text: str) -> None:
    result = normalise(text)
    assert len(result.offsets) == len(result.text)
    before = (0, 0)
    for start, end in result.offsets:
        assert 0 <= start < end <= len(text)
        assert (start, end) >= before
        before = (start, end)
    known = {"disguised", "partly-disguised", "invisible", "spaced", "leet", "much-leet", "stretched", "brand-number", "url", "phone"}
    assert result.flags <= known


@given(TEXTS, st.integers(-2, 40), st.integers(-2, 40))
def test_spans_cut_no_character_from_its_marks(text: str, start: int, end: int) -> None:
    first, stop = normalise(text).original_span(start, end)
    assert 0 <= first <= stop <= len(text)
    if first < stop:
        assert stop == len(text) or unicodedata.category(text[stop]) not in ("Mn", "Me")


@given(TEXTS)
def test_is_deterministic(text: str) -> None:
    assert normalise(text) == normalise(text)


@pytest.mark.parametrize("piece", ["a b ", "a0", "a.b.", "\u0455", "aaa", "62 8", "a-", "\u4e02", "\u200b", "\U0001f1ee", "a1b@c$d ", "!a"])
def test_time_is_linear(piece: str) -> None:
    def seconds(length: int) -> float:
        text = (piece * length)[:length]
        best = float("inf")
        # A full collection of a large heap in the middle of the long run would be taken for a rule's time.
        gc.collect()
        gc.disable()
        for _ in range(3):
            began = time.thread_time()
            normalise.__wrapped__(text)
            best = min(best, time.thread_time() - began)
        gc.enable()
        return best

    # Time on the processor: eight times the text in well under the 64 times that a quadratic rule would take.
    assert seconds(40_000) < 24 * seconds(5_000) + 0.02


def test_memory_of_folds_is_bounded() -> None:
    normalise("".join(map(chr, range(0x3400, 0x3400 + module._MEMO_LIMIT + 500))))
    assert len(module._FOLDED) <= module._MEMO_LIMIT
