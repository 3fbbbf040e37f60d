"""Where a request comes from: the client's address as far as our own proxies can be believed, and its network as a keyed hash."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac


def client_ip(request: HttpRequest) -> str | None:
    """The client's address. `X-Forwarded-For` is read from the right, one entry for each of `TRUSTED_PROXIES`, and no further."""
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
        if len(hops) >= settings.TRUSTED_PROXIES:
            address = hops[-settings.TRUSTED_PROXIES]
    try:
        parsed = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return str(parsed)


def network_of(ip: str | None) -> str:
    """16 hex digits that stand for the /24 or /64 of an address; equal for neighbours, and nobody can read the address from them."""
    if not ip:
        return ""
    address = ipaddress.ip_address(ip)
    prefix, rest = (24, 8) if address.version == 4 else (64, 64)
    network = f"{type(address)(int(address) >> rest << rest)}/{prefix}"
    return salted_hmac("newsroom.network", network, algorithm="sha256").hexdigest()[:16]
