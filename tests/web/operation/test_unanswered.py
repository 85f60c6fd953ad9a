"""What could not be recorded is said: with a code that a door shows, or sends again by."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse

from attendance.checkins import devices
from attendance.core import disk
from attendance.core.models import User
from attendance.web.door import paired_device

FULL = OperationalError("database or disk is full")
AWAY = OperationalError("server closed the connection unexpectedly")


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Path) -> Path:
    settings.VAR_DIR = tmp_path
    return tmp_path


@pytest.fixture
def tablet(administrator: User) -> Client:
    client = Client(raise_request_exception=False)
    client.cookies[paired_device.COOKIE] = devices.give_token(devices.add(name="Gate 2", actor=administrator))
    return client


@contextmanager
def no_write(error: Exception) -> Iterator[None]:
    """Let the database refuse every write with this."""

    def refuse(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        if sql.split(maxsplit=1)[0] in {"INSERT", "UPDATE", "DELETE"}:
            raise error
        return execute(sql, *arguments)

    with connection.execute_wrapper(refuse):
        yield


def by_pin(tablet: Client) -> Any:
    return tablet.post(reverse("kiosk_pin"), {"employee_number": "117", "pin": "4718"})


def test_the_reserve_is_given_up_first_and_a_door_sends_again(tablet: Client, own_folder: Path) -> None:
    assert disk.keep_reserve()
    with no_write(FULL):
        answer = by_pin(tablet)
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "recorded_in_a_moment", "1")
    assert not (own_folder / "reserve").exists()


def test_without_a_reserve_it_is_said_and_nothing_is_sent_again(tablet: Client, own_folder: Path) -> None:
    (own_folder / "reserve").mkdir()  # cannot be given up, so nothing can be written
    with no_write(FULL):
        answer = by_pin(tablet)
    assert (answer.status_code, answer.json()["answer"], answer.json()["code"]) == (503, "fault", "cannot_record")
    assert "Retry-After" not in answer


def test_a_browser_reads_a_page_and_a_script_json(client: Client, db: None, own_folder: Path) -> None:
    (own_folder / "reserve").mkdir()
    client.raise_request_exception = False
    form = {"username": "somebody", "password": "x"}
    with no_write(FULL):
        page = client.post(reverse("sign_in"), form, headers={"Accept": "text/html,*/*"})
        script = client.post(reverse("sign_in"), form)
    assert page.status_code == script.status_code == 503
    assert "the disk of the server is full" in page.text
    assert page["Content-Type"].startswith("text/html")
    assert script.json()["code"] == "cannot_record"


def test_a_database_that_is_away_is_asked_again_by_the_door(tablet: Client) -> None:
    with no_write(AWAY):
        answer = by_pin(tablet)
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "recorded_in_a_moment", "1")
    assert by_pin(tablet).status_code == 200


def test_any_other_error_stays_a_500(tablet: Client) -> None:
    with no_write(ValueError("a mistake of ours")):
        assert by_pin(tablet).status_code == 500


def test_the_reserve_takes_the_room_it_promises_and_comes_back(own_folder: Path) -> None:
    assert disk.keep_reserve()
    reserve = own_folder / "reserve"
    assert reserve.stat().st_blocks * 512 >= disk.reserve_bytes()
    assert disk.give_up_reserve()
    assert not reserve.exists()
    assert disk.keep_reserve()
    assert reserve.exists()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_recognised_behind_other_errors(number: int) -> None:
    error = RuntimeError("behind")
    error.__cause__ = OSError(number, "no room")
    assert disk.is_full(error)
    assert not disk.is_full(OSError(errno.EACCES, "not allowed"))
    assert not disk.is_full(None)
