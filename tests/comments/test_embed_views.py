"""What other sites load: who may frame it, what it says, and in whose name a reply from a frame is taken."""

from __future__ import annotations

import json
import re
import time
from base64 import b64encode
from hashlib import sha256
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
from django.core import signing
from django.test import Client

from comments import frames, identity
from comments.models import Comment
from comments.states import Status
from newsroom.models import Article, ArticleAddress, EmbedHost, Publication
from tests.comments.pages import Page
from tests.doors import Door
from tests.factories import make_article, make_comment, make_commenter, make_publication, make_section

pytestmark = pytest.mark.django_db
TYPED = {"comment": "Akhirnya dibuka juga.", "author": "Dewi", "email": "dewi@contoh.example"}
OWN = {"sec-fetch-site": "same-origin"}


def text_of(response: Any) -> str:
    text: str = response.content.decode()
    return text


def policy_of(response: Any) -> dict[str, list[str]]:
    return {name: values for name, *values in (part.split() for part in response["Content-Security-Policy"].split(";") if part.strip())}


def framed(article: Article, more: str = "") -> str:
    return f"/embed/thread/?article={article.slug}{more}"


def allow(publication: Publication, *names: str) -> None:
    for name in names:
        EmbedHost.objects.create(publication=publication, host=name)


@pytest.fixture
def article() -> Article:
    return make_article()


# --- Who may frame it -------------------------------------------------------------------------------------------------------


def test_nobody_listed_means_our_own_site_alone(client: Client, article: Article) -> None:
    response = client.get(framed(article))
    assert policy_of(response)["frame-ancestors"] == ["'self'"]
    assert "X-Frame-Options" not in response


def test_listed_sites_may_frame_the_thread_and_nothing_else(client: Client, article: Article) -> None:
    allow(article.publication, "koran.example", "*.tajuk.example", "localhost:8001")
    other = make_publication(name="Lain", slug="lain", host="lain.localhost")
    allow(other, "asing.example")
    for address in (framed(article), "/embed/thread/?article=tak-ada", "/embed/thread/?url=x"):
        assert policy_of(client.get(address))["frame-ancestors"] == ["'self'", "*.tajuk.example", "koran.example", "localhost:8001"]
    public = make_comment(article)
    for address in ("/", article.get_absolute_url(), f"/komentar/{public.public_id}/laporkan/", "/saya/", "/admin/login/", "/embed.js"):
        response = client.get(address)
        assert policy_of(response)["frame-ancestors"] == ["'none'"], address
        assert response["X-Frame-Options"] == "DENY"


def test_a_row_that_is_no_host_opens_nothing(client: Client, article: Article) -> None:
    allow(article.publication, "*", "x; script-src *", "'unsafe-inline'", "koran.example")
    response = client.get(framed(article))
    assert policy_of(response)["frame-ancestors"] == ["'self'", "koran.example"]
    assert policy_of(response)["script-src"] == ["'self'"]
    assert 'data-hosts="koran.example"' in text_of(response)


@pytest.mark.parametrize("theme", ["", "auto", "light", "dark", "x", "'><script>"])
def test_the_policy_names_the_one_sheet_in_the_page_and_no_other_inline_thing(client: Client, article: Article, theme: str) -> None:
    response = client.get(framed(article, f"&theme={quote(theme)}"))
    page = text_of(response)
    styles = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert len(styles) == 1
    named = f"'sha256-{b64encode(sha256(styles[0].encode()).digest()).decode()}'"
    assert policy_of(response)["style-src"] == ["'self'", named]
    assert policy_of(response)["script-src"] == ["'self'"]
    assert " style=" not in page
    assert not re.search(r"<script(?![^>]* src=)", page)
    dark = "@media all{:root{--balasan-paper:#151513" in page
    assert dark == (theme == "dark")
    assert ("@media not all{:root{--balasan-paper:#151513" in page) == (theme == "light")


# --- What it shows ----------------------------------------------------------------------------------------------------------


