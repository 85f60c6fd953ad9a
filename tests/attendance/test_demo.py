"""The demonstration fills an instance that the reports can read, and only once."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from attendance.checkins.models import CheckIn
from attendance.core import clock
from attendance.people import pins
from attendance.people.models import Person, ReferenceImage


def demo(*arguments: str) -> str:
    output = StringIO()
    call_command("demo", "--days", "2", *arguments, stdout=output)
    return output.getvalue()


@pytest.mark.django_db
@pytest.mark.slow
def test_thirty_people_come_and_go_in_the_past_and_two_have_a_face() -> None:
    assert "30 people, 2 enrolled by photo" in demo()
    assert Person.objects.count() == 30
    assert set(ReferenceImage.objects.values_list("person__name", flat=True)) == {"Eileen Collins", "Grace Hopper"}
    punches = CheckIn.objects.order_by("person", "at")
    assert punches
    assert all(punch.at < clock.now() for punch in punches)
    assert pins.matches(Person.objects.get(employee_number="D030"), "4711")
    first = CheckIn.objects.filter(person=punches[0].person).order_by("at").first()
    assert first is not None
    assert first.direction == "in"


@pytest.mark.django_db
@pytest.mark.slow
def test_a_second_call_changes_nothing() -> None:
    demo()
    count = CheckIn.objects.count()
    assert "already" in demo()
    assert (Person.objects.count(), CheckIn.objects.count()) == (30, count)


@pytest.mark.django_db
def test_a_folder_per_person_enrols_everybody_by_photo(tmp_path: Path, hopper_jpeg: bytes) -> None:
    for name in ("Ada_One", "Ben_Two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.jpg").write_bytes(hopper_jpeg)
    (tmp_path / "empty").mkdir()
    assert "2 people, 2 enrolled by photo" in demo("--photos", str(tmp_path))
    assert {person.name for person in Person.objects.all()} == {"Ada One", "Ben Two"}
