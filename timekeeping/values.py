"""Inputs of the rules: sites, shifts, rosters, holidays, leave, punches, corrections and settings.

Everything here is a frozen value without Django. An *instant* is a whole number of seconds since 1970 in UTC;
a duration is a whole number of seconds; settings in minutes have that in their names.
"""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass
from typing import NamedTuple

RULE_VERSION = "5"
"""Shown beside every result; it changes whenever a rule gives another answer to the same facts."""

MINUTE = 60
HOUR = 3600
DAY = 86_400
EVERY_DAY = frozenset(range(7))

Span = tuple[int, int]
"""Half-open stretch of time: the start belongs to it, the end does not."""

Night = tuple[dt.time, dt.time]
"""Local times between which work is night work; an end at or before the start is on the next day."""


class Direction(enum.StrEnum):
    """The direction of a punch, where the person or the door gave one."""

    IN = "in"
    OUT = "out"


class Source(enum.StrEnum):
    """The origin of a punch: our own door, a time clock that was read out, or an approved correction."""

    DOOR = "door"
    DEVICE = "device"
    CORRECTION = "correction"


class Hours(enum.StrEnum):
    """The way of counting presence: closed pairs, or everything from the first to the last punch."""

    PAIRS = "pairs"
    FIRST_LAST = "first_last"


class ClockChange(enum.StrEnum):
    """The length of a night over a clock change: the time that passed, or the difference of the clock on the wall."""

    ELAPSED = "elapsed"
    WALL = "wall"


class Automatic(enum.StrEnum):
    """The time at which a missing out is filled in: never, after the plan and its tolerance, or at a fixed time."""

    OFF = "off"
    AFTER_PLAN = "after_plan"
    AT = "at"


class OvertimeRule(enum.StrEnum):
    """The span over which the total is compared with the plan."""

    NONE = "none"
    DAY = "day"
    WEEK = "week"


class Scope(enum.IntEnum):
    """The group for which an assignment was made; the narrowest that covers a day is the only source of that day."""

    PERSON = 0
    DEPARTMENT = 1
    DEFAULT = 2


class LeavePart(enum.StrEnum):
    """The part of the day that a leave takes."""

    FULL = "full"
    FIRST_HALF = "first_half"
    SECOND_HALF = "second_half"
    HOURS = "hours"


@dataclass(frozen=True, slots=True)
class ZoneChange:
    """A zone that a site keeps from a local day on; earlier days keep theirs."""

    since: dt.date
    zone: str


@dataclass(frozen=True, slots=True)
class Site:
    """A place with an IANA time zone. `zone` holds until the first of `changes`."""

    zone: str = "UTC"
    name: str = "site"
    changes: tuple[ZoneChange, ...] = ()

    def zone_on(self, day: dt.date) -> str:
        """Return the name of the zone that the site keeps on that day."""
        name = self.zone
        for change in self.changes:
            if change.since <= day:
                name = change.zone
        return name


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A shift: the hours at which somebody is expected. `end` at or before `start` means the next day.

    `before_minutes`, `after_minutes`: reach of the window; None: half of what the shift leaves of 24 hours.
    `breaks`: fixed ones by the clock. `break_minutes`: one without a fixed time, taken by pairs or deducted,
    once more than `break_after_minutes` were present. `half_day_minutes`, `absent_minutes`: below it; 0: never.
    `half_days`: those of the `week_days` whose second half is off.
    """

    name: str
    start: dt.time
    end: dt.time
    before_minutes: int | None = None
    after_minutes: int | None = None
    breaks: tuple[tuple[dt.time, dt.time], ...] = ()
    break_minutes: int = 0
    break_after_minutes: int = 0
    planned_minutes: int | None = None
    hours: Hours = Hours.PAIRS
    grace_late_minutes: int = 0
    grace_early_minutes: int = 0
    half_day_minutes: int = 0
    absent_minutes: int = 0
    week_days: frozenset[int] = EVERY_DAY
    early_arrival_unpaid: bool = False
    flexible: bool = False
    half_days: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Assignment:
    """A shift holds from `first` to `last`, both included; None is open."""

    shift: Shift
    first: dt.date | None = None
    last: dt.date | None = None
    scope: Scope = Scope.PERSON

    def covers(self, day: dt.date) -> bool:
        """Whether the assignment holds on that day, as a working day or as a day off."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Roster:
    """The place, the shifts and the employment of one person; `left` is the last day of the employment.

    `earlier`: first and last days of employments before `joined`, of whoever left and came back.
    """

    site: Site = Site()
    assignments: tuple[Assignment, ...] = ()
    joined: dt.date | None = None
    left: dt.date | None = None
    earlier: tuple[tuple[dt.date, dt.date], ...] = ()

    def employs(self, day: dt.date) -> bool:
        """Whether the person is employed on a day."""
        if self.joined is not None and day < self.joined:
            return any(first <= day <= last for first, last in self.earlier)
        return self.left is None or day <= self.left

    def has_left(self, day: dt.date) -> bool:
        """Whether an employment ended before a day, and no later one had begun by then."""
        if self.joined is not None and day < self.joined:
            return any(last < day for _, last in self.earlier) and not self.employs(day)
        return self.left is not None and day > self.left


