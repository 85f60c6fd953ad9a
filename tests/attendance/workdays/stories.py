"""Stories of an office: what people and HR may do in three months, in whichever order, and closings in between."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import hypothesis.strategies as st
import time_machine

from attendance.core.models import User
from attendance.people.models import Person
from attendance.workdays.models import (
    Assignment,
    Correction,
    CorrectionEntry,
    Leave,
    LeaveType,
    OvertimeApproval,
    Revocation,
    Shift,
)
from attendance.workdays.months import adjustments, closing, order, reopening
from attendance.workdays.requests import corrections, leaves, overtime, revocations
from attendance.workdays.schedule import employment, rules, shifts, sites, valid_from
from tests import cast
from tests.attendance.workdays import office
from timekeeping.requests import Asked
from timekeeping.values import Direction

FIRST = dt.date(2026, 10, 1)
MONTHS = (FIRST, dt.date(2026, 11, 1), dt.date(2026, 12, 1))
LAST_MONTH = dt.date(2027, 1, 1)
"""Closed at the end of every story: its file carries what is left of the others."""
BEGIN = office.at("2027-02-02 09:00")
PEOPLE = 3
DAYS = st.integers(0, 91)
"""Days from the first of October on, to the end of the year."""


@dataclass
class Story:
    """People, the clock of the story, and what was entered by hand."""

    people: list[Person]
    hr: User
    administrator: User
    now: dt.datetime = BEGIN
    entered: dict[tuple[int, dt.date], int] = field(default_factory=lambda: defaultdict(int))

    @contextmanager
    def moment(self) -> Iterator[None]:
        """Do something a little later than whatever was before."""
        self.now += dt.timedelta(minutes=7)
        with time_machine.travel(self.now, tick=False):
            yield


def _local(day: dt.date, hour: int, minute: int, second: int) -> dt.datetime:
    return dt.datetime.combine(day, dt.time()) + dt.timedelta(hours=hour, minutes=minute, seconds=second)


def attend(story: Story, who: int, offset: int, hour: int, minutes: int) -> None:
    """Let somebody's in and out be counted that no door recorded; requests that clash are refused, as on the page."""
    day = FIRST + dt.timedelta(days=offset)
    came = _local(day, hour, minutes % 60, 0)
    person = story.people[who]
    asked = [Asked(came, Direction.IN), Asked(came + dt.timedelta(minutes=minutes), Direction.OUT)]
    with story.moment():
        row = corrections.request(person, day, asked=asked, reason="x", actor=None)
        corrections.approve(row, actor=story.hr)


def forget(story: Story, who: int, offset: int, hour: int) -> None:
    """Let an in be counted without an out."""
    day = FIRST + dt.timedelta(days=offset)
    with story.moment():
        row = corrections.request(
            story.people[who], day, asked=[Asked(_local(day, hour, 0, 0), Direction.IN)], reason="x", actor=None
        )
        corrections.approve(row, actor=story.hr)


def away(story: Story, who: int, offset: int, length: int, part: str) -> None:
    """Approve leave."""
    first = FIRST + dt.timedelta(days=offset)
    last = first + dt.timedelta(days=length)
    with story.moment():
        kind = LeaveType.objects.get()
        row = leaves.request(story.people[who], kind, first=first, last=last, part=part, actor=None)
        leaves.approve(row, actor=story.hr)


def approve(story: Story, who: int, offset: int) -> None:
    """Approve the overtime of a day, or of the week that ends with it."""
    with story.moment():
        overtime.approve(story.people[who], FIRST + dt.timedelta(days=offset), actor=story.hr)


def take_back(story: Story, kind: str, which: int) -> None:
    """Take back an approved request, whichever it is: a correction, leave, or an approval of overtime."""
    rows = list(APPROVED[kind].objects.order_by("pk"))
    if rows:
        with story.moment():
            revocations.revoke(rows[which % len(rows)], reason="x", actor=story.hr)


