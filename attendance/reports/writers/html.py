"""Tables on pages: rows as markup, headings as values that a template turns into links."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape

from django.utils.safestring import SafeString

from attendance.reports.table import Cell, Column, Kind, Link, State, Table
from attendance.reports.writers import plain

NEXT_LINE = "\n"
NUMBERS = {Kind.COUNT, Kind.DURATION, Kind.DISTANCE, Kind.TIME, Kind.NUMBER}


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's heading; `sort` is what its link asks for, `sorted_as` what it is now."""

    label: str
    css: str
    sort: str
    sorted_as: str


@dataclass(frozen=True, slots=True)
class Page:
    """What the template walks through; a row is the markup of its cells, escaped."""

    title: str
    headings: list[Heading]
    rows: list[SafeString]


def page(table: Table, *, address: Callable[[Link], str], state: Callable[[State], SafeString], sort: str = "") -> Page:
    """Return the table for a template; `address` knows where a link leads, `state` how a state is marked.

    Cells are written here: to choose the form of each of some thousands in a template takes several times as long.
    """

    def content(cell: Cell, text: str, kind: Kind) -> str:
        if isinstance(cell, State):
            return state(cell)
        if isinstance(cell, Link):
            return f'<a class="clip" dir="auto" href="{escape(address(cell))}">{escape(text)}</a>'
        return _content(cell, text, kind=kind)

    def cells(row: tuple[Cell, ...]) -> Iterator[str]:
        for cell, column in zip(row, table.columns, strict=True):
            text = _shown(cell, column=column, table=table)
            facts = (
                f'class="{_css(cell, kind=column.kind)}" data-label="{escape(column.label)}"{_look(text, column.kind)}'
            )
            yield f"<td {facts}>{content(cell, text, column.kind)}</td>"

    headings = [_heading(column, sort=sort) for column in table.columns]
    return Page(table.title, headings, [SafeString("".join(cells(row))) for row in table.rows])


def _heading(column: Column, *, sort: str) -> Heading:
    ascending = bool(column.sort) and sort == column.sort
    descending = bool(column.sort) and sort == f"-{column.sort}"
    return Heading(
        label=column.label,
        css="number" if column.kind in NUMBERS else "code" if column.kind is Kind.CODE else "",
        sort=f"-{column.sort}" if ascending else column.sort,
        sorted_as="ascending" if ascending else "descending" if descending else "",
    )


def _look(text: str, kind: Kind) -> str:
    """Return which code's colour a cell has; the first one stands for a divided day."""
    code = text.partition(NEXT_LINE)[0].partition("/")[0] if kind is Kind.CODE else ""
    return f' data-code="{escape(code)}"' if code else ""


def _css(cell: Cell, *, kind: Kind) -> str:
    """Return the classes; a zero is shown softly, so that a column of them does not hide the rest."""
    if kind is Kind.CODE:
        return "code"
    if kind not in NUMBERS:
        return ""
    return "number" if cell else "number zero"


def _content(cell: Cell, text: str, *, kind: Kind) -> str:
    """Return what stands inside a cell; a code has on the next line what else is said about it."""
    if kind is Kind.CODE:
        code, _, second = text.partition(NEXT_LINE)
        return f'{escape(code)}<span class="second">{escape(second)}</span>' if second else escape(code)
    if isinstance(cell, dt.datetime):
        return f'<time datetime="{cell.isoformat()}">{escape(text)}</time>'
    return f'<span class="clip" dir="auto">{escape(text)}</span>' if text else ""


def _shown(cell: Cell, *, column: Column, table: Table) -> str:
    """Return the text for people: a day by its name, seconds only in files."""
    if isinstance(cell, dt.datetime) and column.kind is Kind.MOMENT:
        local = cell.astimezone(table.zone)
        return f"{_day(local)}, {local:%H:%M}"
    if isinstance(cell, dt.date) and not isinstance(cell, dt.datetime):
        return _day(cell)
    if isinstance(cell, float) and column.kind is Kind.DISTANCE:
        return f"{cell:.2f}"
    return plain.text(cell, column=column, table=table)


def _day(cell: dt.date) -> str:
    """Write a day as templates do by "D j M Y"."""
    return f"{cell:%a} {cell.day} {cell:%b %Y}"