def test_the_thread_and_its_form_by_themselves(client: Client, article: Article) -> None:
    first = make_comment(article, author_name="Rudi", body="Bagus.")
    make_comment(article)
    make_comment(article, status=Status.HELD, body="Rahasia.")
    response = client.get(framed(article))
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-cache"
    assert response["X-Robots-Tag"] == "noindex, indexifembedded"
    page = text_of(response)
    assert "2 Balasan" in page
    assert "Tinggalkan Balasan" in page
    assert "Rahasia" not in page
    assert article.body not in page
    assert "masthead" not in page
    assert '<base target="_blank">' in page
    tags = Page(page).tags
    form = next(tag for name, tag in tags if name == "form" and "class" in tag)
    assert (form["action"], form["target"]) == (framed(article), "_self")
    own = [tag for name, tag in tags if name == "a" and (tag["href"] or "").startswith(("/embed/", "#"))]
    assert {tag["target"] for tag in own} == {"_self"}
    assert any(tag["href"] == framed(article, f"&balas={first.public_id}#tinggalkan-balasan") for tag in own)
    assert any(tag["href"] == framed(article, "&urut=terbaru#balasan") for tag in own)
    for name, tag in tags:
        if name == "a" and tag not in own:
            assert "target" not in tag  # a window of its own, by the page's base


def test_pages_orders_and_branches_stay_in_the_frame(client: Client, article: Article, settings: Any) -> None:
    settings.COMMENT_PAGE_SIZE, settings.COMMENT_REPLIES_SHOWN = 2, 1
    comments = [make_comment(article) for _number in range(5)]
    for _number in range(3):
        make_comment(article, parent=comments[0])
    seen: list[str] = []
    address = framed(article, "&theme=dark&lang=en")
    while True:
        page = text_of(client.get(address))
        seen += re.findall(r'id="komentar-(\w+)"', page)
        link = re.search(r'<a rel="next"\s+href="([^"#]+)#balasan"', page)
        if link is None:
            break
        address = link[1].replace("&amp;", "&")
        assert address.startswith(framed(article, "&theme=dark&lang=en&"))
    assert {comment.public_id for comment in comments} <= set(seen)
    branch = text_of(client.get(framed(article, f"&utas={comments[0].public_id}")))
    assert "Satu percakapan" in branch
    spot = client.get(framed(article, f"&komentar={comments[4].public_id}"))
    assert spot.status_code == 302
    assert spot["Location"].startswith(framed(article, "&kursor="))
    assert f'id="komentar-{comments[4].public_id}"' in text_of(client.get(spot["Location"].split("#")[0]))
    assert client.get(framed(article, "&komentar=tak-ada")).status_code == 200


def test_the_host_chooses_among_our_languages(client: Client, article: Article) -> None:
    assert '<html lang="id"' in text_of(client.get(framed(article)))
    english = text_of(client.get(framed(article, "&lang=en")))
    assert '<html lang="en"' in english
    assert "Leave a Reply" in english
    assert '<html lang="id"' in text_of(client.get(framed(article, "&lang=xx%22%3E")))
    assert 'lang="id"' in text_of(client.get("/artikel/tak-ada/"))  # and nothing of it stays


def test_a_draft_and_another_publications_article_are_not_there(client: Client) -> None:
    draft = make_article(published_at=None)
    other = make_publication(name="Lain", slug="lain", host="lain.localhost")
    foreign = make_article(section=make_section(publication=other), canonical_url="https://koran.example/a")
    for address in (framed(draft), framed(foreign), "/embed/thread/?url=https://koran.example/a"):
        assert client.get(address).status_code == 404
    assert client.get(framed(foreign), headers={"host": "lain.localhost"}).status_code == 200


# --- By address -------------------------------------------------------------------------------------------------------------


def test_any_address_the_article_had_leads_to_its_thread(client: Client) -> None:
    article = make_article(canonical_url="https://koran.example/lama", body="")
    comment = make_comment(article)
    article.canonical_url = "https://koran.example/baru"
    article.save()
    for address in ("https://koran.example/lama/", "https://www.koran.example/baru?utm_source=x#y"):
        page = text_of(client.get(f"/embed/thread/?url={quote(address, safe='')}"))
        assert f'id="komentar-{comment.public_id}"' in page
        assert f'action="{framed(article)}"' in page
    permalink = client.get(comment.get_absolute_url())
    assert permalink["Location"] == f"https://koran.example/baru#komentar-{comment.public_id}"
    own = text_of(client.get(article.get_absolute_url()))
    assert '<link rel="canonical" href="https://koran.example/baru">' in own
    assert "Baca artikelnya" in own


