"""Every process's gallery follows the rows, whatever happens to files, history and processes."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from attendance.core.errors import Fault
from attendance.enrolment import membership, photos
from attendance.people.models import Person
from attendance.privacy import erasure
from attendance.recognition import changes, engine, gallery, snapshots, vectors
from attendance.recognition.models import Encoder, GalleryChange, GalleryCounter, ReferenceEmbedding
from tests import crowd
from verifier.gallery import Gallery

pytestmark = pytest.mark.django_db


def held(wanted: Gallery) -> set[int]:
    """The people a gallery knows."""
    return {person.pk for person in Person.objects.all() if wanted.subject_references(person.pk)}


def in_step() -> set[int]:
    return held(gallery.current()[0])


def rebuilt() -> set[int]:
    return held(gallery.rebuilt(engine.active_encoder()).gallery)


def test_whoever_is_committed_is_found_on_the_very_next_search() -> None:
    drawn = crowd.drawn_vectors(3)
    assert in_step() == set()
    for place, vector in enumerate(drawn, start=1):
        person = crowd.enrol(vector, number=str(place))
        kept, sequence = gallery.current()
        assert sequence == place
        assert kept.search(vector, most=1)[0].subject == person.pk


def test_nothing_new_costs_one_read_of_the_log() -> None:
    crowd.enrol_all(crowd.drawn_vectors(5), numbers=list("12345"))
    gallery.current()

    with CaptureQueriesContext(
        connection,
    ) as asked:
        gallery.current()

    assert len(asked) == 2  # the encoder's row and the newest line
    assert "attendance_gallerychange" in asked[-1]["sql"]


@pytest.mark.slow
def test_followed_step_by_step_is_what_the_rows_amount_to() -> None:
    """Whatever is done to whom in whichever order, following the log and reading the rows agree."""
    chance = random.Random(7)
    people = crowd.enrol_all(crowd.drawn_vectors(12), numbers=[str(number) for number in range(12)])
    for _ in range(60):
        person = Person.objects.get(pk=chance.choice(people).pk)
        if person.erased_at is not None:
            continue
        deed = chance.choice(("deactivate", "reactivate", "deactivate", "reactivate", "withdraw", "erase"))
        reference = photos.current(person)
        if deed == "deactivate":
            membership.deactivate(person, actor=None)
        elif deed == "reactivate":
            membership.reactivate(person, actor=None)
        elif deed == "erase" and chance.random() < 0.3:
            erasure.erase(person, actor=None)
        elif deed == "withdraw" and chance.random() < 0.3 and reference:
            photos.withdraw(reference, actor=None)
        assert in_step() == rebuilt()
    assert 0 < len(in_step()) < 12


def test_the_counter_the_newest_line_and_the_count_are_one_number() -> None:
    people = crowd.enrol_all(crowd.drawn_vectors(4), numbers=list("1234"))
    membership.deactivate(people[0], actor=None)
    erasure.erase(people[1], actor=None)

    assert GalleryCounter.objects.get().value == 6
    assert changes.newest().sequence == GalleryChange.objects.count() == 6
    assert list(GalleryChange.objects.values_list("sequence", flat=True)) == [1, 2, 3, 4, 5, 6]


def test_a_number_is_never_taken_outside_of_a_transaction(transactional_db: None) -> None:
    with pytest.raises(RuntimeError, match="inside a transaction"):
        changes.lock()


def test_a_rolled_back_deed_leaves_no_line_and_no_hole() -> None:
    person = crowd.enrol(crowd.drawn_vectors(1)[0], number="1")
    with transaction.atomic():
        membership.deactivate(person, actor=None)
        transaction.set_rollback(True)
    membership.deactivate(person, actor=None)

    assert list(GalleryChange.objects.values_list("operation", flat=True)) == ["add", "remove"]
    assert changes.newest().sequence == 2


def test_another_history_of_the_same_length_is_noticed() -> None:
    """A backup was restored and has grown to the same number of lines since."""
    drawn = crowd.drawn_vectors(2)
    old = crowd.enrol(drawn[0], number="1")
    assert in_step() == {old.pk}
    GalleryChange.objects.all().delete()
    GalleryCounter.objects.update(value=0)
    Person.objects.all().delete()
    new = crowd.enrol(drawn[1], number="2")

    assert in_step() == {new.pk}


def test_an_older_history_is_noticed() -> None:
    people = crowd.enrol_all(crowd.drawn_vectors(3), numbers=list("123"))
    gallery.current()
    GalleryChange.objects.filter(sequence=3).delete()
    GalleryCounter.objects.update(value=2)
    people[2].delete()

    assert in_step() == {people[0].pk, people[1].pk}


def test_a_long_absence_is_made_up_from_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gallery, "LONGEST_TAIL", 3)
    gallery.current()
    people = crowd.enrol_all(crowd.drawn_vectors(6), numbers=list("123456"))

    kept, sequence = gallery.current()

    assert held(kept) == {person.pk for person in people}
    assert sequence == 6


def test_vectors_of_two_encoders_never_meet() -> None:
    person = crowd.enrol(crowd.drawn_vectors(1)[0], number="1")
    other = Encoder.objects.create(name="another-encoder", registered_at=person.created_at)
    row = ReferenceEmbedding.objects.get()
    with transaction.atomic():
        foreign = ReferenceEmbedding.objects.create(
            reference=row.reference,
            encoder=other,
            status="ready",
            vector=vectors.pack(crowd.drawn_vectors(1, seed=5)[0]),
            created_at=row.created_at,
        )
        changes.append(operation=changes.Operation.ADD, embedding=foreign)

    kept, sequence = gallery.current()

    assert (len(kept), sequence) == (1, 2)
    assert kept.search(crowd.drawn_vectors(1)[0], most=1)[0].distance == 0.0
    membership.deactivate(person, actor=None)
    assert GalleryChange.objects.filter(operation="remove").count() == 2  # for galleries of either encoder


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.0, 3.0])
def test_a_vector_that_no_search_may_meet_is_never_packed(value: float) -> None:
    vector = crowd.drawn_vectors(1)[0].copy()
    vector[:] = value if value in (0.0, 3.0) else vector
    vector[3] = value
    with pytest.raises(Fault, match="invalid_embedding"):
        vectors.pack(vector)


def test_a_forked_child_searches_at_once_even_when_the_lock_was_held() -> None:
    crowd.enrol(crowd.drawn_vectors(1)[0], number="1")
    kept, _ = gallery.current()
    with gallery._lock, engine._lock:
        child = os.fork()
        if child == 0:
            signal.alarm(20)  # a child that hangs is killed, and the status says so
            free = gallery._lock.acquire(timeout=2) and engine._lock.acquire(timeout=2)
            found = kept.search(crowd.drawn_vectors(1)[0], most=1)
            os._exit(0 if free and found else 1)
    done, status = 0, 0
    deadline = time.monotonic() + 30
    while not done and time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        time.sleep(0.02)
    assert (done, os.waitstatus_to_exitcode(status)) == (child, 0)


class TestSnapshot:
    def test_it_opens_a_gallery_without_reading_rows(self) -> None:
        people = crowd.enrol_all(crowd.drawn_vectors(5), numbers=list("12345"))
        assert gallery.write_snapshot()
        assert not gallery.write_snapshot()  # as new as it gets
        membership.deactivate(people[0], actor=None)
        gallery.reset()

        with CaptureQueriesContext(connection) as asked:
            kept, sequence = gallery.current()

        assert sequence == 6
        assert held(kept) == {person.pk for person in people[1:]}
        assert not any("vector" in query["sql"] for query in asked if "IN (" not in query["sql"])

    @pytest.mark.parametrize("damage", ["deleted", "emptied", "cut", "flipped", "folder deleted"])
    def test_whatever_happens_to_the_file_the_rows_are_the_truth(self, damage: str) -> None:
        people = crowd.enrol_all(crowd.drawn_vectors(5), numbers=list("12345"))
        gallery.write_snapshot()
        (path,) = snapshots.folder().iterdir()
        data = path.read_bytes()
        if damage == "deleted":
            path.unlink()
        elif damage == "folder deleted":
            path.unlink()
            snapshots.folder().rmdir()
        else:
            middle = len(data) // 2
            flipped = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
            path.write_bytes({"emptied": b"", "cut": data[:middle], "flipped": flipped}[damage])
        assert in_step() == {person.pk for person in people}  # while running
        gallery.reset()

        assert in_step() == {person.pk for person in people}  # and after a restart

    def test_one_of_another_history_is_not_believed(self) -> None:
        crowd.enrol_all(crowd.drawn_vectors(2), numbers=list("12"))
        gallery.write_snapshot()
        GalleryChange.objects.all().delete()
        GalleryCounter.objects.update(value=0)
        Person.objects.all().delete()
        new = crowd.enrol_all(crowd.drawn_vectors(2, seed=9), numbers=list("34"))
        gallery.reset()

        assert in_step() == {person.pk for person in new}

    def test_one_that_was_renamed_is_not_believed(self) -> None:
        people = crowd.enrol_all(crowd.drawn_vectors(2), numbers=list("12"))
        gallery.write_snapshot()
        (path,) = snapshots.folder().iterdir()
        membership.deactivate(people[0], actor=None)
        line = GalleryChange.objects.get(sequence=3)
        micros = (line.at - snapshots.EPOCH) // snapshots.MICROSECOND
        path.rename(path.with_name(f"encoder-{line.encoder_id}-3-{micros}.gallery"))
        gallery.reset()

        assert in_step() == {people[1].pk}

    def test_an_erased_person_is_in_no_snapshot(self, django_capture_on_commit_callbacks: object) -> None:
        people = crowd.enrol_all(crowd.drawn_vectors(2), numbers=list("12"))
        vector = vectors.pack(crowd.drawn_vectors(2)[0])
        gallery.write_snapshot()
        assert any(vector in path.read_bytes() for path in snapshots.folder().iterdir())

        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]  # a fixture without type
            erasure.erase(people[0], actor=None)
        gallery.write_snapshot()

        assert list(snapshots.folder().iterdir())
        assert not any(vector in path.read_bytes() for path in snapshots.folder().iterdir())
