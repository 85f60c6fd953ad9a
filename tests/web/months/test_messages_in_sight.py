"""After a form that lies far down a page, what became of it is in sight: the browser is led to the messages."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from attendance.people.models import Person
from attendance.workdays.models import Adjustment, LeaveType
from tests.attendance.workdays import office
from tests.attendance.workdays.closings import NOVEMBER, close

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("december")]
ROOT = Path(__file__).resolve().parents[3]


def test_a_request_leads_to_its_message(hr: Client, mei: Person) -> None:
    office.leave_type()
    asked = {"day": "2026-11-03", "left": "17:00", "reason": "x"}
    leave = {"kind": LeaveType.objects.get().pk, "first": "2026-11-02", "last": "2026-11-03", "part": "full"}
    for page, typed in (("ask_correction", asked), ("ask_leave", leave)):
        answered = hr.post(f"{reverse(page, args=[mei.pk])}?month=2026-11#mend", typed)
        address = answered.headers["Location"]
        assert "?month=2026-11" in address  # a correction stays on its day
        assert address.endswith("#messages")
        shown = hr.get(answered.headers["Location"]).text
        assert re.search(r'id="messages".*Asked\. It counts', shown, re.DOTALL)


def test_what_was_refused_is_said_where_the_page_comes_back(hr: Client, mei: Person) -> None:
    office.leave_type()
    leave = {"kind": LeaveType.objects.get().pk, "first": "2026-11-09", "last": "2026-11-04", "part": "full"}
    shown = hr.post(f"{reverse('ask_leave', args=[mei.pk])}?month=2026-11#mend", leave).text
    top = shown.partition('id="mend"')[2].partition("<form")[0]
    assert "Not asked yet. The last day lies before the first." in top


def test_entries_lead_to_their_message(hr: Client, mei: Person) -> None:
    Person.objects.filter(pk=mei.pk).update(employee_number="7")
    close(NOVEMBER, "2026-12-05 12:00")
    typed = {"employee_number": "7", "month": "2026-11", "quantity": "standard", "amount": "1:00", "reason": "x"}
    refused = hr.post(f"{reverse('adjustments')}#enter", {**typed, "amount": "much"}).text
    assert "Not entered yet" in refused.partition('id="enter"')[2].partition("<form")[0]
    assert hr.post(f"{reverse('adjustments')}#enter", typed).headers["Location"].endswith("/adjustments/#messages")
    entry = Adjustment.objects.get()
    gone = hr.post(reverse("withdraw_adjustment", args=[entry.pk]))
    assert gone.headers["Location"].endswith("/adjustments/#messages")
    assert entry.month == dt.date(2026, 11, 1)


def test_no_redirect_names_another_place() -> None:
    """Every redirect with an anchor goes to the messages, and every form with an anchor is tried above."""
    code = {file.name: file.read_text() for file in (ROOT / "attendance" / "web").rglob("*.py")}
    anchored = re.compile(r"[Rr]edirect\([^\n]*#")
    assert [name for name, text in code.items() if anchored.search(text)] == ["answers_above.py"]
    pages = {file.name: file.read_text() for file in (ROOT / "templates").rglob("*.html")}
    forms = re.compile(r'action="[^"]*(?:"[^"]*"[^"]*)*?#([a-z]+)"')
    found = {(name, form) for name, text in pages.items() for form in forms.findall(text)}
    tried = {("_month_requests.html", "mend"), ("adjustments.html", "enter")}
    assert found == {*tried, ("approved_request.html", "answer")}  # the last in tests/browser/test_in_sight.py
