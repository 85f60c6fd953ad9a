"""Face detection at all sizes, places and quarter turns."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.verifier import pictures, portraits
from verifier import image
from verifier.faces import detection
from verifier.recognizer import Recognizer
from verifier.values import Box, Face


@pytest.fixture(scope="module")
def detector(recognizer: Recognizer) -> detection.Detector:
    return recognizer._detector


@pytest.fixture(scope="module", params=["astronaut_jpeg", pytest.param("hopper_jpeg", marks=pytest.mark.slow)])
def portrait(request: pytest.FixtureRequest) -> pictures.Pixels:
    return image.decode(request.getfixturevalue(request.param))


def middle(face: Face) -> tuple[float, float]:
    return face.box.left + face.box.width / 2, face.box.top + face.box.height / 2


@pytest.mark.parametrize("factor", [0.3, 0.5, 1.0, 2.0, 4.0])
@pytest.mark.slow
def test_a_face_is_found_at_the_same_place_at_every_size(
    detector: detection.Detector, portrait: pictures.Pixels, factor: float
) -> None:
    (expected,) = detector.find(portrait).faces
    (face,) = detector.find(portraits.scaled(portrait, factor)).faces
    assert face.box.width / factor == pytest.approx(expected.box.width, rel=0.15)
    assert np.abs(face.landmarks / factor - expected.landmarks).max() < 0.09 * expected.box.width


@pytest.mark.parametrize("wide_pixels", [150, 600, 1600])
def test_a_face_that_fills_the_picture_is_found(
    detector: detection.Detector, portrait: pictures.Pixels, wide_pixels: int
) -> None:
    (face,) = detector.find(portrait).faces
    filled = portraits.around(portrait, face, reach=1.1)
    filled = portraits.scaled(filled, wide_pixels / filled.shape[1])
    (found,) = detector.find(filled).faces
    assert found.box.width > 0.75 * wide_pixels
    expected = (face.landmarks - face.landmarks.mean(axis=0)) / face.box.width
    measured = (found.landmarks - found.landmarks.mean(axis=0)) / (wide_pixels / 1.1)
    assert np.abs(measured - expected).max() < 0.06


@pytest.mark.parametrize("reach", [0.9, 0.8])
def test_landmarks_are_exact_in_a_thumbnail_filled_by_a_face(
    detector: detection.Detector, portrait: pictures.Pixels, reach: float
) -> None:
    """The pictures are like those of collections of faces: 92 by 112 pixels, grey, cut at brow and chin."""
    (face,) = detector.find(portrait).faces
    filled = portraits.around(portrait, face, reach=reach)
    small = portraits.scaled(filled, 112 / max(filled.shape[:2]))
    grey = np.repeat(small.mean(axis=2).astype(np.uint8)[:, :, None], 3, axis=2)
    (found,) = detector.find(grey).faces
    scale = 112 / max(filled.shape[:2])
    expected = (face.landmarks - face.landmarks.mean(axis=0)) * scale
    measured = found.landmarks - found.landmarks.mean(axis=0)
    assert np.abs(measured - expected).max() < 5.5


def test_the_close_up_is_used_when_no_other_pass_finds_a_face(
    detector: detection.Detector, portrait: pictures.Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detector, "_passes", lambda _: iter([[]]))
    monkeypatch.setattr(detector, "find_in_preview", lambda _: [])
    (expected,) = detector.find(portrait).faces
    assert abs(expected.box.left + expected.box.width / 2 - portrait.shape[1] / 2) < portrait.shape[1] / 3
    assert detector.find(np.full((90, 70, 3), 128, np.uint8)).faces == ()


def test_the_second_pass_finds_a_small_face_in_a_large_picture(
    detector: detection.Detector, portrait: pictures.Pixels
) -> None:
    (face,) = detector.find(portrait).faces
    wall = portraits.on_wall(portraits.scaled(portrait, 36 / face.box.width), width=1920, height=1080)
    (found,) = detector.find(wall).faces
    assert found.box.width == pytest.approx(36, rel=0.25)


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_quarter_turns_are_detected(detector: detection.Detector, portrait: pictures.Pixels, quarters: int) -> None:
    found = detector.find(np.ascontiguousarray(np.rot90(portrait, quarters)))
    assert found.turned_degrees == 90 * quarters
    assert np.array_equal(found.image, portrait)
    right_eye, left_eye, nose, right_mouth, left_mouth = found.faces[0].landmarks
    assert right_eye[0] < left_eye[0]
    assert right_mouth[0] < left_mouth[0]
    assert max(right_eye[1], left_eye[1]) < nose[1] < min(right_mouth[1], left_mouth[1])


@pytest.mark.parametrize("edge", ["left", "top", "right", "bottom"])
def test_a_box_beyond_the_edge_of_the_picture_is_kept(
    detector: detection.Detector, portrait: pictures.Pixels, edge: str
) -> None:
    (face,) = detector.find(portrait).faces
    (found,) = detector.find(portraits.cut(portrait, face, edge=edge, share=0.2)).faces
    assert -0.5 * face.box.width < found.box.left < portrait.shape[1]
    assert -0.5 * face.box.height < found.box.top < portrait.shape[0]
    assert found.box.width < 1.3 * face.box.width


@pytest.mark.parametrize("seed", range(2))
def test_noise_has_no_face(detector: detection.Detector, seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 255, (480, 640, 3), dtype=np.uint8)
    assert detector.find(noise).faces == ()
    assert detector.find(portraits.blurred(noise, 3 + 9 * seed)).faces == ()


@pytest.mark.parametrize("shape", [(1, 1), (1, 4000), (4000, 1), (3, 3), (17, 900)])
def test_pictures_of_odd_shape_have_no_face(detector: detection.Detector, shape: tuple[int, int]) -> None:
    assert detector.find(np.full((*shape, 3), 128, np.uint8)).faces == ()


def test_threads_get_the_faces_of_their_own_picture(detector: detection.Detector, portrait: pictures.Pixels) -> None:
    sizes = [portraits.scaled(portrait, factor) for factor in (0.4, 0.6, 0.8)] * 3
    alone = [middle(detector.find(picture).faces[0]) for picture in sizes]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda picture: middle(detector.find(picture).faces[0]), sizes))
    assert together == alone


def test_scattered_landmarks_are_not_plausible() -> None:
    upright = np.array([[38, 52], [73, 52], [56, 72], [42, 92], [71, 92]], np.float32)
    box = Box(0, 0, 100, 100)
    assert detection.is_plausible(Face(box, upright, 0.9))
    for order in ([1, 0, 2, 4, 3], [0, 3, 2, 1, 4], [2, 1, 0, 3, 4]):  # mirrored, and two that are mixed up
        assert not detection.is_plausible(Face(box, upright[order], 0.9))
    assert not detection.is_plausible(Face(Box(0, 0, 0, 10), upright, 0.9))
    assert not detection.is_plausible(Face(box, np.full((5, 2), np.nan, np.float32), 0.9))
