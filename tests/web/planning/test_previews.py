"""Shifts, assignments and holidays show what they would change before they are saved; long lists are shown whole."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from attendance.people.models import Department, FactLine, Person
from attendance.workdays.models import Assignment, Holiday, HolidayCalendar, Shift
from tests.attendance.workdays import office

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]
TRY = {"try": "1"}
TEMPLATES = Path(__file__).resolve().parents[3] / "templates" / "attendance"


@pytest.fixture
def mei() -> Person:
    return office.employee("Mei", employee_number="7", department="Kitchen")


def post(client: Client, page: str, /, *arguments: object, **typed: object) -> str:
    return client.post(reverse(page, args=arguments), typed, follow=True).text


def changing(page: str) -> int:
    """How many days the page says would change."""
    found = re.search(r"<h2>(\d+|No) days? would change</h2>", page)
    assert found is not None, page
    return 0 if found[1] == "No" else int(found[1])


@pytest.mark.parametrize("of", ["person", "department", "everybody"])
def test_an_assignment_says_what_it_changes(hr: Client, mei: Person, of: str) -> None:
    shift = office.day_shift()
    office.employee("Ben", department="Bar")
    typed: dict[str, object] = {"shift": shift.pk, "first": "2026-11-16", "last": "2026-11-19"}
    chosen: dict[str, dict[str, object]] = {
        "person": {"employee_number": "7"},
        "department": {"department": mei.department_id},
    }
    typed |= chosen.get(of, {})
    lines = FactLine.objects.count()
    page = post(hr, "assign_shift", **typed, **TRY)
    assert changing(page) == (8 if of == "everybody" else 4)
    assert "shifts none → Day" in page
    assert 'value="2026-11-19"' in page  # what was typed is still there
    assert (Assignment.objects.count(), FactLine.objects.count()) == (0, lines)
    assert "Assigned." in post(hr, "assign_shift", **typed)
    assert Assignment.objects.get().last == dt.date(2026, 11, 19)


def test_an_assignment_that_is_refused_is_refused_in_the_trial(hr: Client, mei: Person) -> None:
    shift = office.day_shift()
    typed = {"shift": shift.pk, "first": "2026-11-16", "last": "2026-11-10", **TRY}
    assert "The last day lies before the first." in post(hr, "assign_shift", **typed)
    both = {"shift": shift.pk, "employee_number": "7", "department": Department.objects.get().pk, **TRY}
    assert "Choose one of the two." in post(hr, "assign_shift", **both)


def test_a_new_shift_can_be_tried(hr: Client, mei: Person) -> None:
    form = hr.get(reverse("new_shift"))
    assert "Which days would change?" in form.text
    typed = {"name": "Late", "start": "14:00", "end": "22:00", "week_days": "mon-fri", "hours": "pairs", **TRY}
    typed |= dict.fromkeys(("break_minutes", "break_after_minutes", "grace_late_minutes", "grace_early_minutes"), "0")
    typed |= dict.fromkeys(("half_day_minutes", "absent_minutes"), "0")
    page = post(hr, "new_shift", **typed)
    assert changing(page) == 0
    assert "Nobody has a new shift" in page
    assert not Shift.objects.exists()
    assert "The shift cannot be saved." in post(hr, "new_shift", **{**typed, "breaks": "12:00-99:00"})


def test_holidays_say_what_they_change(hr: Client) -> None:
    office.employee("Mei", shift=office.day_shift())
    calendar = HolidayCalendar.objects.create(name="Ours")
    offered = ["2026-11-11 Feast", "2026-11-14 A Saturday", "2026-11-12 Not ticked"]
    page = post(hr, "take_holidays", calendar.pk, day=offered[:2], offered=offered, **TRY)
    assert changing(page) == 2
    assert "status A → H" in page
    assert [f'{text}" checked' in page for text in offered] == [True, True, False]
    assert not Holiday.objects.exists()
    post(hr, "take_holidays", calendar.pk, day=offered[:2], offered=offered)
    feast = Holiday.objects.get(day=dt.date(2026, 11, 11))
    page = post(hr, "remove_holiday", feast.pk, **TRY)
    assert changing(page) == 1
    assert "status H → A" in page
    assert Holiday.objects.count() == 2
    post(hr, "remove_holiday", feast.pk)
    assert Holiday.objects.count() == 1
    for name, pk in (("take_holidays", calendar.pk), ("remove_holiday", feast.pk)):  # the address opened again
        assert hr.get(reverse(name, args=[pk])).headers["Location"] == reverse("holidays")


def test_every_changed_day_can_be_seen(hr: Client) -> None:
    shift = office.day_shift()
    for number in range(4):
        office.employee(f"Person {number}", department="Bar")
    typed = {"shift": shift.pk, "first": "2026-10-01"}
    page = post(hr, "assign_shift", **typed, **TRY)
    count = changing(page)
    assert count > 100
    assert page.count('data-label="What"') == 50
    assert f"and {count - 50} more days." in page
    button = re.search(r'<button class="button" form="(\w+)" name="try" value="all">Show all (\d+)', page)
    assert button is not None
    assert (f'id="{button[1]}"' in page, int(button[2])) == (True, count)
    page = post(hr, "assign_shift", **typed, **{"try": "all"})
    assert page.count('data-label="What"') == count
    assert "more days." not in page
    assert not Assignment.objects.exists()


def test_each_page_with_a_trial_has_the_form_that_the_button_names() -> None:
    """The button "show all" stands outside of the form and names it."""
    including = [path for path in TEMPLATES.glob("*.html") if "_changes.html" in path.read_text()]
    assert len(including) >= 9
    for path in including:
        text = path.read_text()
        assert 'id="tried"' in text or 'tried="rules"' in text, path.name


def test_the_button_that_saves_stands_before_the_days(hr: Client, mei: Person) -> None:
    """On a small screen the form lies far below a long list of days."""
    typed = {"shift": office.day_shift().pk, "first": "2026-11-16", "last": "2026-11-19", "employee_number": "7"}
    page = post(hr, "assign_shift", **typed, **TRY)
    button = page.index('<button class="button button-main" form="tried">Assign</button>')
    assert page.index("days would change</h2>") < button < page.index('data-label="What"')
