"""One work day with everything that explains it; durations are whole minutes, written in seconds."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable
from typing import NamedTuple

from timekeeping import intervals
from timekeeping.durations import cut
from timekeeping.pairing import Pairing, Use
from timekeeping.plan import Occurrence, PlannedDay
from timekeeping.shares import share_of_day
from timekeeping.timeline import Timeline
from timekeeping.values import MINUTE, RULE_VERSION, Leave, LeavePart, Punch, Rules, Site, Span


class Flag(enum.StrEnum):
    """A mark on a day that somebody should look at."""

    MISSING_OUT = "missing_out"
    MISSING_IN = "missing_in"
    AUTOMATIC_OUT = "automatic_out"
    OFF_SHIFT = "off_shift"
    UNDECIDED = "undecided"
    ODD_COUNT = "odd_count"
    READ_FROM_CONTEXT = "read_from_context"
    CORRECTED = "corrected"
    WORKED_ON_LEAVE = "worked_on_leave"
    BEYOND_WINDOW = "beyond_window"
    CALL_OUT = "call_out"


class OvertimeState(enum.StrEnum):
    """The state of overtime: none, paid without approval, waiting for approval, or approved."""

    NONE = "none"
    COUNTS = "counts"
    TO_APPROVE = "to_approve"
    APPROVED = "approved"


PRESENT, ABSENT, HALF_DAY, HOLIDAY, OFF, UNMARKED = "P", "A", "HD", "H", "WO", ""
OPEN, NOT_JOINED, LEFT = "...", "NJ", "EX"


class PunchUse(NamedTuple):
    """A punch, the work day that it belongs to, and what became of it."""

    punch: Punch
    use: Use
    day: dt.date
    shift: str | None


class Taken(NamedTuple):
    """How much of the day's plan a leave takes."""

    leave: Leave
    part: LeavePart
    share: float
    spans: tuple[Span, ...]


class Part(NamedTuple):
    """One shift of a work day (or the whole of a day without one).

    `spans`: presence that is worked: without fixed breaks and without an unpaid early arrival.
    `unconfirmed`: the piece of it that only an automatic out closes. `code`: this shift's own status. `planned`: when
    the person is expected here; `elsewhere_seconds`: ordinary time of approved work elsewhere, beside what is `worked`.
    """

    occurrence: Occurrence | None
    pairing: Pairing
    planned: tuple[Span, ...] = ()
    plan_seconds: int = 0
    spans: tuple[Span, ...] = ()
    gross: int = 0
    worked: int = 0
    late: int = 0
    late_past_grace: int = 0
    early: int = 0
    automatic_out: int | None = None
    unconfirmed: tuple[Span, ...] = ()
    unconfirmed_seconds: int = 0
    judged: bool = True
    code: str = UNMARKED
    elsewhere_seconds: int = 0

    @property
    def is_planned(self) -> bool:
        """Whether it is a shift to which somebody had to come: no call-out, and none of which the plan is 0."""
        return self.occurrence is not None and self.occurrence.is_planned

    @property
    def is_beyond_its_window(self) -> bool:
        """Whether an in or an out of the shift lies outside of its window."""
        uses, own = self.pairing.uses, self.occurrence
        if own is None or not uses:
            return False
        first, last = uses[0][0].at, uses[-1][0].at
        return last >= own.closes + MINUTE or first < own.opens or (own.opens_after and first < own.opens + MINUTE)


def newest_fact(parts: Iterable[Part], aside: Iterable[PunchUse], leaves: Iterable[Taken]) -> int:
    """Return when the newest of some facts became known."""
    known = [punch.known_at for part in parts for punch, _ in part.pairing.uses]
    known.extend(use.punch.known_at for use in aside)
    known.extend(taken.leave.recorded_at for taken in leaves)
    return max(known, default=0)


