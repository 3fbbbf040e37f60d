"""Finding links and telephone numbers."""

from __future__ import annotations

import gc
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.classifiers.links import Contact, Link, find_contacts, find_links, host_is_listed, host_of, looks_like, on_domain


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("tanpa tautan", ()),
        ("cek http://a.example/b?c=1, ya", (Link(4, 26, "http://a.example/b?c=1", "a.example"),)),
        ("HTTPS://A.Example/B", (Link(0, 19, "https://A.Example/B", "a.example"),)),
        ("slot88.example top", (Link(0, 14, "http://slot88.example", "slot88.example"),)),
        ("bit . ly/x", (Link(0, 10, "http://bit.ly/x", "bit.ly"),)),
        ("koi88 dot com", (Link(0, 13, "http://koi88.com", "koi88.com"),)),
        ("kawan(dot)com/a", (Link(0, 15, "http://kawan.com/a", "kawan.com"),)),
        ("surat ke nama@a.example", ()),
        ("sudah selesai.Jadi begitu, dll.yang", ()),
        ("habis makan . me too", ()),
        ("sampai jalan.to be", ()),
        ("harga 12.500 per kg", ()),
        ("http://[::1", ()),
    ],
)
def test_finds(text: str, links: tuple[Link, ...]) -> None:
    assert find_links(text) == links


@pytest.mark.parametrize(
    ("text", "contacts"),
    [
        ("0812-3456-7890", (Contact(0, 14, "phone", "081234567890"),)),
        ("WA +62 812 3456 7890", (Contact(3, 20, "whatsapp", "6281234567890"),)),
        ("telegram @contohku", (Contact(0, 18, "telegram", "contohku"),)),
        ("NIK 3174012345678901", ()),
        ("tahun 1998 dan 2024", ()),
    ],
)
def test_finds_contacts(text: str, contacts: tuple[Contact, ...]) -> None:
    assert find_contacts(text) == contacts


def test_domains_match_on_label_boundaries() -> None:
    assert on_domain("a.contoh.example", "contoh.example")
    assert not on_domain("acontoh.example", "contoh.example")
    assert host_is_listed("x.y.contoh.example", frozenset({"contoh.example"}))
    assert not host_is_listed("contoh.example.lain.test", frozenset({"contoh.example"}))
    assert not host_is_listed("", frozenset())


@pytest.mark.parametrize(
    ("host", "twin"),
    [
        ("contoh.example", None),
        ("c\u043entoh.example", "contoh.example"),
        ("xn--cntoh-jye.example", "contoh.example"),
        ("\u4f8b\u5b50.example", None),
    ],
)
def test_look_alikes(host: str, twin: str | None) -> None:
    assert looks_like(host) == twin


def test_host_of() -> None:
    assert host_of("http://user:pw@A.Example.:80/x") == "a.example"
    assert host_of("http://[::1") == ""


@given(st.text(alphabet=" .:/abco0182@-\u0430\u3002()dt\n", max_size=200) | st.text())
def test_never_raises_and_stays_inside(text: str) -> None:
    places = [(link.start, link.end) for link in find_links(text)] + [(contact.start, contact.end) for contact in find_contacts(text)]
    for start, end in places:
        assert 0 <= start < end <= len(text)


@pytest.mark.parametrize("piece", ["a.", "http://", "a-", "a.com ", "a . ", "a dot ", "http:/ / a ", "0 8 1 ", "wa "])
def test_time_is_linear(piece: str) -> None:
    def seconds(length: int) -> float:
        text = (piece * length)[:length]
        best = float("inf")
        # A full collection of a large heap in the middle of the long run would be taken for a rule's time.
        gc.collect()
        gc.disable()
        for _ in range(3):
            began = time.thread_time()
            find_links(text)
            find_contacts(text)
            best = min(best, time.thread_time() - began)
        gc.enable()
        return best

    assert seconds(40_000) < 24 * seconds(5_000) + 0.02
