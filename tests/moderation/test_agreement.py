"""Cohen's kappa against values worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.agreement import Agreement, agreement


def pairs(both: int, one: int, other: int, neither: int) -> list[tuple[bool, bool]]:
    return [(True, True)] * both + [(True, False)] * one + [(False, True)] * other + [(False, False)] * neither


def test_the_textbook_case() -> None:
    # 20 + 15 of 50 agree: .7; by chance .5 * .6 + .5 * .4 = .5; (.7 - .5) / .5
    found = agreement(pairs(20, 5, 10, 15))
    assert (found.looks, found.share) == (50, 0.7)
    assert found.kappa == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("given_pairs", "expected"),
    [
        ([], Agreement(0, 0.0, None)),
        (pairs(3, 0, 0, 0), Agreement(3, 1.0, None)),
        (pairs(2, 0, 0, 2), Agreement(4, 1.0, 1.0)),
        (pairs(0, 2, 2, 0), Agreement(4, 0.0, -1.0)),
        (pairs(1, 1, 1, 1), Agreement(4, 0.5, 0.0)),
    ],
)
def test_the_ends(given_pairs: list[tuple[bool, bool]], expected: Agreement) -> None:
    assert agreement(given_pairs) == expected


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=60))
def test_within_its_bounds_and_blind_to_order(judged: list[tuple[bool, bool]]) -> None:
    found = agreement(judged)
    assert 0 <= found.share <= 1
    assert found.kappa is None or -1 <= found.kappa <= 1
    turned = agreement([(second, first) for first, second in reversed(judged)])
    assert turned.looks == found.looks
    assert turned.kappa == (pytest.approx(found.kappa) if found.kappa is not None else None)
