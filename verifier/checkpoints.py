"""How is a network kept, so that nobody wonders later what it is?

As two files side by side: `NAME.safetensors` (numbers only; a pickle could run code) and `NAME.json`, the card:
what it is, how its input is prepared, where it comes from, under which licence, what is *not* known about it,
the SHA-256 of the weights, and the calibration once one was fitted. A card keeps keys that it does not know.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from verifier import errors

Weights = dict[str, NDArray[np.float32]]
"""Name of a parameter -> its values."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """What is done to a picture before the network sees it; part of the encoder's identity.

    `kind`: "face" (detected and aligned) or "plain" (scaled to fit). `mean` and `scale`: the network sees
    (value - mean) * scale of 0..255. `version` is raised by hand when the same settings begin to give other
    crops (another interpolation, say). `detector`: SHA-256 of the detector's file, for faces.
    """

    kind: str
    width_pixels: int
    height_pixels: int
    channels: int
    mean: float
    scale: float
    version: int = 1
    detector: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """What is known of a network, and what is not.

    `name` ends in a short checksum (see `identity`), so two encoders never share one. `unknown`: sentences.
    `mirrored_reference`: whether a reference is the average with its mirror image (a probe never is).
    `calibration`: the block that `calibration.Calibration` reads. `further`: any other JSON, kept as it came.
    """

    name: str
    architecture: str
    preparation: Preparation
    dimension: int
    licence: str
    origin: str
    unknown: tuple[str, ...]
    sha256: str = ""
    mirrored_reference: bool = False
    calibration: dict[str, Any] | None = None
    further: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the card as text for its file; unknown keys stand beside the known ones."""
        known = asdict(self)
        further = known.pop("further")
        return json.dumps(known | further, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Card:
        """Read what `to_json` wrote. Raises ValueError, KeyError or TypeError on anything else."""
        told: dict[str, Any] = json.loads(text)
        names = {one.name for one in fields(cls)} - {"further"}
        known = {name: value for name, value in told.items() if name in names}
        known["preparation"] = Preparation(**told["preparation"])
        known["unknown"] = tuple(told["unknown"])
        return cls(**known, further={name: value for name, value in told.items() if name not in names})


def identity(stem: str, *, checksum: str, preparation: Preparation) -> str:
    """Return the stem with eight digits that change with the weights *and* with the preparation.

    Vectors of another preparation must never be compared with these, so they get another name.
    """
    told = json.dumps([checksum, asdict(preparation)], sort_keys=True)
    return f"{stem}-{hashlib.sha256(told.encode()).hexdigest()[:8]}"


def save(folder: Path, *, name: str, weights: Mapping[str, NDArray[np.float32]], card: Card) -> Card:
    """Write both files, each whole or not at all; return the card with the checksum filled in."""
    # Not `ascontiguousarray`: it would turn a single number into a row of one.
    data = safetensors.numpy.save({key: np.asarray(values, order="C") for key, values in weights.items()})
    told = {one.name: getattr(card, one.name) for one in fields(card)}
    finished = Card(**(told | {"sha256": hashlib.sha256(data).hexdigest()}))
    write_whole(folder / f"{name}.safetensors", data=data)
    write_card(folder / f"{name}.json", card=finished)
    return finished


def write_card(path: Path, *, card: Card) -> None:
    """Write the card alone."""
    write_whole(path, data=card.to_json().encode())


def load(folder: Path, *, name: str) -> tuple[Weights, Card]:
    """Return the weights and the card, after checking that they belong together.

    Raises:
        ModelMissing: one of the two files is not there.
        ModelWrong: the weights are not those of the card, or a file cannot be read.
    """
    card = read_card(folder / f"{name}.json")
    path = folder / f"{name}.safetensors"
    data = read(path)
    found = hashlib.sha256(data).hexdigest()
    if found != card.sha256:
        raise errors.ModelWrong(file=str(path), expected=card.sha256, found=found)
    return safetensors.numpy.load(data), card


def read_card(path: Path) -> Card:
    """Return the card in the file."""
    try:
        return Card.from_json(read(path).decode())
    except (ValueError, KeyError, TypeError, AttributeError) as damage:
        raise errors.ModelWrong(file=str(path), expected="a model card", found=repr(damage)) from damage


def read(path: Path) -> bytes:
    """Return a model file's bytes, or say which one is missing."""
    try:
        return path.read_bytes()
    except OSError as missing:
        raise errors.ModelMissing(file=str(path)) from missing


def write_whole(path: Path, *, data: bytes) -> None:
    """Write under another name first: a reader sees the old file or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise
