"""The face of somebody who has a look-alike is never enough at a door: number and PIN say who it is."""

# ruff: noqa: F811  (fixtures are imported by name)

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from attendance.checkins.models import Attempt, CheckIn
from attendance.core.models import User
from attendance.enrolment import embedding, membership, photos
from attendance.people import roster
from attendance.people.models import Person
from attendance.privacy import erasure
from attendance.recognition import pairs
from attendance.recognition.models import LookAlikePair
from attendance.reports import look_alikes
from attendance.workdays.requests import reviews
from tests.attendance.conftest import Enrol, again, enrol, own_folders  # noqa: F401
from tests.web.door.test_kiosk_faces import check_in, frames, tablet  # noqa: F401

pytestmark = pytest.mark.django_db

Twins = tuple[Person, Person]
ANN_PIN, BEA_PIN = "4718", "9305"


@pytest.fixture
def twins(enrol: Enrol, astronaut_jpeg: bytes, hopper_jpeg: bytes) -> Twins:
    """Two people with one face, of whom somebody has said that they are two; and a third one."""
    ann = enrol("1", astronaut_jpeg, name="Ann Twin")
    bea = enrol("2", again(astronaut_jpeg, quality=70), name="Bea Twin")
    enrol("3", hopper_jpeg, name="Grace Hopper")
    row = embedding.current(bea)
    assert row is not None
    embedding.resolve_look_alike(row, verdict="different_people", actor=None)
    return ann, bea


def settle(tablet: Client, face: bytes, *, ticket: str, number: str, pin: str = "") -> dict[str, Any]:
    sent = {"frame": frames(face), "ticket": ticket, "employee_number": number, "pin": pin}
    answer: dict[str, Any] = tablet.post(reverse("kiosk_number"), sent).json()
    return answer


def test_the_other_twins_number_is_not_enough(tablet: Client, twins: Twins, astronaut_jpeg: bytes) -> None:
    for person, pin in zip(twins, (ANN_PIN, BEA_PIN), strict=True):
        roster.set_pin(person, pin, actor=None)
    asked = check_in(tablet, astronaut_jpeg)
    assert (asked["answer"], asked["asks_for_pin"]) == ("ambiguous", True)

    def typed(number: str, pin: str) -> dict[str, Any]:
        return settle(tablet, astronaut_jpeg, ticket=asked["ticket"], number=number, pin=pin)

    assert typed("2", "")["code"] == "pin_needed"
    assert typed("2", ANN_PIN)["code"] == "wrong_pin"
    assert not CheckIn.objects.exists()
    settled = typed("2", BEA_PIN)
    assert (settled["answer"], settled["name"]) == ("recorded", "Bea")
    assert Attempt.objects.order_by("-pk")[0].code != "look_alike_without_pin"
    assert not reviews.waiting().exists()


def test_guessing_the_pin_is_limited(tablet: Client, twins: Twins, astronaut_jpeg: bytes) -> None:
    roster.set_pin(twins[1], BEA_PIN, actor=None)
    answers = []
    for _ in range(3):
        ticket = check_in(tablet, astronaut_jpeg)["ticket"]
        answers += [settle(tablet, astronaut_jpeg, ticket=ticket, number="2", pin="1111")["code"] for _ in range(2)]
    assert answers == ["wrong_pin"] * 5 + ["pin_wait"]


def test_without_a_pin_the_number_is_taken_and_marked(
    tablet: Client, twins: Twins, astronaut_jpeg: bytes, administrator: User
) -> None:
    ticket = check_in(tablet, astronaut_jpeg)["ticket"]
    assert settle(tablet, astronaut_jpeg, ticket=ticket, number="3")["code"] == "number_not_in_question"
    assert settle(tablet, astronaut_jpeg, ticket=ticket, number="2")["answer"] == "recorded"
    marked = CheckIn.objects.get().attempt
    assert marked is not None
    assert marked.code == "look_alike_without_pin"
    assert [each.attempt for each in reviews.waiting()] == [marked]

    desk = Client()
    desk.force_login(administrator)
    page = desk.get(reverse("person", args=[twins[0].pk])).text
    assert "Recognized with number and PIN" in page
    assert "Recognized at every door" not in page
    today = desk.get(reverse("today")).text
    assert today.count("Give a PIN") == 2
    assert "Check-ins to look at" in today
    found = desk.get(reverse("attempts"), {"answer": "look"})
    assert [row["attempt"] for row in found.context["rows"]] == [marked]
    assert "has no PIN" in desk.get(reverse("attempt", args=[marked.pk])).text
    people = desk.get(reverse("people"), {"shown": "look_alikes"}).text
    assert "Look-alike of Bea Twin" in people
    assert "Look-alike of Ann Twin" in people
    assert "Grace Hopper" not in people
    for person in twins:
        roster.set_pin(person, ANN_PIN, actor=None)
    assert "Give a PIN" not in desk.get(reverse("today")).text


@pytest.mark.parametrize("gone", ["photo", "deactivated"])
def test_one_of_a_pair_alone_is_told_and_still_asked(
    tablet: Client, twins: Twins, astronaut_jpeg: bytes, administrator: User, gone: str
) -> None:
    """The face of the other one, who is not searched, would be taken for this one."""
    ann, bea = twins
    if gone == "photo":
        reference = photos.current(bea)
        assert reference is not None
        photos.withdraw(reference, actor=None)
        reference.delete()  # as after the days that withdrawn photos are kept
    else:
        membership.deactivate(bea, actor=None)
    roster.set_pin(ann, ANN_PIN, actor=None)

    asked = check_in(tablet, again(astronaut_jpeg))
    assert (asked["answer"], asked["asks_for_pin"]) == ("ambiguous", True)
    attempt = Attempt.objects.get()
    assert (attempt.code, attempt.person) == ("look_alike_pair", None)
    assert settle(tablet, astronaut_jpeg, ticket=asked["ticket"], number="1")["code"] == "pin_needed"
    assert settle(tablet, astronaut_jpeg, ticket=asked["ticket"], number="1", pin=ANN_PIN)["answer"] == "recorded"

    [alone] = look_alikes.still_open()
    assert (alone.person, alone.other, alone.is_alone, alone.needs_pin) == (ann, bea, True, False)
    desk = Client()
    desk.force_login(administrator)
    assert "Enrolled alone" in desk.get(reverse("today")).text
    assert "look-alike" in desk.get(reverse("attempt", args=[attempt.pk])).text

    page = desk.post(reverse("dissolve_pair", args=[ann.pk]), {"other": bea.pk}, follow=True).text
    assert "no look-alikes any more" in page
    assert "nothing to decide" in desk.post(reverse("dissolve_pair", args=[ann.pk]), {"other": "x"}, follow=True).text
    assert check_in(tablet, astronaut_jpeg)["answer"] == "already"
    assert look_alikes.still_open() == []


def test_others_are_not_asked_for_more(tablet: Client, twins: Twins, hopper_jpeg: bytes) -> None:
    assert twins
    assert check_in(tablet, hopper_jpeg)["answer"] == "recorded"


def test_a_pair_goes_with_a_person_who_is_erased(twins: Twins) -> None:
    ann, bea = twins
    erasure.erase(bea, actor=None)
    assert not LookAlikePair.objects.exists()
    assert pairs.partners(ann.pk) == set()
