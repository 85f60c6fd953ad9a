"""Submitting, replacing and withdrawing photos, and recovery from lost files and messages."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import time_machine

from attendance.core import clock, queue
from attendance.core.errors import Fault, Refusal
from attendance.core.models import AuditEntry
from attendance.enrolment import embedding, files, membership, photos
from attendance.people import roster
from attendance.people.models import Person, ReferenceImage
from attendance.privacy import erasure
from attendance.recognition import engine, gallery, identify, lookalikes, vectors
from attendance.recognition.lookalikes import Newcomer
from attendance.recognition.models import GalleryChange, ReferenceEmbedding
from tests import crowd
from tests.attendance.conftest import Enrol, again, confirm, plain_picture, submit

pytestmark = pytest.mark.django_db

Commits = Callable[..., AbstractContextManager[list[Callable[[], Any]]]]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[int | str, ...]]]:
    """Catch the messages at the border to the broker."""
    messages: list[tuple[str, tuple[int | str, ...]]] = []

    def send(task: str, *arguments: int | str) -> bool:
        messages.append((task, arguments))
        return True

    monkeypatch.setattr(queue, "send", send)
    return messages


@pytest.fixture
def ann(db: None) -> Person:
    return roster.add(employee_number="1", name="Ann", actor=None)


def row_of(person: Person) -> ReferenceEmbedding:
    row = embedding.current(person)
    assert row is not None
    return row


def test_a_submitted_photo_is_pending_and_one_message_goes_out(
    ann: Person, hopper_jpeg: bytes, django_capture_on_commit_callbacks: Commits, sent: list[Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        reference = photos.submit(ann, hopper_jpeg, original_name="me.jpg", actor=None)

    row = row_of(ann)
    assert (row.status, row.vector, row.reference) == ("pending", None, reference)
    assert sent == [("attendance.embed_reference", (row.pk,))]
    assert photos.read(reference) == hopper_jpeg
    assert "me" not in str(reference.file)
    assert len(gallery.current()[0]) == 0


def test_the_worker_makes_it_ready_once(ann: Person, hopper_jpeg: bytes) -> None:
    reference = photos.submit(ann, hopper_jpeg, original_name="me.jpg", actor=None)
    number = row_of(ann).pk
    for _ in range(3):
        embedding.embed(number)

    row = row_of(ann)
    assert row.status == "ready"
    assert row.aligned
    assert row.vector
    assert row.finished_at
    assert row.quality["size_pixels"] > 100
    assert np.isclose(np.linalg.norm(vectors.unpack(row.vector)), 1, atol=1e-6)
    assert list(GalleryChange.objects.values_list("operation", "reference", "subject")) == [
        ("add", reference.pk, ann.pk)
    ]


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"no picture at all", "invalid_image"), (None, "face_not_found"), (b"\xff\xd8\xff", "invalid_image")],
)
def test_what_will_not_do_is_refused_with_its_reason(ann: Person, data: bytes | None, code: str) -> None:
    submit(ann, data or plain_picture())

    row = row_of(ann)
    assert (row.status, row.code, row.vector) == ("refused", code, None)
    assert not GalleryChange.objects.exists()
    assert ReferenceImage.objects.count() == 1  # nothing lost: the photo can be looked at


@pytest.mark.parametrize(("data", "code"), [(b"", "invalid_image"), (b"x" * (25 * 2**20 + 1), "image_too_large")])
def test_what_is_hopeless_is_not_even_kept(ann: Person, data: bytes, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        photos.submit(ann, data, original_name="x", actor=None)
    assert refused.value.code == code
    assert not ReferenceImage.objects.exists()
    assert not (files.folder() / "references").exists()


def test_a_replaced_photo_never_keeps_its_old_vector(enrol: Enrol, hopper_jpeg: bytes, astronaut_jpeg: bytes) -> None:
    person = enrol("1", hopper_jpeg)
    old = row_of(person)
    submit(person, astronaut_jpeg, original_name="photo.jpg")  # the same file name
    confirm(person)

    new = row_of(person)
    old.refresh_from_db()
    assert new.vector != old.vector
    assert (old.status, old.vector) == ("withdrawn", None)
    assert new.status == "ready"
    assert len(gallery.current()[0]) == 1
    assert list(GalleryChange.objects.values_list("operation", flat=True)) == ["add", "remove", "add"]


def test_a_renamed_photo_keeps_its_vector_and_its_place(enrol: Enrol, hopper_jpeg: bytes) -> None:
    person = enrol("1", hopper_jpeg)
    before = row_of(person)
    reference = photos.submit(person, hopper_jpeg, original_name="renamed.jpg", actor=None)

    assert reference == before.reference
    assert reference.original_name == "renamed.jpg"
    assert row_of(person).vector == before.vector
    assert GalleryChange.objects.count() == 1
    assert len([path for path in (files.folder() / "references").rglob("*") if path.is_file()]) == 1


def test_the_same_bytes_are_not_computed_twice(enrol: Enrol, hopper_jpeg: bytes) -> None:
    """The key is content and encoder: the row of the first is marked, and the mark is found in the second."""
    first = row_of(enrol("1", hopper_jpeg))
    marked = vectors.pack(crowd.drawn_vectors(1, seed=3)[0])
    ReferenceEmbedding.objects.filter(pk=first.pk).update(vector=marked)

    same, another = row_of(enrol("2", hopper_jpeg)), row_of(enrol("3", again(hopper_jpeg)))

    assert same.vector == marked
    assert another.vector != marked


def test_another_person_by_the_same_picture_gets_the_warning_all_the_same(enrol: Enrol, hopper_jpeg: bytes) -> None:
    first = row_of(enrol("1", hopper_jpeg))
    assert row_of(enrol("2", hopper_jpeg)).look_alike == first.reference


def test_a_refusal_is_remembered_too(enrol: Enrol) -> None:
    enrol("1", plain_picture())
    ReferenceEmbedding.objects.update(facts={"marked": 1})

    again_refused = row_of(enrol("2", plain_picture()))

    assert (again_refused.code, again_refused.facts) == ("face_not_found", {"marked": 1})


def test_names_of_files_may_be_anything(ann: Person, hopper_jpeg: bytes) -> None:
    for name in ("x" * 400 + ".jpg", "a/../b.jpg", "\x00", "\udcff.jpg", "محمد.jpg", "🙂"):
        reference = photos.submit(ann, hopper_jpeg, original_name=name, actor=None)
        reference.refresh_from_db()
        assert len(reference.original_name) <= 300


def test_withdrawn_means_not_found_and_no_vector(enrol: Enrol, hopper_jpeg: bytes) -> None:
    person = enrol("1", hopper_jpeg)
    reference = photos.current(person)
    assert reference is not None
    photos.withdraw(reference, actor=None)
    photos.withdraw(reference, actor=None)

    assert photos.current(person) is None
    assert identify.identify([hopper_jpeg]).answer == "unknown"
    assert not ReferenceEmbedding.objects.exclude(vector=None).exists()
    assert AuditEntry.objects.filter(action="enrolment.withdraw").count() == 1


def computed(person: Person) -> embedding.Result:
    """Do the worker's part up to the moment before it commits."""
    row = embedding._claim(row_of(person).pk, engine.active_encoder())
    assert row is not None
    return embedding._computed(row)


