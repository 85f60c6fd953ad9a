"""The state folder of November 2026, unpacked and brought up to date, and commands that run over it."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / "tests" / "fixtures" / "state_2026_11"


def brought_up_to_date(folder: Path) -> Path:
    """Unpack the state into the folder and migrate it."""
    unpack(folder)
    run("manage.py", "migrate", "--no-input", folder=folder)
    return folder


def unpack(folder: Path) -> None:
    """Unpack the state as it was kept."""
    with tarfile.open(STATE / "state.tar.xz") as packed:
        if hasattr(tarfile, "data_filter"):  # Python 3.11.4 and newer
            packed.extractall(folder, filter="data")
        else:
            packed.extractall(folder)


def run(*arguments: str, folder: Path) -> str:
    """Run Python in a process of its own over the folder, untouched by the environment; return what it prints."""
    outside = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")
    environment = {
        name: value for name, value in os.environ.items() if name not in outside and not name.startswith("MUSTER_")
    }
    environment |= {"MUSTER_VAR": str(folder), "MUSTER_LOG_LEVEL": "WARNING"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", *arguments],
        cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout
