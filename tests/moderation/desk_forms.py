"""The forms of a served page, as a browser would fill and send them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from urllib.parse import urljoin

TYPED = {"text", "search", "email", "url", "textarea", "number", "date", "datetime-local", "tel"}


@dataclass(frozen=True, slots=True)
class Field:
    """One control. `kind` is its type, or the name of its tag; `value` is what it would send untouched; "" for an unticked box."""

    name: str
    kind: str
    value: str = ""
    options: tuple[str, ...] = ()

    @property
    def is_words(self) -> bool:
        """Whether somebody types words into it."""
        return self.kind in {"text", "search", "textarea", "email", "url"}


@dataclass(slots=True)
class Form:
    """`buttons` are pairs of name and value; ("", "") for one without."""

    action: str
    method: str
    fields: list[Field] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def data(self, button: int = 0) -> dict[str, list[str]]:
        """What would be sent if nothing were touched but a button."""
        sent: dict[str, list[str]] = {}
        for each in self.fields:
            if each.value or each.kind not in {"checkbox", "radio"}:
                sent.setdefault(each.name, []).append(each.value)
        if self.buttons and self.buttons[button][0]:
            sent.setdefault(self.buttons[button][0], []).append(self.buttons[button][1])
        return sent

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys([each.name for each in self.fields] + [name for name, _value in self.buttons if name]))


class Page(HTMLParser):
    """`forms` with the controls in them or tied to them by `form=`, and all `text`: of elements and of attributes."""

    def __init__(self, source: str, address: str) -> None:
        super().__init__(convert_charrefs=True)
        self.address = address
        self.forms: list[Form] = []
        self._by_id: dict[str, Form] = {}
        self._now: Form | None = None
        self._tied: list[tuple[str, Field | tuple[str, str]]] = []
        self._area: tuple[str, str, list[str]] | None = None
        self._select: tuple[str, str, list[str], list[str]] | None = None
        self._texts: list[str] = []
        self.feed(source)
        self.close()
        for name, what in self._tied:
            if (form := self._by_id.get(name)) is not None:
                self._put(form, what)
        self.text = "\n".join(self._texts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._texts += [value for value in given.values() if value]
        name, kind = given.get("name", ""), given.get("type", "text").lower()
        match tag:
            case "form":
                self._now = Form(urljoin(self.address, given.get("action", "")), given.get("method", "get").lower())
                if self._now.method != "dialog":
                    self.forms.append(self._now)
                if "id" in given:
                    self._by_id[given["id"]] = self._now
            case "textarea":
                self._area = (name, given.get("form", ""), [])
            case "select":
                self._select = (name, given.get("form", ""), [], [])
            case "option" if self._select is not None:
                value = given.get("value", "")
                self._select[2].append(value)
                if "selected" in given:
                    self._select[3].append(value)
            case "button" | "input" if tag == "button" or kind in {"submit", "image"}:
                if given.get("type", "submit") == "submit":
                    self._tie(given.get("form", ""), (name, given.get("value", "")))
            case "input" if name:
                value = given.get("value", "on" if kind in {"checkbox", "radio"} else "")
                if kind in {"checkbox", "radio"} and "checked" not in given:
                    self._tie(given.get("form", ""), Field(name, kind, "", (value,)))
                else:
                    self._tie(given.get("form", ""), Field(name, kind, value, (value,)))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area is not None:
            name, form, parts = self._area
            self._tie(form, Field(name, "textarea", "".join(parts).removeprefix("\n")))
            self._area = None
        if tag == "select" and self._select is not None:
            name, form, options, chosen = self._select
            self._tie(form, Field(name, "select", (chosen or options or [""])[0], tuple(options)))
            self._select = None
        if tag == "form":
            self._now = None

    def handle_data(self, data: str) -> None:
        self._texts.append(data)
        if self._area is not None:
            self._area[2].append(data)

    def _tie(self, form: str, what: Field | tuple[str, str]) -> None:
        if form:
            self._tied.append((form, what))
        elif self._now is not None:
            self._put(self._now, what)

    def _put(self, form: Form, what: Field | tuple[str, str]) -> None:
        if isinstance(what, tuple):
            form.buttons.append(what)
        elif what.name:
            form.fields.append(what)


def filled(form: Form, words: str, button: int = 0) -> dict[str, list[str]]:
    """What is sent with `words` in each field that somebody types words into, and the first row of a list picked."""
    sent = replace(form, fields=[replace(each, value=words) if each.is_words else each for each in form.fields]).data(button)
    picks = [each.options[0] for each in form.fields if each.name == "pick"]
    return {**sent, "pick": picks[:1]} if picks else sent
