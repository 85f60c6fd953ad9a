"""With which weights does a training begin, when not with random ones?

With those of SFace, as prepared for the door, or with those of a card of the same architecture: fine-tuning. What
is trained is a copy; the files it came from stay as they are.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from verifier import checkpoints, origins
from verifier.learning import refusals

SFACE = "sface"


def begin(network: nn.Module, start: str) -> None:
    """Put the weights into the network; `start` is "sface" or the path of a card (or of its weights).

    Raises:
        ModelMissing, ModelWrong: a file is not there or not the one of its card.
        RecipeRefused: they are the weights of another architecture.
    """
    if start == SFACE:
        weights = origins.open_models(None).weights
    else:
        weights, _ = checkpoints.load(Path(start).parent, name=Path(start).stem)
    tensors = {key: torch.from_numpy(np.array(value)) for key, value in weights.items()}
    try:
        odd = network.load_state_dict(tensors, strict=False)
    except RuntimeError as error:
        raise refusals.RecipeRefused(recipe="", key="network.start", reason=f"does not fit: {error}") from error
    missing = [key for key in odd.missing_keys if not key.endswith("num_batches_tracked")]  # a counter of training
    if missing or odd.unexpected_keys:
        raise refusals.RecipeRefused(recipe="", key="network.start", reason="holds another architecture")
