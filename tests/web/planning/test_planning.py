"""HR plans from the browser: shifts tried dry, examples that refuse, holidays by selection, rules, staff."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from attendance.people.models import Department
from attendance.workdays import facts
from attendance.workdays.models import (
    Assignment,
    DepartmentManager,
    Employment,
    Holiday,
    HolidayCalendar,
    LeaveType,
    Shift,
    WorkRules,
)
from tests import cast, factories
from tests.attendance.workdays import office
from tests.attendance.workdays.closings import close
from tests.attendance.workdays.test_calendars import FEED

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]
NIGHT = {
    "name": "Night", "start": "22:00", "end": "06:00", "week_days": "mon-fri", "breaks": "", "break_minutes": "0",
    "break_after_minutes": "0", "before_minutes": "60", "after_minutes": "60", "planned_minutes": "", "hours": "pairs",
    "grace_late_minutes": "0", "grace_early_minutes": "0", "half_day_minutes": "0", "absent_minutes": "0",
    "examples": "in 21:10, out 06:20, expect 02 Nov 2026, 9:10, late 0",
}  # fmt: skip


def test_a_shift_is_saved_unless_its_example_breaks(hr: Client) -> None:
    assert hr.post("/planning/shifts/new/", NIGHT).status_code == 302
    shift = Shift.objects.get()
    refused = hr.post(f"/planning/shifts/{shift.pk}/", {**NIGHT, "start": "21:00"})  # then 21:10 is late
    assert refused.status_code == 422
    assert "An example beside a shift does not hold any more." in refused.content.decode()
    assert "02 Nov" in hr.get(f"/planning/shifts/{shift.pk}/").content.decode()
    assert "Night" in hr.get("/planning/").content.decode()


def test_a_shift_is_tried_dry(hr: Client) -> None:
    shift = office.day_shift()
    mei = office.employee("Mei", shift=shift)
    office.punches(mei, "2026-11-18 08:04", "2026-11-18 17:00")
    typed = {**NIGHT, "name": "Day", "start": "08:00", "end": "17:00", "breaks": "12:00-13:00", "examples": ""}
    typed |= {"before_minutes": "", "after_minutes": "", "grace_late_minutes": "5", "try": "1"}
    page = hr.post(f"/planning/shifts/{shift.pk}/", typed).content.decode()
    assert "1 day would change" in page
    assert "late 0:04 → 0:00" in page
    shift.refresh_from_db()
    assert shift.grace_late_minutes == 0


def test_a_dry_run_says_what_would_change_of_each_day(hr: Client) -> None:
    mei = office.employee("Mei", shift=office.day_shift())
    office.punches(mei, "2026-11-14 08:00", "2026-11-14 10:00", "2026-11-18 08:00", "2026-11-18 18:30")
    office.punches(mei, "2026-11-17 21:00", "2026-11-17 23:00")
    rules = 'rates = "1.5"\nrest_day_rates = "2"\nnight = "21:00-06:00"'
    page = hr.post("/planning/rules/", {"text": rules, "try": "1"}).content.decode()
    assert "overtime at rate 1: 1:30 → 0:00, overtime at rate 1.5: 0:00 → 1:30" in page
    assert "overtime at rate 1: 2:00 → 0:00, overtime at rate 2: 0:00 → 2:00" in page
    assert "night 1:00 → 2:00" in page
    assert "details" not in page.partition("would change")[2].partition("</table>")[0]


def test_assignments_for_a_person_a_department_and_everybody(hr: Client) -> None:
    shift = office.day_shift()
    factories.person("Mei", employee_number="7", department="Kitchen")
    kitchen = Department.objects.get()
    hr.post("/planning/assignments/", {"shift": shift.pk, "employee_number": "7", "first": "2026-11-01"})
    hr.post("/planning/assignments/", {"shift": shift.pk, "department": kitchen.pk})
    hr.post("/planning/assignments/", {"shift": shift.pk})
    hr.post("/planning/assignments/", {"shift": shift.pk, "employee_number": "8"})
    found = list(Assignment.objects.order_by("pk"))
    assert [(row.person is not None, row.department is not None) for row in found] == [
        (True, False), (False, True), (False, False),
    ]  # fmt: skip
    hr.post(f"/planning/assignments/{found[0].pk}/end/")
    found[0].refresh_from_db()
    assert found[0].last == dt.date(2026, 11, 20)


def test_holidays_come_by_selection(hr: Client) -> None:
    hr.post("/planning/holidays/new/", {"name": "Ours"})
    calendar = HolidayCalendar.objects.get()
    feed = SimpleUploadedFile("days.ics", FEED)
    page = hr.post(f"/planning/holidays/{calendar.pk}/propose/", {"feed": feed}).content.decode()
    assert '2026-12-25 Christmas Day" checked' in page
    assert 'Clocks go back">' in page
    hr.post(f"/planning/holidays/{calendar.pk}/take/", {"day": ["2026-12-25 Christmas Day", "nonsense"]})
    day = Holiday.objects.get()
    page = hr.post(f"/planning/holidays/{calendar.pk}/propose/", {"country": "BE", "year": "2026"}).content.decode()
    assert "2026-11-11" in page
    hr.post(f"/planning/holidays/days/{day.pk}/remove/")
    assert not Holiday.objects.exists()
    hr.post("/planning/leave-types/", {"code": "CL", "name": "Casual", "colour": "#112233", "paid_fraction": "1"})
    assert LeaveType.objects.get().code == "CL"
    assert "CL" in hr.get("/planning/holidays/").content.decode()


def test_rules_are_typed_tried_and_saved(hr: Client) -> None:
    mei = office.employee("Mei", shift=office.day_shift())
    office.punches(mei, "2026-11-18 08:00", "2026-11-18 17:08")
    text = 'overtime_tolerance = 10\nrates = [{ after = "0:00", rate = "1.25" }]'
    page = hr.post("/planning/rules/", {"text": text, "try": "1"}).content.decode()
    assert "overtime 0:08 → 0:00" in page
    assert not WorkRules.objects.exists()
    hr.post("/planning/rules/", {"text": text})
    assert facts.rules().overtime_tolerance_minutes == 10
    assert facts.rules().rates[0].rate == "1.25"
    assert "overtime_tolerance = 10" in hr.get("/planning/").content.decode()
    for wrong in ("overtime_tolerence = 10", "= 10"):
        assert hr.post("/planning/rules/", {"text": wrong}).status_code == 422


def test_versions_of_the_rules_say_in_words_what_differs(hr: Client) -> None:
    rates = 'rates = [{ after = "0:00", rate = "1.25" }, { after = "2:00", rate = "1.5" }]'
    typed = f'{rates}\novertime_needs_approval = true\nnight = "22:00-06:00"'
    hr.post("/planning/rules/", {"text": typed, "since": "2026-11-02"})
    hr.post("/planning/rules/", {"text": typed.replace("true", "false"), "since": "2026-11-16"})
    page = hr.get("/planning/").content.decode().partition("<h2>Versions of the rules")[2]
    assert "rates: as shipped → 1.25 after 0:00, 1.5 after 2:00" in page
    assert "overtime_needs_approval: yes → no" in page
    assert "night: as shipped → 22:00-06:00" in page
    assert "{" not in page.partition("</table>")[0]


def test_staff(hr: Client) -> None:
    person = factories.person("Mei", employee_number="7", department="Kitchen")
    boss = cast.user("boss", role="Manager")
    hr.post("/planning/staff/employ/", {"employee_number": "7", "joined": "2026-11-01", "left": "2026-11-30"})
    assert Employment.objects.get(person=person).left == dt.date(2026, 11, 30)
    hr.post("/planning/staff/employ/", {"employee_number": "7", "joined": "2026-11-01", "left": "2026-10-30"})
    assert Employment.objects.get(person=person).left == dt.date(2026, 11, 30)
    hr.post("/planning/staff/managers/", {"department": Department.objects.get().pk, "user": boss.pk})
    row = DepartmentManager.objects.get()
    assert "Kitchen: boss" in hr.get("/planning/staff/").content.decode()
    hr.post(f"/planning/staff/managers/{row.pk}/dismiss/")
    assert not DepartmentManager.objects.exists()


def test_the_same_shift_is_assigned_once_and_can_be_taken_back(hr: Client) -> None:
    shift, mei = office.day_shift(), office.employee("Mei", employee_number="7")
    typed = {"shift": shift.pk, "employee_number": "7", "first": "2026-11-16", "last": "2026-11-20"}
    assert hr.post("/planning/assignments/", typed).status_code == 302
    again = hr.post("/planning/assignments/", {**typed, "first": "2026-11-20", "last": "2026-11-27"})
    assert again.status_code == 422
    assert "assigned there already" in again.text
    page = hr.get("/planning/").text
    row = Assignment.objects.get()
    assert f"/planning/assignments/{row.pk}/withdraw/" in page
    hr.post(f"/planning/assignments/{row.pk}/withdraw/")
    assert not Assignment.objects.filter(person=mei).exists()
    assert hr.post("/planning/assignments/", typed).status_code == 302


def test_an_assignment_with_closed_days_is_not_taken_back(hr: Client) -> None:
    office.employee("Mei", shift=office.day_shift())
    close(dt.date(2026, 11, 1), "2026-12-02 12:00")
    row = Assignment.objects.get()
    assert "/withdraw/" not in hr.get("/planning/").text
    answer = hr.post(f"/planning/assignments/{row.pk}/withdraw/", follow=True)
    assert "first open day" in answer.text
    assert Assignment.objects.filter(pk=row.pk).exists()
