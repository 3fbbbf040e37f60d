"""Abuse in Indonesian (with regional words) and in English: insult, profanity, threat, attack on a group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from moderation.checks.base import Finding, Label, Span, Submission, Thresholds
from moderation.classifiers.assess import LEVELS, Assessment, Models, assess, level_of, merged
from moderation.classifiers.model import analyse
from moderation.classifiers.normalise import normalise

NAME: Final = "abuse"
VERSION: Final = "1"
OF_THE_TEXT: Final = True
HEADS: Final = ("abuse_id", "abuse_en")
DIGITS: Final = 12  # of each head's hash: enough to see that a model is another one

# Never SPAM: a text score cannot tell an insult from one that is quoted, so abuse is held for a person.
_LABELS: Final = {"strict": Label.SUSPECT, "queue": Label.SUSPECT, "likely": Label.NOTE, "none": Label.CLEAN}


def check(submission: Submission) -> Finding:
    """SUSPECT where either language's head reaches its queue threshold, NOTE where abuse is the likelier reading or a grave word
    of the lexicon stands in the text. The probability is the higher one. Raises ModelError where an artefact cannot be used."""
    hits = analyse(submission.text).hits
    innocent = submission.innocent if hits else ()  # most comments hold no word of the lexicon, and are read once
    spared = len(hits)
    if innocent:
        hits = analyse(submission.text, innocent).hits
    spared -= len(hits)
    heads = [assess(head, submission.text, submission.thresholds, innocent, models=submission.models) for head in HEADS]
    worst = max(heads, key=_urgency)
    grave = [hit for hit in hits if hit.line.severity == 3]
    label = _LABELS[worst.level]
    if label is Label.CLEAN and grave:
        label = Label.NOTE
    severity = max([hit.line.severity for hit in hits]) if hits else 0
    detail: dict[str, object] = {
        **worst.detail,
        "head": worst.head,
        "lexicon": sorted({hit.line.pattern for hit in hits}) if hits else [],
        "kinds": sorted({hit.line.kind for hit in hits}) if hits else [],
        "severity": severity,
        "spared": spared,  # words of the lexicon that the publication calls innocent
        "probabilities": {found.head: found.probability for found in heads},  # not rounded: other thresholds are tried out on them
        "models": {found.head: found.hash[:DIGITS] for found in heads},
    }
    if label is Label.CLEAN:
        return _finding(label, worst, (), (), detail)
    text = normalise(submission.text)
    places = {text.original_span(hit.start, hit.end): hit.line.kind for hit in hits}
    others = [span for span in worst.spans if not any(span[0] < end and start < span[1] for start, end in places)]
    spans = [Span(start, end, kind) for (start, end), kind in places.items()]
    spans += [Span(start, end, "abuse") for start, end in merged(others, submission.text)]
    words = tuple(dict.fromkeys([*(submission.text[start:end] for start, end in places), *worst.words]))
    return _finding(label, worst, tuple(sorted(spans, key=lambda span: (span.start, span.end))), words, detail)


def relabel(finding: Finding, thresholds: Thresholds, models: Models) -> Finding:
    """What the check would have said of the same scores with other thresholds. A finding without scores is left as it is."""
    stored = finding.detail.get("probabilities")
    if finding.label is Label.ERROR or not isinstance(stored, Mapping) or set(stored) != set(HEADS):
        return finding
    asked = [(level_of(head, float(stored[head]), thresholds, models), float(stored[head])) for head in HEADS]
    (name, strict, queue), probability = max(asked, key=lambda one: (LEVELS.index(one[0][0]), one[1]))
    label = _LABELS[name]
    if label is Label.CLEAN and finding.detail.get("severity") == 3:
        label = Label.NOTE
    if label is finding.label and (probability, strict, queue) == (
        finding.score,
        finding.detail.get("strict"),
        finding.detail.get("queue"),
    ):
        return finding
    detail = {**finding.detail, "strict": strict, "queue": queue}
    return replace(finding, label=label, score=probability, probability=probability, detail=detail)


def _urgency(found: Assessment) -> tuple[int, float]:
    return LEVELS.index(found.level), found.probability


def _finding(label: Label, found: Assessment, spans: tuple[Span, ...], words: tuple[str, ...], detail: dict[str, object]) -> Finding:
    return Finding(
        NAME,
        label,
        f"{VERSION}/{found.version}",
        score=found.probability,
        probability=found.probability,
        spans=spans,
        words=words,
        detail=detail,
        model_hash=found.hash,
    )
