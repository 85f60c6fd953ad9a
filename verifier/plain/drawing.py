"""Preparation of drawn digits and characters on the small canvas of the encoder.

As the pictures of MNIST were made (LeCun et al. 1998): the ink is cropped, scaled so that its longer side fills a
box in the middle of the canvas, and shifted so that its centre of mass is the canvas' centre. A thin pen on large
paper would nearly vanish in the scaling, so strokes are widened first to what the canvas can show.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier import errors
from verifier.plain import ink
from verifier.values import RgbImage

BOX = 20 / 28
"""Share of the canvas that the longer side of the ink fills."""
THINNEST = 1.8
"""Pixels of the canvas; MNIST's strokes are 2 to 3 wide."""
SPECK = 0.015
"""Groups smaller than this share of all ink are dirt."""
STEEPEST = 1.0
"""Largest slant, in columns per row; what leans more is a diagonal stroke."""
UNEVEN = 0.05
"""Share of ink in the rim from which on the light is taken to be uneven."""
SMALL_PIXELS = 28
"""Longer side below which a picture is a cut-out, such as scikit-learn's digits (8), and is enlarged."""
ENLARGED_PIXELS = 64
"""Least longer side to which cut-outs are enlarged, so that strokes are several pixels wide."""
FEW_LEVELS = (8, 32)
"""Range of grey levels of a cut-out saved with few levels, such as 0 to 16, which is stretched."""
THICKEST = 0.22
"""Distance from ink to paper, as a share of the longer side, from which on "ink" is a shadow and no stroke."""
TWO_TONES = 0.8
"""Share of the variance explained by ink and paper from which on there is no third tone, such as a lamp's light."""
FILLED = 0.5
"""Share of height and of width that the largest group of ink spans where a picture is cut close to it."""
FAINT = 0.12
"""Ink below this counts as paper when the box is drawn around it."""


def prepare(image: RgbImage, *, height_pixels: int, width_pixels: int) -> NDArray[np.uint8]:
    """Return the drawing as uint8 (height, width), ink light on black.

    Raises:
        BadImage: nothing is drawn (reason "blank").
    """
    if image.shape[:2] == (height_pixels, width_pixels):
        grey = np.asarray(image.mean(axis=2), dtype=np.uint8)
        if is_prepared(grey):
            return grey
    amount, mask = _ink_of(_enlarged(image) if max(image.shape[:2]) < SMALL_PIXELS else image)
    mask = ink.without_rim(mask)
    mask = ink.without_specks(mask, smallest_pixels=max(2, round(SPECK * mask.sum())) if mask.sum() > 100 else 1)
    near = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8), iterations=_reach(mask)) > 0
    amount = np.where(near & (amount > FAINT), amount, 0).astype(np.float32)
    rows, columns = ink.bounds(amount > FAINT)
    amount, mask = amount[rows, columns], mask[rows, columns]
    scale = BOX * min(height_pixels, width_pixels) / max(amount.shape)
    amount = _widened(amount, missing_pixels=THINNEST / scale - ink.stroke_pixels(mask))
    return _on_canvas(amount, scale=scale, height_pixels=height_pixels, width_pixels=width_pixels)


def upright(image: RgbImage, *, height_pixels: int, width_pixels: int) -> NDArray[np.uint8]:
    """Return the prepared drawing with the slant of the handwriting removed by a shear.

    The shear makes the mixed second moment of the ink vanish (deslanting, used for digits since LeCun et al. 1998).
    Slant differs between writers and not between classes, so it helps with classes never seen in training.

    Raises:
        BadImage: nothing is drawn (reason "blank").
    """
    return straightened(prepare(image, height_pixels=height_pixels, width_pixels=width_pixels))


