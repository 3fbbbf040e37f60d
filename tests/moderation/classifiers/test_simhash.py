"""Near-copies have near numbers, other texts do not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from moderation.classifiers.simhash import KEYS, NEAR, distance, near, signed, simhash
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
    assert distance(number(TEXT), number(other)) > NEAR


def test_short_texts_have_none() -> None:
    assert simhash("Setuju sekali, mantap!") is None
    assert simhash("") is None


def test_an_edited_copy_shares_a_key_and_a_stranger_none() -> None:
    mine, copy, other = near(TEXT), near(TEXT.replace("kunyit88", "KENCUR138")), near("Menurut saya kebijakan itu tidak adil untuk petani")
    assert mine is not None
    assert copy is not None
    assert other is not None
    assert any(a == b for a, b in zip(mine.keys, copy.keys, strict=True))
    assert not any(a == b for a, b in zip(mine.keys, other.keys, strict=True))
    assert len(mine.keys) == KEYS


@given(st.integers(0, 2**64 - 1), st.sets(st.integers(0, 63)))
def test_distance_counts_bits_of_signed_and_unsigned_numbers(one: int, flips: set[int]) -> None:
    other = one
    for bit in flips:
        other ^= 1 << bit
    assert distance(one, other) == distance(signed(one), other) == distance(signed(one), signed(other)) == len(flips)
    assert -(2**63) <= signed(one) < 2**63
    assert signed(one) % 2**64 == one


@given(TEXTS)
def test_never_raises(text: str) -> None:
    found = simhash(text)
    assert found is None or 0 <= found < 2**64
    both = near(text)
    assert (both is None) == (found is None)
    if both is not None and found is not None:
        assert both.number == signed(found)
        assert all(-(2**63) <= key < 2**63 for key in both.keys)
