"""What a view says so that its answer is kept as kept bytes: the same for everybody, sent before Django is asked (newsroom.gateway).

    @kept.shared(query=("urut", "kursor"))
    @require_safe
    @in_publication
    def article(request, slug):
        found = get_article(request, slug)
        kept.depends(request, "thread", slug)  # before what it stands for is read
        ...

Such a view is also run for nobody: without cookies, without credentials, without a client's address. What comes out is kept only if
the view has said what it depends on, and is sent as long as the state of each of these is still what it was when `depends` was called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string

View = TypeVar("View", bound=Callable[..., Any])
States = dict[str, dict[str, str]]  # topic -> key -> state
MARK = "balasan.kept"  # in the request's environment: where a view that runs for nobody leaves what it depends on
PLAN = "kept_plan"


@dataclass(frozen=True, slots=True)
class Hole:
    """The one word of the bytes that is new each second: `blank` stands in its place while they are made, of the same length."""

    blank: str
    fill: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Plan:
    query: frozenset[str]
    hole: Hole | None


def shared(*, query: Iterable[str] = (), hole: Hole | None = None) -> Callable[[View], View]:
    """Mark a view whose GET answers may be kept. `query`: the parameters that it reads; a request with any other one is not kept.

    Outermost of the decorators; for a class, around `as_view()`. Everything but GET and HEAD passes by.
    """

    def mark(view: View) -> View:
        setattr(view, PLAN, Plan(frozenset(query), hole))
        return view

    return mark


def depends(request: HttpRequest, topic: str, *keys: str) -> None:
    """Say what the answer depends on: rows of a topic of settings.KEPT_TOPICS. Call it before reading them, so that a change
    between the two makes the bytes old rather than wrong. Costs a query where bytes are made, and nothing for one reader's own page.
    """
    states: States | None = request.META.get(MARK)
    if states is not None:
        states.setdefault(topic, {}).update(read_topic(topic, keys))


def is_for_everybody(request: HttpRequest) -> bool:
    """Whether the view is running for the kept bytes, rather than for one reader."""
    return MARK in request.META


def word_of(request: HttpRequest, hole: Hole) -> str:
    """What to write where the hole is: the blank in kept bytes, the word itself in one reader's own page."""
    return hole.blank if is_for_everybody(request) else hole.fill()


# --- The states of what answers depend on -------------------------------------------------------------------------------


@lru_cache(maxsize=32)
def _reader(topic: str) -> Callable[[Sequence[str]], dict[str, str]]:
    reader: Callable[[Sequence[str]], dict[str, str]] = import_string(settings.KEPT_TOPICS[topic])
    return reader


def read_topic(topic: str, keys: Iterable[str]) -> dict[str, str]:
    """The present state of each key; an empty one for what is not there."""
    wanted = list(keys)
    found = _reader(topic)(wanted)
    return {key: found.get(key, "") for key in wanted}


def read_states(wanted: Iterable[States]) -> States:
    """The present states of all that any of `wanted` names: a bounded number of queries for each topic, whatever the number."""
    keys: dict[str, set[str]] = {}
    for states in wanted:
        for topic, known in states.items():
            keys.setdefault(topic, set()).update(known)
    return {topic: read_topic(topic, sorted(each)) for topic, each in keys.items()}


def still_holds(known: States, present: States) -> bool:
    return all(present[topic].get(key) == state for topic, states in known.items() for key, state in states.items())
