"""Properties of every day: nothing is lost, nothing is counted twice, order does not matter."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from dataclasses import replace
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.effort import examples
from timekeeping import derivation, intervals, overtime, totals
from timekeeping.durations import cut
from timekeeping.pairing import Use
from timekeeping.plan import DayKind
from timekeeping.values import (
    Assignment,
    Automatic,
    ClockChange,
    Correction,
    CorrectionState,
    Direction,
    Holiday,
    Hours,
    Leave,
    LeavePart,
    OvertimeRule,
    Punch,
    Roster,
    Rules,
    Shift,
    Site,
)
from timekeeping.work_day import WorkDay

FIRST, LAST = dt.date(2026, 10, 19), dt.date(2026, 11, 1)
"""A fortnight with the change of clocks in it."""
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "UTC")
EDGE = dt.timedelta(days=2)

clocks = st.builds(dt.time, st.integers(0, 23), st.sampled_from([0, 15, 30]))
margins = st.none() | st.integers(0, 300)
shifts = st.builds(
    Shift,
    name=st.sampled_from(["early", "late"]),
    start=clocks,
    end=clocks,
    before_minutes=margins,
    after_minutes=margins,
    hours=st.sampled_from(Hours),
    half_day_minutes=st.integers(0, 240),
    absent_minutes=st.integers(0, 120),
    week_days=st.frozensets(st.integers(0, 6), min_size=1),
)
START = int(dt.datetime(2026, 10, 19, tzinfo=dt.UTC).timestamp())
punches = st.lists(
    st.builds(Punch, st.integers(START, START + 14 * 86_400), direction=st.none() | st.sampled_from(Direction)),
    max_size=40,
)
leaves = st.lists(
    st.builds(
        lambda start, length, part: Leave(first=start, last=start + dt.timedelta(days=length), part=part),
        st.dates(FIRST, LAST),
        st.integers(0, 3),
        st.sampled_from([LeavePart.FULL, LeavePart.FIRST_HALF, LeavePart.SECOND_HALF]),
    ),
    max_size=2,
)


@settings(max_examples=examples(50), deadline=None)
@given(
    shift=st.lists(shifts, max_size=2),
    facts=punches,
    leave=leaves,
    zone=st.sampled_from(ZONES),
    clock_change=st.sampled_from(ClockChange),
    feast=st.dates(FIRST, LAST),
    watermark=st.none() | st.integers(START, START + 14 * 86_400),
)
def test_every_punch_is_told_once_and_the_month_adds_up(
    shift: list[Shift],
    facts: list[Punch],
    leave: list[Leave],
    zone: str,
    clock_change: ClockChange,
    feast: dt.date,
    watermark: int | None,
) -> None:
    def run(given: list[Punch]) -> list[WorkDay]:
        return derivation.derive_days(
            FIRST - EDGE,
            LAST + EDGE,
            punches=given,
            roster=Roster(Site(zone), tuple(Assignment(each) for each in shift)),
            calendar=(Holiday(feast),),
            leave=leave,
            watermark=watermark,
            rules=Rules(clock_change=clock_change),
        )

    days = run(facts)
    assert run(facts) == days
    assert sum(len(day.uses) for day in days) == len(facts)
    total = totals.total(days)
    assert abs(total.counted - total.employed) < 1e-9
    for day in days:
        assert 0 <= day.present + day.leave + day.absent <= 1 + 1e-9
        assert 0 <= day.night <= day.worked <= day.gross
        assert day.late >= 0 <= day.early
        if day.planned_day.kind is DayKind.WORKING and clock_change is ClockChange.ELAPSED:
            assert day.pairs <= day.span
    if clock_change is ClockChange.ELAPSED and len({punch.at for punch in facts}) == len(facts):
        shuffled = list(facts)
        random.Random(1).shuffle(shuffled)
        assert run(shuffled) == days


@settings(max_examples=examples(50), deadline=None)
@given(
    shift=st.lists(shifts, max_size=2),
    facts=punches,
    leave=leaves,
    at_work=st.booleans(),
    own_plan=st.none() | st.integers(0, 3_000),
    rule=st.sampled_from([OvertimeRule.DAY, OvertimeRule.WEEK]),
)
def test_an_hour_is_paid_once(
    shift: list[Shift],
    facts: list[Punch],
    leave: list[Leave],
    at_work: bool,
    own_plan: int | None,
    rule: OvertimeRule,
) -> None:
    rules = Rules(overtime=rule, week_planned_minutes=own_plan, automatic_out=Automatic.AFTER_PLAN)
    days = derivation.derive_days(
        FIRST,
        LAST,
        punches=facts,
        roster=Roster(Site("Europe/Berlin"), tuple(Assignment(each) for each in shift)),
        leave=[replace(each, at_work=at_work) for each in leave],
        rules=rules,
    )
    paid = overtime.paid(days, around=days)
    total = totals.total(days, around=days)
    assert sum(day.payable for day in paid) == total.payable == total.standard + total.overtime
    done = sum(day.worked - day.unconfirmed[0] + sum(part.elsewhere_seconds for part in day.parts) for day in days)
    assert done == total.payable


DAY_SHIFT = Roster(Site("Europe/Berlin"), (Assignment(Shift(name="day", start=dt.time(8), end=dt.time(16))),))


def days_of(facts: list[Punch], corrections: list[Correction], roster: Roster = DAY_SHIFT) -> list[WorkDay]:
    return derivation.derive_days(FIRST - EDGE, LAST + EDGE, punches=facts, roster=roster, corrections=corrections)


corrections = st.lists(
    st.builds(
        Correction,
        at=st.integers(START, START + 14 * 86_400),
        direction=st.none() | st.sampled_from(Direction),
        replaces=st.none() | st.integers(START, START + 14 * 86_400),
    ),
    max_size=4,
)


@settings(max_examples=examples(40), deadline=None)
@given(facts=punches, asked=corrections, replaced=st.booleans())
def test_a_correction_that_is_withdrawn_leaves_no_trace(
    facts: list[Punch], asked: list[Correction], replaced: bool
) -> None:
    if replaced and facts:
        asked = [replace(each, replaces=facts[0].at) for each in asked]
    without = days_of(facts, [])
    approved = days_of(facts, asked)
    assert approved == days_of(facts, asked)
    assert sum(len(day.uses) for day in approved) == len(facts) + len(asked)
    for state in (CorrectionState.REQUESTED, CorrectionState.REJECTED):
        assert days_of(facts, [replace(each, state=state) for each in asked]) == without


@settings(max_examples=examples(60), deadline=None)
@given(facts=punches, hours=st.sampled_from(Hours), zone=st.sampled_from(ZONES))
def test_presence_and_the_gaps_in_it_make_the_span(facts: list[Punch], hours: Hours, zone: str) -> None:
    shift = Shift(name="day", start=dt.time(8), end=dt.time(16), hours=hours)
    for day in days_of(facts, [], Roster(Site(zone), (Assignment(shift),))):
        for part in day.parts:
            gaps = sum(after[0] - before[1] for before, after in itertools.pairwise(part.pairing.spans))
            if part.pairing.last_out is not None and part.pairing.first_in is not None:
                assert intervals.total(part.pairing.spans) + gaps == part.pairing.last_out - part.pairing.first_in
            closed = [punch.at for punch, use in part.pairing.uses if use in {Use.IN, Use.OUT}]
            assert closed == sorted(closed)
        assert day.gross == cut(sum(intervals.total(part.pairing.spans) for part in day.parts))


@settings(max_examples=examples(40), deadline=None)
@given(facts=punches, shift=shifts, night=st.sampled_from(ZONES))
def test_the_totals_of_a_month_are_the_sums_of_its_days(facts: list[Punch], shift: Shift, night: str) -> None:
    days = days_of(facts, [], Roster(Site(night), (Assignment(shift),), joined=FIRST, left=LAST))
    total = totals.total(days)
    inside = [day for day in days if day.employed]
    for name in ("gross", "worked", "planned", "standard", "payable", "night", "late", "early"):
        assert getattr(total, name) == sum(getattr(day, name) for day in inside)
    assert total.overtime == sum(total.overtime_by_rate.values()) == sum(max(0, day.overtime) for day in inside)
    assert total.late_count == sum(day.late > 0 for day in inside)
    assert len(inside) == total.employed == (LAST - FIRST).days + 1


@settings(max_examples=examples(150), deadline=None)
@given(
    zone=st.sampled_from([
        "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Africa/Casablanca", "America/Santiago",
        "America/Havana", "Asia/Kathmandu", "Pacific/Auckland", "Pacific/Apia",
    ]),
    start=st.integers(0, 360 * 86_400),
    length=st.integers(120, 15 * 3600),
)  # fmt: skip
def test_over_any_change_of_clocks_a_presence_is_its_seconds(zone: str, start: int, length: int) -> None:
    """A shift of 24 hours that starts with the in: whatever the clocks do in between."""
    came = int(dt.datetime(2026, 1, 2, tzinfo=dt.UTC).timestamp()) + start
    local = dt.datetime.fromtimestamp(came, ZoneInfo(zone))
    shift = Shift(
        name="any",
        start=local.time().replace(second=0, microsecond=0),
        end=local.time().replace(second=0, microsecond=0),
    )
    roster = Roster(Site(zone), (Assignment(shift, local.date(), local.date()),))
    days = derivation.derive_days(
        local.date() - EDGE, local.date() + EDGE, punches=[Punch(came), Punch(came + length)], roster=roster
    )
    assert sum(day.gross for day in days) == cut(length)
    worked = next(day for day in days if day.gross)
    assert worked.night + worked.daytime == worked.worked == cut(length)


spans = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=6).map(intervals.merged)


def seconds(of: list[tuple[int, int]]) -> set[int]:
    return {second for start, end in of for second in range(start, end)}


@given(one=spans, other=spans)
def test_intervals_are_sets_of_seconds(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    assert seconds(intervals.without(one, other)) == seconds(one) - seconds(other)
    assert seconds(intervals.common(one, other)) == seconds(one) & seconds(other)
    assert intervals.total(one) == len(seconds(one))


@given(start=st.integers(0, 50), length=st.integers(0, 60), holes=spans)
def test_reach_leaves_the_holes_out(start: int, length: int, holes: list[tuple[int, int]]) -> None:
    end = intervals.reach(start, seconds=length, holes=holes)
    assert intervals.total(intervals.without([(start, end)], holes)) == length


@settings(max_examples=50, deadline=None)
@given(
    shift=st.lists(shifts, max_size=2),
    facts=punches.filter(bool),
    wanted=st.integers(0, 39),
    left=st.none() | st.dates(FIRST, LAST),
    zone=st.sampled_from(ZONES),
    clock_change=st.sampled_from(ClockChange),
)
def test_the_day_of_one_punch_is_the_one_among_all_days(
    shift: list[Shift],
    facts: list[Punch],
    wanted: int,
    left: dt.date | None,
    zone: str,
    clock_change: ClockChange,
) -> None:
    numbered = [each._replace(number=number) for number, each in enumerate(facts)]
    one = numbered[wanted % len(numbered)]

    def run(holding: Punch | None) -> list[WorkDay]:
        return derivation.derive_days(
            FIRST - EDGE,
            LAST + EDGE,
            punches=numbered,
            roster=Roster(Site(zone), tuple(Assignment(each) for each in shift), left=left),
            rules=Rules(clock_change=clock_change),
            holding=holding,
        )

    days, found = run(None), run(one)
    assert [day for day in days if day.day in {each.day for each in found}] == found
    held = [day.day for day in days if any(use.punch.number == one.number for use in day.uses)]
    assert set(held) <= {day.day for day in found}
    is_worked_as_one = any(part.pairing.entered is not None for day in days for part in day.parts)
    assert is_worked_as_one or len(found) == 1
