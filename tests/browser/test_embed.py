"""Threads on another site, in a real browser: loaded late, as high as their content, isolated, refused where the site is not listed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from comments.models import Comment
from comments.states import Status
from newsroom.models import Article, EmbedHost
from tests.browser.conftest import Visit
from tests.browser.driver import Visitor
from tests.browser.host_site import HostSite, host_site
from tests.browser.people import DEWI, make_story, screened
from tests.browser.test_axe import violations
from tests.factories import make_comment
from tests.processes import Stack, wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Frame, FrameLocator

TAG = '<script src="{server}/embed.js" data-article="jembatan-kampung-hulu" %s async></script>'
FAR = "<p>Teks.</p>" + "<br>" * 250  # some five screens


@pytest.fixture
def site(stack: Stack) -> Iterator[HostSite]:
    with host_site(stack.url) as running:
        yield running


@pytest.fixture
def story(site: HostSite) -> Article:
    article = make_story(canonical_url=f"{site.origin}/lama")
    EmbedHost.objects.create(publication=article.publication, host=site.host)
    return article


def come(visit: Visit, site: HostSite, address: str, **options: object) -> Visitor:
    reader = visit(also=[site.origin], **options)
    reader.open(address)
    return reader


def inside(reader: Visitor, number: int = 0) -> FrameLocator:
    return reader.page.frame_locator("iframe").nth(number)


def frame_of(reader: Visitor, number: int = 0) -> Frame:
    """The frame's own document, once it is ours."""
    inside(reader, number).locator(".balasan").wait_for()
    found = reader.page.locator("iframe").nth(number).element_handle().content_frame()
    assert found is not None
    return found


def sized(reader: Visitor, number: int = 0) -> None:
    """Wait until the frame is as high as what is in it."""
    inner = frame_of(reader, number)
    outer = reader.page.locator("iframe").nth(number)
    wait_for(
        lambda: outer.evaluate("e => e.offsetHeight") == inner.evaluate("Math.ceil(document.body.getBoundingClientRect().bottom + scrollY)")
    )


def asked(reader: Visitor) -> list[str]:
    return [url.removeprefix(reader.base_url) for url in reader.requests if url.startswith(f"{reader.base_url}/")]


def test_it_loads_once_the_reader_comes_near_and_is_as_high_as_its_content(visit: Visit, site: HostSite, story: Article) -> None:
    for number in range(12):
        make_comment(story, author_name=f"Pembaca {number}", body="Satu kalimat yang cukup panjang untuk dua baris di telepon. " * 3)
    reader = come(visit, site, site.page("/berita", FAR + TAG % ""))
    reader.page.locator("iframe").wait_for(state="attached")
    assert asked(reader) == ["/embed.js"]
    reader.page.locator("iframe").scroll_into_view_if_needed()
    sized(reader)
    # The thread is there with the second request; the scripts that improve it come after.
    assert asked(reader)[:2] == ["/embed.js", "/embed/thread/?article=jembatan-kampung-hulu"]
    assert all(url.endswith(".js") for url in asked(reader)[2:])
    assert reader.page.get_by_title("Balasan").count() == 1
    assert inside(reader).locator(".comment").count() == 12
    frame = frame_of(reader)
    assert frame.evaluate("document.documentElement.scrollHeight <= innerHeight")
    reader.page.set_viewport_size({"width": 320, "height": 700})
    sized(reader)
    assert frame.evaluate("document.documentElement.scrollWidth") <= 320
    reader.check()


