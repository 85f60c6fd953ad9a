"""Erasure and retention delete what they must, and nothing else."""

from __future__ import annotations

import datetime as dt
import io
import os
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
import time_machine

from attendance.checkins.models import Attempt, CheckIn
from attendance.core import clock
from attendance.core.models import AuditEntry, SiteSettings, User
from attendance.enrolment import embedding, files, importing, photos
from attendance.enrolment.models import Import, ImportRow
from attendance.people.models import Person, ReferenceImage
from attendance.privacy import erasure, retention
from attendance.recognition import gallery, identify
from attendance.recognition.models import ReferenceEmbedding
from tests.attendance.conftest import Enrol, again, submit

pytestmark = pytest.mark.django_db

Commits = Callable[..., AbstractContextManager[list[Callable[[], Any]]]]


def attempt(*, at: dt.datetime, person: Person | None = None) -> Attempt:
    return Attempt.objects.create(
        at=at,
        channel="kiosk",
        method="identify",
        answer="matched",
        person=person,
        distance=0.5,
        evidence=files.keep(b"picture", room="evidence"),
        aligned=b"face",
    )


def on_disk(name: object) -> bool:
    return (files.folder() / str(name)).is_file()


def aged(name: str, *, hours: float) -> None:
    then = clock.now().timestamp() - hours * 3600
    os.utime(files.folder() / name, (then, then))


