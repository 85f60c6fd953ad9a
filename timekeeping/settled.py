"""Days that stand as they were settled, and the punches that they used up.

Payroll pays a closed month. Whoever gets another shift, zone or rule from the next day on must neither be paid twice
for the night over that border nor lose it: days up to the border are judged by the plan and the rules of then, and a
punch by which one of them counts a presence is not read again by a later day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from timekeeping.pairing import Use
from timekeeping.rule_book import RuleBook
from timekeeping.timeline import Timeline
from timekeeping.values import Assignment, Direction, Holiday, Punch, Roster, Site, Source
from timekeeping.work_day import Part, WorkDay

REACH = dt.timedelta(days=3)
"""So many settled days before the border may hold a punch that a later day could read."""
_COUNTED = frozenset({Use.IN, Use.OUT, Use.BETWEEN, Use.EXTRA_IN, Use.EXTRA_OUT})
Key = tuple[Source, int | None, Direction | None, int]
"""What a punch is known by: source, row, direction and instant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Plan and rules under which all days up to `until` stand; what is planned later does not reach them."""

    until: dt.date
    site: Site
    assignments: tuple[Assignment, ...]
    calendar: tuple[Holiday, ...]
    rules: RuleBook

    def roster(self, present: Roster) -> Roster:
        """Return the roster of the settled days; joining and leaving are facts and not settled."""
        return replace(present, site=self.site, assignments=self.assignments)

    def concerns(self, first: dt.date) -> bool:
        """Whether a settled day may share a punch with the days from `first` on."""
        return self.until >= first - REACH


@dataclass(frozen=True, slots=True)
class Border:
    """What settled days leave to the days after them. `used`: punches by which they count presence; `held`: all.

    A punch that is held and not used, as an in that no out closed, may still be read by the next day.
    """

    until: dt.date
    used: frozenset[Key]
    held: frozenset[Key]
    ends: int | None = None
    """The instant at which the last presence of a settled day ends."""

    def is_used(self, punch: Punch, timeline: Timeline) -> bool:
        """Whether a settled day counts presence by a punch at a point of the timeline, or after it.

        What lies before a counted presence could be part of a later one only over it, which would pay it twice.
        """
        own = key(punch, timeline)
        return own in self.used or (self.ends is not None and own[-1] < self.ends)

    def is_held(self, punch: Punch, timeline: Timeline) -> bool:
        """Whether a punch at a point of the timeline stands on a settled day, whatever became of it there."""
        return key(punch, timeline) in self.held


def border(until: dt.date, days: Iterable[WorkDay]) -> Border:
    """Return which punches the settled days up to `until` used; what repeats a used one counts as used."""
    used: set[Key] = set()
    ends: list[int] = []
    held: list[tuple[int, Key, bool]] = []
    for day in days:
        timeline = replace(day.timeline, day=None)
        for part in day.parts:
            used.update(key(punch, timeline) for punch in _counted(part))
            ends += [timeline.instant(end) for _, end in part.spans]
        held += [(each.punch.at, key(each.punch, timeline), each.use is Use.REPEATED) for each in day.uses]
    follows = False
    for _, own, repeats in sorted(held, key=lambda each: each[0]):
        if not repeats:
            follows = own in used
        elif follows:
            used.add(own)
    return Border(until, frozenset(used), frozenset(own for _, own, _ in held), max(ends, default=None))


def _counted(part: Part) -> Iterator[Punch]:
    pairing = part.pairing
    ends = part.automatic_out if part.automatic_out is not None else pairing.last_out
    if ends is None or pairing.first_in is None:
        return
    for punch, use in pairing.uses:
        if use in _COUNTED and pairing.first_in <= punch.at <= ends:
            yield punch


def key(punch: Punch, timeline: Timeline) -> Key:
    """Return what a punch at a point of the timeline is known by."""
    return punch.source, punch.number, punch.direction, timeline.instant(punch.at)
