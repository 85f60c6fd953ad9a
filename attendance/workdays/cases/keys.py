"""Which keys does a case know, and how is each read?"""

from __future__ import annotations

import datetime as dt
import enum
import functools
from collections.abc import Callable, Mapping
from typing import TypeVar
from zoneinfo import available_timezones

from attendance.workdays import values
from attendance.workdays.cases import atoms
from attendance.workdays.cases.atoms import CaseError, Here
from attendance.workdays.values import RateStep, Scope, Shift

Table = dict[str, object]
Reader = Callable[[object, Here], object]
Spec = Mapping[str, tuple[str, Reader]]
"""Key in the file -> name of the field, and who reads it."""

_zones = functools.cache(available_timezones)
"""Asked for every case, and each answer walks through the whole folder of zones."""

Value = TypeVar("Value")
WEEK_DAYS = {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}


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
    what = getattr(kind, "__name__", "value").lower()
    refuse(set(table) - set(spec), what)
    if missing := [key for key in needs if key not in table]:
        raise CaseError(f"a {what} needs {', '.join(missing)}")
    facts = {}
    for key, value in table.items():
        name, reader = spec[key]
        try:
            facts[name] = reader(value, here)
        except CaseError as error:
            raise CaseError(f"{what} {key}: {error}") from None
    if kind is Shift:
        facts.setdefault("name", "shift")
    return kind(**facts, **more)


def refuse(unknown: set[str], what: str) -> None:
    """Refuse keys that nobody reads: a misspelt setting must not pass for the default."""
    if unknown:
        raise CaseError(f"a {what} has no {', '.join(sorted(unknown))}")


def table_of(value: object) -> Table:
    """Return a copy of the value, which has to be a table."""
    if not isinstance(value, dict):
        raise CaseError(f"a table is wanted, not {value!r}")
    return dict(value)


def list_of(table: Table, key: str) -> list[object]:
    """Return the list under a key, empty where there is none."""
    value = table.get(key, [])
    if not isinstance(value, list):
        raise CaseError(f"{key}: a list is wanted")
    return value


def tables_of(table: Table, key: str) -> list[Table]:
    """Return the tables under a key; one alone is a list of one."""
    value = table.get(key, [])
    return [table_of(each) for each in ([value] if isinstance(value, dict) else list_of(table, key))]


def zone(value: object, _here: Here) -> str:
    """Read an IANA time zone."""
    if value not in _zones():
        raise CaseError(f"not an IANA time zone: {value!r}")
    return str(value)


def _word(value: object, _here: Here) -> str:
    return str(value)


def _yes(value: object, _here: Here) -> bool:
    if not isinstance(value, bool):
        raise CaseError(f"true or false is wanted, not {value!r}")
    return value


def _number(value: object, _here: Here) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CaseError(f"a number is wanted, not {value!r}")
    return float(value)


def _clock(value: object, _here: Here) -> dt.time:
    return atoms.clock(value)


def _minutes(value: object, _here: Here) -> int:
    size = atoms.minutes(value)
    if size < 0:
        raise CaseError(f"not below zero: {value!r}")
    return size


def _whole(value: object, _here: Here) -> int:
    number = _number(value, _here)
    if number != int(number) or number < 0:
        raise CaseError(f"a whole number is wanted, not {value!r}")
    return int(number)


def _from_to(value: object, _here: Here) -> tuple[dt.time, dt.time]:
    parts = [part.strip() for part in str(value).split("-")]
    if len(parts) != 2:
        raise CaseError(f'"12:00-13:00" is wanted, not {value!r}')
    return atoms.clock(parts[0]), atoms.clock(parts[1])


def _breaks(value: object, _here: Here) -> tuple[tuple[dt.time, dt.time], ...]:
    return tuple(_from_to(each, _here) for each in (value if isinstance(value, list) else [value]))


def _night(value: object, _here: Here) -> tuple[dt.time, dt.time] | None:
    return None if value in {"", "off"} else _from_to(value, _here)


def _days(value: object, _here: Here) -> frozenset[int]:
    words = value if isinstance(value, list) else str(value).replace(",", " ").split()
    days: set[int] = set()
    for word in words:
        first, _, last = str(word).lower().partition("-")
        try:
            start, end = WEEK_DAYS[first[:3]], WEEK_DAYS[(last or first)[:3]]
        except KeyError:
            raise CaseError(f"not a day of the week: {word!r}") from None
        days.update((start + step) % 7 for step in range((end - start) % 7 + 1))
    return frozenset(days)


def _week_day(value: object, _here: Here) -> int:
    return next(iter(_days(value, _here)))


def _moment(value: object, here: Here) -> int:
    return atoms.moment(value, here)


def _rates(value: object, here: Here) -> tuple[RateStep, ...]:
    if not isinstance(value, list):
        return (RateStep(0, str(value)),)
    spec: Spec = {"after": ("after_minutes", _minutes), "rate": ("rate", _word)}
    return tuple(build(RateStep, {"after": 0, **table_of(step)}, spec, here) for step in value)


def _one_of(kind: type[enum.StrEnum]) -> Reader:
    def read_one(value: object, _here: Here) -> enum.StrEnum:
        try:
            return kind(str(value))
        except ValueError:
            raise CaseError(f"one of {', '.join(kind)} is wanted, not {value!r}") from None

    return read_one


def _scope(value: object, _here: Here) -> Scope:
    try:
        return Scope[str(value).upper()]
    except KeyError:
        raise CaseError(f"one of person, department, default is wanted, not {value!r}") from None


def _fields(*names: str, reader: Reader, suffix: str = "") -> Spec:
    return {name: (name + suffix, reader) for name in names}


SHIFT: Spec = {
    "name": ("name", _word),
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
    "week_days": ("week_days", _days),
    **_fields("early_arrival_unpaid", "flexible", reader=_yes),
}
ASSIGNMENT: Spec = {
    "from": ("first", atoms.date),
    "to": ("last", atoms.date),
    "for": ("scope", _scope),
}
HOLIDAY: Spec = {"date": ("day", atoms.date), **_fields("name", "site", reader=_word)}
LEAVE: Spec = {
    "from": ("first", atoms.date),
    "to": ("last", atoms.date),
    "code": ("code", _word),
    "part": ("part", _one_of(values.LeavePart)),
    "half_day": ("half_day", atoms.date),
    **_fields("start", "end", reader=_clock),
    "paid": ("paid_fraction", _number),
    "approved": ("approved", _yes),
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
