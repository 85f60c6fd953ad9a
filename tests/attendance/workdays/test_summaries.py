"""Cached summaries of a month are always what would be derived anew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from attendance.checkins.models import CheckIn
from attendance.people.models import Person
from attendance.reports import hours, month
from attendance.workdays import facts
from attendance.workdays.facts import Facts
from attendance.workdays.models import Shift, WorkRules
from attendance.workdays.months import summaries
from attendance.workdays.months.summaries import Summary
from tests import factories
from tests.attendance.workdays import office
from timekeeping.work_day import WorkDay

pytestmark = pytest.mark.django_db
FIRST, LAST = dt.date(2026, 10, 19), dt.date(2026, 10, 31)


@pytest.fixture(autouse=True)
def _site() -> Iterator[None]:
    office.site()
    summaries.forget()
    yield
    summaries.forget()


def remembered(now: dt.datetime) -> list[Summary]:
    return [found for _, found in summaries.summarize(Person.objects.order_by("pk"), FIRST, LAST, now=now)]


def derived(now: dt.datetime) -> list[Summary]:
    found = facts.months(Person.objects.order_by("pk"), FIRST, LAST, now=now)
    return [summaries.of_days(days, sums) for _, days, sums in found]


@pytest.mark.parametrize(
    "rules",
    [
        {},
        pytest.param({"judge_delay": 45}, marks=pytest.mark.slow),
        pytest.param({"automatic_out": "after_plan", "automatic_tolerance": 90}, marks=pytest.mark.slow),
        {"overtime": "week", "judge_delay": 45},
    ],
    ids=["plain", "delay", "automatic", "week"],
)
@pytest.mark.slow
def test_as_time_passes_nothing_remembered_is_out_of_date(rules: dict[str, object]) -> None:
    WorkRules.objects.create(pk=1, content=rules)
    day = office.day_shift(before_minutes=60, after_minutes=90)
    mei = office.employee("Mei", shift=day)
    noor = office.employee("Noor", shift=office.night_shift(week_days="mon-sun", before_minutes=30, after_minutes=30))
    ben = office.employee("Ben")
    office.punches(mei, "2026-10-23 08:20", "2026-10-23 17:00", "2026-10-24 10:00", "2026-10-24 12:00")
    office.punches(noor, "2026-10-23 22:00", "2026-10-24 06:00", "2026-10-24 22:00", "2026-10-25 06:00")
    office.punches(ben, "2026-10-24 08:00", "2026-10-24 12:00", "2026-10-25 09:00")
    moment = office.at("2026-10-23 05:00")
    while moment < office.at("2026-10-26 12:00"):  # two nights, one of them with the change of clocks
        assert remembered(moment) == derived(moment), moment
        moment += dt.timedelta(minutes=37)


def test_a_fact_is_seen_at_once_and_what_stays_is_not_derived_again(monkeypatch: pytest.MonkeyPatch) -> None:
    mei, ben = (office.employee(name, shift=shift) for name, shift in (("Mei", office.day_shift()), ("Ben", None)))
    office.punches(mei, "2026-10-20 08:00", "2026-10-20 17:00")
    now = office.at("2026-11-20 12:00")
    calls: list[Person] = []
    derive_one = facts.derive_one

    def counted(known: Facts, *rest: Any, **more: Any) -> list[WorkDay]:
        calls.append(known.person)
        return derive_one(known, *rest, **more)

    monkeypatch.setattr(facts, "derive_one", counted)
    assert remembered(now)[0].totals.worked == 8 * 3600
    assert len(calls) == 2
    remembered(now + dt.timedelta(days=3))
    assert len(calls) == 2
    office.punches(ben, "2026-10-21 08:00", "2026-10-21 12:00")
    assert remembered(now)[1].totals.worked == 4 * 3600
    assert calls[2:] == [ben]
    CheckIn.objects.filter(person=ben).update(voided_at=factories.NOON)
    assert remembered(now)[1].totals.worked == 0
    Shift.objects.update(breaks="")
    assert remembered(now)[0].totals.worked == 9 * 3600


def test_a_punch_in_the_place_of_another_is_another_fact() -> None:
    mei = office.employee("Mei", shift=office.day_shift())
    office.punches(mei, "2026-10-20 08:00", "2026-10-20 17:00")
    now = office.at("2026-11-20 12:00")
    assert remembered(now)[0].totals.worked == 8 * 3600
    CheckIn.objects.filter(at=office.at("2026-10-20 17:00")).update(at=office.at("2026-10-20 16:00"))
    assert remembered(now)[0].totals.worked == 7 * 3600


def test_presence_by_hour_over_a_change_of_clocks() -> None:
    noor = office.employee("Noor", shift=office.night_shift(week_days="mon-sun"))
    office.punches(noor, "2026-10-24 22:10", "2026-10-25 06:00", "2026-10-31 21:50", "2026-10-31 22:10")
    with time_machine.travel(office.at("2026-11-20 12:00"), tick=False):
        wanted = month.month(FIRST)
        counted = hours.by_hour(month.summarize(wanted, month.people(wanted)), zone=office.BERLIN)
    # two Saturdays, one night: 22:10 and 21:50 to 22:10; the hour that came twice counts once
    assert [counted[5][hour] for hour in (20, 21, 22, 23)] == [0, 0.5, 1, 0.5]
    assert [counted[6][hour] for hour in (0, 2, 5, 6)] == [1, 1, 1, 0]


def test_the_sums_are_those_of_the_days() -> None:
    mei = office.employee("Mei", shift=office.day_shift())
    office.punches(mei, "2026-10-20 08:20", "2026-10-20 17:00", "2026-10-21 08:00")
    with time_machine.travel(office.at("2026-11-20 12:00"), tick=False):
        wanted = month.month(FIRST)
        (whole,), (summed,) = month.read(wanted, month.people(wanted)), month.summarize(wanted, month.people(wanted))
    assert whole.totals == summed.totals
