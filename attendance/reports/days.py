"""What does one person's local day come to: first in, last out, hours? Pure: punches in, a day out.

Hours are those of closed pairs, an IN and the next OUT of the same local day; a repeated IN keeps the first, as at
the door. Whatever stands alone is counted as missing and never guessed. Instants are subtracted, so a night in which
the clock is set back has its 25 hours.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Punch:
    """One valid check-in."""

    at: dt.datetime
    is_in: bool


@dataclass(frozen=True, slots=True)
class Day:
    """`worked`: sum of the closed pairs. `missing_ins`, `missing_outs`: punches without their other half."""

    day: dt.date
    first_in: dt.datetime | None
    last_out: dt.datetime | None
    worked: dt.timedelta
    missing_ins: int
    missing_outs: int
    is_open: bool
    """Whether the last punch is an IN: the person is still here, or the OUT was forgotten."""


def summarize(day: dt.date, punches: Iterable[Punch]) -> Day:
    """Add up the punches of one person on one local day."""
    worked = dt.timedelta()
    missing_ins = missing_outs = 0
    first_in = last_out = open_since = None
    for punch in sorted(punches, key=lambda punch: punch.at):
        if punch.is_in:
            missing_outs += open_since is not None
            first_in = first_in or punch.at
            open_since = open_since or punch.at
        else:
            if open_since is None:
                missing_ins += 1
            else:
                worked += punch.at - open_since
            last_out, open_since = punch.at, None
    return Day(
        day=day,
        first_in=first_in,
        last_out=last_out,
        worked=worked,
        missing_ins=missing_ins,
        missing_outs=missing_outs + (open_since is not None),
        is_open=open_since is not None,
    )


def by_day(punches: Iterable[Punch], *, zone: ZoneInfo) -> dict[dt.date, list[Punch]]:
    """Sort punches into their local days."""
    days: dict[dt.date, list[Punch]] = {}
    for punch in punches:
        days.setdefault(punch.at.astimezone(zone).date(), []).append(punch)
    return days
