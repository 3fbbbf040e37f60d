"""Which other sites are listed: rules are read strictly and matched by whole labels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsroom import hosts


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("koran.example", "koran.example"),
        (" Koran.Example. ", "koran.example"),
        ("*.koran.example", "*.koran.example"),
        ("koran.example:8443", "koran.example:8443"),
        ("localhost:8001", "localhost:8001"),
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]:8001", "[::1]:8001"),
        ("bücher.example", "xn--bcher-kva.example"),
    ],
)
def test_a_rule_is_kept_in_one_spelling(typed: str, kept: str) -> None:
    assert hosts.read_rule(typed) == kept
    assert hosts.read_rule(kept) == kept


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "form"),
        ("*", "form"),
        ("https://koran.example", "form"),
        ("koran.example/berita", "form"),
        ("koran.example; script-src *", "form"),
        ("koran.example 'unsafe-inline'", "form"),
        ("koran.example\nX: y", "form"),
        ("-koran.example", "form"),
        ("koran..example", "form"),
        ("a*.koran.example", "form"),
        ("*.*.example", "form"),
        ("a" * 64 + ".example", "form"),
        (".".join(["abcdefghi"] * 26), "form"),
        ("ko\u200bran" * 40 + ".example", "form"),
        ("[::g]", "form"),
        ("[1:2]", "form"),
        ("koran.example:0", "form"),
        ("koran.example:65536", "port"),
        ("*.example", "wide"),
        ("*.127.0.0.1", "wide"),
    ],
)
def test_what_is_no_rule_is_refused(typed: str, code: str) -> None:
    with pytest.raises(hosts.BadHost) as raised:
        hosts.read_rule(typed)
    assert raised.value.code == code


@given(st.text(max_size=80))
def test_whatever_is_read_is_a_source_and_nothing_more(text: str) -> None:
    try:
        rule = hosts.read_rule(text)
    except hosts.BadHost:
        return
    assert hosts.sources([rule]) == [rule]
    assert not set(rule) & set(" ;,'\"\n\r\t<>/\\")


@pytest.mark.parametrize(
    ("host", "port", "listed"),
    [
        ("koran.example", None, True),
        ("bukankoran.example", None, False),
        ("koran.example.jahat.example", None, False),
        ("a.koran.example", None, False),
        ("koran.example", 8443, False),
        ("blog.tajuk.example", None, True),
        ("a.b.tajuk.example", None, True),
        ("tajuk.example", None, False),
        ("jahattajuk.example", None, False),
        (".tajuk.example", None, False),
        ("uji.example", 8001, True),
        ("uji.example", None, False),
    ],
)
def test_matching_goes_by_labels_and_port(host: str, port: int | None, listed: bool) -> None:
    assert hosts.matches(["koran.example", "*.tajuk.example", "uji.example:8001"], host, port) is listed


@pytest.mark.parametrize(
    ("origin", "listed", "encrypted"),
    [
        ("https://koran.example", True, True),
        ("http://koran.example", True, False),
        ("https://koran.example:443", True, True),
        ("https://koran.example:80", False, False),
        ("null", False, False),
        ("", False, False),
        ("https://", False, False),
        ("ftp://koran.example", False, False),
        ("https://koran.example/", False, False),
        ("https://koran.example@jahat.example", False, False),
        ("https://jahat.example@koran.example", False, False),
        ("https://koran.example:x", False, False),
        ("https://[koran.example", False, False),
        ("koran.example", False, False),
    ],
)
def test_origins(origin: str, listed: bool, encrypted: bool) -> None:
    assert hosts.matches_origin(["koran.example"], origin, https=False) is listed
    assert hosts.matches_origin(["koran.example"], origin, https=True) is encrypted


def test_a_row_that_is_no_rule_never_reaches_the_policy() -> None:
    assert hosts.sources(["koran.example", "*", "x; script-src *", "'self'", ""]) == ["koran.example"]
