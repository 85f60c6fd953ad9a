"""Validates requests for correction by the rules of live punches, before anybody decides.

A refusal has a code: `time_did_not_exist`, `time_happened_twice` (say which one is meant), `in_the_future`,
`not_employed`, `already_recorded`, `overlap`, `already_in`, `in_follows`.
"""

from __future__ import annotations

import datetime as dt
import enum
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from timekeeping import pairing
from timekeeping.events import allot, in_order
from timekeeping.pairing import Use
from timekeeping.plan import plan_days
from timekeeping.rule_book import rule_book
from timekeeping.timeline import exists, happened_twice, to_instant
from timekeeping.values import ClockChange, Direction, Hours, Punch, Roster, Rules

_MARGIN = dt.timedelta(days=3)

ACCEPTED = "accepted"
"""What a case calls a request that has no code against it."""


class Code(enum.StrEnum):
    """The reason for which a request is refused."""

    TIME_DID_NOT_EXIST = "time_did_not_exist"
    TIME_HAPPENED_TWICE = "time_happened_twice"
    IN_THE_FUTURE = "in_the_future"
    NOT_EMPLOYED = "not_employed"
    ALREADY_RECORDED = "already_recorded"
    OVERLAP = "overlap"
    ALREADY_IN = "already_in"
    IN_FOLLOWS = "in_follows"


class Which(enum.IntEnum):
    """The first or the second of two equal local times in the hour before winter time."""

    FIRST = 0
    SECOND = 1


@dataclass(frozen=True, slots=True)
class Asked:
    """One time of a request: local at the site, or, with `offset`, at that distance from UTC."""

    local: dt.datetime
    direction: Direction
    which: Which | None = None
    offset: dt.timedelta | None = None


def instant(asked: Asked, *, zone_name: str) -> int | Code:
    """Return the instant of a requested time, or the reason why there is none or more than one."""
    if asked.offset is not None:
        return int(asked.local.replace(tzinfo=dt.timezone(asked.offset)).timestamp())
    if not exists(asked.local, zone_name):
        return Code.TIME_DID_NOT_EXIST
    if asked.which is None and happened_twice(asked.local, zone_name):
        return Code.TIME_HAPPENED_TWICE
    return to_instant(asked.local.replace(fold=asked.which or 0), zone_name)


def judge(
    asked: Sequence[Asked],
    *,
    punches: Sequence[Punch],
    roster: Roster,
    now: int | None = None,
    withdraws: bool = False,
) -> list[int] | Code:
    """Return the instants of a request that may be asked for, or the code that refuses it.

    `punches`: what already counts around it. An in and an out of the same minute touch and do not overlap; an in
    inside a presence that is already there overlaps, unless the request also closes that presence before; so does an
    out inside it after which nobody comes back in. A new first in would set the recorded one aside: that one has to be
    named. `withdraws`: the request takes other punches away, so that the
    directions of those that stay are read together with the new times.
    """
    instants: list[int] = []
    for each in asked:
        day = each.local.date()
        at = instant(each, zone_name=roster.site.zone_on(day))
        if isinstance(at, Code):
            return at
        if now is not None and at > now:
            return Code.IN_THE_FUTURE
        if not roster.employs(day):
            return Code.NOT_EMPLOYED
        instants.append(at)
    if not instants:
        return instants
    new = [Punch(at, direction=each.direction, is_certain=True) for at, each in zip(instants, asked, strict=True)]
    return _Around(new, punches, roster, withdraws=withdraws).clash() or instants


