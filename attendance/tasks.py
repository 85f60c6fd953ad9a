"""Tasks of the worker: each reads its rows and calls one rule; retries follow from the state of the rows."""

from __future__ import annotations

import dataclasses

from celery import shared_task

from attendance.backups import nightly
from attendance.checkins import replays
from attendance.core import audit, disk, integrity
from attendance.enrolment import embedding, feeding
from attendance.privacy import expiry, retention
from attendance.recognition import gallery, local_calibration
from attendance.reports import digest
from attendance.workdays.schedule import valid_from


@shared_task(name="attendance.embed_reference", ignore_result=True)
def embed_reference(embedding_id: int) -> None:
    """Bring one photo to ready or refused, then let the next ones of an import in."""
    feeding.work(embedding_id)


@shared_task(name="attendance.requeue_pending", ignore_result=True)
def requeue_pending() -> int:
    """Send again what the broker or a killed worker lost; at worker start and every 30 seconds."""
    return embedding.requeue_stale()


@shared_task(name="attendance.feed_imports", ignore_result=True)
def feed_imports() -> int:
    """Settle and top up imports; every few seconds, and after each finished photo."""
    return feeding.feed()


@shared_task(name="attendance.delete_old_evidence", ignore_result=True)
def delete_old_evidence() -> dict[str, int]:
    """Delete what the site does not keep any longer; every hour."""
    return dataclasses.asdict(retention.delete_old())


@shared_task(name="attendance.delete_expired", ignore_result=True)
def delete_expired() -> dict[str, int]:
    """Delete sessions that are over and tries that nobody goes on with; every hour."""
    return dataclasses.asdict(expiry.delete_expired())


@shared_task(name="attendance.write_snapshot", ignore_result=True)
def write_snapshot() -> bool:
    """Write down the gallery, so that the next process opens it quickly; every ten minutes."""
    return gallery.write_snapshot()


@shared_task(name="attendance.calibrate", ignore_result=True)
def calibrate() -> bool:
    """Calibrate by those who are enrolled now; asked every minute, done when people came or went."""
    if not local_calibration.is_due():
        return False
    local_calibration.store(local_calibration.compute())
    return True


@shared_task(name="attendance.send_digests", ignore_result=True)
def send_digests() -> int:
    """Mail to everybody who decides about somebody what yesterday left to look at; asked hourly, due once a morning."""
    return digest.send() if digest.is_due() else 0


@shared_task(name="attendance.apply_due_changes", ignore_result=True)
def apply_due_changes() -> None:
    """Let changes of zone, department, site and codes that were planned for today hold; every hour."""
    valid_from.apply_due()


@shared_task(name=replays.TASK, ignore_result=True)
def replay_attempts() -> int:
    """Decide attempts again by the encoder in the shadow, and those that somebody asked for; every few seconds."""
    return replays.work()


@shared_task(name="attendance.back_up", ignore_result=True)
def back_up() -> bool:
    """Write the nightly backup where a folder is set, and remove those that are too many; asked hourly."""
    return nightly.work()


@shared_task(name="attendance.seal_audit", ignore_result=True)
def seal_audit() -> int:
    """Append to the audit chain what a killed process left unsealed; every few minutes."""
    return audit.seal()


@shared_task(name="attendance.keep_reserve", ignore_result=True)
def keep_reserve() -> bool:
    """Make the reserve on the disk where there is room for it again; every minute."""
    return disk.keep_reserve()


@shared_task(name="attendance.check_database", ignore_result=True)
def check_database() -> int:
    """Let SQLite check its pages; at the start of the worker and every night."""
    return integrity.check().damaged
