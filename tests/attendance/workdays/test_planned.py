"""Changes of the plan are tried first and refused where an example breaks; weeks are paid whole."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from attendance.core.errors import Refusal
from attendance.people.models import Person
from attendance.workdays import dry_run, facts
from attendance.workdays.models import Assignment, ClosedMonth, LeaveType, OvertimeApproval, Shift
from attendance.workdays.months import adjustments, closing
from attendance.workdays.requests import corrections, leaves
from attendance.workdays.schedule import rules, shifts
from tests import cast
from tests.attendance.workdays import office
from timekeeping import requests
from timekeeping.values import Direction

pytestmark = pytest.mark.django_db
MONDAY = dt.date(2026, 11, 2)


@pytest.fixture(autouse=True)
def _site() -> None:
    office.site()


def test_half_days_and_work_elsewhere_come_from_rows(client: Client) -> None:
    client.force_login(cast.user("hr", role="HR"))
    client.post(reverse("add_leave_type"), {
        "code": "WFH", "name": "From home", "colour": "#64748b", "paid_fraction": "1", "at_work": "on",
    })  # fmt: skip
    kind = LeaveType.objects.get()
    shift = office.day_shift(week_days="mon-sat", half_days="sat")
    person = office.employee(shift=shift)
    leave = leaves.request(person, kind, first=MONDAY, last=MONDAY, actor=None)
    leaves.approve(leave, actor=cast.user("boss", role="HR"))
    office.punches(person, "2026-11-07 08:00", "2026-11-07 12:00")
    saturday = dt.date(2026, 11, 7)
    with time_machine.travel(office.at("2026-12-02 12:00"), tick=False):
        ((_, days, sums),) = facts.months(facts.employed(MONDAY, saturday), MONDAY, saturday)
    assert (days[0].code, days[0].present, days[-1].code, days[-1].second) == ("WFH", 1.0, "P", ("HWO",))
    assert (sums.present, sums.off, sums.absent, sums.leave, sums.counted) == (1.5, 0.5, 4.0, 0.0, 6.0)


class TestWeeklyRule:
    """Week 30 November to 6 December: ten hours on Monday, eight on every other day."""

    @pytest.fixture
    def person(self) -> Person:
        rules.save_rules({"overtime": "week", "rates": "1.5"}, actor=None)
        person = office.employee(shift=office.day_shift(breaks="", end=dt.time(16)), joined="2026-11-30")
        office.punches(person, "2026-11-30 08:00", "2026-11-30 18:00")
        for day in range(1, 5):
            office.punches(person, f"2026-12-0{day} 08:00", f"2026-12-0{day} 16:00")
        return person

    def test_its_overtime_is_paid_once_in_the_month_of_its_last_day(self, person: Person) -> None:
        with time_machine.travel(office.at("2027-01-02 12:00"), tick=False):
            closing.close(MONDAY, actor=None, with_open_points=True)
            closing.close(dt.date(2026, 12, 1), actor=None, with_open_points=True)
        november, december = ClosedMonth.objects.order_by("closing__month")
        assert (november.totals["overtime"], december.totals["overtime"]) == (0, 7200)
        assert december.totals["overtime_by_rate"] == {"1.5": 7200}
        days = {day["day"]: day for month in (november, december) for day in month.days}
        assert [day for day, each in days.items() if each["overtime"]] == ["2026-12-06"]
        assert days["2026-12-06"]["overtime_by_rate"] == {"1.5": 7200}
        for month in (november, december):
            assert sum(day["payable"] for day in month.days) == month.totals["payable"]

    def test_a_late_fact_adjusts_the_overtime_of_the_week(self, person: Person) -> None:
        with time_machine.travel(office.at("2027-01-02 12:00"), tick=False):
            closing.close(MONDAY, actor=None, with_open_points=True)
            closing.close(dt.date(2026, 12, 1), actor=None, with_open_points=True)
            later = requests.Asked(dt.datetime.fromisoformat("2026-11-30 20:00"), Direction.OUT)
            asked = corrections.request(person, dt.date(2026, 11, 30), asked=[later], reason="x", actor=None)
            corrections.approve(asked, actor=cast.user("hr", role="HR"))
            found = list(adjustments.find(dt.date(2027, 1, 1)))
        days = {day["day"]: day["after"]["overtime"] - day["before"]["overtime"] for row in found for day in row.days}
        assert days == {"2026-11-30": 0, "2026-12-06": 7200}
        assert [(f"{row.month:%Y-%m}", row.quantities.get("overtime", 0)) for row in found] == [
            ("2026-11", 0),
            ("2026-12", 7200),
        ]

    def test_an_approval_of_the_week_lets_it_be_paid(self, person: Person) -> None:
        rules.save_rules({"overtime": "week", "overtime_needs_approval": True}, actor=None)
        ((_, _, before),) = facts.months(Person.objects.all(), dt.date(2026, 12, 1), dt.date(2026, 12, 31))
        OvertimeApproval.objects.create(person=person, day=dt.date(2026, 11, 30), at=office.at("2026-12-07 09:00"))
        ((_, _, after),) = facts.months(Person.objects.all(), dt.date(2026, 12, 1), dt.date(2026, 12, 31))
        assert (before.overtime, before.overtime_to_approve) == (0, 7200)
        assert (after.overtime, after.overtime_to_approve) == (7200, 0)

    def test_a_tolerance_of_the_week_is_tried_dry(self, person: Person) -> None:
        everybody = facts.employed(dt.date(2026, 12, 1), dt.date(2026, 12, 31))
        since = dt.date(2026, 12, 1)
        proposed = dry_run.with_rules({"overtime": "week", "overtime_tolerance": 120}, since=since)
        with time_machine.travel(office.at("2027-01-02 12:00"), tick=False):
            (change,) = dry_run.try_change(proposed, since=since, shown=9, people=everybody).changes
        assert (change.day, change.before["overtime"], change.after["overtime"]) == (dt.date(2026, 12, 6), 7200, 0)


def test_a_proposal_for_many_people_is_tried_on_fewer_days_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    shift = office.day_shift(grace_late_minutes=0)
    for number in range(4):
        office.punches(office.employee(f"Person {number}", shift=shift), "2026-11-02 08:04", "2026-11-02 17:00")
    shift.grace_late_minutes = 5
    proposed = dry_run.with_shift(shift)

    def tried() -> dry_run.Outcome:
        with time_machine.travel(office.at("2026-11-20 20:00"), tick=False):
            return dry_run.try_change(proposed, since=MONDAY, shown=9)

    whole = tried()
    assert (whole.since, whole.first, whole.last) == (MONDAY, MONDAY, dt.date(2026, 12, 4))
    assert (len(whole.changes), whole.people) == (4, 4)
    monkeypatch.setattr(dry_run, "PERSON_DAYS", 4 * 20)
    fewer = tried()
    assert (fewer.since, fewer.first, fewer.last) == (MONDAY, dt.date(2026, 11, 15), dt.date(2026, 12, 4))
    assert fewer.changes == ()
    monkeypatch.setattr(dry_run, "PERSON_DAYS", 4)
    assert tried().first == dt.date(2026, 11, 20)


class TestPlanning:
    NIGHT_EXAMPLE = "in 21:10, out 06:20, expect 02 Nov 2026, 9:10, late 0"

    def test_examples_beside_a_shift_refuse_a_setting_that_breaks_them(self) -> None:
        shift = office.night_shift(before_minutes=60, after_minutes=60, examples=self.NIGHT_EXAMPLE)
        shifts.save_shift(shift, actor=None)
        shift.start = dt.time(21)  # the example says that 21:10 is not late
        with pytest.raises(Refusal, match="example_fails"):
            shifts.save_shift(shift, actor=None)
        assert Shift.objects.get().start == dt.time(22)
        with pytest.raises(Refusal, match="rules_invalid"):
            rules.save_rules({"nights": "22:00-06:00"}, actor=None)

    @pytest.mark.parametrize(
        ("line", "complaint"),
        [
            ("in 08:06, out 17:00, expect 02 Nov 2026, 7:54, late 6, second LATE, present 1", None),
            ("IN 08:00 OUT 12:00 IN 13:00 OUT 17:00 EXPECT 2026-11-02, 8:00, overtime 0", None),
            ("in 08:00, expect 2 November 2026, code P, flags missing_out", None),
            ("expect 02 Nov 2026, code A, absent 1.0", None),
            ("# in 08:00, out nonsense", None),
            ("in 08:00, out 17:00, expect 02 Nov 2026, 9:00", "worked: expected 9:00, found 8:00"),
            ("in 08:00, out 17:00, expect 31 Feb, 8:00", "not a day: '31 Feb"),
            ("in 08:00, out 17:00", "it does not say what to expect"),
            ("in 08:00, out 25:00, expect 02 Nov, 8:00", "not a time of day: '25:00'"),
            ("in 08:00, at 17:00, expect 02 Nov, 8:00", "not 'at 17:00'"),
            ("in 08:00, out 17:00, expect 02 Nov 2026, cod P", "a day has no cod (did you mean code"),
            ("in 08:00, out 17:00, expect 02 Nov 2026, late soon", "late: not a duration: 'soon'"),
        ],
    )
    def test_lines_beside_a_shift(self, line: str, complaint: str | None) -> None:
        shift = office.day_shift(grace_late_minutes=5, examples=line)
        if complaint is None:
            shifts.save_shift(shift, actor=None)
            return
        with pytest.raises(Refusal, match="example_fails") as raised:
            shifts.save_shift(shift, actor=None)
        difference = str(raised.value.facts["difference"])
        assert complaint in difference
        assert difference.count(shift.examples) == 1

    def test_a_line_keeps_the_year_in_which_it_was_written(self) -> None:
        """The second of November is a Sunday the year before."""
        shift = office.day_shift(examples="in 08:00, out 17:00, expect 02 Nov, 8:00\nexpect 3 November, code A")
        with time_machine.travel(office.at("2026-11-20 12:00"), tick=False):
            shifts.save_shift(shift, actor=None)
        assert shift.examples.splitlines()[0].endswith("expect 02 Nov 2026, 8:00")
        with time_machine.travel(office.at("2025-11-20 12:00"), tick=False):
            shifts.save_shift(shift, actor=None)

    def test_rules_that_break_a_line_are_refused_with_the_shift_s_name(self) -> None:
        office.day_shift(examples="in 08:00, out 17:10, expect 02 Nov 2026, overtime 10")
        rules.save_rules({"overtime_tolerance": 5, "automatic_at": dt.time(20)}, actor=None)
        with pytest.raises(Refusal, match="example_fails") as raised:
            rules.save_rules({"overtime_tolerance": 10}, actor=None)
        assert str(raised.value.facts["difference"]).startswith("Day: in 08:00, out 17:10")
        assert facts.rules().overtime_tolerance_minutes == 5
        assert facts.rules().automatic_at == dt.time(20)

    def test_what_cannot_be_read_is_refused(self) -> None:
        with pytest.raises(Refusal, match="shift_invalid"):
            shifts.save_shift(office.day_shift(week_days="mon-fry"), actor=None)

    def test_a_change_is_tried_dry(self) -> None:
        shift = office.day_shift()
        person = office.employee(shift=shift)
        office.punches(person, "2026-11-02 08:04", "2026-11-02 17:00", "2026-11-03 08:00", "2026-11-03 17:00")
        shift.grace_late_minutes = 5
        everybody = facts.employed(MONDAY, MONDAY)
        with time_machine.travel(office.at("2026-11-03 20:00"), tick=False):
            outcome = dry_run.try_change(dry_run.with_shift(shift), since=MONDAY, shown=9, people=everybody)
        (change,) = outcome.changes
        assert (change.person, change.day, change.before["late"], change.after["late"]) == (person, MONDAY, 240, 0)
        ((_, (still,)),) = facts.derive(everybody, MONDAY, MONDAY)
        assert still.late == 240


def test_a_day_of_another_shift_is_listed_though_its_figures_are_equal() -> None:
    day, early = office.day_shift(), office.day_shift(name="Early", start=dt.time(6), end=dt.time(15))
    person = office.employee()
    Assignment.objects.create(shift=day, first=MONDAY, last=MONDAY + dt.timedelta(days=4))
    row = Assignment(shift=early, person=person, first=MONDAY, last=MONDAY)
    with time_machine.travel(office.at("2026-11-03 20:00"), tick=False):
        outcome = dry_run.try_change(dry_run.with_assignment(row), since=MONDAY, shown=9)
    (change,) = outcome.changes
    assert (change.before["code"], change.after["code"]) == ("A", "A")
    assert (change.before["expected"], change.after["expected"]) == (
        "08:00 to 12:00, 13:00 to 17:00",
        "06:00 to 12:00, 13:00 to 15:00",
    )
