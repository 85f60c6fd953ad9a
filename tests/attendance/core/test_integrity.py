"""A damaged page of the database is found by the check, and kept for /healthz."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError
from django.db.utils import ConnectionHandler

from attendance.core import integrity


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path


def damaged(path: Path) -> str:
    """Make a database of many pages and write over one in its middle."""
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE line (number INTEGER PRIMARY KEY, words TEXT)")
        file.executemany("INSERT INTO line (words) VALUES (?)", [("x" * 500,)] * 500)
    file.close()
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(content)
    return str(path)


def test_a_sound_database_is_found_sound(db: None) -> None:
    assert integrity.last() is None
    assert integrity.check().damaged == 0
    found = integrity.last()
    assert found is not None
    assert found.damaged == 0


def test_a_damaged_page_is_found_and_kept(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = damaged(tmp_path / "damaged.sqlite3")
    own = ConnectionHandler({"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": name}})["default"]
    monkeypatch.setattr(integrity, "connection", own)
    assert integrity.check().damaged > 0
    found = integrity.last()
    assert found is not None
    assert found.damaged > 0
    own.close()


def test_a_request_that_meets_damage_is_kept_at_once() -> None:
    integrity.note_damage(DatabaseError("some other error"))
    assert integrity.last() is None
    integrity.note_damage(DatabaseError("database disk image is malformed"))
    found = integrity.last()
    assert found is not None
    assert found.damaged == 1
