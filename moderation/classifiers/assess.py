"""One head's opinion of a text, with the thresholds in force and the words that carried it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from moderation.classifiers import features, model
from moderation.classifiers.correction import share_of
from moderation.classifiers.lexicon import word_hash
from moderation.classifiers.model import Analysis, Model, ModelError

# The models to use in place of those that are shipped, by head. A head whose replacement cannot be read has the error: it must not
# be scored by another one in silence.
Models = Mapping[str, Model | ModelError]
NO_MODELS: Final[Models] = MappingProxyType({})

# The words that are marked: the strongest, until they make up this share of all that speaks for the head, but not more words.
COVERED: Final = 0.6
MOST_WORDS: Final = 12
# Below this probability nothing is explained: the taking apart costs more than the score.
EXPLAINED_FROM: Final = 0.5


LEVELS: Final = ("none", "likely", "queue", "strict")


class Assessment(NamedTuple):
    """`level` is "strict", "queue", "likely" (from EXPLAINED_FROM) or "none". `spans` lie in the original text, in order."""

    head: str
    level: str
    logit: float
    probability: float
    spans: tuple[tuple[int, int], ...]
    words: tuple[str, ...]
    detail: Mapping[str, object]
    version: str
    hash: str


def model_for(head: str, models: Models) -> Model:
    """The model of a head, from `models` or as shipped. Raises ModelError."""
    found = models.get(head)
    if isinstance(found, ModelError):
        raise found
    return model.get(head) if found is None else found


def level_of(
    head: str, probability: float, thresholds: Mapping[str, Mapping[str, float]], models: Models = NO_MODELS
) -> tuple[str, float, float]:
    """The level of a head's probability, and the strict and queue thresholds in force. Raises as `assess` does."""
    return _level(model_for(head, models), probability, thresholds.get(head, {}))


def _level(used: Model, probability: float, own: Mapping[str, float]) -> tuple[str, float, float]:
    strict, queue = float(own.get("strict", used.strict)), float(own.get("queue", used.queue))
    if not 0.0 < queue <= strict <= 1.0:
        raise ValueError(f"The thresholds of '{used.head}' must be 0 < queue <= strict <= 1, not queue {queue} and strict {strict}.")
    if probability >= strict:
        return "strict", strict, queue
    if probability >= queue:
        return "queue", strict, queue
    return ("likely" if probability >= EXPLAINED_FROM else "none"), strict, queue


def assess(
    head: str,
    text: str,
    thresholds: Mapping[str, Mapping[str, float]],
    innocent: tuple[str, ...] = (),
    *,
    models: Models = NO_MODELS,
) -> Assessment:
    """Score a text with a head; raises ModelError where its artefact is unusable, and ValueError for thresholds out of order.

    `innocent` are a newsroom's own harmless words, see `lexicon.find`.
    """
    used = model_for(head, models)
    analysis = model.analyse(text, innocent) if innocent else model.analyse(text)
    score = used.score(analysis)
    level, strict, queue = _level(used, score.probability, thresholds.get(head, {}))
    detail: dict[str, object] = {"logit": round(score.logit, 6), "strict": strict, "queue": queue}
    if used.base is not None:
        detail["correction"] = round(share_of(used, analysis.windows[score.window]), 6)
        detail["base"] = used.base.hash
    if level == "none":
        return Assessment(head, "none", score.logit, score.probability, (), (), detail, used.version, used.hash)
    seen = analysis.windows[score.window]
    shares = used.shares(seen)
    strongest = sorted(evidence(used, analysis, score.window), key=lambda place: (-shares[place], place))
    row, original_span = seen.words, analysis.normal.original_span
    detail["bias"] = round(used.bias, 6)
    detail["signs"] = {name: round(value, 4) for name, value in used.signed(seen).items()}
    detail["contributions"] = [[row.words[place], round(shares[place], 4)] for place in strongest]
    spans = merged([original_span(row.starts[place], row.ends[place]) for place in strongest], text)
    words = tuple(dict.fromkeys([row.words[place] for place in strongest]))
    return Assessment(head, level, score.logit, score.probability, spans, words, detail, used.version, used.hash)


def evidence(used: Model, analysis: Analysis, window: int) -> list[int]:
    """The places of the words of a window that are marked.

    They are those that readers marked, for a head that learned of such; otherwise the words that speak for the head, the strongest
    first, until they make up COVERED of all that does. Besides, what a person may overlook: words in disguise that speak for the
    head, and for promotion of gambling what has the shape of a site's name.
    """
    words = analysis.windows[window].words
    spoken = used.speaking(analysis, window)
    order = sorted([place for place, weight in enumerate(spoken) if weight > 0], key=lambda place: (-spoken[place], place))
    kept = [place for place in order if word_hash(words.words[place]) in used.marked_words] if used.marked_words else []
    if not kept:
        total = sum([spoken[place] for place in order])
        covered = 0.0
        for place in order:
            if kept and covered >= COVERED * total:
                break
            kept.append(place)
            covered += spoken[place]
    overlooked = [place for place in features.hidden(words) if spoken[place] > 0]
    if used.head == "gambling":
        overlooked += [place for place, code in enumerate(words.codes) if code in features.NAMES]
    return list(dict.fromkeys([*kept[:MOST_WORDS], *overlooked[:MOST_WORDS]]))


def merged(spans: Iterable[tuple[int, int]], text: str) -> tuple[tuple[int, int], ...]:
    """Stretches in order, those that touch or have only white space between them made one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and (start <= joined[-1][1] or text[joined[-1][1] : start].isspace()):
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)
