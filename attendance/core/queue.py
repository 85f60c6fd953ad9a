"""How does work reach the worker? After the commit, by task name; the database remembers it, the broker may forget.

A broker that is down never fails the request: the row stays pending and a beat task sends it again.
"""

from __future__ import annotations

import logging
from functools import partial

from celery import current_app
from django.db import transaction

logger = logging.getLogger(__name__)


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
