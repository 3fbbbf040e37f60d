"""The gold sentences against the text checks. Known misses stand with their number: a change may lower them, not raise."""

from __future__ import annotations

from collections import Counter
from typing import Final

import pytest

from moderation.checks import abuse, gambling, phrases, promotion
from moderation.checks.base import Label, Submission
from moderation.training.cost import rules
from tests.moderation.gold import Gold, read

SENTENCES = read()

# What the present artefacts get wrong, by topic. Retrain, then lower the numbers; a higher one is a loss that wants a reason.
KNOWN_MISSES: Final = {
    "abuse-dehumanising": 1,
    "abuse-threat-veiled": 1,
    "birds-and-slang": 1,
    "everyday-en": 3,
    "gambling-en": 1,
    "gambling-testimony": 2,
    "names": 2,
    "other-regional": 1,
}


def holds(text: str) -> bool:
    """Whether some text check asks for a person or more."""
    labels = {check(Submission(text=text)).label for check in (gambling.check, promotion.check, abuse.check)}
    return bool(labels & {Label.SUSPECT, Label.SPAM})


def missed(sentence: Gold) -> bool:
    if sentence.expected == "pass":
        return holds(sentence.text)
    if sentence.expected == "hold":
        return not holds(sentence.text)
    return gambling.check(Submission(text=sentence.text)).label is not Label.SPAM


def test_the_set_is_large_and_mixed() -> None:
    assert len(SENTENCES) >= 600
    assert len({sentence.text for sentence in SENTENCES}) == len(SENTENCES)
    assert {sentence.expected for sentence in SENTENCES} == {"pass", "spam", "hold"}
    assert {"id", "en", "jv", "su", "min", "mix"} <= {sentence.language for sentence in SENTENCES}
    assert all(sentence.why for sentence in SENTENCES)


@pytest.mark.parametrize("topic", sorted({sentence.topic for sentence in SENTENCES}))
def test_outcomes(topic: str) -> None:
    wrong = [sentence.text for sentence in SENTENCES if sentence.topic == topic and missed(sentence)]
    assert len(wrong) <= KNOWN_MISSES.get(topic, 0), wrong


def test_no_harmless_sentence_is_called_spam() -> None:
    labels = Counter(gambling.check(Submission(text=s.text)).label for s in SENTENCES if s.expected == "pass")
    assert labels[Label.SPAM] == 0


def test_the_starter_list_holds_harmless_sentences_hardly_ever() -> None:
    listed = rules()
    held = [
        sentence.text
        for sentence in SENTENCES
        if sentence.expected == "pass"
        and phrases.check(Submission(text=sentence.text, phrases=listed)).label in (Label.SUSPECT, Label.SPAM)
    ]
    assert held == ["Jangan tergiur janji maxwin, itu umpan supaya orang menyetor uang."]
