"""The list of employment periods, which can be changed in a spreadsheet and read again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from zoneinfo import ZoneInfo

from attendance.people.models import Person
from attendance.reports.table import Cell, Column, Kind, Table
from attendance.workdays.models import Employment
from attendance.workdays.schedule.employment_lists import Line

HEADINGS = ("employee_number", "name", "first_day", "last_day", "site")


def employments(*, zone: ZoneInfo) -> Table:
    """Return everybody who has a number, also those of whom no day is known yet."""
    columns = tuple(Column(name, Kind.DAY if name.endswith("_day") else Kind.TEXT) for name in HEADINGS)
    return Table(title="Employment", columns=columns, rows=_rows(), zone=zone)


def _rows() -> Iterator[tuple[Cell, ...]]:
    people = Person.objects.filter(erased_at=None).exclude(employee_number=None).order_by("employee_number")
    for person in people.select_related("employment__site"):
        row: Employment | None = getattr(person, "employment", None)
        days = (row.joined, row.left, row.site.name if row.site else "") if row else (None, None, "")
        yield (person.employee_number, person.name, *days)


def verdicts(lines: Iterable[Line], *, zone: ZoneInfo, sentence: Callable[[str], str]) -> Table:
    """Return the lines as they were written, each with what became of it."""
    columns = tuple(Column(name) for name in (*HEADINGS, "verdict", "why"))
    rows: Sequence[tuple[Cell, ...]] = [
        (
            line.employee_number, line.name, line.first_day, line.last_day, line.site, line.verdict.value,
            sentence(line.code) if line.code else "",
        )
        for line in lines
    ]  # fmt: skip
    return Table(title="Employment verdicts", columns=columns, rows=rows, zone=zone)
