"""The first page shows the state of the day, and to each person what concerns them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from attendance.core.models import User
from attendance.people.models import Person
from tests import factories
from tests.factories import NOON


@pytest.fixture(autouse=True)
def still() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


def test_nobody_yet_says_what_to_do_first(desk: Client) -> None:
    page = desk.get(reverse("today")).text
    assert reverse("enrol") in page
    assert reverse("settings") in page


def test_counts_lead_to_their_lists(desk: Client, django_assert_max_num_queries: Any) -> None:
    mei, ben = factories.person("Mei"), factories.person("Ben")
    factories.check_in(mei, NOON - dt.timedelta(hours=3))
    factories.check_in(ben, NOON - dt.timedelta(hours=3))
    factories.check_in(ben, NOON - dt.timedelta(hours=1), "out")
    factories.check_in(ben, NOON - dt.timedelta(hours=28))
    factories.attempt(NOON - dt.timedelta(hours=1), answer="unknown")
    factories.device("Silent", paired_at=NOON, last_seen_at=NOON - dt.timedelta(hours=1))
    factories.device("Awake", paired_at=NOON, last_seen_at=NOON)
    with django_assert_max_num_queries(35):
        answered = desk.get(reverse("today"))
    standing = answered.context["standing"]
    assert (standing.present, standing.came, standing.enrolled) == (1, 2, 2)
    assert (standing.not_recognized, standing.yesterday_to_check) == (1, 1)
    assert (standing.silent_doors, standing.doors) == (1, 2)
    for name in ("present", "days", "attempts", "people", "devices"):
        assert f'href="{reverse(name)}' in answered.text


def test_somebody_without_rights_sees_only_the_own_day(client: Client, stranger: User) -> None:
    client.force_login(stranger)
    assert "not linked to a person" in client.get(reverse("today")).text
    mei = factories.person("Mei", user=stranger)
    factories.check_in(mei, NOON - dt.timedelta(hours=3))
    factories.check_in(mei, NOON - dt.timedelta(hours=1), "out")
    factories.check_in(factories.person("Ben"), NOON - dt.timedelta(hours=2))
    page = client.get(reverse("today")).text
    assert "2:00" in page
    assert "Ben" not in page
    assert Person.objects.count() == 2
