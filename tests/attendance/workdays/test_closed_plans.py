"""Plans of closed months that an upgrade fills in are seen by a process that had looked before."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from attendance.workdays.models import ClosedMonth, MonthClosing
from attendance.workdays.months import closing, upgrade
from tests.attendance.workdays import office

pytestmark = pytest.mark.django_db


def test_a_month_is_closed_by_the_process_that_filled_in_the_one_before() -> None:
    office.site()
    person = office.employee(shift=office.day_shift())
    office.punches(person, "2026-10-05 08:00", "2026-10-05 17:00", "2026-11-02 08:00", "2026-11-02 17:00")
    with time_machine.travel(office.at("2026-12-02 12:00"), tick=False):
        closing.close(dt.date(2026, 10, 1), actor=None, with_open_points=True)
        MonthClosing.objects.update(plan={}, filled_in=True, rules=[{"since": None, "content": {}}])
        ClosedMonth.objects.update(basis=None)
        assert upgrade.fill_in() == 1
        closed = closing.close(dt.date(2026, 11, 1), actor=None, with_open_points=True)
    assert closed.people.get().totals["worked"] == 8 * 3600
