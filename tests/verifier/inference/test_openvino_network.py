"""OpenVINO: what is compiled is kept and checked, nothing is sent anywhere, and a child after a fork can compile."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from verifier import errors, origins
from verifier.inference import compiled_files, onnx_files
from verifier.inference.openvino_network import OpenVinoNetwork

PICTURE = np.random.default_rng(0).random((1, 1, 28, 28), dtype=np.float32)


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    onnx_files.write(origins.WEIGHTS, name="digits", into=folder)
    return folder / "digits.onnx"


def opened(digits: Path, compiled: Path) -> OpenVinoNetwork:
    compiled_files.discard_damaged.cache_clear()  # as in a new process
    return OpenVinoNetwork(digits, precision="float32", compiled=compiled)


@pytest.mark.parametrize("damage", ["none", "cut", "changed", "not listed"])
def test_what_is_compiled_is_kept_and_a_damaged_file_is_made_again(digits: Path, tmp_path: Path, damage: str) -> None:
    expected = opened(digits, tmp_path).run(PICTURE)
    (blob,) = tmp_path.glob("*.blob")
    before, data = blob.stat().st_ino, bytearray(blob.read_bytes())
    if damage == "not listed":
        (tmp_path / compiled_files.LIST).unlink()
    elif damage != "none":
        data = data[:1000] if damage == "cut" else bytearray(b"").join([data[:200_000], bytes(400), data[200_400:]])
        blob.unlink()
        blob.write_bytes(data)
        before = blob.stat().st_ino
    assert np.array_equal(opened(digits, tmp_path).run(PICTURE), expected)
    (after,) = tmp_path.glob("*.blob")
    assert (after.stat().st_ino == before and bytes(after.read_bytes()) == bytes(data)) == (damage == "none")


def test_where_nothing_can_be_kept_it_is_compiled_at_each_start(digits: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    assert opened(digits, tmp_path / "file" / "compiled").run(PICTURE).shape == (1, 64)


def test_a_file_that_is_no_network_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "x.onnx").write_bytes(b"no network")
    with pytest.raises(errors.ModelWrong):
        OpenVinoNetwork(tmp_path / "x.onnx", precision="float32")
    with pytest.raises(errors.ModelWrong):
        OpenVinoNetwork(b"no network", precision="float32")


def test_the_package_that_reports_use_is_not_installed() -> None:
    assert importlib.util.find_spec("openvino_telemetry") is None
    names = {name.lower().replace("_", "-") for name in importlib.metadata.packages_distributions()}
    assert not [name for name in names if "telemetry" in name and "openvino" in name]


NO_SOCKETS = """
import ctypes, platform, struct
number = {"x86_64": 41, "aarch64": 198}[platform.machine()]  # the system call socket(2)
# load the call's number; if it is socket, end the process (SIGSYS), else allow
steps = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x80000000), (0x06, 0, 0, 0x7FFF0000)]
program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
class Filter(ctypes.Structure):
    _fields_ = [("count", ctypes.c_ushort), ("steps", ctypes.c_void_p)]
library = ctypes.CDLL(None, use_errno=True)
assert library.prctl(38, 1, 0, 0, 0) == 0  # no new privileges
assert library.prctl(22, 2, ctypes.byref(Filter(len(steps), ctypes.addressof(program))), 0, 0) == 0
"""

ENCODE = """
import sys
from pathlib import Path
from verifier.recognizer import Recognizer
from verifier.values import Purpose
recognizer = Recognizer.open(Path(sys.argv[1]))
assert recognizer.runtimes[0].startswith("OpenVINO"), recognizer.runtimes
recognizer.embed(Path(sys.argv[2]).read_bytes(), purpose=Purpose.CHECK_IN)
print("torch" in sys.modules, "onnx" in sys.modules)
"""


def ran(code: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False, timeout=90)


@pytest.mark.slow
def test_a_fresh_process_encodes_a_face_without_torch_and_without_a_socket(tmp_path: Path, hopper_jpeg: bytes) -> None:
    origins.prepare(tmp_path / "models")
    (tmp_path / "face.jpg").write_bytes(hopper_jpeg)
    for _ in ("compiles", "reads what was compiled"):
        done = ran(NO_SOCKETS + ENCODE, str(tmp_path / "models"), str(tmp_path / "face.jpg"))
        assert done.stdout.split() == ["False", "False"], (done.returncode, done.stderr)
    assert ran(NO_SOCKETS + "import socket; socket.socket()").returncode == -signal.SIGSYS, "the guard itself works"
