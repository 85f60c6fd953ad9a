"""Train an encoder and register it: `manage.py train_encoder RECIPE --data PATH`, as `python -m verifier train` does.

The run is kept under `training/` of the state folder and shown on the page Models. Registering makes the row; it does
not change which encoder recognizes people.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from attendance.recognition import training


class Command(BaseCommand):
    """Arguments -> the library's train command -> the row."""

    help = "Train an encoder by a recipe, keep it with its card and pictures, and register it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("recipe", help="a TOML file, or the name of one that comes with the library")
        parser.add_argument("--data", required=True, help="folder per class, npz file or Omniglot's archives")
        parser.add_argument("--also", action="append", default=[], help="further classes, only learnt from")
        parser.add_argument("--seed", type=int, help="instead of the one in the recipe")
        parser.add_argument("--run", help="name of the run (default: recipe and seed)")
        parser.add_argument("--quiet", action="store_true", help="no progress bar")

    def handle(self, *_: Any, **options: Any) -> None:
        """Train, or continue, and register."""
        stem = Path(options["recipe"]).stem
        run = options["run"] or (stem if options["seed"] is None else f"{stem}-{options['seed']}")
        folder = training.runs_folder() / Path(run).name
        words = [options["recipe"], "--data", options["data"], "--into", str(folder)]
        for path in options["also"]:
            words += ["--also", path]
        if options["seed"] is not None:
            words += ["--seed", str(options["seed"])]
        status = training.train([*words, "--quiet"] if options["quiet"] else words)
        if status:
            sys.exit(status)
        for card in sorted(folder.glob("*.json")):
            self.stdout.write(f"registered {training.register(card).name}")
