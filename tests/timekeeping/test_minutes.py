"""What a person sees adds up: whole minutes and shares of days, on days, in weeks and in totals."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.effort import examples
from timekeeping import derivation, overtime, totals
from timekeeping.durations import Remainders, cut, whole_minutes
from timekeeping.shares import share_of_day
from timekeeping.values import (
    Assignment,
    Automatic,
    Direction,
    Holiday,
    Hours,
    Leave,
    LeavePart,
    OvertimeRule,
    Punch,
    RateStep,
    Roster,
    Rules,
    Shift,
    Site,
)
from timekeeping.work_day import OvertimeState, WorkDay

FIRST, LAST = dt.date(2026, 10, 19), dt.date(2026, 11, 1)
"""A fortnight from a Monday on, with the change of clocks in it."""
AROUND = dt.timedelta(days=7)
START = int(dt.datetime(2026, 10, 12, tzinfo=dt.UTC).timestamp())
DAY = (
    "gross", "span", "pairs", "worked", "planned", "standard", "overtime", "payable", "late", "early", "night",
    "daytime",
)  # fmt: skip
PART = (
    "gross",
    "worked",
    "plan_seconds",
    "late",
    "late_past_grace",
    "early",
    "unconfirmed_seconds",
    "elsewhere_seconds",
)
TOTALS = (
    "gross", "worked", "planned", "standard", "overtime", "overtime_to_approve", "undertime", "payable", "night",
    "holiday_hours", "rest_day_hours", "late", "early",
)  # fmt: skip
SHARES = ("present", "leave", "absent", "holidays", "off", "unmarked")

clocks = st.builds(dt.time, st.integers(0, 23), st.integers(0, 59), st.sampled_from([0, 0, 30]))
shifts = st.builds(
    Shift,
    name=st.sampled_from(["early", "late"]),
    start=clocks,
    end=clocks,
    hours=st.sampled_from(Hours),
    breaks=st.sampled_from([(), ((dt.time(12), dt.time(12, 30, 30)),)]),
    break_minutes=st.sampled_from([0, 45]),
    planned_minutes=st.none() | st.integers(0, 600),
    grace_late_minutes=st.sampled_from([0, 10]),
    half_day_minutes=st.integers(0, 240),
    week_days=st.frozensets(st.integers(0, 6), min_size=1),
    early_arrival_unpaid=st.booleans(),
    half_days=st.sampled_from([frozenset[int](), frozenset({2, 5})]),
)
punches = st.lists(
    st.builds(Punch, st.integers(START, START + 28 * 86_400), direction=st.none() | st.sampled_from(Direction)),
    max_size=60,
)
leaves = st.lists(
    st.builds(
        lambda first, length, part, start, end, at_work: Leave(
            first=first, last=first + dt.timedelta(days=length), part=part, start=start, end=end, at_work=at_work,
            code="WFH" if at_work else "CL",
        ),
        st.dates(FIRST, LAST),
        st.integers(0, 4),
        st.sampled_from([*LeavePart, LeavePart.HOURS]),
        clocks,
        clocks,
        st.booleans(),
    ),
    max_size=3,
)  # fmt: skip
rules = st.builds(
    Rules,
    overtime=st.sampled_from(OvertimeRule),
    overtime_tolerance_minutes=st.sampled_from([0, 15]),
    undertime=st.booleans(),
    undertime_tolerance_minutes=st.sampled_from([0, 5]),
    overtime_needs_approval=st.booleans(),
    week_planned_minutes=st.none() | st.integers(0, 3_000),
    rates=st.just((RateStep(0, "1.25"), RateStep(37, "1.5"))),
    rest_day_is_overtime=st.booleans(),
    automatic_out=st.sampled_from(Automatic),
)


def shown(size: float) -> Decimal:
    """Read a share as a page writes it."""
    return Decimal(f"{size:g}")


def adds_up(day: WorkDay) -> None:
    for name in DAY:
        assert getattr(day, name) % 60 == 0, name
    for part in day.parts:
        for name in PART:
            assert getattr(part, name) % 60 == 0 <= getattr(part, name), name
    for name in ("gross", "worked", "late", "early"):
        assert getattr(day, name) == sum(getattr(part, name) for part in day.parts)
    assert day.planned == sum(part.plan_seconds for part in day.parts)
    assert day.night + day.daytime == day.worked
    assert 0 <= day.night <= day.worked
    unconfirmed, at_night = day.unconfirmed
    assert unconfirmed % 60 == at_night % 60 == 0
    assert 0 <= unconfirmed <= day.worked
    assert 0 <= at_night <= day.night
    counts = day.overtime_state in {OvertimeState.COUNTS, OvertimeState.APPROVED}
    assert day.payable == day.standard + (day.overtime if counts else 0)
    assert sum(overtime.by_rate(day).values()) == max(0, day.overtime)
    assert sum(map(Decimal, map(str, day.leave_by_code.values()))) == Decimal(str(day.leave)) or not day.leaves
    for share in (day.present, day.leave, day.absent, day.off):
        assert share == round(share, 4)
        assert not f"{share:g}".startswith("-")


@settings(max_examples=examples(150), deadline=None)
@given(
    shift=st.lists(shifts, max_size=3),
    facts=punches,
    leave=leaves,
    decided=rules,
    zone=st.sampled_from(["Europe/Berlin", "Asia/Kathmandu"]),
    feast=st.dates(FIRST, LAST),
    watermark=st.none() | st.integers(START, START + 28 * 86_400),
)
def test_everything_that_is_shown_adds_up(
    shift: list[Shift],
    facts: list[Punch],
    leave: list[Leave],
    decided: Rules,
    zone: str,
    feast: dt.date,
    watermark: int | None,
) -> None:
    around = derivation.derive_days(
        FIRST - AROUND,
        LAST + AROUND,
        punches=facts,
        roster=Roster(
            Site(zone), tuple(map(Assignment, shift)), joined=FIRST - AROUND, left=LAST - dt.timedelta(days=3)
        ),
        calendar=(Holiday(feast),),
        leave=leave,
        watermark=watermark,
        rules=decided,
    )
    for day in around:
        adds_up(day)
    days = [day for day in around if FIRST <= day.day <= LAST]
    paid = overtime.paid(days, around=around)
    sums = totals.total(days, around=around)
    for name in TOTALS:
        assert getattr(sums, name) % 60 == 0, name
    employed = [day for day in paid if day.employed]
    for name in ("gross", "worked", "planned", "standard", "payable", "late", "early"):
        assert getattr(sums, name) == sum(getattr(day, name) for day in employed), name
    assert sums.night == sum(day.night - day.unconfirmed[1] for day in employed)
    assert sums.late_count == sum(day.late > 0 for day in employed)
    waits = [day.overtime for day in employed if day.overtime_state is OvertimeState.TO_APPROVE]
    assert sums.overtime_to_approve == sum(waits)
    assert sums.overtime + sum(waits) == sum(max(0, day.overtime) for day in employed)
    assert sums.undertime == sum(max(0, -day.overtime) for day in employed)
    assert sum(sums.overtime_by_rate.values()) == sums.overtime
    assert sums.payable == sums.standard + sums.overtime
    for week in overtime.weeks(around):
        assert week.worked % 60 == week.planned % 60 == week.overtime % 60 == week.evened % 60 == 0
        assert week.worked == sum(day.worked - day.unconfirmed[0] for day in week.days)
    assert sum(shown(getattr(sums, name)) for name in SHARES) == shown(sums.counted) == sums.employed == len(employed)
    assert sum(map(shown, sums.leave_by_code.values())) == shown(sums.leave)
    for name in (*SHARES, "paid_days", "paid_leave"):
        assert getattr(sums, name) == round(getattr(sums, name), 4)
        assert not f"{getattr(sums, name):g}".startswith("-")


@settings(max_examples=examples(60), deadline=None)
@given(facts=punches, shift=st.lists(shifts, min_size=1, max_size=3))
def test_a_day_loses_less_than_a_minute(facts: list[Punch], shift: list[Shift]) -> None:
    """However many shifts and pairs it has, and whichever way their seconds fall."""
    roster = Roster(Site("Europe/Berlin"), tuple(Assignment(replace(each, hours=Hours.PAIRS)) for each in shift))
    for day in derivation.derive_days(FIRST, LAST, punches=facts, roster=roster):
        exact = sum(end - start for part in day.parts for start, end in part.pairing.spans)
        assert 0 <= exact - day.gross < 60


@given(seconds=st.integers(-100_000, 100_000))
def test_a_duration_is_cut_towards_zero(seconds: int) -> None:
    assert cut(seconds) == whole_minutes(seconds) * 60 == int(seconds / 60) * 60
    assert cut(-seconds) == -cut(seconds)


@given(sizes=st.lists(st.tuples(*[st.integers(0, 5_000)] * 3)))
def test_the_minutes_of_shifts_make_those_of_their_day(sizes: list[tuple[int, int, int]]) -> None:
    rest = Remainders()
    found = [rest.cut(gross=gross, worked=sure + opened, unconfirmed=opened) for gross, sure, opened in sizes]
    assert sum(gross for gross, _, _ in found) == cut(sum(gross for gross, _, _ in sizes))
    assert sum(worked for _, worked, _ in found) == cut(sum(sure + opened for _, sure, opened in sizes))
    assert sum(worked - opened for _, worked, opened in found) == cut(sum(sure for _, sure, _ in sizes))


@pytest.mark.parametrize("noise", [-5.55112e-17, 5.55112e-17, -0.0])
def test_nothing_is_written_as_nothing(noise: float) -> None:
    assert f"{share_of_day(noise):g}" == "0"


def test_leaves_that_fill_a_day_are_that_day() -> None:
    shift = Shift(name="day", start=dt.time(8), end=dt.time(14))
    thirds = [
        Leave(first=FIRST, last=FIRST, code=code, part=LeavePart.HOURS, start=dt.time(hour), end=dt.time(hour + 2))
        for hour, code in ((8, "CL"), (10, "SL"), (12, "UL"))
    ]
    day = derivation.derive(FIRST, punches=(), roster=Roster(Site(), (Assignment(shift),)), leave=thirds)
    assert day.leave_by_code == {"CL": 0.3333, "SL": 0.3333, "UL": 0.3334}
    sums = totals.total([day, day])
    assert sums.leave_by_code == {"CL": 0.6666, "SL": 0.6666, "UL": 0.6668}
    assert (sums.leave, sums.unmarked, sums.counted) == (2.0, 0.0, 2.0)


def test_a_plan_with_seconds_gives_whole_minutes() -> None:
    shift = Shift(name="day", start=dt.time(8, 0, 30), end=dt.time(16, 0, 45), grace_late_minutes=0, breaks=())
    came, left = (START + 7 * 86_400 + hour * 3600 + 7 for hour in (9, 15))
    roster = Roster(Site(), (Assignment(shift),))
    day = derivation.derive(FIRST, punches=[Punch(came), Punch(left)], roster=roster)
    adds_up(day)
    assert (day.late, day.early, day.planned, day.worked) == (59 * 60, 60 * 60, 8 * 3600, 6 * 3600)
