"""Finds the ins and outs that belong to a shift although they lie outside of its window.

Somebody stays beyond the end of a window, comes before it opens, works through two shifts that touch, or is called out
between two shifts. Each decision looks at neighbouring windows alone, so that a day by itself and a month agree.
"""

from __future__ import annotations

import bisect
import datetime as dt
import enum
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from timekeeping.pairing import key_of, pair
from timekeeping.plan import DayKind, Occurrence, Plan
from timekeeping.rule_book import RuleBook
from timekeeping.values import HOUR, MINUTE, Direction, Hours, Punch, Rules

APART_SECONDS = HOUR
"""Work that is an hour or more away from a shift is no early arrival and no overtime of it, but a call-out."""


class Way(enum.Enum):
    """How the first event after an open in closes it."""

    SHIFT = enum.auto()
    CALL_OUT = enum.auto()
    WORKED_AS_ONE = enum.auto()


@dataclass(slots=True)
class Run:
    """Neighbouring events of one window, or (`is_loose`) those before window `window` that lie in none."""

    window: int
    is_loose: bool
    events: list[Punch]


@dataclass(frozen=True, slots=True)
class Closing:
    """The events `outs` of a run close `opened`, which the run before left open; `windows`: worked as one."""

    way: Way
    opened: Punch
    outs: list[Punch]
    windows: list[int]


@dataclass(slots=True)
class Crossings:
    """What was found. `closed`: run -> what its first events close; `opened`: window -> the run and its in."""

    closed: dict[int, Closing] = field(default_factory=dict)
    opened: dict[int, tuple[int, Punch]] = field(default_factory=dict)


def find(runs: Sequence[Run], plan: Plan, *, rules: RuleBook) -> Crossings:
    """Return which events cross the border of a window."""
    return _Search(runs, plan, rules).everything()


def may_be_a_call_out(first: Punch, last: Punch, plan: Plan) -> bool:
    """Whether two events without a key are in and out between two windows, and not a late and an early passing.

    They may take at most two thirds of the time between the windows of two shifts.
    """
    after = bisect.bisect_right(plan.windows, (first.at, 0, 0, 0))
    before, later = range(after - 1, -1, -1), range(after, len(plan.windows))
    closes = next((plan.windows[at][1] for at in before if plan.occurrence(at).is_planned), None)
    opens = next((plan.windows[at][0] for at in later if plan.occurrence(at).is_planned), None)
    return closes is None or opens is None or 3 * (last.at - first.at) <= 2 * (opens - closes)


def is_plain(events: Sequence[Punch], start: int) -> bool:
    """Whether events without a key are in and out in turn, the first of them at most an hour before the shift."""
    if len(events) % 2 or start - events[0].at > APART_SECONDS:
        return False
    if events[0].direction or events[-1].direction:
        return False
    return len(events) == 2 or not any(punch.direction for punch in events)


def is_followed_by_the_in(first: Punch, second: Punch, own: Occurrence, *, rules: Rules) -> bool:
    """Whether the second event of a window looks like the in of the shift, and the first like an out of before."""
    away = own.start - first.at
    ways = [key_of(punch, rules) for punch in (first, second)]
    if ways[1] is Direction.OUT or away <= 0:
        return False
    if ways[0] is Direction.OUT:
        return True
    if own.shift.before_minutes is not None or ways[0] is Direction.IN:
        return False
    return away > APART_SECONDS and (ways[1] is Direction.IN or abs(second.at - own.start) < away)


def _open_in(events: Sequence[Punch], rules: Rules) -> int | None:
    """Return the in that a further out would close; where only that out lets the keys be believed, they are."""
    found = pair(events, hours=Hours.PAIRS, rules=rules)
    if not found.read_from_context:
        return found.open_in
    pairs = pair([*events, events[-1]._replace(direction=Direction.OUT)], hours=Hours.PAIRS, rules=rules).pairs
    return pairs[-1][0] if pairs else None


