"""Hostile strings through every field and every way out: nothing runs in Chromium, and the sources hold allowed markup only.

Pages that list many comments are opened as they are. Those that show one comment each are too many for that: their sources are put
one behind another into documents that Chromium gets without the Content-Security-Policy, so that nothing but the escaping stands
between.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from comments.models import Comment
from comments.states import Status
from moderation.decisions import decide
from moderation.models import Decision, Report
from newsroom.models import Article
from tests.browser.conftest import Visit
from tests.browser.driver import Visitor
from tests.browser.inert import faults, read
from tests.browser.people import DEWI, QUEUE, log_in, make_story, moderator, send
from tests.factories import make_article, make_comment
from tests.hostile import OWN, RUN, shared
from tests.processes import Stack, wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BATCH = 50  # comments under one article: as many as its author's view shows
BESIDE_NOTHING = {"section": "999999999"}  # an item beside an empty list: the lists are looked at by themselves
WHOLE = 40  # of so many opened comments one is looked at with the page around it, which is the same for all
FORM = '<section class="reply"'  # what stands above it in a refusal, the thread, is looked at by itself
GLUED = 100  # sources in one document
ADMIN_SCRIPT = re.compile(r'<script\b[^<>]*\ssrc="/(?:static|admin/jsi18n)/[^<>"]*"[^<>]*>\s*</script>')


@pytest.fixture(params=["own", "shared"])
def strings(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return OWN if request.param == "own" else shared()


def in_batches(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    rows = list(rows)
    yield from (rows[start : start + size] for start in range(0, len(rows), size))


def inert(answer: Any, *statuses: int) -> str:
    """The source of an answer that has one of the statuses and nothing in it that could run."""
    assert answer.status_code in (statuses or (200,)), answer.content[:300]
    source = answer.content.decode()
    assert faults(source) == []
    return str(source)


def main_of(source: str) -> str:
    """The main part, less the scripts of Django's admin, which want the rest of their page."""
    return ADMIN_SCRIPT.sub("", source[source.index("<main") : source.rindex("</main>")]) + "</main>"


def open_glued(visitor: Visitor, sources: Iterable[str]) -> None:
    """Show the sources' main parts in few documents, without any policy, and see that nothing happens."""
    for number, some in enumerate(in_batches(map(main_of, sources), GLUED)):
        address = f"{visitor.base_url}/terangkai/{number}/"
        document = f"<!DOCTYPE html><html lang=id><meta charset=utf-8><title>x</title><body>{''.join(some)}<p id=sampai-akhir></p>"
        visitor.serve(address, document)
        visitor.open(address)
        assert visitor.page.locator("#sampai-akhir").count() == 1
        touch_everything(visitor)


def touch_everything(visitor: Visitor) -> None:
    """Give every link, field and marked word what a hand could give them, short of following them."""
    visitor.page.evaluate(
        """() => {
          for (const element of document.querySelectorAll("main *")) {
            for (const kind of ["mouseover", "mouseenter", "focus", "pointerover", "toggle"]) element.dispatchEvent(new Event(kind));
          }
        }"""
    )
    visitor.check()


def post(http: httpx.Client, article: Article, text: str) -> tuple[Comment, str]:
    """Send one string in every field; where that is refused, in those fields that take it. The comment, and the refusal's page."""
    address = reverse("reply", args=[article.slug])
    typed = {"comment": text, "author": text, "url": text, "email": DEWI["email"], "wp-comment-cookies-consent": "yes"}
    plain = "".join(letter for letter in text if letter.isprintable()).strip().encode()
    headers = {b"User-Agent": plain} if plain else {}
    answer = http.post(address, data=typed, headers=headers)
    refusal = ""
    if answer.status_code != 303:
        assert answer.status_code == 400, answer.text[:300]
        refusal = answer.text
        page = read(refusal)
        assert page.faults == []
        assert page.fields["comment"] == text
        assert [page.fields["author"], page.fields["url"]] == [text, text]
        refused = {name for name in ("comment", "author", "url") if f'id="{name}-error"' in refusal}
        assert refused
        instead = {"comment": f"Teks pengganti untuk {len(text)} huruf.", "author": "Nama Pengganti", "url": ""}
        answer = http.post(address, data=typed | {name: instead[name] for name in refused}, headers=headers)
    assert answer.status_code == 303, answer.text[:300]
    return Comment.objects.get(public_id=answer.headers["location"].rpartition("-")[2]), refusal


