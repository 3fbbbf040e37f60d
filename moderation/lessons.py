"""What the decisions of a newsroom teach its text models: examples for one head, from comments as they are now. No text is kept.

A comment whose text was erased, edited since, or whose decision was taken back teaches nothing.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.db.models import Exists, F, OuterRef

from comments.states import Status
from moderation.classifiers import correction
from moderation.classifiers.correction import Example
from moderation.classifiers.languages import guess
from moderation.classifiers.model import Model, analyse
from moderation.classifiers.normalise import normalise
from moderation.models import Decision, Suggestion
from moderation.reasons import Reason
from newsroom.models import Publication

MOST_READ: Final = 6_000  # decisions that are looked through, the latest first
MOST: Final = 1_500  # examples of a head
MOST_OF_ONE: Final = 400  # of them by one person
# However much one person decides: what they teach weighs no more than what all the others teach together, or than this, if that is more.
ALONE: Final = 100.0
# A suggestion comes from a program that nobody here has watched.
SUGGESTED: Final = 0.25
MOST_SUGGESTED: Final = 200
SURE_YES, SURE_NO = 0.8, 0.2

ADVERTISING: Final = ("gambling", "promotion")
ABUSE: Final = ("abuse_id", "abuse_en")
_ABUSIVE: Final = frozenset({Reason.INSULTING, Reason.HATEFUL})
_SUGGESTED_ABUSE: Final = frozenset({"TOXICITY", "SEVERE_TOXICITY", "INSULT", "PROFANITY", "THREAT", "IDENTITY_ATTACK"})


@dataclass(frozen=True, slots=True)
class Lesson:
    """One text, what somebody said of it for a head, and who: a moderator, or another program (`suggested`)."""

    text: str
    positive: bool
    who: str
    at: datetime
    key: str  # names the text and the answer, so that two sets of lessons can be told apart
    weight: float = 1.0
    suggested: bool = False


@dataclass(frozen=True, slots=True)
class Lessons:
    """The lessons of a head, the oldest first, and a hash of them all."""

    head: str
    all: tuple[Lesson, ...]
    people: int

    @property
    def digest(self) -> str:
        return hashlib.sha256("\n".join(sorted(lesson.key for lesson in self.all)).encode()).hexdigest()

    @property
    def decided(self) -> tuple[Lesson, ...]:
        return tuple(lesson for lesson in self.all if not lesson.suggested)


def gather(publication: Publication, head: str, models: dict[str, Model]) -> Lessons:
    """The lessons that a publication's decisions hold for a head. `models` are the heads in use there without any correction: they say
    whether an advertisement is one for gambling. A bounded number of queries and of texts.
    """
    found = [*_decided(publication, head, models), *_suggested(publication, head, models)]
    found.sort(key=lambda lesson: (lesson.at, lesson.key))
    weighed = _weighed(found)
    return Lessons(head, tuple(weighed), len({lesson.who for lesson in weighed if not lesson.suggested}))


def _decided(publication: Publication, head: str, models: dict[str, Model]) -> Iterable[Lesson]:
    undone = Decision.objects.filter(overrides=OuterRef("pk"), kind=Decision.Kind.UNDO)
    rows = Decision.objects.filter(
        ~Exists(undone),
        kind=Decision.Kind.PERSON,
        comment__article__section__publication=publication,
        comment__status__in=[Status.APPROVED, Status.REJECTED, Status.SPAM],
        comment__status=F("outcome"),
        comment__revision=F("revision"),
    ).exclude(comment__body_raw="")
    values = rows.order_by("-id").values_list(
        "comment_id", "revision", "moderator_id", "outcome", "reason", "created_at", "comment__body_raw"
    )
    seen_comments: set[int] = set()
    seen_texts: set[str] = set()
    of_one: Counter[str] = Counter()
    count = 0
    for comment_id, revision, moderator_id, outcome, reason, at, text in values[:MOST_READ].iterator(chunk_size=500):
        if comment_id in seen_comments:
            continue  # the latest decision is the one that stands
        seen_comments.add(comment_id)
        who = f"user:{moderator_id}"
        if of_one[who] >= MOST_OF_ONE:
            continue
        positive = answer(head, outcome, reason, text, models)
        # A thousand copies that were decided at once are one lesson.
        skeleton = normalise(text).skeleton
        if positive is None or skeleton in seen_texts:
            continue
        seen_texts.add(skeleton)
        of_one[who] += 1
        count += 1
        yield Lesson(text, positive, who, at, f"{comment_id}.{revision}:{positive:d}")
        if count >= MOST:
            return


def answer(head: str, outcome: str, reason: str, text: str, models: dict[str, Model]) -> bool | None:
    """What a decision says of a head: what it looks for is there (True), is not (False), or the decision does not tell (None)."""
    if outcome == Status.APPROVED:
        return False
    if head in ADVERTISING and (outcome == Status.SPAM or reason == Reason.ADVERTISING):
        return True if kind_of(text, models) == head else None
    if head in ABUSE and outcome == Status.REJECTED and reason in _ABUSIVE:
        return True if abuse_head(text) == head else None
    return None


def kind_of(text: str, models: dict[str, Model]) -> str:
    """The head that an advertisement is a lesson for: gambling, unless only the other one would have held it. Moderators have one
    reason for both."""
    analysis = analyse(text)
    would = {head for head in ADVERTISING if (used := models.get(head)) and used.score(analysis).probability >= used.queue}
    return "promotion" if would == {"promotion"} else "gambling"


def abuse_head(text: str) -> str:
    return "abuse_en" if guess(text).language == "en" else "abuse_id"


def _suggested(publication: Publication, head: str, models: dict[str, Model]) -> Iterable[Lesson]:
    """What other programs suggested for this publication: named by its host or slug, or by nothing where there is but one."""
    names = [name for name in (publication.slug, publication.host) if name]
    if Publication.objects.count() == 1:
        names.append("")
    rows = Suggestion.objects.filter(community__in=names).order_by("-id")
    count = 0
    for pk, key_id, text, scores, at in rows.values_list("pk", "key_id", "text", "scores", "created_at")[:MOST_READ].iterator(
        chunk_size=500
    ):
        positive = suggested_answer(head, scores, text, models)
        if positive is None or len(text) > 5_000:
            continue
        yield Lesson(text, positive, f"key:{key_id}", at, f"s{pk}:{positive:d}", SUGGESTED, suggested=True)
        count += 1
        if count >= MOST_SUGGESTED:
            return


def suggested_answer(head: str, scores: dict[str, float], text: str, models: dict[str, Model]) -> bool | None:
    """What suggested scores say of a head, where they are sure of it."""
    names = {"SPAM"} if head in ADVERTISING else _SUGGESTED_ABUSE
    values = [value for name, value in scores.items() if name in names]
    if not values:
        return None
    if max(values) <= SURE_NO:
        return False
    if max(values) < SURE_YES:
        return None
    return True if (kind_of(text, models) if head in ADVERTISING else abuse_head(text)) == head else None


def _weighed(lessons: Sequence[Lesson]) -> list[Lesson]:
    """The lessons with their weights, so that nobody outweighs all the others; see ALONE."""
    totals: dict[str, float] = defaultdict(float)
    for lesson in lessons:
        totals[lesson.who] += lesson.weight
    everything = sum(totals.values())
    shrink = {who: min(1.0, max(ALONE, everything - total) / total) for who, total in totals.items()}
    return [replace(lesson, weight=lesson.weight * shrink[lesson.who]) for lesson in lessons]


def as_examples(model: Model, lessons: Iterable[Lesson]) -> list[Example]:
    """The lessons as the training takes them: the window that the text's score comes from, and nothing of the text."""
    return [Example(correction.window_of(model, analyse(lesson.text)), lesson.positive, lesson.weight) for lesson in lessons]
