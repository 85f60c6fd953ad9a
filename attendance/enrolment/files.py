"""Photo files under MEDIA_ROOT: named at random, on the disk before a row refers to them.

A file whose row was never committed is an orphan; `privacy.retention` sweeps it later. A row without its file does
not happen.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from attendance.core.errors import Fault

REFERENCES = "references"


def folder() -> Path:
    """Return the root of all kept files."""
    return Path(settings.MEDIA_ROOT)


def keep(data: bytes, *, room: str = REFERENCES) -> str:
    """Write the bytes and flush them with their folder; return the name relative to the root."""
    drawn = secrets.token_hex(20)
    name = f"{room}/{drawn[:2]}/{drawn[2:]}"
    path = folder() / name
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _flush_folder(path.parent)
    return name


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Leave no half a file behind, whatever happens; a disk that is full or broken is a Fault that says so."""
    try:
        yield
    except BaseException as problem:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        if not isinstance(problem, OSError):
            raise
        if problem.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Fault("storage_full") from problem
        raise Fault("storage_failed") from problem


def _flush_folder(path: Path) -> None:
    """Make the new name itself outlive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(name: str) -> bytes:
    """Return the bytes of a kept file."""
    return (folder() / name).read_bytes()


def remove(name: str) -> None:
    """Remove a kept file; one that is gone already is fine."""
    if name:
        (folder() / name).unlink(missing_ok=True)
