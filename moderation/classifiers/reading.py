"""How the models read a normalised text: its words, the known ones among them, and what the unknown ones stand for.

A word that is not in the vocabulary may be a known one in disguise: digits for letters, vowels dropped, letters doubled or swapped,
broken in two, several run together. Where one reading is likely, the known word is put in its place and a mark tells how it
was hidden. What stays unknown has a class instead of itself in its surroundings (`codes`), by its shape: betting sites' names are
invented daily, and "main di <name with a number>" is the same sentence with each of them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, overload

from moderation.classifiers import vocabulary
from moderation.classifiers.normalise import DISGUISED, INVISIBLE, LEET, PARTLY, SPACED, STRETCHED, Normalised
from moderation.classifiers.vocabulary import Vocabulary

# Marks of a word, one letter each.
STYLED: Final = "h"  # styled or look-alike letters among plain writing
APART: Final = "s"  # letters set apart
DIGITS: Final = "l"  # digits for letters
MENDED: Final = "m"  # vowels, doubled or swapped letters put right
JOINED: Final = "j"  # put together from pieces
PARTED: Final = "p"  # cut out of letters that were run together
CAPITALS: Final = "c"  # unknown and all capitals among small letters
FRAMED: Final = "f"  # unknown and between pictures or signs

_CHANGED: Final = frozenset((DISGUISED, INVISIBLE, LEET, SPACED, STRETCHED))

# Framed words above which frames are the writer's way.
MOST_FRAMED: Final = 4

# Letters from which on an unknown word is tried as several; names of two parts ("rajahoki") stay names.
_LONG: Final = 14
_LONG_APART: Final = 12
# Letters of one text that are cut, so that 5,000 letters without a space cost little; longer pieces stay as they are.
_MOST_CUT: Final = 600
_LONGEST: Final = 14
# Bits times 4: an unknown stretch, and each of its letters.
_STRANGE: Final = 60
_STRANGE_LETTER: Final = 17

_LETTERS: Final = str.maketrans("0134578@$!|9", "oieastbasiig")
_LETTERS_L: Final = str.maketrans("0134578@$!|9", "oleastbasilg")
_TAIL: Final = re.compile(r"\d{1,4}|[234]d")
_FOURD: Final = re.compile(r"[a-z]*[234]d\d?")
_VOWEL: Final = re.compile(r"[aeiou]")
_NAME_NUMBER: Final = re.compile(r"([a-z]{2,20})(\d{1,5})")
_TWICE: Final = re.compile(r"([a-z]{3,})2(?:nya|an|in|kan|x)?")
_NUMBER_NAME: Final = re.compile(r"\d{1,4}[a-z]{3,20}")
_MONEY: Final = re.compile(r"\d+(?:rb|rbu|ribu|k|jt|juta|jta|m|t|ribuan|jutaan|an|rban|jtan|x|x000)")
_TRADE: Final = (
    "toto", "slot", "bet", "win", "play", "jp", "hoki", "gacor", "vip", "poker", "togel", "qq", "cash", "spin", "jitu", "gaming",
    "mpo", "bola", "jackpot", "zeus", "luck", "casino", "cuan", "toge", "sbo", "judi", "max", "maxwin", "wd", "parlay",
)  # fmt: skip
_TRADE_TAIL: Final = re.compile(f"[a-z]{{2,}}(?:{'|'.join(_TRADE)})")
_TRADE_HEAD: Final = re.compile(f"(?:{'|'.join(_TRADE)})[a-z]{{2,}}")
_LUCKY: Final = frozenset(
    (
        "88",
        "77",
        "99",
        "69",
        "777",
        "888",
        "999",
        "138",
        "168",
        "188",
        "303",
        "388",
        "789",
        "123",
        "328",
        "365",
        "78",
        "89",
        "33",
        "55",
        "66",
    )
)
# Without one of these no word of a text in ASCII is in capitals or framed.
_STANDING_OUT: Final = re.compile(r"[A-Z][A-Z0-9]|[0-9][A-Z]|[*~|\[\]]")
# Words outside the vocabulary of which is remembered how they are read, some 200 bytes each.
_REMEMBERED: Final = 4_000
_FRAMES: Final = frozenset("*~|\u2022\u00b7\u3010\u3011\u300c\u300d\u2192\u2190\u25ba\u25b6\u261e[]")


class _Column(Sequence[int]):
    """Where the words of a normalised text begin, or end, looked for when somebody asks. For most comments nobody does."""

    __slots__ = ("_ends", "_normal")

    def __init__(self, normal: Normalised, ends: bool) -> None:
        self._normal = normal
        self._ends = ends

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self[:] == tuple(other)

    def __hash__(self) -> int:
        return hash(self[:])

    def __len__(self) -> int:
        return len(self._normal.tokens)

    def __iter__(self) -> Iterator[int]:
        return iter(self[:])

    @overload
    def __getitem__(self, at: int) -> int: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[int, ...]: ...
    def __getitem__(self, at: int | slice) -> int | tuple[int, ...]:
        if isinstance(at, slice):
            return tuple([end if self._ends else start for _word, start, end in self._normal.words[at]])
        _word, start, end = self._normal.words[at]
        return end if self._ends else start


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text as they are read, where each stands in the normalised text, its code in its surroundings (the word itself
    where it is known, a class where not) and its marks."""

    words: tuple[str, ...]
    starts: Sequence[int]
    ends: Sequence[int]
    codes: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()

    def part(self, first: int, last: int) -> Words:
        """The words from `first` up to `last`."""
        at = slice(first, last)
        return Words(self.words[at], self.starts[at], self.ends[at], self.codes[at], self.marks[at])


