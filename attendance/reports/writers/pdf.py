"""Writes tables as PDF: A4 landscape, headings on every page, the filter above, page numbers below."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, BinaryIO

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Spacer
from reportlab.platypus import Table as Grid

from attendance.reports.table import Cell, Column, Kind, Table
from attendance.reports.writers import fonts, plain
from attendance.reports.writers.xlsx import Note

MARGIN = 10 * mm
FRAME = 6.0
"""Points that the page's frame keeps free on each side."""
SMALLEST, LARGEST = 6.0, 8.0
"""Points: below it nobody reads, above it nobody needs."""
PADDING = 2.0
WIDEST_GAP = 14.0
"""Points beside a text, and what a column may get on top where there is room."""
NUMBERS = {Kind.DURATION, Kind.COUNT, Kind.NUMBER, Kind.DISTANCE}
LONGEST_TEXT = 28
SMALL = ParagraphStyle("small", fontName=fonts.PLAIN, fontSize=7, leading=9)


def write(table: Table, note: Note, *, to: BinaryIO) -> None:
    """Write the file; made again from the same closed month it has the same bytes.

    The widths of the columns follow from all rows, so their texts are in memory until the last page is laid out. What
    is too wide for a page goes on with the columns that are left, beside the first ones again.
    """
    document = SimpleDocTemplate(
        to, pagesize=landscape(A4), leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=14 * mm,
        title=table.title, invariant=1,
    )  # fmt: skip
    summary = "; ".join(f"{label}: {value}" for label, value in note.lines)
    legend = ", ".join(f"{code} {meaning}" for code, meaning in note.legend)
    story: list[Any] = [
        _paragraph(table.title, getSampleStyleSheet()["Heading2"], bold=True),
        _paragraph(summary, SMALL),
        Spacer(1, 3 * mm),
    ]
    for number, grid in enumerate(_grids(table, note, document.width - 2 * FRAME)):
        story.extend([PageBreak(), grid] if number else [grid])
    if legend:
        story.extend([Spacer(1, 3 * mm), _paragraph(legend, SMALL)])
    document.build(story, onFirstPage=_foot, onLaterPages=_foot)


def _grids(table: Table, note: Note, width: float) -> Iterator[Grid]:
    """Yield the table, in as many pieces as its width needs."""
    heads = [fonts.fitting(column.label.replace(" ", "\n", 1))[0] for column in table.columns]
    rows = [[_text(cell, column, table) for cell, column in zip(row, table.columns, strict=True)] for row in table.rows]
    size = LARGEST
    while size > SMALLEST and sum(_widths([heads, *rows], size)) > width:
        size -= 0.5
    widths = _widths([heads, *rows], size)
    for places in _pieces(table.columns, widths, width, kept=note.frozen_columns):
        columns = [table.columns[place] for place in places]
        cells = [[row[place] for place in places] for row in [heads, *rows]]
        spare = min(WIDEST_GAP, (width - sum(widths[place] for place in places)) / len(places))
        wide = [widths[place] + max(0.0, spare) for place in places]
        yield Grid(cells, colWidths=wide, repeatRows=1, style=_style(columns, cells, note, size, spare), hAlign="LEFT")


def _pieces(columns: Sequence[Column], widths: list[float], width: float, *, kept: int) -> Iterator[list[int]]:
    """Yield which columns stand beside each other: all of them, or as many as fit behind those that are repeated.

    Where not all fit, the sums behind the days of a month begin a piece of their own.
    """
    if sum(widths) <= width:
        yield list(range(len(widths)))
        return
    piece = list(range(kept))
    for place in range(kept, len(widths)):
        too_wide = sum(widths[each] for each in piece) + widths[place] > width
        after_codes = columns[place].kind is not Kind.CODE and columns[place - 1].kind is Kind.CODE
        if len(piece) > kept and (too_wide or after_codes):
            yield piece
            piece = list(range(kept))
        piece.append(place)
    yield piece


