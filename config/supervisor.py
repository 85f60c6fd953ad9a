"""Runs several processes as one: they start and stop together, and a part that keeps dying is left down.

Each part lives in a session of its own, so that Ctrl-C reaches only the supervisor, which then asks every part to
stop, waits ten seconds and kills what is left with all its children. A part that dies is started again with a
growing pause. One that dies five times in a minute is left down for ten minutes at a time while the others go on;
if it is an essential one, everything ends with its exit code. Should the supervisor itself be killed, the kernel
(Linux) tells every part to stop.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

GRACE_SECONDS = 10.0
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
MOST_DEATHS = 5
DEATHS_WITHIN_SECONDS = 60.0
LEFT_DOWN_SECONDS = 600.0
"""After this a part that kept dying is tried once more: the disk may have room again."""
_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)
Task = Callable[[], bool]
"""Something to try between two looks at the parts, until it answers True; must be quick."""
_C_LIBRARY = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(eq=False)
class Part:
    """One process that is kept alive; `process` is None while it waits for its next start at `start_at`."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    start_at: float = 0.0
    pause_seconds: float = 0.0
    started_at: float = 0.0
    deaths: list[float] = field(default_factory=list)
    left_down: bool = False
    """It kept dying; until it has lived for a minute again."""
    unfinished_line: bytes = b""


