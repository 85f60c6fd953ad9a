"""Starts real processes in tests and waits for their end."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def await_that(condition: Callable[[], bool], *, seconds: float, every_seconds: float = 0.05) -> None:
    """Return as soon as the condition holds; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain"
        time.sleep(every_seconds)


@contextlib.contextmanager
def running(*arguments: str, environment: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run `python ARGUMENTS`; kill it at the end, whatever has become of it."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        process.wait()


def worker_command(*, app: str = "config") -> list[str]:
    """Return how `make run` starts the worker."""
    from config import run

    words = list(run.PARTS["worker"][1:])
    words[words.index("config")] = app
    return words
