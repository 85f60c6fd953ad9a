"""Filling of a system under test, through Muster's own rules, in the state folder of the running server."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ENROLLED_WITHIN_SECONDS = 600.0


def doors(count: int) -> list[str]:
    """Pair so many doors; return their tokens."""
    from attendance.checkins import devices
    from attendance.core.models import User

    actor, _ = User.objects.get_or_create(username="bench")
    return [devices.give_token(devices.add(name=f"Bench {number}", actor=actor)) for number in range(count)]


def enrol(folder: Path) -> dict[str, Any]:
    """Import the folder through the running worker; return how many photos and how fast."""
    from attendance.enrolment import importing

    batch = importing.read_folder(folder, actor=None)
    begun = time.monotonic()
    importing.start(batch, actor=None)
    while time.monotonic() - begun < ENROLLED_WITHIN_SECONDS:
        progress = importing.progress(batch)
        if progress.finished >= progress.total:
            break
        time.sleep(0.1)
        batch.refresh_from_db()
    seconds = time.monotonic() - begun
    progress = importing.progress(batch)
    return {
        "photos": progress.total,
        "ready": progress.ready,
        "refused": progress.refused,
        "seconds": round(seconds, 1),
        "photos_per_second": round(progress.finished / seconds, 1),
    }


def fill(folder: Path, photos: Sequence[bytes]) -> Path:
    """Write the photos as a folder for the import: <employee number>.jpg."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(photos):
        (folder / f"{1000 + number}.jpg").write_bytes(data)
    return folder
