"""Moves, group memberships, deactivations and check-ins of the same people in the same moment wait for no deadlock."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from attendance.checkins import attempts, door_areas
from attendance.checkins.models import Attempt, CheckIn
from attendance.enrolment import membership
from attendance.people.models import DoorGroup, Person, Site
from attendance.recognition import engine, gallery
from attendance.recognition.identify import Identification
from attendance.workdays import doors
from attendance.workdays.schedule import employment
from tests import crowd
from tests.at_once import at_once

ROUNDS = 6


def move(person: Person, turn: int, site: Site, _: DoorGroup) -> None:
    employment.move_to_site(person, None if turn % 2 else site, actor=None)


def check_in(person: Person, _turn: int, _site: Site, _: DoorGroup) -> None:
    found = Identification(answer="matched", person=person)
    context = doors.punch_context(person)
    attempts.record(found, channel=Attempt.Channel.KIOSK, method=Attempt.Method.IDENTIFY, context=context)


def join(person: Person, turn: int, _: Site, group: DoorGroup) -> None:
    (door_areas.remove_members if turn % 2 else door_areas.add_members)(group, [person], actor=None)


def deactivate(person: Person, turn: int, _site: Site, _: DoorGroup) -> None:
    (membership.reactivate if turn % 2 else membership.deactivate)(person, actor=None)


DEEDS = (move, check_in, join, deactivate)


@pytest.mark.django_db(transaction=True)
def test_whoever_moves_while_checking_in_is_recorded_and_moved(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = settings.VAR_DIR = tmp_path
    gallery.reset()
    people = crowd.enrol_all(crowd.drawn_vectors(2), numbers=["1", "2"])
    lisbon = Site.objects.create(name="Lisbon", time_zone="Europe/Lisbon")
    group = door_areas.add_group("Laboratory", actor=None)
    worker = itertools.count()
    failed: list[BaseException] = []

    def work() -> None:
        mine = next(worker)
        try:
            for turn, person in itertools.product(range(ROUNDS), people[:: 1 if mine % 2 else -1]):
                DEEDS[mine](person, turn, lisbon, group)
        except BaseException as error:
            failed.append(error)
            raise

    at_once(work, times=len(DEEDS))
    assert failed == []
    assert CheckIn.objects.exists()
    followed, rebuilt = gallery.in_step(), gallery.rebuilt(engine.active_encoder())
    for person in people:
        assert followed.gallery.labels_of(person.pk) == rebuilt.gallery.labels_of(person.pk) != frozenset()
