"""Alignment: a similarity transform carries the landmarks onto the template."""

from __future__ import annotations

import numpy as np
import pytest

from verifier.faces import alignment


def moved(points: np.ndarray, *, scale: float, degrees: float, shift: tuple[float, float]) -> np.ndarray:
    turn = np.radians(degrees)
    matrix = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return (points @ matrix.T + shift).astype(np.float32)


@pytest.mark.parametrize("degrees", [0, 17, 90, 180, 271])
@pytest.mark.parametrize("scale", [0.3, 1.0, 9.0])
def test_alignment_inverts_scale_rotation_and_shift(scale: float, degrees: float) -> None:
    landmarks = moved(alignment.TEMPLATE, scale=scale, degrees=degrees, shift=(-40, 900))
    matrix = alignment.transform(landmarks)
    assert landmarks @ matrix[:, :2].T + matrix[:, 2] == pytest.approx(alignment.TEMPLATE, abs=1e-3)
    assert alignment.misfit(landmarks) < 1e-4


def test_the_transform_has_no_shear_and_no_mirroring() -> None:
    crooked = (alignment.TEMPLATE * [1.4, 0.8]).astype(np.float32)
    (a, b, _), (c, d, _) = alignment.transform(crooked)
    assert (a, b) == pytest.approx((d, -c))
    assert a * d - b * c > 0
    assert alignment.misfit(crooked) > 0.05


def test_the_transform_of_coinciding_landmarks_is_finite() -> None:
    assert np.all(np.isfinite(alignment.transform(np.full((5, 2), 7, np.float32))))


def test_the_crop_has_the_landmarks_at_the_places_of_the_template() -> None:
    landmarks = moved(alignment.TEMPLATE, scale=2.5, degrees=30, shift=(200, 100))
    picture = np.zeros((600, 600, 3), np.uint8)
    for x, y in np.rint(landmarks).astype(int):
        picture[y - 4 : y + 5, x - 4 : x + 5] = 255
    crop = alignment.crop(picture, landmarks)
    assert all(crop[round(y), round(x)].min() > 200 for x, y in alignment.TEMPLATE)


def test_the_share_inside_counts_the_aligned_face() -> None:
    landmarks = alignment.TEMPLATE.astype(np.float32)
    assert alignment.inside(landmarks, width_pixels=112, height_pixels=112) == 1
    half = (alignment.INNER_LEFT + alignment.INNER_RIGHT) // 2
    assert alignment.inside(landmarks, width_pixels=half, height_pixels=112) == pytest.approx(0.5, abs=0.02)
    assert alignment.inside(landmarks + 500, width_pixels=112, height_pixels=112) == 0


def test_dark_crops_are_lightened_and_bright_ones_unchanged() -> None:
    ramp = np.repeat(np.tile(np.linspace(0, 99, 112), (112, 1))[:, :, None], 3, axis=2)
    bright = np.clip(ramp * 2, 0, 255).astype(np.uint8)
    assert alignment.lightened(bright) is bright
    assert np.percentile(alignment.inner(alignment.lightened((ramp * 0.2).astype(np.uint8))), 98) == pytest.approx(
        alignment.LIGHT_ENOUGH, abs=8
    )
    black = np.zeros((112, 112, 3), np.uint8)
    assert not alignment.lightened(black).any()
