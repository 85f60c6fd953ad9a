"""The limit on looks for faces that run at once.

A look is cheap and frequent, and is the first to be dropped; a check-in never waits for one.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

MOST_LOOKS = 2
"""Looks at once in this process; the model runs on one thread, so more would only wait."""

_lock = threading.Lock()
_looks = 0
_check_ins = 0


@contextmanager
def looking() -> Iterator[bool]:
    """Yield whether a look may run now; never waits."""
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
    """Let no look start while somebody checks in."""
    global _check_ins  # noqa: PLW0603  (as above)
    with _lock:
        _check_ins += 1
    try:
        yield
    finally:
        with _lock:
            _check_ins -= 1
