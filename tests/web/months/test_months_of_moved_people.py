"""Managers read the months in which somebody belonged to their department, whatever a form says."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from attendance.people.models import Department
from attendance.workdays.models import DepartmentManager
from attendance.workdays.schedule import employment
from tests import cast
from tests.attendance.workdays import office

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["ask_correction", "ask_leave"])
def test_a_refused_form_about_one_month_shows_no_other(name: str) -> None:
    office.site()
    manager = cast.user("man", role="Manager")
    kitchen = Department.objects.create(name="Kitchen")
    DepartmentManager.objects.create(department=kitchen, user=manager)
    person = office.employee(shift=office.day_shift(), department="Bar")
    office.punches(person, "2026-11-02 08:03", "2026-11-02 17:00")
    client = Client()
    client.force_login(manager)
    with time_machine.travel(office.at("2026-12-07 12:00"), tick=False):
        employment.move_to_department(person, kitchen, since=dt.date(2026, 12, 1), actor=None)
        shown = client.get(f"{reverse('person_month', args=[person.pk])}?month=2026-11&format=csv")
        typed = {"day": "2026-12-03", "first": "2026-12-03", "reason": ""}
        posted = client.post(f"{reverse(name, args=[person.pk])}?month=2026-11&format=csv", typed)
        own = client.post(f"{reverse(name, args=[person.pk])}?month=2026-12", typed)
    assert (shown.status_code, posted.status_code, own.status_code) == (403, 403, 422)
