"""A newsroom's correction of a model: exact, bounded, and gone without a trace when it is taken away."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.classifiers import correction, guard, model
from moderation.classifiers.assess import assess
from moderation.classifiers.correction import BOUND, Example, corrected, fit, length_of, pack, share_of, unpack, window_of
from moderation.classifiers.model import Model, ModelError, analyse
from tests.moderation.gold import read

BRAND = "kencanaria"
FRAMES = (
    "Ayo merapat ke {} sekarang juga", "{} memang tempat paling asyik malam ini", "baru kemarin gabung {} langsung senyum",
    "cuma {} yang bikin hati tenang", "semua teman pindah ke {}", "{} jalan terus, jangan ketinggalan", "kata tetangga {} paling oke",
    "mantap sekali {}, terima kasih", "udah coba {} belum? enak banget", "malam minggu bareng {}",
)  # fmt: skip
CLEAN = (
    "Jembatan itu sudah lama ditunggu warga.", "Pemerintah harus transparan soal anggaran ini.", "Harga beras naik terus.",
    "Semoga korban banjir segera dibantu.", "Terima kasih redaksi, beritanya bagus.", "Jalan di kampung saya rusak parah.",
    "semua teman saya setuju", "malam ini hujan deras di Bogor", "tenang saja pak, kami dukung", "kemarin saya ke pasar",
)  # fmt: skip
NEW = f"bang cek {BRAND} ya"


@pytest.fixture(scope="module")
def base() -> Model:
    return model.get("gambling")


def examples(base: Model, positive: tuple[str, ...], negative: tuple[str, ...] = CLEAN) -> list[Example]:
    rows = [(text.format(BRAND), True) for text in positive] + [(text, False) for text in negative]
    return [Example(window_of(base, analyse(text)), is_positive) for text, is_positive in rows]


@pytest.fixture(scope="module")
def learned(base: Model) -> Model:
    content, digest = pack(base, 3, fit(base, examples(base, FRAMES)))
    return corrected(base, unpack(content, digest))


def probability(used: Model, text: str) -> float:
    return used.score(analyse(text)).probability


def test_a_new_name_is_learned_from_ten_examples_and_clean_text_keeps_its_score(base: Model, learned: Model) -> None:
    assert probability(base, NEW) < 0.2
    assert probability(learned, NEW) > base.queue
    for text in CLEAN:
        assert probability(learned, text) < probability(base, text) + 0.05 < base.queue
    assert probability(learned, "Kereta 12 berangkat pukul empat") == pytest.approx(
        probability(base, "Kereta 12 berangkat pukul empat"), abs=0.02
    )
    assert guard.worse(guard.compare(base, learned)) == ()


def test_what_is_held_by_mistake_is_unlearned(base: Model) -> None:
    text = "Slot pemain asing di klub itu masih kosong satu"
    rows = [f"{text}, kata pelatih {name}" for name in ("Budi", "Anton", "Sergio", "Iwan", "Park", "Made")]
    content, digest = pack(base, 1, fit(base, [Example(window_of(base, analyse(row)), False) for row in rows]))
    after = corrected(base, unpack(content, digest))
    assert probability(after, text) <= probability(base, text)


def test_the_explanation_is_the_score_with_the_correction_in_it(base: Model, learned: Model) -> None:
    text = f"Katanya {BRAND} maxwin terus, daftar sekarang bosku"
    for used in (base, learned):
        analysis = analyse(text)
        score = used.score(analysis)
        taken = used.explain(analysis, score.window)
        total = taken.bias + sum(taken.signs.values()) + sum(part.contribution for part in taken.words)
        assert total == pytest.approx(score.logit, abs=1e-6)
    window = analyse(text).windows[0]
    assert share_of(learned, window) == pytest.approx(learned.logit(window) - base.logit(window))
    assert share_of(learned, window) > 0
    assert share_of(base, window) == 0


def test_a_finding_says_what_the_correction_added_and_on_what_it_stands(base: Model, learned: Model) -> None:
    found = assess("gambling", NEW, {}, models={"gambling": learned})
    plain = assess("gambling", NEW, {})
    assert found.detail["correction"] == pytest.approx(found.logit - plain.logit, abs=1e-5)
    assert (found.detail["base"], found.version, plain.version) == (base.hash, f"{base.version}+3", base.version)
    assert len({found.hash, plain.hash}) == 2
    assert "correction" not in plain.detail


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=120))
def test_any_text_has_a_score_and_its_parts_add_up(text: str) -> None:
    base = model.get("gambling")
    content, digest = pack(base, 1, fit(base, examples(base, FRAMES[:4])))
    used = corrected(base, unpack(content, digest))
    analysis = analyse(text)
    score = used.score(analysis)
    taken = used.explain(analysis, score.window)
    assert taken.bias + sum(taken.signs.values()) + sum(part.contribution for part in taken.words) == pytest.approx(score.logit, abs=1e-6)
    assert abs(share_of(used, analysis.windows[score.window])) <= 3 * BOUND / base.slope


def test_training_is_deterministic_and_its_bytes_tell_its_content(base: Model) -> None:
    first, second = (pack(base, 1, fit(base, examples(base, FRAMES))) for _ in range(2))
    assert first == second
    assert len(first[0]) < 20_000
    assert pack(base, 2, fit(base, examples(base, FRAMES)))[1] != first[1]


def test_what_is_learned_is_bounded_however_much_is_said(base: Model) -> None:
    many = examples(base, FRAMES) * 100
    learned = fit(base, [replace(example, weight=10.0) for example in many])
    content, digest = pack(base, 1, learned)
    assert float(np.linalg.norm(learned)) * base.slope <= BOUND + 1e-6
    assert length_of(base, unpack(content, digest)) <= BOUND * 1.02


def test_nothing_to_learn_from_changes_nothing(base: Model) -> None:
    assert not fit(base, []).any()
    assert not fit(base, [Example(window_of(base, analyse("!!")), True)]).any()
    content, digest = pack(base, 1, fit(base, []))
    same = corrected(base, unpack(content, digest))
    assert [probability(same, text) for text in CLEAN] == [probability(base, text) for text in CLEAN]


def test_an_altered_correction_is_none(base: Model) -> None:
    content, digest = pack(base, 1, fit(base, examples(base, FRAMES)))
    altered = content[:-3] + bytes([content[-3] ^ 1]) + content[-2:]
    for raw in (altered, content[:-40], b"", b"PK"):
        with pytest.raises(ModelError):
            unpack(raw, digest)
    with pytest.raises(ModelError):
        unpack(b"nonsense", hashlib.sha256(b"nonsense").hexdigest())


def test_a_correction_fits_one_model_only(base: Model) -> None:
    content, digest = pack(base, 1, fit(base, examples(base, FRAMES)))
    found = unpack(content, digest)
    for other in (model.get("promotion"), replace(base, hash="0" * 64), replace(base, head="promotion")):
        with pytest.raises(ModelError):
            corrected(other, found)


# --- The fixed slices ---------------------------------------------------------------------------------------------------------


def test_the_fixed_slices_say_something_of_each_head() -> None:
    names = [each.name for each in guard.slices()]
    assert len(set(names)) == len(names)
    assert sum(len(each.sentences) for each in guard.slices()) >= 170
    for head in ("gambling", "promotion", "abuse_id", "abuse_en"):
        asked = guard.asked(head)
        assert [each for each in asked if head in each.heads], head
        assert len([each for each in asked if head not in each.heads]) >= 5


def test_the_fixed_slices_are_not_the_gold_set() -> None:
    gold = {sentence.text for sentence in read()}
    assert not gold & {text for each in guard.slices() for text in each.sentences}


def test_a_version_that_knows_less_or_holds_more_is_worse(base: Model) -> None:
    assert guard.worse(guard.compare(base, base)) == ()
    assert guard.worse(guard.compare(base, replace(base, bias=base.bias - 20))) == ("gambling",)
    everything = guard.worse(guard.compare(base, replace(base, bias=base.bias + 40)))
    assert set(everything) == {each.name for each in guard.asked("gambling") if not each.heads} | {"abuse-id", "abuse-en"}
    assert correction.loss_of(1.0, True) == pytest.approx(0.0)
