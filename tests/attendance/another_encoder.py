"""A second face encoder for tests: the one that ships, with red and blue exchanged, as somebody else's ONNX file."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from verifier import checkpoints, external_encoders, origins
from verifier.recognizer import Recognizer


def prepare(folder: Path) -> str:
    """Prepare a folder of models with the encoder added and calibrated; return the encoder's name."""
    shipped = origins.prepare(folder).card
    preparation = shipped.preparation
    description = folder / "description.json"
    values = {
        "name": "another",
        "licence": "Apache-2.0",
        "origin": "the encoder that ships, with red and blue exchanged",
        "unknown": ["whom it was trained on"],
        "input": {
            "width_pixels": preparation.width_pixels,
            "height_pixels": preparation.height_pixels,
            "channel_order": "BGR",
            "mean": preparation.mean,
            "scale": preparation.scale,
        },
    }
    description.write_text(json.dumps(values), encoding="utf-8")
    name = external_encoders.add(folder / "sface.onnx", description=description, models=folder).name
    calibrate(folder, name)
    for models in (origins.open_models(folder), external_encoders.open_models(folder, name)):
        Recognizer.open(models)  # leaves what is compiled in the folder
    return name


def calibrate(folder: Path, name: str) -> None:
    """Give it the table of the encoder that ships, which is near enough for a test."""
    path = external_encoders.card_path(folder, name)
    card = checkpoints.read_card(path)
    table = checkpoints.read_card(folder / "sface.json").calibration
    checkpoints.write_card(path, card=dataclasses.replace(card, calibration=table))
