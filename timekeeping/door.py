"""The meaning of a punch at a door, who is in, and what a door shows.

A punch is read as the derivation of work days reads it: the day is derived with the punch in it, so that the door says
the very figures that the sheets show a moment later.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from timekeeping import derivation, intervals
from timekeeping.durations import cut
from timekeeping.pairing import pair
from timekeeping.rule_book import RuleBook
from timekeeping.settled import Settled
from timekeeping.status import worked_spans
from timekeeping.timeline import Timeline
from timekeeping.values import Correction, Direction, Holiday, Hours, Leave, Punch, Roster, Rules, Source
from timekeeping.work_day import Flag, WorkDay

BACK, AHEAD = dt.timedelta(days=3), dt.timedelta(days=1)
"""The days around a moment that are derived; longer ago nobody is asked about a missing out."""
REACH = BACK + dt.timedelta(days=3)
"""Punches that lie further from a moment than this say nothing about it."""
_NUMBER = -1
"""Of the punch that is asked about; those that are stored have positive numbers, or none."""


@dataclass(frozen=True, slots=True)
class PunchContext:
    """Everything but the punches of a person that decides what one of them means.

    `watermark`: the instant up to which every door has delivered; None: nothing is awaited.
    """

    roster: Roster
    rules: RuleBook
    calendar: tuple[Holiday, ...] = ()
    leave: tuple[Leave, ...] = ()
    corrections: tuple[Correction, ...] = ()
    watermark: int | None = None
    settled: Settled | None = None


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a punch means. `day`: the work day that it belongs to, with the punch in it.

    `repeats`: the recorded punch within whose debounce it lies. It is no event of its own then: `direction` and `day`
    are those of the recorded one.
    """

    direction: Direction
    day: WorkDay
    repeats: Punch | None = None

    @property
    def worked_seconds(self) -> int:
        """Hours of the work day, as every sheet shows them."""
        return self.day.worked


@dataclass(frozen=True, slots=True)
class Standing:
    """Where somebody stands. `day`: the work day that a punch would belong to; `open_in`: the in that it would close.

    `since`: the instant of that in; that of the punch is a point of the timeline of the person's site.
    """

    day: dt.date
    open_in: Punch | None
    since: int | None

    @property
    def is_in(self) -> bool:
        """Whether the next punch goes out."""
        return self.open_in is not None


@dataclass(frozen=True, slots=True)
class Screen:
    """`offers`: the direction of the next punch. `worked`: seconds since the day began, an open presence included.

    `day`: the work day that a punch would belong to. `forgotten`: the last earlier work day, of the three before, whose
    out is missing.
    """

    day: WorkDay
    offers: Direction
    worked: int
    forgotten: WorkDay | None


def read(at: int, *, punches: Sequence[Punch], context: PunchContext) -> Meaning:
    """Return what a punch at that instant means beside those that are recorded.

    Within the debounce it repeats the recorded one. The debounce looks both ways, because two processes may take their
    locks in the other order than they read their clocks. Otherwise it goes out where an in is open in the window, or in
    the presence outside of windows, that it belongs to; whatever was left open in an earlier window stays there.
    """
    debounce_seconds = context.rules.on(_local_day(at, context.roster)).debounce_seconds
    near = [
        punch for punch in punches if punch.source is not Source.CORRECTION and abs(at - punch.at) < debounce_seconds
    ]
    if near:
        repeated = max(near, key=_at)
        return _meaning(repeated, punches, context, watermark=at, repeats=repeated)
    new = Punch(at, number=_NUMBER)
    return _meaning(new, [*punches, new], context, watermark=at)


def find_day(punch: Punch, *, punches: Sequence[Punch], context: PunchContext, now: int) -> WorkDay:
    """Return the work day, as it stands now, to which a recorded punch belongs."""
    return _meaning(punch, punches, context, watermark=now).day


def find_standing(at: int, *, punches: Sequence[Punch], context: PunchContext) -> Standing:
    """Return the work day that a punch at that instant would belong to, and the in that it would close."""
    new = Punch(at, source=Source.CORRECTION, number=_NUMBER)  # those of corrections are never repetitions
    known = [punch for punch in punches if punch.at <= at]
    place = _place(new, [*known, new], context, watermark=at)
    opened = place.open_in
    return Standing(place.day.day, opened, None if opened is None else place.day.timeline.instant(opened.at))


