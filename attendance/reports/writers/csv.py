"""Writes tables as CSV (RFC 4180, UTF-8).

A spreadsheet runs a cell that begins like a formula, so a *text* cell is guarded by `core.cells`. Numbers,
times and durations are ours and stay as they are: a negative number is not an attack.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator

from attendance.core import cells
from attendance.reports.table import Cell, Column, Link, State, Table
from attendance.reports.writers import plain

BYTE_ORDER_MARK = "\ufeff"
"""Tells Excel that the file is UTF-8; other programs do not need it."""


class _Line:
    """A file that hands back what was written to it."""

    def write(self, text: str) -> str:
        return text


def write(table: Table, *, byte_order_mark: bool = False) -> Iterator[str]:
    """Yield the file line by line, so that a long one never lies in memory."""
    writer = csv.writer(_Line())
    if byte_order_mark:
        yield BYTE_ORDER_MARK
    yield writer.writerow([cells.guard(plain.label(column, table=table)) for column in table.columns])
    for row in table.rows:
        yield writer.writerow(
            [_field(cell, column=column, table=table) for cell, column in zip(row, table.columns, strict=True)]
        )


def _field(cell: Cell, *, column: Column, table: Table) -> str:
    written = plain.text(cell, column=column, table=table)
    return cells.guard(written) if isinstance(cell, str | Link | State) else written
