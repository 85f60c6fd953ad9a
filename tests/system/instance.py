"""A Muster instance with real processes, on the database and broker that the run is for."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests import workers
from tests.system.processes import ROOT, running, worker_command

PORTRAITS = """
import io, json
from PIL import Image, ImageEnhance
from skimage import data
from attendance.core import clock, queue
from attendance.enrolment import photos
from attendance.people import roster
from attendance.recognition.models import ReferenceEmbedding

def portrait(number):
    image = ImageEnhance.Brightness(Image.fromarray(data.astronaut())).enhance(0.9 + number / 100)
    written = io.BytesIO()
    image.save(written, "JPEG", quality=90)
    return written.getvalue()

def enrol(number):
    person = roster.add(employee_number=f"N{number}", name=f"Person {number}", actor=None)
    return photos.submit(person, portrait(number), original_name="photo.jpg", actor=None).pk
"""
"""Words that the scripts of tests may use: one real face under many lights, each enrolled as a person of its own."""


@dataclass(frozen=True)
class Instance:
    """A state folder, a database and a broker that nobody else uses."""

    var: Path
    environment: Mapping[str, str]

    def run(self, *arguments: str, **environment: str) -> str:
        """Run `python ARGUMENTS` to its end; returns what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**os.environ, **self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def script(self, code: str, **environment: str) -> Any:
        """Run code with Django set up; returns the JSON of its last line."""
        start = "import django; django.setup()\n"
        output = self.run("-c", start + PORTRAITS + code, **environment)
        return json.loads(output.splitlines()[-1]) if output.strip() else None

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the database itself."""
        if url := self.environment.get("DATABASE_URL"):
            import psycopg

            with psycopg.connect(url) as server:
                return list(server.execute(sql.encode()).fetchall())
        with contextlib.closing(sqlite3.connect(self.var / "muster.sqlite3", timeout=10)) as file:
            return list(file.execute(sql).fetchall())

    def embeddings(self) -> dict[str, int]:
        """How many photos are pending, ready and refused."""
        counted = self.query("SELECT status, count(*) FROM attendance_referenceembedding GROUP BY status")
        return {str(status): int(number) for status, number in counted}

    @contextlib.contextmanager
    def worker(self, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
        """A worker as `make run` starts it."""
        settings = {**self.environment, **environment}
        with running(*worker_command(), environment=settings, log=self.var / "worker.log") as process:
            yield process

    @contextlib.contextmanager
    def beat(self) -> Iterator[None]:
        """The clock that sends again what was lost."""
        from config import run

        with running(*run.PARTS["beat"][1:], environment=self.environment, log=self.var / "beat.log"):
            yield

    def log(self) -> str:
        """What the worker said."""
        return (self.var / "worker.log").read_text()


@contextlib.contextmanager
def fresh(var: Path, *, models: Path, like: Instance | None = None, is_migrated: bool = True) -> Iterator[Instance]:
    """Make one: SQLite and the folder, or a database of its own on the server that DATABASE_URL names.

    `like`: one at rest that it is a copy of; without one the migrations run, which takes seconds. `is_migrated`: False
    leaves it without any table.
    """
    # the settings of a deployment: those of the tests, which this process hands down, keep their state elsewhere
    environment = {
        "MUSTER_VAR": str(var),
        "MUSTER_MODELS_DIR": str(models),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    with contextlib.ExitStack() as stack:
        if url := os.environ.get("DATABASE_URL"):
            environment["DATABASE_URL"] = stack.enter_context(_database(url, like=like))
        if url := os.environ.get("REDIS_URL"):
            environment["REDIS_URL"] = _empty_redis(url)
        instance = Instance(var, environment)
        if not is_migrated:
            var.mkdir()
        elif like is None:
            instance.run("manage.py", "migrate", "--verbosity", "0")
        else:
            shutil.copytree(like.var, var)
        yield instance


@contextlib.contextmanager
def _database(url: str, *, like: Instance | None) -> Iterator[str]:
    import psycopg

    name = f"muster_system_{secrets.token_hex(4)}"
    template = f' TEMPLATE "{urlsplit(like.environment["DATABASE_URL"]).path[1:]}"' if like else ""
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"{template}'.encode())
        try:
            yield urlsplit(url)._replace(path=f"/{name}").geturl()
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def _empty_redis(url: str) -> str:
    """Use one of the server's last databases, emptied: the others may belong to somebody."""
    import redis

    own = workers.redis_url(url, number=workers.empty_redis_database())
    with contextlib.closing(redis.Redis.from_url(own)) as server:
        server.flushdb()
    return own
