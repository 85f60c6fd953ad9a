"""Sheets of a month as tables: muster roll, one person's month, departments, overtime, late and missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from attendance.reports import layouts
from attendance.reports.month_values import Day, Identity, Month, PersonMonth, PersonSummary
from attendance.reports.table import Cell, Column, Kind, Link, Table
from attendance.reports.writers import plain
from attendance.workdays.months.summaries import Notable
from attendance.workdays.schedule.codes import Code

TOTALS = (
    ("Employed", "employed"),
    ("Present", "present"),
    ("Leave", "leave"),
    ("Absent", "absent"),
    ("Holidays", "holidays"),
    ("Off", "off"),
    ("Not marked", "unmarked"),
)
"""Heading -> share of the month; all but the first add up to the first."""
TIMES = (
    ("Worked", "worked"),
    ("Planned", "planned"),
    ("Overtime", "overtime"),
    ("Night", "night"),
    ("Late", "late"),
)


def _who(person: Identity) -> tuple[Cell, ...]:
    return (person.employee_number, Link(person.shown, "person_month", person.pk), person.departments)


def _table(
    wanted: Month, title: str, columns: tuple[Column, ...], rows: Iterable[tuple[Cell, ...]], zone: ZoneInfo
) -> Table:
    return Table(title=title, columns=columns, rows=rows, zone=zone, digits=layouts.of_month(wanted).digits)


WHO = (Column("Number"), Column("Name"), Column("Department"))


OTHER_SHIFT = "·"
"""Stands in the row of a shift on a day that has other shifts."""


def muster_roll(months: Iterable[PersonMonth], wanted: Month, *, zone: ZoneInfo, by_shift: bool = False) -> Table:
    """Return people by days: the code, the second field under it, and the totals.

    `by_shift`: a row for each shift of a person; the totals are the person's and stand in the first of the rows.
    """
    days = tuple(Column(f"{day.day} {day:%a}", Kind.CODE) for day in wanted.days())
    columns = (
        *WHO,
        *((Column("Shift"),) if by_shift else ()),
        *days,
        *(Column(label, Kind.NUMBER) for label, _ in TOTALS),
        *(Column(label, Kind.DURATION) for label, _ in TIMES),
        Column("Late days", Kind.COUNT),
        Column("Leave by type"),
    )
    if by_shift:
        rows = (row for each in months for row in _shift_rows(each, wanted))
        return _table(wanted, f"Muster roll by shift {wanted.name}", columns, rows, zone)
    rows = ((*_who(each.person), *map(code_cell, each.days), *_sums(each, wanted)) for each in months)
    return _table(wanted, f"Muster roll {wanted.name}", columns, rows, zone)


def _sums(each: PersonMonth, wanted: Month) -> tuple[Cell, ...]:
    sums, digits = each.totals, layouts.of_month(wanted).digits
    leave = ", ".join(
        f"{code} {plain.number(share, digits=digits)}" for code, share in sorted(sums["leave_by_code"].items())
    )
    return (
        *(float(sums[key]) for _, key in TOTALS),
        *(dt.timedelta(seconds=sums[key]) for _, key in TIMES),
        sums["late_count"],
        leave,
    )


def _shift_rows(each: PersonMonth, wanted: Month) -> Iterator[tuple[Cell, ...]]:
    shifts = list(dict.fromkeys(name for day in each.days for name in day["shifts"])) or [""]
    sums = _sums(each, wanted)
    for name in shifts:
        yield (*_who(each.person), name, *(_shift_cell(day, name) for day in each.days), *sums)
        sums = (None,) * len(sums)  # a day of two shifts is one day


def _shift_cell(day: Day, shift: str) -> str:
    """Return the code of one shift; what holds for the whole day, such as a holiday, is in the row of each."""
    if not day["shifts"] or day["shifts"] == [shift]:
        return code_cell(day)
    if shift not in day["shifts"]:
        return OTHER_SHIFT
    parts = day.get("parts") or [day] * len(day["shifts"])  # months that were closed before parts were kept
    return code_cell(parts[day["shifts"].index(shift)])


def code_cell(day: Day) -> str:
    """Return the code and, on a line of its own, the second field."""
    return "\n".join(filter(None, (day["code"], " ".join(day["second"]))))


def legend(codes: Iterable[Code], wanted: Month, *, zone: ZoneInfo) -> Table:
    """Return what the codes of a month mean, how they look, and what a day of each is worth."""
    columns = (Column("Code"), Column("Meaning"), Column("Colour"), Column("Paid", Kind.NUMBER))
    rows = ((each.code, each.label, each.colour, each.paid) for each in codes)
    return _table(wanted, f"Codes {wanted.name}", columns, rows, zone)


DAY_COLUMNS = (
    Column("Day", Kind.DAY),
    Column("Status", Kind.CODE),
    Column("Shift"),
    Column("In", Kind.MOMENT),
    Column("Out", Kind.MOMENT),
    Column("Present", Kind.DURATION),
    Column("Worked", Kind.DURATION),
    Column("Planned", Kind.DURATION),
    Column("Overtime", Kind.DURATION),
    Column("Late", Kind.DURATION),
    Column("Early", Kind.DURATION),
    Column("Night", Kind.DURATION),
    Column("Note"),
)


def person_month(each: PersonMonth, wanted: Month, *, zone: ZoneInfo) -> Table:
    """Return one person's month, a row a day."""
    title = f"{layouts.of_month(wanted).person(each.person)} {wanted.name}"
    return _table(wanted, title, DAY_COLUMNS, (_day_row(day) for day in each.days), zone)


