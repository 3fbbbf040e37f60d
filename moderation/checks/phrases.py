"""The newsroom's own lists: phrases that are banned, and phrases that ask for a look."""

from __future__ import annotations

from typing import Final

from moderation.checks.base import Finding, Label, PhraseRule, Span, Submission
from moderation.classifiers.normalise import normalise
from moderation.classifiers.phrases import PhraseMatcher, matcher

NAME: Final = "phrases"
VERSION: Final = "2"
OF_THE_TEXT: Final = True

# Kinds whose banned phrases settle the matter. A banned insult is held instead: a reader may be quoting it.
DECISIVE: Final = frozenset({"spam", "gambling", "scam"})
# Kinds that are about people; their phrases of severity 3 are told apart as "grave", see moderation.policy.
ABOUT_PEOPLE: Final = frozenset({"insult", "profanity", "threat", "identity"})
_SCORE: Final = {1: 0.4, 2: 0.6, 3: 0.8}


def check(submission: Submission) -> Finding:
    """SPAM for a banned phrase of a kind in DECISIVE, SUSPECT for any other listed phrase, in the text or the author's name."""
    rules = submission.phrases
    if not rules:
        return Finding(NAME, Label.CLEAN, VERSION, detail={"phrases": 0})
    found = _matcher(rules)
    text = normalise(submission.text)
    hits = found.find(text)
    in_name = found.find(normalise(submission.author_name)) if submission.author_name else ()
    if not hits and not in_name:
        return Finding(NAME, Label.CLEAN, VERSION, detail={"phrases": len(rules)})
    spans = tuple(Span(*text.original_span(hit.start, hit.end), rules[hit.index].kind) for hit in hits)
    matched = [rules[hit.index] for hit in (*hits, *in_name)]
    words = tuple(dict.fromkeys(rule.pattern for rule in matched))
    label = Label.SPAM if any(_decides(rule) for rule in matched) else Label.SUSPECT
    score = 1.0 if label is Label.SPAM else max(_SCORE.get(rule.severity, 0.8) for rule in matched)
    severity = max(rule.severity for rule in matched)
    kinds = sorted({rule.kind for rule in matched})
    banned = sorted({rule.pattern for rule in matched if rule.banned})
    grave = sorted({rule.pattern for rule in matched if rule.severity == 3 and rule.kind in ABOUT_PEOPLE})
    detail = {"phrases": len(rules), "kinds": kinds, "severity": severity, "banned": banned, "in_name": len(in_name), "grave": grave}
    return Finding(NAME, label, VERSION, score=score, spans=spans, words=words, detail=detail)


# The matchers of the lists that were used last, by the identity of each list: a caller hands over the same list for many comments, and
# hashing its content each time would cost three times the search itself. The list is kept with its matcher, so its identity is its own.
_built: dict[int, tuple[tuple[PhraseRule, ...], PhraseMatcher]] = {}
_MOST_BUILT: Final = 8


def _matcher(rules: tuple[PhraseRule, ...]) -> PhraseMatcher:
    known = _built.get(id(rules))
    if known is not None and known[0] is rules:
        return known[1]
    built = matcher(tuple(rule.pattern for rule in rules), parted=True)
    if len(_built) >= _MOST_BUILT:
        _built.clear()
    _built[id(rules)] = (rules, built)
    return built


def _decides(rule: PhraseRule) -> bool:
    return rule.banned and rule.kind in DECISIVE
