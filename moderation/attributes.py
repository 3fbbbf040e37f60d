"""The attributes that clients of the Perspective API ask for, made from our heads and the lexicon's kinds. Plain Python.

TOXICITY, SPAM are calibrated probabilities of heads. The others are approximations that never exceed TOXICITY: a share of it that
depends on which kinds of hard words stand in the text. docs/api.md says so to whoever reads the figures.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Final

from moderation import scoring
from moderation.classifiers.assess import NO_MODELS, Models

ABUSE: Final = ("abuse_id", "abuse_en")
PROMOTION: Final = ("gambling", "promotion")

# Of the kind's attribute: share of TOXICITY where a word of the kind stands in the text, where only other kinds do, where none does.
SHARES: Final = {
    "INSULT": ("insult", (1.0, 0.5, 0.8)),
    "PROFANITY": ("profanity", (1.0, 0.15, 0.3)),
    "THREAT": ("threat", (1.0, 0.1, 0.1)),
    "IDENTITY_ATTACK": ("identity", (1.0, 0.15, 0.2)),
}
# Share of TOXICITY by the gravest word in the text; 0: none that we know.
SEVERE: Final = {0: 0.35, 1: 0.25, 2: 0.5, 3: 1.0}
ATTRIBUTES: Final = ("TOXICITY", "SEVERE_TOXICITY", *SHARES, "SPAM", "UNSUBSTANTIAL")

# UNSUBSTANTIAL is a rule on length: half at so many words, and so many words from there to 0.27 or 0.73.
SHORT_WORDS: Final = 7.0
SHORT_SLOPE: Final = 2.5

_ENDS: Final = re.compile(r"[.!?…\n]+")
# Stretches that are scored one by one; a longer text has its sentences joined until there are no more than these.
MOST_STRETCHES: Final = 24


def attributes(text: str, wanted: Iterable[str], models: Models = NO_MODELS) -> dict[str, float]:
    """Values from 0 to 1 of the attributes that are wanted, all of ATTRIBUTES. Raises ModelError where an artefact is unusable."""
    wanted = list(wanted)
    values: dict[str, float] = {}
    if "SPAM" in wanted:
        values["SPAM"] = max(scoring.probabilities(text, PROMOTION, models).values())
    if "UNSUBSTANTIAL" in wanted:
        values["UNSUBSTANTIAL"] = 1.0 / (1.0 + math.exp(min((len(text.split()) - SHORT_WORDS) / SHORT_SLOPE, 50.0)))
    if values.keys() >= set(wanted):
        return values
    toxicity = values["TOXICITY"] = max(scoring.probabilities(text, ABUSE, models).values())
    gravest = kinds(text)
    values["SEVERE_TOXICITY"] = toxicity * SEVERE[max(gravest.values(), default=0)]
    for name, (kind, (own, other, none)) in SHARES.items():
        values[name] = toxicity * (own if kind in gravest else other if gravest else none)
    return {name: values[name] for name in wanted}


def kinds(text: str) -> dict[str, int]:
    """Which kinds of the lexicon's words stand in a text, each with its gravest."""
    found: dict[str, int] = {}
    for mark in scoring.marks(text):
        found[mark.kind] = max(found.get(mark.kind, 0), mark.severity)
    return found


def sentences(text: str) -> list[tuple[int, int]]:
    """The sentences of a text, without white space around them, in order; at most MOST_STRETCHES, then neighbours are joined."""
    found: list[tuple[int, int]] = []
    begin = 0
    for mark in _ENDS.finditer(text):
        end = mark.end()
        # "3.000", "kabar.example" and "www.x.y" go on; a line ends whatever follows.
        if end < len(text) and "\n" not in mark[0] and not text[end].isspace():
            continue
        _add(found, text, begin, end)
        begin = end
    _add(found, text, begin, len(text))
    joined = math.ceil(len(found) / MOST_STRETCHES)
    return (
        found if joined <= 1 else [(part[0][0], part[-1][1]) for part in (found[at : at + joined] for at in range(0, len(found), joined))]
    )


def _add(found: list[tuple[int, int]], text: str, begin: int, end: int) -> None:
    bare = text[begin:end].lstrip()
    begin = end - len(bare)
    if bare := bare.rstrip():
        found.append((begin, begin + len(bare)))


def utf16(text: str, at: int) -> int:
    """A place in a text in UTF-16 code units, as JavaScript and Java count: letters beyond U+FFFF are two."""
    return len(text[:at].encode("utf-16-le", "surrogatepass")) // 2
