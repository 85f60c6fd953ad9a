"""The page Models shows every card and the pictures of its run, to administrators only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from attendance.recognition import engine, runtimes, training
from attendance.recognition.models import Encoder
from verifier.inference import onnx_files

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

RECIPE = (
    'name = "bars"\nsteps = 6\n[data]\nheld_out_pictures = 4\n[network]\narchitecture = "convnet"\nwidths = [4, 8]\n'
    "dimension = 8\n[batch]\nclasses = 3\npictures = 4\n[stop]\nevery_steps = 3\n"
)


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(training, "runs_folder", lambda: tmp_path / "training")
    return tmp_path / "training"


def test_those_that_ship_are_shown_with_what_was_measured(desk: Client) -> None:
    page = desk.get(reverse("models"))
    assert page.status_code == 200
    assert "digits-" in page.text
    assert "equal error" in page.text
    assert "Apache-2.0" in page.text


def test_the_page_says_what_runs_the_recognizer_and_how_long_it_takes(desk: Client) -> None:
    page = desk.get(reverse("models"))
    opened = engine.recognizer()
    assert opened.runtimes[0].startswith("OpenVINO")
    assert f"{opened.runtimes[0]}, {opened.precision}: {opened.speed.encoder_milliseconds:.1f} ms a face" in page.text
    assert f"{opened.runtimes[1]}: {opened.speed.detector_milliseconds:.1f} ms a small picture" in page.text
    assert opened.speed.encoder_milliseconds > opened.speed.detector_milliseconds > 0


def test_another_encoder_runs_on_openvino_once_its_file_is_written(settings: Settings, tmp_path: Path) -> None:
    settings.MODELS_DIR = ""
    digits = next(one for one in training.kept() if one.stem == "digits")
    assert runtimes.for_card(digits) == "torch"
    settings.MODELS_DIR = str(tmp_path)
    onnx_files.write(digits.folder, name="digits", into=tmp_path)
    assert runtimes.for_card(digits).startswith("OpenVINO")
    joined = next(one for one in training.kept() if one.stem == "signatures")
    assert runtimes.for_card(joined) == ""


@pytest.mark.training
def test_a_run_is_trained_registered_and_shown(desk: Client, runs: Path, tmp_path: Path) -> None:
    pictures = np.random.default_rng(0).integers(0, 40, (48, 28, 28)).astype(np.uint8)
    labels = np.arange(48) % 3
    for row, label in enumerate(labels):
        pictures[row, 4 + 8 * label : 9 + 8 * label, 4:24] = 255
    np.savez(tmp_path / "bars.npz", x_train=pictures, y_train=labels, x_test=pictures[::-1] // 2, y_test=labels[::-1])
    (tmp_path / "bars.toml").write_text(RECIPE)
    call_command("train_encoder", str(tmp_path / "bars.toml"), data=str(tmp_path / "bars.npz"), quiet=True)
    encoder = Encoder.objects.get(name__startswith="bars-")
    assert encoder.card["recipe"]["steps"] == 6
    (kept,) = [one for one in training.kept() if one.card["name"] == encoder.name]
    assert runtimes.for_card(kept).startswith("OpenVINO"), "training writes what runs"
    page = desk.get(reverse("models"))
    assert encoder.name in page.text
    only_with_a_second_optimizer = "optimizers"
    assert desk.get(reverse("model_picture", args=["bars", only_with_a_second_optimizer])).status_code == 404
    for name in set(training.PICTURES) - {only_with_a_second_optimizer}:
        address = reverse("model_picture", args=["bars", name])
        assert address in page.text
        assert desk.get(address).content.startswith(b"\x89PNG")


@pytest.mark.parametrize(("run", "name"), [("bars", "secret"), ("..", "loss"), ("nowhere", "loss")])
def test_only_pictures_of_runs_are_sent(desk: Client, runs: Path, run: str, name: str) -> None:
    (runs / "bars").mkdir(parents=True)
    (runs / "bars" / "secret.png").write_bytes(b"x")
    (runs.parent / "loss.png").write_bytes(b"x")
    assert desk.get(f"/models/{run}/{name}.png").status_code == 404


def test_a_damaged_card_is_left_out(runs: Path) -> None:
    (runs / "bad").mkdir(parents=True)
    (runs / "bad" / "bad.json").write_text("{")
    assert all(one.stem != "bad" for one in training.kept())
