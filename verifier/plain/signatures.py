"""Preparation of signatures: binarized, cropped and centred on a wide canvas.

Signatures are binarized on purpose. In collections of genuine and forged signatures the forgeries are often darker
(another pen, another scanner), and a network that sees grey levels learns the pen instead of the handwriting; see
docs/explanation/similarity.md and the shortcut probe.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.plain import ink
from verifier.values import RgbImage

SPECK_PIXELS = 12
"""Smaller groups of ink are dust (at about 200 pixels of height)."""
FILLED = 0.92
"""Share of the canvas that the signature fills in its longer direction."""


def prepare(image: RgbImage, *, height_pixels: int, width_pixels: int) -> NDArray[np.uint8]:
    """Return uint8 (height, width): 255 ink, 0 paper, values between only where scaling splits a pixel.

    Raises:
        BadImage: nothing is written (reason "blank").
    """
    _, found = ink.find_ink(image)
    mask = ink.without_specks(found, smallest_pixels=SPECK_PIXELS)
    if not mask.any():
        mask = found
    rows, columns = ink.bounds(mask)
    cropped = mask[rows, columns].astype(np.float32)
    scale = FILLED * min(height_pixels / cropped.shape[0], width_pixels / cropped.shape[1])
    size = (max(1, round(cropped.shape[1] * scale)), max(1, round(cropped.shape[0] * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = np.round(np.clip(cv2.resize(cropped, size, interpolation=how), 0, 1) * 255).astype(np.uint8)
    canvas = np.zeros((height_pixels, width_pixels), dtype=np.uint8)
    top, left = (height_pixels - size[1]) // 2, (width_pixels - size[0]) // 2
    canvas[top : top + size[1], left : left + size[0]] = small
    return canvas
