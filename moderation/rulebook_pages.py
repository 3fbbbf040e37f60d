"""What the pages of the rulebook share: who may see them, which list they are about, and their frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, wraps
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from moderation import rulekeeping
from moderation.classifiers.phrases import Sentence
from moderation.models import Phrase
from moderation.views import for_moderators, frame
from newsroom.models import Publication

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from moderation.views import DeskRequest

P = ParamSpec("P")
EVERYWHERE = "0"  # in addresses and forms: the list that counts everywhere

# The sentences of moderation.classifiers.phrases, for people.
FAULTS = {
    "empty": gettext_lazy("The phrase is empty."),
    "long": gettext_lazy("The phrase is longer than %(limit)s characters."),
    "word": gettext_lazy("“%(word)s” is not a word: only letters and digits, with ~ or = in front or * around."),
    "star_one": gettext_lazy("“%(word)s”: * works in phrases of one word only."),
    "star_front": gettext_lazy("“%(word)s”: a * in front needs one behind, and at least four letters between."),
    "star_behind": gettext_lazy("“%(word)s”: at least three letters must stand before *."),
    "never": gettext_lazy("“%(word)s” would never be found, since disguises are undone first; write it as “%(better)s”."),
    "columns": gettext_lazy("%(found)s columns instead of %(wanted)s."),
    "action": gettext_lazy("The action is %(actions)s, not “%(given)s”."),
    "kind": gettext_lazy("The kind is one of %(kinds)s, not “%(given)s”."),
    "severity": gettext_lazy("The severity is 1, 2 or 3, not “%(given)s”."),
    "expires": gettext_lazy("The last day is written like 2026-12-31, not “%(given)s”."),
    "field": gettext_lazy("The column %(column)s is longer than %(limit)s characters."),
    "double": gettext_lazy("“%(word)s” stands in line %(line)s already."),
    "header": gettext_lazy("The first line must be: %(columns)s"),
    "csv": gettext_lazy("This is not CSV: %(error)s."),
    "many": gettext_lazy("More than %(limit)s phrases; what follows was not read."),
}


def fault_words(sentence: Sentence) -> str:
    """What is wrong with a phrase or a line of a list, in the reader's language."""
    named = {"actions": _(" or ").join(map(action_word, Phrase.Action)), "kinds": ", ".join(str(kind.label) for kind in Phrase.Kind)}
    return str(FAULTS[sentence.code]) % {**sentence.words, **named}


def action_word(action: Phrase.Action) -> str:
    """An action in one word of the reader's language, as it is written in a line: its label says after a colon what it does."""
    return str(action.label).partition(":")[0]


@cache
def words_for_phrases() -> Mapping[str, str]:
    """What `phrases.read` takes for an action or a kind: its name and its words in every language of the desk, casefolded."""
    words: dict[str, str] = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            words |= {action_word(action).casefold(): action.value for action in Phrase.Action}
            words |= {str(kind.label).casefold(): kind.value for kind in Phrase.Kind}
    return MappingProxyType(words | {value: value for value in (*Phrase.Action.values, *Phrase.Kind.values)})


def for_readers(view: Callable[Concatenate[DeskRequest, P], HttpResponse]) -> Callable[..., HttpResponse]:
    """For moderators who may read the lists; others on the staff get 403, everybody else the log-in page."""

    def checked(request: DeskRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not rulekeeping.may_read(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return wraps(view)(for_moderators(checked))


def lists_for(user: User) -> list[tuple[str, str, bool]]:
    """The lists that somebody may read: their names in addresses, their words, and whether they may be changed."""
    kept = {publication.pk for publication in rulekeeping.keeps(user)}
    rows = [(str(publication.pk), publication.name, publication.pk in kept) for publication in rulekeeping.publications_of(user)]
    return [*rows, (EVERYWHERE, _("Everywhere"), rulekeeping.may_keep_global(user))]


def chosen(request: DeskRequest, given: str | None) -> tuple[str, Publication | None, bool]:
    """The list that an address or a form names: its name, its publication, whether it may be changed. 404 for one out of sight.

    Without a name: the first that this person keeps, else the first that they read.
    """
    lists = lists_for(request.user)
    if not given:
        found = next((one for one in lists if one[2]), lists[0])
    else:
        match = next((one for one in lists if one[0] == given), None)
        if match is None:
            raise Http404
        found = match
    publication = None if found[0] == EVERYWHERE else Publication.objects.get(pk=int(found[0]))
    return found[0], publication, found[2]


def to_change(request: DeskRequest, given: str | None) -> tuple[str, Publication | None]:
    """The same, for somebody who wants to change it; 403 where they may only read."""
    name, publication, may = chosen(request, given)
    if not may:
        raise PermissionDenied
    return name, publication


def shown(request: DeskRequest, template: str, page: str, title: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """A page of the rulebook in the desk's frame. `page` names its tab."""
    everything = {**frame(request, page="rulebook", title=title), "tab": page, **context}
    return render(request, f"moderation/rulebook/{template}", everything, status=status)


def see_other(name: str, *args: object, query: str = "") -> HttpResponse:
    response = redirect(name, *args)
    if query:
        response["Location"] += f"?{query}"
    response.status_code = 303
    return response
