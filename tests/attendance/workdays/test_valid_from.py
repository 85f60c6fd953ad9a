"""Changes of rules, zones, departments, sites and codes from a day on; the days before keep what they had."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from attendance.core.errors import Refusal
from attendance.core.models import SiteSettings
from attendance.people import facts_log, periods
from attendance.people.models import Department, FactLine, Site
from attendance.workdays import plans
from attendance.workdays.models import (
    Assignment,
    HolidayCalendar,
    LeaveType,
    MonthClosing,
    MonthSettings,
    StatusCode,
    WorkRules,
    ZoneChange,
)
from attendance.workdays.requests import leaves
from attendance.workdays.schedule import calendars, codes, employment, rules, shifts, sites, valid_from
from attendance.workdays.schedule.calendars import Candidate
from attendance.workdays.schedule.codes import Code
from tests import cast
from tests.attendance.workdays import office
from tests.attendance.workdays.november import FIRST, LAST, closed, day, month

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]


class TestOpenDays:
    def test_the_first_open_day_follows_what_is_closed_and_in_force(self) -> None:
        assert valid_from.first_open_day() is None
        assert valid_from.proposed_day() == FIRST
        MonthSettings.objects.create(pk=1, records_begin=day(1, 9))
        assert valid_from.first_open_day() == day(1, 9)
        closed(9, 10)
        assert valid_from.first_open_day() == FIRST
        MonthClosing.objects.filter(month=day(1, 10)).update(state=MonthClosing.State.SUPERSEDED)
        assert valid_from.first_open_day() == day(1, 10)

    def test_every_change_asks_and_a_closed_day_is_refused(self) -> None:
        shift, person = office.day_shift(), office.employee(department="Kitchen")
        hall, lisbon = Department.objects.create(name="Hall"), Site.objects.create(name="L", time_zone="Europe/Lisbon")
        feast, calendar = office.holiday("2026-10-12"), HolidayCalendar.objects.get()
        open_ended = Assignment.objects.create(shift=shift, first=day(1, 9))
        closed(9, 10)
        late = day(31, 10)
        deeds: list[Any] = [
            lambda: rules.save_rules({"overtime_tolerance": 5}, since=late, actor=None),
            lambda: sites.move(None, since=late, time_zone="Asia/Tokyo", actor=None),
            lambda: sites.move(lisbon, since=late, time_zone="Asia/Tokyo", actor=None),
            lambda: employment.move_to_department(person, hall, since=late, actor=None),
            lambda: employment.move_to_site(person, lisbon, since=late, actor=None),
            lambda: codes.save([Code("HD", "short", "#b97800", 1.0)], since=late, actor=None),
            lambda: shifts.assign(shift, person=person, first=late, actor=None),
            lambda: shifts.end_assignment(open_ended, last=day(30, 10), actor=None),
            lambda: calendars.take(calendar, [Candidate(late, "x", likely=True)], actor=None),
            lambda: calendars.remove(feast, actor=None),
        ]
        before = FactLine.objects.count()
        for deed in deeds:
            with pytest.raises(Refusal, match="day_closed") as refused:
                deed()
            assert refused.value.facts["first_open"] == "2026-11-01"
        assert FactLine.objects.count() == before
        assert not WorkRules.objects.exists()
        assert not ZoneChange.objects.exists()
        assert calendar.days.count() == 1

    def test_every_change_leaves_one_line_in_the_log_of_facts(self) -> None:
        shift, person = office.day_shift(), office.employee(department="Kitchen")
        hall, lisbon = Department.objects.create(name="Hall"), Site.objects.create(name="L", time_zone="Europe/Lisbon")
        calendar = HolidayCalendar.objects.create(name="Public")
        closed(10)
        since = day(15)
        rules.save_rules({"overtime_tolerance": 5}, since=since, actor=None)
        sites.move(None, since=since, time_zone="Asia/Tokyo", actor=None)
        sites.move(lisbon, since=since, time_zone="Asia/Tokyo", actor=None)
        employment.move_to_department(person, hall, since=since, actor=None)
        employment.move_to_site(person, lisbon, since=since, actor=None)
        codes.save([Code("HD", "short", "#b97800", 1.0)], since=since, actor=None)
        row = shifts.assign(shift, person=person, first=since, actor=None)
        shifts.end_assignment(row, last=day(20), actor=None)
        calendars.take(calendar, [Candidate(since, "Feast", likely=True)], actor=None)
        lines: list[Any] = list(FactLine.objects.values_list("kind", "person", "first"))
        assert lines == [
            *[(facts_log.Kind.PLAN, None, since)] * 7,
            (facts_log.Kind.PLAN, None, day(21)),
            (facts_log.Kind.PLAN, None, since),
        ]

    def test_without_a_day_a_change_holds_from_the_first_that_is_not_closed(self) -> None:
        shift = office.day_shift()
        rules.save_rules({"overtime_tolerance": 5}, actor=None)
        assert shifts.assign(shift, actor=None).first is None
        closed(10)
        rules.save_rules({"overtime_tolerance": 10}, actor=None)
        assert list(WorkRules.objects.values_list("since", flat=True)) == [periods.ALWAYS, FIRST]
        another = office.day_shift(name="Another")  # the same one is assigned already
        assert shifts.assign(another, actor=None).first == FIRST

    def test_an_assignment_that_ended_in_a_closed_month_is_not_made_longer(self) -> None:
        row = Assignment.objects.create(shift=office.day_shift(), last=day(15, 10))
        closed(10)
        with pytest.raises(Refusal, match="day_closed"):
            shifts.end_assignment(row, last=LAST, actor=None)
        Assignment.objects.filter(pk=row.pk).update(last=day(31, 10))
        row.refresh_from_db()
        shifts.end_assignment(row, last=LAST, actor=None)
        assert Assignment.objects.get().last == LAST


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 3)), max_size=8),
    st.integers(0, 3),
)
def test_a_change_holds_from_its_day_to_the_next_and_nothing_else_moves(
    changes: list[tuple[int, int]], before: int
) -> None:
    start = dt.date(2026, 1, 1)
    known: periods.Periods[int] = ()
    for offset, value in changes:
        since = start + dt.timedelta(days=offset)
        after = periods.changed(known, value, since=since, before=before)
        following = min((first for first, _ in known if first > since), default=dt.date.max)
        for each in (start + dt.timedelta(days=number) for number in range(-1, 40)):
            held = periods.value_on(known, each, otherwise=before)
            expected = value if since <= each < following else held
            assert periods.value_on(after, each, otherwise=before) == expected
        assert [first for first, _ in after] == sorted({first for first, _ in after})
        assert all(one[1] != other[1] for one, other in itertools.pairwise(after))
        known = after


class TestRules:
    def test_a_rule_changed_from_the_fifteenth_splits_the_month(self) -> None:
        person = office.employee(shift=office.day_shift())
        for each in (12, 13, 16, 17):
            office.punches(person, f"2026-11-{each} 08:00", f"2026-11-{each} 17:20")
        rules.save_rules({"overtime_tolerance": 0}, actor=None)
        rules.save_rules({"overtime_tolerance": 30}, since=day(15), actor=None)
        days, sums = month(person)
        assert [days[day(each)].overtime for each in (12, 13, 16, 17)] == [1200, 1200, 0, 0]
        assert sums.overtime == 2400

    def test_a_version_is_withdrawn_and_the_one_before_goes_on(self) -> None:
        for tolerance, since in ((5, None), (10, day(10)), (15, day(20))):
            rules.save_rules({"overtime_tolerance": tolerance}, since=since, actor=None)
        rules.withdraw(WorkRules.objects.get(since=day(10)), actor=None)
        assert [(since, each["overtime_tolerance"]) for since, each in rules.versions()] == [
            (periods.ALWAYS, 5),
            (day(20), 15),
        ]
        closed(11)
        with pytest.raises(Refusal, match="day_closed"):
            rules.withdraw(WorkRules.objects.get(since=day(20)), actor=None)


class TestCodes:
    def test_what_a_day_is_worth_changes_from_the_tenth(self) -> None:
        person = office.employee(shift=office.day_shift(), joined="2026-11-01")
        before = month(person)[1].paid_days
        codes.save([Code("A", "absent", "#c0322a", 0.5)], since=day(10), actor=None)
        days, sums = month(person)
        absent = [each for each, found in days.items() if found.code == "A"]
        assert sums.paid_days - before == pytest.approx(0.5 * sum(each >= day(10) for each in absent))
        assert any(each < day(10) for each in absent)

    def test_leave_is_cut_where_its_kind_begins_to_be_worth_less(self) -> None:
        person, kind = office.employee(shift=office.day_shift(), joined="2026-11-01"), office.leave_type()
        asked = leaves.request(person, kind, first=day(9), last=day(13), actor=None)
        leaves.approve(asked, actor=cast.user("hr", role="HR"))
        before = month(person)[1]
        codes.save([Code("CL", "Casual leave", "#64748b", 0.4)], since=day(11), actor=None)
        after = month(person)[1]
        assert before.paid_leave == 5.0
        assert after.paid_leave == pytest.approx(2 + 3 * 0.4)
        assert before.leave_by_code == after.leave_by_code == {"CL": 5.0}
        assert LeaveType.objects.get().paid_fraction == 0.4

    def test_a_code_that_will_mean_something_else_does_so_when_its_day_comes(self) -> None:
        office.leave_type(colour="#64748b")
        codes.save([Code("CL", "Short leave", "#111111", 0.4)], since=day(25), actor=None)
        known = {each.code: each.label for each in codes.table()}
        assert (known["CL"], LeaveType.objects.get().name) == ("Casual leave", "Casual leave")
        assert {each.code: each.label for each in codes.table(on=day(25))}["CL"] == "Short leave"
        with time_machine.travel(office.at("2026-11-25 00:10"), tick=False):
            valid_from.apply_due()
            valid_from.apply_due()
            assert LeaveType.objects.get().name == "Short leave"
            codes.withdraw(StatusCode.objects.get(code="CL", since=day(25)), actor=None)
            assert LeaveType.objects.get().name == "Casual leave"


class TestZones:
    def test_a_zone_from_a_day_on_leaves_the_days_before_as_they_were(self) -> None:
        person = office.employee(shift=office.day_shift())
        for each in (9, 10):
            office.punches(person, f"2026-11-{each:02} 08:00", f"2026-11-{each:02} 17:00")
        before, _ = month(person)
        sites.move(None, since=day(10), time_zone="Europe/Lisbon", actor=None)
        after, _ = month(person)
        assert after[day(9)].zone == before[day(9)].zone == "Europe/Berlin"
        assert (after[day(9)].late, after[day(9)].worked) == (before[day(9)].late, before[day(9)].worked)
        assert (after[day(10)].zone, after[day(10)].early) == ("Europe/Lisbon", 3600)
        assert SiteSettings.objects.get().time_zone == "Europe/Lisbon"

    def test_a_zone_that_lies_ahead_is_taken_at_its_own_midnight(self) -> None:
        sites.move(None, since=day(25), time_zone="Asia/Tokyo", actor=None)
        assert SiteSettings.objects.get().time_zone == "Europe/Berlin"
        for moment, zone in (("2026-11-24 15:59", "Europe/Berlin"), ("2026-11-24 16:01", "Asia/Tokyo")):
            with time_machine.travel(office.at(moment), tick=False):
                valid_from.apply_due()
                assert SiteSettings.objects.get().time_zone == zone
        assert plans.main_site().zone_on(day(24)) == "Europe/Berlin"

    def test_settings_take_a_zone_back_before_its_day(self) -> None:
        sites.change_settings({"time_zone": "Asia/Tokyo", "site_name": "Gate"}, zone_since=day(25), actor=None)
        assert (SiteSettings.objects.get().site_name, sites.zone_today(None)) == ("Gate", "Europe/Berlin")
        sites.withdraw_zone(ZoneChange.objects.get(since=day(25)), actor=None)
        assert not ZoneChange.objects.exists()
        with pytest.raises(Refusal, match="site_setting_invalid"):
            sites.change_settings({"time_zone": "Mars/Base"}, actor=None)

    def test_a_further_site_edited_directly_keeps_the_zone_of_the_days_before(self) -> None:
        row = Site.objects.create(name="Lisbon", time_zone="Europe/Lisbon")
        closed(10)
        row.time_zone = "Atlantic/Azores"
        sites.save(row, actor=None)
        assert sites.zones(row) == ((periods.ALWAYS, "Europe/Lisbon"), (FIRST, "Atlantic/Azores"))