@pytest.mark.parametrize("deed", ["withdraw", "erase", "replace", "deactivate"])
def test_what_happens_while_the_worker_computes_has_the_last_word(
    ann: Person, hopper_jpeg: bytes, astronaut_jpeg: bytes, deed: str
) -> None:
    reference = photos.submit(ann, hopper_jpeg, original_name="x", actor=None)
    result = computed(ann)
    assert result.vector
    if deed == "withdraw":
        photos.withdraw(reference, actor=None)
    elif deed == "erase":
        erasure.erase(ann, actor=None)
    elif deed == "replace":
        photos.submit(ann, astronaut_jpeg, original_name="x", actor=None)
    else:
        membership.deactivate(ann, actor=None)
    embedding._commit([result], engine.active_encoder())

    assert not GalleryChange.objects.exists()
    kept = ReferenceEmbedding.objects.exclude(vector=None)
    assert kept.count() == (1 if deed == "deactivate" else 0)  # a deactivated person may return


def test_enrolled_while_deactivated_is_found_after_the_return(ann: Person, hopper_jpeg: bytes) -> None:
    membership.deactivate(ann, actor=None)
    submit(ann, hopper_jpeg)
    assert row_of(ann).status == "ready"
    assert not GalleryChange.objects.exists()
    membership.reactivate(ann, actor=None)
    assert identify.identify([hopper_jpeg]).person == ann


