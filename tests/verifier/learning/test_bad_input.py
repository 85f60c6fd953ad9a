"""Bad input: every command answers with a message and exit code 2, and changes no file."""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from verifier import __main__ as command_line

RECIPE = (
    'name = "small"\nsteps = 2\n[network]\narchitecture = "convnet"\nwidths = [4, 8]\ndimension = 8\n'
    "[batch]\nclasses = 2\npictures = 2\n"
)
VAST_BYTES = 2 * 2**30


def write(path: Path, *, moved: int = 0, size: tuple[int, int] = (200, 160)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    page = np.full(size, 240, np.uint8)
    corners = np.array([[30 + moved, 40], [110, 40 + moved], [60, 150]], np.int32)
    cv2.polylines(page, [corners], isClosed=False, color=30, thickness=9, lineType=cv2.LINE_AA)
    cv2.imwrite(str(path), page)


def bomb() -> bytes:
    """A PNG of some bytes whose header says 60,000 by 60,000 pixels."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunks = (b"IHDR" + head, b"IDAT" + zlib.compress(b"\0" * 60))
    packed = [struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def vast(path: Path) -> None:
    """Write a sparse file of two gigabytes."""
    with path.open("wb") as file:
        file.truncate(VAST_BYTES)


def state(folder: Path) -> list[tuple[str, int, int]]:
    return sorted((str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in folder.rglob("*"))


def answered(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    """Run a command; return its exit code, and its error or its report."""
    capsys.readouterr()
    code = command_line.main(list(words))
    captured = capsys.readouterr()
    lines = [line for line in captured.err.splitlines() if line.startswith("{")]
    answer: dict[str, Any] = json.loads(lines[-1] if code == 2 else captured.out)
    return code, answer


def asked(command: str, data: Path, tmp_path: Path) -> list[str]:
    (tmp_path / "small.toml").write_text(RECIPE)
    write(tmp_path / "probe.png")
    return {
        "train": [
            "train",
            str(tmp_path / "small.toml"),
            "--data",
            str(data),
            "--into",
            str(tmp_path / "run"),
            "--quiet",
        ],
        "evaluate": ["evaluate", str(data), "--encoder", "digits", "--json"],
        "faces": ["evaluate", str(data), "--json"],
        "duplicates": ["duplicates", str(data), "--encoder", "digits", "--json"],
        "similar": ["similar", str(data), str(tmp_path / "probe.png"), "--encoder", "digits", "--json"],
    }[command]


def empty_folder(data: Path) -> None:
    data.mkdir()


def one_class(data: Path) -> None:
    for row in range(3):
        write(data / "only" / f"{row}.png", moved=row)


def single_pictures(data: Path) -> None:
    write(data / "a" / "1.png")
    write(data / "b" / "1.png", moved=9)


def no_labels(data: Path) -> None:
    for row in range(3):
        write(data / f"{row}.png", moved=row)


def nothing_readable(data: Path) -> None:
    for name, content in (("a/1.png", b""), ("a/2.png", b"no picture"), ("b/1.png", bomb())):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_bytes(content)
    vast(data / "b" / "2.png")


@pytest.mark.parametrize(
    ("command", "made", "code"),
    [
        *[(command, empty_folder, "no_pictures") for command in ("train", "evaluate", "duplicates", "similar")],
        ("faces", empty_folder, "invalid_image"),
        *[(command, nothing_readable, "no_pictures") for command in ("train", "evaluate", "duplicates", "similar")],
        ("train", one_class, "one_class_only"),
        ("evaluate", one_class, "one_class_only"),
        ("train", single_pictures, "class_too_small"),
        ("evaluate", single_pictures, "class_too_small"),
        ("train", no_labels, "labels_missing"),
        ("evaluate", no_labels, "labels_missing"),
        ("faces", no_labels, "invalid_image"),
    ],
)  # fmt: skip
def test_unusable_data_is_refused_with_its_code(
    command: str, made: Any, code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    made(data)
    before = state(data)
    status, answer = answered(capsys, *asked(command, data, tmp_path))
    assert (status, answer["code"]) == (2, code)
    assert answer["message"].endswith(".")
    assert "{" not in answer["message"]
    assert state(data) == before
    assert not list(tmp_path.glob("run/*.json"))


def test_bad_files_among_good_ones_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data"
    for label in ("a", "b"):
        for row in range(2):
            write(data / label / f"{row}.png", moved=row, size=(200 + 60 * row, 160 + 30 * row))
    (data / "a" / "empty.png").write_bytes(b"")
    (data / "a" / "bomb.png").write_bytes(bomb())
    vast(data / "b" / "vast.png")
    before = state(data)
    for command in ("evaluate", "duplicates"):
        _, answer = answered(capsys, *asked(command, data, tmp_path))
        skipped = answer["skipped"]
        rows = dict(line.split(": ") for line in skipped) if isinstance(skipped, list) else skipped
        assert rows == {
            "a/empty.png": "invalid_image", "a/bomb.png": "image_too_large", "b/vast.png": "image_too_large",
        }  # fmt: skip
    assert state(data) == before


@pytest.mark.parametrize("what", ["empty", "bomb", "vast", "missing"])
def test_an_unusable_picture_is_refused_with_its_code(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "good" / "1.png")
    bad = tmp_path / "bad.png"
    if what == "vast":
        vast(bad)
    elif what != "missing":
        bad.write_bytes(bomb() if what == "bomb" else b"")
    wanted = "image_too_large" if what in {"bomb", "vast"} else "invalid_image"
    for words in (
        ["compare", str(tmp_path / "good" / "1.png"), str(bad), "--encoder", "digits"],
        ["similar", str(tmp_path / "good"), str(bad), "--encoder", "digits"],
    ):
        status, answer = answered(capsys, *words)
        assert (status, answer["code"]) == (2, wanted)
        assert answer["message"].endswith(".")


@pytest.mark.parametrize(
    ("arrays", "code"),
    [
        ({"x": np.zeros((4, 28, 28), np.uint8)}, "labels_missing"),
        ({"x": np.zeros((4, 28, 28), np.uint8), "y": np.zeros(3)}, "labels_missing"),
        ({"y": np.zeros(3)}, "data_refused"),
        ({"x": np.zeros((4, 5), np.float32) - 7, "y": np.zeros(4)}, "data_refused"),
        ({"x": np.array([np.zeros(3), np.zeros(4)], dtype=object), "y": np.zeros(2)}, "data_refused"),
    ],
)
def test_unusable_arrays_are_refused_with_their_code(
    arrays: dict[str, Any], code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez(tmp_path / "mine.npz", **arrays)
    status, answer = answered(capsys, "evaluate", str(tmp_path / "mine.npz"), "--encoder", "digits")
    assert (status, answer["code"]) == (2, code)


def test_unusable_archives_are_refused_with_their_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "broken.zip").write_bytes(b"PK no archive")
    vast(tmp_path / "vast.npz")
    for name in ("broken.zip", "vast.npz"):
        status, answer = answered(capsys, "evaluate", str(tmp_path / name), "--encoder", "digits")
        assert (status, answer["code"]) == (2, "data_refused")
    with zipfile.ZipFile(tmp_path / "packed.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Greek/character01/1.png", b"\0" * 30 * 2**20)
    status, answer = answered(capsys, "evaluate", str(tmp_path / "packed.zip"), "--encoder", "digits")
    assert (status, answer["code"], answer["skipped"]) == (2, "no_pictures", 1)
