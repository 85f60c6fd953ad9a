"""Events that belong to a shift although they lie outside of its window: what holds for every roster."""

from __future__ import annotations

import datetime as dt
import itertools
import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.effort import examples
from timekeeping import derivation, door
from timekeeping.door import PunchContext
from timekeeping.rule_book import RuleBook
from timekeeping.values import Assignment, Direction, Hours, Punch, Roster, Rules, Shift, Site
from timekeeping.work_day import Flag, WorkDay

FIRST, LAST = dt.date(2026, 10, 19), dt.date(2026, 11, 1)
"""A fortnight with the change of clocks in it."""
EDGE = dt.timedelta(days=2)
MIDNIGHT = int(dt.datetime(2026, 10, 19, tzinfo=dt.UTC).timestamp())
HOUR, DAY = 3600, 86_400


def shift(name: str, start: int, end: int, margin: int | None = None, **more: object) -> Shift:
    return Shift(
        name=name,
        start=dt.time(start % 24),
        end=dt.time(end % 24),
        before_minutes=margin,
        after_minutes=margin,
        **more,  # type: ignore[arg-type]
    )


WEEK = frozenset(range(5))
ROSTERS = [
    (shift("day", 8, 17),),
    (shift("day", 8, 17, 60, week_days=WEEK),),
    (shift("day", 8, 17, week_days=WEEK),),
    (shift("night", 22, 6, 60),),
    (shift("restaurant", 16, 24, 60),),
    (shift("early", 6, 14), shift("late", 14, 22)),
    (shift("lunch", 10, 14, 30), shift("dinner", 18, 22, 30)),
    (shift("day", 8, 17, 60, week_days=WEEK), shift("call", 18, 7, 0, planned_minutes=0, flexible=True)),
    (shift("day", 8, 17, hours=Hours.FIRST_LAST),),
]


def derive(shifts: tuple[Shift, ...], punches: list[Punch], first: dt.date, last: dt.date) -> list[WorkDay]:
    roster = Roster(site=Site("UTC"), assignments=tuple(Assignment(each) for each in shifts))
    return derivation.derive_days(first, last, punches=punches, roster=roster)


@st.composite
def days_at_work(draw: st.DrawFn) -> tuple[tuple[Shift, ...], list[Punch]]:
    """Draw a roster, and for each day a presence near its shifts, often beyond a window, with a few call-outs."""
    shifts = draw(st.sampled_from(ROSTERS))
    keys = draw(st.booleans())
    found = []
    for offset in range(14):
        for each in shifts if draw(st.integers(0, 9)) else ():
            start = MIDNIGHT + offset * DAY + each.start.hour * HOUR
            length = (each.end.hour - each.start.hour) % 24 * HOUR
            came = start + draw(st.integers(-90, 60)) * 60
            left = start + length + draw(st.sampled_from([-30, 0, 5, 45, 70, 200, 400])) * 60
            found.append(Punch(came, direction=Direction.IN if keys else None))
            if draw(st.integers(0, 9)):
                found.append(Punch(left, direction=Direction.OUT if keys else None))
        if draw(st.integers(0, 5)) == 0:
            called = MIDNIGHT + offset * DAY + draw(st.integers(20, 26)) * HOUR
            found.append(Punch(called, direction=Direction.IN if keys else None))
            found.append(Punch(called + draw(st.integers(1, 5)) * HOUR, direction=Direction.OUT if keys else None))
    unique = {punch.at: punch for punch in found}
    return shifts, sorted(unique.values())


@settings(max_examples=examples(40), deadline=None)
@given(given=days_at_work())
def test_no_punch_is_lost_and_none_is_counted_twice(given: tuple[tuple[Shift, ...], list[Punch]]) -> None:
    shifts, punches = given
    days = derive(shifts, punches, FIRST - EDGE, LAST + EDGE)
    assert sorted(use.punch for day in days for use in day.uses) == punches
    spans = sorted(span for day in days for part in day.parts for span in part.pairing.pairs)
    assert all(earlier[1] <= later[0] for earlier, later in itertools.pairwise(spans))
    shuffled = list(punches)
    random.Random(3).shuffle(shuffled)
    assert derive(shifts, shuffled, FIRST - EDGE, LAST + EDGE) == days


