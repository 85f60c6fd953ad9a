"""Preparation of drawings: pen, paper and light do not change the result."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from verifier import errors
from verifier.plain import drawing, ink, preparation
from verifier.values import RgbImage


def page(*, paper: int = 235, pen: tuple[int, int, int] = (30, 30, 30), thick: int = 14) -> RgbImage:
    """A seven, off-centre on a large sheet."""
    sheet = np.full((600, 480, 3), paper, np.uint8)
    corners = np.array([[60, 220], [240, 220], [130, 460]], np.int32)
    cv2.polylines(sheet, [corners], isClosed=False, color=pen, thickness=thick, lineType=cv2.LINE_AA)
    return sheet


def prepared(image: RgbImage) -> NDArray[np.uint8]:
    return preparation.prepare(image, kind="digit", height_pixels=28, width_pixels=28)


def likeness(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    return float(np.corrcoef(first.ravel().astype(float), second.ravel().astype(float))[0, 1])


def shaded(image: RgbImage) -> RgbImage:
    return (image * np.linspace(1.0, 0.45, image.shape[1])[None, :, None]).astype(np.uint8)


def noisy(image: RgbImage) -> RgbImage:
    noise = np.random.default_rng(0).normal(0, 8, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    "other",
    [
        255 - page(),
        page(pen=(200, 40, 40)),
        page(pen=(40, 70, 220)),
        page(pen=(120, 120, 120)),
        shaded(page()),
        noisy(page()),
        np.roll(page(), (60, 180), (0, 1)),
        page(thick=6),
    ],
    ids=["inverted", "red pen", "blue pen", "pencil", "shaded", "noisy", "elsewhere", "thin pen"],
)
@pytest.mark.slow
def test_paper_pen_and_light_do_not_change_the_preparation(other: RgbImage) -> None:
    assert likeness(prepared(page()), prepared(other)) > 0.9


@pytest.mark.parametrize("longest_pixels", [8, 16, 27, 28, 90, 400])
@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.slow
def test_a_picture_cut_close_to_the_strokes_is_prepared(longest_pixels: int, *, inverted: bool) -> None:
    """Sets such as scikit-learn's digits have eight pixels a side and no margin, so that ink reaches the rim."""
    whole = page(thick=30)
    rows, columns = ink.bounds(whole[:, :, 0] < 128)
    close = whole[rows, columns]
    shrink = longest_pixels / max(close.shape)
    size = (round(shrink * close.shape[1]), round(shrink * close.shape[0]))
    small = np.asarray(cv2.resize(close, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    assert likeness(prepared(whole), prepared(255 - small if inverted else small)) > 0.8


def test_a_cut_out_with_sixteen_grey_levels_is_not_blank() -> None:
    small = np.asarray(cv2.resize(page(thick=30)[200:480, 40:260], (13, 16), interpolation=cv2.INTER_AREA), np.uint8)
    assert likeness(prepared(small), prepared(small // 15)) > 0.95


def test_a_prepared_drawing_fills_its_box_and_is_centred_by_mass() -> None:
    canvas = prepared(page()).astype(float)
    rows, columns = np.flatnonzero(canvas.max(1) > 60), np.flatnonzero(canvas.max(0) > 60)
    assert 18 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 22
    centre = (canvas.sum(1) @ np.arange(28) / canvas.sum(), canvas.sum(0) @ np.arange(28) / canvas.sum())
    assert centre == pytest.approx((13.5, 13.5), abs=0.8)


def test_a_prepared_drawing_is_not_changed_again() -> None:
    once = prepared(page())
    assert drawing.is_prepared(once)
    assert np.array_equal(prepared(np.repeat(once[:, :, None], 3, axis=2)), once)


def test_dirt_and_the_edge_of_the_table_are_left_out() -> None:
    dirty = page()
    dirty[50:54, 400:404] = 60
    dirty[:, -12:] = 20
    assert likeness(prepared(page()), prepared(dirty)) > 0.95


@pytest.mark.parametrize("kind", ["digit", "character", "signature"])
@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_blank_sheet_is_refused(kind: str, value: int) -> None:
    with pytest.raises(errors.BadImage) as caught:
        preparation.prepare(np.full((50, 80, 3), value, np.uint8), kind=kind, height_pixels=28, width_pixels=28)
    assert caught.value.facts == {"reason": "blank"}


def test_a_single_pixel_and_a_line_can_be_prepared() -> None:
    dot = np.zeros((9, 9, 3), np.uint8)
    dot[4, 4] = 255
    line = np.zeros((5, 300, 3), np.uint8)
    line[2] = 255
    for image in (dot, line):
        assert prepared(image).max() == 255
        assert preparation.prepare(image, kind="signature", height_pixels=96, width_pixels=192).max() > 0


def test_a_prepared_signature_does_not_show_the_darkness_of_the_ink() -> None:
    black, grey = (
        preparation.prepare(page(pen=pen), kind="signature", height_pixels=96, width_pixels=192)
        for pen in ((10, 10, 10), (150, 150, 150))
    )
    assert likeness(black, grey) > 0.98
    assert abs(float(black.mean()) - float(grey.mean())) < 1.5


def test_a_signature_fills_its_canvas() -> None:
    canvas = preparation.prepare(page(), kind="signature", height_pixels=96, width_pixels=192)
    rows, _ = ink.bounds(canvas > 127)
    assert canvas.shape == (96, 192)
    assert rows.stop - rows.start == pytest.approx(0.92 * 96, abs=2)


def test_plain_pictures_keep_their_shape_inside_the_canvas() -> None:
    wide = np.full((20, 60, 3), (200, 100, 0), np.uint8)
    canvas = preparation.prepare(wide, kind="colour", height_pixels=30, width_pixels=30)
    assert canvas.shape == (30, 30, 3)
    assert (canvas[10:20] == (200, 100, 0)).all()
    assert (canvas[:10] == 0).all()
    assert preparation.prepare(wide, kind="grey", height_pixels=8, width_pixels=8).shape == (8, 8)


@pytest.mark.parametrize("slant", [-0.5, -0.2, 0.3, 0.6])
@pytest.mark.slow
def test_upright_removes_the_slant(slant: float) -> None:
    def leaning(by: float) -> RgbImage:
        sheet = np.full((400, 400, 3), 240, np.uint8)
        cv2.line(sheet, (200, 90), (200, 310), (20, 20, 20), 14, cv2.LINE_AA)
        cv2.line(sheet, (200, 90), (270, 130), (20, 20, 20), 14, cv2.LINE_AA)
        move = np.array([[1, by, -by * 200], [0, 1, 0]], np.float32)
        return np.asarray(cv2.warpAffine(sheet, move, (400, 400), borderValue=(240, 240, 240)), np.uint8)

    def seen(by: float, kind: str) -> NDArray[np.uint8]:
        return preparation.prepare(leaning(by), kind=kind, height_pixels=28, width_pixels=28)

    assert likeness(seen(0.0, "upright"), seen(slant, "upright")) > 0.9
    assert likeness(seen(0.0, "upright"), seen(slant, "upright")) > likeness(seen(0.0, "digit"), seen(slant, "digit"))


def test_upright_changes_pictures_of_the_encoders_size_too() -> None:
    drawn = prepared(page())
    again = preparation.prepare(np.repeat(drawn[:, :, None], 3, 2), kind="upright", height_pixels=28, width_pixels=28)
    assert (again != drawn).any()
