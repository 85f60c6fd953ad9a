"""Writes tables as spreadsheets; durations and dates are numbers with a format, never texts.

The file of a closed month is the same, byte for byte, however often it is made: it carries the moment of the closing,
not of the writing.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from attendance.core import cells
from attendance.reports.table import Cell, Column, Kind, Link, State, Table
from attendance.reports.writers import plain

SUMMED = {Kind.DURATION, Kind.COUNT, Kind.NUMBER}
FORMATS = {
    Kind.DURATION: "[h]:mm",
    Kind.DAY: "yyyy-mm-dd",
    Kind.MOMENT: "yyyy-mm-dd hh:mm",
    Kind.TIME: "hh:mm",
    Kind.NUMBER: "General",
    Kind.COUNT: "0",
}
WIDTHS = {Kind.CODE: 7, Kind.DURATION: 10, Kind.NUMBER: 10, Kind.COUNT: 8, Kind.DAY: 12, Kind.MOMENT: 17, Kind.TIME: 8}
TEXT_WIDTH = 22
STYLES: dict[str, dict[str, object]] = {
    "": {},
    "title": {"bold": True, "font_size": 14},
    "bold": {"bold": True},
    "head": {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"},
    "code": {"text_wrap": True, "align": "center"},
}
"""How texts look, by what they are; a code also has its colour as the ground."""


@dataclass(frozen=True, slots=True)
class Note:
    """What the sheet says about itself: the filter it was made by, and when. `made_at` is aware."""

    lines: Sequence[tuple[str, str]]
    made_at: dt.datetime
    legend: Sequence[tuple[str, str]] = ()
    frozen_columns: int = 0
    fills: Mapping[str, str] = field(default_factory=dict)
    """Code -> the ground of its cells; the code itself says the same, colour never speaks alone."""


def write(table: Table, note: Note, *, to: BinaryIO) -> None:
    """Write the file: the filter, the table, its totals as formulas with their values, the legend.

    One row is in memory at a time; what is finished waits on the disk. Raises OSError where that is full.
    """
    with tempfile.TemporaryDirectory(prefix="muster-sheet-") as folder:
        options = {
            "constant_memory": True, "tmpdir": folder, "strings_to_formulas": False, "strings_to_urls": False,
            "remove_timezone": True,
        }  # fmt: skip
        book = xlsxwriter.Workbook(to, options)
        try:
            made_at = note.made_at.astimezone(dt.UTC).replace(tzinfo=None)
            book.set_properties({"title": table.title, "created": made_at})
            _Sheet(book, table, note).write()
            book.close()
        except FileCreateError as error:
            _let_go(book)
            raise OSError(*getattr(error.args[0], "args", error.args)) from error
        except BaseException:
            _let_go(book)
            raise


def _let_go(book: xlsxwriter.Workbook) -> None:
    """Close what waits on the disk of a sheet that comes to nothing."""
    book.fileclosed = 1
    for sheet in book.worksheets():
        with contextlib.suppress(OSError):  # what could not be written cannot be flushed either
            sheet.row_data_fh.close()


class _Sheet:
    def __init__(self, book: xlsxwriter.Workbook, table: Table, note: Note) -> None:
        self.table, self.note = table, note
        self.sheet: Worksheet = book.add_worksheet(_sheet_name(table.title))
        self.book = book
        self.formats = {kind: book.add_format({"num_format": text}) for kind, text in FORMATS.items()}
        self.sums = {kind: book.add_format({"num_format": FORMATS[kind], "bold": True, "top": 1}) for kind in SUMMED}
        self.texts: dict[tuple[str, str, bool], Format] = {}

    def write(self) -> None:
        """Write everything, from the top."""
        self._text(0, 0, self.table.title, style="title")
        for row, (label, value) in enumerate(self.note.lines, start=1):
            self._text(row, 0, label, style="bold")
            self._text(row, 1, value)
        top = len(self.note.lines) + 2
        for column, heading in enumerate(self.table.columns):
            self._text(top, column, plain.label(heading, table=self.table), style="head")
            self.sheet.set_column(column, column, WIDTHS.get(heading.kind, TEXT_WIDTH))
        totals = [0.0] * len(self.table.columns)
        row = top
        for row, line in enumerate(self.table.rows, start=top + 1):
            for column, (cell, heading) in enumerate(zip(line, self.table.columns, strict=True)):
                totals[column] += self._cell(row, column, cell, heading)
        self._totals(top, row, totals)
        self._legend(row + 4)
        self._print_set_up(top, row)

    def _cell(self, row: int, column: int, cell: Cell, heading: Column) -> float:
        """Write one cell; return what it adds to the column's sum."""
        kind = heading.kind
        if isinstance(cell, dt.timedelta):
            days = cell.total_seconds() / 86_400
            self.sheet.write_number(row, column, days, self.formats[Kind.DURATION])
            return days
        if isinstance(cell, dt.datetime):
            local = cell.astimezone(self.table.zone).replace(tzinfo=None)
            self.sheet.write_datetime(row, column, local, self.formats[kind])
        elif isinstance(cell, dt.date):
            self.sheet.write_datetime(row, column, cell, self.formats[Kind.DAY])
        elif isinstance(cell, int | float):
            number = self._number(cell, kind)
            self.sheet.write_number(row, column, number, self.formats.get(kind))
            return float(number)
        elif cell is not None:
            text = cell.text if isinstance(cell, State | Link) else cell
            self._text(row, column, text, style="code" if kind is Kind.CODE else "")
        return 0.0

    def _text(self, row: int, column: int, text: str, *, style: str = "") -> None:
        """Write a text; one that looks like a formula is marked, so that it stays a text when the cell is edited."""
        fill = self.note.fills.get(text.partition("\n")[0], "") if style == "code" else ""
        key = (style, fill, cells.is_formula(text))
        if any(key) and key not in self.texts:
            ground = {"bg_color": fill} if fill else {}
            self.texts[key] = self.book.add_format({**STYLES[style], **ground, "quote_prefix": key[2]})
        self.sheet.write_string(row, column, text, self.texts.get(key))

    def _number(self, value: float, kind: Kind) -> float:
        """Return a number without the noise of sums of thirds."""
        if self.table.digits is None or kind is not Kind.NUMBER:
            return value
        return plain.rounded(value, digits=self.table.digits)

    def _totals(self, top: int, last: int, totals: list[float]) -> None:
        """A formula that people can follow, and its value for programs that do not compute."""
        if last == top or not any(heading.kind in SUMMED for heading in self.table.columns):
            return
        self._text(last + 1, 0, "Total", style="bold")
        for column, heading in enumerate(self.table.columns):
            if heading.kind in SUMMED:
                summed = f"{xl_rowcol_to_cell(top + 1, column)}:{xl_rowcol_to_cell(last, column)}"
                total = self._number(totals[column], heading.kind)
                self.sheet.write_formula(last + 1, column, f"=SUM({summed})", self.sums[heading.kind], total)

    def _legend(self, row: int) -> None:
        for offset, (code, meaning) in enumerate(self.note.legend):
            self._text(row + offset, 0, code, style="code")
            self._text(row + offset, 1, meaning)

    def _print_set_up(self, top: int, last: int) -> None:
        sheet = self.sheet
        sheet.freeze_panes(top + 1, self.note.frozen_columns)
        sheet.autofilter(top, 0, max(last, top + 1), len(self.table.columns) - 1)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(top)
        if self.note.frozen_columns:
            sheet.repeat_columns(f"A:{xl_col_to_name(self.note.frozen_columns - 1)}")
        sheet.set_footer("&L&A&RPage &P of &N")


def _sheet_name(title: str) -> str:
    """Return a name that spreadsheets accept: at most 31 characters, and none of seven signs."""
    return "".join("-" if char in "[]:*?/\\" else char for char in title)[:31].strip("'") or "Sheet"
