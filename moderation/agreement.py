"""How well two judges agree beyond chance: Cohen's kappa over two classes. Plain arithmetic, no database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agreement:
    """`looks` pairs of judgements; `share` of them equal (0 to 1); `kappa` (-1 to 1), None where it is not defined."""

    looks: int
    share: float
    kappa: float | None


def agreement(pairs: Iterable[tuple[bool, bool]]) -> Agreement:
    """Of pairs (first judge refuses, second judge refuses).

    Kappa is (observed - expected) / (1 - expected), with the expected agreement of two judges who refuse as often as these do, each
    without looking (Cohen, 1960). It is not defined where both give one and the same answer throughout.
    """
    both = one = other = neither = 0
    for first, second in pairs:
        if first and second:
            both += 1
        elif first:
            one += 1
        elif second:
            other += 1
        else:
            neither += 1
    looks = both + one + other + neither
    if not looks:
        return Agreement(0, 0.0, None)
    observed = (both + neither) / looks
    expected = ((both + one) * (both + other) + (neither + other) * (neither + one)) / looks**2
    return Agreement(looks, observed, (observed - expected) / (1 - expected) if expected < 1 else None)
