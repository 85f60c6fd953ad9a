"""Alignment of a face to the encoder's crop by a similarity transform of its five landmarks.

The transform (rotation, scale, shift; no shear) maps the landmarks onto the template known from ArcFace, in the sense
of least squares.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.values import FloatArray, RgbImage, frozen_array

CROP_PIXELS = 112
"""Edge of the square crop."""

TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]],
    dtype=np.float64,
)
"""Places of the five landmarks in the crop, pixels, in the order of `Face.landmarks`."""


def transform(landmarks: FloatArray) -> NDArray[np.float64]:
    """Return the (2, 3) matrix that maps picture coordinates into the crop.

    Least squares in closed form: with points as complex numbers, a similarity is z -> a z + b.
    """
    points = landmarks.astype(np.float64)
    source = points[:, 0] + 1j * points[:, 1]
    target = TEMPLATE[:, 0] + 1j * TEMPLATE[:, 1]
    centred = source - source.mean()
    spread = float(np.vdot(centred, centred).real)
    factor = np.vdot(centred, target - target.mean()) / spread if spread > 0 else 0j
    shift = target.mean() - factor * source.mean()
    return np.array([[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag]])


def misfit(landmarks: FloatArray) -> float:
    """Return the root mean square distance of the aligned landmarks to the template, relative to the eyes' distance."""
    matrix = transform(landmarks)
    moved = landmarks.astype(np.float64) @ matrix[:, :2].T + matrix[:, 2]
    eyes = float(np.linalg.norm(TEMPLATE[1] - TEMPLATE[0]))
    return float(np.sqrt(np.mean(np.sum((moved - TEMPLATE) ** 2, axis=1)))) / eyes


INNER_LEFT, INNER_RIGHT, INNER_TOP, INNER_BOTTOM = 20, 92, 16, 108
"""Inner face within the crop, pixels: brows to chin, cheek to cheek, little hair and no background."""

LIGHT_ENOUGH = 100.0
"""Least grey value, 0 to 255, of the brighter parts of a face (its 98th percentile) in the crop."""


def crop(image: RgbImage, landmarks: FloatArray) -> RgbImage:
    """Return the face as the encoder expects it: uint8 (112, 112, 3); pixels outside the picture are black."""
    size = (CROP_PIXELS, CROP_PIXELS)
    return frozen_array(cv2.warpAffine(image, transform(landmarks), size, flags=cv2.INTER_LINEAR))


def inner(crop_or_mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the inner face of a crop."""
    return crop_or_mask[INNER_TOP:INNER_BOTTOM, INNER_LEFT:INNER_RIGHT]


def lightened(aligned: RgbImage) -> RgbImage:
    """Return an underexposed crop as if it had been exposed longer; any other crop unchanged.

    One factor for all pixels, 1 at and above `LIGHT_ENOUGH`, so there is no step. Two portraits at 8 % of their
    light come back from cosine 0.78 and 0.85 to 0.95 and 0.96.
    """
    brighter = float(np.percentile(inner(np.asarray(cv2.cvtColor(aligned, cv2.COLOR_RGB2GRAY), dtype=np.uint8)), 98))
    if brighter >= LIGHT_ENOUGH:
        return aligned
    factor = LIGHT_ENOUGH / max(brighter, 1.0)
    return frozen_array(np.clip(np.rint(aligned * factor), 0, 255).astype(np.uint8))


def inside(landmarks: FloatArray, *, width_pixels: int, height_pixels: int) -> float:
    """Return the share of the inner face, as aligned, that lies inside a picture of this size, 0 to 1."""
    down, across = np.mgrid[INNER_TOP:INNER_BOTTOM, INNER_LEFT:INNER_RIGHT]
    x, y = to_picture(np.column_stack([across.ravel(), down.ravel()]), landmarks=landmarks).T
    return float(np.mean((x >= 0) & (y >= 0) & (x <= width_pixels - 1) & (y <= height_pixels - 1)))


def outline(landmarks: FloatArray) -> NDArray[np.float64]:
    """Return the four corners (4, 2) of the inner face in the picture."""
    corners = np.array([(x, y) for x in (INNER_LEFT, INNER_RIGHT) for y in (INNER_TOP, INNER_BOTTOM)])
    return to_picture(corners, landmarks=landmarks)


def to_picture(
    points: NDArray[np.signedinteger] | NDArray[np.float64], *, landmarks: FloatArray
) -> NDArray[np.float64]:
    """Map points (n, 2) of the crop to their places in the picture."""
    matrix = transform(landmarks)
    away: NDArray[np.float64] = np.linalg.inv(matrix[:, :2]).astype(np.float64)
    return (points - matrix[:, 2]) @ away.T
