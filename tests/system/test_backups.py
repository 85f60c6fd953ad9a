"""A backup is made under load, restored into an empty place, and somebody checks in there."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from attendance.backups import manifest
from tests.system import instance as instances
from tests.system.instance import Instance
from tests.system.processes import ROOT, await_that, running

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

ENROL = """
from attendance.enrolment import embedding
for number in (0, 40):
    enrol(number)
embedding.embed_all(list(ReferenceEmbedding.objects.values_list("pk", flat=True)))
print(json.dumps(list(ReferenceEmbedding.objects.values_list("status", flat=True))))
"""
WRITE = """
import django; django.setup()
import itertools, os
from pathlib import Path
from django.db import transaction
from attendance.enrolment import photos
from attendance.people import roster

def write(number):
    person = roster.add(employee_number=f"W{number}", name=f"Written {number}", actor=None)
    photos.submit(person, picture + str(number).encode(), original_name="photo.jpg", actor=None)

picture = Path(os.environ["PICTURE"]).read_bytes()
for number in itertools.count():
    transaction.atomic(write)(number)
"""
"""Keeps a file and writes its rows and those of its person, in one transaction each, as fast as it can."""

STATE = """
import hashlib
from attendance.enrolment import files
from attendance.people.models import Person, ReferenceImage
rows = list(ReferenceImage.objects.all())
print(json.dumps({
    "people": Person.objects.filter(employee_number__startswith="W").count(),
    "photos": sum(row.person.employee_number.startswith("W") for row in rows if row.person.employee_number),
    "whole": all(hashlib.sha256(files.read(str(row.file))).hexdigest() == row.sha256 for row in rows),
    "names": sorted(Person.objects.filter(name__startswith="Person").values_list("name", flat=True)),
    "erased": list(Person.objects.exclude(erased_at=None).values_list("pk", flat=True)),
    "ready": ReferenceEmbedding.objects.filter(status="ready").count(),
}))
"""
ERASE = """
from attendance.people.models import Person
from attendance.privacy import erasure
print(json.dumps(erasure.erase(Person.objects.get(employee_number="N40"), actor=None).pk))
"""


def written(instance: Instance) -> int:
    return int(instance.query("SELECT count(*) FROM attendance_person WHERE employee_number LIKE 'W%'")[0][0])


def refused(instance: Instance, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **instance.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    return done.stderr


@pytest.fixture
def picture(tmp_path: Path, astronaut_jpeg: bytes) -> Path:
    path = tmp_path / "eileen.jpg"
    path.write_bytes(astronaut_jpeg)
    return path


@pytest.fixture
def elsewhere(tmp_path: Path, models: Path) -> Iterator[Instance]:
    """An empty state, with an empty database."""
    with instances.fresh(tmp_path / "elsewhere", models=models, is_migrated=False) as made:
        yield made


@contextlib.contextmanager
def load(instance: Instance, picture: Path) -> Iterator[None]:
    """A process that writes all the time."""
    settings = {**instance.environment, "PICTURE": str(picture)}
    with running("-c", WRITE, environment=settings, log=instance.var / "writer.log"):
        await_that(lambda: written(instance) > 5, seconds=60)
        yield


def test_under_load_into_an_empty_place_where_somebody_checks_in(
    instance: Instance, elsewhere: Instance, picture: Path, tmp_path: Path
) -> None:
    assert instance.script(ENROL) == ["ready", "ready"]
    backups = tmp_path / "backups"
    one, two = backups / "one", backups / "two"
    with load(instance, picture):
        before = written(instance)
        instance.run("manage.py", "backup", str(one))
        between = written(instance)
        instance.run("manage.py", "backup", str(two))
        after = written(instance)
    assert before < between < after  # nobody waited for the backup
    counted = manifest.check(two).counts["attendance_person"] - 2
    assert between <= counted <= after
    gone = instance.script(ERASE, MUSTER_BACKUPS=str(backups))

    told = elsewhere.run("manage.py", "restore", str(two))

    assert "erased again: 1, from 1 list(s)" in told
    found: dict[str, Any] = elsewhere.script(STATE)
    assert found == {
        "people": counted,
        "photos": counted,
        "whole": True,
        "names": ["Person 0"],
        "erased": [gone],
        "ready": 1,
    }
    answered = json.loads(elsewhere.run("manage.py", "check_in", str(picture), "--json").splitlines()[-1])
    assert (answered["answer"], answered["person"]["name"], answered["direction"]) == ("recorded", "Person 0", "in")
    assert "only restored into an empty state" in refused(elsewhere, "restore", str(two))


def test_a_damaged_backup_is_refused_and_the_state_stays_empty(
    instance: Instance, elsewhere: Instance, tmp_path: Path
) -> None:
    to = tmp_path / "backups" / "one"
    instance.run("manage.py", "backup", str(to))
    (name,) = manifest.read(to).files
    written_bytes = bytearray((to / name).read_bytes())
    written_bytes[len(written_bytes) // 2] ^= 1
    (to / name).write_bytes(written_bytes)
    assert name in refused(elsewhere, "check_backup", str(to))
    assert name in refused(elsewhere, "restore", str(to))
    elsewhere.run("manage.py", "migrate", "--verbosity", "0")  # it is still empty


def test_a_restore_that_was_cut_off_leaves_a_state_that_does_not_start(
    instance: Instance, elsewhere: Instance, tmp_path: Path
) -> None:
    to = tmp_path / "backups" / "one"
    instance.run("manage.py", "backup", str(to))
    killed = "from attendance.privacy import retention; import os\nretention.delete_orphans = lambda: os._exit(9)\n"
    script = "import django; django.setup()\n" + killed
    script += f"from pathlib import Path; from attendance.backups import restore; restore.restore(Path({str(to)!r}))"
    with running("-c", script, environment=elsewhere.environment, log=tmp_path / "log") as process:
        assert process.wait(60) == 9
    assert "A restore was cut off here." in refused(elsewhere, "set_up")
    assert "A restore was cut off here." in refused(elsewhere, "restore", str(to))
    if "DATABASE_URL" not in elsewhere.environment:
        shutil.rmtree(elsewhere.var)
        elsewhere.var.mkdir()
        elsewhere.run("manage.py", "restore", str(to))


def commands_of_the_page() -> list[list[str]]:
    """The commands of `manage.py` in the page, as their words."""
    page = (ROOT / "docs/how-to/back-up-and-restore.md").read_text()
    blocks = re.findall(r"^```\n(.*?)^```$", page, flags=re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines() if "manage.py" in line]
    return [line.split()[1:] for line in lines]


def test_the_commands_of_the_page_run_as_they_are_written(instance: Instance, models: Path, tmp_path: Path) -> None:
    erased = {"MUSTER_BACKUPS": str(tmp_path / "srv/backups")}
    assert instance.script(ENROL) == ["ready", "ready"]
    restored = 0
    for words in commands_of_the_page():
        here = [word.replace("/srv/", f"{tmp_path}/srv/").replace("/mnt/old/", f"{tmp_path}/old/") for word in words]
        if words[1] != "restore":
            instance.run(*here)
            continue
        if "/mnt/old/" in words[2]:
            shutil.copytree(tmp_path / "srv/backups/before-the-move", here[2])
            instance.script(ERASE, **erased)
        with instances.fresh(tmp_path / f"restored-{restored}", models=models, is_migrated=False) as elsewhere:
            told = elsewhere.run(*here)
        assert f"erased again: {restored}" in told
        restored += 1
    assert restored == 2
