"""Layouts of the files of closed months: one entry a version, so that what was closed under an old one stays the same.

A closing keeps the number of its layout. Whoever changes what such a file says adds an entry here, raises
`workdays.months.preparation.LAYOUT`, and leaves the earlier entries alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from attendance.reports import payroll_layout_1, payroll_layout_2
from attendance.reports.month_values import Identity, Month, PersonMonth
from attendance.reports.payroll_columns import Columns
from attendance.reports.payroll_form import Form
from attendance.workdays.models import MonthClosing

PayrollRows = Callable[[MonthClosing, Iterable[PersonMonth], Columns, Form], Iterator[list[str]]]
DIGITS = 4
"""Digits after the point of a number of days: enough for thirds of a day, too few for the noise of their sums."""
CHECKSUM_DIGITS = 12
COVERAGE = "covers numbers, days, hours and money; a name may be erased by law"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What files of one layout have of their own.

    `order`: of the stored rows of people; `digits`: after the point of a number, None for six significant ones;
    `names_rest`: whether overtime without a rate has a column; `payroll_columns`: where no template names any;
    `payroll_rows`: the lines of the payroll file below its heading; `notes`: further lines above a sheet;
    `marks_names`: whether the names of files without such lines end with the checksum; `person`: how a person is
    called in a title; `totals_departments`: whether CSV and PDF of the departments end with a row for all of them;
    `names_outside`: whether check-ins on a day without employment are called so, and not off-shift.
    """

    order: tuple[str, ...]
    digits: int | None
    names_rest: bool
    payroll_columns: Columns
    payroll_rows: PayrollRows
    notes: Callable[[MonthClosing], list[tuple[str, str]]]
    marks_names: bool
    person: Callable[[Identity], str]
    totals_departments: bool = False
    names_outside: bool = False


def checksum_words(closing: MonthClosing) -> str:
    """Return the checksum of a closing, and what it stands for."""
    return f"{closing.sha256[:CHECKSUM_DIGITS]}, {COVERAGE}"


def _no_notes(_closing: MonthClosing) -> list[tuple[str, str]]:
    return []


def _checksum_notes(closing: MonthClosing) -> list[tuple[str, str]]:
    return [("Version", str(closing.version)), ("Checksum", checksum_words(closing))]


LAYOUTS: dict[int, Layout] = {
    1: Layout(
        order=("name", "person_id"),
        digits=None,
        names_rest=False,
        payroll_columns=payroll_layout_1.COLUMNS,
        payroll_rows=payroll_layout_1.rows,
        notes=_no_notes,
        marks_names=False,
        person=lambda person: person.name,
    ),
    2: Layout(
        order=("pk",),  # as they were written: by name, and a name that is erased moves nobody
        digits=DIGITS,
        names_rest=True,
        payroll_columns=payroll_layout_2.COLUMNS,
        payroll_rows=payroll_layout_2.rows,
        notes=_checksum_notes,
        marks_names=True,
        person=lambda person: person.shown,
    ),
}
LAYOUTS[3] = replace(LAYOUTS[2], totals_departments=True)
LAYOUTS[4] = replace(LAYOUTS[3], names_outside=True)
NEWEST = LAYOUTS[max(LAYOUTS)]
"""That of months which are still open."""


def mark(closing: MonthClosing) -> str:
    """Return what stands at the end of a file's name where the file itself has no place for the checksum."""
    return closing.sha256[:CHECKSUM_DIGITS] if of_closing(closing).marks_names else ""


def of_closing(closing: MonthClosing) -> Layout:
    """Return the layout of a closing."""
    return LAYOUTS[closing.layout]


def of_month(wanted: Month) -> Layout:
    """Return the layout of a month; while it is open, the one that it will be closed with."""
    return NEWEST if wanted.closing is None else of_closing(wanted.closing)
