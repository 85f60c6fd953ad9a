"""Pages that change plan and rules ask from which day, show what would change, and keep the days before."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from attendance.core import permissions
from attendance.core.models import SiteSettings
from attendance.core.permissions import Right
from attendance.people.models import Department, DepartmentPeriod, Person, Site
from attendance.workdays import facts
from attendance.workdays.models import (
    Assignment,
    DepartmentManager,
    Employment,
    Holiday,
    LeaveType,
    MonthClosing,
    StatusCode,
    WorkRules,
    ZoneChange,
)
from attendance.workdays.requests import corrections
from attendance.workdays.schedule import sites
from tests import cast
from tests.attendance.workdays import office
from timekeeping.requests import Asked
from timekeeping.values import Direction
from timekeeping.work_day import WorkDay

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]
FIRST, LAST = dt.date(2026, 11, 1), dt.date(2026, 11, 30)
REFUSED = "The first open day is 1 Nov 2026"
SETTINGS = {
    "organisation": "Harbour", "site_name": "Gate", "time_zone": "Europe/Berlin", "contact": "",
    "evidence_days": "3", "debounce_seconds": "60",
}  # fmt: skip


@pytest.fixture
def october() -> MonthClosing:
    return MonthClosing.objects.create(
        month=dt.date(2026, 10, 1), closed_at=office.at("2026-11-02 08:00"), rule_version="4", sha256=""
    )


@pytest.fixture
def mei() -> Person:
    """Works 8:00 to 17:20 on the 12th, 13th, 16th and 17th."""
    person = office.employee("Mei", shift=office.day_shift(), department="Kitchen", employee_number="7")
    for day in (12, 13, 16, 17):
        office.punches(person, f"2026-11-{day} 08:00", f"2026-11-{day} 17:20")
    return person


def days(person: Person) -> dict[int, WorkDay]:
    ((_, found),) = facts.derive(Person.objects.filter(pk=person.pk), FIRST, LAST, now=office.at("2026-12-02 12:00"))
    return {each.day.day: each for each in found}


def post(client: Client, page: str, /, *args: int, **typed: str) -> Any:
    return client.post(reverse(page, args=args), typed, follow=True)


@pytest.mark.usefixtures("october")
class TestRules:
    def test_a_rule_from_the_fifteenth_is_tried_saved_and_withdrawn(self, hr: Client, mei: Person) -> None:
        typed = {"text": "overtime_tolerance = 30", "since": "2026-11-15"}
        page = post(hr, "save_rules", **typed, **{"try": "1"}).text
        assert "2 days would change" in page
        assert "It touches 1 person." in page
        assert not WorkRules.objects.exists()
        assert "hold from 15 Nov 2026 on" in post(hr, "save_rules", **typed).text
        assert [days(mei)[day].overtime for day in (12, 13, 16, 17)] == [1200, 1200, 0, 0]
        page = hr.get(reverse("planning")).text
        assert "overtime_tolerance: as shipped → 30" in page
        assert "{ after" not in page.partition("Versions of the rules")[2]
        assert "From the beginning to 14 Nov 2026" in page
        assert 'value="2026-11-15"' in page  # changed from then on, unless another day is typed
        post(hr, "withdraw_rules", WorkRules.objects.get(since=dt.date(2026, 11, 15)).pk)
        assert days(mei)[16].overtime == 1200

    def test_a_closed_day_is_refused_and_nothing_typed_is_lost(self, hr: Client) -> None:
        for button in ({}, {"try": "1"}):
            answer = post(hr, "save_rules", text="overtime_tolerance = 30", since="2026-10-31", **button)
            assert answer.status_code == 422
            assert REFUSED in answer.text
            assert "overtime_tolerance = 30</textarea>" in answer.text
            assert 'value="2026-10-31"' in answer.text
        assert not WorkRules.objects.exists()

    def test_the_form_offers_the_first_open_day(self, hr: Client) -> None:
        office.day_shift()
        page = hr.get(reverse("planning")).text
        assert page.count('value="2026-11-01"') == 2  # rules, and an assignment
        assert "1 Nov 2026 is the first open day." in page


def test_where_nothing_is_closed_this_month_is_offered_and_the_beginning_can_be_chosen(hr: Client, mei: Person) -> None:
    page = hr.get(reverse("planning")).text
    assert 'value="2026-11-01"' in page
    assert "empty means from the beginning" in page
    post(hr, "save_rules", text="overtime_tolerance = 30", since="")
    assert list(WorkRules.objects.values_list("since", flat=True)) == [dt.date.min]
    assert days(mei)[12].overtime == 0


@pytest.mark.usefixtures("october")
class TestCodes:
    def test_what_a_day_is_worth_from_the_sixteenth(self, hr: Client, mei: Person) -> None:
        before = days(mei)
        typed = {"paid-P": "0.8", "since": "2026-11-16"}
        rows = list(StatusCode.objects.values())
        assert rows  # those of the migration
        page = post(hr, "status_codes", **typed, **{"try": "1"}).text
        assert "2 days would change" in page
        assert "paid share of the day 1 → 0.8" in page
        assert 'name="paid-P" type="number" min="0" max="1" step="any" required value="0.8"' in page
        assert list(StatusCode.objects.values()) == rows
        post(hr, "status_codes", **typed)
        assert [days(mei)[day].rules.paid.present for day in (13, 16)] == [1.0, 0.8]
        assert before[13].rules.paid.present == 1.0
        assert "16 Nov 2026" in hr.get(reverse("status_codes")).text
        post(hr, "withdraw_code", StatusCode.objects.get(code="P", since=dt.date(2026, 11, 16)).pk)
        assert days(mei)[16].rules.paid.present == 1.0

    def test_only_what_was_typed_changes_and_no_code_that_changed_in_between(self, hr: Client) -> None:
        post(hr, "status_codes", **{"paid-A": "0.5", "since": "2026-11-16"})
        post(hr, "status_codes", **{"label-P": "here", "paid-A": "0.5", "since": "2026-11-01"})
        rows = StatusCode.objects.exclude(since=dt.date.min).order_by("since").values_list("code", "since")
        assert list(rows) == [("P", dt.date(2026, 11, 1)), ("A", dt.date(2026, 11, 16))]

    def test_a_closed_day_is_refused_and_nothing_typed_is_lost(self, hr: Client) -> None:
        answer = post(hr, "status_codes", **{"label-P": "here", "since": "2026-10-10"})
        assert answer.status_code == 422
        assert REFUSED in answer.text
        assert 'value="here"' in answer.text
        assert not StatusCode.objects.filter(label="here").exists()


@pytest.mark.usefixtures("october")
class TestZones:
    @pytest.mark.slow
    def test_a_zone_of_the_settings_from_a_day_on(self, administrator: Any, mei: Person) -> None:
        desk = Client()
        desk.force_login(administrator)
        typed = {**SETTINGS, "time_zone": "Europe/Lisbon", "zone_since": "2026-11-16"}
        page = post(desk, "settings", **typed, **{"try": "1"}).text
        assert "2 days would change" in page
        assert SiteSettings.objects.get().time_zone == "Europe/Berlin"
        post(desk, "settings", **typed)
        found = days(mei)
        assert [found[day].zone for day in (13, 16)] == ["Europe/Berlin", "Europe/Lisbon"]
        assert [(found[day].late, found[day].worked) for day in (12, 13)] == [(0, 8 * 3600 + 1200)] * 2
        assert (SiteSettings.objects.get().time_zone, SiteSettings.objects.get().site_name) == ("Europe/Lisbon", "Gate")
        assert "Zones by day" in desk.get(reverse("settings")).text
        answer = post(desk, "settings", **typed | {"time_zone": "Asia/Tokyo", "zone_since": "2026-10-31"})
        assert answer.status_code == 422
        assert REFUSED in answer.text
        post(desk, "withdraw_main_zone", ZoneChange.objects.get(since=dt.date(2026, 11, 16)).pk)
        assert SiteSettings.objects.get().time_zone == "Europe/Berlin"
        assert not ZoneChange.objects.exists()

    @pytest.mark.slow
    def test_a_zone_of_a_further_site_from_a_day_on(self, hr: Client, mei: Person) -> None:
        row = Site.objects.create(name="Lisbon", time_zone="Europe/Lisbon")
        Employment.objects.filter(person=mei).update(site=row)
        typed = {"zone": "Europe/Berlin", "since": "2026-11-16"}
        assert "2 days would change" in post(hr, "move_site", row.pk, **typed, **{"try": "1"}).text
        post(hr, "move_site", row.pk, **typed)
        assert [days(mei)[day].zone for day in (13, 16)] == ["Europe/Lisbon", "Europe/Berlin"]
        answer = post(hr, "move_site", row.pk, zone="Asia/Seoul", since="2026-10-31")
        assert (answer.status_code, REFUSED in answer.text, 'value="Asia/Seoul"' in answer.text) == (422, True, True)
        page = hr.get(reverse("site", args=[row.pk])).text
        assert "Today: Europe/Berlin." in page
        assert "Zones by day" in page
        post(hr, "withdraw_zone", ZoneChange.objects.get().pk)
        assert sites.zone_today(row) == "Europe/Lisbon"


class TestPeople:
    @pytest.mark.usefixtures("october")
    def test_another_department_from_a_day_on(self, administrator: Any, mei: Person) -> None:
        desk = Client()
        desk.force_login(administrator)
        Assignment.objects.all().delete()
        hall = Department.objects.create(name="Hall")
        Assignment.objects.create(shift=office.day_shift(name="Late", start=dt.time(10)), department=hall)
        typed = {"employee_number": "7", "name": "Mei Li", "department": "Hall", "since": "2026-11-16"}
        page = post(desk, "change_person", mei.pk, **typed, **{"try": "1"}).text
        assert "days would change" in page
        assert "Mon 16 Nov" in page
        assert "Fri 13 Nov" not in page
        assert not DepartmentPeriod.objects.exists()
        answer = post(desk, "change_person", mei.pk, **typed | {"since": "2026-10-31"})
        assert (answer.status_code, REFUSED in answer.text, 'value="Mei Li"' in answer.text) == (422, True, True)
        mei.refresh_from_db()
        assert mei.name == "Mei"
        post(desk, "change_person", mei.pk, **typed)
        mei.refresh_from_db()
        assert (mei.name, mei.department) == ("Mei Li", hall)
        assert [bool(days(mei)[day].planned) for day in (13, 16)] == [False, True]
        assert "from 16 Nov 2026 on" in desk.get(reverse("person", args=[mei.pk])).text

    def test_the_day_of_today_is_offered(self, administrator: Any, mei: Person) -> None:
        desk = Client()
        desk.force_login(administrator)
        assert 'value="2026-11-20"' in desk.get(reverse("change_person", args=[mei.pk])).text
        post(desk, "change_person", mei.pk, employee_number="7", name="Mei", department="Hall", since="")
        rows = DepartmentPeriod.objects.values_list("since", "department__name")
        assert list(rows) == [(dt.date.min, "Kitchen"), (dt.date(2026, 11, 20), "Hall")]

    @pytest.mark.usefixtures("october")
    def test_another_site_with_another_zone_from_a_day_on(self, hr: Client, mei: Person) -> None:
        lisbon = Site.objects.create(name="Lisbon", time_zone="Europe/Lisbon")
        typed = {"site": str(lisbon.pk), "since": "2026-11-16"}
        assert "2 days would change" in post(hr, "person_site", mei.pk, **typed, **{"try": "1"}).text
        answer = post(hr, "person_site", mei.pk, **typed | {"since": "2026-10-31"})
        assert (answer.status_code, REFUSED in answer.text) == (422, True)
        assert [days(mei)[day].zone for day in (13, 16)] == ["Europe/Berlin"] * 2
        post(hr, "person_site", mei.pk, **typed)
        assert [days(mei)[day].zone for day in (13, 16)] == ["Europe/Berlin", "Europe/Lisbon"]
        assert "from 16 Nov 2026 on" in hr.get(reverse("person_site", args=[mei.pk])).text

    @pytest.mark.slow
    def test_each_manager_finds_the_requests_of_the_own_days(self, hr: Client, mei: Person) -> None:
        hall = Department.objects.create(name="Hall")
        clients = {}
        for name, department in (("old", Department.objects.get(name="Kitchen")), ("new", hall)):
            user = cast.user(name, role="Manager")
            DepartmentManager.objects.create(department=department, user=user)
            clients[name] = Client()
            clients[name].force_login(user)
        administrator = Client()
        administrator.force_login(cast.user("root", role="Administrator"))
        typed = {"employee_number": "7", "name": "Mei", "department": "Hall", "since": "2026-11-16"}
        post(administrator, "change_person", mei.pk, **typed)
        asked = {
            day: corrections.request(
                mei,
                dt.date(2026, 11, day),
                asked=[Asked(dt.datetime(2026, 11, day, 19), Direction.OUT)],  # noqa: DTZ001  (local at the site)
                reason=f"day {day}",
                actor=None,
            )
            for day in (13, 16)
        }
        for name, own, other in (("old", 13, 16), ("new", 16, 13)):
            page = clients[name].get(reverse("inbox")).text
            assert f"day {own}" in page
            assert f"day {other}" not in page
            denied = clients[name].post(reverse("decide_correction", args=[asked[other].pk]), {"verdict": "approve"})
            assert denied.status_code == 403
            assert clients[name].get(reverse("person_month", args=[mei.pk]) + "?month=2026-11").status_code == 200
        assert clients["old"].get(reverse("person_month", args=[mei.pk]) + "?month=2026-12").status_code == 403
        assert clients["new"].get(reverse("person_month", args=[mei.pk]) + "?month=2026-10").status_code == 403


@pytest.mark.usefixtures("october")
class TestSchedule:
    def test_an_assignment_into_a_closed_month_is_refused_and_stays_typed(self, hr: Client, mei: Person) -> None:
        shift = Assignment.objects.get().shift
        answer = post(hr, "assign_shift", shift=str(shift.pk), employee_number="7", first="2026-10-05")
        assert (answer.status_code, REFUSED in answer.text) == (422, True)
        assert 'value="2026-10-05"' in answer.text
        assert Assignment.objects.count() == 1
        assert mei.assignments.count() == 1

    def test_holidays_of_closed_months_are_shown_and_cannot_be_taken(self, hr: Client) -> None:
        feast = office.holiday("2026-10-12")
        page = post(hr, "propose_holidays", feast.calendar_id, country="DE", region="BE", year="2026").text
        assert '2026-10-03 German Unity Day" disabled' in page
        assert '2026-12-25 Christmas Day" checked' in page
        answer = post(hr, "take_holidays", feast.calendar_id, day="2026-10-03 German Unity Day")
        assert REFUSED in answer.text
        assert REFUSED in post(hr, "remove_holiday", feast.pk).text
        assert list(Holiday.objects.values_list("day", flat=True)) == [dt.date(2026, 10, 12)]

    def test_a_new_kind_of_leave_and_a_new_calendar_are_written_down(self, hr: Client) -> None:
        post(hr, "add_leave_type", code="CL", name="Casual", colour="#112233", paid_fraction="1")
        post(hr, "add_calendar", name="Ours")
        assert LeaveType.objects.get().code == "CL"


def test_who_may_not_read_months_sees_how_many_days_but_not_which(mei: Person) -> None:
    Assignment.objects.all().delete()
    hall = Department.objects.create(name="Hall")
    Assignment.objects.create(shift=office.day_shift(name="Late", start=dt.time(10)), department=hall)
    permissions.assure_roles()
    user = cast.user("enroller")
    user.user_permissions.add(Permission.objects.get(codename=Right.MANAGE_PEOPLE))
    operator = Client()
    operator.force_login(user)
    typed = {"employee_number": "7", "name": "Mei", "department": "Hall", "since": "2026-11-16", "try": "1"}
    page = post(operator, "change_person", mei.pk, **typed).text
    assert "would change" in page
    assert "Mon 16 Nov" not in page