@dataclass(frozen=True, slots=True)
class Read:
    """A text as it is read, for whoever looks for phrases in it: places are those of the normalised text."""

    text: str
    read: Words

    @property
    def tokens(self) -> tuple[str, ...]:
        """Its words."""
        return self.read.words

    @property
    def words(self) -> tuple[tuple[str, int, int], ...]:
        """Each word with its start and end."""
        return tuple(zip(self.read.words, self.read.starts, self.read.ends, strict=True))


def graded(words: Words, codes: Mapping[tuple[int, int], str]) -> Words:
    """The words with the `codes` for those that stand at these places: a word of the lexicon is its kind and severity to its
    neighbours, so that what goes with one goes with all."""
    return replace(
        words, codes=tuple([codes.get((start, end), code) for code, start, end in zip(words.codes, words.starts, words.ends, strict=True)])
    )


@dataclass(slots=True)
class _Word:
    word: str
    start: int
    end: int
    known: bool
    marks: str


def read(normal: Normalised) -> Words:
    """The words of a normalised text. Linear in its length; raises ModelError where the vocabulary is unusable."""
    if not normal.tokens:
        return Words((), (), ())
    known = vocabulary.get()
    words = read_plain(normal, known) if is_plain(normal) else None
    return read_each(normal, known) if words is None else words


def is_plain(normal: Normalised) -> bool:
    """Whether no letter of a word was another one, whatever emoji stand around."""
    return normal.flags.isdisjoint(_CHANGED)


def read_each(normal: Normalised, known: Vocabulary) -> Words:
    """The words of any text that has some, one by one."""
    row = [_Word(word, start, end, word in known.words, "") for word, start, end in normal.words]
    if not is_plain(normal):
        _mark(row, normal)
    row = _joined(_mended(row, normal, known), normal, known)
    codes = [_code(word, known) for word in row]
    marks = [word.marks for word in row]
    unknown = [place for place, word in enumerate(row) if not word.known and word.word.isascii()]
    _mark_surroundings(marks, [(place, row[place].start, row[place].end) for place in unknown], normal)
    return Words(
        tuple([word.word for word in row]),
        tuple([word.start for word in row]),
        tuple([word.end for word in row]),
        tuple(codes),
        tuple(marks),
    )


