"""Atomic writing of files: a reader sees the old file or the new one, never half of one."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path


def write_atomically(path: Path, *parts: bytes, suffix: str = "", readable_by_all: bool = True) -> None:
    """Write the parts to a temporary file beside `path`, flush it to disk and rename it; makes missing folders.

    `suffix`: ending of the temporary name, by which the leftovers of a killed writer are known.
    `readable_by_all`: mode 644; otherwise the owner alone may read the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=suffix, dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        if readable_by_all:
            Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise
