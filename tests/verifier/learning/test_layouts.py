"""Layouts: the class or signer of a file by its path."""

from __future__ import annotations

from pathlib import Path, PurePath

import pytest

from verifier.learning import layouts


@pytest.mark.parametrize(
    ("names", "how", "classes"),
    [
        (["a/1.png", "b/2.png"], "auto", ["a", "b"]),
        (["1a/face/1.pgm", "1b/face/2.pgm"], "auto", ["1a", "1b"]),
        (["w1/0/a.png", "w1/7/b.png", "w2/0/c.png"], "auto", ["0", "7", "0"]),
        (["Greek/character01/a.png", "Greek/character02/b.png"], "auto", ["Greek/character01", "Greek/character02"]),
        (["w1/3_a.png", "w2/3-b.png", "w2/7 c.png"], "file", ["3", "3", "7"]),
        (["w1/zero/a.png", "w2/zero/b.png"], "inner", ["zero", "zero"]),
    ],
)
def test_the_class_of_a_file_follows_its_path(names: list[str], how: str, classes: list[str]) -> None:
    assert layouts.classes_of([PurePath(name) for name in names], how=how) == classes


@pytest.mark.parametrize(
    ("name", "signer", "forged"),
    [
        ("genuine/051/01_051.png", "051", False),
        ("forgery/051/02_0210051.png", "051", True),
        ("Offline Genuine/012/a.png", "012", False),
        ("Offline Forgeries/012/a.png", "012", True),
        ("049/a.png", "049", False),
        ("049_forg/a.png", "049", True),
        ("anna/forged/a.png", "anna", True),
        ("anna/genuine/a.png", "anna", False),
        ("full_org/original_12_3.png", "12", False),
        ("full_forg/forgeries_12_3.png", "12", True),
    ],
)
def test_the_signer_of_a_file_follows_its_path(name: str, signer: str, forged: bool) -> None:
    assert layouts.signers_of([PurePath(name)]) == [(signer, forged)]


def test_signatures_are_recognized_by_folder_names(tmp_path: Path) -> None:
    (tmp_path / "anna").mkdir()
    assert not layouts.are_signatures(tmp_path)
    (tmp_path / "anna" / "forged").mkdir()
    assert layouts.are_signatures(tmp_path)
