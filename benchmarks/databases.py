"""Databases that a benchmark starts for itself: SQLite files, or a PostgreSQL of its own, filled once and copied.

PostgreSQL is the one that is installed (Debian's, `/usr/lib/postgresql/*/bin`); as root it runs as the user postgres.
"""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

DATABASES = ("sqlite", "postgresql")


class Store(Protocol):
    """Keeps databases by name."""

    def environment(self, name: str) -> dict[str, str]:
        """Return the variables by which a process of Muster works on that database."""

    def has(self, name: str) -> bool:
        """Whether there is one of that name."""

    def create(self, name: str) -> None:
        """Make an empty one."""

    def copy(self, name: str, *, to: str) -> None:
        """Copy one; whatever had the other name is gone."""

    def drop(self, name: str) -> None:
        """Remove one; there need not be any."""


class SQLite:
    """Each database is a state folder with one file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def environment(self, name: str) -> dict[str, str]:
        """Return the variables by which a process of Muster works on that database."""
        return {"MUSTER_VAR": str(self._folder / name)}

    def has(self, name: str) -> bool:
        """Whether there is one of that name."""
        return (self._folder / name).is_dir()

    def create(self, name: str) -> None:
        """Make an empty one."""
        self.drop(name)
        (self._folder / name).mkdir(parents=True)

    def copy(self, name: str, *, to: str) -> None:
        """Copy one; whatever had the other name is gone."""
        self.drop(to)
        shutil.copytree(self._folder / name, self._folder / to)

    def drop(self, name: str) -> None:
        """Remove one; there need not be any."""
        shutil.rmtree(self._folder / name, ignore_errors=True)


class PostgreSQL:
    """Databases of a running instance."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder, self._port = folder, port

    def environment(self, name: str) -> dict[str, str]:
        """Return the variables by which a process of Muster works on that database."""
        return {
            "MUSTER_VAR": str(self._folder / f"state-{name}"),
            "DATABASE_URL": f"postgres://muster@127.0.0.1:{self._port}/{name}",
        }

    def has(self, name: str) -> bool:
        """Whether there is one of that name."""
        return bool(self._ask(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"))

    def create(self, name: str) -> None:
        """Make an empty one."""
        self.drop(name)
        self._ask(f'CREATE DATABASE "{name}"')

    def copy(self, name: str, *, to: str) -> None:
        """Copy one; whatever had the other name is gone."""
        self.drop(to)
        self._ask(f'CREATE DATABASE "{to}" TEMPLATE "{name}"')

    def drop(self, name: str) -> None:
        """Remove one; there need not be any."""
        self._ask(f'DROP DATABASE IF EXISTS "{name}" (FORCE)')

    def _ask(self, statement: str) -> str:
        address = f"postgres://muster@127.0.0.1:{self._port}/postgres"
        return _run(["psql", "-XAt", "-v", "ON_ERROR_STOP=1", "-d", address, "-c", statement]).strip()


def is_installed(database: str) -> bool:
    """Whether a database can be started here."""
    return database == "sqlite" or _program("initdb") is not None


def copy_rows(origin: Path) -> None:
    """Copy every row of a SQLite file into the PostgreSQL of this process, which has the same tables."""
    from django.apps import apps
    from django.core.management.color import no_style
    from django.db import connection

    connection.ensure_connection()
    there, here = sqlite3.connect(origin), connection.connection
    kept = {"django_migrations", "sqlite_sequence"}
    found = there.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    tables = [name for (name,) in found if name not in kept]
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # rows come in no order that keys would allow
        cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
        for table in tables:
            rows = there.execute(f'SELECT * FROM "{table}"')
            columns = ", ".join(f'"{column[0]}"' for column in rows.description)
            with here.cursor().copy(f'COPY "{table}" ({columns}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row)
        cursor.execute("SET session_replication_role = DEFAULT")
        for statement in connection.ops.sequence_reset_sql(no_style(), apps.get_models(include_auto_created=True)):
            cursor.execute(statement)
        cursor.execute("ANALYZE")


@contextmanager
def opened(database: str, folder: Path) -> Iterator[Store]:
    """Start a database that keeps its files in the folder; stop it at the end."""
    own = folder / database
    if database == "sqlite":
        yield SQLite(own)
        return
    port = _free_port()
    data = own / "data"
    if not (data / "PG_VERSION").exists():
        own.mkdir(parents=True, exist_ok=True)
        _reachable(data)
        _run([*_as_postgres(), _program("initdb"), "-D", data, "-A", "trust", "-U", "muster", "-E", "UTF8"])
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={data}"
    control = [*_as_postgres(), _program("pg_ctl"), "-D", data]
    _run([*control, "-w", "-l", data / "log", "-o", options, "start"])
    try:
        yield PostgreSQL(own, port)
    finally:
        _run([*control, "-m", "fast", "stop"])


def _reachable(data: Path) -> None:
    """Make the folder of the data, which belongs to the user postgres where we are root."""
    data.mkdir(mode=0o700)
    if not os.geteuid():
        shutil.chown(data, "postgres")
        data.parent.chmod(0o711)
        data.parent.parent.chmod(0o711)


def _as_postgres() -> list[str]:
    return [] if os.geteuid() else ["runuser", "-u", "postgres", "--"]


def _program(name: str) -> Path | None:
    """Return a program of the newest PostgreSQL here."""
    found = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    newest = max(found, key=lambda path: float(path.parts[4]), default=None)
    on_path = shutil.which(name)
    return newest or (Path(on_path) if on_path else None)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


def _run(command: list[str | Path | None]) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        check=True,
        env=os.environ | {"PGOPTIONS": "-c client_min_messages=warning"},
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        cwd="/",
    )
    return done.stdout
