"""Whoever forgot to check out is asked at the door, once and briefly, and a manager decides."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from attendance.checkins import device_pairing, devices
from attendance.checkins.models import CheckIn
from attendance.core.models import User
from attendance.people import roster
from attendance.people.models import Person
from attendance.workdays.models import Correction, State
from attendance.workdays.requests import corrections, forgotten_out
from tests.attendance.conftest import again, own_folders, submit  # noqa: F401  (fixtures)
from tests.attendance.workdays import office

pytestmark = pytest.mark.django_db
MORNING = "2026-11-03 08:00"


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    office.site()
    with time_machine.travel(office.at(MORNING), tick=False) as travelled:
        yield travelled


@pytest.fixture
def tablet(administrator: User) -> Client:
    return paired("Gate 2", administrator)


def paired(name: str, administrator: User) -> Client:
    client = Client()
    device = devices.add(name=name, actor=administrator)
    client.post(reverse("kiosk_pair"), {"code": device_pairing.issue(device, actor=administrator)})
    return client


@pytest.fixture
def mei() -> Person:
    """Came on Monday the 2nd and never checked out; left at 17:40 on Friday."""
    person = office.employee("Mei Chen", shift=office.day_shift(), employee_number="117")
    roster.set_pin(person, "4718", actor=None)
    office.punches(person, "2026-10-30 08:00", "2026-10-30 17:40", "2026-11-02 08:02")
    return person


def check_in(tablet: Client) -> dict[str, Any]:
    answered: dict[str, Any] = tablet.post(reverse("kiosk_pin"), {"employee_number": "117", "pin": "4718"}).json()
    return answered


def answer(client: Client, token: str, left: str) -> dict[str, Any]:
    answered: dict[str, Any] = client.post(reverse("kiosk_left"), {"token": token, "left": left}).json()
    return answered


def test_the_morning_after_the_door_asks_and_the_answer_waits_for_a_manager(tablet: Client, mei: Person) -> None:
    answered = check_in(tablet)
    assert (answered["answer"], answered["direction"]) == ("recorded", "in")
    asked = answered["question"]
    assert (asked["text"], asked["times"]) == ("When did you leave yesterday?", ["17:00", "17:40"])
    assert answer(tablet, asked["token"], "17:40")["answer"] == "asked"
    request = Correction.objects.get()
    assert (request.state, request.day, request.reason) == (State.REQUESTED, dt.date(2026, 11, 2), "asked at the door")
    assert request.entries.get().at == office.at("2026-11-02 17:40")
    # a double tap, or the question of a second door, makes no second request
    assert answer(tablet, asked["token"], "17:40")["code"] == "nothing_forgotten"
    assert "question" not in check_in(tablet)


def test_put_off_it_is_asked_again(tablet: Client, mei: Person, clock: Any) -> None:
    assert "question" in check_in(tablet)
    assert "question" in check_in(tablet)  # "already": whoever was lost from view meanwhile
    clock.move_to(office.at("2026-11-03 17:00"))
    answered = check_in(tablet)
    assert (answered["direction"], "question" in answered) == ("out", True)


def test_nobody_else_is_asked(tablet: Client, mei: Person) -> None:
    CheckIn.objects.filter(at=office.at("2026-11-02 08:02")).delete()
    assert "question" not in check_in(tablet)


@pytest.mark.parametrize(
    ("left", "code"),
    [("7:00", "left_too_late"), ("08:02", "left_too_late"), ("", "time_unreadable"), ("25:99", "time_unreadable")],
)
def test_an_impossible_time_makes_no_request(tablet: Client, mei: Person, left: str, code: str) -> None:
    answered = answer(tablet, check_in(tablet)["question"]["token"], left)
    assert (answered["answer"], answered["code"]) == ("refused", code)
    assert answered["message"]
    assert not Correction.objects.exists()


def test_the_question_belongs_to_its_door_and_its_moment(
    tablet: Client, mei: Person, administrator: User, clock: Any
) -> None:
    token = check_in(tablet)["question"]["token"]
    assert answer(paired("Gate 3", administrator), token, "17:00")["code"] == "question_over"
    assert answer(tablet, f"{token}x", "17:00")["code"] == "question_over"
    clock.shift(forgotten_out.ANSWER_SECONDS + 1)
    assert answer(tablet, token, "17:00")["code"] == "question_over"
    assert not Correction.objects.exists()


def test_not_me_takes_the_answer_back_and_the_other_way_keeps_it(tablet: Client, mei: Person) -> None:
    answered = check_in(tablet)
    answer(tablet, answered["question"]["token"], "17:00")
    tablet.post(reverse("kiosk_undo"), {"undo": answered["undo"], "kind": "not_me"})
    assert Correction.objects.get().state == State.WITHDRAWN
    assert answer(tablet, answered["question"]["token"], "17:00")["code"] == "question_over"
    answered = check_in(tablet)
    tablet.post(reverse("kiosk_undo"), {"undo": answered["undo"], "kind": "other_direction"})
    assert answer(tablet, answered["question"]["token"], "17:00")["answer"] == "asked"


def test_a_night_is_asked_about_as_the_night(tablet: Client, clock: Any) -> None:
    noor = office.employee("Noor", shift=office.night_shift(), employee_number="117")
    roster.set_pin(noor, "4718", actor=None)
    office.punches(noor, "2026-11-02 22:00")
    clock.move_to(office.at("2026-11-03 21:55"))
    asked = check_in(tablet)["question"]
    assert (asked["text"], asked["times"]) == ("When did you leave after last night's shift?", ["06:00"])
    answer(tablet, asked["token"], "06:10")
    assert Correction.objects.get().entries.get().at == office.at("2026-11-03 06:10")


def test_without_a_shift_nothing_is_suggested_that_nobody_did(tablet: Client) -> None:
    ben = office.employee("Ben", employee_number="117")
    roster.set_pin(ben, "4718", actor=None)
    office.punches(ben, "2026-11-02 08:00")
    asked = check_in(tablet)["question"]
    assert (asked["text"], asked["times"]) == ("When did you leave yesterday?", [])


def test_what_fails_in_asking_fails_no_check_in(tablet: Client, mei: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(person: Person) -> None:
        raise ValueError(person)

    monkeypatch.setattr(corrections, "forgotten_out", broken)
    answered = check_in(tablet)
    assert (answered["answer"], "question" in answered) == ("recorded", False)


def test_at_a_desk_the_page_asks_too(client: Client, mei: Person, stranger: User, hopper_jpeg: bytes) -> None:
    submit(mei, hopper_jpeg)
    Person.objects.filter(pk=mei.pk).update(user=stranger)
    client.force_login(stranger)
    photo = SimpleUploadedFile("me.jpg", again(hopper_jpeg), "image/jpeg")
    page = client.post(reverse("check_in"), {"photo": photo}, follow=True)
    assert "When did you leave yesterday?" in page.text
    token = page.context["answer"].question["token"]
    refused = client.post(reverse("check_in_left"), {"token": token, "left": "8:00"})
    assert (refused.status_code, Correction.objects.count()) == (400, 0)
    sent = client.post(reverse("check_in_left"), {"token": token, "left": "17:00"}, follow=True)
    assert "17:00 waits for your manager" in sent.text
    assert Correction.objects.get().requested_by == stranger
