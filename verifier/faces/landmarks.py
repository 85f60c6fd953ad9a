"""Landmarks of one face, found again on a look at the face alone and with its tilt taken out.

The landmarks decide what the encoder sees. Where they were found on a whole picture they follow a tilt of the head by
a part only: YuNet reads a tilt of 20 degrees as 5 on a face 93 pixels wide, and as 17 on one 240 pixels wide. So the
face is cut out, smoothed, brightened where it is dark, scaled to one width and turned upright by the tilt known so far;
where the look finds that much tilt was left, another one follows. The picture itself is not changed: the encoder gets
its own pixels.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.faces import alignment
from verifier.values import Box, Face, FloatArray, RgbImage, frozen_array

LOOK_PIXELS = 240
"""Width of the face in a look. By a look at 112, 160, 200, 240 and 320 pixels, eyes and mouth are 3.5, 2.6, 1.8, 1.7
and 1.9 of the crop's pixels off their places (median of 40 upright photos), once the tilt is out."""

LOOK_EDGE_PIXELS = 320
"""Edge of the square look: a third more than the face, and what the detector takes in one step."""

SMOOTHED = 1 / 90
"""Spread (sigma) of the smoothing, relative to the width of the face. Without it noisy faces, once enlarged, have no
face: 35 of 100 at a sigma of 25, none with it; on clean ones the landmarks are as good."""

TILT_LEFT_DEGREES = 8.0
"""Tilt left in a look from which on another one follows."""

MOST_LOOKS = 3
"""A tilt of 45 degrees needs three."""

DARK, BRIGHTENED = 100.0, 200.0
"""Value, 0 to 255, that the brighter parts (the 98th percentile) have to reach, and the one they are brought to."""

Detect = Callable[[NDArray[np.uint8]], list[Face]]
"""Finds the faces of a small picture, in its pixels."""


def located(image: RgbImage, face: Face, *, detect: Detect) -> Face:
    """Return the face with the landmarks of the last look; as it came where no look finds it."""
    known = face
    for _ in range(MOST_LOOKS):
        tilt = tilt_degrees(known.landmarks)
        seen = _look(image, known, tilt=tilt, detect=detect)
        if seen is None:
            break
        known = seen
        if abs(tilt_degrees(seen.landmarks) - tilt) <= TILT_LEFT_DEGREES:
            break
    return known


def tilt_degrees(landmarks: FloatArray) -> float:
    """Return by how much the face is turned clockwise in the plane of the picture, by the alignment of all five."""
    matrix = alignment.transform(landmarks)
    return -math.degrees(math.atan2(matrix[1, 0], matrix[0, 0]))


def brightened(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a dark picture as if it had been exposed longer, for the detector alone; any other one unchanged."""
    brighter = float(np.percentile(picture[::2, ::2].max(axis=2), 98))
    if brighter >= DARK:
        return picture
    return np.asarray(cv2.convertScaleAbs(picture, alpha=BRIGHTENED / max(brighter, 1.0)), dtype=np.uint8)


def _look(image: RgbImage, face: Face, *, tilt: float, detect: Detect) -> Face | None:
    """Return the face as it is found when it stands upright by `tilt` and fills most of a picture of its own."""
    centre = face.landmarks.mean(axis=0, dtype=np.float64)
    scale = LOOK_PIXELS / face.box.width
    reach = math.ceil(LOOK_EDGE_PIXELS / scale * math.sqrt(0.5)) + 2
    left, top = (round(float(one)) - reach for one in centre)
    patch = _smoothed(_cut(image, left=left, top=top, edge=2 * reach), sigma=face.box.width * SMOOTHED)
    shrunk = min(1.0, 2 * scale)  # a strong reduction averages over areas
    if shrunk < 1.0:
        edge = max(1, round(2 * reach * shrunk))
        patch = np.asarray(cv2.resize(patch, (edge, edge), interpolation=cv2.INTER_AREA), dtype=np.uint8)
        shrunk = edge / (2 * reach)
    x, y = (centre - (left, top)) * shrunk
    turn = np.array(cv2.getRotationMatrix2D((float(x), float(y)), tilt, scale / shrunk), dtype=np.float64)
    turn[:, 2] += (LOOK_EDGE_PIXELS / 2 - x, LOOK_EDGE_PIXELS / 2 - y)
    size = (LOOK_EDGE_PIXELS, LOOK_EDGE_PIXELS)
    upright = cv2.warpAffine(patch, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    middle = [
        seen
        for seen in detect(brightened(np.asarray(upright, dtype=np.uint8)))
        if np.linalg.norm(seen.landmarks.mean(axis=0) - LOOK_EDGE_PIXELS / 2) <= LOOK_PIXELS / 2
    ]
    if not middle:
        return None
    best = max(middle, key=lambda seen: seen.score)
    back = np.asarray(cv2.invertAffineTransform(turn), dtype=np.float64)
    return _placed(best, matrix=back, shrunk=shrunk, left=left, top=top, scale=scale)


def _cut(image: RgbImage, *, left: int, top: int, edge: int) -> NDArray[np.uint8]:
    """Cut out a square; where it reaches beyond the picture, the edge of the picture goes on."""
    height, width = image.shape[:2]
    x0, y0 = min(max(left, 0), width - 1), min(max(top, 0), height - 1)
    x1, y1 = max(min(left + edge, width), x0 + 1), max(min(top + edge, height), y0 + 1)
    beyond = (max(0, y0 - top), max(0, top + edge - y1), max(0, x0 - left), max(0, left + edge - x1))
    inner = np.ascontiguousarray(image[y0:y1, x0:x1])
    return np.asarray(cv2.copyMakeBorder(inner, *beyond, cv2.BORDER_REPLICATE), dtype=np.uint8)


def _smoothed(patch: NDArray[np.uint8], *, sigma: float) -> NDArray[np.uint8]:
    return np.asarray(cv2.GaussianBlur(patch, (0, 0), max(sigma, 0.1)), dtype=np.uint8)


def _placed(face: Face, *, matrix: NDArray[np.float64], shrunk: float, left: int, top: int, scale: float) -> Face:
    """Return the face of a look in the pixels of the picture; the box keeps the face's own width and height."""
    offset = np.array([left, top], dtype=np.float64)

    def moved(points: NDArray[np.floating]) -> NDArray[np.float64]:
        return (points.astype(np.float64) @ matrix[:, :2].T + matrix[:, 2]) / shrunk + offset

    box = face.box
    (x, y), *_ = moved(np.array([[box.left + box.width / 2, box.top + box.height / 2]])).tolist()
    width, height = box.width / scale, box.height / scale
    return Face(
        box=Box(left=x - width / 2, top=y - height / 2, width=width, height=height),
        landmarks=frozen_array(moved(face.landmarks).astype(np.float32)),
        score=face.score,
    )