def test_a_reply_is_written_inside_the_frame_without_cookies(visit: Visit, site: HostSite, story: Article) -> None:
    first = make_comment(story, author_name="Rudi", body="Akhirnya.")
    address = site.page("/berita", TAG % "")
    reader = come(visit, site, address)
    frame = inside(reader)
    frame.locator(f"#komentar-{first.public_id} .comment-reply").click()
    frame.locator("[name=comment]").fill("Saya lewat sana tiap hari.")
    frame.locator("[name=author]").fill(DEWI["author"])
    frame.locator("[name=email]").fill("bukan")
    frame.get_by_role("button", name="Kirim Komentar").click()
    frame.locator("#email-error").wait_for()
    sized(reader)
    frame.locator("[name=email]").fill(DEWI["email"])
    frame.get_by_role("button", name="Kirim Komentar").click()
    frame.locator(".comment-mine").wait_for()
    mine = Comment.objects.exclude(pk=first.pk).get()
    assert mine.parent == first
    assert reader.page.url == address
    assert not [cookie for cookie in reader.context.cookies() if cookie.get("name", "").startswith("balasan_pembaca")]
    sized(reader)
    stranger = come(visit, site, address)
    inside(stranger).locator(f"#komentar-{first.public_id}").wait_for()
    assert inside(stranger).locator(f"#komentar-{mine.public_id}").count() == 0
    reader.check()


def test_a_waiting_reply_is_still_there_when_the_page_is_loaded_again(visit: Visit, site: HostSite, story: Article) -> None:
    near = f"127.0.0.1:{site.http.server_port}"  # another origin of the same site, where a browser lets the frame keep something
    EmbedHost.objects.create(publication=story.publication, host=near)
    site.page("/berita", TAG % "")
    address = f"http://{near}/berita"
    reader = visit(also=[f"http://{near}"])
    reader.open(address)
    frame = inside(reader)
    for name, value in {"comment": "Saya lewat sana tiap hari.", **DEWI}.items():
        frame.locator(f"[name={name}]").fill(value)
    frame.get_by_role("button", name="Kirim Komentar").click()
    frame.locator(".comment-mine").wait_for()
    mine = screened(Comment.objects.get())
    reader.open(address)  # by its cookie
    inside(reader).locator(f"#komentar-{mine.public_id}.comment-mine").wait_for()
    assert "tunggu" not in frame_of(reader).url
    reader.context.clear_cookies()
    reader.open(address)  # by what the frame's script kept
    inside(reader).locator(f"#komentar-{mine.public_id}.comment-mine").wait_for()
    wait_for(lambda: "tunggu" in frame_of(reader).url)
    # Once it is published it is an ordinary comment, and the browser forgets that it waited.
    assert mine.move_to(Status.APPROVED)
    reader.open(address)
    inside(reader).locator(f"#komentar-{mine.public_id}:not(.comment-mine)").wait_for()
    wait_for(lambda: frame_of(reader).evaluate("sessionStorage.length") == 0)
    reader.check()


def test_colours_and_theme_of_the_host_page(visit: Visit, site: HostSite, story: Article) -> None:
    make_comment(story)
    site.page("/berita", TAG % 'data-theme="dark" data-lang="en"')
    reader = visit(also=[site.origin])
    values = {
        "--balasan-accent": "#c0ffee",
        "--balasan-radius": "0px",
        "--balasan-line": "url(https://jahat.example/x)",
        "--balasan-ink": "red;} body{display:none",
        "--balasan-paper": "var(--x)",
    }
    sets = "".join(f"document.documentElement.style.setProperty({name!r}, {value!r});" for name, value in values.items())
    reader.context.add_init_script(
        f"if (location.port !== '{reader.base_url.rpartition(':')[2]}') addEventListener('DOMContentLoaded', () => {{{sets}}});"
    )
    reader.open(f"{site.origin}/berita")
    sized(reader)
    frame = frame_of(reader)
    token = "name => getComputedStyle(document.documentElement).getPropertyValue(name).trim()"
    assert [frame.evaluate(token, name) for name in values] == ["#c0ffee", "0px", "#35332e", "#e8e5de", "#151513"]
    assert frame.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(21, 21, 19)"
    assert frame.evaluate("document.documentElement.lang") == "en"
    assert reader.page.get_by_title("Replies").count() == 1
    assert reader.page.locator("iframe").evaluate("e => getComputedStyle(e).opacity") == "1"
    reader.check()