def _day_row(day: Day) -> tuple[Cell, ...]:
    return (
        dt.date.fromisoformat(day["day"]),
        day["code"] or "not marked",
        ", ".join(day["shifts"]),
        _moment(day["in"]),
        _moment(day["out"]),
        *(_duration(day[key]) for key in ("gross", "worked", "planned", "overtime", "late", "early", "night")),
        " ".join(day["second"]),
    )


def _moment(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None


def _duration(seconds: int) -> dt.timedelta | None:
    """Return nothing for nothing: a column full of 0:00 hides the days that matter."""
    return dt.timedelta(seconds=seconds) if seconds else None


def late_and_missing(months: Iterable[PersonMonth | PersonSummary], wanted: Month, *, zone: ZoneInfo) -> Table:
    """Return the days that somebody should look at: late, early, absent, an out missing or filled in."""
    return late_table((row for _, row in late_rows(months, wanted)), wanted, zone=zone)


def late_table(rows: Iterable[tuple[Cell, ...]], wanted: Month, *, zone: ZoneInfo) -> Table:
    """Return rows of `late_rows` as a sheet."""
    columns = (
        Column("Day", Kind.DAY),
        *WHO,
        Column("What"),
        Column("Late", Kind.DURATION),
        Column("Early", Kind.DURATION),
    )
    return _table(wanted, f"Late and missing {wanted.name}", columns, rows, zone)


Place = tuple[dt.date, str, int]
"""Where a row stands in a list by day: the day, the name, and whom it is about."""


def late_rows(months: Iterable[PersonMonth | PersonSummary], wanted: Month) -> Iterator[tuple[Place, tuple[Cell, ...]]]:
    """Yield the days to look at, person by person, each with its place in a list by day and name."""
    names_outside = layouts.of_month(wanted).names_outside
    for each in months:
        for day in each.notable:
            what = [OUTSIDE] if names_outside and not day.is_employed else _remarks(day)
            if what:
                place = (day.day, each.person.shown.casefold(), each.person.pk)
                row = (day.day, *_who(each.person), ", ".join(what), _duration(day.late), _duration(day.early))
                yield place, row


OUTSIDE = "check-ins outside of the employment"


def _remarks(day: Notable) -> list[str]:
    remarks = []
    if day.late:
        remarks.append("late")
    if day.early:
        remarks.append("left early")
    if day.absent:
        remarks.append("absent" if day.absent == 1 else "half absent")
    names = {
        "missing_out": "out missing",
        "missing_in": "in missing",
        "automatic_out": "automatic out, to be confirmed",
        "off_shift": "off-shift",
    }
    remarks.extend(names[flag] for flag in day.flags if flag in names)
    return remarks


def departments(months: Iterable[PersonSummary], wanted: Month, *, zone: ZoneInfo, with_total: bool = False) -> Table:
    """Return a row a department: the sums of the very rows that the muster roll shows.

    `with_total`: with a last row for all of them; a spreadsheet makes it by itself, as a formula.
    """
    digits = layouts.of_month(wanted).digits
    sums: dict[str, dict[str, float]] = {}
    for each in months:
        name = each.person.department or "(no department)"
        row = sums.setdefault(name, {"people": 0, "late_count": 0})
        row["people"] += 1
        row["late_count"] += each.totals["late_count"]
        for _, key in (*TOTALS, *TIMES):
            row[key] = row.get(key, 0) + _as_shown(each.totals[key], digits)
    columns = (
        Column("Department"),
        Column("People", Kind.COUNT),
        *(Column(label, Kind.NUMBER) for label, _ in TOTALS),
        *(Column(label, Kind.DURATION) for label, _ in TIMES),
        Column("Late days", Kind.COUNT),
    )
    named = sorted(sums.items())
    if with_total and named:
        named.append(("Total", {key: sum(row[key] for _, row in named) for key in named[0][1]}))
    rows: list[tuple[Cell, ...]] = [
        (
            name,
            int(row["people"]),
            *(float(row[key]) for _, key in TOTALS),
            *(dt.timedelta(seconds=row[key]) for _, key in TIMES),
            int(row["late_count"]),
        )
        for name, row in named
    ]
    return _table(wanted, f"Departments {wanted.name}", columns, rows, zone)


def _as_shown(value: float, digits: int | None) -> float:
    """Return what a row shows of somebody's share, so that the sum of a department is that of its rows."""
    return value if digits is None else plain.rounded(value, digits=digits)


def overtime(
    months: Iterable[PersonSummary], wanted: Month, *, rates: Iterable[str], zone: ZoneInfo, with_rest: bool = False
) -> Table:
    """Return overtime by class of rate, what waits for approval, and the night hours.

    `with_rest`: with a column for overtime below the first step of a scale of rates, so that classes add up.
    """
    classes = tuple(rates)
    columns = (
        *WHO,
        Column("Overtime", Kind.DURATION),
        *(Column(f"Paid at {rate}", Kind.DURATION) for rate in classes),
        *((Column("Paid at no rate", Kind.DURATION),) if with_rest else ()),
        Column("To approve", Kind.DURATION),
        Column("Undertime", Kind.DURATION),
        Column("On days off", Kind.DURATION),
        Column("On holidays", Kind.DURATION),
        Column("Night", Kind.DURATION),
    )
    rows = (
        (
            *_who(each.person),
            dt.timedelta(seconds=each.totals["overtime"]),
            *(dt.timedelta(seconds=each.totals["overtime_by_rate"].get(rate, 0)) for rate in classes),
            *((_without_rate(each),) if with_rest else ()),
            *(
                dt.timedelta(seconds=each.totals[key])
                for key in ("overtime_to_approve", "undertime", "rest_day_hours", "holiday_hours", "night")
            ),
        )
        for each in months
    )
    return _table(wanted, f"Overtime {wanted.name}", columns, rows, zone)


def _without_rate(each: PersonSummary) -> dt.timedelta:
    return dt.timedelta(seconds=each.totals["overtime"] - sum(each.totals["overtime_by_rate"].values()))
