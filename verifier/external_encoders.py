"""Face encoders that others trained: an ONNX file and a card, checked and kept in a folder of encoders.

The operator describes what the network wants in a small JSON file: name, licence, origin, what is not known about it,
and its input (size, order of the channels, layout, mean, scale). Adding it checks all that, writes the file with our
own input (`networks.external_graph`), runs it once, and leaves it beside a card of the usual kind. Faces are found and
aligned as for the encoder that ships. A calibration is fitted by `python -m verifier calibrate`; without one no
threshold is true, and nothing may be decided with it.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from verifier import checkpoints, errors, origins
from verifier.checkpoints import Card, Preparation, Weights
from verifier.encoder import Encoder, self_test
from verifier.faces import alignment
from verifier.inference import openvino_network
from verifier.inference.network import Network
from verifier.networks.external_input import CHANNELS, Input
from verifier.origins import FaceModels

FOLDER = "encoders"
"""Folder of external encoders within the folder of prepared models."""

ARCHITECTURE = "external"
"""Architecture on the card of an encoder whose network came as an ONNX file."""

NAME = re.compile(r"^[a-z0-9][a-z0-9._-]{0,59}$")
LARGEST_SIDE = 1024
MOST_BYTES = 1 << 30
LEAST_NUMBERS, MOST_NUMBERS = 16, 8192


def add(onnx: Path, *, description: Path, models: Path) -> Card:
    """Check an ONNX file and its description, and keep both below the folder of prepared models.

    Idempotent: the same file with the same description is the same encoder. A calibration that was fitted before
    stays on its card.

    Raises:
        ModelMissing: one of the two files is not there.
        ModelWrong: the description or the network cannot be used; see the facts.
        InvalidEmbedding: two unlike patterns come out alike; nothing is kept.
    """
    described = _Description.read(description)
    if onnx.is_file() and onnx.stat().st_size > MOST_BYTES:
        found = f"{onnx.stat().st_size} bytes"
        raise errors.ModelWrong(file=str(onnx), expected=f"at most {MOST_BYTES} bytes", found=found)
    original = checkpoints.read(onnx)
    from verifier.networks import external_graph  # noqa: PLC0415  (brings onnx, slow to import)

    data = external_graph.wrapped(original, wanted=described.input, crop_pixels=alignment.CROP_PIXELS, file=str(onnx))
    shipped = origins.open_models(models).card.preparation
    network = _opened(data, file=str(onnx))
    card = described.card(
        data,
        original=original,
        preparation=replace(shipped, mean=0.0, scale=1.0),
        dimension=_dimension(network, file=str(onnx)),
    )
    self_test(Encoder(network, name=card.name, preparation=card.preparation))
    folder = models / FOLDER
    before = folder / f"{card.name}.json"
    if before.exists():
        card = replace(card, calibration=checkpoints.read_card(before).calibration)
    checkpoints.save_onnx(folder, name=card.name, data=data, source=card.sha256)
    checkpoints.write_card(before, card=card)
    return card


def names(models: Path) -> tuple[str, ...]:
    """Return the names of the encoders that were added to this folder of models."""
    return tuple(sorted(path.stem for path in (models / FOLDER).glob("*.json")))


def card_path(models: Path, name: str) -> Path:
    """Return the path of the card; raises ModelMissing where no encoder of this name was added."""
    path = models / FOLDER / f"{name}.json"
    if not NAME.match(name) or not path.exists():
        raise errors.ModelMissing(file=f"{name} ({FOLDER})", searched=str(models / FOLDER))
    return path


def open_models(models: Path, name: str) -> FaceModels:
    """Return the models of a recognizer that finds faces as usual and encodes them with this encoder.

    Raises:
        ModelMissing, ModelWrong: it was not added, or its file is not the one that was.
    """
    card = checkpoints.read_card(card_path(models, name))
    shipped = origins.open_models(models)
    detector = hashlib.sha256(shipped.detector).hexdigest()
    if card.preparation.detector != detector:
        raise errors.ModelWrong(file=f"{name}.json", expected=card.preparation.detector, found=detector)
    path = checkpoints.find_onnx(models / FOLDER, name=name, source=card.sha256)
    if path is None:
        raise errors.ModelMissing(file=f"{name}.onnx", searched=str(models / FOLDER))

    def no_weights() -> Weights:
        raise errors.ModelWrong(file=f"{name}.onnx", expected="OpenVINO, which runs it", found="torch")

    def read_onnx(wanted: str) -> Path | bytes | None:
        return path if wanted == origins.ENCODER_FILES else shipped.read_onnx(wanted)

    return FaceModels(detector=shipped.detector, card=card, read_weights=no_weights, read_onnx=read_onnx)


def _opened(data: bytes, *, file: str) -> Network:
    if not openvino_network.is_available():
        raise errors.ModelWrong(file=file, expected="OpenVINO, which runs it", found="no OpenVINO")
    try:
        return openvino_network.OpenVinoNetwork(data, precision="float32")
    except errors.ModelWrong as refused:
        found = str(refused.facts["found"])
        raise errors.ModelWrong(file=file, expected="a network that OpenVINO runs", found=found) from refused


def _dimension(network: Network, *, file: str) -> int:
    """Run the network once; return how many numbers it gives."""
    size = alignment.CROP_PIXELS
    given = network.run(np.full((1, CHANNELS, size, size), 127.0, np.float32))
    if given.ndim != 2 or given.shape[0] != 1 or not LEAST_NUMBERS <= given.shape[1] <= MOST_NUMBERS:
        expected = f"one row of {LEAST_NUMBERS} to {MOST_NUMBERS} numbers"
        raise errors.ModelWrong(file=file, expected=expected, found=str(given.shape))
    return int(given.shape[1])


class _Description:
    """What the operator says of a network, checked value by value."""

    def __init__(self, values: dict[str, Any], *, file: str) -> None:
        self._values, self._file = values, file
        self.name = self._text("name")
        if not NAME.match(self.name):
            self._refuse("name", "small letters, digits, '.', '-' and '_'", self.name)
        self.licence, self.origin = self._text("licence"), self._text("origin")
        unknown = values.get("unknown", [])
        if not isinstance(unknown, list) or not all(isinstance(one, str) for one in unknown):
            self._refuse("unknown", "a list of sentences", unknown)
        self.unknown: tuple[str, ...] = tuple(unknown)
        block = values.get("input")
        if not isinstance(block, dict):
            self._refuse("input", "a block", block)
        else:
            self.input = self._input(block)

    @classmethod
    def read(cls, path: Path) -> _Description:
        try:
            values = json.loads(checkpoints.read(path).decode())
        except ValueError as broken:
            raise errors.ModelWrong(file=str(path), expected="a description in JSON", found=str(broken)) from broken
        if not isinstance(values, dict):
            raise errors.ModelWrong(file=str(path), expected="a description in JSON", found=type(values).__name__)
        return cls(values, file=str(path))

    def card(self, data: bytes, *, original: bytes, preparation: Preparation, dimension: int) -> Card:
        """Return the card of the file as it is kept; `preparation`: the crop of a face as it comes."""
        checksum = hashlib.sha256(data).hexdigest()
        return Card(
            name=checkpoints.identity(self.name, checksum=checksum, preparation=preparation),
            architecture=ARCHITECTURE,
            preparation=preparation,
            dimension=dimension,
            licence=self.licence,
            origin=self.origin,
            unknown=self.unknown,
            sha256=checksum,
            further={"source_sha256": hashlib.sha256(original).hexdigest(), "input": self._values["input"]},
        )

    def _input(self, block: dict[str, Any]) -> Input:
        known = {"width_pixels", "height_pixels", "channel_order", "layout", "mean", "scale"}
        if strange := sorted(set(block) - known):
            self._refuse("input", ", ".join(sorted(known)), ", ".join(strange))
        scale = self._by_channel(block, "scale")
        if 0.0 in scale:
            self._refuse("scale", "other than 0", 0)
        return Input(
            width_pixels=self._side(block, "width_pixels"),
            height_pixels=self._side(block, "height_pixels"),
            channel_order=self._one_of(block, "channel_order", ("RGB", "BGR")),
            layout=self._one_of(block, "layout", ("NCHW", "NHWC")),
            mean=self._by_channel(block, "mean"),
            scale=scale,
        )

    def _text(self, key: str) -> str:
        value = self._values.get(key)
        if not isinstance(value, str) or not value.strip():
            self._refuse(key, "a text", value)
        return str(value).strip()

    def _side(self, block: dict[str, Any], key: str) -> int:
        value = block.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or not 16 <= value <= LARGEST_SIDE:
            self._refuse(key, f"16 to {LARGEST_SIDE}", value)
        return int(str(value))

    def _one_of(self, block: dict[str, Any], key: str, accepted: tuple[str, ...]) -> str:
        value = block.get(key, accepted[0])
        if value not in accepted:
            self._refuse(key, " or ".join(accepted), value)
        return str(value)

    def _by_channel(self, block: dict[str, Any], key: str) -> tuple[float, ...]:
        value = block.get(key)
        values = value if isinstance(value, list) else [value] * CHANNELS
        numbers = [one for one in values if isinstance(one, int | float) and not isinstance(one, bool)]
        if len(values) != CHANNELS or len(numbers) != CHANNELS or not all(map(math.isfinite, numbers)):
            self._refuse(key, "one number, or three", value)
        return tuple(float(one) for one in numbers)

    def _refuse(self, key: str, expected: str, found: object) -> None:
        raise errors.ModelWrong(file=self._file, expected=f"{key}: {expected}", found=json.dumps(found)[:200])
