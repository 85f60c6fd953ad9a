"""The lists show what was chosen, in the time zone of the site, quickly, and as a file too."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from attendance.core.models import SiteSettings
from attendance.people.models import Person
from attendance.workdays.models import Assignment
from tests import factories
from tests.attendance.workdays import office
from tests.factories import NOON
from tests.web.reading import column

pytestmark = pytest.mark.usefixtures("still")


@pytest.fixture
def still() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


def at(hour: int, *, day: int = 4) -> dt.datetime:
    return dt.datetime(2026, 3, day, hour, tzinfo=dt.UTC)


def test_times_are_the_sites_and_the_zone_is_named(desk: Client) -> None:
    SiteSettings.objects.create(pk=1, time_zone="Asia/Tokyo")
    factories.check_in(factories.person(), at(7))
    page = desk.get(reverse("check_ins")).text
    assert "Wed 4 Mar 2026, 16:00" in page
    assert "times in Asia/Tokyo" in page


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Mei", "Ben"]),
        ("first=2026-03-03&last=2026-03-03", ["Old"]),
        ("first=2026-03-03", ["Mei", "Ben", "Old"]),
        ("q=mei", ["Mei"]),
        ("q=EMP-B", ["Ben"]),
        ("department=1", ["Ben"]),
        ("sort=person", ["Ben", "Mei"]),
        ("sort=nonsense", ["Mei", "Ben"]),
        ("first=2026-03-05&last=2026-03-04", ["Mei", "Ben"]),
        ("first=rubbish", ["Mei", "Ben"]),
        ("page=99", ["Mei", "Ben"]),
        ("person=rubbish", ["Mei", "Ben"]),
    ],
)
def test_a_filter_lives_in_the_address(desk: Client, query: str, names: list[str]) -> None:
    factories.check_in(factories.person("Mei"), at(9))
    factories.check_in(factories.person("Ben", employee_number="EMP-B", department="Sales"), at(8))
    factories.check_in(factories.person("Old"), at(9, day=3))
    sales = Person.objects.get(name="Ben").department_id
    answered = desk.get(f"{reverse('check_ins')}?{query.replace('department=1', f'department={sales}')}")
    assert column(answered.text, "Person") == names


def test_only_one_person_and_a_way_back_to_all(desk: Client) -> None:
    mei, ben = factories.person("Mei"), factories.person("Ben")
    factories.check_in(mei, at(9))
    factories.check_in(ben, at(9))
    answered = desk.get(reverse("check_ins"), {"person": str(mei.pk), "sort": "person"})
    assert column(answered.text, "Person") == ["Mei"]
    assert 'href="?sort=person"' in answered.text


def test_a_wrong_period_is_explained_beside_its_field(desk: Client) -> None:
    page = desk.get(reverse("days"), {"first": "2026-03-05", "last": "2026-03-04"}).text
    assert "This day is before the first one." in page


@pytest.mark.parametrize("name", ["check_ins", "days", "attempts", "present", "expected", "people"])
def test_an_empty_list_says_what_to_do(desk: Client, name: str) -> None:
    page = desk.get(reverse(name)).text
    assert 'class="empty"' in page
    assert "<table" not in page


NAMES = ["=cmd()", "🙂 Zoë", "אבגד", "<b>bold</b>", "x" * 300, "O'Neil", "?", "a/b", ".."]


@pytest.mark.parametrize("name", ["check_ins", "days", "present", "expected", "attempts", "people"])
def test_any_name_is_only_text(desk: Client, name: str) -> None:
    Assignment.objects.create(shift=office.day_shift(week_days="mon-sun"))
    for called in NAMES:
        person = factories.person(called)
        factories.check_in(person, at(9), attempt=factories.attempt(at(9), person=person, answer="matched"))
    assert "<b>bold</b>" not in desk.get(reverse(name)).text
    exported = desk.get(reverse(name), {"format": "csv", "bom": "1"})
    text = exported.getvalue().decode()
    assert text.startswith("\ufeff")
    assert exported.headers["Content-Disposition"].startswith("attachment")
    assert all(called in text for called in NAMES)
    assert "'=cmd()" in text
    assert ",=cmd" not in text


def test_a_file_holds_all_pages_with_the_filter(desk: Client) -> None:
    mei, ben = factories.person("Mei"), factories.person("Ben")
    for minute in range(60):
        factories.check_in(mei, at(9) + dt.timedelta(minutes=minute), "in" if minute % 2 == 0 else "out")
    factories.check_in(ben, at(9))
    assert desk.get(reverse("check_ins"), {"q": "Mei"}).text.count("<tr>") == 51
    lines = desk.get(reverse("check_ins"), {"q": "Mei", "format": "csv"}).getvalue().decode().splitlines()
    assert len(lines) == 61
    assert lines[0].startswith("Time (UTC),Person")


@pytest.mark.parametrize(
    ("name", "most"), [("check_ins", 13), ("days", 24), ("present", 23), ("attempts", 13), ("people", 13)]
)
def test_a_longer_list_asks_no_more_questions(
    desk: Client, django_assert_max_num_queries: Any, name: str, most: int
) -> None:
    door = factories.device()
    for number in range(30):
        person = factories.person(f"Person {number}", department=f"Department {number % 3}")
        attempt = factories.attempt(at(9), person=person, runner_up=person, device=door, answer="matched")
        factories.check_in(person, at(9), attempt=attempt, device=door)
    with django_assert_max_num_queries(most):
        assert desk.get(reverse(name)).text.count("<tr>") == 31
