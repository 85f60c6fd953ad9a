"""The ONNX files of encoders: written from their checkpoints, and found beside them or in a prepared folder.

An encoder of two sources has two files, `NAME.onnx` for references and `NAME-second.onnx` for probes.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verifier import checkpoints, errors
from verifier.checkpoints import Card, Preparation, Weights

logger = logging.getLogger(__name__)

SECOND = "-second"
"""Ending of the name of a second encoder's file."""

JOINED = "comparator"
"""Architecture on the card of several networks joined, which has no weights of its own."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One network of a checkpoint. `name`: of its ONNX file; `weights`: those of a checkpoint without their prefix."""

    name: str
    architecture: str
    options: Mapping[str, Any]
    preparation: Preparation
    prefix: str = ""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of the input."""
        return self.preparation.channels, self.preparation.height_pixels, self.preparation.width_pixels

    def own(self, weights: Weights) -> Weights:
        """Return this network's weights, by their names within it."""
        return {key.removeprefix(self.prefix): value for key, value in weights.items() if key.startswith(self.prefix)}


def parts(card: Card, *, name: str) -> tuple[Part, ...]:
    """Return the networks of a checkpoint: one, or two for two sources; none for a card of a joined comparator.

    Raises:
        ModelWrong: the card says that there is a second encoder, but not which.
    """
    options = card.further.get("options", {})
    if card.architecture == JOINED:
        return ()
    if card.further.get("comparator", {}).get("kind") != "two_sources":
        return (Part(name=name, architecture=card.architecture, options=options, preparation=card.preparation),)
    try:
        block = card.further["second"]
        second = Part(
            name=f"{name}{SECOND}",
            architecture=block["architecture"],
            options=block["options"],
            preparation=Preparation(**block["preparation"]),
            prefix="other.",
        )
    except (KeyError, TypeError) as error:
        raise errors.ModelWrong(file=f"{name}.json", expected="a second encoder", found=str(error)) from error
    first = Part(
        name=name,
        architecture=card.architecture,
        options=options,
        preparation=card.preparation,
        prefix="encoder.",
    )
    return first, second


def write(folder: Path, *, name: str, into: Path | None = None) -> None:
    """Write the ONNX files of a checkpoint, beside it or into another folder.

    Raises:
        ModelMissing, ModelWrong: the checkpoint cannot be read, or its architecture has no graph.
    """
    from verifier.networks import graphs  # noqa: PLC0415  (brings onnx, slow to import)

    weights, card = checkpoints.load(folder, name=name)
    for part in parts(card, name=name):
        data = graphs.write(part.architecture, options=part.options, weights=part.own(weights), shape=part.shape)
        checkpoints.save_onnx(into or folder, name=part.name, data=data, source=card.sha256)


def write_shipped(weights: Path, *, into: Path) -> None:
    """Write the ONNX files of every network in the library's folder of weights."""
    for path in sorted(weights.glob("*.safetensors")):
        write(weights, name=path.stem, into=into)


def find(part: Part, *, card: Card, folders: tuple[Path, ...]) -> Path | None:
    """Return the ONNX file of a network in the first folder that has it; None where it was never written.

    Raises:
        ModelWrong: it is not the file that was written.
    """
    found = (checkpoints.find_onnx(folder, name=part.name, source=card.sha256) for folder in folders)
    return next((path for path in found if path is not None), None)
