"""The state folder of November 2026 is backed up before its tables are migrated, and comes back from that."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from attendance.backups import database, manifest
from tests.upgrades import state_folder

pytestmark = pytest.mark.slow

PEOPLE = "SELECT id, employee_number, name, erased_at IS NULL FROM attendance_person ORDER BY id"
CHECK_INS = "SELECT id, person_id, at, direction FROM attendance_checkin ORDER BY id"
MIGRATIONS = "SELECT app || '.' || name FROM django_migrations"


def read(file: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(file)) as opened:
        return opened.execute(query).fetchall()


def test_it_is_backed_up_once_before_it_is_migrated_and_comes_back(tmp_path: Path) -> None:
    folder, back = tmp_path / "state", tmp_path / "back"
    folder.mkdir()
    back.mkdir()
    state_folder.unpack(folder)
    before = {query: read(folder / "muster.sqlite3", query) for query in (PEOPLE, CHECK_INS, MIGRATIONS)}

    state_folder.run("manage.py", "set_up", folder=folder)
    state_folder.run("manage.py", "set_up", folder=folder)

    (kept,) = (folder / "upgrades").glob("before-*")
    found = manifest.check(kept)
    assert {query: read(kept / database.NAMES["sqlite"], query) for query in before} == before
    assert len(read(folder / "muster.sqlite3", MIGRATIONS)) > len(before[MIGRATIONS])
    photos = {path.relative_to(folder) for path in (folder / "media").rglob("*") if path.is_file()}
    assert {Path(name) for name in found.files if name.startswith("media/")} == photos

    state_folder.run("manage.py", "restore", str(kept), folder=back)

    assert {query: read(back / "muster.sqlite3", query) for query in (PEOPLE, CHECK_INS)} == {
        query: before[query] for query in (PEOPLE, CHECK_INS)
    }
    assert {path.relative_to(back) for path in (back / "media").rglob("*") if path.is_file()} == photos


def test_a_first_start_has_nothing_to_back_up(tmp_path: Path) -> None:
    state_folder.run("manage.py", "set_up", folder=tmp_path)
    assert not (tmp_path / "upgrades").exists()
