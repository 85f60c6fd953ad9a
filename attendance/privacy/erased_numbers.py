"""The list of erased people beside the backups, from which a restore repeats the erasures done since.

It holds numbers and times only: the row's number, and when the row was made, since a restored database gives the same
number again to somebody else. The rows of erased people stay, so the list is completed from them: after each erasure,
and every hour for what a killed process or an absent disk left out.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from django.conf import settings

from attendance.core.errors import Refusal
from attendance.people.models import Person

NAME = "erased.jsonl"


class Erased(msgspec.Struct, frozen=True):
    """A line of the list."""

    person: int
    created_at: dt.datetime
    erased_at: dt.datetime

    @property
    def key(self) -> tuple[int, dt.datetime]:
        """What tells the row from any other."""
        return self.person, self.created_at


def upgrade_folder() -> Path:
    """Return where the backups made before a migration lie."""
    return Path(settings.VAR_DIR) / "upgrades"


def complete() -> int:
    """Append whoever is missing to the list of each folder with backups; return how many lines were written."""
    folders = [Path(settings.BACKUPS_DIR)] if settings.BACKUPS_DIR else []
    folders += [upgrade_folder()] if upgrade_folder().is_dir() else []
    if not folders:
        return 0
    rows = Person.objects.exclude(erased_at=None).order_by("erased_at", "pk")
    values = rows.values_list("pk", "created_at", "erased_at")
    erased = [Erased(number, made, gone) for number, made, gone in values if gone is not None]
    return sum(append(erased, folder=folder) for folder in folders)


def append(lines: Iterable[Erased], *, folder: Path) -> int:
    """Add the lines that the folder's list lacks; return how many. Where nobody was erased, an empty list says so."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(folder):
        kept = read(folder)
        known = {line.key for line in kept}
        new = [line for line in lines if line.key not in known]
        if new or not (folder / NAME).exists():
            _write(folder / NAME, [*kept, *new])
    return len(new)


def read(folder: Path) -> list[Erased]:
    """Return the lines of the folder's list, none where there is no list; refuses one with a line that is damaged."""
    try:
        written = (folder / NAME).read_bytes().splitlines()
    except FileNotFoundError:
        return []
    found = []
    for number, line in enumerate(written, start=1):
        try:
            found.append(msgspec.json.decode(line, type=Erased))
        except msgspec.MsgspecError as error:
            raise Refusal("erased_list_damaged", file=str(folder / NAME), line=number) from error
    return found


def _write(path: Path, lines: list[Erased]) -> None:
    """Write the list aside and rename it: a reader sees the old one or the new one."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.touch(mode=0o600)
    with aside.open("wb") as file:
        file.writelines(msgspec.json.encode(line) + b"\n" for line in lines)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / f".{NAME}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
