"""Numbers in the explanation of a day: each one is the figure that the day shows, and the words fit them."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.effort import examples
from timekeeping import derivation, explanation, overtime
from timekeeping.values import (
    Assignment,
    Automatic,
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

MONDAY, SUNDAY = dt.date(2026, 11, 2), dt.date(2026, 11, 8)
WEEK_DAYS = frozenset(range(5))
DAY = Shift(name="day", start=dt.time(8), end=dt.time(16), before_minutes=480, after_minutes=420, week_days=WEEK_DAYS)


def _at(clock: str, day: dt.date = MONDAY) -> int:
    return int(dt.datetime.combine(day, dt.time.fromisoformat(clock), tzinfo=dt.UTC).timestamp())


def _day(*clocks: str, shift: Shift = DAY, day: dt.date = MONDAY, **facts: object) -> WorkDay:
    known = {"leave": (), "calendar": (), "rules": Rules(), "watermark": None, **facts}
    roster = Roster(Site("UTC"), (Assignment(shift),))
    return derivation.derive(day, punches=[Punch(_at(each, day)) for each in clocks], roster=roster, **known)  # type: ignore[arg-type]


TWO_HOURS = Leave(first=MONDAY, last=MONDAY, code="CL", part=LeavePart.HOURS, start=dt.time(8), end=dt.time(10))


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        (_day("08:35", "16:00"), "In at 08:35 is 0:35 after 08:00: late."),
        (
            _day("04:00", "05:00", "08:35", "16:00"),
            "In at 08:35, apart from what was worked before, is 0:35 after 08:00: late.",
        ),
        (
            _day("08:00", "15:00", "20:00", "21:00"),
            "Out at 15:00, apart from what was worked after, is 1:00 before 16:00: early.",
        ),
        (
            _day(
                "04:00", "05:00", "08:05", "16:00",
                shift=Shift(name="d", start=dt.time(8), end=dt.time(16), before_minutes=480, grace_late_minutes=10),
            ),
            "In at 08:05 is not after 08:00 and its grace of 10 min: on time.",
        ),
        (
            _day("09:00", "11:00", shift=Shift(name="d", start=dt.time(8), end=dt.time(16), absent_minutes=240),
                 leave=(TWO_HOURS,)),
            "2:00 is less than the absent threshold of 3:00.",
        ),
        (
            _day("08:00", "11:00", day=SUNDAY, rules=Rules(overtime_tolerance_minutes=240)),
            "Overtime 3:00, all that was worked: nobody was expected.",
        ),
        (
            _day("08:00", "17:00", rules=Rules(overtime=OvertimeRule.NONE)),
            "1:00 beyond the plan: overtime is not counted.",
        ),
        (
            _day("08:00", "16:10", rules=Rules(overtime_tolerance_minutes=15)),
            "0:10 beyond the plan is within the tolerance of 15 min.",
        ),
        (
            _day("08:00", rules=Rules(automatic_out=Automatic.AFTER_PLAN, automatic_tolerance_minutes=60)),
            "Present 9:00 (the closed pairs, and up to the out that was filled in), worked 9:00 of 8:00 planned.",
        ),
        (
            _day("08:00", "10:00", "11:00", "12:00", day=SUNDAY, shift=Shift(
                name="d", start=dt.time(8), end=dt.time(16), hours=Hours.FIRST_LAST, week_days=WEEK_DAYS)),
            "Present 4:00 (first in to last out), worked 4:00 of 0:00 planned.",
        ),
    ],
)  # fmt: skip
def test_words_and_numbers_agree(day: WorkDay, sentence: str) -> None:
    assert sentence in explanation.explain(day)


def test_an_out_that_was_filled_in_is_no_time_within_a_tolerance() -> None:
    day = _day("08:00", rules=Rules(automatic_out=Automatic.AFTER_PLAN, automatic_tolerance_minutes=60))
    assert day.overtime == 0 < day.worked - day.planned
    assert "tolerance" not in " ".join(explanation.explain(day))


def test_the_overtime_of_a_week_is_explained_where_it_stands() -> None:
    rules = Rules(overtime=OvertimeRule.WEEK)
    days = derivation.derive_days(
        MONDAY,
        SUNDAY,
        punches=[Punch(_at(clock, MONDAY + dt.timedelta(days=at))) for at in range(5) for clock in ("08:00", "17:00")],
        roster=Roster(Site("UTC"), (Assignment(DAY),)),
        rules=rules,
    )
    *_, last = overtime.paid(days, around=days)
    assert last.overtime == 5 * 3600
    assert "Overtime 5:00 of the whole week, which stands at its last day." in explanation.explain(last)


clocks = st.builds(dt.time, st.integers(0, 23), st.sampled_from([0, 30]))
shifts = st.builds(
    Shift,
    name=st.just("s"),
    start=clocks,
    end=clocks,
    before_minutes=st.sampled_from([None, 240, 480]),
    after_minutes=st.sampled_from([None, 240]),
    hours=st.sampled_from(Hours),
    grace_late_minutes=st.sampled_from([0, 10]),
    grace_early_minutes=st.sampled_from([0, 10]),
    half_day_minutes=st.sampled_from([0, 300]),
    absent_minutes=st.sampled_from([0, 150]),
    week_days=st.just(WEEK_DAYS),
    break_minutes=st.sampled_from([0, 30]),
    early_arrival_unpaid=st.booleans(),
)
settings_of_days = st.builds(
    Rules,
    overtime=st.sampled_from(OvertimeRule),
    overtime_tolerance_minutes=st.sampled_from([0, 15, 120]),
    undertime=st.booleans(),
    automatic_out=st.sampled_from([Automatic.OFF, Automatic.AFTER_PLAN]),
    overtime_needs_approval=st.booleans(),
)
leaves = st.builds(
    lambda part, at_work: Leave(
        first=MONDAY, last=SUNDAY, code="L", part=part, start=dt.time(9), end=dt.time(10, 40), at_work=at_work
    ),
    st.sampled_from(LeavePart),
    st.booleans(),
)
DURATION = r"(\d+):(\d\d)"
CLOCK = rf"{DURATION}(?: on \d+ \w+)?"


def _read(pattern: str, text: str) -> list[tuple[int, ...]]:
    return [tuple(map(int, found)) for found in re.findall(pattern, text)]


def _minutes(hours: int, minutes: int) -> int:
    return 60 * hours + minutes


def _assure_agreement(day: WorkDay) -> None:
    text = "\n".join(explanation.explain(day))
    apart = "(?:, apart from what was worked (?:before|after),)?"
    late = _read(rf"In at {CLOCK}{apart} is {DURATION} after {CLOCK}: late", text)
    early = _read(rf"Out at {CLOCK}{apart} is {DURATION} before {CLOCK}: early", text)
    for came in late:  # a clock shows no days
        assert (_minutes(*came[:2]) - _minutes(*came[4:])) % 1440 == _minutes(
            *came[2:4]
        ) % 1440  # a clock shows no days
    for went in early:
        assert (_minutes(*went[4:]) - _minutes(*went[:2])) % 1440 == _minutes(*went[2:4]) % 1440
    assert sum(_minutes(*came[2:4]) for came in late) == day.late // 60
    assert sum(_minutes(*went[2:4]) for went in early) == day.early // 60
    for numbers in _read(rf"Present {DURATION} \(.*\), worked {DURATION} of {DURATION} planned", text):
        shown = [_minutes(*numbers[at : at + 2]) for at in (0, 2, 4)]
        assert shown == [day.gross // 60, day.worked // 60, day.planned // 60]
    for numbers in _read(rf"{DURATION} is less than the \S+ threshold of {DURATION}", text):
        assert _minutes(*numbers[:2]) < _minutes(*numbers[2:])
    beyond = _read(rf"{DURATION} beyond the plan is within the tolerance of (\d+) min", text)
    assert all(_minutes(*numbers[:2]) <= numbers[2] for numbers in beyond)
    assert [_minutes(*numbers) for numbers in _read(rf"Overtime {DURATION}", text)] == [day.overtime // 60] * (
        day.overtime > 0
    )
    assert [_minutes(*numbers) for numbers in _read(rf"Undertime {DURATION}", text)] == [-day.overtime // 60] * (
        day.overtime < 0
    )


@settings(max_examples=examples(100), deadline=None)
@given(
    shift=st.lists(shifts, min_size=1, max_size=2),
    minutes=st.lists(st.integers(0, 7 * 1440), max_size=30),
    leave=st.lists(leaves, max_size=1),
    rules=settings_of_days,
    feast=st.booleans(),
)
def test_every_number_is_the_figure_that_the_day_shows(
    shift: list[Shift], minutes: list[int], leave: list[Leave], rules: Rules, feast: bool
) -> None:
    days = derivation.derive_days(
        MONDAY,
        SUNDAY,
        punches=[Punch(_at("00:00") + each * 60 + each % 60) for each in minutes],
        roster=Roster(Site("UTC"), tuple(Assignment(each) for each in shift)),
        calendar=(Holiday(MONDAY, is_half=True),) if feast else (),
        leave=leave,
        rules=rules,
    )
    for day in overtime.paid(days, around=days):
        _assure_agreement(day)
