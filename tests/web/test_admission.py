"""Who may send how much, asked before a body is read."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.test import Client

from attendance.checkins import devices
from attendance.core.models import User
from attendance.web import admission
from tests import cast

IMPORT = "/people/import/"
DOOR = "/kiosk/check-in"


def may_send(path: str, cookies: dict[str, str]) -> bool:
    sent = "; ".join(f"{name}={value}" for name, value in cookies.items())
    environ: dict[str, Any] = {"REQUEST_METHOD": "POST", "PATH_INFO": path, "HTTP_COOKIE": sent}
    return admission.may_send(path, environ | {"wsgi.input": io.BytesIO()})


def cookies(client: Client) -> dict[str, str]:
    return {name: morsel.value for name, morsel in client.cookies.items()}


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/sign-in/", 64 * 1024),
        ("/kiosk/pair/", 64 * 1024),
        ("/kiosk/pin", 64 * 1024),
        ("/kiosk/look", 256 * 1024),
        ("/nowhere/", 64 * 1024),
        ("/planning/holidays/", 2_621_440),
        ("/admin/attendance/person/add/", 2_621_440),
        (DOOR, 100 * 2**20),
        ("/people/add/", 32 * 2**20),
        ("/people/7/photo/", 32 * 2**20),
        (IMPORT, 2**31 + 32 * 2**20),
    ],
)
def test_each_address_takes_its_own_size(path: str, most: int) -> None:
    assert admission.most_bytes(path) == most


def test_scripts_of_a_door_are_answered_in_json() -> None:
    assert admission.wants_json(DOOR)
    assert not admission.wants_json("/kiosk/")
    assert not admission.wants_json("/sign-in/")


def test_only_who_may_open_a_page_sends_to_it(desk: Client) -> None:
    assert may_send(IMPORT, cookies(desk))
    assert not may_send(IMPORT, {"csrftoken": "a" * 32, "sessionid": "made-up"})
    assert not may_send(IMPORT, cookies(cast.signed_in("cleo", "Clerk")))
    assert may_send("/check-in/", cookies(cast.signed_in("pat")))
    assert not may_send("/check-in/", {})
    assert not may_send("/admin/attendance/person/add/", cookies(desk))
    assert not may_send("/nowhere/", cookies(desk))
    User.objects.update(must_change_password=True)
    assert not may_send(IMPORT, cookies(desk))


def test_only_a_paired_door_sends_frames(administrator: User, desk: Client) -> None:
    device = devices.add(name="Door", actor=administrator)
    token = devices.give_token(device)
    assert may_send(DOOR, {"muster_door": token})
    assert not may_send(DOOR, {"muster_door": token + "x"})
    assert not may_send(DOOR, cookies(desk))
    devices.revoke(device, actor=administrator)
    assert not may_send(DOOR, {"muster_door": token})
