"""Train an encoder by a recipe, on data of your own or on a known set; continue a run that was interrupted.

The folder given by --into holds the state during training and, at the end, the encoder (NAME.safetensors), its card
(NAME.json) and its plots. The same command, given again, continues the run, or does nothing when it is complete.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

import torch

from verifier.learning import (
    cluster_shapes,
    data,
    export,
    layouts,
    readers,
    recipe,
    refusals,
    run_evaluation,
    run_plots,
    sources,
    training,
)
from verifier.learning.data import LabelledPictures

HELP = "train an encoder by a recipe"
INTERRUPTED = "Run the same line again: it continues where the state was last written."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("recipe", help="a TOML file, or the name of one that comes with the library")
    parser.add_argument("--data", required=True, type=Path, help="folder per class, npz file or Omniglot's archives")
    parser.add_argument("--also", action="append", default=[], type=Path, help="further classes, for training only")
    parser.add_argument("--second", type=Path, help="pictures of the second source, in a two-source task")
    parser.add_argument(
        "--class-from",
        choices=layouts.CLASS_FROM,
        default="auto",
        help="what names the class: the outer or inner folder, all of the path, or the file's name",
    )
    parser.add_argument("--into", type=Path, help="folder of the run (default: var/training/NAME-SEED)")
    parser.add_argument("--seed", type=int, help="instead of the one in the recipe")
    parser.add_argument("--threads", type=int, default=1, help="1 makes a continued run equal to the bit")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def run(arguments: argparse.Namespace) -> int:
    """Read the data, train, measure, and write the encoder, its card and its plots."""
    torch.set_num_threads(arguments.threads)
    plan = recipe.read(recipe.find(arguments.recipe), seed=arguments.seed)
    default = Path(os.environ.get("MUSTER_VAR", "var")) / "training" / f"{plan.name}-{plan.seed}"
    folder: Path = arguments.into or default
    reader = readers.Reader.from_choice(plan.data, show_progress=not arguments.quiet, class_from=arguments.class_from)
    whole = reader.read(arguments.data)
    further = data.joined([reader.read(path) for path in arguments.also]) if arguments.also else None
    readers.check_classes(whole)
    given, given_test = _second_source(arguments, plan, quiet=arguments.quiet)
    material = data.prepare(whole, plan.data, seed=plan.seed, further=further)
    material = sources.with_second(material, plan.data, seed=plan.seed, given=given)
    trained = training.Run(plan, material, folder=folder, show_progress=not arguments.quiet).finish()
    runs = arguments.data / run_evaluation.RUNS
    description = (
        f"{arguments.data.name}, {len(material.training)} pictures of {len(material.training.classes)} classes"
    )
    test = run_evaluation.read_test_part(reader, arguments.data, recipe=plan)
    second_test = None
    if test is not None and plan.data.second_source and (given is None or given_test is not None):
        second_test = sources.other_side(test, plan.data, given=given_test)
    measured = run_evaluation.evaluate(
        trained,
        recipe=plan,
        material=material,
        test=test,
        runs=runs if runs.exists() else None,
        description=description,
        second_test=second_test,
    )
    if plan.beside is not None and test is not None:
        measured.metrics["optimizers"] = cluster_shapes.compare_optimizers(
            folder, recipe=plan, trained=trained, material=material, test=test, show_progress=not arguments.quiet
        )
    card = export.write(
        folder,
        name=plan.name,
        recipe=plan,
        trained=trained,
        data=description,
        metrics=measured.metrics,
        calibrations=measured.calibrations,
    )
    table = measured.calibrations.get(1)
    run_plots.draw(
        folder,
        trained=trained,
        test=material.validation if test is None and second_test is None else test,
        threshold=table.midpoint_distance if table else None,
        second_test=second_test,
    )
    for path, code in reader.skipped:
        print(f"skipped {path}: {code}", file=sys.stderr)
    print(json.dumps({"name": card.name, "folder": str(folder), "metrics": measured.metrics}, indent=2))
    return 0


def _second_source(
    arguments: argparse.Namespace, plan: recipe.Recipe, *, quiet: bool
) -> tuple[LabelledPictures | None, LabelledPictures | None]:
    """Return the second source's pictures for training and for the test, where they are given."""
    if arguments.second is None:
        return None, None
    if plan.data.second_source != sources.GIVEN:
        raise refusals.RecipeRefused(
            recipe=plan.name, key="data.second_source", reason=f"must be {sources.GIVEN!r} for --second"
        )
    chosen = plan.second_data or plan.data
    reader = readers.Reader.from_choice(chosen, show_progress=not quiet)
    pictures = reader.read(arguments.second)
    readers.check_classes(pictures)
    test = run_evaluation.read_test_part(reader, arguments.second, recipe=plan)
    for path, code in reader.skipped:
        print(f"skipped {path}: {code}", file=sys.stderr)
    return pictures, test
