"""The night over the end of a closed month is paid once, whatever is planned from the first open day on."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest
import time_machine

from attendance.core import site
from attendance.core.errors import Refusal
from attendance.people.models import Person
from attendance.workdays import facts
from attendance.workdays.models import (
    Adjustment,
    Assignment,
    ClosedMonth,
    EarlierEmployment,
    Employment,
    MonthClosing,
    Shift,
)
from attendance.workdays.months import adjustments, closing, order, reopening
from attendance.workdays.months.preparation import Preparation
from attendance.workdays.requests import corrections
from attendance.workdays.schedule import employment, rules, shifts, sites
from tests import cast
from tests.attendance.workdays import office
from tests.attendance.workdays.closings import DECEMBER, JANUARY, NOVEMBER, close
from timekeeping.requests import Asked
from timekeeping.values import Direction

pytestmark = pytest.mark.django_db
PATTERNS = {
    "late night": ("11-30 14:00", "12-01 01:00"),
    "evening and night": ("11-30 14:00", "11-30 22:00", "11-30 23:30", "12-01 08:00"),
    "over midnight, then a night": ("11-30 14:00", "12-01 00:30", "12-01 01:00", "12-01 08:00"),
    "two short ones": ("11-30 14:00", "11-30 23:30", "12-01 00:10", "12-01 03:00"),
    "broken night": ("11-30 22:00", "12-01 02:00", "12-01 02:30", "12-01 06:00"),
    "night, then a day": ("11-30 20:00", "12-01 04:30", "12-01 06:00", "12-01 12:00"),
    "shortly before midnight": ("11-30 23:50", "12-01 08:00"),
}


@pytest.fixture(autouse=True)
def _site() -> None:
    office.site()


def _shift(name: str) -> Shift | None:
    every: dict[str, dict[str, Any]] = {
        "late": {"start": dt.time(14), "end": dt.time(22)},
        "early": {"start": dt.time(4), "end": dt.time(12), "before_minutes": 300},
        "from midnight": {"start": dt.time(0), "end": dt.time(8)},
        "night": {"start": dt.time(22), "end": dt.time(6)},
    }
    if name not in every:
        return None
    return office.day_shift(name=name, breaks="", week_days="mon-sun", **every[name])


def _people(shift: Shift | None) -> dict[str, Person]:
    found = {name: office.employee(name, shift=shift) for name in PATTERNS}
    for name, times in PATTERNS.items():
        office.punches(found[name], *(f"2026-{text}" for text in times))
    return found


def _paid(person: Person, month: dt.date) -> int:
    """Return the minutes that all files in force say of somebody's month."""
    rows = ClosedMonth.objects.filter(closing__state=order.CLOSED, closing__month=month, person=person)
    later = Adjustment.objects.filter(closing__state=order.CLOSED, month=month, person=person)
    seconds = [row.totals["worked"] for row in rows] + [row.quantities.get("worked", 0) for row in later]
    return int(sum(seconds) // 60)


def _present(person: Person) -> list[tuple[int, int]]:
    """Return the stretches, as instants, that the days around the border count."""
    (known,) = facts.load(Person.objects.filter(pk=person.pk), NOVEMBER, dt.date(2026, 12, 31))
    days = facts.derive_one(known, NOVEMBER, dt.date(2026, 12, 31), rules=known.rules)
    return sorted(
        (day.timeline.instant(start), day.timeline.instant(end))
        for day in days
        for part in day.parts
        for start, end in part.spans
    )


@pytest.mark.parametrize("new", ["early", "from midnight", "late", "night"])
@pytest.mark.parametrize("old", ["none", "late", "night"])
def test_another_shift_from_the_first_open_day_pays_no_minute_twice(old: str, new: str) -> None:
    people = _people(_shift(old))
    close(NOVEMBER, "2026-12-10 12:00")
    before = {name: _paid(person, NOVEMBER) for name, person in people.items()}
    planned = _shift(new) if new != old else Shift.objects.get(name=old)
    assert planned is not None
    with time_machine.travel(office.at("2026-12-10 13:00"), tick=False):
        for person in people.values():
            for row in Assignment.objects.filter(person=person):
                shifts.end_assignment(row, last=dt.date(2026, 11, 30), actor=None)
            shifts.assign(planned, person=person, first=DECEMBER, actor=None)
    present = {name: _present(person) for name, person in people.items()}
    close(DECEMBER, "2027-01-08 12:00")
    assert not Adjustment.objects.exists()
    for name, person in people.items():
        spans = present[name]
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans)), (name, spans)
        assert _paid(person, NOVEMBER) == before[name]
        both = before[name] + _paid(person, DECEMBER)
        assert both == sum(end - start for start, end in spans) // 60, name


