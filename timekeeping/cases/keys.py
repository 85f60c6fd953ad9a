"""Keys of a case, and the reading of each."""

from __future__ import annotations

import datetime as dt
import difflib
import enum
import functools
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar
from zoneinfo import available_timezones

from timekeeping import values
from timekeeping.cases import atoms
from timekeeping.cases.atoms import CaseError, Here
from timekeeping.values import RateStep, Scope, Shift

Table = dict[str, object]
Reader = Callable[[object, Here], object]
Spec = Mapping[str, tuple[str, Reader]]
"""Key in the file -> name of the field, and who reads it."""

_zones = functools.cache(available_timezones)
"""Asked for every case, and each answer walks through the whole folder of zones."""

Value = TypeVar("Value")
WEEK_DAYS = {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}
_DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def build(
    kind: Callable[..., Value],
    table: Table,
    spec: Spec,
    here: Here,
    *,
    needs: tuple[str, ...] = (),
    **more: object,
) -> Value:
    """Make a value from a table by the list of its keys."""
    what = _NAMES.get(getattr(kind, "__name__", ""), "value")
    refuse(table, spec, what)
    if missing := [key for key in needs if key not in table]:
        raise CaseError(f"{what} needs {', '.join(missing)}")
    facts = {}
    for key, value in table.items():
        name, reader = spec[key]
        with atoms.within(key):
            facts[name] = reader(value, here)
    if kind is Shift:
        facts.setdefault("name", "shift")
    return kind(**facts, **more)


_NAMES = {
    "Shift": "a shift",
    "Assignment": "an assignment",
    "Holiday": "a holiday",
    "Leave": "a leave",
    "Correction": "a correction",
    "Approval": "an approval",
    "Rules": "the table",
    "ZoneChange": "a change of zone",
    "RateStep": "a step of rates",
}
"""What a value is called in a message."""


def refuse(given: Iterable[str], known: Iterable[str], what: str) -> None:
    """Refuse keys that nobody reads: a misspelt setting must not pass for the default."""
    names = sorted(known)
    for key in given:
        if key not in names:
            near = difflib.get_close_matches(key, names, n=2, cutoff=0.6)
            starts = [name for name in names if key in name.split("_") and name not in near]
            hint = f"did you mean {' or '.join([*near, *starts])}?" if near or starts else f"known: {', '.join(names)}"
            raise CaseError(f"{what} has no {key} ({hint})")


def one_of(value: object, words: Iterable[str]) -> str:
    """Return the value, which has to be one of some words."""
    names = [str(word) for word in words]
    if str(value) not in names:
        raise CaseError(f"one of {', '.join(filter(None, names))} is wanted, not {value!r}")
    return str(value)


def table_of(value: object) -> Table:
    """Return a copy of the value, which has to be a table."""
    if not isinstance(value, dict):
        raise CaseError(f"a table {{ key = value }} is wanted, not {value!r}")
    return dict(value)


def each_of(table: Table, key: str) -> Iterable[tuple[str, object]]:
    """Return what stands under a key as (its place, for messages, value); one alone is a list of one."""
    value = table.get(key, [])
    if not isinstance(value, list):
        return [(key, value)]
    return [(f"{key} {number}", each) for number, each in enumerate(value, start=1)]


def read_each(table: Table, key: str, reader: Callable[[object], Value]) -> tuple[Value, ...]:
    """Read everything under a key."""
    found = []
    for place, value in each_of(table, key):
        with atoms.within(place):
            found.append(reader(value))
    return tuple(found)


def zone(value: object, _here: Here) -> str:
    """Read an IANA time zone."""
    names = _zones()
    if not isinstance(value, str) or value not in names:
        near = difflib.get_close_matches(str(value), names, n=1)
        raise CaseError(f"not an IANA time zone: {value!r}" + (f" (did you mean {near[0]}?)" if near else ""))
    return value


def word(value: object, _here: Here) -> str:
    """Read a text; a number stands for itself."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise CaseError(f"a text is wanted, not {value!r}")
    return str(value)


def _yes(value: object, _here: Here) -> bool:
    if not isinstance(value, bool):
        raise CaseError(f"true or false is wanted, not {value!r}")
    return value


def number(value: object, _here: Here) -> float:
    """Read a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CaseError(f"a number is wanted, not {value!r}")
    return float(value)


def _fraction(value: object, here: Here) -> float:
    size = number(value, here)
    if not 0 <= size <= 1:
        raise CaseError(f"a fraction from 0.0 to 1.0 is wanted, not {value!r}")
    return size


def _clock(value: object, _here: Here) -> dt.time:
    return atoms.clock(value)


def _minutes(value: object, _here: Here) -> int:
    size = atoms.minutes(value)
    if size < 0:
        raise CaseError(f"not below zero: {value!r}")
    return size


def _whole(value: object, _here: Here) -> int:
    size = number(value, _here)
    if size != int(size) or size < 0:
        raise CaseError(f"a whole number is wanted, not {value!r}")
    return int(size)


def _from_to(value: object, _here: Here) -> tuple[dt.time, dt.time]:
    parts = [part.strip() for part in str(value).split("-")]
    if len(parts) != 2:
        raise CaseError(f'"12:00-13:00" is wanted, not {value!r}')
    return atoms.clock(parts[0]), atoms.clock(parts[1])


