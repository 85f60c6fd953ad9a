"""A backup is made whole or not at all, and what is missing or damaged in it is refused by its name."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from attendance.backups import backup, database, manifest, restore
from attendance.core.errors import Refusal
from attendance.enrolment import files
from attendance.recognition import training
from verifier import external_encoders

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A backup of two kept files."""
    files.keep(b"first")
    files.keep(b"second", room="evidence")
    to = tmp_path / "backups" / "one"
    backup.make(to)
    return to


def refused(folder: Path) -> tuple[str, object]:
    with pytest.raises(Refusal) as raised:
        manifest.check(folder)
    return raised.value.code, raised.value.facts.get("file")


def test_a_backup_holds_database_files_version_migrations_and_counts(made: Path) -> None:
    found = manifest.check(made)
    assert found.muster == settings.VERSION
    assert found.vendor == connection.vendor
    assert "attendance.0001_first_rows" in found.migrations
    assert found.counts["attendance_person"] == 0
    assert found.counts["django_migrations"] == len(found.migrations)
    assert database.NAMES[connection.vendor] in found.files
    assert sorted((made / name).read_bytes() for name in found.files if name.startswith("media/")) == [
        b"first",
        b"second",
    ]
    assert found.key_fingerprint is None


def test_nobody_else_can_read_it(made: Path) -> None:
    assert made.stat().st_mode & 0o077 == 0


def test_trained_and_added_encoders_are_in_it(tmp_path: Path, settings: object) -> None:
    settings.MODELS_DIR = str(tmp_path / "models")  # type: ignore[attr-defined]
    for path in (training.runs_folder() / "run/card.json", tmp_path / "models" / external_encoders.FOLDER / "x.json"):
        path.parent.mkdir(parents=True)
        path.write_text("{}")
    assert {"training/run/card.json", "encoders/x.json"} <= set(backup.make(tmp_path / "to").files)


def test_a_damaged_file_is_refused_by_its_name(made: Path) -> None:
    for name in manifest.read(made).files:
        path = made / name
        kept = path.read_bytes()
        path.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
        assert refused(made) == ("backup_file_damaged", name)
        path.write_bytes(kept)
    manifest.check(made)


def test_a_missing_file_is_refused_by_its_name(made: Path) -> None:
    name = next(name for name in manifest.read(made).files if name.startswith("media/"))
    (made / name).unlink()
    assert refused(made) == ("backup_file_missing", name)


@pytest.mark.parametrize("change", [{"muster": "9.9"}, {"counts": {}}, {"files": {}}, {"made_at": "yesterday"}])
def test_a_changed_manifest_is_refused(made: Path, change: dict[str, object]) -> None:
    path = made / manifest.NAME
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert refused(made) == ("backup_file_damaged", "manifest.json")


def test_a_folder_without_manifest_is_no_backup(tmp_path: Path) -> None:
    assert refused(tmp_path)[0] == "backup_not_found"


def test_what_lies_at_the_target_is_never_written_over(made: Path) -> None:
    with pytest.raises(Refusal) as raised:
        backup.make(made)
    assert raised.value.code == "backup_target_not_empty"
    manifest.check(made)


def test_one_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "sync", broken)
    with pytest.raises(Exception, match="storage_full"):
        backup.make(tmp_path / "backups" / "one")
    assert list((tmp_path / "backups").iterdir()) == []


def test_what_a_killed_one_left_is_replaced(tmp_path: Path) -> None:
    (tmp_path / ".one.part").mkdir()
    (tmp_path / ".one.part" / "rubbish").touch()
    backup.make(tmp_path / "one")
    assert not (tmp_path / "one" / "rubbish").exists()


def test_a_state_that_holds_anything_is_refused(made: Path) -> None:
    with pytest.raises(Refusal) as raised:
        restore.restore(made)
    assert raised.value.code == "state_not_empty"


def test_a_backup_of_a_newer_version_is_refused(made: Path) -> None:
    found = manifest.read(made)
    newer = [*found.migrations, "attendance.9999_of_next_year"]
    (made / manifest.NAME).unlink()
    import msgspec

    manifest.write(msgspec.structs.replace(found, migrations=tuple(newer), muster="9.0"), folder=made)
    with pytest.raises(Refusal) as raised:
        restore.restore(made)
    assert (raised.value.code, raised.value.facts) == ("backup_of_newer_version", {"version": "9.0"})


def test_a_state_over_which_muster_runs_is_refused(made: Path) -> None:
    import fcntl

    with (Path(settings.VAR_DIR) / "run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(Refusal) as raised:
            restore.restore(made)
    assert raised.value.code == "state_in_use"


def test_without_the_program_of_postgresql_nothing_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    if connection.vendor == "postgresql":
        with pytest.raises(Refusal) as raised:
            backup.make(tmp_path / "backups" / "one")
        assert (raised.value.code, raised.value.facts) == ("database_program_missing", {"program": "pg_dump"})
        assert not (tmp_path / "backups").exists()
    else:
        manifest.check(_made_at(tmp_path / "backups" / "one"))


def _made_at(to: Path) -> Path:
    backup.make(to)
    return to
