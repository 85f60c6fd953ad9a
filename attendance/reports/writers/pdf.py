"""How is a table written as PDF? A4 across, the heading on every page, the filter above it, page numbers below."""

from __future__ import annotations

import datetime as dt
from typing import Any, BinaryIO

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer
from reportlab.platypus import Table as Grid

from attendance.reports.table import Cell, Column, Kind, Table
from attendance.reports.writers import plain
from attendance.reports.writers.xlsx import Note

FONT, BOLD = "Helvetica", "Helvetica-Bold"
MARGIN = 10 * mm
SMALLEST, LARGEST = 4.5, 8.0
"""Points: below it nobody reads, above it nobody needs."""
NUMBERS = {Kind.DURATION, Kind.COUNT, Kind.NUMBER, Kind.DISTANCE}
LONGEST_TEXT = 28


def write(table: Table, note: Note, *, to: BinaryIO) -> None:
    """Write the file; made again from the same closed month it has the same bytes.

    The widths of the columns follow from all rows, so their texts are in memory until the last page is laid out.
    """
    document = SimpleDocTemplate(
        to, pagesize=landscape(A4), leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=14 * mm,
        title=table.title, invariant=1,
    )  # fmt: skip
    styles = getSampleStyleSheet()
    told = "; ".join(f"{label}: {value}" for label, value in note.lines)
    legend = ", ".join(f"{code} {meaning}" for code, meaning in note.legend)
    story: list[Any] = [
        Paragraph(_escaped(table.title), styles["Heading2"]),
        Paragraph(_escaped(told), styles["BodyText"]),
    ]
    story.extend([Spacer(1, 3 * mm), _grid(table, document.width)])
    if legend:
        story.extend([Spacer(1, 3 * mm), Paragraph(_escaped(legend), styles["BodyText"])])
    document.build(story, onFirstPage=_foot, onLaterPages=_foot)


def _grid(table: Table, width: float) -> Grid:
    heads = [column.label.replace(" ", "\n", 1) for column in table.columns]
    rows = [[_text(cell, column, table) for cell, column in zip(row, table.columns, strict=True)] for row in table.rows]
    size = LARGEST
    while size > SMALLEST and _width([heads, *rows], size) > width:
        size -= 0.5
    style = [
        ("FONT", (0, 0), (-1, 0), BOLD, size),
        ("FONT", (0, 1), (-1, -1), FONT, size),
        ("LEADING", (0, 0), (-1, -1), size + 1),
        ("LINEBELOW", (0, 0), (-1, 0), 0.7, colors.black),
        ("LINEBELOW", (0, 1), (-1, -1), 0.2, colors.lightgrey),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 1.5),
        ("RIGHTPADDING", (0, 0), (-1, -1), 1.5),
        ("TOPPADDING", (0, 0), (-1, -1), 1),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
    ]
    style.extend(
        ("ALIGN", (at, 0), (at, -1), "RIGHT") for at, column in enumerate(table.columns) if column.kind in NUMBERS
    )
    return Grid([heads, *rows], repeatRows=1, style=style, hAlign="LEFT")


def _text(cell: Cell, column: Column, table: Table) -> str:
    if isinstance(cell, dt.datetime) and column.kind is Kind.MOMENT:
        return f"{cell.astimezone(table.zone):%d %b %H:%M}"
    text = plain.text(cell, column=column, table=table)
    shown = text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"
    return "".join(char if char == "\n" or _is_printable(char) else "?" for char in shown)


def _is_printable(char: str) -> bool:
    """The built-in fonts know Western European letters; the spreadsheet keeps every script."""
    try:
        char.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _width(rows: list[list[str]], size: float) -> float:
    """Return how wide the grid would be at a size of type."""
    widths = [0.0] * len(rows[0])
    for row in rows:
        for at, text in enumerate(row):
            widest = max((pdfmetrics.stringWidth(line, BOLD, size) for line in text.split("\n")), default=0.0)
            widths[at] = max(widths[at], widest)
    return sum(widths) + 3 * len(widths)


def _escaped(text: str) -> str:
    plain_text = "".join(char if _is_printable(char) else "?" for char in text)
    return plain_text.replace("&", "&amp;").replace("<", "&lt;")


def _foot(canvas: Any, document: Any) -> None:
    canvas.setFont(FONT, 7)
    canvas.drawString(MARGIN, 7 * mm, str(document.title))
    canvas.drawRightString(landscape(A4)[0] - MARGIN, 7 * mm, f"Page {canvas.getPageNumber()}")
