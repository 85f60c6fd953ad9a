"""Cells as text: times in the table's zone, durations as h:mm."""

from __future__ import annotations

import datetime as dt

from attendance.reports.table import Cell, Column, Kind, Link, State, Table
from timekeeping.durations import hours_minutes


def text(cell: Cell, *, column: Column, table: Table) -> str:
    """Return the text of a cell; empty for nothing."""
    if isinstance(cell, State | Link):
        return cell.text
    if isinstance(cell, dt.datetime):
        local = cell.astimezone(table.zone)
        return f"{local:%H:%M}" if column.kind is Kind.TIME else f"{local:%Y-%m-%d %H:%M:%S}"
    if isinstance(cell, dt.timedelta):
        return hours_minutes(cell)
    if isinstance(cell, float) and column.kind is Kind.DISTANCE:
        return f"{cell:.3f}"
    if isinstance(cell, float):
        return number(cell, digits=table.digits)
    return "" if cell is None else str(cell)


def number(value: float, *, digits: int | None) -> str:
    """Write a plain number: at most so many digits after the point and no negative zero; None: six significant ones."""
    if digits is None:
        return f"{value:g}"
    written = f"{rounded(value, digits=digits):.{digits}f}"
    return written.rstrip("0").rstrip(".") if digits else written


def rounded(value: float, *, digits: int) -> float:
    """Return the number that `number` writes; adding nothing turns a negative zero into a plain one."""
    return round(value, digits) + 0.0


def label(column: Column, *, table: Table) -> str:
    """Return the heading; a column of instants names its zone."""
    return f"{column.label} ({table.zone.key})" if column.kind in {Kind.MOMENT, Kind.TIME} else column.label