class TestRetention:
    def test_evidence_goes_after_the_sites_days_and_the_numbers_stay(self) -> None:
        now = clock.now()
        SiteSettings.objects.create(pk=1, evidence_days=3)
        old, young = attempt(at=now - dt.timedelta(days=3, minutes=1)), attempt(at=now - dt.timedelta(days=2, hours=23))
        names = str(old.evidence), str(young.evidence)
        assert retention.delete_old().evidence == 1

        old.refresh_from_db()
        young.refresh_from_db()
        assert (str(old.evidence), old.aligned, old.distance) == ("", None, 0.5)
        assert old.evidence_deleted_at
        assert [on_disk(name) for name in names] == [False, True]
        assert young.aligned
        assert retention.delete_old().evidence == 0

    def test_more_than_a_page_goes_in_one_run(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(retention, "ROWS_A_COMMIT", 2)
        for _ in range(5):
            attempt(at=clock.now() - dt.timedelta(days=30))
        assert retention.delete_old().evidence == 5

    def test_zero_days_keeps_nothing(self) -> None:
        SiteSettings.objects.create(pk=1, evidence_days=0)
        kept = attempt(at=clock.now() - dt.timedelta(seconds=1))
        retention.delete_old()
        assert not on_disk(kept.evidence)

    def test_a_replaced_photo_goes_and_the_present_one_stays(self, enrol: Enrol, hopper_jpeg: bytes) -> None:
        person = enrol("1", hopper_jpeg)
        old = photos.current(person)
        assert old is not None
        submit(person, again(hopper_jpeg))
        with time_machine.travel(clock.now() + dt.timedelta(days=8), tick=False):
            assert retention.delete_old().photos == 1
        assert not on_disk(old.file)
        present = photos.current(person)
        assert present is not None
        assert on_disk(present.file)
        assert identify.identify([hopper_jpeg]).person == person

    def test_a_file_without_row_is_swept_once_it_cannot_be_waiting_for_one(self) -> None:
        young, old = files.keep(b"x"), files.keep(b"x")
        archive = files.keep(b"x", room="imports")
        aged(old, hours=2)
        aged(archive, hours=2)
        assert retention.delete_orphans() == 2
        assert [on_disk(name) for name in (young, old, archive)] == [True, False, False]

    def test_what_a_row_speaks_of_is_no_orphan(self, enrol: Enrol, hopper_jpeg: bytes) -> None:
        person = enrol("1", hopper_jpeg)
        reference = photos.current(person)
        assert reference is not None
        kept = attempt(at=clock.now())
        written = io.BytesIO()
        with zipfile.ZipFile(written, "w") as archive:
            archive.writestr("1.jpg", hopper_jpeg)
        written.seek(0)
        batch = importing.read_zip(written, name="x.zip", actor=None)
        for name in (str(reference.file), str(kept.evidence), str(Path(batch.folder).relative_to(files.folder()))):
            aged(name, hours=5)
        assert retention.delete_orphans() == 0

    def test_an_import_that_nobody_went_on_with_is_given_up(self, hopper_jpeg: bytes) -> None:
        written = io.BytesIO()
        with zipfile.ZipFile(written, "w") as archive:
            archive.writestr("1.jpg", hopper_jpeg)
        written.seek(0)
        batch = importing.read_zip(written, name="x.zip", actor=None)
        assert retention.delete_old().imports == 0
        with time_machine.travel(clock.now() + dt.timedelta(days=8), tick=False):
            assert retention.delete_old().imports == 1
        batch.refresh_from_db()
        assert (batch.state, batch.code) == ("failed", "import_abandoned")
        assert not Path(batch.folder).exists()

    def test_an_import_that_was_cut_off_while_being_read_is_closed(self) -> None:
        batch = Import.objects.create(name="x", folder="/nowhere", created_at=clock.now() - dt.timedelta(hours=2))
        retention.delete_old()
        batch.refresh_from_db()
        assert (batch.state, batch.code) == ("failed", "import_cut_off")


class TestErasure:
    def test_nothing_is_left_that_says_who_it_was(
        self, enrol: Enrol, hopper_jpeg: bytes, administrator: User, django_capture_on_commit_callbacks: Commits
    ) -> None:
        person = enrol("4711", hopper_jpeg, name="Grace Hopper")
        reference = photos.current(person)
        assert reference is not None
        tried = attempt(at=clock.now(), person=person)
        evidence = str(tried.evidence)
        here = CheckIn.objects.create(
            person=person, at=clock.now(), direction="in", attempt=tried, channel="kiosk", method="identify"
        )
        batch = Import.objects.create(name="x", folder="x", created_at=clock.now())
        ImportRow.objects.create(
            batch=batch, position=1, filename="4711_Grace Hopper.jpg", employee_number="4711",
            name="Grace Hopper", person=person, reference=reference, state="ready",
        )  # fmt: skip
        with django_capture_on_commit_callbacks(execute=True):
            erased = erasure.erase(person, actor=administrator)

        assert (erased.employee_number, erased.name, erased.pin_hash, erased.is_active) == (None, "", "", False)
        assert not ReferenceImage.objects.exists()
        assert not ReferenceEmbedding.objects.exists()
        assert not on_disk(reference.file)
        assert not on_disk(evidence)
        tried.refresh_from_db()
        assert (str(tried.evidence), tried.aligned) == ("", None)
        here.refresh_from_db()
        assert here.person == erased  # years of check-ins still add up
        rows = str(list(ImportRow.objects.values())) + str(list(AuditEntry.objects.values("facts", "subject")))
        assert "Grace" not in rows
        assert "4711" not in rows
        assert len(gallery.current()[0]) == 0
        assert identify.identify([hopper_jpeg]).answer == "unknown"
        assert AuditEntry.objects.filter(action="privacy.erase", actor=administrator).count() == 1

    def test_the_number_may_be_given_again_and_a_second_erasure_changes_nothing(
        self, enrol: Enrol, hopper_jpeg: bytes
    ) -> None:
        person = enrol("1", hopper_jpeg)
        erasure.erase(person, actor=None)
        erasure.erase(person, actor=None)
        other = enrol("1", hopper_jpeg)
        assert identify.identify([hopper_jpeg]).person == other
        assert AuditEntry.objects.filter(action="privacy.erase").count() == 1
        row = embedding.current(other)
        assert row is not None
        assert row.look_alike is None

    @pytest.mark.parametrize(("role", "closed"), [(None, True), ("staff", False)])
    def test_an_account_for_own_check_ins_is_closed(
        self, enrol: Enrol, hopper_jpeg: bytes, role: str | None, closed: bool
    ) -> None:
        account = User.objects.create_user("grace", is_staff=role is not None)
        person = enrol("1", hopper_jpeg)
        Person.objects.filter(pk=person.pk).update(user=account)
        erasure.erase(person, actor=None)
        account.refresh_from_db()
        assert account.is_active is not closed
        assert Person.objects.get(pk=person.pk).user is None

    def test_another_person_is_left_alone(self, enrol: Enrol, hopper_jpeg: bytes, astronaut_jpeg: bytes) -> None:
        gone, stays = enrol("1", hopper_jpeg), enrol("2", astronaut_jpeg)
        erasure.erase(gone, actor=None)
        assert identify.identify([again(astronaut_jpeg)]).person == stays
