"""HR makes a payroll template, sees its first lines before using it, and reads what has changed since."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from attendance.people.models import Person
from attendance.reports import payroll, payroll_templates
from attendance.workdays.models import PayrollTemplate, WorkRules
from attendance.workdays.months import adjustments
from attendance.workdays.requests import corrections
from tests import cast
from tests.attendance.workdays import office
from tests.attendance.workdays.closings import agreed
from timekeeping.requests import Asked
from timekeeping.values import Direction

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("december", "mei")]


@pytest.fixture
def mei() -> Person:
    person = office.employee("Mei; =Chen", shift=office.day_shift(), employee_number="007", joined="2026-11-02")
    office.punches(person, "2026-11-02 08:00", "2026-11-02 17:30", "2026-11-03 08:00")
    return person


TYPED = {
    "name": "Old program", "separator": ";", "decimal_mark": ",", "hours_as": "decimal", "date_form": "dmy",
    "rounding_minutes": "15", "place-employee_number": "2", "name-employee_number": "Pers.-Nr.",
    "place-standard": "3", "name-standard": "", "place-period_from": "1", "name-period_from": "von",
    "place-adjustments": "9", "name-adjustments": "Korr.",
}  # fmt: skip


def close(client: Client, month: str) -> None:
    seen = agreed(dt.date.fromisoformat(f"{month}-01"))
    client.post("/months/close/", {"month": month, "with_open_points": "1", "agreed": seen})


def test_a_template_is_made_previewed_and_used(hr: Client) -> None:
    close(hr, "2026-11")
    shown = hr.post(reverse("new_payroll_template"), {**TYPED, "preview": "1"})
    assert shown.text.index("First lines") < shown.text.index("What it holds")  # where somebody looks who has asked
    assert shown.context["preview"][:2] == [
        ["von", "Pers.-Nr.", "Normal hours", "Korr."],
        ["01.11.2026", "007", "8,00", "0"],
    ]
    assert not PayrollTemplate.objects.exists()
    hr.post(reverse("new_payroll_template"), TYPED)
    address = f"{reverse('payroll_file')}?month=2026-11&template=Old+program"
    rows = list(csv.reader(io.StringIO(hr.get(address).getvalue().decode()), delimiter=";"))
    assert rows[0] == ["von", "Pers.-Nr.", "Normal hours", "Korr."]
    assert rows[1] == ["01.11.2026", "007", "8,00", "0"]
    page = hr.get(f"{reverse('payroll')}?template=Old+program").text
    assert "4 columns. Below is the first line of the file." in page
    assert (
        f"{len(payroll.DEFAULT_COLUMNS)} columns; scroll sideways to see them all." in hr.get(reverse("payroll")).text
    )
    assert "von" in page
    assert "Pers.-Nr." in page
    hr.post(reverse("remove_payroll_template", args=[PayrollTemplate.objects.get().pk]))
    assert "not there any more" in hr.get(address, follow=True).text


NO_PLACE = {"place-employee_number": "-1", "place-standard": "²", "place-period_from": "x", "place-adjustments": ""}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "required"),
        (NO_PLACE, "no column"),
        ({"separator": "x"}, "not one of the available"),
    ],
)
def test_an_invalid_template_is_not_saved_and_keeps_what_was_typed(
    hr: Client, wrong: dict[str, str], said: str
) -> None:
    answered = hr.post(reverse("new_payroll_template"), {**TYPED, **wrong})
    assert answered.status_code == 422
    assert said in answered.text
    assert not PayrollTemplate.objects.exists()


def test_every_column_that_is_offered_can_be_written(hr: Client) -> None:
    close(hr, "2026-11")
    office.leave_type("CL")
    keys = [key for key, _ in payroll_templates.choices()]
    assert "leave:CL" in keys
    assert {key for key, _ in payroll.DEFAULT_COLUMNS} <= set(keys)
    typed = {"name": "All", "separator": ",", "decimal_mark": ".", "hours_as": "clock", "date_form": "iso"}
    places = {f"place-{key}": str(place) for place, key in enumerate(keys, start=1)}
    hr.post(reverse("new_payroll_template"), {**typed, "rounding_minutes": "1", **places})
    answer = hr.get(f"{reverse('payroll_file')}?month=2026-11&template=All")
    rows = list(csv.reader(io.StringIO(answer.getvalue().decode())))
    assert [len(row) for row in rows] == [len(keys)] * 2
    assert "Mei; =Chen" in rows[1]


def test_what_was_corrected_since_the_export_is_shown_and_goes_into_the_next_file(hr: Client, mei: Person) -> None:
    close(hr, "2026-11")
    unchanged = hr.get(reverse("payroll"), {"since": "1"}).text
    assert "the month still comes out as it was exported" in unchanged
    asked = Asked(dt.datetime(2026, 11, 3, 17), Direction.OUT)  # noqa: DTZ001  (local at the site)
    request = corrections.request(mei, dt.date(2026, 11, 3), asked=[asked], reason="forgot", actor=None)
    corrections.approve(request, actor=cast.user("other", role="HR"))
    page = hr.get(reverse("payroll"), {"since": "1"})
    assert [(each["day"], each["standard"]) for each in page.context["since"]] == [
        (dt.date(2026, 11, 3), dt.timedelta(hours=8))
    ]
    with time_machine.travel(office.at("2027-01-04 12:00"), tick=False):
        hr.force_login(cast.user("third", role="HR"))
        close(hr, "2026-12")
        page = hr.get(reverse("payroll"))
        assert [each["day"] for each in page.context["corrections"]] == [dt.date(2026, 11, 3)]
        rows = list(csv.DictReader(io.StringIO(hr.get(f"{reverse('payroll_file')}?month=2026-12").getvalue().decode())))
    assert [(row["line"], row["period_from"], row["hours_normal"]) for row in rows] == [
        ("month", "2026-12-01", "0.00"),
        ("adjustment", "2026-11-01", "8.00"),
    ]


def test_late_overtime_is_paid_or_waits_and_lines_are_not_entries(hr: Client, mei: Person) -> None:
    """An hour that waits for an approval is shown as waiting; two entries and late facts of a month are one line."""
    WorkRules.objects.create(content={"overtime_needs_approval": True})
    close(hr, "2026-11")
    office.punches(mei, "2026-11-04 08:00", "2026-11-04 18:30")
    since = hr.get(reverse("payroll"), {"since": "1"})
    (day,) = since.context["since"]
    assert (day["standard"], day["overtime"], day["to_approve"]) == (
        dt.timedelta(hours=8), dt.timedelta(0), dt.timedelta(hours=1, minutes=30),
    )  # fmt: skip
    assert "Overtime to approve" in since.text
    (line,) = hr.get(reverse("adjustments")).context["rows"]
    assert "overtime to approve 0:00 → 1:30" in line["days"][0]["what"]
    assert "overtime 0:00" not in line["days"][0]["what"]
    for reason in ("first", "second"):
        adjustments.enter(mei, dt.date(2026, 11, 1), quantities={"night": 60}, reason=reason, actor=None)
    with time_machine.travel(office.at("2027-01-04 12:00"), tick=False):
        hr.force_login(cast.user("third", role="HR"))
        close(hr, "2026-12")
        page = hr.get(reverse("payroll")).text
        rows = list(csv.DictReader(io.StringIO(hr.get(f"{reverse('payroll_file')}?month=2026-12").getvalue().decode())))
    assert "1 line in the file, one a person and month: late facts in 1 of them, and 2 entries by hand." in page
    assert [row["overtime_hours"] for row in rows if row["line"] == "adjustment"] == ["0.00"]


def test_without_a_closed_month_the_page_says_what_to_do(hr: Client) -> None:
    assert "No month is closed yet" in hr.get(reverse("payroll")).text
    answered = hr.get(f"{reverse('payroll_file')}?month=2026-11", follow=True)
    assert "not closed yet" in answered.text
    assert hr.get(f"{reverse('payroll_file')}?month=nonsense", follow=True).status_code == 200


def test_nobody_else_sees_wages(mei: Person) -> None:
    for role in ("Clerk", "Manager", None):
        client = cast.signed_in(f"one {role}", role)
        for name in ("payroll", "payroll_file", "new_payroll_template"):
            assert client.get(reverse(name)).status_code == 403


def test_a_template_with_a_column_for_each_rate_is_offered(hr: Client) -> None:
    steps = [{"after": "0:00", "rate": "1.25"}, {"after": "0:20", "rate": "1.5"}]
    WorkRules.objects.create(content={"rates": steps})
    close(hr, "2026-11")
    address = f"{reverse('new_payroll_template')}?each_rate=1"
    assert address in hr.get(reverse("payroll")).text
    offered = hr.get(address)
    places = {f"place-{each['key']}": each["place"] for each in offered.context["columns"]}
    names = {f"name-{each['key']}": each["name"] for each in offered.context["columns"]}
    form = {key: offered.context["form"].initial[key] for key in TYPED if key in offered.context["form"].initial}
    assert form["name"] == payroll_templates.EACH_RATE
    answered = hr.post(address, {**form, **places, **names})
    assert answered.status_code == 302
    got = hr.get(f"{reverse('payroll_file')}?month=2026-11&template=Each+rate")
    (row,) = csv.DictReader(io.StringIO(got.getvalue().decode()))
    assert list(row)[: len(row)][9:13] == [
        "overtime_hours", "overtime_hours_at_1", "overtime_hours_at_1.25", "overtime_hours_at_1.5"
    ]  # fmt: skip
    assert (row["overtime_hours"], row["overtime_hours_at_1.25"], row["overtime_hours_at_1.5"]) == (
        "0.50",
        "0.33",
        "0.17",
    )
    assert row["overtime_hours_at_no_rate"] == "0.00"