def _style(
    columns: list[Column], cells: list[list[str]], note: Note, size: float, spare: float
) -> list[tuple[Any, ...]]:
    style: list[tuple[Any, ...]] = [
        ("FONT", (0, 0), (-1, 0), fonts.BOLD, size),
        ("FONT", (0, 1), (-1, -1), fonts.PLAIN, size),
        ("LEADING", (0, 0), (-1, -1), size + 1),
        ("LINEBELOW", (0, 0), (-1, 0), 0.7, colors.black),
        ("LINEBELOW", (0, 1), (-1, -1), 0.2, colors.lightgrey),
        ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
        ("VALIGN", (0, 1), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), PADDING),
        ("RIGHTPADDING", (0, 0), (-1, -1), PADDING),
        ("TOPPADDING", (0, 0), (-1, -1), 1),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
    ]
    for at, column in enumerate(columns):
        if column.kind in NUMBERS:
            style.append(("ALIGN", (at, 0), (at, -1), "RIGHT"))
        elif at and columns[at - 1].kind in NUMBERS:  # a text begins where the figures beside it end
            style.append(("LEFTPADDING", (at, 0), (at, -1), PADDING + max(0.0, min(spare, PADDING * 4))))
        elif column.kind is Kind.CODE:
            style.append(("ALIGN", (at, 0), (at, -1), "CENTER"))
    style.extend(_grounds(columns, cells, note.fills))
    style.extend(_other_fonts(cells, size))
    return style


def _other_fonts(cells: list[list[str]], size: float) -> Iterator[tuple[Any, ...]]:
    """Yield the fonts of the cells that the usual one cannot write."""
    for row, texts in enumerate(cells):
        for at, text in enumerate(texts):
            _, font = fonts.fitting(text, bold=row == 0)
            if font not in (fonts.PLAIN, fonts.BOLD):
                yield ("FONT", (at, row), (at, row), font, size)


def _grounds(columns: list[Column], cells: list[list[str]], fills: Mapping[str, str]) -> Iterator[tuple[Any, ...]]:
    """Yield the grounds of the codes; neighbours of one colour are painted at once."""
    places = [at for at, column in enumerate(columns) if column.kind is Kind.CODE]
    for row, texts in enumerate(cells[1:], start=1):
        grounds = ((at, fills.get(texts[at].partition("\n")[0])) for at in places)
        for fill, run in groupby(grounds, key=itemgetter(1)):
            beside = [at for at, _ in run]
            if fill:
                yield ("BACKGROUND", (beside[0], row), (beside[-1], row), colors.HexColor(fill))


def _text(cell: Cell, column: Column, table: Table) -> str:
    if isinstance(cell, dt.datetime) and column.kind is Kind.MOMENT:
        return f"{cell.astimezone(table.zone):%d %b %H:%M}"
    text = plain.text(cell, column=column, table=table)
    if column.kind is Kind.CODE:  # what else is said of a day stands below, so that a month fits beside the names
        text = text.replace(" ", "\n")
    shown = text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"
    return fonts.fitting(shown)[0]


def _widths(rows: list[list[str]], size: float) -> list[float]:
    """Return how wide each column must be at a size of type."""
    widths = [0.0] * len(rows[0])
    for row in rows:
        for at, text in enumerate(row):
            _, font = fonts.fitting(text, bold=True)
            widest = max((pdfmetrics.stringWidth(line, font, size) for line in text.split("\n")), default=0.0)
            widths[at] = max(widths[at], widest)
    return [width + 2 * PADDING for width in widths]


def _paragraph(text: str, style: ParagraphStyle, *, bold: bool = False) -> Paragraph:
    written, font = fonts.fitting(text, bold=bold)
    escaped = written.replace("&", "&amp;").replace("<", "&lt;")
    return Paragraph(escaped, ParagraphStyle(style.name, parent=style, fontName=font))


def _foot(canvas: Any, document: Any) -> None:
    title, font = fonts.fitting(str(document.title))
    canvas.setFont(font, 7)
    canvas.drawString(MARGIN + FRAME, 7 * mm, title)
    canvas.setFont(fonts.PLAIN, 7)
    canvas.drawRightString(landscape(A4)[0] - MARGIN - FRAME, 7 * mm, f"Page {canvas.getPageNumber()}")
