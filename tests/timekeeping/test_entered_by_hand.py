"""A direction that somebody entered by hand stands, whatever else is recorded."""

from __future__ import annotations

import datetime as dt

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.effort import examples
from timekeeping import derivation, requests
from timekeeping.pairing import Use
from timekeeping.requests import Asked
from timekeeping.values import Assignment, Correction, Direction, Hours, Punch, Roster, Rules, Shift, Source
from timekeeping.work_day import WorkDay

DAY = dt.date(2026, 11, 4)
MIDNIGHT = int(dt.datetime(2026, 11, 4, tzinfo=dt.UTC).timestamp())
HOUR = 3600
AROUND = dt.timedelta(days=4)

points = st.integers(-30 * 4, 54 * 4).map(lambda quarter: MIDNIGHT + quarter * HOUR // 4)
keys = st.none() | st.sampled_from(Direction)
recorded_punches = st.builds(lambda at, direction: Punch(at, direction=direction), points, keys)
shifts = st.builds(
    Shift,
    name=st.just("shift"),
    start=st.builds(dt.time, st.integers(0, 23)),
    end=st.builds(dt.time, st.integers(0, 23)),
    before_minutes=st.none() | st.integers(0, 240),
    after_minutes=st.none() | st.integers(0, 240),
    hours=st.sampled_from(Hours),
    week_days=st.sampled_from([frozenset(range(7)), frozenset({1, 3, 5})]),
)


def typed(direction: Direction, points: list[int]) -> list[Correction]:
    return [Correction(at=at, direction=direction, number=number) for number, at in enumerate(points, 1)]


def uses_by_hand(days: list[WorkDay]) -> list[tuple[Direction | None, Use]]:
    return [(used.punch.direction, used.use) for day in days for used in day.uses if used.punch.source is BY_HAND]


BY_HAND = Source.CORRECTION


@settings(max_examples=examples(400), deadline=None)
@example(
    planned=[Shift(name="shift", start=dt.time(0), end=dt.time(0), hours=Hours.FIRST_LAST)],
    recorded=[Punch(MIDNIGHT - 24 * HOUR, direction=Direction.OUT)],
    outs=[MIDNIGHT - 24 * HOUR],
    ins=[],
    is_from_context=False,
    withdrawn=False,
)
@given(
    planned=st.lists(shifts, max_size=2),
    recorded=st.lists(recorded_punches, max_size=4),
    outs=st.lists(points, min_size=1, max_size=5),
    ins=st.lists(points, max_size=2),
    is_from_context=st.booleans(),
    withdrawn=st.booleans(),
)
def test_no_out_by_hand_is_ever_an_in_and_no_in_an_out(
    planned: list[Shift],
    recorded: list[Punch],
    outs: list[int],
    ins: list[int],
    is_from_context: bool,
    withdrawn: bool,
) -> None:
    corrections = [*typed(Direction.OUT, outs), *typed(Direction.IN, ins)]
    if withdrawn and recorded:
        corrections.append(Correction(replaces=recorded[0].at))
    days = derivation.derive_days(
        DAY - AROUND,
        DAY + AROUND,
        punches=recorded,
        roster=Roster(assignments=tuple(map(Assignment, planned))),
        corrections=corrections,
        rules=Rules(directions_from_context=is_from_context),
    )
    uses = uses_by_hand(days)
    assert len(uses) == len(outs) + len(ins)
    assert not [use for direction, use in uses if direction is Direction.OUT and use is Use.IN]
    assert not [use for direction, use in uses if direction is Direction.IN and use is Use.OUT]
    opened = {*(punch.at for punch in recorded), *ins}
    borders = {part.pairing.entered for day in days for part in day.parts}
    assert all(start in opened | borders for day in days for part in day.parts for start, _ in part.pairing.pairs)


@settings(max_examples=examples(200), deadline=None)
@given(outs=st.lists(st.integers(0, 23), min_size=2, max_size=5, unique=True))
def test_outs_by_hand_pay_at_most_from_the_one_in_to_the_last_of_them(outs: list[int]) -> None:
    came = MIDNIGHT + 8 * HOUR
    day = derivation.derive(
        DAY,
        punches=[Punch(came)],
        roster=Roster(assignments=(Assignment(Shift(name="day", start=dt.time(8), end=dt.time(17))),)),
        corrections=typed(Direction.OUT, [MIDNIGHT + hour * HOUR for hour in outs]),
    )
    last = max(outs)
    assert day.worked == max(0, last - 8) * HOUR
    assert day.first_in == came


def test_a_request_reads_what_was_entered_by_hand_as_the_day_does() -> None:
    roster = Roster(assignments=(Assignment(Shift(name="day", start=dt.time(8), end=dt.time(17))),))
    early = [Punch(MIDNIGHT + hour * HOUR, direction=Direction.OUT, source=BY_HAND, is_certain=True) for hour in (2, 7)]
    asked = [Asked(dt.datetime(2026, 11, 4, 5), Direction.IN)]  # noqa: DTZ001  (local at the site)
    answer = requests.judge(asked, punches=[*early, Punch(MIDNIGHT + 8 * HOUR)], roster=roster)
    assert answer == [MIDNIGHT + 5 * HOUR]
