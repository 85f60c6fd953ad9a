"""PDF files hold the whole table, and their text can be read."""

from __future__ import annotations

import datetime as dt
import io
import re
import unicodedata
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader
from reportlab import rl_config
from reportlab.lib.pagesizes import A4

from attendance.reports.table import Cell, Column, Kind, Table
from attendance.reports.writers import pdf
from attendance.reports.writers.xlsx import Note

WIDTH = A4[1]
SUMS = 14
ROLL = (
    Column("Number"),
    Column("Name"),
    Column("Department"),
    *(Column(f"{day} Mon", Kind.CODE) for day in range(1, 32)),
    *(Column(f"Sum{number}", Kind.DURATION) for number in range(SUMS)),
)


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the pages be read as they are written."""
    monkeypatch.setattr(rl_config, "pageCompression", 0)


def row(number: int, code: str = "P\nLATE ERL") -> tuple[Cell, ...]:
    return (f"D{number}", f"Somebody {number}", "Warehouse", *[code] * 31, *[dt.timedelta(hours=160)] * SUMS)


def written(columns: tuple[Column, ...], *rows: tuple[Cell, ...], kept: int = 0, **facts: object) -> str:
    made = io.BytesIO()
    note = Note([("Month", "2026-10")], dt.datetime(2026, 11, 1, tzinfo=dt.UTC), [], kept, **facts)  # type: ignore[arg-type]
    pdf.write(Table("Roll", columns, rows, ZoneInfo("UTC")), note, to=made)
    return made.getvalue().decode("latin-1")


def texts(content: str) -> list[tuple[float, str]]:
    """Return each text with the place where it begins, from the left."""
    found = re.findall(r"1 0 0 1 ([\d.]+) [\d.]+ Tm[^(]*\(([^)]*)\)", content)
    return [(float(left), text) for left, text in found]


def sizes(content: str) -> set[float]:
    return {float(size) for size in re.findall(r"/F\d ([\d.]+) Tf", content)}


def test_a_month_too_wide_for_a_page_goes_on_behind_the_names() -> None:
    content = written(ROLL, row(1), row(2), kept=3)
    found = texts(content)
    shown = [text for _, text in found]
    assert {f"Sum{number}" for number in range(SUMS)} <= set(shown)
    assert all(left < WIDTH - pdf.MARGIN for left, _ in found)
    assert shown.count("Somebody 1") == 2
    assert shown.count("LATE") == 2 * 31
    assert min(sizes(content)) >= pdf.SMALLEST
    # the days stand together, and the sums behind them
    assert shown.index("Sum0") > max(place for place, text in enumerate(shown) if text == "ERL")


def test_what_fits_stays_in_one_piece_and_is_as_large_as_may_be() -> None:
    content = written((Column("Name"), Column("Worked", Kind.DURATION)), ("Mei", dt.timedelta(hours=8)))
    assert [text for _, text in texts(content)].count("Mei") == 1
    assert pdf.LARGEST in sizes(content)


def test_a_single_column_wider_than_everything_is_still_there() -> None:
    columns = (Column("A"), *(Column("W" * 28) for _ in range(9)))
    shown = [text for _, text in texts(written(columns, ("a", *["b"] * 9), kept=1))]
    assert shown.count("W" * 28) == 9


def test_codes_have_the_ground_of_their_colour() -> None:
    content = written(ROLL, row(1, "A"), row(2, "P\nLATE"), kept=3, fills={"A": "#ff8000"})
    assert len(re.findall(r"1 \.50\d+ 0 rg", content)) == 1  # one stretch of 31 neighbours
    assert not re.search(r"1 \.50\d+ 0 rg", written(ROLL, row(1, "P"), kept=3, fills={"A": "#ff8000"}))


NAMES = ("Łukasz Żółć", "Ольга Иванова", "Nguyễn Thị Hằng", "Γιώργος", "王小明", "さくら花子", "김민준")


def people(*names: str) -> bytes:
    made = io.BytesIO()
    note = Note([("Department", "Склад")], dt.datetime(2026, 11, 1, tzinfo=dt.UTC), [("P", "присутствует")], 0)
    rows = [(name, dt.timedelta(hours=8)) for name in names]
    pdf.write(Table("Дни", (Column("Имя"), Column("Worked", Kind.DURATION)), rows, ZoneInfo("UTC")), note, to=made)
    return made.getvalue()


def test_names_of_other_alphabets_stand_there_as_they_are_written() -> None:
    shown = PdfReader(io.BytesIO(people(*NAMES, "Zoë Ångström"))).pages[0].extract_text()
    for text in (*NAMES, "Zoë Ångström", "Дни", "Склад", "присутствует", "Имя"):
        assert text in shown
    assert "?" not in shown


def test_composed_and_decomposed_letters_are_written_alike() -> None:
    assert people(unicodedata.normalize("NFD", "Nguyễn Żółć")) == people("Nguyễn Żółć")


def test_what_would_be_unreadable_is_marked_and_does_no_harm() -> None:
    shown = PdfReader(io.BytesIO(people("محمد علي", "मीना", "אבי"))).pages[0].extract_text()
    assert "???? ???" in shown  # joined, and from right to left
    assert shown.count("???") >= 3


def test_the_same_table_has_the_same_bytes_whatever_was_written_before() -> None:
    first = people(*NAMES)
    people("Ольга", "김민준", "Ελένη")
    assert people(*NAMES) == first
