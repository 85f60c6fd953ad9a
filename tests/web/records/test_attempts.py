"""An attempt shows everything that decided it, and a sentence that explains it."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from attendance.checkins.models import Attempt
from attendance.core.models import User
from attendance.people.models import Person, ReferenceImage
from attendance.recognition.models import Encoder, ReferenceEmbedding
from attendance.web.recognition import distances
from attendance.web.records import explanation
from tests import factories
from tests.factories import NOON

UTC = ZoneInfo("UTC")
JPEG = b"\xff\xd8\xff\xe0 a picture"


def photo_of(person: Person, data: bytes = JPEG) -> ReferenceImage:
    photo = ReferenceImage(person=person, sha256="0" * 64, submitted_at=dt.datetime(2026, 3, 3, 8, tzinfo=dt.UTC))
    photo.file.save("photo", ContentFile(data), save=True)
    return photo


def matched(**fields: Any) -> Attempt:
    mei = factories.person("Mei")
    defaults: dict[str, Any] = {
        "answer": "matched",
        "person": mei,
        "reference": photo_of(mei),
        "distance": 0.714,
        "threshold": 1.0,
        "runner_up": factories.person("Ben"),
        "runner_up_distance": 1.222,
        "comparisons": 812,
        "target_false_accept": 0.001,
    }
    return factories.attempt(**defaults | fields)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (
            {},
            "Matched: 0.71 from Mei's photo of 3 March 2026, threshold 1.00 for 812 references; next nearest 1.22.",
        ),
        (
            {"runner_up": None, "runner_up_distance": None, "comparisons": 1},
            "Matched: 0.71 from Mei's photo of 3 March 2026, threshold 1.00 for 1 reference; nobody else came near.",
        ),
        (
            {"answer": "ambiguous", "runner_up_distance": 0.75},
            (
                "Ambiguous: 0.71 from Mei's photo of 3 March 2026, threshold 1.00 for 812 references; "
                "Ben at 0.75 could be meant as well."
            ),
        ),
        (
            {"answer": "unknown", "person": None, "reference": None, "distance": 1.31, "comparisons": 1812},
            "Unknown: the nearest face is 1.31 away, threshold 1.00 for 1,812 references; next nearest 1.22.",
        ),
        (
            {"answer": "unknown", "comparisons": 0},
            "Unknown: nobody is enrolled yet, so there was nothing to compare with.",
        ),
        (
            {"answer": "refused", "code": "face_too_small", "facts": {"size_pixels": 31.26, "limit_pixels": 40}},
            "Refused: The face is too small. It is 31.3 pixels wide and needs 40. Come closer, or use a larger photo.",
        ),
        ({"method": "pin"}, "Matched: number and PIN belong together; no face was compared."),
        ({"method": "pin", "answer": "refused", "code": ""}, "Refused: wrong number or PIN."),
    ],
)
def test_the_sentence(db: None, fields: dict[str, Any], sentence: str) -> None:
    assert explanation.sentence(matched(**fields), zone=UTC) == sentence


def test_the_scale_stands_where_the_numbers_say() -> None:
    scale = distances.scale(distance=0.5, threshold=1.0, runner_up=3.0)
    assert scale is not None
    assert (scale.distance, scale.threshold, scale.runner_up, scale.accepted) == (150, 300, 600, True)
    equal = distances.scale(distance=1.0, threshold=1.0, runner_up=None)
    assert equal is not None
    assert equal.accepted
    assert distances.scale(distance=None, threshold=None, runner_up=None) is None


@pytest.mark.parametrize(("rate", "words"), [(0.001, "1,000"), (1e-6, "1,000,000"), (0.4, "2.5"), (None, "")])
def test_a_rate_in_words(rate: float | None, words: str) -> None:
    assert distances.tries(rate) == words


def test_one_attempt_shows_everything(desk: Client) -> None:
    encoder = Encoder.objects.create(name="sface-test", registered_at=NOON)
    attempt = matched(
        encoder=encoder,
        aligned=JPEG,
        gallery_sequence=41,
        device=factories.device("North gate"),
        duration_milliseconds=63.2,
    )
    attempt.evidence.save("evidence", ContentFile(JPEG), save=True)
    assert attempt.reference is not None
    assert attempt.person is not None
    ReferenceEmbedding.objects.create(
        reference=attempt.reference, encoder=encoder, status="ready", vector=b"1", aligned=JPEG, created_at=NOON
    )
    factories.check_in(attempt.person, NOON, attempt=attempt)
    page = desk.get(reverse("attempt", args=[attempt.pk])).text
    for expected in (
        "Matched: 0.71 from Mei",
        "0.714",
        "1.000",
        "1.222",
        "812 references",
        "once in 1,000 tries",
        "sface-test",
        "sequence 41",
        "North gate",
        "63 ms",
        reverse("attempt_face", args=[attempt.pk]),
        reverse("reference_face", args=[attempt.reference_id]),
        reverse("attempt_evidence", args=[attempt.pk]),
    ):
        assert expected in page, expected
    for picture in ("attempt_face", "attempt_evidence"):
        assert desk.get(reverse(picture, args=[attempt.pk])).content == JPEG
    assert desk.get(reverse("reference_face", args=[attempt.reference_id])).content == JPEG


def test_an_attempt_whose_evidence_is_gone_still_explains_itself(desk: Client) -> None:
    attempt = matched(evidence_deleted_at=NOON, reference=None)
    page = desk.get(reverse("attempt", args=[attempt.pk])).text
    assert "Deleted after 7 days" in page
    assert "Matched: 0.71 from Mei" in page
    assert desk.get(reverse("attempt_face", args=[attempt.pk])).status_code == 404


def test_photos_are_for_those_who_may(client: Client, stranger: User, clerk: User) -> None:
    mei = factories.person("Mei")
    address = reverse("person_photo", args=[photo_of(mei).pk])
    assert client.get(address).status_code == 302
    client.force_login(stranger)
    assert client.get(address).status_code == 403
    Person.objects.filter(pk=mei.pk).update(user=stranger)
    assert client.get(address).content == JPEG
    client.force_login(clerk)
    shown = client.get(address)
    assert shown.content == JPEG
    assert shown.headers["Cache-Control"].startswith("private")


def test_an_upload_never_becomes_a_page(desk: Client) -> None:
    """A file called .jpg that is a web page is only ever downloaded."""
    photo = photo_of(factories.person(), b"<html><script>alert(1)</script>")
    shown = desk.get(reverse("person_photo", args=[photo.pk]))
    assert shown.headers["Content-Type"] == "application/octet-stream"
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert shown.headers["Content-Disposition"].startswith("attachment")
    assert shown.headers["X-Content-Type-Options"] == "nosniff"


def test_a_photo_whose_file_is_lost_is_not_there(desk: Client) -> None:
    photo = photo_of(factories.person())
    photo.file.storage.delete(str(photo.file.name))
    assert desk.get(reverse("person_photo", args=[photo.pk])).status_code == 404


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"calibration": "encoder"}, "<dt>Calibration</dt><dd>the encoder's own</dd>"),
        ({"calibration": "own", "calibrated_at": "2026-11-02T12:00:00+00:00"}, "your own people's, of <time"),
        ({}, None),  # an attempt from before this was kept
    ],
)
def test_the_page_says_whose_calibration_decided(
    client: Client, clerk: User, facts: dict[str, str], words: str | None
) -> None:
    client.force_login(clerk)
    page = client.get(reverse("attempt", args=[matched(facts=facts).pk])).content.decode()
    assert words in page if words else "Calibration" not in page
