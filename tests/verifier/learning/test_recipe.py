"""Recipes: all that ship can be read, and a wrong key is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from verifier.learning import losses, recipe, refusals
from verifier.networks import catalogue


@pytest.mark.parametrize("path", sorted(recipe.FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_every_recipe_of_the_library_can_be_read_and_built(path: Path) -> None:
    plan = recipe.read(path)
    assert plan.name == path.stem
    catalogue.build(plan.network.architecture, plan.network.options)
    losses.build(plan.loss.name, plan.loss.options, classes=10, dimension=8)
    assert recipe.from_dict(plan.as_dict()).as_dict() == plan.as_dict()


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('name = "x"\nsteps = 5\nstep = 6', "step"),
        ('name = "x"\nsteps = 5\n[optimizer]\nlearning_rat = 1', "optimizer.learning_rat"),
        ('name = "x"\nsteps = 5\n[optimizer]\nname = "rmsprop"', "optimizer.name"),
        ('name = "x"\nsteps = 5\n[batch]\nclasses = 1', "steps, batch"),
        ('name = "x"\nsteps = 5\naugment = 3', "augment"),
        ("name = ", ""),
    ],
)
def test_a_wrong_recipe_names_the_key(tmp_path: Path, text: str, key: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(refusals.RecipeRefused) as caught:
        recipe.read(path)
    assert caught.value.facts["key"] == key


def test_an_unknown_recipe_name_lists_the_known_ones() -> None:
    with pytest.raises(refusals.RecipeRefused, match="digits"):
        recipe.find("numerals")


def test_a_seed_from_the_command_replaces_the_one_in_the_file() -> None:
    assert recipe.read(recipe.find("digits"), seed=7).seed == 7