def _breaks(value: object, _here: Here) -> tuple[tuple[dt.time, dt.time], ...]:
    return tuple(_from_to(each, _here) for each in (value if isinstance(value, list) else [value]))


def _night(value: object, _here: Here) -> tuple[dt.time, dt.time] | None:
    return None if value in ("", "off") else _from_to(value, _here)


def _days(value: object, _here: Here) -> frozenset[int]:
    words = value if isinstance(value, list) else str(value).replace(",", " ").split()
    days: set[int] = set()
    for each in words:
        first, _, last = str(each).lower().partition("-")
        try:
            start, end = _week_day_named(first), _week_day_named(last or first)
        except KeyError:
            raise CaseError(f"not a day of the week: {each!r} (write mon, tue, wed, thu, fri, sat, sun)") from None
        days.update((start + step) % 7 for step in range((end - start) % 7 + 1))
    return frozenset(days)


def _week_day_named(text: str) -> int:
    """Return the number of a day by its name or at least the first three letters of it."""
    if len(text) < 3 or not any(day.startswith(text) for day in _DAY_NAMES):
        raise KeyError(text)
    return WEEK_DAYS[text[:3]]


def _week_day(value: object, _here: Here) -> int:
    days = _days(value, _here)
    if len(days) != 1:
        raise CaseError(f"one day of the week is wanted, not {value!r}")
    return next(iter(days))


def _moment(value: object, here: Here) -> int:
    return atoms.moment(value, here)


def _rates(value: object, here: Here) -> tuple[RateStep, ...]:
    if not isinstance(value, list):
        return (RateStep(0, word(value, here)),)
    if not value:
        raise CaseError('at least one step is wanted: { after = "0:00", rate = "1.25" }')
    return tuple(build(RateStep, {"after": 0, **table_of(step)}, RATE, here, needs=("rate",)) for step in value)


def _one_of(kind: type[enum.StrEnum]) -> Reader:
    def read_one(value: object, _here: Here) -> enum.StrEnum:
        return kind(one_of(value, kind))

    return read_one


def _scope(value: object, _here: Here) -> Scope:
    return Scope[one_of(value, ("person", "department", "default")).upper()]


def _fields(*names: str, reader: Reader, suffix: str = "") -> Spec:
    return {name: (name + suffix, reader) for name in names}


RATE: Spec = {"after": ("after_minutes", _minutes), "rate": ("rate", word)}
SHIFT: Spec = {
    "name": ("name", word),
    **_fields("start", "end", reader=_clock),
    **_fields(
        "before",
        "after",
        "planned",
        "grace_late",
        "grace_early",
        "half_day",
        "absent",
        reader=_minutes,
        suffix="_minutes",
    ),
    "breaks": ("breaks", _breaks),
    **_fields("break", "break_after", reader=_minutes, suffix="_minutes"),
    "hours": ("hours", _one_of(values.Hours)),
    **_fields("week_days", "half_days", reader=_days),
    **_fields("early_arrival_unpaid", "flexible", reader=_yes),
}
ASSIGNMENT: Spec = {
    "from": ("first", atoms.date),
    "to": ("last", atoms.date),
    "for": ("scope", _scope),
}
HOLIDAY: Spec = {
    "date": ("day", atoms.date),
    **_fields("name", "site", reader=word),
    "half": ("is_half", _yes),
}
LEAVE: Spec = {
    "from": ("first", atoms.date),
    "to": ("last", atoms.date),
    "code": ("code", word),
    "part": ("part", _one_of(values.LeavePart)),
    "half_day": ("half_day", atoms.date),
    **_fields("start", "end", reader=_clock),
    "paid": ("paid_fraction", _fraction),
    **_fields("approved", "at_work", reader=_yes),
    "recorded": ("recorded_at", _moment),
}
CORRECTION: Spec = {
    "at": ("at", _moment),
    "direction": ("direction", _one_of(values.Direction)),
    "replaces": ("replaces", _moment),
    "state": ("state", _one_of(values.CorrectionState)),
    "decided": ("decided_at", _moment),
}
APPROVAL: Spec = {"day": ("day", atoms.date), "at": ("at", _moment)}
SETTINGS: Spec = {
    "clock_change": ("clock_change", _one_of(values.ClockChange)),
    **_fields("debounce_seconds", "device_debounce_seconds", reader=_whole),
    **_fields("directions_from_context", "undertime", "overtime_needs_approval", "rest_day_is_overtime", reader=_yes),
    **_fields(
        "judge_delay",
        "longest_off_shift",
        "longest_shift",
        "overtime_tolerance",
        "undertime_tolerance",
        "week_planned",
        "automatic_tolerance",
        reader=_minutes,
        suffix="_minutes",
    ),
    "overtime": ("overtime", _one_of(values.OvertimeRule)),
    "week_starts": ("week_starts", _week_day),
    **_fields("rates", "rest_day_rates", "holiday_rates", reader=_rates),
    "night": ("night", _night),
    "automatic_out": ("automatic_out", _one_of(values.Automatic)),
    "automatic_at": ("automatic_at", _clock),
}
ZONE_CHANGE: Spec = {"since": ("since", atoms.date), "zone": ("zone", zone)}
