"""A day outside of the calendar's bounds is refused with a sentence wherever a day can be typed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from attendance.people.models import Person
from attendance.web import typed_days
from attendance.workdays.models import Assignment, Correction, Employment, Holiday, HolidayCalendar, Leave, LeaveType
from tests import cast
from tests.attendance.workdays import office

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("december")]
TOO_FAR = ("9999-12-31", "0001-01-01", "1899-12-31", "2200-01-01")
REFUSED_DAY = "Choose a day from 1900 to 2199."


@pytest.fixture
def mei() -> Person:
    return office.employee("Mei", shift=office.day_shift(), employee_number="117")


@pytest.fixture
def desk() -> Client:
    return cast.signed_in("boss", "Administrator")


@pytest.mark.parametrize("day", TOO_FAR)
@pytest.mark.parametrize("field", ["first", "last"])
@pytest.mark.parametrize("address", ["/check-ins/", "/attempts/", "/check-ins/days/"])
def test_a_list_explains_it(desk: Client, address: str, field: str, day: str) -> None:
    answered = desk.get(address, {field: day})
    assert answered.status_code == 200
    assert REFUSED_DAY in answered.content.decode()
    assert desk.get(address, {field: day, "format": "csv"}).status_code == 200
    assert desk.get("/check-ins/expected/", {field: day}).status_code == 200  # it knows no days, only the address does


@pytest.mark.parametrize("day", TOO_FAR)
def test_a_correction_and_leave_are_refused(desk: Client, mei: Person, day: str) -> None:
    asked = {"day": day, "came": "08:00", "left": "17:00", "next_day": "on", "reason": "x"}
    refused = desk.post(f"/people/{mei.pk}/month/correction/", asked)
    assert (refused.status_code, REFUSED_DAY in refused.content.decode()) == (422, True)
    office.leave_type()
    wished = {"kind": LeaveType.objects.get().pk, "first": day, "last": "2026-12-04", "part": "full"}
    refused = desk.post(f"/people/{mei.pk}/month/leave/", wished)
    assert (refused.status_code, REFUSED_DAY in refused.content.decode()) == (422, True)
    assert not Correction.objects.exists()
    assert not Leave.objects.exists()


@pytest.mark.parametrize("day", TOO_FAR)
def test_planning_explains_it(desk: Client, mei: Person, day: str) -> None:
    before = list(Employment.objects.values()), list(Assignment.objects.values())
    answered = desk.post("/planning/staff/employ/", {"employee_number": "117", "joined": day}, follow=True)
    assert f"First day: {REFUSED_DAY}" in answered.content.decode()
    shift = Assignment.objects.get().shift_id
    answered = desk.post("/planning/assignments/", {"shift": shift, "employee_number": "117", "last": day}, follow=True)
    assert f"To: {REFUSED_DAY}" in answered.content.decode()
    assert (list(Employment.objects.values()), list(Assignment.objects.values())) == before
    calendar = HolidayCalendar.objects.create(name="Public")
    desk.post(f"/planning/holidays/{calendar.pk}/take/", {"day": [f"{day} Feast", "2026-12-25 Christmas"]})
    assert [row.name for row in Holiday.objects.all()] == ["Christmas"]
    assert desk.post("/requests/overtime/approve/", {"line": f"{mei.pk}:{day}:60"}).status_code == 403


def test_an_unknown_number_is_reported_alone(desk: Client) -> None:
    answered = desk.post("/planning/staff/employ/", {"employee_number": "999", "joined": "2026-01-01"}, follow=True)
    assert "Nobody has this employee number." in answered.content.decode()


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        ("2026-02-29", "There is no 29 February 2026."),
        ("2026-11-31", "There is no 31 November 2026."),
        ("2026-13-01", "Write the day as 2026-11-30."),
        ("2026-11-32", "Write the day as 2026-11-30."),
        ("soon", "Write the day as 2026-11-30."),
        ("", typed_days.NO_DAY),
    ],
)
def test_what_is_wrong_with_a_day_is_said(desk: Client, mei: Person, day: str, sentence: str) -> None:
    field = typed_days.DayField()
    with pytest.raises(ValidationError) as raised:
        field.clean(day)
    assert raised.value.messages == [sentence]
    assert typed_days.DayField().clean("2028-02-29") == dt.date(2028, 2, 29)
    asked = {"day": day, "came": "08:00", "reason": "x"}
    assert sentence in desk.post(f"/people/{mei.pk}/month/correction/", asked).text
    assert sentence in desk.post("/planning/staff/employ/", {"employee_number": "117", "joined": day}).text


def test_every_field_for_a_day_is_of_this_kind() -> None:
    """A plain date field would say "required" of a day that does not exist."""
    forms_py = [path for path in Path(typed_days.__file__).parent.rglob("*.py") if path.name != "typed_days.py"]
    assert [path.name for path in forms_py if "forms.DateField" in path.read_text()] == []
