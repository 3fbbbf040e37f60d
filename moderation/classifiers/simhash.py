"""Near-copies of a text: a SimHash to compare two texts by, and MinHash keys to find the candidates by an index.

Both are made of the 5-grams of the skeleton (letters only, see `Normalised.skeleton`). The SimHash has 64 bits; near-copies differ in
few of them, unrelated texts in about thirty. Its bands would make a poor index (eight bits each put 4,000 of a million texts into one
place), so candidates are looked up by `KEYS` keys of 64 bits: each is made of the two least hashes of the 5-grams in two random orders,
so that texts sharing the part s of their 5-grams agree in one key with the chance s², and unrelated ones practically never.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from moderation.classifiers.normalise import normalise

BITS: Final = 64
KEYS: Final = 6
# Bits that differ between copies of which one had a brand, a number or a few words changed; see docs/adr/0009.
NEAR: Final = 13
# Up to here it may be a copy that was worked over, or a stranger on the same subject: for a person to look at.
BORDERLINE: Final = 18
GRAM: Final = 5
# Letters below which two honest comments are alike too easily.
SHORTEST: Final = 24

_PRIME: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX: Final = np.uint64(0xD6E8FEB86659FD93)
_PLACES: Final = np.arange(BITS, dtype=np.uint64)
_ORDERS: Final = np.arange(1, 2 * KEYS + 1, dtype=np.uint64) * np.uint64(0xA24BAED4963EE407)


@dataclass(frozen=True, slots=True)
class Near:
    """`number` is the SimHash, `keys` the MinHash keys; all as signed 64-bit integers, which is what SQL's BIGINT holds."""

    number: int
    keys: tuple[int, ...]


def near(text: str) -> Near | None:
    """What near-copies of a text are known by; None where its skeleton is shorter than SHORTEST."""
    skeleton = normalise(text).skeleton
    if len(skeleton) < SHORTEST:
        return None
    grams = _grams(skeleton)
    least = _stir(grams[:, None] ^ _ORDERS).min(axis=0)
    keys = _stir(least[0::2] * _PRIME + least[1::2])
    return Near(signed(_simhash(grams)), tuple(signed(int(key)) for key in keys))


def simhash(text: str) -> int | None:
    """The 64-bit number of a text, 0 <= n < 2**64; None where its skeleton is shorter than SHORTEST."""
    skeleton = normalise(text).skeleton
    return _simhash(_grams(skeleton)) if len(skeleton) >= SHORTEST else None


def distance(one: int, other: int) -> int:
    """How many bits differ. Signed and unsigned numbers may be mixed."""
    return ((one ^ other) & ((1 << BITS) - 1)).bit_count()


def signed(number: int) -> int:
    """A number as a signed 64-bit integer."""
    return number - (1 << BITS) if number >= 1 << (BITS - 1) else number


def _grams(skeleton: str) -> NDArray[np.uint64]:
    codes = np.frombuffer(skeleton.encode("utf-32-le", "replace"), dtype="<u4").astype(np.uint64)
    level = codes
    for size in range(1, GRAM):
        level = level[:-1] * _PRIME + codes[size:]
    return _stir(np.unique(level) * _MIX)


def _stir(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    numbers = (numbers ^ (numbers >> np.uint64(31))) * _PRIME
    return numbers ^ (numbers >> np.uint64(29))


def _simhash(grams: NDArray[np.uint64]) -> int:
    ones = ((grams[:, None] >> _PLACES) & np.uint64(1)).sum(axis=0)
    bits = (ones * 2 > len(grams)).astype(np.uint64)
    return int((bits << _PLACES).sum(dtype=np.uint64))
