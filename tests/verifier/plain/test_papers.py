"""Digits recognized from photos of paper."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.verifier.plain import papers
from verifier.learning import encoder_report
from verifier.plain import preparation

HARD = ("shadow", "grid and shadow", "lamp", "gradient", "pencil", "inverted", "board", "dark grid")
EACH = 4
LEAST_RIGHT = 0.9


def seven() -> NDArray[np.uint8]:
    canvas = np.zeros((28, 28), np.uint8)
    corners = np.array([[8, 7], [19, 7], [12, 22]], np.int32)
    cv2.polylines(canvas, [corners], isClosed=False, color=255, thickness=2, lineType=cv2.LINE_AA)
    return canvas


def prepared(photo: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return preparation.prepare(photo, kind="digit", height_pixels=28, width_pixels=28)


@pytest.mark.parametrize("name", HARD)
@pytest.mark.slow
def test_paper_and_light_do_not_change_the_prepared_digit(name: str) -> None:
    plain = prepared(papers.photographed(seven(), papers.Sheet(), seed=3)).ravel().astype(float)
    found = prepared(papers.photographed(seven(), papers.SHEETS[name], seed=3)).ravel().astype(float)
    assert np.corrcoef(plain, found)[0, 1] > 0.7


@pytest.mark.dataset
@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(papers.SHEETS))
def test_photographed_digits_are_identified_from_one_reference_each(name: str) -> None:
    """10-way: the references are MNIST's own pictures, the queries photos of other ones."""
    with np.load(Path(os.environ["MUSTER_DATA"]) / "mnist.npz") as arrays:
        pictures, labels = arrays["x_test"], arrays["y_test"]
    drawn = np.random.default_rng(0)
    rows = np.stack([drawn.permutation(np.flatnonzero(labels == digit))[: EACH + 5] for digit in range(10)])
    photos = [
        prepared(papers.photographed(pictures[row], papers.SHEETS[name], seed=int(row)))
        for row in rows[:, :EACH].ravel()
    ]
    encoder = encoder_report.open_named("digits").comparator
    asked = encoder.features(np.stack(photos))
    right = [
        float((encoder.pair_scores(asked, encoder.features(pictures[references])).argmax(1)
               == np.repeat(np.arange(10), EACH)).mean())
        for references in rows[:, EACH:].T
    ]  # fmt: skip
    assert np.mean(right) >= LEAST_RIGHT
