"""What search engines are told: public comments as data that no text can break out of; and what they are not to keep."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from comments.models import Comment
from comments.states import Status
from comments.structured import SHOWN, discussion
from comments.threads import Node, Sort, ThreadPage
from newsroom.models import Article, Publication, Section
from tests.factories import make_article, make_comment, make_commenter

ATOM = "{http://www.w3.org/2005/Atom}"
BLOCK = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)
HOSTILE = '</script><script>alert(1)</script><!--\u2028&"\\'


def block_of(response: Any) -> dict[str, Any]:
    blocks = BLOCK.findall(response.content.decode())
    assert len(blocks) == 1
    data: dict[str, Any] = json.loads(blocks[0])
    return data


@pytest.mark.django_db
def test_the_thread_as_data(client: Client) -> None:
    article = make_article(title="Jembatan", lead="Teras.", byline="Ratna")
    first = make_comment(article, author_name="Dewi", body="Akhirnya.", reaction_count=3)
    make_comment(article, parent=first)
    edited = make_comment(article, body="x" * 900, edited_at=timezone.now())
    data = block_of(client.get(article.get_absolute_url()))
    address = f"http://testserver{article.get_absolute_url()}"
    assert (data["@type"], data["url"], data["headline"], data["text"]) == ("DiscussionForumPosting", address, "Jembatan", "Teras.")
    assert data["author"] == {"@type": "Person", "name": "Ratna"}
    assert (data["commentCount"], data["inLanguage"]) == (3, "id")
    one, two = data["comment"]
    assert one == {
        "@type": "Comment",
        "url": f"http://testserver{first.get_absolute_url()}",
        "text": "Akhirnya.",
        "datePublished": first.created_at.isoformat(timespec="seconds"),
        "author": {"@type": "Person", "name": "Dewi"},
        "interactionStatistic": {
            "@type": "InteractionCounter", "interactionType": "https://schema.org/LikeAction", "userInteractionCount": 3,
        },
    }  # fmt: skip
    assert (len(two["text"]), two["dateModified"]) == (500, edited.edited_at.isoformat(timespec="seconds") if edited.edited_at else "")


@pytest.mark.django_db
def test_only_what_is_public_and_nothing_of_the_reader(client: Client) -> None:
    article = make_article()
    shown = make_comment(article, author_email="kenari@rahasia.example")
    for status in (Status.PENDING, Status.HELD, Status.REJECTED, Status.SPAM, Status.WITHDRAWN):
        make_comment(article, status=status, body=f"Rahasia {status}.")
    removed = make_comment(article, body="Pernah tayang.")
    make_comment(article, parent=removed)
    removed.refresh_from_db()
    assert removed.move_to(Status.REJECTED)
    client.post(f"{article.get_absolute_url()}balasan/", {"comment": "Menunggu saja.", "author": "A", "email": "a@contoh.example"})
    response = client.get(article.get_absolute_url())
    assert response["X-Robots-Tag"] == "noindex"
    data = block_of(response)
    assert [one["text"] for one in data["comment"]] == [shown.body_text]
    text = json.dumps(data)
    for secret in ("Rahasia", "Pernah tayang", "Menunggu", "rahasia.example"):
        assert secret not in text


@pytest.mark.django_db
def test_no_text_breaks_out_of_the_block(client: Client) -> None:
    article = make_article(title=HOSTILE, lead=HOSTILE, byline=HOSTILE[:120])
    make_comment(article, author_name=HOSTILE[:80], body=HOSTILE)
    page = client.get(article.get_absolute_url())
    data = block_of(page)
    assert data["headline"] == HOSTILE
    assert data["comment"][0]["author"]["name"] == HOSTILE[:80]
    assert len(re.findall(r"<script", page.content.decode())) == len(re.findall(r"</script>", page.content.decode()))
    assert "<script>" not in page.content.decode()


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_comes_through_and_stays_inside(title: str, body: str) -> None:
    publication = Publication(name="Kabar", language="id")
    article = Article(section=Section(publication=publication), slug="x", title=title, body=body, published_at=timezone.now())
    nodes = [Node(Comment(public_id="a", status=Status.APPROVED, author_name=title, body_text=body))] * (SHOWN + 5)
    text = discussion(RequestFactory().get("/"), article, ThreadPage(nodes, Sort.OLDEST), 15)
    assert not set(text) & set("<>&\u2028\u2029")
    data = json.loads(text)
    assert data["headline"] == title
    assert [one["text"] for one in data["comment"]] == [body] * SHOWN


@pytest.mark.django_db
def test_what_search_engines_are_not_to_keep(client: Client) -> None:
    article = make_article()
    comment = make_comment(article)
    make_comment(article, parent=comment)
    address = article.get_absolute_url()
    assert "X-Robots-Tag" not in client.get(address)
    assert "X-Robots-Tag" not in client.get(f"{address}?urut=terbaru")
    for unwanted in (f"{address}?balas={comment.public_id}", f"{address}?utas={comment.public_id}", comment.get_absolute_url()):
        assert client.get(unwanted)["X-Robots-Tag"] == "noindex", unwanted
    assert not BLOCK.search(client.get(f"{address}?utas={comment.public_id}").content.decode())
    elsewhere = make_article(canonical_url="https://koran.example/a")
    page = client.get(elsewhere.get_absolute_url()).content.decode()
    assert not BLOCK.search(page)
    assert '<link rel="canonical" href="https://koran.example/a">' in page
    robots = client.get("/robots.txt").content.decode()
    assert "Disallow: /saya/" in robots
    assert "Disallow: /*/laporkan/" in robots


@pytest.mark.django_db
@pytest.mark.parametrize("status", [Status.PENDING, Status.HELD, Status.REJECTED, Status.SPAM, Status.WITHDRAWN])
def test_what_is_not_public_is_reached_by_no_address(client: Client, status: Status) -> None:
    article = make_article()
    comment = make_comment(article, status=status, body="Tidak untuk umum.", commenter=make_commenter())
    name = comment.public_id
    address = article.get_absolute_url()
    frame = f"/embed/thread/?article={article.slug}"
    for path in (
        address, f"{address}?utas={name}", f"{address}?balas={name}", f"{address}feed/", "/feed/", "/sitemap.xml", f"/komentar/{name}/",
        frame, f"{frame}&utas={name}", f"{frame}&balas={name}", f"{frame}&komentar={name}", f"/embed/counts/?a={article.slug}",
        f"/api/v1/articles/{article.slug}/comments/", f"/api/v1/comments/{name}/",
    ):  # fmt: skip
        response = client.get(path)
        assert "Tidak untuk umum" not in response.content.decode(), path
        assert comment.body_text not in str(response.headers), path
    assert client.get(f"/komentar/{name}/").status_code == 404


# --- Atom -------------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_threads_feed_is_whole_and_its_ids_stay(client: Client) -> None:
    article = make_article(title=f"Judul {HOSTILE}\x0b")
    made = timezone.now() - timedelta(days=3)
    comment = make_comment(article, author_name=f"Dewi {HOSTILE}"[:80], body=f"Isi\x0b {HOSTILE}", created_at=made)
    make_comment(article, status=Status.HELD, body="Rahasia.")

    def read() -> ElementTree.Element:
        response = client.get(f"{article.get_absolute_url()}feed/")
        assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
        assert comment.author_email.encode() not in response.content
        return ElementTree.fromstring(response.content)

    root = read()
    for needed in ("title", "id", "updated"):
        assert root.findtext(f"{ATOM}{needed}"), needed
    assert {link.get("rel") for link in root.findall(f"{ATOM}link")} == {"alternate", "self"}
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "id"
    entries = root.findall(f"{ATOM}entry")
    assert len(entries) == 1
    for needed in ("title", "id", "updated", "published", f"author/{ATOM}name"):
        assert entries[0].findtext(f"{ATOM}{needed}"), needed
    name = entries[0].findtext(f"{ATOM}id")
    Comment.objects.filter(pk=comment.pk).update(edited_at=timezone.now())
    again = read().findall(f"{ATOM}entry")[0]
    assert again.findtext(f"{ATOM}id") == name
    assert again.findtext(f"{ATOM}updated") != entries[0].findtext(f"{ATOM}updated")
    comment.refresh_from_db()
    assert comment.move_to(Status.REJECTED)
    empty = read()
    assert empty.findall(f"{ATOM}entry") == []
    assert empty.findtext(f"{ATOM}updated") == read().findtext(f"{ATOM}updated")


@pytest.mark.django_db
def test_every_entry_of_the_sites_feed_has_an_author(client: Client) -> None:
    article = make_article(byline="")
    make_article(canonical_url="https://koran.example/a", title="Di luar")
    root = ElementTree.fromstring(client.get("/feed/").content)
    entries = root.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == [article.title]
    assert entries[0].findtext(f"{ATOM}author/{ATOM}name") == article.publication.name
    assert root.findtext(f"{ATOM}author/{ATOM}name") == article.publication.name
