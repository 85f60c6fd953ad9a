"""What can be said of a drawing without any training: which way do its strokes run, and where?

Histograms of oriented gradients (Dalal and Triggs, CVPR 2005) of the skeleton drawn three pixels wide, so that
the pen's width plays no part. Beside a network they see the same picture in another way, and their mistakes differ.
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
