"""Closing months: order, open points, and what happens meanwhile."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import time_machine

from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.enrolment import membership
from attendance.people import facts_log
from attendance.privacy import erasure
from attendance.workdays.models import (
    Adjustment,
    ClosedMonth,
    MonthClosing,
    MonthSettings,
    WorkRules,
)
from attendance.workdays.months import adjustments, closing, open_points, order, preparation
from attendance.workdays.months.open_points import Kind
from attendance.workdays.months.preparation import Preparation
from attendance.workdays.requests import corrections, leaves
from attendance.workdays.schedule import employment, rules
from tests import cast, factories
from tests.attendance.workdays import office
from tests.attendance.workdays.closings import DECEMBER, JANUARY, MONDAY, NOVEMBER, close, correct
from timekeeping.requests import Asked
from timekeeping.values import Direction

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site() -> None:
    office.site()


@pytest.fixture
def hr() -> User:
    return cast.user("hr", role="HR")


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

        def erased_before(self: Preparation, insert: Callable[[], object]) -> None:
            erasure.erase(person, actor=hr)
            write(self, insert)

        monkeypatch.setattr(Preparation, "_write", erased_before)
        assert close(NOVEMBER, "2026-12-02 12:00").people.get().name == ""


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
            (Kind.OVERTIME, 3),
            (Kind.ABSENCE, 4),
            (Kind.ABSENCE, 5),
            (Kind.CORRECTION, 2),
            (Kind.LEAVE, 5),
            (Kind.SILENT_DOOR, None),
        ]

    def test_check_ins_outside_of_the_employment_are_listed(self) -> None:
        leaver = office.employee(shift=office.day_shift())
        employment.employ(leaver, joined=MONDAY, left=MONDAY, actor=None)
        gone = office.employee("Ida Roth", shift=office.day_shift(name="Day of then"))
        employment.employ(gone, joined=dt.date(2026, 9, 1), left=dt.date(2026, 9, 30), actor=None)
        office.punches(leaver, "2026-11-02 08:00", "2026-11-02 17:00", "2026-11-03 08:00", "2026-11-03 17:00")
        office.punches(gone, "2026-11-04 08:00", "2026-11-04 17:00")
        wanted = [(Kind.NOT_EMPLOYED, leaver.pk, 3), (Kind.NOT_EMPLOYED, gone.pk, 4)]
        with time_machine.travel(office.at("2026-12-02 12:00"), tick=False):
            shown = open_points.find(NOVEMBER, dt.date(2026, 11, 30))
        assert [(point.kind, point.person, point.day and point.day.day) for point in shown] == wanted
        closed = close(NOVEMBER, "2026-12-02 12:00", agreed=open_points.digest(shown))
        assert [point["kind"] for point in closed.open_points] == ["not_employed", "not_employed"]

    def test_the_night_of_the_last_day_lies_inside_of_the_employment(self) -> None:
        person = office.employee(shift=office.night_shift())
        employment.employ(person, joined=MONDAY, left=MONDAY, actor=None)
        office.punches(person, "2026-11-02 22:00", "2026-11-03 06:00")
        assert close(NOVEMBER, "2026-12-02 12:00", with_open_points=False).open_points == []

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
