"""Sentences made up for training: promotions of invented brands, and the harmless sentences that look like them.

The pieces stand in `grammar/*.txt`, all of our own wording: a line is one sentence with `{slots}`, a block `[name]` lists what
may stand in the slot of that name. A sentence is drawn by filling slots until none is left; the same `Random` draws the same one.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from random import Random
from typing import Final

from moderation.training import disguise

FOLDER: Final = Path(__file__).resolve().parent / "grammar"
SLOT: Final = re.compile(r"\{(\w+)\}")
GRAMMARS: Final = ("gambling", "topical", "promotion", "criticism", "praise", "abuse", "abuse_en", "plain_en", "innocent")

_SYLLABLES: Final = tuple(consonant + vowel for consonant in "bcdfghjklmnprstvwyz" for vowel in "aeiou")
_TAILS: Final = (
    "88", "77", "99", "69", "138", "168", "303", "388", "777", "888", "123", "188", "178", "89", "78", "55", "328",
    "365", "21", "111", "toto", "slot", "win", "bet", "4d", "4d", "play", "jp", "hoki", "gacor", "vip", "poker",
    "togel", "qq", "club", "cash", "spin", "max", "jitu", "gaming", "mpo", "pro", "bola", "jackpot", "zeus", "luck",
    "mania", "asia", "spin88", "slot77", "bet88", "win138", "toto4d", "slot4d", "play77", "1", "2", "5", "9", "8", "",
    "",
)  # fmt: skip
_LUCKY_NUMBERS: Final = (
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
    "78",
    "89",
    "33",
    "55",
    "66",
)
_HEADS: Final = (
    "slot", "toto", "raja", "dewa", "bos", "agen", "mpo", "sultan", "ratu", "indo", "asia", "hoki", "cuan", "pola",
    "mega", "royal",
)  # fmt: skip


_ENDINGS: Final = ("com", "net", "xyz", "vip", "org", "site", "live", "online", "example")


@cache
def grammar(name: str) -> dict[str, tuple[str, ...]]:
    """The blocks of a grammar file; the block `start` holds the sentences. Raises OSError where the file is missing."""
    blocks: dict[str, list[str]] = {}
    block = "start"
    for line in (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        line = line.rstrip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("[") and line.endswith("]"):
            block = line[1:-1]
        elif block == "start":
            blocks.setdefault(block, []).append(line)
        else:
            blocks.setdefault(block, []).extend(part.strip() for part in line.split("|"))
    return {key: tuple(values) for key, values in blocks.items()}


def brand(random: Random) -> str:
    """The name of a betting site that does not exist, in the way they are made: a stem and a tail of luck, digits or trade."""
    stems = grammar("gambling")["stem"]
    invented = random.random() < 0.35
    stem = "".join(random.choice(_SYLLABLES) for _ in range(random.randint(2, 3))) if invented else random.choice(stems)
    if random.random() < 0.12:
        stem = random.choice(_HEADS) + stem
    tail = random.choice(_TAILS)
    if random.random() < 0.14:
        tail = random.choice((str(random.randint(10, 99)), str(random.randint(100, 999)), "4d2", "4d1", "slot4d", "77win", "88bet"))
    return stem + tail if stem + tail != stem else stem + random.choice(("", "toto", "88"))


# How a name is hidden where the rest of the comment is plain. Disguises that the tables call unseen are not among them.
_HIDES: Final = ("styled",) * 8 + ("squared", "small-capitals", "look-alike", "zero-width", "leet", "dots", "split-once", "picture-inside")
_DIGIT_WORDS: Final = ("kosong", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan")


def dressed(name: str, random: Random) -> str:
    """A brand as it is set in a comment: capitals, signs around it, spaces between its letters or before its number, styled or
    look-alike letters, cut into syllables, its digits as words or keycaps."""
    draw = random.random()
    if draw < 0.45:
        name = name.upper()
    elif draw < 0.65:
        name = name.capitalize()
    draw = random.random()
    if draw < 0.06:
        name = " ".join(name)
    elif draw < 0.1:
        name = re.sub(r"(?<=[a-zA-Z])(?=\d)", random.choice((" ", "-", "_", "'")), name, count=1)
    elif draw < 0.14:
        name = _in_syllables(name, random)
    elif draw < 0.16:
        name = re.sub(r"\d", lambda digit: f" {_DIGIT_WORDS[int(digit.group())]}", name)
    elif draw < 0.18:
        name = re.sub(r"(?<=\d)(?=\d)", random.choice((".", "/", "-", " ")), name)
    elif draw < 0.2:
        name = re.sub(r"\d", lambda digit: digit.group() + "\ufe0f\u20e3", name)
    if random.random() < 0.4:
        name = disguise.ALL[random.choice(_HIDES)](name, random)
        if random.random() < 0.15:
            name = " ".join(name)
    if random.random() < 0.3:
        sign = random.choice(grammar("gambling")["sign"])
        name = f"{sign}{name}{sign}" if random.random() < 0.8 else f"{sign} {name} {sign}"
    return name


def _in_syllables(name: str, random: Random) -> str:
    """ "garudahoki" as "ga ru da-ho ki"."""
    pieces = re.findall(r"[^aeiouAEIOU\d]*[aeiouAEIOU]|[^aeiouAEIOU\d]+|\d+", name)
    if random.random() < 0.4 and len(pieces) > 2:
        cut = random.randint(1, len(pieces) - 1)
        pieces = ["".join(pieces[:cut]), "".join(pieces[cut:])]
    return "".join(piece + random.choice((" ", " ", " ", "-", " -")) for piece in pieces).strip(" -")


def odd(random: Random) -> str:
    """A name that nobody knows and that is no betting site's: of a person, a village, a band."""
    name = "".join(random.choice(_SYLLABLES) for _ in range(random.randint(2, 3))) + random.choice(("", "", "n", "r", "s", "h", "k", "m"))
    return name.capitalize() if random.random() < 0.6 else name


