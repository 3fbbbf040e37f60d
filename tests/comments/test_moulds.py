"""What comes out of a mould is what the template makes of the comment, but for the indentation."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.template import Context, Engine, engines
from hypothesis import given
from hypothesis import strategies as st

from comments import moulds
from comments.layout import Entry
from comments.models import Comment
from comments.places import Page
from comments.states import Status
from newsroom.models import Article

ARTICLE = Article(slug="jembatan", title="Jembatan")
WHEN = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)


def entry(**fields: Any) -> Entry:
    own = {
        name: fields.pop(name) for name in ("removed", "mine", "answers", "hidden", "replies", "edits", "until", "vote") if name in fields
    }
    defaults: dict[str, Any] = {
        "public_id": "abcdefgh23456789",
        "article": ARTICLE,
        "status": Status.APPROVED,
        "author_name": "Dewi",
        "author_url": "",
        "body_html": "<p>Isi.</p>",
        "body_text": "Isi.",
        "created_at": WHEN,
    }
    return Entry(Comment(**{**defaults, **fields}), **own)


def caster(**seen: Any) -> moulds.Caster:
    engine = engines["django"].engine  # type: ignore[attr-defined]
    return moulds.Caster(engine, {"open": True, "place": Page(ARTICLE), "branch": None, **seen})


def flat(html: str) -> str:
    return re.sub(r"\s+", " ", html)


def both(made: Entry, level: int = 1, **seen: Any) -> str:
    """The comment from its mould, which must say what the template says."""
    poured, rendered = caster(**seen).one(made, level), caster(**seen).render(made, level)
    assert flat(poured) == flat(rendered)
    return poured


KINDS = [
    entry(),
    entry(author_url="https://contoh.id/?a=1&b='2'"),
    entry(edited_at=WHEN),
    entry(reaction_count=1),
    entry(reaction_count=2),
    entry(reaction_count=7_654),
    entry(hidden=3),
    entry(disagree_count=1),
    entry(disagree_count=5),
    entry(body_text="panjang " * 500),
    entry(edits=[WHEN, WHEN], edited_at=WHEN),
    entry(vote="agree", reaction_count=2),
    entry(until=WHEN),
    entry(removed=True, status=Status.WITHDRAWN, descendant_count=1),
    entry(removed=True, status=Status.HELD, descendant_count=2),
    entry(answers=entry(author_name="Ani <b>").comment),
    entry(answers=entry(author_name="", status=Status.WITHDRAWN).comment),
    entry(author_name=""),
    entry(mine=True, status=Status.PENDING),
    entry(descendant_count=2, replies=[entry(public_id="x" * 16), entry(public_id="y" * 16, replies=[entry(public_id="z" * 16)])]),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seen", [{}, {"open": False}, {"branch": Comment()}, {"show_disagreement": True}])
def test_every_kind(kind: Entry, seen: dict[str, Any]) -> None:
    both(kind, **seen)
    both(kind, **seen)  # now from a mould that was there
    both(kind, level=3, **seen)
    assert all(moulds._moulds[key] is not None for key in moulds._moulds if key[0] == caster(**seen).page)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@given(TEXTS, TEXTS, TEXTS, st.integers(0, 5), st.booleans())
def test_whatever_readers_type(name: str, body: str, site: str, count: int, long_ago: bool) -> None:
    when = datetime(2025, 1, 2, tzinfo=UTC) if long_ago else WHEN
    both(entry(author_name=name, body_html=f"<p>{body}</p>", author_url=site, reaction_count=count, created_at=when, edited_at=when))


def test_marks_in_a_text_stay_text() -> None:
    typed = "".join((moulds.ID, moulds.NAME, moulds.BODY, str(moulds.AGREE), str(moulds.AT)))
    html = both(entry(author_name=typed, body_html=f"<p>{typed}</p>", reaction_count=3))
    assert html.count(typed) >= 2


def test_what_one_reader_alone_sees_is_not_poured() -> None:
    before = len(moulds._moulds)
    html = caster().one(entry(mine=True, status=Status.HELD, author_name="Hanya saya"), 1)
    assert "Hanya saya" in html
    assert len(moulds._moulds) == before


def test_indentation_is_left_out_and_text_is_not_touched() -> None:
    body = "<p>satu<br>\n    dua</p>"
    html = caster().one(entry(body_html=body), 1)
    assert body in html
    assert not re.search(r"\n\s", html.replace(body, ""))


def test_pages_do_not_share_moulds() -> None:
    other = Article(slug="pasar", title="Pasar")
    assert "/artikel/jembatan/?balas" in both(entry())
    assert "/artikel/pasar/?balas" in both(entry(), place=Page(other))


def test_a_template_that_works_with_a_value_is_rendered_each_time(caplog: pytest.LogCaptureFixture) -> None:
    source = "<li>{{ entry.comment.author_name|truncatechars:5 }}{{ entry.comment.body_html|safe }}</li>"
    engine = Engine(loaders=[("django.template.loaders.locmem.Loader", {moulds.TEMPLATE: source})])
    made = moulds.Caster(engine, {"open": "override", "place": Page(ARTICLE)})
    with caplog.at_level(logging.WARNING):
        assert made.one(entry(author_name="Bertolomeus"), 1) == "<li>Bert…<p>Isi.</p></li>"
        assert made.one(entry(author_name="Anastasia"), 1) == "<li>Anas…<p>Isi.</p></li>"
    assert len([each for each in caplog.records if each.name == "comments.moulds"]) == 1


def test_a_newsroom_s_own_template_is_used() -> None:
    source = "{% load thread %}<li><q>{{ entry.comment.author_name }}</q>{% comments_of entry.replies level %}</li>"
    engine = Engine(
        loaders=[("django.template.loaders.locmem.Loader", {moulds.TEMPLATE: source})], libraries={"thread": "comments.templatetags.thread"}
    )
    made = moulds.Caster(engine, {"open": "own", "place": Page(ARTICLE)})
    assert made.one(entry(author_name="A & B", replies=[entry(author_name="C")]), 1) == "<li><q>A &amp; B</q><li><q>C</q></li></li>"
    assert made.list([], 1) == ""
    assert Context({}).get("caster") is None
