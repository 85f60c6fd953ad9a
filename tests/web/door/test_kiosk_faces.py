"""The door records a known face once, asks look-alikes for the number, and knows nobody who has left."""

# ruff: noqa: F811  (fixtures are imported by name)

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from attendance.checkins import device_pairing, devices
from attendance.checkins.models import Attempt, CheckIn, Device
from attendance.core.models import User
from attendance.enrolment import membership
from attendance.recognition import engine
from attendance.web.door import sentences
from attendance.workdays.requests import reviews
from benchmarks import hindrances
from tests.attendance.conftest import Enrol, again, enrol, own_folders  # noqa: F401
from verifier.values import Purpose


@pytest.fixture
def tablet(administrator: User) -> Client:
    """A browser that was paired through the page."""
    client = Client()
    device = devices.add(name="Gate 2", actor=administrator)
    client.post(reverse("kiosk_pair"), {"code": device_pairing.issue(device, actor=administrator)})
    return client


def frames(*pictures: bytes) -> list[SimpleUploadedFile]:
    return [SimpleUploadedFile("frame.jpg", picture, "image/jpeg") for picture in pictures]


def check_in(tablet: Client, *pictures: bytes) -> dict[str, Any]:
    answer: dict[str, Any] = tablet.post(reverse("kiosk_check_in"), {"frame": frames(*pictures)}).json()
    return answer


def numbers_in(value: object) -> list[float]:
    """Every number with a fraction anywhere in an answer."""
    if isinstance(value, dict):
        return [number for part in value.values() for number in numbers_in(part)]
    return [value] if isinstance(value, float) else []


def test_a_known_face_is_greeted_once(tablet: Client, enrol: Enrol, astronaut_jpeg: bytes) -> None:
    enrol("7", astronaut_jpeg, name="Eileen Collins")
    first = check_in(tablet, again(astronaut_jpeg), again(astronaut_jpeg, quality=80))
    second = check_in(tablet, again(astronaut_jpeg))
    assert (first["answer"], first["name"], first["direction"]) == ("recorded", "Eileen", "in")
    assert (second["answer"], second["time"]) == ("already", first["time"])
    assert numbers_in(first) == []  # a distance is never shown at the door
    assert CheckIn.objects.count() == 1
    attempt = Attempt.objects.order_by("pk").first()
    assert attempt is not None
    assert attempt.distance is not None
    assert attempt.threshold is not None
    assert attempt.distance <= attempt.threshold


def test_somebody_deactivated_between_two_frames_is_not_matched(
    tablet: Client,
    enrol: Enrol,
    administrator: User,
    astronaut_jpeg: bytes,
) -> None:
    person = enrol("7", astronaut_jpeg)
    assert check_in(tablet, astronaut_jpeg)["answer"] == "recorded"
    membership.deactivate(person, actor=administrator)
    assert check_in(tablet, astronaut_jpeg)["answer"] == "unknown"
    assert CheckIn.objects.count() == 1


@pytest.mark.slow
def test_look_alikes_are_asked_for_their_number_and_no_other_number_will_do(
    tablet: Client,
    enrol: Enrol,
    astronaut_jpeg: bytes,
    hopper_jpeg: bytes,
) -> None:
    enrol("7", astronaut_jpeg, name="Eileen Collins")
    enrol("8", again(astronaut_jpeg, quality=70), name="Ellen Collins")
    enrol("9", hopper_jpeg, name="Grace Hopper")
    answered = check_in(tablet, astronaut_jpeg)
    assert (answered["answer"], "name" in answered) == ("ambiguous", False)

    def settle(number: str, ticket: str = answered["ticket"]) -> dict[str, Any]:
        sent = {"frame": frames(astronaut_jpeg), "ticket": ticket, "employee_number": number}
        answer: dict[str, Any] = tablet.post(reverse("kiosk_number"), sent).json()
        return answer

    assert settle("9")["code"] == "number_not_in_question"
    assert settle("404")["code"] == "number_not_in_question"
    assert settle("8", ticket="forged")["code"] == "doubt_over"
    settled = settle("8")
    assert (settled["answer"], settled["name"]) == ("recorded", "Ellen")
    assert CheckIn.objects.get().method == "verify"
    assert [each.attempt and each.attempt.weakness for each in reviews.waiting()] == ["look_alike_without_pin"]
    assert settle("8")["answer"] == "already"  # a door that sends again
    assert settle("7")["code"] == "doubt_over"  # one look records one person
    assert CheckIn.objects.count() == 1


