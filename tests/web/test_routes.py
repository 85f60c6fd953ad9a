"""Every address is tried by everybody, so that a new page cannot be left open by mistake."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from attendance.core.models import User

OPEN_TO_ALL = {"sign_in", "admin_sign_in", "set_theme", "kiosk_pair", "healthz"}
"""What a visitor may open: signing in, light or dark on the way there, and the health of the parts."""
BY_DEVICE = {
    "kiosk", "kiosk_look", "kiosk_check_in", "kiosk_number", "kiosk_pin", "kiosk_undo", "kiosk_heartbeat", "kiosk_left",
}  # fmt: skip
"""What a paired device may open; a visitor without one is refused or sent to pairing."""
OWN_PAGES = {
    "today", "compare", "check_in", "check_in_undo", "check_in_left", "my_month", "code_colours", "change_password",
    "sign_out",
}  # fmt: skip
"""What somebody without any right may open: what concerns only themselves, and the colours of their own month."""


def addresses(patterns: list[URLPattern | URLResolver] | None = None, prefix: str = "/") -> Iterator[tuple[str, str]]:
    """Yield name and a sample address of every page outside of the admin."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(entry, URLResolver):
            if entry.namespace != "admin":
                yield from addresses(entry.url_patterns, prefix + _sample(entry))
        else:
            yield entry.name or "", prefix + _sample(entry)


def _sample(entry: URLPattern | URLResolver) -> str:
    """Fill the places of an address: 1 for a number, x for a word."""
    text = str(entry.pattern)
    for name, converter in getattr(entry.pattern, "converters", {}).items():
        kind = type(converter).__name__
        sample = "1" if kind == "IntConverter" else "x"
        for written in (f"<int:{name}>", f"<str:{name}>", f"<slug:{name}>", f"<{name}>"):
            text = text.replace(written, sample)
    assert "<" not in text, f"no sample for {text}"
    return text


ADDRESSES = sorted(set(addresses()))


@pytest.mark.parametrize(("name", "address"), ADDRESSES)
def test_a_visitor_is_sent_to_sign_in(client: Client, db: None, name: str, address: str) -> None:
    if name in OPEN_TO_ALL:
        return
    for answered in (client.get(address), client.post(address)):
        if name in BY_DEVICE:
            assert answered.status_code in {302, 403, 404, 405}, address
        else:
            assert answered.status_code == 302, address
            assert answered.headers["Location"].startswith(f"/{'sign-in/'}?next="), address


@pytest.mark.parametrize(("name", "address"), ADDRESSES)
def test_somebody_without_rights_opens_only_own_pages(client: Client, stranger: User, name: str, address: str) -> None:
    if name in OPEN_TO_ALL | BY_DEVICE:
        return
    client.force_login(stranger)
    if name in OWN_PAGES:
        assert client.get(address).status_code in {200, 302, 405}, address
        return
    answered = {client.get(address).status_code, client.post(address).status_code}
    assert answered <= {403, 404, 405}, address
    assert 403 in answered, address


def test_pages_are_closed_by_default() -> None:
    middleware = settings.MIDDLEWARE
    assert middleware.index("attendance.web.access.SignInGate") > middleware.index(
        "django.contrib.auth.middleware.AuthenticationMiddleware"
    )


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("/planning/rules/", "/planning/"),
        ("/planning/staff/list/", "/planning/staff/"),
        ("/planning/holidays/1/propose/", "/planning/holidays/"),
        ("/check-in/left/", "/check-in/"),
        ("/check-in/undo/", "/check-in/"),
    ],
)
def test_enter_in_the_address_bar_leads_back_to_the_form(desk: Client, address: str, page: str) -> None:
    answered = desk.get(address)
    assert (answered.status_code, answered.headers["Location"]) == (302, page)
