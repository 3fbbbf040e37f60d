"""What the text models see of a comment: hashed n-grams, shared by all heads, and a few counted signs.

Three streams are read, so that each way of hiding a word leaves one of them whole:

- the words with single spaces between them: n-grams of 3 to 5 characters, and words and pairs of words;
- the same letters without spaces, doubled ones once: n-grams of 5 and 6, which splitting or stretching a word does not change;
- of those the consonants and most digits: n-grams of 4 and 5, which dropping vowels or writing them as digits does not change.

Digits count as one sign in the n-grams, since betting sites' names are invented daily and only their shape stays; the whole words
keep their digits. Hashing is arithmetic on code points and CRC-32, so a feature has the same bucket on every machine and version.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from moderation.classifiers.normalise import BRAND_NUMBER, PARTLY, PHONE, URL, Normalised

VERSION: Final = "1"
BITS: Final = 18
BUCKETS: Final = 1 << BITS

# Words in one window, and how far the next one begins: a promotion at the end of a long comment must not drown in it.
WINDOW: Final = 48
STRIDE: Final = 32

_DIGITS: Final = str.maketrans("123456789", "000000000")
# Digits that stand in for vowels go with them: "g4c0r" and "gcr" have the same consonants as the word.
_NO_VOWELS: Final = str.maketrans("", "", "aeiou0134")
_DROPPED: Final = frozenset("aeiou0134")
_DOUBLED: Final = re.compile(r"([^\W\d])\1+")
_BRAND_SHAPE: Final = re.compile(r"[a-z]{2,18}(?:\d{2,4}|[234]d)|\d{1,3}[a-z]{4,14}")

_PRIME: Final = np.uint64(0x9E3779B97F4A7C15)
_SPREAD: Final = np.uint64(0xD6E8FEB86659FD93)
_SHIFT: Final = np.uint64(64 - BITS)
# Added to the code points of the second and third stream, so that their n-grams are features of their own.
_CLOSED: Final = 0x200000
_BARE: Final = 0x400000

# Signs: counted, not hashed. Their weights are not divided by the length of the text.
LEXICON_KINDS: Final = ("insult", "profanity", "threat", "identity")
SIGNS: Final = (
    "url",
    "phone",
    "brand-number",
    "brand-words",
    "short",
    "long",
    *(f"{kind}-{severity}" for kind in LEXICON_KINDS for severity in (1, 2, 3)),
    "addressed",
    "gambling-words",
    "partly-disguised",
)
_SIGN: Final = {name: place for place, name in enumerate(SIGNS)}

# Words that turn a hard word at somebody.
_ADDRESS: Final = frozenset(
    (
        "kau", "kamu", "lu", "lo", "loe", "elu", "elo", "lw", "km", "kmu", "mu", "ente", "antum", "anda", "kowe",
        "koe", "sia", "maneh", "you", "your", "u", "ur", "dasar", "dsr", "woi", "woy", "hei", "heh", "kalian", "klian",
        "kelen", "kimbek", "ko", "you're",
    )
)  # fmt: skip
_GAMBLING: Final = frozenset(
    (
        "slot", "slots", "gacor", "maxwin", "mekswin", "togel", "toto", "rtp", "scatter", "jackpot", "jekpot",
        "jakpot", "jepe", "jp", "wd", "depo", "deposit", "withdraw", "spin", "freespin", "betting", "bet", "casino",
        "kasino", "poker", "judi", "bandar", "hoki", "cuan", "bonus", "daftar", "member", "situs", "link", "cuss",
        "gaskeun", "gas", "petir", "zeus", "olympus", "mahjong", "pragmatic", "gampang", "menang", "sbobet", "parlay",
        "rungkad", "modal", "receh", "anti", "admin", "terpercaya", "resmi", "login", "vip",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a normalised text: the words themselves and where each stands in it."""

    words: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def part(self, first: int, last: int) -> Words:
        """The words from `first` up to `last`, with their places."""
        return Words(self.words[first:last], self.starts[first:last], self.ends[first:last])


def split(normal: Normalised) -> Words:
    """The words of a text: runs of letters and digits."""
    if not normal.words:
        return Words((), (), ())
    words, starts, ends = zip(*normal.words, strict=True)
    return Words(words, starts, ends)


