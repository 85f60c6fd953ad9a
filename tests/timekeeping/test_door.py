"""In or out by the work day, one event within the debounce, and hours that the derivation has too."""

from __future__ import annotations

import datetime as dt
import itertools
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timekeeping import derivation, door
from timekeeping.door import PunchContext
from timekeeping.rule_book import RuleBook
from timekeeping.values import Assignment, Direction, Hours, Punch, Roster, Shift, Site

BERLIN = ZoneInfo("Europe/Berlin")
DAY = dt.date(2026, 11, 3)
NOBODY_PLANNED = PunchContext(roster=Roster(Site("Europe/Berlin")), rules=RuleBook())
NIGHT = Shift(name="Night", start=dt.time(22), end=dt.time(6))


def at(clock: str, *, days: int = 0, day: dt.date = DAY) -> int:
    local = dt.datetime.combine(day + dt.timedelta(days=days), dt.time.fromisoformat(clock), tzinfo=BERLIN)
    return int(local.timestamp())


def punch(clock: str, direction: str = "", *, days: int = 0, number: int | None = None) -> Punch:
    return Punch(at(clock, days=days), direction=Direction(direction) if direction else None, number=number)


def by(*shifts: Shift) -> PunchContext:
    return PunchContext(roster=Roster(Site("Europe/Berlin"), tuple(map(Assignment, shifts))), rules=RuleBook())


@pytest.mark.parametrize(
    ("punches", "now", "expected"),
    [
        ([], "09:00", "in"),
        ([punch("09:00")], "17:00", "out"),
        ([punch("09:00"), punch("12:00")], "12:30", "in"),
        ([punch("08:00", days=-1)], "08:00", "in"),  # out forgotten yesterday
        ([punch("23:30", days=-1)], "00:30", "out"),  # midnight cuts no presence
        ([punch("12:00", "out"), punch("09:00", "in")], "13:00", "in"),  # order of arrival does not matter
        ([punch("09:00", "in"), punch("10:00", "in")], "11:00", "out"),
        ([punch("08:00", "out")], "09:00", "in"),  # what somebody said of an earlier punch stands
    ],
)
def test_direction_follows_from_the_day(punches: list[Punch], now: str, expected: str) -> None:
    meaning = door.read(at(now), punches=punches, context=NOBODY_PLANNED)
    assert (meaning.direction, meaning.repeats) == (expected, None)


def test_three_taps_in_a_second_are_one_event() -> None:
    first = punch("09:02:00")
    for moment in ("09:02:00", "09:02:01", "09:02:59"):
        meaning = door.read(at(moment), punches=[first], context=NOBODY_PLANNED)
        assert (meaning.repeats, meaning.direction) == (first, "in")
    assert door.read(at("09:03:00"), punches=[first], context=NOBODY_PLANNED).repeats is None


def test_debounce_looks_across_midnight_and_both_ways() -> None:
    came, late = punch("20:00", days=-1), punch("23:59:50", days=-1)
    meaning = door.read(at("00:00:10"), punches=[came, late], context=NOBODY_PLANNED)
    assert (meaning.repeats, meaning.direction) == (late, "out")
    ahead = punch("09:00:01")
    assert door.read(at("09:00:00"), punches=[ahead], context=NOBODY_PLANNED).repeats == ahead


def test_a_window_over_midnight_closes_the_night_shift() -> None:
    meaning = door.read(at("06:05"), punches=[punch("21:55", days=-1)], context=by(NIGHT))
    assert (meaning.direction, meaning.day.day, meaning.worked_seconds) == (
        "out",
        DAY - dt.timedelta(1),
        8 * 3600 + 600,
    )
    evening = door.read(at("21:58"), punches=[punch("21:55", days=-1)], context=by(NIGHT))
    assert (evening.direction, evening.day.day) == ("in", DAY)


def test_a_fixed_break_is_no_work() -> None:
    day = Shift(name="Day", start=dt.time(8), end=dt.time(17), breaks=((dt.time(12), dt.time(13)),))
    assert door.read(at("17:00"), punches=[punch("08:00")], context=by(day)).worked_seconds == 8 * 3600


