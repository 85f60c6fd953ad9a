"""The muster roll by shift shows each shift of a day and counts the day once."""

from __future__ import annotations

import datetime as dt

import pytest

from attendance.people.models import Person
from attendance.reports import month, sheets
from attendance.reports.table import Cell
from attendance.workdays.models import ClosedMonth, Employment, Leave, LeaveType, Shift
from attendance.workdays.months import closing
from attendance.workdays.requests import leaves
from tests import cast
from tests.attendance.workdays import office
from timekeeping.values import LeavePart

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("december")]
NOVEMBER = dt.date(2026, 11, 1)
FIRST_DAY, FIRST_SUM = 4, 4 + 30


@pytest.fixture
def early() -> Shift:
    return office.day_shift(name="Early", end=dt.time(12), breaks="")


@pytest.fixture
def mei(early: Shift) -> Person:
    """Works early and late on weekdays from the 2nd to the 20th; there early on the 2nd, late for late on the 3rd."""
    person = office.employee("Mei", shift=early, joined="2026-11-02")
    late = office.day_shift(name="Late", start=dt.time(13), breaks="", week_days="mon-sat")
    late.assignments.create(person=person)
    Employment.objects.filter(person=person).update(left=dt.date(2026, 11, 20))
    office.punches(person, "2026-11-02 08:00", "2026-11-02 12:00")
    office.punches(person, "2026-11-03 08:00", "2026-11-03 12:00", "2026-11-03 13:20", "2026-11-03 17:00")
    return person


def away(person: Person, day: str, part: str = LeavePart.FULL) -> None:
    kind = LeaveType.objects.filter(code="CL").first() or office.leave_type()
    date = dt.date.fromisoformat(day)
    leaves.approve(
        leaves.request(person, kind, first=date, last=date, part=part, actor=None), actor=cast.user("hr", role="HR")
    )


def rows() -> list[tuple[Cell, ...]]:
    wanted = month.month(NOVEMBER)
    table = sheets.muster_roll(month.read(wanted, month.people(wanted)), wanted, zone=office.BERLIN, by_shift=True)
    found = list(table.rows)
    assert {len(row) for row in found} == {len(table.columns)}
    return found


def cells(day: int) -> dict[str, Cell]:
    return {str(row[3]): row[FIRST_DAY + day - 1] for row in rows()}


def test_each_shift_of_a_day_has_its_own_status(mei: Person) -> None:
    assert cells(2) == {"Early": "P", "Late": "A"}
    assert cells(3) == {"Early": "P", "Late": "P\nLATE"}


def test_leave_on_a_day_of_two_shifts_stands_in_both_rows_and_counts_once(mei: Person) -> None:
    away(mei, "2026-11-05")
    assert cells(5) == {"Early": "CL", "Late": "CL"}
    employed, _, leave, *_ = sums()
    assert (employed, leave) == (19.0, 1.0)


def test_half_a_day_of_leave_stands_in_the_row_of_its_shift(mei: Person) -> None:
    away(mei, "2026-11-02", LeavePart.SECOND_HALF)
    assert cells(2) == {"Early": "P", "Late": "CL"}


def sums() -> list[float]:
    """Sum each column of shares over all rows, as a spreadsheet does."""
    at = range(FIRST_SUM, FIRST_SUM + len(sheets.TOTALS))
    return [sum(cell for row in rows() if isinstance(cell := row[column], float)) for column in at]


def test_all_rows_together_add_up_to_the_days_employed(mei: Person) -> None:
    office.employee("Ben", shift=office.day_shift(name="Day"), joined="2026-11-16")
    away(mei, "2026-11-05")
    employed, *shares = sums()
    assert employed == 19 + 15
    assert sum(shares) == employed


def test_what_holds_for_the_whole_day_stands_in_every_row(mei: Person) -> None:
    office.holiday("2026-11-04")
    assert cells(1) == {"Early": "NJ", "Late": "NJ"}
    assert cells(4) == {"Early": "H", "Late": "H"}
    assert cells(8) == {"Early": "WO", "Late": "WO"}
    assert cells(23) == {"Early": "EX", "Late": "EX"}


def test_a_day_of_one_shift_says_so_in_the_rows_of_the_others(mei: Person) -> None:
    assert cells(7) == {"Early": sheets.OTHER_SHIFT, "Late": "A"}


def test_who_has_no_shift_has_one_row() -> None:
    office.employee("Ben")
    ((number, name, *_),) = rows()
    assert (str(number), getattr(name, "text", "")) != ("", "")


def test_a_closed_month_keeps_the_status_of_each_shift(mei: Person) -> None:
    away(mei, "2026-11-05")
    before = rows()
    closing.close(NOVEMBER, actor=None, with_open_points=True)
    Leave.objects.all().delete()
    assert rows() == before


def test_a_month_closed_before_shifts_were_kept_shows_the_day_in_each(mei: Person) -> None:
    closing.close(NOVEMBER, actor=None, with_open_points=True)
    row = ClosedMonth.objects.get()
    for day in row.days:
        day.pop("parts")
    row.save()
    assert cells(2) == {"Early": "PA", "Late": "PA"}
