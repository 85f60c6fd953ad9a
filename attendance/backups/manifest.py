"""The manifest of a backup: what was copied, from which version and state of the tables, with checksums.

It is written last, so a folder without one is no backup. It carries a digest of itself.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import msgspec

from attendance.core.errors import Refusal

NAME = "manifest.json"
FORMAT = 1
_CHUNK_BYTES = 1 << 20


class File(msgspec.Struct, frozen=True):
    """A copied file."""

    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds.

    `migrations`: every one that was applied, as app.name. `counts`: table -> rows. `files`: path within the backup.
    `key_fingerprint`: of the key that encrypts the copied data; None: it lies there in plain. The key itself is in no
    backup.
    """

    format: int = FORMAT
    made_at: dt.datetime
    muster: str
    vendor: str
    migrations: tuple[str, ...]
    counts: dict[str, int]
    files: dict[str, File]
    key_fingerprint: str | None = None
    digest: str = ""

    @property
    def size_bytes(self) -> int:
        """Size of all copied files."""
        return sum(file.size for file in self.files.values())


def write(manifest: Manifest, *, folder: Path) -> None:
    """Write it into the backup's folder, with its digest."""
    complete = msgspec.structs.replace(manifest, digest=_digest(manifest))
    path = folder / NAME
    path.touch(mode=0o600)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(complete), indent=1))


def read(folder: Path) -> Manifest:
    """Read it without looking at the files; refuses a folder that holds none, and one that was changed."""
    try:
        written = (folder / NAME).read_bytes()
    except OSError as error:
        raise Refusal("backup_not_found", folder=str(folder)) from error
    try:
        manifest = msgspec.json.decode(written, type=Manifest)
    except msgspec.MsgspecError as error:
        raise Refusal("backup_file_damaged", file=NAME) from error
    if manifest.digest != _digest(manifest) or any(_leads_out(name) for name in manifest.files):
        raise Refusal("backup_file_damaged", file=NAME)
    return manifest


def check(folder: Path) -> Manifest:
    """Read it and compute the checksum of every file; refuses the first one that is missing or damaged, by its name."""
    manifest = read(folder)
    for name, expected in manifest.files.items():
        try:
            found = described(folder / name)
        except FileNotFoundError as error:
            raise Refusal("backup_file_missing", file=name) from error
        except OSError as error:
            raise Refusal("backup_file_damaged", file=name) from error
        if found != expected:
            raise Refusal("backup_file_damaged", file=name)
    return manifest


def described(path: Path, *, copy_to: Path | None = None) -> File:
    """Read a file once, and return its size and checksum; write what was read to another place on the way."""
    digest, size = hashlib.sha256(), 0
    target = None
    if copy_to is not None:
        copy_to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        copy_to.touch(mode=0o600)
        target = copy_to.open("wb")
    try:
        with path.open("rb") as source:
            while chunk := source.read(_CHUNK_BYTES):
                digest.update(chunk)
                size += len(chunk)
                if target is not None:
                    target.write(chunk)
    finally:
        if target is not None:
            target.close()
    return File(size, digest.hexdigest())


def _digest(manifest: Manifest) -> str:
    plain = msgspec.structs.replace(manifest, digest="")
    return hashlib.sha256(msgspec.json.encode(plain, order="sorted")).hexdigest()


def _leads_out(name: str) -> bool:
    return Path(name).is_absolute() or ".." in Path(name).parts