def test_an_empty_gallery_knows_nobody(tablet: Client, astronaut_jpeg: bytes) -> None:
    assert check_in(tablet, astronaut_jpeg)["answer"] == "unknown"
    assert Attempt.objects.get().evidence


def test_a_look_tells_box_and_points_as_shares_of_the_picture(tablet: Client, astronaut_jpeg: bytes) -> None:
    small = io.BytesIO()
    Image.open(io.BytesIO(astronaut_jpeg)).convert("RGB").resize((320, 320)).save(small, "JPEG", quality=75)
    Device.objects.update(last_seen_at=None)
    seen = tablet.post(reverse("kiosk_look"), small.getvalue(), content_type="image/jpeg").json()
    (face,) = seen["faces"]
    left, top, wide, high = face["box"]
    assert 0.3 < left < left + wide < 0.6
    assert 0 < top < top + high < 0.5
    assert len(face["points"]) == 5
    assert not Attempt.objects.exists()
    assert Device.objects.get().last_seen_at is not None


def test_a_fifth_frame_is_not_read(tablet: Client, enrol: Enrol, astronaut_jpeg: bytes, hopper_jpeg: bytes) -> None:
    enrol("7", astronaut_jpeg, name="Eileen Collins")
    own = [again(astronaut_jpeg, quality=quality) for quality in (50, 60, 70, 80)]
    assert check_in(tablet, *own, hopper_jpeg)["answer"] == "recorded"
    assert Attempt.objects.get().facts["frames"] == 4


def test_four_frames_of_two_people_are_nobodys_look(
    tablet: Client, enrol: Enrol, astronaut_jpeg: bytes, hopper_jpeg: bytes
) -> None:
    enrol("7", astronaut_jpeg, name="Eileen Collins")
    enrol("8", hopper_jpeg, name="Grace Hopper")
    for order in ("AAAB", "AABB", "ABAB", "BAAA"):
        look = [again({"A": astronaut_jpeg, "B": hopper_jpeg}[name], quality=70 + n) for n, name in enumerate(order)]
        answer = check_in(tablet, *look)
        assert (answer["answer"], answer["code"]) == ("refused", "frames_differ")
    assert not CheckIn.objects.exists()


@pytest.mark.parametrize("kind", ["sunglasses", "window behind"])
def test_whoever_is_not_known_hears_what_hinders(tablet: Client, astronaut_jpeg: bytes, kind: str) -> None:
    """The answer is not known, never a refusal of the picture; somebody who is known hears nothing of it."""
    picture = engine.decode(astronaut_jpeg)
    seen = engine.embed_picture(picture, purpose=Purpose.CHECK_IN)
    changed = hindrances.KINDS[kind](picture, seen.face.landmarks, np.random.default_rng(0))
    hint, words = {
        "sunglasses": ("eyes_covered", "Take the glasses off"),
        "window behind": ("backlight", "Turn away from the window"),
    }[kind]
    answer = check_in(tablet, engine.jpeg(changed))
    assert (answer["answer"], answer["code"], answer["hint"]) == ("unknown", "unknown", hint)
    assert words in answer["message"]
    assert words in sentences.HINTS[hint]
    assert Attempt.objects.get().facts["hindrance"] == hint


def test_no_hint_without_a_reason_and_none_for_whoever_is_known(
    tablet: Client, enrol: Enrol, astronaut_jpeg: bytes, hopper_jpeg: bytes
) -> None:
    enrol("7", astronaut_jpeg, name="Eileen Collins")
    picture = engine.decode(astronaut_jpeg)
    seen = engine.embed_picture(picture, purpose=Purpose.CHECK_IN)
    covered = hindrances.with_sunglasses(picture, seen.face.landmarks, drawn=np.random.default_rng(0))
    stranger = check_in(tablet, hopper_jpeg)
    known = check_in(tablet, engine.jpeg(covered))
    assert stranger["answer"] == "unknown"
    assert "hint" not in stranger
    assert stranger["message"] == sentences.ANSWERS["unknown"]
    assert known["answer"] == "recorded"
    assert "hint" not in known
