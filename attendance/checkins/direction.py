"""In or out, or the same event as a moment ago?

Pure: punches and windows come as values, so that a day of a calendar and the window of a night shift are decided by
the same lines. The direction follows from the context, never from a blind toggle: within a window that has no punch
yet the next one is IN, whatever was left open before it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Direction = Literal["in", "out"]
OTHER: dict[Direction, Direction] = {"in": "out", "out": "in"}


@dataclass(frozen=True, slots=True)
class Punch:
    """A person was at the door at this instant, going this way."""

    at: dt.datetime
    direction: Direction


@dataclass(frozen=True, slots=True)
class Window:
    """The stretch of time that belongs together: a local day, or a shift with its margins. Half-open."""

    start: dt.datetime
    end: dt.datetime

    def __contains__(self, at: dt.datetime) -> bool:
        return self.start <= at < self.end


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which way; `already` is the punch that this one repeats, and then `direction` is that punch's."""

    direction: Direction
    already: Punch | None = None


def decide(at: dt.datetime, *, punches: Iterable[Punch], window: Window, debounce_seconds: float) -> Verdict:
    """Say what a punch at this instant means, given earlier ones in any order and from any day.

    The debounce looks across the border of the window: 23:59:50 and 00:00:10 are one event. It looks both ways,
    because two processes may take their locks in the other order than they read their clocks.
    """
    known = sorted(punches, key=lambda punch: punch.at)
    near = [punch for punch in known if abs((at - punch.at).total_seconds()) < debounce_seconds]
    if near:
        return Verdict(near[-1].direction, already=near[-1])
    inside = [punch for punch in known if punch.at in window]
    return Verdict(OTHER[inside[-1].direction] if inside else "in")


def worked_seconds(punches: Iterable[Punch]) -> int:
    """Add up the closed in-out pairs: a leading OUT counts nothing, a repeated IN keeps the first."""
    total = 0.0
    entered: dt.datetime | None = None
    for punch in sorted(punches, key=lambda punch: punch.at):
        if punch.direction == "in":
            entered = entered or punch.at
        elif entered is not None:
            total += (punch.at - entered).total_seconds()
            entered = None
    return int(total)
