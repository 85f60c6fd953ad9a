"""Snapshots: a gallery in one file, so that a restart need not read every row again.

The database holds the truth. Whatever is wrong with a snapshot, `read` raises `SnapshotInvalid` and the gallery is
rebuilt from the rows. Layout: one line of JSON (what it is, how long, SHA-256 of all else), then
references and subjects as int64 and vectors as float32, little-endian, row after row.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from verifier import errors, files
from verifier.gallery.divided import DividedGallery
from verifier.gallery.flat import Contents, FlatGallery

FORMAT = "muster-gallery-1"
LONGEST_HEADER_BYTES = 4096
LEFTOVER_SECONDS = 600


def write(gallery: FlatGallery | DividedGallery, path: Path, *, sequence: int) -> None:
    """Write the gallery as it is after change number `sequence`; a reader sees the old file or the new one.

    Labels are not in it: they are few, and read from the rows.
    """
    contents = gallery.contents()
    body = b"".join(
        (
            contents.references.astype("<i8").tobytes(),
            contents.subjects.astype("<i8").tobytes(),
            contents.vectors.astype("<f4").tobytes(),
        )
    )
    header: dict[str, str | int] = {
        "format": FORMAT,
        "encoder": gallery.encoder,
        "dimension": gallery.dimension,
        "references": len(contents.references),
        "sequence": sequence,
    }
    header["sha256"] = _checksum(header, body)
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(path)
    files.write_atomically(
        path, json.dumps(header, sort_keys=True).encode() + b"\n", body, suffix=".part", readable_by_all=False
    )
    _flush_folder(path.parent)


def _checksum(header: dict[str, Any], body: bytes) -> str:
    """Return the checksum of body and header; a changed bit in the sequence would skip changes for ever."""
    covered = {name: value for name, value in header.items() if name != "sha256"}
    digest = hashlib.sha256(json.dumps(covered, sort_keys=True).encode())
    digest.update(body)
    return digest.hexdigest()


def _remove_leftovers(path: Path) -> None:
    """Remove temporary files of killed writers; a live writer is done within seconds."""
    for left in path.parent.glob(f".{path.name}.*.part"):
        with contextlib.suppress(FileNotFoundError):
            if left.stat().st_mtime < time.time() - LEFTOVER_SECONDS:
                left.unlink()


def _flush_folder(folder: Path) -> None:
    """Flush the folder, so that the rename survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(path: Path, *, encoder: str) -> tuple[FlatGallery, int]:
    """Read a snapshot of this encoder and the number of the last change in it; raise `SnapshotInvalid` otherwise."""
    contents, sequence = read_contents(path, encoder=encoder)
    try:
        return FlatGallery.from_contents(contents, encoder=encoder), sequence
    except errors.InvalidEmbedding as error:
        raise errors.SnapshotInvalid(reason="vectors", detail=str(error)) from error


def read_contents(path: Path, *, encoder: str) -> tuple[Contents, int]:
    """Read the same as arrays; the vectors are those that were written, or this raises `SnapshotInvalid`."""
    try:
        with path.open("rb") as file:
            line = file.readline(LONGEST_HEADER_BYTES)
            body = file.read()
    except OSError as error:
        raise errors.SnapshotInvalid(reason="unreadable", detail=type(error).__name__) from error
    header = _header(line)
    if header["encoder"] != encoder:
        raise errors.SnapshotInvalid(reason="encoder", expected=encoder, found=str(header["encoder"]))
    if _checksum(header, body) != header["sha256"]:
        raise errors.SnapshotInvalid(reason="checksum")
    count, dimension = header["references"], header["dimension"]
    if len(body) != count * (8 + 8 + 4 * dimension):
        raise errors.SnapshotInvalid(reason="length")
    contents = Contents(
        references=np.frombuffer(body, dtype="<i8", count=count),
        subjects=np.frombuffer(body, dtype="<i8", count=count, offset=8 * count),
        vectors=np.frombuffer(body, dtype="<f4", offset=16 * count).reshape(count, dimension),
    )
    return contents, header["sequence"]


def _header(line: bytes) -> dict[str, Any]:
    try:
        header = json.loads(line)
    except ValueError as error:
        raise errors.SnapshotInvalid(reason="header") from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise errors.SnapshotInvalid(reason="format")
    whole = ("dimension", "references", "sequence")
    if any(type(header.get(name)) is not int or header[name] < 0 for name in whole) or header["dimension"] == 0:
        raise errors.SnapshotInvalid(reason="header")
    if not all(isinstance(header.get(name), str) for name in ("encoder", "sha256")):
        raise errors.SnapshotInvalid(reason="header")
    return header
