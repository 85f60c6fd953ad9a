"""Work days as plain JSON, for closed months and the API; instants are in UTC."""

from __future__ import annotations

import datetime as dt
from typing import Any

from timekeeping import explanation, overtime, totals
from timekeeping.status import part_second_codes
from timekeeping.work_day import WorkDay

COMPARED = (
    "code", "second", "present", "leave", "absent", "off", "worked", "planned", "standard", "overtime", "payable",
    "late", "early", "night", "leave_by_code", "overtime_by_rate",
)  # fmt: skip
"""What an adjustment is about; the explanation and the punches may change without anybody being paid differently."""


def as_json(day: WorkDay, *, with_why: bool = True) -> dict[str, Any]:
    """Return the day as plain values; durations in seconds. The explanation may be left out of long lists."""
    values = _facts(day)
    if with_why:
        values["why"] = explanation.explain(day)
    return values


def _facts(day: WorkDay) -> dict[str, Any]:
    return {
        "day": day.day.isoformat(),
        "zone": day.zone,
        "employed": day.employed,
        "kind": day.planned_day.kind.value,
        "code": day.code,
        "second": list(day.second),
        "shifts": [part.occurrence.shift.name for part in day.parts if part.occurrence],
        "parts": _parts(day),
        "present": day.present,
        "leave": day.leave,
        "absent": day.absent,
        "off": day.off,
        "in": _instant(day, day.first_in),
        "out": _instant(day, day.last_out),
        "gross": day.gross,
        "worked": day.worked,
        "planned": day.planned,
        "standard": day.standard,
        "overtime": day.overtime,
        "overtime_state": day.overtime_state.value,
        "overtime_by_rate": overtime.by_rate(day),
        "payable": day.payable,
        "late": day.late,
        "early": day.early,
        "night": day.night,
        "leave_by_code": day.leave_by_code,
        "flags": [flag.value for flag in day.flags],
        "rules": day.rule_version,
    }


def _parts(day: WorkDay) -> list[dict[str, Any]]:
    """Return code and second field of each shift; what is said of the whole day stands beside the first."""
    parts = [part for part in day.parts if part.occurrence]
    if len(parts) < 2:
        return []
    second_codes = [[*part_second_codes(part)] for part in parts]
    second_codes[0].extend(code for code in day.second if not any(code in codes for codes in second_codes))
    return [{"code": part.code, "second": codes} for part, codes in zip(parts, second_codes, strict=True)]


def _instant(day: WorkDay, point: int | None) -> str | None:
    if point is None:
        return None
    return dt.datetime.fromtimestamp(day.timeline.instant(point), dt.UTC).isoformat()


def totals_as_json(sums: totals.Totals) -> dict[str, Any]:
    """Return totals as plain values; durations in seconds."""
    return {name: getattr(sums, name) for name in totals.Totals.__dataclass_fields__}


def differs(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether two forms of a day differ in something that is paid or reported.

    A day that was closed before a key existed says nothing about it.
    """
    return any(key in before and before[key] != after.get(key) for key in COMPARED)