def read_plain(normal: Normalised, known: Vocabulary) -> Words | None:
    """The words of a text without disguises, where each stays the word that it is or becomes another one; None where one may have to be
    cut, or neighbours to be joined. The same that `read_each` finds, in a third of the
    time."""
    tokens, have = normal.tokens, known.words
    strange = [place for place, word in enumerate(tokens) if word not in have]
    if not strange:
        # More words than stretches without a space: something may part the pieces of a word.
        if len(tokens) > len(normal.original.split()) and _joinable(tokens, frozenset(), normal, known):
            return None
        return Words(tokens, _Column(normal, ends=False), _Column(normal, ends=True), tokens, ("",) * len(tokens))
    words, codes, marks = list(tokens), list(tokens), [""] * len(tokens)
    unknown: list[int] = []
    for place in strange:
        word = tokens[place]
        if len(word) >= _LONG and word.isascii():
            return None
        words[place], codes[place], marks[place] = _strange(word, known)
        if codes[place] is not words[place]:
            unknown.append(place)
    if _joinable(words, frozenset(unknown), normal, known):
        return None
    if unknown and not (normal.original.isascii() and not _STANDING_OUT.search(normal.original)):
        _mark_surroundings(marks, [(place, *normal.words[place][1:]) for place in unknown if words[place].isascii()], normal)
    return Words(tuple(words), _Column(normal, ends=False), _Column(normal, ends=True), tuple(codes), tuple(marks))


def _strange(word: str, known: Vocabulary) -> tuple[str, str, str]:
    """How a word that is not in the vocabulary is read in a text without disguises: word, code, marks. The code is the very same
    object as the word where a known one was put in its place."""
    found = known.strange.get(word)
    if found is None:
        instead, mark = mend(word, known)
        found = (instead, instead, mark) if instead else (word, shape(word, known), "")
        if len(known.strange) >= _REMEMBERED:
            known.strange.clear()
        if len(word) <= _LONG:
            known.strange[word] = found
    return found


def _joinable(words: Sequence[str], unknown: frozenset[int], normal: Normalised, known: Vocabulary) -> bool:
    """Whether `_joined` would put some neighbours together."""
    have = known.words
    for place, (before, word) in enumerate(pairwise(words)):
        if before + word in have and 5 <= len(before) + len(word) <= 20 and before.isalpha() and word.isalpha():
            end, start = normal.words[place][2], normal.words[place + 1][1]
            if start - end <= 3 and (place in unknown or place + 1 in unknown or not _parted(end, start, normal)):
                return True
    return False


def _mark(row: list[_Word], normal: Normalised) -> None:
    """Mark the words whose letters are not those of the original. Styled letters count only among plain writing: who likes fancy
    letters sets all of a comment in them, who advertises sets the name."""
    partly = PARTLY in normal.flags
    for word in row:
        start, end = normal.offsets[word.start][0], normal.offsets[word.end - 1][1]
        seen = normal.original[start:end]
        if seen == word.word or seen.lower() == word.word:
            continue
        if not seen.isascii():
            if partly and any(not char.isascii() and unicodedata.category(char)[0] in "LSN" for char in seen):
                word.marks += STYLED
            elif len(seen) > len(word.word) * 3 // 2 and any(map(str.isspace, seen)):
                word.marks += APART
        elif len(seen) == len(word.word):
            word.marks += DIGITS
        elif not seen.isalnum():
            word.marks += APART
    for mark in (APART, DIGITS):
        # What most of a text has is its writer's way, and says nothing of the one word.
        marked = sum(len(word.word) for word in row if mark in word.marks)
        if marked * 2 > sum(len(word.word) for word in row):
            for word in row:
                word.marks = word.marks.replace(mark, "")


