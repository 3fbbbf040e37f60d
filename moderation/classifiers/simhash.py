"""SimHash of a comment's skeleton: near-copies have numbers that differ in few bits, so that campaigns can be found by an index.

64 bits over the 5-grams of the skeleton (letters only, see `Normalised.skeleton`). Two texts are near-copies where at most NEAR
bits differ: a sentence in which only the name of the site was changed differs in about seven, unrelated ones in about thirty.
To look copies up without comparing all, store the eight `bands`: numbers that differ in at most seven bits share at least one of
eight bands whole, by the pigeonhole principle.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from moderation.classifiers.normalise import normalise

BITS: Final = 64
BANDS: Final = 8
NEAR: Final = 7
GRAM: Final = 5
# Letters below which two honest comments are alike too easily.
SHORTEST: Final = 24

_PRIME: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX: Final = np.uint64(0xD6E8FEB86659FD93)
_PLACES: Final = np.arange(BITS, dtype=np.uint64)


def simhash(text: str) -> int | None:
    """The 64-bit number of a text, 0 <= n < 2**64; None where its skeleton is shorter than SHORTEST."""
    skeleton = normalise(text).skeleton
    if len(skeleton) < SHORTEST:
        return None
    codes = np.frombuffer(skeleton.encode("utf-32-le", "replace"), dtype="<u4").astype(np.uint64)
    level = codes
    for size in range(1, GRAM):
        level = level[:-1] * _PRIME + codes[size:]
    grams = np.unique(level) * _MIX
    grams = (grams ^ (grams >> np.uint64(31))) * _PRIME
    grams ^= grams >> np.uint64(29)
    ones = ((grams[:, None] >> _PLACES) & np.uint64(1)).sum(axis=0)
    bits = (ones * 2 > len(grams)).astype(np.uint64)
    return int((bits << _PLACES).sum(dtype=np.uint64))


def distance(one: int, other: int) -> int:
    """How many bits differ."""
    return (one ^ other).bit_count()


def bands(number: int) -> tuple[int, ...]:
    """The eight 8-bit bands of a number, lowest first. With an index on each, near-copies are among those that share a band."""
    width = BITS // BANDS
    return tuple((number >> (band * width)) & ((1 << width) - 1) for band in range(BANDS))


def signed(number: int) -> int:
    """A number as a signed 64-bit integer, which is what SQL's BIGINT holds."""
    return number - (1 << BITS) if number >= 1 << (BITS - 1) else number
