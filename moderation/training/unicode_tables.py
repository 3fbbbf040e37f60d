"""Write `moderation/classifiers/tables.py`: which code points pass for which Latin letter or digit.

Run as `python -m moderation.training.unicode_tables` after an update of Python's Unicode data or of the curated rows below.
Three sources, the later overruling the earlier:

1. Unicode's confusables (UTS #39), as the `confusable-homoglyphs` package carries them: rows whose prototype is one ASCII letter
   or digit. Their prototype for anything like a bar is `l`, so letters that are named I or iota are put right by source 2.
2. The names in Unicode's own character database (`unicodedata`): squared, circled and small-capital letters, letters with a
   stroke or a hook, digits of every script.
3. The rows of this file: alphabets that "fancy text" generators assemble from other scripts, which the eye reads as Latin only in
   company and which therefore stand in no table of single characters.

What NFKD already takes to ASCII is left out: the normaliser does that itself. The output is deterministic for a given Python and
package version.
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from importlib import resources
from pathlib import Path
from typing import Final

TARGET: Final = Path(__file__).resolve().parent.parent / "classifiers" / "tables.py"

# Cyrillic and Greek by eye, not by sound: the reading that spam relies on.
BY_EYE: Final = {
    "a": "0430 0410 04d1 0251 03b1 0391 0414 2200 0466",
    "b": "0432 0412 0431 044c 042c 044a 03b2 0392 0183 0411",
    "c": "0441 0421 03f2 04ab 2102 00a2 10ba",
    "d": "0501 2202 03b4 0257 20ab",
    "e": "0435 0415 0454 0404 0451 0401 044d 042d 0437 0417 03b5 0395 03be 03f5 20ac 2211 0510",
    "f": "0493 0492 0192 03dd 20a3",
    "g": "0262 0581 050d 0261 20b2",
    "h": "043d 041d 04bb 0397 0570",
    "i": "0456 0406 0457 0407 03b9 0399 0131 ff5c 2160 00a1",
    "j": "0458 0408 03f3 05e0",
    "k": "043a 041a 03ba 039a 049b 20ad 0138",
    "l": "04cf 04c0 2113 0142 0141 05df 2c60 00a3",
    "m": "043c 041c 039c 03fb 20a5",
    "n": "043f 041f 0438 0418 0439 0419 03b7 03c0 0578 057c 20a6 039d 043b",
    "o": "043e 041e 03bf 039f 03c3 0585 0555 0444 03b8 0398 00f8 00d8 0d20",
    "p": "0440 0420 03c1 03a1 00fe 20b1",
    "q": "051b 0566 0563",
    "r": "0433 0413 044f 042f 027e 0280",
    "s": "0455 0405 03c2 0282 20b4 0160 054f",
    "t": "0442 0422 03c4 03a4 0535 20ae 04ad",
    "u": "03c5 03bc 00b5 0446 0446 057d 028b 0426 222a 0574",
    "v": "03bd 0475 0474 0461 221a 2228 22c1",
    "w": "0448 0428 0449 0429 03c9 03c8 051d 051c 20a9 0461 0561",
    "x": "0445 0425 03c7 03a7 0436 0416 00d7",
    "y": "0443 0423 03b3 03a5 04af 04ae 00a5 04f1",
    "z": "0290 01b6 0396 2124 03b6",
}

# Alphabets of "fancy text" generators. These scripts are somebody's own writing, so a word is folded only where EVERY letter of
# it stands here or is Latin (see `normalise`).
FONTS: Final = {
    "a": "5342 ff91 30a2 9fa2 12eb 13aa a04a 15e9 0e04 0105 ab7a 5344 a34f",
    "b": "4e43 4e47 13f4 15f7 0e52 a303 a4d0 a2e4 4e42",
    "c": "531a 3116 1455 a4da 13df a493 a297 4ea1 6c49",
    "d": "15ea 1460 4e4d a4d3 13a0 a3f1 0ea7 5200 3110",
    "e": "4e47 4e99 a5d4 13ac 15f4 5df3 a049 20ac 4e49 a3ef",
    "f": "5343 4e48 a4dd 15b4 ff77 a255 13a6 30ad",
    "g": "13b6 13c0 4e93 a4d6 ff8a a359 5df1",
    "h": "5344 5345 4ea8 a4e7 157c 13bb ff93 3093 0a90 5eff 4e95",
    "i": "4e28 ff89 a4f2 13a5 a025 30ce 5de5 3163",
    "j": "ff8c a4d9 13ab 148d 3048 4e85 a4bb 30d5",
    "k": "16d5 049c a4d7 13e6 a017 ff9a a0d1 310e",
    "l": "3125 4e5a a4e1 13de 14aa ff9a 3057 3117 4e42 a492",
    "m": "722a a4df 13b7 15f0 ffee 0d38 ff4d ff7c 518a",
    "n": "51e0 a4e0 13b5 144e 3093 0e20 0e19 30cf a224",
    "o": "3116 53e3 a4f3 13a4 0e4f 30ed 3007 0ed0 56d7 3128 3116 3142",
    "p": "5369 a4d1 13e2 146d 0e01 5c38 ff71 4e06",
    "q": "024a 1515 10b3 53fd 3124 4eb4",
    "r": "5c3a a4e3 13d2 1587 0e23 a130 ff83 53b0",
    "s": "4e02 a4e2 13da 1515 0e23 4e10 ff53 5f5d 4e17",
    "t": "1466 3112 a4d4 13a2 4e05 0e15 4e01 30c8 ff73 5343 4e03",
    "u": "3129 a4f4 13cc 144c 0e22 51f5 30b3 0e1a",
    "v": "142f a4e6 13d9 30ec 3163 4e5a 1403",
    "w": "5c71 a4ea 13b3 15ef 0e1f 0e2c 5c77 3120",
    "x": "4e42 a4eb 1541 5df4 30e1 30ac 4e44 311a 166d",
    "y": "4e2b a4ec 13a9 311a 0e2f 05e5 02e0 4e98",
    "z": "4e59 a4dc 13c3 1614 0579 4e5b",
}
# Where the rows above name one code point twice, the reading that the generators use most.
FONT_READING: Final = {
    "3116": "o", "4e42": "x", "4e47": "e", "5343": "f", "5344": "h", "3093": "n", "3163": "i", "311a": "y",
    "1515": "s", "0e23": "r", "ff9a": "l", "4e5a": "l",
}  # fmt: skip

# Scripts whose plain letters are left alone although confusables.txt has rows for some of them: real readers write them.
# Scripts that hardly any reader here writes, so their letters are folded wherever they stand.
RARE_SCRIPTS: Final = frozenset({"CANADIAN", "CHEROKEE", "LISU", "YI", "VAI"})

_SHY = (
    "ARABIC HEBREW THAI LAO DEVANAGARI BENGALI GUJARATI GURMUKHI ORIYA TAMIL TELUGU KANNADA MALAYALAM SINHALA MYANMAR GEORGIAN "
    "ETHIOPIC HANGUL CJK KATAKANA HIRAGANA BOPOMOFO HALFWIDTH IDEOGRAPHIC KHMER TIBETAN MONGOLIAN JAVANESE BALINESE SUNDANESE"
)
SHY_SCRIPTS: Final = frozenset(_SHY.split())

_LETTER = re.compile(
    r"(?:LATIN (?:LETTER SMALL CAPITAL|SMALL LETTER|CAPITAL LETTER|LETTER SMALL CAPITAL TURNED)"
    r"|(?:NEGATIVE |CROSSED NEGATIVE )?(?:SQUARED|CIRCLED) LATIN CAPITAL LETTER"
    r"|TORTOISE SHELL BRACKETED LATIN CAPITAL LETTER)"
    r" (?:TURNED |REVERSED |SCRIPT |OPEN |DOTLESS |STRETCHED |INVERTED |SIDEWAYS |CLOSED )*([A-Z])"
    r"(?: WITH [A-Z -]+| DIGRAPH)?"
)


def is_shy(name: str) -> bool:
    """Whether the character of this Unicode name belongs to a script that is folded only inside a disguise."""
    return name.split(" ", 1)[0] in SHY_SCRIPTS


def plain(char: str) -> str:
    """The ASCII that NFKD, without marks and in lower case, makes of a character; empty where that is not ASCII."""
    kept = "".join(c for c in unicodedata.normalize("NFKD", char) if not unicodedata.combining(c)).lower()
    return kept if kept.isascii() else ""


def from_confusables() -> dict[str, str]:
    """Rows of Unicode's confusables whose prototype is one ASCII letter or digit."""
    raw = resources.files("confusable_homoglyphs").joinpath("confusables.json").read_text(encoding="utf-8")
    table: dict[str, str] = {}
    for char, rows in json.loads(raw).items():
        for row in rows:
            seen = row["c"]
            if len(char) == 1 and not char.isascii() and len(seen) == 1 and seen.isascii() and seen.isalnum():
                table[char] = seen.lower()
    return table


