"""Phrase lists: reading, refusing, matching."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import moderation
from moderation.classifiers.normalise import normalise
from moderation.classifiers.phrases import Hit, PhraseLine, PhraseListError, PhraseMatcher, check_pattern, matcher, parse, read

HEADER = "pattern,action,kind,severity,language,note\n"
STARTER = Path(moderation.__file__).parent / "phrases" / "starter.csv"


def found(pattern: str, text: str) -> bool:
    return bool(PhraseMatcher([pattern]).find(normalise(text)))


@pytest.mark.parametrize(
    ("pattern", "text", "hit"),
    [
        ("slot gacor", "ada SLOT, gacor!", True),
        ("slot gacor", "slotnya gacor", True),
        ("slot gacor", "slot yang gacor", False),
        ("slot", "slotted", False),
        ("anjing", "anjing-anjing", True),
        ("anjing", "anjingnya", True),
        ("=anjing", "anjingnya", False),
        ("~tipu", "penipuan", True),
        ("~tipu", "penipu", True),
        ("~tipu", "menipu", True),
        ("~tipu", "ditipunya", True),
        ("~sikat", "nyikat", True),
        ("~goblok", "menggobloki", True),
        ("fuck*", "fucking", True),
        ("fuck*", "fu", False),
        ("*bangsat*", "dasarbangsatkau", True),
        ("slot", "s l o t", True),
        ("slot", "\U0001d42c\U0001d425\U0001d428\U0001d42d", True),
    ],
)
def test_matches(pattern: str, text: str, hit: bool) -> None:
    assert found(pattern, text) is hit


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("main di mawar.toto saja", "mawar.toto"),
        ("main di mawar t0to saja", "mawar t0to"),
        ("main di MaWaR-tO-tO saja", "MaWaR-tO-tO"),
        ("main di mawartoto saja", "mawartoto"),
        ("mawar totok", None),
        ("bunga mawar, toto", "mawar, toto"),
        ("mawar di toto", None),
        ("toto mawar", None),
    ],
)
def test_a_long_word_is_found_in_parts(text: str, words: str | None) -> None:
    read_text = normalise(text)
    hits = PhraseMatcher(["judi", "mawartoto", "~mawartoto", "=mawartoto"], parted=True).find(read_text)
    parted = [hit for hit in hits if hit.index == 1]
    assert [text[slice(*read_text.original_span(hit.start, hit.end))] for hit in parted] == ([words] if words else [])


def test_a_short_word_and_the_lexicon_are_not_found_in_parts() -> None:
    assert PhraseMatcher(["maxwin"], parted=True).find(normalise("max win")) == ()
    assert PhraseMatcher(["mawartoto"]).find(normalise("mawar toto")) == ()


def test_tells_where_and_which() -> None:
    text = normalise("Main slot gacor, bukan togel.")
    hits = PhraseMatcher(["togel", "slot gacor"]).find(text)
    assert hits == (Hit(5, 15, 1), Hit(23, 28, 0))


def test_is_built_once_for_a_list() -> None:
    assert matcher(("a b", "c")) is matcher(("a b", "c"))


def test_reads_a_list() -> None:
    lines = parse("\ufeff" + HEADER + '# told why\n\nSlot  Gacor,banned,gambling,3,id,"a, b"\n~tolol,suspect,insult,2,,\n')
    assert lines == (
        PhraseLine("slot gacor", True, "gambling", 3, "id", "a, b"),
        PhraseLine("~tolol", False, "insult", 2, "", ""),
    )
    assert parse("") == ()


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("a,b", "2 columns instead of 6."),
        (",banned,spam,1,,", "The pattern is empty."),
        ("kata,forbid,spam,1,,", "The action is 'banned' or 'suspect', not 'forbid'."),
        (
            "kata,banned,rude,1,,",
            "The kind is one of spam, gambling, scam, insult, profanity, threat, identity, not 'rude'.",
        ),
        ("kata,banned,spam,4,,", "The severity is 1, 2 or 3, not '4'."),
        ("ka!ta,banned,spam,1,,", "'ka!ta' is not a word: only letters and digits, with ~ or = in front or * around."),
        ("fu*,banned,spam,1,,", "'fu*': at least three letters must stand before *."),
        ("g4cor,banned,spam,1,,", "'g4cor' is never met in a normalised text; write it as 'gacor'."),
    ],
)
def test_names_the_line_and_the_fault(line: str, sentence: str) -> None:
    with pytest.raises(PhraseListError) as caught:
        parse(HEADER + "baik,suspect,spam,1,,\n" + line + "\n")
    assert caught.value.errors == ((3, sentence),)


def test_every_fault_is_told_and_doubles_refused() -> None:
    with pytest.raises(PhraseListError) as caught:
        parse(HEADER + "satu,banned,spam,1,,\nsatu,banned,spam,1,,\nx\n")
    assert caught.value.errors == ((3, "'satu' stands in line 2 already."), (4, "1 columns instead of 6."))
    with pytest.raises(PhraseListError, match="The first line must be"):
        parse("a,b\n")


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_reads_what_spreadsheets_write_and_the_words_of_the_desk(sign: str) -> None:
    lines = [
        "# dari redaksi; lama, sekali",
        "pattern,action,kind,severity,language,note",
        "kuda emas,Terlarang,judi,3,,satu",
        "kuda,x,judi,1,,",
    ]
    text = "\ufeff" + "\r\n".join([lines[0], *(line.replace(",", sign) for line in lines[1:])])
    reading = read(text, {"terlarang": "banned", "judi": "gambling"})
    assert reading.lines == ((3, PhraseLine("kuda emas", True, "gambling", 3, "", "satu")),)
    assert reading.faults == ((4, "The action is 'banned' or 'suspect', not 'x'."),)


@pytest.mark.parametrize("pattern", ["*abc*", "a* b", "x" * 81])
def test_refuses_patterns_that_match_too_much(pattern: str) -> None:
    assert check_pattern(pattern) is not None


def test_the_starter_list_is_valid_and_mostly_asks() -> None:
    lines = parse(STARTER.read_text(encoding="utf-8"))
    assert len(lines) >= 120
    decisive = {line.kind for line in lines if line.banned}
    assert decisive == {"gambling", "scam", "spam"}


@pytest.mark.parametrize(
    "text",
    [
        "Anak saya suka menang lomba, mainannya mobil-mobilan.",
        "Pak Toto sudah pensiun.",
        "Burung murai saya gacor tiap pagi.",
        "Tim kita menang dua kosong.",
        "Korban mati tertimbun longsor.",
    ],
)
def test_the_starter_list_leaves_ordinary_sentences_alone(text: str) -> None:
    lines = parse(STARTER.read_text(encoding="utf-8"))
    assert PhraseMatcher([line.pattern for line in lines]).find(normalise(text)) == ()


@given(st.text())
def test_matching_never_raises_and_stays_inside(text: str) -> None:
    normal = normalise(text)
    for hit in PhraseMatcher(["slot gacor", "~tolol", "abc*", "*abcd*"]).find(normal):
        assert 0 <= hit.start < hit.end <= len(normal.text)
