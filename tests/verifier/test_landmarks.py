"""Landmarks of tilted, dark and noisy faces."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmarks import degradations
from tests.verifier import pictures, portraits
from verifier import image
from verifier.faces import alignment, landmarks, quality
from verifier.recognizer import Prepared, Recognizer
from verifier.values import Box, Face, Purpose


@pytest.fixture(scope="module", params=["astronaut_jpeg", pytest.param("hopper_jpeg", marks=pytest.mark.slow)])
def portrait(request: pytest.FixtureRequest) -> pictures.Pixels:
    """A portrait with a face as wide as in a frame of a camera, 93 pixels."""
    large = image.decode(request.getfixturevalue(request.param))
    width = request.getfixturevalue("recognizer").prepare(large, purpose=None).face.box.width
    return portraits.scaled(large, 93 / width)


def prepared(recognizer: Recognizer, picture: pictures.Pixels) -> Prepared:
    return recognizer.prepare(picture, purpose=Purpose.CHECK_IN)


def cosine(recognizer: Recognizer, one: pictures.Pixels, other: pictures.Pixels) -> float:
    vectors = [recognizer.embed_image(each, purpose=Purpose.CHECK_IN).embedding.vector for each in (one, other)]
    return float(vectors[0] @ vectors[1])


@pytest.mark.parametrize("degrees", [-45, -20, -8, 8, 20, 30, 45])
def test_a_tilted_head_is_read_with_its_tilt(recognizer: Recognizer, portrait: pictures.Pixels, degrees: float) -> None:
    upright = prepared(recognizer, portrait)
    tilted = prepared(recognizer, degradations.turned(portrait, degrees=degrees))
    assert tilted.found.turned_degrees == 0
    assert tilted.quality.roll_degrees - upright.quality.roll_degrees == pytest.approx(degrees, abs=3)
    assert abs(tilted.quality.yaw_degrees - upright.quality.yaw_degrees) < 8


@pytest.mark.parametrize("degrees", [-30, 20, 45])
def test_a_tilted_head_has_the_embedding_of_the_upright_one(
    recognizer: Recognizer, portrait: pictures.Pixels, degrees: float
) -> None:
    assert cosine(recognizer, portrait, degradations.turned(portrait, degrees=degrees)) >= 0.93


@pytest.mark.parametrize(
    "condition",
    ["8 % of the light", "noise, sigma 25", "noise and turned by 20", "motion, 9 pixels", "JPEG, quality 20"],
)
def test_landmarks_of_a_bad_frame_lie_where_those_of_the_good_one_do(
    recognizer: Recognizer, portrait: pictures.Pixels, condition: str
) -> None:
    bad = recognizer.prepare(degradations.degraded(portrait, condition=condition, number=3), purpose=None)
    turn = 20 if "turned" in condition else 0
    straight = min(
        (recognizer.prepare(degradations.turned(portrait, degrees=way * turn), purpose=None) for way in (1, -1)),
        key=lambda good: float(np.abs(good.face.landmarks - bad.face.landmarks).max()),
    )
    across = float(np.linalg.norm(straight.face.landmarks[1] - straight.face.landmarks[0]))
    assert np.abs(straight.face.landmarks - bad.face.landmarks).max() <= 0.2 * across


def test_the_encoder_keeps_the_pixels_that_came(recognizer: Recognizer, portrait: pictures.Pixels) -> None:
    """Brightened and smoothed for the detector alone: the crop is cut out of the picture itself."""
    for condition in ("noise, sigma 25", "8 % of the light"):
        picture = degradations.degraded(portrait, condition=condition, number=1)
        kept = picture.copy()
        seen = recognizer.prepare(picture, purpose=None)
        assert np.array_equal(picture, kept)
        assert np.array_equal(seen.crop, alignment.lightened(alignment.crop(picture, seen.face.landmarks)))


@given(degrees=st.floats(-90, 90), scale=st.floats(0.3, 9), x=st.floats(-50, 900), y=st.floats(-50, 900))
def test_tilt_is_the_roll_of_a_face_that_looks_straight(degrees: float, scale: float, x: float, y: float) -> None:
    points = turned_template(degrees, scale=scale) + np.array([x, y])
    assert landmarks.tilt_degrees(points.astype(np.float32)) == pytest.approx(degrees, abs=0.1)
    assert quality._pose(points.astype(np.float32))[2] == pytest.approx(degrees, abs=0.1)


@given(level=st.integers(1, 255), spread=st.floats(0.05, 1.0))
def test_only_a_dark_picture_is_brightened(level: int, spread: float) -> None:
    ramp = np.linspace(level * (1 - spread), level, 40 * 40 * 3).reshape(40, 40, 3).round().astype(np.uint8)
    bright = landmarks.brightened(ramp)
    if np.percentile(ramp.max(axis=2), 98) >= landmarks.DARK + 1:
        assert np.array_equal(bright, ramp)
    elif level <= landmarks.DARK - 1:
        assert np.percentile(bright.max(axis=2), 98) == pytest.approx(landmarks.BRIGHTENED, rel=0.1)


class Detector:
    """Finds the tilted template in a look, but reads only a share of the tilt, as YuNet does."""

    def __init__(self, degrees: float, *, share: float) -> None:
        self.left = degrees
        self.share = share
        self.looks = 0

    def __call__(self, picture: NDArray[np.uint8]) -> list[Face]:
        assert picture.shape == (landmarks.LOOK_EDGE_PIXELS, landmarks.LOOK_EDGE_PIXELS, 3)
        self.looks += 1
        read = self.left * self.share
        self.left -= read
        return [face_at(turned_template(read, scale=2) + landmarks.LOOK_EDGE_PIXELS / 2)]


def turned_template(degrees: float, *, scale: float) -> NDArray[np.float64]:
    angle = math.radians(degrees)
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    centred: NDArray[np.float64] = (alignment.TEMPLATE - alignment.TEMPLATE.mean(axis=0)) @ turn
    return centred * scale


def face_at(points: NDArray[np.float64]) -> Face:
    x, y = points.mean(axis=0)
    return Face(Box(left=x - 120, top=y - 150, width=240, height=300), points.astype(np.float32), 0.95)


def test_looks_follow_until_the_tilt_is_out() -> None:
    """Straight: one look. Tilted by 40 of which a third is read at a time: three, and no more."""
    picture = np.full((480, 640, 3), 90, np.uint8)
    first = face_at(turned_template(0, scale=2) + np.array([300, 200]))
    for degrees, share, looks in ((0, 1.0, 1), (5, 0.9, 1), (30, 0.9, 2), (40, 0.34, 3), (80, 0.34, 3)):
        detector = Detector(degrees, share=share)
        landmarks.located(picture, first, detect=detector)
        assert detector.looks == looks, degrees


@given(degrees=st.floats(-60, 60), width=st.floats(24, 700), x=st.floats(0, 640), y=st.floats(0, 480))
def test_a_face_comes_back_in_the_pixels_of_the_picture(degrees: float, width: float, x: float, y: float) -> None:
    """Whatever place, width and tilt the look was made at, its middle is the middle of the landmarks known."""
    picture = np.full((480, 640, 3), 90, np.uint8)
    scale = width / 120
    known = turned_template(degrees, scale=scale) + np.array([x, y])
    face = Face(Box(left=x - width / 2, top=y - width / 2, width=width, height=width), known.astype(np.float32), 0.9)
    at_look = turned_template(0, scale=scale * landmarks.LOOK_PIXELS / width) + landmarks.LOOK_EDGE_PIXELS / 2
    found = landmarks.located(picture, face, detect=lambda _: [face_at(at_look)])
    assert np.abs(found.landmarks - known).max() <= 0.02 * width + 0.5
    assert found.box.width == pytest.approx(width, rel=0.02)


@pytest.mark.parametrize("nothing", [lambda _: []])
def test_a_face_that_no_look_finds_stays_as_it_was(nothing: Callable[[NDArray[np.uint8]], list[Face]]) -> None:
    face = face_at(turned_template(12, scale=2) + np.array([60, 50]))
    assert landmarks.located(np.zeros((90, 120, 3), np.uint8), face, detect=nothing) is face


def test_a_neighbour_who_scores_higher_is_not_taken() -> None:
    """Two people cheek to cheek: the look shows both, and the one in its middle counts, whatever the scores."""
    picture = np.full((480, 640, 3), 90, np.uint8)
    middle = np.array([landmarks.LOOK_EDGE_PIXELS / 2] * 2)
    own = face_at(turned_template(0, scale=2.5) + middle)
    neighbour = face_at(turned_template(0, scale=2.5) + middle + np.array([landmarks.LOOK_PIXELS * 0.8, 0]))
    known = face_at(turned_template(0, scale=2.5) + np.array([300, 200]))
    weaker = Face(own.box, own.landmarks, 0.7)
    found = landmarks.located(picture, known, detect=lambda _: [neighbour, weaker])
    assert np.abs(found.landmarks - known.landmarks).max() < 2
    assert landmarks.located(picture, known, detect=lambda _: [neighbour]) is known
