"""Only those with the right pair doors, and a code is shown once."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from attendance.checkins import device_pairing
from attendance.checkins.models import Device, PairingCode
from attendance.core.models import User


@pytest.fixture
def admin(client: Client, administrator: User) -> Client:
    client.force_login(administrator)
    return client


def shown_code(page: str) -> str:
    found = re.search(r'id="pairing-code">([2-9A-Z-]{9})<', page)
    assert found, page
    return found[1]


def test_an_administrator_makes_a_door_and_a_tablet_becomes_it(admin: Client) -> None:
    page = admin.post(reverse("devices"), {"name": "Gate <2>"})
    code = shown_code(page.text)
    assert "Gate &lt;2&gt;" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert code not in admin.get(reverse("devices")).text
    assert "Not paired yet" in admin.get(reverse("devices")).text

    tablet = Client()
    assert tablet.get(reverse("kiosk")).headers["Location"] == reverse("kiosk_pair")
    tablet.post(reverse("kiosk_pair"), {"code": code})
    assert tablet.get(reverse("kiosk")).status_code == 200
    assert "Running" in admin.get(reverse("devices")).text


def test_a_wrong_code_is_explained_and_throttled(admin: Client) -> None:
    admin.post(reverse("devices"), {"name": "Gate 2"})
    tablet = Client()
    for _ in range(5):
        refused = tablet.post(reverse("kiosk_pair"), {"code": "0000-0000"})
        assert (refused.status_code, "does not work" in refused.text) == (400, True)
    assert "Too many wrong codes" in tablet.post(reverse("kiosk_pair"), {"code": "0000-0000"}).text
    assert "muster_door" not in tablet.cookies


def test_a_new_code_ends_the_old_one(admin: Client) -> None:
    old = shown_code(admin.post(reverse("devices"), {"name": "Gate 2"}).text)
    new = shown_code(admin.post(reverse("device_code", args=[Device.objects.get().pk])).text)
    assert old != new
    assert Client().post(reverse("kiosk_pair"), {"code": old}).status_code == 400
    assert Client().post(reverse("kiosk_pair"), {"code": new}).status_code == 302


def test_two_doors_of_one_name_are_refused_with_the_name_kept(admin: Client) -> None:
    admin.post(reverse("devices"), {"name": "Gate 2"})
    page = admin.post(reverse("devices"), {"name": "Gate 2"}).text
    assert "There is a door of that name already." in page
    assert 'value="Gate 2"' in page
    assert (Device.objects.count(), PairingCode.objects.count()) == (1, 1)


def test_nobody_else_makes_or_revokes_doors(client: Client, clerk: User, administrator: User) -> None:
    device = Device.objects.create(name="Gate 2", created_at="2026-11-03T00:00Z")
    code = device_pairing.issue(device, actor=administrator)
    client.force_login(clerk)
    assert client.get(reverse("devices")).status_code == 403
    assert client.post(reverse("devices"), {"name": "Mine"}).status_code == 403
    assert client.post(reverse("device_revoke", args=[device.pk])).status_code == 403
    assert client.post(reverse("device_code", args=[device.pk])).status_code == 403
    assert Client().post(reverse("kiosk_pair"), {"code": code}).status_code == 302
