"""Of several faces in a photo somebody says which one is meant; an import takes the clear main subject."""

from __future__ import annotations

from pathlib import Path

import pytest

from attendance.core.errors import Refusal
from attendance.enrolment import choosing, embedding, feeding, importing, photos, replacing
from attendance.people import roster
from attendance.people.models import Person
from attendance.recognition import engine, identify
from attendance.recognition.models import ReferenceEmbedding
from attendance.reports import imported
from tests.attendance.conftest import Enrol, submit
from tests.verifier import pictures, portraits
from verifier import image

pytestmark = pytest.mark.django_db


def together(one: bytes, other: bytes, *, scale: float = 1.0) -> bytes:
    """Return a photo with both, the second one smaller or larger than it is."""
    beside = portraits.scaled(image.decode(other), scale)
    return pictures.written(portraits.on_wall(image.decode(one), beside, width=1200), "JPEG", quality=95)


@pytest.fixture
def both(hopper_jpeg: bytes, astronaut_jpeg: bytes) -> bytes:
    return together(hopper_jpeg, astronaut_jpeg)


@pytest.fixture
def grace(both: bytes) -> Person:
    person = roster.add(employee_number="1", name="Grace", actor=None)
    submit(person, both)
    return person


def row_of(person: Person) -> ReferenceEmbedding:
    row = embedding.current(person)
    assert row is not None
    return row


def choose(person: Person, data: bytes, *, place: int) -> None:
    """Choose a face of the photo, the largest first, and do the worker's part."""
    subjects = engine.subjects(data)
    reference = row_of(person).reference
    choosing.choose(reference, place=subjects.place(subjects.faces[place]), actor=None)
    embedding.embed(row_of(person).pk)


@pytest.mark.parametrize("place", [0, 1])
def test_the_chosen_face_is_enrolled_and_the_other_is_not(
    grace: Person, both: bytes, hopper_jpeg: bytes, astronaut_jpeg: bytes, place: int
) -> None:
    assert (row_of(grace).status, row_of(grace).code) == ("refused", "multiple_faces")

    choose(grace, both, place=place)

    assert (row_of(grace).status, row_of(grace).code) == ("ready", "")
    found = [identify.identify([data]).person for data in (hopper_jpeg, astronaut_jpeg)]
    assert found == [grace if place == 0 else None, grace if place == 1 else None]
    with pytest.raises(Refusal, match="nothing_to_choose"):
        choosing.choose(row_of(grace).reference, place=(0.5, 0.5), actor=None)


def test_two_people_of_one_photo_are_each_their_own_face(grace: Person, both: bytes, astronaut_jpeg: bytes) -> None:
    """The same bytes are not computed twice, but another face of them is."""
    choose(grace, both, place=0)
    eileen = roster.add(employee_number="2", name="Eileen", actor=None)
    submit(eileen, both)
    assert row_of(eileen).code == "multiple_faces"
    choose(eileen, both, place=1)

    assert row_of(eileen).look_alike is None
    assert identify.identify([astronaut_jpeg]).person == eileen


@pytest.mark.parametrize("place", [(float("nan"), 0.5), (-0.1, 0.5), (0.5, 1.1)])
def test_a_place_outside_of_the_picture_is_refused(grace: Person, place: tuple[float, float]) -> None:
    with pytest.raises(Refusal, match="place_invalid"):
        choosing.choose(row_of(grace).reference, place=place, actor=None)


def test_a_place_without_a_face_asks_again(grace: Person) -> None:
    choosing.choose(row_of(grace).reference, place=(0.99, 0.99), actor=None)
    embedding.embed(row_of(grace).pk)
    assert (row_of(grace).status, row_of(grace).code) == ("refused", "multiple_faces")


def test_a_new_photo_with_several_faces_asks_and_then_compares(
    enrol: Enrol, both: bytes, hopper_jpeg: bytes, astronaut_jpeg: bytes
) -> None:
    person = enrol("1", hopper_jpeg)
    proposed = None
    for place, code in ((1, "another_face"), (0, "")):
        submit(person, both)
        proposed = replacing.proposed(person)
        assert proposed is not None
        assert identify.identify([hopper_jpeg]).person == person
        subjects = engine.subjects(both)
        choosing.choose(proposed, place=subjects.place(subjects.faces[place]), actor=None)
        embedding.embed(proposed.embeddings.get().pk)
        assert proposed.embeddings.get().code == code
        assert identify.identify([astronaut_jpeg]).answer == "unknown"
    assert proposed is not None
    assert photos.current(person) == proposed


def test_an_import_takes_the_clear_main_subject_and_lists_the_rest(
    tmp_path: Path, hopper_jpeg: bytes, astronaut_jpeg: bytes
) -> None:
    given = tmp_path / "given"
    given.mkdir()
    (given / "1_Grace.jpg").write_bytes(together(hopper_jpeg, astronaut_jpeg, scale=0.85))
    (given / "2_Eileen.jpg").write_bytes(together(astronaut_jpeg, hopper_jpeg, scale=0.6))
    batch = importing.read_folder(given, actor=None)
    importing.start(batch, actor=None)
    work()

    clear, unclear = batch.rows.order_by("position")
    assert (clear.state, clear.code) == ("ready", "")
    assert identify.identify([hopper_jpeg]).person == clear.person
    assert unclear.code == "multiple_faces"
    assert imported.shown_state(unclear).text == "Waits for a decision"
    progress = importing.progress(batch)
    assert (progress.ready, progress.undecided, progress.refused) == (1, 1, 0)

    assert unclear.person is not None
    assert unclear.reference is not None
    data = photos.read(unclear.reference)
    subjects = engine.subjects(data)
    alone = engine.embed_reference(astronaut_jpeg).embedding.vector
    vectors = [engine.embed_reference(data, place=subjects.place(face)).embedding.vector for face in subjects.faces]
    eileen = max(range(len(vectors)), key=lambda one: float(vectors[one] @ alone))
    choosing.choose(unclear.reference, place=subjects.place(subjects.faces[eileen]), actor=None)
    work()
    unclear.refresh_from_db()
    assert (unclear.state, unclear.code) == ("ready", "")
    assert identify.identify([astronaut_jpeg]).person == unclear.person


def test_the_same_photo_by_hand_is_asked_about(tmp_path: Path, hopper_jpeg: bytes, astronaut_jpeg: bytes) -> None:
    """And read by an import afterwards, the main subject is taken all the same."""
    data = together(hopper_jpeg, astronaut_jpeg, scale=0.85)
    by_hand = roster.add(employee_number="7", name="By hand", actor=None)
    submit(by_hand, data)
    assert row_of(by_hand).code == "multiple_faces"
    given = tmp_path / "given"
    given.mkdir()
    (given / "1_Grace.jpg").write_bytes(data)
    batch = importing.read_folder(given, actor=None)
    importing.start(batch, actor=None)
    work()
    assert batch.rows.get().state == "ready"


def work() -> None:
    """Do what the worker does until nothing waits."""
    for _ in range(8):
        feeding.feed()
        waiting = ReferenceEmbedding.objects.filter(status="pending").values_list("pk", flat=True)
        embedding.embed_all(list(waiting))
