"""The number of a parallel test process, and its own names on shared servers.

pytest-xdist names the processes gw0, gw1, ...; where there is only one, it has no name and number 0.
"""

from __future__ import annotations

import os
from urllib.parse import urlsplit

NAME = os.environ.get("PYTEST_XDIST_WORKER", "")
NUMBER = int(NAME.removeprefix("gw")) if NAME else 0
MOST = 4
"""So many processes fit: a Redis server has 16 databases, and each process uses two."""
LAST_REDIS_DATABASE = 15


def redis_url(url: str, *, number: int) -> str:
    """Return the address of another database of the same server."""
    return urlsplit(url)._replace(path=f"/{number}").geturl()


def empty_redis_database() -> int:
    """Return which database this process may empty: those from the end, as the others may belong to somebody."""
    return LAST_REDIS_DATABASE - NUMBER
