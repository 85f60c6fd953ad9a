"""Identification names the right people, and never somebody deactivated, withdrawn or unknown."""

from __future__ import annotations

import numpy as np
import pytest

from attendance.core import clock
from attendance.enrolment import membership
from attendance.people.models import Person
from attendance.recognition import engine, identify, settings
from tests import crowd
from tests.attendance.conftest import Enrol, again, confirm, plain_picture, submit

pytestmark = pytest.mark.django_db


def test_an_enrolled_person_is_matched_by_another_picture(
    enrol: Enrol, hopper_jpeg: bytes, astronaut_jpeg: bytes
) -> None:
    grace = enrol("1", hopper_jpeg, name="Grace Hopper")
    enrol("2", astronaut_jpeg)

    found = identify.identify([again(hopper_jpeg, scale=0.8)])

    assert (found.answer, found.person) == ("matched", grace)
    assert found.comparisons == 2
    assert found.distance is not None
    assert found.threshold is not None
    assert found.distance < 0.5 < found.threshold
    assert found.runner_up is not None
    assert found.runner_up.employee_number == "2"
    assert found.target_false_accept == settings.current().target_false_accept
    assert found.gallery_sequence == 2
    assert found.encoder == engine.active_encoder()
    assert found.aligned_jpeg
    assert found.aligned_jpeg.startswith(b"\xff\xd8")
    assert found.evidence_jpeg
    assert max(engine.decode(found.evidence_jpeg).shape[:2]) == 320
    assert found.quality["size_pixels"] > 50


def test_a_stranger_is_unknown_and_nobody_is_named(enrol: Enrol, hopper_jpeg: bytes, astronaut_jpeg: bytes) -> None:
    enrol("1", hopper_jpeg)

    found = identify.identify([astronaut_jpeg])

    assert (found.answer, found.person) == ("unknown", None)
    assert found.code == "beyond_threshold"


def test_an_empty_gallery_answers_unknown(astronaut_jpeg: bytes) -> None:
    found = identify.identify([astronaut_jpeg])

    assert (found.answer, found.code, found.comparisons) == ("unknown", "gallery_empty", 0)


def test_the_nearest_wins_and_not_the_first_that_is_near_enough(astronaut_jpeg: bytes) -> None:
    probe = engine.embed_reference(astronaut_jpeg).embedding.vector
    crowd.enrol(crowd.near(probe, distance=0.95), number="acceptable")
    nearer = crowd.enrol(crowd.near(probe, distance=0.3, seed=1), number="nearer")

    found = identify.identify([astronaut_jpeg])

    assert found.reference_id == nearer.references.get().pk


def test_one_face_under_two_names_is_ambiguous_and_never_a_silent_pick(enrol: Enrol, hopper_jpeg: bytes) -> None:
    enrol("1", hopper_jpeg)
    enrol("2", again(hopper_jpeg, quality=80))

    found = identify.identify([hopper_jpeg])

    assert (found.answer, found.person) == ("ambiguous", None)
    assert found.runner_up is not None


def test_deactivated_in_the_row_alone_is_not_matched(enrol: Enrol, hopper_jpeg: bytes) -> None:
    """Between the search and the answer somebody is deactivated: the row has the last word."""
    grace = enrol("1", hopper_jpeg)
    assert identify.identify([hopper_jpeg]).answer == "matched"
    Person.objects.filter(pk=grace.pk).update(deactivated_at=clock.now())

    found = identify.identify([hopper_jpeg])

    assert (found.answer, found.person) == ("unknown", None)


def test_deactivated_between_two_frames_is_not_matched_and_back_again(enrol: Enrol, hopper_jpeg: bytes) -> None:
    grace = enrol("1", hopper_jpeg)
    assert identify.identify([hopper_jpeg]).answer == "matched"
    membership.deactivate(grace, actor=None)
    assert identify.identify([hopper_jpeg]).answer == "unknown"
    membership.reactivate(grace, actor=None)
    assert identify.identify([hopper_jpeg]).person == grace


def test_a_replaced_photo_is_no_longer_matched(enrol: Enrol, hopper_jpeg: bytes, astronaut_jpeg: bytes) -> None:
    person = enrol("1", hopper_jpeg)
    submit(person, astronaut_jpeg)
    assert identify.identify([hopper_jpeg]).person == person  # another face counts only when it is confirmed
    confirm(person)

    assert identify.identify([hopper_jpeg]).answer == "unknown"
    assert identify.identify([again(astronaut_jpeg)]).person == person


def test_refused_frames_are_an_answer_with_the_one_that_came_furthest(astronaut_jpeg: bytes) -> None:
    nothing = identify.identify([])
    no_picture = identify.identify([b"not a picture"])
    no_face = identify.identify([b"not a picture", plain_picture()])
    one_good = identify.identify([b"", astronaut_jpeg, plain_picture()])

    assert (nothing.answer, nothing.code) == ("refused", "no_frames")
    assert (no_picture.answer, no_picture.code, no_picture.evidence_jpeg) == ("refused", "invalid_image", None)
    assert (no_face.answer, no_face.code) == ("refused", "face_not_found")
    assert no_face.evidence_jpeg is not None
    assert one_good.answer == "unknown"
    assert one_good.facts["frames_used"] == 1