def test_a_late_correction_of_the_night_counts_where_the_night_was_paid() -> None:
    person = office.employee(shift=_shift("late"))
    office.punches(person, "2026-11-30 23:50", "2026-12-01 08:00")
    close(NOVEMBER, "2026-12-10 12:00")
    closed, early = _paid(person, NOVEMBER), _shift("from midnight")
    assert early is not None
    with time_machine.travel(office.at("2026-12-10 13:00"), tick=False):
        shifts.end_assignment(Assignment.objects.get(), last=dt.date(2026, 11, 30), actor=None)
        shifts.assign(early, person=person, first=DECEMBER, actor=None)
    close(DECEMBER, "2027-01-08 12:00")
    asked = [
        Asked(dt.datetime.fromisoformat("2026-12-01 03:00"), Direction.OUT),
        Asked(dt.datetime.fromisoformat("2026-12-01 04:00"), Direction.IN),
    ]
    with time_machine.travel(office.at("2027-01-09 12:00"), tick=False):
        row = corrections.request(person, dt.date(2026, 11, 30), asked=asked, reason="forgotten", actor=None)
        corrections.approve(row, actor=cast.user("hr", role="HR"))
    close(JANUARY, "2027-02-08 12:00")
    assert (closed, _paid(person, NOVEMBER) + _paid(person, DECEMBER)) == (490, 430)


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York", "UTC"])
def test_another_zone_from_the_first_open_day_pays_every_hour_once(zone: str) -> None:
    free, night = office.employee("Free"), office.employee("Night", shift=_shift("night"))
    office.punches(free, "2026-11-30 18:30", "2026-11-30 23:30", "2026-12-01 01:00", "2026-12-01 05:00")
    office.punches(night, "2026-11-30 22:00", "2026-12-01 06:00", "2026-12-01 22:00", "2026-12-02 06:00")
    close(NOVEMBER, "2026-12-10 12:00")
    with time_machine.travel(office.at("2026-12-10 13:00"), tick=False):
        sites.move(None, since=DECEMBER, time_zone=zone, actor=None)
    close(DECEMBER, "2027-01-08 12:00")
    assert not Adjustment.objects.exists()
    assert _paid(free, NOVEMBER) + _paid(free, DECEMBER) == 9 * 60
    assert _paid(night, NOVEMBER) + _paid(night, DECEMBER) == 16 * 60


def test_another_debounce_reaches_no_closed_day_of_a_week() -> None:
    rules.save_rules({"overtime": "week", "rates": "1.5"}, actor=None)
    person = office.employee(shift=office.day_shift())
    office.punches(person, "2026-11-30 08:00", "2026-11-30 17:00", "2026-11-30 17:02", "2026-11-30 21:00")
    for day in ("12-01", "12-02", "12-03", "12-04"):
        office.punches(person, f"2026-{day} 08:00", f"2026-{day} 17:00")
    close(NOVEMBER, "2026-12-10 12:00")
    with time_machine.travel(office.at("2026-12-10 13:00"), tick=False):
        expected = [sums.overtime for _, _, sums in facts.months(Person.objects.all(), DECEMBER, dt.date(2026, 12, 31))]
        sites.change_settings({"debounce_seconds": 300}, actor=None)
        found = [sums.overtime for _, _, sums in facts.months(Person.objects.all(), DECEMBER, dt.date(2026, 12, 31))]
    assert site.settings().debounce_seconds == 300
    assert found == expected != [0]


