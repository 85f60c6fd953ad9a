"""What doors make of bad frames, on 200 people of `lfw_dev`; the table of all is on docs/reference/models.md."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from benchmarks import degradations, degraded
from benchmarks.degraded import Cast, Figures
from verifier.evaluation import photos
from verifier.recognizer import Recognizer

pytestmark = [pytest.mark.dataset, pytest.mark.timeout(3600)]

PEOPLE = 200

Measured = Callable[[str], Figures]

LEAST_WITHIN = {
    "upright": 0.92,
    "turned by N(0, 8) degrees": 0.91,
    "turned by 20 degrees": 0.91,
    "turned by 30 degrees": 0.91,
    "turned by 45 degrees": 0.90,
    "8 % of the light": 0.87,
    "noise, sigma 25": 0.62,
    "noise and turned by 20": 0.60,
    "motion, 9 pixels": 0.74,
    "JPEG, quality 20": 0.87,
    "gamma 0.3": 0.87,
    "face of 80 pixels": 0.92,
    "face of 60 pixels": 0.91,
    "face of 45 pixels": 0.90,
}
"""Share of the enrolled within the threshold of a gallery of 300 at 1 stranger in 1,000: some three points below what
was measured, since 100 people are drawn."""


@pytest.fixture(scope="module")
def people(recognizer: Recognizer, lfw: Path, kept: Path) -> Cast:
    same_person = photos.read_label_errors(lfw / "label_errors.csv")
    return degraded.cast(recognizer, lfw / "images", same_person=same_person, most=PEOPLE, kept=kept)


@pytest.fixture(scope="module")
def measured(recognizer: Recognizer, people: Cast) -> Measured:
    return cache(lambda condition: degraded.measure(recognizer, people, condition=condition))


@pytest.mark.parametrize("condition", degradations.CONDITIONS)
def test_the_enrolled_are_within_the_threshold_and_strangers_are_not(measured: Measured, condition: str) -> None:
    found = measured(condition)
    assert found.within >= LEAST_WITHIN[condition]
    assert found.strangers <= 0.004
    assert found.missed <= 0.03


@pytest.mark.parametrize("condition", ["turned by N(0, 8) degrees", "turned by 20 degrees", "turned by 30 degrees"])
def test_a_tilted_head_costs_at_most_a_point(measured: Measured, condition: str) -> None:
    upright, tilted = measured("upright"), measured(condition)
    assert tilted.tar[1e-4] >= upright.tar[1e-4] - 0.01
    assert tilted.right >= upright.right - 0.02


def test_the_checks_let_most_dark_frames_through(measured: Measured) -> None:
    assert measured("8 % of the light").right >= 0.65