def test_two_threads_on_one_page_and_counts_for_a_list(visit: Visit, site: HostSite, story: Article) -> None:
    other = Article.objects.create(section=story.section, slug="lain", title="Lain", body="x", canonical_url=f"{site.origin}/lain")
    for number in range(3):
        make_comment(story, body=f"Di jembatan, {number}.")
    make_comment(other, body="Di tempat lain.")
    tags = f'<script src="{{server}}/embed.js" data-url="{site.origin}/lain/?utm_source=x" data-container="#b" async></script>{TAG % ""}'
    counts = (
        f'<p><a href="{site.origin}/lain" data-balasan-count>?</a> <b data-balasan-count="{story.slug}" data-balasan-format="number">?</b>'
        '<i data-balasan-count="tak-ada">?</i></p><script src="{server}/embed/counts.js" async></script>'
    )
    reader = come(visit, site, site.page("/daftar", f'{counts}<div id="b"></div>{tags}'))
    sized(reader, 0)
    sized(reader, 1)
    assert inside(reader, 0).locator(".comment-body").all_inner_texts() == ["Di tempat lain."]
    assert inside(reader, 1).locator(".comment").count() == 3
    wait_for(lambda: reader.page.locator("p").inner_text() == "1 Balasan 30 Balasan")
    assert len([url for url in asked(reader) if url.startswith("/embed/counts/?")]) == 1
    reader.check()


def test_a_permalink_opens_the_host_page_at_the_comment(visit: Visit, site: HostSite, story: Article) -> None:
    comments = [make_comment(story, body=f"Balasan ke-{number}. " * 20) for number in range(60)]
    site.page("/lama", FAR + TAG % "")
    reader = visit(also=[site.origin])
    reader.open(comments[55].get_absolute_url())
    assert reader.page.url == f"{site.origin}/lama#komentar-{comments[55].public_id}"
    target = inside(reader).locator(f"#komentar-{comments[55].public_id}")
    target.wait_for()
    wait_for(
        lambda: (
            0
            <= target.evaluate("e => e.getBoundingClientRect().top")
            + reader.page.locator("iframe").evaluate("e => e.getBoundingClientRect().top")
            < 500
        )
    )
    reader.check()


def test_a_site_that_is_not_listed_gets_a_link(visit: Visit, site: HostSite, story: Article) -> None:
    EmbedHost.objects.all().delete()
    reader = visit(also=[site.origin])
    reader.page.goto(site.page("/berita", TAG % ""))
    link = reader.page.get_by_role("link", name="Baca dan tulis balasan")
    link.wait_for()
    assert reader.page.locator("iframe").count() == 0
    assert link.get_attribute("href") == f"{reader.base_url}/embed/thread/?article={story.slug}"
    refused = [problem for problem in reader.problems if "frame-ancestors" in problem]
    assert refused
    # The browser says so, and so does our script; nothing else.
    reader.problems[:] = [
        each for each in reader.problems if each not in refused and "Balasan: no answer from" not in each and "postMessage" not in each
    ]
    assert reader.problems == []


