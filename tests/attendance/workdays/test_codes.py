"""Status codes have the label, colour and pay that HR chose; closed months keep those of their closing."""

from __future__ import annotations

import csv
import datetime as dt
import io
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps

from attendance.core.errors import Refusal
from attendance.core.models import AuditEntry
from attendance.people.models import Person
from attendance.reports import month, payroll, sheets
from attendance.workdays.models import ClosedMonth, LeaveType, MonthClosing, StatusCode
from attendance.workdays.months import adjustments, closing
from attendance.workdays.requests import leaves
from attendance.workdays.schedule import codes
from attendance.workdays.schedule.codes import Code
from tests import cast
from tests.attendance.workdays import office

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("december")]
NOVEMBER = dt.date(2026, 11, 1)


RENAMED = "attendance.migrations.0013_half_holidays_and_missing_outs"
SINCE_THE_UPGRADE = {"BEY", "CALL"}
"""Codes of the second field that came after the migration; they have no row until HR changes one."""


def known(code: str) -> Code:
    return next(each for each in codes.table() if each.code == code)


def change(code: str, **fields: Any) -> None:
    names = Code.__dataclass_fields__
    codes.save([Code(**{**{name: getattr(known(code), name) for name in names}, **fields})], actor=None)


def paid_days(person: Person) -> float:
    (each,) = month.summarize(month.month(NOVEMBER), Person.objects.filter(pk=person.pk))
    return float(each.totals["paid_days"])


def test_the_migration_writes_down_what_the_rules_have() -> None:
    StatusCode.objects.all().delete()  # a test that empties the database may have run before
    import_module("attendance.migrations.0006_status_codes").fill(apps, None)
    import_module(RENAMED).rename(apps, None)
    rows = {row.code: Code(row.code, row.label, row.colour, row.paid_fraction) for row in StatusCode.objects.all()}
    given = [each for each in (*codes.STATUS, *codes.SECOND) if each.code not in SINCE_THE_UPGRADE]
    assert rows == {each.code: each for each in given}


def test_a_month_that_was_closed_before_keeps_the_codes_of_the_upgrade() -> None:
    office.leave_type(colour="#2563eb")
    MonthClosing.objects.create(month=NOVEMBER, closed_at=office.at("2026-12-01 08:00"), rule_version="2", sha256="")
    StatusCode.objects.all().delete()
    import_module("attendance.migrations.0006_status_codes").fill(apps, None)
    assert codes.table(MonthClosing.objects.get()) == [
        each for each in codes.table() if each.code not in SINCE_THE_UPGRADE
    ]


def test_a_new_name_leaves_closed_months_and_labels_of_the_office_alone() -> None:
    MonthClosing.objects.create(month=NOVEMBER, closed_at=office.at("2026-12-01 08:00"), rule_version="2", sha256="")
    StatusCode.objects.all().delete()
    import_module("attendance.migrations.0006_status_codes").fill(apps, None)
    import_module(RENAMED).rename(apps, None)
    assert known("FO").label == "out missing"
    stored = {each.code: each.label for each in codes.table(MonthClosing.objects.get())}
    assert stored["FO"] == "forgot the out"
    StatusCode.objects.filter(code="FO").update(label="no out!")
    import_module(RENAMED).rename(apps, None)
    assert known("FO").label == "no out!"


def test_half_a_day_and_absence_are_worth_what_is_said_of_them() -> None:
    person = office.employee(shift=office.day_shift(half_day_minutes=6 * 60), joined="2026-11-02")
    office.punches(person, "2026-11-02 08:00", "2026-11-02 11:00", "2026-11-03 08:00", "2026-11-03 17:00")
    assert paid_days(person) == 0.5 + 1 + 8  # eight days off
    change("HD", paid=1.0)
    assert paid_days(person) == 1 + 1 + 8
    change("A", paid=0.25)
    assert paid_days(person) == 1 + 1 + 8 + 19 * 0.25
    change("WO", paid=0.0)
    change("P", paid=0.8)
    assert paid_days(person) == pytest.approx(1 + 0.8 + 19 * 0.25)


