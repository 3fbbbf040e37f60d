"""Evaluation: figures by hand, any labelled file, errors that name the line."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from moderation.classifiers.model import get
from moderation.training.data import DataError
from moderation.training.evaluate import evaluate_file, table
from moderation.training.labelled import read
from moderation.training.slices import figures, pr_auc

SPAM = "Main di KUNYIT88, slot gacor maxwin, bonus new member"


def test_pr_auc_by_hand() -> None:
    assert pr_auc(np.array([0.9, 0.8, 0.7]), np.array([1, 0, 1])) == pytest.approx((1 + 2 / 3) / 2)
    assert pr_auc(np.array([0.5, 0.5]), np.array([1, 0])) == 0.5
    assert pr_auc(np.array([0.5, 0.6]), np.array([1, 1])) is None
    assert pr_auc(np.array([0.5]), np.array([0])) is None


def test_figures_by_hand() -> None:
    found = figures("x", np.array([0.9, 0.5, 0.6, 0.1]), np.array([1, 1, 0, 0]), queue=0.5, strict=0.8)
    assert (found.positives, found.negatives) == (2, 2)
    assert (found.recall_queue, found.recall_strict) == (1.0, 0.5)
    assert (found.false_queue, found.false_strict) == (0.5, 0.0)
    assert (found.precision_queue, found.precision_strict) == (2 / 3, 1.0)
    assert "| x | 2 | 2 | 0.8333 | 100.00 | 50.00 | 50.00 | 0.00 | 66.67 | 100.00 |" in list(table((found,)))


def test_a_labelled_file(tmp_path: Path) -> None:
    path, out = tmp_path / "in.csv", tmp_path / "out.csv"
    path.write_text(f'text,label,slice\n"{SPAM}",1,a\nSelamat pagi semua,0,b\nnull,0,\n', encoding="utf-8")
    tables = evaluate_file(path, "gambling", out)
    assert [row.name for row in tables] == ["all", "-", "a", "b"]
    assert (tables[0].recall_strict, tables[0].false_queue, tables[0].pr_auc) == (1.0, 0.0, 1.0)
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["label"], row["slice"], row["action"]) for row in rows] == [
        ("1", "a", "spam"),
        ("0", "b", "pass"),
        ("0", "-", "pass"),
    ]
    assert float(rows[0]["probability"]) >= get("gambling").strict
    assert float(rows[0]["score"]) > float(rows[1]["score"])


def test_abuse_is_never_spam(tmp_path: Path) -> None:
    path, out = tmp_path / "in.csv", tmp_path / "out.csv"
    path.write_text("text,label\nDasar goblok tolol lu bangsat,1\n", encoding="utf-8")
    evaluate_file(path, "abuse_id", out)
    assert out.read_text(encoding="utf-8").splitlines()[1].endswith(",hold")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("text,label\n", "in.csv has no rows."),
        ("", "in.csv: the columns 'text' and 'label' are needed, and 'slice' may be there; the first line has: nothing."),
        ("text,label\na,1\nb,2\n", "in.csv, record 3: the label must be 0 or 1, not '2'."),
        ("text,label\na\n", "in.csv, record 2: the label must be 0 or 1, not ''."),
        (
            "kata,label\na,1\n",
            "in.csv: the columns 'text' and 'label' are needed, and 'slice' may be there; the first line has: kata, label.",
        ),
    ],
)
def test_bad_files_are_named(tmp_path: Path, content: str, sentence: str) -> None:
    path = tmp_path / "in.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        list(read(path))
    assert str(caught.value) == sentence


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^none\.csv\.gz cannot be read"):
        list(read(tmp_path / "none.csv.gz"))


@pytest.mark.parametrize(
    "raw",
    [
        "\ufefftext,label\r\nSelamat pagi,0\r\n".encode(),
        b"TEXT;Label\nSelamat pagi;0.0\n",
        b"label\ttext\tx\n0\tSelamat pagi\n",
        "text,label\nSelamat pagi,0\n".encode("utf-16"),
        b"text,label,slice\n\n,\nSelamat pagi, 0 ,\n".replace(b"\n,\n", b"\n"),
    ],
)
def test_odd_files_are_read(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(raw)
    assert [(row.text, row.label, row.source) for row in read(path)] == [("Selamat pagi", 0, "-")]


def test_odd_texts_are_scored(tmp_path: Path) -> None:
    path, out = tmp_path / "in.csv", tmp_path / "out.csv"
    texts = ['""', '"dua\nbaris\r\n"', '"\x00"', '"' + "x" * 300_000 + '"', '"\u202e\ufdfa"']
    path.write_bytes(
        b"text,label,slice\n" + b"".join(f"{text},{i % 2},a\n".encode() for i, text in enumerate(texts)) + b'\xff\xfe,0,"\xff"\n'
    )
    told: list[str] = []
    tables = evaluate_file(path, "gambling", out, told.append)
    assert [(row.name, row.positives, row.negatives) for row in tables] == [("all", 2, 4), ("a", 2, 3), ("\ufffd", 0, 1)]
    assert told == []
    with out.open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 6
