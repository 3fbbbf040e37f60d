"""Finding comments by their words: PostgreSQL by a full-text index, SQLite by looking through the newest `DEPTH`.

The index is made by migration 0018 and needs no extension. Its configuration is "simple": no stemming, so that Indonesian, Javanese and
English words are all found as they were written.
"""

from __future__ import annotations

import json
from typing import Any

from django.db import connection
from django.db.models import BooleanField, F, Func, QuerySet, TextField, Value
from django.db.models.functions import Cast

from comments.models import Comment, CommentQuerySet
from moderation.models import Finding

DEPTH = 20_000
MOST_WORDS = 8
DOCUMENT = "to_tsvector('simple', {name} || ' ' || {text})"


class Words(Func):
    """Whether a comment holds all the words, as the index knows them: `"so written"` is a phrase, `-word` must not stand there."""

    output_field = BooleanField()
    template = DOCUMENT.format(name="%(name)s", text="%(text)s") + " @@ websearch_to_tsquery('simple', %(words)s)"

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        parts = [compiler.compile(expression) for expression in self.source_expressions]
        names = dict(zip(("name", "text", "words"), (sql for sql, _values in parts), strict=True))
        return self.template % names, [value for _sql, values in parts for value in values]


def depth() -> int:
    """How many comments are looked at; 0 where an index knows all."""
    return 0 if connection.vendor == "postgresql" else DEPTH


def matching(rows: CommentQuerySet, words: str) -> CommentQuerySet:
    """Those with the words in text or name. Without the index only the newest DEPTH of `rows` are looked at."""
    if connection.vendor == "postgresql":
        return rows.filter(Words(F("author_name"), F("body_text"), Value(words)))
    newest = rows.order_by("-created_at", "-id").values("pk")[:DEPTH]
    found = Comment.objects.filter(pk__in=newest)
    for word in words.replace('"', " ").split()[:MOST_WORDS]:
        if word.startswith("-") and len(word) > 1:
            found = found.exclude(body_text__icontains=word[1:]).exclude(author_name__icontains=word[1:])
        else:
            found = found.filter(body_text__icontains=word) | found.filter(author_name__icontains=word)
    return found


def with_phrase(findings: QuerySet[Finding], phrase: str) -> QuerySet[Finding]:
    """The findings of the phrase list that name a phrase, as the list spells it."""
    # Each database keeps JSON in its own spelling; neither of them can be asked for "an element of this list" in the same words.
    needle = json.dumps(phrase.lower(), ensure_ascii=connection.vendor != "postgresql")
    spelled: Any = findings.filter(check_name="phrases").annotate(spelled=Cast("words", TextField()))
    found: QuerySet[Finding] = spelled.filter(spelled__contains=needle)
    return found
