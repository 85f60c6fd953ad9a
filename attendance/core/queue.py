"""Sends tasks to the worker, and reports whether a worker is running.

After the commit, by task name; the database remembers the work, the broker may forget it.

A broker that is down never fails the request: the row stays pending and a beat task sends it again.
"""

from __future__ import annotations

import logging
from functools import partial

from celery import current_app
from django.core.cache import cache
from django.db import transaction

from attendance.core import clock

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 5.0
"""How often a worker says that it lives."""
_HEARTBEAT_KEY = "worker.heartbeat"


def after_commit(task: str, *arguments: int | str) -> None:
    """Send the task once the present transaction has committed (at once outside of one)."""
    transaction.on_commit(partial(send, task, *arguments))


def send(task: str, *arguments: int | str) -> bool:
    """Send the task now; a broker that cannot be reached is logged and answered by False."""
    try:
        current_app.send_task(task, args=arguments, retry=False)
    except Exception:  # whatever the transport raises: the row in the database is the memory of this work
        logger.warning("broker not reachable, %s will be sent again", task, exc_info=True)
        return False
    return True


def is_reachable() -> bool:
    """Whether a message could be sent now; waits for two seconds at most."""
    try:
        with current_app.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, timeout=2)
            connection.SimpleQueue(current_app.conf.task_default_queue).close()  # opens the channel
    except Exception:  # whatever the transport raises
        logger.warning("broker not reachable", exc_info=True)
        return False
    return True


def count_set_aside() -> int:
    """Return how many messages could not be read and were set aside; raises what the transport does."""
    with current_app.connection_for_write() as connection:
        count = getattr(connection.default_channel, "count_set_aside", None)
        return count() if count else 0


def record_heartbeat() -> None:
    """Say that this worker lives."""
    cache.set(_HEARTBEAT_KEY, clock.now().timestamp(), timeout=3600)


def heartbeat_age_seconds() -> float | None:
    """Return how long ago a worker said that it lives; None where none has for an hour."""
    at = cache.get(_HEARTBEAT_KEY)
    return None if at is None else clock.now().timestamp() - float(at)
