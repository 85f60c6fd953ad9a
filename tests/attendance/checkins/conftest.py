"""Fixtures of the tests at the door: a person, a paired door, and answers of the recognizer made by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from attendance.checkins import attempts, devices
from attendance.checkins.attempts import Outcome
from attendance.checkins.models import Attempt, Device
from attendance.core import clock
from attendance.core.models import User
from attendance.people.models import Person
from attendance.recognition.identify import Identification
from attendance.workdays import doors

Recorder = Callable[..., Outcome]


def identification(answer: str, person: Person | None = None, **more: Any) -> Identification:
    """Return an answer as the recognizer would give it."""
    made: dict[str, Any] = {
        "answer": answer,
        "person": person,
        "reference_id": None,
        "distance": 0.7,
        "threshold": 1.0,
        "runner_up": None,
        "runner_up_distance": None,
        "comparisons": 12,
        "target_false_accept": 0.001,
        "encoder": None,
        "gallery_sequence": 7,
        "code": "",
        "facts": {},
        "quality": {"sharpness": 0.5},
        "aligned_jpeg": b"\xff\xd8aligned",
        "evidence_jpeg": b"\xff\xd8evidence",
        "duration_milliseconds": 31.0,
    }
    return Identification(**{**made, **more})


@pytest.fixture
def mei(db: None) -> Person:
    """Somebody enrolled."""
    return Person.objects.create(employee_number="117", name="Mei Chen", created_at=clock.now())


@pytest.fixture
def door(administrator: User) -> Device:
    """A door; the token that its browser carries does not matter here."""
    return devices.add(name="Gate 2", actor=administrator)


@pytest.fixture
def record(door: Device, settings: Any, tmp_path: Any) -> Recorder:
    """Record an answer at the door."""
    settings.MEDIA_ROOT = tmp_path

    def recorder(answer: str, person: Person | None = None, **more: Any) -> Outcome:
        return attempts.record(
            identification(answer, person, **more),
            channel=Attempt.Channel.KIOSK,
            method=Attempt.Method.IDENTIFY,
            device=door,
            context=doors.punch_context(person),
        )

    return recorder
