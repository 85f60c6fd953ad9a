"""The page Encoders tries another one and switches, and the page of an attempt decides it again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse

from attendance.checkins import attempts, replays
from attendance.checkins.models import Attempt, Replay
from attendance.enrolment import embedding, encoders
from attendance.recognition import engine, gallery, identify
from attendance.recognition.models import ReferenceEmbedding
from tests.attendance import another_encoder
from tests.attendance.conftest import Enrol, again
from tests.attendance.conftest import enrol as enrol  # noqa: PLC0414  (a fixture)
from verifier.inference import openvino_network

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

    from attendance.core.models import User

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.skipif(not openvino_network.is_available(), reason="external encoders are run by OpenVINO"),
]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("models")
    return folder, another_encoder.prepare(folder)


@pytest.fixture
def another(prepared: tuple[Path, str], settings: Settings) -> str:
    folder, name = prepared
    settings.MODELS_DIR = str(folder)
    gallery.reset()
    return name


def press(desk: Client, deed: str, encoder: str, **further: str) -> str:
    """Send the form, follow it, and return the page."""
    answer = desk.post(reverse("choose_encoder"), {"deed": deed, "encoder": encoder, **further}, follow=True)
    return answer.text


def work() -> None:
    while encoders.fill(most=16):
        pending = ReferenceEmbedding.objects.filter(status=ReferenceEmbedding.Status.PENDING)
        embedding.embed_all(list(pending.values_list("pk", flat=True)))


def test_an_encoder_is_tried_and_switched_to_on_the_page(
    another: str, desk: Client, enrol: Enrol, hopper_jpeg: bytes
) -> None:
    enrol("1", hopper_jpeg)
    page = desk.get(reverse("encoders")).text
    assert another in page
    assert "1 not read yet" in page
    assert "Tried in the shadow" in press(desk, "start", another)
    assert "1 are left" in press(desk, "switch", another)
    work()
    assert "In use before" in press(desk, "switch", another)
    assert engine.active_encoder().name == another
    assert desk.get(reverse("healthz")).json()["parts"]["models"]["detail"] == another
    assert "Go back to it" in desk.get(reverse("encoders")).text


def test_photos_that_would_be_lost_are_asked_about(
    another: str, desk: Client, enrol: Enrol, hopper_jpeg: bytes
) -> None:
    enrol("1", hopper_jpeg)
    press(desk, "start", another)
    work()
    ReferenceEmbedding.objects.filter(encoder__name=another).update(status="refused", vector=None)
    assert "Use it although 1 photo must be taken anew" in press(desk, "switch", another)
    assert engine.active_encoder() == engine.shipped_encoder()
    press(desk, "switch", another, agreed_lost="1")
    assert engine.active_encoder().name == another


def test_an_attempt_is_decided_again_on_its_page(another: str, desk: Client, enrol: Enrol, hopper_jpeg: bytes) -> None:
    enrol("1", hopper_jpeg, name="Grace Hopper")
    attempt = attempts._attempt(
        identify.identify([again(hopper_jpeg)]),
        channel=Attempt.Channel.KIOSK,
        method=Attempt.Method.IDENTIFY,
        device=None,
        user=None,
    )
    attempt.save()
    address = reverse("replay_attempt", args=[attempt.pk])
    name = engine.shipped_encoder().name
    assert "waits for the worker" in desk.post(address, {"encoder": name, "tries": "100000"}, follow=True).text
    replays.work()
    page = desk.get(reverse("attempt", args=[attempt.pk])).text
    assert "100,000" in page
    assert Replay.objects.get().person == attempt.person
    assert "Select a valid choice" in desk.post(address, {"encoder": "x", "tries": "1000"}, follow=True).text
    assert Replay.objects.count() == 1


def test_whoever_may_not_change_settings_may_not_choose(
    another: str, client: Client, django_user_model: type[User]
) -> None:
    client.force_login(django_user_model.objects.create_user("clerk", password="irrelevant"))
    assert client.get(reverse("encoders")).status_code == 403
    assert client.post(reverse("choose_encoder"), {"deed": "start", "encoder": another}).status_code == 403
