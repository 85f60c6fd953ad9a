"""Checksums of what OpenVINO compiled and keeps: it reads a damaged file without noticing.

A file that is not in the list, or not as it was when it was entered, is deleted and compiled again. Processes that
still use a deleted file keep its pages.
"""

from __future__ import annotations

import functools
import hashlib
import json
from pathlib import Path

from verifier import files

LIST = "checksums.json"


@functools.cache
def discard_damaged(folder: Path) -> None:
    """Delete what cannot be believed; done once in a process for each folder."""
    listed = _listed(folder)
    for path in folder.glob("*.blob"):
        if listed.get(path.name) != _checksum(path):
            path.unlink(missing_ok=True)


def enter(folder: Path) -> None:
    """Enter the files that are new; raises OSError where nothing can be written."""
    listed = _listed(folder)
    found = {path.name: listed.get(path.name) or _checksum(path) for path in folder.glob("*.blob")}
    if found != listed:
        files.write_atomically(folder / LIST, json.dumps(found, indent=2, sort_keys=True).encode())


def _listed(folder: Path) -> dict[str, str]:
    try:
        listed = json.loads((folder / LIST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(checksum) for name, checksum in listed.items()} if isinstance(listed, dict) else {}


def _checksum(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