def from_names() -> dict[str, str]:
    """Letters and digits that their own names call Latin letters or digits."""
    table: dict[str, str] = {}
    for code in range(0x80, sys.maxunicode + 1):
        char = chr(code)
        name = unicodedata.name(char, "")
        found = _LETTER.fullmatch(name)
        if found:
            table[char] = found.group(1).lower()
        elif (value := unicodedata.digit(char, -1)) >= 0:
            table[char] = str(value)
    return table


def from_rows(rows: dict[str, str], reading: dict[str, str] | None = None) -> dict[str, str]:
    """The curated rows as a mapping; a code point named twice takes the reading given for it, or raises ValueError."""
    table: dict[str, str] = {}
    for letter, codes in rows.items():
        for code in dict.fromkeys(codes.split()):
            char = chr(int(code, 16))
            if table.get(char, letter) != letter:
                if reading is None or code not in reading:
                    raise ValueError(f"U+{code} is read both as {table[char]} and as {letter}: say which in FONT_READING")
                letter_read = reading[code]
            else:
                letter_read = letter
            table[char] = letter_read
    return table


def build() -> tuple[dict[str, str], dict[str, str]]:
    """The two tables: look-alikes folded anywhere, and font letters folded only in words made of nothing else."""
    # Where NFKD gives a letter or digit, it knows better than the confusables, which take every capital I for an l.
    seen = {char: read for char, read in from_confusables().items() if not plain(char).isalnum()}
    always = seen | from_names() | from_rows(BY_EYE, {"0461": "w"})
    fonts = from_rows(FONTS, FONT_READING)
    for char in [c for c in fonts if unicodedata.name(c, "").split(" ", 1)[0] in RARE_SCRIPTS]:
        always[char] = fonts.pop(char)
    for char in [c for c in always if is_shy(unicodedata.name(c, "")) and unicodedata.digit(c, -1) < 0]:
        fonts.setdefault(char, always[char])
        del always[char]
    for char in list(fonts):
        if char in always or plain(char):
            del fonts[char]
    always = {char: read for char, read in always.items() if plain(char) != read}
    return always, fonts


