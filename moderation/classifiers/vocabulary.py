"""The words that the models know: common ones of the training data, of our grammars and of the lexicon, with how common each is.

What is not among them is a name, a rare word, a slip or a disguise, and the reading (`reading.read`) asks here what it may stand
for. The list is an artefact of the training like the heads, refused where it is missing or altered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np

from moderation.classifiers import stored
from moderation.classifiers.stored import ModelError

NAME: Final = "vocabulary"
FORMAT: Final = 1

_VOWELS: Final = str.maketrans("", "", "aeiou")
_INNER_VOWELS: Final = re.compile(r"(?<=[^\n])[aeiou]+")
_DOUBLED: Final = re.compile(r"(.)(?=\1)")
# Words below these lengths have too many neighbours: "mn" is main, mana, mna and aman.
SHORTEST_BARE: Final = 3
SHORTEST_SWAPPED: Final = 5
# So many of the most common words may be what a misspelt one stands for.
REPAIRS: Final = 9_000


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`words` has for each word its rarity: bits times 4 of its share of all words. `variants` leads from what is left of a misspelt
    word to the most common word of which the same is left; each kind has a sign in front: "-" `bare`, "/" `swapped`, "+" `once`.
    `hash` is the artefact's SHA-256."""

    words: Mapping[str, int]
    variants: Mapping[str, str]
    hash: str
    # How words that are not among them are read, as `reading` found it; bounded there.
    strange: dict[str, tuple[str, str, str]] = field(default_factory=dict, compare=False, repr=False)


def bare(word: str) -> str:
    """A word without its vowels but for the first letter, doubled letters once: "gacor" and "gcr" are both "gcr"."""
    return _DOUBLED.sub("", word[:1] + word[1:].translate(_VOWELS))


def once(word: str) -> str:
    """A word with each run of a letter once."""
    return _DOUBLED.sub("", word)


def swapped(word: str) -> str:
    """The same for all words that differ in the order of their inner letters alone."""
    return f"{word[:1]}{''.join(sorted(word[1:-1]))}{word[-1:]}"


def _built(words: Mapping[str, int], digest: str) -> Vocabulary:
    # Vowels and doubled letters are taken out of all words at once: word by word it takes three times as long.
    common = list(islice(words, REPAIRS))
    text = "\n".join(common)
    bares = _DOUBLED.sub("", _INNER_VOWELS.sub("", text)).split("\n")
    onces = _DOUBLED.sub("", text).split("\n")
    variants: dict[str, str] = {}
    for word, without, single in zip(common, bares, onces, strict=True):
        if len(word) > SHORTEST_BARE and len(without) >= SHORTEST_BARE:
            variants.setdefault("-" + without, word)
        if len(word) >= SHORTEST_SWAPPED:
            variants.setdefault("/" + swapped(word), word)
        if single != word and len(single) >= SHORTEST_BARE:
            variants.setdefault("+" + single, word)
    return Vocabulary(words, variants, digest)


def packed(words: Iterable[tuple[str, int]], version: str) -> bytes:
    """An artefact of words with their rarities, the most common first."""
    rows = list(words)
    letters = "\n".join(word for word, _rarity in rows).encode("ascii")
    rarities = np.array([rarity for _word, rarity in rows], dtype=np.uint8)
    return stored.pack({"letters": np.frombuffer(letters, dtype=np.uint8), "rarities": rarities}, {"format": FORMAT, "version": version})


def unpacked(raw: bytes, digest: str) -> Vocabulary:
    """The words of an artefact; raises ModelError."""
    _about, arrays = stored.opened(NAME, raw, digest, {"format": FORMAT})
    try:
        words = arrays["letters"].tobytes().decode("ascii").split("\n")
        return _built(dict(zip(words, arrays["rarities"].tolist(), strict=True)), digest)
    except (KeyError, ValueError) as error:
        raise ModelError(f"The artefact of '{NAME}' cannot be read ({type(error).__name__}): train it again.") from error


def read(folder: Path = stored.FOLDER) -> Vocabulary:
    """The vocabulary of a folder of artefacts; raises ModelError."""
    return unpacked(*stored.read_bytes(NAME, folder))


_known: Vocabulary | ModelError | None = None


def get() -> Vocabulary:
    """The vocabulary in use, read once per process; raises the same ModelError every time where it could not be read."""
    global _known
    if _known is None:
        try:
            _known = read()
        except ModelError as error:
            _known = error
    if isinstance(_known, ModelError):
        raise _known
    return _known


def use(vocabulary: Vocabulary | None) -> None:
    """Take another vocabulary for this process, as the training does with the one that it has just made; None: read it anew."""
    global _known
    _known = vocabulary
