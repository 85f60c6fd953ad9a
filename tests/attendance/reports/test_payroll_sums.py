"""Payroll files add up: over all files to the rounded total of a month, and from column to column as shown."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from attendance.people.models import Person
from attendance.reports import month, payroll
from attendance.reports.adjusted_months import Figures
from attendance.reports.payroll_form import Form
from attendance.reports.payroll_layout_2 import Amounts
from attendance.workdays.models import Employment, MonthClosing, PayrollTemplate, WorkRules
from attendance.workdays.months import adjustments, closing, order, reopening
from tests import cast
from tests.attendance.workdays import office

OCTOBER = dt.date(2026, 10, 1)
RATES = ("1.25", "1.5", "2")
COLUMNS = (
    "employee_number", "line", "period_from", "standard", "overtime", *(f"rate:{rate}" for rate in RATES), "no_rate",
    "payable", "night", "late", "holiday_hours", "paid_days", "unpaid_days", "employed", "leave:CL", "reason",
)  # fmt: skip
HOURS = ("standard", "overtime", *(f"rate:{rate}" for rate in RATES), "no_rate", "payable", "night", "late")
FORMS: list[dict[str, Any]] = [
    {"rounding_minutes": 1},
    {"rounding_minutes": 15},
    {"rounding_minutes": 15, "rounds_each_day": True},
    {"rounding_minutes": 30, "hours_as": "clock"},
    {"rounding_minutes": 7, "rounds_each_day": True, "hours_as": "clock"},
]


def template(**form: Any) -> PayrollTemplate:
    return PayrollTemplate(name="Sums", columns=[[key, key] for key in COLUMNS], **form)


def value(text: str) -> Decimal:
    """Read a cell as a number: h:mm in minutes, all else as it is."""
    if ":" not in text:
        return Decimal(text)
    hours, minutes = text.removeprefix("-").split(":")
    return (int(hours) * 60 + int(minutes)) * Decimal(-1 if text.startswith("-") else 1)


def lines_of(row: MonthClosing, form: dict[str, Any]) -> list[dict[str, str]]:
    written = "".join(payroll.lines(month.of_closing(row), template=template(**form)))
    return list(csv.DictReader(io.StringIO(written)))


def adds_up(line: dict[str, str]) -> bool:
    """Whether the parts of a line make the wholes that it shows."""
    rates = sum(value(line[key]) for key in (*(f"rate:{rate}" for rate in RATES), "no_rate"))
    whole = value(line["standard"]) + value(line["overtime"])
    days = value(line["paid_days"]) + value(line["unpaid_days"])
    return rates == value(line["overtime"]) and whole == value(line["payable"]) and days == value(line["employed"])


def close(first: dt.date) -> MonthClosing:
    """Close a month on the third of the next."""
    at = order.bounds(first)[1] + dt.timedelta(days=3)
    with time_machine.travel(office.at(f"{at} 12:00"), tick=False):
        return closing.close(first, actor=None, with_open_points=True)


@pytest.mark.django_db
class TestFiles:
    @pytest.fixture(autouse=True)
    def _office(self) -> None:
        office.site()
        WorkRules.objects.create(
            content={
                "rates": [
                    {"after": "0:20", "rate": "1.25"},
                    {"after": "1:05", "rate": "1.5"},
                    {"after": "2:10", "rate": "2"},
                ]
            }
        )

    @pytest.fixture
    def months(self) -> list[MonthClosing]:
        """October with odd minutes, three closings, and late facts about October before each of the later ones."""
        shift = office.day_shift()
        mei = office.employee("Mei", shift=shift, employee_number="1")
        leaver = office.employee("Gone", shift=shift, employee_number="2")
        Employment.objects.filter(person=leaver).update(left=dt.date(2026, 10, 20))
        for day, out in ((5, "17:52"), (6, "18:11"), (7, "19:38"), (8, "16:49")):
            self.work(mei, f"2026-10-{day:02}", out)
            self.work(leaver, f"2026-10-{day:02}", out)
        found = [close(OCTOBER)]
        with time_machine.travel(office.at("2026-11-20 12:00"), tick=False):
            self.work(mei, "2026-10-09", "17:07")
            self.work(leaver, "2026-10-12", "19:22")
        found.append(close(dt.date(2026, 11, 1)))
        with time_machine.travel(office.at("2026-12-20 12:00"), tick=False):
            self.work(mei, "2026-10-13", "17:08")
            self.work(mei, "2026-10-14", "17:08")
            entered = {"standard": 22 * 60, "payable": 22 * 60}
            adjustments.enter(leaver, OCTOBER, quantities=entered, reason="travelled", actor=None)
        found.append(close(dt.date(2026, 12, 1)))
        return found

    def work(self, person: Person, day: str, out: str) -> None:
        office.punches(person, f"{day} 08:03", f"{day} {out}")

    @pytest.mark.parametrize("form", FORMS, ids=str)
    def test_all_files_together_are_the_rounded_total(self, months: list[MonthClosing], form: dict[str, Any]) -> None:
        lines = [line for row in months for line in lines_of(row, form)]
        assert all(map(adds_up, lines))
        assert sum(line["line"] == "adjustment" for line in lines) == 4
        for person in Person.objects.all():
            own = [line for line in lines if line["employee_number"] == person.employee_number]
            of_october = [line for line in own if line["period_from"] == "2026-10-01"]
            expected = self.anew(person, form)
            for key in HOURS:
                assert sum(value(line[key]) for line in of_october) == expected.units(key) * unit(form), key
            for key in ("paid_days", "unpaid_days", "employed"):
                assert sum(value(line[key]) for line in of_october) == Decimal(str(expected.number(key))), key

    def anew(self, person: Person, form: dict[str, Any]) -> Amounts:
        """Return what October comes to if it is derived from all facts now, and entries by hand."""
        found = month.read(month.Month(OCTOBER, dt.date(2026, 10, 31), None), Person.objects.filter(pk=person.pk))
        (each,) = found
        entered = {"standard": 22 * 60, "payable": 22 * 60} if person.name == "Gone" else {}
        return Amounts(Figures(each.totals, each.days, entered), Form(template(**form)))

    @pytest.mark.parametrize("form", FORMS, ids=str)
    def test_an_entry_that_waits_while_its_own_month_is_reopened(self, form: dict[str, Any]) -> None:
        mei = office.employee("Mei", shift=office.day_shift(), employee_number="1")
        office.punches(mei, "2026-10-05 08:00", "2026-10-05 16:07")
        first = close(OCTOBER)
        chief = cast.user("chief", role="Administrator")
        entered = [self.enter(mei, 6)]
        reopening.reopen(first, reason="again", actor=chief)
        files = [close(OCTOBER)]
        for minutes in (1, 8):
            entered.append(self.enter(mei, minutes))
            files.append(close(order.bounds(files[-1].month)[1] + dt.timedelta(days=1)))
        by_hand = {"standard": sum(entered), "payable": sum(entered)}
        lines = [[line for line in lines_of(row, form) if line["period_from"] == "2026-10-01"] for row in files]
        assert [len(each) for each in lines] == [2, 1, 1]
        (each,) = month.read(month.Month(OCTOBER, dt.date(2026, 10, 31), None), Person.objects.filter(pk=mei.pk))
        expected = Amounts(Figures(each.totals, each.days, by_hand), Form(template(**form)))
        for key in ("standard", "payable"):
            total = sum(value(line[key]) for of_file in lines for line in of_file)
            assert total == expected.units(key) * unit(form), key

    def enter(self, person: Person, minutes: int) -> int:
        """Enter some minutes of October by hand, and return their seconds."""
        seconds = minutes * 60
        quantities = {"standard": seconds, "payable": seconds}
        adjustments.enter(person, OCTOBER, quantities=quantities, reason="travelled", actor=None)
        return seconds

    def test_a_reopened_month_is_adjusted_once(self, months: list[MonthClosing]) -> None:
        chief = cast.user("chief", role="Administrator")
        before = lines_of(months[-1], FORMS[1])
        reopening.reopen(months[-1], reason="again", actor=chief)
        again = close(dt.date(2026, 12, 1))
        assert lines_of(months[-1], FORMS[1]) == before
        assert lines_of(again, FORMS[1]) == before

    def test_old_templates_get_differences_once(self, months: list[MonthClosing]) -> None:
        keys = [
            "employee_number",
            "line",
            "standard",
            "overtime",
            "adjustments",
            "adjusted_standard",
            "adjusted_overtime",
        ]
        old = PayrollTemplate(name="Old", columns=[[key, key] for key in keys], hours_as="clock")
        written = "".join(payroll.lines(month.of_closing(months[1]), template=old))
        rows = {(row["employee_number"], row["line"]): row for row in csv.DictReader(io.StringIO(written))}
        assert [rows["1", "month"][key] for key in keys[4:]] == ["0", "0:00", "0:00"]
        adjusted = rows["2", "adjustment"]
        assert [adjusted[key] for key in keys[2:]] == ["0:00", "0:00", "1", "8:00", "2:19"]

    def test_no_cell_shows_noise(self, months: list[MonthClosing]) -> None:
        row = months[0].people.get(person__name="Mei")
        row.totals["paid_days"] = 0.1 + 0.2 + row.totals["employed"] - 0.3
        row.totals["absent"] = -5.55112e-17
        row.save()
        keys = ["paid_days", "unpaid_days", "absent"]
        noisy = PayrollTemplate(name="Days", columns=[["line", "line"], *([key, key] for key in keys)])
        written = "".join(payroll.lines(month.of_closing(months[0]), template=noisy))
        (line, *_) = [row for row in csv.DictReader(io.StringIO(written)) if row["unpaid_days"] == "0"]
        assert [line[key] for key in keys] == ["31", "0", "0"]


def unit(form: dict[str, Any]) -> Decimal:
    return Decimal(1) if form.get("hours_as") == "clock" else Decimal("0.01")


minutes = st.integers(0, 900).map(lambda number: number * 60)
steps = st.sampled_from([1, 5, 6, 7, 10, 15, 30, 60])


@st.composite
def totals(draw: st.DrawFn) -> dict[str, Any]:
    """Return the sums of a month, with overtime by its classes and some of it in none."""
    rates = draw(st.dictionaries(st.sampled_from(RATES), minutes, max_size=3))
    overtime, standard = sum(rates.values()) + draw(st.sampled_from([0, 0, 1200])), draw(minutes)
    return {"standard": standard, "overtime": overtime, "payable": standard + overtime, "overtime_by_rate": rates}


@given(st.lists(totals(), min_size=2, max_size=5), steps, st.booleans())
def test_differences_of_rounded_sums_never_lose_a_minute(
    states: list[dict[str, Any]], step: int, as_clock: bool
) -> None:
    form = Form(template(rounding_minutes=step, hours_as="clock" if as_clock else "decimal"))
    amounts = [Amounts(Figures(), form), *(Amounts(Figures(each), form) for each in states)]
    for key in HOURS[:-2]:
        files = [after.units(key) - before.units(key) for before, after in pairwise(amounts)]
        assert sum(files) == amounts[-1].units(key)
    for each in amounts:
        rates = [each.units(f"rate:{rate}") for rate in RATES]
        assert sum(rates) + each.units("no_rate") == each.units("overtime")
        assert each.units("standard") + each.units("overtime") == each.units("payable")
