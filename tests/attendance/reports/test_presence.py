"""Who is in, and what each work day comes to."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import time_machine

from attendance.people.models import Person
from attendance.reports import presence
from attendance.reports.period import Period, last_days
from attendance.reports.table import State
from tests import factories
from tests.attendance.workdays import office
from tests.factories import NOON

BERLIN = ZoneInfo("Europe/Berlin")
DAY = NOON.date()


def at(hour: int, minute: int = 0, *, day: int = 4) -> dt.datetime:
    return dt.datetime(2026, 3, day, hour, minute, tzinfo=dt.UTC)


IN, OUT = "in", "out"


@time_machine.travel(at(23), tick=False)
@pytest.mark.parametrize(
    ("entries", "hours", "state"),
    [
        ([(8, IN), (12, OUT), (13, IN), (17, OUT)], 8, None),
        ([(8, IN)], 0, "in now"),
        ([(12, OUT), (8, IN)], 4, None),
        ([(8, IN), (12, OUT), (13, IN)], 4, "in now"),
    ],
)
def test_hours_are_those_of_closed_pairs(
    db: None, entries: list[tuple[int, str]], hours: int, state: str | None
) -> None:
    person = factories.person()
    for hour, way in entries:
        factories.check_in(person, at(hour), way)
    (row,) = presence.person_days(Period(DAY, DAY))
    assert row.day.worked == dt.timedelta(hours=hours)
    (shown,) = presence.days_table([row], zone=BERLIN).rows
    assert (shown[-1].text if isinstance(shown[-1], State) else None) == state


@time_machine.travel(at(23, day=5), tick=False)
def test_whoever_meant_out_lacks_an_in(db: None) -> None:
    person = factories.person()
    first = factories.check_in(person, at(17), voided_at=at(17), void_reason="other_direction")
    factories.check_in(person, at(17), OUT, replaces=first)
    (row,) = presence.person_days(Period(DAY, DAY))
    assert (row.day.worked, row.day.is_in_missing, row.day.is_out_missing) == (dt.timedelta(), True, False)


def test_a_night_belongs_to_the_day_its_shift_begins_on(db: None) -> None:
    office.site()
    person = office.employee(shift=office.night_shift())
    office.punches(person, "2026-11-03 21:55", "2026-11-04 06:05")
    with time_machine.travel(office.at("2026-11-05 12:00"), tick=False):
        rows = presence.person_days(Period(dt.date(2026, 11, 1), dt.date(2026, 11, 5)))
    (row,) = rows
    assert (row.day.day, row.day.worked, row.day.flags) == (
        dt.date(2026, 11, 3),
        dt.timedelta(hours=8, minutes=10),
        frozenset(),
    )


def test_a_night_with_the_clock_set_back_has_its_hour(db: None) -> None:
    """In Berlin 25 October 2026 has 25 hours: 00:30 to 04:30 on the clock on the wall are five."""
    office.site()
    person = factories.person(created_at=office.at("2026-01-01 00:00"))
    office.punches(person, "2026-10-25 00:30", "2026-10-25 04:30")
    sunday = dt.date(2026, 10, 25)
    (row,) = presence.person_days(Period(sunday, sunday))
    assert (row.day.day, row.day.worked) == (sunday, dt.timedelta(hours=5))


@time_machine.travel(NOON, tick=False)
def test_who_is_in(db: None) -> None:
    inside, gone, forgotten, taken_back, erased = (
        factories.person(name) for name in ("Mei", "Ben", "Ada", "Uli", "Eve")
    )
    factories.check_in(inside, at(8))
    factories.check_in(gone, at(8))
    factories.check_in(gone, at(11), "out")
    factories.check_in(forgotten, at(7, day=3))
    factories.check_in(taken_back, at(9), voided_at=at(10))
    factories.check_in(erased, at(9))
    Person.objects.filter(pk=erased.pk).update(erased_at=NOON)
    assert [present.name for present in presence.present()] == ["Mei"]


@time_machine.travel(NOON, tick=False)
def test_a_correction_of_direction_counts_from_the_one_that_replaced(db: None) -> None:
    person = factories.person()
    first = factories.check_in(person, at(9), voided_at=at(9, 1), void_reason="other_direction")
    factories.check_in(person, at(9), "out", replaces=first)
    assert presence.present() == []


def test_days_are_those_of_the_site(db: None) -> None:
    """23:30 UTC on the 3rd is 00:30 on the 4th in Berlin."""
    office.site()
    person = factories.person("Mei", department="Night")
    factories.check_in(person, at(23, 30, day=3))
    factories.check_in(person, at(4), "out")
    [row] = presence.person_days(Period(DAY, DAY))
    assert (row.day.day, row.day.worked, row.department) == (DAY, dt.timedelta(hours=4, minutes=30), "Night")
    assert list(presence.person_days(Period(DAY - dt.timedelta(1), DAY - dt.timedelta(1)))) == []


def test_days_are_sorted_as_asked(db: None) -> None:
    for name, hours in (("Ben", 2), ("Ada", 3)):
        person = factories.person(name)
        factories.check_in(person, at(8))
        factories.check_in(person, at(8 + hours), "out")
    period = Period(DAY, DAY)
    assert [row.name for row in presence.person_days(period, sort="person")] == ["Ada", "Ben"]
    assert [row.name for row in presence.person_days(period, sort="-hours")] == ["Ada", "Ben"]
    assert [row.name for row in presence.person_days(period, sort="hours")] == ["Ben", "Ada"]


@time_machine.travel(NOON, tick=False)
def test_somebody_who_is_in_today_has_forgotten_nothing(db: None) -> None:
    person = factories.person()
    factories.check_in(person, at(8, day=3))
    factories.check_in(person, at(8))
    rows = presence.person_days(last_days(2, today=DAY))
    table = presence.days_table(rows, zone=BERLIN)
    states = [row[-1].text for row in table.rows]  # type: ignore[union-attr]  # the last column holds states
    assert states == ["in now", "out missing"]


def test_a_period_cannot_run_backwards() -> None:
    with pytest.raises(ValueError, match="after"):
        Period(DAY, DAY - dt.timedelta(1))
