"""Training on a small data folder of our own wording: every head, the same bytes twice, errors that name the file."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from moderation.classifiers import model
from moderation.classifiers.model import analyse, read
from moderation.training import corpus, data, slices
from moderation.training.data import DataError

pytest.importorskip("sklearn", reason="training is an extra")

from moderation.training.train import train

CLEAN = ["Jalan ini sudah lama rusak", "Terima kasih liputannya", "Semoga lekas sembuh", "Kapan jembatannya selesai", "Hujan lagi di sini"]
SPAM = ["Main di kunyit88 pasti jp", "Slot gacor hari ini kencur77", "Bonus member baru lada138", "Maxwin terus di salam4d"]
RUDE = ["You are an idiot. Go away now.", "What a stupid moron he is.", "Shut up you fool. Read the law first please."]


def write(folder: Path, name: str, header: list[str], rows: list[list[str]]) -> None:
    with gzip.open(folder / name, "wt", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with a few rows in every file, and few inventions."""
    monkeypatch.setattr(corpus, "DRAWN", dict.fromkeys(corpus.DRAWN, 40))
    monkeypatch.setattr(corpus, "MIXED", {head: dict.fromkeys(counts, 40) for head, counts in corpus.MIXED.items()})
    rows = [[f"{text} {i}", "0", text, part] for i, part in enumerate(["train"] * 6 + ["dev"] * 2) for text in CLEAN]
    rows += [[f"{text} {i}", "1", text, part] for i, part in enumerate(["train"] * 6 + ["dev"] * 2) for text in SPAM]
    write(tmp_path, "gambling_comments_id.csv.gz", ["text", "gambling_promotion", "template_group", "part"], rows)
    (tmp_path / "gambling_brands_id.csv").write_text("site\nkunyit88\n", encoding="utf-8")
    write(tmp_path, "reviews_id.csv.gz", ["text", "sentiment"], [[f"{t} {i}", "negative"] for i in range(8) for t in CLEAN])
    sentences = [["javanese", f"{t} {i}", "neutral"] for i in range(8) for t in CLEAN]
    write(tmp_path, "sentences_12_languages.csv.gz", ["language", "text", "sentiment"], sentences)
    tweets = [[f"RT @user: {t} {i}", str(i % 3)] for i in range(16) for t in RUDE]
    write(tmp_path, "tweets_en.csv.gz", ["text", "class_0hate_1offensive_2neither"], tweets)
    spans = [[text, json.dumps(list(range(4, 16)))] for _ in range(8) for text in RUDE]
    write(tmp_path, "news_comments_toxic_spans_en.csv.gz", ["text", "spans"], spans)
    write(tmp_path, "news_comments_toxic_en.csv.gz", ["text"], [[text] for _ in range(8) for text in RUDE])
    return tmp_path


def test_the_same_seed_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    told: list[str] = []
    heads = ("gambling", "abuse_id")
    first = train(folder, tmp_path / "one", heads, 7, told.append)
    analyse.cache_clear()
    second = train(folder, tmp_path / "two", heads, 7, told.append)
    assert first == second
    assert (tmp_path / "one" / "gambling.npz").read_bytes() == (tmp_path / "two" / "gambling.npz").read_bytes()
    assert told[0].startswith("gambling: ")
    assert read("gambling", tmp_path / "one").hash == first["gambling"]
    assert train(folder, tmp_path / "three", ("abuse_id",), 8, told.append)["abuse_id"] != first["abuse_id"]


def test_a_head_trained_on_little_still_tells_the_two_apart(folder: Path, tmp_path: Path) -> None:
    train(folder, tmp_path / "out", ("promotion", "abuse_en"), 7, lambda line: None)
    used = read("abuse_en", tmp_path / "out")
    assert used.score(analyse("you stupid idiot")).logit > used.score(analyse("terima kasih liputannya")).logit
    assert 0 < used.queue <= used.strict <= 1


def test_an_unknown_head_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="There is no head 'weather'"):
        train(folder, tmp_path, ("weather",))
    with pytest.raises(ValueError, match="There is no head 'weather'"):
        slices.dev("weather", folder)


def test_a_missing_file_is_named(folder: Path, tmp_path: Path) -> None:
    (folder / "reviews_id.csv.gz").unlink()
    with pytest.raises(DataError, match=r"^reviews_id\.csv\.gz cannot be read"):
        train(folder, tmp_path / "out", ("gambling",))


def test_rows_that_name_a_listed_site_are_not_harmless(folder: Path) -> None:
    rows = [data.Row("tempat k u n y i t 8 8 enak", 0, "comments"), data.Row("tempat makan enak", 0, "comments")]
    assert corpus.unmixed(rows, data.brands(folder)) == rows[1:]


def test_the_marks_of_a_tweet_are_taken_off(folder: Path) -> None:
    assert data.tweets(folder, "train")[0].text == "You are an idiot. Go away now. 0"


def test_the_command_trains_and_tells(folder: Path, tmp_path: Path) -> None:
    out = io.StringIO()
    call_command("train_classifiers", data_dir=folder, dry_run=True, head=["gambling"], stdout=out)
    assert out.getvalue().startswith("gambling: ")
    assert out.getvalue().endswith(" rows\n")
    call_command("train_classifiers", data_dir=folder, head=["gambling"], out=tmp_path / "out", stdout=io.StringIO())
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["gambling.npz", "manifest.json"]
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("train_classifiers", data_dir=tmp_path / "none", stdout=io.StringIO())


def test_the_command_evaluates_a_file(tmp_path: Path) -> None:
    path, out = tmp_path / "in.csv", tmp_path / "out.csv"
    path.write_text("text,label\nSelamat pagi,0\n", encoding="utf-8")
    said = io.StringIO()
    call_command("evaluate_classifiers", data=path, head="gambling", out=out, stdout=said)
    assert "| all | 0 | 1 |" in said.getvalue()
    assert out.read_text(encoding="utf-8").splitlines()[0] == "label,slice,score,probability,action"
    with pytest.raises(CommandError, match="--data needs --head"):
        call_command("evaluate_classifiers", data=path)
    with pytest.raises(CommandError, match="Give --data with --head, or --data-dir"):
        call_command("evaluate_classifiers")
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("evaluate_classifiers", data=path, head="gambling", out=tmp_path / "none" / "out.csv")


def test_the_command_evaluates_every_slice(folder: Path) -> None:
    said = io.StringIO()
    call_command("evaluate_classifiers", data_dir=folder, head="gambling", stdout=said)
    assert f"sha256 `{model.get('gambling').hash}`" in said.getvalue()
    assert "| disguise-vowel-drop |" in said.getvalue()
    assert "| language-javanese |" in said.getvalue()
    assert "99th percentile" in said.getvalue()
