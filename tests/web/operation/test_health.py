"""/healthz turns red when a part fails, names the part, shows no secret, and answers quickly."""

from __future__ import annotations

import datetime as dt
import json
import time
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.core.cache import cache
from django.db import DatabaseError
from django.test import Client

from attendance.core import clock, integrity, queue
from attendance.web.operation import health
from config import run
from tests.conftest import forget_connections


@pytest.fixture
def beating(db: None) -> None:
    queue.record_heartbeat()


def ask(client: Client) -> tuple[int, dict[str, Any]]:
    response = client.get("/healthz")
    return response.status_code, response.json()["parts"]


def test_green_needs_no_sign_in_and_names_every_part(client: Client, beating: None) -> None:
    status, parts = ask(client)
    assert status == 200, parts
    assert set(parts) == set(health.PARTS)
    assert all(part["ok"] for part in parts.values())


def test_no_worker_is_red(client: Client, db: None) -> None:
    cache.clear()
    status, parts = ask(client)
    assert status == 503
    assert [name for name, part in parts.items() if not part["ok"]] == ["worker"]


def test_a_silent_worker_is_red(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    queue.record_heartbeat()
    later = clock.now().timestamp() + 60
    monkeypatch.setattr(clock, "now", lambda: dt.datetime.fromtimestamp(later, tz=dt.UTC))
    status, parts = ask(client)
    assert (status, parts["worker"]["detail"]) == (503, "the worker has been silent for 60 s")


def test_a_broker_that_is_gone_is_red_and_found_out_quickly(
    client: Client, beating: None, tmp_path: Path, unreachable_broker: None
) -> None:
    started = time.monotonic()
    status, parts = ask(client)
    assert status == 503
    assert not parts["broker"]["ok"]
    assert "wait until it is back" in parts["broker"]["detail"]
    assert time.monotonic() - started < 5


def test_a_part_that_raises_is_red_and_the_others_are_reported(
    client: Client, beating: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> health.Part:
        raise RuntimeError("with /a/secret/path")

    monkeypatch.setitem(health.PARTS, "worker", broken)
    status, parts = ask(client)
    assert status == 503
    assert parts["worker"] == {"ok": False, "detail": "RuntimeError"}
    assert parts["database"]["ok"]


def test_missing_migrations_are_red(client: Client, beating: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db.migrations.executor import MigrationExecutor

    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda *_arguments, **_options: [("one", False)])
    status, parts = ask(client)
    assert (status, parts["database"]["ok"]) == (503, False)


def test_a_part_that_is_left_down_is_red_and_the_others_stay_green(
    client: Client, beating: None, settings: Any, tmp_path: Path
) -> None:
    settings.VAR_DIR = tmp_path
    (tmp_path / run.LEFT_DOWN_FILE).write_text(json.dumps(["worker", "beat"]))
    status, parts = ask(client)
    assert (status, parts["processes"]["ok"]) == (503, False)
    assert "worker and beat" in parts["processes"]["detail"]
    assert [name for name, part in parts.items() if not part["ok"]] == ["processes"]


def test_messages_set_aside_are_counted(client: Client, beating: None, tmp_path: Path) -> None:
    broker: Any = current_app.conf
    before = broker.broker_url, dict(broker.broker_transport_options)
    broker.broker_url, broker.broker_transport_options = "muster-folder://localhost", {"folder": str(tmp_path)}
    forget_connections()
    try:
        assert queue.count_set_aside() == 0
        (tmp_path / "bad" / "00-x.muster.msg").write_text("{")
        status, parts = ask(client)
    finally:
        broker.broker_url, broker.broker_transport_options = before
        forget_connections()
    assert status == 200
    assert parts["broker"]["detail"].endswith("; 1 messages could not be read and were set aside")


def test_damaged_pages_of_the_database_are_red_with_what_to_do(
    client: Client, beating: None, settings: Any, tmp_path: Path
) -> None:
    settings.VAR_DIR = tmp_path
    integrity.note_damage(DatabaseError("database disk image is malformed"))
    status, parts = ask(client)
    assert (status, parts["database"]["ok"]) == (503, False)
    assert "restore the newest backup" in parts["database"]["detail"]
    integrity.check()
    assert ask(client)[0] == 200
