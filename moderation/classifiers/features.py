"""What the text models see of a comment: hashed features, shared by all heads, and a few counted signs.

Features are of two kinds. Those of a word by itself: the word, its consonants, its class and marks, and n-grams of 3 to 5 of its
characters (digits as one sign, since betting sites' names are invented daily and only their shape stays). They are the same
wherever the word stands, so what they add up to is remembered. And those of its surroundings: pairs and threes of neighbouring
codes (`reading.Words.codes`), with the edges of the text, and pairs with one word left out.

Hashing is CRC-32 and arithmetic, so a feature has the same bucket on every machine and version.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
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
_PRIME: Final = 0x9E3779B97F4A7C15
_MASK: Final = 0xFFFFFFFFFFFFFFFF
_SHIFT: Final = 64 - BITS
# One factor for each place in a pair or three, so that their order matters.
_FIRST: Final = np.uint64(0x9E3779B97F4A7C15)
_SECOND: Final = np.uint64(0xC2B2AE3D27D4EB4F)
_THIRD: Final = np.uint64(0xD6E8FEB86659FD93)
_SPREAD: Final = np.uint64(0xFF51AFD7ED558CCD)
_BASES: Final = {"pair": np.uint64(0x1234567), "apart": np.uint64(0x89ABCDE), "three": np.uint64(0xF012345)}
# Letters of one word that n-grams are taken of; who glues 5,000 letters together is read by its beginning.
_READ: Final = 60
# The edges of a text, as codes.
_BEGIN: Final = zlib.crc32(b"<")
_END: Final = zlib.crc32(b">")

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
_HIDDEN: Final = (STYLED, APART, DIGITS, PARTED)
_MENDED: Final = (MENDED, JOINED)


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
    row = [0.0] * len(SIGNS)
    flags = normal.flags
    if flags:
        row[0] = float(URL in flags)
        row[1] = float(PHONE in flags)
        row[2] = float(BRAND_NUMBER in flags and MUCH_LEET not in flags)
        row[_SIGN["partly-disguised"]] = float(PARTLY in flags)
    count = len(words.words)
    row[4] = float(count <= 4)
    row[5] = float(count > 24)
    known = set(words.words)
    if lexicon:
        for name, hits in lexicon.items():
            row[_SIGN[name]] = min(3.0, hits)
        row[_SIGN["addressed"]] = float(not known.isdisjoint(_ADDRESS))
    row[_SIGN["gambling-words"]] = min(3.0, len(known & _GAMBLING))
    if words.codes is not words.words:
        row[3] = min(3.0, sum(map((_SURE_NAMES if MUCH_LEET in flags else NAMES).__contains__, words.codes)))
        marks = [mark for mark in words.marks if mark]
        if marks:
            row[_SIGN["hidden-words"]] = min(3.0, sum(any(map(mark.__contains__, _HIDDEN)) for mark in marks))
            row[_SIGN["framed-words"]] = min(3.0, sum(FRAMED in mark for mark in marks))
            row[_SIGN["capital-names"]] = min(3.0, sum(CAPITALS in mark for mark in marks))
            row[_SIGN["mended-words"]] = min(3.0, sum(any(map(mark.__contains__, _MENDED)) for mark in marks))
        row[_SIGN["unknown-words"]] = min(3.0, 6.0 * sum(code[0] == "~" for code in words.codes) / count) if count else 0.0
    return np.array(row, dtype=np.float32)


def code_hash(code: str) -> int:
    """The number of a code in pairs and threes."""
    return zlib.crc32(code.encode("utf-8", "replace"))


def word_buckets(word: str, code: str, marks: str) -> list[int]:
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
    return [(one * _PRIME & _MASK) >> _SHIFT for one in hashes]


def context(hashes: Sequence[int]) -> npt.NDArray[np.int64]:
    """The buckets of pairs, pairs with one left out, and threes, of the hashes of the codes of a text with its edges; in this order,
    each from left to right."""
    row = np.array((_BEGIN, *hashes, _END), dtype=np.uint64)
    first, second = row[:-1] * _FIRST, row[1:] * _SECOND
    pairs = first + second + _BASES["pair"]
    apart = first[:-1] + row[2:] * _THIRD
    mixed = np.concatenate((pairs, apart + _BASES["apart"], apart + second[:-1] + _BASES["three"]))
    mixed = (mixed ^ (mixed >> np.uint64(31))) * _SPREAD
    found: npt.NDArray[np.int64] = ((mixed ^ (mixed >> np.uint64(29))) * _FIRST >> np.uint64(_SHIFT)).astype(np.int64)
    return found


def shared(around: npt.NDArray[np.int16]) -> npt.NDArray[np.float64]:
    """The weights of the features of `context` dealt out to the words of the text, each in equal parts to the words it touches; what
    touches an edge falls to the others alone."""
    count = (len(around) - 1) // 3
    pairs, apart, threes = around[: count + 1].astype(np.float64), around[count + 1 : 2 * count + 1], around[2 * count + 1 :]
    # Places 0 and count + 1 are the edges.
    dealt = np.zeros(count + 2)
    whole = (apart + threes.astype(np.float64)) if count else np.zeros(0)
    sizes = np.full(count + 1, 2.0)
    sizes[0] = sizes[-1] = 1.0
    dealt[:-1] += pairs / sizes
    dealt[1:] += pairs / sizes
    if count:
        # Each word is the middle of one of these.
        sizes = np.full(count, 3.0)
        sizes[0] -= 1
        sizes[-1] -= 1
        for shift in (0, 1, 2):
            dealt[shift : shift + count] += whole / sizes
    return dealt[1:-1]


def buckets(words: Words) -> npt.NDArray[np.int64]:
    """The bucket of every feature of the text, repeats included, in a fixed order (see `places`); empty without words."""
    if not words.words:
        return np.zeros(0, dtype=np.int64)
    single = [bucket for key in zip(words.words, words.codes, words.marks, strict=True) for bucket in word_buckets(*key)]
    return np.concatenate((np.array(single, dtype=np.int64), context([code_hash(code) for code in words.codes])))


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
