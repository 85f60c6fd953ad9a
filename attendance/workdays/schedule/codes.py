"""What do the codes of a month sheet mean, how do they look, and what is a day of each worth to payroll?

The rules give the codes; what people read of them is a row that HR may change. A closed month keeps the table that it
was closed with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction

from attendance.core import audit
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.workdays.models import LeaveType, MonthClosing, StatusCode
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
    Code("FO", "forgot the out"),
    Code("AOUT", "automatic out, to be confirmed"),
    Code("REG", "corrected"),
    Code("HWO", "half of the day is off"),
    Code("POW", "present on a day off"),
    Code("POH", "present on a holiday"),
    Code("OFF", "punches off-shift"),
)
"""What holds for a code that has no row, in the order of the legend."""
_KNOWN = {each.code for each in (*STATUS, *SECOND)}


def built_in() -> tuple[list[Code], list[Code]]:
    """Return the codes of the rules, as HR has them: those of a day, and those of the second field."""
    rows = {row.code: Code(row.code, row.label, row.colour, row.paid_fraction) for row in StatusCode.objects.all()}
    return [rows.get(each.code, each) for each in STATUS], [rows.get(each.code, each) for each in SECOND]


def of_leave() -> list[Code]:
    """Return the kinds of leave as codes."""
    return [Code(kind.code, kind.name, kind.colour, kind.paid_fraction) for kind in LeaveType.objects.all()]


def table(closing: MonthClosing | None = None) -> list[Code]:
    """Return every code in the order of the legend: as they are now, or as the closed month keeps them."""
    if closing is not None and closing.codes:
        return [Code(**each) for each in closing.codes]
    status, second = built_in()
    return [*status, *of_leave(), *second]


def frozen() -> list[dict[str, Any]]:
    """Return the table as a closing keeps it."""
    names = Code.__dataclass_fields__
    return [{name: getattr(each, name) for name in names} for each in table()]


def save(changed: Sequence[Code], *, actor: User | None) -> None:
    """Keep labels, colours and paid fractions, of built-in codes and of kinds of leave; other codes are left alone.

    Raises `code_invalid` with the code and the field; then nothing is changed. Who is paid for what does not change in
    closed months.
    """
    known = {each.code: each for each in table()}
    chosen = [_checked(each, known[each.code]) for each in changed if each.code in known]
    with transaction.atomic():
        for each in chosen:
            if each == known[each.code]:
                continue
            if each.code in _KNOWN:
                facts = {"label": each.label, "colour": each.colour, "paid_fraction": each.paid}
                StatusCode.objects.update_or_create(code=each.code, defaults=facts)
            else:
                facts = {"name": each.label, "colour": each.colour, "paid_fraction": each.paid}
                LeaveType.objects.filter(code=each.code).update(**facts)
            audit.record(
                "workdays.save_code",
                actor=actor,
                subject=f"code:{each.code}",
                label=each.label,
                colour=each.colour,
                paid=each.paid,
            )


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
