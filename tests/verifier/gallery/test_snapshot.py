"""Snapshots: round trip, damage, and writers killed in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.verifier.gallery.conftest import DIMENSION, ENCODER, unit_vectors
from verifier import errors
from verifier.gallery import FlatGallery, snapshot


def filled(count: int = 20) -> FlatGallery:
    gallery = FlatGallery(DIMENSION, encoder=ENCODER)
    for number, vector in enumerate(unit_vectors(count)):
        gallery.add(reference=2**40 + number, subject=number // 2, vector=vector)
    return gallery


@pytest.mark.parametrize("count", [0, 1, 20])
def test_a_written_snapshot_is_read_back(tmp_path: Path, count: int) -> None:
    before = filled(count)
    snapshot.write(before, tmp_path / "new folder" / "gallery", sequence=77)
    after, sequence = snapshot.read(tmp_path / "new folder" / "gallery", encoder=ENCODER)
    assert (sequence, len(after), after.encoder, after.dimension) == (77, count, ENCODER, DIMENSION)
    for probe in unit_vectors(5, seed=3):
        assert after.search(probe, most=30) == before.search(probe, most=30)
    after.add(reference=5, subject=5, vector=unit_vectors(1, seed=9)[0])
    assert after.remove(reference=5)
    assert [path.name for path in (tmp_path / "new folder").iterdir()] == ["gallery"]


def truncated(data: bytes) -> bytes:
    return data[:-5]


def longer(data: bytes) -> bytes:
    return data + b"\0" * 4


def flipped(data: bytes) -> bytes:
    return data[:-100] + bytes([data[-100] ^ 1]) + data[-99:]


def other_sequence(data: bytes) -> bytes:
    return data.replace(b'"sequence": 1', b'"sequence": 2')


def negative(data: bytes) -> bytes:
    return data.replace(b'"references": 20', b'"references": -1')


BROKEN: list[Callable[[bytes], bytes]] = [
    truncated,
    longer,
    flipped,
    other_sequence,
    negative,
    lambda _: b"",
    lambda _: b"\n",
    lambda _: b"null\n",
    lambda _: b"{}\n",
    lambda _: b"\x89PNG\r\n" * 500,
    lambda _: b"9" * 10_000,
]


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_file_is_invalid(tmp_path: Path, broken: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "gallery"
    snapshot.write(filled(), path, sequence=1)
    good = path.read_bytes()
    path.write_bytes(broken(good))
    assert path.read_bytes() != good
    with pytest.raises(errors.SnapshotInvalid):
        snapshot.read(path, encoder=ENCODER)


def test_a_missing_file_a_folder_and_another_encoder_are_invalid(tmp_path: Path) -> None:
    with pytest.raises(errors.SnapshotInvalid):
        snapshot.read(tmp_path / "none", encoder=ENCODER)
    with pytest.raises(errors.SnapshotInvalid):
        snapshot.read(tmp_path, encoder=ENCODER)
    snapshot.write(filled(), tmp_path / "gallery", sequence=1)
    with pytest.raises(errors.SnapshotInvalid, match="encoder"):
        snapshot.read(tmp_path / "gallery", encoder="another")


def test_vectors_that_are_not_finite_are_invalid_even_with_a_good_checksum(tmp_path: Path) -> None:
    gallery = filled()
    gallery._matrix()[3] = np.nan
    snapshot.write(gallery, tmp_path / "gallery", sequence=1)
    with pytest.raises(errors.SnapshotInvalid, match="vectors"):
        snapshot.read(tmp_path / "gallery", encoder=ENCODER)


def test_a_failed_write_keeps_the_old_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "gallery"
    snapshot.write(filled(3), path, sequence=1)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="space"):
        snapshot.write(filled(5), path, sequence=2)
    assert snapshot.read(path, encoder=ENCODER)[1] == 1
    assert list(tmp_path.iterdir()) == [path]


WRITER = """
import sys
from pathlib import Path
from tests.verifier.gallery.test_snapshot import filled
from verifier.gallery import snapshot
gallery, sequence = filled(4000), 0
while True:
    sequence += 1
    snapshot.write(gallery, Path(sys.argv[1]), sequence=sequence)
    print(sequence, flush=True)
"""


def test_a_writer_killed_at_any_moment_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "gallery"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    with writer.stdout:
        writer.stdout.readline()
        time.sleep(0.1)
        writer.send_signal(signal.SIGKILL)
        written = writer.stdout.read().split()
        writer.wait()
    gallery, sequence = snapshot.read(path, encoder=ENCODER)
    assert len(gallery) == 4000
    assert sequence >= int(written[-1] if written else 1)


def test_old_temporary_files_of_killed_writers_are_removed(tmp_path: Path) -> None:
    old, new = tmp_path / ".gallery.a.part", tmp_path / ".gallery.b.part"
    for left in (old, new):
        left.write_bytes(b"half")
    os.utime(old, (time.time() - 3600,) * 2)
    snapshot.write(filled(), tmp_path / "gallery", sequence=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".gallery.b.part", "gallery"]
