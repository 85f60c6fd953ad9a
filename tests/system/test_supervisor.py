"""The supervisor leaves no process behind, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from config import supervisor as supervisor_module

pytestmark = pytest.mark.system

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(99)"
WITH_CHILD = (
    "import subprocess, sys, time;"
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)']);"
    "print('up', flush=True); time.sleep(99)"
)
KIND = "import time; print('up', flush=True); time.sleep(99)"


def start(
    tmp_path: Path, parts: dict[str, str], *, essential: tuple[str, ...] = (), grace_seconds: float = 2.0
) -> subprocess.Popen[str]:
    """Run the supervisor over small programs that carry the folder's name, so that they can be found again."""
    program = f"""
import sys
from config.supervisor import Supervisor
parts = {{name: [sys.executable, "-c", code, {str(tmp_path)!r}] for name, code in {parts!r}.items()}}
def report(names):
    print("left down:", *names, flush=True)
supervisor = Supervisor(
    parts, essential={essential!r}, report=report, grace_seconds={grace_seconds}, first_pause_seconds=0.05
)
sys.exit(supervisor.run())
"""
    return subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=Path.cwd()
    )


def of_this_test(tmp_path: Path) -> list[int]:
    """Processes whose command line, or whose parent's, names the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if str(tmp_path).encode() in words or b"import time; time.sleep(99)" in words:
                found.append(int(entry.name))
    return found


def await_that(condition: Callable[[], bool], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_is_left(tmp_path: Path, ending: signal.Signals) -> None:
    supervisor = start(tmp_path, {"web": WITH_CHILD, "worker": KIND})
    assert supervisor.stdout is not None
    lines = [supervisor.stdout.readline() for _ in range(2)]
    assert {"web    | up\n", "worker | up\n"} == set(lines)
    supervisor.send_signal(ending)
    supervisor.wait(timeout=5)
    grandchildren_may_stay = ending is signal.SIGKILL  # a part looks after its own children: gunicorn does
    await_that(lambda: len(of_this_test(tmp_path)) <= grandchildren_may_stay, seconds=5)
    for process in of_this_test(tmp_path):
        os.kill(process, signal.SIGKILL)
    assert supervisor.returncode == (-9 if ending is signal.SIGKILL else 0)
    supervisor.stdout.close()


def test_who_does_not_listen_is_killed_after_the_grace(tmp_path: Path) -> None:
    supervisor = start(tmp_path, {"worker": STUBBORN}, grace_seconds=0.5)
    assert supervisor.stdout is not None
    supervisor.stdout.readline()
    supervisor.terminate()
    assert supervisor.wait(timeout=5) == 0
    assert of_this_test(tmp_path) == []
    supervisor.stdout.close()


def test_one_death_is_mended_and_five_of_an_essential_part_end_everything_with_that_code(tmp_path: Path) -> None:
    parts = {"web": "import sys; print('no use', flush=True); sys.exit(7)", "worker": KIND}
    supervisor = start(tmp_path, parts, essential=("web",))
    output, _ = supervisor.communicate(timeout=30)
    assert supervisor.returncode == 7
    assert output.count("no use") == 5
    assert output.count("starting again") == 4
    assert of_this_test(tmp_path) == []


def test_five_deaths_of_another_part_leave_it_down_and_the_others_go_on(tmp_path: Path) -> None:
    parts = {"web": KIND, "worker": "import sys; print('no use', flush=True); sys.exit(7)"}
    supervisor = start(tmp_path, parts, essential=("web",))
    assert supervisor.stdout is not None
    lines: list[str] = []
    while "left down: worker\n" not in lines:
        lines.append(supervisor.stdout.readline())
        assert lines[-1], "".join(lines)
    assert "".join(lines).count("no use") == 5
    time.sleep(1)
    assert supervisor.poll() is None
    assert len(of_this_test(tmp_path)) == 1, "the web server alone"
    supervisor.terminate()
    output, _ = supervisor.communicate(timeout=10)
    assert supervisor.returncode == 0
    assert "no use" not in output, "it is left down"
    assert of_this_test(tmp_path) == []


def test_a_part_left_down_is_tried_again_and_is_well_once_it_has_lived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(supervisor_module, "LEFT_DOWN_SECONDS", 0.5)
    monkeypatch.setattr(supervisor_module, "DEATHS_WITHIN_SECONDS", 3.0)
    monkeypatch.setattr(supervisor_module, "MOST_DEATHS", 2)
    cause, reported = tmp_path / "cause", []
    cause.touch()
    command = ["/bin/sh", "-c", f"test -e {cause} && exit 7; sleep 99"]

    def report(names: list[str]) -> None:
        reported.append(names)
        if names and len(reported) > 1:
            cause.unlink(missing_ok=True)

    def done() -> bool:
        if reported and reported[-1] == []:
            os.kill(os.getpid(), signal.SIGTERM)
            return True
        return False

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        parts = {"worker": command}
        code = supervisor_module.Supervisor(parts, report=report, first_pause_seconds=0.01).run(meanwhile=[done])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert code == 0
    assert reported[0] == reported[1] == ["worker"]
    assert reported[-1] == []
    assert b"well again" in capsysbinary.readouterr().out


def test_a_part_killed_by_a_signal_gives_the_code_a_shell_would(tmp_path: Path) -> None:
    supervisor = start(tmp_path, {"worker": "import os; os.kill(os.getpid(), 9)"}, essential=("worker",))
    supervisor.communicate(timeout=30)
    assert supervisor.returncode == 128 + 9