def part_of_the_desk(http: Client, comment: Comment) -> str:
    """The opened comment as the desk's script puts it into the page, from a list that names it: the same part as of a whole page."""
    answer = http.get(reverse("queue-next"), {"view": "all", "next": comment.public_id})
    assert answer.status_code == 200, answer.content[:300]
    ahead = answer.json()["ahead"]
    assert ahead["id"] == comment.public_id
    source = f"<main>{ahead['html']}</main>"
    assert faults(source) == []
    return source


def test_the_watch_sees_what_runs_and_what_leaves(browser: Browser, stack: Stack) -> None:
    """Without this, a watch that sees nothing would pass every test below."""
    visitor = Visitor(browser, stack.url)
    page = f"<script>{RUN}</script><img src=x onerror=alert(1)><iframe src=https://example.com/></iframe><p onmouseover=confirm(2)>x</p>"
    visitor.serve(f"{stack.url}/hidup/", f"<!DOCTYPE html><title>x</title><main>{page}</main>")
    visitor.page.goto(f"{stack.url}/hidup/")
    visitor.page.locator("p").hover()
    assert visitor.breaches() == ["alert(1)", "confirm(2)", "__ran is set"]
    assert f"404 for {stack.url}/hidup/x" in visitor.problems
    assert "request to https://example.com/" in visitor.problems
    # The policy of a real page stops what is written into it, and says so.
    visitor.page.goto(f"{stack.url}/")
    visitor.page.evaluate("() => document.body.insertAdjacentHTML('beforeend', '<img src=https://example.com/a.png onerror=alert(3)>')")
    wait_for(lambda: len(visitor.breaches()) == 2)
    assert sorted(said.split()[1] for said in visitor.breaches()) == ["img-src", "script-src-attr"]
    visitor.close()
    assert faults(page) == [
        "<script> {}",
        "<img> {'src': 'x', 'onerror': 'alert(1)'}",
        "<img onerror>",
        "<iframe>",
        "<iframe src='https://example.com/'>",
        "<p onmouseover>",
    ]