class WorkDay(NamedTuple):
    """One person's work day; derived, and derived again whenever a fact or a rule changes.

    Points (`first_in`, `last_out`, spans) belong to `planned_day`'s timeline. `gross`: presence by the shift's way
    of counting; `worked`: gross without fixed breaks and unpaid early arrival; `standard`: worked up to the plan, or
    the plan where a shortfall is tolerated; `overtime`: beyond the plan, negative for undertime.
    `present`, `leave`, `absent`, `off`: shares of a day. `aside`: the punches that no part counts.
    """

    day: dt.date
    code: str
    planned_day: PlannedDay
    rules: Rules
    site: Site
    second: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    aside: tuple[PunchUse, ...] = ()
    flags: tuple[Flag, ...] = ()
    first_in: int | None = None
    last_out: int | None = None
    gross: int = 0
    worked: int = 0
    planned: int = 0
    standard: int = 0
    overtime: int = 0
    late: int = 0
    early: int = 0
    present: float = 0.0
    absent: float = 0.0
    leave: float = 0.0
    off: float = 0.0
    leaves: tuple[Taken, ...] = ()
    overtime_state: OvertimeState = OvertimeState.NONE
    employed: bool = True
    rule_version: str = RULE_VERSION

    @property
    def zone(self) -> str:
        """Name of the site's zone on that day."""
        return self.site.zone_on(self.day)

    @property
    def timeline(self) -> Timeline:
        """Turns the points of the day into local times and instants."""
        return Timeline(self.site, self.rules.clock_change, self.day)

    @property
    def uses(self) -> tuple[PunchUse, ...]:
        """Every punch of the day and what became of it."""
        counted = [
            PunchUse(punch, use, self.day, part.occurrence.shift.name if part.occurrence else None)
            for part in self.parts
            for punch, use in part.pairing.uses
        ]
        return (*counted, *self.aside)

    @property
    def has_punch(self) -> bool:
        """Whether a punch or a correction belongs to the day, whatever became of it; none that was taken back."""
        return any(use.use is not Use.REVOKED for use in self.uses)

    @property
    def uses_now(self) -> list[PunchUse]:
        """The punches as they stand; of a time that counts nothing is said of an earlier correction taken back."""
        gone = {Use.REVOKED, Use.REPLACED}
        standing = {used.punch.at for used in self.uses if used.use not in gone}
        return [used for used in self.uses if used.use is not Use.REVOKED or used.punch.at not in standing]

    @property
    def newest_fact(self) -> int:
        """When the newest fact of the day became known; an approval from before it does not stand."""
        return newest_fact(self.parts, self.aside, self.leaves)

    @property
    def automatic_out(self) -> int | None:
        """The out that was filled in and waits to be confirmed."""
        return next((part.automatic_out for part in self.parts if part.automatic_out is not None), None)

    @property
    def leave_by_code(self) -> dict[str, float]:
        """Share of the day that each kind of leave takes; work elsewhere is none."""
        shares: dict[str, float] = {}
        for leave, share in self._leave_shares():
            shares[leave.code] = share_of_day(shares.get(leave.code, 0.0) + share)
        return shares

    @property
    def paid_leave(self) -> float:
        """Share of the day that is leave with pay."""
        return sum(share * leave.paid_fraction for leave, share in self._leave_shares())

    def _leave_shares(self) -> list[tuple[Leave, float]]:
        """Return each leave with its share; where they overlap, the earlier one goes first and all make one day."""
        left, found = 1.0, []
        for taken in self.leaves:
            if not taken.leave.at_work:
                share = min(left, taken.share)
                left -= share
                found.append((taken.leave, share_of_day(share * (1 - self.planned_day.off_share))))
        if found:  # thirds that make a day add up to 0.9999: the last one has the rest
            leave, share = found[-1]
            found[-1] = (leave, share_of_day(share + self.leave - sum(each for _, each in found)))
        return found

    @property
    def elsewhere_shares(self) -> list[tuple[Leave, float]]:
        """Approved work elsewhere with its share of the day, which counts as present: what leave does not take."""
        left, found = 1 - min(1.0, sum(taken.share for taken in self.leaves if not taken.leave.at_work)), []
        for taken in self.leaves if self.present else ():
            if taken.leave.at_work:
                share = min(left, taken.share)
                left -= share
                found.append((taken.leave, share_of_day(share * (1 - self.planned_day.off_share))))
        return found

    @property
    def judged_half(self) -> float:
        """Share of the day that belongs to shifts of which each was judged half a day."""
        if self.code != HALF_DAY or self.leaves or not self.present + self.absent:
            return 0.0
        judged = [part for part in self.parts if part.is_planned]
        halves = sum(part.code == HALF_DAY for part in judged)
        return halves / len(judged) * (1 - self.planned_day.off_share)

    @property
    def span(self) -> int:
        """First in to last out."""
        return 0 if self.first_in is None or self.last_out is None else cut(self.last_out - self.first_in)

    @property
    def pairs(self) -> int:
        """The closed pairs, whatever the shift's way of counting."""
        return cut(sum(intervals.total(part.pairing.pairs) for part in self.parts))

    @property
    def payable(self) -> int:
        """Standard and such overtime as may be paid now."""
        counts = self.overtime_state is OvertimeState.COUNTS or self.overtime_state is OvertimeState.APPROVED
        return self.standard + self.overtime if counts else self.standard

    @property
    def night(self) -> int:
        """Worked inside the night hours; a break without a fixed time is taken from the daytime first."""
        found = 0
        for dark, light in self.planned_day.nights:
            for part in self.parts:
                for start, end in part.spans:
                    if start < light and dark < end:
                        found += min(end, light) - max(start, dark)
        return cut(min(found, self.worked))

    @property
    def daytime(self) -> int:
        """Worked outside of the night hours."""
        return self.worked - self.night

    @property
    def spans(self) -> tuple[Span, ...]:
        """All worked time of the day."""
        return tuple(span for part in self.parts for span in part.spans)

    @property
    def night_spans(self) -> list[Span]:
        """The worked time inside the night hours."""
        return intervals.merged(intervals.common(self.spans, self.planned_day.nights))

    @property
    def unconfirmed(self) -> tuple[int, int]:
        """Seconds that only an automatic out closes, and how many of them lie in the night: no pay rests on them."""
        spans = [span for part in self.parts for span in part.unconfirmed]
        night = cut(intervals.total(intervals.merged(intervals.common(spans, self.planned_day.nights))))
        return sum(part.unconfirmed_seconds for part in self.parts), min(night, self.night)

    def has(self, flag: Flag) -> bool:
        """Whether the day carries the flag."""
        return flag in self.flags
