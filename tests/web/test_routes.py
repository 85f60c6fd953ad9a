"""Every address is tried by everybody, so that a new page cannot be left open by mistake."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from attendance.core.models import User

OPEN_TO_ALL = {"sign_in", "sign_in_by_link", "admin_sign_in", "set_theme", "kiosk_pair", "healthz"}
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


def addresses(
    patterns: list[URLPattern | URLResolver] | None = None, prefix: str = "/", *, number: int = 1
) -> Iterator[tuple[str, str]]:
    """Yield name and a sample address of every page outside of the admin."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(entry, URLResolver):
            if entry.namespace != "admin":
                yield from addresses(entry.url_patterns, prefix + _sample(entry, number), number=number)
        else:
            yield entry.name or "", prefix + _sample(entry, number)


def _sample(entry: URLPattern | URLResolver, number: int) -> str:
    """Fill the places of an address: the number, and x for a word."""
    text = str(entry.pattern)
    for name, converter in getattr(entry.pattern, "converters", {}).items():
        kind = type(converter).__name__
        sample = str(number) if kind == "RowNumber" else "x"
        for written in (f"<row:{name}>", f"<str:{name}>", f"<slug:{name}>", f"<{name}>"):
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


@pytest.mark.parametrize("number", [2**63, 10**30, 10**4200], ids=["one too many", "thirty digits", "thousands"])
def test_a_number_that_no_row_can_have_is_an_address_that_does_not_exist(desk: Client, number: int) -> None:
    numbered = sorted(set(addresses(number=number)) - set(addresses(number=1)))
    assert len(numbered) > 40
    for name, address in numbered:
        for answered in (desk.get(address), desk.post(address)):
            assert answered.status_code == 404, name


def test_the_largest_number_that_a_row_can_have_breaks_nothing(desk: Client) -> None:
    for name, address in sorted(set(addresses(number=2**63 - 1)) - set(addresses(number=1))):
        for answered in (desk.get(address), desk.post(address)):
            assert answered.status_code < 500, name


def test_numbers_behind_the_question_mark_break_nothing(desk: Client) -> None:
    for number in ("9223372036854775808", "9" * 5000, "\u0665", "-1"):
        for address in ("/reports/days/", "/reports/month/", "/planning/holidays/", "/check-in/", "/attempts/"):
            for name in ("department", "year", "attempt", "page", "site", "person"):
                assert desk.get(address, {name: number}).status_code < 500, (address, name)


@pytest.mark.parametrize(("name", "address"), ADDRESSES)
def test_nothing_that_a_page_says_is_kept_by_a_browser_or_a_proxy(desk: Client, name: str, address: str) -> None:
    if name != "code_colours":  # colours alone, at an address of their own for each choice of them
        assert "no-store" in desk.get(address).headers["Cache-Control"], name


def test_our_own_files_may_be_kept(client: Client, db: None) -> None:
    answered = client.get("/static/muster/icon.svg")
    assert answered.status_code == 200
    assert "no-store" not in answered.headers["Cache-Control"]
    answered.close()
