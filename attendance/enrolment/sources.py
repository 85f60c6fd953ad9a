"""Sources of the pictures of an import: a folder, or a ZIP that is never unpacked to the disk.

A ZIP is judged from its directory before any entry is read: its size, the number of entries, how much they grow,
paths that leave the folder, links, encryption. An entry is then read straight into memory when its row is fed,
bounded by what the directory said, so that nothing is ever written under a name from outside.
"""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Protocol

from attendance.core.errors import Refusal
from attendance.enrolment import photos
from attendance.people import reading

MAXIMUM_ZIP_BYTES = 2 * 2**30
MAXIMUM_ENTRIES = 20_000
MAXIMUM_RATIO = 100
"""Unpacked to packed. Photos do not shrink at all; a bomb has 1,000."""
RATIO_FROM_BYTES = 2**20
"""A table of a few kilobytes may shrink well; below this the ratio says nothing."""
MAXIMUM_TABLE_BYTES = 16 * 2**20
MAXIMUM_UNPACKED_BYTES = 16 * 2**30
LINK_MODE_SHIFT = 16
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Source(Protocol):
    """Files by name relative to the top, with forward slashes."""

    def names(self) -> list[str]:
        """List the files, without what operating systems leave behind."""
        ...

    def read(self, name: str) -> bytes:
        """Return one file's bytes; raises Refusal when it is not there, damaged or too large."""
        ...


class FolderSource:
    """A folder on this machine; links are not followed out of it."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def names(self) -> list[str]:
        """Walk the folder."""
        found = []
        for folder, folders, files in os.walk(self.root):
            folders.sort()
            for file in sorted(files):
                path = (Path(folder) / file).relative_to(self.root)
                name = str(PurePosixPath(path))
                if not reading.is_junk(name):
                    found.append(name)
                if len(found) > MAXIMUM_ENTRIES:
                    raise Refusal("too_many_files", limit=MAXIMUM_ENTRIES)
        return found

    def read(self, name: str) -> bytes:
        """Read one file, bounded."""
        path = (self.root / name).resolve()
        if not path.is_relative_to(self.root):
            raise Refusal("outside_folder")
        limit = _limit(name)
        try:
            with path.open("rb") as file:
                data = file.read(limit + 1)
        except OSError as error:
            raise Refusal("photo_missing") from error
        return _bounded(data, limit)


class ZipSource:
    """A ZIP whose directory has been judged."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive

    def names(self) -> list[str]:
        """List the entries that are files."""
        return [info.filename for info in self.archive.infolist() if not info.is_dir() and not _is_junk(info)]

    def read(self, name: str) -> bytes:
        """Read one entry, bounded whatever its header promised."""
        limit = _limit(name)
        try:
            info = self.archive.getinfo(name)
            if info.file_size > limit:
                raise Refusal("image_too_large", what="bytes", value=info.file_size, limit=limit)
            with self.archive.open(info) as file:
                data = file.read(limit + 1)
        except KeyError as error:
            raise Refusal("photo_missing") from error
        except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
            raise Refusal("entry_damaged") from error
        except _decompression_error() as error:
            raise Refusal("entry_damaged") from error
        return _bounded(data, limit)


def _decompression_error() -> type[Exception]:
    import zlib  # noqa: PLC0415  (only for its error)

    return zlib.error


def _limit(name: str) -> int:
    return MAXIMUM_TABLE_BYTES if name.lower().endswith(".csv") else photos.MAXIMUM_BYTES


def _bounded(data: bytes, limit: int) -> bytes:
    if len(data) > limit:
        raise Refusal("image_too_large", what="bytes", value=len(data), limit=limit)
    return data


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """Open a folder or a ZIP; raises Refusal when it is neither, or a ZIP that is not to be trusted."""
    if path.is_dir():
        yield FolderSource(path)
        return
    if not path.is_file():
        raise Refusal("import_folder_missing")
    if path.stat().st_size > MAXIMUM_ZIP_BYTES:
        raise Refusal("zip_too_large", bytes=path.stat().st_size, limit_bytes=MAXIMUM_ZIP_BYTES)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
        raise Refusal("zip_damaged") from error
    with archive:
        judge(archive.infolist())
        yield ZipSource(archive)


def judge(entries: list[zipfile.ZipInfo]) -> None:
    """Refuse an archive from its directory alone; the first thing that is wrong is named."""
    if len(entries) > MAXIMUM_ENTRIES:
        raise Refusal("zip_too_many_entries", entries=len(entries), limit=MAXIMUM_ENTRIES)
    unpacked = 0
    seen: set[str] = set()
    for info in entries:
        _judge_entry(info)
        if info.filename in seen:
            raise Refusal("zip_entry_twice", entry=_entry_name(info))
        seen.add(info.filename)
        unpacked += info.file_size
    packed = sum(info.compress_size for info in entries)
    if unpacked > MAXIMUM_UNPACKED_BYTES or _grows(unpacked, packed):
        raise Refusal("zip_bomb", unpacked_bytes=unpacked, packed_bytes=packed)


def _judge_entry(info: zipfile.ZipInfo) -> None:
    # `orig_filename` is what the archive says; zipfile cuts `filename` at a NUL and turns separators.
    name = info.orig_filename.replace("\\", "/")
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or ":" in parts[0] or "\0" in name:
        raise Refusal("zip_path_leaves_folder", entry=_entry_name(info))
    kind = stat.S_IFMT(info.external_attr >> LINK_MODE_SHIFT)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise Refusal("zip_link", entry=_entry_name(info))
    if info.flag_bits & 0x1:
        raise Refusal("zip_encrypted", entry=_entry_name(info))
    if info.compress_type not in METHODS:
        raise Refusal("zip_method_unknown", entry=_entry_name(info))
    if _grows(info.file_size, info.compress_size):
        raise Refusal(
            "zip_bomb", entry=_entry_name(info), unpacked_bytes=info.file_size, packed_bytes=info.compress_size
        )


def _grows(unpacked: int, packed: int) -> bool:
    return unpacked > RATIO_FROM_BYTES and unpacked > MAXIMUM_RATIO * packed


def _is_junk(info: zipfile.ZipInfo) -> bool:
    return reading.is_junk(info.filename)


def _entry_name(info: zipfile.ZipInfo) -> str:
    return info.orig_filename.encode("utf-8", "replace").decode("utf-8").replace("\0", "␀")[:200]