def count_again(story: Story, which: int) -> None:
    """Let a request count again that was taken back."""
    found = [row.correction or row.leave for row in Revocation.objects.filter(kind="revoke").order_by("pk")]
    rows = [row for row in found if row is not None]
    if rows:
        with story.moment():
            revocations.restore(rows[which % len(rows)], reason="x", actor=story.hr)


def cut_short(story: Story, which: int, days: int, part: str) -> None:
    """Let approved leave end earlier, or be half of each day that remains."""
    rows = list(Leave.objects.filter(state="approved").order_by("pk"))
    if rows:
        row = rows[which % len(rows)]
        last = max(row.first, row.last - dt.timedelta(days=days))
        with story.moment():
            remains = leaves.shorten(row, first=row.first, last=last, part=part, reason="x", actor=None)
            leaves.approve(remains, actor=story.hr)


def correct_again(story: Story, which: int, minutes: int) -> None:
    """Put another time in the place of one that a correction brought, or none."""
    rows = [(row, row.at) for row in CorrectionEntry.objects.select_related("correction__person").order_by("pk")]
    timed = [(row, at.astimezone(office.BERLIN)) for row, at in rows if at is not None]
    if timed:
        row, at = timed[which % len(timed)]
        person, local = row.correction.person, at.replace(tzinfo=None) + dt.timedelta(minutes=minutes)
        with story.moment():
            found = corrections.recorded(person, at.date(), times=[at.time().replace(second=0)])
            asked = [Asked(local, Direction(row.direction))] if minutes else []
            again = corrections.request(
                person, row.correction.day, asked=asked, withdrawn=found, reason="x", actor=None
            )
            corrections.approve(again, actor=story.hr)


APPROVED: dict[str, Any] = {"correction": Correction, "leave": Leave, "overtime": OvertimeApproval}


def employ(story: Story, who: int, joined: int, left: int | None) -> None:
    """Change from when to when somebody is employed."""
    last = None if left is None else FIRST + dt.timedelta(days=left)
    with story.moment():
        employment.employ(story.people[who], joined=FIRST + dt.timedelta(days=joined), left=last, actor=None)


def close(story: Story) -> None:
    """Close the month whose turn it is; the last one ends the story."""
    if order.next_to_close() != LAST_MONTH:
        close_next(story)


def close_next(story: Story) -> None:
    """Close the month whose turn it is."""
    with story.moment():
        closing.close(order.next_to_close() or FIRST, actor=None, with_open_points=True)


def reopen(story: Story) -> None:
    """Reopen the newest closed month."""
    newest = order.newest_in_force()
    if newest is not None:
        with story.moment():
            reopening.reopen(newest, reason="x", actor=story.administrator)


def enter(story: Story, who: int, month: int, minutes: int) -> None:
    """Write an adjustment by hand."""
    person = story.people[who]
    with story.moment():
        adjustments.enter(person, MONTHS[month], quantities={"standard": minutes * 60}, reason="x", actor=story.hr)
    story.entered[person.pk, MONTHS[month]] += minutes * 60


def plan(story: Story, who: int, which: int, later: int) -> None:
    """Give somebody another shift, or none, from an open day on."""
    first = (valid_from.first_open_day() or FIRST) + dt.timedelta(days=later)
    person = story.people[who]
    with story.moment():
        for row in Assignment.objects.filter(person=person, last=None):
            shifts.end_assignment(row, last=first - dt.timedelta(days=1), actor=None)
        if which < len(SHIFTS):
            shifts.assign(Shift.objects.get(name=SHIFTS[which]), person=person, first=first, actor=None)


def move(story: Story, zone: str, later: int) -> None:
    """Let the site keep another zone from an open day on."""
    first = (valid_from.first_open_day() or FIRST) + dt.timedelta(days=later)
    with story.moment():
        sites.move(None, since=first, time_zone=zone, actor=None)


