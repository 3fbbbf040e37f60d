"""Reading `gold.txt`: our own sentences, each with the outcome that is expected and why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_name("gold.txt")


@dataclass(frozen=True, slots=True)
class Gold:
    """A sentence, what is expected of the text checks (pass, spam, hold), its language and topic, and why."""

    text: str
    expected: str
    language: str
    topic: str
    why: str


def read() -> tuple[Gold, ...]:
    """The sentences in the order of the file."""
    sentences: list[Gold] = []
    head = ("", "", "", "")
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("["):
            expected, language, topic, why = (part.strip() for part in line[1:-1].split("|"))
            head = (expected, language, topic, why)
        else:
            sentences.append(Gold(line, *head))
    return tuple(sentences)
