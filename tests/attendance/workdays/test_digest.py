"""Does the morning mail go to whoever decides, about their own people, and only when there is something to say?"""

from __future__ import annotations

import pytest
import time_machine
from django.core import mail

from attendance.people.models import Department
from attendance.reports import digest
from attendance.workdays.models import DepartmentManager
from tests import cast
from tests.attendance.workdays import office

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site() -> None:
    office.site()


def test_the_manager_reads_about_the_own_department_only() -> None:
    shift = office.day_shift()
    mei = office.employee("Mei", shift=shift, department="Kitchen")
    office.employee("Ada", shift=shift, department="Kitchen")
    office.employee("Ben", shift=shift, department="Office")
    for day in (2, 3):
        office.punches(mei, f"2026-11-0{day} 08:20", f"2026-11-0{day} 17:00")
    office.punches(mei, "2026-11-04 08:20")
    boss = cast.user("boss", role="Manager")
    boss.email = "boss@example.org"
    boss.save()
    DepartmentManager.objects.create(department=Department.objects.get(name="Kitchen"), user=boss)
    with time_machine.travel(office.at("2026-11-05 06:00"), tick=False):
        assert digest.send() == 1
    (sent,) = mail.outbox
    assert sent.to == ["boss@example.org"]
    assert "Out missing:\n  Mei" in sent.body
    assert "Absent:\n  Ada" in sent.body
    assert "Mei (3 days)" in sent.body
    assert "Ben" not in sent.body


def test_nothing_to_say_is_not_said() -> None:
    hr = cast.user("hr", role="HR")
    hr.email = "hr@example.org"
    hr.save()
    with time_machine.travel(office.at("2026-11-05 06:00"), tick=False):
        assert digest.send() == 0
