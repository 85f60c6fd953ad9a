"""Days that stand as they were settled share no punch with the days that are planned otherwise after them."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from timekeeping import derivation, intervals
from timekeeping.rule_book import RuleBook
from timekeeping.settled import Settled
from timekeeping.values import (
    Assignment,
    Automatic,
    ClockChange,
    Correction,
    CorrectionState,
    Direction,
    Hours,
    Punch,
    Roster,
    Rules,
    Shift,
    Site,
)
from timekeeping.work_day import WorkDay

UNTIL = dt.date(2026, 11, 30)
OPENS = dt.date(2026, 12, 1)
FIRST, LAST = dt.date(2026, 11, 27), dt.date(2026, 12, 4)
START = int(dt.datetime(2026, 11, 29, tzinfo=dt.UTC).timestamp())
BERLIN = Site("Europe/Berlin")
LATE = Shift(name="late", start=dt.time(14), end=dt.time(22))
NIGHT = Shift(name="night", start=dt.time(22), end=dt.time(6))
EARLY = Shift(name="early", start=dt.time(4), end=dt.time(12), before_minutes=300)
MIDNIGHT = Shift(name="from midnight", start=dt.time(0), end=dt.time(8))
WHOLE = Shift(name="first and last", start=dt.time(8), end=dt.time(17), hours=Hours.FIRST_LAST)
SHIFTS = (None, LATE, NIGHT, EARLY, MIDNIGHT, WHOLE)

shifts = st.sampled_from(SHIFTS)
books = st.builds(
    Rules,
    clock_change=st.sampled_from(ClockChange),
    automatic_out=st.sampled_from(Automatic),
    debounce_seconds=st.sampled_from([0, 60, 900]),
    directions_from_context=st.booleans(),
).map(lambda rules: RuleBook(((None, rules),)))
sites = st.sampled_from([BERLIN, Site("Asia/Tokyo"), Site("America/New_York")])
facts = st.lists(
    st.tuples(st.integers(0, 4 * 24 * 12).map(lambda step: START + step * 300), st.sampled_from([None, *Direction])),
    max_size=12,
    unique_by=lambda each: each[0],
).map(lambda each: [Punch(at, direction=way, number=n) for n, (at, way) in enumerate(sorted(each), start=1)])


def roster(shift: Shift | None, site: Site) -> Roster:
    return Roster(site, () if shift is None else (Assignment(shift),))


def settled(shift: Shift | None, site: Site, rules: RuleBook | None = None) -> Settled:
    before = roster(shift, site)
    return Settled(until=UNTIL, site=site, assignments=before.assignments, calendar=(), rules=rules or RuleBook())


def derive(
    punches: list[Punch], before: Settled | None, now: Roster, rules: RuleBook | None = None, **more: object
) -> list[WorkDay]:
    return derivation.derive_days(FIRST, LAST, punches=punches, roster=now, rules=rules, settled=before, **more)  # type: ignore[arg-type]


def presence(days: list[WorkDay]) -> list[tuple[int, int]]:
    """Return the stretches that days count, as instants, in order."""
    spans = [
        (day.timeline.instant(start), day.timeline.instant(end))
        for day in days
        for part in day.parts
        for start, end in part.spans
    ]
    return sorted(spans)


@settings(max_examples=80, deadline=None)
@given(punches=facts, old=shifts, new=shifts, here=sites, there=sites, then=books, now=books)
def test_no_minute_counts_on_both_sides_of_the_border(
    punches: list[Punch],
    old: Shift | None,
    new: Shift | None,
    here: Site,
    there: Site,
    then: RuleBook,
    now: RuleBook,
) -> None:
    days = derive(punches, settled(old, here, then), roster(new, there), now)
    closed = presence([day for day in days if day.day <= UNTIL])
    opened = presence([day for day in days if day.day > UNTIL])
    assert not intervals.common(intervals.merged(closed), intervals.merged(opened))


@settings(max_examples=80, deadline=None)
@given(punches=facts, old=shifts, new=shifts, here=sites, there=sites, then=books, now=books)
def test_settled_days_stand_whatever_is_planned_after_them(
    punches: list[Punch],
    old: Shift | None,
    new: Shift | None,
    here: Site,
    there: Site,
    then: RuleBook,
    now: RuleBook,
) -> None:
    days = derive(punches, settled(old, here, then), roster(new, there), now)
    alone = derivation.derive_days(FIRST, UNTIL, punches=punches, roster=roster(old, here), rules=then)
    assert days[: len(alone)] == alone


@settings(max_examples=80, deadline=None)
@given(punches=facts, shift=shifts, site=sites, rules=books)
def test_a_border_at_which_nothing_changes_changes_nothing(
    punches: list[Punch], shift: Shift | None, site: Site, rules: RuleBook
) -> None:
    days = derive(punches, settled(shift, site, rules), roster(shift, site), rules)
    assert [day.worked for day in days] == [day.worked for day in derive(punches, None, roster(shift, site), rules)]


def at(text: str) -> int:
    """Return the instant of a local time in Berlin, in winter."""
    return int(dt.datetime.fromisoformat(f"2026-{text}+01:00").timestamp())


def worked(days: list[WorkDay]) -> dict[str, int]:
    """Return the minutes of each day that has any."""
    return {f"{day.day:%m-%d}": day.worked // 60 for day in days if day.worked}


def test_a_night_that_was_paid_is_not_paid_again_by_a_shift_that_begins_at_midnight() -> None:
    punches = [Punch(at("11-30 23:50"), number=1), Punch(at("12-01 08:00"), number=2)]
    assert worked(derive(punches, None, roster(MIDNIGHT, BERLIN))) == {"12-01": 490}
    assert worked(derive(punches, settled(None, BERLIN), roster(MIDNIGHT, BERLIN))) == {"11-30": 490}


def test_a_punch_that_no_settled_day_counts_may_open_the_next_day() -> None:
    punches = [Punch(at("11-30 23:50"), number=1), Punch(at("12-01 08:00"), number=2)]
    days = derive(punches, settled(WHOLE, BERLIN), roster(MIDNIGHT, BERLIN))
    assert worked(days) == {"12-01": 490}


def test_a_repetition_of_a_punch_that_was_used_is_no_punch_of_the_next_day() -> None:
    rules = RuleBook(((None, Rules(debounce_seconds=120)),))
    punches = [
        Punch(at("11-30 22:00"), number=1),
        Punch(at("12-01 06:00"), number=2),
        Punch(at("12-01 06:01"), number=3),
    ]
    days = derive(punches, settled(NIGHT, BERLIN, rules), roster(EARLY, BERLIN), rules)
    assert worked(days) == {"11-30": 480}
    (first,) = (day for day in days if day.day == OPENS)
    assert not first.uses


def test_a_correction_that_closed_the_night_counts_for_the_night_alone() -> None:
    opened = Punch(at("11-30 22:00"), direction=Direction.IN, number=1)
    wrong = Punch(at("12-01 06:40"), direction=Direction.OUT, number=2)
    put_right = Correction(
        at=at("12-01 06:00"), direction=Direction.OUT, replaces=wrong.at, state=CorrectionState.APPROVED, number=7
    )
    days = derive([opened, wrong], settled(NIGHT, BERLIN), roster(EARLY, BERLIN), corrections=[put_right])
    assert worked(days) == {"11-30": 480}
    (first,) = (day for day in days if day.day == OPENS)
    assert [use.punch.number for use in first.uses] in ([], [2])
    assert not first.first_in


def test_days_are_found_as_they_are_judged() -> None:
    punches = [Punch(at("11-30 23:50"), number=1), Punch(at("12-01 08:00"), number=2)]
    found = derivation.find_days(
        FIRST, LAST, punches=punches, roster=roster(MIDNIGHT, BERLIN), settled=settled(None, BERLIN)
    )
    assert found == [UNTIL]


@settings(max_examples=80, deadline=None)
@given(punches=facts, old=shifts, new=shifts, here=sites, there=sites, now=books)
def test_every_punch_is_shown_on_some_day(
    punches: list[Punch], old: Shift | None, new: Shift | None, here: Site, there: Site, now: RuleBook
) -> None:
    days = derive(punches, settled(old, here), roster(new, there), now)
    shown = {use.punch.number for day in days for use in day.uses}
    assert {punch.number for punch in punches} <= shown


def test_a_presence_that_was_counted_is_not_spanned_by_a_later_one() -> None:
    times = ("11-30 20:00", "11-30 22:00", "11-30 23:15", "12-01 16:00")
    punches = [Punch(at(text), number=number) for number, text in enumerate(times, start=1)]
    before = Settled(
        until=UNTIL,
        site=BERLIN,
        assignments=(Assignment(replace(EARLY, before_minutes=None)), Assignment(replace(MIDNIGHT, before_minutes=30))),
        calendar=(),
        rules=RuleBook(),
    )
    short = replace(MIDNIGHT, end=dt.time(4))
    days = derive(punches, before, roster(short, BERLIN))
    spans = presence(days)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))


def test_who_came_before_midnight_is_not_lost_where_the_shift_of_the_morning_is_gone() -> None:
    punches = [Punch(at("11-30 23:50"), number=1), Punch(at("12-01 08:00"), number=2)]
    assert worked(derive(punches, settled(MIDNIGHT, BERLIN), roster(None, BERLIN))) == {"12-01": 490}