class TestCameBack:
    @pytest.fixture
    def person(self) -> Person:
        person = office.employee(shift=office.day_shift())
        for day in range(2, 7):
            office.punches(person, f"2026-11-0{day} 08:00", f"2026-11-0{day} 17:00")
        return person

    def _employ(self, person: Person, joined: str, left: str | None = None, *, at: str) -> None:
        with time_machine.travel(office.at(at), tick=False):
            last = None if left is None else dt.date.fromisoformat(left)
            employment.employ(person, joined=dt.date.fromisoformat(joined), left=last, actor=None)

    def test_nothing_is_taken_back_from_whoever_is_hired_again(self, person: Person) -> None:
        close(NOVEMBER, "2026-12-02 12:00")
        self._employ(person, "2026-01-01", "2026-12-15", at="2026-12-02 13:00")
        close(DECEMBER, "2027-01-02 12:00")
        self._employ(person, "2027-01-11", at="2027-01-12 12:00")
        close(JANUARY, "2027-02-03 12:00")
        assert not Adjustment.objects.exists()
        january = ClosedMonth.objects.get(closing__month=JANUARY)
        assert {day["day"][-2:] for day in january.days if day["employed"]} == {f"{day:02}" for day in range(11, 32)}
        assert january.days[0]["code"] == "EX"

    def test_the_month_in_between_is_without_the_person(self, person: Person) -> None:
        self._employ(person, "2026-01-01", "2026-11-05", at="2026-11-10 12:00")
        self._employ(person, "2027-01-11", at="2026-12-12 12:00")
        assert _paid(person, NOVEMBER) == 0
        close(NOVEMBER, "2027-02-02 12:00")
        close(DECEMBER, "2027-02-02 12:05")
        close(JANUARY, "2027-02-02 12:10")
        assert _paid(person, NOVEMBER) == 4 * 8 * 60  # the breaks are not paid; Friday was after the last day
        assert not ClosedMonth.objects.filter(closing__month=DECEMBER).exists()

    def test_a_first_day_before_the_last_one_moves_the_same_employment(self, person: Person) -> None:
        self._employ(person, "2026-01-01", "2026-12-15", at="2026-12-02 13:00")
        self._employ(person, "2026-02-01", "2026-12-15", at="2026-12-02 14:00")
        assert not EarlierEmployment.objects.exists()
        self._employ(person, "2027-01-11", at="2027-01-12 12:00")
        self._employ(person, "2026-12-10", at="2027-01-12 13:00")  # there was no gap, or a shorter one
        assert list(EarlierEmployment.objects.values_list("joined", "left")) == [
            (dt.date(2026, 2, 1), dt.date(2026, 12, 9))
        ]
        self._employ(person, "2026-01-01", "2026-12-09", at="2027-01-12 14:00")  # puts the earlier one right
        assert not EarlierEmployment.objects.exists()
        assert Employment.objects.get().left == dt.date(2026, 12, 9)

    def test_a_month_that_is_reopened_knows_the_employment_before(self, person: Person) -> None:
        self._employ(person, "2026-01-01", "2026-11-20", at="2026-11-21 13:00")
        november = close(NOVEMBER, "2026-12-02 12:00")
        before = november.sha256
        self._employ(person, "2026-12-10", at="2026-12-11 13:00")
        with time_machine.travel(office.at("2026-12-12 12:00"), tick=False):
            reopening.reopen(november, reason="x", actor=cast.user("root", role="Administrator"))
        assert close(NOVEMBER, "2026-12-12 13:00").sha256 == before


def test_a_month_is_not_over_while_an_out_is_yet_to_be_filled_in() -> None:
    rules.save_rules({"automatic_out": "at", "automatic_at": "12:00"}, actor=None)
    margins = {"before_minutes": 60, "after_minutes": 60}
    person = office.employee(shift=office.night_shift(week_days="mon-sun", **margins))
    office.punches(person, "2026-11-30 22:00")
    with pytest.raises(Refusal, match="month_not_over") as refused:
        close(NOVEMBER, "2026-12-01 08:00")
    assert refused.value.facts == {"days": 1}
    assert close(NOVEMBER, "2026-12-01 13:00").people.get().days[-1]["flags"] == ["automatic_out"]


def test_an_entry_waits_for_the_file_of_its_own_month_or_a_later_one() -> None:
    root = cast.user("root", role="Administrator")
    person = office.employee(shift=office.day_shift())
    office.punches(person, "2026-11-02 08:00", "2026-11-02 16:07", "2026-12-02 08:00", "2026-12-02 16:07")
    november, december = close(NOVEMBER, "2026-12-05 12:00"), close(DECEMBER, "2027-01-02 12:00")
    with time_machine.travel(office.at("2027-01-02 13:00"), tick=False):
        adjustments.enter(person, DECEMBER, quantities={"standard": 360}, reason="x", actor=root)
        reopening.reopen(december, reason="x", actor=root)
        reopening.reopen(november, reason="x", actor=root)
    assert not close(NOVEMBER, "2027-01-03 12:00").adjustments.exists()
    assert close(DECEMBER, "2027-01-03 13:00").adjustments.get().quantities == {"standard": 360}


def test_whoever_is_interrupted_after_the_commit_removes_nothing() -> None:
    person = office.employee(shift=office.day_shift())
    office.punches(person, "2026-11-02 08:00", "2026-11-02 17:00")
    closed = close(NOVEMBER, "2026-12-02 12:00")
    prepared = Preparation.__new__(Preparation)
    prepared.closing = closed
    prepared.discard()
    assert closing.checksum(MonthClosing.objects.get()) == closed.sha256
    assert closed.people.get().totals["worked"] == 8 * 3600
