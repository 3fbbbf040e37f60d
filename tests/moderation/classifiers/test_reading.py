"""How the models read: known words in disguise are put right, unknown ones get a class, and every place stays inside the text."""

from __future__ import annotations

import gc
import time

import numpy as np
import pytest
from hypothesis import given, settings

from moderation.classifiers import features, reading, vocabulary
from moderation.classifiers.normalise import normalise
from tests.moderation.classifiers.test_normalise import TEXTS


def words(text: str) -> list[str]:
    return list(reading.read(normalise(text)).words)


def codes(text: str) -> list[str]:
    return list(reading.read(normalise(text)).codes)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("main terus", ["main", "terus"]),
        ("mxwn trs", ["maxwin", "trs"]),
        ("gcaor maxiwn", ["gacor", "maxwin"]),
        ("gac or", ["gacor"]),
        ("sela\U0001f525lu menang", ["selalu", "menang"]),
        ("d1 sini, 1n1 g4c0r t3ru5", ["di", "sini", "ini", "gacor", "terus"]),
        ("tiba2 anak2nya", ["tiba", "anak"]),
        ("maindikoi88dapatmaxwinterus", ["main", "di", "koi88", "dapat", "maxwin", "terus"]),
        ("m a i n d i k o i 8 8 d a p a t", ["main", "di", "koi88", "dapat"]),
        ("m4k4$!h 84ny4k v!$14d", ["makasih", "banyak", "visi4d"]),
        ("rajahoki", ["rajahoki"]),
        ("", []),
    ],
)
def test_reads_as(written: str, read: list[str]) -> None:
    assert words(written) == read


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("zubavo88", "~b8"),
        ("zubavo17", "~b9"),
        ("raja88", "~v8"),
        ("hokitoto77", "~t8"),
        ("zubavototo", "~bt"),
        ("slotzubavo", "~tb"),
        ("zubavo4d", "~b4"),
        ("88", "~#88"),
        ("41", "~00"),
        ("50rb", "~rp"),
        ("u19", "~l9"),
        ("5unsurz", "~9b"),
        ("zubavo", "~x6"),
        ("zubavokel", "~x9"),
        ("zbvqk", "~k"),
        ("\u4f60\u597d", "~u"),
    ],
)
def test_unknown_words_have_the_class_of_their_shape(written: str, code: str) -> None:
    assert codes(f"main di {written} yuk")[2] == code


def test_a_styled_word_among_plain_ones_is_hidden_whatever_it_says() -> None:
    styled = "".join(chr(0x1D5D4 + ord(c) - 97) for c in "banyak")
    assert codes(f"terima kasih {styled} sudah membantu kami")[2] == "~h"
    assert codes(styled) == ["banyak"]


def test_marks_tell_how_a_name_stands() -> None:
    row = reading.read(normalise("salam dari \U0001f525ZUBAVO88\U0001f525 untuk semua"))
    assert (row.words[2], sorted(row.marks[2])) == ("zubavo88", ["c", "f"])
    assert reading.read(normalise("SALAM DARI ZUBAVO88 UNTUK SEMUA")).marks[2] == ""


def test_a_grave_word_of_the_lexicon_is_its_kind_to_its_neighbours() -> None:
    row = reading.read(normalise("dasar goblok kamu"))
    assert reading.graded(row, {(6, 12): "~in2"}).codes == ("dasar", "~in2", "kamu")


@settings(deadline=None)
@given(TEXTS)
def test_never_raises_is_deterministic_and_keeps_its_places(text: str) -> None:
    normal = normalise(text)
    row = reading.read(normal)
    assert row == reading.read(normal)
    assert len(row.words) == len(row.starts) == len(row.ends) == len(row.codes) == len(row.marks)
    before = 0
    for start, end in zip(row.starts, row.ends, strict=True):
        assert before <= start < end <= len(normal.text)
        first, stop = normal.original_span(start, end)
        assert 0 <= first < stop <= len(text)
        before = end
    assert len(features.buckets(row)) == len(features.places(row)[0])


@pytest.mark.parametrize("piece", ["maindikoi88", "a b ", "gcr ", "g4c0r ", "zz", "ga.c"])
def test_time_is_linear(piece: str) -> None:
    def seconds(length: int) -> float:
        normal = normalise((piece * length)[:length])
        assert normal.words
        best = float("inf")
        gc.collect()
        gc.disable()
        for _ in range(3):
            began = time.thread_time()
            features.buckets(reading.read(normal))
            best = min(best, time.thread_time() - began)
        gc.enable()
        return best

    assert seconds(40_000) < 24 * seconds(5_000) + 0.05


@given(TEXTS)
def test_the_short_way_reads_what_the_long_way_reads(text: str) -> None:
    normal, known = normalise(text), vocabulary.get()
    short = reading.read_plain(normal, known) if reading.is_plain(normal) else None
    if short is not None and any(word not in known.words for word in normal.tokens):
        assert short == reading.read_each(normal, known)


def test_shares_of_the_surroundings_are_dealt_to_the_words_they_touch() -> None:
    for count in range(1, 8):
        names = tuple(f"kata{place}" for place in range(count))
        row = reading.Words(names, tuple(range(count)), tuple(range(count)), names, ("",) * count)
        first, last = features.places(row)
        around = np.arange(1, 3 * count + 2, dtype=np.int16)
        expected = np.zeros(count)
        for begin, end, weight in zip(first[-len(around) :], last[-len(around) :], around, strict=True):
            expected[begin : end + 1] += weight / (end - begin + 1)
        assert np.allclose(features.shared(around.tolist()), expected)
        assert abs(sum(features.shared(around.tolist())) - around.sum()) < 1e-9


def test_the_vocabulary_holds_words_and_no_names_of_sites() -> None:
    known = vocabulary.get()
    assert {"yang", "tidak", "the", "gacor", "goblok"} <= set(known.words)
    assert not any(any(char.isdigit() for char in word) for word in known.words)
    assert known.variants["-mxwn"] == "maxwin"
    assert all(word in known.words for word in known.variants.values())
