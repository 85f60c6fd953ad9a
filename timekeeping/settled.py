"""Days that stand as they were settled, and the punches that they used up.

Payroll pays a closed month. Whoever gets another shift, zone or rule from the next day on must neither be paid twice
for the night over that border nor lose it: days up to the border are judged by the plan and the rules of then, and a
punch by which one of them counts a presence is not read again by a later day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from timekeeping.pairing import Use
from timekeeping.rule_book import RuleBook
from timekeeping.timeline import Timeline
from timekeeping.values import Assignment, Correction, Direction, Holiday, Punch, Roster, Site, Source
from timekeeping.work_day import Part, WorkDay

REACH = dt.timedelta(days=3)
"""So many settled days before the border may hold a punch that a later day could read."""
_COUNTED = frozenset({Use.IN, Use.OUT, Use.BETWEEN, Use.EXTRA_IN, Use.EXTRA_OUT})
Key = tuple[Source, int | None, Direction | None, int]
"""What a punch is known by: source, row, direction, and its point on the settled timeline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Plan and rules under which all days up to `until` stand; what is planned later does not reach them."""

    until: dt.date
    site: Site
    assignments: tuple[Assignment, ...]
    calendar: tuple[Holiday, ...]
    rules: RuleBook

    @property
    def timeline(self) -> Timeline:
        """The timeline of the last settled day."""
        return Timeline(self.site, self.rules.on(self.until).clock_change)

    def roster(self, present: Roster) -> Roster:
        """Return the roster of the settled days; joining and leaving are facts and not settled."""
        return replace(present, site=self.site, assignments=self.assignments)

    def concerns(self, first: dt.date) -> bool:
        """Whether a settled day may share a punch with the days from `first` on."""
        return self.until >= first - REACH


def used(days: Iterable[WorkDay]) -> frozenset[Key]:
    """Return the punches by which settled days count any presence, and those that repeat one of them.

    An in that no out closed counts nothing and may still be read by the next day.
    """
    found: set[Key] = set()
    kept: list[tuple[int, Key, bool]] = []
    for day in days:
        for part in day.parts:
            counted = set(_counted(part))
            found.update(map(key, counted))
            kept.extend((punch.at, key(punch), False) for punch, _ in part.pairing.uses)
        kept.extend((each.punch.at, key(each.punch), each.use is Use.REPEATED) for each in day.aside)
    before = False
    for _, own, repeats in sorted(kept, key=lambda each: each[0]):
        if not repeats:
            before = own in found
        elif before:
            found.add(own)
    return frozenset(found)


def _counted(part: Part) -> Iterator[Punch]:
    pairing = part.pairing
    ends = part.automatic_out if part.automatic_out is not None else pairing.last_out
    if ends is None or pairing.first_in is None:
        return
    for punch, use in pairing.uses:
        if use in _COUNTED and pairing.first_in <= punch.at <= ends:
            yield punch


def key(punch: Punch) -> Key:
    """Return what a punch is known by; `at` is a point of the settled timeline."""
    return punch.source, punch.number, punch.direction, punch.at


def left_over(
    settled: Settled, taken: frozenset[Key], punches: Sequence[Punch], corrections: Sequence[Correction]
) -> tuple[list[Punch], list[Correction]]:
    """Return the punches and corrections that no settled day used; what a correction replaces stays replaced."""
    point = settled.timeline.point_at
    kept = [punch for punch in punches if key(punch._replace(at=point(punch.at))) not in taken]
    found = []
    for each in corrections:
        if each.at is not None and (Source.CORRECTION, each.number, each.direction, point(each.at)) in taken:
            each = replace(each, at=None)  # noqa: PLW2901
        found.append(each)
    return kept, found