def test_a_request_that_fails_leaves_nothing_behind(enrol: Enrol, hopper_jpeg: bytes) -> None:
    enrol("1", hopper_jpeg)
    first = identify.identify([hopper_jpeg])
    identify.identify([b"broken"])

    assert identify.identify([hopper_jpeg]).distance == first.distance


def test_frames_of_one_person_are_averaged(enrol: Enrol, hopper_jpeg: bytes) -> None:
    grace = enrol("1", hopper_jpeg)

    found = identify.identify([again(hopper_jpeg, quality=30), again(hopper_jpeg, quality=90), plain_picture()])

    assert found.person == grace
    assert (found.facts["frames"], found.facts["frames_used"]) == (3, 2)


def test_four_frames_count_and_a_fifth_is_not_read(enrol: Enrol, hopper_jpeg: bytes, astronaut_jpeg: bytes) -> None:
    grace = enrol("1", hopper_jpeg)
    four = [again(hopper_jpeg, quality=quality) for quality in (40, 60, 80, 90)]

    found = identify.identify([*four, astronaut_jpeg])

    assert found.person == grace
    assert (found.facts["frames"], found.facts["frames_used"]) == (4, 4)


def test_the_more_the_frames_differ_the_stricter_the_threshold(hopper_jpeg: bytes) -> None:
    """The mean of different frames lies nearer to strangers, so the promise asks for more of it."""
    crowd.enrol(crowd.drawn_vectors(1)[0], number="1")
    alone = identify.identify([hopper_jpeg])
    equal = identify.identify([hopper_jpeg, hopper_jpeg])
    differing = identify.identify([hopper_jpeg, again(hopper_jpeg, scale=0.3, quality=20)])

    assert alone.threshold == settings.policy().threshold(1)
    assert equal.threshold == pytest.approx(alone.threshold, abs=1e-6)
    assert alone.facts["mean_length"] == equal.facts["mean_length"] == 1.0
    assert isinstance(differing.facts["mean_length"], float)
    assert differing.facts["mean_length"] < 0.999
    assert differing.threshold is not None
    assert differing.threshold < alone.threshold - 1e-5


@pytest.mark.parametrize("order", ["AAB", "ABA", "BAA", "AB", "BA", "ABB", "AAAB", "BAAA"])
def test_frames_of_two_people_are_nobodys_look(
    enrol: Enrol, hopper_jpeg: bytes, astronaut_jpeg: bytes, order: str
) -> None:
    """Whether the other is enrolled, a stranger, or the one asked about: whose look it was cannot be known."""
    grace = enrol("1", hopper_jpeg)
    frames = {"A": again(hopper_jpeg, quality=90), "B": again(astronaut_jpeg, quality=90)}
    looked = [frames[name] for name in order]

    searched, compared = identify.identify(looked), identify.verify(looked, person=grace)
    enrol("2", astronaut_jpeg)
    again_searched = identify.identify(looked)

    for found in (searched, compared, again_searched):
        assert (found.answer, found.code, found.person) == ("refused", "frames_differ", None)
        assert found.evidence_jpeg is not None


def test_every_route_gives_the_same_vector_to_the_bit(enrol: Enrol, hopper_jpeg: bytes) -> None:
    enrol("1", hopper_jpeg)

    assert identify.identify([hopper_jpeg]).distance == 0.0


def test_verify_compares_with_the_own_photo_only(enrol: Enrol, hopper_jpeg: bytes, astronaut_jpeg: bytes) -> None:
    grace = enrol("1", hopper_jpeg)
    eileen = enrol("2", astronaut_jpeg)

    own = identify.verify([again(hopper_jpeg)], person=grace)
    other = identify.verify([again(hopper_jpeg)], person=eileen)

    assert (own.answer, own.person, own.comparisons) == ("matched", grace, 1)
    assert (other.answer, other.person, other.runner_up) == ("unknown", None, None)
    assert own.threshold == settings.policy().threshold(1)


def test_verify_refuses_who_cannot_be_compared(enrol: Enrol, hopper_jpeg: bytes) -> None:
    grace = enrol("1", hopper_jpeg)
    nobody = enrol("2", plain_picture())
    stale = Person.objects.get(pk=grace.pk)
    membership.deactivate(grace, actor=None)

    assert identify.verify([hopper_jpeg], person=nobody).code == "not_enrolled"
    assert identify.verify([hopper_jpeg], person=stale).code == "person_inactive"


def test_more_people_tighten_the_threshold(astronaut_jpeg: bytes) -> None:
    alone = settings.operating_point(comparisons=1)
    many = settings.operating_point(comparisons=1000)

    assert many.threshold < alone.threshold
    assert many.honest_refused >= alone.honest_refused
    crowd.enrol_all(crowd.drawn_vectors(40), numbers=[str(number) for number in range(40)])
    assert identify.identify([astronaut_jpeg]).threshold == settings.policy().threshold(40)


def test_the_operators_target_is_read_from_the_row(astronaut_jpeg: bytes) -> None:
    crowd.enrol(crowd.drawn_vectors(1)[0], number="1")
    before = identify.identify([astronaut_jpeg]).threshold
    settings.change(target_false_accept=0.05, actor=None)

    after = identify.identify([astronaut_jpeg])

    assert before is not None
    assert after.threshold is not None
    assert after.threshold > before
    assert np.isclose(after.target_false_accept or 0, 0.05)
