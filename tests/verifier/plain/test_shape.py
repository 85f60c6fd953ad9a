"""Does a drawing look the same in a view, however large it was written and however long its last stroke is?"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from verifier.plain import shape

HEIGHT, WIDTH = 96, 192
CORNERS = np.array([[-40, 20], [-25, -22], [-10, 18], [5, -20], [20, 15], [38, -10]], np.float32)


def drawn(*, wide: float = 1.0, tall: float = 1.0, at: tuple[int, int] = (90, 48)) -> NDArray[np.uint8]:
    canvas = np.zeros((HEIGHT, WIDTH), np.uint8)
    points = np.round(CORNERS * (wide, tall) + at).astype(np.int32)
    cv2.polylines(canvas, [points], isClosed=False, color=255, thickness=2)
    return canvas


def likeness(first: NDArray[np.uint8], second: NDArray[np.uint8], view: str) -> float:
    one, other = shape.gradients(shape.viewed(first, view)), shape.gradients(shape.viewed(second, view))
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))


@pytest.mark.parametrize(
    ("view", "other"),
    [
        ("spread", drawn(wide=0.7, tall=0.7, at=(60, 40))),
        ("evened", drawn(wide=0.7, tall=0.7, at=(60, 40))),
        ("evened", drawn(wide=1.4, tall=0.8)),
    ],
    ids=["smaller, elsewhere", "smaller, elsewhere, evened", "wider"],
)
def test_a_view_takes_out_what_it_is_scaled_by(view: str, other: NDArray[np.uint8]) -> None:
    assert likeness(drawn(), other, view) > 0.75
    assert likeness(drawn(), other, view) > likeness(drawn(), other, "box") + 0.2


def test_the_spread_keeps_the_proportions_and_evening_does_not() -> None:
    flat = drawn(wide=1.6, tall=0.5)
    assert likeness(drawn(), flat, "evened") > likeness(drawn(), flat, "spread") + 0.1


def test_the_middle_of_the_ink_comes_into_the_middle_of_the_canvas() -> None:
    seen = shape.viewed(drawn(at=(60, 40)), "spread").astype(float)
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    assert (seen * rows).sum() / seen.sum() == pytest.approx((HEIGHT - 1) / 2, abs=1)
    assert (seen * columns).sum() / seen.sum() == pytest.approx((WIDTH - 1) / 2, abs=1)


def test_tall_drawings_stay_on_the_canvas() -> None:
    tall = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.line(tall, (96, 4), (100, 92), 255, 2)
    seen = shape.viewed(tall, "spread")
    assert seen[0].max() == 0
    assert seen[-1].max() == 0


def test_an_unknown_view_is_refused() -> None:
    with pytest.raises(KeyError):
        shape.viewed(drawn(), "sideways")
