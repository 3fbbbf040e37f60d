"""Which words the models know: those that many harmless texts share, and those of our own grammars and lexicon.

Names of betting sites must not be among them, since an unknown name is what gives promotion away: a word of the promotions counts
only where a grammar has it outside its names, or where harmless texts have it too.
"""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Final

from moderation.classifiers import lexicon
from moderation.classifiers.normalise import normalise
from moderation.training import data, invent

# Harmless texts that must have a word, and the share of its texts that may be promotion.
FEWEST: Final = 4
MOST_PROMOTION: Final = 0.6
MOST_WORDS: Final = 30_000
LONGEST: Final = 16
# What a word of our own counts for: it is there because it matters.
OWN: Final = 25
# Blocks of the grammars whose words are names or pieces of names.
NAMES: Final = frozenset(("stem", "sign", "word", "before"))


def _words(text: str) -> set[str]:
    return {word for word, _, _ in normalise(text).words if word.isascii() and word.isalpha() and 1 < len(word) <= LONGEST}


def own() -> set[str]:
    """The words of the grammars and of the lexicon."""
    found: set[str] = set()
    for name in invent.GRAMMARS:
        for block, lines in invent.grammar(name).items():
            if block not in NAMES:
                for line in lines:
                    found |= _words(invent.SLOT.sub(" ", line))
    for entry in lexicon.load():
        found |= _words(entry.pattern)
    return found


def counted(folder: Path) -> list[tuple[str, int]]:
    """The words with their rarities (`Vocabulary.words`), the most common first, ties by letter. Raises DataError."""
    harmless: Counter[str] = Counter()
    promotion: Counter[str] = Counter()
    texts = [(row.text, 0) for row in data.reviews(folder, "train") + data.languages(folder, "train")]
    texts += [(row.text, 0) for row in data.tweets(folder, "train") + data.toxic_comments(folder, "train")]
    texts += [(comment.text, 0) for comment in data.toxic_spans(folder, "train")]
    texts += [(row.text, row.label) for row in data.gambling_comments(folder, "train")]
    for text, label in texts:
        (promotion if label else harmless).update(_words(text))
    names = data.brands(folder)
    known = {
        word: count
        for word, count in harmless.items()
        if count >= FEWEST and word not in names and promotion[word] <= MOST_PROMOTION * (count + promotion[word])
    }
    for word in own() - names:
        known[word] = known.get(word, 0) + OWN
    common = sorted(known.items(), key=lambda item: (-item[1], item[0]))[:MOST_WORDS]
    total = sum(count for _word, count in common)
    return [(word, min(255, round(4 * math.log2(total / count)))) for word, count in common]
