"""Files repeat their filter, are the same byte for byte, need little memory, and report a full disk."""

from __future__ import annotations

import datetime as dt
import io
import os
import resource
import tempfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast
from zoneinfo import ZoneInfo

import openpyxl
import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from attendance.core.models import User
from attendance.enrolment import exporting
from attendance.people.models import Department, Person
from attendance.reports.table import Column, Kind, Table
from attendance.reports.writers import xlsx
from attendance.web import tables
from tests import factories
from tests.attendance.conftest import own_folders, submit  # noqa: F401  (fixtures)
from tests.attendance.workdays import office
from tests.attendance.workdays.closings import NOVEMBER, agreed

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def office_of_two(db: None) -> Iterator[Person]:
    """Two departments, a night that crosses midnight, on the 2nd of December 2026."""
    office.site()
    mei = office.employee("Mei", shift=office.day_shift(), department="Kitchen & Bar", employee_number="007")
    ben = office.employee("Ben", department="Office")
    office.punches(mei, "2026-11-02 08:20", "2026-11-02 17:00", "2026-11-03 08:00", "2026-11-03 17:30")
    office.punches(ben, "2026-11-02 22:00", "2026-11-03 06:00")
    with time_machine.travel(office.at("2026-12-02 12:00"), tick=False):
        yield mei


def sheet_of(client: Client, address: str) -> Any:
    answer = client.get(address)
    return openpyxl.load_workbook(io.BytesIO(answer.getvalue())).active


def test_a_list_of_check_ins_is_a_sheet_with_its_filter(desk: Client, office_of_two: Person) -> None:
    kitchen = Department.objects.get(name="Kitchen & Bar").pk
    sheet = sheet_of(desk, f"/check-ins/?first=2026-11-01&last=2026-11-30&department={kitchen}&format=xlsx")
    rows = list(sheet.iter_rows(values_only=True))
    noted = {row[0]: row[1] for row in rows[1:8]}
    assert (noted["From"], noted["To"], noted["Department"]) == ("2026-11-01", "2026-11-30", "Kitchen & Bar")
    assert (noted["Zone"], noted["By"]) == ("Europe/Berlin", "ada")
    top = next(at for at, row in enumerate(rows) if str(row[0]).startswith("Time"))
    assert sheet.freeze_panes == f"A{top + 2}"
    assert sheet.print_title_rows == f"${top + 1}:${top + 1}"
    assert {row[2] for row in rows[top + 1 :]} == {"007"}  # a number that begins with zeros stays one
    assert rows[top + 1][0] == dt.datetime(2026, 11, 3, 17, 30)  # noqa: DTZ001  (local, as the heading says)


@pytest.mark.parametrize("address", ["/check-ins/days/", "/check-ins/in/", "/attempts/", "/people/"])
def test_every_list_leaves_as_a_sheet(desk: Client, office_of_two: Person, address: str) -> None:
    sheet = sheet_of(desk, f"{address}?format=xlsx")
    assert {"Made", "By"} <= {row[0] for row in sheet.iter_rows(values_only=True)}


def test_the_days_sum_in_the_sheet(desk: Client, office_of_two: Person) -> None:
    sheet = sheet_of(desk, "/check-ins/days/?first=2026-11-01&last=2026-11-30&q=Mei&format=xlsx")
    rows = list(sheet.iter_rows())
    head = next(row for row in rows if row[0].value == "Day")
    hours = next(cell.column for cell in head if cell.value == "Hours")
    of_days = [cells[hours - 1] for cells in rows if isinstance(cells[0].value, dt.datetime)]
    without_breaks = dt.timedelta(hours=16, minutes=10)
    assert sum((cell.value for cell in of_days), dt.timedelta()) == without_breaks
    assert {cell.number_format for cell in of_days} == {"[h]:mm"}


