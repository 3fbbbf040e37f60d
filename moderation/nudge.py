"""What a reader can be told before sending: the words for which the checks would hold the text. Stores nothing, decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from comments.models import Commenter
from comments.nudge import Hint
from comments.submission import Draft
from moderation import check_modes, policy, thresholds, variants
from moderation.checks.base import Finding, Label, Submission
from moderation.classifiers.links import find_links
from moderation.facts import load_check
from moderation.in_force import innocents_in_force, lists_in_force, own_hosts, tick
from newsroom.models import Article

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

MOST_WORDS = 8  # of one hint
LONGEST = 60  # characters of one of them

WHY: dict[str, _StrPromise] = {
    "gambling": _("It reads like advertising for gambling"),
    "promotion": _("It reads like advertising"),
    "abuse": _("It can be read as an insult or a threat"),
    "links": _("Somebody looks at links like this first"),
    "phrases": _("The newsroom looks at these words first"),
    "shouting": _("Much of it is in capitals"),
}


def look(article: Article, draft: Draft, commenter: Commenter | None) -> list[Hint]:
    """Run the checks that need nothing but the text, and say of each that would hold it which words it means.

    Whatever else holds a comment (a new author, a flood, a copy, a trap) is not about the words and is not told here.
    """
    publication = article.publication
    phrases, domains = lists_in_force(publication.pk, tick())
    submission = Submission(
        text=draft.body,
        author_name=draft.author_name,
        author_url=draft.author_url,
        language=publication.language,
        links=find_links(draft.body),
        author_known=commenter is not None,
        phrases=phrases,
        innocent=innocents_in_force(publication.pk, tick()),
        listed_domains=domains,
        thresholds=thresholds.in_force(publication.pk, tick()),
        models=variants.in_use(publication.pk, tick()).models,
        own_hosts=own_hosts(publication),
    )
    live = check_modes.in_force(tick()).live
    names = [name for name in settings.NUDGE_CHECKS if name in live]
    findings = [load_check(name)[0](submission) for name in names]
    if policy.judge(findings, required=()).outcome == "approved":
        return []
    return [hint for finding in findings if (hint := hint_of(finding, draft.body)) is not None]


def hint_of(finding: Finding, text: str) -> Hint | None:
    if finding.label not in {Label.SUSPECT, Label.SPAM}:
        return None
    why = WHY.get(finding.check, _("Somebody looks at texts like this first"))
    return Hint(str(why), words_of(finding, text))


def words_of(finding: Finding, text: str) -> tuple[str, ...]:
    """The evidence as it was typed, each once."""
    typed: Sequence[str] = [text[span.start : span.end] for span in finding.spans]
    if not typed:
        folded = text.casefold()
        typed = [word for word in finding.words if word.casefold() in folded]
    shown = [" ".join(word.split()) for word in typed]
    shown = [word if len(word) <= LONGEST else f"{word[:LONGEST]}…" for word in shown if word]
    return tuple(dict.fromkeys(shown))[:MOST_WORDS]
