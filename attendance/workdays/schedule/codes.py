"""Meaning, look and worth of the codes of a month sheet, by day, and the kinds of leave among them.

The rules give the codes; what people read of them is a row that HR may change from a day on. A closed month keeps the
table that it was closed with.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction

from attendance.core import audit, clock, site
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.people import periods
from attendance.people.periods import Periods
from attendance.workdays.models import LeaveType, MonthClosing, StatusCode
from attendance.workdays.schedule import valid_from
from timekeeping.work_day import ABSENT, HALF_DAY, HOLIDAY, LEFT, NOT_JOINED, OFF, OPEN, PRESENT

LONGEST_LABEL = 100
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, slots=True)
class Code:
    """A code of the sheet. `colour`: as #rrggbb, empty for none; `paid`: share of a day, None where it says nothing."""

    code: str
    label: str
    colour: str = ""
    paid: float | None = None


STATUS: tuple[Code, ...] = (
    Code(PRESENT, "present", "#1a7f43", 1.0),
    Code(ABSENT, "absent", "#c0322a", 0.0),
    Code(HALF_DAY, "half a day", "#b97800", 0.5),
    Code(HOLIDAY, "holiday", "#2563c9", 1.0),
    Code(OFF, "day off", "#6b7280", 1.0),
    Code("PA", "second shift absent", "#b97800"),
    Code("AP", "first shift absent", "#b97800"),
    Code(NOT_JOINED, "not yet joined", "#6b7280"),
    Code(LEFT, "left", "#6b7280"),
    Code(OPEN, "still open"),
)
SECOND: tuple[Code, ...] = (
    Code("LATE", "late"),
    Code("ERL", "left early"),
    Code("FO", "out missing"),
    Code("AOUT", "automatic out, to be confirmed"),
    Code("REG", "corrected"),
    Code("HWO", "half of the day is off"),
    Code("POW", "present on a day off"),
    Code("POH", "present on a holiday"),
    Code("OFF", "punches off-shift"),
    Code("BEY", "in or out beyond the window"),
    Code("CALL", "call-out"),
)
"""What holds for a code that has no row, in the order of the legend."""
_KNOWN = {each.code for each in (*STATUS, *SECOND)}


def built_in(on: dt.date | None = None) -> tuple[list[Code], list[Code]]:
    """Return the codes of the rules, as HR has them on a day (today): those of a day, and those of the second field."""
    rows = _meanings(on)
    return [rows.get(each.code, each) for each in STATUS], [rows.get(each.code, each) for each in SECOND]


def leave_codes(on: dt.date | None = None) -> list[Code]:
    """Return the kinds of leave as codes, as they are on a day (today)."""
    rows = _meanings(on)
    return [rows.get(kind.code, _of_kind(kind)) for kind in LeaveType.objects.all()]


def _of_kind(kind: LeaveType) -> Code:
    return Code(kind.code, kind.name, kind.colour, kind.paid_fraction)


def _meanings(on: dt.date | None) -> dict[str, Code]:
    day = on or clock.today(site.zone())
    rows = StatusCode.objects.filter(since__lte=day).order_by("code", "since")
    return {row.code: Code(row.code, row.label, row.colour, row.paid_fraction) for row in rows}


def table(closing: MonthClosing | None = None, *, on: dt.date | None = None) -> list[Code]:
    """Return every code in the order of the legend: as on a day (today), or as the closed month keeps them."""
    if closing is not None and closing.codes:
        return [Code(**each) for each in closing.codes]
    status, second = built_in(on)
    return [*status, *leave_codes(on), *second]


def frozen(on: dt.date | None = None) -> list[dict[str, Any]]:
    """Return the table as a closing keeps it: as on the last day of its month."""
    names = Code.__dataclass_fields__
    return [{name: getattr(each, name) for name in names} for each in table(on=on)]