def test_the_name_says_what_narrowed_it(desk: Client, office_of_two: Person) -> None:
    kitchen = Department.objects.get(name="Kitchen & Bar").pk
    for wanted in ("csv", "xlsx", "pdf"):
        answer = desk.get(f"/months/?month=2026-11&department={kitchen}&q=Mei&format={wanted}")
        assert f"muster-roll-2026-11-kitchen-bar-mei.{wanted}" in answer.headers["Content-Disposition"]
        assert answer.getvalue()


@pytest.mark.slow
def test_a_closed_month_leaves_the_same_bytes_whenever(
    desk: Client, administrator: User, office_of_two: Person
) -> None:
    desk.post("/months/close/", {"month": "2026-11", "with_open_points": "1", "agreed": agreed(NOVEMBER)})
    for address in ("/months/", "/months/late/", "/months/departments/", "/months/overtime/", "/months/by-hour/"):
        for wanted in ("csv", "xlsx", "pdf"):
            first = desk.get(f"{address}?month=2026-11&format={wanted}").getvalue()
            with time_machine.travel(office.at("2027-02-17 09:41"), tick=False):
                desk.force_login(administrator)
                again = desk.get(f"{address}?month=2026-11&format={wanted}").getvalue()
            assert first == again, (address, wanted)


@pytest.mark.django_db
def test_the_people_leave_as_the_same_bytes_whenever(hopper_jpeg: bytes) -> None:
    submit(factories.person("Grace"), hopper_jpeg)
    first = b"".join(exporting.chunks(actor=None))
    with time_machine.travel("2031-05-05 12:00"):
        assert b"".join(exporting.chunks(actor=None)) == first


@pytest.mark.slow
def test_a_long_sheet_never_lies_in_memory() -> None:
    columns = (Column("Name"), Column("At", Kind.MOMENT), Column("Hours", Kind.DURATION), Column("Door"))
    at = dt.datetime(2026, 11, 2, 8, tzinfo=dt.UTC)
    rows = ((f"Person {number}", at, dt.timedelta(minutes=number), f"Door {number}") for number in range(6_000))
    note = xlsx.Note([("Month", "2026-11")], at)
    with tempfile.TemporaryFile() as written:
        tracemalloc.start()
        xlsx.write(Table("Long", columns, rows, BERLIN), note, to=cast("BinaryIO", written))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert written.tell() > 100_000
    assert peak < 2_000_000  # all rows as texts alone would be more


@pytest.fixture
def tiny_files_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """No file of this process may grow beyond 4 kB; temporary ones lie in a folder of their own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield tmp_path
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("wanted", ["xlsx", "pdf"])
def test_a_full_disk_is_reported_on_the_page(
    desk: Client, office_of_two: Person, tiny_files_only: Path, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_table: Table, _note: xlsx.Note, *, to: BinaryIO) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(tables.SHEETS, wanted, (full, "x/y"))
    noted = desk.get(f"/months/?month=2026-11&q=Mei&format={wanted}", follow=True)
    assert noted.redirect_chain == [("/months/?month=2026-11&q=Mei", 302)]
    assert "The disk of the server is full." in noted.text


def test_a_disk_that_takes_no_more_leaves_nothing_behind(tiny_files_only: Path) -> None:
    rows = ((f"Person {number}", str(os.urandom(20))) for number in range(4_000))
    table = Table("Long", (Column("Name"), Column("Noise")), rows, BERLIN)
    note = xlsx.Note([], dt.datetime(2026, 11, 2, tzinfo=dt.UTC))
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    with io.BytesIO() as written:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, hard))
        try:
            with pytest.raises(OSError, match="File too large"):
                xlsx.write(table, note, to=written)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert list(tiny_files_only.iterdir()) == []


def test_the_address_of_a_file_needs_its_rights(client: Client, office_of_two: Person, stranger: Any) -> None:
    client.force_login(stranger)
    assert client.get(f"{reverse('check_ins')}?format=xlsx").status_code == 403