class _Around:
    """What is recorded around the times of a request, window by window."""

    def __init__(self, new: Sequence[Punch], punches: Sequence[Punch], roster: Roster, *, withdraws: bool) -> None:
        self.new = new
        rules = Rules(debounce_seconds=0, device_debounce_seconds=0)
        every = sorted([*punches, *new], key=in_order)
        first, last = (dt.datetime.fromtimestamp(at, dt.UTC).date() for at in (every[0].at, every[-1].at))
        plan = plan_days(
            roster.site,
            roster.assignments,
            holidays=(),
            first=first - _MARGIN,
            last=last + _MARGIN,
            clock_change=ClockChange.ELAPSED,
        )
        self.window: dict[int, int] = {}
        self.known: list[Punch] = []
        added = set(map(id, new))
        groups = (group for day in allot(every, plan, rules=rule_book(rules)) for group in day.groups)
        for number, group in enumerate(groups):
            if withdraws:
                instants = {(punch.at, punch.direction) for punch in new}
                read = _directed(group, rules)
                found = [punch for punch in read if (punch.at, punch.direction) not in instants]
            else:
                found = _directed([punch for punch in group if id(punch) not in added], rules)
            self.known.extend(found)
            self.window.update((id(punch), number) for punch in (*found, *group))
        self.known.sort(key=in_order)

    def clash(self) -> Code | None:
        """Return why the new times cannot stand beside those that are recorded."""
        for punch in self.new:
            others = (other for other in (*self.known, *self.new) if other is not punch)
            if any(other.minute == punch.minute and other.direction is punch.direction for other in others):
                return Code.ALREADY_RECORDED
        merged = sorted(
            [*self.known, *self.new], key=lambda punch: (punch.minute, punch.direction is not Direction.OUT)
        )
        if any(self._is_of_no_length(at, punch, merged) for at, punch in enumerate(merged)):
            return Code.OVERLAP
        clashes = (self._clash_in(stretch, merged) for stretch in self._stretches(merged))
        return next((found for found in clashes if found is not None), None)

    def _stretches(self, merged: Sequence[Punch]) -> Iterator[list[Punch]]:
        """Yield the times up to each in that never got its out: nothing that comes later lies inside it."""
        stretch: list[Punch] = []
        for punch, later in itertools.zip_longest(merged, merged[1:]):
            if stretch or punch.direction is Direction.IN:  # an out before any in closes nothing
                stretch.append(punch)
            if later is None or self._was_forgotten(punch, later):
                yield stretch
                stretch = []

    def _clash_in(self, stretch: Sequence[Punch], merged: Sequence[Punch]) -> Code | None:
        opened = None
        for at, (punch, use) in enumerate(pairing.pair(stretch, hours=Hours.PAIRS, rules=Rules()).uses):
            if use is Use.IN:
                opened = punch
            elif use is Use.EXTRA_OUT and self._is_inside(stretch[at - 1], punch, stretch[at + 1]):
                return Code.OVERLAP
            elif use is Use.EXTRA_IN and opened is stretch[0] and self._is_new(opened) and not self._is_new(punch):
                return Code.IN_FOLLOWS
            elif use is Use.EXTRA_IN and self._is_new(punch, opened):
                closes = any(later.direction is Direction.OUT for later in merged[merged.index(punch) :])
                return Code.OVERLAP if closes else Code.ALREADY_IN
        return None

    def _is_of_no_length(self, at: int, left: Punch, merged: Sequence[Punch]) -> bool:
        """Whether a new out closes no in, and stands in the minute of a new in: somebody came and went at once."""
        if left.direction is not Direction.OUT or not self._is_new(left):
            return False
        entered = merged[at + 1] if at + 1 < len(merged) else None
        closes = at > 0 and merged[at - 1].direction is Direction.IN
        return not closes and entered is not None and entered.minute == left.minute and self._is_new(entered)

    def _is_new(self, *punches: Punch | None) -> bool:
        return any(punch is new for punch in punches for new in self.new)

    def _is_inside(self, opened: Punch, out: Punch, later: Punch) -> bool:
        """Whether a new out lies in a presence that its own window closes later, as of several outs the last counts."""
        if not self._is_new(out) or self._is_new(opened, later) or opened.direction is Direction.OUT:
            return False
        return len({self.window[id(each)] for each in (opened, out, later)}) == 1

    def _was_forgotten(self, opened: Punch, later: Punch) -> bool:
        """Whether an in never got its out: the next time is an in as well, and of another window."""
        if Direction.OUT in (opened.direction, later.direction):
            return False
        if not self._is_new(opened, later):
            return True
        if self.window[id(opened)] == self.window[id(later)]:
            return False
        after = next((punch for punch in self.known if punch.at > opened.at), None)
        return after is None or after.direction is Direction.IN


def _directed(punches: Sequence[Punch], rules: Rules) -> list[Punch]:
    """Give every punch of one window a direction; one given at the door stands."""
    read = pairing.pair(punches, hours=Hours.PAIRS, rules=rules)
    ways = {Use.IN: Direction.IN, Use.OUT: Direction.OUT, Use.LEADING_OUT: Direction.OUT}
    return [Punch(punch.at, direction=ways[use]) for punch, use in read.uses if use in ways]