def windows(words: Words) -> tuple[Words, ...]:
    """A short text as it is, a long one in overlapping windows of WINDOW words."""
    total = len(words.words)
    if total <= WINDOW + STRIDE // 2:
        return (words,)
    return tuple(words.part(first, first + WINDOW) for first in range(0, total - STRIDE // 2, STRIDE))


def signs(normal: Normalised, words: Words, lexicon: Mapping[str, int]) -> npt.NDArray[np.float32]:
    """The counted signs of a text (or of a window of it), in the order of SIGNS; counts are capped at 3.

    `lexicon` has the hits of the abuse lexicon by names such as "insult-2", as `lexicon.counted` makes them.
    """
    row = np.zeros(len(SIGNS), dtype=np.float32)
    flags = normal.flags
    row[0] = URL in flags
    row[1] = PHONE in flags
    row[2] = BRAND_NUMBER in flags
    row[3] = min(3, sum(1 for word in words.words if not word.isalpha() and _BRAND_SHAPE.fullmatch(word)))
    row[_SIGN["partly-disguised"]] = PARTLY in flags
    count = len(words.words)
    row[4] = count <= 4
    row[5] = count > 24
    known = set(words.words)
    hard = False
    for name, hits in lexicon.items():
        row[_SIGN[name]] = min(3, hits)
        hard = True
    row[_SIGN["addressed"]] = hard and not known.isdisjoint(_ADDRESS)
    row[_SIGN["gambling-words"]] = min(3, len(known & _GAMBLING))
    return row


def buckets(words: Words) -> npt.NDArray[np.int64]:
    """The bucket of every n-gram of the text, repeats included, in a fixed order (see `places`); empty without words."""
    if not words.words:
        return np.zeros(0, dtype=np.int64)
    codes, cut, end = _streams(words.words)
    hashed = [np.array(_word_hashes(words.words), dtype=np.uint64)]
    level = codes
    for size in range(2, 7):
        if len(level) < 2:
            break
        level = level[:-1] * _PRIME + codes[size - 1 :]
        for first, last, sizes in ((0, cut, (3, 4, 5)), (cut, end, (5, 6)), (end, len(codes), (4, 5))):
            if size in sizes and last - size + 1 > first:
                hashed.append(level[first : last - size + 1])
    mixed = np.concatenate(hashed) * _SPREAD
    return ((mixed ^ (mixed >> np.uint64(29))) * _PRIME >> _SHIFT).astype(np.int64)


def places(words: Words) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """First and last word (places in `words`) that each n-gram of `buckets` touches, in the same order."""
    count = len(words.words)
    if not count:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    spaced = [0]
    for place, word in enumerate(words.words):
        spaced += [place] * (len(word) + 1)
    closed, bare, before = [], [], ""
    for place, word in enumerate(words.words):
        for char in word:
            if char != before or not char.isalpha():
                closed.append(place)
                if char not in _DROPPED:
                    bare.append(place)
            before = char
    owner = np.array(spaced + closed + bare, dtype=np.int64)
    cut, end = len(spaced), len(spaced) + len(closed)
    numbers = np.arange(count)
    firsts = [numbers, numbers[:-1]]
    lasts = [numbers, numbers[1:]]
    for size in range(2, 7):
        for first, last, sizes in ((0, cut, (3, 4, 5)), (cut, end, (5, 6)), (end, len(owner), (4, 5))):
            if size in sizes and last - size + 1 > first:
                firsts.append(owner[first : last - size + 1])
                lasts.append(owner[first + size - 1 : last])
    return np.concatenate(firsts), np.concatenate(lasts)


def _streams(words: tuple[str, ...]) -> tuple[npt.NDArray[np.uint64], int, int]:
    """The three streams one behind the other as code points, and where the second and the third begin."""
    closed = _DOUBLED.sub(r"\1", "".join(words))
    bare = closed.translate(_NO_VOWELS).translate(_DIGITS)
    closed = closed.translate(_DIGITS)
    spaced = f" {' '.join(words)} ".translate(_DIGITS)
    raw = (spaced + closed + bare).encode("utf-32-le", "replace")
    codes = np.frombuffer(raw, dtype="<u4").astype(np.uint64)
    cut, end = len(spaced), len(spaced) + len(closed)
    codes[cut:end] += np.uint64(_CLOSED)
    codes[end:] += np.uint64(_BARE)
    return codes, cut, end


def _word_hashes(words: tuple[str, ...]) -> list[int]:
    single = [zlib.crc32(word.encode("utf-8", "replace")) for word in words]
    pairs = [left * 0x1000193 + right * 0x10000000 + 1 & 0xFFFFFFFFFFFFFFF for left, right in pairwise(single)]
    return [one + 0x7000000000 for one in single] + pairs
