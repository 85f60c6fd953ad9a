"""Add a face encoder that somebody else trained: an ONNX file and a description of its input.

The description is JSON: name, licence, origin, unknown (a list of sentences), and input with width_pixels,
height_pixels, channel_order (RGB or BGR), layout (NCHW or NHWC), mean and scale (one number, or three). Then fit its
calibration: python -m verifier calibrate DIR --models MODELS --card MODELS/encoders/NAME.json.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from verifier import external_encoders
from verifier.recognizer import Recognizer

HELP = "add a face encoder of somebody else: an ONNX file with a description"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("onnx", type=Path, metavar="FILE.onnx", help="the network")
    parser.add_argument("--description", type=Path, required=True, help="JSON: name, licence, origin, unknown, input")
    parser.add_argument("--models", type=Path, default=Path("var/models"), help="folder of models (var/models)")


def run(arguments: argparse.Namespace) -> int:
    """Add it, try it, and print one line of JSON."""
    card = external_encoders.add(arguments.onnx, description=arguments.description, models=arguments.models)
    recognizer = Recognizer.open(external_encoders.open_models(arguments.models, card.name))
    answer = {
        "encoder": card.name,
        "card": str(external_encoders.card_path(arguments.models, card.name)),
        "dimension": card.dimension,
        "runtime": recognizer.runtimes[0],
        "precision": recognizer.precision,
        "milliseconds": round(recognizer.speed.encoder_milliseconds, 1),
        "calibrated": card.calibration is not None,
    }
    print(json.dumps(answer))
    return 0
