"""The morning mail goes to those who decide, about their own people, and only when there is news."""

from __future__ import annotations

import datetime as dt
from smtplib import SMTPRecipientsRefused
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend

from attendance import tasks
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


def hr_with_something_to_read(name: str = "hr", email: str = "hr@example.org") -> None:
    hr = cast.user(name, role="HR")
    hr.email = email
    hr.save()


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Tokyo", "America/Los_Angeles", "Pacific/Chatham"])
def test_it_leaves_once_a_day_in_the_morning_of_the_site(zone: str) -> None:
    office.site(zone)
    office.employee("Ada", shift=office.day_shift())
    hr_with_something_to_read()
    left = []
    for hour in range(24):
        moment = dt.datetime(2026, 11, 5, hour, 3, tzinfo=dt.UTC)
        with time_machine.travel(moment, tick=False):
            left.extend([moment.astimezone(ZoneInfo(zone))] * tasks.send_digests())
    (at,) = left
    assert at.hour == digest.MORNING_HOUR
    day = at.date() - dt.timedelta(days=1)
    assert f"{day:%A} {day.day} November 2026" in mail.outbox[0].body


def test_an_address_that_fails_is_logged_and_stops_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    office.employee("Ada", shift=office.day_shift())
    hr_with_something_to_read("hr1", "full@example.org")
    hr_with_something_to_read("hr2", "fine@example.org")
    deliver = EmailBackend.send_messages

    def send_messages(self: EmailBackend, messages: list[EmailMessage]) -> int:
        if messages[0].to == ["full@example.org"]:
            raise SMTPRecipientsRefused({"full@example.org": (552, b"mailbox full")})
        return deliver(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", send_messages)
    with time_machine.travel(office.at("2026-11-05 06:00"), tick=False):
        assert digest.send() == 1
    assert [sent.to for sent in mail.outbox] == [["fine@example.org"]]
    assert "could not be sent" in caplog.text
