"""Moves of people to other departments and sites from a day on, who decides about them, and the dry run."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine

from attendance.core.errors import Refusal
from attendance.people import periods, roster
from attendance.people.models import Department, DepartmentPeriod, Person, Site
from attendance.workdays import dry_run, facts
from attendance.workdays.models import Assignment, DepartmentManager, Employment, HolidayCalendar, SitePeriod
from attendance.workdays.months import stored_days
from attendance.workdays.requests import corrections, leaves, overtime, scopes
from attendance.workdays.schedule import codes, employment, rules, sites, valid_from
from attendance.workdays.schedule.codes import Code
from tests import cast
from tests.attendance.workdays import office
from tests.attendance.workdays.november import FIRST, LAST, day, month
from timekeeping.requests import Asked
from timekeeping.values import Direction
from timekeeping.work_day import Flag

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]


class TestPeople:
    @pytest.fixture
    def lisbon(self) -> Site:
        return Site.objects.create(
            name="Lisbon", time_zone="Europe/Lisbon", automatic_out="at", automatic_at=dt.time(20)
        )

    def test_a_site_move_brings_zone_holidays_and_outs_of_its_days(self, lisbon: Site) -> None:
        person = office.employee(shift=office.day_shift())
        here = HolidayCalendar.objects.create(name="Public")
        there = HolidayCalendar.objects.create(name="Lisbon", site=lisbon)
        for each in (5, 12):
            there.days.create(day=day(each), name="Lisbon's")
        here.days.create(day=day(13), name="Everybody's")
        employment.move_to_site(person, lisbon, since=day(10), actor=None)
        for each in (9, 16):
            office.punches(person, f"2026-11-{each:02} 09:00")
        days, _ = month(person)
        assert [days[day(each)].code == "H" for each in (5, 12, 13)] == [False, True, True]
        assert [days[day(each)].zone for each in (9, 10)] == ["Europe/Berlin", "Europe/Lisbon"]
        assert days[day(9)].has(Flag.MISSING_OUT)
        assert days[day(16)].has(Flag.AUTOMATIC_OUT)
        assert days[day(16)].late == 0
        assert days[day(9)].late == 3600
        assert Employment.objects.get().site == lisbon

    def test_a_move_that_lies_ahead_is_taken_on_its_day(self, lisbon: Site) -> None:
        person, hall = office.employee(department="Kitchen"), Department.objects.create(name="Hall")
        employment.move_to_site(person, lisbon, since=day(25), actor=None)
        employment.move_to_department(person, hall, since=day(25), actor=None)
        person.refresh_from_db()
        assert (Employment.objects.get().site, person.department.name if person.department else "") == (None, "Kitchen")
        with time_machine.travel(office.at("2026-11-25 00:10"), tick=False):
            valid_from.apply_due()
            person.refresh_from_db()
            assert (Employment.objects.get().site, person.department) == (lisbon, hall)

    def test_the_shift_of_a_department_holds_while_somebody_belongs_to_it(self) -> None:
        person, hall = office.employee(department="Kitchen"), Department.objects.create(name="Hall")
        early, late = office.day_shift(name="Early"), office.day_shift(name="Late", start=dt.time(10), end=dt.time(19))
        Assignment.objects.create(shift=early, department=person.department)
        Assignment.objects.create(shift=late, department=hall)
        employment.move_to_department(person, hall, since=day(10), actor=None)
        days, _ = month(person)
        worked = {each: days[day(each)].planned_day.occurrences[0].shift.name for each in (6, 9, 10, 11)}
        assert worked == {6: "Early", 9: "Early", 10: "Late", 11: "Late"}
        employment.move_to_department(person, Department.objects.get(name="Kitchen"), since=day(11), actor=None)
        assert month(person)[0][day(11)].planned_day.occurrences[0].shift.name == "Early"

    def test_a_move_by_name_alone_holds_from_today_on(self) -> None:
        person = office.employee(department="Kitchen")
        roster.change(person, department="Hall", actor=None)
        rows = DepartmentPeriod.objects.values_list("since", "department__name")
        assert list(rows) == [(periods.ALWAYS, "Kitchen"), (day(20), "Hall")]
        roster.change(person, department="Kitchen", actor=None)
        assert not DepartmentPeriod.objects.exists()
        person.refresh_from_db()
        assert person.department is not None
        assert person.department.name == "Kitchen"

    def test_another_site_of_the_employment_holds_from_today_on(self, lisbon: Site) -> None:
        person = office.employee()
        employment.employ(person, joined=dt.date(2026, 1, 1), site=lisbon, actor=None)
        assert list(SitePeriod.objects.values_list("since", "site")) == [(periods.ALWAYS, None), (day(20), lisbon.pk)]

    def test_who_did_not_move_costs_no_query(self, django_assert_num_queries: Any) -> None:
        shift, hall = office.day_shift(), Department.objects.create(name="Hall")
        people = [office.employee(f"P{number}", shift=shift, department="Kitchen") for number in range(4)]
        everybody = Person.objects.all()
        with django_assert_num_queries(15):
            list(facts.derive(everybody, FIRST, FIRST))
        for person in people[:3]:
            employment.move_to_department(person, hall, since=day(10), actor=None)
        with django_assert_num_queries(16):
            list(facts.derive(everybody, FIRST, FIRST))


class TestManagers:
    def test_requests_of_a_day_belong_to_the_managers_of_that_day(self) -> None:
        rules.save_rules({"overtime_needs_approval": True}, actor=None)
        person = office.employee(shift=office.day_shift(), department="Kitchen")
        hall = Department.objects.create(name="Hall")
        old, new = cast.user("old", role="Manager"), cast.user("new", role="Manager")
        assert person.department is not None
        DepartmentManager.objects.create(department=person.department, user=old)
        DepartmentManager.objects.create(department=hall, user=new)
        employment.move_to_department(person, hall, since=day(10), actor=None)
        kind = office.leave_type()
        for each in (9, 10):
            office.punches(person, f"2026-11-{each:02} 08:00", f"2026-11-{each:02} 18:30")
            said = [Asked(dt.datetime(2026, 11, each, 20), Direction.OUT)]  # noqa: DTZ001  (local at the site)
            corrections.request(person, day(each), asked=said, reason="x", actor=None)
        asked = [
            leaves.request(person, kind, first=day(each), last=day(12), part=part, actor=None)
            for each, part in ((9, "first_half"), (10, "second_half"))
        ]
        for user, other, each in ((old, new, 9), (new, old, 10)):
            scope = scopes.scope(user)
            (found,) = scope.requests(person.corrections.all(), day="day")
            assert found.day == day(each)
            (wished,) = scope.requests(person.leaves.all(), day="first")
            assert wished.first == day(each)
            (extra,) = overtime.waiting_for(user, Person.objects.all(), FIRST, LAST)
            assert extra.day == day(each)
            for deed in (
                lambda found=found, other=other: corrections.approve(found, actor=other),
                lambda wished=wished, other=other: leaves.approve(wished, actor=other),
                lambda each=each, other=other: overtime.approve(person, day(each), actor=other),
            ):
                with pytest.raises(Refusal, match="not_your_department"):
                    deed()
            overtime.approve(person, day(each), actor=user)
            corrections.approve(found, actor=user)
            leaves.approve(wished, actor=user)
        assert len(asked) == 2

    def test_a_month_is_read_by_whoever_led_the_person_on_any_day_of_it(self) -> None:
        person, hall = office.employee(department="Kitchen"), Department.objects.create(name="Hall")
        old, new = cast.user("old", role="Manager"), cast.user("new", role="Manager")
        assert person.department is not None
        DepartmentManager.objects.create(department=person.department, user=old)
        DepartmentManager.objects.create(department=hall, user=new)
        employment.move_to_department(person, hall, since=day(10), actor=None)
        for user, readable in ((old, (True, True, False)), (new, (False, True, True))):
            months = (day(1, 10), day(31, 10)), (FIRST, LAST), (day(1, 12), day(31, 12))
            assert tuple(scopes.scope(user).readable(*each).exists() for each in months) == readable


class TestDryRun:
    @pytest.mark.slow
    def test_what_is_shown_before_is_what_comes_of_it(self) -> None:
        lisbon = Site.objects.create(name="Lisbon", time_zone="Europe/Lisbon")
        hall = Department.objects.create(name="Hall")
        Assignment.objects.create(shift=office.day_shift(name="Late", start=dt.time(10)), department=hall)
        person, other = office.employee("Mei"), office.employee("Ben")
        Assignment.objects.create(shift=office.day_shift())
        for each in (9, 10, 11):
            for who in (person, other):
                office.punches(who, f"2026-11-{each:02} 08:00", f"2026-11-{each:02} 17:20")
        since = day(10)
        proposals: list[tuple[dry_run.Alternative, Any]] = [
            (dry_run.with_rules({"overtime_tolerance": 30}, since=since),
             lambda: rules.save_rules({"overtime_tolerance": 30}, since=since, actor=None)),
            (dry_run.with_codes([Code("A", "absent", "#c0322a", 0.5)], since=since),
             lambda: codes.save([Code("A", "absent", "#c0322a", 0.5)], since=since, actor=None)),
            (dry_run.with_zone(None, "Asia/Tokyo", since=since),
             lambda: sites.move(None, since=since, time_zone="Asia/Tokyo", actor=None)),
            (dry_run.with_department(person, hall, since=since),
             lambda: employment.move_to_department(person, hall, since=since, actor=None)),
            (dry_run.with_site(other, lisbon, since=since),
             lambda: employment.move_to_site(other, lisbon, since=since, actor=None)),
        ]  # fmt: skip
        for alternative, deed in proposals:
            outcome = dry_run.try_change(alternative, since=since, shown=1000)
            before = self._forms(outcome)
            deed()
            after = self._forms(outcome)
            assert outcome.changes
            said = {(each.person.pk, each.day): (each.before, each.after) for each in outcome.changes}
            real = {key: (before[key], after[key]) for key in before if self._differs(before[key], after[key])}
            assert said == real
            assert all(each >= since for _, each in real)

    @staticmethod
    def _forms(outcome: dry_run.Outcome) -> dict[tuple[int, dt.date], dict[str, Any]]:
        found = facts.months(facts.employed(outcome.first, outcome.last), outcome.first, outcome.last)
        return {(person.pk, each.day): dry_run._form(each) for person, days, _ in found for each in days}

    @staticmethod
    def _differs(before: dict[str, Any], after: dict[str, Any]) -> bool:
        return before["paid_days"] != after["paid_days"] or stored_days.differs(before, after)

    def test_a_long_list_is_cut_and_counted(self) -> None:
        Assignment.objects.create(shift=office.day_shift())
        for name in ("Mei", "Ben"):
            office.employee(name)
        proposed = dry_run.with_codes([Code("A", "absent", "#c0322a", 0.5)], since=day(16))
        outcome = dry_run.try_change(proposed, since=day(16), shown=3)
        assert (len(outcome.changes), outcome.more, outcome.people) == (3, 2 * 4 - 3, 2)
