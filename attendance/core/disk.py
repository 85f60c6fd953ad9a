"""The room on the disk of the state folder, and a reserve that is given up first when there is none left.

The reserve is a file. Whoever finds the disk full deletes it, so that check-ins go on for some hours while somebody
makes room; it is made again once there is.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError

logger = logging.getLogger(__name__)

RESERVE_BYTES = 128 * 1024 * 1024
"""Some 19,000 check-ins: with an aligned face of 6 kB one takes 6.6 kB in SQLite with all its lines and indexes, one
without 0.5 kB, measured over 500 of each. Pictures of evidence are not kept on a nearly full disk."""
_SMALLEST_SHARE = 20
"""On a small disk the reserve is no more than a twentieth of it."""
_PROBE_BYTES = 64 * 1024
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_FULL_WORDS = ("database or disk is full", "no space left on device", "disk quota exceeded", "could not extend file")
"""Of SQLite and PostgreSQL."""


def free_bytes() -> int:
    """Return how much may be written to the state folder."""
    found = os.statvfs(settings.VAR_DIR)
    return found.f_bavail * found.f_frsize


def reserve_bytes() -> int:
    """Return how large the reserve of this disk is."""
    found = os.statvfs(settings.VAR_DIR)
    return min(RESERVE_BYTES, found.f_blocks * found.f_frsize // _SMALLEST_SHARE)


def is_short() -> bool:
    """Tell whether the reserve has been given up and there is no room for another: only what must be is written."""
    return not _reserve().exists() and free_bytes() < 2 * reserve_bytes()


def can_write() -> bool:
    """Write a little and delete it; a quota may end what the disk has room for."""
    probe = Path(settings.VAR_DIR) / f".probe.{os.getpid()}"
    try:
        probe.write_bytes(bytes(_PROBE_BYTES))
    except OSError:
        return False
    finally:
        with contextlib.suppress(OSError):
            probe.unlink(missing_ok=True)
    return True


def is_full(error: BaseException | None) -> bool:
    """Tell whether an error, or what it came from, says that there is no room."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return True
        words = str(error).casefold() if isinstance(error, DatabaseError) else ""
        if any(each in words for each in _FULL_WORDS):
            return True
        # SQLite's word for a file of its own that could not grow
        if "disk i/o error" in words and not can_write():
            return True
        error = error.__cause__ or error.__context__
    return False


def give_up_reserve() -> bool:
    """Delete the reserve; True where there is room now, also because another process was first."""
    try:
        _reserve().unlink()
    except FileNotFoundError:
        return can_write()
    except OSError:
        logger.exception("the reserve on the disk could not be given up")
        return False
    logger.error("the disk is full: the reserve was given up, make room soon")
    return True


def keep_reserve() -> bool:
    """Make the reserve where there is none and room for twice as much; True where there is one."""
    if _reserve().exists():
        return True
    size = reserve_bytes()
    if free_bytes() < 2 * size:
        return False
    aside = _reserve().with_suffix(".part")
    try:
        with aside.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, size)  # blocks of its own, where a hole would reserve nothing
        aside.rename(_reserve())
    except OSError:
        aside.unlink(missing_ok=True)
        logger.warning("no reserve could be made on the disk", exc_info=True)
        return False
    return True


def _reserve() -> Path:
    return Path(settings.VAR_DIR) / "reserve"
