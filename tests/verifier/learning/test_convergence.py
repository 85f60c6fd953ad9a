"""Convergence of every loss with every optimizer, and continuation of a killed process."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.verifier.learning import shapes
from verifier.learning import data, recipe, state, training

torch.set_num_threads(1)


@pytest.mark.training
@pytest.mark.timeout(900)
def test_a_killed_process_continued_equals_an_uninterrupted_one_to_the_bit(tmp_path: Path) -> None:
    """200 steps by the command on one thread, without and with a SIGKILL."""
    drawn = shapes.drawn(90)
    np.savez(tmp_path / "shapes.npz", x_train=drawn.pictures, y_train=drawn.labels)
    (tmp_path / "tiny.toml").write_text(
        'name = "tiny"\nsteps = 200\n[network]\narchitecture = "convnet"\n'
        "widths = [8, 16]\ndimension = 8\ndropout = 0.2\n[batch]\nclasses = 3\npictures = 12\n"
        "[augment]\nrotation_degrees = 10\nelastic = 0.02\n[stop]\nevery_steps = 20\n"
    )

    def command(into: str) -> list[str]:
        words = ["-m", "verifier", "train", str(tmp_path / "tiny.toml"), "--data", str(tmp_path / "shapes.npz")]
        return [sys.executable, *words, "--into", str(tmp_path / into), "--quiet"]

    subprocess.run(command("whole"), check=True, stdout=subprocess.DEVNULL)
    process = subprocess.Popen(command("parts"), stdout=subprocess.DEVNULL)
    kept = tmp_path / "parts" / training.STATE
    while process.poll() is None and not kept.exists():
        time.sleep(0.02)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    step = state.read_header(kept)["progress"]["step"]
    assert 0 < step < 200
    assert not (tmp_path / "parts" / "tiny.json").exists()
    subprocess.run(command("parts"), check=True, stdout=subprocess.DEVNULL)
    one, other = (state.tensors(tmp_path / name / training.STATE) for name in ("whole", "parts"))
    assert one.keys() == other.keys()
    assert [key for key in one if not torch.equal(one[key], other[key])] == []
    first, second = (state.read_header(tmp_path / name / training.STATE) for name in ("whole", "parts"))
    assert first["sampler"] == second["sampler"]
    assert first["progress"]["history"] == second["progress"]["history"]
    whole, parts = ((tmp_path / name / "tiny.safetensors").read_bytes() for name in ("whole", "parts"))
    assert whole == parts


LEARNT: list[tuple[str, dict[str, object]]] = [
    ("contrastive", {"margin": 1.0}),
    ("triplet", {"mining": "random", "margin": 0.5}),
    ("triplet", {"mining": "random", "margin": 0.5, "metric": "cosine"}),
    ("multi_similarity", {"alpha": 2, "beta": 50, "base": 0.5, "miner_epsilon": 0.1}),
    ("supcon", {"temperature": 0.1}),
    ("angular", {"alpha": 40}),
    ("normalized_softmax", {"temperature": 0.1}),
    ("arcface", {"margin": 28.6, "scale": 16}),
]


@pytest.mark.parametrize("optimizer", [("sgd", 0.05), ("adam", 0.005)], ids=lambda chosen: chosen[0])
@pytest.mark.parametrize(("loss", "options"), LEARNT, ids=[f"{name} {options}" for name, options in LEARNT])
@pytest.mark.training
def test_every_loss_falls_with_every_optimizer(
    tmp_path: Path, loss: str, options: dict[str, object], optimizer: tuple[str, float]
) -> None:
    chosen = recipe.from_dict(
        {
            "name": "tiny",
            "steps": 30,
            "network": {"architecture": "convnet", "widths": [4, 8], "dimension": 8},
            "loss": {"name": loss, **options},
            "batch": {"classes": 3, "pictures": 6},
            "optimizer": {"name": optimizer[0], "learning_rate": optimizer[1], "schedule": "constant"},
            "stop": {"every_steps": 10},
        }
    )
    material = data.prepare(shapes.drawn(), chosen.data, seed=0)
    run = training.Run(chosen, material, folder=tmp_path)
    before = [value.detach().clone() for value in run.loss.parameters()]
    trained = run.finish()
    assert trained.history[-1]["loss"] < trained.history[0]["loss"]
    assert not any(torch.equal(old, new) for old, new in zip(before, run.loss.parameters(), strict=True))