def test_the_door_alternates_where_only_the_first_and_the_last_punch_count() -> None:
    day = Shift(name="Day", start=dt.time(8), end=dt.time(17), hours=Hours.FIRST_LAST)
    taken: list[Punch] = []
    for clock, way, hours in (("08:00", "in", 0), ("12:00", "out", 4), ("13:00", "in", 5), ("17:00", "out", 9)):
        meaning = door.read(at(clock), punches=taken, context=by(day))
        assert (meaning.direction, meaning.worked_seconds) == (way, hours * 3600)
        taken.append(punch(clock))


def test_two_nights_on_days_off_are_two_presences() -> None:
    """Saturday evening to Sunday morning, with a shift on weekdays only."""
    weekdays = by(Shift(name="Day", start=dt.time(8), end=dt.time(17), week_days=frozenset(range(5))))
    saturday = dt.date(2026, 11, 7)
    came = Punch(at("22:00", day=saturday))
    meaning = door.read(at("02:00", day=saturday, days=1), punches=[came], context=weekdays)
    assert (meaning.direction, meaning.day.day, meaning.worked_seconds) == ("out", saturday, 4 * 3600)


def test_who_is_in_goes_out_next() -> None:
    standing = door.find_standing(at("02:00"), punches=[punch("21:55", days=-1)], context=by(NIGHT))
    assert (standing.is_in, standing.since, standing.day) == (True, at("21:55", days=-1), DAY - dt.timedelta(1))
    # a stay may run over into the first two thirds of the time to the next night, not beyond
    assert door.find_standing(at("15:00"), punches=[punch("21:55", days=-1)], context=by(NIGHT)).is_in
    assert not door.find_standing(at("17:00"), punches=[punch("21:55", days=-1)], context=by(NIGHT)).is_in


def test_the_day_of_a_recorded_punch_is_found() -> None:
    punches = [punch("21:55", days=-1, number=1), punch("06:05", number=2), punch("21:57", number=3)]
    found = [
        door.find_day(each, punches=punches, context=by(NIGHT), now=at("22:30")).day.isoformat() for each in punches
    ]
    assert found == ["2026-11-02", "2026-11-02", "2026-11-03"]


def test_hours_are_elapsed_time_over_a_clock_change() -> None:
    day = dt.date(2026, 10, 24)
    came, left = at("22:00", day=day), at("06:00", day=day, days=1)
    assert door.read(left, punches=[Punch(came)], context=NOBODY_PLANNED).worked_seconds == 9 * 3600


@given(st.lists(st.integers(0, 86_399), unique=True, max_size=12))
def test_punches_taken_one_after_the_other_alternate(seconds: list[int]) -> None:
    taken: list[Punch] = []
    said: list[Direction] = []
    for second in sorted(seconds):
        meaning = door.read(at("00:00") + second, punches=taken, context=NOBODY_PLANNED)
        if meaning.repeats is None:
            taken.append(Punch(at("00:00") + second))
            said.append(meaning.direction)
    assert said == [(Direction.IN, Direction.OUT)[index % 2] for index in range(len(taken))]
    assert all(later.at - earlier.at >= 60 for earlier, later in itertools.pairwise(taken))


@given(
    st.lists(st.integers(0, 4 * 86_400), unique=True, max_size=16),
    st.sampled_from(
        [(), (NIGHT,), (Shift(name="Day", start=dt.time(8), end=dt.time(17), week_days=frozenset({1, 2})),)]
    ),
    st.sampled_from(Hours),
)
def test_the_door_says_what_the_sheets_say(seconds: list[int], shifts: tuple[Shift, ...], hours: Hours) -> None:
    """Whatever was punched before: the hours at the door are those that the derivation gives the day of the punch."""
    context = by(*(_counting(shift, hours) for shift in shifts))
    taken: list[Punch] = []
    for second in sorted(seconds):
        now = at("00:00") + second
        meaning = door.read(now, punches=taken, context=context)
        if meaning.repeats is None:
            taken.append(Punch(now, number=len(taken) + 1))
        (sheet,) = derivation.derive_days(
            meaning.day.day, meaning.day.day, punches=taken, roster=context.roster, watermark=now, rules=context.rules
        )
        assert (meaning.worked_seconds, meaning.day.first_in, meaning.day.last_out) == (
            sheet.worked,
            sheet.first_in,
            sheet.last_out,
        )


def _counting(shift: Shift, hours: Hours) -> Shift:
    return Shift(name=shift.name, start=shift.start, end=shift.end, hours=hours, week_days=shift.week_days)
