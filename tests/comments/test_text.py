from __future__ import annotations

import json
import re
import time
import unicodedata
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from comments import text
from comments.text import clean_line, clean_raw, is_blank, safe_address, shown_host, to_html, to_plain
from tests.conftest import shared_data

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<a href='javascript:alert(1)'>klik</a>",
    "<a href=' &#1;javascript:alert(1)'>klik</a>",
    "<a href='jav&#x09;ascript:alert(1)'>klik</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>klik</a>",
    "<a href='//evil.example' onclick=alert(1) style='x' target=_blank>klik</a>",
    "<p style='position:fixed'>teks</p>",
    "<style>*{display:none}</style>",
    "<iframe src=https://evil.example></iframe>",
    "<b><i><u>tebal</u></i></b>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--<img src='--><img src=x onerror=alert(1)>'>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<p><p><p></blockquote></em><strong>",
    "<a href=https://contoh.example><a href=https://lain.example>dua</a></a>",
    "<code><script>alert(1)</script></code>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;",
    "http://<script>alert(1)</script>.example/",
    'https://contoh.example/"onmouseover="alert(1)',
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<\u0000script>",
    "<textarea></textarea><script>",
    "<form action=https://evil.example><input name=a>",
    "<template><img src=x onerror=alert(1)></template>",
]