def test_a_batch_commits_once_and_warns_within_itself(hopper_jpeg: bytes, astronaut_jpeg: bytes) -> None:
    numbers = []
    for place, data in enumerate((hopper_jpeg, astronaut_jpeg, again(hopper_jpeg), plain_picture())):
        person = roster.add(employee_number=str(place), name=f"P{place}", actor=None)
        numbers.append(photos.submit(person, data, original_name="x", actor=None).embeddings.get().pk)
    embedding.embed_all(numbers)

    rows = {row.reference.person.name: row for row in ReferenceEmbedding.objects.select_related("reference__person")}
    assert [rows[f"P{place}"].status for place in range(4)] == ["ready", "ready", "ready", "refused"]
    assert len(set(GalleryChange.objects.values_list("at", flat=True))) == 1
    assert rows["P2"].look_alike == rows["P0"].reference
    assert rows["P0"].look_alike is None


class TestLookAlike:
    def test_the_second_enrolment_of_one_face_warns(self, enrol: Enrol, hopper_jpeg: bytes) -> None:
        first = enrol("1", hopper_jpeg)
        second = row_of(enrol("2", again(hopper_jpeg)))

        assert second.status == "ready"
        assert second.look_alike == photos.current(first)
        assert second.look_alike_distance is not None
        assert second.look_alike_distance < 0.5
        assert second.look_alike_verdict == ""

    def test_a_new_photo_of_oneself_does_not_warn(self, enrol: Enrol, hopper_jpeg: bytes) -> None:
        person = enrol("1", hopper_jpeg)
        submit(person, again(hopper_jpeg))
        assert row_of(person).look_alike is None

    def test_others_do_not_warn(self, enrol: Enrol, hopper_jpeg: bytes, astronaut_jpeg: bytes) -> None:
        enrol("1", hopper_jpeg)
        assert row_of(enrol("2", astronaut_jpeg)).look_alike is None

    def test_one_added_between_search_and_commit_is_seen(self, ann: Person, hopper_jpeg: bytes) -> None:
        """Two workers at the same moment: the lock puts one after the other, and the later one looks again."""
        reference = photos.submit(ann, hopper_jpeg, original_name="x", actor=None)
        vector = engine.embed_reference(hopper_jpeg).embedding.vector
        newcomers = [Newcomer(reference=reference.pk, subject=ann.pk, vector=vector)]
        before = lookalikes.search(newcomers, encoder=engine.active_encoder())
        twin = crowd.enrol(crowd.near(vector, distance=0.3), number="2")

        found = lookalikes.search_later(before, newcomers, encoder=engine.active_encoder())

        assert before.found == {}
        assert found[reference.pk].subject == twin.pk

    def test_same_person_withdraws_the_newer_photo(self, enrol: Enrol, hopper_jpeg: bytes) -> None:
        first = enrol("1", hopper_jpeg)
        second = enrol("2", again(hopper_jpeg))
        embedding.resolve_look_alike(row_of(second), verdict="same_person", actor=None)

        assert photos.current(second) is None
        assert identify.identify([hopper_jpeg]).person == first

    def test_different_people_is_remembered_for_the_next_photo(self, enrol: Enrol, hopper_jpeg: bytes) -> None:
        enrol("1", hopper_jpeg)
        second = enrol("2", again(hopper_jpeg))
        embedding.resolve_look_alike(row_of(second), verdict="different_people", actor=None)
        assert identify.identify([hopper_jpeg]).answer == "ambiguous"  # the door asks for the number

        submit(second, again(hopper_jpeg, quality=85))
        assert row_of(second).look_alike_verdict == "different_people"

    def test_only_the_two_verdicts_and_only_where_there_is_something_to_say(
        self, enrol: Enrol, hopper_jpeg: bytes
    ) -> None:
        row = row_of(enrol("1", hopper_jpeg))
        with pytest.raises(Refusal, match="no_look_alike"):
            embedding.resolve_look_alike(row, verdict="same_person", actor=None)
        with pytest.raises(Refusal, match="verdict_invalid"):
            embedding.resolve_look_alike(row, verdict="perhaps", actor=None)


