from __future__ import annotations

import pytest
from django.conf import settings
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from newsroom.network import client_ip, network_of


def seen(proxies: int, remote: str, forwarded: str | None = None) -> str | None:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR=remote)
    before = settings.TRUSTED_PROXIES
    settings.TRUSTED_PROXIES = proxies
    try:
        return client_ip(request)
    finally:
        settings.TRUSTED_PROXIES = before


@pytest.mark.parametrize(
    ("proxies", "remote", "forwarded", "expected"),
    [
        (0, "198.51.100.7", None, "198.51.100.7"),
        (0, "198.51.100.7", "10.9.8.7", "198.51.100.7"),  # nobody may choose an address for themselves
        (1, "10.0.0.1", "203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.1", "1.1.1.1, 203.0.113.9", "203.0.113.9"),
        (2, "10.0.0.1", "1.1.1.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (2, "10.0.0.1", "203.0.113.9", "10.0.0.1"),  # fewer hops than there must be: not believed at all
        (1, "10.0.0.1", "", "10.0.0.1"),
        (1, "10.0.0.1", "nonsense", None),
        (1, "10.0.0.1", "1.2.3.4,  , 203.0.113.9 ", "203.0.113.9"),
        (0, "", None, None),
        (0, "unix:", None, None),
        (0, "::ffff:198.51.100.7", None, "198.51.100.7"),
        (0, "2001:db8:0:0::1", None, "2001:db8::1"),
        (0, "fe80::1%eth0", None, "fe80::1"),
    ],
)
def test_the_clients_address(proxies: int, remote: str, forwarded: str | None, expected: str | None) -> None:
    assert seen(proxies, remote, forwarded) == expected


def test_neighbours_share_a_network() -> None:
    assert network_of("198.51.100.1") == network_of("198.51.100.254") != network_of("198.51.101.1")
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1") != network_of("2001:db8:0:1::1")
    assert network_of(None) == network_of("") == ""


@given(st.ip_addresses())
def test_the_address_cannot_be_read_from_its_network(address: object) -> None:
    hashed = network_of(str(address))
    assert len(hashed) == 16
    assert set(hashed) <= set("0123456789abcdef")
    assert str(address) not in hashed


def test_the_hash_depends_on_the_secret_key(monkeypatch: pytest.MonkeyPatch) -> None:
    before = network_of("198.51.100.1")
    monkeypatch.setattr(settings, "SECRET_KEY", "another")
    assert network_of("198.51.100.1") != before


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_header_breaks_it(remote: str, forwarded: str) -> None:
    for proxies in (0, 1, 3):
        seen(proxies, remote, forwarded.replace("\r", "").replace("\n", ""))
