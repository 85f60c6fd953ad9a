"""Whoever is refused often, or is resembled by many, is listed with the figures, and nobody else."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from attendance.checkins.models import Attempt, Device
from attendance.core import clock
from attendance.people.models import Person
from attendance.recognition import local_calibration
from attendance.reports import faces_to_renew
from attendance.reports.faces_to_renew import Face
from tests import crowd

pytestmark = pytest.mark.django_db
Answer, Method = Attempt.Answer, Attempt.Method


@pytest.fixture
def mei() -> Person:
    return crowd.enrol(crowd.drawn_vectors(1)[0], number="7", name="Mei")


@pytest.fixture
def gate() -> Device:
    return Device.objects.create(name="Gate", created_at=clock.now())


def attempt(answer: str, *, seconds: int, method: str = Method.IDENTIFY, **further: object) -> None:
    at = clock.now() - dt.timedelta(hours=20) + dt.timedelta(seconds=seconds)
    Attempt.objects.create(at=at, channel="kiosk", method=method, answer=answer, **further)


def test_a_face_that_is_not_known_belongs_to_who_is_known_right_after(mei: Person, gate: Device) -> None:
    for day in range(3):
        attempt(Answer.UNKNOWN, seconds=1000 * day, device=gate)
        attempt(Answer.MATCHED, seconds=1000 * day + 20, device=gate, person=mei, method=Method.PIN)

    assert faces_to_renew.find() == {mei.pk: Face(refused=3, tries=3)}


def test_a_face_compared_with_ones_own_photo_is_ones_own(mei: Person) -> None:
    for place in range(3):
        attempt(Answer.UNKNOWN, seconds=place, method=Method.VERIFY, reference=mei.references.get())

    assert faces_to_renew.find() == {mei.pk: Face(refused=3, tries=3)}


def test_strangers_and_long_ago_count_for_nobody(mei: Person, gate: Device) -> None:
    for day in range(5):
        attempt(Answer.UNKNOWN, seconds=1000 * day, device=gate, reference=mei.references.get())
        attempt(Answer.MATCHED, seconds=1000 * day + 100, device=gate, person=mei)

    assert faces_to_renew.find() == {}


def test_a_refusal_now_and_then_is_usual(mei: Person, gate: Device) -> None:
    for day in range(20):
        if day < 3:
            attempt(Answer.UNKNOWN, seconds=1000 * day, device=gate)
        attempt(Answer.MATCHED, seconds=1000 * day + 10, device=gate, person=mei)

    assert faces_to_renew.find() == {}


def test_the_list_of_people_shows_them_with_what_to_do(hr: Client, mei: Person) -> None:
    other = crowd.enrol(crowd.drawn_vectors(1, seed=4)[0], number="8", name="Ole")
    row = local_calibration.compute()
    row.resembled = [[mei.references.get().pk, 9]]
    local_calibration.store(row)

    page = hr.get(reverse("people"), {"shown": "renew"}).text

    assert "Resembled by 9 people" in page
    assert "Take a new photo" in page
    assert other.name not in page
    assert "Take a new photo" not in hr.get(reverse("people")).text
