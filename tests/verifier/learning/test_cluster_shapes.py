"""Cluster shapes of two optimizers: measured, drawn, and different for dense layers."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from verifier import __main__ as command_line
from verifier.evaluation import clusters
from verifier.learning import cluster_shapes, data, readers, recipe, siamese, training

torch.set_num_threads(1)
DATA = Path(os.environ.get("MUSTER_DATA", "."))


@pytest.mark.training
def test_a_recipe_with_two_optimizers_measures_and_draws_both(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generator = np.random.default_rng(0)
    pictures, labels = generator.integers(0, 255, (40, 28, 28)).astype(np.uint8), np.arange(40) % 2
    pictures[labels == 1, :14] = 0
    np.savez(tmp_path / "halves.npz", x_train=pictures, y_train=labels, x_test=pictures[::-1] // 2, y_test=labels[::-1])
    (tmp_path / "flat.toml").write_text(
        'name = "flat"\nsteps = 6\n[network]\narchitecture = "dense"\nwidths = [8, 2]\n[loss]\nname = "contrastive"\n'
        '[batch]\nclasses = 2\npictures = 5\n[optimizer]\nname = "sgd"\nlearning_rate = 0.1\nschedule = "constant"\n'
        '[beside]\nname = "adam"\nlearning_rate = 0.01\nschedule = "constant"\n'
    )
    asked = ["train", str(tmp_path / "flat.toml"), "--data", str(tmp_path / "halves.npz"), "--quiet"]
    assert command_line.main([*asked, "--into", str(tmp_path / "run")]) == 0
    metrics = json.loads(capsys.readouterr().out)["metrics"]
    assert list(metrics["optimizers"]) == ["sgd 0.1, constant", "adam 0.01, constant"]
    assert metrics["optimizers"]["sgd 0.1, constant"] == metrics["clusters"]
    assert metrics["optimizers"]["adam 0.01, constant"] != metrics["clusters"]
    assert (tmp_path / "run" / cluster_shapes.PICTURE).read_bytes().startswith(b"\x89PNG")
    assert json.loads((tmp_path / "run" / "flat.json").read_text())["metrics"] == metrics


@pytest.mark.training
@pytest.mark.dataset
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [0, 1])
def test_adam_elongates_clusters_more_than_plain_gradient_descent(tmp_path: Path, seed: int) -> None:
    """The network is that of the recipe, three dense layers on raw embeddings, at a sixth of its steps."""
    reader = readers.Reader("digit", height_pixels=28, width_pixels=28)
    learnt, test = (reader.read(DATA / "mnist.npz", part=part) for part in ("train", "test"))
    plan = replace(recipe.read(recipe.find("digits-2d-dense"), seed=seed), steps=400)
    assert plan.beside is not None
    found = {}
    for choice in (plan.optimizer, plan.beside):
        chosen = replace(plan, optimizer=choice, beside=None)
        material = data.prepare(learnt, chosen.data, seed=seed)
        encoder = training.Run(chosen, material, folder=tmp_path / choice.name).finish().encoder
        points = siamese.embed_pictures(encoder, test.pictures)
        found[choice.name] = clusters.elongations(points, test.labels, trimmed_share=0.1).median
    assert found["adam"] > found["sgd"]
