"""System checks of the set-up, run before the first request.

Each has an id and a hint that says what to do. Those that open a file or ask the machine run with every command;
those that ask the database run where Django is told to (`check --database default`, `migrate`).
"""

from __future__ import annotations

import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from attendance.core.errors import Fault

NETWORK_FILE_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "glusterfs", "ceph"})
"""Where rename and locks are not dependable; both the folder queue and SQLite live by them."""
_NEEDED_CPU_FLAGS = frozenset({"avx2"})
"""What the CPU builds of torch and FAISS expect on x86; without it they are slow or end with an illegal instruction."""


@register(Tags.security)
def check_secret_key(**_options: Any) -> list[CheckMessage]:
    """Nobody but its owner may read the key that signs every session."""
    path = Path(settings.VAR_DIR) / "secret_key"
    if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
        return [
            Error(
                "The file with the secret key can be read by others.",
                hint=f"chmod 600 {path}; if others may have read it, delete it: everybody signs in anew.",
                id="muster.E001",
            )
        ]
    return []


@register(Tags.database)
def check_sqlite(*, databases: Sequence[str] | None = None, **_options: Any) -> list[CheckMessage]:
    """SQLite keeps every write only in the modes that were measured."""
    found: list[CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        if connection.vendor != "sqlite":
            continue
        with connection.cursor() as cursor:
            journal = str(cursor.execute("PRAGMA journal_mode").fetchone()[0])
            synchronous = int(cursor.execute("PRAGMA synchronous").fetchone()[0])
        mode = connection.settings_dict.get("OPTIONS", {}).get("transaction_mode")
        in_memory = journal == "memory"  # a test's database, gone with its process
        if not in_memory and (journal != "wal" or synchronous < 2 or mode != "IMMEDIATE"):
            found.append(
                Error(
                    f"SQLite runs with journal {journal}, synchronous {synchronous}, transactions {mode}.",
                    hint="Leave DATABASES as config/settings.py makes it: WAL, FULL and IMMEDIATE lose no check-in.",
                    id="muster.E002",
                )
            )
    return found


@register()
def check_state_folder(**_options: Any) -> list[CheckMessage]:
    """The state folder lies on a disk of this machine, as long as queue or database live in it."""
    needs_local_disk = not settings.REDIS_URL or settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    kind = file_system_of(Path(settings.VAR_DIR))
    if needs_local_disk and kind in NETWORK_FILE_SYSTEMS:
        return [
            Error(
                f"The state folder lies on {kind}: messages and commits may be lost there.",
                hint="Set MUSTER_VAR to a folder on a local disk, or use REDIS_URL and DATABASE_URL.",
                id="muster.E003",
            )
        ]
    return []


def file_system_of(folder: Path, *, mounts: Path = Path("/proc/mounts")) -> str | None:
    """Return the type of the file system that holds the folder; None where the machine does not tell."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    kinds = {}
    for line in lines:
        _device, point, kind, *_rest = line.split(" ")
        kinds[Path(point.replace("\\040", " "))] = kind
    holders = [point for point in kinds if point == folder or point in folder.parents]
    return kinds[max(holders, key=lambda point: len(point.parts))] if holders else None


@register()
def check_processor(**_options: Any) -> list[CheckMessage]:
    """The processor has what the numerical libraries expect."""
    missing = missing_cpu_flags()
    if missing:
        return [
            checks.Warning(
                f"This processor (or virtual machine) lacks {', '.join(sorted(missing))}.",
                hint="torch or FAISS may stop with 'illegal instruction'. Choose a CPU type that passes it through.",
                id="muster.W004",
            )
        ]
    return []


def missing_cpu_flags(*, facts: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """Return the needed features an x86 processor does not report; empty on others and where it is not told."""
    try:
        lines = facts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return frozenset()
    for line in lines:
        name, _, value = line.partition(":")
        if name.strip() == "flags":
            return _NEEDED_CPU_FLAGS - set(value.split())
    return frozenset()


@register("models")
def check_models(**_options: Any) -> list[CheckMessage]:
    """The model files are there and are the ones that were pinned."""
    from attendance.recognition import engine  # noqa: PLC0415  (rows may be imported only once all apps are loaded)

    try:
        engine.verify_files()
    except Fault as fault:
        return [
            Error(
                f"The face models cannot be used: {fault}.",
                hint="Run make install; with MUSTER_MODELS_DIR set, look at the two files there.",
                id="muster.E005",
            )
        ]
    return []
