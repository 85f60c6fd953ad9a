"""Join signature networks, each trained without another fold of the signers, with stroke matching."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from verifier import checkpoints
from verifier.learning import ensemble, readers

HELP = "join signature networks into one comparator"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("networks", nargs="+", type=Path, help="cards of trained networks (NAME.json)")
    parser.add_argument("--data", required=True, type=Path, help="the folder they were trained on")
    parser.add_argument("--into", required=True, type=Path)


def run(arguments: argparse.Namespace) -> int:
    """Read the signers, fit the calibration, measure, and write the card."""
    prepared = checkpoints.read_card(arguments.networks[0].with_suffix(".json")).preparation
    reader = readers.Reader.from_preparation(prepared, show_progress=sys.stderr.isatty())
    signers = reader.read(arguments.data)
    test = reader.read(arguments.data, part="test") if (arguments.data / "test").is_dir() else None
    card = ensemble.assemble(
        arguments.into,
        networks=arguments.networks,
        signers=signers,
        test=test,
        description=f"{arguments.data.name}, {len(signers.classes)} signers",
    )
    print(json.dumps({"name": card.name, "metrics": card.further["metrics"]}, indent=2))
    return 0
