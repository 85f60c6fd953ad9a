"""Drawings of bars, beams and blocks that a tiny network learns in a second."""

from __future__ import annotations

from typing import Any

import numpy as np

from verifier.learning import data, recipe

NAMES = ("bar", "beam", "block")


def drawn(count: int = 60, *, seed: int = 0) -> data.LabelledPictures:
    generator = np.random.default_rng(seed)
    pictures = generator.integers(0, 60, (count, 28, 28)).astype(np.uint8)
    for row in range(count):
        where = int(generator.integers(6, 20))
        if row % 3 == 0:
            pictures[row, :, where : where + 3] = 255
        elif row % 3 == 1:
            pictures[row, where : where + 3, :] = 255
        else:
            pictures[row, 6:20, 6:20] = 255
    return data.labelled(pictures, [NAMES[row % 3] for row in range(count)])


def plan(**changes: Any) -> recipe.Recipe:
    """Return a small recipe; keys given here replace those of the same section."""
    values: dict[str, Any] = {
        "name": "tiny",
        "steps": 30,
        "data": {"held_out_pictures": 4},
        "network": {"architecture": "convnet", "widths": [4, 8], "dimension": 8, "dropout": 0.2},
        "loss": {"name": "multi_similarity"},
        "batch": {"classes": 3, "pictures": 4},
        "optimizer": {"name": "adamw", "learning_rate": 0.01, "warm_up_steps": 3},
        "augment": {"rotation_degrees": 10, "shift": 0.05},
        "stop": {"every_steps": 10},
    }
    for key, value in changes.items():
        values[key] = {**values.get(key, {}), **value} if isinstance(value, dict) else value
    return recipe.from_dict(values)
