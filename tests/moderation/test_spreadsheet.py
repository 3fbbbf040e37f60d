"""Cells that a spreadsheet would calculate are made inert, and all others left as they are."""

from __future__ import annotations

import csv
import io

import pytest

from moderation.spreadsheet import defuse, lines


@pytest.mark.parametrize("cell", ["=1+1", "+62811", "-2", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠a", "  =1", "\ufeff=1"])
def test_a_formula_is_led_by_an_apostrophe(cell: str) -> None:
    assert defuse(cell) == f"'{cell}"


@pytest.mark.parametrize(("cell", "text"), [("biasa", "biasa"), ("a=1", "a=1"), (None, ""), (-3, "-3"), (0.5, "0.5"), ("", "")])
def test_everything_else_stays(cell: object, text: str) -> None:
    assert defuse(cell) == text


def test_a_file_reads_back_row_for_row() -> None:
    text = "".join(lines(("a", "b"), [('dua "kutip", koma', "baris\nbaru"), ("=1", 2)]))
    assert text.startswith("\ufeff")
    assert list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))) == [
        ["a", "b"],
        ['dua "kutip", koma', "baris\nbaru"],
        ["'=1", "2"],
    ]