def test_messages_from_others_are_ignored_on_both_sides(visit: Visit, site: HostSite, story: Article) -> None:
    make_comment(story)
    reader = come(visit, site, site.page("/berita", TAG % ""))
    sized(reader)
    before = reader.page.locator("iframe").evaluate("e => e.style.height")
    reader.page.evaluate("""() => {
      for (const number of [5000, NaN, "9", null]) postMessage({ balasan: "height", number }, "*");
      postMessage({ balasan: "show", number: 5000 }, "*");
      const other = document.createElement("iframe");  // another window of this listed site is not the frame's parent
      other.name = "other";
      document.body.append(other);
      other.contentWindow.eval;
      window.heard = [];
      other.contentWindow.addEventListener("message", ({ data }) => window.heard.push(data));
    }""")
    other = next(frame for frame in reader.page.frames if frame.name == "other")
    other.evaluate("""() => {
      parent.frames[0].postMessage({ balasan: "hello", theme: { accent: "#ff0000" } }, "*");
    }""")
    frame = frame_of(reader)
    frame.evaluate("new Promise((done) => setTimeout(done, 100))")
    assert reader.page.locator("iframe").first.evaluate("e => e.style.height") == before
    assert reader.page.evaluate("scrollY") == 0
    assert reader.page.evaluate("window.heard") == []
    assert frame.evaluate("document.documentElement.style.getPropertyValue('--balasan-accent')") == ""


def test_the_frame_reads_and_posts_without_scripts(visit: Visit, site: HostSite, story: Article) -> None:
    first = make_comment(story)
    make_comment(story)
    plain = f'<iframe src="{{server}}/embed/thread/?article={story.slug}" title="Balasan" width="900" height="900"></iframe>'
    reader = come(visit, site, site.page("/berita", plain), java_script_enabled=False)
    frame = inside(reader)
    frame.get_by_role("link", name="Terbaru").click()
    frame.locator("[aria-current]").get_by_text("Terbaru").wait_for()
    frame.locator(f"#komentar-{first.public_id} .comment-reply").click()
    frame.locator(".reply-to:not([hidden])").wait_for()
    for name, value in {"comment": "Tanpa skrip.", **DEWI}.items():
        frame.locator(f"[name={name}]").fill(value)
    frame.get_by_role("button", name="Kirim Komentar").click()
    frame.locator(".comment-mine").wait_for()
    assert Comment.objects.get(parent=first).body_raw == "Tanpa skrip."
    assert reader.page.url == f"{site.origin}/berita"


@pytest.mark.parametrize("theme", ["auto", "dark"])
def test_axe_finds_nothing_in_the_frame(visit: Visit, story: Article, theme: str) -> None:
    first = make_comment(story, author_name="Rudi", author_url="https://rudi.example", body="Akhirnya dibuka.")
    make_comment(story, parent=first, edited_at=first.created_at)
    address = f"/embed/thread/?article={story.slug}&theme={theme}"
    reader = visit()
    reader.open(address)
    assert violations(reader) == {}
    reader.page.locator("[name=email]").fill("bukan")
    reader.page.get_by_role("button", name="Kirim Komentar").click()
    reader.page.locator("#email-error").wait_for()
    assert violations(reader) == {}
    for name, value in {"comment": "Saya menunggu.", **DEWI}.items():
        reader.page.locator(f"[name={name}]").fill(value)
    reader.page.get_by_role("button", name="Kirim Komentar").click()
    reader.page.locator(".comment-mine").wait_for()
    assert violations(reader) == {}
    assert reader.open(f"/embed/thread/?url=https://asing.example/x&theme={theme}") == 404
    reader.page.locator("summary").click()
    assert violations(reader) == {}


def test_hostile_words_stay_words_in_the_frame(visit: Visit, site: HostSite, story: Article) -> None:
    hostile = '"><img src=x onerror=alert(1)><script>alert(2)</script>'
    make_comment(story, author_name=hostile, body=hostile)
    Article.objects.update(title=hostile)
    attributes = re.sub(r"[<>]", "", hostile).replace('"', "&quot;")
    address = site.page("/berita", TAG % f'data-title="{attributes}" data-lang="{attributes}" data-theme="{attributes}"')
    reader = come(visit, site, address)
    sized(reader)
    assert inside(reader).locator("img, script:not([src])").count() == 0
    reader.open(f"/embed/thread/?url={hostile}&lang={hostile}&theme={hostile}&tunggu={hostile}&article=")
    assert reader.page.locator("img").count() == 0
    reader.check()