class Supervisor:
    """Starts the parts, relays their lines, starts again what dies, and leaves nothing behind."""

    def __init__(
        self,
        parts: Mapping[str, Sequence[str]],
        *,
        essential: Collection[str] = (),
        report: Callable[[list[str]], None] = lambda _left_down: None,
        grace_seconds: float = GRACE_SECONDS,
        first_pause_seconds: float = FIRST_PAUSE_SECONDS,
    ) -> None:
        """`essential`: without these nothing is of use; `report`: is given the parts left down when they change."""
        self.parts = [Part(name, command) for name, command in parts.items()]
        self._essential = frozenset(essential)
        self._report = report
        self._grace_seconds = grace_seconds
        self._first_pause_seconds = first_pause_seconds
        self._width = max(len(part.name) for part in self.parts)
        self._selector = selectors.DefaultSelector()
        self._signals = 0
        self._exit_code: int | None = None

    def run(self, *, meanwhile: Iterable[Task] = ()) -> int:
        """Keep the parts alive until a signal, or too many deaths of an essential one; returns the exit code."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note_signal)
        waiting = list(meanwhile)
        try:
            while self._exit_code is None:
                self._start_what_is_due()
                self._relay(0.2)
                self._bury_the_dead()
                self._welcome_back()
                waiting = [task for task in waiting if not task()]
        finally:
            self._stop()
        return self._exit_code or 0

    def say(self, text: str) -> None:
        """Print a line of the supervisor's own."""
        self._print("muster", text.encode())

    def _note_signal(self, number: int, _frame: FrameType | None) -> None:
        self._signals += 1
        if self._exit_code is None:
            self._exit_code = 0 if number in (signal.SIGINT, signal.SIGTERM) else 128 + number

    def _start_what_is_due(self) -> None:
        now = time.monotonic()
        for part in self.parts:
            if part.process is None and part.start_at <= now and self._exit_code is None:
                part.process = subprocess.Popen(
                    part.command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    preexec_fn=_stop_with_parent(os.getpid()),  # noqa: PLW1509  (no thread runs in the supervisor)
                )
                part.started_at = now
                assert part.process.stdout is not None  # noqa: S101  (asked for above)
                os.set_blocking(part.process.stdout.fileno(), False)
                self._selector.register(part.process.stdout, selectors.EVENT_READ, part)

    def _relay(self, timeout_seconds: float) -> None:
        """Print what the parts have said, a line at a time, each under its part's name."""
        if not self._selector.get_map():
            time.sleep(timeout_seconds)
        for key, _events in self._selector.select(timeout_seconds):
            chunk = os.read(key.fd, 65536)
            part: Part = key.data
            *lines, part.unfinished_line = (part.unfinished_line + chunk).split(b"\n")
            if not chunk and part.unfinished_line:
                lines, part.unfinished_line = [part.unfinished_line], b""
            for line in lines:
                self._print(part.name, line)
            if not chunk:
                self._selector.unregister(key.fileobj)

    def _print(self, name: str, line: bytes) -> None:
        with contextlib.suppress(OSError):  # whoever read along has gone; the parts run on
            sys.stdout.buffer.write(f"{name:<{max(self._width, 6)}} | ".encode() + line + b"\n")
            sys.stdout.buffer.flush()

    def _bury_the_dead(self) -> None:
        now = time.monotonic()
        for part in self.parts:
            if part.process is None or (code := part.process.poll()) is None:
                continue
            self._sweep(part)
            lived_long = now - part.started_at > DEATHS_WITHIN_SECONDS
            part.pause_seconds = self._first_pause_seconds if lived_long else self._next_pause_seconds(part)
            part.deaths = [at for at in part.deaths if now - at < DEATHS_WITHIN_SECONDS] + [now]
            if len(part.deaths) >= MOST_DEATHS or part.left_down:
                self._give_up(part, code=code)
                continue
            self.say(f"{part.name} ended with {code}, starting again in {part.pause_seconds:.0f} s")
            part.start_at = now + part.pause_seconds

    def _give_up(self, part: Part, *, code: int) -> None:
        """Leave a part down that keeps dying; end everything where nothing is of use without it."""
        if part.name in self._essential:
            self.say(f"{part.name} died {MOST_DEATHS} times in a minute, stopping everything")
            self._exit_code = 128 - code if code < 0 else code or 1
            return
        part.left_down = True
        part.start_at = time.monotonic() + LEFT_DOWN_SECONDS
        minutes = LEFT_DOWN_SECONDS / 60
        self.say(
            f"{part.name} ended with {code} and keeps dying: left down for {minutes:.0f} minutes, the others go on"
        )
        self._report([each.name for each in self.parts if each.left_down])

    def _welcome_back(self) -> None:
        """Forget that a part was left down once it has lived for a minute."""
        for part in self.parts:
            lives = part.process is not None and time.monotonic() - part.started_at > DEATHS_WITHIN_SECONDS
            if part.left_down and lives:
                part.left_down = False
                self.say(f"{part.name} is well again")
                self._report([each.name for each in self.parts if each.left_down])

    def _next_pause_seconds(self, part: Part) -> float:
        return min(max(part.pause_seconds * 2, self._first_pause_seconds), LONGEST_PAUSE_SECONDS)

    def _sweep(self, part: Part) -> None:
        """Kill what a part left in its session, print its last words and forget its process."""
        if part.process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(part.process.pid, signal.SIGKILL)
        part.process.wait()
        self._relay(0)
        if part.process.stdout is not None:
            if part.process.stdout in {key.fileobj for key in self._selector.get_map().values()}:
                self._selector.unregister(part.process.stdout)
            part.process.stdout.close()
        part.process = None

    def _stop(self) -> None:
        """Ask every part to stop, wait, kill the rest; a second signal kills at once."""
        alive = [part for part in self.parts if part.process is not None]
        for part in alive:
            assert part.process is not None  # noqa: S101  (chosen above)
            part.process.terminate()
        deadline = time.monotonic() + self._grace_seconds
        before = self._signals
        while time.monotonic() < deadline and self._signals == before:
            if all(part.process is None or part.process.poll() is not None for part in alive):
                break
            self._relay(0.1)
        for part in alive:
            self._sweep(part)


def _stop_with_parent(parent: int) -> Callable[[], None]:
    """Return what a child does before it becomes the part: ask the kernel for TERM when its parent dies."""

    def ask() -> None:
        if _C_LIBRARY is not None:
            _C_LIBRARY.prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)
            if os.getppid() != parent:  # it died before the request was heard
                os._exit(1)

    return ask
