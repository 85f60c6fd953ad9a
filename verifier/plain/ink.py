"""Separation of ink from paper, for any paper, pen and light.

Ink differs from the paper around it: dark on light or light on dark, in any colour, under light that falls off to one
side. The paper is modelled as a plane of colour, fitted to all pixels that are not ink.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier import errors
from verifier.values import RgbImage

LONGEST_PIXELS = 640
"""Larger photos are scaled down first; a stroke is still several pixels wide."""
FAINTEST = 20.0
"""Grey levels, 0 to 255, between paper and ink below which a picture counts as blank."""
BORDER = 0.06
"""Share of a side taken as the rim, which is mostly paper."""

WINDOW = 0.4
"""Edge of the median's window, as a share of the longer side: no stroke fills half of it."""

Ink = NDArray[np.float32]
"""float32 (height, width), 0 paper to 1 ink."""
Mask = NDArray[np.bool_]


def find_ink(image: RgbImage) -> tuple[Ink, Mask]:
    """Return how much ink each pixel shows, and the pixels that are ink (Otsu's threshold).

    Raises:
        BadImage: nothing stands out from the paper (reason "blank").
    """
    shrunk = _shrunk(image).astype(np.float32)
    difference = _difference(shrunk, _rim_colour(shrunk))
    mask = otsu(difference)
    if float(difference.max()) < FAINTEST:
        raise errors.BadImage(reason="blank")
    difference = _difference(shrunk, _paper_plane(shrunk, ~_widened(mask)))
    mask = otsu(difference)
    return _amount(difference, mask), mask


def find_ink_under_uneven_light(image: RgbImage) -> tuple[Ink, Mask]:
    """Return the same where the paper is no plane: a shadow with an edge, a lamp, a strip of the table.

    The paper around each pixel is the median of a wide window, which preserves such edges. Raises BadImage.
    """
    shrunk = _shrunk(image)
    window = max(3, round(WINDOW * max(shrunk.shape[:2]))) | 1
    paper = cv2.medianBlur(np.ascontiguousarray(shrunk), window)
    difference = _difference(shrunk.astype(np.float32), paper.astype(np.float32))
    mask = otsu(difference)
    return _amount(difference, mask), mask


def _amount(difference: NDArray[np.float32], mask: Mask) -> Ink:
    """Return the amount of ink by the difference from the paper; raises BadImage where nothing stands out."""
    if float(difference.max()) < FAINTEST or not mask.any():
        raise errors.BadImage(reason="blank")
    full = float(np.percentile(difference[mask], 75))
    return np.asarray(np.clip(difference / full, 0, 1), dtype=np.float32)


def rim_share(mask: Mask) -> float:
    """Return the share of ink in the outermost pixels: small for drawings, large for shadows and tables."""
    return float(np.concatenate((mask[0], mask[-1], mask[:, 0], mask[:, -1])).mean())


def thickest_share(mask: Mask) -> float:
    """Return the largest distance of ink to paper, as a share of the longer side; outside the picture counts as ink."""
    inner = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3)
    return float(inner.max() / max(mask.shape))


def reach_share(mask: Mask) -> float:
    """Return the share of the picture's height that the largest group spans, or of its width if that is less."""
    _, _, statistics, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if len(statistics) < 2:
        return 0.0
    largest = statistics[1 + statistics[1:, cv2.CC_STAT_AREA].argmax()]
    height, width = mask.shape
    return float(min(largest[cv2.CC_STAT_HEIGHT] / height, largest[cv2.CC_STAT_WIDTH] / width))


def explained_share(amount: Ink, mask: Mask) -> float:
    """Return the share of the variance of `amount` that ink and paper explain, 0 to 1; 1 where there are two tones."""
    drawn, paper = amount[mask], amount[~mask]
    if not len(drawn) or not len(paper) or not (spread := float(amount.var())):
        return 0.0
    share, apart = len(drawn) / amount.size, float(drawn.mean() - paper.mean())
    return share * (1 - share) * apart * apart / spread


def otsu(values: NDArray[np.float32]) -> Mask:
    """Return the pixels above the threshold that separates two groups best (Otsu 1979)."""
    levels = np.clip(values, 0, 255).astype(np.uint8)
    threshold, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return levels > threshold


def without_specks(mask: Mask, *, smallest_pixels: int) -> Mask:
    """Drop connected groups (8 neighbours) of fewer pixels."""
    _, numbers, statistics, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    large = statistics[:, cv2.CC_STAT_AREA] >= smallest_pixels
    large[0] = False
    return np.asarray(large[numbers], dtype=bool)


def without_rim(mask: Mask) -> Mask:
    """Drop groups that touch the rim (a table's edge, a shadow, the next line) when a large one does not."""
    _, numbers, statistics, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    areas = statistics[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    rim = np.unique(np.concatenate((numbers[0], numbers[-1], numbers[:, 0], numbers[:, -1])))
    inside = np.ones(len(areas), dtype=bool)
    inside[rim] = False
    inside[0] = False
    if not inside.any() or areas[inside].max() < areas.max() / 5:
        return mask
    return np.asarray(inside[numbers], dtype=bool)


def bounds(mask: Mask) -> tuple[slice, slice]:
    """Return rows and columns of the smallest box around the ink; raises BadImage where there is none."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        raise errors.BadImage(reason="blank")
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def stroke_pixels(mask: Mask) -> float:
    """Return the typical width of a stroke: four times the mean distance of ink to paper (exact for a straight bar)."""
    padded = np.pad(mask.astype(np.uint8), 1)
    inner = cv2.distanceTransform(padded, cv2.DIST_L2, 3)
    return float(4 * inner[padded > 0].mean() - 1)


def _shrunk(image: RgbImage) -> RgbImage:
    longest = max(image.shape[:2])
    if longest <= LONGEST_PIXELS:
        return image
    share = LONGEST_PIXELS / longest
    size = (max(1, round(image.shape[1] * share)), max(1, round(image.shape[0] * share)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _rim_colour(image: NDArray[np.float32]) -> NDArray[np.float32]:
    wide = max(1, round(BORDER * min(image.shape[:2])))
    rim = np.concatenate(
        [part.reshape(-1, 3) for part in (image[:wide], image[-wide:], image[:, :wide], image[:, -wide:])]
    )
    return np.asarray(np.median(rim, axis=0), dtype=np.float32)


def _difference(image: NDArray[np.float32], paper: NDArray[np.float32]) -> NDArray[np.float32]:
    red, green, blue = cv2.split(np.abs(image - paper))  # a maximum along an axis of three takes ten times as long
    return np.asarray(cv2.max(cv2.max(red, green), blue), dtype=np.float32)


def _widened(mask: Mask) -> Mask:
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)


def _paper_plane(image: NDArray[np.float32], paper: Mask) -> NDArray[np.float32]:
    height, width = paper.shape
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    terms = np.stack((np.ones_like(rows), rows / height - 0.5, columns / width - 0.5), axis=2)
    if paper.sum() < 50:
        return np.broadcast_to(_rim_colour(image), image.shape)
    solved, *_ = np.linalg.lstsq(terms[paper], image[paper], rcond=None)
    return np.asarray(terms @ solved, dtype=np.float32)