def test_our_own_articles_address_is_one_as_well(client: Client, article: Article) -> None:
    response = client.get(f"/embed/thread/?url={quote(f'http://testserver{article.get_absolute_url()}?utm_a=1', safe='')}")
    assert response.status_code == 200
    assert client.get(f"/embed/thread/?url={quote('http://testserver/', safe='')}").status_code == 404
    assert client.get(f"/embed/thread/?url={quote(f'http://lain.example{article.get_absolute_url()}', safe='')}").status_code == 404


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "Yang diberikan halaman ini bukan alamat."),
        ("?url=javascript:alert(1)", "Yang diberikan halaman ini bukan alamat."),
        ("?article=tak-ada", "Tidak ada artikel tayang dengan slug ini: tak-ada"),
        ("?url=https://asing.example/a", "situsnya belum terdaftar untuk terbitan ini: https://asing.example/a"),
        ("?url=https://koran.example/a", "Tidak ada artikel dengan alamat ini: https://koran.example/a"),
        ("?article=%3Cscript%3Ealert(1)%3C/script%3E", "&lt;script&gt;alert(1)&lt;/script&gt;"),
    ],
)
def test_where_there_is_no_thread_the_newsroom_reads_why(client: Client, article: Article, query: str, words: str) -> None:
    allow(article.publication, "koran.example")
    response = client.get(f"/embed/thread/{query}")
    assert response.status_code == 404
    assert response["X-Robots-Tag"] == "noindex"
    page = text_of(response)
    assert words in re.sub(r"\s+", " ", re.sub(r"</?(bdi|code)>", "", page))
    assert "<form" not in page
    assert "Untuk redaksi" in page


# --- Articles that come with their first reply ------------------------------------------------------------------------------


@pytest.fixture
def taking_up(article: Article) -> Publication:
    publication = article.publication
    publication.embed_registers = True
    publication.save()
    allow(publication, "koran.example")
    return publication


NEW = f"/embed/thread/?url={quote('https://koran.example/berita/hujan-deras', safe='')}"


def test_looking_at_an_unknown_address_writes_nothing(client: Client, taking_up: Publication) -> None:
    response = client.get(f"{NEW}&lang=en")
    assert response.status_code == 200
    assert "Hujan deras" in text_of(response)
    assert "Be the first" in text_of(response)
    assert response["X-Robots-Tag"] == "noindex"
    assert (Article.objects.count(), ArticleAddress.objects.count()) == (1, 0)
    assert client.get("/embed/thread/?url=https://asing.example/a").status_code == 404


def test_its_first_reply_makes_the_article(client: Client, taking_up: Publication) -> None:
    bad = client.post(NEW, {**TYPED, "email": "bukan"}, headers=OWN)
    assert bad.status_code == 400
    assert TYPED["comment"] in text_of(bad)
    assert Article.objects.count() == 1
    assert client.post(NEW, {**TYPED, "comment_parent": "tak-ada"}, headers=OWN).status_code == 400
    response = client.post(NEW, TYPED, headers=OWN)
    assert response.status_code == 303
    article = Comment.objects.get().article
    assert (article.slug, article.canonical_url) == ("hujan-deras", "https://koran.example/berita/hujan-deras")
    assert response["Location"].startswith("/embed/thread/?article=hujan-deras&tunggu=")
    assert client.get(NEW.replace("https%3A%2F%2F", "https%3A%2F%2Fwww.")).status_code == 200
    assert "hujan-deras" not in text_of(client.get("/")) + text_of(client.get("/sitemap.xml")) + text_of(client.get("/feed/"))


def test_one_network_makes_only_so_many(client: Client, taking_up: Publication, settings: Any) -> None:
    settings.COMMENT_REGISTER_LIMITS = ((1, 3600),)
    assert client.post(NEW, TYPED, headers=OWN).status_code == 303
    response = client.post("/embed/thread/?url=https://koran.example/lain", TYPED, headers=OWN)
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert TYPED["comment"] in text_of(response)
    assert not Article.objects.filter(canonical_url__endswith="lain").exists()


def test_off_by_default(client: Client, article: Article) -> None:
    allow(article.publication, "koran.example")
    assert client.post(NEW, TYPED, headers=OWN).status_code == 404
    assert not Comment.objects.exists()


# --- Posting ----------------------------------------------------------------------------------------------------------------


