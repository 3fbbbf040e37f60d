"""What the text models see of a comment: hashed features, shared by all heads, and a few counted signs.

Features are of two kinds. Those of a word by itself: the word, its consonants, its class and marks, and n-grams of 3 to 5 of its
characters (digits as one sign, since betting sites' names are invented daily and only their shape stays). They are the same
wherever the word stands, so what they add up to is remembered. And those of its surroundings: pairs and threes of neighbouring
codes (`reading.Words.codes`), with the edges of the text, and pairs with one word left out.

Hashing is CRC-32 and arithmetic, so a feature has the same bucket on every machine and version.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from moderation.classifiers.normalise import BRAND_NUMBER, MUCH_LEET, PARTLY, PHONE, URL, Normalised
from moderation.classifiers.reading import APART, CAPITALS, DIGITS, FRAMED, JOINED, MENDED, PARTED, STYLED, Words
from moderation.classifiers.vocabulary import bare

__all__ = ["BITS", "BUCKETS", "SIGNS", "VERSION", "Words", "buckets", "context", "places", "signs", "windows", "word_buckets"]

VERSION: Final = "2"
BITS: Final = 18
BUCKETS: Final = 1 << BITS

# Words in one window, and how far the next one begins: a promotion at the end of a long comment must not drown in it.
WINDOW: Final = 48
STRIDE: Final = 32

_DIGITS: Final = str.maketrans("123456789", "000000000")
_MASK: Final = 0xFFFFFFFFFFFFFFFF
_SHIFT: Final = 64 - BITS
# One factor for each place in a pair or three, so that their order matters.
_FIRST: Final = 0x9E3779B97F4A7C15
_SECOND: Final = 0xC2B2AE3D27D4EB4F
_THIRD: Final = 0xD6E8FEB86659FD93
_PAIR: Final = 0x1234567
_APART: Final = 0x89ABCDE
_THREE: Final = 0xF012345
# Arrays without an axis: numpy takes twice as long to make one of a number at each step.
_FACTOR: Final = np.array(_FIRST, dtype=np.uint64)
_SPREAD: Final = np.array(0xFF51AFD7ED558CCD, dtype=np.uint64)
_SHIFT_31: Final = np.array(31, dtype=np.uint64)
_SHIFT_29: Final = np.array(29, dtype=np.uint64)
_SHIFT_LAST: Final = np.array(_SHIFT, dtype=np.uint64)
# Letters of one word that n-grams are taken of; who glues 5,000 letters together is read by its beginning.
_READ: Final = 60

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
    "hidden-words",
    "framed-words",
    "capital-names",
    "mended-words",
    "unknown-words",
)
_SIGN: Final = {name: place for place, name in enumerate(SIGNS)}
_URL: Final = _SIGN["url"]
_PHONE: Final = _SIGN["phone"]
_BRAND_NUMBER: Final = _SIGN["brand-number"]
_BRAND_WORDS: Final = _SIGN["brand-words"]
_SHORT: Final = _SIGN["short"]
_LONG: Final = _SIGN["long"]
_ADDRESSED: Final = _SIGN["addressed"]
_GAMBLING_WORDS: Final = _SIGN["gambling-words"]
_PARTLY: Final = _SIGN["partly-disguised"]
_HIDDEN_WORDS: Final = _SIGN["hidden-words"]
_FRAMED_WORDS: Final = _SIGN["framed-words"]
_CAPITAL_NAMES: Final = _SIGN["capital-names"]
_MENDED_WORDS: Final = _SIGN["mended-words"]
_UNKNOWN_WORDS: Final = _SIGN["unknown-words"]

# Words that turn a hard word at somebody.
_ADDRESS: Final = frozenset(
    (
        "kau", "kamu", "lu", "lo", "loe", "elu", "elo", "lw", "km", "kmu", "mu", "ente", "antum", "anda", "kowe",
        "koe", "sia", "maneh", "you", "your", "u", "ur", "dasar", "dsr", "woi", "woy", "hei", "heh", "kalian", "klian",
        "kelen", "kimbek", "ko", "you're", "ikam", "ang", "waang", "ngana", "ci", "ho", "sampean", "koen", "elu", "luh", "lh",
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
# Classes of unknown words that have the shape of a betting site's name, and of hidden ones.
NAMES: Final = frozenset(("~b8", "~b9", "~b4", "~t8", "~t9", "~t1", "~v8", "~bt", "~tb", "~h", "~s"))
# Those that digits for letters do not make by themselves.
_SURE_NAMES: Final = frozenset(("~b4", "~t8", "~bt", "~tb", "~h"))
_HIDDEN: Final = frozenset((STYLED, APART, DIGITS, PARTED))
_MENDED: Final = frozenset((MENDED, JOINED))


def windows(words: Words) -> tuple[Words, ...]:
    """A short text as it is, a long one in overlapping windows of WINDOW words."""
    total = len(words.words)
    if total <= WINDOW + STRIDE // 2:
        return (words,)
    return tuple(words.part(first, first + WINDOW) for first in range(0, total - STRIDE // 2, STRIDE))


def signs(normal: Normalised, words: Words, lexicon: Mapping[str, int]) -> tuple[tuple[int, float], ...]:
    """The counted signs of a text (or of a window of it) that are not zero: place in SIGNS, in order, and value; counts are capped
    at 3, and every value is one that a 32-bit float holds.

    `lexicon` has the hits of the abuse lexicon by names such as "insult-2", as `lexicon.counted` makes them.
    """
    row: dict[int, float] = {}
    flags = normal.flags
    if flags:
        row[_URL] = float(URL in flags)
        row[_PHONE] = float(PHONE in flags)
        row[_BRAND_NUMBER] = float(BRAND_NUMBER in flags and MUCH_LEET not in flags)
        row[_PARTLY] = float(PARTLY in flags)
    count = len(words.words)
    if count <= 4:
        row[_SHORT] = 1.0
    elif count > 24:
        row[_LONG] = 1.0
    if lexicon:
        for name, hits in lexicon.items():
            row[_SIGN[name]] = min(3.0, hits)
        row[_ADDRESSED] = float(not _ADDRESS.isdisjoint(words.words))
    if not _GAMBLING.isdisjoint(words.words):
        row[_GAMBLING_WORDS] = min(3.0, len(_GAMBLING.intersection(words.words)))
    if words.codes is not words.words:
        row[_BRAND_WORDS] = min(3.0, sum(map((_SURE_NAMES if MUCH_LEET in flags else NAMES).__contains__, words.codes)))
        marks = [mark for mark in words.marks if mark]
        if marks:
            row[_HIDDEN_WORDS] = min(3.0, sum([not _HIDDEN.isdisjoint(mark) for mark in marks]))
            row[_FRAMED_WORDS] = min(3.0, sum([FRAMED in mark for mark in marks]))
            row[_CAPITAL_NAMES] = min(3.0, sum([CAPITALS in mark for mark in marks]))
            row[_MENDED_WORDS] = min(3.0, sum([not _MENDED.isdisjoint(mark) for mark in marks]))
        if count:
            row[_UNKNOWN_WORDS] = float(np.float32(min(3.0, 6.0 * sum([code[0] == "~" for code in words.codes]) / count)))
    return tuple(sorted([(place, float(value)) for place, value in row.items() if value]))


# The signs that count words by their marks.
_BY_MARK: Final = {
    _PARTLY: frozenset(STYLED),
    _HIDDEN_WORDS: _HIDDEN,
    _FRAMED_WORDS: frozenset(FRAMED),
    _CAPITAL_NAMES: frozenset(CAPITALS),
    _MENDED_WORDS: _MENDED,
}


def counted_by(sign: int, normal: Normalised, words: Words, hits: Sequence[tuple[int, int, str]]) -> list[int]:
    """Which words (places in `words`) a sign counts; none for a sign of the whole text.

    `hits` are those of the abuse lexicon: where each stands in the normalised text, and a name such as "insult-2".
    """
    if sign in _BY_MARK:
        wanted = _BY_MARK[sign]
        return [place for place, mark in enumerate(words.marks) if not wanted.isdisjoint(mark)]
    if sign == _GAMBLING_WORDS:
        return [place for place, word in enumerate(words.words) if word in _GAMBLING]
    if sign == _UNKNOWN_WORDS:
        return [place for place, code in enumerate(words.codes) if code[0] == "~"]
    if sign == _BRAND_WORDS:
        names = _SURE_NAMES if MUCH_LEET in normal.flags else NAMES
        return [place for place, code in enumerate(words.codes) if code in names]
    spans = [(first, last) for first, last, name in hits if name == SIGNS[sign]]
    if not spans:
        return []
    return [
        place
        for place, (start, end) in enumerate(zip(words.starts, words.ends, strict=True))
        if any(first <= start and end <= last for first, last in spans)
    ]


def hidden(words: Words) -> list[int]:
    """The places of the words that do not stand in the text as they are read: set in other letters or signs, apart, or run together."""
    return [place for place, mark in enumerate(words.marks) if not _HIDDEN.isdisjoint(mark)]


def code_hash(code: str) -> int:
    """The number of a code in pairs and threes."""
    return zlib.crc32(code.encode("utf-8", "replace"))


def word_buckets(word: str, code: str, marks: str) -> npt.NDArray[np.int64]:
    """The buckets of a word by itself; never empty."""
    raw = word.encode("utf-8", "replace")
    hashes = [zlib.crc32(raw, 1)]
    if code != word:
        hashes.append(zlib.crc32(code.encode("utf-8", "replace"), 2))
        hashes += [zlib.crc32((mark + code).encode("utf-8", "replace"), 3) for mark in marks]
    else:
        hashes += [zlib.crc32(mark.encode(), 4) for mark in marks]
    if len(word) > 3:
        hashes.append(zlib.crc32(bare(word[:_READ]).encode("utf-8", "replace"), 5))
    letters = f" {word[:_READ].translate(_DIGITS)} "
    if raw.isascii():
        line = letters.encode("ascii")
        hashes += [zlib.crc32(line[at : at + size]) for size in (3, 4, 5) for at in range(len(line) - size + 1)]
    else:
        hashes += [
            zlib.crc32(letters[at : at + size].encode("utf-8", "replace")) for size in (3, 4, 5) for at in range(len(letters) - size + 1)
        ]
    mixed = np.array(hashes, dtype=np.uint64)
    mixed *= _FACTOR
    mixed >>= _SHIFT_LAST
    return mixed.view(np.int64)


def code_row(code: str) -> bytes:
    """A code as `context` reads it: its hash times the factor of each place that it can have in a pair or three."""
    return _row(code_hash(code))


def _row(number: int) -> bytes:
    second, third = number * _SECOND, number * _THIRD
    return _packed(number * _FIRST, second + _PAIR, third + _APART, third + _THREE - _PAIR)


def _packed(*numbers: int) -> bytes:
    return b"".join([(number & _MASK).to_bytes(8, sys.byteorder) for number in numbers])


# The edges of a text. Nothing stands before its beginning, so the other numbers there are free; one of them is the zero of pairs.
_BEGIN: Final = _packed(zlib.crc32(b"<") * _FIRST, 0, 0, 0)
_END: Final = _row(zlib.crc32(b">"))


@lru_cache(maxsize=256)
def _summands(count: int) -> npt.NDArray[np.int64]:
    """Which numbers of the rows of `count` codes and the edges make up each feature of `context`: three for each."""
    at = np.arange(count + 1) * 4
    zero, few = np.ones(count + 1, dtype=np.int64), at[:-1]
    # In a row: 0 as the first of any, 1 as the second of a pair, 2 as the third of a pair with one left out, 3 as the third of three.
    return np.array(
        (
            np.concatenate((at, few, few)),
            np.concatenate((at + 5, few + 10, few + 5)),
            np.concatenate((zero, zero[:-1], few + 11)),
        )
    )


def context(rows: Sequence[bytes]) -> npt.NDArray[np.int64]:
    """The buckets of pairs, pairs with one left out, and threes, of the codes of a text with its edges, given by their `code_row`;
    in this order, each from left to right."""
    numbers = np.frombuffer(b"".join((_BEGIN, *rows, _END)), dtype=np.uint64)
    first, second, third = numbers.take(_summands(len(rows)))
    mixed = first + second
    mixed += third
    mixed ^= mixed >> _SHIFT_31
    mixed *= _SPREAD
    mixed ^= mixed >> _SHIFT_29
    mixed *= _FACTOR
    mixed >>= _SHIFT_LAST
    found: npt.NDArray[np.int64] = mixed.view(np.int64)
    return found


def shared(around: Sequence[int]) -> list[float]:
    """The weights of the features of `context` dealt out to the words of the text, each in equal parts to the words it touches; what
    touches an edge falls to the others alone."""
    count = (len(around) - 1) // 3
    # Places 0 and count + 1 are the edges.
    dealt = [0.0] * (count + 2)
    for at, weight in enumerate(around[: count + 1]):
        part = weight / 2 if 0 < at < count else float(weight)
        dealt[at] += part
        dealt[at + 1] += part
    # Each word is the middle of one of these.
    for at, (apart, three) in enumerate(zip(around[count + 1 : 2 * count + 1], around[2 * count + 1 :], strict=True)):
        part = (apart + three) / (3 - (at == 0) - (at == count - 1))
        dealt[at] += part
        dealt[at + 1] += part
        dealt[at + 2] += part
    return dealt[1:-1]


def buckets(words: Words) -> npt.NDArray[np.int64]:
    """The bucket of every feature of the text, repeats included, in a fixed order (see `places`); empty without words."""
    if not words.words:
        return np.zeros(0, dtype=np.int64)
    single = [word_buckets(*key) for key in zip(words.words, words.codes, words.marks, strict=True)]
    return np.concatenate((*single, context([code_row(code) for code in words.codes])))


def places(words: Words) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """First and last word (places in `words`) that each feature of `buckets` touches, in the same order."""
    count = len(words.words)
    if not count:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    lengths = [len(word_buckets(*key)) for key in zip(words.words, words.codes, words.marks, strict=True)]
    single = np.repeat(np.arange(count), lengths)
    starts = np.concatenate((np.arange(-1, count), np.arange(-1, count - 1), np.arange(-1, count - 1)))
    ends = starts + np.concatenate((np.full(count + 1, 1), np.full(2 * count, 2)))
    return (
        np.concatenate((single, np.clip(starts, 0, count - 1))),
        np.concatenate((single, np.clip(ends, 0, count - 1))),
    )
