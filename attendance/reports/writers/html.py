"""What does a page need to show a table? Texts, classes and addresses, ready for `_table.html`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from attendance.reports.table import Cell, Column, Kind, Link, State, Table
from attendance.reports.writers import plain

NUMBERS = {Kind.COUNT, Kind.DURATION, Kind.DISTANCE, Kind.TIME, Kind.NUMBER}


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's heading; `sort` is what its link asks for, `sorted_as` what it is now."""

    label: str
    css: str
    sort: str
    sorted_as: str


@dataclass(frozen=True, slots=True)
class Field:
    """One cell on the page."""

    label: str
    text: str
    css: str
    address: str | None = None
    state: State | None = None
    code: str = ""
    second: str = ""
    """A short code of a legend, and what else is said about it."""
    instant: str = ""
    """Machine-readable, for the element `time`."""


@dataclass(frozen=True, slots=True)
class Page:
    """What the template walks through."""

    title: str
    headings: list[Heading]
    rows: list[list[Field]]


def page(table: Table, *, address: Callable[[Link], str], sort: str = "") -> Page:
    """Return the table for a template; `address` knows where a link leads."""
    return Page(
        title=table.title,
        headings=[_heading(column, sort=sort) for column in table.columns],
        rows=[
            [
                _field(cell, column=column, table=table, address=address)
                for cell, column in zip(row, table.columns, strict=True)
            ]
            for row in table.rows
        ],
    )


def _heading(column: Column, *, sort: str) -> Heading:
    ascending = bool(column.sort) and sort == column.sort
    descending = bool(column.sort) and sort == f"-{column.sort}"
    return Heading(
        label=column.label,
        css="number" if column.kind in NUMBERS else "code" if column.kind is Kind.CODE else "",
        sort=f"-{column.sort}" if ascending else column.sort,
        sorted_as="ascending" if ascending else "descending" if descending else "",
    )


def _field(cell: Cell, *, column: Column, table: Table, address: Callable[[Link], str]) -> Field:
    code, _, second = str(cell or "").partition("\n") if column.kind is Kind.CODE else ("", "", "")
    return Field(
        label=column.label,
        code=code,
        second=second,
        text=_shown(cell, column=column, table=table),
        css=_css(cell, code, column=column),
        address=address(cell) if isinstance(cell, Link) else None,
        state=cell if isinstance(cell, State) else None,
        instant=cell.isoformat() if isinstance(cell, dt.datetime) else "",
    )


def _css(cell: Cell, code: str, *, column: Column) -> str:
    """Return the classes; a zero is shown softly, so that a column of them does not hide the rest."""
    if column.kind is Kind.CODE:
        return f"code code-{code.lower()}"
    if column.kind not in NUMBERS:
        return ""
    return "number" if cell else "number zero"


def _shown(cell: Cell, *, column: Column, table: Table) -> str:
    """Return the text for people: a day by its name, seconds only in files."""
    if isinstance(cell, dt.datetime) and column.kind is Kind.MOMENT:
        return f"{cell.astimezone(table.zone):%a %d %b %Y, %H:%M}"
    if isinstance(cell, dt.date) and not isinstance(cell, dt.datetime):
        return f"{cell:%a %d %b %Y}"
    if isinstance(cell, float) and column.kind is Kind.DISTANCE:
        return f"{cell:.2f}"
    return plain.text(cell, column=column, table=table)