def screen(at: int, *, punches: Sequence[Punch], context: PunchContext) -> Screen:
    """Return what a door has to say at that instant; it does not wait for doors that are behind."""
    known = [punch for punch in punches if punch.at <= at]
    standing = find_standing(at, punches=known, context=context)
    days = _derive(at, known, context, watermark=at)
    current = next(day for day in days if day.day == standing.day)
    forgotten = [day for day in days if day.day < current.day and day.has(Flag.MISSING_OUT)]
    return Screen(
        day=current,
        offers=Direction.OUT if standing.is_in else Direction.IN,
        worked=current.worked + _running(current, standing, at),
        forgotten=forgotten[-1] if forgotten else None,
    )


def _running(day: WorkDay, standing: Standing, at: int) -> int:
    """Return the seconds of an open presence so far."""
    opened = standing.open_in
    part = next((part for part in day.parts if opened is not None and part.pairing.open_in == opened.at), None)
    if opened is None:
        return 0
    if part is None:  # what only a punch now would make a call-out, or an early in
        is_of_the_day = day.timeline.local(opened.at).date() == day.day
        return cut(day.timeline.point_at(at) - opened.at) if is_of_the_day else 0
    return cut(intervals.total(worked_spans([(opened.at, day.timeline.point_at(at))], part.occurrence, part.planned)))


def _meaning(
    punch: Punch, punches: Sequence[Punch], context: PunchContext, *, watermark: int, repeats: Punch | None = None
) -> Meaning:
    if context.watermark is not None:
        watermark = min(watermark, context.watermark)
    place = _place(punch, punches, context, watermark=watermark)
    return Meaning(Direction.IN if place.open_in is None else Direction.OUT, place.day, repeats)


@dataclass(frozen=True, slots=True)
class _Place:
    """The work day of a punch, and the in that was open before it in its own window."""

    day: WorkDay
    open_in: Punch | None


def _place(punch: Punch, punches: Sequence[Punch], context: PunchContext, *, watermark: int) -> _Place:
    days = _derive(punch.at, punches, context, watermark=watermark, holding=punch)
    for day in days:
        point = day.timeline.point_at(punch.at)
        for group in _groups(day):
            for at, other in enumerate(group):
                if derivation.is_same(other, punch, point):
                    return _Place(day, _closed_by(days, group[:at], point) or _open_in(group[:at], day.rules))
    today = _local_day(punch.at, context.roster)
    return _Place(next(day for day in days if day.day == today), None)


def _closed_by(days: Sequence[WorkDay], earlier: Sequence[Punch], closed: int) -> Punch | None:
    """Return the in that a punch closes in a shift that is worked as one with the shift before."""
    opened = None
    for pairing in (part.pairing for day in days for part in day.parts):
        start = next((start for start, end in pairing.pairs if end == closed), None)
        if start is not None and pairing.entered is not None:
            return opened if start == pairing.entered else next((one for one in earlier if one.at == start), None)
        if pairing.left is not None and pairing.uses:
            opened = pairing.uses[-1][0]
    return None


def _groups(day: WorkDay) -> list[list[Punch]]:
    """Return the punches that are read together: those of a window, and those that are set aside for one reason."""
    groups = [[punch for punch, _ in part.pairing.uses] for part in day.parts]
    uses = dict.fromkeys(use.use for use in day.aside)
    return [*groups, *(sorted((each.punch for each in day.aside if each.use is use), key=_at) for use in uses)]


def _at(punch: Punch) -> int:
    return punch.at


def _open_in(earlier: Sequence[Punch], rules: Rules) -> Punch | None:
    """Return the in that the next punch of a window closes; how the shift counts its hours makes no difference."""
    opened = pair(earlier, hours=Hours.PAIRS, rules=rules).open_in
    return next((punch for punch in earlier if punch.at == opened), None)


def _derive(
    at: int, punches: Sequence[Punch], context: PunchContext, *, watermark: int, holding: Punch | None = None
) -> list[WorkDay]:
    today = _local_day(at, context.roster)
    return derivation.derive_days(
        today - BACK,
        today + AHEAD,
        punches=punches,
        roster=context.roster,
        calendar=context.calendar,
        leave=context.leave,
        corrections=context.corrections,
        watermark=watermark,
        rules=context.rules,
        settled=context.settled,
        holding=holding,
    )


def _local_day(at: int, roster: Roster) -> dt.date:
    return Timeline(roster.site).local(at).date()
