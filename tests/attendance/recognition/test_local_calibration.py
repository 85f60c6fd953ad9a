"""The calibration by the own people decides from the next attempt on, wherever there is one, and never before."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator

import numpy as np
import pytest
import time_machine
from django.core.management import call_command

from attendance import tasks
from attendance.core import clock
from attendance.core.models import AuditEntry
from attendance.recognition import engine, identify, local_calibration, operating, pairs, settings
from attendance.recognition.models import Encoder, LocalCalibration
from tests import cast, crowd
from verifier.values import FloatArray

pytestmark = pytest.mark.django_db
NOON = dt.datetime(2026, 11, 2, 12, tzinfo=dt.UTC)
MANY = 60


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def alike(count: int, *, seed: int = 1) -> FloatArray:
    """Draw people who resemble one another: all of them a step towards one face."""
    moved = crowd.drawn_vectors(count, seed=seed) + 0.8 * np.eye(1, 128, dtype=np.float32)
    return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), dtype=np.float32)


def enrol_alike(count: int = MANY, *, seed: int = 1) -> None:
    crowd.enrol_all(alike(count, seed=seed), numbers=[f"{seed}-{number}" for number in range(count)])


def shipped_threshold(comparisons: int) -> float:
    return engine.calibration().distance_at(settings.current().target_false_accept / comparisons)


def test_without_one_the_shipped_table_decides() -> None:
    enrol_alike(3)

    assert settings.policy().threshold(100) == shipped_threshold(100)


def test_people_who_resemble_one_another_make_the_door_stricter_from_the_next_attempt_on(astronaut_jpeg: bytes) -> None:
    enrol_alike()
    before = identify.identify([astronaut_jpeg])

    local_calibration.store(local_calibration.compute())
    after = identify.identify([astronaut_jpeg])

    assert before.threshold == shipped_threshold(MANY)
    assert before.threshold is not None
    assert after.threshold is not None
    assert after.threshold < before.threshold - 0.01
    assert after.threshold == settings.policy().threshold(MANY)
    assert (before.facts["calibration"], before.facts.get("calibrated_at")) == ("encoder", None)
    assert (after.facts["calibration"], after.facts["calibrated_at"]) == ("own", NOON.isoformat())


def test_one_to_one_says_too_whose_table_decided(astronaut_jpeg: bytes) -> None:
    enrol_alike()
    (somebody,) = crowd.enrol_all(crowd.drawn_vectors(1, seed=9), numbers=["somebody"])
    local_calibration.store(local_calibration.compute())

    assert identify.verify([astronaut_jpeg], person=somebody).facts["calibration"] == "own"
    settings.use_local_calibration(False, actor=None)
    assert identify.verify([astronaut_jpeg], person=somebody).facts["calibration"] == "encoder"


def test_switched_off_the_shipped_table_decides_and_the_log_says_who_did_it() -> None:
    enrol_alike()
    local_calibration.store(local_calibration.compute())
    boss = cast.user("boss")

    settings.use_local_calibration(False, actor=boss)
    settings.use_local_calibration(False, actor=boss)  # nothing changed, nothing to write

    assert settings.policy().threshold(MANY) == shipped_threshold(MANY)
    line = AuditEntry.objects.get(action="matching.calibration")
    assert (line.actor, line.facts) == (boss, {"before": True, "after": False})
    settings.use_local_calibration(True, actor=boss)
    assert settings.policy().threshold(MANY) < shipped_threshold(MANY)


def test_one_for_another_encoder_or_another_shipped_table_does_not_count() -> None:
    enrol_alike()
    row = local_calibration.store(local_calibration.compute())
    assert settings.policy().threshold(MANY) < shipped_threshold(MANY)

    other = Encoder.objects.create(name="another", registered_at=clock.now())
    LocalCalibration.objects.filter(pk=row.pk).update(encoder=other)
    assert settings.policy().threshold(MANY) == shipped_threshold(MANY)

    older = local_calibration.compute()
    older.shipped_digest = "of a table that was replaced"
    local_calibration.store(older)
    assert settings.policy().threshold(MANY) == shipped_threshold(MANY)
    assert local_calibration.newest() is None


def test_the_worker_waits_until_it_is_quiet(at_noon: time_machine.Traveller) -> None:
    assert not tasks.calibrate()  # nobody was ever enrolled
    enrol_alike(12)
    assert tasks.calibrate()
    assert not tasks.calibrate()  # it has seen everybody

    at_noon.shift(1)
    enrol_alike(12, seed=2)
    assert not tasks.calibrate()
    at_noon.shift(local_calibration.QUIET)
    assert tasks.calibrate()

    newest = local_calibration.newest()
    assert newest is not None
    assert (newest.people, newest.gallery_sequence) == (24, 24)


def test_an_import_that_never_pauses_is_followed_all_the_same(at_noon: time_machine.Traveller) -> None:
    enrol_alike(12)
    assert tasks.calibrate()
    at_noon.shift(local_calibration.LONGEST_WAIT)
    enrol_alike(12, seed=2)

    assert tasks.calibrate()


def test_known_look_alikes_have_no_say() -> None:
    drawn = crowd.drawn_vectors(30)
    people = crowd.enrol_all(drawn, numbers=[str(number) for number in range(30)])
    twins = [crowd.enrol(crowd.near(drawn[0], distance=0.3, seed=seed), number=f"t{seed}") for seed in range(100, 103)]
    believed = local_calibration.compute()
    for twin in twins:
        pairs.record(people[0].pk, twin.pk)

    assert local_calibration.compute().pairs == believed.pairs - 3


def test_only_the_newest_rows_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_calibration, "KEPT_ROWS", 2)
    enrol_alike(3)
    rows = [local_calibration.store(local_calibration.compute()) for _ in range(3)]

    assert set(LocalCalibration.objects.values_list("pk", flat=True)) == {row.pk for row in rows[1:]}


def test_a_dry_run_prints_and_keeps_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    enrol_alike()

    call_command("calibrate", dry_run=True, json=True)
    answer = json.loads(capsys.readouterr().out)
    assert not LocalCalibration.objects.exists()
    assert (answer["people"], answer["pairs"], answer["kept"]) == (MANY, MANY * (MANY - 1) // 2, False)
    assert all(each["local"] < each["shipped"] for each in answer["curve"])
    assert all(each["local_refused"] >= each["shipped_refused"] for each in answer["curve"])

    call_command("calibrate")
    assert f"{MANY} people" in capsys.readouterr().out
    row = local_calibration.newest()
    assert row is not None
    assert row.move == pytest.approx(answer["move"], abs=1e-5)


def test_what_the_shipped_threshold_would_let_through_is_said() -> None:
    enrol_alike()
    row = local_calibration.store(local_calibration.compute())

    assert operating.times_as_many(row, false_match_rate=1e-5) > 1
    assert operating.counted_once_in(row) == MANY * (MANY - 1) // 2 // operating.FEWEST_COUNTED
