"""Unsafe archives are refused before anything is read from them."""

from __future__ import annotations

import stat
import struct
import time
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from attendance.core.errors import Refusal
from attendance.enrolment import sources


def written(path: Path, *entries: tuple[zipfile.ZipInfo | str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in entries:
            archive.writestr(name, data, compress_type=method)
    return path


def code_of(path: Path) -> str:
    with pytest.raises(Refusal) as refused, sources.opened(path):
        pass
    return refused.value.code


def link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("link.jpg")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../1.jpg", "zip_path_leaves_folder"),
        ("a/../../1.jpg", "zip_path_leaves_folder"),
        ("/etc/1.jpg", "zip_path_leaves_folder"),
        ("C:/1.jpg", "zip_path_leaves_folder"),
        ("..\\1.jpg", "zip_path_leaves_folder"),
        ("\\\\server\\1.jpg", "zip_path_leaves_folder"),
    ],
)
def test_paths_that_leave_the_folder(tmp_path: Path, name: str, code: str) -> None:
    assert code_of(written(tmp_path / "x.zip", (name, b"x"))) == code


def test_links(tmp_path: Path) -> None:
    assert code_of(written(tmp_path / "x.zip", (link(), b"/etc/passwd"))) == "zip_link"


def test_a_bomb_is_told_from_the_directory(tmp_path: Path) -> None:
    path = written(tmp_path / "x.zip", ("1.jpg", bytes(40 * 2**20)), method=zipfile.ZIP_DEFLATED)
    tracemalloc.start()
    started = time.perf_counter()
    assert code_of(path) == "zip_bomb"
    assert time.perf_counter() - started < 1
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


def test_a_bomb_of_many_small_entries(tmp_path: Path) -> None:
    entries = [(f"{number}.jpg", bytes(2**19)) for number in range(20)]
    assert code_of(written(tmp_path / "x.zip", *entries, method=zipfile.ZIP_DEFLATED)) == "zip_bomb"


def test_a_directory_that_lies_about_the_size(tmp_path: Path) -> None:
    path = written(tmp_path / "x.zip", ("1.jpg", bytes(2**20)), method=zipfile.ZIP_DEFLATED)
    data = bytearray(path.read_bytes())
    entry = data.index(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = struct.pack("<I", 10)
    path.write_bytes(data)
    with sources.opened(path) as source, pytest.raises(Refusal, match="entry_damaged"):
        source.read("1.jpg")


@pytest.mark.slow
def test_too_many_entries(tmp_path: Path) -> None:
    path = written(tmp_path / "x.zip", *[(f"{number}.jpg", b"") for number in range(20_001)])
    assert code_of(path) == "zip_too_many_entries"


def test_too_large_is_told_from_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with path.open("wb") as file:
        file.truncate(2 * 2**30 + 1)  # sparse: takes no room
    assert code_of(path) == "zip_too_large"


def test_encrypted(tmp_path: Path) -> None:
    path = written(tmp_path / "x.zip", ("1.jpg", b"x"))
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert code_of(path) == "zip_encrypted"


def test_one_name_twice(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        path = written(tmp_path / "x.zip", ("1.jpg", b"x"), ("1.jpg", b"y"))
    assert code_of(path) == "zip_entry_twice"


@pytest.mark.parametrize("data", [b"", b"PK", b"GIF89a", b"PK\x05\x06" + bytes(17)])
def test_no_archive_at_all(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(data)
    assert code_of(path) == "zip_damaged"


def test_a_truncated_archive(tmp_path: Path) -> None:
    path = written(tmp_path / "x.zip", ("1.jpg", bytes(1000)))
    path.write_bytes(path.read_bytes()[:-30])
    assert code_of(path) == "zip_damaged"


def test_a_damaged_entry_is_that_entrys_fault_alone(tmp_path: Path) -> None:
    path = written(tmp_path / "x.zip", ("1.jpg", b"x" * 100), ("2.jpg", b"y" * 100))
    path.write_bytes(path.read_bytes().replace(b"x" * 100, b"z" * 100))
    with sources.opened(path) as source:
        with pytest.raises(Refusal, match="entry_damaged"):
            source.read("1.jpg")
        assert source.read("2.jpg") == b"y" * 100


def test_an_entry_larger_than_a_photo_may_be(tmp_path: Path) -> None:
    path = written(tmp_path / "x.zip", ("1.jpg", bytes(25 * 2**20 + 1)))
    with sources.opened(path) as source, pytest.raises(Refusal, match="image_too_large"):
        source.read("1.jpg")


def test_neither_folder_nor_file(tmp_path: Path) -> None:
    assert code_of(tmp_path / "none") == "import_folder_missing"


@pytest.mark.slow
def test_five_thousand_photos_are_read_one_at_a_time(tmp_path: Path) -> None:
    """Opening and reading any one entry never holds the archive in memory."""
    path = tmp_path / "x.zip"
    photo = bytes(range(256)) * 80
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(5000):
            archive.writestr(f"{number}.jpg", photo)
    assert path.stat().st_size > 100_000_000
    tracemalloc.start()
    with sources.opened(path) as source:
        assert len(source.names()) == 5000
        assert source.read("4999.jpg") == photo
    assert tracemalloc.get_traced_memory()[1] < 20 * 2**20
    tracemalloc.stop()
