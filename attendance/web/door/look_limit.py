"""Is there room for a look now?

Looking is cheap, frequent and the first to be dropped; a check-in never waits for it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

MOST_LOOKS = 2
"""At once in this process; one thread of the model does the work, so more would only queue."""

_lock = threading.Lock()
_looks = 0
_check_ins = 0


@contextmanager
def looking() -> Iterator[bool]:
    """Yield whether there is room; never waits."""
    global _looks  # noqa: PLW0603  (a counter of this process, under its lock)
    with _lock:
        room = _looks < MOST_LOOKS and _check_ins == 0
        _looks += room
    try:
        yield room
    finally:
        with _lock:
            _looks -= room


@contextmanager
def checking_in() -> Iterator[None]:
    """Keep looks out while somebody checks in."""
    global _check_ins  # noqa: PLW0603  (as above)
    with _lock:
        _check_ins += 1
    try:
        yield
    finally:
        with _lock:
            _check_ins -= 1
