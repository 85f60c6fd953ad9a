"""Several threads that do one thing in the same moment, each with its own connection to the database."""

from __future__ import annotations

import threading
from collections.abc import Callable

from django.db import connection


def at_once(deed: Callable[[], object], *, times: int) -> None:
    """Do it in so many threads that begin together, and wait for all of them."""
    ready = threading.Barrier(times)

    def work() -> None:
        try:
            ready.wait(timeout=30)
            deed()
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
