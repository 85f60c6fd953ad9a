"""A Celery application with Muster's settings and one task that counts, for the tests of the queue."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from celery import Celery

from config import transport

transport.register()
FOLDER = Path(os.environ["COUNTING_FOLDER"])
app = Celery("counting", broker=os.environ.get("COUNTING_BROKER", f"{transport.ALIAS}://localhost"))
app.conf.broker_transport_options = {"folder": str(FOLDER / "queue")}
app.conf.task_default_queue = "counting"
app.conf.task_ignore_result = True
app.conf.worker_enable_remote_control = False
app.conf.worker_prefetch_multiplier = 1
app.conf.worker_consumer = "config.careful_consumer:CarefulConsumer"


@app.task(name="count")
def count(producer: str, number: int) -> None:
    """Write down that this message was run."""
    with (FOLDER / "counted").open("a") as file:
        file.write(f"{producer} {number}\n")


@app.task(name="attendance.requeue_pending")
def requeue_pending() -> None:
    """Do nothing: a worker under these settings sends this to itself when it starts."""


@app.task(name="attendance.keep_reserve")
def keep_reserve() -> None:
    """Do nothing, as above."""


@app.task(name="attendance.check_database")
def check_database() -> None:
    """Do nothing, as above."""


if __name__ == "__main__":
    for number in range(int(sys.argv[2])):
        count.delay(sys.argv[1], number)