def test_a_reply_comes_back_into_the_frame_as_its_authors_own(client: Client, article: Article) -> None:
    response = client.post(framed(article, "&theme=dark"), TYPED, headers=OWN)
    comment = Comment.objects.get()
    assert response.status_code == 303
    assert response["Location"].startswith(framed(article, "&theme=dark&tunggu="))
    assert response["Location"].endswith(f"#komentar-{comment.public_id}")
    assert policy_of(response)["frame-ancestors"] == ["'self'"]

    without_cookies = Client()
    waiting = without_cookies.get(response["Location"].split("#")[0])
    assert "Menunggu pemeriksaan" in text_of(waiting)
    assert waiting["Cache-Control"] == "no-store"
    assert waiting["X-Robots-Tag"] == "noindex"
    again = without_cookies.post(response["Location"].split("#")[0], {**TYPED, "comment": "Yang kedua."}, headers=OWN)
    both = text_of(without_cookies.get(again["Location"].split("#")[0]))
    assert len(set(re.findall(r'id="komentar-(\w+)"', both))) == 2

    with_cookie = text_of(client.get(framed(article)))
    assert f'id="komentar-{comment.public_id}"' in with_cookie
    assert comment.public_id not in text_of(Client().get(framed(article)))


def test_what_the_address_names_is_shown_while_it_waits_and_opens_nothing_else(client: Client, article: Article) -> None:
    mine, other = (make_comment(article, status=Status.HELD) for _number in range(2))
    elsewhere = make_comment(status=Status.HELD)
    token = signing.dumps([mine.public_id, elsewhere.public_id], salt=frames.SALT)
    page = text_of(client.get(framed(article, f"&tunggu={token}")))
    assert mine.public_id in page
    assert other.public_id not in page
    assert elsewhere.public_id not in page
    assert "Komentar saya" not in page  # it makes nobody known
    assert client.get("/saya/").content.decode().count(mine.public_id) == 0
    mine.move_to(Status.APPROVED)
    settled = text_of(client.get(framed(article, f"&tunggu={token}")))
    assert "data-settled" in settled
    assert settled.count(f'id="komentar-{mine.public_id}"') == 1


@pytest.mark.parametrize("token", ["x", "x:y:z", signing.dumps(7, salt=frames.SALT), signing.dumps(["a"], salt="other"), "%00", "A" * 3000])
def test_a_token_that_is_not_ours_shows_nothing(client: Client, article: Article, token: str) -> None:
    make_comment(article, status=Status.HELD)
    response = client.get(framed(article, f"&tunggu={token}"))
    assert response.status_code in {200, 400}
    assert "Menunggu pemeriksaan" not in text_of(response)


def test_an_old_token_shows_nothing(client: Client, article: Article, monkeypatch: pytest.MonkeyPatch) -> None:
    held = make_comment(article, status=Status.HELD)
    token = signing.dumps([held.public_id], salt=frames.SALT)
    monkeypatch.setattr(frames, "WAITING_SECONDS", -1)
    assert held.public_id not in text_of(client.get(framed(article, f"&tunggu={token}")))


def test_errors_stand_beside_their_fields_in_the_frame(client: Client, article: Article) -> None:
    response = client.post(framed(article), {**TYPED, "email": "bukan", "comment": "<b>Tetap</b>"}, headers=OWN)
    assert response.status_code == 400
    page = text_of(response)
    assert 'id="email-error"' in page
    assert Page(page).values["comment"] == "<b>Tetap</b>"
    assert policy_of(response)["frame-ancestors"] == ["'self'"]
    assert response["Cache-Control"] == "no-store"
    assert not Comment.objects.exists()


def known_client(name: str) -> tuple[Client, Any]:
    commenter = make_commenter()
    client = Client()
    client.cookies[name] = identity.token_of(commenter)
    return client, commenter


@pytest.mark.parametrize("name", [identity.COOKIE, f"{identity.COOKIE}_bingkai"])
@pytest.mark.parametrize(
    ("headers", "believed"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"origin": "http://testserver"}, True),
        ({"sec-fetch-site": "cross-site", "origin": "http://testserver"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"origin": "https://jahat.example"}, False),
        ({"origin": "null"}, False),
        ({}, False),
    ],
)
def test_in_whose_name_a_reply_is_taken(article: Article, name: str, headers: dict[str, str], believed: bool) -> None:
    client, commenter = known_client(name)
    assert client.post(framed(article), TYPED, headers=headers).status_code == 303
    assert (Comment.objects.get().commenter == commenter) is believed


