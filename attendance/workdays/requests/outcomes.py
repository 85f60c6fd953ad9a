"""The days of one person as they would be with a correction, before it is saved.

Nothing is written: the facts are read once, and derived with the times of the correction and without them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from attendance.checkins.models import CheckIn
from attendance.people.models import Person
from attendance.workdays import deliveries, facts
from attendance.workdays.facts import Facts
from attendance.workdays.models import Correction as Request
from attendance.workdays.models import CorrectionEntry
from timekeeping.pairing import Use
from timekeeping.values import Correction, CorrectionState, Direction, Punch, Source
from timekeeping.work_day import WorkDay

AROUND = dt.timedelta(days=2)
NUMBER = -1
"""Of the new times; corrections that are stored have positive numbers."""
_COUNTED = {Use.IN, Use.OUT, Use.BETWEEN}
Recorded = CheckIn | CorrectionEntry
"""A time that counts and may be withdrawn: of a door, or of an approved correction."""
Key = tuple[int | None, int | None, str | None]
"""What a time of a correction is known by: number of the correction, instant, direction."""


def key_of_value(each: Correction) -> Key:
    """Return what the value of a time is known by."""
    return each.number, each.at, each.direction


def key_of_entry(row: CorrectionEntry) -> Key:
    """Return what the row of a time is known by."""
    return row.correction_id, int(row.at.timestamp()) if row.at else None, row.direction


@dataclass(frozen=True, slots=True)
class Time:
    """A new time: the work day to which it would belong, and what would become of it."""

    at: int
    direction: Direction
    day: dt.date
    use: Use

    @property
    def counts(self) -> bool:
        """Whether the time makes a difference to its day."""
        return self.use in _COUNTED


@dataclass(frozen=True, slots=True)
class Turn:
    """A punch that counts now, and would count as something else. `day`: to which it belongs now."""

    day: WorkDay
    punch: Punch
    before: Use
    after: Use | None


@dataclass(frozen=True, slots=True)
class Difference:
    """A day before the correction and with it."""

    before: WorkDay
    after: WorkDay

    @property
    def is_none(self) -> bool:
        """Whether the day stays as it is."""
        return _looks(self.before) == _looks(self.after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a correction would do. `day`: the one that was meant; `days`: it, and all others that would change.

    `turned`: punches, recorded or entered before, that it does not name and that would count as something else.
    """

    day: dt.date
    days: tuple[Difference, ...]
    times: tuple[Time, ...]
    turned: tuple[Turn, ...]
    withdraws: bool

    @property
    def counted_day(self) -> dt.date:
        """The day on which all new times count; the one that was meant where there is not one such day."""
        found = {time.day for time in self.times}
        return found.pop() if len(found) == 1 else self.day

    @property
    def uncounted(self) -> Time | None:
        """A new time that would count on no day."""
        return next((time for time in self.times if not time.counts), None)

    @property
    def is_plain(self) -> bool:
        """Whether it does what it says and nothing beside: nobody has to be asked."""
        is_elsewhere = any(time.day != self.day for time in self.times)
        beside = any(each.before.day != self.day for each in self.days)
        loses = self.withdraws and not self.times and any(each.before.worked != each.after.worked for each in self.days)
        return not (is_elsewhere or beside or self.turned or loses)


def find(
    person: Person, day: dt.date, *, times: Sequence[tuple[int, Direction]], withdrawn: Sequence[Recorded]
) -> Outcome:
    """Return what a correction would do to the days around the one that is meant."""
    known = facts.load_one(person, day - AROUND, day + AROUND)
    asked = [Correction(at=at, direction=way, number=NUMBER - order) for order, (at, way) in enumerate(times)]
    before = derive(known, day)
    after = derive(with_times(without(known, withdrawn), asked), day)
    both = [Difference(old, new) for old, new in zip(before, after, strict=True)]
    return Outcome(
        day=day,
        days=tuple(each for each in both if each.before.day == day or not each.is_none),
        times=tuple(_time(at, way, after, number=NUMBER - order) for order, (at, way) in enumerate(times)),
        turned=tuple(_turned(before, after)),
        withdraws=bool(withdrawn),
    )


def find_for(row: Request) -> Outcome:
    """Return what a request that waits would do if it were approved now."""
    entries = list(row.entries.all())
    times = [(int(each.at.timestamp()), Direction(each.direction)) for each in entries if each.at is not None]
    gone = [each for entry in entries for each in (entry.replaces, entry.withdraws) if each is not None]
    return find(row.person, row.day, times=times, withdrawn=gone)


def without(known: Facts, withdrawn: Sequence[Recorded]) -> Facts:
    """Return the facts as they would be without some times."""
    gone = {key_of_entry(each) for each in withdrawn if isinstance(each, CorrectionEntry)}
    kept = [
        replace(each, state=CorrectionState.REVOKED) if key_of_value(each) in gone else each
        for each in known.corrections
    ]
    return with_times(
        replace(known, corrections=tuple(kept)),
        [Correction(replaces=int(each.at.timestamp())) for each in withdrawn if isinstance(each, CheckIn)],
    )


def with_times(known: Facts, more: Sequence[Correction]) -> Facts:
    """Return the facts as they would be with further times."""
    return replace(known, corrections=(*known.corrections, *more))


def derive(known: Facts, day: dt.date) -> list[WorkDay]:
    """Return the days around one, as they are now."""
    return facts.derive_one(known, day - AROUND, day + AROUND, rules=known.rules, watermark=deliveries.watermark())


def day_now(person: Person, day: dt.date) -> WorkDay:
    """Return a day of somebody as it is now."""
    known = facts.load_one(person, day - AROUND, day + AROUND)
    return next(each for each in derive(known, day) if each.day == day)


def day_without(row: Request) -> WorkDay:
    """Return the day of a correction that counts, as it would be if it were taken back."""
    known = without(facts.load_one(row.person, row.day - AROUND, row.day + AROUND), list(row.entries.all()))
    return next(each for each in derive(known, row.day) if each.day == row.day)


def _time(at: int, direction: Direction, days: Sequence[WorkDay], *, number: int) -> Time:
    placed = (used for day in days for used in day.uses if used.punch.number == number)
    used = next(placed, None)
    if used is None:  # a closed day used up what lies around it
        return Time(at, direction, days[AROUND.days].day, Use.OFF_SHIFT)
    return Time(at, direction, used.day, used.use)


def _turned(before: Sequence[WorkDay], after: Sequence[WorkDay]) -> Iterator[Turn]:
    """Yield what counts otherwise; that a time is withdrawn is what was asked for."""
    uses = {_key(day, used.punch): used.use for day in after for used in day.uses}
    for day in before:
        for used in day.uses:
            turned = uses.get(_key(day, used.punch))
            is_meant = turned in (Use.REPLACED, Use.REVOKED)
            if used.use in {Use.IN, Use.OUT} and turned is not used.use and not is_meant:
                yield Turn(day, used.punch, used.use, turned)


def _key(day: WorkDay, punch: Punch) -> tuple[Source, int | None, int]:
    return punch.source, punch.number, day.timeline.instant(punch.at)


def _looks(day: WorkDay) -> tuple[object, ...]:
    """Return what somebody would see of a day."""
    uses = tuple((punch.at, punch.number, use) for punch, use, _, _ in day.uses)
    return *figures(day), uses


def figures(day: WorkDay) -> tuple[object, ...]:
    """Return what the punches of a day come to."""
    return day.code, day.worked, day.overtime, day.late, day.early