class TestLost:
    """What the broker forgets or a killed worker held is sent again, once a minute, and done once."""

    def test_pending_for_a_minute_is_sent_again_once(self, ann: Person, hopper_jpeg: bytes, sent: list[Any]) -> None:
        with time_machine.travel(clock.now(), tick=False) as moment:
            photos.submit(ann, hopper_jpeg, original_name="x", actor=None)
            row = row_of(ann)
            assert embedding.requeue_stale() == 0
            moment.shift(61)
            assert [embedding.requeue_stale() for _ in range(3)] == [1, 0, 0]
            moment.shift(61)
            assert embedding.requeue_stale() == 1
        assert sent == [("attendance.embed_reference", (row.pk,))] * 2

    def test_what_is_done_is_not_sent(self, enrol: Enrol, hopper_jpeg: bytes, sent: list[Any]) -> None:
        enrol("1", hopper_jpeg)
        enrol("2", plain_picture())
        with time_machine.travel(clock.now() + dt.timedelta(hours=1)):
            assert embedding.requeue_stale() == 0

    def test_a_worker_that_was_killed_frees_its_row(self, ann: Person, hopper_jpeg: bytes) -> None:
        photos.submit(ann, hopper_jpeg, original_name="x", actor=None)
        number = row_of(ann).pk
        with time_machine.travel(clock.now(), tick=False) as moment:
            assert embedding._claim(number, engine.active_encoder())  # and dies
            embedding.embed(number)
            assert row_of(ann).status == "pending"  # perhaps somebody is still at it
            moment.shift(21)
            embedding.embed(number)
        assert row_of(ann).status == "ready"
        assert GalleryChange.objects.count() == 1

    def test_a_picture_that_kills_its_worker_is_given_up(self, ann: Person, hopper_jpeg: bytes) -> None:
        photos.submit(ann, hopper_jpeg, original_name="x", actor=None)
        number = row_of(ann).pk
        with time_machine.travel(clock.now(), tick=False) as moment:
            for _ in range(embedding.MOST_TRIES):
                assert embedding._claim(number, engine.active_encoder())
                moment.shift(61)
            embedding.embed(number)
        assert (row_of(ann).status, row_of(ann).code) == ("refused", "processing_failed")

    def test_a_fault_of_ours_leaves_it_pending_however_often(self, ann: Person, hopper_jpeg: bytes) -> None:
        reference = photos.submit(ann, hopper_jpeg, original_name="x", actor=None)
        row = row_of(ann)
        path = files.folder() / str(reference.file)
        path.unlink()
        path.mkdir()  # a disk that does not answer: an error, and not a missing file
        for _ in range(embedding.MOST_TRIES + 2):
            with pytest.raises(Fault):
                embedding.embed(row.pk)
        assert (row_of(ann).status, row_of(ann).tries) == ("pending", 0)
        path.rmdir()
        path.write_bytes(hopper_jpeg)
        embedding.embed(row.pk)
        assert row_of(ann).status == "ready"

    def test_a_missing_file_is_said(self, ann: Person, hopper_jpeg: bytes) -> None:
        reference = photos.submit(ann, hopper_jpeg, original_name="x", actor=None)
        (files.folder() / str(reference.file)).unlink()
        embedding.embed(row_of(ann).pk)
        assert row_of(ann).code == "photo_missing"

    def test_a_deed_that_is_refused_leaves_no_file(self, ann: Person, hopper_jpeg: bytes) -> None:
        erasure.erase(ann, actor=None)
        with pytest.raises(Refusal, match="person_erased"):
            photos.submit(ann, hopper_jpeg, original_name="x", actor=None)
        assert not [path for path in (files.folder() / "references").rglob("*") if path.is_file()]


def test_a_vector_that_is_not_finite_is_never_stored(ann: Person, hopper_jpeg: bytes) -> None:
    photos.submit(ann, hopper_jpeg, original_name="x", actor=None)
    broken = SimpleNamespace(run=lambda _values: np.full((1, 128), np.nan, np.float32))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(engine.recognizer()._encoder, "_network", broken)
        for _ in range(2):
            with pytest.raises(Fault, match="invalid_embedding"):
                embedding.embed(row_of(ann).pk)
    assert not ReferenceEmbedding.objects.exclude(vector=None).exists()
    assert not GalleryChange.objects.exists()
    assert identify.identify([hopper_jpeg]).answer == "unknown"


def test_chance_names_differ_and_reveal_nothing(tmp_path: Path) -> None:
    random.seed(1)
    names = {files.keep(b"x") for _ in range(20)}
    assert len(names) == 20
    assert all((files.folder() / name).stat().st_mode & 0o077 == 0 for name in names)
