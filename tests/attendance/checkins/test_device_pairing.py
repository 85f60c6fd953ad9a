"""A browser becomes a door by a code, once, within ten minutes and five tries; revoking ends it at once."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from attendance.checkins import device_pairing, devices
from attendance.checkins.models import Device, PairingCode
from attendance.core.errors import Refusal
from attendance.core.models import AuditEntry, User

NOON = dt.datetime(2026, 11, 3, 12, tzinfo=dt.UTC)


def refused(code: str, *, address: str = "10.0.0.1") -> str:
    with pytest.raises(Refusal) as refusal:
        device_pairing.redeem(code, address=address)
    return refusal.value.code


def other_secret(code: str) -> str:
    """Return a code that finds the same row and is wrong in its last character."""
    return code[:-1] + ("2" if code[-1] != "2" else "3")


def test_a_code_pairs_once_and_only_hashes_are_kept(door: Device, administrator: User) -> None:
    code = device_pairing.issue(door, actor=administrator)
    paired, token = device_pairing.redeem(f" {code.lower()} ", address="10.0.0.1")
    assert paired == door
    assert devices.find_by_token(token) == door
    assert refused(code) == "pairing_code_wrong"
    kept = str([*Device.objects.values(), *PairingCode.objects.values(), *AuditEntry.objects.values()])
    assert token not in kept
    assert code not in kept
    assert code.replace("-", "") not in kept
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert actions == {"devices.add", "devices.issue_code", "devices.pair"}


def test_a_code_lives_ten_minutes(door: Device, administrator: User) -> None:
    with time_machine.travel(NOON, tick=False) as now:
        code = device_pairing.issue(door, actor=administrator)
        now.shift(dt.timedelta(minutes=10))
        assert refused(code) == "pairing_code_wrong"


def test_a_code_dies_after_five_wrong_tries_from_anywhere(door: Device, administrator: User) -> None:
    code = device_pairing.issue(door, actor=administrator)
    for number in range(5):
        assert refused(other_secret(code), address=f"10.0.0.{number}") == "pairing_code_wrong"
    assert refused(code, address="10.0.0.9") == "pairing_code_wrong"


def test_an_address_waits_after_five_wrong_codes(door: Device, administrator: User) -> None:
    code = device_pairing.issue(door, actor=administrator)
    wrong = "2222-2222" if not code.startswith("22") else "3333-3333"
    for _ in range(5):
        assert refused(wrong) == "pairing_code_wrong"
    assert refused(code) == "pairing_wait"
    assert device_pairing.redeem(code, address="10.0.0.2")[0] == door


def test_a_new_code_ends_the_old_one_and_a_new_pairing_the_old_browser(door: Device, administrator: User) -> None:
    old_code = device_pairing.issue(door, actor=administrator)
    new_code = device_pairing.issue(door, actor=administrator)
    assert refused(old_code) == "pairing_code_wrong"
    _, old_token = device_pairing.redeem(new_code, address="10.0.0.1")
    _, new_token = device_pairing.redeem(device_pairing.issue(door, actor=administrator), address="10.0.0.1")
    assert devices.find_by_token(old_token) is None
    assert devices.find_by_token(new_token) == door


def test_revoking_ends_token_and_code_at_once(door: Device, administrator: User) -> None:
    _, token = device_pairing.redeem(device_pairing.issue(door, actor=administrator), address="10.0.0.1")
    open_code = device_pairing.issue(door, actor=administrator)
    devices.revoke(door, actor=administrator)
    assert devices.find_by_token(token) is None
    assert refused(open_code) == "pairing_code_wrong"
    assert devices.find_by_token("") is None


def test_doors_have_names_of_their_own(door: Device, administrator: User) -> None:
    for name, code in (("Gate 2", "device_name_taken"), ("  ", "device_name_missing")):
        with pytest.raises(Refusal) as refusal:
            devices.add(name=name, actor=administrator)
        assert refusal.value.code == code


def test_a_heartbeat_is_written_twice_a_minute_at_most(door: Device) -> None:
    with time_machine.travel(NOON, tick=False) as now:
        devices.note_seen(door)
        for _ in range(10):
            now.shift(2)
            door.refresh_from_db()
            devices.note_seen(door)
        door.refresh_from_db()
        assert door.last_seen_at == NOON
        now.shift(10)
        devices.note_seen(door)
        door.refresh_from_db()
        assert door.last_seen_at == NOON + dt.timedelta(seconds=30)
