"""Another encoder is tried beside the one in use, decides nothing, is switched to, and back, without a gap."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from attendance.checkins import attempts, replays
from attendance.checkins.models import Attempt, Replay
from attendance.core.errors import Refusal
from attendance.core.models import AuditEntry
from attendance.enrolment import embedding, membership
from attendance.enrolment import encoders as filling
from attendance.recognition import encoders, engine, gallery, identify, lookalikes, pairs
from attendance.recognition.models import MatchSettings, ReferenceEmbedding
from attendance.reports import enrolled, roster
from tests.attendance import another_encoder
from tests.attendance.conftest import Enrol, again
from verifier import checkpoints, external_encoders
from verifier.inference import openvino_network

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.skipif(not openvino_network.is_available(), reason="external encoders are run by OpenVINO"),
]

Status = ReferenceEmbedding.Status


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("models")
    return folder, another_encoder.prepare(folder)


@pytest.fixture
def another(prepared: tuple[Path, str], settings: Settings) -> str:
    folder, name = prepared
    settings.MODELS_DIR = str(folder)
    return name


@pytest.fixture
def own_models(another: str, settings: Settings, tmp_path: Path) -> Iterator[Path]:
    """Give a test a folder of models that it may change."""
    folder = Path(shutil.copytree(settings.MODELS_DIR, tmp_path / "models"))
    settings.MODELS_DIR = str(folder)
    engine.reset()
    yield folder
    engine.reset()


def work() -> None:
    """Do all that the worker has to do about photos."""
    while filling.fill(most=16):
        embedding.embed_all(list(ReferenceEmbedding.objects.filter(status=Status.PENDING).values_list("pk", flat=True)))


def look(data: bytes) -> Attempt:
    """Come to the door with a picture; nobody is checked in, so that no roster is needed."""
    found = identify.identify([data])
    outcome = attempts._attempt(
        found, channel=Attempt.Channel.KIOSK, method=Attempt.Method.IDENTIFY, device=None, user=None
    )
    outcome.save()
    return outcome


def test_nothing_changes_before_somebody_chooses(another: str, enrol: Enrol, hopper_jpeg: bytes) -> None:
    enrol("1", hopper_jpeg)
    work()
    assert engine.active_encoder() == engine.shipped_encoder()
    assert [encoder.name for encoder in encoders.kept()] == [engine.shipped_encoder().name]
    assert ReferenceEmbedding.objects.count() == 1
    states = {state.encoder.name: state for state in encoders.states()}
    assert (states[another].ready, states[another].missing, states[another].in_use) == (0, 1, False)


def test_the_shadow_decides_beside_the_one_in_use(
    another: str, enrol: Enrol, hopper_jpeg: bytes, astronaut_jpeg: bytes
) -> None:
    grace = enrol("1", hopper_jpeg)
    encoders.start_shadow(another, actor=None)
    work()
    known, stranger = look(again(hopper_jpeg)), look(astronaut_jpeg)

    assert replays.work() == 2

    rows = {row.attempt_id: row for row in Replay.objects.filter(is_shadow=True)}
    assert (rows[known.pk].answer, rows[known.pk].person, rows[known.pk].encoder.name) == ("matched", grace, another)
    assert rows[known.pk].distance != pytest.approx(known.distance, abs=1e-4)
    assert (rows[stranger.pk].answer, rows[stranger.pk].person) == ("unknown", None)
    trial = replays.trial()
    assert trial is not None
    assert (trial.replayed, trial.same, trial.others, trial.waiting) == (2, 2, 0, 0)
    assert replays.work() == 0
    assert known.encoder == engine.active_encoder() == engine.shipped_encoder()


def test_what_the_two_decide_differently_is_listed(another: str, enrol: Enrol, hopper_jpeg: bytes) -> None:
    grace = enrol("1", hopper_jpeg)
    encoders.start_shadow(another, actor=None)
    work()
    attempt = look(again(hopper_jpeg))
    Attempt.objects.filter(pk=attempt.pk).update(answer=Attempt.Answer.UNKNOWN, person=None)
    replays.work()
    trial = replays.trial()
    assert trial is not None
    assert (trial.only_shadow, trial.same) == (1, 0)
    assert [row.person for row in replays.differing(most=10)] == [grace]


def test_a_switch_waits_until_every_photo_was_looked_at(another: str, enrol: Enrol, hopper_jpeg: bytes) -> None:
    enrol("1", hopper_jpeg)
    encoders.start_shadow(another, actor=None)
    with pytest.raises(Refusal) as refused:
        encoders.switch(another, actor=None)
    assert (refused.value.code, refused.value.facts) == ("encoder_not_ready", {"missing": 1})
    assert engine.active_encoder() == engine.shipped_encoder()


def test_switching_and_back_again_leaves_no_gap(
    another: str, enrol: Enrol, hopper_jpeg: bytes, astronaut_jpeg: bytes
) -> None:
    grace = enrol("1", hopper_jpeg)
    encoders.start_shadow(another, actor=None)
    work()

    encoders.switch(another, actor=None)
    found = identify.identify([again(hopper_jpeg)])
    assert (found.person, found.encoder and found.encoder.name) == (grace, another)
    newcomer = enrol("2", astronaut_jpeg)
    work()

    encoders.switch(engine.shipped_encoder().name, actor=None)
    found = identify.identify([again(astronaut_jpeg)])
    assert (found.person, found.encoder) == (newcomer, engine.shipped_encoder())
    assert encoders.states()[1].is_previous
    deeds = list(AuditEntry.objects.filter(action__startswith="encoder.").values_list("action", flat=True))
    assert deeds.count("encoder.switch") == 2


def test_people_come_and_go_in_both_galleries(another: str, enrol: Enrol, hopper_jpeg: bytes) -> None:
    grace = enrol("1", hopper_jpeg)
    encoders.start_shadow(another, actor=None)
    work()
    shadow = encoders.find(another)
    assert len(gallery.in_step(shadow).gallery) == 1
    membership.deactivate(grace, actor=None)
    assert len(gallery.in_step(shadow).gallery) == len(gallery.in_step().gallery) == 0


def test_photos_that_would_be_lost_must_be_agreed_to(another: str, enrol: Enrol, hopper_jpeg: bytes) -> None:
    enrol("1", hopper_jpeg)
    encoders.start_shadow(another, actor=None)
    work()
    ReferenceEmbedding.objects.filter(encoder__name=another).update(status=Status.REFUSED, vector=None)
    with pytest.raises(Refusal, match="encoder_loses_photos"):
        encoders.switch(another, actor=None)
    encoders.switch(another, agreed_lost=1, actor=None)
    assert engine.active_encoder().name == another


def test_without_a_calibration_nothing_is_decided_with_it(
    another: str, own_models: Path, enrol: Enrol, hopper_jpeg: bytes
) -> None:

    enrol("1", hopper_jpeg)
    path = external_encoders.card_path(own_models, another)
    checkpoints.write_card(path, card=dataclasses.replace(checkpoints.read_card(path), calibration=None))
    for deed in (encoders.start_shadow, encoders.switch):
        with pytest.raises(Refusal, match="encoder_not_calibrated"):
            deed(another, actor=None)
    another_encoder.calibrate(own_models, another)  # fitted while everything runs
    encoders.start_shadow(another, actor=None)


def test_a_chosen_encoder_that_is_not_on_this_machine_is_replaced_by_the_one_that_ships(
    another: str, own_models: Path, enrol: Enrol, hopper_jpeg: bytes
) -> None:
    grace = enrol("1", hopper_jpeg)
    encoders.start_shadow(another, actor=None)
    work()
    encoders.switch(another, actor=None)
    shutil.rmtree(own_models / "encoders")
    engine.reset()
    assert identify.identify([again(hopper_jpeg)]).person == grace
    assert engine.chosen_but_unusable() == another


def test_a_replay_with_another_threshold_is_answered_by_the_worker(
    another: str, enrol: Enrol, hopper_jpeg: bytes
) -> None:
    grace = enrol("1", hopper_jpeg)
    attempt = look(again(hopper_jpeg))
    name = engine.shipped_encoder().name
    strict = replays.ask(attempt, encoder_name=name, target_false_accept=1e-6, actor=None)
    as_it_was = replays.ask(attempt, encoder_name=name, target_false_accept=None, actor=None)
    replays.work()
    strict.refresh_from_db()
    as_it_was.refresh_from_db()
    assert as_it_was.person == grace
    assert as_it_was.distance == pytest.approx(attempt.distance, abs=0.05)  # the face was kept as JPEG
    assert strict.threshold is not None
    assert as_it_was.threshold is not None
    assert strict.threshold < as_it_was.threshold
    assert Attempt.objects.get(pk=attempt.pk).threshold == attempt.threshold


def test_a_replay_of_deleted_evidence_ends_with_the_reason(another: str, enrol: Enrol, hopper_jpeg: bytes) -> None:
    enrol("1", hopper_jpeg)
    attempt = look(again(hopper_jpeg))
    row = replays.ask(attempt, encoder_name=engine.shipped_encoder().name, target_false_accept=None, actor=None)
    Attempt.objects.filter(pk=attempt.pk).update(aligned=None)
    replays.work()
    row.refresh_from_db()
    assert (row.answer, row.code) == ("refused", replays.EVIDENCE_DELETED)
    attempt.refresh_from_db()
    with pytest.raises(Refusal, match="nothing_to_replay"):
        replays.ask(attempt, encoder_name=row.encoder.name, target_false_accept=None, actor=None)


def test_a_face_that_cannot_be_read_holds_up_no_other(another: str, enrol: Enrol, hopper_jpeg: bytes) -> None:
    grace = enrol("1", hopper_jpeg)
    broken, whole = look(again(hopper_jpeg)), look(again(hopper_jpeg))
    name = engine.shipped_encoder().name
    rows = [replays.ask(one, encoder_name=name, target_false_accept=None, actor=None) for one in (broken, whole)]
    Attempt.objects.filter(pk=broken.pk).update(aligned=b"no picture")
    assert replays.work() == 2
    assert replays.work() == 0
    answers = [(row.code, row.person) for row in Replay.objects.filter(pk__in=[row.pk for row in rows]).order_by("pk")]
    assert answers == [("invalid_image", None), ("within_threshold", grace)]


@pytest.mark.parametrize("target", [0.0, 1.0, float("nan"), -1.0])
def test_a_target_that_means_nothing_is_refused(another: str, enrol: Enrol, hopper_jpeg: bytes, target: float) -> None:
    attempt = look(hopper_jpeg)
    with pytest.raises(Refusal, match="target_false_accept_invalid"):
        replays.ask(attempt, encoder_name=engine.shipped_encoder().name, target_false_accept=target, actor=None)


def test_an_encoder_that_nobody_added_is_unknown(another: str) -> None:
    with pytest.raises(Refusal, match="encoder_unknown"):
        encoders.start_shadow("never-added", actor=None)
    assert not MatchSettings.objects.filter(shadow__isnull=False).exists()


def test_two_people_are_said_once_whatever_other_encoder_has_read_them(
    another: str, enrol: Enrol, hopper_jpeg: bytes
) -> None:
    one, two = enrol("1", hopper_jpeg), enrol("2", again(hopper_jpeg))
    encoders.start_shadow(another, actor=None)
    work()
    asked = lookalikes.undecided()
    assert [row.reference.person for row in asked] == [two]
    embedding.resolve_look_alike(asked.get(), verdict="different_people", actor=None)
    assert not lookalikes.undecided().exists()
    assert pairs.is_known(one.pk, two.pk)
    encoders.switch(another, actor=None)
    assert not lookalikes.undecided().exists()


def test_the_page_shows_how_the_encoder_in_use_took_a_photo(another: str, enrol: Enrol, hopper_jpeg: bytes) -> None:
    person = enrol("1", hopper_jpeg)
    encoders.start_shadow(another, actor=None)
    filling.fill(most=16)  # the shadow's row is newer, and waits
    found = enrolled.current(person)
    assert found is not None
    assert found.embedding is not None
    assert found.embedding.status == Status.READY
    assert [getattr(each, "photo_status") for each in roster.people()] == ["ready"]  # noqa: B009  (annotated)
