"""May this correction be asked for? Its times are judged by the rules of live punches, before anybody decides.

A refusal has a code: `time_did_not_exist`, `time_happened_twice` (say which one is meant), `in_the_future`,
`not_employed`, `already_recorded`, `overlap`, `already_in`.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Sequence
from dataclasses import dataclass

from attendance.workdays import localtime, pairing
from attendance.workdays.values import Direction, Hours, Punch, Roster, Rules


class Code(enum.StrEnum):
    """Why a correction cannot be asked for as it stands."""

    TIME_DID_NOT_EXIST = "time_did_not_exist"
    TIME_HAPPENED_TWICE = "time_happened_twice"
    IN_THE_FUTURE = "in_the_future"
    NOT_EMPLOYED = "not_employed"
    ALREADY_RECORDED = "already_recorded"
    OVERLAP = "overlap"
    ALREADY_IN = "already_in"


class Which(enum.IntEnum):
    """Which of two equal local times in the hour before winter time."""

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
    """Return the instant that is meant, or why there is none or more than one."""
    if asked.offset is not None:
        return int(asked.local.replace(tzinfo=dt.timezone(asked.offset)).timestamp())
    if not localtime.exists(asked.local, zone_name):
        return Code.TIME_DID_NOT_EXIST
    if asked.which is None and localtime.happened_twice(asked.local, zone_name):
        return Code.TIME_HAPPENED_TWICE
    return localtime.instant(asked.local.replace(fold=asked.which or 0), zone_name)


def judge(
    asked: Sequence[Asked], *, punches: Sequence[Punch], roster: Roster, now: int | None = None
) -> list[int] | Code:
    """Return the instants of a request that may be asked for, or the code that refuses it.

    `punches`: what already counts around it. An in and an out of the same minute touch and do not overlap; an in
    inside a presence that is already there overlaps, unless the request also closes that presence before.
    """
    instants: list[int] = []
    for each in asked:
        day = each.local.date()
        at = instant(each, zone_name=roster.site.zone_on(day))
        if isinstance(at, Code):
            return at
        if now is not None and at > now:
            return Code.IN_THE_FUTURE
        if (roster.joined and day < roster.joined) or (roster.left and day > roster.left):
            return Code.NOT_EMPLOYED
        instants.append(at)
    new = [Punch(at, each.direction) for at, each in zip(instants, asked, strict=True)]
    return _clash(new, _directed(punches)) or instants


def _directed(punches: Sequence[Punch]) -> list[Punch]:
    """Say of every punch which way it went; gaps longer than any shift start afresh."""
    ordered = sorted(punches, key=lambda punch: (punch.at, punch.direction is not Direction.OUT))
    read = pairing.pair(ordered, hours=Hours.PAIRS, rules=Rules())
    ways = {pairing.Use.IN: Direction.IN, pairing.Use.OUT: Direction.OUT}
    return [Punch(punch.at, ways[use]) for punch, use in read.uses if use in ways]


def _clash(new: Sequence[Punch], known: Sequence[Punch]) -> Code | None:
    for punch in new:
        if any(other.minute == punch.minute and other.direction is punch.direction for other in known):
            return Code.ALREADY_RECORDED
    merged = sorted([*known, *new], key=lambda punch: (punch.minute, punch.direction is not Direction.OUT))
    added = set(map(id, new))
    opened: Punch | None = None
    for at, punch in enumerate(merged):
        if punch.direction is Direction.OUT:
            opened = None
            continue
        if opened is not None and (id(punch) in added or id(opened) in added):
            closes = any(later.direction is Direction.OUT for later in merged[at:])
            return Code.OVERLAP if closes else Code.ALREADY_IN
        opened = punch
    return None
