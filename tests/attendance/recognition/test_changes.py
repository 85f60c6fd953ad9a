"""Sequence numbers of gallery changes stay in order under concurrent writers."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, connections

from attendance.enrolment import membership
from attendance.people.models import Person
from attendance.recognition import changes
from attendance.recognition.models import GalleryChange, GalleryCounter
from tests import crowd

ROUNDS = 6


def write(person: Person, failures: list[str], *, close: bool) -> None:
    try:
        for _ in range(ROUNDS):
            membership.deactivate(person, actor=None)
            membership.reactivate(person, actor=None)
    except Exception as error:  # told by the test, not by the thread
        failures.append(repr(error))
    finally:
        if close:
            connections.close_all()


def read(done: threading.Event, failures: list[str]) -> None:
    while not done.is_set():
        newest = changes.newest().sequence
        count = GalleryChange.objects.filter(sequence__lte=newest).count()
        if count != newest:
            failures.append(f"{newest} was seen with {count} lines")
    connections.close_all()


def race(people: list[Person]) -> list[str]:
    """Let everybody be written at once while one reads; return what went wrong."""
    failures: list[str] = []
    done = threading.Event()
    reader = threading.Thread(target=read, args=(done, failures))
    writers = [threading.Thread(target=write, args=(person, failures), kwargs={"close": True}) for person in people]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    reader.join()
    return failures


@pytest.mark.django_db(transaction=True)
def test_no_reader_sees_a_number_before_the_ones_below_it() -> None:
    """Eight writers on PostgreSQL; one on SQLite in memory, whose test database bears no second connection."""
    writers = 8 if connection.vendor == "postgresql" else 1
    people = crowd.enrol_all(crowd.drawn_vectors(writers), numbers=[str(number) for number in range(writers)])
    failures: list[str] = []
    if writers == 1:
        write(people[0], failures, close=False)
    else:
        failures = race(people)

    lines = writers * (1 + 2 * ROUNDS)
    assert not failures
    assert list(GalleryChange.objects.values_list("sequence", flat=True)) == list(range(1, lines + 1))
    assert GalleryCounter.objects.get().value == lines