def _mended(row: list[_Word], normal: Normalised, known: Vocabulary) -> list[_Word]:
    mended: list[_Word] = []
    left = _MOST_CUT
    for word in row:
        if word.known:
            mended.append(word)
            continue
        length = len(word.word)
        if left > 0 and length >= (_LONG_APART if APART in word.marks else _LONG) and word.word.isascii():
            left -= length
            pieces = _cut(word, known) if length <= left + length else []
            if pieces:
                mended += pieces
                continue
        instead, mark = mend(word.word, known, LEET in normal.flags)
        if instead:
            word.word, word.known = instead, True
            word.marks += mark
        mended.append(word)
    return mended


def mend(word: str, known: Vocabulary, leet: bool = False) -> tuple[str, str]:
    """The known word that an unknown one most likely stands for, and the mark; two empty strings where none is likely.

    `leet`: digits stand for letters elsewhere in the text, so that short words with a digit may be words as well.
    """
    if word.isalpha():
        if not word.isascii() or len(word) > 20:
            return "", ""
        variants = known.variants
        found = variants.get("+" + vocabulary.once(word)) or (once if (once := vocabulary.once(word)) in known.words else None)
        if found is None or len(word) <= 3:
            vowels = len(_VOWEL.findall(word, 1))
            found = variants.get("-" + vocabulary.bare(word)) if vowels == 0 or (vowels == 1 and len(word) >= 7) else None
        if found is None and len(word) >= vocabulary.SHORTEST_SWAPPED:
            found = variants.get("/" + vocabulary.swapped(word))
        return (found, MENDED) if found else ("", "")
    # "tiba2", "itung2nya": a word said twice, as Indonesian writes it.
    if (twice := _TWICE.fullmatch(word)) is not None and twice.group(1) in known.words:
        return twice.group(1), ""
    if word.isdigit() or not word.isascii() or len(word) > 20 or (len(word) < 4 and not leet) or _FOURD.fullmatch(word):
        return "", ""
    for table in (_LETTERS, _LETTERS_L):
        letters = word.translate(table)
        if letters in known.words:
            return letters, DIGITS
        if leet and (once := vocabulary.once(letters)) in known.words:
            return once, DIGITS
    return "", ""


def _cut(word: _Word, known: Vocabulary) -> list[_Word]:
    """A word as several, by the cheapest way through it; empty where that has not mostly known words."""
    letters, words = word.word, known.words
    length = len(letters)
    costs = [0] + [1 << 30] * length
    froms = [0] * (length + 1)
    strange = [False] * (length + 1)
    for end in range(1, length + 1):
        # A strange stretch grows letter by letter, so that its length costs nothing to look at.
        if strange[end - 1]:
            costs[end], froms[end], strange[end] = costs[end - 1] + _STRANGE_LETTER, froms[end - 1], True
        cost = costs[end - 1] + _STRANGE + _STRANGE_LETTER
        if cost < costs[end]:
            costs[end], froms[end], strange[end] = cost, end - 1, True
        for start in range(max(0, end - _LONGEST), end):
            rarity = words.get(letters[start:end])
            if rarity is not None and costs[start] + rarity < costs[end]:
                costs[end], froms[end], strange[end] = costs[start] + rarity, start, False
    pieces: list[_Word] = []
    end = length
    while end > 0:
        start = froms[end]
        piece = letters[start:end]
        pieces.append(_Word(piece, word.start + start, word.start + end, piece in words, word.marks + PARTED))
        end = start
    pieces = _with_numbers(pieces[::-1])
    covered = sum(len(piece.word) for piece in pieces if piece.known and len(piece.word) > 1)
    if len(pieces) < 2 or covered * 5 < length * 3:
        return []
    return pieces


