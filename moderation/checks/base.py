"""What a check is given, and what it answers. Plain Python: no Django, no database, no clock of its own.

A check is one file in this folder with a function `check(submission) -> Finding` and a `VERSION`; it is switched on by one line
in `settings.MODERATION_CHECKS`. With `OF_THE_TEXT = True` its answer follows from text, author's name and site, lists and models alone,
and old comments are shown to it again. It may raise: the screening turns that into a finding with the label ERROR, which holds the
comment for a person. A check must not read a file, the network or the database while it checks; whatever it needs to know stands
in the `Submission`, or is loaded once when its module is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from moderation.classifiers.assess import Models
from moderation.classifiers.links import Link

Thresholds = Mapping[str, Mapping[str, float]]

__all__ = ["Check", "Finding", "Label", "Link", "PhraseRule", "Span", "Submission", "Thresholds"]


class Label(StrEnum):
    """What a check says of a comment, from harmless to sure. Only SPAM decides by itself; SUSPECT and ERROR ask for a person."""

    CLEAN = "clean"
    NOTE = "note"  # worth showing to a moderator and raising the priority, not worth holding a known author for
    SUSPECT = "suspect"
    SPAM = "spam"
    ERROR = "error"  # the check could not tell: never read as clean


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the ORIGINAL text, `text[start:end]`, in code points, with the kind of evidence it is."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's answer. `score` is 0 (harmless) to 1 (sure); `probability` is calibrated, or None where the check is a rule.

    `words` is the evidence as a moderator reads it; `detail` holds plain JSON values (counts, thresholds in force,
    contributions). `model_hash` names the artefact that was used, empty for rules.
    """

    check: str
    label: Label
    version: str
    score: float = 0.0
    probability: float | None = None
    spans: tuple[Span, ...] = ()
    words: tuple[str, ...] = ()
    detail: Mapping[str, object] = field(default_factory=dict)
    model_hash: str = ""


@dataclass(frozen=True, slots=True)
class PhraseRule:
    """One line of a newsroom's phrase list. `pattern` is matched on normalised text; `severity` is 1 (mild) to 3 (grave)."""

    pattern: str
    banned: bool  # True: sure spam or abuse (label SPAM for kind "spam"); False: suspect, only queues
    kind: str  # spam, gambling, scam, insult, profanity, threat, identity
    severity: int = 1


@dataclass(frozen=True, slots=True)
class Submission:
    """Everything the checks may know of one revision of a comment. Built by `moderation.screening`, by the checks only read."""

    text: str  # the raw text as typed, after control characters were dropped; at most 5,000 code points
    author_name: str = ""
    author_url: str = ""
    language: str = "id"
    links: tuple[Link, ...] = ()
    submitted_at: datetime | None = None
    # trap fields of the form; `via_form` is False for the API, whose clients have none
    via_form: bool = False
    honeypot_filled: bool = False
    fill_seconds: float | None = None  # None: the signed time stamp was missing or not ours
    # the author, known only by a signed token or an account
    author_known: bool = False
    author_approved: int = 0
    author_refused: int = 0
    # flood: comments submitted in the last 10 minutes and the last day
    recent_by_author: int = 0
    recent_by_network: int = 0
    recent_everywhere: int = 0
    daily_by_network: int = 0
    barred_nearby: int = 0  # people under suspension here who wrote from the same network
    global_budget: int = 0  # comments in 10 minutes above which everything is held; 0: no such limit
    # repeats: other comments with the same or nearly the same skeleton in the window, over all people and articles
    same_text: int = 0
    same_text_authors: int = 0
    same_text_refused: int = 0
    near_text: int = 0  # near copies that are not exact ones
    near_text_authors: int = 0
    near_text_refused: int = 0
    phrases: tuple[PhraseRule, ...] = ()
    innocent: tuple[str, ...] = ()  # the publication's own: words of the abuse lexicon inside these are not counted
    listed_domains: frozenset[str] = frozenset()
    own_hosts: frozenset[str] = frozenset()
    # the publication's own thresholds of the text models, by head: {"gambling": {"strict": 0.99, "queue": 0.8}}; probabilities.
    # A head or a threshold that is not named has the one stored with its artefact.
    thresholds: Thresholds = field(default_factory=dict)
    models: Models = field(default_factory=dict)  # the publication's own versions of the text models, by head


Check = Callable[[Submission], Finding]
