"""The Celery app, its schedule, and the start of a worker.

Run by `celery -A config worker` and `celery -A config beat`. What names the broker is in `config.settings`.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from typing import Any

from celery import Celery, signals
from celery.schedules import crontab

from config import transport

logger = logging.getLogger(__name__)

ORPHAN_GRACE_SECONDS = 10.0
"""How long a worker whose parent was killed may finish its task."""

transport.register()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("muster")
app.set_default()  # request threads ask for the current app too; without this only the importing thread knows it
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.worker_consumer = "config.careful_consumer:CarefulConsumer"
app.autodiscover_tasks(["attendance"])

# `expires`: what waited behind a long task is not done twice, the next one is due anyway.
app.conf.beat_schedule = {
    # A killed worker loses the message it held: sending again what is pending too long is the delivery guarantee.
    "requeue_pending": {"task": "attendance.requeue_pending", "schedule": 30.0, "options": {"expires": 30.0}},
    "feed_imports": {"task": "attendance.feed_imports", "schedule": 5.0, "options": {"expires": 5.0}},
    "replay_attempts": {"task": "attendance.replay_attempts", "schedule": 10.0, "options": {"expires": 10.0}},
    "keep_reserve": {"task": "attendance.keep_reserve", "schedule": 60.0, "options": {"expires": 60.0}},
    "check_database": {"task": "attendance.check_database", "schedule": crontab(hour="1", minute="40")},
    "write_snapshot": {"task": "attendance.write_snapshot", "schedule": 300.0, "options": {"expires": 300.0}},
    "calibrate": {"task": "attendance.calibrate", "schedule": 60.0, "options": {"expires": 60.0}},
    "seal_audit": {"task": "attendance.seal_audit", "schedule": 300.0, "options": {"expires": 300.0}},
    # asked every hour: the morning is that of the site
    "send_digests": {"task": "attendance.send_digests", "schedule": crontab(minute="3")},
    # shortly after the hour: a new zone or department holds from midnight on, wherever the site is
    "apply_due_changes": {"task": "attendance.apply_due_changes", "schedule": crontab(minute="1,31")},
    "delete_expired": {"task": "attendance.delete_expired", "schedule": crontab(minute="23")},
    # asked every hour: the night is that of the site, and a machine that slept catches up
    "back_up": {"task": "attendance.back_up", "schedule": crontab(minute="41"), "options": {"expires": 3600.0}},
    "delete_old_evidence": {"task": "attendance.delete_old_evidence", "schedule": crontab(minute="17")},
}


@signals.worker_ready.connect
def take_up_work(**_facts: Any) -> None:
    """Show that a worker lives, and send again what an earlier one left behind."""
    from attendance.core import queue  # noqa: PLC0415  (needs Django, which the worker has set up by now)

    threading.Thread(target=_keep_beating, args=(os.getppid(),), name="heartbeat", daemon=True).start()
    queue.send("attendance.requeue_pending")
    queue.send("attendance.keep_reserve")
    queue.send("attendance.check_database")


def _keep_beating(parent: int) -> None:
    """Record a heartbeat every few seconds; leave when the parent is gone and the grace is over."""
    from attendance.core import queue  # noqa: PLC0415  (see above)

    while os.getppid() == parent:
        try:
            queue.record_heartbeat()
        except Exception:  # the cache may be down for a while; the worker is not
            logger.warning("heartbeat not recorded", exc_info=True)
        time.sleep(queue.HEARTBEAT_SECONDS)
    time.sleep(ORPHAN_GRACE_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)
