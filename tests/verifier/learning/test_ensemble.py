"""Signature ensemble: no signer is calibrated by a network that was trained on them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from verifier import checkpoints, comparator
from verifier.learning import data, ensemble, export, recipe, refusals, training
from verifier.learning.data import LabelledPictures

HEIGHT, WIDTH = 48, 96


def plan(seed: int) -> recipe.Recipe:
    return recipe.from_dict(
        {
            "name": "signatures",
            "seed": seed,
            "steps": 2,
            "data": {"preparation": "signature", "height": HEIGHT, "width": WIDTH, "folds": 2},
            "network": {"architecture": "strokenet", "widths": [4, 4, 8, 8, 8], "grid": [1, 2], "dimension": 8},
            "loss": {"name": "supcon", "temperature": 0.1},
            "batch": {"classes": 3, "pictures": 3, "forgeries": 2},
        }
    )


def hands(names: list[str], *, seed: int) -> LabelledPictures:
    """Return wavy lines: six genuine ones of each signer with little noise, and four forgeries with more."""
    generator = np.random.default_rng(seed)
    pictures, labels, forged = [], [], []
    for name in names:
        form = generator.uniform(8, HEIGHT - 8, 7)
        for number in range(10):
            bent = form + generator.normal(0, 1.5 if number < 6 else 5, 7)
            canvas = np.zeros((HEIGHT, WIDTH), np.uint8)
            points = np.stack((np.linspace(6, WIDTH - 6, 7), bent), axis=1).astype(np.int32)
            cv2.polylines(canvas, [points], isClosed=False, color=255, thickness=2)
            pictures.append(canvas)
            labels.append(name)
            forged.append(number >= 6)
    return data.labelled(np.stack(pictures), labels, forged=np.array(forged))


def trained(folder: Path, signers: LabelledPictures, *, seed: int) -> Path:
    own = plan(seed)
    material = data.prepare(signers, own.data, seed=seed)
    done = training.Run(own, material, folder=folder).finish()
    export.write(folder, name=own.name, recipe=own, trained=done, data="drawn", metrics={}, calibrations={})
    return folder / "signatures.json"


SIGNERS = [f"signer {number}" for number in range(6)]


@pytest.mark.training
def test_an_ensemble_of_two_folds_opens_and_scores(tmp_path: Path) -> None:
    signers, test = hands(SIGNERS, seed=0), hands(["other 1", "other 2", "other 3"], seed=1)
    networks = [trained(tmp_path / str(seed), signers, seed=seed) for seed in (0, 1)]
    card = ensemble.assemble(tmp_path / "ensemble", networks=networks, signers=signers, test=test, description="drawn")

    assert set(card.further["metrics"]) == {
        "held_out",
        "test",
        "test_networks_alone",
        "test_strokes_alone",
        "shortcut_probe",
    }
    unseen = [set(one["held_out"]) for one in card.further["training"]]
    assert unseen == [set(SIGNERS[0::2]), set(SIGNERS[1::2])]
    assert checkpoints.read_card(tmp_path / "ensemble" / "signatures.json") == card

    opened = comparator.open_card(tmp_path / "ensemble", name="signatures").comparator
    own = test.pictures[test.labels == 0]
    assert 0 <= opened.score(own[:3], own[3]) <= 1
    assert sorted(opened.calibrations) == [1, 3, 5]


def test_a_signer_held_out_by_no_network_is_refused(tmp_path: Path) -> None:
    signers = hands(SIGNERS, seed=0)
    network = trained(tmp_path / "0", signers, seed=0)
    with pytest.raises(refusals.DataRefused, match="signer 1"):
        ensemble.assemble(tmp_path / "ensemble", networks=[network], signers=signers, test=None, description="drawn")


def test_folds_hold_out_every_class_once() -> None:
    choice = recipe.DataChoice(folds=3)
    names = [f"{number:02}" for number in range(10)]
    held_out = [data.held_out_names(names, choice, seed=seed) for seed in (0, 1, 2)]
    assert sorted(sum(held_out, ())) == names
    assert data.held_out_names(names, choice, seed=4) == held_out[1]
