"""Copies of the database that are consistent while others write, and their return into an empty one.

SQLite is copied by its online backup in one step: a reader of the write-ahead log, for which no writer waits.
PostgreSQL is copied by `pg_dump` on an exported snapshot, on which the rows are counted too.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from attendance.core.errors import Fault, Refusal

SQLITE, POSTGRESQL = "sqlite", "postgresql"
NAMES = {SQLITE: "database.sqlite3", POSTGRESQL: "database.dump"}
"""Name of the copy by kind of database."""
_PATIENCE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Contents:
    """What a copy holds: rows by table, and the migrations that were applied, as app.name."""

    counts: dict[str, int]
    migrations: tuple[str, ...]


def copy(folder: Path) -> tuple[Path, Contents]:
    """Copy the database into the folder; return the file and what it holds."""
    file = folder / NAMES[connection.vendor]
    file.touch(mode=0o600)
    contents = _copy_sqlite(file) if connection.vendor == SQLITE else _dump_postgresql(file)
    return file, contents


def assure_copyable() -> None:
    """Refuse where the program that copies this database is not on the PATH."""
    if connection.vendor == POSTGRESQL:
        _program("pg_dump")


def is_empty() -> bool:
    """Whether the database has no table yet."""
    with connection.cursor() as cursor:
        return not connection.introspection.table_names(cursor)


def load(file: Path) -> Contents:
    """Put a copy in the place of the empty database; return what is there now."""
    if connection.vendor == SQLITE:
        _place_sqlite(file)
    else:
        _load_postgresql(file)
    with connection.cursor() as cursor:
        return _contents(cursor, tables=connection.introspection.table_names(cursor))


def _copy_sqlite(file: Path) -> Contents:
    live = sqlite3.connect(str(connection.settings_dict["NAME"]), timeout=_PATIENCE_SECONDS)
    with contextlib.closing(live), contextlib.closing(sqlite3.connect(file)) as made:
        live.backup(made)
        made.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
        if made.execute("PRAGMA quick_check").fetchone()[0] != "ok":
            raise Fault("database_damaged")
        tables = made.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_'")
        return _contents(made.cursor(), tables=[str(name) for (name,) in tables.fetchall()])


def _place_sqlite(file: Path) -> None:
    connections.close_all()
    place = Path(str(connection.settings_dict["NAME"]))
    aside = place.with_name(f".{place.name}.restored")
    aside.touch(mode=0o600)
    shutil.copyfile(file, aside)
    for leftover in (f"{place.name}-wal", f"{place.name}-shm"):
        place.with_name(leftover).unlink(missing_ok=True)
    aside.replace(place)


def _dump_postgresql(file: Path) -> Contents:
    program = _program("pg_dump")
    own: BaseDatabaseWrapper = connections.create_connection("default")
    with contextlib.closing(own), own.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        _run(program, "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={file}")
        found = _contents(cursor, tables=own.introspection.table_names(cursor))
        cursor.execute("ROLLBACK")
    return found


def _load_postgresql(file: Path) -> None:
    name = str(connection.settings_dict["NAME"])
    connections.close_all()
    _run(
        _program("pg_restore"),
        *("--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", f"--dbname={name}", str(file)),
    )


def _contents(cursor: Any, *, tables: list[str]) -> Contents:
    """Count the rows of each table and read the applied migrations."""
    counts = {}
    for name in sorted(tables):
        cursor.execute(f'SELECT count(*) FROM "{name}"')  # noqa: S608  (a table's own name)
        counts[name] = int(cursor.fetchone()[0])
    cursor.execute("SELECT app, name FROM django_migrations")
    return Contents(counts, tuple(sorted(f"{app}.{name}" for app, name in cursor.fetchall())))


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Refusal("database_program_missing", program=name)
    return found


def _run(*command: str) -> None:
    """Run a program of PostgreSQL on this database; the password goes by the environment, which others cannot read."""
    own = connection.settings_dict
    given = {"PGHOST": own["HOST"], "PGPORT": own["PORT"], "PGUSER": own["USER"], "PGPASSWORD": own["PASSWORD"]}
    given |= {"PGDATABASE": own["NAME"], "PGSSLMODE": own.get("OPTIONS", {}).get("sslmode", "")}
    environment = {**os.environ, **{name: str(value) for name, value in given.items() if value}}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603  (ours)
    if done.returncode:
        words = done.stderr.strip().splitlines()
        raise Fault("database_program_failed", program=Path(command[0]).name, said=words[-1] if words else "")
