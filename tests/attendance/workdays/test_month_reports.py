"""Sheets of a month add up, on the page and in every file, opened and summed."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable
from zoneinfo import ZoneInfo

import openpyxl
import pytest
import time_machine

from attendance.core.errors import Refusal
from attendance.people.models import Person
from attendance.reports import hours, month, payroll, sheets
from attendance.reports.month import Month, PersonMonth
from attendance.reports.table import Table
from attendance.reports.writers import pdf, xlsx
from attendance.reports.writers.csv import write as write_csv
from attendance.workdays.models import Employment, PayrollTemplate
from attendance.workdays.months import closing
from attendance.workdays.requests import leaves
from attendance.workdays.schedule import codes
from tests import cast, factories
from tests.attendance.workdays import office

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("december")]
BERLIN = ZoneInfo("Europe/Berlin")
NOVEMBER = dt.date(2026, 11, 1)


@pytest.fixture
def small_office() -> dict[str, Person]:
    """Three people and one who left: Mei works three days (one late, one long), Ben is on leave, Ada never came."""
    shift = office.day_shift()
    mei = office.employee("Mei", shift=shift, department="Kitchen")
    ben = office.employee("Ben", shift=shift, department="Kitchen")
    ada = office.employee("=Ada", shift=shift)
    gone = office.employee("Gone", shift=shift)
    Employment.objects.filter(person=gone).update(left=dt.date(2026, 11, 6))
    past = office.employee("Past", shift=shift)
    Employment.objects.filter(person=past).update(left=dt.date(2026, 10, 6))
    office.punches(mei, "2026-11-02 08:00", "2026-11-02 17:00")
    office.punches(mei, "2026-11-03 08:20", "2026-11-03 17:00")
    office.punches(mei, "2026-11-04 08:00", "2026-11-04 19:30")
    leave = leaves.request(ben, office.leave_type(), first=dt.date(2026, 11, 9), last=dt.date(2026, 11, 15), actor=None)
    leaves.approve(leave, actor=cast.user("hr", role="HR"))
    return {"mei": mei, "ben": ben, "ada": ada, "gone": gone}


def months_of(wanted: Month) -> list[PersonMonth]:
    return list(month.read(wanted, month.people(wanted)))


def note() -> xlsx.Note:
    shown = codes.table()
    legend = [(each.code, each.label) for each in shown]
    made_at = dt.datetime(2026, 12, 2, tzinfo=dt.UTC)
    return xlsx.Note([("Month", "2026-11")], made_at, legend, frozen_columns=3, fills=codes.fills(shown))


def made(write: Callable[..., None], table: Table) -> bytes:
    written = io.BytesIO()
    write(table, note(), to=written)
    return written.getvalue()


def test_everybody_employed_is_there_and_each_row_adds_up(small_office: dict[str, Person]) -> None:
    found = {each.person.name: each for each in months_of(month.month(NOVEMBER))}
    assert set(found) == {"Mei", "Ben", "=Ada", "Gone"}
    for each in found.values():
        sums = each.totals
        parts = [sums[key] for _, key in sheets.TOTALS[1:]]
        assert sum(parts) == sums["employed"]
    assert found["Gone"].totals["employed"] == 6
    assert [day["code"] for day in found["Gone"].days[5:8]] == ["A", "EX", "EX"]
    assert found["Ben"].totals["leave_by_code"] == {"CL": 5.0}
    assert found["Mei"].totals["overtime"] == 2 * 3600 + 1800
    assert (found["Mei"].totals["late_count"], found["Mei"].totals["late"]) == (1, 1200)


def test_the_spreadsheet_opens_and_its_columns_sum(small_office: dict[str, Person]) -> None:
    wanted = month.month(NOVEMBER)
    written = made(xlsx.write, sheets.muster_roll(months_of(wanted), wanted, zone=BERLIN))
    book = openpyxl.load_workbook(io.BytesIO(written))
    sheet = book.active
    assert sheet is not None
    head = next(row for row in sheet.iter_rows(values_only=True) if row[0] == "Number")
    assert head[3:5] == ("1 Sun", "2 Mon")
    names = {row[1]: row for row in sheet.iter_rows(values_only=True) if row[1]}
    assert names["Mei"][4] == "P"
    assert names["Mei"][5] == "P\nLATE"
    worked = head.index("Worked")
    hours_of = [row[worked] for name, row in names.items() if name in {"Mei", "Ben", "=Ada", "Gone"}]
    total = sum((value for value in hours_of if isinstance(value, dt.timedelta)), dt.timedelta())
    assert total == dt.timedelta(hours=8 + 7, minutes=40) + dt.timedelta(hours=10, minutes=30)
    cells = {cell.value: cell for row in sheet.iter_rows() for cell in row}
    sums = [cell for value, cell in cells.items() if isinstance(value, str) and value.startswith("=SUM(")]
    assert len(sums) == len(sheets.TOTALS) + len(sheets.TIMES) + 1
    assert names["=Ada"][1] == "=Ada"
    assert sheet.freeze_panes == "D5"
    assert sheet.page_setup.orientation == "landscape"
    assert next(cell for row in sheet.iter_rows() for cell in row if cell.value == "Month").row == 2
    worked_cell = sheet.cell(row=next(r for r in range(1, 20) if sheet.cell(r, 2).value == "Mei"), column=worked + 1)
    assert worked_cell.number_format == "[h]:mm"
    values = openpyxl.load_workbook(io.BytesIO(written), data_only=True).active
    assert values is not None
    bottom = next(row for row in values.iter_rows(values_only=True) if row[0] == "Total")
    assert bottom[worked] == total


def test_files_of_the_same_month_are_the_same_bytes(small_office: dict[str, Person]) -> None:
    wanted = month.month(NOVEMBER)
    for write in (xlsx.write, pdf.write):
        first, second = (made(write, sheets.muster_roll(months_of(wanted), wanted, zone=BERLIN)) for _ in range(2))
        assert first == second
    assert made(pdf.write, sheets.muster_roll(months_of(wanted), wanted, zone=BERLIN)).startswith(b"%PDF-")


def test_the_csv_keeps_codes_and_guards_text(small_office: dict[str, Person]) -> None:
    wanted = month.month(NOVEMBER)
    rows = list(csv.reader(write_csv(sheets.muster_roll(months_of(wanted), wanted, zone=BERLIN))))
    assert {row[1] for row in rows[1:]} == {"Mei", "Ben", "'=Ada", "Gone"}


def test_late_departments_overtime_and_hours(small_office: dict[str, Person]) -> None:
    wanted = month.month(NOVEMBER)
    found = months_of(wanted)
    late = list(sheets.late_and_missing(found, wanted, zone=BERLIN).rows)
    assert [row[4] for row in late if row[0] == dt.date(2026, 11, 3) and row[5]] == ["late"]
    summed = list(month.summarize(wanted, month.people(wanted)))
    departments = {row[0]: row for row in sheets.departments(summed, wanted, zone=BERLIN).rows}
    assert departments["Kitchen"][1] == 2
    assert departments["Kitchen"][3] == 3.0
    extra = {
        str(getattr(row[1], "text", "")): row for row in sheets.overtime(summed, wanted, rates=["1"], zone=BERLIN).rows
    }
    assert extra["Mei"][3] == extra["Mei"][4] == dt.timedelta(hours=2, minutes=30)
    counted = hours.by_hour(summed, zone=BERLIN)
    assert (counted[2][19], counted[2][20], counted[0][12]) == (1.0, 0.0, 1.0)


def test_payroll_only_from_a_closed_month_and_the_same_again(small_office: dict[str, Person]) -> None:
    with pytest.raises(Refusal, match="month_open"):
        list(payroll.lines(month.month(NOVEMBER)))
    closing.close(NOVEMBER, actor=None, with_open_points=True)
    wanted = month.month(NOVEMBER)
    first = "".join(payroll.lines(wanted))
    office.punches(small_office["ben"], "2026-11-03 08:00", "2026-11-03 17:00")
    assert "".join(payroll.lines(month.month(NOVEMBER))) == first
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(first))}
    assert rows["Mei"]["hours_normal"] == "23.67"
    assert rows["Mei"]["overtime_hours"] == "2.50"
    assert rows["Ben"]["paid_days"] == "14"
    assert (rows["Gone"]["days_employed"], rows["'=Ada"]["unpaid_days"]) == ("6", "21")


def test_adjustments_are_paid_in_the_next_month(small_office: dict[str, Person]) -> None:
    closing.close(NOVEMBER, actor=None, with_open_points=True)
    office.punches(small_office["ben"], "2026-11-03 08:00", "2026-11-03 18:00")
    with time_machine.travel(office.at("2027-01-02 12:00"), tick=False):
        closing.close(dt.date(2026, 12, 1), actor=None, with_open_points=True)
        lines = "".join(payroll.lines(month.month(dt.date(2026, 12, 1))))
    rows = list(csv.DictReader(io.StringIO(lines)))
    assert [row["name"] for row in rows if row["line"] == "adjustment"] == ["Ben"]
    (adjusted,) = (row for row in rows if row["line"] == "adjustment")
    assert (adjusted["period_from"], adjusted["period_to"]) == ("2026-11-01", "2026-11-30")
    assert adjusted["hours_normal"] == "8.00"
    assert adjusted["overtime_hours"] == "1.00"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"rounding_minutes": 15}, "23.75"),
        ({"rounding_minutes": 15, "rounds_each_day": True}, "23.75"),
        ({"hours_as": "clock"}, "23:40"),
        ({"decimal_mark": ",", "separator": ";"}, "23,67"),
    ],
)
def test_a_template_decides_how_hours_are_written(
    small_office: dict[str, Person], fields: dict[str, object], expected: str
) -> None:
    closing.close(NOVEMBER, actor=None, with_open_points=True)
    template = PayrollTemplate.objects.create(
        name="Bureau", columns=[["name", "Name"], ["standard", "Hours"], ["rate:1", "Extra"]], **fields
    )
    lines = "".join(payroll.lines(month.month(NOVEMBER), template=template))
    rows = {row["Name"]: row for row in csv.DictReader(io.StringIO(lines), delimiter=template.separator)}
    assert rows["Mei"]["Hours"] == expected
    template.columns = [["salary", "Salary"]]
    with pytest.raises(Refusal, match="payroll_column_unknown"):
        list(payroll.lines(month.month(NOVEMBER), template=template))


def test_somebody_without_a_name_keeps_a_row(small_office: dict[str, Person]) -> None:
    factories.person("", created_at=office.at("2026-11-02 08:00"), employee_number=None)
    wanted = month.month(NOVEMBER)
    rows = list(sheets.muster_roll(months_of(wanted), wanted, zone=BERLIN).rows)
    assert any(str(getattr(row[1], "text", "")).startswith("erased person") for row in rows)
