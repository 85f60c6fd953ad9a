"""The folder queue loses nothing under a real worker and concurrent writers."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.system.processes import ROOT, await_that, running, worker_command

pytestmark = pytest.mark.system
PRODUCERS, MESSAGES = 4, 500


def counted(folder: Path) -> list[str]:
    with contextlib.suppress(FileNotFoundError):
        return (folder / "counted").read_text().splitlines()
    return []


def produce(name: str, folder: Path, messages: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.system.counting", name, str(messages)],
        cwd=ROOT,
        env={**os.environ, "COUNTING_FOLDER": str(folder)},
    )


def test_four_producers_and_no_message_is_lost_or_run_twice(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    environment = {"COUNTING_FOLDER": str(tmp_path)}
    with running(*worker_command(app="tests.system.counting"), environment=environment, log=log) as worker:
        producers = [produce(str(number), tmp_path, MESSAGES) for number in range(PRODUCERS)]
        assert [producer.wait(timeout=90) for producer in producers] == [0] * PRODUCERS
        await_that(lambda: len(counted(tmp_path)) >= PRODUCERS * MESSAGES, seconds=60)
        assert worker.poll() is None, log.read_text()
    seen = Counter(counted(tmp_path))
    assert len(seen) == PRODUCERS * MESSAGES
    assert set(seen.values()) == {1}
    assert not [path for path in (tmp_path / "queue").rglob("*") if path.is_file()]


def forged(number: int, **other: Any) -> str:
    """A message of the form that this worker sends to itself, but for what is given."""
    body = base64.b64encode(json.dumps([["forged", number], {}, {}]).encode()).decode()
    sound = {
        "body": body,
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": {"task": "count", "id": f"id-{number}", "lang": "py"},
        "properties": {"delivery_tag": f"tag-{number}", "delivery_info": {}, "body_encoding": "base64"},
    }
    return json.dumps(sound | other)


FORGED = [
    "{",
    json.dumps({"n": 1}),
    json.dumps({"body": "W10=", "properties": {}}),
    forged(1, **{"content-type": "application/x-python-serialize"}),
    forged(2, **{"content-type": "application/json", "content-encoding": "no-such-thing"}),
    forged(3, headers={}),
    forged(4, headers={"task": "no.such.task", "id": "4"}),
    forged(5, headers={"task": ["count"], "id": "5"}),
    forged(6, headers={"task": "count"}),
    forged(7, headers={"task": "count", "id": "7", "expires": "not a day"}),
    forged(8, headers={"task": "count", "id": "8", "timelimit": 5}),
    forged(9, body="W1t7"),
    forged(10)[:-30],
    forged(11, headers={"task": "count", "id": "11", "eta": "not a day"}),
]
"""Each ended the worker, was dropped without a word, or might."""


def test_no_message_ends_the_worker_and_what_cannot_be_read_is_set_aside(tmp_path: Path) -> None:
    ready, bad, log = tmp_path / "queue" / "ready", tmp_path / "queue" / "bad", tmp_path / "worker.log"
    ready.mkdir(parents=True)
    for number, content in enumerate([*FORGED, forged(99)]):
        (ready / f"{number:020d}-forged.counting.msg").write_text(content)
    environment = {"COUNTING_FOLDER": str(tmp_path)}
    with running(*worker_command(app="tests.system.counting"), environment=environment, log=log) as worker:
        await_that(lambda: counted(tmp_path) == ["forged 99"] or worker.poll() is not None, seconds=60)
        assert worker.poll() is None, log.read_text()
    assert len(list(bad.glob("*.msg"))) == len(FORGED), log.read_text()


def test_a_worker_told_to_stop_gives_back_what_it_has_not_run(tmp_path: Path) -> None:
    assert produce("one", tmp_path, 200).wait(timeout=60) == 0
    environment, log = {"COUNTING_FOLDER": str(tmp_path)}, tmp_path / "worker.log"
    command = worker_command(app="tests.system.counting")
    with running(*command, environment=environment, log=log) as worker:
        await_that(lambda: len(counted(tmp_path)) > 5, seconds=30, every_seconds=0.005)
        worker.send_signal(signal.SIGTERM)
        worker.wait(timeout=15)
    with running(*command, environment=environment, log=log):
        await_that(lambda: len(counted(tmp_path)) >= 200, seconds=30)
    assert set(Counter(counted(tmp_path)).values()) == {1}
