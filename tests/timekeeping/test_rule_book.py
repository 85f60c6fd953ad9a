"""Rules that change from a day on judge each day as if they had always held on it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.effort import examples
from timekeeping import derivation, overtime, totals
from timekeeping.cases import reading
from timekeeping.cases.atoms import CaseError
from timekeeping.rule_book import RuleBook, rule_book
from timekeeping.timeline import Timeline
from timekeeping.values import (
    Assignment,
    Automatic,
    ClockChange,
    Leave,
    OvertimeRule,
    Paid,
    Punch,
    RateStep,
    Roster,
    Rules,
    Shift,
    Site,
    ZoneChange,
)
from timekeeping.work_day import WorkDay

FIRST, LAST = dt.date(2026, 10, 19), dt.date(2026, 11, 8)
"""Three weeks from a Monday on, with the change of clocks in them."""
START = int(dt.datetime(2026, 10, 18, tzinfo=dt.UTC).timestamp())
DAY = Shift(name="day", start=dt.time(8), end=dt.time(16), week_days=frozenset(range(5)))
NIGHT = Shift(name="night", start=dt.time(22), end=dt.time(6))

rules = st.builds(
    Rules,
    clock_change=st.sampled_from(ClockChange),
    judge_delay_minutes=st.sampled_from([0, 90]),
    overtime=st.sampled_from(OvertimeRule),
    overtime_tolerance_minutes=st.sampled_from([0, 10, 60]),
    undertime=st.booleans(),
    overtime_needs_approval=st.booleans(),
    week_planned_minutes=st.sampled_from([None, 2400]),
    week_starts=st.sampled_from([0, 6]),
    rates=st.sampled_from([(RateStep(0, "1"),), (RateStep(0, "1.25"), RateStep(60, "1.5"))]),
    rest_day_is_overtime=st.booleans(),
    night=st.sampled_from([None, (dt.time(22), dt.time(6)), (dt.time(0), dt.time(4))]),
    automatic_out=st.sampled_from(Automatic),
    paid=st.sampled_from([Paid(), Paid(absent=0.5, off=0.0)]),
)
books = st.builds(
    lambda first, more: RuleBook(((None, first), *sorted(more.items()))),
    rules,
    st.dictionaries(st.dates(FIRST, LAST), rules, max_size=3),
)
punches = st.lists(st.builds(Punch, st.integers(START, START + 22 * 86_400)), max_size=60)
rosters = st.sampled_from(
    [Roster(Site("Europe/Berlin"), assignments) for assignments in ((), (Assignment(DAY),), (Assignment(NIGHT),))]
)


def days_by(book: RuleBook | Rules, facts: list[Punch], roster: Roster, first: dt.date = FIRST) -> list[WorkDay]:
    return derivation.derive_days(first, LAST, punches=facts, roster=roster, rules=book)


@settings(max_examples=examples(60), deadline=None)
@given(book=books, facts=punches, roster=rosters)
def test_a_day_is_what_its_own_rules_make_of_it(book: RuleBook, facts: list[Punch], roster: Roster) -> None:
    """Pairing and debounce are equal in all versions here, so that no day depends on the rules of another."""
    alone = {id(version): days_by(version, facts, roster) for _, version in book.versions}
    for at, day in enumerate(days_by(book, facts, roster)):
        assert day == alone[id(book.on(day.day))][at]
        assert day.rules is book.on(day.day)


@settings(max_examples=examples(60), deadline=None)
@given(book=books, facts=punches, roster=rosters)
def test_every_hour_is_paid_once_whatever_rules_change(book: RuleBook, facts: list[Punch], roster: Roster) -> None:
    days = days_by(book, facts, roster)
    total = totals.total(days, around=days)
    paid = overtime.paid(days, around=days)
    assert sum(day.payable for day in paid) == total.payable == total.standard + total.overtime
    weeks = overtime.weeks(days)
    assert sorted(day.day for week in weeks for day in week.days) == [day.day for day in days]
    for week in weeks:
        assert len({overtime.weekly_settings(day.rules) for day in week.days}) == 1


@settings(max_examples=examples(30), deadline=None)
@given(book=books, facts=punches, since=st.dates(FIRST, LAST))
def test_a_change_that_changes_nothing_cuts_no_week(book: RuleBook, facts: list[Punch], since: dt.date) -> None:
    one = book.versions[0][1]
    roster = Roster(Site("Europe/Berlin"), (Assignment(DAY),))
    cut = days_by(RuleBook(((None, one), (since, replace(one)))), facts, roster)
    assert cut == days_by(one, facts, roster)
    assert overtime.weeks(cut) == overtime.weeks(days_by(one, facts, roster))


def test_days_are_paid_by_the_fractions_of_their_own_day() -> None:
    since = FIRST + dt.timedelta(days=1)
    book = RuleBook(((None, Rules()), (since, Rules(paid=Paid(present=0.5, absent=0.25, off=0.0)))))
    at = int(dt.datetime(2026, 10, 19, 8, tzinfo=dt.UTC).timestamp())
    facts = [Punch(at), Punch(at + 8 * 3600), Punch(at + 86_400), Punch(at + 86_400 + 8 * 3600)]
    days = derivation.derive_days(
        FIRST,
        FIRST + dt.timedelta(days=6),
        punches=facts,
        roster=Roster(Site(), (Assignment(DAY),)),
        leave=[Leave(first=FIRST + dt.timedelta(days=3), last=FIRST + dt.timedelta(days=3), paid_fraction=0.75)],
        rules=book,
    )
    # present 1 + 0.5, absent 0.25, on leave 0.75, absent 0.25, two days off without pay
    assert totals.total(days).paid_days == 1 + 0.5 + 0.25 + 0.75 + 0.25


def test_one_set_of_rules_is_a_book_of_one_version() -> None:
    assert rule_book(None) == RuleBook() == rule_book(Rules())
    assert rule_book(RuleBook()).only == Rules()
    assert hash(RuleBook()) == hash(rule_book(Rules()))


@pytest.mark.parametrize(
    "days", [(), (FIRST,), (None, None), (None, LAST, FIRST), (None, FIRST, FIRST)], ids=lambda days: str(len(days))
)
def test_versions_out_of_order_are_refused(days: tuple[dt.date | None, ...]) -> None:
    with pytest.raises(ValueError, match="later day"):
        RuleBook(tuple((day, Rules()) for day in days))


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ('[{}, { night = "off" }]', "settings 2: from is missing"),
        ('[{ from = "D" }]', "settings 1: the first settings hold from the beginning"),
        ('[{}, { from = "D" }, { from = "D" }]', "settings 3: from: 2026-11-02 is not after 2026-11-02"),
        ('[{}, { from = "D", nights = "off" }]', "settings 2: the table has no nights (did you mean night"),
    ],
)
def test_settings_out_of_order_get_a_message(settings: str, complaint: str) -> None:
    with pytest.raises(CaseError) as raised:
        reading.read_text(f"[[case]]\nD = 2026-11-02\nsettings = {settings}\nexpect = {{ code = '' }}")
    assert complaint in str(raised.value)


PAIRS = [("America/New_York", "Asia/Tokyo"), ("Asia/Tokyo", "America/New_York"), ("Europe/Berlin", "Europe/London")]


@pytest.mark.parametrize(("old", "new"), PAIRS)
@pytest.mark.parametrize("clock_change", ClockChange)
def test_days_before_and_after_a_move_are_those_of_a_single_zone(old: str, new: str, clock_change: ClockChange) -> None:
    """Two days around the move are left out: their windows meet those of the other place."""
    since = dt.date(2026, 10, 28)
    kept = Rules(clock_change=clock_change)
    moved = Site(old, changes=(ZoneChange(since, new),))
    for zone, first, last in ((old, FIRST, since - dt.timedelta(days=2)), (new, since + dt.timedelta(days=1), LAST)):
        timeline = Timeline(Site(zone), ClockChange.ELAPSED)
        days = [first + dt.timedelta(days=step) for step in range((last - first).days + 1)]
        facts = [Punch(timeline.point(day, dt.time(hour, 3))) for day in days for hour in (8, 17)]
        found, alone = (
            derivation.derive_days(first, last, punches=facts, roster=Roster(site, (Assignment(DAY),)), rules=kept)
            for site in (moved, Site(zone))
        )
        assert [(day.code, day.worked, day.overtime, day.late, day.night) for day in found] == [
            (day.code, day.worked, day.overtime, day.late, day.night) for day in alone
        ]
        assert [day.timeline.local(day.first_in) for day in found if day.first_in is not None] == [
            day.timeline.local(day.first_in) for day in alone if day.first_in is not None
        ]


@pytest.mark.parametrize(("old", "new"), PAIRS)
@given(hours=st.integers(0, 24 * 4))
def test_an_instant_is_found_again_from_its_local_time(old: str, new: str, hours: int) -> None:
    """Except between the last midnight at the old place and the first one at the new: no day holds that time."""
    since = dt.date(2026, 11, 10)
    timeline = Timeline(Site(old, changes=(ZoneChange(since, new),)), ClockChange.WALL)
    at = int(dt.datetime(2026, 11, 8, tzinfo=dt.UTC).timestamp()) + hours * 3600
    gap = [Timeline(Site(zone)).point(since, dt.time()) for zone in (old, new)]
    if not gap[0] <= at < gap[1]:
        assert timeline.instant(timeline.point_at(at)) == at
