"""Writers write tables correctly, and no spreadsheet program runs a name as a formula."""

from __future__ import annotations

import csv
import datetime as dt
import io
from zoneinfo import ZoneInfo

import pytest
from django.utils.safestring import SafeString
from hypothesis import given
from hypothesis import strategies as st

from attendance.core import cells
from attendance.reports.table import Cell, Column, Kind, Link, State, Table
from attendance.reports.writers import csv as csv_writer
from attendance.reports.writers import html

BERLIN = ZoneInfo("Europe/Berlin")
COLUMNS = (
    Column("Name", sort="name"),
    Column("At", Kind.MOMENT),
    Column("Hours", Kind.DURATION),
    Column("Distance", Kind.DISTANCE),
    Column("Balance", Kind.COUNT),
)


def table(*rows: tuple[Cell, ...]) -> Table:
    return Table(title="Test", columns=COLUMNS, rows=rows, zone=BERLIN)


def written(made: Table) -> list[list[str]]:
    return list(csv.reader(io.StringIO("".join(csv_writer.write(made)), newline="")))


def test_moments_are_local_and_the_heading_names_the_zone() -> None:
    moment = dt.datetime(2026, 7, 1, 22, 30, 5, tzinfo=dt.UTC)
    heading, row = written(table(("Mei", moment, dt.timedelta(hours=26, minutes=5, seconds=59), 0.71, -3)))
    assert heading[1] == "At (Europe/Berlin)"
    assert row == ["Mei", "2026-07-02 00:30:05", "26:05", "0.710", "-3"]


@pytest.mark.parametrize(
    "name", ["=1+1", "+49 30", "-2", "@SUM(A1)", "\t=1", "  =1", "\uff1d1+1", "\r=1", '=HYPERLINK("http://x")']
)
def test_a_text_that_looks_like_a_formula_is_only_text(name: str) -> None:
    for cell in (name, Link(name, "person", 1), State(name)):
        assert written(table((cell, None, None, None, None)))[1][0] == f"'{name}"


def test_numbers_are_not_touched() -> None:
    row = written(table(("a", None, None, -0.5, -7)))[1]
    assert row[3:] == ["-0.500", "-7"]


@given(st.text(max_size=40))
def test_every_text_comes_back_from_the_file(name: str) -> None:
    """Whatever somebody is called: reading the file gives the name, once the guard is taken away."""
    row = written(table((name, None, None, None, None)))[1]
    assert cells.unguard(row[0]) == name


def test_the_mark_comes_first_and_only_when_asked() -> None:
    assert "".join(csv_writer.write(table(), byte_order_mark=True)).startswith("\ufeffName")
    assert "".join(csv_writer.write(table())).startswith("Name")


def test_rows_are_written_as_they_come() -> None:
    """A long export never lies in memory: the first lines are there before the last row is asked for."""

    def rows() -> object:
        yield ("first", None, None, None, None)
        raise RuntimeError("asked for more")

    lines = csv_writer.write(Table("T", COLUMNS, rows(), BERLIN))  # type: ignore[arg-type]  # a generator that breaks
    assert next(lines).startswith("Name")
    assert next(lines).startswith("first")
    with pytest.raises(RuntimeError):
        next(lines)


def shown(*rows: tuple[Cell, ...], sort: str = "") -> html.Page:
    return html.page(
        table(*rows), address=lambda link: f"/p/{link.key}/?a&b", state=lambda _: SafeString("<i>"), sort=sort
    )


def test_a_page_knows_where_links_lead_and_what_is_sorted() -> None:
    page = shown((Link("Mei", "person", 7), None, None, 0.714, 2), sort="name")
    assert '<td class="" data-label="Name"><a class="clip" dir="auto" href="/p/7/?a&amp;b">Mei</a></td>' in page.rows[0]
    assert '<td class="number" data-label="Distance"><span class="clip" dir="auto">0.71</span></td>' in page.rows[0]
    assert (page.headings[0].sorted_as, page.headings[0].sort) == ("ascending", "-name")
    assert (page.headings[1].sorted_as, page.headings[1].sort) == ("", "")


@pytest.mark.parametrize("evil", ['"><script>alert(1)</script>', 'P\n"><b>'])
@pytest.mark.parametrize("kind", [Kind.TEXT, Kind.CODE, Kind.MOMENT])
def test_no_text_becomes_markup(kind: Kind, evil: str) -> None:
    columns = (Column(evil, kind), Column(evil))
    made = Table(title="Test", columns=columns, rows=[(evil, Link(evil, "person", 1))], zone=BERLIN)
    (row,) = html.page(made, address=lambda _: evil, state=lambda _: SafeString("")).rows
    assert "<script" not in row.lower()
    assert "<b>" not in row
    assert '"">' not in row


def test_a_state_is_marked_and_nothing_leaves_nothing() -> None:
    (row,) = shown((State("in"), None, None, None, 0)).rows
    assert row.startswith('<td class="" data-label="Name"><i></td><td class="" data-label="At"></td>')
    assert row.endswith('<span class="clip" dir="auto">0</span></td>')
