"""Number and PIN: right ones check in, five wrong ones wait, unknown numbers are answered alike."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.contrib.auth.hashers import make_password

from attendance.checkins import attempts, devices, throttle
from attendance.checkins import pin as by_pin
from attendance.checkins.attempts import Outcome
from attendance.checkins.models import Attempt, CheckIn, Device, PinThrottle
from attendance.core.models import User
from attendance.people.models import Person
from attendance.workdays import doors

NOON = dt.datetime(2026, 11, 3, 12, tzinfo=dt.UTC)


@pytest.fixture
def mei_with_pin(mei: Person) -> Person:
    mei.pin_hash = make_password("4711")
    mei.save()
    return mei


def check_in(employee_number: str, *, pin: str, device: Device) -> Outcome:
    identified = by_pin.identify(employee_number, pin=pin, device=device)
    context = doors.punch_context(identified.person)
    return attempts.record(
        identified, channel=Attempt.Channel.KIOSK, method=Attempt.Method.PIN, device=device, context=context
    )


def test_number_and_pin_check_in(mei_with_pin: Person, door: Device) -> None:
    outcome = check_in(" 117 ", pin="4711", device=door)
    assert outcome.answer == "recorded"
    row = CheckIn.objects.get()
    assert (row.person, row.method, row.channel, row.device) == (mei_with_pin, "pin", "kiosk", door)
    assert check_in("117", pin="4711", device=door).answer == "already"


def test_a_wrong_pin_and_an_unknown_number_are_answered_alike(mei_with_pin: Person, door: Device) -> None:
    wrong, unknown = check_in("117", pin="0815", device=door), check_in("999", pin="4711", device=door)
    for outcome in (wrong, unknown):
        attempt = outcome.attempt
        assert (outcome.answer, attempt.code, attempt.facts, attempt.person) == ("refused", "wrong_pin", {}, None)


def test_nobody_checks_in_without_a_pin_or_after_leaving(mei: Person, mei_with_pin: Person, door: Device) -> None:
    Person.objects.create(employee_number="118", name="No Pin", created_at=NOON)
    assert check_in("118", pin="", device=door).attempt.code == "wrong_pin"
    Person.objects.filter(pk=mei.pk).update(deactivated_at=NOON)
    assert check_in("117", pin="4711", device=door).attempt.code == "wrong_pin"


def test_five_tries_then_a_wait_that_grows(mei_with_pin: Person, door: Device, administrator: User) -> None:
    with time_machine.travel(NOON, tick=False) as now:
        for _ in range(throttle.TRIES):
            assert check_in("117", pin="0815", device=door).attempt.code == "wrong_pin"
        waiting = check_in("117", pin="4711", device=door).attempt
        assert (waiting.answer, waiting.code, waiting.facts) == ("refused", "pin_wait", {"wait_seconds": 60})

        other = devices.add(name="Back door", actor=administrator)
        assert check_in("117", pin="4711", device=other).answer == "recorded"

        now.shift(61)
        assert check_in("117", pin="0815", device=door).attempt.code == "wrong_pin"
        assert check_in("117", pin="4711", device=door).attempt.facts == {"wait_seconds": 120}
        now.shift(121)
        assert check_in("117", pin="4711", device=door).answer == "recorded"
    # what is left counts for the door, whatever the numbers
    assert [row.failures for row in PinThrottle.objects.all()] == [throttle.TRIES + 1]


def test_other_spellings_of_a_number_are_the_same_number(mei_with_pin: Person, door: Device) -> None:
    Person.objects.filter(pk=mei_with_pin.pk).update(employee_number="A 17")
    for spelling in ("A 17", "a  17", " A\u00a017", "\uff21 \uff11\uff17", "A\t1 7"):
        assert check_in(spelling, pin="0815", device=door).attempt.code == "wrong_pin"
    assert check_in("A   17", pin="4711", device=door).attempt.code == "pin_wait"


def test_a_number_is_found_in_full_width_characters(mei_with_pin: Person, door: Device) -> None:
    assert check_in("\uff11\uff11\uff17", pin="4711", device=door).answer == "recorded"


def test_one_pin_over_many_numbers_is_slowed_at_that_door(
    mei_with_pin: Person, door: Device, administrator: User
) -> None:
    with time_machine.travel(NOON, tick=False) as now:
        codes = [check_in(str(200 + number), pin="4711", device=door).attempt.code for number in range(72)]
        assert codes == ["wrong_pin"] * 30 + ["pin_wait"] * 42
        waits = []
        for number in range(4):
            waits.append(int(check_in("117", pin="4711", device=door).attempt.facts["wait_seconds"]))
            now.shift(waits[-1] + 1)
            check_in(str(300 + number), pin="4711", device=door)
        assert waits == [5, 10, 20, 40]
        other = devices.add(name="Back door", actor=administrator)
        assert check_in("117", pin="4711", device=other).answer == "recorded"


def test_right_pins_never_slow_a_door(mei_with_pin: Person, door: Device) -> None:
    for _ in range(40):
        assert check_in("117", pin="4711", device=door).answer in {"recorded", "already"}
    assert not PinThrottle.objects.exists()


def test_nothing_kept_tells_number_or_pin(mei_with_pin: Person, door: Device) -> None:
    check_in("117", pin="0815", device=door)
    kept = str([*PinThrottle.objects.values(), *Attempt.objects.values("facts", "code", "quality")])
    for row in PinThrottle.objects.all():
        kept = kept.replace(row.key, "")
    assert "117" not in kept
    assert "0815" not in kept