def innocent(random: Random) -> str:
    """A word that has the shape of a betting site's name, or a piece of one, and is none: a model, a law, a club, a person."""
    draw = random.random()
    if draw < 0.7:
        return random.choice(grammar("innocent")["word"])
    # Trains, houses and shirts have lucky numbers as well.
    number = random.choice(_LUCKY_NUMBERS) if random.random() < 0.4 else str(random.randint(1, 999))
    return random.choice(grammar("innocent")["before"]) + random.choice(("", "", " ", "-")) + number


def word(kind: str, random: Random) -> str:
    """A word of the trade ("trade") or a hard one with innocent uses ("animal"), which alone make nothing of a sentence."""
    return random.choice(grammar("innocent")[kind])


def inserted(text: str, word: str, links: tuple[str, ...], random: Random) -> str:
    """A text with a word put between two of its words, sometimes with one of `links` ("di", "dari") in front."""
    words = text.split()
    at = random.choice((0, len(words), random.randint(0, len(words))))
    piece = [random.choice(links), word] if random.random() < 0.5 else [word]
    return " ".join(words[:at] + piece + words[at:])


def sentence(name: str, random: Random) -> str:
    """One sentence of a grammar."""
    rules = grammar(name)
    text = random.choice(rules["start"])

    def fill(match: re.Match[str]) -> str:
        slot = match.group(1)
        if slot == "brand":
            return dressed(brand(random), random)
        if slot == "domain":
            return f"{brand(random).lower()}.{random.choice(_ENDINGS)}"
        if slot == "odd":
            return odd(random)
        if slot == "n":
            return str(random.randint(2, 99))
        if slot == "year":
            return str(random.randint(1990, 2029))
        if slot == "phone":
            return "08" + "".join(str(random.randint(0, 9)) for _ in range(random.randint(9, 11)))
        return random.choice(rules[slot])

    for _ in range(6):
        if not SLOT.search(text):
            break
        text = SLOT.sub(fill, text)
    draw = random.random()
    if draw < 0.25:
        text = text.lower()
    elif draw < 0.3:
        text = text.upper()
    elif draw < 0.6:
        text = text[:1].upper() + text[1:]
    return " ".join(text.split())


def sentences(name: str, count: int, seed: int) -> list[str]:
    """`count` different sentences of a grammar, or as many as it has; the same for the same seed."""
    random = Random(f"{name}:{seed}")
    drawn: dict[str, None] = {}
    for _ in range(count * 4):
        if len(drawn) >= count:
            break
        drawn[sentence(name, random)] = None
    return list(drawn)
