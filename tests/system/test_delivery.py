"""Every accepted photo ends ready or refused, once, whatever dies in between."""

from __future__ import annotations

import signal
import time

import pytest

from tests.system.instance import Instance
from tests.system.processes import await_that

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]
PHOTOS = 12
WITHIN_SECONDS = 120
LET_TIME_PASS = """
sent = clock.now() - clock.dt.timedelta(seconds=45)
ReferenceEmbedding.objects.filter(status="pending").update(queued_at=sent)
"""
"""What waits for a minute is sent again: not yet as the worker starts, but at the beat's first tick."""


def assert_each_is_in_the_log_once(instance: Instance, *, photos: int) -> None:
    lines = instance.query("SELECT sequence, operation, reference FROM attendance_gallerychange ORDER BY sequence")
    assert [sequence for sequence, _, _ in lines] == list(range(1, photos + 1))
    assert len({reference for _, _, reference in lines}) == photos
    assert {operation for _, operation, _ in lines} == {"add"}
    assert instance.query("SELECT value FROM attendance_gallerycounter") == [(photos,)]


def test_a_worker_killed_in_mid_enrolment_loses_nothing(instance: Instance) -> None:
    instance.script(f"print(json.dumps([enrol(number) for number in range({PHOTOS})]))")
    assert instance.embeddings() == {"pending": PHOTOS}
    with instance.worker() as worker:
        await_that(lambda: instance.embeddings().get("ready", 0) >= 3, seconds=60, every_seconds=0.01)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    assert instance.embeddings()["pending"] > 0, "killed too late to prove anything"
    instance.script(LET_TIME_PASS)
    with instance.worker(), instance.beat():
        await_that(lambda: instance.embeddings() == {"ready": PHOTOS}, seconds=WITHIN_SECONDS, every_seconds=0.5)
    assert_each_is_in_the_log_once(instance, photos=PHOTOS)


def test_a_photo_enrolled_while_the_broker_is_down_is_ready_once_it_is_back(instance: Instance) -> None:
    if "REDIS_URL" in instance.environment:
        down = {"REDIS_URL": "redis://127.0.0.1:1/0"}
    else:
        down = {}
        (instance.var / "queue").write_text("in the way of the folder")
    started = time.monotonic()
    script = """
enrol(1)
sent = queue.send("attendance.requeue_pending")
ReferenceEmbedding.objects.update(queued_at=clock.now() - clock.dt.timedelta(seconds=61))
print(json.dumps(sent))
"""
    assert instance.script(script, **down) is False
    assert time.monotonic() - started < 40, "a broker that is down must not hold up an enrolment"
    assert instance.embeddings() == {"pending": 1}
    if not down:
        (instance.var / "queue").unlink()
    with instance.worker():
        await_that(lambda: instance.embeddings() == {"ready": 1}, seconds=WITHIN_SECONDS, every_seconds=0.2)
    assert_each_is_in_the_log_once(instance, photos=1)


def test_a_snapshot_that_is_damaged_or_gone_changes_no_answer(instance: Instance) -> None:
    found = instance.script(
        """
from attendance.enrolment import embedding
from attendance.recognition import engine, gallery, snapshots
embedding.embed_all([ReferenceEmbedding.objects.get(reference=enrol(n)).pk for n in range(3)])
probe = engine.embed_reference(portrait(1)).embedding.vector

def nearest():
    found, sequence = gallery.current()
    return [len(found), sequence, found.search(probe, most=1)[0].reference]

answers = [nearest()]
assert gallery.write_snapshot()
(file,) = snapshots.folder().glob("*.gallery")
for damage in (file.read_bytes()[:-40], b"", b"\\0" * 4096):
    file.write_bytes(damage)
    answers.append(nearest())  # while running
    gallery.reset()
    answers.append(nearest())  # opened anew
file.unlink()
answers.append(nearest())
gallery.reset()
answers.append(nearest())
print(json.dumps(answers))
"""
    )
    assert len(found) == 9
    assert [answer == found[0] for answer in found] == [True] * 9
    assert found[0][:2] == [3, 3]


def test_writers_wait_for_each_other_and_none_is_turned_away(instance: Instance) -> None:
    code = """
import os, time
from concurrent.futures import ThreadPoolExecutor
from django.db import connections, transaction
from attendance.core import audit
from attendance.core.models import AuditEntry

def write(writer):
    try:
        for number in range(60):
            with transaction.atomic():
                AuditEntry.objects.filter(subject=f"writer:{writer}").count()
                audit.record("test.write", actor=None, subject=f"writer:{writer}", number=number)
            time.sleep(0.01)
    finally:
        connections.close_all()

with ThreadPoolExecutor(4) as pool:
    list(pool.map(write, range(4)))
print(json.dumps(AuditEntry.objects.filter(action="test.write").count()))
"""
    with instance.worker():
        instance.script("print(json.dumps([enrol(number) for number in range(4)]))")
        assert instance.script(code) == 240
        await_that(lambda: instance.embeddings() == {"ready": 4}, seconds=60)
    assert "locked" not in instance.log()
