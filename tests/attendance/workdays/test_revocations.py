"""What was approved is taken back by a line of its own, and a closed month is adjusted by it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine

from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.people.models import FactLine, Person
from attendance.workdays import dry_run, facts
from attendance.workdays.models import (
    Adjustment,
    Correction,
    CorrectionEntry,
    Leave,
    MonthClosing,
    OvertimeApproval,
    Revocation,
    State,
)
from attendance.workdays.months import adjustments, closing
from attendance.workdays.requests import corrections, leaves, overtime, revocations
from attendance.workdays.schedule import rules
from tests import cast
from tests.attendance.workdays import office
from tests.attendance.workdays.closings import DECEMBER, MONDAY, NOVEMBER, close, correct
from timekeeping.requests import Asked
from timekeeping.values import Direction
from timekeeping.work_day import OvertimeState, WorkDay

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("december")]
TUESDAY = MONDAY + dt.timedelta(days=1)
LATER = "2026-12-07 09:00"


@pytest.fixture
def boss() -> User:
    return cast.user("boss", role="HR")


@pytest.fixture
def mei() -> Person:
    person = office.employee("Mei", shift=office.day_shift())
    office.punches(person, "2026-11-02 08:20", "2026-11-02 17:00", "2026-11-03 08:00")
    return person


def day(person: Person, date: dt.date = MONDAY) -> WorkDay:
    ((_, (found,)),) = facts.derive(Person.objects.filter(pk=person.pk), date, date)
    return found


def leave_of(person: Person, first: str, last: str, boss: User, **more: Any) -> Leave:
    begins, ends = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    kind = office.leave_type()
    return leaves.approve(leaves.request(person, kind, first=begins, last=ends, actor=None, **more), actor=boss)


def days_of_leave(person: Person) -> list[tuple[int, float]]:
    found = facts.derive(Person.objects.filter(pk=person.pk), NOVEMBER, NOVEMBER + dt.timedelta(days=29))
    return [(each.day.day, each.leave) for _, days in found for each in days if each.leave]


def test_a_correction_that_is_taken_back_leaves_the_day_as_it_was(mei: Person, boss: User) -> None:
    before = day(mei, TUESDAY)
    correct(mei, "2026-11-03 17:00", Direction.OUT, hr=boss, at="2026-12-03 09:00")
    row = Correction.objects.get()
    decided = Correction.objects.values().get()
    assert day(mei, TUESDAY).worked == 8 * 3600
    lines = FactLine.objects.count()
    with time_machine.travel(office.at(LATER), tick=False):
        revocations.revoke(row, reason="it was Wednesday", actor=boss)
    after = day(mei, TUESDAY)
    assert after.flags == before.flags
    assert (after.worked, after.code, after.second) == (before.worked, before.code, before.second)
    assert Correction.objects.values().get() == decided
    line = FactLine.objects.latest("sequence")
    assert FactLine.objects.count() == lines + 1
    assert line.kind == FactLine.Kind.CORRECTION
    assert line.first < TUESDAY < (line.last or dt.date.min)
    assert line.recorded_at == office.at(LATER)


def test_what_was_taken_back_counts_again_and_is_taken_back_again(mei: Person, boss: User) -> None:
    correct(mei, "2026-11-03 17:00", Direction.OUT, hr=boss, at="2026-12-03 09:00")
    row, moments = Correction.objects.get(), iter(range(10, 20))
    for counts in (False, True, False, True):
        with time_machine.travel(office.at(f"2026-12-07 {next(moments)}:00"), tick=False):
            if counts:
                revocations.restore(row, reason="right after all", actor=boss)
            else:
                revocations.revoke(row, reason="wrong", actor=boss)
        assert (day(mei, TUESDAY).worked == 8 * 3600) is counts
        assert revocations.counts(row) is counts
    assert Revocation.objects.count() == 4


def test_the_second_click_is_refused(mei: Person, boss: User) -> None:
    correct(mei, "2026-11-03 17:00", Direction.OUT, hr=boss, at="2026-12-03 09:00")
    row = Correction.objects.get()
    with pytest.raises(Refusal, match="counts_already"):
        revocations.restore(row, reason="x", actor=boss)
    revocations.revoke(row, reason="x", actor=boss)
    with pytest.raises(Refusal, match="counts_no_more"):
        revocations.revoke(row, reason="x", actor=boss)
    with pytest.raises(Refusal, match="reason_missing"):
        revocations.restore(row, reason=" ", actor=boss)
    assert Revocation.objects.count() == 1


def test_a_request_to_cancel_waits_and_changes_nothing_until_it_is_approved(mei: Person, boss: User) -> None:
    taken = leave_of(mei, "2026-11-09", "2026-11-10", boss)
    asked = revocations.request(taken, reason="the trip fell through", actor=None)
    assert days_of_leave(mei) == [(9, 1.0), (10, 1.0)]
    with pytest.raises(Refusal, match="cancelling_waits"):
        revocations.revoke(taken, reason="x", actor=boss)
    with pytest.raises(Refusal, match="cancelling_waits"):
        leaves.shorten(taken, first=taken.first, last=taken.first, part="full", reason="x", actor=None)
    revocations.reject(asked, decision="it was paid", actor=boss)
    assert days_of_leave(mei) == [(9, 1.0), (10, 1.0)]
    again = revocations.request(taken, reason="really", actor=None)
    revocations.approve(again, actor=boss)
    assert days_of_leave(mei) == []
    with pytest.raises(Refusal, match="already_decided"):
        revocations.approve(again, actor=boss)


def test_leave_is_cut_short_and_can_be_whole_again(mei: Person, boss: User) -> None:
    whole = leave_of(mei, "2026-11-09", "2026-11-13", boss)
    part = leaves.shorten(
        whole,
        first=whole.first,
        last=dt.date(2026, 11, 11),
        part="first_half",
        half_day=dt.date(2026, 11, 11),
        reason="called back",
        actor=None,
    )
    assert len(days_of_leave(mei)) == 5
    leaves.approve(part, actor=boss)
    assert days_of_leave(mei) == [(9, 1.0), (10, 1.0), (11, 0.5)]
    other = leaves.request(mei, whole.type, first=whole.last, last=whole.last, actor=None)  # the day is free
    with pytest.raises(Refusal, match="counts_no_more"):
        leaves.shorten(whole, first=whole.first, last=whole.first, part="full", reason="x", actor=None)
    with time_machine.travel(office.at(LATER), tick=False):
        revocations.restore(whole, reason="not called back", actor=boss)
    assert [each for each, _ in days_of_leave(mei)] == [9, 10, 11, 12, 13]
    assert not revocations.counts(part)
    with pytest.raises(Refusal, match="leave_overlaps"):
        leaves.approve(other, actor=boss)
    with pytest.raises(Refusal, match="leave_overlaps"):
        revocations.restore(part, reason="x", actor=boss)


def test_cancelling_what_remains_brings_the_whole_not_back(mei: Person, boss: User) -> None:
    whole = leave_of(mei, "2026-11-09", "2026-11-13", boss)
    part = leaves.shorten(whole, first=whole.first, last=whole.first, part="full", reason="x", actor=None)
    leaves.approve(part, actor=boss)
    revocations.revoke(part, reason="x", actor=boss)
    assert days_of_leave(mei) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"last": dt.date(2026, 11, 13)},  # no change
        {"last": dt.date(2026, 11, 14)},
        {"first": dt.date(2026, 11, 6)},
    ],
)
def test_what_remains_is_less_than_the_leave(mei: Person, boss: User, wrong: dict[str, Any]) -> None:
    whole = leave_of(mei, "2026-11-09", "2026-11-13", boss)
    form = {"first": whole.first, "last": whole.last, "part": "full", "reason": "x", **wrong}
    with pytest.raises(Refusal, match="leave_not_shorter"):
        leaves.shorten(whole, actor=None, **form)


def test_a_time_of_a_correction_is_found_replaced_and_back_again(mei: Person, boss: User) -> None:
    correct(mei, "2026-11-03 17:00", Direction.OUT, hr=boss, at="2026-12-03 09:00")
    found = corrections.recorded(mei, TUESDAY, times=[dt.time(17)])
    assert found == [CorrectionEntry.objects.get()]
    at = dt.datetime.fromisoformat("2026-11-03 18:00")
    again = corrections.request(
        mei, TUESDAY, asked=[Asked(at, Direction.OUT)], withdrawn=found, reason="later", actor=None
    )
    assert day(mei, TUESDAY).worked == 8 * 3600
    corrections.approve(again, actor=boss)
    assert day(mei, TUESDAY).worked == 9 * 3600
    with pytest.raises(Refusal, match="not_recorded"):
        corrections.recorded(mei, TUESDAY, times=[dt.time(17)])
    with time_machine.travel(office.at(LATER), tick=False):
        revocations.revoke(again, reason="x", actor=boss)
    assert day(mei, TUESDAY).worked == 8 * 3600


def test_a_time_of_a_correction_is_withdrawn_once(mei: Person, boss: User) -> None:
    correct(mei, "2026-11-03 17:00", Direction.OUT, hr=boss, at="2026-12-03 09:00")
    found = corrections.recorded(mei, TUESDAY, times=[dt.time(17)])
    one = corrections.request(mei, TUESDAY, withdrawn=found, reason="x", actor=None)
    with pytest.raises(Refusal, match="already_asked"):
        corrections.request(mei, TUESDAY, withdrawn=found, reason="x", actor=None)
    Correction.objects.filter(pk=one.pk).update(state=State.REJECTED)
    two = corrections.request(mei, TUESDAY, withdrawn=found, reason="x", actor=None)
    Correction.objects.filter(pk=one.pk).update(state=State.REQUESTED)
    corrections.approve(two, actor=boss)
    with pytest.raises(Refusal, match="already_approved"):
        corrections.approve(one, actor=boss)


def test_the_time_that_stands_in_the_place_of_a_check_in_is_meant(mei: Person, boss: User) -> None:
    """A check-in of 08:20 was replaced by an in of the same minute: what counts is the correction."""
    check_in = corrections.recorded(mei, MONDAY, times=[dt.time(8, 20)])
    at = dt.datetime.fromisoformat("2026-11-02 08:20")
    row = corrections.request(mei, MONDAY, asked=[Asked(at, Direction.IN)], withdrawn=check_in, reason="x", actor=None)
    corrections.approve(row, actor=boss)
    assert corrections.recorded(mei, MONDAY, times=[dt.time(8, 20)]) == [CorrectionEntry.objects.exclude(at=None).get()]


def test_what_was_taken_back_can_be_asked_for_anew_but_not_twice(mei: Person, boss: User) -> None:
    correct(mei, "2026-11-03 17:00", Direction.OUT, hr=boss, at="2026-12-03 09:00")
    row = Correction.objects.get()
    revocations.revoke(row, reason="x", actor=boss)
    correct(mei, "2026-11-03 17:00", Direction.OUT, hr=boss, at="2026-12-08 09:00")
    with pytest.raises(Refusal, match="already_approved"):
        revocations.restore(row, reason="x", actor=boss)


def test_overtime_that_is_taken_back_waits_again(mei: Person, boss: User) -> None:
    rules.save_rules({"overtime_needs_approval": True}, actor=None)
    correct(mei, "2026-11-03 19:00", Direction.OUT, hr=boss, at="2026-12-03 09:00")
    with time_machine.travel(office.at("2026-12-04 09:00"), tick=False):
        overtime.approve(mei, TUESDAY, actor=boss)
    assert day(mei, TUESDAY).overtime_state is OvertimeState.APPROVED
    with time_machine.travel(office.at(LATER), tick=False):
        revocations.revoke(OvertimeApproval.objects.get(), reason="x", actor=boss)
    assert day(mei, TUESDAY).overtime_state is OvertimeState.TO_APPROVE
    with time_machine.travel(office.at("2026-12-08 09:00"), tick=False):
        overtime.approve(mei, TUESDAY, actor=boss)
    assert day(mei, TUESDAY).overtime_state is OvertimeState.APPROVED


def test_a_correction_that_is_taken_back_asks_for_overtime_again(mei: Person, boss: User) -> None:
    """An hour outside was a correction; without it there is more overtime than was approved."""
    rules.save_rules({"overtime_needs_approval": True}, actor=None)
    office.punches(mei, "2026-11-04 08:00", "2026-11-04 20:00")
    wednesday = dt.date(2026, 11, 4)
    with time_machine.travel(office.at("2026-12-03 09:00"), tick=False):
        asked = [
            Asked(dt.datetime.fromisoformat("2026-11-04 14:00"), Direction.OUT),
            Asked(dt.datetime.fromisoformat("2026-11-04 15:00"), Direction.IN),
        ]
        row = corrections.request(mei, wednesday, asked=asked, reason="x", actor=None)
        corrections.approve(row, actor=boss)
    with time_machine.travel(office.at("2026-12-04 09:00"), tick=False):
        overtime.approve(mei, wednesday, actor=boss)
    assert day(mei, wednesday).overtime == 2 * 3600
    with time_machine.travel(office.at(LATER), tick=False):
        revocations.revoke(row, reason="x", actor=boss)
    after = day(mei, wednesday)
    assert (after.overtime, after.overtime_state) == (3 * 3600, OvertimeState.TO_APPROVE)


def test_a_closed_month_stands_and_the_next_one_is_adjusted(mei: Person, boss: User) -> None:
    correct(mei, "2026-11-03 17:00", Direction.OUT, hr=boss, at="2026-12-03 09:00")
    whole = leave_of(mei, "2026-11-09", "2026-11-13", boss)
    close(NOVEMBER, "2026-12-05 12:00")
    sealed = MonthClosing.objects.get().sha256
    with time_machine.travel(office.at(LATER), tick=False):
        revocations.revoke(Correction.objects.get(), reason="x", actor=boss)
        part = leaves.shorten(whole, first=whole.first, last=whole.first, part="full", reason="x", actor=None)
        leaves.approve(part, actor=boss)
        (found,) = adjustments.find(DECEMBER)
    assert MonthClosing.objects.get().sha256 == sealed
    assert found.quantities["standard"] == -8 * 3600
    assert found.quantities["leave"] == -4
    with time_machine.travel(office.at("2027-01-04 09:00"), tick=False):
        closing.close(DECEMBER, actor=None, with_open_points=True)
        revocations.restore(Correction.objects.get(), reason="x", actor=boss)
        (back,) = adjustments.find(dt.date(2027, 1, 1))
    assert Adjustment.objects.get().quantities == found.quantities
    assert back.quantities["standard"] == 8 * 3600
    assert "leave" not in back.quantities


def test_what_would_change_is_derived_before_it_is_saved(mei: Person, boss: User) -> None:
    correct(mei, "2026-11-03 17:00", Direction.OUT, hr=boss, at="2026-12-03 09:00")
    row = Correction.objects.get()
    taken = leave_of(mei, "2026-11-09", "2026-11-13", boss)

    def changes(change: dry_run.Alternative) -> list[tuple[int, Any, Any]]:
        first, last = NOVEMBER, NOVEMBER + dt.timedelta(days=29)
        found = dry_run.try_days(change, mei, first, last, shown=50).changes
        return [(each.day.day, each.before["worked"], each.after["worked"]) for each in found]

    assert changes(dry_run.without_request(row)) == [(3, 8 * 3600, 0)]
    remains = Leave(person=mei, type=taken.type, first=taken.first, last=taken.first)
    assert [each for each, _, _ in changes(dry_run.without_request(taken))] == [9, 10, 11, 12, 13]
    assert [each for each, _, _ in changes(dry_run.without_request(taken, remains=remains))] == [10, 11, 12, 13]
    revocations.revoke(row, reason="x", actor=boss)
    assert changes(dry_run.with_request(row)) == [(3, 0, 8 * 3600)]
    assert Revocation.objects.count() == 1


def test_nobody_takes_back_what_is_not_theirs_to_decide(mei: Person, boss: User) -> None:
    correct(mei, "2026-11-03 17:00", Direction.OUT, hr=boss, at="2026-12-03 09:00")
    row = Correction.objects.get()
    with pytest.raises(Refusal, match="not_your_department"):
        revocations.revoke(row, reason="x", actor=cast.user("manager", role="Manager"))
    assert not Revocation.objects.exists()
    mei.user = boss
    mei.save()
    with pytest.raises(Refusal, match="not_your_department"):
        revocations.revoke(row, reason="x", actor=boss)