@settings(max_examples=examples(25), deadline=None, derandomize=True)
@given(given=days_at_work())
def test_a_day_by_itself_is_the_day_of_the_month(given: tuple[tuple[Shift, ...], list[Punch]]) -> None:
    shifts, punches = given
    for day in derive(shifts, punches, FIRST, LAST):
        assert derive(shifts, punches, day.day, day.day) == [day]


@settings(max_examples=examples(40), deadline=None)
@given(given=days_at_work())
def test_no_presence_is_longer_than_the_longest_shift(given: tuple[tuple[Shift, ...], list[Punch]]) -> None:
    shifts, punches = given
    for day in derive(shifts, punches, FIRST, LAST):
        for part in day.parts:
            if part.is_beyond_its_window:
                assert all(end - start <= 18 * HOUR for start, end in part.pairing.pairs)
            if part.occurrence is None and day.has(Flag.CALL_OUT):
                assert all(end - start <= 12 * HOUR for start, end in part.pairing.pairs)


@settings(max_examples=examples(60), deadline=None)
@given(
    roster=st.sampled_from([ROSTERS[0], ROSTERS[1]]),
    came=st.integers(7 * 60, 12 * 60),
    stays=st.integers(5, 24 * 60),
)
@example(roster=ROSTERS[1], came=8 * 60, stays=18 * 60)
@example(roster=ROSTERS[1], came=8 * 60, stays=18 * 60 + 1)
def test_a_forgotten_out_never_makes_a_day_of_24_hours(roster: tuple[Shift, ...], came: int, stays: int) -> None:
    day = MIDNIGHT + came * 60
    punches = [Punch(day), Punch(day + stays * 60)]
    first = derive(roster, punches, FIRST, FIRST)[0]
    assert first.gross in {0, stays * 60}
    if stays > 18 * 60:
        assert first.has(Flag.MISSING_OUT)
    elif came + stays <= 24 * 60 + 30:
        assert first.gross == stays * 60


@settings(max_examples=examples(40), deadline=None)
@given(given=days_at_work(), minute=st.integers(0, 14 * 24 * 60))
def test_the_door_offers_what_a_punch_would_mean(given: tuple[tuple[Shift, ...], list[Punch]], minute: int) -> None:
    shifts, punches = given
    now = MIDNIGHT + minute * 60 + 30
    known = [Punch(punch.at) for punch in punches if punch.at <= now - 120]
    roster = Roster(site=Site("UTC"), assignments=tuple(Assignment(each) for each in shifts))
    offers = door.screen(now, punches=known, context=PunchContext(roster, RuleBook())).offers
    date = FIRST + dt.timedelta(days=minute // (24 * 60))
    days = derive(shifts, [*known, Punch(now)], date - EDGE, date + EDGE)
    closes = any(end == now for day in days for part in day.parts for _, end in part.pairing.pairs)
    if closes:
        assert offers is Direction.OUT


@pytest.mark.parametrize("hours", [16, 17])
def test_the_longest_shift_is_a_setting(hours: int) -> None:
    punches = [Punch(MIDNIGHT + 8 * HOUR, direction=Direction.IN), Punch(MIDNIGHT + 25 * HOUR, direction=Direction.OUT)]
    roster = Roster(site=Site("UTC"), assignments=(Assignment(ROSTERS[1][0]),))
    rules = Rules(longest_shift_minutes=hours * 60)
    (day,) = derivation.derive_days(FIRST, FIRST, punches=punches, roster=roster, rules=rules)
    assert day.gross == (17 * HOUR if hours == 17 else 0)
    assert day.has(Flag.BEYOND_WINDOW) is (hours == 17)
