"""Texts that begin like a formula are guarded in every file that Muster writes, and read back exactly."""

from __future__ import annotations

import csv
import io
import string
import unicodedata
from collections.abc import Callable
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attendance.core import cells, clock
from attendance.people import reading
from attendance.reports.payroll_form import Form
from attendance.reports.table import Column, Kind, Table
from attendance.reports.writers import csv as csv_writer
from attendance.reports.writers import xlsx
from tests.effort import examples

SIGNS = "=+-@"
FORMS = [chr(code) for code in range(0x10000) if unicodedata.normalize("NFKC", chr(code))[:1] in {*SIGNS}]
"""Every character that is one of the signs, or a compatible form of one: full-width, small, raised, lowered."""
BLANKS = st.text(st.sampled_from(" \t\r\n\v\f\0\x1b\x85\xa0\u200b\u2003\u2028\u3000\ufeff"), max_size=3)
FORMULAS = st.builds("{}{}{}".format, BLANKS, st.sampled_from(FORMS), st.text(max_size=12))
HARMLESS = st.text(string.ascii_letters + string.digits + "äé李.'; ", max_size=20).filter(lambda text: text[:1] != "'")


def test_the_signs_have_further_forms() -> None:
    assert {*SIGNS, "\uff1d", "\uff0b", "\uff0d", "\uff20"} <= set(FORMS)
    assert all(map(cells.is_formula, FORMS))


@given(FORMULAS)
def test_no_text_begins_like_a_formula(text: str) -> None:
    guarded = cells.guard(text)
    assert guarded == f"'{text}"
    assert cells.unguard(guarded) == text


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | FORMULAS.map("'{}".format))
def test_every_text_reads_back_exactly(text: str) -> None:
    assert cells.unguard(cells.guard(text)) == text
    assert cells.guard(text) in {text, f"'{text}"}


@given(HARMLESS)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert cells.guard(text) == text


@given(st.sampled_from("\t\r\n\0"), st.text(max_size=8))
def test_a_text_that_begins_with_a_control_character_is_guarded(control: str, rest: str) -> None:
    assert cells.guard(control + rest) == f"'{control}{rest}"


def csv_cells(text: str) -> list[str]:
    table = Table(title="T", columns=(Column(text), Column("N", Kind.COUNT)), rows=[(text, -7)], zone=ZoneInfo("UTC"))
    heading, row = csv.reader(io.StringIO("".join(csv_writer.write(table)), newline=""))
    assert row[1] == "-7"
    return [heading[0], row[0]]


def payroll_cells(text: str) -> list[str]:
    form = Form(None)
    assert (form.number(-7.5, digits=4), form.duration(-5400)) == ("-7.5", "-1.50")
    (row,) = csv.reader(io.StringIO(form.line([form.text(text)]), newline=""))
    return row


@pytest.mark.parametrize("written", [csv_cells, payroll_cells])
@pytest.mark.parametrize(
    "text",
    ["\uff1d1+1", " =1+1", "\n=1+1", "\r=1", "\t=1", "\ufeff=1", "\u3000\uff0b1", "\uff0d1", "\uff20A1", "-1", "'=1"],
)
def test_every_writer_uses_the_same_guard(written: Callable[[str], list[str]], text: str) -> None:
    assert set(written(text)) == {f"'{text}"}
    assert reading._cell(f"'{text}") == text.strip()


@settings(max_examples=examples(25))  # each writes a file and opens it
@given(FORMULAS | HARMLESS)
def test_a_sheet_keeps_a_formula_as_text_also_when_the_cell_is_edited(text: str) -> None:
    """A sheet knows texts, so nothing is put before them; the mark keeps a program from reading the text anew."""
    text = "".join(char for char in text if char.isprintable())
    table = Table("T", (Column("A"), Column("N", Kind.COUNT)), [(text, -7), (None, 5)], ZoneInfo("UTC"))
    file = io.BytesIO()
    xlsx.write(table, xlsx.Note([("Search", text)], clock.now()), to=file)
    sheet = openpyxl.load_workbook(file).active
    for cell in (sheet["B2"], sheet["A5"]):
        assert (cell.value or "") == text
        assert cell.data_type in {"s", "n"}  # a text, or nothing
        assert bool(cell.quotePrefix) == cells.is_formula(text)
    assert (sheet["B5"].value, sheet["B5"].data_type, sheet["B7"].value) == (-7, "n", "=SUM(B5:B6)")
