"""Join trained signature networks and stroke directions into one judge, calibrated on held-out signers."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from verifier.learning import assembling, data, reading, recipe

HELP = "join signature networks into one judge"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("networks", nargs="+", type=Path, help="cards of trained networks (NAME.json)")
    parser.add_argument("--data", required=True, type=Path, help="the folder they were trained on")
    parser.add_argument("--into", required=True, type=Path)
    parser.add_argument("--seed", type=int, default=0)


def run(arguments: argparse.Namespace) -> int:
    """Read, fit, measure, write."""
    plan = recipe.read(recipe.find("signatures"))
    reader = reading.Reader(plan.data.preparation, plan.data.height, plan.data.width, show_progress=sys.stderr.isatty())
    training, held_out = data.hold_out_classes(reader.read(arguments.data), plan.data.held_out_classes)
    test = reader.read(arguments.data, part="test") if (arguments.data / "test").is_dir() else None
    card = assembling.assemble(
        arguments.into,
        networks=arguments.networks,
        training=training,
        held_out=held_out,
        test=test,
        told=f"{arguments.data.name}, {len(training.classes)} signers",
        seed=arguments.seed,
    )
    print(json.dumps({"name": card.name, "metrics": card.further["metrics"]}, indent=2))
    return 0
