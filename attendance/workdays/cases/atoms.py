"""How are dates, times, durations and punches written in a case?

`D` is the case's own first day: "D", "D+1", "D-5 23:00". A time without a date is on day D. Durations are "h:mm",
"h:mm:ss" or whole minutes.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from attendance.workdays import localtime
from attendance.workdays.asking import Asked, Which
from attendance.workdays.values import Direction, Punch, Site, Source

_RELATIVE = re.compile(r"^D(?:([+-])(\d+))?$")
_DURATION = re.compile(r"^(-?)(\d+):([0-5]\d)(?::([0-5]\d))?$")
_OFFSET = re.compile(r"(?:\s*)(Z|[+-]\d{2}:\d{2})$")
_CLOCK = re.compile(r"^\d{1,2}:\d{2}(?::\d{2})?$")


class CaseError(ValueError):
    """The file cannot be read as cases; the message says where and why."""


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
        return value
    text = str(value)
    if found := _RELATIVE.match(text):
        if here.first is None:
            raise CaseError(f"{text!r} needs the case to say which day D is")
        days = int(found[2] or 0) * (-1 if found[1] == "-" else 1)
        return here.first + dt.timedelta(days=days)
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise CaseError(f"not a date: {text!r}") from None


def clock(value: object) -> dt.time:
    """Read a time of day: "22:00", 22:00:00, "9:05"; "24:00" is midnight."""
    if isinstance(value, dt.time):
        return value
    text = str(value)
    if text == "24:00":
        return dt.time()
    try:
        return dt.time.fromisoformat(text.zfill(5) if len(text) < 6 else text.zfill(8))
    except ValueError:
        raise CaseError(f"not a time of day: {text!r}") from None


def seconds(value: object) -> int:
    """Read a duration: "9:10", "-0:30", "0:20:15", or whole minutes."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise CaseError(f"not a duration: {value!r}")
    if isinstance(value, int):
        return value * 60
    found = _DURATION.match(value)
    if not found:
        raise CaseError(f"not a duration: {value!r}")
    size = int(found[2]) * 3600 + int(found[3]) * 60 + int(found[4] or 0)
    return -size if found[1] else size


def minutes(value: object) -> int:
    """Read a duration that is kept in whole minutes."""
    size = seconds(value)
    if size % 60:
        raise CaseError(f"whole minutes are wanted, not {value!r}")
    return size // 60


def moment(value: object, here: Here) -> int:
    """Read an instant: local at the site, or with an offset; of a time that struck twice the first, unless said."""
    if isinstance(value, dt.datetime):
        return int(value.timestamp()) if value.tzinfo else _at_site(value, here)
    asked = asked_time(f"{value} in" if not str(value).endswith((" in", " out")) else value, here)
    if asked.offset is not None:
        return int(asked.local.replace(tzinfo=dt.timezone(asked.offset)).timestamp())
    if not localtime.exists(asked.local, here.site.zone_on(asked.local.date())):
        raise CaseError(f"{value!r} did not exist in {here.site.zone_on(asked.local.date())}")
    return _at_site(asked.local.replace(fold=asked.which or 0), here)


def _at_site(local: dt.datetime, here: Here) -> int:
    return localtime.instant(local, here.site.zone_on(local.date()))


def asked_time(value: object, here: Here) -> Asked:
    """Read "2026-03-29 02:30 in", with "first" or "second" or an offset where it is needed."""
    words = str(value).replace("T", " ").split()
    direction, which = None, None
    while words and words[-1] in {"in", "out", "first", "second"}:
        word = words.pop()
        if word in {"in", "out"}:
            direction = Direction(word)
        else:
            which = Which.FIRST if word == "first" else Which.SECOND
    if direction is None:
        raise CaseError(f"{value!r} does not say in or out")
    local, offset = _local(" ".join(words), here)
    return Asked(local, direction, which, offset)


def _local(text: str, here: Here) -> tuple[dt.datetime, dt.timedelta | None]:
    offset = None
    if (found := _OFFSET.search(text)) and " " in text.strip():
        name = found[1]
        text = text[: found.start()]
        sign = -1 if name[0] == "-" else 1
        offset = dt.timedelta() if name == "Z" else sign * dt.timedelta(hours=int(name[1:3]), minutes=int(name[4:6]))
    day_text, _, clock_text = text.strip().rpartition(" ")
    if not day_text and ":" not in clock_text:
        day_text, clock_text = clock_text, "00:00"
    if not _CLOCK.match(clock_text) and clock_text != "24:00":
        raise CaseError(f"not a time: {text!r}")
    day = date(day_text or "D", here)
    if clock_text == "24:00":
        day += dt.timedelta(days=1)
    return dt.datetime.combine(day, clock(clock_text)), offset


def punch(value: object, here: Here) -> Punch:
    """Read "2026-11-02 21:10", with "in" or "out", "device", "first" or "second", "recorded <time>" behind it."""
    if isinstance(value, dict):
        return _punch_from_table(value, here)
    if isinstance(value, dt.datetime):
        return Punch(moment(value, here))
    text, _, recorded = str(value).partition(" recorded ")
    words = text.split()
    source = Source.DOOR
    if "device" in words:
        words.remove("device")
        source = Source.DEVICE
    direction = next((Direction(word) for word in words if word in {"in", "out"}), None)
    at = moment(" ".join(word for word in words if word not in {"in", "out"}), here)
    return Punch(at, direction, source, moment(recorded, here) if recorded else None)


def _punch_from_table(table: dict[str, object], here: Here) -> Punch:
    if unknown := set(table) - {"at", "direction", "source", "recorded"}:
        raise CaseError(f"a punch has no {sorted(unknown)}")
    given = table.get("direction")
    try:
        direction = Direction(str(given)) if given else None
        source = Source(str(table.get("source", "door")))
    except ValueError as error:
        raise CaseError(str(error)) from None
    recorded = table.get("recorded")
    return Punch(moment(table.get("at"), here), direction, source, moment(recorded, here) if recorded else None)
