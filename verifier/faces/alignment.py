"""How is a face brought to the place where the encoder expects it?

By the similarity transform (turn, scale, shift; no shear) that carries its five landmarks as near as possible,
in the sense of least squares, onto the template that ArcFace made common.
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
"""Where the five landmarks lie in the crop, pixels, in the order of `Face.landmarks`."""


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
    """Return how far the landmarks stay from the template: root mean square, as a share of the eyes' distance."""
    matrix = transform(landmarks)
    moved = landmarks.astype(np.float64) @ matrix[:, :2].T + matrix[:, 2]
    eyes = float(np.linalg.norm(TEMPLATE[1] - TEMPLATE[0]))
    return float(np.sqrt(np.mean(np.sum((moved - TEMPLATE) ** 2, axis=1)))) / eyes


def crop(image: RgbImage, landmarks: FloatArray) -> RgbImage:
    """Return the face as the encoder wants it: uint8 (112, 112, 3); what lies outside the picture is black."""
    size = (CROP_PIXELS, CROP_PIXELS)
    return frozen_array(cv2.warpAffine(image, transform(landmarks), size, flags=cv2.INTER_LINEAR))
