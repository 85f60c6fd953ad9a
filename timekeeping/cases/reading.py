"""Reads cases from TOML files; a key is known or refused: docs/reference/rules.md."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from timekeeping.cases import atoms, keys
from timekeeping.cases.atoms import CaseError, Here
from timekeeping.cases.keys import Table
from timekeeping.rule_book import RuleBook
from timekeeping.timeline import to_local_time
from timekeeping.values import (
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
OWN = ("name", "source", "note")
"""What only a case has; every other key may also stand at the top of the file, for all its cases."""
GIVEN = (
    *OWN,
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
SITE = ("name", "zone", "changes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is given, as values, and what is expected, as it was written. `where`: file, number and name."""

    name: str
    here: Here
    roster: Roster
    rules: RuleBook
    calendar: tuple[Holiday, ...]
    leave: tuple[Leave, ...]
    punches: tuple[Punch, ...]
    corrections: tuple[Correction, ...]
    approvals: tuple[Approval, ...]
    watermark: int | None
    expected: Mapping[str, list[tuple[str, Table]]] = field(default_factory=dict)
    where: str = ""

    @property
    def dates(self) -> list[dt.date]:
        """All days that the case speaks of, in order."""
        zone = self.here.site.zone
        instants = [*(punch.at for punch in self.punches), *(each.at for each in self.corrections if each.at)]
        found: list[dt.date | None] = [
            self.here.first,
            self.roster.joined,
            self.roster.left,
            *(feast.day for feast in self.calendar),
            *(day for leave in self.leave for day in (leave.first, leave.last)),
            *(day for each in self.roster.assignments for day in (each.first, each.last)),
            *(to_local_time(at, zone).date() for at in instants),
        ]
        return sorted(day for day in found if day is not None)


def read(path: Path) -> list[Case]:
    """Read a file of cases.

    Raises:
        CaseError: the file is no TOML, or says something that the format does not know.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CaseError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise CaseError(f"{path}: not UTF-8: {error}") from None
    return read_text(text, where=f"{path}: ")


def read_text(text: str, *, where: str = "") -> list[Case]:
    """Read cases from the text of a file; `where` is put before every message."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CaseError(f"{where}not TOML: {error}") from None
    tables = content.pop("case", [])
    content.pop("title", None)
    shared = [key for key in GIVEN if key not in OWN]
    try:
        keys.refuse(content, shared, "the top of the file")
    except CaseError as error:
        raise CaseError(f"{where}{error}") from None
    if not isinstance(tables, list) or not tables:
        raise CaseError(f"{where}the file has no [[case]]")
    return [_case(content, table, f"{where}case {number}") for number, table in enumerate(tables, start=1)]


def _case(shared: Table, given: object, where: str) -> Case:
    name = str(given.get("name") or "") if isinstance(given, dict) else ""
    place = f'{where} "{name}"' if name else where
    with atoms.within(place):
        own = keys.table_of(given)
        keys.refuse(own, (*GIVEN, *EXPECTED), "a case")
        if "site" in own or "zone" in own:  # what a case says of its place goes before what the file says
            shared = {key: value for key, value in shared.items() if key not in {"site", "zone"}}
        return _read_case({**shared, **own}, name or where.rpartition(": ")[2], place)


def _read_case(table: Table, name: str, where: str) -> Case:
    with atoms.within("site"):
        site = _site(table)
    here = Here(site, None)
    if "D" in table:
        with atoms.within("D"):
            here = Here(site, atoms.date(table["D"], here))
    shifts = _shifts(table, here)
    punches = keys.read_each(table, "punches", lambda each: atoms.punch(each, here))
    return Case(
        name=name,
        here=here,
        roster=Roster(site, _assignments(table, shifts, here), *_employment(table, here)),
        rules=_rules(table, here),
        calendar=keys.read_each(table, "holiday", lambda each: _holiday(each, here)),
        leave=keys.read_each(table, "leave", lambda each: _leave(each, here)),
        punches=punches,
        corrections=keys.read_each(table, "corrections", lambda each: _correction(each, here, punches)),
        approvals=keys.read_each(
            table,
            "approvals",
            lambda each: keys.build(Approval, keys.table_of(each), keys.APPROVAL, here, needs=("day", "at")),
        ),
        watermark=_watermark(table, here),
        expected={key: _expected(table, key) for key in EXPECTED if key in table},
        where=where,
    )


def _rules(table: Table, here: Here) -> RuleBook:
    """Read one table of settings, or several of which each further one holds `from` a day on."""
    versions: list[tuple[dt.date | None, Rules]] = []
    for place, each in keys.each_of(table, "settings"):
        with atoms.within(place):
            content = keys.table_of(each)
            since = None
            if versions:
                if "from" not in content:
                    raise CaseError("from is missing: further settings hold from a day on")
                since = atoms.date(content.pop("from"), here)
                earlier = versions[-1][0]
                if earlier is not None and since <= earlier:
                    raise CaseError(f"from: {since} is not after {earlier}, from which the settings before hold")
            elif "from" in content:
                raise CaseError("the first settings hold from the beginning: leave from out")
            versions.append((since, keys.build(Rules, content, keys.SETTINGS, here)))
    return RuleBook(tuple(versions)) if versions else RuleBook()


