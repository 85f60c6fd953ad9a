"""State of a training run, kept so that an interrupted run continues to the bit.

One safetensors file holds network, loss, optimizer and both of torch's generators; its header holds the step, the
sampler's position, the history and the recipe as JSON. It is written atomically, so that a kill at any moment leaves
the old file or the new one. Pickle is not used, since a state file may come from an untrusted source.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import nn

from verifier import files
from verifier.learning import refusals

HEADER_KEY = "told"
"""Key of the JSON part in the file's metadata; the name stays, since runs that are under way are continued."""


def save(
    path: Path,
    *,
    modules: dict[str, nn.Module],
    optimizer: torch.optim.Optimizer,
    generators: dict[str, torch.Generator],
    header: dict[str, Any],
) -> None:
    """Write the whole state; `header` holds JSON values."""
    kept: dict[str, torch.Tensor] = {"random/global": torch.get_rng_state()}
    for name, generator in generators.items():
        kept[f"random/{name}"] = generator.get_state()
    for name, module in modules.items():
        for key, value in module.state_dict().items():
            kept[f"{name}/{key}"] = value.detach().cpu().contiguous().clone()
    for index, entry in optimizer.state_dict()["state"].items():
        for key, value in entry.items():
            if value is not None:
                kept[f"optimizer/{index}/{key}"] = torch.as_tensor(value).detach().cpu().clone()
    write(path, kept, {HEADER_KEY: json.dumps(header)})


def write(path: Path, kept: dict[str, torch.Tensor], metadata: dict[str, str]) -> None:
    """Write a safetensors file, the old one or the new one at any moment."""
    files.write_atomically(path, safetensors.torch.save(kept, metadata))


def read_header(path: Path) -> dict[str, Any]:
    """Return the JSON part alone; raises `StateInvalid`."""
    try:
        with safetensors.safe_open(str(path), framework="pt") as file:
            answer: dict[str, Any] = json.loads(file.metadata()[HEADER_KEY])
            return answer
    except (OSError, safetensors.SafetensorError, KeyError, TypeError, ValueError) as error:
        raise refusals.StateInvalid(path=str(path), reason=str(error)) from error


def tensors(path: Path) -> dict[str, torch.Tensor]:
    """Return every tensor of a state, by name."""
    return safetensors.torch.load_file(str(path))


def load(
    path: Path,
    *,
    modules: dict[str, nn.Module],
    optimizer: torch.optim.Optimizer,
    generators: dict[str, torch.Generator],
) -> None:
    """Restore modules, optimizer and generators; raises `StateInvalid`."""
    try:
        kept = tensors(path)
        for name, module in modules.items():
            module.load_state_dict(_under(kept, f"{name}/"))
        torch.set_rng_state(kept["random/global"])
        for name, generator in generators.items():
            generator.set_state(kept[f"random/{name}"])
        entries: dict[int, dict[str, torch.Tensor]] = {}
        for key, value in _under(kept, "optimizer/").items():
            index, _, field = key.partition("/")
            entries.setdefault(int(index), {})[field] = value
        optimizer.load_state_dict({"state": entries, "param_groups": optimizer.state_dict()["param_groups"]})
    except (OSError, safetensors.SafetensorError, KeyError, RuntimeError, ValueError) as error:
        raise refusals.StateInvalid(path=str(path), reason=str(error)) from error


def load_weights(path: Path, module: nn.Module) -> None:
    """Restore the weights of one network; raises `StateInvalid`."""
    try:
        module.load_state_dict(safetensors.torch.load_file(str(path)))
    except (OSError, safetensors.SafetensorError, RuntimeError) as error:
        raise refusals.StateInvalid(path=str(path), reason=str(error)) from error


def _under(kept: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {key.removeprefix(prefix): value for key, value in kept.items() if key.startswith(prefix)}
