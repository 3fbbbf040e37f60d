"""Ways of hiding words, for augmentation and for the robustness tables. Every function is deterministic given its `Random`."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

Disguise = Callable[[str, Random], str]

_TWINS: Final = {
    "a": "\u0430\u03b1\u0251\u0101\u00e0", "b": "\u0432\u0183\u13cf", "c": "\u0441\u03f2\u00e7", "d": "\u0501\u0257",
    "e": "\u0435\u0454\u00e9\u03b5", "g": "\u0261\u0581\u011d", "h": "\u04bb\u043d", "i": "\u0456\u0131\u00ef\u03b9",
    "j": "\u0458\u03f3", "k": "\u043a\u03ba", "l": "\u04cf\u0142\u2113", "m": "\u043c\u1d0d", "n": "\u0578\u03b7\u00f1",
    "o": "\u043e\u03bf\u00f6\u00f8", "p": "\u0440\u03c1", "q": "\u051b", "r": "\u0433\u0280", "s": "\u0455\u0282\u015f",
    "t": "\u0442\u03c4", "u": "\u03c5\u057d\u00fc", "v": "\u03bd\u0475", "w": "\u0461\u051d\u03c9", "x": "\u0445\u03c7",
    "y": "\u0443\u04af", "z": "\u0290\u017e",
}  # fmt: skip
_MATH_CAPITALS: Final = (0x1D400, 0x1D434, 0x1D468, 0x1D4D0, 0x1D56C, 0x1D5A0, 0x1D5D4, 0x1D608, 0x1D63C, 0x1D670)
_MATH_DIGITS: Final = (0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6)
_OTHER_CAPITALS: Final = (0x24B6, 0x1F130, 0x1F150, 0x1F170, 0xFF21)
_SMALL_CAPITALS: Final = dict(
    zip(
        "abcdefghijklmnoprstuvwyz",
        "\u1d00\u0299\u1d04\u1d05\u1d07\ua730\u0262\u029c\u026a\u1d0a\u1d0b\u029f"
        "\u1d0d\u0274\u1d0f\u1d18\u0280\ua731\u1d1b\u1d1c\u1d20\u1d21\u028f\u1d22",
        strict=True,
    )
)
_FANCY: Final = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        "\u5342\u4e43\u531a\u15ea\u4e47\u5343\u13b6\u5344\u4e28\uff8c\u049c\u3125\u722a"
        "\u51e0\u3116\u5369\u024a\u5c3a\u4e02\u3112\u3129\u142f\u5c71\u4e42\u311a\u4e59",
        strict=True,
    )
)
_CANADIAN: Final = dict(
    zip(
        "abcdeghijklmnopqrstuvwxyz",
        "\u15e9\u15f7\u1455\u15ea\u15f4G\u157c\u026a\u148d\u16d5\u14aa\u15f0\u144e"
        "O\u146d\u1515\u1587\u1515\u1466\u144c\u142f\u15ef\u166dY\u1614",
        strict=True,
    )
)
_UNSEEN: Final = "\u200b\u200c\u200d\u2060\ufeff\u00ad\ufe0f\u034f"
_LEET: Final = {"a": "4@", "e": "3", "i": "1!", "o": "0", "s": "5$", "t": "7", "g": "9", "b": "8"}
_SIGNS: Final = "\U0001f525\u2728\U0001f4b0\u2b50\U0001f48e"


def _each_word(change: Callable[[str, Random], str]) -> Disguise:
    """A disguise of a whole text from one of a word; words of one sign are left alone."""

    def disguise(text: str, random: Random) -> str:
        return " ".join(change(word, random) if len(word) > 2 else word for word in text.split(" "))

    return disguise


def styled(text: str, random: Random) -> str:
    """Letters and digits of one or of several styled alphabets, as generators of fancy text make them."""
    mixed = random.random() < 0.3
    base, digits = random.choice(_MATH_CAPITALS), random.choice(_MATH_DIGITS)
    out = []
    for char in text:
        if mixed:
            base, digits = random.choice(_MATH_CAPITALS), random.choice(_MATH_DIGITS)
        if "A" <= char <= "Z":
            out.append(chr(base + ord(char) - 65))
        elif "a" <= char <= "z":
            # Holes of the script alphabets (U+1D455 and others) are not assigned.
            styled_char = chr(base + 26 + ord(char) - 97)
            out.append(char if styled_char in "\U0001d455\U0001d49d" else styled_char)
        elif "0" <= char <= "9":
            out.append(chr(digits + ord(char) - 48))
        else:
            out.append(char)
    return "".join(out)


def squared(text: str, random: Random) -> str:
    """Circled, squared and full-width capitals."""
    base = random.choice(_OTHER_CAPITALS)
    return "".join(chr(base + ord(c.upper()) - 65) if c.isascii() and c.isalpha() else c for c in text)


def small_capitals(text: str, random: Random) -> str:
    """Phonetic small capitals."""
    return "".join(_SMALL_CAPITALS.get(c.lower(), c) for c in text)


def fancy(text: str, random: Random) -> str:
    """Alphabets put together from Chinese, Japanese and Canadian letters."""
    table = random.choice((_FANCY, _CANADIAN))
    return "".join(table.get(c.lower(), c) for c in text)


def look_alike(text: str, random: Random) -> str:
    """Some letters replaced by Cyrillic, Greek, Armenian or accented ones."""
    share = random.choice((0.3, 0.6, 1.0))
    return "".join(random.choice(_TWINS[c.lower()]) if c.lower() in _TWINS and random.random() < share else c for c in text)


def zero_width(text: str, random: Random) -> str:
    """Invisible characters between letters."""
    sign = random.choice(_UNSEEN)
    return "".join(c + (sign if c.isalnum() and random.random() < 0.7 else "") for c in text)


def _leet(word: str, random: Random) -> str:
    return "".join(random.choice(_LEET[c.lower()]) if c.lower() in _LEET and random.random() < 0.7 else c for c in word)


def _dots(word: str, random: Random) -> str:
    return random.choice((".", ".", "-", "*", "_", "\u00b7", "|")).join(word)


def _spaces(word: str, random: Random) -> str:
    return random.choice((" ", " ", "  ")).join(word)


def _repeats(word: str, random: Random) -> str:
    return "".join(c * random.randint(2, 5) if c.isalpha() and random.random() < 0.35 else c for c in word)


def _vowel_drop(word: str, random: Random) -> str:
    return word[0] + "".join(c for c in word[1:] if c.lower() not in "aeiou" or random.random() < 0.1)


def _split_once(word: str, random: Random) -> str:
    cut = random.randint(1, len(word) - 1)
    return word[:cut] + random.choice((" ", ".", "-", "'", "/")) + word[cut:]


def _picture_inside(word: str, random: Random) -> str:
    cut = random.randint(1, len(word) - 1)
    return word[:cut] + random.choice(_SIGNS) + word[cut:]


def _swapped(word: str, random: Random) -> str:
    if len(word) < 4:
        return word
    cut = random.randint(1, len(word) - 3)
    return word[:cut] + word[cut + 1] + word[cut] + word[cut + 2 :]


def _bracketed(word: str, random: Random) -> str:
    left, right = random.choice(("\u3010\u3011", "[]", "()", "\u300c\u300d"))
    return "".join(left + c + right for c in word)


def _starred(word: str, random: Random) -> str:
    sign = random.choice("*#_.%")
    return word[0] + "".join(sign if c.lower() in "aeiou" and random.random() < 0.8 else c for c in word[1:])


_RESPELT: Final = (("ks", "x"), ("c", "k"), ("k", "q"), ("s", "z"), ("f", "v"), ("i", "y"), ("u", "oe"), ("p", "b"))


def _respelt(word: str, random: Random) -> str:
    for plain, other in random.sample(_RESPELT, 3):
        word = word.replace(plain, other).replace(plain.upper(), other.upper())
    return word


def _tailed(word: str, random: Random) -> str:
    return word + random.choice(("z", "x", "h", "q", "zz", "xx", "eh", "oy")) if word.isalpha() else word


_TURNED: Final = str.maketrans(
    "abcdefghijklmnopqrstuvwxyz",
    "\u0250q\u0254p\u01dd\u025f\u0183\u0265\u1d09\u027e\u029el\u026fuodb\u0279s\u0287n\u028c\u028dx\u028ez",
)


def turned(text: str, random: Random) -> str:
    """Upside down and from right to left, word by word."""
    return " ".join(word.lower().translate(_TURNED)[::-1] for word in text.split(" "))


def run_together(text: str, random: Random) -> str:
    """No spaces at all."""
    return text.replace(" ", "")


def struck(text: str, random: Random) -> str:
    """A stroke or a ring over each letter."""
    mark = random.choice("\u0336\u0332\u0338\u030a\u0323")
    return "".join(c + mark if c.isalnum() else c for c in text)


def regional(text: str, random: Random) -> str:
    """Letters as regional indicators, with a space between, as phones write them."""
    out = [chr(0x1F1E6 + ord(c.lower()) - 97) if c.isascii() and c.isalpha() else c for c in text]
    return " ".join(out) if random.random() < 0.5 else "".join(out)


def all_capitals(text: str, random: Random) -> str:
    """Capitals throughout."""
    return text.upper()


# The eight kinds of the targets table, then kinds of our own.
EIGHT: Final[dict[str, Disguise]] = {
    "styled": styled,
    "look-alike": look_alike,
    "zero-width": zero_width,
    "leet": _each_word(_leet),
    "dots": _each_word(_dots),
    "spaces": _each_word(_spaces),
    "repeats": _each_word(_repeats),
    "vowel-drop": _each_word(_vowel_drop),
}
OWN: Final[dict[str, Disguise]] = {
    "squared": squared,
    "small-capitals": small_capitals,
    "fancy": fancy,
    "struck": struck,
    "regional": regional,
    "bracketed": _each_word(_bracketed),
    "split-once": _each_word(_split_once),
    "picture-inside": _each_word(_picture_inside),
    "swapped": _each_word(_swapped),
    "run-together": run_together,
    "capitals": all_capitals,
    "starred": _each_word(_starred),
    "respelt": _each_word(_respelt),
    "tailed": _each_word(_tailed),
    "turned": turned,
}
ALL: Final[dict[str, Disguise]] = EIGHT | OWN
# Not used in augmentation, so that the table says how the models fare on a disguise they were never shown.
UNSEEN: Final = ("bracketed", "swapped", "regional", "fancy", "struck", "starred", "respelt", "tailed", "turned")
# Copies for training: the kinds that the normaliser undoes to the letter teach nothing new, so the others come up more often.
_HARD: Final = ("leet", "dots", "spaces", "repeats", "vowel-drop", "split-once", "picture-inside", "run-together")
TRAINED: Final = _HARD * 3 + tuple(name for name in ALL if name not in UNSEEN and name not in _HARD)


def partly(text: str, name: str, random: Random) -> str:
    """The disguise on some words only, as most disguised comments have it."""
    words = text.split(" ")
    share = random.choice((0.3, 0.6))
    return " ".join(ALL[name](word, random) if len(word) > 2 and random.random() < share else word for word in words)
