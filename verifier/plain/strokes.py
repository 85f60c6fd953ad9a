"""Stroke matching: similarity of two drawings laid over each other, without training.

A drawing becomes points spread evenly over its skeleton (the pen's width has no effect), each with the direction of
the stroke, measured from the middle of the ink in units of its spread. The points of one drawing are mapped onto those
of the other by an affine map, found in a few rounds (iterated closest points: Besl and McKay, TPAMI 1992). The
distances that remain are averaged over both sides, each up to a tolerance (a truncated Hausdorff distance: Dubuisson
and Jain, ICPR 1994). A network compares the whole form, this comparison single strokes, and their errors differ.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.values import FloatArray

POINTS = 160
"""Points on a drawing; a signature's skeleton has 400 to 1,000 pixels."""
INK = 100
"""Grey level (0 to 255) above which a pixel is ink, or half of the darkest where nothing reaches it."""
DIRECTION_WEIGHT = 0.5
"""Weight of a difference of directions (0 parallel, 2 perpendicular) relative to places in units of the spread."""
TOLERANCES = (0.05, 0.15)
"""Squared distances from which on a point counts as unmatched; the costs of both are averaged."""
ROUNDS = 3
"""Rounds of the iterated closest points; further ones change nothing."""
STIFFNESS = (0.3, 0.3, 0.06)
"""Strength with which the affine map is held to the identity: width, height, place."""
NOWHERE = 10.0
"""Coordinate of padding points, far outside of every drawing."""
BATCH = 8
"""Pairs that are compared at a time; their data fit into a processor's cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Strokes:
    """Points of n drawings.

    `places` (n, p, 2): right and down from the middle of the ink, 1 = root mean square distance from it.
    `directions` (n, p, 2): cosine and sine of twice the angle, shorter where strokes cross. `real` (n, p): False
    where a short drawing has fewer points.
    """

    places: FloatArray
    directions: FloatArray
    real: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.places)

    def rows(self, chosen: NDArray[np.int64]) -> Strokes:
        """Return the chosen drawings, in that order."""
        return Strokes(self.places[chosen], self.directions[chosen], self.real[chosen])


def extract(pictures: NDArray[np.uint8]) -> Strokes:
    """Return the points of pictures uint8 (n, h, w), ink light."""
    found = [_points(picture) for picture in pictures]
    places, directions, real = (np.stack(part) for part in zip(*found, strict=True))
    return Strokes(places, directions, real)


def similarities(first: Strokes, second: Strokes) -> NDArray[np.float64]:
    """Return the similarity of every drawing of one side to every one of the other, (n, m), 1 to -1; symmetric."""
    answer = np.zeros((len(first), len(second)))
    rows, columns = np.triu_indices(len(first)) if first is second else np.indices(answer.shape).reshape(2, -1)
    for start in range(0, len(rows), BATCH):
        row, column = rows[start : start + BATCH], columns[start : start + BATCH]
        one, other = first.rows(row), second.rows(column)
        answer[row, column] = 1 - (_cost(one, other) + _cost(other, one))
    if first is second:
        answer[columns, rows] = answer[rows, columns]
    return answer


def _cost(moved: Strokes, fixed: Strokes) -> FloatArray:
    """Map each moved drawing onto its fixed one; return the share of unmatched points (n,), 0 to 1."""
    unmoved = np.broadcast_to(np.array([[1, 0], [0, 1], [0, 0]], np.float32), (len(moved), 3, 2))
    laid, there = unmoved, _seen(fixed, fixed.places, outside=-NOWHERE)
    for _ in range(ROUNDS):
        laid = _laid(moved, fixed, _apart(moved, laid, there), unmoved)
    apart = _apart(moved, laid, there)
    sides = ((apart.min(axis=2), moved.real), (apart.min(axis=1), fixed.real))
    costs = [
        (np.clip(near / tolerance, 0, 1) * real).sum(axis=1) / real.sum(axis=1)
        for tolerance in TOLERANCES
        for near, real in sides
    ]
    return np.asarray(np.mean(costs, axis=0), dtype=np.float32)


def _apart(moved: Strokes, laid: FloatArray, there: FloatArray) -> FloatArray:
    """Return the squared distances of all points, (n, p, p), of places and directions together."""
    here = _seen(moved, moved.places @ laid[:, :2] + laid[:, 2:], outside=NOWHERE)
    products = (-2 * here) @ there.transpose(0, 2, 1)
    products += np.square(here).sum(axis=2)[:, :, None]
    products += np.square(there).sum(axis=2)[:, None]
    return products


def _seen(drawings: Strokes, places: FloatArray, *, outside: float) -> FloatArray:
    """Return the points as (n, p, 5); padding points lie far outside, those of each drawing on another side."""
    aside = np.float32(outside) * (~drawings.real)[..., None]
    return np.concatenate((places, np.float32(DIRECTION_WEIGHT) * drawings.directions, aside), axis=2)


def _laid(moved: Strokes, fixed: Strokes, apart: FloatArray, unmoved: FloatArray) -> FloatArray:
    """Return the affine map (n, 3, 2) that brings nearest points of both sides together; far ones hardly count."""
    nearest, nearest_back = apart.argmin(axis=2), apart.argmin(axis=1)
    near = np.take_along_axis(apart, nearest[:, :, None], axis=2)[:, :, 0]
    near_back = np.take_along_axis(apart, nearest_back[:, None], axis=1)[:, 0]
    before = np.concatenate((moved.places, _taken(moved.places, nearest_back)), axis=1)
    after = np.concatenate((_taken(fixed.places, nearest), fixed.places), axis=1)
    weight = np.exp(-np.maximum(np.concatenate((near, near_back), axis=1), 0) / (2 * max(TOLERANCES)))[..., None]
    held = np.diag(np.array(STIFFNESS, np.float32)) * weight.sum(axis=1, keepdims=True)
    known = np.concatenate((before, np.ones_like(before[..., :1])), axis=2)
    weighted = (known * weight).transpose(0, 2, 1)
    solved = np.linalg.solve(weighted @ known + held, weighted @ after + held @ unmoved)
    return np.asarray(solved, dtype=np.float32)


def _taken(places: FloatArray, numbers: NDArray[np.int64]) -> FloatArray:
    return np.take_along_axis(places, numbers[..., None], axis=1)


def _points(
    picture: NDArray[np.uint8],
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
    thin = skeleton(picture > min(INK, int(picture.max()) // 2))
    down, right = np.nonzero(thin)
    pixels = np.stack((right, down), axis=1).astype(np.float32)
    if not len(pixels):
        pixels = np.zeros((1, 2), np.float32)
    middle = pixels.mean(axis=0)
    spread = max(1.0, float(np.sqrt(np.square(pixels - middle).sum(axis=1).mean())))
    chosen = _evenly(pixels)
    count = len(chosen)
    places, directions = np.zeros((2, POINTS, 2), np.float32)
    places[:count] = (pixels[chosen] - middle) / spread
    column, row = pixels[chosen].astype(int).T
    directions[:count] = _directions(thin)[row, column]
    return places, directions, np.arange(POINTS) < count


def _evenly(pixels: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the numbers of up to `POINTS` pixels, each the farthest from those chosen before."""
    if len(pixels) <= POINTS:
        return np.arange(len(pixels))
    chosen = [0]
    distance = np.square(pixels - pixels[0]).sum(axis=1)
    while len(chosen) < POINTS:
        chosen.append(int(distance.argmax()))
        distance = np.minimum(distance, np.square(pixels - pixels[chosen[-1]]).sum(axis=1))
    return np.array(chosen)


def _directions(thin: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return (h, w, 2): cosine and sine of twice the angle of the stroke around each pixel (structure tensor)."""
    stroke = cv2.dilate(thin.astype(np.uint8), np.ones((3, 3), np.uint8))
    down, right = np.gradient(cv2.GaussianBlur(stroke.astype(np.float32), (0, 0), 1.0))
    along, across, both = (
        cv2.GaussianBlur(product, (0, 0), 2.0) for product in (right * right, down * down, right * down)
    )
    strength = along + across + 1e-6
    return np.asarray(np.stack(((along - across) / strength, 2 * both / strength), axis=2), dtype=np.float32)


def skeleton(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Thin strokes to one pixel (Zhang and Suen, CACM 1984): remove rim pixels in two half steps until none is left."""
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
