"""Starts web server, worker and beat on this machine (`make run`), once the state folder is ready.

Run as `python -m config.run`. It prints the address when `/healthz` is green, and at the first start the
administrator's one-time sign-in.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO

from config.supervisor import Supervisor, Task

ROOT = Path(__file__).resolve().parent.parent
BIND = os.environ.get("MUSTER_BIND", "127.0.0.1")
PORT = int(os.environ.get("MUSTER_PORT", "8000"))
VAR = Path(os.environ.get("MUSTER_VAR", str(ROOT / "var"))).resolve()
HEALTH_EVERY_SECONDS = 0.5
COMPLAIN_AFTER_SECONDS = 30.0
LEFT_DOWN_FILE = "left_down.json"
"""In the state folder; read by `attendance.web.operation.health`."""

PARTS = {
    "web": [sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn"],
    "worker": [
        *(sys.executable, "-m", "celery", "--quiet", "--app", "config", "worker"),
        # one process: torch in a forked child hangs, and folder messages are acknowledged at once only here
        *("--pool", "solo", "--without-gossip", "--without-mingle", "--loglevel", "WARNING"),
    ],
    "beat": [
        *(sys.executable, "-m", "celery", "--quiet", "--app", "config", "beat", "--loglevel", "WARNING"),
        # remembers nothing on disk: every entry may run at any time, and a file can be corrupted
        *("--scheduler", "celery.beat:Scheduler", "--pidfile", ""),
    ],
}


def main() -> int:
    """Prepare the state, start the parts, wait for green, stay until told to stop."""
    os.chdir(ROOT)
    VAR.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = (VAR / "run.lock").open("w")
    if problem := _hindrance(lock):
        print(problem, file=sys.stderr)
        return 1
    sign_in = subprocess.run([sys.executable, "manage.py", "set_up"], check=False, stdout=subprocess.PIPE, text=True)
    if sign_in.returncode:
        return sign_in.returncode
    write_parts_left_down([])
    supervisor = Supervisor(PARTS, essential=["web"], report=write_parts_left_down)
    return supervisor.run(meanwhile=[_announcement(supervisor, sign_in=sign_in.stdout.strip())])


def write_parts_left_down(names: list[str]) -> None:
    """Tell `/healthz` which parts keep dying and are left down; a full disk must not end the parts that live."""
    aside = VAR / f".{LEFT_DOWN_FILE}.part"
    try:
        aside.write_text(json.dumps(names), encoding="utf-8")
        aside.rename(VAR / LEFT_DOWN_FILE)
    except OSError as error:
        print(f"which parts are left down could not be written for /healthz: {error}", file=sys.stderr)


def _hindrance(lock: IO[str]) -> str | None:
    """Say why this cannot start: another one runs over the same state, or the port is taken."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return f"Muster already runs over {VAR}: stop it first, or set MUSTER_VAR to another folder."
    family = socket.AF_INET6 if ":" in BIND else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((BIND.strip("[]"), PORT))
        except OSError as error:
            return f"Port {PORT} on {BIND} cannot be used ({error.strerror}): set MUSTER_PORT or MUSTER_BIND."
    return None


def _announcement(supervisor: Supervisor, *, sign_in: str) -> Task:
    """Return the task that watches /healthz and tells the address once it is green."""
    started = time.monotonic()
    next_look = started
    next_complaint = started + COMPLAIN_AFTER_SECONDS

    def look() -> bool:
        nonlocal next_look, next_complaint
        now = time.monotonic()
        if now < next_look:
            return False
        next_look = now + HEALTH_EVERY_SECONDS
        problem = _ill_health()
        if problem is None:
            supervisor.say(f"ready after {now - started:.1f} s: http://{_shown_host()}:{PORT}/")
            for line in sign_in.splitlines():
                supervisor.say(line)
            return True
        if now > next_complaint:
            next_complaint = now + COMPLAIN_AFTER_SECONDS
            supervisor.say(f"not ready yet: {problem}")
        return False

    return look


def _ill_health() -> str | None:
    """Return what /healthz complains of; None when all is green."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(BIND, BIND)  # noqa: S104  (compared, not bound)
    request = urllib.request.Request(f"http://{host}:{PORT}/healthz", headers={"Host": "localhost"})
    try:
        with urllib.request.urlopen(request, timeout=2):  # noqa: S310  (our own address)
            return None
    except urllib.error.HTTPError as answer:
        try:
            parts = json.load(answer)["parts"]
        except (ValueError, KeyError):
            return f"/healthz answers {answer.code}"
        return "; ".join(f"{name}: {part['detail']}" for name, part in parts.items() if not part["ok"])
    except OSError as error:
        return str(error)


def _shown_host() -> str:
    hosts = os.environ.get("MUSTER_HOSTS", "").split(",")
    if hosts[0].strip("* "):
        return hosts[0].strip()
    return socket.gethostname() if BIND in {"0.0.0.0", "::"} else BIND  # noqa: S104  (compared, not bound)


if __name__ == "__main__":
    sys.exit(main())
