"""Not me, and I meant out: once, within ten seconds, on the door that answered, with a trace."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine

from attendance.checkins import devices, undo
from attendance.checkins.models import CheckIn, Device
from attendance.core.errors import Refusal
from attendance.core.models import AuditEntry, User
from attendance.people.models import Person
from attendance.workdays import doors
from tests.attendance.checkins.conftest import Recorder

NOON = dt.datetime(2026, 11, 3, 12, tzinfo=dt.UTC)


@pytest.fixture
def now() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def taken(now: time_machine.Traveller, record: Recorder, mei: Person) -> CheckIn:
    check_in = record("matched", mei).check_in
    assert check_in is not None
    return check_in


def refused(given: str, *, device: Device | None, kind: undo.Kind = "not_me", user: User | None = None) -> str:
    with pytest.raises(Refusal) as refusal:
        undo.undo(given, kind=kind, device=device, user=user)
    return refusal.value.code


def test_not_me_voids_and_the_real_person_can_check_in(
    taken: CheckIn, door: Device, record: Recorder, mei: Person
) -> None:
    assert undo.undo(undo.token(taken), kind="not_me", device=door) is None
    taken.refresh_from_db()
    assert (taken.voided_at, taken.void_reason) == (NOON, "not_me")
    entry = AuditEntry.objects.get(action="check_ins.undo")
    assert (entry.subject, entry.facts) == (f"check_in:{taken.pk}", {"kind": "not_me", "device": door.pk})
    again = record("matched", mei)
    assert again.check_in is not None
    assert (again.answer, again.check_in.direction) == ("recorded", "in")


def test_i_meant_out_replaces_and_nothing_is_edited(taken: CheckIn, door: Device, mei: Person) -> None:
    replacement = undo.undo(undo.token(taken), kind="other_direction", device=door)
    assert replacement is not None
    assert (replacement.direction, replacement.at, replacement.replaces) == ("out", taken.at, taken)
    assert (replacement.attempt, replacement.device) == (taken.attempt, door)
    taken.refresh_from_db()
    assert (taken.direction, taken.void_reason) == ("in", "other_direction")
    assert doors.worked_seconds(replacement) == 0


def test_it_works_once(taken: CheckIn, door: Device) -> None:
    given = undo.token(taken)
    undo.undo(given, kind="other_direction", device=door)
    assert refused(given, device=door) == "undo_used"
    assert CheckIn.objects.filter(voided_at=None).count() == 1


def test_it_ends_after_ten_seconds(taken: CheckIn, door: Device, now: time_machine.Traveller) -> None:
    now.shift(11)
    assert refused(undo.token(taken), device=door) == "undo_expired"
    taken.refresh_from_db()
    assert taken.voided_at is None


def test_it_belongs_to_the_door_that_answered(taken: CheckIn, administrator: User, stranger: User) -> None:
    other = devices.add(name="Back door", actor=administrator)
    assert refused(undo.token(taken), device=other) == "undo_invalid"
    assert refused(undo.token(taken), device=None, user=stranger) == "undo_invalid"
    assert refused("forged", device=other) == "undo_invalid"