class _Search:
    def __init__(self, runs: Sequence[Run], plan: Plan, rules: RuleBook) -> None:
        self.runs = runs
        self.plan = plan
        self.book = rules
        self.only = rules.only
        self.found = Crossings()

    def everything(self) -> Crossings:
        """Look at those runs alone that are not plainly in and out at the hours of a shift."""
        odd = [run.is_loose or not is_plain(run.events, self.plan.occurrence(run.window).start) for run in self.runs]
        for at in range(1, len(self.runs)):
            opened = self._open(at - 1, looks_back=True) if odd[at - 1] else None
            if opened is not None and at - 1 in self.found.closed and opened in self.found.closed[at - 1].outs:
                opened = None
            way = None if opened is None else self._closing(at, opened)
            if way is not None and opened is not None:
                windows = self._worked(at) if way is Way.WORKED_AS_ONE else []
                self.found.closed[at] = Closing(way, opened, self.runs[at].events[: self._outs(at, opened)], windows)
        for at, is_odd in enumerate(odd):
            if is_odd:
                self._opening(at)
        return self.found

    # -- what is where ------------------------------------------------------------------------------------------

    def _own(self, at: int) -> Occurrence | None:
        run = self.runs[at]
        return None if run.is_loose else self.plan.occurrence(run.window)

    def _rules(self, at: int) -> Rules:
        """Return the rules of the day to which a run belongs."""
        run = self.runs[at]
        if self.only is not None:
            return self.only
        day = self.plan.index_of(run.events[0].at) if run.is_loose else self.plan.windows[run.window][2]
        return self.book.on(self.plan.days[0].day + dt.timedelta(days=day))

    def _way(self, punch: Punch) -> Direction | None:
        return key_of(punch, self.only or self.book.on(self.plan.timeline.local(punch.at).date()))

    def _is_out(self, punch: Punch | None = None) -> bool:
        return punch is not None and self._way(punch) is Direction.OUT

    def _is_working_day(self, point: int) -> bool:
        day = self.plan.index_of(point)
        return 0 <= day < len(self.plan.days) and self.plan.days[day].kind is DayKind.WORKING

    def _between(self, left: int, right: int) -> list[Occurrence]:
        """Return the shifts between two runs to which somebody should have come and nobody did."""
        first, last = self.runs[left], self.runs[right]
        start = first.window if first.is_loose else first.window + 1
        return [each for each in map(self.plan.occurrence, range(start, last.window)) if each.is_planned]

    def _end_before(self, at: int) -> int | None:
        """Return the end of the last shift that starts before a run."""
        run = self.runs[at]
        windows = range(run.window - 1 if run.is_loose else run.window, -1, -1)
        return next((each.end for each in map(self.plan.occurrence, windows) if each.is_planned), None)

    def _first_undirected(self, at: int) -> int:
        """Return the number of events without a key at the start of a run; an out by key is the last of them."""
        events = self.runs[at].events
        latest = events[0].at + self._rules(at - 1).longest_off_shift_minutes * MINUTE
        count = 0
        for punch in events:
            way = self._way(punch)
            if way is Direction.IN or punch.at > latest:
                break
            count += 1
            if way is Direction.OUT:
                break
        return count

    # -- what a run leaves open -----------------------------------------------------------------------------------

    def _rest(self, at: int, *, looks_back: bool) -> list[Punch]:
        """Return the events of a run without a first one that closes what the run before left open.

        Without looking back that is judged by the run alone: so much of the past is enough, and a chain of late
        nights is read in the same way wherever it begins.
        """
        events = self.runs[at].events
        if looks_back:
            opened = self._open(at - 1, looks_back=False) if at else None
            return events[self._outs(at, opened) :] if opened is not None and self._closing(at, opened) else events
        own = self._own(at)
        if own is None or not own.is_planned or len(events) < 2:
            return events
        return events[1:] if is_followed_by_the_in(events[0], events[1], own, rules=self._rules(at)) else events

    def _open(self, at: int, *, looks_back: bool) -> Punch | None:
        """Return the in that a run leaves open."""
        rest = self._rest(at, looks_back=looks_back)
        opened = _open_in(rest, self._rules(at)) if rest else None
        return next((punch for punch in rest if punch.at == opened), None)

    # -- outs -----------------------------------------------------------------------------------------------------

    def _closing(self, at: int, opened: Punch) -> Way | None:
        """Return how the first event of a run closes what the run before left open; None where it does not."""
        first, own = self.runs[at].events[0], self._own(at - 1)
        if self._way(first) is Direction.IN or not (self._is_working_day(opened.at) if own is None else own.expected):
            return None
        is_call_out = self._is_call_out(opened, own, at - 1)
        if first.at > self._latest(at - 1, opened) or (own is None and self._is_a_guess(at, opened)):
            return None
        if self._touches(at):
            return self._through(at, opened)
        if self._between(at - 1, at):
            return None
        right = self._own(at)
        closes = (
            self._closes_before_a_shift(at, opened, right, is_call_out=is_call_out)
            if right is not None and right.is_planned
            else self._closes_outside(at, opened, is_call_out=is_call_out)
        )
        return (Way.CALL_OUT if is_call_out else Way.SHIFT) if closes else None

    def _is_a_guess(self, at: int, opened: Punch) -> bool:
        """Whether two events without a key lie outside of a shift to which nobody came: perhaps it had other hours."""
        if self._way(opened) is not None or self._way(self.runs[at].events[0]) is not None:
            return False
        day = self.plan.index_of(opened.at)
        near = (run.window for run in self.runs[max(0, at - 4) : at + 4] if not run.is_loose)
        return not any(self.plan.windows[window][2] == day for window in near)

    def _is_call_out(self, opened: Punch, own: Occurrence | None, at: int) -> bool:
        """Whether the in lies in no window, or an hour (on a day off: at all) after a shift that was worked before."""
        if own is None:
            return True
        away = opened.minute - own.end
        is_after = away >= (APART_SECONDS if self._is_working_day(opened.at) else 0)
        return is_after and own.is_planned and self.runs[at].events[0] is not opened

    def _latest(self, at: int, opened: Punch) -> int:
        """Return up to when an in of a run may be closed outside of its window."""
        rules = self._rules(at)
        is_call_out = self._is_call_out(opened, self._own(at), at)
        limit = rules.longest_off_shift_minutes if is_call_out else rules.longest_shift_minutes
        return opened.at + limit * MINUTE

    def _closes_before_a_shift(self, at: int, opened: Punch, right: Occurrence, *, is_call_out: bool) -> bool:
        """Whether the first event of a window in which somebody is expected ends what was before that shift.

        With a key it does up to the start of the shift. Without one only in a window without a margin of its own, in
        the first two thirds of the time between the two shifts, nearer to the in of a call-out than to the shift, or
        where the next event looks like the in of the shift.
        """
        events = self.runs[at].events
        first, second = events[0], events[1] if len(events) > 1 else None
        if first.minute >= right.start or (self._is_out(second) and not first.is_certain):
            return False
        if self._way(first) is Direction.OUT:
            return True
        if right.shift.before_minutes is not None:
            return False
        ended = self._end_before(at - 1)
        is_far = ended is not None and 3 * (first.at - ended) <= 2 * (right.start - ended)
        is_near = is_call_out and first.at - opened.at < right.start - first.at
        return (
            is_far
            or is_near
            or (second is not None and is_followed_by_the_in(first, second, right, rules=self._rules(at)))
        )

    def _closes_outside(self, at: int, opened: Punch, *, is_call_out: bool) -> bool:
        """Whether an event closes an in where nobody has to come: with a key always, without one if it is left over.

        Of an even number the first two are a pair of their own, if they are an hour or more apart from each other and
        from the shift; of an evening's call-out, if they are nearer to each other than the first is to the in.
        """
        events = self.runs[at].events
        first = events[0]
        if self._way(first) is Direction.OUT:
            return True
        count = self._first_undirected(at)
        if count % 2:
            return not (count == len(events) == 1 and self._goes_with_the_next(at))
        if is_call_out:
            return first.at - opened.at <= events[1].at - first.at
        own = self._own(at - 1)
        closes = opened.at if own is None else own.closes
        return events[1].at - first.at < APART_SECONDS or first.at - closes < APART_SECONDS

    def _goes_with_the_next(self, at: int) -> bool:
        """Whether an event between two windows is nearer to the next one, and that one lacks an in."""
        if not self.runs[at].is_loose or at + 1 == len(self.runs):
            return False
        left, right, first = self._own(at - 1), self._own(at + 1), self.runs[at].events[0]
        if left is None or right is None or self.runs[at + 1].window != self.runs[at].window:
            return False
        return right.opens - first.at < first.at - left.closes and self._lacks_in(self.runs[at + 1].events, right)

    def _outs(self, at: int, opened: Punch) -> int:
        """Return how many events close the in: of several outs where nobody has to come the last one counts."""
        own, events = self._own(at), self.runs[at].events
        count = 1
        if own is None or not own.is_planned:
            latest = self._latest(at - 1, opened)
            while count < len(events) and self._way(events[count]) is Direction.OUT and events[count].at <= latest:
                count += 1
        return count

    # -- shifts that touch ----------------------------------------------------------------------------------------

    def _links(self, at: int) -> list[int]:
        """Return the windows in which somebody has to come, from that of the run before up to this run."""
        left, right = self._own(at - 1), self._own(at)
        if left is None or not left.is_planned:
            return []
        last = self.runs[at].window + (right is not None)
        return [each for each in range(self.runs[at - 1].window, last) if self.plan.occurrence(each).is_planned]

    def _touches(self, at: int) -> bool:
        """Whether the shift of the run before and those up to this run follow each other without a gap."""
        shifts = [self.plan.occurrence(each) for each in self._links(at)]
        return len(shifts) > 1 and all(later.start <= earlier.end for earlier, later in itertools.pairwise(shifts))

    def _through(self, at: int, opened: Punch) -> Way | None:
        """Whether the first event of a run ends a presence that began in a shift which touches."""
        left, events = self._own(at - 1), self.runs[at].events
        if left is None or opened.minute >= left.end:
            return None
        is_wrong_key = self._is_out(*events[1:2]) and not events[0].is_certain
        if is_wrong_key if self._way(events[0]) is Direction.OUT else self._first_undirected(at) % 2 == 0:
            return None
        return Way.WORKED_AS_ONE if len(self._worked(at)) > 1 else Way.SHIFT

    def _worked(self, at: int) -> list[int]:
        """Return the windows of the shifts that were worked as one: the last one only from an hour on."""
        links = self._links(at)
        is_late = links[-1] == self.runs[at].window and not self.runs[at].is_loose
        begins = self.plan.occurrence(links[-1]).start
        return links[:-1] if is_late and self.runs[at].events[0].at - begins < APART_SECONDS else links

    # -- ins ------------------------------------------------------------------------------------------------------

    def _opening(self, at: int) -> None:
        """Find the in that a shift lacks in what lies before its window."""
        own, run = self._own(at), self.runs[at]
        if own is None:
            self._open_empty(at)
            return
        if not own.is_planned or not at or at in self.found.closed:
            return
        found = self._last_in(at) if self._lacks_in(run.events, own) else None
        if found is None or run.events[0].minute <= own.start or self._between(at - 1, at):
            return
        if run.events[0].at - found.at <= self._rules(at - 1).longest_shift_minutes * MINUTE:
            self.found.opened[run.window] = (at - 1, found)

    def _lacks_in(self, events: Sequence[Punch], own: Occurrence) -> bool:
        """Whether the events of a window begin with an out: by its key, or because the other end of the shift fits."""
        if self._way(events[0]) is not None:
            return self._way(events[0]) is Direction.OUT
        if len(events) % 2 == 0 or any(self._way(punch) for punch in events):
            return False
        return abs(events[-1].at - own.end) <= abs(events[0].at - own.start)

    def _last_in(self, at: int) -> Punch | None:
        """Return the in at the end of the run before that nothing there closes, where it is nearer to this shift."""
        left, right = self._own(at - 1), self._own(at)
        found = self._open_at_the_end(at - 1)
        if found is None or right is None:
            return None
        if left is None:
            ended = self._end_before(at - 1)
            is_nearer = ended is None or right.start - found.at < found.at - ended
            return found if is_nearer or self._way(found) is Direction.IN else None
        if left.on_call:
            return found
        is_after = left.is_planned and found.minute >= left.end
        return found if is_after and right.start - found.at <= found.at - left.end else None

    def _open_at_the_end(self, at: int) -> Punch | None:
        count = len(self.found.closed[at].outs) if at in self.found.closed else 0
        rest = self.runs[at].events[count:]
        opened = _open_in(rest, self._rules(at)) if rest else None
        return rest[-1] if rest and rest[-1].at == opened else None

    def _open_empty(self, at: int) -> None:
        """Give an in by key to the shift that follows, if nobody punches in its window."""
        run = self.runs[at]
        is_next = at + 1 < len(self.runs) and self.runs[at + 1].window == run.window
        if is_next or run.window >= len(self.plan.windows) or at + 1 in self.found.closed:
            return
        own, found = self.plan.occurrence(run.window), self._open_at_the_end(at)
        if not own.is_planned or found is None or self._way(found) is not Direction.IN:
            return
        is_near = own.end - found.at <= self._rules(at).longest_shift_minutes * MINUTE
        if is_near and self._is_working_day(found.at):
            self.found.opened[run.window] = (at, found)
