"""What can be said of a drawing without any training: which way do its strokes run, and where?

Histograms of oriented gradients (Dalal and Triggs, CVPR 2005) of the skeleton drawn three pixels wide, so that
the pen's width plays no part. Beside a network they see the same picture in another way, and their mistakes differ.

The box around a drawing changes with every long flourish. The ink's spread around its middle changes less, so the
drawing can be looked at in other *views*: scaled by that spread, or by the spread of each direction for itself.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.values import FloatArray

CELL_PIXELS = 16
ORIENTATIONS = 9
CLIPPED_AT = 0.2
"""Largest share of one entry after the first normalization (the paper's L2-Hys)."""

SPREAD = 0.22
"""Root mean square distance of ink from its middle in the view `spread`, as a share of the canvas' width ..."""
SPREAD_DOWN = 0.25
"""... and at most so much of its height in the vertical, so that tall drawings stay on the canvas."""
EVENED = (1 / 6, 0.2)
"""The same in the view `evened`: down as a share of the height, across as a share of the width."""


def viewed(picture: NDArray[np.uint8], view: str) -> NDArray[np.uint8]:
    """uint8 (h, w), ink light -> the same drawing in a view: `box` (as it is), `spread` or `evened`.

    Raises:
        KeyError: no such view.
    """
    if view == "box":
        return picture
    height, width = picture.shape
    amount = picture.astype(np.float64)
    total = max(float(amount.sum()), 1.0)
    rows, columns = np.arange(height), np.arange(width)
    row, column = float(amount.sum(axis=1) @ rows) / total, float(amount.sum(axis=0) @ columns) / total
    down = max(1.0, float(np.sqrt(amount.sum(axis=1) @ np.square(rows - row) / total)))
    across = max(1.0, float(np.sqrt(amount.sum(axis=0) @ np.square(columns - column) / total)))
    down_step, across_step = STEPS[view](down / height, across / width, width / height)
    read_at = np.array(
        [[across_step, 0, column - across_step * (width - 1) / 2], [0, down_step, row - down_step * (height - 1) / 2]],
        np.float32,
    )
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(picture, read_at, (width, height), flags=how), dtype=np.uint8)


def _spread(down: float, across: float, shape: float) -> tuple[float, float]:
    step = max(float(np.hypot(down / shape, across)) / SPREAD, down / SPREAD_DOWN)
    return step, step


def _evened(down: float, across: float, _shape: float) -> tuple[float, float]:
    return down / EVENED[0], across / EVENED[1]


STEPS = {"spread": _spread, "evened": _evened}
"""View -> pixels of the picture to one of the view, down and across, from the spread as shares of the sides."""


def gradients(picture: NDArray[np.uint8]) -> FloatArray:
    """uint8 (h, w), ink light, sides multiples of `CELL_PIXELS` -> one vector of normalized histograms."""
    stroke = cv2.dilate(skeleton(picture > 100).astype(np.uint8), np.ones((3, 3), np.uint8))
    soft = cv2.GaussianBlur(stroke.astype(np.float32), (0, 0), 1.0)
    down, right = np.gradient(soft)
    strength = np.hypot(down, right)
    position = (np.arctan2(down, right) % np.pi) / np.pi * ORIENTATIONS
    lower = np.floor(position).astype(int) % ORIENTATIONS
    share = position - np.floor(position)
    rows, columns = picture.shape[0] // CELL_PIXELS, picture.shape[1] // CELL_PIXELS
    cells = np.zeros((rows, columns, ORIENTATIONS), dtype=np.float64)
    row, column = np.mgrid[0 : picture.shape[0], 0 : picture.shape[1]]
    row, column = row // CELL_PIXELS, column // CELL_PIXELS
    inside = (row < rows) & (column < columns)
    for bins, weight in ((lower, 1 - share), ((lower + 1) % ORIENTATIONS, share)):
        np.add.at(cells, (row[inside], column[inside], bins[inside]), (strength * weight)[inside])
    blocks = np.concatenate([cells[:-1, :-1], cells[:-1, 1:], cells[1:, :-1], cells[1:, 1:]], axis=2)
    clipped = np.minimum(_unit(blocks), CLIPPED_AT)
    return np.asarray(_unit(clipped).ravel(), dtype=np.float32)


def _unit(blocks: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(blocks / np.sqrt(np.square(blocks).sum(axis=2, keepdims=True) + 1e-4), dtype=np.float64)


def skeleton(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Thin strokes to one pixel (Zhang and Suen, CACM 1984): peel the rim in two half steps until nothing changes."""
    left = ink.copy()
    while True:
        changed = False
        for half in (0, 1):
            removable = _removable(left, half)
            if removable.any():
                left &= ~removable
                changed = True
        if not changed:
            return left


def _removable(ink: NDArray[np.bool_], half: int) -> NDArray[np.bool_]:
    framed = np.pad(ink, 1)
    height, width = ink.shape
    around = [
        framed[1 + row : 1 + row + height, 1 + column : 1 + column + width]
        for row, column in ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
    ]
    neighbours = sum(part.astype(np.int8) for part in around)
    steps = sum((~part & after).astype(np.int8) for part, after in zip(around, [*around[1:], around[0]], strict=True))
    north, east, south, west = around[0], around[2], around[4], around[6]
    if half == 0:
        open_side = ~(north & east & south) & ~(east & south & west)
    else:
        open_side = ~(north & east & west) & ~(north & south & west)
    return np.asarray(ink & (neighbours >= 2) & (neighbours <= 6) & (steps == 1) & open_side, dtype=bool)
