"""Preparation of a picture for an encoder, by the kind named in the recipe and in the card.

The kind is part of the card, so that training, evaluation and the page Compare prepare pictures in the same way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.plain import drawing, signatures
from verifier.values import RgbImage


class _Prepare(Protocol):
    def __call__(self, image: RgbImage, *, height_pixels: int, width_pixels: int) -> NDArray[np.uint8]: ...


def prepare(image: RgbImage, *, kind: str, height_pixels: int, width_pixels: int) -> NDArray[np.uint8]:
    """Return an RGB picture of any size as uint8 (height, width), or (height, width, 3) for colour.

    Raises:
        KeyError: the kind is not known.
        BadImage: nothing is drawn on it (digit, character, upright, signature).
    """
    made = KINDS[kind](image, height_pixels=height_pixels, width_pixels=width_pixels)
    return np.ascontiguousarray(made)


def colour(image: RgbImage, *, height_pixels: int, width_pixels: int) -> NDArray[np.uint8]:
    """Return the whole picture, scaled to fit, centred on black."""
    scale = min(height_pixels / image.shape[0], width_pixels / image.shape[1])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    canvas = np.zeros((height_pixels, width_pixels, 3), dtype=np.uint8)
    top, left = (height_pixels - size[1]) // 2, (width_pixels - size[0]) // 2
    canvas[top : top + size[1], left : left + size[0]] = cv2.resize(image, size, interpolation=how)
    return canvas


def grey(image: RgbImage, *, height_pixels: int, width_pixels: int) -> NDArray[np.uint8]:
    """Return the same in grey."""
    fitted = colour(image, height_pixels=height_pixels, width_pixels=width_pixels)
    return np.asarray(cv2.cvtColor(fitted, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def darkness(image: RgbImage, *, height_pixels: int, width_pixels: int) -> NDArray[np.uint8]:
    """Return the same in inverted grey, ink light; used to show the shortcut in grey signatures."""
    turned = np.asarray(255 - image, dtype=np.uint8)
    return grey(turned, height_pixels=height_pixels, width_pixels=width_pixels)


KINDS: dict[str, Callable[..., NDArray[np.uint8]] | _Prepare] = {
    "digit": drawing.prepare,
    "character": drawing.prepare,
    "upright": drawing.upright,
    "signature": signatures.prepare,
    "grey": grey,
    "darkness": darkness,
    "colour": colour,
}
ALSO_OF_CANVAS_SIZE = frozenset({"upright"})
"""Kinds that also change pictures that are centred and of the encoder's size already, such as those of MNIST."""
