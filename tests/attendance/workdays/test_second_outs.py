"""A second out for one missing out does not stand beside the first, however it comes."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.people.models import Person
from attendance.workdays import facts
from attendance.workdays.models import Correction
from attendance.workdays.requests import corrections
from tests import cast, factories
from tests.attendance.workdays import office
from timekeeping.requests import Asked
from timekeeping.values import Direction

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 11, 3)


def asked(clock: str, direction: Direction = Direction.OUT, day: str = "2026-11-03") -> Asked:
    return Asked(dt.datetime.fromisoformat(f"{day} {clock}"), direction)


@pytest.fixture
def boss() -> User:
    return cast.user("boss", role="HR")


@pytest.fixture
def mei() -> Person:
    office.site()
    person = office.employee("Mei", shift=office.day_shift())
    office.punches(person, "2026-11-03 08:00")
    return person


@pytest.fixture(autouse=True)
def later() -> object:
    with time_machine.travel(office.at("2026-11-06 12:00"), tick=False):
        yield


def ask(person: Person, *times: Asked) -> Correction:
    return corrections.request(person, DAY, asked=times, reason="forgot", actor=None)


def worked(person: Person) -> int:
    known = facts.load_one(person, DAY, DAY)
    return facts.derive_one(known, DAY, DAY, rules=known.rules)[0].worked // 60


@pytest.mark.parametrize("second", ["12:00", "19:00"])
def test_a_second_out_is_refused(mei: Person, boss: User, second: str) -> None:
    corrections.approve(ask(mei, asked("17:00")), actor=boss)
    with pytest.raises(Refusal, match="entered_already") as refused:
        ask(mei, asked(second))
    assert refused.value.facts == {"direction": "out", "time": "17:00"}
    assert worked(mei) == 480


def test_an_out_of_the_morning_after_is_a_second_one_too(mei: Person, boss: User) -> None:
    corrections.approve(ask(mei, asked("17:00")), actor=boss)
    with pytest.raises(Refusal, match="entered_already"):
        ask(mei, asked("01:00", day="2026-11-04"))


def test_of_two_that_wait_one_is_approved(mei: Person, boss: User) -> None:
    first, second = ask(mei, asked("17:00")), ask(mei, asked("17:05"))
    corrections.approve(second, actor=boss)
    with pytest.raises(Refusal, match="entered_already"):
        corrections.approve(first, actor=boss)
    assert worked(mei) == 485


def test_a_second_in_is_refused_as_well(mei: Person, boss: User) -> None:
    office.punches(mei, "2026-11-03 17:00")
    wrong = factories.check_in(mei, office.at("2026-11-04 17:00"), voided_at=office.at("2026-11-04 17:00"))
    factories.check_in(mei, office.at("2026-11-04 17:00"), "out", replaces=wrong)
    day = dt.date(2026, 11, 4)
    came = [asked("08:00", Direction.IN, "2026-11-04")]
    corrections.approve(corrections.request(mei, day, asked=came, reason="x", actor=None), actor=boss)
    earlier = [asked("07:30", Direction.IN, "2026-11-04")]
    with pytest.raises(Refusal, match="entered_already"):
        corrections.request(mei, day, asked=earlier, reason="x", actor=None)


def test_a_second_stretch_is_none_of_it(mei: Person, boss: User) -> None:
    corrections.approve(ask(mei, asked("12:00")), actor=boss)
    corrections.approve(ask(mei, asked("13:00", Direction.IN)), actor=boss)
    corrections.approve(ask(mei, asked("17:00")), actor=boss)
    assert worked(mei) == 480
