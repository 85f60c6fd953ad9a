"""The commands `identify` and `enrol_folder`: output, exit codes, and nothing recorded."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from attendance.checkins.models import Attempt
from attendance.enrolment import feeding, importing
from attendance.enrolment.models import Import
from attendance.people.models import Person
from attendance.recognition.models import ReferenceEmbedding
from tests.attendance.conftest import Enrol, again, plain_picture

pytestmark = pytest.mark.django_db


def run(*words: str) -> tuple[int, list[dict[str, Any]]]:
    """Run a command with --json; return its exit code and its lines."""
    written = io.StringIO()
    with pytest.raises(SystemExit) as left:
        call_command(*words, "--json", stdout=written, stderr=written)
    assert isinstance(left.value.code, int)
    return left.value.code, [json.loads(line) for line in written.getvalue().splitlines()]


def test_identify_tells_one_line_a_photo_and_records_nothing(
    enrol: Enrol, tmp_path: Path, hopper_jpeg: bytes, astronaut_jpeg: bytes
) -> None:
    grace = enrol("1", hopper_jpeg, name="Grace")
    for name, data in {"g.jpg": again(hopper_jpeg), "s.jpg": astronaut_jpeg, "n.jpg": plain_picture()}.items():
        (tmp_path / name).write_bytes(data)

    code, lines = run("identify", *[str(tmp_path / name) for name in ("g.jpg", "s.jpg", "n.jpg", "none.jpg")])

    assert code == 2
    assert [line["decision"] for line in lines] == ["matched", "unknown", "refused", "error"]
    assert [line["code"] for line in lines][2:] == ["face_not_found", "file_unreadable"]
    assert lines[0]["person"] == {"id": grace.pk, "employee_number": "1", "name": "Grace"}
    assert 0 < lines[0]["distance"] < lines[0]["threshold"] < lines[1]["distance"]
    assert lines[1]["person"] is lines[1]["runner_up"] is None
    assert not Attempt.objects.exists()
    assert run("identify", str(tmp_path / "g.jpg"))[0] == 0
    assert run("identify", str(tmp_path / "g.jpg"), str(tmp_path / "s.jpg"))[0] == 1


@pytest.mark.slow
def test_enrol_folder_needs_no_worker_and_tells_every_file(
    tmp_path: Path, hopper_jpeg: bytes, astronaut_jpeg: bytes
) -> None:
    folder = tmp_path / "staff"
    folder.mkdir()
    (folder / "1_Grace.jpg").write_bytes(hopper_jpeg)
    (folder / "2_Eileen.jpg").write_bytes(astronaut_jpeg)
    code, lines = run("enrol_folder", str(folder), "--preview")
    assert (code, lines[-1]["total"], Person.objects.count(), Import.objects.count()) == (0, 2, 0, 0)

    code, lines = run("enrol_folder", str(folder))
    assert code == 0
    assert [(line["file"], line["state"]) for line in lines[:-1]] == [
        ("1_Grace.jpg", "ready"),
        ("2_Eileen.jpg", "ready"),
    ]
    assert (lines[-1]["ready"], lines[-1]["state"]) == (2, "done")

    (folder / "3_Nobody.jpg").write_bytes(plain_picture())
    code, lines = run("enrol_folder", str(folder))
    assert code == 1
    assert [line["code"] for line in lines[:-1]] == ["unchanged", "unchanged", "face_not_found"]
    assert run("enrol_folder", str(tmp_path / "none"))[0] == 2


@pytest.mark.slow
def test_enrol_folder_goes_on_where_it_was_cut_off(tmp_path: Path) -> None:
    folder = tmp_path / "staff"
    folder.mkdir()
    for number in range(20):
        (folder / f"{number:02}.jpg").write_bytes(b"broken %d" % number)
    batch = importing.start(importing.read_folder(folder, actor=None), actor=None)
    feeding.feed()  # and the command is killed
    assert ReferenceEmbedding.objects.filter(status="pending").count() == 16

    code, lines = run("enrol_folder", str(folder))

    assert (code, lines[-1]["import"], lines[-1]["refused"]) == (1, batch.pk, 20)
    assert Person.objects.count() == 20
