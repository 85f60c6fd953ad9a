"""Where a request came from, and whom that is believed of."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from hypothesis import given
from hypothesis import strategies as st

from attendance.web import addresses

PROXY = "192.0.2.1"
TRUSTED = [ipaddress.ip_network(each) for each in (PROXY, "10.0.0.0/8", "2001:db8::/32")]


def seen(settings: Any, peer: str, **headers: str) -> HttpRequest:
    """Return the request as the application sees it."""
    found: list[HttpRequest] = []

    def view(request: HttpRequest) -> HttpResponse:
        found.append(request)
        return HttpResponse()

    request = HttpRequest()
    request.META = {"REMOTE_ADDR": peer, **headers}
    addresses.Forwarded(view)(request)
    return found[0]


@pytest.mark.parametrize(
    ("peer", "given_chain", "client"),
    [
        (PROXY, "203.0.113.9", "203.0.113.9"),
        (PROXY, "198.51.100.7, 203.0.113.9", "203.0.113.9"),  # what the client says of itself is not believed
        (PROXY, "203.0.113.9, 10.1.2.3", "203.0.113.9"),
        (PROXY, "", PROXY),
        (PROXY, "nonsense", PROXY),
        (PROXY, "203.0.113.9, nonsense, 10.1.2.3", "10.1.2.3"),
        ("2001:db8::5", "2003::9", "2003::9"),
        ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("203.0.113.8", "203.0.113.9", "203.0.113.8"),  # no proxy of ours
    ],
)
def test_the_forwarded_address_is_believed_from_trusted_proxies_alone(
    settings: Any, peer: str, given_chain: str, client: str
) -> None:
    settings.PROXIES = TRUSTED
    request = seen(settings, peer, HTTP_X_FORWARDED_FOR=given_chain)
    assert request.META["REMOTE_ADDR"] == client
    assert "HTTP_X_FORWARDED_FOR" not in request.META


def test_nobody_is_believed_without_a_setting(settings: Any) -> None:
    settings.PROXIES = []
    assert seen(settings, PROXY, HTTP_X_FORWARDED_FOR="203.0.113.9").META["REMOTE_ADDR"] == PROXY


def test_only_a_trusted_proxy_says_that_a_request_came_by_https(settings: Any) -> None:
    settings.PROXIES = TRUSTED
    assert "HTTP_X_FORWARDED_PROTO" in seen(settings, PROXY, HTTP_X_FORWARDED_PROTO="https").META
    assert "HTTP_X_FORWARDED_PROTO" not in seen(settings, "203.0.113.8", HTTP_X_FORWARDED_PROTO="https").META


@given(st.lists(st.ip_addresses().map(str) | st.text(max_size=9), max_size=5))
def test_what_stands_before_the_nearest_stranger_changes_nothing(made_up: list[str]) -> None:
    chain = ",".join([*made_up, "203.0.113.9", "10.0.0.2"])
    assert addresses.client_address(PROXY, given=chain, trusted=TRUSTED) == "203.0.113.9"


def test_tries_of_one_network_of_ipv6_count_together() -> None:
    request = HttpRequest()
    places = set()
    for address in ("2003:1:2:3::1", "2003:1:2:3:ffff::9", "::ffff:192.0.2.5", "192.0.2.5"):
        request.META["REMOTE_ADDR"] = address
        places.add(addresses.place(request))
    assert places == {"2003:1:2:3::/64", "192.0.2.5"}