def test_the_frames_cookie_opens_no_other_page(article: Article) -> None:
    client, commenter = known_client(f"{identity.COOKIE}_bingkai")
    held = make_comment(article, status=Status.HELD, commenter=commenter)
    assert held.public_id in text_of(client.get(framed(article)))
    for address in (article.get_absolute_url(), "/saya/"):
        assert held.public_id not in text_of(client.get(address))
    assert client.post(f"{article.get_absolute_url()}balasan/", TYPED).status_code == 303
    assert Comment.objects.exclude(pk=held.pk).get().commenter != commenter


def links_to_change(page: str) -> list[str]:
    return [unescape(link) for link in re.findall(r'href="(/saya/[^"]+)"', page)]


@pytest.mark.parametrize("status", [Status.HELD, Status.APPROVED])
def test_an_author_in_a_frame_changes_the_reply_in_a_window_of_its_own(article: Article, status: Status) -> None:
    client, commenter = known_client(f"{identity.COOKIE}_bingkai")
    comment = make_comment(article, status=status, commenter=commenter, body="Jembatan itu dekat.")
    change, withdraw = links_to_change(text_of(client.get(framed(article))))
    stranger = Client()  # the window gets no cookie of the frame
    asked = stranger.get(change)
    assert asked.status_code == 200
    assert asked["Cache-Control"] == "no-store"
    assert asked["Referrer-Policy"] == "same-origin"
    assert "Jembatan itu dekat." in text_of(asked)
    empty = stranger.post(change, {"comment": " "})
    assert empty.status_code == 400
    changed = stranger.post(change, {"comment": "Jembatan itu jauh."})
    assert changed.status_code == 200
    assert "Komentar Anda sudah diubah dan diperiksa lagi." in text_of(changed)
    assert f'href="{article.read_at}"' in text_of(changed)
    comment.refresh_from_db()
    assert (comment.body_raw, comment.status, comment.revision) == ("Jembatan itu jauh.", Status.PENDING, 2)
    assert "Tarik komentar ini?" in text_of(stranger.get(withdraw))
    gone = stranger.post(withdraw)
    assert "Komentar Anda sudah ditarik." in text_of(gone)
    comment.refresh_from_db()
    assert comment.status == Status.WITHDRAWN
    assert stranger.post(change, {"comment": "Lagi."}).status_code == 409


