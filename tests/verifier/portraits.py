"""Portraits changed in size, place, light and focus."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.verifier.pictures import Pixels
from verifier.values import Face


def scaled(picture: Pixels, factor: float) -> Pixels:
    """Return the picture larger or smaller."""
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, None, fx=factor, fy=factor, interpolation=how), dtype=np.uint8)


def on_wall(*pictures: Pixels, width: int = 1280, height: int = 720) -> Pixels:
    """Return pictures side by side on a grey background, aligned at the top."""
    wall = np.full((height, width, 3), 120, np.uint8)
    left = 10
    for picture in pictures:
        wall[5 : 5 + picture.shape[0], left : left + picture.shape[1]] = picture
        left += picture.shape[1] + 10
    return wall


def cut(picture: Pixels, face: Face, *, edge: str, share: float) -> Pixels:
    """Return the picture cut through the face, at a distance of `share` of its box from the edge."""
    box = face.box
    return np.ascontiguousarray(
        {
            "left": lambda: picture[:, round(box.left + share * box.width) :],
            "right": lambda: picture[:, : round(box.right - share * box.width)],
            "top": lambda: picture[round(box.top + share * box.height) :],
            "bottom": lambda: picture[: round(box.bottom - share * box.height)],
        }[edge]()
    )


def around(picture: Pixels, face: Face, *, reach: float) -> Pixels:
    """Return the face's box, `reach` times as large."""
    box = face.box
    x, y = box.left + box.width / 2, box.top + box.height / 2
    width, height = box.width * reach / 2, box.height * reach / 2
    return np.ascontiguousarray(
        picture[max(0, round(y - height)) : round(y + height), max(0, round(x - width)) : round(x + width)]
    )


def less_reflecting(picture: Pixels, factor: float) -> Pixels:
    """Return the picture as if its surfaces reflected this share of the same light; highlights stay.

    Light adds up linearly, so the factor belongs to linear values: sRGB is undone and done again. What is
    brighter than nine tenths is a glint or an eye's white, which skin's pigment does not darken.
    """
    light: NDArray[np.float64] = (picture.astype(np.float64) / 255) ** 2.2
    kept = np.clip((light - 0.7) / 0.2, 0, 1)
    return _eight_bits(255 * (light * (factor + (1 - factor) * kept)) ** (1 / 2.2))


def less_light(picture: Pixels, factor: float) -> Pixels:
    """Return the picture as an underexposed one."""
    return _eight_bits(picture * factor)


def blurred(picture: Pixels, sigma_pixels: float) -> Pixels:
    """Return the picture out of focus."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma_pixels), dtype=np.uint8)


def _eight_bits(values: NDArray[np.floating[Any]]) -> Pixels:
    clipped: Pixels = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return clipped