def debounce(story: Story, seconds: int) -> None:
    """Let doors take so much for one punch."""
    with story.moment():
        sites.change_settings({"debounce_seconds": seconds}, actor=None)


def rule(story: Story, later: int, minutes: int) -> None:
    """Change a rule from an open day on."""
    first = (valid_from.first_open_day() or FIRST) + dt.timedelta(days=later)
    content = {**dict(rules.versions())[max(since for since, _ in rules.versions())], "overtime_tolerance": minutes}
    with story.moment():
        rules.save_rules(content, since=first, actor=None)


SHIFTS = ("day", "night", "late", "from midnight")
LATER = st.sampled_from([0, 0, 0, 1, 9])
"""Days from the first open one on: most changes are made for the beginning of a month."""
WHO = st.integers(0, PEOPLE - 1)
DEEDS = st.one_of(
    st.tuples(st.just(attend), WHO, DAYS, st.integers(0, 23), st.integers(1, 14 * 60)),
    st.tuples(st.just(attend), WHO, DAYS, st.sampled_from([8, 22]), st.integers(420, 620)),
    st.tuples(st.just(forget), WHO, DAYS, st.integers(6, 22)),
    st.tuples(st.just(away), WHO, DAYS, st.integers(0, 9), st.sampled_from(["full", "first_half", "second_half"])),
    st.tuples(st.just(approve), WHO, DAYS),
    st.tuples(st.just(take_back), st.sampled_from(sorted(APPROVED)), st.integers(0, 30)),
    st.tuples(st.just(take_back), st.just("correction"), st.integers(0, 30)),
    st.tuples(st.just(count_again), st.integers(0, 30)),
    st.tuples(st.just(cut_short), st.integers(0, 30), st.integers(0, 9), st.sampled_from(["full", "first_half"])),
    st.tuples(st.just(correct_again), st.integers(0, 30), st.integers(-60, 60)),
    st.tuples(st.just(employ), WHO, st.integers(0, 40), st.one_of(st.none(), st.integers(41, 91))),
    st.tuples(st.just(close)),
    st.tuples(st.just(close)),
    st.tuples(st.just(reopen)),
    st.tuples(st.just(enter), WHO, st.integers(0, 2), st.integers(-90, 90).filter(bool)),
)
BORDER = st.one_of(
    st.tuples(st.just(attend), WHO, st.sampled_from([30, 31, 60, 61, 62]), st.integers(0, 23), st.integers(1, 840)),
    st.tuples(st.just(plan), WHO, st.integers(0, len(SHIFTS)), LATER),
    st.tuples(st.just(move), st.sampled_from(["Asia/Tokyo", "Europe/Berlin", "America/New_York"]), LATER),
    st.tuples(st.just(debounce), st.sampled_from([0, 60, 600])),
    st.tuples(st.just(rule), LATER, st.sampled_from([0, 5, 20])),
)
"""What moves a plan from an open day on, and nights over the ends of months."""


def begin(*, weekly: bool, approval: bool) -> Story:
    office.site()
    content = {"overtime": "week" if weekly else "day", "overtime_needs_approval": approval, "rates": "1.5"}
    rules.save_rules(content, actor=None)
    day, night = office.day_shift(name="day"), office.night_shift(name="night", week_days="mon-sun")
    office.day_shift(name="late", start=dt.time(14), end=dt.time(22), breaks="", week_days="mon-sun")
    office.day_shift(name="from midnight", start=dt.time(0), end=dt.time(8), breaks="", week_days="mon-sun")
    people = [
        office.employee(f"Person {number}", shift=(day, night, None)[number], joined="2026-10-01")
        for number in range(PEOPLE)
    ]
    office.leave_type(paid_fraction=0.5)
    order.begin_records(FIRST, actor=None)
    return Story(people, cast.user("hr", role="HR"), cast.user("root", role="Administrator"))
