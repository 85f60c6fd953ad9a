"""A desk compares people with themselves only, and a double click or a reload records once."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from attendance.checkins.models import Attempt, CheckIn
from attendance.core.models import User
from attendance.enrolment import membership
from attendance.people import roster
from attendance.people.models import Person
from tests.attendance.conftest import own_folders, submit  # noqa: F401  (fixtures)


def enrol(name: str, number: str, jpeg: bytes, *, actor: User) -> Person:
    person = roster.add(employee_number=number, name=name, actor=actor)
    submit(person, jpeg)
    return person


@pytest.fixture
def eileen(administrator: User, astronaut_jpeg: bytes) -> Person:
    return enrol("Eileen Collins", "1", astronaut_jpeg, actor=administrator)


@pytest.fixture
def grace(administrator: User, hopper_jpeg: bytes, stranger: User) -> Person:
    person = enrol("Grace Hopper", "2", hopper_jpeg, actor=administrator)
    person.user = stranger
    person.save()
    return person


def photo(jpeg: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("Übung 😀.jpg", jpeg, "image/jpeg")


def send(client: Client, jpeg: bytes, **more: str) -> Any:
    return client.post(reverse("check_in"), {"photo": photo(jpeg), **more}, follow=True)


def test_somebody_is_verified_against_their_own_photo(client: Client, grace: Person, hopper_jpeg: bytes) -> None:
    assert grace.user is not None
    client.force_login(grace.user)
    page = send(client, hopper_jpeg, channel="webcam")
    assert "IN at" in page.text
    check_in = CheckIn.objects.get()
    assert (check_in.person, check_in.channel, check_in.method) == (grace, "webcam", "verify")
    assert check_in.attempt is not None
    assert (check_in.attempt.user, check_in.attempt.comparisons) == (grace.user, 1)


@pytest.mark.slow
def test_another_face_is_never_named(client: Client, grace: Person, eileen: Person, astronaut_jpeg: bytes) -> None:
    assert grace.user is not None
    client.force_login(grace.user)
    page = send(client, astronaut_jpeg)
    assert "does not match your own photo" in page.text
    assert "Eileen" not in page.text
    assert not CheckIn.objects.exists()
    attempt = Attempt.objects.get()
    assert (attempt.answer, attempt.person, attempt.runner_up) == ("unknown", None, None)


def test_searching_everybody_needs_the_right(
    client: Client, grace: Person, eileen: Person, astronaut_jpeg: bytes
) -> None:
    assert grace.user is not None
    client.force_login(grace.user)
    assert send(client, astronaut_jpeg, who="everybody").status_code == 403
    assert not Attempt.objects.exists()


def test_whoever_may_identify_checks_in_anybody(
    client: Client, administrator: User, eileen: Person, grace: Person, astronaut_jpeg: bytes
) -> None:
    client.force_login(administrator)
    page = send(client, astronaut_jpeg, who="everybody")
    assert "Eileen" in page.text
    check_in = CheckIn.objects.get()
    assert (check_in.person, check_in.channel, check_in.method) == (eileen, "upload", "identify")


@pytest.mark.slow
def test_a_double_click_and_a_reload_are_one_record(client: Client, grace: Person, hopper_jpeg: bytes) -> None:
    assert grace.user is not None
    client.force_login(grace.user)
    sent = client.post(reverse("check_in"), {"photo": photo(hopper_jpeg)})
    again = send(client, hopper_jpeg)
    assert "Already recorded at" in again.text
    for _ in range(2):
        assert "IN at" in client.get(sent.headers["Location"]).text
    assert CheckIn.objects.count() == 1


def test_a_mistake_is_taken_back_once(client: Client, grace: Person, hopper_jpeg: bytes) -> None:
    assert grace.user is not None
    client.force_login(grace.user)
    page = send(client, hopper_jpeg)
    fields = {"undo": page.context["answer"].undo, "attempt": Attempt.objects.get().pk, "kind": "other_direction"}
    assert "OUT at" in client.post(reverse("check_in_undo"), fields, follow=True).text
    again = client.post(reverse("check_in_undo"), fields)
    assert (again.status_code, "taken back already" in again.text) == (400, True)
    assert CheckIn.objects.get(voided_at=None).direction == "out"


def test_an_account_without_a_person_is_explained(client: Client, stranger: User, hopper_jpeg: bytes) -> None:
    client.force_login(stranger)
    assert "not linked to anybody" in client.get(reverse("check_in")).text
    assert "not linked to anybody" in send(client, hopper_jpeg).text
    assert not Attempt.objects.exists()


def test_answers_of_others_are_not_found(
    client: Client, administrator: User, clerk: User, eileen: Person, astronaut_jpeg: bytes
) -> None:
    client.force_login(administrator)
    sent = client.post(reverse("check_in"), {"photo": photo(astronaut_jpeg), "who": "everybody"})
    client.force_login(clerk)
    assert client.get(sent.headers["Location"]).status_code == 404
    for odd in ("x", "9" * 30, "-1", ""):
        assert client.get(reverse("check_in"), {"attempt": odd}).status_code == 404


def test_somebody_deactivated_cannot_check_in(
    client: Client, grace: Person, administrator: User, hopper_jpeg: bytes
) -> None:
    assert grace.user is not None
    client.force_login(grace.user)
    membership.deactivate(grace, actor=administrator)
    assert "not linked to anybody" in send(client, hopper_jpeg).text
    assert not CheckIn.objects.exists()


@pytest.mark.parametrize("junk", [b"not a picture", b"GIF89a", b"\xff\xd8\xff"])
def test_a_wrong_file_says_what_works(client: Client, grace: Person, junk: bytes) -> None:
    assert grace.user is not None
    client.force_login(grace.user)
    page = send(client, junk)
    assert "not a picture we can read" in page.text
    assert client.post(reverse("check_in"), {}).status_code == 400
