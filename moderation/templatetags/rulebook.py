"""Small things that the templates of the rulebook cannot say by themselves."""

from __future__ import annotations

from collections.abc import Mapping

from django import template

register = template.Library()


@register.filter
def at(words: Mapping[str, object], name: str) -> object:
    """The entry of a mapping; the name itself where there is none."""
    return words.get(name, name)


@register.filter
def unlocal(number: float) -> str:
    """A number as SVG reads it, whatever the language."""
    return f"{number:g}"


@register.filter
def beside(width: float, left: int) -> str:
    """Where the words behind a bar begin."""
    return f"{width + left:g}"
