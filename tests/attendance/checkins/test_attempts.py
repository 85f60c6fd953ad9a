"""Every answer leaves an attempt, a match leaves one check-in, and nobody is matched who was just deactivated."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.storage import FileSystemStorage
from django.db import connection

from attendance.checkins import attempts
from attendance.checkins.models import Attempt, CheckIn
from attendance.core import clock
from attendance.core.models import SiteSettings
from attendance.people.models import Person
from attendance.workdays import doors
from tests.at_once import at_once
from tests.attendance.checkins.conftest import Recorder, identification

MORNING = dt.datetime(2026, 11, 3, 8, 2, tzinfo=dt.UTC)


def test_a_match_is_recorded_with_all_that_explains_it(
    record: Recorder, mei: Person, door: Any, tmp_path: Path
) -> None:
    tom = Person.objects.create(employee_number="9", name="Tom", created_at=clock.now())
    outcome = record("matched", mei, runner_up=tom, runner_up_distance=1.2)
    assert (outcome.answer, outcome.check_in and outcome.check_in.direction) == ("recorded", "in")
    attempt = Attempt.objects.get()
    assert (attempt.person, attempt.device, attempt.channel, attempt.method) == (mei, door, "kiosk", "identify")
    assert (attempt.distance, attempt.threshold, attempt.runner_up, attempt.runner_up_distance) == (0.7, 1.0, tom, 1.2)
    assert (attempt.comparisons, attempt.gallery_sequence, bytes(attempt.aligned or b"")) == (12, 7, b"\xff\xd8aligned")
    assert attempt.evidence.read() == b"\xff\xd8evidence"
    attempt.evidence.close()
    assert Path(attempt.evidence.path).is_relative_to(tmp_path / "evidence")
    assert CheckIn.objects.get().attempt == attempt


@pytest.mark.parametrize("answer", ["ambiguous", "unknown", "refused"])
def test_what_is_not_a_match_leaves_an_attempt_only(record: Recorder, mei: Person, answer: str) -> None:
    outcome = record(answer, mei, code="face_too_small", facts={"size_pixels": 30})
    assert (outcome.answer, outcome.check_in) == (answer, None)
    attempt = Attempt.objects.get()
    assert (attempt.answer, attempt.code, attempt.facts) == (answer, "face_too_small", {"size_pixels": 30})
    assert attempt.evidence
    assert not CheckIn.objects.exists()


def test_in_out_and_the_hours_between(record: Recorder, mei: Person) -> None:
    with time_machine.travel(MORNING, tick=False) as now:
        assert record("matched", mei).worked_seconds == 0
        now.shift(dt.timedelta(hours=4, minutes=30))
        out = record("matched", mei)
        assert out.check_in is not None
        assert (out.answer, out.check_in.direction, out.worked_seconds) == ("recorded", "out", 4.5 * 3600)
        assert doors.worked_seconds(out.check_in) == 4.5 * 3600


def test_the_same_person_within_the_debounce_is_told_when(record: Recorder, mei: Person) -> None:
    with time_machine.travel(MORNING, tick=False) as now:
        first = record("matched", mei)
        now.shift(59)
        again = record("matched", mei)
        assert (again.answer, again.previous_at, again.check_in) == ("already", MORNING, first.check_in)
        assert again.attempt.facts == {"already_at": MORNING.isoformat()}
        now.shift(1)
        assert record("matched", mei).answer == "recorded"
    assert Attempt.objects.count() == 3
    assert CheckIn.objects.count() == 2


def test_the_day_is_the_site_s_own(record: Recorder, mei: Person) -> None:
    """An out forgotten at 09:00 is not given on the next local day, though that is the same one in UTC."""
    SiteSettings.objects.create(pk=1, time_zone="Asia/Kolkata")
    with time_machine.travel(dt.datetime(2026, 11, 2, 3, 30, tzinfo=dt.UTC), tick=False) as now:  # 09:00 there
        assert record("matched", mei).check_in.direction == "in"  # type: ignore[union-attr]  # asserted by equality
        now.shift(dt.timedelta(hours=15, minutes=30))
        after_midnight = record("matched", mei).check_in
    assert after_midnight is not None
    assert (after_midnight.direction, after_midnight.time_zone) == ("in", "Asia/Kolkata")


def test_midnight_cuts_no_presence_of_somebody_without_a_shift(record: Recorder, mei: Person) -> None:
    SiteSettings.objects.create(pk=1, time_zone="Asia/Kolkata")
    with time_machine.travel(dt.datetime(2026, 11, 2, 18, 0, tzinfo=dt.UTC), tick=False) as now:  # 23:30 there
        assert record("matched", mei).check_in.direction == "in"  # type: ignore[union-attr]  # asserted by equality
        now.shift(dt.timedelta(hours=1))
        out = record("matched", mei)
    assert out.check_in is not None
    assert (out.check_in.direction, out.worked_seconds) == ("out", 3600)


def test_somebody_deactivated_between_picture_and_record_is_not_matched(record: Recorder, mei: Person) -> None:
    Person.objects.filter(pk=mei.pk).update(deactivated_at=clock.now())
    outcome = record("matched", mei)
    assert (outcome.answer, outcome.attempt.answer, outcome.attempt.code) == ("unknown", "unknown", "person_inactive")
    assert Attempt.objects.get().person is None
    assert not CheckIn.objects.exists()


def test_a_photo_deleted_between_picture_and_record_leaves_the_attempt(record: Recorder, mei: Person) -> None:
    assert record("unknown", None, reference_id=4711).answer == "unknown"
    connection.check_constraints()
    assert Attempt.objects.get().reference is None


def test_a_full_disk_costs_the_picture_not_the_check_in(
    record: Recorder, mei: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object, **_named: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "_save", full)
    outcome = record("matched", mei)
    assert outcome.answer == "recorded"
    assert (bool(outcome.attempt.evidence), outcome.attempt.facts) == (False, {"evidence_lost": True})


def test_a_failed_transaction_leaves_no_picture_behind(record: Recorder, mei: Person, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected a number"):
        record("matched", mei, distance="not a number")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.django_db(transaction=True)
def test_five_check_ins_of_one_person_at_once_give_one_record(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    person = Person.objects.create(employee_number="1", name="Ann", created_at=clock.now())
    answers: list[str] = []

    def check_in() -> None:
        outcome = attempts.record(
            identification("matched", person),
            channel=Attempt.Channel.KIOSK,
            method=Attempt.Method.IDENTIFY,
            context=doors.punch_context(person),
        )
        answers.append(outcome.answer)

    at_once(check_in, times=5)
    assert sorted(answers) == ["already"] * 4 + ["recorded"]
    assert (CheckIn.objects.count(), Attempt.objects.count()) == (1, 5)
