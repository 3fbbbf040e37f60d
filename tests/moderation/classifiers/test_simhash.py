"""Near-copies have near numbers, other texts do not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from moderation.classifiers.simhash import NEAR, bands, distance, signed, simhash
from tests.moderation.classifiers.test_normalise import TEXTS

TEXT = "Main di kunyit88 dapat maxwin terus setiap hari gacor sekali, ayo daftar sekarang juga"


def number(text: str) -> int:
    found = simhash(text)
    assert found is not None
    return found


def test_copies_in_disguise_have_the_same_number() -> None:
    assert number(TEXT) == number(TEXT.upper() + "!!! \U0001f525") == number(TEXT.replace("maxwin", "m4xw1n"))


def test_near_copies_are_near_and_others_are_not() -> None:
    assert distance(number(TEXT), number(TEXT.replace("kunyit88", "KENCUR138"))) <= NEAR
    other = "Menurut saya kebijakan itu tidak adil untuk petani dan nelayan di daerah kami"
    assert distance(number(TEXT), number(other)) > 3 * NEAR


def test_short_texts_have_none() -> None:
    assert simhash("Setuju sekali, mantap!") is None
    assert simhash("") is None


@given(st.integers(0, 2**64 - 1), st.sets(st.integers(0, 63), max_size=NEAR))
def test_near_numbers_share_a_band(one: int, flips: set[int]) -> None:
    other = one
    for bit in flips:
        other ^= 1 << bit
    assert distance(one, other) == len(flips)
    assert any(a == b for a, b in zip(bands(one), bands(other), strict=True))
    assert -(2**63) <= signed(one) < 2**63
    assert signed(one) % 2**64 == one


@given(TEXTS)
def test_never_raises(text: str) -> None:
    found = simhash(text)
    assert found is None or 0 <= found < 2**64