def test_of_two_shifts_only_the_half_one_is_worth_half() -> None:
    early = office.day_shift(name="Early", end=dt.time(12), breaks="", half_day_minutes=3 * 60)
    late = office.day_shift(name="Late", start=dt.time(13), breaks="")
    person = office.employee(shift=early, joined="2026-11-30")
    late.assignments.create(person=person)
    office.punches(person, "2026-11-30 08:00", "2026-11-30 09:30", "2026-11-30 13:00", "2026-11-30 17:00")
    assert paid_days(person) == 0.75
    change("HD", paid=0.0)
    assert paid_days(person) == 0.5
    change("HD", paid=1.0)
    assert paid_days(person) == 1.0


def test_work_from_home_is_paid_by_its_own_fraction() -> None:
    person = office.employee(shift=office.day_shift(), joined="2026-11-30")
    kind = office.leave_type("WFH", at_work=True)
    asked = leaves.request(person, kind, first=dt.date(2026, 11, 30), last=dt.date(2026, 11, 30), actor=None)
    leaves.approve(asked, actor=cast.user("hr", role="HR"))
    assert paid_days(person) == 1.0
    change("WFH", paid=0.9)
    assert LeaveType.objects.get().paid_fraction == 0.9
    assert paid_days(person) == 0.9


def test_a_holiday_is_worth_what_is_said_of_it() -> None:
    person = office.employee(shift=office.day_shift(), joined="2026-11-29")
    office.holiday("2026-11-30")
    assert paid_days(person) == 2.0
    change("H", paid=0.5)
    assert paid_days(person) == 1.5


def test_a_closed_month_keeps_meaning_colour_and_pay() -> None:
    person = office.employee(shift=office.day_shift(half_day_minutes=6 * 60), joined="2026-11-02")
    office.punches(person, "2026-11-02 08:00", "2026-11-02 11:00")
    closing.close(NOVEMBER, actor=None, with_open_points=True)
    wanted = month.month(NOVEMBER)
    before = ("".join(payroll.lines(wanted)), month.codes_of(wanted))
    change("HD", paid=1.0, label="short day", colour="#000000")
    office.leave_type("NEW")
    wanted = month.month(NOVEMBER)
    assert ("".join(payroll.lines(wanted)), month.codes_of(wanted)) == before
    assert list(adjustments.find(dt.date(2026, 12, 1))) == []
    (row,) = csv.DictReader(io.StringIO(before[0]))
    assert row["paid_days"] == "8.5"
    assert known("HD").label == "short day"


def test_a_month_closed_before_pay_was_summed_is_paid_by_its_shares() -> None:
    person = office.employee(shift=office.day_shift(), joined="2026-11-02")
    office.punches(person, "2026-11-02 08:00", "2026-11-02 17:00")
    closing.close(NOVEMBER, actor=None, with_open_points=True)
    row = ClosedMonth.objects.get()
    del row.totals["paid_days"]
    row.save()
    (line,) = csv.DictReader(io.StringIO("".join(payroll.lines(month.month(NOVEMBER)))))
    assert (line["paid_days"], line["unpaid_days"]) == ("9", "20")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"label": "  "}, "meaning"),
        ({"label": "x" * 101}, "meaning"),
        ({"label": "two\nlines"}, "meaning"),
        ({"colour": "red"}, "colour"),
        ({"colour": "#12345g"}, "colour"),
        ({"paid": 1.01}, "paid"),
        ({"paid": -0.1}, "paid"),
        ({"paid": float("nan")}, "paid"),
        ({"paid": None}, "paid"),
    ],
)
def test_what_cannot_be_is_refused(fields: dict[str, Any], field: str) -> None:
    before = codes.table()
    with pytest.raises(Refusal, match="code_invalid") as refused:
        change("HD", **fields)
    assert refused.value.facts["field"] == field
    assert codes.table() == before


def test_only_what_changed_is_kept_and_told() -> None:
    change("P", label="at work")
    change("LATE", label="zu spät", colour="#ff0000", paid=1.0)  # neither a cell nor a day of its own
    codes.save([Code("XYZ", "nobody knows it")], actor=None)
    assert known("LATE") == Code("LATE", "zu spät")
    entries = AuditEntry.objects.filter(action="workdays.save_code")
    assert [row.subject for row in entries.order_by("pk")] == ["code:P", "code:LATE"]


def test_the_legend_of_a_month_as_a_table() -> None:
    table = sheets.legend(codes.table(), month.month(NOVEMBER), zone=office.BERLIN)
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["HD"] == ("half a day", "#b97800", 0.5)
    assert rows["LATE"] == ("late", "", None)