def straightened(drawn: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Remove the slant of a prepared drawing, uint8 (height, width), ink light."""
    height, width = drawn.shape
    amount = (drawn / 255).astype(np.float32)
    row, column = _centre_of_mass(amount)
    down = np.arange(height, dtype=np.float32)[:, None] - row
    across = np.arange(width, dtype=np.float32)[None, :] - column
    lean = float((amount * down * across).sum() / max(float((amount * down * down).sum()), 1e-6))
    lean = min(max(lean, -STEEPEST), STEEPEST)
    middle, centre = (height - 1) / 2, (width - 1) / 2
    read_at = np.array([[1, lean, column - centre - lean * middle], [0, 1, row - middle]], np.float32)
    moved = cv2.warpAffine(amount, read_at, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return np.asarray(np.round(np.clip(moved, 0, 1) * 255), dtype=np.uint8)


def _enlarged(image: RgbImage) -> RgbImage:
    """Return a cut-out of few pixels enlarged, with a margin of the median colour of its rim."""
    darkest, reach = int(image.min()), int(image.max()) - int(image.min())
    if FEW_LEVELS[0] <= reach <= FEW_LEVELS[1]:
        image = np.asarray((image.astype(np.float32) - darkest) * (255 / reach), dtype=np.uint8)
    rim = np.concatenate((image[0], image[-1], image[:, 0], image[:, -1]))
    paper = [float(value) for value in np.median(rim, axis=0)]
    framed = cv2.copyMakeBorder(image, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=paper)
    times = -(-ENLARGED_PIXELS // max(image.shape[:2]))
    return np.asarray(cv2.resize(framed, None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def _ink_of(image: RgbImage) -> tuple[ink.Ink, ink.Mask]:
    """Separate the ink on paper under even light, or by the surroundings of each pixel under uneven light.

    Ink in the rim is taken for uneven light, unless it is strokes on even paper that were cut out closely.
    """
    amount, mask = ink.find_ink(image)
    if ink.rim_share(mask) < UNEVEN or _is_cut_close(amount, mask):
        return amount, mask
    try:
        again, found = ink.find_ink_under_uneven_light(image)
    except errors.BadImage:
        return amount, mask
    return (again, found) if ink.rim_share(found) < ink.rim_share(mask) else (amount, mask)


def _is_cut_close(amount: ink.Ink, mask: ink.Mask) -> bool:
    """Return whether the picture is filled by strokes, and not by a shadow (thick), a lamp (many tones) or a table."""
    return (
        ink.thickest_share(mask) < THICKEST
        and ink.explained_share(amount, mask) > TWO_TONES
        and ink.reach_share(mask) > FILLED
    )


def is_prepared(grey: NDArray[np.uint8]) -> bool:
    """Return whether a picture of the canvas' size already looks like the result of `prepare`."""
    height, width = grey.shape
    rows, columns = np.flatnonzero(grey.max(axis=1) > 30), np.flatnonzero(grey.max(axis=0) > 30)
    if not len(rows) or grey[0].max() > 10 or grey[-1].max() > 10 or grey[:, 0].max() > 10 or grey[:, -1].max() > 10:
        return False
    longest = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    row, column = _centre_of_mass(grey.astype(np.float32))
    box = BOX * min(height, width)
    off_centre = max(abs(row - (height - 1) / 2), abs(column - (width - 1) / 2))
    return bool(abs(longest - box) <= 1.5 and off_centre < 1.5)


def _reach(mask: NDArray[np.bool_]) -> int:
    return max(1, int(max(mask.shape)) // 100)


def _widened(amount: NDArray[np.float32], *, missing_pixels: float) -> NDArray[np.float32]:
    around = int(np.ceil(missing_pixels / 2))
    if around < 1:
        return amount
    size = 2 * around + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return np.asarray(cv2.dilate(np.pad(amount, around), kernel), dtype=np.float32)


def _on_canvas(
    amount: NDArray[np.float32], *, scale: float, height_pixels: int, width_pixels: int
) -> NDArray[np.uint8]:
    scale = min(scale, BOX * min(height_pixels, width_pixels) / max(amount.shape))
    size = (max(1, round(amount.shape[1] * scale)), max(1, round(amount.shape[0] * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = np.clip(cv2.resize(amount, size, interpolation=how), 0, None)
    if small.max() <= 0:
        raise errors.BadImage(reason="blank")
    small = small / small.max()
    row, column = _centre_of_mass(small)
    move = np.array([[1, 0, (width_pixels - 1) / 2 - column], [0, 1, (height_pixels - 1) / 2 - row]], np.float32)
    whole = np.round(move) if scale < 1 else move
    canvas = cv2.warpAffine(small.astype(np.float32), whole, (width_pixels, height_pixels), flags=cv2.INTER_LINEAR)
    return np.asarray(np.clip(np.round(canvas * 255), 0, 255), dtype=np.uint8)


def _centre_of_mass(amount: NDArray[np.float32]) -> tuple[float, float]:
    total = float(amount.sum()) or 1.0
    rows, columns = np.arange(amount.shape[0]), np.arange(amount.shape[1])
    return float(amount.sum(axis=1) @ rows) / total, float(amount.sum(axis=0) @ columns) / total
