"""Checkpoints: the weights of a network and the card that describes them.

A checkpoint is two files side by side: `NAME.safetensors` (numbers only; a pickle could run code) and `NAME.json`,
the card. The card says what the network is, how its input is prepared, where it comes from, under which licence,
what is *not* known about it, the SHA-256 of the weights, and the calibration once one was fitted. Keys of a card that
this version does not know are kept.

Beside them lies what runs: `NAME.onnx`, written from the weights. `onnx.checksums` holds the SHA-256 of every such file
of the folder, and of the weights that it was written from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from verifier import errors, files

Weights = dict[str, NDArray[np.float32]]
"""Name of a parameter -> its values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """Preparation of a picture before the network sees it; part of the encoder's identity.

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Description of a network, with what is not known about it.

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
        values: dict[str, Any] = json.loads(text)
        names = {one.name for one in fields(cls)} - {"further"}
        known = {name: value for name, value in values.items() if name in names}
        known["preparation"] = Preparation(**values["preparation"])
        known["unknown"] = tuple(values["unknown"])
        return cls(**known, further={name: value for name, value in values.items() if name not in names})


def identity(stem: str, *, checksum: str, preparation: Preparation) -> str:
    """Return the stem with eight hexadecimal digits that change with the weights *and* with the preparation.

    Embeddings of different preparations must never be compared, so their encoders have different names.
    """
    text = json.dumps([checksum, asdict(preparation)], sort_keys=True)
    return f"{stem}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def save(folder: Path, *, name: str, weights: Mapping[str, NDArray[np.float32]], card: Card) -> Card:
    """Write both files, each whole or not at all; return the card with the checksum filled in."""
    # Not `ascontiguousarray`: it would turn a single number into a row of one.
    data = safetensors.numpy.save({key: np.asarray(values, order="C") for key, values in weights.items()})
    values = {one.name: getattr(card, one.name) for one in fields(card)}
    finished = Card(**(values | {"sha256": hashlib.sha256(data).hexdigest()}))
    files.write_atomically(folder / f"{name}.safetensors", data)
    write_card(folder / f"{name}.json", card=finished)
    return finished


def write_card(path: Path, *, card: Card) -> None:
    """Write the card alone."""
    files.write_atomically(path, card.to_json().encode())


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


ONNX_LIST = "onnx.checksums"


def save_onnx(folder: Path, *, name: str, data: bytes, source: str) -> Path:
    """Write `NAME.onnx` and enter it in the folder's list; `source`: SHA-256 of what it was written from."""
    path = folder / f"{name}.onnx"
    files.write_atomically(path, data)
    entry = {"sha256": hashlib.sha256(data).hexdigest(), "source": source}
    listed = _onnx_list(folder) | {path.name: entry}
    files.write_atomically(folder / ONNX_LIST, json.dumps(listed, indent=2, sort_keys=True).encode() + b"\n")
    return path


def find_onnx(folder: Path, *, name: str, source: str) -> Path | None:
    """Return the path of `NAME.onnx`; None when there is none that was written from this source.

    Raises:
        ModelWrong: it is not the file that was written.
    """
    path = folder / f"{name}.onnx"
    entry = _onnx_list(folder).get(path.name, {})
    if entry.get("source") != source or not path.exists():
        return None
    check(path, expected=str(entry.get("sha256")))
    return path


def written_onnx(folder: Path) -> frozenset[str]:
    """Return the names of the ONNX files that `save_onnx` wrote into the folder."""
    return frozenset(_onnx_list(folder))


def _onnx_list(folder: Path) -> dict[str, dict[str, str]]:
    try:
        listed = json.loads((folder / ONNX_LIST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {key: value for key, value in listed.items() if isinstance(value, dict)} if isinstance(listed, dict) else {}


def check(path: Path, *, expected: str) -> None:
    """Compare a file's SHA-256 with the expected one; raises `ModelMissing` or `ModelWrong` with the file."""
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as missing:
        raise errors.ModelMissing(file=str(path)) from missing
    if found != expected:
        raise errors.ModelWrong(file=str(path), expected=expected, found=found)


def read(path: Path) -> bytes:
    """Return a model file's bytes; raises `ModelMissing` with the name of the file."""
    try:
        return path.read_bytes()
    except OSError as missing:
        raise errors.ModelMissing(file=str(path)) from missing
