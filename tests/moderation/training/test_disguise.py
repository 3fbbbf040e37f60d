"""Disguises and inventions are reproducible, and most disguises are undone by the normaliser."""

from __future__ import annotations

from random import Random

import pytest

from moderation.classifiers.normalise import normalise
from moderation.training import disguise, invent

TEXT = "Main di koi88 dapat maxwin terus"


@pytest.mark.parametrize("kind", sorted(disguise.ALL))
def test_the_same_seed_gives_the_same_disguise(kind: str) -> None:
    assert disguise.ALL[kind](TEXT, Random(3)) == disguise.ALL[kind](TEXT, Random(3))
    assert disguise.partly(TEXT, kind, Random(3)) == disguise.partly(TEXT, kind, Random(3))
    assert disguise.ALL[kind]("", Random(3)) == ""


@pytest.mark.parametrize(
    "kind", ["styled", "squared", "small-capitals", "fancy", "look-alike", "zero-width", "struck", "capitals", "regional"]
)
def test_the_normaliser_undoes_it_to_the_letter(kind: str) -> None:
    for seed in range(20):
        plain = normalise(disguise.ALL[kind](TEXT, Random(seed))).text
        assert plain.replace(" ", "") == "maindikoi88dapatmaxwinterus"


@pytest.mark.parametrize("name", ["gambling", "topical", "promotion", "criticism", "abuse"])
def test_inventions_are_complete_and_reproducible(name: str) -> None:
    drawn = invent.sentences(name, 300, 5)
    assert drawn == invent.sentences(name, 300, 5)
    assert drawn != invent.sentences(name, 300, 6)
    assert len(set(drawn)) == 300
    assert not any("{" in text or "}" in text for text in drawn)


def test_every_slot_of_a_grammar_has_its_block() -> None:
    for name in ("gambling", "topical", "promotion", "criticism", "abuse"):
        rules = invent.grammar(name)
        slots = {slot for values in rules.values() for value in values for slot in invent.SLOT.findall(value)}
        assert slots - set(rules) <= {"brand", "domain", "n", "year", "phone"}
