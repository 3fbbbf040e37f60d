"""Where the bars stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.charts import HEIGHT, WIDTH, Series, stacked


def test_bars_stand_on_one_another() -> None:
    chart = stacked(["a", "b"], [Series("one", "satu", [1, 0]), Series("two", "dua", [3, 2])])
    assert [(bar.series, bar.x, bar.y, bar.width, bar.height) for bar in chart.bars] == [
        ("one", 45.0, 135.0, 270.0, 45.0),
        ("two", 45.0, 0.0, 270.0, 135.0),
        ("two", 405.0, 90.0, 270.0, 90.0),
    ]
    assert chart.ticks == [(HEIGHT, 0), (HEIGHT / 2, 2), (0, 4)]
    assert chart.rows == [("a", [1, 3]), ("b", [0, 2])]


@pytest.mark.parametrize(("values", "top"), [([], 1), ([0], 1), ([1], 1), ([3], 4), ([5], 10), ([11], 20), ([41], 100)])
def test_the_scale_ends_in_a_round_number(values: list[int], top: int) -> None:
    assert stacked([str(value) for value in values], [Series("one", "satu", values)]).ticks[-1] == (0, top)


@given(st.lists(st.integers(0, 10**6), max_size=60))
def test_nothing_leaves_the_picture(values: list[int]) -> None:
    chart = stacked([str(place) for place in range(len(values))], [Series("one", "satu", values)])
    for bar in chart.bars:
        assert 0 <= bar.x <= bar.x + bar.width <= WIDTH + 0.1
        assert -0.1 <= bar.y <= bar.y + bar.height <= HEIGHT + 0.1
    assert len(chart.labels) <= 9
