"""Mei of the kitchen, who was late on Monday and forgot the out on Tuesday."""

from __future__ import annotations

import pytest

from attendance.people.models import Person
from tests.attendance.workdays import office


@pytest.fixture
def mei() -> Person:
    person = office.employee("Mei", shift=office.day_shift(), department="Kitchen")
    office.punches(person, "2026-11-02 08:20", "2026-11-02 17:00", "2026-11-03 08:00")
    return person
