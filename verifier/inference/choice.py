"""Choice of the fastest way to run a network, by measuring on this machine.

The first start measures every candidate and notes the winner in a file, by CPU and version; later starts open that one
alone. The time shown is always this process's own.
"""

from __future__ import annotations

import json
import logging
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from verifier import errors, files

logger = logging.getLogger(__name__)

T = TypeVar("T")

ROUNDS = 5
"""Runs of each candidate after a first one; the shortest counts, since other work only ever adds time. It is processor
time: a first start beside other work would else note whichever was interrupted less, and later starts would keep it."""


@dataclass(frozen=True, slots=True, eq=False)
class Chosen(Generic[T]):
    """What was opened, and its shortest processor time for one run in this process."""

    opened: T
    milliseconds: float


def fastest(
    candidates: Mapping[str, Callable[[], T]], *, trial: Callable[[T], object], name: str, notes: Path | None
) -> Chosen[T]:
    """Open the candidate noted for this machine, or each of them and keep the fastest.

    `candidates`: what is noted -> how it is opened. `name`: of the choice in the file of notes. One that cannot be
    opened is left out.

    Raises:
        ModelWrong: none can be opened.
    """
    key = f"{name} | {processor()} | {', '.join(sorted(candidates))}"
    noted = _noted(notes).get(key, "")
    measured = _measured({noted: candidates[noted]}, trial=trial, name=name) if noted in candidates else {}
    measured = measured or _measured(candidates, trial=trial, name=name)
    if not measured:
        raise errors.ModelWrong(file=name, expected="a network that runs", found=", ".join(candidates))
    winner = min(measured, key=lambda label: measured[label].milliseconds)
    if len(measured) > 1:
        _note(notes, key=key, winner=winner)
    return measured[winner]


def _measured(
    candidates: Mapping[str, Callable[[], T]], *, trial: Callable[[T], object], name: str
) -> dict[str, Chosen[T]]:
    """Open and time each candidate; leave out what cannot be opened."""
    measured = {}
    for label, opens in candidates.items():
        try:
            opened = opens()
            measured[label] = Chosen(opened, milliseconds=_shortest_milliseconds(partial(trial, opened)))
        except errors.ModelWrong as wrong:
            logger.warning("%s does not run by %s: %s", name, label, wrong.facts)
    return measured


def processor() -> str:
    """Return the name of this CPU."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _shortest_milliseconds(run: Callable[[], object]) -> float:
    times = []
    run()
    for _ in range(ROUNDS):
        started = time.process_time()
        run()
        times.append(time.process_time() - started)
    return min(times) * 1000


def _noted(notes: Path | None) -> dict[str, str]:
    try:
        found = json.loads(notes.read_text(encoding="utf-8")) if notes is not None else {}
    except (OSError, ValueError):
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _note(notes: Path | None, *, key: str, winner: str) -> None:
    if notes is None:
        return
    try:
        files.write_atomically(notes, json.dumps(_noted(notes) | {key: winner}, indent=2).encode())
    except OSError:
        logger.info("the choice %s cannot be noted in %s", winner, notes)