class Inspector(HTMLParser):
    """What a browser would be given: fails for a tag, an attribute or an address that is not allowed."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[dict[str, str | None]] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in {"a", "em", "strong", "blockquote", "code", "p", "br"}, tag
        named = dict(attrs)
        if tag == "a" and named:
            assert set(named) == {"href", "rel"}, named
            assert named["rel"] == "ugc nofollow noopener"
            assert re.match(r"https?://[^/]", named["href"] or ""), named
            self.links.append(named)
        elif tag != "a":
            assert not named, named

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration: {decl}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data}")

    def handle_data(self, data: str) -> None:
        self.words += data


def inspect(raw: str) -> Inspector:
    found = Inspector()
    found.feed(to_html(raw))
    found.close()
    return found


fragments = st.lists(
    st.sampled_from(
        [
            *HOSTILE,
            "https://contoh.example",
            "judi.example",
            "<",
            ">",
            "&",
            '"',
            "'",
            "`",
            "\n",
            "\n\n",
            "a",
            " ",
            "<p>",
            "</p>",
            "<a href=",
        ]
    )
    | st.text(max_size=12),
    max_size=14,
).map("".join)


@hypothesis_settings(max_examples=300, deadline=None)
@given(fragments)
def test_whatever_is_typed_only_allowed_markup_comes_out(raw: str) -> None:
    raw = clean_raw(raw)
    inspect(raw)
    assert isinstance(to_plain(raw), str)


@pytest.mark.parametrize("raw", HOSTILE)
def test_hostile_markup(raw: str) -> None:
    inspect(clean_raw(raw))


def test_the_hostile_strings_that_lie_beside_a_checkout() -> None:
    strings = json.loads(shared_data("hostile_strings.json").read_text())
    flat: list[Any] = [
        one if isinstance(one, str) else next(iter(one.values())) for one in (strings if isinstance(strings, list) else strings.values())
    ]
    for one in flat:
        for raw in one if isinstance(one, list) else [one]:
            inspect(clean_raw(str(raw)[:5_000]))


@hypothesis_settings(max_examples=300, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="<>&"), max_size=200).map(clean_raw))
def test_the_fast_way_says_what_bleach_says(raw: str) -> None:
    if text.NEEDS_BLEACH.search(raw):
        return
    assert to_html(raw) == text.CLEANER.clean(to_html(raw))
    assert to_plain(raw) == raw


@pytest.mark.parametrize(
    ("raw", "made"),
    [
        ("Halo.", "<p>Halo.</p>"),
        ("Satu\nDua", "<p>Satu<br>Dua</p>"),
        ("Satu\n\nDua", "<p>Satu</p><p>Dua</p>"),
        ("Satu\n \t\n\n\nDua", "<p>Satu</p><p>Dua</p>"),
        ("1 < 2 & 3 > 2", "<p>1 &lt; 2 &amp; 3 &gt; 2</p>"),
        ("<em>Ya</em> <strong>ya</strong> <code>a</code>", "<p><em>Ya</em> <strong>ya</strong> <code>a</code></p>"),
        ("<b>tebal</b>", "<p>&lt;b&gt;tebal&lt;/b&gt;</p>"),
        ("", ""),
    ],
)
def test_plain_markup(raw: str, made: str) -> None:
    assert to_html(raw) == made


def test_links() -> None:
    (link,) = inspect("Lihat https://contoh.id/a?b=1&c=2 ya").links
    assert link["href"] == "https://contoh.id/a?b=1&c=2"
    (written,) = inspect('<a href="http://contoh.example/" title="x" onclick="y">sini</a>').links
    assert written["href"] == "http://contoh.example/"


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "mailto:a@contoh.example", "ftp://contoh.example",
        "//contoh.example", "/lokal", "https://", "https://bank.example@evil.example/", "https://a:b@contoh.example", "https://contoh.example:x/",
        "https://[::1", "https://../", "http:contoh.example",
    ],
)  # fmt: skip
def test_addresses_that_are_no_links(address: str) -> None:
    found = inspect(f'<a href="{address}">klik</a>')
    assert not [link for link in found.links if link["href"] == address]
    assert "klik" in found.words


def test_no_link_in_code() -> None:
    assert inspect("<code>https://contoh.example</code>").links == []


def test_a_host_that_looks_like_another_is_shown_as_it_is() -> None:
    found = inspect("https://\u0440aypal.com/masuk")  # a Cyrillic letter
    assert "[xn--aypal-uye.com]" in found.words
    assert shown_host("https://\u0440aypal.com") == "xn--aypal-uye.com"
    assert shown_host("https://münchen.example") == "münchen.example"
    assert shown_host("https://contoh.example:8080/a") == "contoh.example"


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("Halo <em>dunia</em> &amp; lain", "Halo dunia & lain"),
        ("1 < 2", "1 < 2"),
        ("<b>tebal</b>", "<b>tebal</b>"),
        ('<a href="https://contoh.example">sini</a>', "sini"),
    ],
)
def test_plain_text(raw: str, plain: str) -> None:
    assert to_plain(raw) == plain


# --- what is kept -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" a\r\nb\rc ", "a\nb\nc"),
        ("a\u2028b\u2029c", "a\nb\nc"),
        ("a\u0000\u0007\u001b\u007f\u0085b\tc", "ab\tc"),
        ("\ufeffa", "\ufeffa"),
        ("a" + "\u0301" * 100, "a" + "\u0301" * 4),
        ("é\u0323 Ữ", "é\u0323 Ữ"),
        ("\u202eterbalik\u202c", "\u202eterbalik\u202c"),
    ],
)
def test_clean_raw(typed: str, kept: str) -> None:
    assert clean_raw(typed) == kept


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_cleaning_holds_and_holds_again(typed: str) -> None:
    kept = clean_raw(typed)
    assert not [letter for letter in kept if unicodedata.category(letter) == "Cc" and letter not in "\n\t"]
    assert re.search("[\u0300-\u036f]{5}", kept) is None
    line = clean_line(typed)
    assert "\n" not in line
    assert not text.DIRECTION.search(line)
    assert clean_line(line) == line


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("  Dewi \n Sari ", "Dewi Sari"),
        ("\u202eiweD", "iweD"),
        ("a\r\nBcc: b@contoh.example", "a Bcc: b@contoh.example"),
        ("\u2066A\u2069", "A"),
    ],
)
def test_names_are_one_line(typed: str, name: str) -> None:
    assert clean_line(typed) == name


@pytest.mark.parametrize("typed", ["", " \n\t", "\u200b\u200d\u2060", "\u3164", "\u00ad", "\ufe0f\ufeff", "\u115f\u1160", "\U000e0061"])
def test_what_nobody_can_see_is_blank(typed: str) -> None:
    assert is_blank(typed)


@pytest.mark.parametrize("typed", ["a", ".", "\u200ba", "\U0001f600", "ا", "👩\u200d👩"])
def test_what_can_be_seen_is_not(typed: str) -> None:
    assert not is_blank(typed)


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("contoh.example", "https://contoh.example"),
        ("http://contoh.example/a", "http://contoh.example/a"),
        ("", ""),
        ("javascript:alert(1)", ""),
        ("JAVASCRIPT:alert(1)", ""),
        ("java\u0000script:alert(1)", ""),
        ("javascript://contoh.example/%0aalert(1)", ""),
        ("data:text/html,x", ""),
        ("https://a@b.example", ""),
        ('https://contoh.example/"onclick="x', ""),
        ("https://contoh.example/<script>", ""),
        ("https://contoh.example/a b", ""),
        ("https://contoh.example\\@evil.example", ""),
        ("ftp://contoh.example", ""),
        ("https://\u202econtoh.example", "https://contoh.example"),
    ],
)
def test_an_authors_site(typed: str, address: str) -> None:
    assert safe_address(typed) == address


@given(st.text(max_size=120))
def test_an_authors_site_is_a_link_or_nothing(typed: str) -> None:
    address = safe_address(typed)
    assert address == "" or (re.match(r"https?://[^\s\"'<>]+\Z", address, re.IGNORECASE) and shown_host(address))


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "<a href=",
        "<p><em>",
        "&",
        "&amp",
        "<!--",
        "</p>",
        "http://",
        "a.b.",
        "<blockquote>",
        "[](",
        "\n\n",
        "a\u0301",
        "<a href=x>",
        "x@y.",
    ],
)
def test_the_longest_hostile_text_is_bounded(piece: str) -> None:
    raw = clean_raw((piece * 5_000)[:5_000])
    began = time.process_time()
    to_html(raw)
    to_plain(raw)
    assert time.process_time() - began < 2
