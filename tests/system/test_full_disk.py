"""A full disk: the reserve carries check-ins on, then doors and pages are told so, and /healthz is red."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import shutil
import subprocess
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system import instance as instances
from tests.system.instance import Instance
from tests.system.processes import await_that, running
from tests.system.test_processes import free_port

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]
PEOPLE = """
from attendance.checkins import devices
from attendance.core import disk
from attendance.core.models import User
maker = User.objects.create(username="maker")
for number in range(8):
    person = roster.add(employee_number=f"N{number}", name=f"Person {number}", actor=None)
    roster.set_pin(person, "4718", actor=maker)
assert disk.keep_reserve()
print(json.dumps(devices.give_token(devices.add(name="Door", actor=maker))))
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 60 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=60m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def on_small_disk(small_disk: Path, models: Path, migrated: Instance) -> Iterator[Instance]:
    with instances.fresh(small_disk / "var", models=models, like=migrated) as made:
        yield made


def fill(folder: Path, name: str) -> None:
    """Write a file until nothing more can be written."""
    with contextlib.suppress(OSError), (folder / name).open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def ask(
    port: int, path: str, *, fields: dict[str, str] | None = None, cookies: dict[str, str] | None = None
) -> tuple[int, http.client.HTTPMessage, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Host": "localhost", "Cookie": "; ".join(f"{name}={value}" for name, value in (cookies or {}).items())}
    body = None
    if fields is not None:
        body = urllib.parse.urlencode(fields)
        headers |= {"Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": (cookies or {})["csrftoken"]}
    with contextlib.closing(connection):
        connection.request("GET" if fields is None else "POST", path, body=body, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()


def health(port: int) -> dict[str, Any]:
    try:
        parts: dict[str, Any] = json.loads(ask(port, "/healthz")[2])["parts"]
    except OSError:
        return {}
    return parts


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="mounts a small disk, which only root may")
def test_the_reserve_carries_on_and_then_it_is_said(on_small_disk: Instance, tmp_path: Path) -> None:
    var, port = on_small_disk.var, free_port()
    door = on_small_disk.script(PEOPLE)
    environment = {**on_small_disk.environment, "MUSTER_PORT": str(port), "MUSTER_WEB_WORKERS": "1"}
    command = ("-m", "gunicorn", "-c", "python:config.gunicorn")
    with running(*command, environment=environment, log=tmp_path / "web.log"):
        await_that(lambda: bool(health(port)), seconds=90, every_seconds=0.5)
        assert health(port)["disk"]["ok"]
        _status, headers, _body = ask(port, "/sign-in/")
        found = re.search(r"csrftoken=([^;]+)", headers["Set-Cookie"])
        assert found
        cookies = {"csrftoken": found[1], "muster_door": door}

        def check_in(number: int) -> tuple[int, http.client.HTTPMessage, dict[str, Any]]:
            fields = {"employee_number": f"N{number}", "pin": "4718"}
            status, headers, body = ask(port, "/kiosk/pin", fields=fields, cookies=cookies)
            return status, headers, json.loads(body)

        assert check_in(0)[2]["answer"] == "recorded"
        fill(var, "filler")
        assert not health(port)["disk"]["ok"]
        status, headers, said = check_in(1)
        assert (status, said["code"], headers["Retry-After"]) == (503, "recorded_in_a_moment", "1"), said
        assert not (var / "reserve").exists()
        for number in (1, 2, 3):
            assert check_in(number)[2]["answer"] == "recorded"
        assert "reserve is in use" in health(port)["disk"]["detail"]

        fill(var, "more")
        status, headers, said = check_in(4)
        assert (status, said["answer"], said["code"]) == (503, "fault", "cannot_record"), said
        assert "Retry-After" not in headers
        assert "write down the time" in said["message"]
        status, _headers, body = ask(port, "/sign-in/", fields={"username": "maker", "password": "x"}, cookies=cookies)
        assert (status, json.loads(body)["code"]) == (503, "cannot_record")
        assert re.search(r"full, nothing is recorded: 0 MB free", health(port)["disk"]["detail"])

        (var / "filler").unlink()
        (var / "more").unlink()
        assert check_in(4)[2]["answer"] == "recorded"
    assert on_small_disk.query("SELECT count(*) FROM attendance_checkin") == [(5,)]
