"""In or out: by context of the day, one event within the debounce, and sums of closed pairs."""

from __future__ import annotations

import datetime as dt
import itertools
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attendance.checkins.direction import Direction, Punch, Window, decide, worked_seconds

BERLIN = ZoneInfo("Europe/Berlin")
DAY = dt.datetime(2026, 11, 3, tzinfo=BERLIN)
TODAY = Window(DAY, DAY + dt.timedelta(days=1))


def at(clock: str, *, days: int = 0) -> dt.datetime:
    return dt.datetime.combine(DAY.date() + dt.timedelta(days=days), dt.time.fromisoformat(clock), tzinfo=BERLIN)


def punch(clock: str, direction: Direction, *, days: int = 0) -> Punch:
    return Punch(at(clock, days=days), direction)


@pytest.mark.parametrize(
    ("punches", "now", "expected"),
    [
        ([], "09:00", "in"),
        ([punch("09:00", "in")], "17:00", "out"),
        ([punch("09:00", "in"), punch("12:00", "out")], "12:30", "in"),
        ([punch("08:00", "in", days=-1)], "08:00", "in"),  # out forgotten yesterday
        ([punch("23:30", "in", days=-1)], "00:30", "in"),
        ([punch("12:00", "out"), punch("09:00", "in")], "13:00", "in"),  # order of arrival does not matter
        ([punch("09:00", "in"), punch("10:00", "in")], "11:00", "out"),
    ],
)
def test_direction_follows_from_the_day(punches: list[Punch], now: str, expected: str) -> None:
    verdict = decide(at(now), punches=punches, window=TODAY, debounce_seconds=60)
    assert (verdict.direction, verdict.already) == (expected, None)


def test_three_taps_in_a_second_are_one_event() -> None:
    first = punch("09:02:00", "in")
    for moment in ("09:02:00", "09:02:01", "09:02:59"):
        verdict = decide(at(moment), punches=[first], window=TODAY, debounce_seconds=60)
        assert verdict.already == first
        assert verdict.direction == "in"
    assert decide(at("09:03:00"), punches=[first], window=TODAY, debounce_seconds=60).already is None


def test_debounce_looks_across_midnight_and_both_ways() -> None:
    late = punch("23:59:50", "out", days=-1)
    assert decide(at("00:00:10"), punches=[late], window=TODAY, debounce_seconds=60).already == late
    ahead = punch("09:00:01", "in")
    assert decide(at("09:00:00"), punches=[ahead], window=TODAY, debounce_seconds=60).already == ahead


def test_a_window_over_midnight_closes_the_night_shift() -> None:
    night = Window(at("21:00", days=-1), at("07:00"))
    verdict = decide(at("06:20"), punches=[punch("21:10", "in", days=-1)], window=night, debounce_seconds=60)
    assert verdict.direction == "out"


def test_pairs_are_summed_as_people_expect() -> None:
    def minutes(*marks: tuple[Direction, int]) -> list[Punch]:
        return [Punch(at("06:00") + dt.timedelta(minutes=minute), way) for way, minute in marks]

    kept = minutes(
        ("out", 0), ("in", 30), ("out", 90), ("in", 100), ("out", 130), ("in", 150), ("in", 240), ("out", 330)
    )
    assert worked_seconds(kept) == (60 + 30 + 180) * 60
    assert worked_seconds([]) == 0
    assert worked_seconds([punch("09:00", "in")]) == 0


def test_hours_are_elapsed_time_over_a_clock_change() -> None:
    def moment(clock: str, day: int) -> dt.datetime:
        local = dt.datetime.combine(dt.date(2026, 10, day), dt.time.fromisoformat(clock), tzinfo=BERLIN)
        return local.astimezone(dt.UTC)

    night = [Punch(moment("22:00", 24), "in"), Punch(moment("06:00", 25), "out")]
    assert worked_seconds(night) == 9 * 3600


@given(st.lists(st.integers(0, 86_399), unique=True, max_size=12))
def test_punches_taken_one_after_the_other_alternate(seconds: list[int]) -> None:
    taken: list[Punch] = []
    for second in sorted(seconds):
        moment = DAY + dt.timedelta(seconds=second)
        verdict = decide(moment, punches=taken, window=TODAY, debounce_seconds=60)
        if verdict.already is None:
            taken.append(Punch(moment, verdict.direction))
    assert [punch.direction for punch in taken] == [("in", "out")[index % 2] for index in range(len(taken))]
    gaps = [later.at - earlier.at for earlier, later in itertools.pairwise(taken)]
    assert all(gap >= dt.timedelta(seconds=60) for gap in gaps)
