"""Guessing of passwords is slowed by account, by address and by both; whoever is locked out comes in by a link."""

from __future__ import annotations

import datetime as dt
import io
import re

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from attendance.core.models import AuditEntry, User
from attendance.people.models import Person
from tests.cast import PASSWORD, signed_in

pytestmark = pytest.mark.django_db
NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
SPELLINGS = ("cleo", "CLEO", " cleo ", "\uff43\uff4c\uff45\uff4f", "cle\u2092", "\u24d2leo", "\U0001d41cleo")
"""All of them are the account `cleo` after NFKC, or differ from it in case and white space."""


def sign_in(client: Client, name: str, *, password: str = "wrong", address: str = "192.0.2.7") -> int:
    return client.post(reverse("sign_in"), {"username": name, "password": password}, REMOTE_ADDR=address).status_code


def test_other_spellings_of_a_locked_name_are_locked_too(client: Client, clerk: User) -> None:
    assert [sign_in(client, name) for name in SPELLINGS] == [200] * 5 + [429] * 2
    assert sign_in(client, "\uff43leo", password=PASSWORD) == 429


def test_one_password_over_many_names_is_slowed(client: Client, clerk: User) -> None:
    with time_machine.travel(NOON, tick=False) as now:
        answers = [sign_in(client, f"name{number}", password="Summer2026!") for number in range(60)]
        assert answers == [200] * 30 + [429] * 30
        assert sign_in(client, "cleo", password=PASSWORD) == 429, "from there"
        assert sign_in(Client(), "cleo", password=PASSWORD, address="192.0.2.8") == 302
        now.shift(6)
        assert sign_in(client, "name60") == 200
        now.shift(6)
        assert sign_in(client, "name61") == 429, "the wait has grown"


def test_a_right_password_does_not_wash_off_the_wrong_ones_of_that_address(client: Client, clerk: User) -> None:
    for number in range(29):
        sign_in(client, f"name{number}")
    assert sign_in(client, "cleo", password=PASSWORD) == 302
    assert [sign_in(Client(), f"other{number}") for number in range(2)] == [200, 429]


def test_one_account_from_many_addresses_is_slowed(client: Client, clerk: User) -> None:
    answers = [sign_in(client, "cleo", address=f"198.51.100.{number}") for number in range(52)]
    assert answers == [200] * 50 + [429] * 2


def test_whoever_is_locked_out_comes_in_by_a_link_once(desk: Client, client: Client, clerk: User) -> None:
    person = Person.objects.create(employee_number="5", name="Cleo Clerk", user=clerk, created_at=NOON)
    for _ in range(6):
        sign_in(Client(), "cleo", address="127.0.0.1")
    page = desk.post(reverse("issue_sign_in_link", args=[person.pk]), follow=True).text
    found = re.search(r"http://testserver(/sign-in/link/[^\s<]+)", page)
    assert found
    browser = Client()
    assert browser.get(found[1]).status_code == 200
    assert browser.get(reverse("today")).status_code == 302, "looking at it does not use it up"
    assert browser.post(found[1]).headers["Location"] == reverse("today")
    assert browser.get(reverse("today")).status_code == 200
    assert Client().get(found[1]).status_code == Client().post(found[1]).status_code == 410
    assert sign_in(Client(), "cleo", password=PASSWORD, address="127.0.0.1") == 302, "the wait is over with it"
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", "subject"))
    assert actions == [(f"people.{name}_sign_in_link", f"user:{clerk.pk}") for name in ("issue", "use")]


def test_a_link_is_over_after_a_quarter_of_an_hour_and_with_another_password(clerk: User) -> None:
    with time_machine.travel(NOON, tick=False) as now:
        first, second = link("cleo"), link("cleo")
        clerk.set_password("another password")
        clerk.save()
        assert Client().post(first).status_code == 410
        second = link("cleo")
        now.shift(901)
        assert Client().post(second).status_code == 410
    assert Client().post("/sign-in/link/made-up/").status_code == 410


def test_nobody_comes_to_further_rights_by_a_link(administrator: User, clerk: User) -> None:
    root = User.objects.create_superuser("root", password="x")
    for user in (root, administrator, clerk):
        Person.objects.create(employee_number=user.username, name=user.username, user=user, created_at=NOON)
    keeper = signed_in("kim", "Administrator")
    kim = User.objects.get(username="kim")
    numbers = {person.employee_number: person.pk for person in Person.objects.all()}

    def shown(name: str) -> bool:
        page = keeper.post(reverse("issue_sign_in_link", args=[numbers[name]]), follow=True).text
        return "/sign-in/link/" in page

    assert [shown(name) for name in ("cleo", "ada", "root")] == [True, True, False]
    kim.groups.clear()
    assert keeper.post(reverse("issue_sign_in_link", args=[numbers["cleo"]])).status_code == 403


def test_the_command_lets_in_the_administrator_too(administrator: User) -> None:
    assert Client().post(link("ada")).headers["Location"] == reverse("today")
    with pytest.raises(CommandError, match="no account nobody"):
        link("nobody")


def link(name: str) -> str:
    written = io.StringIO()
    call_command("sign_in_link", name, stdout=written)
    return written.getvalue().strip()
