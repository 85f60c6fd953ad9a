"""Limits the memory of processes with several threads by two settings of the C library.

glibc gives each thread a heap, and each heap keeps what the largest picture needed. One heap for all threads lets them
use the same pages in turn; and what lies free is given back to the system now and then, not after every picture: that
costs a third of the check-ins. Where the C library is another one, nothing is changed.
"""

from __future__ import annotations

import ctypes
import time

GIVE_BACK_EVERY_SECONDS = 1.0
"""It takes about 2 ms, and the pages are asked for again as they are needed."""
_M_ARENA_MAX = -8
"""Number of the option in glibc's malloc.h."""

_library = ctypes.CDLL(None)
_given_back_at = 0.0


def keep_one_heap() -> bool:
    """Let all threads share one heap from now on; say whether that was possible. Called before the first thread."""
    return hasattr(_library, "mallopt") and bool(_library.mallopt(_M_ARENA_MAX, 1))


def give_back() -> bool:
    """Return free pages to the system, at most once a second; say whether it was done."""
    global _given_back_at  # noqa: PLW0603  (a process has one heap)
    now = time.monotonic()
    if now - _given_back_at < GIVE_BACK_EVERY_SECONDS or not hasattr(_library, "malloc_trim"):
        return False
    _given_back_at = now  # two threads at once: at worst it is done twice
    _library.malloc_trim(0)
    return True
