"""What the text checks cost: microseconds for one comment, memory, time to load, hostile input. Figures are of one core."""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from moderation.checks import abuse, gambling, language, links, phrases, promotion, repeats, shouting
from moderation.checks.base import Finding, PhraseRule, Submission
from moderation.classifiers import lexicon, model
from moderation.classifiers import phrases as lists
from moderation.classifiers.links import find_links
from moderation.classifiers.normalise import normalise

CHECKS: Final[tuple[Callable[[Submission], Finding], ...]] = (
    gambling.check, promotion.check, abuse.check, phrases.check, links.check, repeats.check, language.check, shouting.check,
)  # fmt: skip
STARTER: Final = lexicon.FOLDER / "starter.csv"

# Texts of 5,000 code points that cost a careless rule dear.
HOSTILE: Final = {
    "one letter apart": "a b " * 1250,
    "one long word": "a" * 5000,
    "leet": "a0" * 2500,
    "dots": "a.b." * 1250,
    "look-alikes": "\u0455" * 5000,
    "invisible": "\u200b" * 5000,
    "domains": "a.com " * 833,
    "numbers": "62 8" * 1250,
    "hard words": "goblok " * 714,
    "Chinese font": "\u4e02" * 5000,
    "marks": "a\u0301\u0301\u0301\u0301" * 1000,
}


@dataclass(frozen=True, slots=True)
class Cost:
    """`mean` and `p99` in microseconds for one comment through all text checks, at first sight; `again` is the mean for the same texts
    once their words are remembered, as in a process that has run for a while. `load` in milliseconds, `memory` in megabytes, `disk` in
    kilobytes, `hostile` in milliseconds by kind."""

    comments: int
    letters: float
    mean: float
    p99: float
    again: float
    load: float
    memory: float
    disk: float
    hostile: dict[str, float]


def rules() -> tuple[PhraseRule, ...]:
    """The starter list as rules."""
    lines = lists.parse(STARTER.read_text(encoding="utf-8"))
    return tuple(PhraseRule(line.pattern, line.banned, line.kind, line.severity) for line in lines)


def _submission(text: str, listed: tuple[PhraseRule, ...]) -> Submission:
    return Submission(text=text, links=find_links(text), phrases=listed, same_text=1)


def _seconds(submission: Submission) -> float:
    normalise.cache_clear()
    model.analyse.cache_clear()
    # Time of this thread on the processor: what others do on the machine is not the checks' cost.
    began = time.thread_time()
    for check in CHECKS:
        check(submission)
    return time.thread_time() - began


def _loaded() -> tuple[list[model.Model], float]:
    """Every head, read anew with the lexicon, and the milliseconds that it took."""
    model.forget()
    lexicon.forget()
    began = time.thread_time()
    heads = [model.get(head) for head in ("gambling", "promotion", "abuse_id", "abuse_en")]
    lexicon.load()
    return heads, (time.thread_time() - began) * 1000


def measure(texts: list[str]) -> Cost:
    """Run every text check over each text by itself, nothing cached between two texts. The link extraction is left out of the
    time, since the submission brings it along. Raises ModelError without artefacts."""
    listed = rules()
    heads, load = _loaded()
    # Counting allocations slows everything down, so the memory is taken from a second loading.
    tracemalloc.start()
    _loaded()
    memory = tracemalloc.get_traced_memory()[0] / 1e6
    tracemalloc.stop()
    submissions = [_submission(text, listed) for text in texts]
    for submission in submissions[:200]:
        _seconds(submission)
    times = sorted(_seconds(submission) * 1e6 for submission in submissions)
    again = statistics.fmean([_seconds(submission) * 1e6 for submission in submissions])
    hostile = {name: min(_seconds(_submission(text, listed)) for _ in range(3)) * 1000 for name, text in HOSTILE.items()}
    disk = sum((model.FOLDER / f"{head.head}.npz").stat().st_size for head in heads) / 1000
    return Cost(
        comments=len(texts),
        letters=statistics.fmean(map(len, texts)),
        mean=statistics.fmean(times),
        p99=times[int(len(times) * 0.99)],
        again=again,
        load=load,
        memory=memory,
        disk=disk,
        hostile=hostile,
    )
