"""SFace network: the same function as the original file."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from verifier import origins
from verifier.recognizer import Recognizer
from verifier.values import Purpose


@pytest.fixture(scope="module")
def oracle() -> cv2.dnn.Net:
    """Return the original file as run by OpenCV."""
    (path,) = (path for path in origins._package_files() if "sface" in path.name)
    return cv2.dnn.readNetFromONNX(str(path))


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("portrait", ["astronaut_jpeg", "hopper_jpeg"])
def test_our_network_agrees_with_the_original_file(
    recognizer: Recognizer, oracle: cv2.dnn.Net, portrait: str, mirrored: bool, request: pytest.FixtureRequest
) -> None:
    crop = recognizer.embed(request.getfixturevalue(portrait), purpose=Purpose.CHECK_IN).crop
    crop = np.ascontiguousarray(crop[:, ::-1]) if mirrored else crop
    oracle.setInput(np.ascontiguousarray(crop.transpose(2, 0, 1)[None].astype(np.float32)), "data")
    expected = oracle.forward()[0]
    ours = recognizer._encoder.encode(crop[None])[0]
    assert float(ours @ (expected / np.linalg.norm(expected))) >= 0.9999