@dataclass(frozen=True, slots=True)
class Holiday:
    """Nobody is expected on that local day; `site` None: at every site. `is_half`: in its second half alone."""

    day: dt.date
    name: str = "holiday"
    site: str | None = None
    is_half: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Absence by agreement, both days included; only approved leave counts.

    `at_work`: no absence but work elsewhere (from home): the time is expected, and the person counts as present.
    `part` holds for each day, or only for `half_day` where that is given and the other days are full.
    `start`, `end`: local times, for `LeavePart.HOURS`; an end at or before the start is on the next day.
    """

    first: dt.date
    last: dt.date
    code: str = "L"
    part: LeavePart = LeavePart.FULL
    half_day: dt.date | None = None
    start: dt.time | None = None
    end: dt.time | None = None
    paid_fraction: float = 1.0
    approved: bool = True
    recorded_at: int = 0
    at_work: bool = False

    def part_on(self, day: dt.date) -> LeavePart | None:
        """Return what the leave takes of that day; None where it takes nothing."""
        if not self.first <= day <= self.last:
            return None
        return self.part if self.half_day in (None, day) else LeavePart.FULL


class Punch(NamedTuple):
    """A punch at a door. `direction` None: it follows from the context.

    `recorded_at`: when we learnt of it; None: at the same instant. `number`: of the row it came from.
    `is_certain`: the direction stands, whatever the order of the punches says: somebody entered it by hand.
    """

    at: int
    direction: Direction | None = None
    source: Source = Source.DOOR
    recorded_at: int | None = None
    number: int | None = None
    is_certain: bool = False

    @property
    def minute(self) -> int:
        """The instant as people see it, without seconds."""
        return self.at - self.at % MINUTE

    @property
    def known_at(self) -> int:
        """The instant at which we learnt of it."""
        return self.at if self.recorded_at is None else self.recorded_at


class CorrectionState(enum.StrEnum):
    """The state of a correction; only an approved one counts. A revoked one was approved, and taken back since."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A time that a person asked to have counted, or a punch (`replaces`) that is not to count, or both.

    `decided_at`: when it was approved, or else taken back.
    """

    at: int | None = None
    direction: Direction | None = None
    replaces: int | None = None
    state: CorrectionState = CorrectionState.APPROVED
    decided_at: int | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """The approval of the overtime of a work day, or of its week, at an instant; later facts undo it."""

    day: dt.date
    at: int


@dataclass(frozen=True, slots=True)
class RateStep:
    """Overtime beyond `after_minutes` is paid at `rate` until the next step."""

    after_minutes: int
    rate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """The paid share of a day by its status; leave has a fraction of its own."""

    present: float = 1.0
    absent: float = 0.0
    half_day: float = 0.5
    holiday: float = 1.0
    off: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The settings of an organisation. A tolerance is a threshold: beyond it the whole difference counts."""

    clock_change: ClockChange = ClockChange.ELAPSED
    debounce_seconds: int = 60
    device_debounce_seconds: int = 120
    directions_from_context: bool = False
    judge_delay_minutes: int = 0
    longest_off_shift_minutes: int = 720
    longest_shift_minutes: int = 1080
    overtime: OvertimeRule = OvertimeRule.DAY
    overtime_tolerance_minutes: int = 0
    undertime: bool = False
    undertime_tolerance_minutes: int = 0
    overtime_needs_approval: bool = False
    week_planned_minutes: int | None = None
    week_starts: int = 0
    rates: tuple[RateStep, ...] = (RateStep(0, "1"),)
    rest_day_rates: tuple[RateStep, ...] = (RateStep(0, "1"),)
    holiday_rates: tuple[RateStep, ...] = (RateStep(0, "1"),)
    rest_day_is_overtime: bool = True
    night: Night | None = (dt.time(22), dt.time(6))
    automatic_out: Automatic = Automatic.OFF
    automatic_tolerance_minutes: int = 0
    automatic_at: dt.time | None = None
    paid: Paid = Paid()


def watermark(arrived: dict[str, int]) -> int | None:
    """Return up to which instant every door of a site has delivered; None without doors: nothing is awaited."""
    return min(arrived.values(), default=None)
