"""Plots of a run as PNG files, drawn without a display.

loss.png, distances.png (genuine and impostor with the threshold), curves.png (ROC and DET), embedding.png (2-D, or
the first two principal components), hardest.png (the worst mistakes of both kinds, side by side), optimizers.png
(the clusters of one run by two optimizers).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray

from verifier import files
from verifier.evaluation import clusters, error_rates
from verifier.values import FloatArray

mpl.use("Agg")
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

GENUINE, IMPOSTOR = "#1d57b8", "#a8231c"
DOTS_PER_INCH = 110
MOST_POINTS = 3000
HARDEST = 6
MOST_LETTERS = 22


def losses(path: Path, history: Sequence[dict[str, float]]) -> None:
    """Draw the loss and, where it was measured, the error on the held-out part."""
    figure = Figure(figsize=(6, 3.5), layout="constrained")
    axes = figure.subplots()
    steps = [entry["step"] for entry in history]
    shown = axes.plot(steps, [entry["loss"] for entry in history], color=GENUINE, label="loss")
    axes.set_xlabel("step")
    axes.set_ylabel("loss", color=GENUINE)
    held_out = [entry.get("held_out_error", np.nan) for entry in history]
    if not np.isnan(held_out).all():
        beside = axes.twinx()
        shown += beside.plot(steps, held_out, color=IMPOSTOR, linestyle="--", label="equal error, held-out pictures")
        beside.set_ylabel("equal error", color=IMPOSTOR)
        beside.set_ylim(bottom=0)
        beside.yaxis.set_major_formatter(PercentFormatter(1))
    axes.set_ylim(bottom=0)
    figure.legend(handles=shown, loc="outside upper center", ncols=len(shown))
    _save(figure, path)


def distances(path: Path, genuine: error_rates.Distances, impostor: error_rates.Distances, *, threshold: float) -> None:
    """Draw the histograms of genuine and impostor distances, and the threshold."""
    figure = Figure(figsize=(6, 3.5), layout="constrained")
    axes = figure.subplots()
    bins = np.linspace(0, float(max(genuine.max(), impostor.max())), 80).tolist()
    axes.hist(impostor, bins, density=True, alpha=0.6, color=IMPOSTOR, label="impostor pairs")
    axes.hist(genuine, bins, density=True, alpha=0.6, color=GENUINE, label="genuine pairs")
    axes.axvline(threshold, color="black", linestyle="--", label=f"threshold {threshold:.2f}")
    axes.set_xlabel("distance")
    axes.set_ylabel("share of pairs")
    axes.set_yticks([])
    figure.legend(loc="outside upper center", ncols=3)
    _save(figure, path)


def curves(path: Path, genuine: error_rates.Distances, impostor: error_rates.Distances) -> None:
    """Draw the ROC curve (false accepts on a logarithmic axis) and the DET curve."""
    _, accepted, refused = error_rates.rates(genuine, impostor)
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    roc, det = figure.subplots(1, 2)
    shown = np.maximum(accepted, 0.3 / len(impostor))
    area = error_rates.area_under_curve(genuine, impostor)
    roc.semilogx(shown, 1 - refused, color=GENUINE, label=f"area under curve {area:.4f}")
    roc.set_xlabel("false accept rate")
    roc.set_ylabel("true accept rate")
    roc.legend(loc="lower right")
    det.loglog(shown, np.maximum(refused, 0.3 / len(genuine)), color=GENUINE)
    equal = error_rates.equal_error(genuine, impostor)
    if equal > 0:
        det.plot(equal, equal, "o", color=IMPOSTOR, label=f"equal error {equal:.2%}")
        det.legend()
    det.set_xlabel("false accept rate")
    det.set_ylabel("false reject rate")
    _save(figure, path)


def embedding(path: Path, embeddings: FloatArray, labels: NDArray[np.int64], *, classes: Sequence[str]) -> None:
    """Draw the test set as points, in its two dimensions or its first two principal components."""
    rows = np.random.default_rng(0).permutation(len(labels))[:MOST_POINTS]
    points, shown = clusters.project_to_plane(embeddings)[rows], labels[rows]
    figure = Figure(figsize=(6, 6), layout="constrained")
    axes = figure.subplots()
    named = np.unique(shown)
    colours = mpl.colormaps["tab10" if len(named) <= 10 else "tab20"]
    for number, label in enumerate(named[:20]):
        own = points[shown == label]
        axes.scatter(own[:, 0], own[:, 1], s=5, color=colours(number), label=classes[label])
    axes.set_aspect("equal")
    figure.legend(markerscale=3, fontsize="small", loc="outside right upper")
    axes.set_title("embedding" if embeddings.shape[1] == 2 else "first two principal components")
    _save(figure, path)


def optimizers(path: Path, panels: Sequence[tuple[str, FloatArray, NDArray[np.int64]]]) -> None:
    """Draw the clusters of several runs side by side, with their elongation."""
    figure = Figure(figsize=(5 * len(panels), 5.4), layout="constrained")
    colours = mpl.colormaps["tab10"]
    for axes, (title, points, labels) in zip(np.atleast_1d(figure.subplots(1, len(panels))), panels, strict=True):
        for label in np.unique(labels):
            own = points[labels == label]
            axes.scatter(own[:, 0], own[:, 1], s=3, color=colours(int(label) % 10), label=str(label))
        whole, trimmed = (clusters.elongations(points, labels, trimmed_share=share) for share in (0.0, 0.1))
        axes.set_title(
            f"{title}: elongation median {whole.median:.2f}, largest {whole.largest:.2f}\n"
            f"without the tenth farthest out {trimmed.median:.2f} and {trimmed.largest:.2f}",
            fontsize="medium",
        )
        axes.set_aspect("equal", adjustable="datalim")
    _save(figure, path)


def hardest(
    path: Path,
    pictures: NDArray[np.uint8],
    *,
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    same: NDArray[np.bool_],
    far: error_rates.Distances,
    others: NDArray[np.uint8] | None = None,
    classes: tuple[Sequence[str], Sequence[str]] | None = None,
) -> None:
    """Draw the nearest impostor pairs and the farthest genuine pairs.

    `others`: the pictures of the second side where it is of another source. `classes`: class names of the pictures of
    the first and of the second side, which are written above them.
    """
    sides = (pictures, pictures if others is None else others)
    distinct = _distinct(first, second, of_one_source=others is None)
    false_matches, misses = (
        rows[np.argsort(sign * far[rows], kind="stable")[:HARDEST]]
        for rows, sign in ((distinct[~same[distinct]], 1), (distinct[same[distinct]], -1))
    )
    figure = Figure(figsize=(1.7 * HARDEST, 7), layout="constrained")
    grid = figure.subplots(4, HARDEST, squeeze=False)
    for block, (rows, title) in enumerate(((false_matches, "false match"), (misses, "false non-match"))):
        for column in range(HARDEST):
            for side, chosen in enumerate((first, second)):
                axes: Any = grid[2 * block + side][column]
                axes.set_axis_off()
                if column < len(rows):
                    axes.imshow(sides[side][chosen[rows[column]]], cmap="gray", vmin=0, vmax=255)
                    caption = [f"{title}, {far[rows[column]]:.2f}"] if side == 0 else []
                    caption += [_short(classes[side][chosen[rows[column]]])] if classes else []
                    axes.set_title("\n".join(caption), fontsize="small")
    _save(figure, path)


def _distinct(first: NDArray[np.int64], second: NDArray[np.int64], *, of_one_source: bool) -> NDArray[np.int64]:
    """Return one row of each pair; pairs of small sets are drawn repeatedly, and in both orders."""
    pairs = np.stack([first, second], axis=1)
    _, rows = np.unique(np.sort(pairs, axis=1) if of_one_source else pairs, axis=0, return_index=True)
    return rows.astype(np.int64)


def _short(name: str) -> str:
    """Return the end of a long name, where classes of one alphabet or folder differ."""
    return name if len(name) <= MOST_LETTERS else f"…{name[1 - MOST_LETTERS :]}"


def _save(figure: Figure, path: Path) -> None:
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=DOTS_PER_INCH)
    files.write_atomically(path, drawn.getvalue())
