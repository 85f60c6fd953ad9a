"""Comparison of random, semi-hard and hard triplets: same network, same number of steps.

`python -m benchmarks.mining mnist.npz` trains three times on MNIST by three mining strategies and prints a table. It
has the errors and the effect on the embedding: whether it collapses to one point, the distances of genuine and
impostor pairs, and the share of triplets with a loss above 0.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from verifier.evaluation import error_rates, few_shot
from verifier.learning import data, encoder_metrics, mining, readers, recipe, sampling, siamese, training
from verifier.values import FloatArray

MARGIN = 0.2
COLLAPSED = 0.95
"""Length of the mean of the unit vectors from which on the embedding counts as collapsed."""
BATCHES = 20
PAIRS = 10_000
COLUMNS = {
    "equal_error": "equal error",
    "one_shot": "1-shot, 10-way",
    "loss": "last loss",
    "active_triplets": "random triplets within the margin",
    "mean_length": "length of the mean embedding",
    "spread": "spread",
    "genuine_distance": "genuine distance",
    "impostor_distance": "impostor distance",
    "collapsed": "collapsed",
}


def plan(how: str, *, steps: int, seed: int, learning_rate: float) -> recipe.Recipe:
    """Return the recipe of one mining strategy; all other settings are equal."""
    return recipe.from_dict(
        {
            "name": f"mining-{how}",
            "steps": steps,
            "seed": seed,
            "network": {"architecture": "convnet", "widths": [16, 32, 64], "dimension": 64},
            "loss": {"name": "triplet", "margin": MARGIN, "mining": how, "seed": seed},
            "batch": {"classes": 10, "pictures": 8},
            "optimizer": {"name": "adam", "learning_rate": learning_rate, "schedule": "constant"},
            "stop": {"every_steps": max(1, steps // 10)},
        }
    )


def figures(embeddings: FloatArray, test: data.LabelledPictures, *, loss: float) -> dict[str, Any]:
    """Return error rates and the shape of the embedding (n, d)."""
    pairs = sampling.balanced_pairs(test.labels, genuine=PAIRS, impostor=PAIRS, seed=0)
    far = encoder_metrics.pair_distances(embeddings, pairs)
    genuine, impostor = far[pairs.same], far[~pairs.same]
    mean_length = float(np.linalg.norm(embeddings.mean(axis=0)))
    return {
        "equal_error": error_rates.equal_error(genuine, impostor),
        "one_shot": few_shot.accuracy(embeddings, test.labels, references=1, draws=50, seed=0),
        "loss": loss,
        "active_triplets": active_share(embeddings, test.labels),
        "mean_length": mean_length,
        "spread": float(embeddings.std(axis=0).mean()),
        "genuine_distance": float(genuine.mean()),
        "impostor_distance": float(impostor.mean()),
        "collapsed": mean_length > COLLAPSED,
    }


def active_share(embeddings: FloatArray, labels: sampling.Indices) -> float:
    """Return the share of random triplets with a loss above 0."""
    generator, active, seen = torch.Generator().manual_seed(0), 0, 0
    batches = sampling.ClassBatches(labels, classes=10, pictures=8, seed=0)
    for _ in range(BATCHES):
        rows = next(batches)
        own = torch.from_numpy(embeddings[rows])
        pairs = mining.all_pairs(torch.from_numpy(labels[rows]), torch.zeros(len(rows), dtype=torch.bool))
        found = mining.triplets(own, pairs, how="random", margin=MARGIN, generator=generator)
        near, far = ((own[found.anchors] - own[other]).norm(dim=1) for other in (found.positives, found.negatives))
        active, seen = active + int((near - far + MARGIN > 0).sum()), seen + len(near)
    return active / seen


def run(path: Path, *, steps: int, seed: int, learning_rate: float, most: int) -> dict[str, dict[str, Any]]:
    """Train and measure by all three strategies; return the figures by strategy."""
    reader = readers.Reader("digit", height_pixels=28, width_pixels=28)
    learnt, whole = (reader.read(path, part=part) for part in ("train", "test"))
    test = whole.rows(np.sort(np.random.default_rng(0).permutation(len(whole))[:most]))
    report = {}
    for how in mining.HOW:
        chosen = plan(how, steps=steps, seed=seed, learning_rate=learning_rate)
        with tempfile.TemporaryDirectory() as folder:
            trained = training.Run(chosen, data.prepare(learnt, chosen.data, seed=seed), folder=Path(folder)).finish()
        embeddings = siamese.embed_pictures(trained.encoder, test.pictures)
        report[how] = figures(embeddings, test, loss=trained.history[-1]["loss"])
        report[how]["processor_seconds"] = round(trained.cpu_seconds, 1)
        print(json.dumps({how: report[how]}), flush=True)
    return report


def table(report: dict[str, dict[str, Any]]) -> str:
    """Return a Markdown table with a row for each strategy."""
    shares = {"equal_error", "one_shot", "active_triplets"}
    lines = ["| triplets | " + " | ".join(COLUMNS.values()) + " |", "|---|" + "---|" * len(COLUMNS)]
    for how, found in report.items():
        cells = []
        for key in COLUMNS:
            value = found[key]
            text = f"{value:.2%}" if key in shares else f"{value:.3f}" if isinstance(value, float) else "no"
            cells.append("yes" if value is True else text)
        lines.append(f"| {how.replace('_', '-')} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Print the figures of each run, then the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mining", description=__doc__)
    parser.add_argument("data", type=Path, help="npz file with x_train, y_train, x_test, y_test")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--test-pictures", type=int, default=4000)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    report = run(
        arguments.data,
        steps=arguments.steps,
        seed=arguments.seed,
        learning_rate=arguments.learning_rate,
        most=arguments.test_pictures,
    )
    print(table(report))


if __name__ == "__main__":
    main()
