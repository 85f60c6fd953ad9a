"""Rendered photos of digits on paper: pen, paper, light and place vary."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.values import RgbImage

WIDTH, HEIGHT = 480, 640
DRAWN = 28
"""Edge of the pictures that are rendered: ink light on black, as MNIST's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Pen, paper, light and place of a rendered sheet. Colours are RGB.

    `size_pixels`: edge of the digit's own square on a sheet of 480 by 640. `pen_width`: 1 keeps the strokes as wide as
    they are, 0.5 halves them. `lines`: "", "grid" or "ruled". `light`: "", "gradient", "shadow" (a hard-edged one that
    crosses the sheet), "corner" (dark towards one corner) or "lamp". `table`: how much of the left edge is dark wood.
    """

    pen: tuple[int, int, int] = (35, 35, 45)
    paper: tuple[int, int, int] = (232, 230, 224)
    size_pixels: int = 260
    pen_width: float = 1.0
    lines: str = ""
    line_colour: tuple[int, int, int] = (170, 195, 220)
    light: str = ""
    off_centre: bool = False
    noise: float = 3.0
    blur: float = 0.8
    table: float = 0.0
    inverted: bool = False
    jpeg_quality: int = 80


SHEETS = {
    "plain": Sheet(),
    "blue pen": Sheet(pen=(30, 50, 160)),
    "red pen": Sheet(pen=(190, 40, 40)),
    "green pen": Sheet(pen=(30, 130, 60)),
    "pencil": Sheet(pen=(135, 135, 138), pen_width=0.6),
    "thin": Sheet(pen_width=0.4),
    "thick": Sheet(pen_width=1.7),
    "small, off-centre": Sheet(size_pixels=110, off_centre=True),
    "inverted": Sheet(inverted=True),
    "board": Sheet(pen=(235, 235, 230), paper=(35, 70, 55), light="gradient"),
    "grid": Sheet(lines="grid"),
    "grid, blue pen": Sheet(lines="grid", pen=(30, 50, 160), off_centre=True),
    "dark grid": Sheet(lines="grid", line_colour=(140, 160, 185)),
    "ruled": Sheet(lines="ruled", pen=(30, 50, 160)),
    "gradient": Sheet(light="gradient"),
    "shadow": Sheet(light="shadow"),
    "shadow, pencil": Sheet(light="shadow", pen=(120, 120, 124), pen_width=0.7),
    "corner": Sheet(light="corner", noise=6),
    "lamp": Sheet(light="lamp", paper=(225, 205, 170)),
    "table": Sheet(table=0.15, off_centre=True),
    "yellow paper": Sheet(paper=(235, 220, 140), pen=(60, 60, 150)),
    "noisy": Sheet(noise=12, blur=1.5, jpeg_quality=45),
    "grid and shadow": Sheet(lines="grid", light="shadow", pen=(30, 50, 160), off_centre=True),
}


def photographed(digit: NDArray[np.uint8], sheet: Sheet, *, seed: int) -> RgbImage:
    """Return a photo, uint8 (640, 480, 3), of the digit (28, 28), ink light on black, drawn on the sheet."""
    drawn = np.random.default_rng(seed)
    ink = np.zeros((HEIGHT, WIDTH), np.float32)
    mark = _mark(digit, sheet)
    free_down, free_right = HEIGHT - mark.shape[0] - 40, WIDTH - mark.shape[1] - 40
    down, right = free_down // 2 + 20, free_right // 2 + 20
    if sheet.off_centre:
        down, right = 20 + int(drawn.integers(free_down + 1)), 20 + int(drawn.integers(free_right // 2, free_right + 1))
    ink[down : down + mark.shape[0], right : right + mark.shape[1]] = mark
    picture = np.ones((HEIGHT, WIDTH, 3), np.float32) * np.array(sheet.paper, np.float32)
    picture[_lines(sheet, seed)] = sheet.line_colour
    picture = picture * (1 - ink[:, :, None]) + np.array(sheet.pen, np.float32) * ink[:, :, None]
    if sheet.table:
        picture[:, : int(sheet.table * WIDTH)] = (96, 66, 44)
    picture *= _light(sheet, drawn)[:, :, None]
    noisy = cv2.GaussianBlur(picture, (0, 0), sheet.blur) + drawn.normal(0, sheet.noise, picture.shape)
    photo = np.clip(noisy, 0, 255).astype(np.uint8)
    photo = 255 - photo if sheet.inverted else photo
    _, coded = cv2.imencode(".jpg", photo[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, sheet.jpeg_quality])
    return np.ascontiguousarray(np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), dtype=np.uint8)[:, :, ::-1])


def _mark(digit: NDArray[np.uint8], sheet: Sheet) -> NDArray[np.float32]:
    """Coverage 0 to 1 of the ink at its size; the pen's width is changed by moving the edge of the strokes."""
    edge = sheet.size_pixels
    smooth = cv2.GaussianBlur(
        cv2.resize(digit.astype(np.float32) / 255, (edge, edge), interpolation=cv2.INTER_CUBIC), (0, 0), edge / 120
    )
    inside = (smooth > 0.45).astype(np.uint8)
    pixel = edge / DRAWN
    if sheet.pen_width < 1:
        deep = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
        ridge = (deep >= cv2.dilate(deep, np.ones((3, 3))) - 0.5) & (deep > 0.35 * pixel)
        reach = max(1, round(1.3 * pixel * sheet.pen_width))
        inside = np.minimum(_widened(ridge.astype(np.uint8), reach), inside)
    elif sheet.pen_width > 1:
        inside = _widened(inside, round(0.6 * pixel * (sheet.pen_width - 1)) + 1)
    return np.asarray(cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 0.8), dtype=np.float32)


def _widened(mask: NDArray[np.uint8], reach: int) -> NDArray[np.uint8]:
    round_one = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return np.asarray(cv2.dilate(mask, round_one), dtype=np.uint8)


def _lines(sheet: Sheet, seed: int) -> NDArray[np.bool_]:
    marked = np.zeros((HEIGHT, WIDTH), bool)
    if sheet.lines:
        step = 24 if sheet.lines == "grid" else 40
        marked[seed % step :: step] = True
        if sheet.lines == "grid":
            marked[:, (7 * seed) % step :: step] = True
    return marked


def _light(sheet: Sheet, drawn: np.random.Generator) -> NDArray[np.float32]:
    row, column = np.mgrid[0 : 1 : HEIGHT * 1j, 0 : 1 : WIDTH * 1j].astype(np.float32)
    if sheet.light == "gradient":
        return np.asarray(1 - 0.55 * column, dtype=np.float32)
    if sheet.light == "corner":
        return np.asarray(1 - 0.65 * np.clip((row + column) / 2, 0, 1) ** 2, dtype=np.float32)
    if sheet.light == "lamp":
        middle = drawn.uniform(0.2, 0.8, 2)
        return np.asarray(1.05 * np.exp(-((row - middle[0]) ** 2 + (column - middle[1]) ** 2) / 0.7), dtype=np.float32)
    if sheet.light == "shadow":
        across = column * 0.8 + row * 0.5 - drawn.uniform(0.4, 0.8)
        return np.asarray(1 - 0.42 / (1 + np.exp(-across * 60)), dtype=np.float32)
    return np.ones((HEIGHT, WIDTH), np.float32)
