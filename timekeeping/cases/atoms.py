"""Reads dates, times, durations and punches as cases write them.

`D` is the case's own first day: "D", "D+1", "D-5 23:00". A time without a date is on day D. Durations are "h:mm",
"h:mm:ss", "9h10" or whole minutes.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from timekeeping.requests import Asked, Which
from timekeeping.timeline import exists, happened_twice, to_instant
from timekeeping.values import MINUTE, Direction, Punch, Site, Source

Meaning = TypeVar("Meaning")

YEARS = range(1970, 2201)
"""Years that a case may speak about; others are slips of the pen."""

_RELATIVE = re.compile(r"^D(?:\s*([+-])\s*(\d{1,5}))?$")
_DURATION = re.compile(r"^([+-]?)(\d+):([0-5]\d)(?::([0-5]\d))?$")
_UNITS = re.compile(r"^([+-]?)(?:(\d+) ?h(?:ours?)?)?(?:(?<=h) ?(\d{1,2})| ?(\d+) ?m(?:in|inutes?)?)?$")
_CLOCK = re.compile(r"^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?$")
_MOMENT = re.compile(
    r"^(?:(?P<day>\d{4}-\d{2}-\d{2}|D(?:\s*[+-]\s*\d+)?)(?:[ T]+|$))?"
    r"(?:(?P<clock>\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s*(?P<offset>Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?$"
)


class CaseError(ValueError):
    """The file cannot be read as cases; the message says where and why."""


@contextmanager
def within(where: str) -> Iterator[None]:
    """Say in the message of an error where it happened."""
    try:
        yield
    except CaseError as error:
        raise CaseError(f"{where}: {error}") from None


@dataclass(frozen=True, slots=True)
class Here:
    """What short forms are relative to: the site and the day D."""

    site: Site
    first: dt.date | None


def date(value: object, here: Here) -> dt.date:
    """Read a date: 2026-11-02, "2026-11-02", "D", "D-5"."""
    if isinstance(value, dt.datetime):
        raise CaseError(f"a date without a time is wanted, not {value}")
    if isinstance(value, dt.date):
        return _in_reach(value)
    text = str(value).strip()
    if found := _RELATIVE.match(text):
        if here.first is None:
            raise CaseError(f"{text!r} needs the case to say which day D is")
        days = int(found[2] or 0) * (-1 if found[1] == "-" else 1)
        return _in_reach(here.first + dt.timedelta(days=days))
    try:
        return _in_reach(dt.date.fromisoformat(text))
    except ValueError as error:
        raise error if isinstance(error, CaseError) else CaseError(f"not a date: {value!r}") from None


def _in_reach(day: dt.date) -> dt.date:
    if day.year not in YEARS:
        raise CaseError(f"a date from {YEARS[0]} to {YEARS[-1]} is wanted, not {day}")
    return day


def clock(value: object) -> dt.time:
    """Read a time of day: "22:00", 22:00:00, "9:05"; "24:00" is midnight."""
    if isinstance(value, dt.time) and value.tzinfo is None:
        return value.replace(microsecond=0)
    text = str(value).strip()
    if text in {"24:00", "24:00:00"}:
        return dt.time()
    found = _CLOCK.match(text)
    try:
        if found and isinstance(value, str):
            return dt.time(int(found[1]), int(found[2]), int(found[3] or 0))
    except ValueError:
        pass
    raise CaseError(f'not a time of day: {value!r} (write it as "08:00")')


@dataclass(frozen=True, slots=True)
class Duration:
    """Seconds, and whether they were written down: then they are compared, too."""

    seconds: int
    to_the_second: bool


def duration(value: object) -> Duration:
    """Read a duration: "9:10", "-0:30", "0:20:15", "9h10", "90 min", 09:10:00, or whole minutes."""
    if isinstance(value, dt.time):
        value = value.replace(microsecond=0, tzinfo=None)
        size = value.hour * 3600 + value.minute * 60 + value.second
        return Duration(size, bool(value.second))
    if isinstance(value, int) and not isinstance(value, bool):
        return Duration(value * MINUTE, to_the_second=False)
    text = value.strip() if isinstance(value, str) else ""
    if found := _DURATION.match(text):
        size = int(found[2]) * 3600 + int(found[3]) * 60 + int(found[4] or 0)
        return Duration(-size if found[1] == "-" else size, found[4] is not None)
    if re.fullmatch(r"[+-]?\d+", text):
        return Duration(int(text) * MINUTE, to_the_second=False)
    found = _UNITS.match(text)
    if found and text.lstrip("+-"):
        size = int(found[2] or 0) * 3600 + int(found[3] or found[4] or 0) * 60
        return Duration(-size if found[1] == "-" else size, to_the_second=False)
    raise CaseError(f'not a duration: {value!r} (write "9:10", or whole minutes: 550)')


def seconds(value: object) -> int:
    """Read a duration as seconds."""
    return duration(value).seconds


def minutes(value: object) -> int:
    """Read a duration that is kept in whole minutes."""
    size = seconds(value)
    if size % MINUTE:
        raise CaseError(f"whole minutes are wanted, not {value!r}")
    return size // MINUTE


def moment(value: object, here: Here) -> int:
    """Read an instant: local at the site, or with an offset; of a time that struck twice the first, unless said."""
    if isinstance(value, dt.datetime):
        if value.tzinfo is not None:
            _in_reach(value.date())
            return int(value.timestamp())
        return _at_site(value.replace(microsecond=0), None, here)
    words = str(value).split()
    which = _pick(words, {"first": Which.FIRST, "second": Which.SECOND})
    local, offset = _local(" ".join(words), here)
    if offset is not None:
        return int(local.replace(tzinfo=dt.timezone(offset)).timestamp())
    return _at_site(local, which, here)


def _at_site(local: dt.datetime, which: Which | None, here: Here) -> int:
    zone = here.site.zone_on(_in_reach(local.date()))
    if not exists(local, zone):
        raise CaseError(f"{local:%Y-%m-%d %H:%M} did not exist in {zone}: its clocks were put forward over it")
    if which is not None and not happened_twice(local, zone):
        raise CaseError(f"{local:%Y-%m-%d %H:%M} happened only once in {zone}: leave {which.name.lower()!r} out")
    return to_instant(local.replace(fold=which or 0), zone)


def _pick(words: list[str], meanings: dict[str, Meaning]) -> Meaning | None:
    """Take the one word out that has a meaning."""
    found = [word for word in words if word in meanings]
    if len(found) > 1:
        raise CaseError(f"only one of {', '.join(found)} is possible")
    if not found:
        return None
    words.remove(found[0])
    return meanings[found[0]]


_WAYS = {"in": Direction.IN, "out": Direction.OUT}


def asked_time(value: object, here: Here) -> Asked:
    """Read "2026-03-29 02:30 in", with "first" or "second" or an offset where it is needed."""
    words = str(value).split()
    direction = _pick(words, _WAYS)
    which = _pick(words, {"first": Which.FIRST, "second": Which.SECOND})
    if direction is None:
        raise CaseError(f"{value!r} does not say in or out")
    local, offset = _local(" ".join(words), here)
    return Asked(local, direction, which, offset)


def _local(text: str, here: Here) -> tuple[dt.datetime, dt.timedelta | None]:
    found = _MOMENT.match(text)
    if not found or not text:
        raise CaseError(f'not a time: {text!r} (write it as "08:00", "D+1 08:00" or "2026-11-02 08:00")')
    day, written = date(found["day"] or "D", here), found["clock"] or "00:00"
    local = dt.datetime.combine(day, clock(written))
    if written in {"24:00", "24:00:00"}:
        local += dt.timedelta(days=1)
    return local, _offset(found["offset"])


def _offset(text: str | None) -> dt.timedelta | None:
    if text is None:
        return None
    if text in {"Z", "UTC"}:
        return dt.timedelta()
    size = dt.timedelta(hours=int(text[1:3]), minutes=int(text[3:].lstrip(":") or 0))
    if size >= dt.timedelta(hours=24):
        raise CaseError(f"not an offset from UTC: {text!r}")
    return -size if text[0] == "-" else size


def punch(value: object, here: Here) -> Punch:
    """Read "2026-11-02 21:10", with "in" or "out", "device", "first" or "second", "recorded <time>" behind it."""
    if isinstance(value, dict):
        return _punch_from_table(value, here)
    if isinstance(value, dt.datetime):
        return Punch(moment(value, here))
    text, _, recorded = str(value).partition(" recorded ")
    words = text.split()
    direction = _pick(words, _WAYS)
    source = _pick(words, {"device": Source.DEVICE, "door": Source.DOOR}) or Source.DOOR
    at = moment(" ".join(words), here)
    return Punch(at, direction=direction, source=source, recorded_at=moment(recorded, here) if recorded else None)


def _punch_from_table(table: dict[str, object], here: Here) -> Punch:
    if unknown := set(table) - {"at", "direction", "source", "recorded"}:
        raise CaseError(f"a punch has no {', '.join(sorted(unknown))} (known: at, direction, source, recorded)")
    if "at" not in table:
        raise CaseError("a punch needs at")
    given = table.get("direction", "")
    try:
        direction = Direction(str(given)) if given else None
    except ValueError:
        raise CaseError(f"direction: in or out is wanted, not {given!r}") from None
    source = {"door": Source.DOOR, "device": Source.DEVICE}.get(str(table.get("source", "door")))
    if source is None:
        raise CaseError(f"source: door or device is wanted, not {table['source']!r}")
    recorded = table.get("recorded")
    return Punch(
        moment(table["at"], here),
        direction=direction,
        source=source,
        recorded_at=moment(recorded, here) if recorded else None,
    )
