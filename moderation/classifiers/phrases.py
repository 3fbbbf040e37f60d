"""Find a newsroom's listed phrases in a normalised text, in one pass, and read such a list from CSV.

A pattern is one or more words. Between words anything but letters and digits may stand. Each word may carry:

- nothing: the word itself, with Indonesian clitics (-nya, -mu, -ku, -lah, -kah, -pun, -2) and doubled by a hyphen;
- `~` in front: also with verbal and nominal affixes (di-, me-, nge-, ke-, ter-, se-, per-, -in, -an, -kan, -i), their nasal forms
  included;
- `*` behind: any ending. `*` on both sides: anywhere in a word, also in letters run together (at least four letters).
- `=` in front: exactly this word.

Patterns are matched on normalised text, so they are written plainly, in small letters; "s l o t" in a comment is found by `slot`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol

from moderation.classifiers.normalise import normalise

KINDS: Final = ("spam", "gambling", "scam", "insult", "profanity", "threat", "identity")
COLUMNS: Final = ("pattern", "action", "kind", "severity", "language", "note")
LONGEST_PATTERN: Final = 80
LONGEST_LIST: Final = 5_000

_WORD: Final = re.compile(r"[^\W_]+")
_CLITICS: Final = ("", "nya", "mu", "ku", "lah", "kah", "pun", "2", "2nya", "an2")
_ENDINGS: Final = (*_CLITICS, "in", "an", "kan", "i", "annya", "innya", "s", "inlah")
_PREFIXES: Final = ("", "di", "ke", "ter", "se", "per", "ber", "nge", "ng", "be", "pe")


class Readable(Protocol):
    """What phrases are looked for in: a normalised text and its words with their places in it."""

    @property
    def text(self) -> str:
        """The text in its plain form."""

    @property
    def words(self) -> tuple[tuple[str, int, int], ...]:
        """Its words, each with start and end."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A match: which pattern (its place in the list) and where in the normalised text."""

    index: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PhraseLine:
    """One line of a phrase list, as `parse` read it. `severity` runs from 1 (mild) to 3 (grave)."""

    pattern: str
    banned: bool
    kind: str
    severity: int
    language: str
    note: str


class PhraseListError(ValueError):
    """A phrase list that cannot be read. `errors` holds (line number in the file, sentence)."""

    def __init__(self, errors: list[tuple[int, str]]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(f"line {line}: {sentence}" for line, sentence in errors))


def _nasal(stem: str) -> tuple[str, ...]:
    """The forms that me- and pe- give a stem (tipu, menipu; sikat, menyikat), and the n-, m-, ny- of everyday speech."""
    first, rest = stem[0], stem[1:]
    if first == "p":
        return tuple(p + "m" + rest for p in ("me", "", "pe"))
    if first in "bfv":
        return tuple(p + "m" + stem for p in ("me", "pe"))
    if first == "t":
        return tuple(p + "n" + rest for p in ("me", "", "pe"))
    if first in "dcjz":
        return ("men" + stem, "pen" + stem, "ny" + rest)
    if first == "s":
        return tuple(p + "ny" + rest for p in ("me", "", "pe"))
    if first == "k":
        return tuple(p + "ng" + rest for p in ("me", "", "pe"))
    if first in "aeiou" or first in "gh":
        return tuple(p + "ng" + stem for p in ("me", "pe"))
    return ("me" + stem, "pe" + stem)


def forms(word: str) -> frozenset[str]:
    """All words that a pattern's word stands for; the marks `~`, `=` are read, `*` is not dealt with here."""
    if word.startswith("="):
        return frozenset((word[1:],))
    if not word.startswith("~"):
        return frozenset(word + clitic for clitic in _CLITICS)
    stem = word[1:]
    starts = [prefix + stem for prefix in _PREFIXES] + list(_nasal(stem))
    return frozenset(start + ending for start in starts for ending in _ENDINGS)


