"""A change of the model or of its preparation embeds every photo again."""

from __future__ import annotations

import pytest

from attendance.enrolment import embedding, feeding, photos
from attendance.people import roster
from attendance.recognition import engine, identify
from attendance.recognition.models import Encoder, ReferenceEmbedding
from tests.attendance.conftest import Enrol, plain_picture

pytestmark = pytest.mark.django_db


def changed_to(name: str) -> None:
    """Let what was registered belong to another encoder, as after an update of the model files."""
    Encoder.objects.update(name=name)


def work() -> int:
    feeding.feed()
    pending = list(ReferenceEmbedding.objects.filter(status="pending").values_list("pk", flat=True))
    for number in pending:
        feeding.work(number)
    return len(pending)


def statuses(encoder: Encoder) -> list[str]:
    return sorted(ReferenceEmbedding.objects.filter(encoder=encoder).values_list("status", flat=True))


@pytest.mark.slow
def test_everybody_is_read_again_and_the_two_never_meet(
    enrol: Enrol, hopper_jpeg: bytes, astronaut_jpeg: bytes
) -> None:
    grace = enrol("1", hopper_jpeg)
    enrol("2", astronaut_jpeg)
    enrol("3", plain_picture())
    changed_to("the one before")

    assert identify.identify([hopper_jpeg]).code == "gallery_empty"
    assert work() == 3

    assert identify.identify([hopper_jpeg]).person == grace
    new = engine.active_encoder()
    assert new.name != "the one before"
    assert statuses(new) == ["ready", "ready", "refused"]
    assert statuses(Encoder.objects.get(name="the one before")) == ["ready", "ready", "refused"]
    assert work() == 0


@pytest.mark.slow
def test_going_back_loses_nothing(enrol: Enrol, hopper_jpeg: bytes, astronaut_jpeg: bytes) -> None:
    enrol("1", hopper_jpeg)
    name = Encoder.objects.get().name
    changed_to("the one before")
    work()
    enrol("2", astronaut_jpeg)
    Encoder.objects.filter(name=name).update(name="the newer one")
    Encoder.objects.filter(name="the one before").update(name=name)

    assert identify.identify([hopper_jpeg]).answer == "matched"
    assert work() == 1
    assert identify.identify([astronaut_jpeg]).answer == "matched"


@pytest.mark.slow
def test_a_thousand_to_read_again_are_sixteen_at_a_time() -> None:
    for number in range(20):
        person = roster.add(employee_number=str(number), name="x", actor=None)
        photos.submit(person, b"broken %d" % number, original_name="x", actor=None)
    for row in list(ReferenceEmbedding.objects.values_list("pk", flat=True)):
        embedding.embed(row)
    changed_to("the one before")
    for _ in range(3):
        feeding.feed()
    assert ReferenceEmbedding.objects.filter(status="pending").count() == 16
