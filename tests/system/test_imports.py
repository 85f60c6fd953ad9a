"""A bulk enrolment does not delay whoever is enrolled at the desk."""

from __future__ import annotations

import pytest

from tests.system.instance import Instance
from tests.system.processes import await_that

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]
WITHIN_SECONDS = 5

IMPORT = """
import zipfile
from attendance.enrolment import importing

face = Image.fromarray(data.astronaut()).crop((120, 0, 376, 256))
packed = io.BytesIO()
with zipfile.ZipFile(packed, "w") as archive:
    for number in range(1000):
        written = io.BytesIO()
        ImageEnhance.Brightness(face).enhance(0.9 + number / 5000).save(written, "JPEG", quality=90)
        archive.writestr(f"I{number:04d}.jpg", written.getvalue())
packed.seek(0)
batch = importing.read_zip(packed, name="everybody.zip", actor=None)
importing.start(batch, actor=None)
print(batch.rows.count())
"""

BY_HAND = """
import time
submitted = enrol(1)
begun = time.monotonic()
while ReferenceEmbedding.objects.get(reference=submitted).status == "pending" and time.monotonic() - begun < 60:
    time.sleep(0.02)
print(json.dumps([ReferenceEmbedding.objects.get(reference=submitted).status, time.monotonic() - begun]))
"""


def test_a_photo_by_hand_is_ready_at_once_while_a_thousand_are_imported(instance: Instance) -> None:
    assert instance.script(IMPORT) == 1000
    with instance.worker(), instance.beat():
        await_that(lambda: instance.embeddings().get("ready", 0) >= 16, seconds=90, every_seconds=0.1)
        status, seconds = instance.script(BY_HAND)
        waiting = instance.query("SELECT count(*) FROM attendance_importrow WHERE state = 'waiting'")[0][0]
        pending = instance.embeddings().get("pending", 0)
    assert status == "ready"
    assert seconds < WITHIN_SECONDS
    assert waiting > 500, "the import was over too soon to prove anything"
    assert pending <= 16 + 1
