"""Stroke matching: size, slant and thickness do not matter, form does."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.effort import examples
from verifier.plain import strokes

HEIGHT, WIDTH = 96, 192
CORNERS = np.array([[-70, 30], [-45, -32], [-18, 28], [9, -30], [36, 22], [68, -15]], np.float32)
OTHER = np.array([[-70, -20], [-30, -25], [-40, 25], [0, 30], [20, -30], [65, 28]], np.float32)


def drawn(
    corners: NDArray[np.float32] = CORNERS,
    *,
    wide: float = 1.0,
    tall: float = 1.0,
    slant: float = 0.0,
    at: tuple[int, int] = (96, 48),
    thick: int = 2,
) -> NDArray[np.uint8]:
    canvas = np.zeros((HEIGHT, WIDTH), np.uint8)
    leaning = corners * (wide, tall) + np.stack((slant * corners[:, 1], np.zeros(len(corners))), axis=1)
    cv2.polylines(canvas, [np.round(leaning + at).astype(np.int32)], isClosed=False, color=255, thickness=thick)
    return canvas


def likeness(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    return float(strokes.similarities(strokes.extract(first[None]), strokes.extract(second[None]))[0, 0])


@pytest.mark.parametrize(
    "other",
    [
        drawn(),
        drawn(wide=0.7, tall=0.7, at=(70, 40)),
        drawn(wide=1.1),
        drawn(slant=0.08),
        drawn(thick=5),
    ],
    ids=["itself", "smaller, elsewhere", "wider", "leaning", "another pen"],
)
def test_the_same_strokes_are_similar(other: NDArray[np.uint8]) -> None:
    assert likeness(drawn(), other) > 0.8


def test_different_strokes_are_not_similar() -> None:
    assert likeness(drawn(), drawn(OTHER)) < 0.2


def test_similarity_falls_with_the_size_of_the_noise() -> None:
    chance = np.random.default_rng(3)
    little, much = (drawn(CORNERS + chance.normal(0, size, CORNERS.shape).astype(np.float32)) for size in (2, 14))
    assert likeness(drawn(), drawn()) > likeness(drawn(), little) > likeness(drawn(), much) + 0.15


def test_missing_strokes_are_counted_on_both_sides() -> None:
    half = drawn(CORNERS[:3])
    assert likeness(drawn(), half) == likeness(half, drawn()) < likeness(drawn(), drawn(slant=0.15)) - 0.2


def test_padding_points_do_not_change_the_similarity(monkeypatch: pytest.MonkeyPatch) -> None:
    dashes, others = np.zeros((2, HEIGHT, WIDTH), np.uint8)
    for canvas, columns in ((dashes, (20, 90, 172)), (others, (20, 110, 172))):
        for column in columns:
            cv2.line(canvas, (column, 36), (column + 4, 60), 255, 2)
    found = []
    for points in (80, 160):
        monkeypatch.setattr(strokes, "POINTS", points)
        found.append(likeness(dashes, others))
    assert found[0] == pytest.approx(found[1], abs=1e-5)


@given(seeds=st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)))
@settings(max_examples=examples(25))
def test_similarity_is_symmetric_to_the_bit_and_between_1_and_minus_1(seeds: tuple[int, int]) -> None:
    chances = [np.random.default_rng(seed) for seed in seeds]
    one, other = (drawn(chance.uniform((-80, -40), (80, 40), (5, 2)).astype(np.float32)) for chance in chances)
    there = likeness(one, other)
    assert there == likeness(other, one)
    assert -1 <= there <= 1


def test_similarities_of_all_pairs_equal_those_of_single_pairs() -> None:
    pictures = np.stack([drawn(), drawn(OTHER), drawn(slant=0.15), drawn(CORNERS[:3])])
    known = strokes.extract(pictures)
    table = strokes.similarities(known, known)
    assert np.array_equal(table, table.T)
    singly = [[likeness(one, other) for other in pictures] for one in pictures]
    assert table == pytest.approx(np.array(singly), abs=1e-5)


@pytest.mark.parametrize("dots", [0, 1, 2])
def test_a_nearly_empty_canvas_has_a_finite_similarity(dots: int) -> None:
    nearly = np.zeros((HEIGHT, WIDTH), np.uint8)
    nearly[40, 50 : 50 + 9 * dots : 9] = 255
    assert np.isfinite(likeness(nearly, drawn()))
    assert likeness(nearly, nearly) == pytest.approx(1, abs=1e-4)


def test_a_faint_drawing_is_similar_to_a_dark_one() -> None:
    assert likeness(drawn(), (drawn() // 4).astype(np.uint8)) > 0.95


def test_a_skeleton_is_one_pixel_wide_and_keeps_the_length() -> None:
    ink = np.zeros((40, 60), bool)
    ink[10:17, 5:55] = True
    thin = strokes.skeleton(ink)
    assert thin.sum(axis=0).max() <= 2
    assert 40 <= thin.any(axis=0).sum() <= 50
