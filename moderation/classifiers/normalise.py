"""Undo the disguises of a text, and remember where each character came from.

`normalise` lowers, folds styled and look-alike letters to ASCII, drops what cannot be seen, joins letters that were spaced or
dotted apart, reads digits inside words as letters and shortens runs of a letter. What it did is told by flags, so that a
check can weigh a disguise as such. Everything that reads a comment by machine reads this form of it; people are shown the
original, which `Normalised.original_span` leads back to.

Time is linear in the length of the text: every regular expression here has bounded repeats or consumes what it looks at.
No `str` makes it raise, lone surrogates included.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import chain, repeat
from typing import Final

from moderation.classifiers.tables import FONT_LETTERS, LOOK_ALIKES

VERSION: Final = "1"

DISGUISED: Final = "disguised"  # styled or look-alike letters inside words
PARTLY: Final = "partly-disguised"  # disguised words among at least as much plain writing
INVISIBLE: Final = "invisible"  # zero-width characters between letters
SPACED: Final = "spaced"  # letters set apart by spaces, dots or signs
LEET: Final = "leet"  # digits or signs read as letters
MUCH_LEET: Final = "much-leet"  # so many of them that digits at the edges of words say nothing of a name
STRETCHED: Final = "stretched"  # a letter three times or more
BRAND_NUMBER: Final = "brand-number"  # a word that ends in digits as betting sites' names do: abcd88, abcd4d
URL: Final = "url"
PHONE: Final = "phone"

# Folded characters remembered between calls; a bound, so that a flood of rare characters cannot fill the memory.
_MEMO_LIMIT: Final = 20_000
# Longest NFKD form that is taken over: some ligatures stand for a whole phrase (U+FDFA is 18 letters), and expanding them would
# let a text grow eighteenfold.
_LONGEST_FOLD: Final = 4

# Letters without ink that are not in category Cf: Hangul fillers, the blank Braille cell, Khmer inherent vowels.
_BLANKS: Final = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\u034f\u061c")
_PUNCTUATION: Final = {
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u02bc": "'", "\u201c": '"', "\u201d": '"', "\u201e": '"',
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-", "\u2044": "/", "\u2215": "/",
    "\u3002": ".", "\uff0e": ".", "\u2024": ".", "\u00b7": "\u00b7", "\u0589": ":",
}  # fmt: skip

# ISO 3166 codes, so that a flag is a picture and not two letters; "Indonesia" in regional letters falls apart into non-countries.
# Each group is the first letter of the codes and then their second letters.
_REGION_ROWS: Final = (
    "ACDEFGILMOQRSTUWXZ BABDEFGHIJLMNOQRSTVWYZ CACDFGHIKLMNORUVWXYZ DEJKMOZ ECEGHRSTU FIJKMOR GABDEFGHILMNPQRSTUWY "
    "HKMNRTU IDELMNOQRST JEMOP KEGHIMNPRWYZ LABCIKRSTUVY MACDEFGHKLMNOPQRSTUVWXYZ NACEFGILOPRUZ OM PAEFGHKLMNRSTWY "
    "QA REOSUW SABCDEGHIJKLMNORSTVXYZ TACDFGHJKLMNORTVWZ UAGMNSYZ VACEGINU WFS XK YET ZAMW"
)
_REGIONS: Final = frozenset(row[0] + second for row in _REGION_ROWS.split(" ") for second in row[1:])
_REGIONAL_RUN: Final = re.compile("[\U0001f1e6-\U0001f1ff]+")

_LEET: Final = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g",
                "@": "a", "$": "s", "!": "i", "|": "i", "\u20ac": "e"}  # fmt: skip


def _table(rows: dict[str, str]) -> dict[str, str]:
    return {chr(int(code, 16)): read for read, codes in rows.items() for code in codes.split()}


_ALIKE: Final = _table(LOOK_ALIKES)
_FONTS: Final = _table(FONT_LETTERS)


def _fold(char: str) -> str:
    """What one character reads as: lower-case ASCII where it passes for that, a space, nothing, or itself in lower case."""
    if char in _ALIKE:
        return _ALIKE[char]
    if char in _PUNCTUATION:
        return _PUNCTUATION[char]
    code = ord(char)
    if 0x1F1E6 <= code <= 0x1F1FF:
        return chr(code - 0x1F1E6 + 97)
    category = unicodedata.category(char)
    if category in ("Mn", "Me", "Cf", "Cc", "Cs") or char in _BLANKS:
        return " " if char.isspace() else ""
    if category[0] == "Z" or category == "So":
        # Emoji and other pictures part words as spaces do; squared and circled letters have been read above or are read by NFKD.
        folded = "".join(filter(str.isalnum, unicodedata.normalize("NFKD", char)))
        return folded.lower() if 0 < len(folded) <= _LONGEST_FOLD and folded != char else " "
    if category == "Sk" and 0x1F3FB <= code <= 0x1F3FF:
        return ""
    folded = "".join(c for c in unicodedata.normalize("NFKD", char) if unicodedata.category(c) != "Mn").lower()
    folded = "".join(_ALIKE.get(c, c) for c in folded) if folded != char else folded
    return folded if len(folded) <= _LONGEST_FOLD else char


class _Memo(dict[str, str]):
    def __missing__(self, char: str) -> str:
        folded = _fold(char)
        if len(self) < _MEMO_LIMIT:
            self[char] = folded
        return folded


_FOLDED: Final = _Memo({chr(c): chr(c).lower() for c in range(32, 127)} | dict.fromkeys("\t\n\x0b\x0c\r", " "))


def _char_class(chars: str) -> str:
    return "[" + re.escape(chars) + "]"


_FONT_CHAR: Final = re.compile(_char_class("".join(_FONTS)))
_WORD_WITH_FONTS: Final = re.compile(r"\S+")
_STYLED: Final = re.compile(
    "[\U0001d400-\U0001d7ff\U0001f130-\U0001f16f\U0001f170-\U0001f189\u249c-\u24e9\u2460-\u249b\uff21-\uff3a\uff41-\uff5a\uff10-\uff19"
    "\u1d00-\u1d2b\u1d2c-\u1d6a\u0250-\u02af\u02b0-\u02b8\u2c60-\u2c7f\ua4d0-\ua4f7\u13a0-\u13f5\U0001f1e6-\U0001f1ff\u20e3\u2070-\u209c"
    "\u2100-\u2115\u2118-\u211d\u2124\u2128-\u2138\u0334-\u0338\u0346\u035b\u0347-\u0349\u0353-\u0357]"
)
_OTHER_ALPHABET: Final = "[\u0370-\u052f\u0531-\u0587\u1400-\u167f\ua000-\ua4cf]"
_MIXED: Final = re.compile(f"[A-Za-z]{_OTHER_ALPHABET}|{_OTHER_ALPHABET}[A-Za-z]")
# Whole words of letters that look exactly Latin; a Russian word nearly always has one that does not.
_FOREIGN_TWIN: Final = re.compile(
    r"(?<!\w)[\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0455\u0458\u04bb\u0501\u04cf\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420"
    r"\u0421\u0422\u0423\u0425\u0406\u0405\u0408\u0391\u0392\u0395-\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf\u03bd]{3,}(?!\w)"
)
_UNSEEN: Final = (
    "[\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\U000e0000-\U000e01ef]"
)
_UNSEEN_INSIDE: Final = re.compile(r"(?<=[^\W_])" + _UNSEEN + r"{1,40}(?=[^\W_])")

# Three or more single characters, each set apart by one to four separators. The look-behind and look-ahead keep whole words out.
_APART: Final = re.compile(r"(?<![a-z0-9])[a-z0-9](?:[^a-z0-9]{1,4}[a-z0-9](?![a-z0-9])){2,}")
# Three or more pieces of one or two characters with dots, dashes or the like between them: ga.co.r, b-o-nus is left to the model.
_CHOPPED: Final = re.compile(r"(?<![a-z0-9])[a-z0-9]{1,2}(?:[.\-_*~+,'\u00b7\u2022]{1,3}[a-z0-9]{1,2}(?![a-z0-9])){2,}")
_LETTER_PAIR: Final = re.compile(r"[a-z][^a-z]*[a-z]")
_NOT_ALNUM: Final = re.compile(r"[^a-z0-9]+")
_INNER_SIGN: Final = re.compile(r"(?<=[a-z0-9])[*_~^`\u00b4\u00b7\u2022\\]{1,3}(?=[a-z0-9])|(?<=[a-z])[#%+=](?=[a-z])")
_ANY_INNER_SIGN: Final = re.compile("[*_~^`\u00b4\u00b7\u2022\\\\#%+=]")
_ANY_LEET: Final = re.compile("[0134578@$!|\u20ac9]")
# Runs of 7, 8 and 9 alone are the tails of names that were run together (koi88gacor), not letters.
_LEET_INSIDE: Final = re.compile(r"(?<=[a-z])(?![789]{2})(?:([0134578@$!|\u20ac9])\1{0,3}|[0134578@$!|9]{2,4})(?=[a-z])")
_LEET_BEFORE: Final = re.compile(r"(?<![a-z0-9.])[0134578@$](?=[a-z]{1,20}[0134578@$][a-z])")
# Digits read as letters inside words from which the edges of other words are read so too: "d1" and "1n1" in a text of g4c0r.
_MUCH_LEET: Final = 3
_LEET_EDGE: Final = re.compile(
    r"(?<![a-z0-9])[0134578@$9](?=[a-z]{1,20}(?![a-z0-9]))|(?<=[a-z])[013457](?![a-z0-9])"
    r"|(?<![a-z0-9@$!])[@$!](?=[a-z]{2})|(?<=[a-z]{2})[@$](?![a-z0-9])"
)
_FOURD: Final = re.compile(r"[234]d(?![a-z])")
_LEET_AFTER: Final = re.compile(r"(?<=[a-z])[0134578](?![a-z0-9])")
_DOUBLE: Final = re.compile(r"([^\W\d_])\1+")
_TRIPLE: Final = re.compile(r"([^\W\d_])\1{2,}")

_BRAND_NUMBER: Final = re.compile(
    r"(?<![a-z0-9])[a-z]{2,20}(?:\d{2,4}|[234]d|(?: ?- ?| )(?:88|77|777|99|69|303|138|168|188|388|4d))(?![a-z0-9])"
)
_ENDINGS: Final = (
    "(?:com|net|org|info|xyz|site|online|top|link|live|club|vip|me|co|io|cc|id|ly|gg|to|pro|shop|fun|app|dev|biz|example|test)(?![a-z0-9])"
)
_URL: Final = re.compile(r"https?:|www\.|(?<![a-z0-9@])[a-z0-9-]{2,63} ?\. ?" + _ENDINGS)
_PHONE: Final = re.compile(r"(?<!\d)(?:\+? ?62|0)[ .-]{0,2}8(?:[ .-]{0,2}\d){8,11}(?!\d)")
_DIGIT: Final = re.compile("[0-9]")
_WORD: Final = re.compile(r"[^\W_]+")
_NOISE: Final = re.compile(r"[\W\d_]+")
_DOUBLED: Final = re.compile(r"(.)(?=\1)")


# What any step after the folding could take hold of in small ASCII letters; most comments have none of it, and are plain already. One
# search with four alternatives takes twice as long as four, since each of these knows the characters that it may begin with.
_SIGN: Final = re.compile(r"[0-9@$|*_~^`\\:+#%=]")
_INNER_MARK: Final = re.compile(r"[!.,'\-](?=[a-z])(?:(?<=!)|(?<=[a-z].))")
_SINGLE: Final = re.compile(r"\b[a-z]\b")
_RUN: Final = re.compile(r"([a-z])\1\1")
# Where a host may be in a text without those: "judul. com".
_HOST: Final = re.compile(r"\. ?" + _ENDINGS)


def _is_loud(text: str) -> bool:
    # Without digits and underscores, which are signs, the edges of words are those of letters.
    return bool(_SIGN.search(text) or _INNER_MARK.search(text) or _SINGLE.search(text) or _RUN.search(text))


@dataclass(frozen=True)
class Normalised:
    """A text in its plain form. `text[i]` came from `original[offsets[i][0]:offsets[i][1]]`; offsets never fall and never overlap
    except where one original character reads as several. Positions are code points."""

    original: str
    text: str
    flags: frozenset[str]
    # None: every character stands where it stood.
    _starts: list[int] | None = field(default=None, repr=False)
    _ends: list[int] | None = field(default=None, repr=False)

    @cached_property
    def offsets(self) -> tuple[tuple[int, int], ...]:
        """Start and end in the original of each character of `text`."""
        if self._starts is None or self._ends is None:
            return tuple((i, i + 1) for i in range(len(self.text)))
        return tuple(zip(self._starts, self._ends, strict=True))

    def span_at(self, position: int) -> int:
        """Where in the original the character at `position` of `text` begins, without what clings to it."""
        return position if self._starts is None else self._starts[position]

    def span_end(self, position: int) -> int:
        """Where in the original the character before `position` of `text` ends, without what clings to it."""
        return position if self._ends is None else self._ends[position - 1]

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """The runs of letters and digits in `text`."""
        return tuple(_WORD.findall(self.text))

    @cached_property
    def words(self) -> tuple[tuple[str, int, int], ...]:
        """The runs of letters and digits in `text`, each with its start and end there."""
        return tuple([(found.group(), found.start(), found.end()) for found in _WORD.finditer(self.text)])

    @cached_property
    def skeleton(self) -> str:
        """Letters only, each run of a letter once, nothing between them: equal for copies that differ in spaces, signs, digits,
        emoji or stretched letters. Empty where the text has no letters."""
        return _DOUBLED.sub("", _NOISE.sub("", self.text))

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original that `text[start:end]` was made from, with the marks that sit on its last character.

        Positions outside the text are brought to its ends; an empty stretch gives an empty stretch. Never cuts a base character
        from its marks, joiners or variation selectors.
        """
        start, end = max(0, start), min(len(self.text), end)
        if start >= end:
            at = len(self.original) if start >= len(self.text) else self._begin(start)
            return at, at
        last = end - 1
        first, stop = self._begin(start), (last if self._ends is None else self._ends[last] - 1) + 1
        while first > 0 and _clings(self.original[first]):
            first -= 1
        while stop < len(self.original) and _clings(self.original[stop]):
            stop += 1
        return first, stop

    def _begin(self, position: int) -> int:
        return position if self._starts is None else self._starts[position]