class PhraseMatcher:
    """Patterns ready to be looked for. Building costs some microseconds a pattern; use `matcher` to build once per list."""

    def __init__(self, patterns: Iterable[str]) -> None:
        # By the first word: the words that must follow (None where the pattern is that one word), and the pattern's place.
        self._first: dict[str, list[tuple[tuple[frozenset[str], ...], int]]] = {}
        self._beginnings: dict[str, list[int]] = {}
        self._inside: list[tuple[str, int]] = []
        self._lengths: tuple[int, ...] = ()
        for index, pattern in enumerate(patterns):
            self._add(pattern, index)
        self._lengths = tuple(sorted({len(beginning) for beginning in self._beginnings}))

    def _add(self, pattern: str, index: int) -> None:
        words = pattern.split()
        if len(words) == 1 and words[0].startswith("*") and words[0].endswith("*"):
            self._inside.append((words[0].strip("*"), index))
        elif len(words) == 1 and words[0].endswith("*"):
            self._beginnings.setdefault(words[0].rstrip("*"), []).append(index)
        elif words:
            rest = tuple(forms(word) for word in words[1:])
            for form in forms(words[0]):
                self._first.setdefault(form, []).append((rest, index))

    def find(self, text: Readable) -> tuple[Hit, ...]:
        """Every match, by where it starts. Words are told apart as letters and digits; a pattern may match more than once."""
        return tuple(sorted(self._hits(text), key=lambda hit: (hit.start, hit.end, hit.index)))

    def _hits(self, normal: Readable) -> Iterator[Hit]:
        text, words = normal.text, normal.words
        first, lengths = self._first, self._lengths
        # Most texts have no word that begins a pattern, and one look at all of them is cheaper than one at each.
        if not lengths and first.keys().isdisjoint([word for word, _start, _end in words]):
            words = ()
        for position, (word, start, end) in enumerate(words):
            for rest, index in first.get(word, ()):
                following = words[position + 1 : position + 1 + len(rest)]
                if len(following) == len(rest) and all(w[0] in ok for w, ok in zip(following, rest, strict=True)):
                    yield Hit(index, start, following[-1][2] if following else end)
            for length in lengths:
                if length > len(word):
                    break
                for index in self._beginnings.get(word[:length], ()):
                    yield Hit(index, start, end)
        for piece, index in self._inside:
            at = text.find(piece)
            while at >= 0:
                yield Hit(index, at, at + len(piece))
                at = text.find(piece, at + len(piece))


@lru_cache(maxsize=32)
def matcher(patterns: tuple[str, ...]) -> PhraseMatcher:
    """The matcher of a list of patterns, built once per list: the cache's key is the list's content."""
    return PhraseMatcher(patterns)


def check_pattern(pattern: str) -> str | None:
    """Why a pattern cannot be used, as a sentence; None where it can."""
    words = pattern.split()
    if not words:
        return "The pattern is empty."
    if len(pattern) > LONGEST_PATTERN:
        return f"The pattern is longer than {LONGEST_PATTERN} characters."
    for word in words:
        bare = word.lstrip("~=*").rstrip("*")
        if not _WORD.fullmatch(bare):
            return f"'{word}' is not a word: only letters and digits, with ~ or = in front or * around."
        if "*" in word and len(words) > 1:
            return f"'{word}': * works in patterns of one word only."
        if word.startswith("*") and not (word.endswith("*") and len(bare) >= 4):
            return f"'{word}': a * in front needs one behind, and at least four letters between."
        if word.endswith("*") and len(bare) < 3:
            return f"'{word}': at least three letters must stand before *."
        if not word.startswith("=") and normalise(bare).text != bare:
            return f"'{word}' is never met in a normalised text; write it as '{normalise(bare).text}'."
    return None


def parse(text: str) -> tuple[PhraseLine, ...]:
    """Read a phrase list: CSV with the header `pattern,action,kind,severity,language,note`.

    `action` is `banned` or `suspect`, `kind` one of KINDS, `severity` 1 to 3, `language` a code or empty. Blank lines and lines
    that begin with # are passed over. Raises PhraseListError with every fault of the list, each with its line.
    """
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    errors: list[tuple[int, str]] = []
    lines: list[PhraseLine] = []
    seen: dict[str, int] = {}
    header: list[str] | None = None
    try:
        for row in rows:
            if not any(cell.strip() for cell in row) or row[0].lstrip().startswith("#"):
                continue
            cells = [cell.strip() for cell in row]
            if header is None:
                header = cells
                if header != list(COLUMNS):
                    raise PhraseListError([(rows.line_num, f"The first line must be: {','.join(COLUMNS)}.")])
                continue
            line, fault = _line(cells)
            if line is None:
                errors.append((rows.line_num, fault))
            elif line.pattern in seen:
                errors.append((rows.line_num, f"'{line.pattern}' stands in line {seen[line.pattern]} already."))
            else:
                seen[line.pattern] = rows.line_num
                lines.append(line)
    except csv.Error as error:
        errors.append((rows.line_num, f"This is not CSV: {error}."))
    if len(lines) > LONGEST_LIST:
        errors.append((rows.line_num, f"More than {LONGEST_LIST} phrases."))
    if errors:
        raise PhraseListError(errors)
    return tuple(lines)


def _line(cells: list[str]) -> tuple[PhraseLine | None, str]:
    if len(cells) != len(COLUMNS):
        return None, f"{len(cells)} columns instead of {len(COLUMNS)}."
    pattern, action, kind, severity, language, note = cells
    pattern = " ".join(pattern.lower().split())
    fault = check_pattern(pattern)
    if fault is None and action not in ("banned", "suspect"):
        fault = f"The action is 'banned' or 'suspect', not '{action}'."
    if fault is None and kind not in KINDS:
        fault = f"The kind is one of {', '.join(KINDS)}, not '{kind}'."
    if fault is None and severity not in ("1", "2", "3"):
        fault = f"The severity is 1, 2 or 3, not '{severity}'."
    if fault is not None:
        return None, fault
    return PhraseLine(pattern, action == "banned", kind, int(severity), language, note), ""
