"""The checks that read a text model: labels by threshold, marks in the original, thresholds of the publication."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from moderation.checks import abuse, gambling, language, promotion
from moderation.checks.base import Label, Submission
from moderation.classifiers.model import analyse, get
from tests.moderation.classifiers.test_normalise import TEXTS

SPAM = "Cobain main di KUNYIT88, slot gacor maxwin, bonus new member"


def test_promotion_of_gambling_is_spam_with_its_words_marked() -> None:
    finding = gambling.check(Submission(text=SPAM))
    assert finding.label is Label.SPAM
    assert finding.model_hash == get("gambling").hash
    assert finding.version == f"1/{get('gambling').version}"
    assert finding.probability is not None
    assert finding.probability >= get("gambling").strict
    assert finding.detail["strict"] == get("gambling").strict
    marked = " ".join(SPAM[span.start : span.end] for span in finding.spans)
    assert "gacor" in marked
    assert {span.kind for span in finding.spans} == {"gambling"}


def test_the_disguised_name_is_marked() -> None:
    name = "".join(chr(0x1D5D4 + ord(c) - 65) for c in "KUNYIT") + "88"
    text = f"Semalam main di {name} langsung jp, g4c0r parah"
    finding = gambling.check(Submission(text=text))
    assert finding.label is Label.SPAM
    assert any(name in text[span.start : span.end] for span in finding.spans)
    assert "kunyit88" in finding.words


def test_disguised_words_are_marked_beside_the_strongest() -> None:
    text = "𝗦𝗹𝗼𝘁 g4c0r p a r a h di Mentari99, m4xw1n tiap malam!! ԁаftаr sekarang bosku 🎰"
    finding = gambling.check(Submission(text=text))
    marked = [text[span.start : span.end] for span in finding.spans]
    assert marked == ["𝗦𝗹𝗼𝘁 g4c0r", "Mentari99", "m4xw1n", "ԁаftаr"]


def test_counted_signs_are_dealt_to_the_words_they_count() -> None:
    text = "Cobain main di KUNYIT88, slot g4c0r maxwin, bonus new member"
    analysis, used = analyse(text), get("gambling")
    words = analysis.windows[0].words
    shares, spoken = used.shares(analysis.windows[0]), used.speaking(analysis, 0)
    dealt = {word: after - before for word, before, after in zip(words.words, shares, spoken, strict=True)}
    signs = used.signed(analysis.windows[0])
    trade = signs["gambling-words"] / len(("slot", "gacor", "maxwin", "bonus", "member"))
    assert dealt["slot"] == pytest.approx(trade)
    assert dealt["gacor"] == pytest.approx(trade + signs["hidden-words"])
    assert dealt["di"] == 0
    assert dealt["kunyit88"] == pytest.approx(signs["brand-words"] + signs["unknown-words"] + signs.get("capital-names", 0))
    finding = gambling.check(Submission(text=text))
    told = {part.word: part.contribution for part in used.explain(analysis, 0).words}
    assert finding.detail["contributions"] == [[word, round(told[word], 4)] for word in finding.words]


def test_in_english_the_words_are_marked_that_readers_marked() -> None:
    text = "What a stupid moron, and the committee meets on Tuesday"
    finding = abuse.check(Submission(text=text))
    assert [text[span.start : span.end] for span in finding.spans] == ["stupid", "moron"]


def test_disguise_changes_nothing() -> None:
    styled = "".join(chr(0x1D41A + ord(c) - 97) if "a" <= c <= "z" else c for c in SPAM.lower())
    finding = gambling.check(Submission(text=styled))
    assert finding.label is Label.SPAM
    assert finding.probability == gambling.check(Submission(text=SPAM.lower())).probability
    assert all(0 <= span.start < span.end <= len(styled) for span in finding.spans)


def test_other_promotion_and_abuse_only_ask() -> None:
    loan = promotion.check(Submission(text="Butuh pinjaman cepat tanpa jaminan? Hubungi WA 081211112222"))
    assert loan.label is Label.SUSPECT
    insult = abuse.check(Submission(text="Dasar goblok, tolol lu semua"))
    assert insult.label is Label.SUSPECT
    assert insult.detail["kinds"] == ["insult"]
    assert insult.detail["severity"] == 2
    assert "goblok" in insult.words


def test_a_publication_may_set_its_own_thresholds() -> None:
    lenient = Submission(text=SPAM, thresholds={"gambling": {"strict": 1.0, "queue": 1.0}})
    assert gambling.check(lenient).label in (Label.NOTE, Label.SPAM)
    assert gambling.check(lenient).detail["strict"] == 1.0
    watchful = Submission(text="Selamat pagi semua", thresholds={"gambling": {"queue": 1e-12}})
    assert gambling.check(watchful).label is Label.SUSPECT


@pytest.mark.parametrize("own", [{"strict": 0.2, "queue": 0.9}, {"queue": 0.0}, {"strict": 1.5}])
def test_thresholds_out_of_order_are_refused(own: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be 0 < queue <= strict <= 1"):
        gambling.check(Submission(text="halo", thresholds={"gambling": own}))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Jalan ini sudah rusak dan tidak ada yang peduli", "id"),
        ("The road is broken and nobody cares about it", "en"),
        ("Dalan iki wis suwe rusak lan ora ana sing peduli", "jv"),
        ("Jalan ieu tos lami ruksak sareng teu aya nu paduli", "su"),
        ("Mantap", ""),
    ],
)
def test_languages(text: str, code: str) -> None:
    finding = language.check(Submission(text=text))
    assert finding.detail["language"] == code
    assert finding.label is Label.CLEAN


def test_a_text_in_letters_that_the_models_cannot_read_is_noted() -> None:
    assert language.check(Submission(text="\u4f60\u597d\u4e16\u754c" * 6)).label is Label.NOTE


@settings(deadline=None)
@given(TEXTS)
def test_never_raise_and_spans_lie_inside(text: str) -> None:
    for check in (gambling.check, promotion.check, abuse.check, language.check):
        for span in check(Submission(text=text)).spans:
            assert 0 <= span.start < span.end <= len(text)
