"""Overtime is paid only after somebody with the right has approved it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from attendance.core.models import User
from attendance.people.models import Department, Person
from attendance.reports import month
from attendance.workdays.models import DepartmentManager, OvertimeApproval, WorkRules
from tests import cast
from tests.attendance.workdays import office
from tests.cast import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    office.site()
    WorkRules.objects.create(pk=1, content={"overtime_needs_approval": True})
    with time_machine.travel(office.at("2026-11-20 12:00"), tick=False) as travelled:
        yield travelled


@pytest.fixture
def mei() -> Person:
    person = office.employee("Mei", shift=office.day_shift(), department="Kitchen")
    office.punches(person, "2026-11-02 08:00", "2026-11-02 18:30", "2026-11-03 08:00", "2026-11-03 17:45")
    return person


def sums(person: Person) -> tuple[int, int]:
    of = month.month(dt.date(2026, 11, 1))
    (each,) = month.summarize(of, Person.objects.filter(pk=person.pk))
    return sum(each.totals["overtime_by_rate"].values()), each.totals["overtime_to_approve"]


def approve(client: Client, *lines: str) -> str:
    sent = {"month": "2026-11", "line": list(lines)}
    return client.post(reverse("approve_overtime"), sent, follow=True).text


def test_what_is_ticked_is_paid_and_the_rest_waits(mei: Person) -> None:
    hr = signed_in("hr", "HR")
    page = hr.get(f"{reverse('overtime_requests')}?month=2026-11").text
    assert "1:30" in page
    assert "0:45" in page
    assert sums(mei) == (0, 135 * 60)
    assert "Approved: 1 line." in approve(hr, f"{mei.pk}:2026-11-02:5400")
    assert sums(mei) == (90 * 60, 45 * 60)
    # a double click, or a line that somebody else approved meanwhile
    assert "1 no longer waited" in approve(hr, f"{mei.pk}:2026-11-02:5400")
    assert OvertimeApproval.objects.count() == 1
    assert "Nothing was ticked" in approve(hr)


def test_what_became_other_since_the_page_was_shown_is_named_and_not_approved(mei: Person) -> None:
    hr = signed_in("hr", "HR")
    page = hr.get(f"{reverse('overtime_requests')}?month=2026-11").text
    seen = re.findall('name="line" value="([^"]*)"', page)
    assert seen == [f"{mei.pk}:2026-11-02:5400", f"{mei.pk}:2026-11-03:2700"]
    office.punches(mei, "2026-11-02 20:00", "2026-11-02 23:30")
    said = approve(hr, *seen)
    assert "Approved: 1 line." in said
    assert "Not approved: Mei, Mon 2 Nov 2026: was 1:30 when you looked, is 5:00 now. Look again." in said
    assert "no longer waited" not in said
    assert sums(mei) == (45 * 60, 300 * 60)
    assert "Approved: 1 line." in approve(hr, f"{mei.pk}:2026-11-02:18000")
    assert sums(mei) == (345 * 60, 0)


def test_the_filter_stays_after_approving(mei: Person) -> None:
    hr = signed_in("hr", "HR")
    address = f"{reverse('overtime_requests')}?month=2026-11&department=Kitchen&q=Mei"
    page = hr.get(address).text
    action = page.partition(f'action="{reverse("approve_overtime")}')[2].partition('"')[0].replace("&amp;", "&")
    sent = {"month": "2026-11", "line": f"{mei.pk}:2026-11-02:5400"}
    assert hr.post(reverse("approve_overtime") + action, sent).headers["Location"] == address


def test_the_tile_is_paid_and_the_column_says_what_waits(mei: Person) -> None:
    """The sums of the tiles are that of the column."""
    hr = signed_in("hr", "HR")
    approve(hr, f"{mei.pk}:2026-11-02:5400")
    page = hr.get(f"{reverse('person_month', args=[mei.pk])}?month=2026-11")
    tiles = dict(page.context["totals"])
    assert (tiles["Overtime paid"], tiles["Overtime to approve"]) == ("1:30", "0:45")
    assert "Overtime" not in tiles
    days = {day["date"].day: (day["overtime"], day["waits"]) for day in page.context["days"]}
    assert (days[2], days[3]) == (("1:30", False), ("0:45", True))
    assert '0:45 <span class="soft small">to approve</span>' in page.text


def test_a_later_fact_of_the_day_asks_again(mei: Person, clock: Any) -> None:
    hr = signed_in("hr", "HR")
    approve(hr, f"{mei.pk}:2026-11-03:2700")
    assert sums(mei)[0] == 45 * 60
    clock.shift(dt.timedelta(days=1))
    own = signed_in("mei")
    Person.objects.filter(pk=mei.pk).update(user=own.session["_auth_user_id"])
    hr.force_login(cast.user("hr2", role="HR"))
    own.post(
        f"/people/{mei.pk}/month/correction/", {"day": "2026-11-03", "came": "06:00", "left": "07:00", "reason": "x"}
    )
    request = mei.corrections.get()
    hr.post(f"/requests/corrections/{request.pk}/", {"verdict": "approve"})
    assert sums(mei) == (0, 135 * 60 + 3600)


def test_a_manager_decides_about_the_own_department_and_nobody_about_oneself(mei: Person) -> None:
    boss = signed_in("boss", "Manager")
    assert "1:30" not in boss.get(f"{reverse('overtime_requests')}?month=2026-11").text
    assert boss.post(reverse("approve_overtime"), {"line": f"{mei.pk}:2026-11-02:5400"}).status_code == 403
    user = User.objects.get(username="boss")
    DepartmentManager.objects.create(department=Department.objects.get(name="Kitchen"), user=user)
    assert "1:30" in boss.get(f"{reverse('overtime_requests')}?month=2026-11").text
    Person.objects.filter(pk=mei.pk).update(user=user)
    assert boss.post(reverse("approve_overtime"), {"line": f"{mei.pk}:2026-11-02:5400"}).status_code == 403
    assert signed_in("clerk", "Clerk").get(reverse("overtime_requests")).status_code == 403


def test_where_overtime_counts_at_once_the_page_says_so(mei: Person) -> None:
    WorkRules.objects.update(content={})
    assert "needs no approval here" in signed_in("hr", "HR").get(reverse("overtime_requests")).text


@pytest.mark.parametrize(
    "line", ["x", "1:", ":2026-11-02:60", "1:2026-13-01:60", "1:2026-11-02", "1:2026-11-02:", "1:2026-11-02:-1"]
)
def test_a_forged_line_is_refused(line: str) -> None:
    assert signed_in("hr", "HR").post(reverse("approve_overtime"), {"line": line}).status_code == 403