def test_who_else_cannot_change_it(article: Article, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _client, commenter = known_client(f"{identity.COOKIE}_bingkai")
    mine = make_comment(article, status=Status.HELD, commenter=commenter)
    other = make_comment(article, status=Status.HELD, commenter=make_commenter())
    # The address of a frame may have been passed on, so it shows the reply and lets nobody change it.
    token = signing.dumps([mine.public_id], salt=frames.SALT)
    shown = text_of(Client().get(framed(article, f"&tunggu={token}")))
    assert mine.public_id in shown
    assert links_to_change(shown) == []
    good = identity.change_token(mine)
    for public_id, permit in [
        (mine.public_id, ""),
        (mine.public_id, "x"),
        (mine.public_id, token),
        (mine.public_id, good[:-1]),
        (other.public_id, good),
        (mine.public_id, identity.change_token(other)),
    ]:
        for act in ("ubah", "tarik"):
            address = f"/saya/{public_id}/{act}/?izin={quote(permit)}"
            assert Client().get(address).status_code == 404, address
            assert Client().post(address, {"comment": "Bukan saya."}).status_code == 404, address
    later = time.time() + settings.COMMENT_EDIT_MINUTES * 60 + 5
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    assert Client().get(f"/saya/{mine.public_id}/ubah/?izin={quote(good)}").status_code == 404
    for comment in (mine, other):
        before = comment.body_raw
        comment.refresh_from_db()
        assert (comment.body_raw, comment.status, comment.revision) == (before, Status.HELD, 1)


@pytest.mark.parametrize("https", [True, False])
def test_how_the_frames_cookies_are_set(client: Client, article: Article, settings: Any, https: bool) -> None:
    settings.HTTPS = https
    response = client.post(framed(article), {**TYPED, "wp-comment-cookies-consent": "yes"}, headers=OWN)
    names = {"balasan_pembaca_bingkai", "balasan_isian_bingkai"}
    assert set(response.cookies) == names
    for name in names:
        line = response.cookies[name].OutputString()
        assert "Path=/embed/" in line
        assert "HttpOnly" in line
        assert ("SameSite=None; Secure" in line.replace("Secure; SameSite=None", "SameSite=None; Secure")) is https
        assert line.endswith("; Partitioned") is https
        assert ("SameSite=Lax" in line) is not https
    kept = text_of(client.get(framed(article)))
    assert Page(kept).values["author"] == "Dewi"
    gone = client.post(framed(article), {**TYPED, "comment": "Lagi."}, headers=OWN)
    assert gone.cookies["balasan_isian_bingkai"]["max-age"] == 0


def test_other_methods_are_refused(client: Client, article: Article) -> None:
    assert client.put(framed(article)).status_code == 405
    assert client.head(framed(article)).status_code == 200


# --- Scripts ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/embed.js", "/embed/counts.js"])
def test_the_scripts_are_small_kept_and_for_everybody(client: Client, path: str) -> None:
    response = client.get(path)
    assert response["Content-Type"] == "text/javascript; charset=utf-8"
    assert response["Cache-Control"] == "public, max-age=3600"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Set-Cookie" not in response
    assert b"@words@" not in response.content
    packed = client.get(path, headers={"accept-encoding": "gzip, br"})
    assert packed["Content-Encoding"] == "gzip"
    assert packed["ETag"] != response["ETag"]
    assert len(packed.content) < 2_500
    same = client.get(path, headers={"if-none-match": packed["ETag"], "accept-encoding": "gzip"})
    assert (same.status_code, same.content) == (304, b"")


def test_the_script_speaks_every_language(client: Client) -> None:
    text = text_of(client.get("/embed.js"))
    words = json.loads(re.search(r"const words = (\{.*?\}\});|const words = (\{.*\});", text)[0].split("= ", 1)[1].rstrip(";"))  # type: ignore[index]
    assert words == {
        "id": {"title": "Balasan", "open": "Baca dan tulis balasan"},
        "en": {"title": "Replies", "open": "Read and write replies"},
    }


# --- Counts, and reading by scripts -------------------------------------------------------------------------------------------


def test_counts_of_a_whole_list_in_one_answer(client: Client, django_assert_max_num_queries: Any) -> None:
    article = make_article()
    for _number in range(3):
        make_comment(article)
    make_comment(article, status=Status.HELD)
    other = make_article(canonical_url="https://koran.example/a")
    make_comment(other)
    draft = make_article(published_at=None)
    asked = [article.slug, "https://www.koran.example/a/?utm_x=1", draft.slug, "tak-ada", "https://asing.example/", "javascript://x"]
    with django_assert_max_num_queries(6):
        response = client.get("/embed/counts/", {"a": asked})
    assert response["Cache-Control"] == "public, max-age=60"
    counts = response.json()["counts"]
    assert [counts[name]["count"] for name in asked] == [3, 1, 0, 0, 0, 0]
    assert counts[article.slug]["words"] == "3 Balasan"
    assert len(client.get("/embed/counts/", {"a": [f"x{number}" for number in range(300)]}).json()["counts"]) == 100
    assert client.get("/embed/counts/").json() == {"counts": {}}


@pytest.mark.parametrize("origin", ["https://koran.example", "https://a.tajuk.example"])
def test_listed_sites_may_read_what_is_public(client: Client, article: Article, origin: str) -> None:
    allow(article.publication, "koran.example", "*.tajuk.example")
    comment = make_comment(article)
    thread = f"/api/v1/articles/{article.slug}/comments/"
    for address in ("/embed/counts/?a=x", "/api/v1/articles/", thread, f"/api/v1/comments/{comment.public_id}/"):
        response = client.get(address, headers={"origin": origin})
        assert response["Access-Control-Allow-Origin"] == origin
        assert "Access-Control-Allow-Credentials" not in response
        assert "Origin" in response["Vary"]
        foreign = client.get(address, headers={"origin": "https://jahat.example"})
        assert "Access-Control-Allow-Origin" not in foreign
    posted = client.post(thread, "{}", content_type="application/json", headers={"origin": origin})
    assert "Access-Control-Allow-Origin" not in posted
    assert "Access-Control-Allow-Origin" not in client.options("/api/v1/articles/", headers={"origin": origin})
    assert "Access-Control-Allow-Origin" not in client.get(article.get_absolute_url(), headers={"origin": origin})


def test_the_promise_about_addresses_holds_in_the_frame(client: Client, article: Article) -> None:
    make_comment(article, author_email="kenari@rahasia.example")
    response = client.get(framed(article))
    assert "rahasia.example" not in text_of(response) + str(response.headers)


# --- From kept bytes ----------------------------------------------------------------------------------------------------------


def test_a_frame_is_sent_from_kept_bytes_until_what_it_shows_changes(article: Article, settings: Any) -> None:
    settings.KEPT_STALE_SECONDS = 0
    door = Door()
    moved = make_article(canonical_url="https://koran.example/a", title="Pindahan")
    by_address = "/embed/thread/?url=https%3A%2F%2Fkoran.example%2Fbaru"
    assert door.get(by_address).status == 404
    first = door.get(framed(article))
    assert (first.status, door.kept) == (200, 1)
    assert policy_of(first.headers)["frame-ancestors"] == ["'self'"]
    assert "balasan-paper" in first.text
    held = make_comment(article, status=Status.HELD, body="Belum tayang.")
    token = signing.dumps([held.public_id], salt=frames.SALT)
    mine = door.get(framed(article, f"&tunggu={token}"))
    assert "Belum tayang." in mine.text
    assert "Belum tayang." not in door.get(framed(article)).text
    make_comment(article, body="Sudah tayang.")
    assert "Sudah tayang." in door.get(framed(article)).text
    allow(article.publication, "koran.example")
    assert policy_of(door.get(framed(article)).headers)["frame-ancestors"] == ["'self'", "koran.example"]
    ArticleAddress.objects.create(article=moved, url="https://koran.example/baru")
    assert "Pindahan" in door.get(by_address).text
    ArticleAddress.objects.update(article=article)
    assert article.title in door.get(by_address).text


def test_one_sites_permission_is_not_another_sites(article: Article) -> None:
    allow(article.publication, "koran.example")
    door = Door()
    thread = f"/api/v1/articles/{article.slug}/comments/"
    for origin, may in (("https://koran.example", True), ("https://jahat.example", False), ("https://koran.example", True)):
        assert (door.get(thread, origin=origin).headers.get("Access-Control-Allow-Origin") == origin) is may
    assert "Access-Control-Allow-Origin" not in door.get(thread).headers


# --- Weight and languages -----------------------------------------------------------------------------------------------------


def test_a_frame_loads_the_three_scripts_whose_weight_is_held(client: Client, article: Article) -> None:
    page = text_of(client.get(framed(article)))  # their size: tests/comments/test_weight.py
    assert re.findall(r'<script src="/static/([\w/]+?)\.', page) == ["comments/frame", "comments/thread", "comments/live"]


def test_two_publications_of_one_installation_speak_their_own_languages(client: Client, article: Article) -> None:
    english = make_publication(name="The Post", slug="post", host="en.localhost", language="en", time_zone="Asia/Makassar")
    story = make_article(section=make_section(publication=english))
    make_comment(story)
    make_comment(article)
    here, there = {"host": "testserver"}, {"host": "en.localhost"}
    for paths, words, headers in (
        ((article.get_absolute_url(), framed(article)), ("1 Balasan", "Tinggalkan Balasan", "WIB", 'lang="id"'), here),
        ((story.get_absolute_url(), framed(story)), ("1 reply", "Leave a Reply", "WITA", 'lang="en"'), there),
    ):
        for path in paths:
            page = text_of(client.get(path, headers=headers))
            for word in words:
                assert word in page, (path, word)
    assert 'xml:lang="en"' in text_of(client.get(f"{story.get_absolute_url()}feed/", headers=there))
    assert 'xml:lang="id"' in text_of(client.get(f"{article.get_absolute_url()}feed/", headers=here))
    counted = client.get("/embed/counts/", {"a": story.slug}, headers=there).json()["counts"]
    assert counted == {story.slug: {"count": 1, "words": "1 reply"}}
    assert client.get("/embed/counts/", {"a": story.slug}, headers=here).json()["counts"][story.slug]["count"] == 0
