"""`make run` comes up, answers at once, shares its memory, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.system.instance import Instance
from tests.system.processes import await_that, running

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]
MOST_OWN_MEGABYTES = 50


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return bool(json.load(answer)["ok"])
    except (OSError, urllib.error.HTTPError):
        return False


def processes_of(instance: Instance) -> dict[int, str]:
    """Every process that was started with this instance's state folder."""
    found = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and f"MUSTER_VAR={instance.var}\0".encode() in (entry / "environ").read_bytes():
                found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found


def own_megabytes(process: int) -> float:
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_comes_up_and_leaves_no_process(instance: Instance, ending: signal.Signals) -> None:
    port, log = free_port(), instance.var / "run.log"
    environment = {**instance.environment, "MUSTER_PORT": str(port), "MUSTER_WEB_WORKERS": "2"}
    with running("-m", "config.run", environment=environment, log=log) as supervisor:
        await_that(lambda: healthy(port), seconds=90, every_seconds=0.2)
        started = time.monotonic()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in/", timeout=5) as answer:
            assert answer.status == 200
        assert time.monotonic() - started < 1
        web = [pid for pid, words in processes_of(instance).items() if "gunicorn" in words]
        assert len(web) == 3
        for worker in sorted(web)[1:]:
            assert own_megabytes(worker) < MOST_OWN_MEGABYTES
        await_that(lambda: "one-time password" in log.read_text(), seconds=5)
        os.kill(supervisor.pid, ending)
        supervisor.wait(timeout=15)
        await_that(lambda: not processes_of(instance), seconds=12)
    assert supervisor.returncode == (-9 if ending is signal.SIGKILL else 0), log.read_text()


def test_a_second_run_over_the_same_state_is_refused(instance: Instance) -> None:
    import fcntl

    with (instance.var / "run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with running(
            "-m", "config.run", environment=instance.environment, log=instance.var / "second.log"
        ) as supervisor:
            assert supervisor.wait(timeout=20) == 1
    assert "already runs" in (instance.var / "second.log").read_text()


def test_a_port_in_use_is_said_at_once(instance: Instance) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        environment = {**instance.environment, "MUSTER_PORT": str(taken.getsockname()[1])}
        with running("-m", "config.run", environment=environment, log=instance.var / "run.log") as supervisor:
            assert supervisor.wait(timeout=20) == 1
    assert "MUSTER_PORT" in (instance.var / "run.log").read_text()


def test_a_child_forked_after_warming_up_answers_compiles_and_ends(instance: Instance) -> None:
    threads, imported, answers = instance.script(
        """
import os, select, sys, time
from pathlib import Path
from config import wsgi
wsgi.warm()
import cv2, faiss
from django.db import connections
from attendance.recognition import comparing, engine
assert all(one.connection is None for one in connections.all())
threads = [len(list(Path("/proc/self/task").iterdir())), faiss.omp_get_max_threads()]
photo = portrait(1)
answers = []
for _ in range(2):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        vector = engine.embed_reference(photo).embedding.vector
        assert comparing._open("digits")  # compiles another network, after the fork
        os.write(writer, str(len(vector)).encode())
        sys.exit(0)  # as gunicorn's processes end, with every destructor
    ready, _, _ = select.select([reader], [], [], 10)
    deadline = time.monotonic() + 5
    while not (ended := os.waitpid(child, os.WNOHANG)[0] == child) and time.monotonic() < deadline:
        time.sleep(0.05)
    answers.append([os.read(reader, 16).decode() if ready else "no answer", ended])
    if not ended:
        os.kill(child, 9)
        os.waitpid(child, 0)
print(json.dumps([threads, "torch" in sys.modules, answers]))
"""
    )
    assert threads == [1, 1], "a fork beside a thread may hang the child"
    assert not imported
    assert answers == [["128", True]] * 2


def test_a_process_that_serves_imports_no_torch(instance: Instance) -> None:
    """A person is enrolled and checks in, drawings are compared and the page Models is read, all in a fresh process."""
    answers, compared, page, imported = instance.script(
        """
import sys
from django.test import Client
from attendance.core.models import User
from attendance.enrolment import embedding
from attendance.recognition import comparing, identify
enrol(1)
for row in ReferenceEmbedding.objects.all():
    embedding.embed(row.pk)
answers = [identify.identify([portrait(2)]).answer]

def drawn(*corners):
    canvas = Image.new("L", (192, 96), 255)
    from PIL import ImageDraw
    ImageDraw.Draw(canvas).line(corners, fill=0, width=5)
    written = io.BytesIO()
    canvas.save(written, "PNG")
    return written.getvalue()

first, second = drawn(20, 70, 60, 20, 90, 70, 150, 30), drawn(20, 20, 160, 80)
compared = [comparing.compare(kind, references=[first], probe=second).encoder for kind in ("digits", "signatures")]
client = Client()
client.force_login(User.objects.create_superuser("root", password="x"))
page = client.get("/models/", headers={"Host": "localhost"}).content.decode()
imported = [name for name in ("torch", "onnx") if name in sys.modules]
print(json.dumps([answers, compared, page.count("OpenVINO"), imported]))
"""
    )
    assert answers == ["matched"]
    assert [name.split("-")[0] for name in compared] == ["digits", "signatures"]
    # digits, five of the signatures, and one of the recognizer's two: for the other OpenCV or torch may be as fast
    assert page >= 7
    assert imported == []
