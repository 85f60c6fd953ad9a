"""Who is in, and what does a day come to?"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import time_machine

from attendance.people.models import Person
from attendance.reports import presence
from attendance.reports.days import Punch, summarize
from attendance.reports.period import Period, last_days
from tests import factories
from tests.factories import NOON

BERLIN = ZoneInfo("Europe/Berlin")
DAY = NOON.date()


def at(hour: int, minute: int = 0, *, day: int = 4) -> dt.datetime:
    return dt.datetime(2026, 3, day, hour, minute, tzinfo=dt.UTC)


def punches(*entries: tuple[int, bool]) -> list[Punch]:
    return [Punch(at(hour), is_in=is_in) for hour, is_in in entries]


IN, OUT = True, False


@pytest.mark.parametrize(
    ("entries", "hours", "missing_ins", "missing_outs", "is_open"),
    [
        ([], 0, 0, 0, False),
        ([(8, IN), (12, OUT), (13, IN), (17, OUT)], 8, 0, 0, False),
        ([(8, IN)], 0, 0, 1, True),
        ([(17, OUT)], 0, 1, 0, False),
        ([(8, IN), (12, OUT), (13, IN)], 4, 0, 1, True),
        ([(8, IN), (9, IN), (12, OUT)], 4, 0, 1, False),
        ([(12, OUT), (8, IN)], 4, 0, 0, False),
        ([(8, OUT), (9, IN), (12, OUT)], 3, 1, 0, False),
    ],
)
def test_hours_are_those_of_closed_pairs(
    entries: list[tuple[int, bool]], hours: int, missing_ins: int, missing_outs: int, is_open: bool
) -> None:
    day = summarize(DAY, punches(*entries))
    assert day.worked == dt.timedelta(hours=hours)
    assert (day.missing_ins, day.missing_outs, day.is_open) == (missing_ins, missing_outs, is_open)


def test_a_night_with_the_clock_set_back_has_its_hour() -> None:
    """In Berlin 25 October 2026 has 25 hours: 00:30 to 04:30 on the clock on the wall are five."""
    start = dt.datetime(2026, 10, 25, 0, 30, tzinfo=BERLIN)
    end = dt.datetime(2026, 10, 25, 4, 30, tzinfo=BERLIN)
    day = summarize(
        start.date(), [Punch(start.astimezone(dt.UTC), is_in=True), Punch(end.astimezone(dt.UTC), is_in=False)]
    )
    assert day.worked == dt.timedelta(hours=5)


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
    person = factories.person("Mei", department="Night")
    factories.check_in(person, at(23, 30, day=3))
    factories.check_in(person, at(4), "out")
    [row] = presence.person_days(Period(DAY, DAY), zone=BERLIN)
    assert (row.day.day, row.day.worked, row.department) == (DAY, dt.timedelta(hours=4, minutes=30), "Night")
    assert presence.person_days(Period(DAY - dt.timedelta(1), DAY - dt.timedelta(1)), zone=BERLIN) == []


def test_days_are_sorted_as_asked(db: None) -> None:
    for name, hours in (("Ben", 2), ("Ada", 3)):
        person = factories.person(name)
        factories.check_in(person, at(8))
        factories.check_in(person, at(8 + hours), "out")
    period = Period(DAY, DAY)
    assert [row.name for row in presence.person_days(period, zone=BERLIN, sort="person")] == ["Ada", "Ben"]
    assert [row.name for row in presence.person_days(period, zone=BERLIN, sort="-hours")] == ["Ada", "Ben"]
    assert [row.name for row in presence.person_days(period, zone=BERLIN, sort="hours")] == ["Ben", "Ada"]


@time_machine.travel(NOON, tick=False)
def test_somebody_who_is_in_today_has_forgotten_nothing(db: None) -> None:
    person = factories.person()
    factories.check_in(person, at(8, day=3))
    factories.check_in(person, at(8))
    rows = presence.person_days(last_days(2, today=DAY), zone=BERLIN)
    table = presence.days_table(rows, zone=BERLIN)
    states = [row[-1].text for row in table.rows]  # type: ignore[union-attr]  # the last column holds states
    assert states == ["in now", "out missing"]


def test_a_period_cannot_run_backwards() -> None:
    with pytest.raises(ValueError, match="after"):
        Period(DAY, DAY - dt.timedelta(1))
