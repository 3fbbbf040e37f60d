"""Every field and every parameter of every page of the desk: hostile words are words, and nonsense is refused, not broken by."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import models, transaction
from django.test import Client
from django.urls import resolve, reverse
from django.utils.http import urlencode

from moderation import place, urls
from moderation.models import Phrase, Rule
from moderation.spreadsheet import DANGEROUS
from tests.browser.inert import faults
from tests.hostile import OWN, all_there_are
from tests.moderation.desk import client_of
from tests.moderation.desk_forms import Form, Page, filled
from tests.moderation.full_desk import ACTS, PAGES, FullDesk, Words

pytestmark = pytest.mark.django_db

HERE = "/admin/moderation/"
NUMBER = re.compile(r"-?\d+(\.\d+)?")
QUEUE_PAGES = {"queue", "queue-next", "queue-rows", "queue-item"}  # that read a Place from their address
DESK_SOURCE = Path(place.__file__).parent
ASKED = re.compile(r"""GET(?:\.get\(|\[|\.getlist\()"(\w+)\"""")
# What no field of the desk can mean: digits beyond 64 bits, no number, days that no time zone can count from, what is not on offer.
DAYS = ("0001-01-01", "9999-12-31", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00", "2026-02-30")
NUMBERS = ("9" * 30, "9223372036854775808", "-1", "1e400", "nan")
OTHERS = ("tidak-ada", "\ufffe%(x)s{0}'\"><b>")
NONSENSE = (*DAYS, *NUMBERS, *OTHERS)
SHORT = "\"'><svg/onload=__ran=1> &lt;"
LONG = "panjang " * 125_000


@pytest.fixture
def full() -> FullDesk:
    return FullDesk(Words(all_there_are()))


@pytest.fixture
def plain() -> FullDesk:
    return FullDesk(Words(["kata biasa saja", "שרה dan kata"]), rows=2)


def source_of(answer: Any) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return str(content.decode())


def is_page(answer: Any) -> bool:
    return answer is not None and "html" in answer.get("Content-Type", "")


def forms_of(client: Client, desk: FullDesk) -> list[Form]:
    """Each form of the desk once: those that send the same names to the same view are one."""
    known: dict[Any, Form] = {}
    for _name, address in desk.pages():
        answer = client.get(address)
        for form in Page(source_of(answer), address).forms if is_page(answer) else ():
            if form.action.startswith(HERE):
                view = resolve(form.action.partition("?")[0]).url_name
                known.setdefault((view, form.method, frozenset(form.names), len(form.buttons)), form)
    return list(known.values())


def send(client: Client, form: Form, data: Mapping[str, Sequence[str]]) -> Any:
    if form.method == "get":
        return client.get(f"{form.action.partition('?')[0]}?{urlencode(data, doseq=True)}")
    return client.post(form.action, urlencode(data, doseq=True), "application/x-www-form-urlencoded")


def kept_texts() -> str:
    """What stands in the newest rows of every table."""
    found = []
    for model in apps.get_models():
        columns = [each for each in model._meta.concrete_fields if isinstance(each, models.CharField | models.TextField)]
        if columns and model._meta.app_label in {"moderation", "comments", "admin"}:
            rows = model._default_manager.order_by("-pk").values_list(*(each.attname for each in columns))
            found += [str(text) for row in rows[:2] for text in row]
    return "\n".join(found)


def test_every_address_of_the_desk_is_looked_at() -> None:
    assert {str(pattern.name) for pattern in urls.urlpatterns} == set(PAGES) | ACTS


def test_what_is_stored_is_text_on_every_page_and_in_every_file(full: FullDesk) -> None:
    client, wrong, seen, names = client_of(full.user), {}, [], set()
    for name, address in full.pages():
        names.add(name)
        answer = client.get(address)
        assert answer.status_code == 200, address
        source = source_of(answer)
        if is_page(answer):
            seen.append(Page(source, address).text)
            if found := faults(source):
                wrong[address] = found
        elif "csv" in answer["Content-Type"]:
            cells = [cell for row in csv.reader(io.StringIO(source.removeprefix("\ufeff"))) for cell in row]
            formulas = [cell for cell in cells if cell.lstrip(" \u00a0\ufeff")[:1] in DANGEROUS and cell.strip()]
            assert [cell for cell in formulas if not NUMBER.fullmatch(cell)] == [], address
    assert wrong == {}
    assert names == set(PAGES)
    shown = " ".join("\n".join(seen).split())
    assert [text for text in OWN if " ".join(text.split()) not in shown] == []


def test_what_is_typed_is_kept_or_given_back_and_never_runs(plain: FullDesk) -> None:
    client = client_of(plain.user)
    wrong: list[tuple[object, ...]] = []
    for form in forms_of(client, plain):
        for button in range(max(len(form.buttons), 1)):
            for words in (SHORT, "\n".join(OWN)) if button == 0 else (SHORT,):
                with transaction.atomic():
                    answer = send(client, form, filled(form, words, button))
                    led_to = client.get(answer["Location"]) if answer.status_code in {302, 303} else None
                    kept = kept_texts() if words == SHORT and led_to is not None else ""
                    transaction.set_rollback(True)
                pages = [source_of(each) for each in (answer, led_to) if is_page(each)]
                wrong += [(form.action, fault) for source in pages for fault in faults(source)]
                asked = [each.name for each in form.fields if each.is_words]
                if form.buttons and form.buttons[button] == ("outcome", "hold"):
                    continue  # what is held already is left as it is, the note with it
                if words == SHORT and asked and not any(SHORT in text for text in (kept, *(Page(source, "").text for source in pages))):
                    wrong.append((form.action, form.buttons[button] if form.buttons else "", asked, answer.status_code, "lost"))
    assert wrong == [], "\n".join(map(str, wrong))


def test_nonsense_in_a_field_is_refused(plain: FullDesk) -> None:
    """Each field alone, beside plain words in the others; and what is far too long, or cannot be stored, in all of them."""
    client, answers = client_of(plain.user), []
    for form in forms_of(client, plain):
        tried: list[dict[str, list[str]]] = []
        base = filled(form, "kucing hitam")
        for place_of, each in enumerate(form.fields):
            other = (NUMBERS[0], OTHERS[1])[place_of % 2]
            values = DAYS if "date" in each.kind else NUMBERS if each.kind == "number" else (other,)
            tried += [dict(base, **{each.name: [value]}) for value in values]
        tried += [{**base, name: ["tidak-ada"]} for name, _value in form.buttons if name] + [{}]
        if form.method == "post":
            tried += [{**base, each.name: [LONG]} for each in form.fields if each.is_words][-1:]
        for data in tried:
            with transaction.atomic():
                answers.append((form.action, send(client, form, data).status_code))
                transaction.set_rollback(True)
    assert [answer for answer in answers if answer[1] not in {200, 204, 302, 303, 400, 403, 404, 409}] == []
    assert len(answers) > 200
    for broken in (b"q=%00", b"q=x%ED%A0%80", b"q=\xed\xbf\xbf"):
        assert client.post(reverse("queue-search"), broken, "application/x-www-form-urlencoded").status_code == 400


def test_nonsense_in_an_address_is_refused(plain: FullDesk) -> None:
    """Each value in each parameter that the page's module asks for; in every request another one, so that all meet all."""
    client, answers = client_of(plain.user), []
    asked = {path.stem: set(ASKED.findall(path.read_text())) for path in DESK_SOURCE.glob("*.py")}
    for name, address in {name: address.partition("?")[0] for name, address in plain.pages()}.items():
        own = asked[resolve(address).func.__module__.rpartition(".")[2]] | (set(place.NAMES) if name in QUEUE_PAGES else set())
        for turn in range(len(NONSENSE)) if own else ():
            given = {one: NONSENSE[(number + turn) % len(NONSENSE)] for number, one in enumerate(sorted(own))}
            answer = client.get(address, given)
            answers.append((name, answer.status_code))
            source_of(answer)
        assert client.get(address, {"q": "\0"}).status_code == 400
        if re.search(r"/\d+/", address):
            assert client.get(re.sub(r"(?<=/)\d+(?=/)", "9" * 30, address)).status_code == 404, address
            assert client.get(re.sub(r"(?<=/)\d+(?=/)", "9" * 5_000, address)).status_code == 404, address
    assert [answer for answer in answers if answer[1] not in {200, 302, 400, 404}] == []


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "9001-01-01", "9999-12-31"])
def test_a_day_that_cannot_be_counted_with_is_an_error_of_its_field(plain: FullDesk, day: str) -> None:
    client = client_of(plain.user)
    words = "Pilih hari antara tahun 1900 dan 9000."
    typed = {"list": plain.publication.pk, "pattern": "kucing hitam", "action": "suspect", "kind": "spam", "severity": 1}
    answer = client.post(reverse("phrase-new"), {**typed, "last_day": day, "looked": "kucing hitam"})
    assert (answer.status_code, words in source_of(answer)) == (400, True)
    assert not Phrase.objects.filter(pattern="kucing hitam").exists()
    row = {"group": "", "field": "links", "is": "ge", "value": "3"}
    rule = {"list": plain.publication.pk, "match": "all", **row, "name": "Tautan", "action": "hold", "weight": "0.2"}
    answer = client.post(reverse("rule-new"), {**rule, "starts_at": f"{day}T00:00"})
    assert (answer.status_code, words in source_of(answer)) == (400, True)
    assert not Rule.objects.filter(name="Tautan").exists()
    assert client.post(reverse("rule-new"), rule).status_code == 303
    assert Rule.objects.filter(name="Tautan").exists()


def test_the_next_page_of_a_search_looks_for_the_same_words(plain: FullDesk) -> None:
    Phrase.objects.bulk_create(Phrase(publication=None, pattern=f"kata {number}", kind="spam", note="a&b=c #1") for number in range(120))
    client = client_of(plain.user)
    source = source_of(client.get(reverse("phrases"), {"list": "0", "q": "a&b=c #1", "kind": "spam"}))
    following = re.search(r'rel="next"\s+href="([^"]+)"', source)
    assert following is not None
    page = Page(source_of(client.get(reverse("phrases") + following[1].replace("&amp;", "&"))), reverse("phrases"))
    assert [each.value for form in page.forms for each in form.fields if each.name == "q" and form.method == "get"] == ["a&b=c #1"]
    assert page.text.count("a&b=c #1") == 21  # twenty rows, and the field