def save(changed: Sequence[Code], *, since: dt.date | None = None, actor: User | None) -> None:
    """Keep labels, colours and paid fractions, of built-in codes and of kinds of leave; other codes are left alone.

    They hold from a day on, without one from the first that is not closed. Raises `code_invalid` with the code and the
    field, `day_closed`; then nothing is changed.
    """
    first = valid_from.first_day(since)
    chosen = differing(changed, since=first)
    valid_from.assure_open(first)
    if not chosen:
        return
    with transaction.atomic():
        for each in chosen:
            _write(each, since=first)
            audit.record(
                "workdays.save_code",
                actor=actor,
                subject=f"code:{each.code}",
                label=each.label,
                colour=each.colour,
                paid=each.paid,
                since=first.isoformat(),
            )
        valid_from.apply_due()
        valid_from.record(first)


def differing(changed: Sequence[Code], *, since: dt.date) -> list[Code]:
    """Return those that would mean something else from a day on. Raises `code_invalid`."""
    known = {each.code: each for each in table(on=since)}
    chosen = [_checked(each, known[each.code]) for each in changed if each.code in known]
    return [each for each in chosen if each != known[each.code]]


def periods_of(code: str) -> Periods[Code]:
    """Return what a code of the table means, by day."""
    rows = StatusCode.objects.filter(code=code).order_by("since")
    found = {row.since: Code(code, row.label, row.colour, row.paid_fraction) for row in rows}
    if periods.ALWAYS not in found:
        kind = LeaveType.objects.filter(code=code).first()
        found[periods.ALWAYS] = (
            _of_kind(kind) if kind else next(each for each in (*STATUS, *SECOND) if each.code == code)
        )
    return periods.merged(sorted(found.items(), key=lambda each: each[0]))


def changed_periods(each: Code, *, since: dt.date) -> Periods[Code]:
    """Return what a code would mean, by day, after a change."""
    known = periods_of(each.code)
    return periods.changed(known, each, since=since, before=known[0][1])


def _write(each: Code, *, since: dt.date) -> None:
    after = changed_periods(each, since=since)
    StatusCode.objects.filter(code=each.code).delete()
    StatusCode.objects.bulk_create(
        StatusCode(code=each.code, since=day, label=meaning.label, colour=meaning.colour, paid_fraction=meaning.paid)
        for day, meaning in after
    )


def withdraw(row: StatusCode, *, actor: User | None) -> None:
    """Take back a change of a code; the meaning before goes on. Raises `day_closed`."""
    before = [meaning for since, meaning in periods_of(row.code) if since < row.since]
    if before:
        save([before[-1]], since=row.since, actor=actor)


def add_kind(kind: LeaveType, *, actor: User | None) -> LeaveType:
    """Add a kind of leave, which is there on all days; another meaning or worth holds from a day on, see `save`."""
    with transaction.atomic():
        kind.save()
        audit.record("workdays.add_leave_type", actor=actor, subject=f"leave_type:{kind.pk}", code=kind.code)
        valid_from.record(valid_from.first_day(None))
    return kind


def _checked(each: Code, known: Code) -> Code:
    label = each.label.strip()
    if not label or len(label) > LONGEST_LABEL or not label.isprintable():
        raise Refusal("code_invalid", status=each.code, field="meaning")
    if each.colour and not is_colour(each.colour):
        raise Refusal("code_invalid", status=each.code, field="colour")
    if known.paid is not None and (each.paid is None or not 0 <= each.paid <= 1):
        raise Refusal("code_invalid", status=each.code, field="paid")
    # what says nothing about pay, or has no cell of its own, stays so
    return replace(
        each,
        label=label,
        colour=each.colour.lower() if known.colour else "",
        paid=None if known.paid is None else each.paid,
    )


def is_built_in(code: str) -> bool:
    """Whether the rules use this code themselves, so that no kind of leave may have it."""
    return code.upper() in _KNOWN


def is_colour(text: str) -> bool:
    """Whether a text is a colour as #rrggbb."""
    return _COLOUR.fullmatch(text) is not None


def fills(codes: Sequence[Code]) -> Mapping[str, str]:
    """Return the ground of a code's cell in files: its colour, thinned with white until black reads well on it."""
    return {each.code: _tint(each.colour) for each in codes if is_colour(each.colour)}


def _tint(colour: str, share: float = 0.16) -> str:
    channels = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(255 - (255 - channel) * share):02x}" for channel in channels)
