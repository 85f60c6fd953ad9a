"""Do the pages of a month show the right people to the right eyes, and do requests go their way?"""

from __future__ import annotations

import datetime as dt
import io

import openpyxl
import pytest
import time_machine
from django.test import Client

from attendance.core.models import User
from attendance.people.models import Department, Person
from attendance.workdays.models import Correction, DepartmentManager, MonthClosing, State
from tests import cast
from tests.attendance.workdays import office

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _december() -> object:
    office.site()
    with time_machine.travel(office.at("2026-12-02 12:00"), tick=False):
        yield


@pytest.fixture
def mei() -> Person:
    person = office.employee("Mei", shift=office.day_shift(), department="Kitchen")
    office.punches(person, "2026-11-02 08:20", "2026-11-02 17:00", "2026-11-03 08:00")
    return person


def signed_in(name: str, role: str | None = None) -> Client:
    client = Client()
    client.force_login(cast.user(name, role=role))
    return client


def test_the_muster_roll_and_its_files(mei: Person) -> None:
    client = signed_in("hr", "HR")
    page = client.get("/months/?month=2026-11").content.decode()
    assert "Mei" in page
    assert 'data-label="2 Mon">P<span class="second">LATE</span>' in page
    answered = client.get("/months/?month=2026-11&format=xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(answered.getvalue())).active
    assert sheet is not None
    told = {str(row[0]): row[1] for row in sheet.iter_rows(max_row=8, values_only=True)}
    assert (told["Month"], told["State"], told["By"], told["Zone"]) == ("2026-11", "open", "hr", "Europe/Berlin")
    assert "muster-roll-2026-11.xlsx" in answered.headers["Content-Disposition"]
    assert client.get("/months/?month=2026-11&format=pdf").getvalue().startswith(b"%PDF-")


@pytest.mark.parametrize("address", ["/months/late/", "/months/departments/", "/months/overtime/", "/months/by-hour/"])
def test_every_sheet_opens(mei: Person, address: str) -> None:
    client = signed_in("hr", "HR")
    answered = client.get(f"{address}?month=2026-11")
    assert answered.status_code == 200
    assert "Kitchen" in answered.content.decode() or "<svg" in answered.content.decode()
    assert client.get(f"{address}?month=2026-11&format=csv").status_code == 200


def test_a_manager_sees_only_the_own_departments(mei: Person) -> None:
    office.employee("Ben", department="Office")
    client = signed_in("boss", "Manager")
    assert "Mei" not in client.get("/months/?month=2026-11").content.decode()
    assert client.get(f"/people/{mei.pk}/month/").status_code == 403
    DepartmentManager.objects.create(
        department=Department.objects.get(name="Kitchen"), user=User.objects.get(username="boss")
    )
    page = client.get("/months/?month=2026-11").content.decode()
    assert "Mei" in page
    assert "Ben" not in page
    assert client.get(f"/people/{mei.pk}/month/").status_code == 200


def test_the_own_month_says_why_and_takes_a_request_to_the_manager(mei: Person) -> None:
    user = cast.user("mei")
    Person.objects.filter(pk=mei.pk).update(user=user)
    own = Client()
    own.force_login(user)
    page = own.get("/my-month/?month=2026-11").content.decode()
    assert "In at 08:20 is 0:20 after 08:00: late." in page
    refused = own.post(
        f"/people/{mei.pk}/month/correction/", {"day": "2026-11-03", "came": "08:00", "reason": "forgot"}
    )
    assert refused.status_code == 422
    assert "That time is recorded already." in refused.content.decode()
    own.post(f"/people/{mei.pk}/month/correction/", {"day": "2026-11-03", "left": "17:00", "reason": "forgot"})
    asked = Correction.objects.get()
    assert own.get("/requests/").status_code == 403
    boss = signed_in("boss", "Manager")
    assert boss.post(f"/requests/corrections/{asked.pk}/", {"verdict": "approve"}).status_code == 403
    DepartmentManager.objects.create(
        department=Department.objects.get(name="Kitchen"), user=User.objects.get(username="boss")
    )
    assert "forgot" in boss.get("/requests/").content.decode()
    boss.post(f"/requests/corrections/{asked.pk}/", {"verdict": "reject", "decision": ""})
    asked.refresh_from_db()
    assert asked.state == State.REQUESTED
    boss.post(f"/requests/corrections/{asked.pk}/", {"verdict": "approve"})
    page = own.get("/my-month/?month=2026-11").content.decode()
    assert '<abbr title="corrected">REG</abbr>' in page


def test_somebody_without_a_person_is_told(mei: Person) -> None:
    assert "belongs to nobody" in signed_in("lonely").get("/my-month/").content.decode()
    assert signed_in("other").get(f"/people/{mei.pk}/month/").status_code == 403


def test_closing_and_payroll(mei: Person) -> None:
    client = signed_in("hr", "HR")
    assert client.get("/months/payroll/?month=2026-11").status_code == 302
    client.post("/months/close/", {"month": "2026-11"})
    assert MonthClosing.objects.get().month == dt.date(2026, 11, 1)
    page = client.get("/months/?month=2026-11").content.decode()
    assert "Closed" in page
    file = b"".join(client.get("/months/payroll/?month=2026-11")).decode()
    assert file.startswith("employee_number,name,period_from")
    first, second = (client.get("/months/?month=2026-11&format=xlsx").getvalue() for _ in range(2))
    assert first == second
    assert signed_in("clerk", "Clerk").post("/months/close/", {"month": "2026-12"}).status_code == 403
