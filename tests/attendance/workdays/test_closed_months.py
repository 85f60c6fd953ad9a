"""What closed months keep, what adjusts them, and how the newest is reopened."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from attendance.core.errors import Refusal
from attendance.core.models import AuditEntry, User
from attendance.people.models import Person
from attendance.privacy import erasure
from attendance.workdays import facts
from attendance.workdays.models import (
    Assignment,
    Leave,
    WorkRules,
)
from attendance.workdays.months import adjustments, closing, order, reopening
from attendance.workdays.requests import leaves
from attendance.workdays.schedule import employment, rules
from tests import cast
from tests.attendance.workdays import office
from tests.attendance.workdays.closings import DECEMBER, JANUARY, LATER, MONDAY, NOVEMBER, close, correct
from timekeeping.values import Direction

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site() -> None:
    office.site()


@pytest.fixture
def hr() -> User:
    return cast.user("hr", role="HR")


class TestWeeks:
    def test_a_week_that_began_in_a_closed_month_is_not_cut(self) -> None:
        rules.save_rules({"overtime": "week"}, actor=None)
        office.employee(shift=office.day_shift())
        close(NOVEMBER, "2026-12-02 12:00")  # Monday 30 November to Sunday 6 December is paid in December
        for changed in ({"overtime": "day"}, {"overtime": "week", "overtime_tolerance": 5}):
            with pytest.raises(Refusal, match="week_closed") as refused:
                rules.save_rules(changed, since=DECEMBER, actor=None)
            assert refused.value.facts == {"first_whole": "2026-12-07"}
        rules.save_rules({"overtime": "week", "night": "21:00-06:00"}, since=DECEMBER, actor=None)
        rules.save_rules({"overtime": "day"}, since=dt.date(2026, 12, 7), actor=None)


class TestErased:
    def test_number_and_department_stay_where_money_hangs_on_them(self, hr: User) -> None:
        person = office.employee(department="Kitchen", employee_number="7")
        Assignment.objects.create(shift=office.day_shift(), department=person.department)
        office.punches(person, "2026-11-02 08:00", "2026-11-02 18:00")
        november = close(NOVEMBER, "2026-12-02 12:00")
        erasure.erase(person, actor=hr)
        reopening.reopen(november, reason="x", actor=cast.user("root", role="Administrator"))
        before, after = november.people.get(), close(NOVEMBER, "2026-12-03 12:00").people.get()
        assert (after.employee_number, after.name, after.department) == ("7", "", "Kitchen")
        assert after.totals == before.totals


class TestAdjustments:
    def test_a_leaver_is_paid_what_was_approved_late(self, hr: User) -> None:
        person = office.employee(shift=office.day_shift())
        office.punches(person, "2026-11-02 08:00")
        employment.employ(person, joined=MONDAY, left=dt.date(2026, 11, 30), actor=None)
        close(NOVEMBER, "2026-12-02 12:00")
        correct(person, "2026-11-02 17:00", Direction.OUT, hr=hr, at="2026-12-20 12:00")
        december = close(DECEMBER, "2027-01-02 12:00")
        named = december.people.get()  # no month of their own: a row that says who the line of the file is about
        assert (named.name, named.totals["employed"], named.days) == (person.name, 0, [])
        assert december.adjustments.get().quantities["payable"] == 8 * 3600

    def test_nothing_but_facts_adjusts(self) -> None:
        shift = office.day_shift()
        person = office.employee(shift=shift, department="Kitchen")
        office.punches(person, "2026-11-02 08:00", "2026-11-02 18:00")
        close(NOVEMBER, "2026-12-02 12:00")
        shift.start = dt.time(9)
        shift.save()
        office.holiday("2026-11-02")
        office.site("Asia/Tokyo")
        WorkRules.objects.create(content={"overtime_tolerance": 120})
        Person.objects.filter(pk=person.pk).update(department=None)
        assert list(adjustments.find(DECEMBER)) == []

    @pytest.mark.slow
    def test_an_old_month_is_still_adjusted(self, hr: User) -> None:
        person = office.employee(shift=office.day_shift(), joined="2025-09-01")
        office.punches(person, "2025-09-01 08:00")
        month = dt.date(2025, 9, 1)
        while month < NOVEMBER:
            following = order.bounds(month)[1] + dt.timedelta(days=2)
            close(month, f"{following} 12:00")
            month = following.replace(day=1)
        correct(person, "2025-09-01 17:00", Direction.OUT, hr=hr, at="2026-11-03 12:00")
        (row,) = adjustments.find(NOVEMBER)
        assert (row.month, row.quantities["worked"]) == (dt.date(2025, 9, 1), 8 * 3600)

    def test_who_turns_out_to_have_been_employed_is_adjusted_from_nothing(self) -> None:
        office.employee("Ben", shift=office.day_shift())
        person = office.employee(shift=office.night_shift(), joined="2026-12-01")
        close(NOVEMBER, "2026-12-02 12:00")
        employment.employ(person, joined=dt.date(2026, 11, 30), actor=None)
        (row,) = adjustments.find(DECEMBER)
        assert (row.person, row.quantities["employed"], row.quantities["absent"]) == (person, 1, 1.0)

    def test_an_entry_goes_into_the_next_file_once(self, hr: User) -> None:
        person = office.employee(shift=office.day_shift())
        close(NOVEMBER, "2026-12-02 12:00")
        kept = adjustments.enter(person, MONDAY, quantities={"standard": 3600}, reason="agreed", actor=hr)
        gone = adjustments.enter(person, MONDAY, quantities={"paid_days": 1.0}, reason="slip", actor=hr)
        adjustments.withdraw(gone, actor=hr)
        assert adjustments.waiting_entries() == [kept]
        december = close(DECEMBER, "2027-01-02 12:00")
        assert list(december.adjustments.values_list("kind", "reason")) == [("entry", "agreed")]
        assert december.sha256 == closing.checksum(december)
        assert adjustments.waiting_entries() == []
        with pytest.raises(Refusal, match="already_in_a_file"):
            adjustments.withdraw(kept, actor=hr)

    @pytest.mark.parametrize(
        ("month", "quantities", "reason", "code"),
        [
            (DECEMBER, {"standard": 60}, "x", "month_open"),
            (NOVEMBER, {"standard": 60}, " ", "reason_missing"),
            (NOVEMBER, {"standard": 0}, "x", "nothing_entered"),
            (NOVEMBER, {"beer": 1}, "x", "quantity_unknown"),
        ],
    )
    def test_an_entry_that_cannot_be_is_refused(
        self, hr: User, month: dt.date, quantities: dict[str, Any], reason: str, code: str
    ) -> None:
        person = office.employee(shift=office.day_shift())
        close(NOVEMBER, "2026-12-02 12:00")
        with pytest.raises(Refusal, match=code):
            adjustments.enter(person, month, quantities=quantities, reason=reason, actor=hr)


class TestReopening:
    @pytest.fixture
    def administrator(self) -> User:
        return cast.user("root", role="Administrator")

    def test_the_file_is_superseded_and_the_next_has_a_version(self, administrator: User, hr: User) -> None:
        person = office.employee(shift=office.day_shift())
        office.punches(person, "2026-11-02 08:00")
        first = close(NOVEMBER, "2026-12-02 12:00")
        reopening.reopen(first, reason="a holiday was missing", actor=administrator)
        first.refresh_from_db()
        assert (first.state, first.superseded_reason) == ("superseded", "a holiday was missing")
        assert order.in_force(NOVEMBER) is None
        office.holiday("2026-11-02")
        second = close(NOVEMBER, "2026-12-03 12:00")
        assert second.version == 2
        assert second.people.get().totals["holidays"] == 1
        assert first.people.get().totals["holidays"] == 0
        assert closing.checksum(first) == first.sha256
        assert AuditEntry.objects.filter(action="workdays.reopen_month").count() == 1

    def test_what_it_had_adjusted_waits_again(self, administrator: User, hr: User) -> None:
        person = office.employee(shift=office.day_shift())
        office.punches(person, "2026-11-02 08:00")
        close(NOVEMBER, "2026-12-02 12:00")
        correct(person, "2026-11-02 17:00", Direction.OUT, hr=hr, at="2026-12-20 12:00")
        adjustments.enter(person, NOVEMBER, quantities={"standard": 60}, reason="agreed", actor=hr)
        december = close(DECEMBER, "2027-01-02 12:00")
        assert december.adjustments.count() == 2
        reopening.reopen(december, reason="too early", actor=administrator)
        assert [row.quantities["standard"] for row in adjustments.find(DECEMBER)] == [8 * 3600]
        assert len(adjustments.waiting_entries()) == 1
        again = close(DECEMBER, "2027-01-03 12:00")
        assert again.adjustments.count() == 2
        assert list(adjustments.find(JANUARY)) == []

    def test_only_the_newest_by_an_administrator_with_a_reason(self, administrator: User, hr: User) -> None:
        office.employee(shift=office.day_shift())
        november = close(NOVEMBER, "2026-12-02 12:00")
        close(DECEMBER, "2027-01-02 12:00")
        for closed, reason, actor, code in (
            (november, "x", administrator, "not_newest_month"),
            (november, "x", hr, "not_allowed"),
            (november, " ", administrator, "reason_missing"),
        ):
            with pytest.raises(Refusal, match=code):
                reopening.reopen(closed, reason=reason, actor=actor)

    def test_leave_after_a_reopening_counts_where_it_belongs(self, administrator: User, hr: User) -> None:
        person = office.employee(shift=office.day_shift())
        found = close(NOVEMBER, "2026-12-02 12:00")
        reopening.reopen(found, reason="x", actor=administrator)
        leave = leaves.request(person, office.leave_type(), first=MONDAY, last=MONDAY, actor=None)
        leaves.approve(leave, actor=hr)
        assert close(NOVEMBER, "2026-12-03 12:00").people.get().totals["leave"] == 1.0
        assert Leave.objects.count() == 1


class TestClosedPlan:
    """What is planned later reaches no closed day, also where an open month is derived beside it."""

    def test_a_night_over_the_border_stays_with_the_shift_it_was_closed_with(self) -> None:
        shift = office.night_shift(before_minutes=60, after_minutes=60)
        person = office.employee(shift=shift)
        office.punches(person, "2026-11-30 22:00", "2026-12-01 06:00")
        close(NOVEMBER, "2026-12-02 12:00")
        shift.start, shift.end = dt.time(8), dt.time(17)
        shift.save()
        ((_, days, _),) = facts.months(Person.objects.all(), dt.date(2026, 11, 30), dt.date(2026, 12, 1), now=LATER)
        assert [(day.code, day.worked) for day in days] == [("P", 8 * 3600), ("A", 0)]

    def test_the_rest_of_the_week_keeps_its_plan(self) -> None:
        rules.save_rules({"overtime": "week"}, actor=None)
        shift = office.day_shift()
        person = office.employee(shift=shift)
        office.punches(person, "2026-11-30 08:00", "2026-11-30 17:00")
        close(NOVEMBER, "2026-12-02 12:00")
        shift.end = dt.time(19)
        shift.save()
        ((_, days, _),) = facts.months(Person.objects.all(), dt.date(2026, 11, 30), dt.date(2026, 12, 1), now=LATER)
        assert [day.planned for day in days] == [8 * 3600, 10 * 3600]
