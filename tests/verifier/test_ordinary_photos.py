"""Detector, quality checks and network on photos of Labeled Faces in the Wild."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.verifier.pictures import Pixels
from verifier import errors, image, origins
from verifier.recognizer import Recognizer
from verifier.values import Purpose

pytestmark = pytest.mark.dataset


@pytest.fixture(scope="module")
def photos() -> list[Pixels]:
    """Every fiftieth photo of LFW: about 130 people."""
    paths = sorted((Path(os.environ["MUSTER_DATA"]) / "lfw_dev" / "images").glob("*/*.jpg"))[::50]
    assert len(paths) > 100
    return [image.decode(path.read_bytes()) for path in paths]


def test_no_ordinary_photo_is_missed_or_turned(recognizer: Recognizer, photos: list[Pixels]) -> None:
    assert {recognizer.prepare(photo, purpose=None).found.turned_degrees for photo in photos} == {0}


def test_every_quarter_turn_is_detected_and_gives_the_same_crop(recognizer: Recognizer, photos: list[Pixels]) -> None:
    for photo in photos[::8]:
        upright = recognizer.prepare(photo, purpose=None)
        for quarters in (1, 2, 3):
            turned = recognizer.prepare(np.ascontiguousarray(np.rot90(photo, quarters)), purpose=None)
            assert turned.found.turned_degrees == 90 * quarters
            assert np.array_equal(turned.crop, upright.crop)


@pytest.mark.parametrize(("purpose", "most"), [(Purpose.CHECK_IN, 0.015), (Purpose.ENROLMENT, 0.05)])
def test_few_ordinary_photos_are_refused_except_for_several_faces(
    recognizer: Recognizer, photos: list[Pixels], purpose: Purpose, most: float
) -> None:
    refused = 0
    for photo in photos:
        try:
            recognizer.prepare(photo, purpose=purpose)
        except errors.SeveralFaces:
            continue
        except errors.Refusal:
            refused += 1
    assert refused / len(photos) <= most


def test_our_network_agrees_with_the_original_file_on_every_face(recognizer: Recognizer, photos: list[Pixels]) -> None:
    (path,) = (path for path in origins._package_files() if "sface" in path.name)
    oracle = cv2.dnn.readNetFromONNX(str(path))
    least = 0.9999 if recognizer.precision == "float32" else 0.9998  # as the two precisions agree (test_encoder.py)
    for photo in photos[::2]:
        seen = recognizer.embed_image(photo, purpose=None)
        oracle.setInput(np.ascontiguousarray(seen.crop.transpose(2, 0, 1)[None].astype(np.float32)), "data")
        expected = oracle.forward()[0]
        assert float(seen.embedding.vector @ (expected / np.linalg.norm(expected))) >= least
