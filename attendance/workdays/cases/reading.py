"""How does a TOML file become cases? Every key is known or refused; see docs/reference/rules.md."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from attendance.workdays.cases import atoms, keys
from attendance.workdays.cases.atoms import CaseError, Here
from attendance.workdays.cases.keys import Table
from attendance.workdays.values import (
    Approval,
    Assignment,
    Correction,
    Holiday,
    Leave,
    Punch,
    Roster,
    Rules,
    Shift,
    Site,
    ZoneChange,
)

EXPECTED = ("expect", "expect_punch", "expect_week", "expect_month", "expect_screen", "expect_request")
GIVEN = (
    "name",
    "source",
    "note",
    "D",
    "zone",
    "site",
    "settings",
    "shift",
    "assignment",
    "joined",
    "left",
    "holiday",
    "leave",
    "punches",
    "corrections",
    "watermark",
    "doors",
    "approvals",
)


@dataclass(frozen=True, slots=True)
class Case:
    """What is given, as values, and what is expected, as it was written."""

    name: str
    here: Here
    roster: Roster
    rules: Rules
    calendar: tuple[Holiday, ...]
    leave: tuple[Leave, ...]
    punches: tuple[Punch, ...]
    corrections: tuple[Correction, ...]
    approvals: tuple[Approval, ...]
    watermark: int | None
    expected: Mapping[str, list[Table]] = field(default_factory=dict)


def read(path: Path) -> list[Case]:
    """Read a file of cases.

    Raises:
        CaseError: the file is no TOML, or says something that the format does not know.
    """
    try:
        return read_text(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CaseError(f"{path}: {error}") from None


def read_text(text: str) -> list[Case]:
    """Read cases from the text of a file."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CaseError(f"not TOML: {error}") from None
    shared: Table = {key: content.pop(key) for key in ("zone", "site", "settings", "shift", "D") if key in content}
    tables = content.pop("case", [])
    content.pop("title", None)
    if content:
        raise CaseError(f"unknown at the top of the file: {', '.join(sorted(content))}")
    if not isinstance(tables, list) or not tables:
        raise CaseError("the file has no [[case]]")
    return [_case({**shared, **keys.table_of(table)}, number) for number, table in enumerate(tables, start=1)]


def _case(table: Table, number: int) -> Case:
    name = str(table.get("name") or f"case {number}")
    unknown = set(table) - {*GIVEN, *EXPECTED}
    try:
        keys.refuse(unknown, "case")
        return _read_case(table, name)
    except CaseError as error:
        raise CaseError(f"{name}: {error}") from None


def _read_case(table: Table, name: str) -> Case:
    site = _site(table)
    here = Here(site, atoms.date(table["D"], Here(site, None)) if "D" in table else None)
    shifts = [
        keys.build(Shift, each, keys.SHIFT, here, needs=("start", "end")) for each in keys.tables_of(table, "shift")
    ]
    rules = keys.build(Rules, keys.table_of(table.get("settings", {})), keys.SETTINGS, here)
    marks = [atoms.moment(value, here) for value in keys.table_of(table.get("doors", {})).values()]
    if "watermark" in table:
        marks.append(atoms.moment(table["watermark"], here))
    return Case(
        name,
        here,
        Roster(
            site,
            _assignments(table, shifts, here),
            *(atoms.date(table[key], here) if key in table else None for key in ("joined", "left")),
        ),
        rules,
        tuple(
            keys.build(Holiday, each, keys.HOLIDAY, here, needs=("date",)) for each in keys.tables_of(table, "holiday")
        ),
        tuple(_leave(each, here) for each in keys.tables_of(table, "leave")),
        tuple(atoms.punch(each, here) for each in keys.list_of(table, "punches")),
        tuple(keys.build(Correction, each, keys.CORRECTION, here) for each in keys.tables_of(table, "corrections")),
        tuple(
            keys.build(Approval, each, keys.APPROVAL, here, needs=("day", "at"))
            for each in keys.tables_of(table, "approvals")
        ),
        min(marks, default=None),
        {key: keys.tables_of(table, key) for key in EXPECTED if key in table},
    )


def _site(table: Table) -> Site:
    given = keys.table_of(table.get("site", {}))
    keys.refuse(set(given) - {"zone", "name", "changes"}, "site")
    nowhere = Here(Site(), None)
    changes = tuple(
        keys.build(ZoneChange, each, keys.ZONE_CHANGE, nowhere) for each in keys.tables_of(given, "changes")
    )
    zone = keys.zone(table.get("zone", given.get("zone", "UTC")), nowhere)
    return Site(str(zone), str(given.get("name", "site")), tuple(sorted(changes, key=lambda change: change.since)))


def _assignments(table: Table, shifts: list[Shift], here: Here) -> tuple[Assignment, ...]:
    """Without assignments every shift of the case is the person's own, always."""
    if "assignment" not in table:
        return tuple(Assignment(shift) for shift in shifts)
    by_name = {shift.name: shift for shift in shifts}
    result = []
    for each in keys.tables_of(table, "assignment"):
        name = str(each.pop("shift", shifts[0].name if shifts else ""))
        if name not in by_name:
            raise CaseError(f"no shift is called {name!r}")
        result.append(keys.build(Assignment, each, keys.ASSIGNMENT, here, shift=by_name[name]))
    return tuple(result)


def _leave(table: Table, here: Here) -> Leave:
    if "date" in table:
        table["from"] = table["to"] = table.pop("date")
    table.setdefault("to", table.get("from"))
    if "start" in table:
        table.setdefault("part", "hours")
    return keys.build(Leave, table, keys.LEAVE, here, needs=("from",))
