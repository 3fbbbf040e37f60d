"""Before a reply is sent: what in it would probably make it wait. Advice alone; whoever wants to send all the same can.

What is looked for is the business of the app above, which the setting COMMENT_NUDGE names; comments itself knows nothing of checks.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.module_loading import import_string

from comments.models import Commenter
from comments.submission import Draft
from newsroom.models import Article

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Hint:
    """One reason why a person would look first, as a sentence, and the words that are behind it, as they were typed."""

    why: str
    words: tuple[str, ...] = ()


Look = Callable[[Article, Draft, Commenter | None], Sequence[Hint]]


def hints_for(article: Article, draft: Draft, commenter: Commenter | None) -> list[Hint]:
    """Why the text would probably be held; nothing where it would not, or where that cannot be told. Stores nothing."""
    if not settings.COMMENT_NUDGE:
        return []
    try:
        look: Look = import_string(settings.COMMENT_NUDGE)
        return list(look(article, draft, commenter))
    except Exception as error:
        # Advice that cannot be given must not stand in the way of a reply. The error's words can hold the text; its class cannot.
        log.error("nudge failed", extra={"error": type(error).__name__})
        return []
