"""Threads share one heap and free memory is given back; each tried in a process of its own."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
START = """
import threading
from pathlib import Path
from config import memory

def megabytes(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) / 1024
"""
TWO_THREADS = """
threading.stack_size(2**20)
before = megabytes("VmSize")
held, ready, done = [], threading.Barrier(3), threading.Event()
def fill():
    held.append([bytes(2000) for _ in range(2000)])
    ready.wait()
    done.wait()
threads = [threading.Thread(target=fill) for _ in range(2)]
for thread in threads:
    thread.start()
ready.wait()
print(megabytes("VmSize") - before)
done.set()
"""
FREED = """
held = [bytes(2000) for _ in range(40_000)]
pins = held[::400]
del held
before = megabytes("VmRSS")
done = [memory.give_back(), memory.give_back()]
print(before - megabytes("VmRSS"), *done)
"""
pytestmark = [
    pytest.mark.slow,  # processes of their own
    pytest.mark.xfail(platform.libc_ver()[0] != "glibc", reason="another C library is left as it is"),
]


def said(code: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", START + code], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_the_web_server_takes_its_configuration() -> None:
    command = [sys.executable, "-m", "gunicorn", "--check-config", "-c", "python:config.gunicorn"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_threads_share_one_heap() -> None:
    assert float(said("assert memory.keep_one_heap()" + TWO_THREADS)[0]) < 64
    assert float(said(TWO_THREADS)[0]) > 128, "without it each thread reserves 64 MB"


def test_free_pages_go_back_at_most_once_a_second() -> None:
    freed, first, second = said(FREED)
    assert float(freed) > 40
    assert (first, second) == ("True", "False")
