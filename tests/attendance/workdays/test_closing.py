"""Closing, adjusting and reopening months."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine

from attendance.core.errors import Refusal
from attendance.core.models import AuditEntry, User
from attendance.enrolment import membership
from attendance.people import facts_log
from attendance.people.models import Person
from attendance.privacy import erasure
from attendance.workdays import facts
from attendance.workdays.models import (
    Adjustment,
    Assignment,
    ClosedMonth,
    Leave,
    MonthClosing,
    MonthSettings,
    WorkRules,
)
from attendance.workdays.months import adjustments, closing, open_points, order, preparation, reopening
from attendance.workdays.months.open_points import Kind
from attendance.workdays.months.preparation import Preparation
from attendance.workdays.requests import corrections, leaves
from attendance.workdays.schedule import employment, rules
from tests import cast, factories
from tests.attendance.workdays import office
from timekeeping.requests import Asked
from timekeeping.values import Direction

pytestmark = pytest.mark.django_db
NOVEMBER, DECEMBER, JANUARY = dt.date(2026, 11, 1), dt.date(2026, 12, 1), dt.date(2027, 1, 1)
MONDAY = dt.date(2026, 11, 2)
LATER = office.at("2026-12-05 12:00")


@pytest.fixture(autouse=True)
def _site() -> None:
    office.site()


@pytest.fixture
def hr() -> User:
    return cast.user("hr", role="HR")


def close(month: dt.date, at: str, **more: Any) -> MonthClosing:
    with time_machine.travel(office.at(at), tick=False):
        return closing.close(month, **{"actor": None, "with_open_points": True, **more})


def correct(person: Person, text: str, direction: Direction, *, hr: User, at: str) -> None:
    """Let a time count that nobody recorded."""
    moment = dt.datetime.fromisoformat(text)
    with time_machine.travel(office.at(at), tick=False):
        asked = corrections.request(
            person, moment.date(), asked=[Asked(moment, direction)], reason="forgotten", actor=None
        )
        corrections.approve(asked, actor=hr)


class TestClosing:
    def test_the_days_stand_and_a_late_fact_adjusts_the_next_month(self, hr: User) -> None:
        person = office.employee(shift=office.day_shift())
        office.punches(person, "2026-11-02 08:00")
        november = close(NOVEMBER, "2026-12-02 12:00")
        assert november.sha256 == closing.checksum(november)
        correct(person, "2026-11-02 17:00", Direction.OUT, hr=hr, at="2026-12-02 12:00")
        assert ClosedMonth.objects.get(person=person).days[1]["second"] == ["FO"]
        december = close(DECEMBER, "2027-01-02 12:00")
        row = Adjustment.objects.get()
        assert (row.closing, row.person, row.month) == (december, person, NOVEMBER)
        assert row.quantities["standard"] == 8 * 3600
        assert [(day["day"], day["before"]["worked"], day["after"]["worked"]) for day in row.days] == [
            ("2026-11-02", 0, 8 * 3600)
        ]
        assert list(adjustments.find(JANUARY)) == []
        assert december.sha256 == closing.checksum(december)

    def test_it_keeps_who_somebody_was_and_by_which_rules(self) -> None:
        person = office.employee("Mei Lin", shift=office.day_shift(), department="Kitchen", employee_number="7")
        office.punches(person, "2026-11-02 08:00", "2026-11-02 17:00")
        found = close(NOVEMBER, "2026-12-02 12:00")
        row = found.people.get()
        assert (row.employee_number, row.name, row.department) == ("7", "Mei Lin", "Kitchen")
        assert (found.time_zone, found.version, found.layout) == ("Europe/Berlin", 1, preparation.LAYOUT)
        assert found.rules[0]["rules"]["overtime"] == "day"
        assert found.plan["plans"][0]["assignments"][0]["shift"]["name"] == "Day"

    def test_a_month_that_is_not_over_is_refused(self) -> None:
        office.employee(shift=office.day_shift())
        with pytest.raises(Refusal, match="month_not_over"):
            close(NOVEMBER, "2026-11-30 12:00")
        assert not MonthClosing.objects.exists()

    def test_it_is_closed_once(self) -> None:
        office.employee(shift=office.day_shift())
        close(NOVEMBER, "2026-12-02 12:00")
        with pytest.raises(Refusal, match="month_closed"):
            close(NOVEMBER, "2026-12-02 12:01")

    def test_who_closes_while_somebody_else_does_is_refused(self) -> None:
        person = office.employee(shift=office.day_shift())
        office.punches(person, "2026-11-02 08:00")
        with time_machine.travel(office.at("2026-12-02 12:00"), tick=False):
            Preparation(NOVEMBER, actor=None)
            with pytest.raises(Refusal, match="closing_underway"):
                closing.close(NOVEMBER, actor=None, with_open_points=True)
        # a preparation that was cut off is silent, and stands in nobody's way
        assert close(NOVEMBER, "2026-12-02 12:05").state == order.CLOSED
        assert MonthClosing.objects.count() == 1

    def test_a_check_in_of_meanwhile_is_part_of_it(self, monkeypatch: pytest.MonkeyPatch, hr: User) -> None:
        person = office.employee(shift=office.day_shift())
        other = office.employee("Ben", shift=office.day_shift(name="Late"))
        office.punches(person, "2026-11-02 08:00")
        office.punches(other, "2026-11-02 08:00")
        derive_all = Preparation.derive_all

        def slowly(self: Preparation) -> None:
            derive_all(self)
            correct(person, "2026-11-02 17:00", Direction.OUT, hr=hr, at="2026-12-02 12:00")

        monkeypatch.setattr(Preparation, "derive_all", slowly)
        found = close(NOVEMBER, "2026-12-02 12:00")
        assert found.people.get(person=person).totals["worked"] == 8 * 3600
        assert found.people.count() == 2
        assert found.sha256 == closing.checksum(found)
        assert list(adjustments.find(DECEMBER)) == []

    def test_a_rule_changed_meanwhile_stops_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        office.employee(shift=office.day_shift())
        derive_all = Preparation.derive_all

        def slowly(self: Preparation) -> None:
            derive_all(self)
            facts_log.append(facts_log.Kind.PLAN, None, first=NOVEMBER, last=None)

        monkeypatch.setattr(Preparation, "derive_all", slowly)
        with pytest.raises(Refusal, match="plan_changed"):
            close(NOVEMBER, "2026-12-02 12:00")
        assert not MonthClosing.objects.exists()


class TestMeanwhile:
    """What happens between the looks that a closing takes."""

    def test_a_fact_between_two_rounds_is_in_it(self, monkeypatch: pytest.MonkeyPatch, hr: User) -> None:
        first, other = office.employee(shift=office.day_shift()), office.employee("Ben", shift=office.night_shift())
        office.punches(first, "2026-11-02 08:00")
        office.punches(other, "2026-11-02 22:00")
        derive_all, derive_again = Preparation.derive_all, Preparation.derive_again
        late = [(other, "2026-11-03 06:00")]

        def all_and_a_fact(self: Preparation) -> None:
            derive_all(self)
            correct(first, "2026-11-02 17:00", Direction.OUT, hr=hr, at="2026-12-02 12:00")

        def a_fact_and_again(self: Preparation, people: Any) -> None:
            for person, text in late:
                late.remove((person, text))
                correct(person, text, Direction.OUT, hr=hr, at="2026-12-02 12:00")
            derive_again(self, people)

        monkeypatch.setattr(Preparation, "derive_all", all_and_a_fact)
        monkeypatch.setattr(Preparation, "derive_again", a_fact_and_again)
        found = close(NOVEMBER, "2026-12-02 12:00")
        assert {row.person_id: row.totals["worked"] for row in found.people.all()} == {
            first.pk: 8 * 3600,
            other.pk: 8 * 3600,
        }
        assert list(adjustments.find(DECEMBER)) == []
        assert found.sha256 == closing.checksum(found)

    def test_a_preparation_that_was_taken_for_cut_off_never_comes_into_force(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        office.punches(office.employee(shift=office.day_shift()), "2026-11-02 08:00")
        derive_all = Preparation.derive_all

        def paused(self: Preparation) -> None:
            derive_all(self)
            monkeypatch.setattr(Preparation, "derive_all", derive_all)
            with pytest.raises(Refusal, match="open_points"):
                close(NOVEMBER, "2026-12-02 12:05", with_open_points=False)

        monkeypatch.setattr(Preparation, "derive_all", paused)
        with pytest.raises(Refusal, match="closing_underway"):
            close(NOVEMBER, "2026-12-02 12:00")
        assert not MonthClosing.objects.exists()

    def test_who_is_erased_meanwhile_has_no_name_in_it(self, monkeypatch: pytest.MonkeyPatch, hr: User) -> None:
        person = office.employee(shift=office.day_shift())
        membership.deactivate(person, actor=hr)
        write = Preparation._write

        def erased_before(self: Preparation, rows: list[ClosedMonth]) -> None:
            erasure.erase(person, actor=hr)
            write(self, rows)

        monkeypatch.setattr(Preparation, "_write", erased_before)
        assert close(NOVEMBER, "2026-12-02 12:00").people.get().name == ""


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


class TestOrder:
    def test_the_first_month_is_the_one_with_the_first_fact(self) -> None:
        person = office.employee(shift=office.day_shift())
        office.punches(person, "2026-10-05 08:00", "2026-10-05 17:00")
        with pytest.raises(Refusal, match="earlier_month_open") as refused:
            close(NOVEMBER, "2026-12-02 12:00")
        assert refused.value.facts == {"month": "2026-10"}
        close(dt.date(2026, 10, 1), "2026-12-02 12:00")
        close(NOVEMBER, "2026-12-02 12:00")
        with pytest.raises(Refusal, match="month_not_over"):
            close(DECEMBER, "2026-12-02 12:00")

    def test_months_before_records_begin_are_never_closed(self) -> None:
        person = office.employee(shift=office.day_shift())
        office.punches(person, "2026-10-05 08:00", "2026-10-05 17:00")
        order.begin_records(NOVEMBER, actor=None)
        with pytest.raises(Refusal, match="before_records"):
            close(dt.date(2026, 10, 1), "2026-12-02 12:00")
        close(NOVEMBER, "2026-12-02 12:00")
        assert order.is_before_records(dt.date(2026, 10, 31))
        assert not order.is_before_records(NOVEMBER)

    def test_where_records_begin_is_fixed_by_the_first_closing(self) -> None:
        office.employee(shift=office.day_shift())
        order.begin_records(DECEMBER, actor=None)
        order.begin_records(NOVEMBER, actor=None)
        close(NOVEMBER, "2026-12-02 12:00")
        with pytest.raises(Refusal, match="records_begun"):
            order.begin_records(DECEMBER, actor=None)
        assert MonthSettings.objects.get().records_begin == NOVEMBER


class TestOpenPoints:
    def test_each_kind_is_listed_and_kept_with_the_closing(self, hr: User) -> None:
        person = office.employee(shift=office.day_shift(), joined="2026-11-02")
        employment.employ(person, joined=MONDAY, left=dt.date(2026, 11, 5), actor=None)
        rules.save_rules({"overtime_needs_approval": True}, actor=None)
        office.punches(person, "2026-11-02 08:00", "2026-11-03 08:00", "2026-11-03 19:00")
        WorkRules.objects.update(content={"overtime_needs_approval": True})
        leaves.request(person, office.leave_type(), first=dt.date(2026, 11, 5), last=dt.date(2026, 11, 5), actor=None)
        with time_machine.travel(office.at("2026-11-04 12:00"), tick=False):
            corrections.request(
                person,
                MONDAY,
                asked=[Asked(dt.datetime.fromisoformat("2026-11-02 17:00"), Direction.OUT)],
                reason="x",
                actor=None,
            )
        factories.device("Back", paired_at=office.at("2026-11-01 12:00"), last_seen_at=office.at("2026-11-29 12:00"))
        with pytest.raises(Refusal, match="open_points") as refused:
            close(NOVEMBER, "2026-12-02 12:00", with_open_points=False)
        found = close(NOVEMBER, "2026-12-02 12:00")
        kept = [open_points.from_json(point) for point in found.open_points]
        assert refused.value.facts == {"month": "2026-11", "points": len(kept)}
        assert [(point.kind, point.day and point.day.day) for point in kept] == [
            (Kind.MISSING_OUT, 2),
            (Kind.OVERTIME, 3),
            (Kind.ABSENCE, 4),
            (Kind.ABSENCE, 5),
            (Kind.CORRECTION, 2),
            (Kind.LEAVE, 5),
            (Kind.SILENT_DOOR, None),
        ]

    def test_nothing_open_needs_no_word(self) -> None:
        person = office.employee(shift=office.day_shift())
        employment.employ(person, joined=MONDAY, left=MONDAY, actor=None)
        office.punches(person, "2026-11-02 08:00", "2026-11-02 17:00")
        assert close(NOVEMBER, "2026-12-02 12:00", with_open_points=False).open_points == []

    def test_a_door_heard_from_just_now_is_not_silent(self) -> None:
        factories.device("Front", paired_at=office.at("2026-11-01 12:00"), last_seen_at=office.at("2026-12-02 11:58"))
        with time_machine.travel(office.at("2026-12-02 12:00"), tick=False):
            assert list(open_points.of_doors(dt.date(2026, 12, 31))) == []
        with time_machine.travel(office.at("2026-12-02 13:00"), tick=False):
            assert len(list(open_points.of_doors(dt.date(2026, 12, 31)))) == 1
            assert list(open_points.of_doors(dt.date(2026, 11, 30))) == []


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
