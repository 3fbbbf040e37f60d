"""Showing hostile text to a moderator: escaped, evidence marked, hidden characters as boxed labels, and never a link or a picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from comments.models import Comment
from moderation.access import may_decide
from moderation.check_names import check_name
from moderation.counting import waiting
from moderation.evidence import Piece, cut
from moderation.models import Decision, Finding, Outcome, Phrase
from moderation.place import Place

register = template.Library()

FAMILY_NAMES = {
    "gambling": gettext_lazy("gambling"),
    "abuse": gettext_lazy("abuse"),
    "phrase": gettext_lazy("phrase"),
    "link": gettext_lazy("link"),
    "hidden": gettext_lazy("hidden characters"),
    "other": gettext_lazy("other evidence"),
}


@register.filter
def marked(pieces: Iterable[Piece]) -> SafeString:
    """Pieces of a text as HTML: one <mark> for each family of evidence, inside one another where they overlap."""
    return format_html_join("", "{}", ((_one(piece),) for piece in pieces))


def _one(piece: Piece) -> SafeString:
    shown: SafeString = conditional_escape(piece.text)
    if piece.sign:
        times = f"×{piece.times}" if piece.times > 1 else ""
        shown = format_html('<span class="sign" title="{}">{}{}</span>', _("hidden character"), piece.sign, times)
    said = ", ".join(check_name(check) for check in piece.checks)
    for family in piece.families:
        shown = format_html('<mark class="mark-{}" title="{}: {}">{}</mark>', family, FAMILY_NAMES[family], said, shown)
    return shown


@register.filter
def signs(text: object) -> SafeString:
    """Any other text that a stranger typed: a name, an address, a note."""
    return marked(cut(str(text if text is not None else "")))


@register.filter
def evidence_words(words: object) -> SafeString:
    """The evidence of a finding, word by word; each on its own, so that none changes the direction of the next."""
    listed = [str(word)[:120] for word in words[:12]] if isinstance(words, list) else []
    return format_html_join(" ", '<bdi class="word">{}</bdi>', ((signs(word),) for word in listed))


@register.filter
def kind_name(kind: str) -> str:
    """The kind of a phrase, or of a word of the lexicon, in words."""
    return str(dict(Phrase.Kind.choices).get(kind, kind))


register.filter("check_name", check_name)


@register.filter
def label_name(label: str) -> str:
    """What a check said, in words; empty for nothing."""
    return str(Finding.Label(label).label) if label in Finding.Label.values else ""


@register.filter
def outcome_name(outcome: str) -> str:
    return str(Outcome(outcome).label) if outcome in Outcome.values else outcome


@register.filter
def family_name(name: str) -> str:
    return str(FAMILY_NAMES.get(name, name))


@register.filter
def per_cent(score: float | None) -> int:
    """A score as a whole number from 0 to 100, for the width of its bar."""
    return round(min(max(score or 0.0, 0.0), 1.0) * 100)


@register.filter
def age(moment: datetime | None) -> str:
    """How long ago, as short as can be read: 4m, 3h, 12d."""
    if moment is None:
        return ""
    minutes = max(int((timezone.now() - moment).total_seconds() // 60), 0)
    if minutes < 60:
        return pgettext("short age in minutes", "%dm") % minutes
    if minutes < 48 * 60:
        return pgettext("short age in hours", "%dh") % (minutes // 60)
    return pgettext("short age in days", "%dd") % (minutes // 1440)


@register.filter
def who(decision: Decision) -> str:
    """Who made a decision."""
    if decision.moderator is None:
        return _("the checks")
    return decision.moderator.get_short_name() or decision.moderator.get_username()


@register.filter
def as_picked(comment: Comment) -> str:
    """How a selected line names its comment: as it was seen."""
    return f"{comment.public_id}:{comment.status}:{comment.revision}"


@register.filter
def count_words(number: int) -> str:
    """A bounded count: "41", "999+"."""
    return f"{number - 1}+" if number > 999 else str(number)


@register.filter
def entry(table: Mapping[str, object], key: str) -> object:
    """What a table says of a key."""
    return table.get(key, "")


@register.simple_tag(takes_context=True)
def queue_waiting(context: template.Context) -> dict[str, object]:
    """For the front page of the admin: whether this person moderates, and how many wait for them."""
    request = context.get("request")
    user = getattr(request, "user", None)
    if user is None or not may_decide(user):
        return {"may": False}
    found = waiting(user, ["review", "reported"])
    words = ngettext("%(count)s comment waits", "%(count)s comments wait", found["review"]) % {"count": count_words(found["review"])}
    return {"may": True, "waiting": found["review"], "words": words, "reported": found["reported"]}


@register.simple_tag
def place_query(place: Place, **changes: object) -> str:
    """The query string of a place in the queue with some of it changed, led by "?"."""
    query = place.at(**{"page": 1, **changes}).query()
    return f"?{query}" if query else "?"


@register.simple_tag
def clock_left(due: datetime) -> SafeString:
    """How long until a time by which the desk has to answer, or since when it is over: in words, and marked when it is."""
    minutes = int((due - timezone.now()).total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    length = _("%(hours)d h %(minutes)02d min") % {"hours": hours, "minutes": rest}
    if minutes < 0:
        return format_html('<strong class="clock is-over">{}</strong>', _("overdue since %(length)s") % {"length": length})
    return format_html('<span class="clock{}">{}</span>', " is-near" if minutes < 240 else "", _("%(length)s left") % {"length": length})
