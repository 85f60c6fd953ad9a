"""Load test of the running system over HTTP: web server, worker and beat as `make run` starts them.

Enrolment goes through the worker's queue; paired doors check in while two more doors request previews.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
CLIENTS = (1, 4, 16)
SECONDS_EACH = 12.0
GREEN_WITHIN_SECONDS = 120.0
LOOKS_PER_SECOND = 5.0
"""Previews that a door requests while a person moves in front of it."""


@dataclass(slots=True)
class Door:
    """One paired door with a connection of its own."""

    port: int
    token: str
    csrf: str = ""
    connection: http.client.HTTPConnection | None = field(default=None, repr=False)

    def open(self) -> None:
        """Request the page, as a browser does, for the CSRF cookie."""
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        self.connection.request("GET", "/kiosk/", headers={"Cookie": f"muster_door={self.token}"})
        answer = self.connection.getresponse()
        answer.read()
        found = re.search(r"csrftoken=([^;]+)", " ".join(answer.headers.get_all("Set-Cookie") or []))
        self.csrf = found[1] if found else ""

    def post(self, path: str, body: bytes, content_type: str) -> tuple[int, bytes]:
        """Post a body; return the status and the body of the answer."""
        if self.connection is None:
            self.open()
        headers = {
            "Cookie": f"muster_door={self.token}; csrftoken={self.csrf}",
            "X-CSRFToken": self.csrf,
            "Content-Type": content_type,
        }
        assert self.connection is not None
        self.connection.request("POST", path, body=body, headers=headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def check_in(self, frame: bytes) -> dict[str, Any]:
        """Send one frame; return the answer, or raise RuntimeError for another status than 200."""
        edge = "----bench"
        head = f'--{edge}\r\nContent-Disposition: form-data; name="frame"; filename="f.jpg"\r\nContent-Type: image/jpeg'
        body = f"{head}\r\n\r\n".encode() + frame + f"\r\n--{edge}--\r\n".encode()
        status, content = self.post("/kiosk/check-in", body, f"multipart/form-data; boundary={edge}")
        if status != 200:
            raise RuntimeError(f"status {status}: {content[:200]!r}")
        answer: dict[str, Any] = json.loads(content)
        return answer


@contextmanager
def running(var: Path, *, port: int) -> Iterator[tuple[int, float]]:
    """Start the system over an empty state folder; yield the supervisor's process id and the seconds until ready."""
    environment = {**os.environ, "MUSTER_VAR": str(var), "MUSTER_PORT": str(port), "MUSTER_BIND": "127.0.0.1"}
    with (var / "run.log").open("w") as log:
        begun = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "config.run"], cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            yield process.pid, _green_after(port, begun=begun, process=process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _green_after(port: int, *, begun: float, process: subprocess.Popen[bytes]) -> float:
    while time.monotonic() - begun < GREEN_WITHIN_SECONDS and process.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return time.monotonic() - begun
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError("the system did not become ready")


def check_ins(
    doors: Sequence[Door],
    *,
    lookers: Sequence[Door],
    frames: Sequence[bytes],
    small: bytes,
    seconds: float = SECONDS_EACH,
) -> dict[str, Any]:
    """Check in from every door as fast as it is answered, with previews beside; return rate, times and answers."""
    until = time.monotonic() + seconds
    spent: list[float] = []
    answers: dict[str, int] = {}
    failures: list[str] = []
    lock = threading.Lock()

    def visit(door: Door, number: int) -> None:
        turn = number
        while time.monotonic() < until:
            begun = time.perf_counter()
            try:
                answer = str(door.check_in(frames[turn % len(frames)]).get("answer"))
            except (OSError, RuntimeError, http.client.HTTPException, ValueError) as error:
                with lock:
                    failures.append(repr(error)[:200])
                door.open()
                continue
            with lock:
                spent.append(time.perf_counter() - begun)
                answers[answer] = answers.get(answer, 0) + 1
            turn += 1

    def watch(door: Door) -> None:
        while time.monotonic() < until:
            begun = time.monotonic()
            door.post("/kiosk/look", small, "image/jpeg")
            time.sleep(max(0.0, 1 / LOOKS_PER_SECOND - (time.monotonic() - begun)))

    threads = [threading.Thread(target=visit, args=(door, number)) for number, door in enumerate(doors)]
    threads += [threading.Thread(target=watch, args=(door,)) for door in lookers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {
        "clients": len(doors),
        "per_second": round(len(spent) / seconds, 1),
        "median_ms": round(1000 * float(np.median(spent)), 1),
        "p95_ms": round(1000 * float(np.percentile(spent, 95)), 1),
        "answers": answers,
        "failed": len(failures),
        "failures": failures[:3],
    }


def memory(supervisor: int) -> dict[str, list[dict[str, float]]]:
    """Return resident and private megabytes of every process below the supervisor, by part."""
    found: dict[str, list[dict[str, float]]] = {}
    for process in _descendants(supervisor):
        words = Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        part = next((name for name in ("gunicorn", " worker", " beat") if name in words), None)
        if part:
            rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
            sizes = {line.split(":")[0]: float(line.split()[1]) / 1024 for line in rollup.splitlines() if "kB" in line}
            private = sizes["Private_Clean"] + sizes["Private_Dirty"]
            entry = {"resident_mb": round(sizes["Rss"], 1), "private_mb": round(private, 1)}
            found.setdefault(part.strip().replace("gunicorn", "web"), []).append(entry)
    return found


def _descendants(process: int) -> list[int]:
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [one for child in children for one in (int(child), *_descendants(int(child)))]
