"""A door answers its own device only, reads pictures and typed numbers only, and always answers."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from attendance.checkins import device_pairing, devices
from attendance.checkins.models import Attempt, CheckIn, Device
from attendance.core import clock
from attendance.core.models import SiteSettings, User
from attendance.people import roster
from attendance.people.models import Person
from attendance.web.door import look_limit, paired_device

POSTS = ("kiosk_look", "kiosk_check_in", "kiosk_number", "kiosk_pin", "kiosk_undo")


def gray_jpeg() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (320, 240), (120, 120, 120)).save(out, "JPEG")
    return out.getvalue()


@pytest.fixture(autouse=True)
def own_media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def door(administrator: User) -> Device:
    return devices.add(name="Gate 2", actor=administrator)


@pytest.fixture
def tablet(door: Device, administrator: User) -> Client:
    """A browser that was paired through the page."""
    client = Client()
    code = device_pairing.issue(door, actor=administrator)
    assert client.post(reverse("kiosk_pair"), {"code": code}).headers["Location"] == reverse("kiosk")
    return client


@pytest.fixture
def mei(administrator: User) -> Person:
    person = roster.add(employee_number="117", name="Mei Chen", actor=administrator)
    roster.set_pin(person, "4718", actor=administrator)
    return person


def test_the_cookie_is_unseen_by_scripts_and_other_sites(door: Device, administrator: User) -> None:
    code = device_pairing.issue(door, actor=administrator)
    client = Client()
    client.post(reverse("kiosk_pair"), {"code": code}, secure=True)
    cookie = client.cookies[paired_device.COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"], cookie["path"]) == (
        True,
        "Strict",
        True,
        "/kiosk/",
    )
    assert len(cookie.value) >= 43  # 256 bits
    assert cookie.value not in str(Device.objects.values())


def test_the_door_says_who_runs_it_and_how_long_pictures_are_kept(tablet: Client) -> None:
    SiteSettings.objects.create(pk=1, organisation="Acme & Sons", site_name="North", evidence_days=3, contact="desk 4")
    page = tablet.get(reverse("kiosk")).text
    for words in ("Acme &amp; Sons", "North", "keeps it for 3 days", "Questions: ", "desk 4", "Use number and PIN"):
        assert words in page


def test_a_browser_that_is_no_door_is_sent_to_pairing(client: Client, administrator: User) -> None:
    client.force_login(administrator)
    assert client.get(reverse("kiosk")).headers["Location"] == reverse("kiosk_pair")
    for name in POSTS:
        answered = client.post(reverse(name))
        assert (answered.status_code, answered.json()["code"]) == (403, "device_not_paired")


def test_revoking_ends_the_door_at_once(tablet: Client, door: Device, administrator: User) -> None:
    assert tablet.get(reverse("kiosk_heartbeat")).status_code == 200
    admin = Client()
    admin.force_login(administrator)
    admin.post(reverse("device_revoke", args=[door.pk]))
    assert tablet.get(reverse("kiosk")).status_code == 302
    assert tablet.post(reverse("kiosk_pin")).status_code == 403


def test_number_and_pin_then_the_same_again_then_the_other_way(tablet: Client, mei: Person) -> None:
    typed = {"employee_number": "117", "pin": "4718"}
    first = tablet.post(reverse("kiosk_pin"), typed).json()
    assert (first["answer"], first["name"], first["direction"]) == ("recorded", "Mei", "in")
    assert (first["hours_today"], first["undo_seconds"]) == ("0:00", 10)
    again = tablet.post(reverse("kiosk_pin"), typed).json()
    assert (again["answer"], again["time"], "undo" in again) == ("already", first["time"], False)

    changed = tablet.post(reverse("kiosk_undo"), {"undo": first["undo"], "kind": "other_direction"}).json()
    assert (changed["answer"], changed["direction"]) == ("replaced", "out")
    used = tablet.post(reverse("kiosk_undo"), {"undo": first["undo"], "kind": "not_me"}).json()
    assert (used["answer"], used["code"]) == ("refused", "undo_used")
    assert [row.direction for row in CheckIn.objects.filter(voided_at=None)] == ["out"]


def test_a_wrong_pin_is_explained_and_after_five_there_is_a_wait(tablet: Client, mei: Person) -> None:
    for _ in range(5):
        answered = tablet.post(reverse("kiosk_pin"), {"employee_number": "117", "pin": "9999"}).json()
        assert (answered["answer"], answered["code"]) == ("refused", "wrong_pin")
    answered = tablet.post(reverse("kiosk_pin"), {"employee_number": "117", "pin": "4718"}).json()
    assert answered["code"] == "pin_wait"
    assert "Wait a minute" in answered["message"]


@pytest.mark.parametrize(
    "body",
    [
        {"vector": [0.1] * 128},
        {"embedding": [0.1] * 128, "person": 1},
        {"path": "/etc/passwd"},
        {"url": "http://10.0.0.1/photo.jpg"},
        {"present": {"117": True}},
    ],
)
def test_no_vector_no_path_no_address_and_no_verdict_is_taken(
    tablet: Client, mei: Person, body: dict[str, Any]
) -> None:
    for name in ("kiosk_look", "kiosk_check_in", "kiosk_number"):
        for sent in (
            tablet.post(reverse(name), json.dumps(body), content_type="application/json"),
            tablet.post(reverse(name), {key: json.dumps(value) for key, value in body.items()}),
        ):
            refused = sent.status_code == 415 or sent.json()["code"] == "no_picture"
            assert refused, (name, sent.status_code)
    assert not CheckIn.objects.exists()
    assert not Attempt.objects.exists()


def test_a_picture_without_a_face_is_refused_and_kept_as_an_attempt(tablet: Client, door: Device, mei: Person) -> None:
    frames = [SimpleUploadedFile(f"{n}.jpg", gray_jpeg(), "image/jpeg") for n in range(2)]
    answered = tablet.post(reverse("kiosk_check_in"), {"frame": frames}).json()
    assert (answered["answer"], answered["code"]) == ("refused", "face_not_found")
    attempt = Attempt.objects.get()
    assert (attempt.device, attempt.channel, attempt.method, attempt.code) == (
        door,
        "kiosk",
        "identify",
        "face_not_found",
    )


@pytest.mark.parametrize("junk", [b"", b"not a picture", gray_jpeg()[:200]])
def test_what_is_no_picture_is_refused_and_names_no_file_of_ours(tablet: Client, junk: bytes) -> None:
    sent = tablet.post(reverse("kiosk_check_in"), {"frame": SimpleUploadedFile("a.jpg", junk + b" ", "image/jpeg")})
    assert (sent.status_code, sent.json()["code"]) == (200, "invalid_image")
    assert "/" not in sent.json()["message"]


def test_more_than_25_megabytes_are_refused_unread(tablet: Client) -> None:
    large = SimpleUploadedFile("a.jpg", bytes(25 * 1024 * 1024 + 1), "image/jpeg")
    assert tablet.post(reverse("kiosk_check_in"), {"frame": large}).json()["code"] == "image_too_large"


def test_a_look_finds_nobody_in_an_empty_picture_and_leaves_no_trace(tablet: Client) -> None:
    seen = tablet.post(reverse("kiosk_look"), gray_jpeg(), content_type="image/jpeg")
    assert seen.json() == {"faces": [], "hint": None}
    assert tablet.post(reverse("kiosk_look"), bytes(300_000), content_type="image/jpeg").status_code == 413
    assert not Attempt.objects.exists()


def test_looks_are_dropped_while_somebody_checks_in(tablet: Client) -> None:
    with look_limit.checking_in():
        assert tablet.post(reverse("kiosk_look"), gray_jpeg(), content_type="image/jpeg").status_code == 204
    with look_limit.looking(), look_limit.looking():
        assert tablet.post(reverse("kiosk_look"), gray_jpeg(), content_type="image/jpeg").status_code == 204
    assert tablet.post(reverse("kiosk_look"), gray_jpeg(), content_type="image/jpeg").status_code == 200


def test_the_heartbeat_is_remembered(tablet: Client, door: Device) -> None:
    Device.objects.update(last_seen_at=None)
    answered = tablet.get(reverse("kiosk_heartbeat")).json()
    assert answered["zone"] == "UTC"
    door.refresh_from_db()
    assert door.last_seen_at is not None
    assert (clock.now() - door.last_seen_at).total_seconds() < 5


def test_forms_of_other_sites_reach_nothing(tablet: Client, mei: Person) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = tablet.cookies
    assert strict.post(reverse("kiosk_pin"), {"employee_number": "117", "pin": "4718"}).status_code == 403
    assert not CheckIn.objects.exists()
