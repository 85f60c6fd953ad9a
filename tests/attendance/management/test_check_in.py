"""The command check_in: check-in by photo from a script, and its exit codes."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from attendance.checkins.models import Attempt, CheckIn
from attendance.people.models import Person
from tests.attendance.conftest import Enrol


@pytest.fixture
def eileen(enrol: Enrol, astronaut_jpeg: bytes) -> Person:
    return enrol("1", astronaut_jpeg, name="Eileen Collins")


def run(photo: Path) -> tuple[int, dict[str, Any]]:
    out = io.StringIO()
    try:
        call_command("check_in", str(photo), "--json", stdout=out, stderr=io.StringIO())
    except SystemExit as stopped:
        return int(str(stopped.code)), json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


def test_a_known_face_is_recorded_and_then_already(eileen: Person, astronaut_jpeg: bytes, tmp_path: Path) -> None:
    photo = tmp_path / "x.jpg"
    photo.write_bytes(astronaut_jpeg)
    code, answer = run(photo)
    assert (code, answer["answer"], answer["direction"]) == (0, "recorded", "in")
    assert answer["person"] == {"employee_number": "1", "name": "Eileen Collins"}
    assert answer["distance"] < answer["threshold"]
    assert run(photo)[1]["answer"] == "already"
    assert (CheckIn.objects.count(), Attempt.objects.filter(channel="command").count()) == (1, 2)


def test_a_stranger_and_a_text_end_with_one(eileen: Person, hopper_jpeg: bytes, tmp_path: Path) -> None:
    stranger, text = tmp_path / "s.jpg", tmp_path / "t.txt"
    stranger.write_bytes(hopper_jpeg)
    text.write_text("no picture")
    assert run(stranger)[0] == 1
    code, answer = run(text)
    assert (code, answer["answer"], answer["code"]) == (1, "refused", "invalid_image")


def test_a_missing_file_ends_with_two(db: None, tmp_path: Path) -> None:
    assert run(tmp_path / "none.jpg") == (
        2,
        {"photo": str(tmp_path / "none.jpg"), "answer": "fault", "code": "file_unreadable"},
    )
