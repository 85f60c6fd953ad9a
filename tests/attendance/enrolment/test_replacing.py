"""The old photo counts until the new one shows the same face or is confirmed; for a week it can come back."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from attendance.core import clock
from attendance.core.errors import Refusal
from attendance.core.models import AuditEntry
from attendance.enrolment import embedding, photos, replacing
from attendance.people.models import Person
from attendance.privacy import retention
from attendance.recognition import gallery, identify
from attendance.recognition.models import ReferenceEmbedding
from tests.attendance.conftest import Enrol, again, confirm, plain_picture, submit

pytestmark = pytest.mark.django_db


def row_of(person: Person) -> ReferenceEmbedding:
    row = embedding.current(person)
    assert row is not None
    return row


def test_while_the_new_photo_is_pending_the_old_one_counts(enrol: Enrol, hopper_jpeg: bytes) -> None:
    person = enrol("1", hopper_jpeg)
    old = photos.current(person)
    photos.submit(person, again(hopper_jpeg), original_name="new.jpg", actor=None)

    found = identify.identify([hopper_jpeg])
    assert (found.person, found.reference_id) == (person, old.pk if old else None)


def test_the_same_face_takes_over_by_itself(enrol: Enrol, hopper_jpeg: bytes) -> None:
    person = enrol("1", hopper_jpeg)
    old = row_of(person)
    submit(person, again(hopper_jpeg), original_name="new.jpg")

    old.refresh_from_db()
    assert (row_of(person).reference.original_name, row_of(person).code) == ("new.jpg", "")
    assert (old.status, old.vector, old.reference.replaced_by) == ("withdrawn", None, row_of(person).reference)
    assert replacing.proposed(person) is None
    assert identify.identify([hopper_jpeg]).person == person
    assert len(gallery.current()[0]) == 1


@pytest.mark.parametrize("verdict", ["confirm", "discard"])
def test_another_face_waits_and_lets_nobody_in(
    enrol: Enrol, hopper_jpeg: bytes, astronaut_jpeg: bytes, verdict: str
) -> None:
    grace = enrol("1", hopper_jpeg)
    submit(grace, astronaut_jpeg)
    waiting = replacing.proposed(grace)
    assert waiting is not None
    assert waiting.embeddings.get().code == "another_face"
    assert identify.identify([hopper_jpeg]).person == grace
    assert identify.identify([astronaut_jpeg]).answer == "unknown"
    gallery.reset()  # what is built from the rows holds no proposal either
    assert len(gallery.current()[0]) == 1

    if verdict == "confirm":
        embedding.confirm(waiting, actor=None)
    else:
        replacing.discard(waiting, actor=None)

    found = [identify.identify([data]).person for data in (hopper_jpeg, astronaut_jpeg)]
    assert found == ([None, grace] if verdict == "confirm" else [grace, None])
    for deed in (embedding.confirm, replacing.discard):
        with pytest.raises(Refusal, match="nothing_proposed"):
            deed(waiting, actor=None)
    assert AuditEntry.objects.filter(action=f"enrolment.{verdict}").count() == 1


def test_a_new_photo_that_will_not_do_leaves_the_old_one(enrol: Enrol, hopper_jpeg: bytes) -> None:
    person = enrol("1", hopper_jpeg)
    submit(person, plain_picture())
    waiting = replacing.proposed(person)
    assert waiting is not None
    assert waiting.embeddings.get().code == "face_not_found"
    assert identify.identify([hopper_jpeg]).person == person
    submit(person, again(hopper_jpeg))  # a third one replaces the proposal, and then the photo
    waiting.refresh_from_db()
    assert waiting.withdrawn_at is not None
    assert replacing.proposed(person) is None


def test_a_confirmed_face_of_somebody_else_warns(enrol: Enrol, hopper_jpeg: bytes, astronaut_jpeg: bytes) -> None:
    eileen = enrol("1", astronaut_jpeg)
    grace = enrol("2", hopper_jpeg)
    submit(grace, again(astronaut_jpeg))
    confirm(grace)
    assert row_of(grace).look_alike == photos.current(eileen)


def test_for_a_week_the_old_photo_can_be_brought_back(enrol: Enrol, hopper_jpeg: bytes, astronaut_jpeg: bytes) -> None:
    with time_machine.travel(clock.now(), tick=False) as moment:
        grace = enrol("1", hopper_jpeg)
        submit(grace, astronaut_jpeg)
        confirm(grace)
        old = replacing.restorable(grace)
        assert old is not None
        moment.shift(dt.timedelta(days=6, hours=23))
        retention.delete_withdrawn_photos(before=clock.now())  # a site that keeps pictures for less
        replacing.restore(old, actor=None)
        embedding.embed(row_of(grace).pk)
        assert identify.identify([hopper_jpeg]).person == grace
        assert identify.identify([astronaut_jpeg]).answer == "unknown"

        newer = replacing.restorable(grace)  # and so can the one that was taken back
        assert newer is not None
        moment.shift(dt.timedelta(days=7, seconds=1))
        assert replacing.restorable(grace) is None
        with pytest.raises(Refusal, match="nothing_to_restore"):
            replacing.restore(newer, actor=None)
        assert retention.delete_withdrawn_photos(before=clock.now()) == 1
        assert len(gallery.current()[0]) == 1
