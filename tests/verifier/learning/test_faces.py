"""Training of face encoders, SFace among them, and of encoders with initial weights."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.verifier.learning import shapes
from verifier import errors, origins
from verifier.learning import data, export, initial_weights, readers, recipe, refusals, siamese, training
from verifier.networks import catalogue, sface, sface_weights

torch.set_num_threads(1)
DATA = Path(os.environ.get("MUSTER_DATA", "."))


@pytest.mark.training
def test_sface_as_a_trainable_encoder_equals_the_recognizers_network() -> None:
    network = catalogue.build("sface", {}).eval()
    initial_weights.load_into(network, initial_weights.SFACE)
    crop = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (1, 3, 112, 112)).astype(np.float32))
    with torch.no_grad():
        expected = sface.load(origins.open_models(None).weights)((crop - sface_weights.MEAN) * sface_weights.SCALE)
        ours = network(crop / 255)
    assert torch.allclose(ours, torch.nn.functional.normalize(expected, dim=1), atol=1e-5)


@pytest.mark.training
def test_a_recipe_trains_sface(tmp_path: Path) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (8, 112, 112, 3)).astype(np.uint8)
    people = data.labelled(pictures, ["one", "other"] * 4)
    plan = recipe.from_dict(
        {
            "name": "faces",
            "steps": 1,
            "data": {"preparation": "colour", "height": 112, "width": 112},
            "network": {"architecture": "sface", "start": "sface"},
            "loss": {"name": "supcon", "temperature": 0.1},
            "batch": {"classes": 2, "pictures": 2},
            "optimizer": {"name": "sgd", "learning_rate": 0.01},
        }
    )
    before = siamese.build(plan).encoder.state_dict()
    trained = training.Run(plan, data.prepare(people, plan.data, seed=0), folder=tmp_path).finish()
    after = trained.encoder.state_dict()
    assert not torch.equal(before["features.0.weight"], after["features.0.weight"])
    assert not torch.equal(before["embedding.weight"], after["embedding.weight"])
    assert siamese.embed_pictures(trained.encoder, pictures[:1]).shape == (1, 128)
    card = export.write(tmp_path, name="faces", recipe=plan, trained=trained, data="noise", metrics={}, calibrations={})
    assert (card.architecture, card.dimension, card.preparation.channels) == ("sface", 128, 3)
    assert "start" not in card.further["options"]


@pytest.mark.training
def test_training_begins_with_the_weights_of_a_card(tmp_path: Path) -> None:
    first = shapes.plan(steps=20)
    trained = training.Run(first, data.prepare(shapes.drawn(), first.data, seed=0), folder=tmp_path / "first").finish()
    export.write(tmp_path, name="first", recipe=first, trained=trained, data="", metrics={}, calibrations={})
    second = shapes.plan(network={"start": str(tmp_path / "first.json")}, seed=3)
    run = training.Run(second, data.prepare(shapes.drawn(), second.data, seed=0), folder=tmp_path / "second")
    pictures = shapes.drawn(5, seed=9).pictures
    assert np.array_equal(
        siamese.embed_pictures(run.encoder, pictures), siamese.embed_pictures(trained.encoder, pictures)
    )
    with pytest.raises(refusals.RecipeRefused, match="architecture"):
        siamese.build(replace(second, network=replace(second.network, architecture="dense", options={})))
    with pytest.raises(refusals.RecipeRefused, match="does not fit"):
        siamese.build(replace(second, network=replace(second.network, options={"widths": [4, 8], "dimension": 9})))
    with pytest.raises(errors.ModelMissing):
        siamese.build(shapes.plan(network={"start": str(tmp_path / "nowhere.json")}))


@pytest.mark.training
@pytest.mark.dataset
@pytest.mark.timeout(900)
def test_a_small_convnet_generalizes_to_people_never_seen(tmp_path: Path) -> None:
    """The recipe of the library is trained on eighty people at a third of its steps and measured on twelve others."""
    plan = recipe.read(recipe.find("faces"))
    people = sorted((DATA / "face_crops" / "celeba").iterdir())[:92]
    for person in people:
        shutil.copytree(person, tmp_path / "few" / person.name)
    few = readers.Reader("colour", height_pixels=32, width_pixels=32).read(tmp_path / "few")
    plan = replace(
        plan, steps=130, data=replace(plan.data, held_out_classes=tuple(person.name for person in people[80:]))
    )
    trained = training.Run(plan, data.prepare(few, plan.data, seed=0), folder=tmp_path / "run").finish()
    assert trained.history[-1]["held_out_error"] < 0.38