def _expected(table: Table, key: str) -> list[tuple[str, Table]]:
    found = []
    for place, value in keys.each_of(table, key):
        with atoms.within(place):
            found.append((place, keys.table_of(value)))
    return found


def _watermark(table: Table, here: Here) -> int | None:
    """Return the earliest of what the doors and the case say; None where everything has arrived."""
    marks = []
    with atoms.within("doors"):
        for door, value in keys.table_of(table.get("doors", {})).items():
            with atoms.within(door):
                marks.append(atoms.moment(value, here))
    if "watermark" in table:
        with atoms.within("watermark"):
            marks.append(atoms.moment(table["watermark"], here))
    return min(marks, default=None)


def _employment(table: Table, here: Here) -> tuple[dt.date | None, dt.date | None]:
    found = []
    for key in ("joined", "left"):
        with atoms.within(key):
            found.append(atoms.date(table[key], here) if key in table else None)
    joined, left = found
    if joined and left and left < joined:
        raise CaseError(f"left: {left} is before joined, {joined}")
    return joined, left


def _site(table: Table) -> Site:
    written = table.get("site", {})
    given: Table = {"name": written} if isinstance(written, str) else keys.table_of(written)
    keys.refuse(given, SITE, "a site")
    nowhere = Here(Site(), None)
    changes = keys.read_each(
        given,
        "changes",
        lambda each: keys.build(ZoneChange, keys.table_of(each), keys.ZONE_CHANGE, nowhere, needs=("since", "zone")),
    )
    if "zone" in table and given.get("zone", table["zone"]) != table["zone"]:
        raise CaseError(f"zone is {table['zone']!r} and site.zone is {given['zone']!r}: one of them is enough")
    zone = keys.zone(table.get("zone", given.get("zone", "UTC")), nowhere)
    name = keys.word(given.get("name", "site"), nowhere)
    return Site(zone, name, tuple(sorted(changes, key=lambda change: change.since)))


def _shifts(table: Table, here: Here) -> tuple[Shift, ...]:
    shifts = keys.read_each(
        table, "shift", lambda each: keys.build(Shift, keys.table_of(each), keys.SHIFT, here, needs=("start", "end"))
    )
    names = [shift.name for shift in shifts]
    if "assignment" in table and len(set(names)) < len(names):
        raise CaseError("shift: where shifts are assigned, each needs a name of its own")
    return shifts


def _assignments(table: Table, shifts: tuple[Shift, ...], here: Here) -> tuple[Assignment, ...]:
    """Without assignments every shift of the case is the person's own, always."""
    if "assignment" not in table:
        return tuple(Assignment(shift) for shift in shifts)
    by_name = {shift.name: shift for shift in shifts}

    def read_one(value: object) -> Assignment:
        given = keys.table_of(value)
        keys.refuse(given, ("shift", *keys.ASSIGNMENT), "an assignment")
        name = str(given.pop("shift", shifts[0].name if shifts else ""))
        if name not in by_name:
            known = ", ".join(by_name) or "none"
            raise CaseError(f"no shift is called {name!r} (known: {known})")
        made = keys.build(Assignment, given, keys.ASSIGNMENT, here, shift=by_name[name])
        _in_order(made.first, made.last)
        return made

    return keys.read_each(table, "assignment", read_one)


def _in_order(first: dt.date | None, last: dt.date | None) -> None:
    if first and last and last < first:
        raise CaseError(f"to: {last} is before from, {first}")


def _holiday(value: object, here: Here) -> Holiday:
    given: Table = {"date": value} if isinstance(value, dt.date | str) else keys.table_of(value)
    return keys.build(Holiday, given, keys.HOLIDAY, here, needs=("date",))


def _leave(value: object, here: Here) -> Leave:
    table = keys.table_of(value)
    keys.refuse(table, ("date", *keys.LEAVE), "a leave")
    if "date" in table:
        if {"from", "to"} & set(table):
            raise CaseError("either date, or from and to")
        table["from"] = table["to"] = table.pop("date")
    table.setdefault("to", table.get("from"))
    if "start" in table or "end" in table:
        table.setdefault("part", "hours")
    made = keys.build(Leave, table, keys.LEAVE, here, needs=("from",))
    _in_order(made.first, made.last)
    if (table.get("part") == "hours") != ("start" in table) or ("start" in table) != ("end" in table):
        raise CaseError('part = "hours" needs start and end, and only it has them')
    return made


def _correction(value: object, here: Here, punches: tuple[Punch, ...]) -> Correction:
    made = keys.build(Correction, keys.table_of(value), keys.CORRECTION, here)
    if made.at is None and made.replaces is None:
        raise CaseError("a correction needs at or replaces")
    if made.replaces is None or any(punch.at == made.replaces for punch in punches):
        return made
    of_the_minute = [punch.at for punch in punches if punch.minute == made.replaces]
    return replace(made, replaces=of_the_minute[0]) if len(of_the_minute) == 1 else made
