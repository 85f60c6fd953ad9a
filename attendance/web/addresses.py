"""The address that a request came from, also through proxies that are trusted (`MUSTER_PROXIES`).

What a proxy says of its client is believed from trusted ones alone; from anybody else such headers are dropped.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
IPV6_PREFIX = 64
"""What one household or office is given of IPv6: its devices change addresses within it at will."""


class Forwarded:
    """Puts the client's address in the place of a trusted proxy's, before anything asks for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass on."""
        trusted: list[Network] = settings.PROXIES
        given = request.META.pop("HTTP_X_FORWARDED_FOR", "")
        if is_within(request.META.get("REMOTE_ADDR", ""), trusted):
            request.META["REMOTE_ADDR"] = client_address(request.META["REMOTE_ADDR"], given=given, trusted=trusted)
        elif trusted:  # without a setting the one header of https is believed as MUSTER_HTTPS says
            request.META.pop("HTTP_X_FORWARDED_PROTO", None)
        return self.get_response(request)


def client_address(peer: str, *, given: str, trusted: Iterable[Network]) -> str:
    """Return the nearest address in the chain that no trusted proxy has; what lies beyond may be made up."""
    nearest = peer
    for text in reversed(given.split(",")):
        address = _read(text)
        if address is None:
            break
        nearest = str(address)
        if not is_within(nearest, trusted):
            break
    return nearest


def is_within(address: str, networks: Iterable[Network]) -> bool:
    """Tell whether the address lies in one of the networks."""
    read = _read(address)
    return read is not None and any(read in network for network in networks)


def place(request: HttpRequest) -> str:
    """Return where a request came from, as tries are counted: the address, of IPv6 the network."""
    address = _read(request.META.get("REMOTE_ADDR", ""))
    if address is None:
        return ""
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, IPV6_PREFIX), strict=False))


def _read(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    mapped = address.ipv4_mapped if address.version == 6 else None
    return mapped or address