def test_nothing_runs_anywhere(visit: Visit, stack: Stack, strings: tuple[str, ...]) -> None:
    story = make_story()
    reader, desk = visit(), visit()
    sari = moderator("sari", "Sari")
    inside = Client()
    inside.force_login(sari)

    # In: a browser of its own for every fifty, so that the author's view shows them all.
    kept: dict[int, tuple[Comment, str]] = {}  # two strings that differ in what is cleaned away only are one comment, sent twice
    sizes: list[int] = []
    refusals: list[str] = []
    articles: list[Article] = []
    for number, batch in enumerate(in_batches(strings, BATCH)):
        article = make_article(section=story.section, slug=f"gelombang-{number}", title=batch[0].replace("\x00", "")[:250])
        articles.append(article)
        with stack.client() as http:
            for text in batch:
                comment, refusal = post(http, article, text)
                kept.setdefault(comment.pk, (comment, text))
                refusals += [refusal] if refusal else []
            sizes.append(len(kept) - sum(sizes))
            token = {"name": "balasan_pembaca", "value": http.cookies["balasan_pembaca"], "url": stack.url}
        # Out: its author's own view, live.
        reader.context.clear_cookies()
        reader.context.add_cookies([token])  # type: ignore[list-item]  # a TypedDict by its keys
        assert reader.open(article.get_absolute_url()) == 200
        assert reader.page.locator(".comment-mine .comment-body").count() == sizes[-1]
        inert(httpx.get(f"{stack.url}{article.get_absolute_url()}", cookies={"balasan_pembaca": token["value"]}))
        touch_everything(reader)
    comments = [comment for comment, _ in kept.values()]
    assert len(strings) - len(comments) <= len(strings) // 100

    # Out: the form with its errors.
    assert refusals
    open_glued(reader, [f"<main>{refusal[refusal.index(FORM) :]}" for refusal in refusals])
    wait_for(lambda: not Comment.objects.filter(status=Status.PENDING).exists(), 900, every=0.2)

    # Out: the queue and the spam view, live, page by page.
    log_in(desk, sari)
    waiting = {Status.HELD: f"{QUEUE}?view=review", Status.SPAM: f"{QUEUE}?view=spam"}
    for status, address in waiting.items():
        for page in range(-(-Comment.objects.filter(status=status).count() // 50)):
            assert desk.open(f"{address}&page={page + 1}") == 200
            assert desk.page.locator(".row").count() > 0
            touch_everything(desk)
    for page in range(-(-len(comments) // 50)):
        assert desk.open(f"{reverse('admin:comments_comment_changelist')}?p={page + 1}") == 200
        touch_everything(desk)

    # In: a note and a report with each. Out: the opened comment on the desk, and the admin's read-only view of it.
    items: list[str] = []
    details: list[str] = []
    for comment, text in kept.values():
        comment.refresh_from_db()
        Report.objects.create(comment=comment, revision=comment.revision, reason="other", detail=text, reporter="uji")
        decide(comment, Status.HELD, kind=Decision.Kind.PERSON, reason="suspicious", moderator=sari, note=text, notify=False)
        if len(items) % WHOLE == 0:
            items.append(inert(inside.get(reverse("queue-item", args=[comment.public_id]), BESIDE_NOTHING)))
        items.append(part_of_the_desk(inside, comment))
        details.append(inert(inside.get(reverse("admin:comments_comment_change", args=[comment.pk]))))
    assert Decision.objects.filter(kind=Decision.Kind.PERSON, outcome=Status.HELD).count() == len(comments)
    open_glued(desk, items)
    open_glued(desk, details)
    for name in ("report", "decision", "notice", "finding"):
        assert desk.open(reverse(f"admin:moderation_{name}_changelist")) == 200
        touch_everything(desk)
    desk.open(f"{QUEUE}{comments[0].public_id}/")
    touch_everything(desk)

    # Out: the threads, live, for everybody; report pages; feeds; the API.
    for comment in comments:
        comment.refresh_from_db()
        assert comment.move_to(Status.APPROVED)
    reader.context.clear_cookies()
    for article, size in zip(articles, sizes, strict=True):
        assert reader.open(article.get_absolute_url()) == 200
        assert reader.page.locator(".comment-body").count() == size
        touch_everything(reader)
        source = inert(httpx.get(f"{stack.url}{article.get_absolute_url()}"))
        assert len(read(source).bodies) == size
        feed = ET.fromstring(httpx.get(f"{stack.url}{article.get_absolute_url()}feed/").content)
        entries = feed.findall("{http://www.w3.org/2005/Atom}entry")
        assert len(entries) == size
        for entry in entries:
            body = entry.findtext("{http://www.w3.org/2005/Atom}summary") or entry.findtext("{http://www.w3.org/2005/Atom}content") or ""
            assert faults(f'<div class="comment-body">{body}</div>') == []
        thread = httpx.get(f"{stack.url}/api/v1/articles/{article.slug}/comments/").json()
        for result in thread["results"]:
            assert faults(f'<div class="comment-body">{result["body_html"]}</div>') == []
    open_glued(reader, [inert(inside.get(reverse("report", args=[comment.public_id]))) for comment in comments])

    # In: titles, leads and texts of articles. Out: front page, article pages, feed, the admin's list, live.
    now = timezone.now()
    titled = [
        Article(section=story.section, slug=f"judul-{n}", title=text[:250], lead=text, body=text, byline=text[:120], published_at=now)
        for n, text in enumerate(strings)
    ]
    Article.objects.bulk_create(titled)
    open_glued(reader, [inert(inside.get(article.get_absolute_url())) for article in titled])
    for page in range(-(-len(titled) // 25)):
        assert reader.open(f"/?halaman={page + 1}") == 200
    touch_everything(reader)
    ET.fromstring(httpx.get(f"{stack.url}/feed/").content)


# --- What is refused, and what is shown otherwise than it was typed -------------------------------------------------------


def test_nul_and_half_surrogates_are_refused_wherever_they_stand(stack: Stack) -> None:
    article = make_story()
    page, form = article.get_absolute_url(), reverse("reply", args=[article.slug])
    api = f"/api/v1/articles/{article.slug}/comments/"
    typed = b"author=Dewi&email=dewi%40contoh.example&comment=Sampai+di+sini"
    sent = {"author_name": "Dewi", "author_email": "dewi@contoh.example"}
    plain = {"Content-Type": "application/x-www-form-urlencoded"}
    with stack.client() as http:
        for broken in (b"%00", b"%ED%A0%80", b"\x00", b"\xed\xbf\xbf"):
            answer = http.post(form, content=typed + broken, headers=plain)
            assert answer.status_code == 400
            assert read(inert(answer, 400)).fields[""].startswith("Sampai di sini")
        for coded in ("%00", "%ED%A0%80"):
            assert http.get(f"{page}?urut={coded}").status_code == 400
            assert http.get(f"{page}{coded}").status_code == 400
        for broken_header in (b"a\xed\xa0\x80", b"\xed\xbf\xbf"):
            # Granian hands over an empty text for a header that is not ASCII; a server that hands over its bytes is refused.
            inert(http.get(page, headers={b"User-Agent": broken_header}))
            assert Client().get(page, HTTP_USER_AGENT=broken_header.decode("latin-1")).status_code == 400
            assert Client().get(page, HTTP_COOKIE="balasan_isian=" + broken_header.decode("latin-1")).status_code == 400
        for spelled in ('"\\u0000"', '"\\ud800"', '"a\\udfff"', '"\x00"'):
            body = json.dumps(sent)[:-1] + f', "body": {spelled}}}'
            answer = http.post(api, content=body.encode(), headers={"Content-Type": "application/json"})
            assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert Comment.objects.count() == 0


def test_a_name_from_right_to_left_and_towers_of_marks_stay_in_their_place(visit: Visit) -> None:
    article = make_story()
    reader = visit()
    reader.open(article.get_absolute_url())
    zalgo = "Z" + "\u0301\u0335\u0489" * 60 + "algo"
    reader.page.locator("#comment").fill(f"{zalgo} \u202eterbalik")
    reader.page.locator("#author").fill("\u202eevil\u202c שרה")
    reader.page.locator("#email").fill(DEWI["email"])
    assert send(reader) == 200
    comment = Comment.objects.get()
    assert comment.author_name == "evil שרה"
    assert comment.body_raw == "Z\u0301\u0335\u0489\u0301algo \u202eterbalik"
    name = reader.page.locator("bdi.comment-author")
    assert name.inner_text() == "evil שרה"
    body = reader.page.locator(".comment-body")
    assert body.get_attribute("dir") == "auto"
    assert body.evaluate("element => getComputedStyle(element).unicodeBidi") in {"isolate", "plaintext"}
    # What follows the name on its line is where it would be after any other name.
    right = name.evaluate("element => element.getBoundingClientRect().right")
    state = reader.page.locator(".comment-mine time").first
    assert state.evaluate("element => element.getBoundingClientRect().left") >= right


def test_a_link_with_mixed_letters_shows_where_it_leads(visit: Visit) -> None:
    article = make_story()
    comment = make_comment(article, body="Masuk di https://раураl.com/ sekarang, atau di https://example.com/.")
    reader = visit()
    reader.open(article.get_absolute_url())
    links = reader.page.locator(f"#komentar-{comment.public_id} .comment-body a")
    assert links.all_inner_texts() == [
        "https://раураl.com/ [xn--l-7sba6dbr.com]",
        "https://example.com/",
    ]
    assert [links.nth(n).get_attribute("rel") for n in range(2)] == ["ugc nofollow noopener"] * 2


def test_an_old_article_and_a_future_one_are_out_of_reach_of_the_form(stack: Stack) -> None:
    closed = make_story(comments_close_at=timezone.now() - timedelta(minutes=1))
    with stack.client() as http:
        answer = http.post(reverse("reply", args=[closed.slug]), data={"comment": OWN[0], "author": OWN[1], "email": DEWI["email"]})
        page = read(inert(answer, 403))
        assert (page.fields["comment"], page.fields["author"]) == (OWN[0], OWN[1])
    assert Comment.objects.count() == 0