def _rows(table: dict[str, str]) -> list[str]:
    by_reading: dict[str, list[str]] = {}
    for char, read in table.items():
        by_reading.setdefault(read, []).append(f"{ord(char):x}")
    lines: list[str] = []
    for read in sorted(by_reading):
        line = f'    "{read}": "'
        for code in sorted(by_reading[read], key=lambda c: int(c, 16)):
            if len(line) + len(code) > 124:
                lines.append(line.rstrip() + ' "')
                line = '    "'
            line += code + " "
        lines.append(line.rstrip() + '",')
    return lines


def render() -> str:
    """The source of the tables module."""
    always, fonts = build()
    return "\n".join(
        [
            '"""Code points that pass for a Latin letter or a digit. Written by `moderation.training.unicode_tables`.',
            "",
            f"Derived from Unicode's character database {unicodedata.unidata_version} and confusables (UTS #39), (c) Unicode,",
            "Inc., under the Unicode License v3, and from alphabets curated in that script. Hexadecimal code points by what they",
            "read as. Do not edit; run the script.",
            '"""',
            "",
            "from __future__ import annotations",
            "",
            "from typing import Final",
            "",
            "# Folded wherever they stand.",
            "LOOK_ALIKES: Final = {",
            *_rows(always),
            "}",
            "",
            "# Letters of living scripts: folded only in a word that has no other letters than these and Latin ones.",
            "FONT_LETTERS: Final = {",
            *_rows(fonts),
            "}",
            "",
        ]
    )


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
    print(f"{TARGET.name}: {len(build()[0])} look-alikes, {len(build()[1])} font letters")
