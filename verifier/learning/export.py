"""Export of a finished run: the weights, the card that describes and repeats it, and the file that runs.

The card records the data, the recipe, the seed, the time and the commit, the preparation of the input, the figures on
pictures never seen, and the calibration fitted on held-out ones.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from verifier import checkpoints
from verifier.calibration import Calibration
from verifier.checkpoints import Card, Preparation
from verifier.inference import onnx_files
from verifier.learning.recipe import Recipe
from verifier.learning.siamese import SiameseNetwork
from verifier.learning.training import Trained

LICENCE = "Apache-2.0"


def recipe_preparation(recipe: Recipe) -> Preparation:
    """Return the recipe's preparation for the card; the networks' input is 0 to 1."""
    return Preparation(
        kind="upright" if recipe.data.upright else recipe.data.preparation,
        width_pixels=recipe.data.width,
        height_pixels=recipe.data.height,
        channels=_channels(recipe.data.preparation),
        mean=0.0,
        scale=1 / 255,
    )


def second_encoder(recipe: Recipe) -> dict[str, Any] | None:
    """Return the card's block on the second encoder of a two-source task; None where both sides share one."""
    network, chosen = recipe.second_network, recipe.second_data
    if network is None:
        return None
    prepared = recipe_preparation(recipe)
    if chosen is not None:
        prepared = replace(
            prepared,
            kind=chosen.preparation,
            width_pixels=chosen.width,
            height_pixels=chosen.height,
            channels=_channels(chosen.preparation),
        )
    return {
        "architecture": network.architecture,
        "options": recipe.as_dict()["second_network"]["options"],
        "preparation": asdict(prepared),
        "source": recipe.data.second_source,
        "negative": recipe.data.second_source == "negative",
    }


def write(
    folder: Path,
    *,
    name: str,
    recipe: Recipe,
    trained: Trained,
    data: str,
    metrics: Mapping[str, Any],
    calibrations: Mapping[int, Calibration],
    licence: str = LICENCE,
    unknown: tuple[str, ...] = (),
) -> Card:
    """Write `NAME.safetensors`, `NAME.json` and `NAME.onnx`; return the card."""
    kept = trained.encoder if trained.other is None else SiameseNetwork(trained.encoder, trained.other)
    second = second_encoder(recipe)
    weights = {key: value.detach().cpu().float().numpy() for key, value in kept.state_dict().items()}
    weights = {key: value for key, value in weights.items() if not key.endswith("num_batches_tracked")}
    preparation = recipe_preparation(recipe)
    digest = checkpoints.identity(name, checksum=_checksum(weights), preparation=preparation)
    card = Card(
        name=digest,
        architecture=recipe.network.architecture,
        preparation=preparation,
        dimension=_dimension(weights),
        licence=licence,
        origin=f"trained by the recipe {recipe.name} of this library",
        unknown=unknown,
        calibration=calibrations[1].to_card() if 1 in calibrations else None,
        further={
            "options": recipe.as_dict()["network"]["options"],
            "comparator": {"kind": "two_sources" if second else "single"},
            **({"second": second} if second else {}),
            "calibrations": {str(count): table.to_card() for count, table in calibrations.items() if count != 1},
            "recipe": recipe.as_dict(),
            "seed": recipe.seed,
            "data": data,
            "training": training_record(trained),
            "metrics": dict(metrics),
            "commit": code_commit(),
        },
    )
    saved = checkpoints.save(folder, name=name, weights=weights, card=card)
    onnx_files.write(folder, name=name)
    return saved


def training_record(trained: Trained) -> dict[str, Any]:
    """Return steps, time, device and precision for the card."""
    return {
        "steps": trained.steps,
        "chosen_step": trained.chosen_step,
        "pictures_seen": trained.pictures_seen,
        "processor_seconds": round(trained.cpu_seconds, 1),
        "wall_seconds": round(trained.wall_seconds, 1),
        "device": trained.device,
        "precision": trained.precision,
    }


def code_commit() -> str:
    """Return the commit of the running code, with "+" where files are changed; empty outside a clone."""
    git = shutil.which("git")
    if git is None:
        return ""
    here = Path(__file__).resolve().parent
    answers = [
        subprocess.run([git, *words], cwd=here, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603
        for words in (["rev-parse", "--short", "HEAD"], ["status", "--porcelain", "--untracked-files=no"])
    ]
    return answers[0] + ("+" if answers[1] else "")


def _channels(kind: str) -> int:
    return 3 if kind == "colour" else 1


def _checksum(weights: Mapping[str, Any]) -> str:
    digest = hashlib.sha256()
    for key in sorted(weights):
        digest.update(key.encode())
        digest.update(np.ascontiguousarray(weights[key]).tobytes())
    return digest.hexdigest()


def _dimension(weights: Mapping[str, Any]) -> int:
    last = [value for key, value in weights.items() if key.endswith("weight") and value.ndim == 2]
    return int(last[-1].shape[0])