def _clings(char: str) -> bool:
    """Whether a character belongs to the one before it: a mark, a variation selector, a skin tone."""
    return not char.isascii() and (unicodedata.category(char) in ("Mn", "Me", "Mc") or 0x1F3FB <= ord(char) <= 0x1F3FF)


class _Draft:
    """A text being rewritten together with its offsets; lives only inside `normalise`."""

    __slots__ = ("ends", "starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts: list[int] | None = None
        self.ends: list[int] | None = None

    def place(self, parts: list[str]) -> None:
        """Take the folded form of each original character; offsets are kept only where lengths changed."""
        self.text = "".join(parts)
        lengths = list(map(len, parts))
        if lengths.count(1) != len(lengths):
            self.starts = list(chain.from_iterable(map(repeat, range(len(parts)), lengths)))
            self.ends = [start + 1 for start in self.starts]

    def cut(self, edits: list[tuple[int, int, str]]) -> None:
        """Replace each stretch (start, end, text of length 0 or 1); stretches in order, apart from each other."""
        if not edits:
            return
        if self.starts is None or self.ends is None:
            self.starts = list(range(len(self.text)))
            self.ends = list(range(1, len(self.text) + 1))
        pieces: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        at = 0
        for start, end, out in edits:
            pieces.append(self.text[at:start])
            starts += self.starts[at:start]
            ends += self.ends[at:start]
            if out:
                pieces.append(out)
                starts.append(self.starts[start])
                ends.append(self.ends[end - 1])
            at = end
        pieces.append(self.text[at:])
        self.text = "".join(pieces)
        self.starts = starts + self.starts[at:]
        self.ends = ends + self.ends[at:]

    def put(self, swaps: list[tuple[int, str]]) -> None:
        """Replace single characters by single characters."""
        chars = list(self.text)
        for position, char in swaps:
            chars[position] = char
        self.text = "".join(chars)


def _fold_text(text: str, draft: _Draft, flags: set[str]) -> None:
    parts = [_FOLDED[char] for char in text]
    regional = list(_REGIONAL_RUN.finditer(text))
    if regional:
        # "main" is Morocco and India as well: only a text in which every run is made of countries has flags.
        if all(_is_flags(run.group()) for run in regional):
            for run in regional:
                parts[run.start() : run.end()] = " " * len(run.group())
        else:
            flags.add(DISGUISED)
    if _FONT_CHAR.search(text):
        for word in _WORD_WITH_FONTS.finditer(text):
            chars = word.group()
            if _FONT_CHAR.search(chars) and all(
                char in _FONTS or parts[word.start() + i].isascii() or not char.isalpha() for i, char in enumerate(chars)
            ):
                flags.add(DISGUISED)
                for i, char in enumerate(chars, word.start()):
                    if char in _FONTS:
                        parts[i] = _FONTS[char]
    draft.place(parts)
    if _STYLED.search(text) and DISGUISED not in flags and any(_is_styled(m.group()) for m in _STYLED.finditer(text)):
        flags.add(DISGUISED)
    if DISGUISED not in flags and (_MIXED.search(text) or _FOREIGN_TWIN.search(text)):
        flags.add(DISGUISED)
    if DISGUISED in flags and _is_partly(text):
        flags.add(PARTLY)
    if _UNSEEN_INSIDE.search(text):
        flags.add(INVISIBLE)


def _is_partly(text: str) -> bool:
    """Whether words with a disguised letter stand among plain ones: who likes fancy letters sets all of a comment in them, who
    advertises sets the name, which may be the longer half of "NAME mantap"."""
    hidden = plain = 0
    for word in text.split():
        if word.isascii():
            plain += len(word)
        elif _STYLED.search(word) or _MIXED.search(word) or _FOREIGN_TWIN.search(word) or _FONT_CHAR.search(word):
            hidden += len(word)
    return 0 < hidden <= 3 * plain


def _is_flags(run: str) -> bool:
    letters = [chr(ord(char) - 0x1F1E6 + 65) for char in run]
    return all("".join(letters[i : i + 2]) in _REGIONS for i in range(0, len(letters), 2))


def _is_styled(char: str) -> bool:
    # Flags are made of regional letters, and were judged on their own.
    return not 0x1F1E6 <= ord(char) <= 0x1F1FF


def _join(draft: _Draft, flags: set[str]) -> None:
    for pattern in (_APART, _CHOPPED):
        edits: list[tuple[int, int, str]] = []
        for run in pattern.finditer(draft.text):
            if _LETTER_PAIR.search(run.group()):
                edits += _gaps(run)
        if edits:
            flags.add(SPACED)
            draft.cut(edits)
    if _ANY_INNER_SIGN.search(draft.text):
        draft.cut([(sign.start(), sign.end(), "") for sign in _INNER_SIGN.finditer(draft.text)])


def _gaps(run: re.Match[str]) -> list[tuple[int, int, str]]:
    """The edits that close the gaps of a run of single letters; one that parts two words becomes one space.

    Inside a word the gaps are alike. So a gap parts words that is unlike those on both sides ("m.a.i.n s.l.o.t", "m a i n  d i"), and so
    does, where the way of setting apart changes from one word to the next ("m a i n s  l  o  t"), the last or first of the
    narrower gaps: between words the space is the one that was there before.
    """
    gaps = list(_NOT_ALNUM.finditer(run.group()))
    signs = [gap.group() for gap in gaps]
    stretches: list[tuple[int, int]] = []
    first = 0
    for place in range(1, len(signs) + 1):
        if place == len(signs) or signs[place] != signs[first]:
            stretches.append((first, place))
            first = place
    parting = _parting(signs, stretches)
    return [(run.start() + gap.start(), run.start() + gap.end(), " " if place in parting else "") for place, gap in enumerate(gaps)]


def _parting(signs: list[str], stretches: list[tuple[int, int]]) -> set[int]:
    """Which gaps part words; `stretches` are first and last-but-one of gaps that are alike."""
    widths = [(signs[first].count(" "), len(signs[first])) for first, _ in stretches]
    lengths: dict[str, list[int]] = {}
    for first, stop in stretches:
        lengths.setdefault(signs[first], []).append(stop - first)
    usual = max(lengths, key=lambda sign: sum(lengths[sign]))
    # Wider than the usual, and mostly alone: a word of one letter stands between two of them ("a k u   g   t a u   i t u").
    wide = {
        sign
        for sign, found in lengths.items()
        if sign.count(" ") > usual.count(" ") and max(found) == 2 and found.count(1) > found.count(2)
    }
    if wide:
        return {place for place, sign in enumerate(signs) if sign in wide}
    parting: set[int] = set()
    for at, (first, stop) in enumerate(stretches):
        if stop - first > 1 or not widths[at][0]:
            continue
        around = [near for near in (at - 1, at + 1) if 0 <= near < len(stretches)]
        amid = len(around) == 2 and all(stretches[near][1] - stretches[near][0] > 1 for near in around)
        broad = any(widths[at] > widths[near] for near in around) and all(widths[at] >= widths[near] for near in around)
        if amid or broad:
            parting.add(first)
    for at in range(len(stretches) - 1):
        (first, end), (second, stop) = stretches[at], stretches[at + 1]
        if end - first > 1 and stop - second > 1:
            narrow = at if widths[at] < widths[at + 1] else at + 1
            if not widths[narrow][0]:
                narrow = 2 * at + 1 - narrow
            if widths[narrow][0]:
                parting.add(end - 1 if narrow == at else second)
    return parting


def _unleet(draft: _Draft, flags: set[str]) -> None:
    if not _ANY_LEET.search(draft.text):
        return
    swaps: list[tuple[int, str]] = []
    for run in _LEET_INSIDE.finditer(draft.text):
        # The 4 of "4d" is part of a name: "v!$14d" is "visi4d".
        last = run.end() - 1 if _FOURD.match(draft.text, run.end() - 1) else run.end()
        swaps += [(i, _LEET.get(draft.text[i], "o")) for i in range(run.start(), last)]
    if not swaps:
        return
    flags.add(LEET)
    draft.put(swaps)
    if len(swaps) >= _MUCH_LEET:
        flags.add(MUCH_LEET)
        draft.put([(m.start(), _LEET[m.group()]) for m in _LEET_EDGE.finditer(draft.text)])
    # Otherwise a digit at the edge of a word is a letter only where the word has one inside as well: koi88 and 5unsur stay.
    edges = [(m.start(), _LEET[m.group()]) for m in _LEET_BEFORE.finditer(draft.text)]
    inside = {position for position, _ in swaps}
    for tail in _LEET_AFTER.finditer(draft.text):
        word_start = max(draft.text.rfind(" ", max(0, tail.start() - 20), tail.start()) + 1, tail.start() - 20, 0)
        if any(position in inside for position in range(word_start, tail.start())):
            edges.append((tail.start(), _LEET[tail.group()]))
    if edges:
        draft.put(edges)


# Several checks read the same comment one after the other; the cache makes them share one pass without knowing of each other.
@lru_cache(maxsize=16)
def normalise(text: str) -> Normalised:
    """The plain form of a text, its flags and the way back. Linear in `len(text)`; never raises for a `str`."""
    flags: set[str] = set()
    draft = _Draft(text)
    if text.isascii() and text.isprintable():
        draft.text = text.lower()
    else:
        _fold_text(text, draft, flags)
    if draft.text.isascii() and not _is_loud(draft.text):
        if ("www." in draft.text or _HOST.search(draft.text)) and _URL.search(draft.text):
            flags.add(URL)
        return Normalised(text, draft.text, frozenset(flags), draft.starts, draft.ends)
    if _URL.search(draft.text):
        flags.add(URL)
    if "8" in draft.text and _PHONE.search(draft.text):
        flags.add(PHONE)
    _join(draft, flags)
    _unleet(draft, flags)
    plain = draft.text.isascii()
    stretched = list(_TRIPLE.finditer(draft.text)) if not plain or _RUN.search(draft.text) else ()
    if stretched:
        flags.add(STRETCHED)
        # Who stretches two words doubles letters in others: "slooot gacooor mmain".
        runs = stretched if len(stretched) < 2 else _DOUBLE.finditer(draft.text)
        draft.cut([(m.start(), m.end(), m.group(1)) for m in runs])
    if (not plain or _DIGIT.search(draft.text)) and _BRAND_NUMBER.search(draft.text):
        flags.add(BRAND_NUMBER)
    return Normalised(text, draft.text, frozenset(flags), draft.starts, draft.ends)
