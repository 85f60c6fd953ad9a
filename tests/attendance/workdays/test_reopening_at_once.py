"""Two administrators who reopen the newest month in the same moment: one of them does, and nothing waits twice."""

from __future__ import annotations

import pytest

from attendance.core.errors import Refusal
from attendance.core.models import AuditEntry
from attendance.workdays.models import MonthClosing
from attendance.workdays.months import adjustments, reopening
from tests import cast
from tests.at_once import at_once
from tests.attendance.workdays import office
from tests.attendance.workdays.closings import DECEMBER, NOVEMBER, close


@pytest.mark.django_db(transaction=True)
def test_only_one_reopens_and_an_entry_waits_once() -> None:
    office.site()
    administrator = cast.user("root", role="Administrator")
    person = office.employee(shift=office.day_shift(), joined="2026-11-02")
    close(NOVEMBER, "2026-12-02 12:00")
    adjustments.enter(person, NOVEMBER, quantities={"standard": 3600}, reason="agreed", actor=administrator)
    december = close(DECEMBER, "2027-01-02 12:00")
    answers: list[str] = []

    def reopen() -> None:
        try:
            row = MonthClosing.objects.get(pk=december.pk)
            reopening.reopen(row, reason="too early", actor=administrator)
            answers.append("reopened")
        except Refusal as refused:
            answers.append(refused.code)

    at_once(reopen, times=2)
    assert sorted(answers) == ["not_newest_month", "reopened"]
    assert len(adjustments.waiting_entries()) == 1
    assert AuditEntry.objects.filter(action="workdays.reopen_month").count() == 1
