"""Figures as shapes: where the bars of a chart stand, in the units of its SVG. The templates draw them; no script, no library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

WIDTH = 720
HEIGHT = 180
GAP = 0.25  # of a column's width


@dataclass(frozen=True, slots=True)
class Series:
    """One colour of a chart: a class name for the style, its words, and a number for each column."""

    name: str
    words: str
    values: Sequence[int]


@dataclass(frozen=True, slots=True)
class Bar:
    series: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Stacked columns. `ticks` are (y, number) lines across, `labels` (x, words) below."""

    bars: list[Bar]
    ticks: list[tuple[float, int]]
    labels: list[tuple[float, str]]
    series: Sequence[Series]
    rows: list[tuple[str, list[int]]] = field(default_factory=list)  # the same as a table, for whoever cannot see the picture
    width: int = WIDTH
    height: int = HEIGHT


def stacked(columns: Sequence[str], series: Sequence[Series], most_labels: int = 8) -> Chart:
    """A chart of `columns` from left to right; the values of each series stand on those of the series before."""
    sums = [sum(one.values[place] for one in series) for place in range(len(columns))]
    top = _nice(max(sums, default=0))
    step = WIDTH / max(len(columns), 1)
    bars = []
    for place in range(len(columns)):
        floor = float(HEIGHT)
        for one in series:
            height = HEIGHT * one.values[place] / top
            if height:
                floor -= height
                bars.append(
                    Bar(one.name, round(step * (place + GAP / 2), 2), round(floor, 2), round(step * (1 - GAP), 2), round(height, 2))
                )
    every = -(-len(columns) // most_labels) or 1
    return Chart(
        bars=bars,
        ticks=[(HEIGHT, 0), (HEIGHT / 2, top // 2), (0, top)] if top > 1 else [(HEIGHT, 0), (0, top)],
        labels=[(round(step * (place + 0.5), 2), words) for place, words in enumerate(columns) if place % every == 0],
        series=series,
        rows=[(words, [one.values[place] for one in series]) for place, words in enumerate(columns)],
    )


def _nice(most: int) -> int:
    """The next of 1, 2, 4, 10, 20, 40, 100 … from which half a chart's height is still a whole number, or one."""
    power = 1
    while True:
        for step in (1, 2, 4):
            if step * power >= most:
                return step * power
        power *= 10