def _with_numbers(pieces: list[_Word]) -> list[_Word]:
    """Pieces with numbers put behind the piece before them: "koi", "88" is the name "koi88", and so is "kyt", "4d"."""
    out: list[_Word] = []
    for piece in pieces:
        before = out[-1] if out else None
        if before is not None and before.word.isalpha() and len(before.word) > 1 and _TAIL.fullmatch(piece.word):
            out[-1] = _Word(before.word + piece.word, before.start, piece.end, False, before.marks)
        else:
            out.append(piece)
    return out


def _joined(row: list[_Word], normal: Normalised, known: Vocabulary) -> list[_Word]:
    """Neighbours of which one is unknown put together where that makes a known word: "gac or", "max win"."""
    joined: list[_Word] = []
    for word in row:
        before = joined[-1] if joined else None
        if (
            before is not None
            and before.word + word.word in known.words
            and word.start - before.end <= 3
            and 5 <= len(before.word) + len(word.word) <= 20
            and before.word.isalpha()
            and word.word.isalpha()
            # Two known words are one only where no space parts them: "sela\U0001f525lu", but not "se lalu".
            and not (before.known and word.known and _parted(before.end, word.start, normal))
        ):
            joined[-1] = _Word(before.word + word.word, before.start, word.end, True, before.marks + word.marks + JOINED)
        else:
            joined.append(word)
    return joined


def _parted(end: int, start: int, normal: Normalised) -> bool:
    return any(map(str.isspace, normal.original[normal.span_end(end) : normal.span_at(start)]))


def _code(word: _Word, known: Vocabulary) -> str:
    if STYLED in word.marks:
        return "~h"
    if word.known:
        return word.word
    if APART in word.marks and len(word.word) >= 4:
        return "~s"
    return shape(word.word, known)


def shape(word: str, known: Vocabulary) -> str:
    """The class of an unknown word. Signs that no word has stand in front, so that no word is taken for a class."""
    if word.isalpha():
        if not word.isascii():
            return "~u"
        if _TRADE_TAIL.fullmatch(word):
            return "~bt"
        if _TRADE_HEAD.fullmatch(word):
            return "~tb"
        if not _VOWEL.search(word):
            return "~k"
        return "~x3" if len(word) <= 3 else "~x6" if len(word) <= 6 else "~x9"
    if word.isdigit():
        return f"~#{word}" if word in _LUCKY else "~" + "0" * min(len(word), 6)
    if not word.isascii():
        return "~u"
    if _MONEY.fullmatch(word):
        return "~rp"
    if (named := _NAME_NUMBER.fullmatch(word)) is not None:
        name, number = named.groups()
        lucky = "8" if number in _LUCKY else "9" if len(number) > 1 else "1"
        return f"~t{lucky}" if name.endswith(_TRADE) or name.startswith(_TRADE) else f"~{'v' if name in known.words else 'b'}{lucky}"
    if _FOURD.fullmatch(word):
        return "~b4"
    if word[0].isalpha() and word[1:].isdigit():
        return "~l9"
    if _NUMBER_NAME.fullmatch(word):
        return "~9b"
    return "~9x"


def _mark_surroundings(marks: list[str], unknown: list[tuple[int, int, int]], normal: Normalised) -> None:
    """Mark unknown words (place, start, end) that stand out by capitals or by what is set around them."""
    shouted = normal.original.isupper()
    framed = []
    for place, start, end in unknown:
        first, last = normal.span_at(start), normal.span_end(end)
        seen = normal.original[first:last]
        if not shouted and len(seen) >= 4 and seen.isupper():
            marks[place] += CAPITALS
        before = normal.original[max(0, first - 3) : first].rstrip()[-1:]
        after = normal.original[last : last + 4].lstrip("\ufe0f\u20e3 ")[:1]
        if _frames(before) or _frames(after):
            framed.append(place)
    if len(framed) <= min(MOST_FRAMED, max(1, len(marks) // 2)):
        for place in framed:
            marks[place] += FRAMED


def _frames(char: str) -> bool:
    return bool(char) and (char in _FRAMES or (not char.isascii() and unicodedata.category(char) in ("So", "Sk")))
