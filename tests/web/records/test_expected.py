"""The desk sees who has not come although the shift has begun, and nobody who has a reason to be away."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from attendance.core.models import User
from attendance.people.models import Person
from attendance.reports import expected
from attendance.workdays.models import Employment, Leave, State
from tests import factories
from tests.attendance.workdays import office
from tests.web.reading import column

pytestmark = pytest.mark.django_db
NINE = "2026-11-02 09:00"
"""A Monday; the day shift has begun an hour ago."""


@pytest.fixture(autouse=True)
def _monday() -> object:
    office.site()
    with time_machine.travel(office.at(NINE), tick=False):
        yield


def states() -> dict[str, str]:
    made = expected.table(expected.expected(zone=office.BERLIN), zone=office.BERLIN)
    return {str(getattr(row[0], "text", row[0])): str(getattr(row[-1], "text", row[-1])) for row in made.rows}


def test_each_state_is_distinguished() -> None:
    day = office.day_shift(grace_late_minutes=10)
    late = office.day_shift(name="Late", start=dt.time(14), end=dt.time(22), breaks="")
    office.employee("Missing", shift=day)
    office.punches(office.employee("Punctual", shift=day), "2026-11-02 08:10")
    office.punches(office.employee("Tardy", shift=day), "2026-11-02 08:11")
    office.employee("Later", shift=late)
    Employment.objects.filter(person=office.employee("Gone", shift=day)).update(left=dt.date(2026, 10, 31))
    office.employee("Flexible", shift=office.day_shift(name="Flex", flexible=True))
    office.employee("Weekender", shift=office.day_shift(name="Weekend", week_days="sat-sun"))
    office.employee("Without a shift")
    away = office.employee("Away", shift=day)
    today = dt.date(2026, 11, 2)
    Leave.objects.create(
        person=away, type=office.leave_type(), first=today, last=today, state=State.APPROVED,
        requested_at=office.at(NINE), reason="",
    )  # fmt: skip
    assert states() == {
        "Missing": "not seen",
        "Punctual": "on time",
        "Tardy": "came late",
        "Flexible": "not due yet",
        "Later": "not due yet",
    }


@pytest.mark.parametrize(("minutes", "state"), [(10, "not due yet"), (11, "not seen")])
def test_the_grace_is_waited_for(minutes: int, state: str) -> None:
    office.employee("Mei", shift=office.day_shift(grace_late_minutes=10))
    with time_machine.travel(office.at(f"2026-11-02 08:{minutes:02}"), tick=False):
        assert states() == {"Mei": state}


def test_the_tiles_count_what_their_lists_show(desk: Client) -> None:
    day = office.day_shift()
    for name in ("Mei", "Ben"):
        office.employee(name, shift=day)
    office.employee("Later", shift=office.day_shift(name="Late", start=dt.time(14), end=dt.time(22), breaks=""))
    office.punches(office.employee("Ann", shift=day), "2026-11-02 08:00")
    answered = desk.get(reverse("today"))
    standing = answered.context["standing"]
    assert (standing.expected, standing.missing, standing.late) == (4, 3, 2)
    for shown, names in (
        ("missing", ["Ben", "Mei", "Later"]),
        ("late", ["Ben", "Mei"]),
        ("", ["Ben", "Mei", "Ann", "Later"]),
    ):
        assert column(desk.get(reverse("expected"), {"shown": shown}).text, "Person") == names
    assert [f"{reverse('expected')}?shown={shown}" in answered.text for shown in ("missing", "late")] == [True, True]
    file = desk.get(reverse("expected"), {"shown": "late", "format": "csv"}).getvalue().decode()
    assert file.count("not seen") == 2


@pytest.mark.slow
def test_more_people_ask_no_more_questions(desk: Client) -> None:
    day = office.day_shift()
    asked = []
    for number in range(12):
        office.punches(office.employee(f"Person {number}", shift=day, department=f"D{number}"), "2026-11-02 08:00")
        with CaptureQueriesContext(connection) as queries:
            desk.get(reverse("expected"))
        asked.append(len(queries))
    assert asked[-1] == asked[1]


def test_where_no_shift_is_planned_nothing_is_expected(desk: Client) -> None:
    factories.person("Mei")
    answered = desk.get(reverse("today"))
    assert answered.context["standing"].expected == 0
    assert reverse("expected") not in answered.text
    assert "Nobody is expected" in desk.get(reverse("expected")).text


def test_only_who_reads_reports_sees_it(client: Client, stranger: User) -> None:
    client.force_login(stranger)
    assert client.get(reverse("expected")).status_code == 403


def test_the_tile_of_the_unrecognized_leads_to_all_of_them(desk: Client) -> None:
    factories.person("Mei")
    at = office.at("2026-11-02 08:30").astimezone(dt.UTC)
    for answer in ("unknown", "ambiguous", "refused", "matched"):
        factories.attempt(at, answer=answer)
    answered = desk.get(reverse("today"))
    assert answered.context["standing"].not_recognized == 3
    address = f"{reverse('attempts')}?first=2026-11-02&amp;last=2026-11-02&amp;answer=unmatched"
    assert address in answered.text
    listed = desk.get(address.replace("&amp;", "&")).context["rows"]
    assert {row["attempt"].answer for row in listed} == {"unknown", "ambiguous", "refused"}
    assert Person.objects.count() == 1
